#include "checker/replay.h"

#include <string.h>

enum { ACTOR_SIZE = 1024 };

struct replay {
    struct world *world;
    struct transition_list list;
    struct counterexample *counterexample;
    struct replay_outcome *outcome;
};

static bool is_internal(enum action_kind kind)
{
    return kind == ACTION_CALL || kind == ACTION_DRAW || kind == ACTION_CLOCK;
}

static bool matches(const struct world *world, const struct action *action,
                    const struct replay_step *step)
{
    char actor[ACTOR_SIZE];
    action_actor(world, action, actor, sizeof actor);
    return action->kind == step->kind && action->fault == step->fault &&
           action->count == step->count && action->place == step->place &&
           strcmp(actor, step->actor) == 0;
}

static const uint32_t *current(const struct replay *replay)
{
    return counterexample_state(replay->counterexample, replay->counterexample->length);
}

/* Index of the transition that is the recorded step; list.count if it is not enabled. */
static enum status find(struct replay *replay, const struct replay_step *step, size_t *index,
                        struct error *error)
{
    enum status status = world_expand(replay->world, current(replay), &replay->list, error);
    size_t i = 0;
    while (status == STATUS_OK && i < replay->list.count &&
           !matches(replay->world, &replay->list.items[i].action, step))
        i++;
    *index = i;
    return status;
}

static enum status take(struct replay *replay, size_t index, struct error *error)
{
    return counterexample_add(replay->counterexample, &replay->list.items[index].action,
                              replay->list.slots + index * replay->list.slot_count, error);
}

/* A fault-free internal step of the same actor; list.count if there is none. */
static size_t internal_step(const struct replay *replay, const struct replay_step *step)
{
    size_t i = 0;
    for (; i < replay->list.count; i++) {
        const struct transition *transition = &replay->list.items[i];
        char actor[ACTOR_SIZE];
        action_actor(replay->world, &transition->action, actor, sizeof actor);
        if (transition->cost == 0 && is_internal(transition->action.kind) &&
            strcmp(actor, step->actor) == 0)
            break;
    }
    return i;
}

/* Take one recorded step; *taken false: it cannot be. */
static enum status follow_step(struct replay *replay, const struct replay_step *step, bool *taken,
                               struct error *error)
{
    *taken = false;
    for (size_t extra = 0; extra <= HANDLER_INPUTS_MAX; extra++) {
        size_t index = 0;
        enum status status = find(replay, step, &index, error);
        if (status != STATUS_OK)
            return status;
        if (index < replay->list.count) {
            *taken = true;
            replay->outcome->added += extra;
            return take(replay, index, error);
        }
        if (is_internal(step->kind) && step->fault == FAULT_KIND_COUNT) {
            /* the function does not make this call any more */
            *taken = true;
            replay->outcome->skipped++;
            return STATUS_OK;
        }
        index = internal_step(replay, step);
        if (index == replay->list.count)
            return STATUS_OK;
        status = take(replay, index, error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status replay_follow(struct world *world, const struct replay_step *steps, size_t count,
                          struct counterexample *counterexample, struct replay_outcome *outcome,
                          struct error *error)
{
    struct replay replay = {.world = world, .counterexample = counterexample, .outcome = outcome};
    *outcome = (struct replay_outcome){0};
    transition_list_init(&replay.list, world);
    size_t size = world->layout.slot_count * sizeof(uint32_t);
    uint32_t *initial = memory_allocate(world->memory, size);
    enum status status = STATUS_OK;
    if (initial == NULL)
        status = error_set(error, STATUS_NO_MEMORY, "out of memory");
    if (status == STATUS_OK) {
        world_initial_state(world, initial);
        status = counterexample_begin(counterexample, initial, error);
    }
    memory_free(world->memory, initial, size);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        bool taken = false;
        status = follow_step(&replay, &steps[i], &taken, error);
        if (!taken)
            break;
        outcome->followed = i + 1;
    }
    transition_list_release(&replay.list);
    return status;
}
