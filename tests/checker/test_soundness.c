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

enum { INSTANCES = 2000, STATES_MAX = 3000, DIFFERENCE_SIZE = 512 };

/* What a search leaves out; the last two leave out too much, and have to be noticed. */
enum reduction {
    REDUCTION_NONE,
    REDUCTION_MERGE,
    REDUCTION_STAGES,
    REDUCTION_DEAD_DATA,
    REDUCTION_ALL,
    REDUCTION_COUNT,
    STAGES_REVERSED = REDUCTION_COUNT,
    STAGES_WITHOUT_TIES
};

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

static struct world *reduced_world(struct rig *rig, enum reduction reduction)
{
    bool merge = reduction == REDUCTION_MERGE || reduction == REDUCTION_ALL;
    bool stages = reduction != REDUCTION_DEAD_DATA && reduction >= REDUCTION_STAGES;
    bool dead = reduction == REDUCTION_DEAD_DATA || reduction == REDUCTION_ALL;
    return instance_world(rig, merge, stages, dead);
}

/* Spoil the order of stages. Functions are in the order of their stages, the extra one last. */
static void spoil_stages(const struct instance *instance, enum reduction reduction,
                         struct world *world)
{
    struct stages *stages = &world->stages;
    for (uint32_t i = 0; i < world->pipeline->function_count; i++) {
        uint32_t stage = i < instance->stages ? i : instance->extra_stage;
        if (reduction == STAGES_REVERSED)
            stages->of_function[i] = (uint8_t)(stages->count - 1 - stages->of_function[i]);
        if (reduction == STAGES_WITHOUT_TIES)
            stages->of_function[i] = (uint8_t)stage;
    }
    if (reduction == STAGES_WITHOUT_TIES)
        stages->count = instance->stages;
}

/* All ends that a search with these reductions finds. A first one learns the facts: while it does,
 * it begins again and again, and reports ends that are void. */
static void reduced_ends(const struct instance *instance, struct rig *rig, enum reduction reduction,
                         struct ends *ends, struct search_result *result)
{
    struct world *world = reduced_world(rig, reduction);
    struct search_options options = options_of(rig);
    struct search_result learning;
    options.go_on = true;
    search(world, &options, &learning);
    ends_init(ends, world);
    options.context = ends;
    options.on_end = ends_note;
    spoil_stages(instance, reduction, world);
    search(world, &options, result);
    if (reduction < REDUCTION_COUNT) {
        cr_assert_eq(result->states, learning.states);
        cr_assert_eq(result->transitions, learning.transitions);
        cr_assert_eq(result->saturated, learning.saturated);
    }
    ends_sort(ends);
    world_destroy(world);
}

static size_t environment_number(const char *name, size_t otherwise)
{
    const char *text = getenv(name);
    return text == NULL ? otherwise : strtoul(text, NULL, 10);
}

/* What is known of an instance without reductions. */
struct reference {
    struct rig rig;
    struct ends ends;
    struct ends aggregates; /* the same without the other tables */
    struct naive_result result;
    bool small; /* else nothing is */
};

static void reference_init(struct reference *reference, const struct instance *instance)
{
    instance_rig(instance, &reference->rig, false, false);
    ends_init(&reference->ends, reference->rig.world);
    reference->small = naive_explore(reference->rig.world, reference->rig.scenario.faults.limit,
                                     STATES_MAX, &reference->ends, &reference->result);
    ends_init(&reference->aggregates, reference->rig.world);
    for (size_t i = 0; i < reference->ends.count; i++)
        ends_add(&reference->aggregates, &reference->ends.items[i]);
    ends_forget_tables(&reference->aggregates);
}

static void reference_release(struct reference *reference)
{
    ends_release(&reference->ends);
    ends_release(&reference->aggregates);
    rig_release(&reference->rig);
}

/* Whether the ends differ under a reduction; how, into `difference` of DIFFERENCE_SIZE bytes. */
static bool differs(const struct instance *instance, struct reference *reference,
                    enum reduction reduction, struct search_result *result, char *difference)
{
    struct ends reduced;
    reduced_ends(instance, &reference->rig, reduction, &reduced, result);
    bool dead = reduction == REDUCTION_DEAD_DATA || reduction == REDUCTION_ALL;
    const struct ends *expected = dead ? &reference->aggregates : &reference->ends;
    if (dead)
        ends_forget_tables(&reduced);
    bool differs = !ends_equal(expected, &reduced);
    if (differs)
        (void)ends_difference(expected, &reduced, difference, DIFFERENCE_SIZE);
    ends_release(&reduced);
    return differs;
}

/* Without reductions the search is the naive one, but for the order: it has as many states and
 * transitions, and as short a way to the best violation. (No end has the aggregates expected.) */
static bool counts_agree(struct reference *reference, const struct search_result *all)
{
    struct world *world = instance_world(&reference->rig, false, false, false);
    struct search_options options = options_of(&reference->rig);
    struct search_result first;
    search(world, &options, &first);
    world_destroy(world);
    const struct naive_result *naive = &reference->result;
    return all->states == naive->states && all->transitions == naive->transitions &&
           first.violation.found && first.violation.faults == naive->best_faults &&
           first.violation.depth == naive->best_depth;
}

/* False: too big. */
static bool compare(const struct instance *instance, const char *label, bool *same)
{
    struct reference reference;
    char text[INSTANCE_TEXT_SIZE];
    char difference[DIFFERENCE_SIZE];
    reference_init(&reference, instance);
    bool small = reference.small;
    for (int i = 0; small && i < REDUCTION_COUNT; i++) {
        struct search_result result;
        if (differs(instance, &reference, (enum reduction)i, &result, difference)) {
            *same = false;
            cr_log_error("%s, reductions %d: %s\n%s", label, i, difference,
                         instance_describe(instance, text));
        }
        if (i == REDUCTION_NONE && !counts_agree(&reference, &result)) {
            *same = false;
            cr_log_error("%s: other counts than the naive search\n%s", label,
                         instance_describe(instance, text));
        }
    }
    reference_release(&reference);
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

/* --- reductions that are wrong ------------------------------------------------------------ */

/* The other way round, or apart where they belong together: some of the first instances show it.
 * (Most have the same ends in any order.) */
Test(soundness, notices_wrong_stages)
{
    size_t reversed = 0;
    size_t untied = 0;
    for (uint64_t seed = 1; seed <= 150; seed++) {
        struct instance instance;
        struct reference reference;
        struct search_result result;
        char difference[DIFFERENCE_SIZE];
        instance_generate(&instance, seed);
        reference_init(&reference, &instance);
        if (reference.small) {
            reversed += differs(&instance, &reference, STAGES_REVERSED, &result, difference);
            untied += differs(&instance, &reference, STAGES_WITHOUT_TIES, &result, difference);
        }
        reference_release(&reference);
    }
    cr_log_info("stages reversed: noticed by %zu instances; untied: by %zu", reversed, untied);
    cr_assert_gt(reversed, 3, "%zu", reversed);
    cr_assert_gt(untied, 0, "%zu", untied);
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

/* A function that reads the table it follows sees what is still to come. */
Test(soundness, peeking_ties_stages)
{
    static const char *const peeking[] = {"map_peeks", "reduce_peeks"};
    for (size_t i = 0; i < 2; i++) {
        struct instance instance = two_stages("state_right", peeking[i]);
        struct reference reference;
        struct search_result result;
        char difference[DIFFERENCE_SIZE];
        instance.puts[1] = (struct instance_put){.trade = 0, .version = 1, .copies = 1};
        compare_by_hand(&instance);
        reference_init(&reference, &instance);
        cr_assert(differs(&instance, &reference, STAGES_WITHOUT_TIES, &result, difference));
        reference_release(&reference);
    }
}

/* One writes back into the table it follows. */
Test(soundness, a_loop_is_one_stage)
{
    struct instance instance = two_stages("map_by_position", "map_writes_back");
    instance.limit = "0";
    compare_by_hand(&instance);
}

/* A copy that is refused for ever must not hold up what the stage below can do wrong. */
Test(soundness, a_stuck_stage_starves_nobody)
{
    struct instance instance = two_stages("state_uncaught", "reduce_plain");
    instance.puts[0].copies = 2;
    instance.batch[0] = 1;
    instance.batch[1] = 1;
    compare_by_hand(&instance);
    instance = two_stages("map_each_raised", "reduce_token");
    instance.shards[1] = 2;
    instance.batch[0] = 1;
    compare_by_hand(&instance);
}

/* Two shards read, then write, one total. */
Test(soundness, shards_of_a_stage_interleave)
{
    static const char *const last[] = {"reduce_reads_and_writes", "reduce_twice",
                                       "reduce_remembers_the_last"};
    for (size_t i = 0; i < sizeof last / sizeof last[0]; i++) {
        struct instance instance = two_stages("state_right", last[i]);
        instance.shards[1] = 2;
        instance.batch[0] = 1;
        instance.batch[1] = 1;
        instance.limit = "0";
        compare_by_hand(&instance);
        instance.one_at_a_time = true;
        compare_by_hand(&instance);
    }
}

/* Timeouts of one stage bring neither the tokens nor the records of another past their time. */
Test(soundness, every_stage_has_its_time)
{
    struct instance instance = two_stages("state_right", "reduce_token");
    instance.timeout_s = 400;
    instance.timeout = "true";
    instance.limit = "2";
    instance.put_count = 1;
    compare_by_hand(&instance);
    instance = two_stages("state_looks_at_the_clock", "reduce_token");
    instance.timeout = "true";
    instance.put_count = 1;
    instance.limit = "2";
    compare_by_hand(&instance);
    instance = two_stages("state_right", "map_tells_the_time");
    instance.timeout = "1";
    instance.batch[1] = 1;
    compare_by_hand(&instance);
}

/* A cap is spent by the whole pipeline. */
Test(soundness, stages_share_caps)
{
    struct instance instance = two_stages("map_unguarded", "reduce_plain");
    instance.crash = "1";
    instance.timeout = "1";
    instance.limit = "2";
    instance.put_count = 1;
    compare_by_hand(&instance);
}

/* --- saturation, and what must not matter ------------------------------------------------- */

/* Where one more fault adds no state, two more add no end. */
Test(soundness, saturation_is_for_good)
{
    size_t saturated = 0;
    for (uint64_t seed = 1; seed <= 120; seed++) {
        struct instance instance;
        struct rig rig;
        struct search_result result;
        struct ends all;
        instance_generate(&instance, seed);
        instance.limit = "2";
        instance_rig(&instance, &rig, true, true);
        ends_init(&all, rig.world);
        struct search_options options = options_of(&rig);
        options.go_on = true;
        search(rig.world, &options, &result);
        options.on_end = ends_note;
        options.context = &all;
        search(rig.world, &options, &result);
        if (result.saturated && result.levels > 0) {
            struct ends more;
            struct naive_result naive;
            struct world *world = instance_world(&rig, false, false, false);
            ends_init(&more, world);
            ends_sort(&all);
            if (naive_explore(world, result.levels + 2, 2 * STATES_MAX, &more, &naive)) {
                saturated++;
                cr_assert(ends_equal(&all, &more), "seed %zu", (size_t)seed);
            }
            ends_release(&more);
            world_destroy(world);
        }
        ends_release(&all);
        rig_release(&rig);
    }
    cr_assert_gt(saturated, 5, "%zu", saturated);
}

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

static void explore_fresh(struct rig *rig, struct search_result *result)
{
    struct search_options options = options_of(rig);
    struct error error = ERROR_INIT;
    cr_assert_eq(explore(rig->world, &options, result, &error), STATUS_OK, "%s", error.message);
}

/* The same counts and the same path, step by step, whether the trees are empty or have been filled
 * by another search in another order (and so have other nodes, values and facts to begin with). */
Test(soundness, the_order_of_filling_trees_does_not_matter)
{
    for (uint64_t seed = 1; seed <= 60; seed++) {
        struct instance instance;
        struct rig once;
        struct rig again;
        struct rig filled;
        struct search_result results[3];
        instance_generate(&instance, seed);
        instance_rig(&instance, &once, true, true);
        instance_rig(&instance, &again, true, true);
        instance_rig(&instance, &filled, true, true);
        struct ends ignored;
        struct naive_result naive;
        struct world *world = instance_world(&filled, false, false, false);
        ends_init(&ignored, world);
        (void)naive_explore(world, filled.scenario.faults.limit, STATES_MAX, &ignored, &naive);
        ends_release(&ignored);
        world_destroy(world);
        explore_fresh(&once, &results[0]);
        explore_fresh(&again, &results[1]);
        explore_fresh(&filled, &results[2]);
        expect_same_result(&results[0], &results[1], seed);
        expect_same_result(&results[0], &results[2], seed);
        for (size_t i = 0; i < 3; i++)
            search_result_release(&results[i]);
        rig_release(&once);
        rig_release(&again);
        rig_release(&filled);
    }
}
