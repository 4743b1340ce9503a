/* What must not matter to a search. */
#include "tests/checker/soundness.h"

#include <criterion/criterion.h>

enum { INSTANCES = 60 };

static void expect_same_result(const struct search_result *a, const struct search_result *b,
                               uint64_t seed)
{
    const struct search_violation *x = &a->violation;
    const struct search_violation *y = &b->violation;
    cr_assert_eq(a->stop, b->stop, "seed %zu", (size_t)seed);
    cr_assert_eq(a->states, b->states, "seed %zu", (size_t)seed);
    cr_assert_eq(a->transitions, b->transitions, "seed %zu", (size_t)seed);
    cr_assert_eq(a->ends, b->ends, "seed %zu", (size_t)seed);
    cr_assert_eq(a->depth, b->depth, "seed %zu", (size_t)seed);
    cr_assert_eq(x->found, y->found, "seed %zu", (size_t)seed);
    cr_assert_eq(x->property, y->property, "seed %zu", (size_t)seed);
    cr_assert_eq(x->faults, y->faults, "seed %zu", (size_t)seed);
    cr_assert_eq(x->depth, y->depth, "seed %zu", (size_t)seed);
    cr_assert_eq(x->stuck_poller, y->stuck_poller, "seed %zu", (size_t)seed);
    cr_assert_eq(a->path_length, b->path_length, "seed %zu", (size_t)seed);
    for (size_t i = 0; i < a->path_length; i++)
        cr_assert(action_equal(&a->path_actions[i], &b->path_actions[i]), "seed %zu: step %zu",
                  (size_t)seed, i);
}

static struct search_result explore_fresh(struct rig *rig, unsigned workers)
{
    struct search_options options = search_options_of(rig);
    struct search_result result;
    struct error error = ERROR_INIT;
    options.workers = workers;
    cr_assert_eq(explore(rig->world, &options, &result, &error), STATUS_OK, "%s", error.message);
    return result;
}

/* Another search in another order: trees, values and facts are there then, with other numbers. */
static void fill_trees(struct rig *rig)
{
    struct world *world = reduced_world(rig, REDUCTION_NONE);
    struct naive_options options = {.fault_limit = rig->scenario.faults.limit,
                                    .states_max = SOUNDNESS_STATES_MAX};
    struct naive_result ignored;
    struct ends ends;
    ends_init(&ends, world);
    (void)naive_explore(world, &options, &ends, &ignored);
    ends_release(&ends);
    world_destroy(world);
}

/* The same counts and the same path, step by step: twice, by two threads, after another search. */
Test(determinism, of_counts_and_paths)
{
    for (uint64_t seed = 1; seed <= INSTANCES; seed++) {
        enum { RUNS = 4 };
        struct instance instance;
        struct rig rigs[RUNS];
        struct search_result results[RUNS];
        instance_generate(&instance, seed);
        for (size_t i = 0; i < RUNS; i++)
            instance_rig(&instance, &rigs[i], true, true);
        fill_trees(&rigs[RUNS - 1]);
        for (size_t i = 0; i < RUNS; i++)
            results[i] = explore_fresh(&rigs[i], i == 2 ? 2 : 1);
        for (size_t i = 1; i < RUNS; i++)
            expect_same_result(&results[0], &results[i], seed);
        for (size_t i = 0; i < RUNS; i++) {
            search_result_release(&results[i]);
            rig_release(&rigs[i]);
        }
    }
}
