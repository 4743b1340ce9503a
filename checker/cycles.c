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

/* One state on the depth-first path: its successors are the elements first .. last - 1 of
 * `successors`. */
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
    bool *leaves;      /* its component has a way out, found so far */
    bool *retries;     /* it has a fault-free retry */
    bool *other_level; /* it was settled at a level before this one */
    size_t state_count;
    uint32_t seen;
    struct state_list stack;
    struct state_list successors;
    struct visit *path;
    size_t path_length;
    size_t path_capacity;
    uint32_t *slots; /* of the state being entered or judged */
};

static enum status no_memory(struct error *error)
{
    return error_set(error, STATUS_NO_MEMORY, "out of memory while looking for cycles");
}

static enum status tarjan_init(struct tarjan *tarjan, struct search *search, struct error *error)
{
    size_t count = visited_set_numbers(search->visited);
    struct memory *memory = search->world->memory;
    *tarjan = (struct tarjan){.search = search, .memory = memory, .state_count = count};
    tarjan->order = memory_allocate_zeroed(memory, count, sizeof *tarjan->order);
    tarjan->low = memory_allocate_zeroed(memory, count, sizeof *tarjan->low);
    tarjan->on_stack = memory_allocate_zeroed(memory, count, sizeof *tarjan->on_stack);
    tarjan->leaves = memory_allocate_zeroed(memory, count, sizeof *tarjan->leaves);
    tarjan->retries = memory_allocate_zeroed(memory, count, sizeof *tarjan->retries);
    tarjan->other_level = memory_allocate_zeroed(memory, count, sizeof *tarjan->other_level);
    if (tarjan->order == NULL || tarjan->low == NULL || tarjan->on_stack == NULL ||
        tarjan->leaves == NULL || tarjan->retries == NULL || tarjan->other_level == NULL)
        return no_memory(error);
    for (size_t i = 0; i < search->retried.count; i++)
        tarjan->retries[search->retried.items[i]] = true;
    /* numbers are given in ascending order within a partition: what is below was there when the
     * level began; of that, only what waited for it belongs to it */
    for (size_t i = 0; i < VISITED_PARTITIONS; i++) {
        for (size_t k = 0; k < search->level_counts[i]; k++)
            tarjan->other_level[visited_set_number((uint32_t)i, (uint32_t)k)] = true;
    }
    for (size_t i = 0; i < search->waiting.count; i++)
        tarjan->other_level[search->waiting.items[i]] = false;
    tarjan->stack.width = search->retried.width;
    tarjan->successors.width = search->retried.width;
    tarjan->slots = memory_allocate_zeroed(memory, search->result->slot_count, sizeof(uint32_t));
    if (tarjan->slots == NULL)
        return no_memory(error);
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
    memory_free(memory, tarjan->other_level, tarjan->state_count * sizeof *tarjan->other_level);
    memory_free(memory, tarjan->slots, tarjan->search->result->slot_count * sizeof *tarjan->slots);
    memory_free(memory, tarjan->path, tarjan->path_capacity * sizeof *tarjan->path);
    state_list_release(memory, &tarjan->stack);
    state_list_release(memory, &tarjan->successors);
}

/* Copy the slots of a list's state to tarjan->slots. */
static void load(struct tarjan *tarjan, const struct state_list *list, size_t index)
{
    CHECK(tarjan->slots != NULL);
    memcpy(tarjan->slots, search_slots(tarjan->search, list, index),
           tarjan->search->result->slot_count * sizeof *tarjan->slots);
}

/* List the fault-free successors of `state`, in tarjan->slots. All have been visited. */
static enum status add_successors(struct tarjan *tarjan, uint32_t state, struct error *error)
{
    struct search *search = tarjan->search;
    if (search_cuts(search, tarjan->slots)) {
        tarjan->leaves[state] = true; /* it has not been followed */
        return STATUS_OK;
    }
    enum status status = world_expand(search->world, tarjan->slots, &search->transitions, error);
    for (size_t i = 0; status == STATUS_OK && i < search->transitions.count; i++) {
        uint32_t successor = 0;
        struct state_key key;
        const uint32_t *slots = search->transitions.slots + i * search->transitions.slot_count;
        if (search->transitions.items[i].cost > 0)
            continue;
        CHECK(search_key(search, slots, &key) &&
              visited_set_find(search->visited, key.key, key.hash, &successor) == VISITED_KNOWN);
        if (!state_list_add(tarjan->memory, &tarjan->successors, successor, slots))
            return no_memory(error);
    }
    return status;
}

/* Begin the state in tarjan->slots: number it and list its fault-free successors. */
static enum status enter(struct tarjan *tarjan, uint32_t state, struct error *error)
{
    void *path = tarjan->path;
    if (!memory_reserve(tarjan->memory, &path, &tarjan->path_capacity, tarjan->path_length + 1,
                        sizeof *tarjan->path))
        return no_memory(error);
    tarjan->path = path;
    tarjan->order[state] = ++tarjan->seen;
    tarjan->low[state] = tarjan->seen;
    tarjan->on_stack[state] = true;
    if (!state_list_add(tarjan->memory, &tarjan->stack, state, tarjan->slots))
        return no_memory(error);
    size_t first = tarjan->successors.count;
    enum status status = add_successors(tarjan, state, error);
    tarjan->path[tarjan->path_length++] = (struct visit){
        .state = state, .first = first, .next = first, .last = tarjan->successors.count};
    return status;
}

/* The retry within a component (the elements of the stack from `first` on) that comes first, as
 * its place on the stack; SIZE_MAX if it is no cycle. */
static size_t first_retry(const struct tarjan *tarjan, size_t first, uint32_t *depth)
{
    size_t best = SIZE_MAX;
    for (size_t i = first; i < tarjan->stack.count; i++) {
        uint32_t member = tarjan->stack.items[i];
        if (!tarjan->retries[member])
            continue;
        uint32_t member_depth = search_depth_of(tarjan->search, member);
        if (best == SIZE_MAX || member_depth < *depth ||
            (member_depth == *depth && member < tarjan->stack.items[best])) {
            best = i;
            *depth = member_depth;
        }
    }
    return best;
}

/* The component is what lies on the stack from `first` on. */
static enum status judge_component(struct tarjan *tarjan, size_t first, struct error *error)
{
    struct search *search = tarjan->search;
    uint32_t depth = 0;
    size_t retry = first_retry(tarjan, first, &depth);
    if (retry == SIZE_MAX)
        return STATUS_OK; /* a state without fault-free transitions: judged when it was expanded */
    search->result->ends++;
    for (size_t i = first; search->options->on_end != NULL && i < tarjan->stack.count; i++)
        search->options->on_end(search->options->context, search_slots(search, &tarjan->stack, i),
                                search->level, true);
    load(tarjan, &tarjan->stack, retry);
    struct search_violation violation = {.state = tarjan->stack.items[retry],
                                         .stuck = true,
                                         .faults = search->level,
                                         .depth = depth};
    enum status status = world_expand(search->world, tarjan->slots, &search->transitions, error);
    for (size_t i = 0; status == STATUS_OK && i < search->transitions.count; i++) {
        if (search->transitions.items[i].action.kind == ACTION_RETRY)
            violation.stuck_poller = search->transitions.items[i].action.poller;
    }
    violation.property = search_judge_end(search, tarjan->slots, true);
    if (violation.property != PROPERTY_COUNT)
        search_note_violation(search, &violation, tarjan->slots);
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
            status = judge_component(tarjan, start, error);
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

static enum status visit_from(struct tarjan *tarjan, size_t start, struct error *error)
{
    load(tarjan, &tarjan->search->retried, start);
    enum status status = enter(tarjan, tarjan->search->retried.items[start], error);
    while (status == STATUS_OK && tarjan->path_length > 0) {
        struct visit *visit = &tarjan->path[tarjan->path_length - 1];
        if (visit->next == visit->last) {
            status = leave(tarjan, error);
            continue;
        }
        size_t next = visit->next++;
        uint32_t successor = tarjan->successors.items[next];
        bool other_level = tarjan->other_level[successor] ||
                           visited_set_state(tarjan->search->visited, successor).waiting;
        if (!other_level && tarjan->order[successor] == UNSEEN) {
            load(tarjan, &tarjan->successors, next);
            status = enter(tarjan, successor, error);
        } else if (other_level || !tarjan->on_stack[successor]) {
            tarjan->leaves[visit->state] = true;
        } else if (tarjan->order[successor] < tarjan->low[visit->state]) {
            tarjan->low[visit->state] = tarjan->order[successor];
        }
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
            status = visit_from(&tarjan, i, error);
    }
    tarjan_release(&tarjan);
    return status;
}
