/* A counterexample as single steps.
 *
 * The search follows steps that nobody else can observe as part of the step before; a person wants
 * to see each. A counterexample is the search's path taken again in a world that merges nothing and
 * keeps what is dead. */
#ifndef ONCECHECK_CHECKER_COUNTEREXAMPLE_H
#define ONCECHECK_CHECKER_COUNTEREXAMPLE_H

#include "checker/explorer.h"
#include "model/base/archive.h"

struct counterexample {
    struct memory *memory;
    uint16_t slot_count;
    uint32_t *slots; /* length + 1 states */
    struct action *actions;
    size_t length;
    size_t capacity;
    size_t slot_capacity;
};

void counterexample_init(struct counterexample *counterexample, const struct world *world);
void counterexample_release(struct counterexample *counterexample);

/* Begin with a state; then add an action and the state it leads to. */
enum status counterexample_begin(struct counterexample *counterexample, const uint32_t *slots,
                                 struct error *error);
enum status counterexample_add(struct counterexample *counterexample, const struct action *action,
                               const uint32_t *slots, struct error *error);

/* Take a search's path again, step by step. `world` has the same pipeline, workload, store and
 * facts as the one searched, and reduces nothing; `merged`: the one searched merges local steps. */
enum status counterexample_from_path(struct counterexample *counterexample, struct world *world,
                                     const struct search_result *result, bool merged,
                                     struct error *error);

/* Reading fills one that has just been initialised. */
void counterexample_archive(struct counterexample *counterexample, struct archive *archive);

const uint32_t *counterexample_state(const struct counterexample *counterexample, size_t index);

#endif
