/* What multiplies the states of a search.
 *
 * Two views of the same search. First, steps: how many transitions there were and how many new
 * states they found, by actor and kind of action, by kind of fault, and for polls by the size of
 * the batch. Second, parts: the slots of a state are split into parts (the generator, each
 * function's pollers with its clock, each table, each stream with the places that chance gave to
 * its records, tokens, capped faults); for each part it is counted how many different values it
 * takes, and how many different states are left without it. States divided by the latter is the
 * part's factor: how many values it takes on average for each combination of everything else. A
 * factor of 1 says that the rest of the state already decides the part.
 *
 * Distinct values are estimates (checker/distinct_counter.h) from hashes of contents, the same in
 * every run; all else is exact. A worker of a search may count in a diagnosis of its own: merged in
 * any order, they say the same. */
#ifndef ONCECHECK_CHECKER_DIAGNOSIS_H
#define ONCECHECK_CHECKER_DIAGNOSIS_H

#include "model/action.h"
#include "model/base/archive.h"

enum {
    DIAGNOSIS_BATCH_MAX = 64, /* larger batches are counted with those of this size */
    DIAGNOSIS_LEVEL_MAX = 15, /* states with more faults are counted with those of this many */
    DIAGNOSIS_PART_NAME_SIZE = 96
};

/* The number of kinds of actions. */
enum {
#define DIAGNOSIS_OF(kind, name) DIAGNOSIS_OF_##kind,
    ACTION_KINDS(DIAGNOSIS_OF)
#undef DIAGNOSIS_OF
        DIAGNOSIS_ACTIONS
};

/* Steps of one sort. */
struct diagnosis_steps {
    uint64_t transitions;
    uint64_t found; /* of them, those that found a new state */
};

enum diagnosis_part_kind {
    DIAGNOSIS_GENERATOR,
    DIAGNOSIS_FUNCTION,     /* index: of the function */
    DIAGNOSIS_TABLE,        /* index: of the table; its items */
    DIAGNOSIS_STREAM,       /* index: of the stream */
    DIAGNOSIS_TABLE_STREAM, /* index: of the table */
    DIAGNOSIS_TOKENS,
    DIAGNOSIS_CAPPED_FAULTS
};

struct diagnosis_part {
    enum diagnosis_part_kind kind;
    uint32_t index;
    uint64_t values; /* that the part takes */
    double factor;   /* at least 1 */
};

struct diagnosis;

/* NULL: no memory. `world` is borrowed until the last state is added, its memory until the end. */
struct diagnosis *diagnosis_create(const struct world *world);
void diagnosis_destroy(struct diagnosis *diagnosis); /* may be NULL */

/* Forget everything: the search begins again. */
void diagnosis_clear(struct diagnosis *diagnosis);

/* One transition; `found`: it led to a state not seen before. */
void diagnosis_add_step(struct diagnosis *diagnosis, const struct action *action, bool found);

/* One visited state, reached with so many faults; to be called once for each. */
void diagnosis_add_state(struct diagnosis *diagnosis, const uint32_t *slots, uint32_t faults);

/* All counts; reading fills those of a diagnosis of the same pipeline. */
void diagnosis_archive(struct diagnosis *diagnosis, struct archive *archive);

/* Add what another one of the same world has counted. */
void diagnosis_merge(struct diagnosis *into, const struct diagnosis *from);

uint64_t diagnosis_states(const struct diagnosis *diagnosis);
/* States first reached with so many faults; DIAGNOSIS_LEVEL_MAX: or more. */
uint64_t diagnosis_states_at(const struct diagnosis *diagnosis, uint32_t faults);

/* Of one function's pollers, or of the generator (function UINT32_MAX). */
struct diagnosis_steps diagnosis_steps_of(const struct diagnosis *diagnosis, uint32_t function,
                                          enum action_kind kind);
struct diagnosis_steps diagnosis_steps_by_fault(const struct diagnosis *diagnosis,
                                                enum fault_kind fault);
/* Polls of one function that took so many records (from 1 to DIAGNOSIS_BATCH_MAX). */
struct diagnosis_steps diagnosis_steps_by_batch(const struct diagnosis *diagnosis,
                                                uint32_t function, uint32_t records);

/* Every part, the one with the greatest factor first; of equal ones in the order of the layout.
 * Returns how many there are. */
enum {
    DIAGNOSIS_PARTS_MAX =
        1 + PIPELINE_FUNCTIONS_MAX + 2 * PIPELINE_TABLES_MAX + PIPELINE_STREAMS_MAX + 2
};
size_t diagnosis_parts(const struct diagnosis *diagnosis,
                       struct diagnosis_part parts[DIAGNOSIS_PARTS_MAX]);

/* "MapLambda", "items of ReduceTable", "stream of ReduceTable", ... Returns `name`. */
const char *diagnosis_part_name(const struct pipeline *pipeline, const struct diagnosis_part *part,
                                char name[DIAGNOSIS_PART_NAME_SIZE]);

#endif
