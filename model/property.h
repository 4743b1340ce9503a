/* Properties: what the aggregates of a state say about the messages.
 *
 * exactly_once is the property of record: at every end state the aggregates equal the fold of the
 * newest version of each trade, at every level of the hierarchy. nothing_lost and never_twice name
 * its halves per message, where the sums can be decoded: message i carries 8^i, so that the digit i
 * of an aggregate in base 8, balanced (-3..4), is how often it was counted. The verdict never rests
 * on decoding. */
#ifndef ONCECHECK_MODEL_PROPERTY_H
#define ONCECHECK_MODEL_PROPERTY_H

#include "model/world.h"

/* About one message at an end. */
struct message_count {
    uint32_t message; /* index into the scenario's messages */
    int32_t expected; /* 1: the newest version of its trade, 0: superseded */
    bool known;       /* the sums tell how often it was counted */
    int32_t counted;
};

struct aggregate_difference {
    const char *key;
    struct decimal expected;
    bool is_number; /* the table holds a number (or nothing, which counts as 0) */
    struct decimal actual;
};

/* Whether the aggregates are right, memoised on the contents of the aggregates' table. */
struct outcome {
    bool right;        /* every aggregate as expected */
    bool twice;        /* decoded: some message is counted more often than once */
    bool lost;         /* decoded: some newest version is not counted */
    bool levels_agree; /* every aggregate is the sum of its children */
};

struct outcome world_outcome(struct world *world, const uint32_t *state);

/* The same, if it is known already: false if not. Several threads may ask as long as nothing else
 * uses the world. */
bool world_outcome_known(const struct world *world, const uint32_t *state, struct outcome *outcome);

/* What is wrong at an end with this outcome, of the properties that are `asked` for (an array of
 * PROPERTY_COUNT); PROPERTY_COUNT: nothing. `stuck`: a batch fails for ever. */
enum property outcome_violated(const struct outcome *outcome, const bool *asked, bool stuck);

/* Fill arrays of workload->message_count and workload->aggregate_count elements; *differences
 * counts the aggregates that differ. */
void world_message_counts(struct world *world, const uint32_t *state,
                          struct message_count *messages);
size_t world_aggregate_differences(struct world *world, const uint32_t *state,
                                   struct aggregate_difference *differences);

/* How often a number counts each message, where sums can be decoded (workload->decodable): its
 * balanced digits by message's digit, of which there are SCENARIO_DISTINCT_MESSAGES_MAX at most.
 * False: it is no such sum. */
bool message_digits(const struct workload *workload, int64_t number, int32_t *digits);

struct outcome_memo *outcome_memo_create(struct memory *memory);
void outcome_memo_destroy(struct outcome_memo *memo);
void outcome_memo_archive(struct outcome_memo *memo, struct archive *archive);

/* The table that holds the aggregates, or -1: the pipeline has none. */
int world_aggregate_table(const struct world *world);

#endif
