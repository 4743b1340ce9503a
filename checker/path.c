/* The path to a violation, from the visited set's parent links. */
#include "checker/search.h"

#include <string.h>

static enum status allocate_path(struct search *search, size_t length, struct error *error)
{
    struct search_result *result = search->result;
    size_t states = (length + 1) * result->slot_count;
    result->path_slots = memory_allocate_zeroed(result->memory, states, sizeof *result->path_slots);
    result->path_actions =
        memory_allocate_zeroed(result->memory, length + 1, sizeof *result->path_actions);
    result->path_length = length;
    if (result->path_slots == NULL || result->path_actions == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory for the counterexample");
    return STATUS_OK;
}

/* Take the transition that leads from one state of the path to the state `number`, and note both
 * the action and the state. */
static enum status take_step(struct search *search, size_t step, uint32_t number,
                             struct error *error)
{
    struct search_result *result = search->result;
    const uint32_t *from = result->path_slots + step * result->slot_count;
    enum status status = world_expand(search->world, from, &search->transitions, error);
    if (status != STATUS_OK)
        return status;
    const struct transition_list *list = &search->transitions;
    uint64_t wanted = visited_set_key(search->visited, number);
    size_t best = list->count;
    for (size_t i = 0; i < list->count; i++) {
        struct state_key key;
        if (search_key(search, list->slots + i * list->slot_count, &key) && key.key == wanted &&
            (best == list->count || list->items[i].cost < list->items[best].cost))
            best = i;
    }
    /* what the search remembered is not what happens: see model/expansion_memo.h */
    CHECK(best < list->count);
    result->path_actions[step] = list->items[best].action;
    memcpy(result->path_slots + (step + 1) * result->slot_count,
           list->slots + best * list->slot_count, result->slot_count * sizeof *from);
    return STATUS_OK;
}

/* The states of the path by their numbers, into `numbers` of length + 1. */
static void collect_numbers(const struct search *search, size_t length, uint32_t *numbers)
{
    uint32_t state = search->result->violation.state;
    for (size_t i = length + 1; i > 0; i--) {
        numbers[i - 1] = state;
        state = visited_set_state(search->visited, state).parent;
    }
}

enum status search_trace_path(struct search *search, struct error *error)
{
    struct search_result *result = search->result;
    size_t length = search_depth_of(search, result->violation.state);
    enum status status = allocate_path(search, length, error);
    if (status != STATUS_OK)
        return status;
    uint32_t *numbers = memory_allocate_zeroed(search->memory, length + 1, sizeof *numbers);
    if (numbers == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory for the counterexample");
    collect_numbers(search, length, numbers);
    if (search->options->initial != NULL)
        memcpy(result->path_slots, search->options->initial,
               result->slot_count * sizeof *result->path_slots);
    else
        world_initial_state(search->world, result->path_slots);
    for (size_t i = 0; status == STATUS_OK && i < length; i++)
        status = take_step(search, i, numbers[i + 1], error);
    memory_free(search->memory, numbers, (length + 1) * sizeof *numbers);
    return status;
}
