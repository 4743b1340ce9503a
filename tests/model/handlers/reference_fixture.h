/* Events and answers for the reference handlers, given and generated.
 *
 * Generated ones come from a seeded PCG stream: the same seed, the same events. */
#ifndef ONCECHECK_TESTS_MODEL_HANDLERS_REFERENCE_FIXTURE_H
#define ONCECHECK_TESTS_MODEL_HANDLERS_REFERENCE_FIXTURE_H

#include "model/base/random.h"
#include "model/handlers/reference.h"

/* The clock of all tests: 2020-11-23T06:19:05.123Z. */
#define FIXTURE_NOW_MS INT64_C(1606112345123)

struct fixture {
    struct memory memory;
    struct value_store *store;
    struct random random;
};

void fixture_init(struct fixture *fixture, uint64_t seed);
/* Fails the test where memory is not freed. */
void fixture_release(struct fixture *fixture);

/* A value from its JSON text. */
struct value fixture_json(struct fixture *fixture, const char *json);
const char *fixture_text(struct fixture *fixture, struct value value, char *buffer, size_t size);

/* An event with one record per text; each is a message's data. */
struct value fixture_kinesis_event(struct fixture *fixture, const char *const *data, size_t count);

/* A record of StateTable's stream from wire items, as JSON; NULL: no such image. */
struct value fixture_state_record(struct fixture *fixture, uint64_t index, const char *before,
                                  const char *after);
/* A record of ReduceTable's stream: a new row, or (removed) a deleted one. */
struct value fixture_reduce_record(struct fixture *fixture, uint64_t index, const char *message,
                                   bool removed);

/* {"status": status, "body": ...} */
struct value fixture_answer(struct fixture *fixture, int64_t status, const char *body);
/* An error answer with AWS's prefix of the type. */
struct value fixture_error(struct fixture *fixture, int64_t status, const char *code);

/* Generated: an event of up to `records_max` records for a function, and an input for a step. */
struct value fixture_random_event(struct fixture *fixture, const char *function,
                                  uint32_t records_max);
struct value fixture_random_input(struct fixture *fixture, const struct handler_step *step);

#endif
