/* What is wrong in the states of a search. */
#include "checker/search.h"
#include "checker/violation_classes.h"

#include <string.h>

/* After so many double counts that came right at the end, the shortcut is given up. */
enum { CUT_ATTEMPTS_MAX = 64, CUT_WALK_MAX = 10000 };

void search_note_violation(struct search *search, const struct search_violation *violation,
                           const uint32_t *slots)
{
    struct search_violation *known = &search->result->violation;
    if (search->classes != NULL)
        violation_classes_note(search->classes,
                               violation_classes_key(search->classes, violation, slots), violation);
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

enum property search_judge_end(struct search *search, const uint32_t *slots, bool stuck)
{
    struct outcome outcome = world_outcome(search->world, slots);
    return outcome_violated(&outcome, search->world->scenario->properties, stuck);
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

/* A double count is worth following to an end. */
static bool follows_twice(const struct search *search)
{
    const bool *asked = search->world->scenario->properties;
    return (asked[PROPERTY_NEVER_TWICE] || asked[PROPERTY_EXACTLY_ONCE]) &&
           search->cut_attempts < CUT_ATTEMPTS_MAX;
}

bool search_must_judge(const struct search *search, const uint32_t *slots)
{
    struct outcome outcome;
    if (!world_outcome_known(search->world, slots, &outcome))
        return true;
    return (!outcome.levels_agree && search->world->scenario->properties[PROPERTY_LEVELS_AGREE]) ||
           (outcome.twice && follows_twice(search));
}

bool search_cuts(const struct search *search, const uint32_t *slots)
{
    struct outcome outcome;
    return search->classes != NULL && !search->corrects && follows_twice(search) &&
           world_outcome_known(search->world, slots, &outcome) && outcome.twice;
}

enum status search_judge_visited(struct search *search, uint32_t state, const uint32_t *slots,
                                 struct error *error)
{
    const bool *asked = search->world->scenario->properties;
    struct outcome outcome = world_outcome(search->world, slots);
    struct search_violation violation = {.state = state,
                                         .faults = search->level,
                                         .depth = search->depth,
                                         .property = PROPERTY_LEVELS_AGREE};
    if (!outcome.levels_agree && asked[PROPERTY_LEVELS_AGREE])
        search_note_violation(search, &violation, slots);
    if (!outcome.twice || !follows_twice(search))
        return STATUS_OK;
    bool wrong = false;
    violation.cut = true;
    violation.property =
        asked[PROPERTY_EXACTLY_ONCE] ? PROPERTY_EXACTLY_ONCE : PROPERTY_NEVER_TWICE;
    if (search->classes != NULL &&
        violation_classes_has(search->classes,
                              violation_classes_key(search->classes, &violation, slots)))
        return STATUS_OK; /* states come in order: it has been found in fewer steps */
    enum status status = walk_to_end(search, slots, &wrong, error);
    if (status != STATUS_OK)
        return status;
    if (!wrong || search->classes == NULL)
        search->cut_attempts++;
    if (!wrong && search->classes != NULL && !search->corrects) {
        search->corrects = true;
        search->world->facts_changed = true;
    }
    if (wrong)
        search_note_violation(search, &violation, slots);
    return STATUS_OK;
}

void search_judge_terminal(struct search *search, uint32_t state, const uint32_t *slots)
{
    search->result->ends++;
    if (search->options->on_end != NULL)
        search->options->on_end(search->options->context, slots, search->level, false);
    struct search_violation violation = {
        .state = state, .faults = search->level, .depth = search->depth};
    violation.property = search_judge_end(search, slots, false);
    if (violation.property != PROPERTY_COUNT)
        search_note_violation(search, &violation, slots);
}
