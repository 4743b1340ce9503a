/* Stage order: which functions' actions have to be explored before which.
 *
 * A pipeline feeds forward: nothing downstream influences anything upstream. Functions are grouped
 * into stages, and the stages ordered, so that a stage's steps neither enable, disable nor change
 * those of an earlier one. Then, in every state, it is enough to explore the actions of the stages
 * up to and including the first that can move on: a persistent set (P. Godefroid, LNCS 1032, 1996).
 * Every execution is equivalent to one in that order, so all ends are reached, with as few faults.
 *
 * Why, and under which conditions (each holds by construction or is checked while the search runs):
 *
 * 1. A poll of n records commutes with later appends to its shard: batches of every size from 1 to
 *    min(BatchSize, available) are offered, never only the largest.
 * 2. Functions that touch one table, of which one writes it, are one stage, with everything between
 *    them. Tables that nobody writes (ParameterTable) do not count. What a function touches is
 *    learnt from its calls; the first call that adds something voids the search, which begins again
 *    (world_take_facts_changed). A table whose items expire (model/time_to_live.h) counts as
 *    written by whoever touches it: an expiry is seen by their clocks, and is a step of their
 *    stage.
 *    So are functions that put records into one Kinesis stream; one that puts into the generator's
 *    takes the generator into its stage, since the order of their records can be told.
 * 3. Functions that send ClientRequestTokens of their own share DynamoDB's memory of tokens: one
 *    stage.
 * 4. A stage has its own clock, at least as late as its input's times; no other stage moves it.
 * 5. Faults belong to an invocation; reordering an execution never changes how many it has, capped
 *    kinds included. They are optional: a state with nothing enabled but faults is an end, and its
 *    stage does not hold up the next.
 * 6. A batch that fails for ever is a cycle, in which a later stage must not be ignored: a retry
 *    after a failure without a fault does not count as moving on. Every fault-free cycle has one,
 *    and whatever else the stage can do ends sooner or later.
 * 7. A property looks at ends, or at the tables of one stage. */
#ifndef ONCECHECK_MODEL_STAGES_H
#define ONCECHECK_MODEL_STAGES_H

#include "model/pipeline.h"

#include <stdbool.h>
#include <stdint.h>

enum { TOUCH_READ = 1, TOUCH_WRITE = 2 };

/* What has been seen of the functions' calls. */
struct footprints {
    uint8_t touched[PIPELINE_FUNCTIONS_MAX][PIPELINE_TABLES_MAX]; /* TOUCH_ bits */
    bool puts[PIPELINE_FUNCTIONS_MAX][PIPELINE_STREAMS_MAX];      /* records into streams */
    bool sends_tokens[PIPELINE_FUNCTIONS_MAX];
};

struct stages {
    uint32_t count;
    uint8_t of_function[PIPELINE_FUNCTIONS_MAX]; /* 0 .. count - 1, in order */
    /* The generator comes before all stages, unless a function puts records into its stream, too:
     * then it belongs to that function's stage. */
    bool generator_is_first;
    uint8_t of_generator;
};

/* `stream` is the generator's. */
void stages_from_footprints(const struct pipeline *pipeline, const struct footprints *footprints,
                            uint32_t stream, struct stages *stages);

#endif
