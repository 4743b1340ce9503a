#include "checker/shrink_play.h"

#include "model/property.h"

#include <string.h>

void action_list_release(struct action_list *list, struct memory *memory)
{
    memory_free(memory, list->items, list->capacity * sizeof *list->items);
    *list = (struct action_list){0};
}

bool action_list_add(struct action_list *list, struct memory *memory,
                     const struct played_action *action)
{
    void *items = list->items;
    if (!memory_reserve(memory, &items, &list->capacity, list->count + 1, sizeof *list->items))
        return false;
    list->items = items;
    list->items[list->count++] = *action;
    return true;
}

static enum status no_memory(struct error *error)
{
    return error_set(error, STATUS_NO_MEMORY, "out of memory while shrinking a counterexample");
}

static void drop_world(struct shrink_stage *stage)
{
    if (stage->world == NULL)
        return;
    memory_free(stage->run->memory, stage->slots,
                stage->world->layout.slot_count * sizeof *stage->slots);
    steps_release(&stage->steps);
    expansion_memo_destroy(stage->memo);
    world_destroy(stage->world);
    stage->slots = NULL;
    stage->memo = NULL;
    stage->world = NULL;
}

void shrink_stage_release(struct shrink_stage *stage) { drop_world(stage); }

enum status shrink_stage_set(struct shrink_stage *stage, struct error *error)
{
    struct run *run = stage->run;
    const struct world_reductions reductions = {.merge_local_steps = run->merge_local_steps};
    drop_world(stage);
    enum status status = verify_create_reduced_world(run, stage->valuation, &reductions,
                                                     &stage->workload, &stage->world, error);
    if (status != STATUS_OK)
        return status;
    world_adopt_facts(stage->world, stage->facts);
    (void)world_take_facts_changed(stage->world);
    steps_init(&stage->steps, run->memory);
    stage->memo = expansion_memo_create(stage->world);
    stage->slots =
        memory_allocate_zeroed(run->memory, stage->world->layout.slot_count, sizeof *stage->slots);
    return stage->memo == NULL || stage->slots == NULL ? no_memory(error) : STATUS_OK;
}

/* One candidate being replayed. */
struct player {
    struct shrink_stage *stage;
    const struct search_violation *wanted;
    struct played *played;
    size_t followed; /* actions taken up to the last of the candidate's */
    bool taught;     /* something was learnt that voids the states */
    bool over;
};

static enum status look(struct player *player, struct error *error)
{
    struct shrink_stage *stage = player->stage;
    enum status status = steps_learn(&stage->steps, stage->memo, stage->slots, error);
    if (status == STATUS_OK && world_take_facts_changed(stage->world)) {
        *stage->facts = stage->world->facts;
        player->taught = true;
    }
    return status;
}

/* Note what is wrong in a state that need be no end. */
static void judge_state(struct player *player)
{
    struct shrink_stage *stage = player->stage;
    struct played *played = player->played;
    struct outcome outcome = world_outcome(stage->world, stage->slots);
    if (outcome.twice && played->twice == SIZE_MAX)
        played->twice = played->actions.count;
    if (player->wanted->property != PROPERTY_LEVELS_AGREE || outcome.levels_agree)
        return;
    played->violated = true;
    played->violation.property = PROPERTY_LEVELS_AGREE;
    player->over = true;
}

static enum status take(struct player *player, uint32_t transition, bool followed,
                        struct error *error)
{
    struct shrink_stage *stage = player->stage;
    const struct remembered_transition *taken = expansion_memo_transition(stage->memo, transition);
    const struct played_action action = {
        .action = taken->action, .cost = taken->cost, .followed = followed};
    struct action_list *actions = &player->played->actions;
    if (!action_list_add(actions, stage->run->memory, &action))
        return no_memory(error);
    steps_take(stage->memo, transition, stage->slots);
    if (followed)
        player->followed = actions->count;
    judge_state(player);
    player->over = player->over || actions->count == SHRINK_ACTIONS_MAX;
    return STATUS_OK;
}

/* The transition that is the action, or a poll of fewer records where it is one; false: there is
 * none. */
static bool find_action(const struct shrink_stage *stage, const struct action *action,
                        uint32_t *transition)
{
    const struct enabled *enabled = &stage->steps.enabled;
    uint32_t smaller = 0;
    for (size_t i = 0; i < enabled->free_count + enabled->fault_count; i++) {
        uint32_t number =
            i < enabled->free_count ? enabled->free[i] : enabled->faults[i - enabled->free_count];
        const struct action *other = &expansion_memo_transition(stage->memo, number)->action;
        *transition = number;
        if (action_equal(other, action))
            return true;
        if (action->kind != ACTION_POLL || other->kind != ACTION_POLL ||
            other->poller != action->poller || other->fault != action->fault ||
            other->count > action->count)
            continue;
        if (smaller == 0 ||
            expansion_memo_transition(stage->memo, smaller - 1)->action.count < other->count)
            smaller = number + 1;
    }
    *transition = smaller - 1;
    return smaller > 0;
}

/* What is done next of what is left undone: the first transition that moves on, and of an actor's
 * polls the largest. False: none moves on. */
static bool find_next(const struct shrink_stage *stage, uint32_t *transition)
{
    const struct enabled *enabled = &stage->steps.enabled;
    const struct remembered_transition *best = NULL;
    for (size_t i = 0; i < enabled->free_count; i++) {
        const struct remembered_transition *other =
            expansion_memo_transition(stage->memo, enabled->free[i]);
        if (!other->moves_on)
            continue;
        if (best != NULL &&
            (best->action.kind != ACTION_POLL || other->action.kind != ACTION_POLL ||
             other->action.poller != best->action.poller ||
             other->action.count <= best->action.count))
            continue;
        best = other;
        *transition = enabled->free[i];
    }
    return best != NULL;
}

/* Only retries are left, or nothing: an end, unless the cycle can be left. */
static enum status end(struct player *player, struct error *error)
{
    struct shrink_stage *stage = player->stage;
    struct search_violation *violation = &player->played->violation;
    bool stuck = false;
    if (stage->steps.retries) {
        enum status status = steps_on_cycle(&stage->steps, stage->memo, stage->world, stage->slots,
                                            &stuck, &violation->stuck_poller, error);
        if (status != STATUS_OK)
            return status;
        if (!stuck)
            return take(player, stage->steps.enabled.free[0], false, error);
    }
    struct outcome outcome = world_outcome(stage->world, stage->slots);
    violation->property = outcome_violated(&outcome, stage->world->scenario->properties, stuck);
    violation->stuck = stuck;
    player->played->violated =
        violation->property == player->wanted->property && stuck == player->wanted->stuck;
    player->over = true;
    return STATUS_OK;
}

static enum status complete(struct player *player, struct error *error)
{
    enum status status = STATUS_OK;
    while (status == STATUS_OK && !player->over && !player->taught) {
        uint32_t transition = 0;
        status = look(player, error);
        if (status != STATUS_OK || player->taught)
            break;
        if (find_next(player->stage, &transition))
            status = take(player, transition, false, error);
        else
            status = end(player, error);
    }
    return status;
}

/* A message counted twice stays so: what follows without the candidate's help, and without faults,
 * need not be shown. */
static void cut(struct player *player)
{
    struct played *played = player->played;
    struct search_violation *violation = &played->violation;
    bool by_sums =
        violation->property == PROPERTY_EXACTLY_ONCE || violation->property == PROPERTY_NEVER_TWICE;
    if (by_sums && !violation->stuck && played->twice != SIZE_MAX &&
        played->twice >= player->followed && played->twice < played->actions.count) {
        violation->cut = true;
        played->actions.count = played->twice;
    }
    violation->found = true;
    violation->depth = (uint32_t)played->actions.count;
    violation->faults = 0;
    for (size_t i = 0; i < played->actions.count; i++)
        violation->faults += played->actions.items[i].cost;
}

static enum status play_once(struct player *player, const struct action_list *candidate,
                             const bool *skip, struct error *error)
{
    struct shrink_stage *stage = player->stage;
    enum status status = STATUS_OK;
    player->taught = false;
    player->over = false;
    player->followed = 0;
    player->played->actions.count = 0;
    player->played->violated = false;
    player->played->violation = (struct search_violation){.property = PROPERTY_COUNT};
    player->played->twice = SIZE_MAX;
    world_initial_state(stage->world, stage->slots);
    for (size_t i = 0; status == STATUS_OK && i < candidate->count && !player->over; i++) {
        uint32_t transition = 0;
        if (skip != NULL && skip[i])
            continue;
        status = look(player, error);
        if (status != STATUS_OK || player->taught)
            return status;
        if (find_action(stage, &candidate->items[i].action, &transition))
            status = take(player, transition, true, error);
    }
    if (status == STATUS_OK)
        status = complete(player, error);
    if (status == STATUS_OK && player->played->violated)
        cut(player);
    return status;
}

enum status shrink_play(struct shrink_stage *stage, const struct action_list *candidate,
                        const bool *skip, const struct search_violation *wanted,
                        struct played *played, struct error *error)
{
    struct player player = {.stage = stage, .wanted = wanted, .played = played};
    for (;;) {
        enum status status = play_once(&player, candidate, skip, error);
        if (status == STATUS_OK && value_store_failed(stage->run->store))
            status = no_memory(error);
        if (status != STATUS_OK || !player.taught)
            return status;
        status = shrink_stage_set(stage, error);
        if (status != STATUS_OK)
            return status;
    }
}
