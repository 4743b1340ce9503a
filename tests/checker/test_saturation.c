/* What a search says about any number of faults. */
#include "tests/checker/soundness.h"

#include <criterion/criterion.h>

enum { INSTANCES = 120, REDUCED_STATES_MAX = 1500 };

/* Fills *levels where a search for any number of faults comes to an end soon. */
static bool saturates(struct rig *rig, uint32_t *levels)
{
    struct search_options options = search_options_of(rig);
    struct search_result result;
    options.go_on = true;
    options.fault_limit = FAULT_UNLIMITED;
    options.states_max = REDUCED_STATES_MAX;
    search(rig->world, &options, &result);
    *levels = result.levels;
    cr_assert_eq(result.saturated, result.stop == SEARCH_COMPLETE);
    return result.saturated;
}

/* Where one more fault adds no state, two more add no end, whoever looks. */
Test(saturation, is_for_good)
{
    size_t compared = 0;
    for (uint64_t seed = 1; seed <= INSTANCES; seed++) {
        struct instance instance;
        struct rig rig;
        struct ends all;
        struct ends more;
        struct search_result result;
        struct naive_result naive;
        uint32_t levels = 0;
        instance_generate(&instance, seed);
        instance_rig(&instance, &rig, true, true);
        if (saturates(&rig, &levels) && levels > 0) {
            struct world *world = reduced_world(&rig, REDUCTION_NONE);
            struct naive_options options = {.fault_limit = levels + 2,
                                            .states_max = SOUNDNESS_STATES_MAX};
            ends_init(&more, world);
            if (naive_explore(world, &options, &more, &naive)) {
                reduced_ends(&rig, REDUCTION_ALL, FAULT_UNLIMITED, &all, &result);
                ends_forget_tables(&all);
                ends_forget_tables(&more);
                cr_assert(ends_equal(&all, &more), "seed %zu", (size_t)seed);
                ends_release(&all);
                compared++;
            }
            ends_release(&more);
            world_destroy(world);
        }
        rig_release(&rig);
    }
    cr_log_info("%zu instances compared", compared);
    cr_assert_gt(compared, 5, "%zu", compared);
}

/* The ends that at most so many faults reach. */
static struct ends first_of(const struct ends *all, uint32_t faults)
{
    struct ends first;
    ends_init(&first, all->world);
    for (size_t i = 0; i < all->count; i++) {
        if (all->items[i].faults <= faults)
            ends_add(&first, &all->items[i]);
    }
    ends_sort(&first);
    return first;
}

/* Each budget reaches what any number of faults reaches with that many, and only from the last
 * level on it is known that more do not help. */
static void compare_budgets(struct rig *rig, uint64_t seed)
{
    struct ends all;
    struct search_result unlimited;
    reduced_ends(rig, REDUCTION_ALL, FAULT_UNLIMITED, &all, &unlimited);
    uint32_t levels = unlimited.levels; /* of all reductions: fewer states, and maybe levels */
    for (uint32_t budget = 0; budget <= levels + 1; budget++) {
        struct ends found;
        struct search_result result;
        reduced_ends(rig, REDUCTION_ALL, budget, &found, &result);
        struct ends expected = first_of(&all, budget);
        cr_assert(ends_equal(&found, &expected), "seed %zu, %u faults", (size_t)seed,
                  (unsigned)budget);
        cr_assert_eq(result.saturated, budget >= levels, "seed %zu, %u faults", (size_t)seed,
                     (unsigned)budget);
        cr_assert_eq(result.stop, result.saturated ? SEARCH_COMPLETE : SEARCH_FAULT_LIMIT);
        if (result.saturated)
            cr_assert_eq(result.states, unlimited.states);
        else
            cr_assert_lt(result.states, unlimited.states);
        ends_release(&found);
        ends_release(&expected);
    }
    ends_release(&all);
}

Test(saturation, is_the_limit_of_growing_budgets)
{
    size_t compared = 0;
    for (uint64_t seed = 1; seed <= INSTANCES; seed++) {
        struct instance instance;
        struct rig rig;
        uint32_t levels = 0;
        instance_generate(&instance, seed);
        instance_rig(&instance, &rig, true, true);
        if (saturates(&rig, &levels) && levels > 0) {
            compare_budgets(&rig, seed);
            compared++;
        }
        rig_release(&rig);
    }
    cr_log_info("%zu instances compared", compared);
    cr_assert_gt(compared, 20, "%zu", compared);
}
