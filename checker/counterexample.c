#include "checker/counterexample.h"

#include <string.h>

void counterexample_init(struct counterexample *counterexample, const struct world *world)
{
    *counterexample =
        (struct counterexample){.memory = world->memory, .slot_count = world->layout.slot_count};
}

void counterexample_release(struct counterexample *counterexample)
{
    struct memory *memory = counterexample->memory;
    memory_free(memory, counterexample->slots,
                counterexample->slot_capacity * sizeof *counterexample->slots);
    memory_free(memory, counterexample->actions,
                counterexample->capacity * sizeof *counterexample->actions);
    counterexample->slots = NULL;
    counterexample->actions = NULL;
    counterexample->length = 0;
    counterexample->capacity = 0;
    counterexample->slot_capacity = 0;
}

static enum status put_state(struct counterexample *counterexample, size_t index,
                             const uint32_t *slots, struct error *error)
{
    size_t width = counterexample->slot_count;
    void *states = counterexample->slots;
    if (!memory_reserve(counterexample->memory, &states, &counterexample->slot_capacity,
                        (index + 1) * width, sizeof *counterexample->slots))
        return error_set(error, STATUS_NO_MEMORY, "out of memory for the counterexample");
    counterexample->slots = states;
    memcpy(counterexample->slots + index * width, slots, width * sizeof *slots);
    return STATUS_OK;
}

enum status counterexample_begin(struct counterexample *counterexample, const uint32_t *slots,
                                 struct error *error)
{
    counterexample->length = 0;
    return put_state(counterexample, 0, slots, error);
}

enum status counterexample_add(struct counterexample *counterexample, const struct action *action,
                               const uint32_t *slots, struct error *error)
{
    void *actions = counterexample->actions;
    if (!memory_reserve(counterexample->memory, &actions, &counterexample->capacity,
                        counterexample->length + 1, sizeof *counterexample->actions))
        return error_set(error, STATUS_NO_MEMORY, "out of memory for the counterexample");
    counterexample->actions = actions;
    enum status status = put_state(counterexample, counterexample->length + 1, slots, error);
    if (status != STATUS_OK)
        return status;
    counterexample->actions[counterexample->length++] = *action;
    return STATUS_OK;
}

const uint32_t *counterexample_state(const struct counterexample *counterexample, size_t index)
{
    CHECK(index <= counterexample->length);
    return counterexample->slots + index * counterexample->slot_count;
}

/* Following one merged action: how many draws it has gone through. */
struct follower {
    const struct action *merged;
    uint32_t draws;
};

/* The single step with which a merged action begins. */
static bool begins(struct follower *follower, const struct action *single)
{
    const struct action *merged = follower->merged;
    if (single->kind != merged->kind || single->poller != merged->poller ||
        single->count != merged->count || single->place != merged->place)
        return false;
    /* a lowest draw on the way is a step of its own */
    if (single->kind != ACTION_DRAW)
        return single->fault ==
               (merged->fault == FAULT_RANDOM_FAILURE ? FAULT_KIND_COUNT : merged->fault);
    return (merged->low_draw == 1) == (single->low_draw == 1);
}

/* A single step that goes on with it: the same invocation's next call, clock or draw. */
static bool goes_on(const struct follower *follower, const struct action *single)
{
    if (single->poller != follower->merged->poller)
        return false;
    if (single->kind == ACTION_DRAW)
        return (follower->draws + 1 == follower->merged->low_draw) == (single->low_draw == 1);
    return single->fault == FAULT_KIND_COUNT &&
           (single->kind == ACTION_CALL || single->kind == ACTION_CLOCK);
}

/* The state that a merged action leads to from `state`; its data that the search dropped is kept.
 */
static enum status merged_target(struct world *world, const uint32_t *state, bool merged,
                                 const struct action *action, struct transition_list *list,
                                 uint32_t *target, struct error *error)
{
    world->merge_local_steps = merged;
    enum status status = world_expand(world, state, list, error);
    world->merge_local_steps = false;
    if (status != STATUS_OK)
        return status;
    size_t i = 0;
    while (i < list->count && !action_equal(&list->items[i].action, action))
        i++;
    CHECK(i < list->count);
    memcpy(target, list->slots + i * list->slot_count, list->slot_count * sizeof *target);
    return STATUS_OK;
}

static enum status follow_action(struct counterexample *counterexample, struct world *world,
                                 struct transition_list *list, const struct action *merged,
                                 const uint32_t *target, struct error *error)
{
    struct follower follower = {.merged = merged};
    CHECK(target != NULL);
    size_t size = counterexample->slot_count * sizeof(uint32_t);
    for (size_t steps = 0; steps <= HANDLER_INPUTS_MAX; steps++) {
        const uint32_t *state = counterexample_state(counterexample, counterexample->length);
        if (steps > 0 && memcmp(state, target, size) == 0)
            return STATUS_OK;
        enum status status = world_expand(world, state, list, error);
        if (status != STATUS_OK)
            return status;
        size_t i = 0;
        while (i < list->count && !(steps == 0 ? begins(&follower, &list->items[i].action)
                                               : goes_on(&follower, &list->items[i].action)))
            i++;
        CHECK(i < list->count);
        if (list->items[i].action.kind == ACTION_DRAW)
            follower.draws++;
        status = counterexample_add(counterexample, &list->items[i].action,
                                    list->slots + i * list->slot_count, error);
        if (status != STATUS_OK)
            return status;
    }
    BUG("a merged action has no single steps");
}

enum status counterexample_from_path(struct counterexample *counterexample, struct world *world,
                                     const struct search_result *result, bool merged,
                                     struct error *error)
{
    struct transition_list list;
    transition_list_init(&list, world);
    size_t size = counterexample->slot_count * sizeof(uint32_t);
    uint32_t *target = memory_allocate(world->memory, size);
    enum status status =
        target == NULL ? error_set(error, STATUS_NO_MEMORY, "out of memory") : STATUS_OK;
    if (status == STATUS_OK)
        status = counterexample_begin(counterexample, result->path_slots, error);
    for (size_t i = 0; status == STATUS_OK && i < result->path_length; i++) {
        const struct action *action = &result->path_actions[i];
        const uint32_t *state = counterexample_state(counterexample, counterexample->length);
        status = merged_target(world, state, merged, action, &list, target, error);
        if (status == STATUS_OK)
            status = follow_action(counterexample, world, &list, action, target, error);
    }
    memory_free(world->memory, target, size);
    transition_list_release(&list);
    return status;
}

void counterexample_archive(struct counterexample *counterexample, struct archive *archive)
{
    void *slots = counterexample->slots;
    void *actions = counterexample->actions;
    size_t count = (counterexample->length + 1) * counterexample->slot_count;
    archive_array(archive, counterexample->memory, &actions, &counterexample->length,
                  &counterexample->capacity, sizeof *counterexample->actions);
    counterexample->actions = actions;
    archive_array(archive, counterexample->memory, &slots, &count, &counterexample->slot_capacity,
                  sizeof *counterexample->slots);
    counterexample->slots = slots;
    if (archive_reads(archive) &&
        count != (counterexample->length + 1) * counterexample->slot_count)
        archive_reject(archive, "holds a counterexample of another pipeline");
}
