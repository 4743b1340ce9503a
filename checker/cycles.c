/* Cycles of the fault-free graph that nothing leaves: R. Tarjan, "Depth-First Search and Linear
 * Graph Algorithms", SIAM J. Comput. 1(2), 1972, without recursion.
 *
 * Only a function that fails by itself makes a fault-free cycle, since everything else moves
 * something forward; so it is enough to start from the states with a fault-free retry. And only
 * states of the level just explored count: a way back to a lower level would have brought the whole
 * cycle there. */
#include "checker/search.h"

#include <string.h>

enum { UNSEEN = 0 };

/* One state on the depth-first path: its successors are successors[first .. last). */
struct visit {
    uint32_t state;
    size_t first;
    size_t next;
    size_t last;
};

struct tarjan {
    struct search *search;
    struct memory *memory;
    uint32_t *order; /* by state: when it was first seen, from 1 */
    uint32_t *low;
    bool *on_stack;
    bool *leaves;  /* its component has a way out, found so far */
    bool *retries; /* it has a fault-free retry */
    size_t state_count;
    uint32_t seen;
    struct state_list stack;
    struct state_list successors;
    struct visit *path;
    size_t path_length;
    size_t path_capacity;
};

static enum status no_memory(struct error *error)
{
    return error_set(error, STATUS_NO_MEMORY, "out of memory while looking for cycles");
}

static enum status tarjan_init(struct tarjan *tarjan, struct search *search, struct error *error)
{
    size_t count = visited_set_count(search->visited);
    struct memory *memory = search->world->memory;
    *tarjan = (struct tarjan){.search = search, .memory = memory, .state_count = count};
    tarjan->order = memory_allocate_zeroed(memory, count, sizeof *tarjan->order);
    tarjan->low = memory_allocate_zeroed(memory, count, sizeof *tarjan->low);
    tarjan->on_stack = memory_allocate_zeroed(memory, count, sizeof *tarjan->on_stack);
    tarjan->leaves = memory_allocate_zeroed(memory, count, sizeof *tarjan->leaves);
    tarjan->retries = memory_allocate_zeroed(memory, count, sizeof *tarjan->retries);
    if (tarjan->order == NULL || tarjan->low == NULL || tarjan->on_stack == NULL ||
        tarjan->leaves == NULL || tarjan->retries == NULL)
        return no_memory(error);
    for (size_t i = 0; i < search->retried.count; i++)
        tarjan->retries[search->retried.items[i]] = true;
    return STATUS_OK;
}

static void tarjan_release(struct tarjan *tarjan)
{
    struct memory *memory = tarjan->memory;
    memory_free(memory, tarjan->order, tarjan->state_count * sizeof *tarjan->order);
    memory_free(memory, tarjan->low, tarjan->state_count * sizeof *tarjan->low);
    memory_free(memory, tarjan->on_stack, tarjan->state_count * sizeof *tarjan->on_stack);
    memory_free(memory, tarjan->leaves, tarjan->state_count * sizeof *tarjan->leaves);
    memory_free(memory, tarjan->retries, tarjan->state_count * sizeof *tarjan->retries);
    memory_free(memory, tarjan->path, tarjan->path_capacity * sizeof *tarjan->path);
    state_list_release(memory, &tarjan->stack);
    state_list_release(memory, &tarjan->successors);
}

/* Begin a state: number it and list its fault-free successors. */
static enum status enter(struct tarjan *tarjan, uint32_t state, struct error *error)
{
    struct search *search = tarjan->search;
    void *path = tarjan->path;
    if (!memory_reserve(tarjan->memory, &path, &tarjan->path_capacity, tarjan->path_length + 1,
                        sizeof *tarjan->path))
        return no_memory(error);
    tarjan->path = path;
    tarjan->order[state] = ++tarjan->seen;
    tarjan->low[state] = tarjan->seen;
    tarjan->on_stack[state] = true;
    enum status status = state_list_add(tarjan->memory, &tarjan->stack, state, error);
    if (status != STATUS_OK)
        return status;
    visited_set_get(search->visited, state, search->slots);
    status = world_expand(search->world, search->slots, &search->transitions, error);
    size_t first = tarjan->successors.count;
    for (size_t i = 0; status == STATUS_OK && i < search->transitions.count; i++) {
        uint32_t successor = 0;
        const uint32_t *slots = search->transitions.slots + i * search->transitions.slot_count;
        if (search->transitions.items[i].cost > 0)
            continue;
        CHECK(visited_set_find(search->visited, slots, &successor) == VISITED_KNOWN);
        status = state_list_add(tarjan->memory, &tarjan->successors, successor, error);
    }
    tarjan->path[tarjan->path_length++] = (struct visit){
        .state = state, .first = first, .next = first, .last = tarjan->successors.count};
    return status;
}

/* The retry within a component that comes first; VISITED_NO_STATE if it is no cycle. */
static uint32_t first_retry(const struct tarjan *tarjan, const uint32_t *members, size_t count)
{
    const struct visited_set *visited = tarjan->search->visited;
    uint32_t best = VISITED_NO_STATE;
    uint32_t best_depth = 0;
    for (size_t i = 0; i < count; i++) {
        if (!tarjan->retries[members[i]])
            continue;
        uint32_t depth = visited_set_state(visited, members[i]).depth;
        if (best == VISITED_NO_STATE || depth < best_depth ||
            (depth == best_depth && members[i] < best)) {
            best = members[i];
            best_depth = depth;
        }
    }
    return best;
}

static enum status judge_component(struct tarjan *tarjan, const uint32_t *members, size_t count,
                                   struct error *error)
{
    struct search *search = tarjan->search;
    uint32_t retry = first_retry(tarjan, members, count);
    if (retry == VISITED_NO_STATE)
        return STATUS_OK; /* a state without fault-free transitions: judged when it was expanded */
    search->result->ends++;
    for (size_t i = 0; search->options->on_end != NULL && i < count; i++) {
        visited_set_get(search->visited, members[i], search->slots);
        search->options->on_end(search->options->context, search->slots, search->level, true);
    }
    visited_set_get(search->visited, retry, search->slots);
    struct search_violation violation = {.state = retry,
                                         .stuck = true,
                                         .faults = search->level,
                                         .depth = visited_set_state(search->visited, retry).depth};
    enum status status = world_expand(search->world, search->slots, &search->transitions, error);
    for (size_t i = 0; status == STATUS_OK && i < search->transitions.count; i++) {
        if (search->transitions.items[i].action.kind == ACTION_RETRY)
            violation.stuck_poller = search->transitions.items[i].action.poller;
    }
    violation.property = search_judge_end(search, search->slots, true);
    if (violation.property != PROPERTY_COUNT)
        search_note_violation(search, &violation);
    return status;
}

/* The state on top of the path is done: close its component if it is the first of it. */
static enum status leave(struct tarjan *tarjan, struct error *error)
{
    struct visit done = tarjan->path[--tarjan->path_length];
    uint32_t state = done.state;
    tarjan->successors.count = done.first;
    bool root = tarjan->low[state] == tarjan->order[state];
    enum status status = STATUS_OK;
    if (root) {
        size_t start = tarjan->stack.count;
        bool leaves = false;
        uint32_t member = VISITED_NO_STATE;
        while (member != state) {
            member = tarjan->stack.items[--start];
            tarjan->on_stack[member] = false;
            leaves = leaves || tarjan->leaves[member];
        }
        if (!leaves)
            status = judge_component(tarjan, tarjan->stack.items + start,
                                     tarjan->stack.count - start, error);
        tarjan->stack.count = start;
    }
    if (tarjan->path_length > 0) {
        uint32_t parent = tarjan->path[tarjan->path_length - 1].state;
        if (root)
            tarjan->leaves[parent] = true; /* it leads out of its own component */
        else if (tarjan->low[state] < tarjan->low[parent])
            tarjan->low[parent] = tarjan->low[state];
    }
    return status;
}

static enum status visit_from(struct tarjan *tarjan, uint32_t start, struct error *error)
{
    enum status status = enter(tarjan, start, error);
    while (status == STATUS_OK && tarjan->path_length > 0) {
        struct visit *visit = &tarjan->path[tarjan->path_length - 1];
        if (visit->next == visit->last) {
            status = leave(tarjan, error);
            continue;
        }
        uint32_t successor = tarjan->successors.items[visit->next++];
        struct visited_state state = visited_set_state(tarjan->search->visited, successor);
        bool other_level = state.faults != tarjan->search->level || state.waiting;
        if (!other_level && tarjan->order[successor] == UNSEEN)
            status = enter(tarjan, successor, error);
        else if (other_level || !tarjan->on_stack[successor])
            tarjan->leaves[visit->state] = true;
        else if (tarjan->order[successor] < tarjan->low[visit->state])
            tarjan->low[visit->state] = tarjan->order[successor];
    }
    return status;
}

enum status search_judge_cycles(struct search *search, struct error *error)
{
    if (search->retried.count == 0)
        return STATUS_OK;
    struct tarjan tarjan;
    enum status status = tarjan_init(&tarjan, search, error);
    for (size_t i = 0; status == STATUS_OK && i < search->retried.count; i++) {
        if (tarjan.order[search->retried.items[i]] == UNSEEN)
            status = visit_from(&tarjan, search->retried.items[i], error);
    }
    tarjan_release(&tarjan);
    return status;
}
