#include "tests/checker/soundness.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>

enum { DIFFERENCE_SIZE = 512, LABEL_SIZE = 32, BY_HAND_STATES_MAX = 20000 };

static const char *const reduction_names[REDUCTION_COUNT] = {
    "no reduction", "local steps", "stage order", "shards in turn", "dead data", "all reductions"};

static bool drops_dead_data(enum reduction reduction)
{
    return reduction == REDUCTION_DEAD_DATA || reduction == REDUCTION_ALL;
}

struct world *reduced_world(struct rig *rig, enum reduction reduction)
{
    bool all = reduction == REDUCTION_ALL;
    bool turns = all || reduction == REDUCTION_TURNS;
    const struct world_reductions reductions = {
        .merge_local_steps = all || reduction == REDUCTION_MERGE,
        .stage_order = turns || reduction == REDUCTION_STAGES,
        .shards_in_turn = turns,
        .drop_dead_data = drops_dead_data(reduction)};
    return instance_world(rig, &reductions);
}

struct search_options search_options_of(const struct rig *rig)
{
    return (struct search_options){.fault_limit = rig->scenario.faults.limit,
                                   .states_max = UINT64_MAX,
                                   .known_faults = UINT32_MAX,
                                   .known_depth = UINT32_MAX};
}

void search(struct world *world, const struct search_options *options, struct search_result *result)
{
    struct error error = ERROR_INIT;
    cr_assert_eq(explore(world, options, result, &error), STATUS_OK, "%s", error.message);
    search_result_release(result);
}

/* A first search learns the facts: while it does, it begins again and again, and reports ends that
 * are void. */
void reduced_ends(struct rig *rig, enum reduction reduction, uint32_t fault_limit,
                  struct ends *ends, struct search_result *result)
{
    struct world *world = reduced_world(rig, reduction);
    struct search_options options = search_options_of(rig);
    struct search_result learning;
    options.go_on = true;
    options.fault_limit = fault_limit;
    search(world, &options, &learning);
    ends_init(ends, world);
    options.context = ends;
    options.on_end = ends_note;
    search(world, &options, result);
    cr_assert_eq(result->states, learning.states);
    cr_assert_eq(result->transitions, learning.transitions);
    cr_assert_eq(result->saturated, learning.saturated);
    ends_sort(ends);
    world_destroy(world);
}

void reference_init(struct reference *reference, const struct instance *instance, size_t states_max)
{
    instance_rig(instance, &reference->rig, false, false);
    struct naive_options options = {.fault_limit = reference->rig.scenario.faults.limit,
                                    .states_max = states_max};
    ends_init(&reference->ends, reference->rig.world);
    reference->small =
        naive_explore(reference->rig.world, &options, &reference->ends, &reference->result);
    ends_init(&reference->aggregates, reference->rig.world);
    for (size_t i = 0; i < reference->ends.count; i++)
        ends_add(&reference->aggregates, &reference->ends.items[i]);
    ends_forget_tables(&reference->aggregates);
}

void reference_release(struct reference *reference)
{
    ends_release(&reference->ends);
    ends_release(&reference->aggregates);
    rig_release(&reference->rig);
}

/* Without reductions the search is the naive one, but for the order: it has as many states and
 * transitions, and as short a way to the best violation. (No end has the aggregates expected.) */
static bool counts_agree(struct reference *reference, const struct search_result *all)
{
    struct world *world = reduced_world(&reference->rig, REDUCTION_NONE);
    struct search_options options = search_options_of(&reference->rig);
    struct search_result first;
    search(world, &options, &first);
    world_destroy(world);
    const struct naive_result *naive = &reference->result;
    return all->states == naive->states && all->transitions == naive->transitions &&
           first.violation.found && first.violation.faults == naive->best_faults &&
           first.violation.depth == naive->best_depth;
}

/* Says what differs in `difference` of DIFFERENCE_SIZE bytes, else NULL. */
static const char *compare_one(struct reference *reference, enum reduction reduction,
                               char *difference)
{
    struct ends reduced;
    struct search_result result;
    const char *differs = NULL;
    reduced_ends(&reference->rig, reduction, reference->rig.scenario.faults.limit, &reduced,
                 &result);
    const struct ends *expected =
        drops_dead_data(reduction) ? &reference->aggregates : &reference->ends;
    if (drops_dead_data(reduction))
        ends_forget_tables(&reduced);
    if (!ends_equal(expected, &reduced))
        differs = ends_difference(expected, &reduced, difference, DIFFERENCE_SIZE);
    else if (reduction == REDUCTION_NONE && !counts_agree(reference, &result))
        differs = "other counts than the naive search";
    ends_release(&reduced);
    return differs;
}

bool compare_reductions(const struct instance *instance, size_t states_max, const char *label,
                        bool *same)
{
    struct reference reference;
    char text[INSTANCE_TEXT_SIZE];
    char difference[DIFFERENCE_SIZE];
    reference_init(&reference, instance, states_max);
    bool small = reference.small;
    for (int i = 0; small && i < REDUCTION_COUNT; i++) {
        const char *differs = compare_one(&reference, (enum reduction)i, difference);
        if (differs == NULL)
            continue;
        *same = false;
        cr_log_error("%s, %s: %s\n%s", label, reduction_names[i], differs,
                     instance_describe(instance, text));
    }
    reference_release(&reference);
    return small;
}

static size_t environment_number(const char *name, size_t otherwise)
{
    const char *text = getenv(name);
    return text == NULL ? otherwise : strtoul(text, NULL, 10);
}

void compare_generated(void (*generate)(struct instance *instance, uint64_t seed), size_t count)
{
    size_t seed = environment_number("ONCECHECK_FIRST", 1);
    size_t states_max = environment_number("ONCECHECK_STATES", SOUNDNESS_STATES_MAX);
    size_t tried = 0;
    bool same = true;
    count = environment_number("ONCECHECK_INSTANCES", count);
    for (size_t compared = 0; compared < count; tried++, seed++) {
        struct instance instance;
        char label[LABEL_SIZE];
        cr_assert_leq(tried, 4 * count, "only %zu instances are small enough", compared);
        generate(&instance, seed);
        instance.on_many = (uint32_t)seed;
        snprintf(label, sizeof label, "seed %zu", seed);
        compared += compare_reductions(&instance, states_max, label, &same) ? 1 : 0;
    }
    cr_log_info("%zu instances compared, %zu were too big", count, tried - count);
    cr_assert(same);
}

void compare_by_hand(const struct instance *instance)
{
    bool same = true;
    cr_assert(compare_reductions(instance, BY_HAND_STATES_MAX, "by hand", &same), "too big");
    cr_assert(same);
}

struct instance two_stages(const char *first, const char *second)
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
