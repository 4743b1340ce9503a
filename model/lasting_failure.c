/* Batches that fail by themselves in every attempt, and change something in every attempt.
 *
 * Where a function fails and leaves everything as it was, its retry leads back to a state that is
 * known, and a cycle that nothing leaves is a stuck shard (checker/cycles.c). A function that adds
 * to an item and then raises leads to a new state with every attempt, without end. So such failures
 * are counted: after WORLD_FAILURES_MAX of them the batch stays where it is, in a cycle of one
 * state, until somebody else has changed what the function works on; then it is tried again, and
 * counted anew. Only attempts that changed something count, and only those in which no fault
 * happened. A count makes more states, and cycles longer: it is kept only once a search has met
 * more retries than most ever do (world_facts.failures_counted), and for functions that fail.
 *
 * The slot holds a LIST: empty, or the count and whether this attempt has changed something (BOOL);
 * where the batch stays, the count and a LIST of the tables as the function left them. */
#include "model/expansion.h"

static uint16_t slot_of(const struct expansion *expansion, uint16_t poller)
{
    return expansion->world->layout.pollers[poller].failures_slot;
}

static int64_t failures_of(const struct value_store *store, struct value noted)
{
    int64_t count = 0;
    if (value_count(store, noted) > 0)
        CHECK(value_to_integer(store, value_at(store, noted, 0), &count));
    return count;
}

/* Where values cannot be made any more, the expansion ends with the store's failure. */
static void note(struct expansion *expansion, uint16_t poller, int64_t count, struct value second)
{
    struct value_store *store = expansion->world->store;
    const struct value entries[] = {value_integer(store, count), second};
    struct value noted = value_list(store, entries, 2);
    if (!value_is_none(noted))
        expansion->slots[slot_of(expansion, poller)] = noted.id;
}

void expansion_note_change(struct expansion *expansion, uint16_t poller)
{
    const struct world *world = expansion->world;
    struct value noted = {expansion->slots[slot_of(expansion, poller)]};
    if (world->facts.failures_counted && world->facts.fails[world->layout.pollers[poller].function])
        note(expansion, poller, failures_of(world->store, noted), value_bool(world->store, true));
}

/* What the function works on, as it is now. */
static struct value tables_now(const struct expansion *expansion, uint16_t poller)
{
    const struct world *world = expansion->world;
    const uint8_t *touched =
        world->facts.footprints.touched[world->layout.pollers[poller].function];
    struct value tables[PIPELINE_TABLES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < world->pipeline->table_count; i++) {
        if (touched[i] != 0)
            tables[count++] = (struct value){expansion->slots[world->layout.table_slots[i]]};
    }
    return value_list(world->store, tables, count);
}

/* The attempt is over, and the batch has failed so often. */
static void note_attempt_over(struct expansion *expansion, uint16_t poller, int64_t count)
{
    if (count == 0)
        expansion->slots[slot_of(expansion, poller)] = expansion->world->empty_list.id;
    else
        note(expansion, poller, count, value_bool(expansion->world->store, false));
}

bool expansion_fails_for_ever(struct expansion *expansion, uint16_t poller, bool by_itself)
{
    struct world *world = expansion->world;
    const struct poller_layout *layout = &world->layout.pollers[poller];
    by_itself = by_itself && expansion->state[layout->node_slot] != HANDLER_NODE_FAILED_BY_FAULT;
    if (by_itself && !world->facts.fails[layout->function]) {
        world->facts.fails[layout->function] = true;
        world->facts_changed = world->facts_changed || world->facts.failures_counted;
    }
    struct value noted = {expansion->slots[layout->failures_slot]};
    if (value_count(world->store, noted) == 0)
        return false;
    int64_t count = failures_of(world->store, noted);
    struct value second = value_at(world->store, noted, 1);
    if (value_kind(world->store, second) == VALUE_LIST) {
        if (by_itself && value_equal(second, tables_now(expansion, poller)))
            return true;
        note_attempt_over(expansion, poller, 0);
        return false;
    }
    if (by_itself && value_equal(second, value_bool(world->store, true)))
        count++;
    if (count == WORLD_FAILURES_MAX)
        note(expansion, poller, count, tables_now(expansion, poller));
    else
        note_attempt_over(expansion, poller, count);
    return count == WORLD_FAILURES_MAX;
}
