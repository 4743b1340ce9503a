/* Every reduction, alone and with the others, against a search without any: the same ends are
 * reached with as few faults. ONCECHECK_INSTANCES=N tries N instances in place of the usual number,
 * ONCECHECK_FIRST=N begins at another seed. */
#include "checker/explorer.h"
#include "tests/checker/generated_instance.h"
#include "tests/checker/naive_explorer.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INSTANCES = 400, STATES_MAX = 3000, DIFFERENCE_SIZE = 512 };

enum { REDUCTION_NONE, REDUCTION_MERGE, REDUCTION_STAGES, REDUCTION_ALL, REDUCTION_COUNT };

static struct search_options options_of(const struct rig *rig)
{
    return (struct search_options){.fault_limit = rig->scenario.faults.limit,
                                   .states_max = UINT64_MAX,
                                   .known_faults = UINT32_MAX,
                                   .known_depth = UINT32_MAX};
}

static void search(struct world *world, const struct search_options *options,
                   struct search_result *result)
{
    struct error error = ERROR_INIT;
    cr_assert_eq(explore(world, options, result, &error), STATUS_OK, "%s", error.message);
    search_result_release(result);
}

/* All ends that a search with these reductions finds. A first one learns the facts: while it does,
 * it begins again and again, and reports ends that are void. */
static void reduced_ends(struct rig *rig, int reduction, struct ends *ends,
                         struct search_result *result)
{
    struct world *world = instance_world(rig, (reduction & REDUCTION_MERGE) != 0,
                                         (reduction & REDUCTION_STAGES) != 0);
    struct search_options options = options_of(rig);
    struct search_result learning;
    options.go_on = true;
    search(world, &options, &learning);
    ends_init(ends, world);
    options.context = ends;
    options.on_end = ends_note;
    search(world, &options, result);
    cr_assert_eq(result->states, learning.states);
    cr_assert_eq(result->transitions, learning.transitions);
    ends_sort(ends);
    world_destroy(world);
}

static size_t environment_number(const char *name, size_t otherwise)
{
    const char *text = getenv(name);
    return text == NULL ? otherwise : strtoul(text, NULL, 10);
}

/* False: too big. */
static bool compare(const struct instance *instance, const char *label, bool *same)
{
    struct rig rig;
    char text[INSTANCE_TEXT_SIZE];
    instance_rig(instance, &rig, false, false);
    struct ends plain;
    struct naive_result naive;
    ends_init(&plain, rig.world);
    bool small = naive_explore(rig.world, rig.scenario.faults.limit, STATES_MAX, &plain, &naive);
    for (int reduction = 0; small && reduction < REDUCTION_COUNT; reduction++) {
        struct ends reduced;
        struct search_result result;
        reduced_ends(&rig, reduction, &reduced, &result);
        if (!ends_equal(&plain, &reduced)) {
            char difference[DIFFERENCE_SIZE];
            *same = false;
            cr_log_error("%s, reductions %d: %s\n%s", label, reduction,
                         ends_difference(&plain, &reduced, difference, sizeof difference),
                         instance_describe(instance, text));
        }
        if (reduction == REDUCTION_NONE &&
            (result.states != naive.states || result.transitions != naive.transitions)) {
            *same = false;
            cr_log_error("%s: %zu states and %zu transitions, found %zu and %zu\n%s", label,
                         naive.states, naive.transitions, (size_t)result.states,
                         (size_t)result.transitions, instance_describe(instance, text));
        }
        ends_release(&reduced);
    }
    ends_release(&plain);
    rig_release(&rig);
    return small;
}

Test(soundness, generated_pipelines_reach_the_same_ends)
{
    size_t instances = environment_number("ONCECHECK_INSTANCES", INSTANCES);
    size_t first = environment_number("ONCECHECK_FIRST", 1);
    size_t compared = 0;
    bool same = true;
    for (size_t i = 0; i < instances; i++) {
        struct instance instance;
        char label[32];
        instance_generate(&instance, first + i);
        snprintf(label, sizeof label, "seed %zu", first + i);
        compared += compare(&instance, label, &same) ? 1 : 0;
    }
    cr_log_info("%zu of %zu instances compared", compared, instances);
    cr_assert(same);
    cr_assert_gt(compared * 2, instances, "only %zu of %zu instances are small enough", compared,
                 instances);
}

/* --- by hand ------------------------------------------------------------------------------ */

static void compare_by_hand(const struct instance *instance)
{
    bool same = true;
    cr_assert(compare(instance, "by hand", &same), "too big");
    cr_assert(same);
}

static struct instance two_stages(const char *first, const char *second)
{
    return (struct instance){.stages = 2,
                             .handlers = {first, second},
                             .shards = {1, 1},
                             .batch = {2, 2},
                             .timeout_s = 10,
                             .puts = {{.trade = 0, .copies = 1}, {.trade = 1, .copies = 1}},
                             .put_count = 2,
                             .limit = "1",
                             .crash = "true",
                             .random_failure = "false",
                             .timeout = "false"};
}

/* A crash before the sleep is another one than after it, though only draws lie between. */
Test(soundness, sleeping_is_no_local_step)
{
    struct instance instance = two_stages("reduce_sleeps_between_draws", "");
    instance.stages = 1;
    instance.put_count = 1;
    compare_by_hand(&instance);
    instance.random_failure = "true";
    instance.limit = "2";
    compare_by_hand(&instance);
}

/* Tokens sent downstream do not keep the clock upstream running. */
Test(soundness, a_clock_knows_only_tokens_of_its_stage)
{
    struct instance instance = two_stages("map_sleeps", "reduce_token");
    instance.batch[0] = 1;
    compare_by_hand(&instance);
}
