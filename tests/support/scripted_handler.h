/* Handlers for tests: a C function per Lambda function, as straight-line code.
 *
 * A scripted function is run from its beginning for every prefix of inputs. scripted_call,
 * scripted_draw and scripted_time hand it the next input; where there is none yet they note the
 * step and return false, and the function returns at once. The functions that end an invocation
 * return nothing: they come last. A function that returns without having ended returns None.
 *
 *     static void store_item(struct scripted *run)
 *     {
 *         struct value answer;
 *         if (!scripted_call(run, "PutItem", "{'TableName': 'T', 'Item': {'id': {'S': 'a'}}}",
 * &answer)) return; scripted_return(run);
 *     }
 *
 * JSON is written with ' for ". */
#ifndef ONCECHECK_TESTS_SUPPORT_SCRIPTED_HANDLER_H
#define ONCECHECK_TESTS_SUPPORT_SCRIPTED_HANDLER_H

#include "model/base/memory.h"
#include "model/handler.h"

struct scripted {
    struct value_store *store;
    const struct handler_run *run;
    struct handler_step *step;
    size_t inputs_used;
    int64_t slept_ms; /* since the last input */
    bool ended;
    bool fresh_token;     /* of the next call: as if the SDK had made its token */
    uint32_t sdk_attempt; /* of the next call; 0: the first */
    bool lacks_request;   /* some request could not be made: no memory */
    uint32_t line;        /* calls made so far: where the step is said to be, in "scripted.c" */
};

typedef void (*scripted_function)(struct scripted *run);

/* What a backend has been asked, for tests to look at: lives as long as the test. */
struct scripted_log {
    size_t runs;
    uint32_t attempt_max;
    size_t inputs_max;
    bool destroyed;
    enum status fail_with; /* what the next runs end with instead; STATUS_OK: nothing */
    bool works_on_many;    /* set before the backend is made, as of struct handler_backend */
    bool keeps_state;      /* the same: it has containers, see scripted_served */
};

/* A backend of `function`; NULL self: no memory. `log` may be NULL. */
struct handler_backend scripted_backend(struct memory *memory, struct value_store *store,
                                        scripted_function function, struct scripted_log *log);

struct value scripted_json(struct value_store *store, const char *json);
/* JSON from a format; at most 2,047 bytes. */
__attribute__((format(printf, 2, 3))) struct value scripted_format(struct value_store *store,
                                                                   const char *format, ...);

/* `operation` of DynamoDB, or with its service: "Kinesis_20131202.PutRecord". */
bool scripted_call(struct scripted *run, const char *operation, const char *request,
                   struct value *answer);
bool scripted_request(struct scripted *run, const char *operation, struct value request,
                      struct value *answer);
bool scripted_draw(struct scripted *run, bool *low);
bool scripted_time(struct scripted *run, int64_t *now_ms);
void scripted_sleep(struct scripted *run, int64_t ms);

void scripted_return(struct scripted *run);
void scripted_return_value(struct scripted *run, struct value value);
void scripted_raise(struct scripted *run);
void scripted_exit(struct scripted *run);
void scripted_hang(struct scripted *run);

/* The HTTP status of an answer. */
int64_t scripted_status(const struct scripted *run, struct value answer);

/* How many records the container has been given before, in its first invocation; 0: it is new. */
size_t scripted_served(const struct scripted *run);

/* The records of the event. */
size_t scripted_record_count(const struct scripted *run);
struct value scripted_record(const struct scripted *run, size_t index);
/* The sequence number of a record, of either kind. */
const char *scripted_sequence(const struct scripted *run, size_t index);

#endif
