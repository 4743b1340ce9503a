/* The clocks of the functions: what a sleep, a hang and a timeout do to them.
 *
 * A function that hangs or sleeps and then fails does so again and again. If its clock ran on, it
 * would never come back to a state that it was in before, and the search would never see that it is
 * stuck. So a clock stops where nothing can tell any more: some time after the last thing that it
 * is compared with, the records of the batch and, if the function sends any, the idempotency
 * tokens, whose window is shorter than that. (Tokens of a later stage must not matter: see
 * model/stages.h.) A function that compares the age of its records with more than CLOCK_RUN_MAX_MS
 * does not see them grow older; a mapping that gives up what is too old does. */
#include "model/expansion.h"

enum { CLOCK_RUN_MAX_MS = TOKEN_WINDOW_MS + 60 * 1000 };

static int64_t later_of(int64_t a, int64_t b) { return a > b ? a : b; }

/* The last time, in ms since the start, that the poller's invocation can compare its clock with. */
static int64_t last_event_ms(const struct world *world, uint16_t poller, const uint32_t *slots)
{
    const struct poller_layout *layout = &world->layout.pollers[poller];
    bool sends_tokens = world->facts.footprints.sends_tokens[layout->function];
    struct value tokens = {sends_tokens ? slots[world->layout.tokens_slot] : world->empty_map.id};
    uint32_t first = slots[layout->checkpoint_slot];
    int64_t last_ms = 0;
    for (size_t i = 0; i < value_count(world->store, tokens); i++) {
        int64_t sent_ms = 0;
        struct value token = value_value_at(world->store, tokens, i);
        CHECK(value_to_integer(world->store, value_at(world->store, token, 1), &sent_ms));
        last_ms = later_of(last_ms, sent_ms);
    }
    for (uint32_t i = 0; i < slots[layout->batch_slot]; i++)
        last_ms = later_of(last_ms, world_log_time_ms(world, slots, layout->log, first + i));
    return last_ms;
}

/* Records turn too old for the poller's mapping. */
static bool ages(const struct world *world, uint16_t poller)
{
    return world->pipeline->mappings[world->layout.pollers[poller].mapping].maximum_record_age_s >=
           0;
}

static void pass(const struct expansion *expansion, uint16_t poller, uint32_t *slots, int64_t ms)
{
    struct world *world = expansion->world;
    if (ms <= 0)
        return;
    if (!world->facts.time_passes) {
        world->facts.time_passes = true;
        world->facts_changed = true;
        world->time_is_news = true;
    }
    if (world->time_is_news) /* the search begins again; until then nobody looks at the records */
        return;
    uint32_t *clock = &slots[world->layout.clock_slots[world->layout.pollers[poller].function]];
    int64_t now_ms = *clock;
    int64_t stop_ms = last_event_ms(world, poller, slots) + CLOCK_RUN_MAX_MS;
    if (world->faults->enabled[FAULT_DELAY])
        stop_ms += (int64_t)FAULT_LONGEST_DELAY_S * 1000;
    else if (ages(world, poller))
        stop_ms += world_age_limit_ms(world, &world->layout.pollers[poller]);
    if (stop_ms > UINT32_MAX)
        stop_ms = UINT32_MAX;
    if (now_ms >= stop_ms)
        return;
    *clock = (uint32_t)(ms > stop_ms - now_ms ? stop_ms : now_ms + ms);
}

void expansion_pass_step(const struct expansion *expansion, uint16_t poller, uint32_t *slots,
                         uint32_t node, struct value input)
{
    const struct world *world = expansion->world;
    const struct poller_layout *layout = &world->layout.pollers[poller];
    const struct handler_tree *tree = world->trees[layout->function];
    uint32_t reached = slots[layout->node_slot];
    const struct handler_step *step =
        reached >= HANDLER_NODE_FIRST
            ? handler_tree_step(tree, reached)
            : handler_tree_end(tree, input, slots[layout->attempt_slot], node, input);
    if (step->kind == HANDLER_HANG)
        expansion_pass_timeout(expansion, poller, slots, node);
    else
        pass(expansion, poller, slots, step->slept_ms);
}

void expansion_pass_delay(const struct expansion *expansion, uint16_t poller, uint32_t *slots,
                          int64_t ms)
{
    pass(expansion, poller, slots, ms);
}

/* How long an invocation that has returned took is not known any more: its whole timeout passes. */
void expansion_pass_timeout(const struct expansion *expansion, uint16_t poller, uint32_t *slots,
                            uint32_t node)
{
    const struct world *world = expansion->world;
    uint32_t function = world->layout.pollers[poller].function;
    int64_t timeout_ms = (int64_t)world->pipeline->functions[function].timeout_s * 1000;
    pass(expansion, poller, slots,
         timeout_ms - handler_tree_slept_ms(world->trees[function], node));
}
