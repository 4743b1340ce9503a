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
    for (size_t i = 0; status == STATUS_OK && *closed && i < steps->enabled.free_count; i++) {
        struct edge edge = {.from = from};
        void *edges = cycle->edges;
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

enum status steps_on_cycle(struct steps *steps, struct expansion_memo *memo, uint32_t slot_count,
                           const uint32_t *slots, bool *on_cycle, uint16_t *poller,
                           struct error *error)
{
    struct memory *memory = steps->memory;
    struct cycle *cycle = memory_allocate_zeroed(memory, 1, sizeof *cycle);
    uint32_t *after = memory_allocate_zeroed(memory, slot_count, sizeof *after);
    enum status status = STATUS_OK;
    *on_cycle = false;
    if (cycle == NULL || after == NULL) {
        status = error_set(error, STATUS_NO_MEMORY, "out of memory while looking for cycles");
    } else {
        uint32_t first = 0;
        bool closed = true;
        cycle->memory = memory;
        cycle->slot_count = slot_count;
        status = number_of(cycle, slots, &first, error);
        for (uint32_t i = 0; status == STATUS_OK && closed && i < cycle->count; i++)
            status = expand(cycle, steps, memo, i, after, &closed, error);
        if (status == STATUS_OK)
            status = steps_learn(steps, memo, slots, error);
        *on_cycle = status == STATUS_OK && closed && steps->retries && all_lead_back(cycle);
        if (*on_cycle)
            *poller = retrying_poller(steps, memo);
        memory_free(memory, cycle->states, cycle->slot_capacity * sizeof *cycle->states);
        memory_free(memory, cycle->edges, cycle->edge_capacity * sizeof *cycle->edges);
    }
    memory_free(memory, cycle, sizeof *cycle);
    memory_free(memory, after, slot_count * sizeof *after);
    return status;
}
