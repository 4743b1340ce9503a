/* The stage order once more, from its definition in model/stages.h: what it leaves of everything
 * that can happen. Each of its conditions can be broken. */
#ifndef ONCECHECK_TESTS_CHECKER_STAGE_RULES_H
#define ONCECHECK_TESTS_CHECKER_STAGE_RULES_H

#include "model/action.h"

#include <stdbool.h>

/* Numbered as in model/stages.h. */
enum broken {
    BROKEN_NOTHING,
    BROKEN_DIRECTION,   /* the last stage comes first */
    BROKEN_BATCH_SIZES, /* 1: polls take as much as there is */
    BROKEN_READS,       /* 2: who reads what another writes is not tied to it */
    BROKEN_WRITES,      /* 2: nor who writes it, too */
    BROKEN_BETWEEN,     /* 2: what lies between two that are tied is a stage of its own */
    BROKEN_LEARNING,    /* 2: the search goes on when it has learnt of a tie */
    BROKEN_TOKENS,      /* 3: tokens tie nobody */
    BROKEN_CLOCKS,      /* 4: all functions look at one clock */
    BROKEN_CAPS,        /* 5: faults of a capped kind are not counted in the state */
    BROKEN_RETRIES,     /* 6: the retry of a batch that fails for ever counts as moving on */
    BROKEN_COUNT
};

const char *broken_name(enum broken broken);

struct stage_rules {
    const struct world *world; /* takes the actions of all stages, and has learnt its facts */
    enum broken broken;
    bool in_order; /* false: only the model is broken, the order of stages is not looked at */
};

/* Shorten a list of all transitions from a state: a filter of naive_explore. */
void stage_rules_filter(void *context, const uint32_t *state, uint32_t faults,
                        struct transition_list *list);

/* The stage of each function. */
void stage_rules_stages(const struct stage_rules *rules, struct stages *stages);

#endif
