/* What to lower: how many states a search has when one thing about its scenario is made smaller.
 *
 * Which setting multiplies the states cannot be told from the states alone, since batches and
 * shards act through everything downstream. So it is tried: the search is done again with the last
 * message put once less, with smaller batches of one mapping, one shard less of one stream, without
 * one kind of faults, with one fault at most. Only searches with fewer states than the one
 * diagnosed are of interest, so a trial ends where it has as many, and all trials together where
 * they have LOWERING_BUDGET times as many. Where the search diagnosed was not complete, half of
 * either: few trials will be. The run is as before after each. */
#ifndef ONCECHECK_CHECKER_LOWERING_H
#define ONCECHECK_CHECKER_LOWERING_H

#include "checker/diagnosis.h"
#include "checker/explorer.h"
#include "checker/run.h"

enum {
    LOWERING_BUDGET = 8,
    LOWERINGS_MAX =
        PIPELINE_MAPPINGS_MAX + PIPELINE_STREAMS_MAX + PIPELINE_TABLES_MAX + FAULT_KIND_COUNT + 2
};

enum lowering_kind {
    LOWER_PUTS,          /* index: the message; value: its copies */
    LOWER_BATCH,         /* index: the mapping; value: its BatchSize */
    LOWER_STREAM_SHARDS, /* index: the stream; value: its shards */
    LOWER_TABLE_SHARDS,  /* index: the table; value: its stream's shards */
    LOWER_FAULT_KIND,    /* index: the kind, now switched off */
    LOWER_FAULT_LIMIT    /* value: faults in an execution */
};

struct lowering {
    enum lowering_kind kind;
    uint32_t index;
    uint32_t value;
    uint64_t states;
};

struct lowering_options {
    enum valuation valuation;
    uint64_t states;                 /* of the search diagnosed */
    bool complete;                   /* it was */
    unsigned workers;                /* see struct search_options */
    const struct world_facts *facts; /* what the search diagnosed has learnt */
    const struct diagnosis *diagnosis;
    /* Only what leads to no event that the search diagnosed has not had; so that no function has to
     * run again. Shards are left alone then. */
    bool known_events_only;
    enum search_stop (*poll)(void *context, const struct search_progress *progress);
    void *context;
};

/* Try everything that can be lowered; `lowerings` gets what makes fewer states, the fewest first,
 * and of equal ones in the order of enum lowering_kind. A search that is stopped (`poll`, memory)
 * ends the trials. */
enum status lowering_try(struct run *run, const struct lowering_options *options,
                         struct lowering lowerings[LOWERINGS_MAX], size_t *count,
                         struct error *error);

#endif
