/* Batches that fail for ever, seen from one state: all that it leads to without a fault is listed,
 * up to a limit, and must lead back to it. */
#include "checker/steps.h"

#include <string.h>

#define INDEX_SIZE ((size_t)2 * STEPS_CYCLE_MAX)

struct edge {
    uint32_t from;
    uint32_t to;
};

struct cycle {
    struct memory *memory;
    uint32_t slot_count;
    uint32_t *states; /* of slot_count slots each; the first is where it begins */
    size_t slot_capacity;
    uint32_t count;
    struct edge *edges;
    size_t edge_count;
    size_t edge_capacity;
    uint16_t only; /* this poller moves, the others stand still; ACTION_NO_POLLER: all move */
    uint32_t index[INDEX_SIZE]; /* open addressing; 0: free, else state + 1 */
};

static uint64_t hash_slots(const uint32_t *slots, uint32_t count)
{
    uint64_t hash = count;
    for (uint32_t i = 0; i < count; i++)
        hash = (hash ^ slots[i]) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ hash >> 32;
}

/* The state's number, new or not; STEPS_CYCLE_MAX: there are too many. */
static enum status number_of(struct cycle *cycle, const uint32_t *slots, uint32_t *number,
                             struct error *error)
{
    size_t size = cycle->slot_count * sizeof *slots;
    size_t place = (size_t)(hash_slots(slots, cycle->slot_count) % INDEX_SIZE);
    for (; cycle->index[place] != 0; place = (place + 1) % INDEX_SIZE) {
        *number = cycle->index[place] - 1;
        if (memcmp(cycle->states + (size_t)*number * cycle->slot_count, slots, size) == 0)
            return STATUS_OK;
    }
    *number = cycle->count;
    if (cycle->count == STEPS_CYCLE_MAX)
        return STATUS_OK;
    void *states = cycle->states;
    size_t end = (size_t)cycle->count * cycle->slot_count;
    if (!memory_reserve(cycle->memory, &states, &cycle->slot_capacity, end + cycle->slot_count,
                        sizeof *slots))
        return error_set(error, STATUS_NO_MEMORY, "out of memory while looking for cycles");
    cycle->states = states;
    memcpy(cycle->states + end, slots, size);
    cycle->index[place] = ++cycle->count;
    return STATUS_OK;
}

/* List where the state `from` leads; *closed false: to too many states, or it is an end. */
static enum status expand(struct cycle *cycle, struct steps *steps, struct expansion_memo *memo,
                          uint32_t from, uint32_t *slots, bool *closed, struct error *error)
{
    size_t size = cycle->slot_count * sizeof *slots;
    const size_t offset = (size_t)from * cycle->slot_count;
    enum status status = steps_learn(steps, memo, cycle->states + offset, error);
    *closed = steps->enabled.free_count > 0;
    size_t left = 0;
    for (size_t i = 0; status == STATUS_OK && *closed && i < steps->enabled.free_count; i++) {
        struct edge edge = {.from = from};
        void *edges = cycle->edges;
        uint16_t poller = expansion_memo_transition(memo, steps->enabled.free[i])->action.poller;
        if (cycle->only != ACTION_NO_POLLER && poller != cycle->only)
            continue;
        left++;
        memcpy(slots, cycle->states + offset, size);
        steps_take(memo, steps->enabled.free[i], slots);
        status = number_of(cycle, slots, &edge.to, error);
        *closed = edge.to < STEPS_CYCLE_MAX;
        if (status != STATUS_OK || !*closed)
            break;
        if (!memory_reserve(cycle->memory, &edges, &cycle->edge_capacity, cycle->edge_count + 1,
                            sizeof edge))
            return error_set(error, STATUS_NO_MEMORY, "out of memory while looking for cycles");
        cycle->edges = edges;
        cycle->edges[cycle->edge_count++] = edge;
    }
    *closed = *closed && left > 0;
    return status;
}

/* Every state listed leads to the first: edges are followed backwards until nothing is added. */
static bool all_lead_back(const struct cycle *cycle)
{
    bool back[STEPS_CYCLE_MAX] = {true};
    uint32_t count = 1;
    for (bool added = true; added;) {
        added = false;
        for (size_t i = cycle->edge_count; i > 0; i--) {
            const struct edge *edge = &cycle->edges[i - 1];
            if (!back[edge->to] || back[edge->from])
                continue;
            back[edge->from] = true;
            count++;
            added = true;
        }
    }
    return count == cycle->count;
}

static uint16_t retrying_poller(const struct steps *steps, const struct expansion_memo *memo)
{
    for (size_t i = 0; i < steps->enabled.free_count; i++) {
        const struct remembered_transition *transition =
            expansion_memo_transition(memo, steps->enabled.free[i]);
        if (transition->clean_retry)
            return transition->action.poller;
    }
    BUG("a state on a cycle without a retry");
}

static bool shares_containers(const struct world *world, uint16_t poller)
{
    uint32_t function = world->layout.pollers[poller].function;
    for (uint32_t i = 0; i < world->layout.poller_count; i++) {
        if (i != poller && world->layout.pollers[i].function == function)
            return world->facts.remembers[function];
    }
    return false;
}

/* The cycle's states differ in nothing but what is the poller's alone. */
static bool stays_apart(const struct cycle *cycle, const struct world *world)
{
    const struct poller_layout *layout = &world->layout.pollers[cycle->only];
    const uint16_t own[] = {layout->batch_slot,    layout->node_slot,     layout->attempt_slot,
                            layout->pieces_slot,   layout->failed_slot,   layout->retries_slot,
                            layout->failures_slot, layout->container_slot};
    if (layout->throttled || shares_containers(world, cycle->only))
        return false; /* others may wait for it, or start in its container */
    for (uint32_t i = 1; i < cycle->count; i++) {
        const uint32_t *state = cycle->states + (size_t)i * cycle->slot_count;
        for (uint32_t slot = 0; slot < cycle->slot_count; slot++) {
            bool is_own = state[slot] == cycle->states[slot];
            for (size_t k = 0; !is_own && k < sizeof own / sizeof *own; k++)
                is_own = own[k] == slot;
            if (!is_own)
                return false;
        }
    }
    return true;
}

/* List where the state leads, all of it or by the moves of one poller. *back: to nowhere from where
 * it cannot be reached again, and where there is only one poller, to nothing that others see. */
static enum status go_round(struct steps *steps, struct expansion_memo *memo,
                            const struct world *world, const uint32_t *slots, uint16_t only,
                            bool *back, struct error *error)
{
    struct memory *memory = steps->memory;
    uint32_t slot_count = world->layout.slot_count;
    struct cycle *cycle = memory_allocate_zeroed(memory, 1, sizeof *cycle);
    uint32_t *after = memory_allocate_zeroed(memory, slot_count, sizeof *after);
    enum status status = STATUS_OK;
    *back = false;
    if (cycle == NULL || after == NULL) {
        status = error_set(error, STATUS_NO_MEMORY, "out of memory while looking for cycles");
    } else {
        uint32_t first = 0;
        bool closed = true;
        cycle->memory = memory;
        cycle->slot_count = slot_count;
        cycle->only = only;
        status = number_of(cycle, slots, &first, error);
        for (uint32_t i = 0; status == STATUS_OK && closed && i < cycle->count; i++)
            status = expand(cycle, steps, memo, i, after, &closed, error);
        *back = status == STATUS_OK && closed && all_lead_back(cycle) &&
                (only == ACTION_NO_POLLER || stays_apart(cycle, world));
        memory_free(memory, cycle->states, cycle->slot_capacity * sizeof *cycle->states);
        memory_free(memory, cycle->edges, cycle->edge_capacity * sizeof *cycle->edges);
    }
    memory_free(memory, cycle, sizeof *cycle);
    memory_free(memory, after, slot_count * sizeof *after);
    return status;
}

/* Each poller that can move goes round by itself. */
static enum status go_round_apart(struct steps *steps, struct expansion_memo *memo,
                                  const struct world *world, const uint32_t *slots, bool *back,
                                  struct error *error)
{
    bool moves[WORLD_POLLERS_MAX] = {false};
    enum status status = STATUS_OK;
    *back = true;
    for (size_t i = 0; i < steps->enabled.free_count; i++) {
        const struct remembered_transition *transition =
            expansion_memo_transition(memo, steps->enabled.free[i]);
        *back = *back && transition->clean_retry;
        if (transition->clean_retry)
            moves[transition->action.poller] = true;
    }
    for (uint16_t i = 0; status == STATUS_OK && *back && i < world->layout.poller_count; i++) {
        if (moves[i])
            status = go_round(steps, memo, world, slots, i, back, error);
    }
    return status;
}

enum status steps_on_cycle(struct steps *steps, struct expansion_memo *memo,
                           const struct world *world, const uint32_t *slots, bool *on_cycle,
                           uint16_t *poller, struct error *error)
{
    enum status status = steps_learn(steps, memo, slots, error);
    *on_cycle = false;
    if (status != STATUS_OK || !steps->retries)
        return status;
    *poller = retrying_poller(steps, memo);
    status = go_round_apart(steps, memo, world, slots, on_cycle, error);
    if (status == STATUS_OK && !*on_cycle)
        status = go_round(steps, memo, world, slots, ACTION_NO_POLLER, on_cycle, error);
    if (status == STATUS_OK)
        status = steps_learn(steps, memo, slots, error); /* the caller looks at them again */
    return status;
}
