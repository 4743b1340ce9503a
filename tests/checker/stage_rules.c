#include "tests/checker/stage_rules.h"

#include "tests/checker/naive_explorer.h"

#include <criterion/criterion.h>
#include <string.h>

enum { LIST_MAX = 1024 };

const char *broken_name(enum broken broken)
{
    static const char *const names[BROKEN_COUNT] = {"nothing", "direction", "batch sizes", "reads",
                                                    "writes",  "between",   "learning",    "tokens",
                                                    "clocks",  "caps",      "retries"};
    return names[broken];
}

/* --- which functions are a stage ---------------------------------------------------------- */

struct relation {
    bool holds[PIPELINE_FUNCTIONS_MAX][PIPELINE_FUNCTIONS_MAX];
};

static void close_transitively(struct relation *relation, size_t count)
{
    for (size_t via = 0; via < count; via++) {
        for (size_t f = 0; f < count; f++) {
            for (size_t g = 0; g < count; g++)
                relation->holds[f][g] |= relation->holds[f][via] && relation->holds[via][g];
        }
    }
}

static bool share_table(const struct stage_rules *rules, size_t f, size_t g, size_t table)
{
    const struct footprints *footprints = &rules->world->facts.footprints;
    uint8_t a = footprints->touched[f][table];
    uint8_t b = footprints->touched[g][table];
    if (a == 0 || b == 0 || ((a | b) & TOUCH_WRITE) == 0)
        return false;
    bool both_write = (a & b & TOUCH_WRITE) != 0;
    return rules->broken != (both_write ? BROKEN_WRITES : BROKEN_READS);
}

static struct relation ties_of(const struct stage_rules *rules)
{
    const struct world *world = rules->world;
    const bool *sends_tokens = world->facts.footprints.sends_tokens;
    struct relation ties;
    memset(&ties, 0, sizeof ties);
    for (size_t f = 0; f < world->pipeline->function_count; f++) {
        for (size_t g = 0; g < world->pipeline->function_count; g++) {
            ties.holds[f][g] =
                f == g || (rules->broken != BROKEN_TOKENS && sends_tokens[f] && sends_tokens[g]);
            for (size_t t = 0; t < world->pipeline->table_count; t++)
                ties.holds[f][g] |= share_table(rules, f, g, t);
        }
    }
    return ties;
}

static void add_streams(const struct world *world, struct relation *influence)
{
    for (size_t i = 0; i < world->pipeline->mapping_count; i++) {
        const struct mapping_config *mapping = &world->pipeline->mappings[i];
        for (size_t f = 0; f < world->pipeline->function_count; f++) {
            if (mapping->source_kind == SOURCE_TABLE &&
                (world->facts.footprints.touched[f][mapping->source] & TOUCH_WRITE) != 0)
                influence->holds[f][mapping->function] = true;
        }
    }
}

static bool together(const struct relation *relation, size_t f, size_t g)
{
    return relation->holds[f][g] && relation->holds[g][f];
}

/* The first function that no other stage's may influence; where there is none, since the stages are
 * wrong, the first. */
static size_t next_function(const struct relation *influence, const struct relation *stage,
                            const bool *placed, size_t count)
{
    size_t first = count;
    for (size_t f = count; f-- > 0;) {
        if (placed[f])
            continue;
        bool ready = true;
        for (size_t g = 0; g < count; g++)
            ready = ready && (placed[g] || !influence->holds[g][f] || together(stage, f, g));
        if (ready || first == count)
            first = f;
    }
    return first;
}

void stage_rules_stages(const struct stage_rules *rules, struct stages *stages)
{
    size_t count = rules->world->pipeline->function_count;
    struct relation ties = ties_of(rules);
    struct relation influence = ties;
    bool placed[PIPELINE_FUNCTIONS_MAX] = {false};
    add_streams(rules->world, &influence);
    close_transitively(&influence, count);
    close_transitively(&ties, count);
    const struct relation *stage = rules->broken == BROKEN_BETWEEN ? &ties : &influence;
    *stages = (struct stages){0};
    for (size_t left = count; left > 0; stages->count++) {
        size_t first = next_function(&influence, stage, placed, count);
        for (size_t f = 0; f < count; f++) {
            if (placed[f] || !together(stage, first, f))
                continue;
            stages->of_function[f] = (uint8_t)stages->count;
            placed[f] = true;
            left--;
        }
    }
    for (size_t f = 0; rules->broken == BROKEN_DIRECTION && f < count; f++)
        stages->of_function[f] = (uint8_t)(stages->count - 1 - stages->of_function[f]);
}

/* --- which transitions are left ----------------------------------------------------------- */

/* -1 for the generator. */
static int stage_of(const struct stage_rules *rules, const struct stages *stages,
                    const struct transition *transition)
{
    if (transition->action.poller == ACTION_NO_POLLER)
        return -1;
    return stages->of_function[rules->world->layout.pollers[transition->action.poller].function];
}

static bool moves_on(const struct stage_rules *rules, const uint32_t *state,
                     const struct transition *transition)
{
    if (transition->cost > 0)
        return false;
    if (transition->action.kind != ACTION_RETRY || rules->broken == BROKEN_RETRIES)
        return true;
    const struct poller_layout *poller = &rules->world->layout.pollers[transition->action.poller];
    return poller->retries_slot != WORLD_NO_SLOT ||
           state[poller->node_slot] == HANDLER_NODE_FAILED_BY_FAULT;
}

/* Of a poller's polls, which come one after the other, only the last. */
static void keep_largest_polls(struct transition_list *list)
{
    bool kept[LIST_MAX];
    for (size_t i = 0; i < list->count; i++) {
        const struct action *action = &list->items[i].action;
        const struct action *next = i + 1 < list->count ? &list->items[i + 1].action : NULL;
        kept[i] = action->kind != ACTION_POLL || next == NULL || next->kind != ACTION_POLL ||
                  next->poller != action->poller || next->count == action->count;
    }
    naive_keep(list, kept);
}

static void keep_first_stages(const struct stage_rules *rules, const uint32_t *state,
                              struct transition_list *list)
{
    struct stages stages;
    bool kept[LIST_MAX];
    stage_rules_stages(rules, &stages);
    int last = (int)stages.count;
    for (size_t i = 0; i < list->count; i++) {
        int stage = stage_of(rules, &stages, &list->items[i]);
        if (stage < last && moves_on(rules, state, &list->items[i]))
            last = stage;
    }
    for (size_t i = 0; i < list->count; i++)
        kept[i] = stage_of(rules, &stages, &list->items[i]) <= last;
    naive_keep(list, kept);
}

void stage_rules_filter(void *context, const uint32_t *state, uint32_t faults,
                        struct transition_list *list)
{
    (void)faults;
    const struct stage_rules *rules = context;
    cr_assert_leq(list->count, LIST_MAX);
    if (rules->broken == BROKEN_BATCH_SIZES)
        keep_largest_polls(list);
    if (rules->in_order)
        keep_first_stages(rules, state, list);
}
