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

/* Which transition leads from one state of the path to the next. */
static enum status find_action(struct search *search, const uint32_t *from, const uint32_t *to,
                               struct action *action, struct error *error)
{
    size_t size = search->result->slot_count * sizeof *from;
    enum status status = world_expand(search->world, from, &search->transitions, error);
    if (status != STATUS_OK)
        return status;
    const struct transition_list *list = &search->transitions;
    size_t best = list->count;
    for (size_t i = 0; i < list->count; i++) {
        if (memcmp(list->slots + i * list->slot_count, to, size) == 0 &&
            (best == list->count || list->items[i].cost < list->items[best].cost))
            best = i;
    }
    CHECK(best < list->count);
    *action = list->items[best].action;
    return STATUS_OK;
}

enum status search_trace_path(struct search *search, struct error *error)
{
    struct search_result *result = search->result;
    size_t length = 0;
    for (uint32_t state = result->violation.state;
         visited_set_state(search->visited, state).parent != VISITED_NO_STATE;
         state = visited_set_state(search->visited, state).parent)
        length++;
    enum status status = allocate_path(search, length, error);
    if (status != STATUS_OK)
        return status;
    uint32_t state = result->violation.state;
    for (size_t i = length + 1; i > 0; i--) {
        visited_set_get(search->visited, state, result->path_slots + (i - 1) * result->slot_count);
        state = visited_set_state(search->visited, state).parent;
    }
    for (size_t i = 0; status == STATUS_OK && i < length; i++) {
        const uint32_t *from = result->path_slots + i * result->slot_count;
        status =
            find_action(search, from, from + result->slot_count, &result->path_actions[i], error);
    }
    return status;
}
