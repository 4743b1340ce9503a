#include "checker/explorer.h"

#include "checker/search.h"

#include <string.h>

/* After so many double counts that came right at the end, the shortcut is given up. */
enum { CUT_ATTEMPTS_MAX = 64, CUT_WALK_MAX = 10000 };

static const char *const stop_texts[] = {
#define SEARCH_STOP_TEXT(stop, text) [stop] = (text),
    SEARCH_STOPS(SEARCH_STOP_TEXT)
#undef SEARCH_STOP_TEXT
};

const char *search_stop_text(enum search_stop stop) { return stop_texts[stop]; }

enum status state_list_add(struct memory *memory, struct state_list *list, uint32_t state,
                           struct error *error)
{
    void *items = list->items;
    if (!memory_reserve(memory, &items, &list->capacity, list->count + 1, sizeof *list->items))
        return error_set(error, STATUS_NO_MEMORY, "out of memory for the frontier");
    list->items = items;
    list->items[list->count++] = state;
    return STATUS_OK;
}

void state_list_release(struct memory *memory, struct state_list *list)
{
    memory_free(memory, list->items, list->capacity * sizeof *list->items);
    *list = (struct state_list){0};
}

void search_note_violation(struct search *search, const struct search_violation *violation)
{
    struct search_violation *known = &search->result->violation;
    if (violation->faults > search->options->known_faults ||
        (violation->faults == search->options->known_faults &&
         violation->depth >= search->options->known_depth))
        return;
    if (known->found && (known->faults < violation->faults ||
                         (known->faults == violation->faults && known->depth <= violation->depth)))
        return;
    *known = *violation;
    known->found = true;
}

enum property search_judge_end(struct search *search, const uint32_t *state, bool stuck)
{
    const bool *asked = search->world->scenario->properties;
    struct outcome outcome = world_outcome(search->world, state);
    if (stuck && asked[PROPERTY_NO_STUCK_SHARD])
        return PROPERTY_NO_STUCK_SHARD;
    if (!outcome.right && asked[PROPERTY_EXACTLY_ONCE])
        return PROPERTY_EXACTLY_ONCE;
    if (outcome.twice && asked[PROPERTY_NEVER_TWICE])
        return PROPERTY_NEVER_TWICE;
    if (outcome.lost && asked[PROPERTY_NOTHING_LOST])
        return PROPERTY_NOTHING_LOST;
    return PROPERTY_COUNT;
}

/* Follow the first fault-free transition from a state until there is none. True if the end is
 * wrong. */
static enum status walk_to_end(struct search *search, const uint32_t *state, bool *wrong,
                               struct error *error)
{
    struct world *world = search->world;
    size_t size = world->layout.slot_count * sizeof(uint32_t);
    uint32_t *slots = memory_allocate(world->memory, size);
    if (slots == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    memcpy(slots, state, size);
    struct transition_list list;
    transition_list_init(&list, world);
    enum status status = STATUS_OK;
    *wrong = false;
    for (size_t steps = 0; status == STATUS_OK && steps < CUT_WALK_MAX; steps++) {
        status = world_expand(world, slots, &list, error);
        size_t free_of_faults = 0;
        while (free_of_faults < list.count && list.items[free_of_faults].cost > 0)
            free_of_faults++;
        if (status != STATUS_OK)
            break;
        if (free_of_faults == list.count) {
            *wrong = search_judge_end(search, slots, false) != PROPERTY_COUNT;
            break;
        }
        memcpy(slots, list.slots + free_of_faults * list.slot_count, size);
    }
    memory_free(world->memory, slots, size);
    transition_list_release(&list);
    return status;
}

/* Properties of states that are no ends. */
static enum status judge_visited(struct search *search, uint32_t state, struct error *error)
{
    const bool *asked = search->world->scenario->properties;
    struct outcome outcome = world_outcome(search->world, search->slots);
    struct search_violation violation = {.state = state,
                                         .faults = search->level,
                                         .depth = search->depth,
                                         .property = PROPERTY_LEVELS_AGREE};
    if (!outcome.levels_agree && asked[PROPERTY_LEVELS_AGREE])
        search_note_violation(search, &violation);
    bool asks_twice = asked[PROPERTY_NEVER_TWICE] || asked[PROPERTY_EXACTLY_ONCE];
    if (!outcome.twice || !asks_twice || search->cut_attempts >= CUT_ATTEMPTS_MAX)
        return STATUS_OK;
    bool wrong = false;
    enum status status = walk_to_end(search, search->slots, &wrong, error);
    if (status != STATUS_OK)
        return status;
    search->cut_attempts++;
    violation.cut = true;
    violation.property =
        asked[PROPERTY_EXACTLY_ONCE] ? PROPERTY_EXACTLY_ONCE : PROPERTY_NEVER_TWICE;
    if (wrong)
        search_note_violation(search, &violation);
    return STATUS_OK;
}

static enum status visited_full(const struct search *search, struct error *error)
{
    if (visited_set_count(search->visited) >= VISITED_STATES_MAX)
        return error_set(error, STATUS_LIMIT, "more than %u states", (unsigned)VISITED_STATES_MAX);
    return error_set(error, STATUS_NO_MEMORY, "out of memory for the visited set");
}

/* A state reached without a fault: visited now, even if it was waiting for the next level. */
static enum status reach_free(struct search *search, uint32_t parent, const uint32_t *slots,
                              struct error *error)
{
    uint32_t index = 0;
    enum visited_result result = visited_set_insert(search->visited, slots, &index);
    if (result == VISITED_FULL)
        return visited_full(search, error);
    if (result == VISITED_KNOWN && !visited_set_state(search->visited, index).waiting)
        return STATUS_OK;
    struct visited_state state = {
        .parent = parent, .depth = search->depth + 1, .faults = search->level};
    visited_set_update(search->visited, index, &state);
    return state_list_add(search->world->memory, &search->next, index, error);
}

/* A state reached by a fault waits for the next level, unless something reaches it before. */
static enum status reach_by_fault(struct search *search, uint32_t parent, const uint32_t *slots,
                                  struct error *error)
{
    uint32_t index = 0;
    if (search->level >= search->options->fault_limit || search->level == VISITED_FAULTS_MAX) {
        if (visited_set_find(search->visited, slots, &index) == VISITED_NEW)
            search->limit_left_states = true;
        return STATUS_OK;
    }
    enum visited_result result = visited_set_insert(search->visited, slots, &index);
    if (result == VISITED_FULL)
        return visited_full(search, error);
    if (result == VISITED_KNOWN)
        return STATUS_OK;
    struct visited_state state = {
        .parent = parent, .depth = search->depth + 1, .faults = search->level + 1, .waiting = true};
    visited_set_update(search->visited, index, &state);
    return state_list_add(search->world->memory, &search->delayed, index, error);
}

static enum status note_retry(struct search *search, uint32_t index,
                              const struct transition *transition, struct error *error)
{
    if (transition->action.kind != ACTION_RETRY)
        return STATUS_OK;
    const struct poller_layout *poller = &search->world->layout.pollers[transition->action.poller];
    /* a failure that a draw caused is no part of a fault-free cycle */
    if (search->slots[poller->node_slot] == HANDLER_NODE_FAILED_BY_DRAW)
        return STATUS_OK;
    return state_list_add(search->world->memory, &search->retried, index, error);
}

static enum status expand_state(struct search *search, uint32_t index, struct error *error)
{
    visited_set_get(search->visited, index, search->slots);
    enum status status = judge_visited(search, index, error);
    if (status == STATUS_OK)
        status = world_expand(search->world, search->slots, &search->transitions, error);
    if (status != STATUS_OK)
        return status;
    bool is_end = true;
    search->result->transitions += search->transitions.count;
    for (size_t i = 0; i < search->transitions.count && status == STATUS_OK; i++) {
        const struct transition *transition = &search->transitions.items[i];
        const uint32_t *slots = search->transitions.slots + i * search->transitions.slot_count;
        if (transition->cost > 0) {
            status = reach_by_fault(search, index, slots, error);
            continue;
        }
        is_end = false;
        status = reach_free(search, index, slots, error);
        if (status == STATUS_OK)
            status = note_retry(search, index, transition, error);
    }
    if (status != STATUS_OK || !is_end)
        return status;
    search->result->ends++;
    if (search->options->on_end != NULL)
        search->options->on_end(search->options->context, search->slots, search->level, false);
    struct search_violation violation = {
        .state = index, .faults = search->level, .depth = search->depth};
    violation.property = search_judge_end(search, search->slots, false);
    if (violation.property != PROPERTY_COUNT)
        search_note_violation(search, &violation);
    return STATUS_OK;
}

/* Merge in the states that reached this level by a fault and have the depth now explored. */
static enum status take_waiting(struct search *search, struct error *error)
{
    while (search->waiting_position < search->waiting.count) {
        uint32_t index = search->waiting.items[search->waiting_position];
        struct visited_state state = visited_set_state(search->visited, index);
        if (state.waiting) {
            if (state.depth > search->depth)
                break;
            state.waiting = false;
            visited_set_update(search->visited, index, &state);
            enum status status =
                state_list_add(search->world->memory, &search->frontier, index, error);
            if (status != STATUS_OK)
                return status;
        }
        search->waiting_position++;
    }
    return STATUS_OK;
}

/* SEARCH_COMPLETE: go on. */
static enum search_stop should_stop(struct search *search)
{
    struct search_progress progress = {.states = visited_set_count(search->visited),
                                       .transitions = search->result->transitions,
                                       .frontier = search->frontier.count,
                                       .depth = search->depth,
                                       .faults = search->level};
    if (progress.states > search->options->states_max)
        return SEARCH_STATE_LIMIT;
    if (search->options->poll == NULL)
        return SEARCH_COMPLETE;
    return search->options->poll(search->options->context, &progress);
}

/* A violation found can be believed to be the first once no cycle can come before it. */
static bool violation_is_first(const struct search *search)
{
    return search->result->violation.found && search->retried.count == 0 && !search->options->go_on;
}

static bool outbid(const struct search *search)
{
    const struct search_options *options = search->options;
    return search->level > options->known_faults ||
           (search->level == options->known_faults && search->depth >= options->known_depth &&
            search->retried.count == 0);
}

/* All states of one level of faults, depth by depth. */
static enum status explore_level(struct search *search, struct error *error)
{
    for (;;) {
        enum status status = take_waiting(search, error);
        if (status != STATUS_OK)
            return status;
        if (search->frontier.count == 0) {
            if (search->waiting_position >= search->waiting.count)
                return STATUS_OK;
            search->depth++;
            continue;
        }
        if (outbid(search)) {
            search->result->stop = SEARCH_OUTBID;
            return STATUS_OK;
        }
        for (size_t i = 0; i < search->frontier.count; i++) {
            status = expand_state(search, search->frontier.items[i], error);
            if (status != STATUS_OK || world_take_facts_changed(search->world)) {
                search->world->facts_changed = status == STATUS_OK;
                return status;
            }
            search->result->stop = should_stop(search);
            if (search->result->stop != SEARCH_COMPLETE)
                return STATUS_OK;
        }
        if (search->depth > search->result->depth)
            search->result->depth = search->depth;
        if (violation_is_first(search))
            return STATUS_OK;
        struct state_list done = search->frontier;
        search->frontier = search->next;
        search->next = done;
        search->next.count = 0;
        search->depth++;
    }
}

static enum status begin(struct search *search, struct error *error)
{
    struct world *world = search->world;
    struct memory *memory = world->memory;
    visited_set_destroy(search->visited);
    search->visited = visited_set_create(memory, world->layout.slot_count);
    if (search->visited == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory for the visited set");
    search->frontier.count = 0;
    search->next.count = 0;
    search->waiting.count = 0;
    search->delayed.count = 0;
    search->retried.count = 0;
    search->waiting_position = 0;
    search->level = 0;
    search->depth = 0;
    search->limit_left_states = false;
    search->cut_attempts = 0;
    *search->result = (struct search_result){
        .memory = memory, .levels = UINT32_MAX, .slot_count = world->layout.slot_count};
    if (search->options->initial != NULL)
        memcpy(search->slots, search->options->initial,
               world->layout.slot_count * sizeof *search->slots);
    else
        world_initial_state(world, search->slots);
    uint32_t index = 0;
    if (visited_set_insert(search->visited, search->slots, &index) == VISITED_FULL)
        return visited_full(search, error);
    struct visited_state state = {.parent = VISITED_NO_STATE};
    visited_set_update(search->visited, index, &state);
    return state_list_add(memory, &search->frontier, index, error);
}

/* Level after level until one adds no state, a violation is found or a limit is reached. */
static enum status explore_levels(struct search *search, struct error *error)
{
    struct search_result *result = search->result;
    for (;;) {
        enum status status = explore_level(search, error);
        if (status != STATUS_OK || search->world->facts_changed ||
            result->stop != SEARCH_COMPLETE || violation_is_first(search))
            return status;
        status = search_judge_cycles(search, error);
        if (status != STATUS_OK || (result->violation.found && !search->options->go_on))
            return status;
        result->levels = search->level;
        if (search->delayed.count == 0) {
            result->saturated = !search->limit_left_states;
            result->stop = result->saturated ? SEARCH_COMPLETE : SEARCH_FAULT_LIMIT;
            return STATUS_OK;
        }
        struct state_list done = search->waiting;
        search->waiting = search->delayed;
        search->delayed = done;
        search->delayed.count = 0;
        search->waiting_position = 0;
        search->retried.count = 0;
        search->frontier.count = 0;
        search->next.count = 0;
        search->level++;
        search->depth = 0;
    }
}

static void release(struct search *search)
{
    struct memory *memory = search->world->memory;
    visited_set_destroy(search->visited);
    transition_list_release(&search->transitions);
    memory_free(memory, search->slots, search->world->layout.slot_count * sizeof *search->slots);
    state_list_release(memory, &search->frontier);
    state_list_release(memory, &search->next);
    state_list_release(memory, &search->waiting);
    state_list_release(memory, &search->delayed);
    state_list_release(memory, &search->retried);
}

enum status explore(struct world *world, const struct search_options *options,
                    struct search_result *result, struct error *error)
{
    struct search search = {.world = world, .options = options, .result = result};
    *result = (struct search_result){.memory = world->memory};
    search.slots =
        memory_allocate_zeroed(world->memory, world->layout.slot_count, sizeof *search.slots);
    if (search.slots == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    transition_list_init(&search.transitions, world);
    enum status status;
    do {
        world->facts_changed = false;
        status = begin(&search, error);
        if (status == STATUS_OK)
            status = explore_levels(&search, error);
    } while (status == STATUS_OK && world->facts_changed && options->initial == NULL);
    if (status == STATUS_OK && world->facts_changed) {
        result->stop = SEARCH_VOID;
        result->violation.found = false;
    }
    world->facts_changed = false;
    if (status == STATUS_NO_MEMORY && search.visited != NULL) {
        result->stop = SEARCH_MEMORY_LIMIT;
        status = STATUS_OK;
    }
    if (search.visited != NULL) {
        result->states = visited_set_count(search.visited);
        result->bytes = visited_set_bytes(search.visited);
    }
    if (status == STATUS_OK && result->violation.found)
        status = search_trace_path(&search, error);
    release(&search);
    return status;
}

void search_result_release(struct search_result *result)
{
    size_t states = (result->path_length + 1) * result->slot_count;
    memory_free(result->memory, result->path_slots, states * sizeof *result->path_slots);
    memory_free(result->memory, result->path_actions,
                (result->path_length + 1) * sizeof *result->path_actions);
    result->path_slots = NULL;
    result->path_actions = NULL;
}
