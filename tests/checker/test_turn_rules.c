/* Shards in turn once more, from the definition in model/turns.h, and why each condition is there:
 * without it, some generated pipelines have other ends. */
#include "model/turns.h"
#include "tests/checker/soundness.h"

#include <criterion/criterion.h>

enum { STATES_MAX = 1500, INSTANCES = 60, SEEDS_MAX = 400, LIST_MAX = 1024, GENERATORS = 3 };

/* Numbered as in model/turns.h. */
enum broken {
    BROKEN_NOTHING,
    BROKEN_TIES,    /* 1: requests that do not commute tie nobody */
    BROKEN_FEEDING, /* 2: pollers that read what others of their stage append are apart */
    BROKEN_TIME,    /* 3: time passes */
    BROKEN_MOVING,  /* 4: a group that cannot move on holds up the others */
    BROKEN_COUNT
};

static const char *const broken_names[BROKEN_COUNT] = {"nothing", "ties", "feeding", "time",
                                                       "moving"};

static void (*const generators[GENERATORS])(struct instance *instance, uint64_t seed) = {
    instance_generate_shards, instance_generate_web, instance_generate_faulty};

struct turn_rules {
    const struct world *world; /* takes the actions of all pollers */
    const struct world *facts; /* has learnt what is tied */
    enum broken broken;
    size_t shorter; /* states in which pollers of a stage were left out, others of it taken */
};

static bool has_one_group(const struct turn_rules *rules, uint32_t stage)
{
    const struct world *world = rules->facts;
    const bool *faults = world->faults->enabled;
    if ((world->facts.time_passes && rules->broken != BROKEN_TIME) ||
        world->facts.failures_counted || faults[FAULT_LATE_WRITE] || faults[FAULT_STALE_READ])
        return true;
    if (!world->stages.generator_is_first && world->stages.of_generator == stage)
        return true;
    for (size_t i = 0; i < world->layout.poller_count && rules->broken != BROKEN_FEEDING; i++) {
        const struct poller_layout *poller = &world->layout.pollers[i];
        const struct log_layout *log = &world->layout.logs[poller->log];
        for (size_t f = 0; f < world->pipeline->function_count; f++) {
            if (log->kind == SOURCE_TABLE && world->stages.of_function[f] == stage &&
                world->stages.of_function[poller->function] == stage &&
                (world->facts.footprints.touched[f][log->source] & TOUCH_WRITE) != 0)
                return true;
        }
    }
    return false;
}

/* Directly or by way of others. */
static bool are_tied(const struct turn_rules *rules, uint32_t f, uint32_t g)
{
    const struct world *world = rules->facts;
    bool reached[PIPELINE_FUNCTIONS_MAX] = {false};
    for (size_t i = 0; i < world->pipeline->function_count; i++)
        reached[i] =
            world->facts.tied[f][i] && world->stages.of_function[i] == world->stages.of_function[f];
    for (size_t round = 0; round < world->pipeline->function_count; round++) {
        for (size_t i = 0; i < world->pipeline->function_count; i++) {
            for (size_t j = 0; j < world->pipeline->function_count; j++)
                reached[j] |= reached[i] && world->facts.tied[i][j] &&
                              world->stages.of_function[j] == world->stages.of_function[f];
        }
    }
    return reached[g];
}

/* Of one stage: explored together. */
static bool go_together(const struct turn_rules *rules, uint32_t a, uint32_t b)
{
    const struct poller_layout *pollers = rules->world->layout.pollers;
    uint32_t stage = rules->facts->stages.of_function[pollers[a].function];
    return a == b || has_one_group(rules, stage) ||
           (rules->broken != BROKEN_TIES &&
            are_tied(rules, pollers[a].function, pollers[b].function));
}

/* Groups in order: by stage, then by their first poller. */
static uint32_t rank(const struct turn_rules *rules, uint32_t poller)
{
    uint32_t first = 0;
    uint32_t stage =
        rules->facts->stages.of_function[rules->world->layout.pollers[poller].function];
    while (rules->facts->stages.of_function[rules->world->layout.pollers[first].function] !=
               stage ||
           !go_together(rules, first, poller))
        first++;
    return 1 + stage * WORLD_POLLERS_MAX + first;
}

static uint32_t rank_of(const struct turn_rules *rules, const struct transition *transition)
{
    const struct stages *stages = &rules->facts->stages;
    if (transition->action.poller != ACTION_NO_POLLER)
        return rank(rules, transition->action.poller);
    return stages->generator_is_first ? 0 : 1 + (uint32_t)stages->of_generator * WORLD_POLLERS_MAX;
}

static void filter(void *context, const uint32_t *state, uint32_t faults,
                   struct transition_list *list)
{
    (void)faults;
    struct turn_rules *rules = context;
    uint32_t ranks[LIST_MAX];
    bool kept[LIST_MAX];
    uint32_t last = UINT32_MAX;
    cr_assert_leq(list->count, LIST_MAX);
    for (size_t i = 0; i < list->count; i++) {
        ranks[i] = rank_of(rules, &list->items[i]);
        bool moves_on = rules->broken == BROKEN_MOVING ||
                        transition_moves_on(rules->world, state, &list->items[i]);
        if (moves_on && ranks[i] < last)
            last = ranks[i];
    }
    bool left_out = false;
    for (size_t i = 0; i < list->count; i++) {
        kept[i] = ranks[i] <= last;
        left_out =
            left_out || (!kept[i] && ranks[i] / WORLD_POLLERS_MAX == last / WORLD_POLLERS_MAX);
    }
    rules->shorter += left_out ? 1 : 0;
    naive_keep(list, kept);
}

/* Whether the ends that the model has without any order differ from those with the order. */
static bool notices(const struct instance *instance, enum broken broken, size_t *shorter)
{
    struct reference reference;
    reference_init(&reference, instance, STATES_MAX);
    bool differs = false;
    if (reference.small) {
        struct rig *rig = &reference.rig;
        struct world *learnt = reduced_world(rig, REDUCTION_TURNS);
        struct search_options search_options = search_options_of(rig);
        struct search_result search_result;
        search_options.go_on = true;
        search(learnt, &search_options, &search_result);
        struct turn_rules rules = {.world = rig->world, .facts = learnt, .broken = broken};
        struct naive_options options = {.fault_limit = rig->scenario.faults.limit,
                                        .states_max = STATES_MAX,
                                        .filter = filter,
                                        .context = &rules};
        struct naive_result result;
        struct ends found;
        ends_init(&found, rig->world);
        differs = naive_explore(rig->world, &options, &found, &result) &&
                  !ends_equal(&reference.ends, &found);
        *shorter += rules.shorter;
        ends_release(&found);
        world_destroy(learnt);
    }
    reference_release(&reference);
    return differs;
}

Test(turn_rules, reach_the_same_ends)
{
    size_t shorter = 0;
    for (uint64_t seed = 1; seed <= INSTANCES; seed++) {
        struct instance instance;
        instance_generate_shards(&instance, seed);
        cr_assert(!notices(&instance, BROKEN_NOTHING, &shorter), "seed %zu", (size_t)seed);
    }
    cr_log_info("something left out in %zu states", shorter);
    cr_assert_gt(shorter, 300);
}

Test(turn_rules, are_all_needed)
{
    for (int broken = BROKEN_NOTHING + 1; broken < BROKEN_COUNT; broken++) {
        bool noticed = false;
        for (uint64_t seed = 1; seed <= SEEDS_MAX && !noticed; seed++) {
            for (size_t i = 0; i < GENERATORS && !noticed; i++) {
                struct instance instance;
                size_t shorter = 0;
                generators[i](&instance, seed);
                noticed = notices(&instance, (enum broken)broken, &shorter);
                if (noticed)
                    cr_log_info("%s: noticed by generator %zu's seed %zu", broken_names[broken], i,
                                (size_t)seed);
            }
        }
        cr_expect(noticed, "%s", broken_names[broken]);
    }
}
