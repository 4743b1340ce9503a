/* Before step 2 of a round: what the functions are about to be asked for, several at once.
 *
 * The states that were put aside are looked at in the order of step 2, with all handler trees
 * collecting, until some tree has enough for its backend; that is asked for, and so on, from the
 * first state that still has to wait: a state mostly asks for some steps of the same invocation one
 * after the other, and the process that has taken the one is there for the next only for a while.
 * Step 2 finds it all. Only what step 2 would ask for is: parts that it would not look at are left
 * alone. */
#include "checker/round.h"
#include "model/handler_tree_collect.h"

#include <string.h>

static void collect(struct search *search, bool collects)
{
    struct world *world = search->world;
    for (size_t i = 0; i < world->pipeline->function_count; i++) {
        if (world->trees[i] != NULL && handler_tree_gains_by_collecting(world->trees[i]))
            handler_tree_collect(world->trees[i], collects);
    }
}

static bool any_tree(const struct search *search, bool (*does)(const struct handler_tree *tree))
{
    const struct world *world = search->world;
    for (size_t i = 0; i < world->pipeline->function_count; i++) {
        if (world->trees[i] != NULL && does(world->trees[i]))
            return true;
    }
    return false;
}

static bool moves_on(const struct search *search, struct remembered_expansion expansion)
{
    for (uint32_t i = expansion.first; i < expansion.first + expansion.count; i++) {
        if (expansion_memo_transition(search->memo, i)->moves_on)
            return true;
    }
    return false;
}

/* Expand the state's parts, group by group, until one moves on or has to wait; *deferred: one has.
 */
static enum status look_at(struct search *search, uint32_t position, bool *deferred,
                           struct error *error)
{
    struct expansion_memo *memo = search->memo;
    const uint32_t *slots = search_slots(search, &search->frontier, position);
    bool over = false;
    uint32_t part = 0;
    for (uint32_t group = 0; group < expansion_memo_group_count(memo) && !over; group++) {
        for (; part < expansion_memo_group_end(memo, group); part++) {
            struct remembered_expansion expansion = {0};
            enum status status = STATUS_OK;
            if (!expansion_memo_find(memo, part, slots, &expansion))
                status = expansion_memo_add(memo, part, slots, &expansion, error);
            if (status == STATUS_DEFERRED)
                *deferred = over = true;
            else if (status != STATUS_OK)
                return status;
            else
                over = over || moves_on(search, expansion);
            if (search->world->facts_changed)
                return STATUS_OK;
        }
    }
    return STATUS_OK;
}

/* Look at one state after the other until there is enough to ask for, and drop those that do not
 * have to wait. */
static enum status look_at_some(struct search *search, struct state_list *positions,
                                struct error *error)
{
    enum status status = STATUS_OK;
    size_t kept = 0;
    size_t next = 0;
    collect(search, true);
    while (status == STATUS_OK && next < positions->count &&
           !any_tree(search, handler_tree_has_enough)) {
        bool deferred = false;
        status = look_at(search, positions->items[next], &deferred, error);
        if (search->world->facts_changed)
            break;
        if (deferred)
            positions->items[kept++] = positions->items[next];
        next++;
    }
    memmove(positions->items + kept, positions->items + next,
            (positions->count - next) * sizeof *positions->items);
    positions->count -= next - kept;
    collect(search, false);
    return status;
}

static enum status add_collected(struct search *search, size_t *count, struct error *error)
{
    struct world *world = search->world;
    enum status status = STATUS_OK;
    *count = 0;
    for (size_t i = 0; status == STATUS_OK && i < world->pipeline->function_count; i++) {
        size_t added = 0;
        if (world->trees[i] != NULL)
            status = handler_tree_add_collected(world->trees[i], &added, error);
        *count += added;
    }
    return status;
}

static enum status anticipate(struct search *search, struct state_list *positions,
                              enum search_stop *stop, struct error *error)
{
    struct round *round = search->round;
    for (size_t i = 0; i < round->aside; i++) {
        if (!state_list_add_all(search->memory, positions, &round->chunks[i].aside))
            return search_no_memory(error);
    }
    while (positions->count > 0) {
        size_t added = 0;
        enum status status = look_at_some(search, positions, error);
        if (status == STATUS_OK)
            status = add_collected(search, &added, error);
        if (status != STATUS_OK || added == 0 || search->world->facts_changed)
            return status;
        *stop = search_should_stop(search);
        if (*stop != SEARCH_COMPLETE)
            return STATUS_OK;
    }
    return STATUS_OK;
}

enum status round_anticipate(struct search *search, enum search_stop *stop, struct error *error)
{
    struct state_list positions = {0};
    if (!any_tree(search, handler_tree_gains_by_collecting))
        return STATUS_OK;
    enum status status = anticipate(search, &positions, stop, error);
    state_list_release(search->memory, &positions);
    return status;
}
