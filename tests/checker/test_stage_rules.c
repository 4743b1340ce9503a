/* Why each condition of the stage order is there: without it, some generated pipelines have other
 * ends. So a stage order that forgot one would not get past test_soundness.c. */
#include "tests/checker/stage_rules.h"

#include "tests/checker/soundness.h"

#include <criterion/criterion.h>
#include <string.h>

enum { STATES_MAX = 1500, INSTANCES = 40, SEEDS_MAX = 120, NOTICING = 1, GENERATORS = 3 };

static void (*const generators[GENERATORS])(struct instance *instance, uint64_t seed) = {
    instance_generate, instance_generate_web, instance_generate_keen};

/* --- nothing broken: the same as model/action.c -------------------------------------------- */

struct comparison {
    struct stage_rules rules;
    struct world *staged; /* takes the actions of the first stages by itself */
    struct transition_list list;
    size_t states;
    size_t shorter; /* where something was left out */
};

static bool is_listed(const struct transition_list *list, const struct transition *transition)
{
    for (size_t i = 0; i < list->count; i++) {
        if (action_equal(&list->items[i].action, &transition->action))
            return true;
    }
    return false;
}

/* Faults alone never hold up a stage: who can be interrupted can go on, too. */
static void expect_a_way_without_faults(const struct transition_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        bool found = list->items[i].cost == 0;
        for (size_t j = 0; j < list->count; j++)
            found = found || (list->items[j].cost == 0 &&
                              list->items[j].action.poller == list->items[i].action.poller);
        cr_assert(found);
    }
}

static void compare_filter(void *context, const uint32_t *state, uint32_t faults,
                           struct transition_list *list)
{
    struct comparison *comparison = context;
    struct error error = ERROR_INIT;
    size_t all = list->count;
    expect_a_way_without_faults(list);
    stage_rules_filter(&comparison->rules, state, faults, list);
    cr_assert_eq(world_expand(comparison->staged, state, &comparison->list, &error), STATUS_OK);
    cr_assert_eq(comparison->list.count, list->count);
    for (size_t i = 0; i < list->count; i++)
        cr_assert(is_listed(&comparison->list, &list->items[i]));
    comparison->states++;
    comparison->shorter += list->count < all ? 1 : 0;
}

static void compare_rules(const struct instance *instance, size_t *states, size_t *shorter)
{
    struct reference reference;
    reference_init(&reference, instance, STATES_MAX);
    if (reference.small) {
        struct world *world = reference.rig.world;
        struct comparison comparison = {.rules = {.world = world, .in_order = true},
                                        .staged = reduced_world(&reference.rig, REDUCTION_STAGES)};
        struct naive_options options = {.fault_limit = reference.rig.scenario.faults.limit,
                                        .states_max = STATES_MAX,
                                        .filter = compare_filter,
                                        .context = &comparison};
        struct naive_result result;
        struct ends ends;
        world_adopt_facts(comparison.staged, &world->facts);
        transition_list_init(&comparison.list, comparison.staged);
        ends_init(&ends, world);
        cr_assert(naive_explore(world, &options, &ends, &result));
        cr_assert(ends_equal(&ends, &reference.ends));
        *states += comparison.states;
        *shorter += comparison.shorter;
        ends_release(&ends);
        transition_list_release(&comparison.list);
        world_destroy(comparison.staged);
    }
    reference_release(&reference);
}

Test(stage_rules, are_those_of_the_model)
{
    size_t states = 0;
    size_t shorter = 0;
    for (uint64_t seed = 1; seed <= INSTANCES; seed++) {
        for (size_t i = 0; i < GENERATORS; i++) {
            struct instance instance;
            generators[i](&instance, seed);
            compare_rules(&instance, &states, &shorter);
        }
    }
    cr_log_info("%zu states, something left out in %zu", states, shorter);
    cr_assert_gt(shorter, states / 10);
}

/* --- one condition broken ------------------------------------------------------------------ */

static void share_clock(struct world *world)
{
    struct layout *layout = &world->layout;
    for (size_t i = 1; i < world->pipeline->function_count; i++)
        layout->clock_slots[i] = layout->clock_slots[0];
}

/* Whether the ends that the model has without any order differ from those with the order. Where the
 * condition is one on the model, it is broken on both sides. */
static bool notices(const struct instance *instance, enum broken broken)
{
    struct rig rig;
    struct ends expected;
    struct ends found;
    struct naive_result result;
    bool model = broken == BROKEN_BATCH_SIZES || broken == BROKEN_CLOCKS;
    instance_rig(instance, &rig, false, false);
    struct world *fresh = reduced_world(&rig, REDUCTION_NONE);
    struct world *world = broken == BROKEN_LEARNING ? fresh : rig.world;
    if (broken == BROKEN_CLOCKS)
        share_clock(world);
    struct stage_rules rules = {.world = world, .broken = broken};
    struct naive_options options = {.fault_limit = rig.scenario.faults.limit,
                                    .states_max = STATES_MAX,
                                    .filter = model ? stage_rules_filter : NULL,
                                    .context = &rules};
    ends_init(&expected, rig.world);
    ends_init(&found, world);
    bool differs = false;
    if (naive_explore(rig.world, &options, &expected, &result)) {
        rules.in_order = true;
        options.filter = stage_rules_filter;
        options.ignores_news = broken == BROKEN_LEARNING;
        options.ignores_caps = broken == BROKEN_CAPS;
        differs = naive_explore(world, &options, &found, &result) && !ends_equal(&expected, &found);
    }
    ends_release(&expected);
    ends_release(&found);
    world_destroy(fresh);
    rig_release(&rig);
    return differs;
}

/* Among the first instances of three kinds, some notice each. */
Test(stage_rules, are_all_needed)
{
    size_t noticing[BROKEN_COUNT] = {0};
    for (uint64_t seed = 1; seed <= SEEDS_MAX; seed++) {
        for (size_t i = 0; i < GENERATORS; i++) {
            struct instance instance;
            generators[i](&instance, seed);
            for (int broken = BROKEN_NOTHING + 1; broken < BROKEN_COUNT; broken++) {
                if (noticing[broken] == NOTICING || !notices(&instance, (enum broken)broken))
                    continue;
                if (++noticing[broken] == NOTICING)
                    cr_log_info("%s: noticed until seed %zu", broken_name((enum broken)broken),
                                (size_t)seed);
            }
        }
    }
    for (int broken = BROKEN_NOTHING + 1; broken < BROKEN_COUNT; broken++)
        cr_assert_eq(noticing[broken], NOTICING, "%s: noticed by %zu",
                     broken_name((enum broken)broken), noticing[broken]);
}

/* --- what properties may look at ------------------------------------------------------------ */

struct contents {
    struct stage_rules rules;
    struct ends each; /* of every table in every state */
    struct ends together;
};

static void note_contents(void *context, const uint32_t *state, uint32_t faults,
                          struct transition_list *list)
{
    struct contents *contents = context;
    for (size_t i = 0; i < contents->rules.world->pipeline->table_count; i++)
        ends_note_table(&contents->each, state, i, faults);
    ends_note_tables(&contents->together, state, faults);
    stage_rules_filter(&contents->rules, state, faults, list);
}

/* False: too big. */
static bool collect_contents(struct rig *rig, bool in_order, struct contents *contents)
{
    struct ends ends;
    struct naive_result result;
    struct naive_options options = {.fault_limit = rig->scenario.faults.limit,
                                    .states_max = STATES_MAX,
                                    .filter = note_contents,
                                    .context = contents};
    *contents = (struct contents){.rules = {.world = rig->world, .in_order = in_order}};
    ends_init(&ends, rig->world);
    ends_init(&contents->each, rig->world);
    ends_init(&contents->together, rig->world);
    bool small = naive_explore(rig->world, &options, &ends, &result);
    ends_sort(&contents->each);
    ends_sort(&contents->together);
    ends_release(&ends);
    return small;
}

static void contents_release(struct contents *contents)
{
    ends_release(&contents->each);
    ends_release(&contents->together);
}

/* 7: Whatever a table can hold, it holds in some state that is explored, with as few faults; but
 * not whatever two can hold at the same time. */
Test(stage_rules, show_all_that_each_table_can_hold)
{
    size_t compared = 0;
    size_t together_differ = 0;
    for (uint64_t seed = 1; seed <= INSTANCES; seed++) {
        for (size_t i = 0; i < GENERATORS; i++) {
            struct instance instance;
            struct reference reference;
            struct contents all;
            struct contents in_order;
            generators[i](&instance, seed);
            reference_init(&reference, &instance, STATES_MAX); /* learns the facts */
            if (collect_contents(&reference.rig, false, &all)) {
                cr_assert(collect_contents(&reference.rig, true, &in_order));
                cr_assert(ends_equal(&all.each, &in_order.each), "seed %zu", (size_t)seed);
                together_differ += ends_equal(&all.together, &in_order.together) ? 0 : 1;
                contents_release(&in_order);
                compared++;
            }
            contents_release(&all);
            reference_release(&reference);
        }
    }
    cr_log_info("%zu compared, in %zu tables together differ", compared, together_differ);
    cr_assert_gt(together_differ, 0);
}

/* --- by hand -------------------------------------------------------------------------------- */

/* A third message, in a batch of one, finds the token of the first row in the way. */
Test(stage_rules, tie_senders_of_the_same_token)
{
    struct instance instance = two_stages("map_size_token", "reduce_size_token");
    instance.put_count = 3;
    instance.puts[2] = (struct instance_put){.trade = 0, .version = 1, .copies = 1};
    instance.limit = "0";
    cr_assert(notices(&instance, BROKEN_TOKENS));
    cr_assert(!notices(&instance, BROKEN_NOTHING));
}

/* The first stage counts twice by a crash as well as by chance; only the latter leaves the crash
 * to the second stage. */
Test(stage_rules, count_the_crash_that_is_left)
{
    struct instance instance = two_stages("reduce_sleeps_between_draws", "reduce_plain");
    instance.put_count = 1;
    instance.crash = "1";
    instance.random_failure = "1";
    instance.limit = "2";
    cr_assert(notices(&instance, BROKEN_CAPS));
    cr_assert(!notices(&instance, BROKEN_NOTHING));
}
