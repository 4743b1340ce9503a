#include "model/expansion_memo.h"

#include "model/base/hash.h"
#include "model/dead_data.h"
#include "model/view.h"

#include <string.h>

enum { INDEX_SIZE_FIRST = 4096 };

/* What a part looked at: `view` names the slots, whose values begin at keys + first_key. */
struct entry {
    uint32_t part;
    uint32_t view;
    uint32_t first_key;
    struct remembered_expansion expansion;
};

struct growing {
    void *items;
    size_t count;
    size_t capacity;
};

struct expansion_memo {
    struct world *world;
    struct memory *memory;
    struct views *views;
    uint32_t *masked; /* the state in which a part is worked out */
    uint32_t *initial;
    struct transition_list list;
    struct growing entries;     /* struct entry */
    struct growing keys;        /* uint32_t */
    struct growing transitions; /* struct remembered_transition */
    struct growing changes;     /* struct slot_change */
    uint32_t *index;            /* open addressing; 0: free, else entry + 1 */
    size_t index_size;
};

static void *grow(struct expansion_memo *memo, struct growing *array, size_t more, size_t size)
{
    if (array->count + more > EXPANSION_MEMO_TRANSITIONS_MAX ||
        !memory_reserve(memo->memory, &array->items, &array->capacity, array->count + more, size))
        return NULL;
    return (char *)array->items + array->count * size;
}

static void release(struct expansion_memo *memo, struct growing *array, size_t size)
{
    memory_free(memo->memory, array->items, array->capacity * size);
}

struct expansion_memo *expansion_memo_create(struct world *world)
{
    struct expansion_memo *memo = memory_allocate_zeroed(world->memory, 1, sizeof *memo);
    if (memo == NULL)
        return NULL;
    memo->world = world;
    memo->memory = world->memory;
    transition_list_init(&memo->list, world);
    size_t slots = world->layout.slot_count;
    memo->views = views_create(world);
    memo->masked = memory_allocate_zeroed(memo->memory, slots, sizeof *memo->masked);
    memo->initial = memory_allocate_zeroed(memo->memory, slots, sizeof *memo->initial);
    memo->index = memory_allocate_zeroed(memo->memory, INDEX_SIZE_FIRST, sizeof *memo->index);
    memo->index_size = memo->index == NULL ? 0 : INDEX_SIZE_FIRST;
    if (memo->views == NULL || memo->masked == NULL || memo->initial == NULL ||
        memo->index == NULL) {
        expansion_memo_destroy(memo);
        return NULL;
    }
    world_initial_state(world, memo->initial);
    return memo;
}

void expansion_memo_destroy(struct expansion_memo *memo)
{
    if (memo == NULL)
        return;
    size_t slots = memo->world->layout.slot_count;
    views_destroy(memo->views);
    memory_free(memo->memory, memo->masked, slots * sizeof *memo->masked);
    memory_free(memo->memory, memo->initial, slots * sizeof *memo->initial);
    memory_free(memo->memory, memo->index, memo->index_size * sizeof *memo->index);
    transition_list_release(&memo->list);
    release(memo, &memo->entries, sizeof(struct entry));
    release(memo, &memo->keys, sizeof(uint32_t));
    release(memo, &memo->transitions, sizeof(struct remembered_transition));
    release(memo, &memo->changes, sizeof(struct slot_change));
    memory_free(memo->memory, memo, sizeof *memo);
}

uint32_t expansion_memo_group_count(const struct expansion_memo *memo)
{
    return views_group_count(memo->views);
}

uint32_t expansion_memo_group_end(const struct expansion_memo *memo, uint32_t group)
{
    return views_group_end(memo->views, group);
}

static uint64_t hash_view(const struct view *view, uint32_t number, const uint32_t *state)
{
    uint64_t hash = number;
    for (uint32_t first = 0; first < view->count; first += HASH_FACTOR_COUNT) {
        uint32_t count = view->count - first;
        if (count > HASH_FACTOR_COUNT)
            count = HASH_FACTOR_COUNT;
        const uint16_t *slots = view->slots + first;
        hash = hash_mix64(hash);
        for (uint32_t i = 0; i < count; i++)
            hash += state[slots[i]] * hash_factors[i];
    }
    return hash_mix64(hash);
}

static bool entry_fits(const struct expansion_memo *memo, const struct entry *entry,
                       const struct view *view, uint32_t number, const uint32_t *state)
{
    if (entry->view != number)
        return false;
    const uint32_t *key = (const uint32_t *)memo->keys.items + entry->first_key;
    for (uint32_t i = 0; i < view->count; i++) {
        if (key[i] != state[view->slots[i]])
            return false;
    }
    return true;
}

/* Where the entry is or would be. */
static size_t locate(const struct expansion_memo *memo, const struct view *view, uint32_t number,
                     const uint32_t *state)
{
    const struct entry *entries = memo->entries.items;
    size_t slot = (size_t)hash_view(view, number, state) & (memo->index_size - 1);
    while (memo->index[slot] != 0 &&
           !entry_fits(memo, &entries[memo->index[slot] - 1], view, number, state))
        slot = (slot + 1) & (memo->index_size - 1);
    return slot;
}

bool expansion_memo_find(const struct expansion_memo *memo, uint32_t part, const uint32_t *state,
                         struct remembered_expansion *expansion)
{
    uint32_t number = 0;
    switch (views_find(memo->views, part, state, &number)) {
    case VIEW_NOTHING:
        *expansion = (struct remembered_expansion){0};
        return true;
    case VIEW_UNKNOWN:
        return false;
    case VIEW_KNOWN:
        break;
    }
    return expansion_memo_find_in_view(memo, number, state, expansion);
}

enum view_result expansion_memo_view(const struct expansion_memo *memo, uint32_t part,
                                     const uint32_t *state, uint32_t *view)
{
    return views_find(memo->views, part, state, view);
}

void expansion_memo_standing(const struct expansion_memo *memo, uint32_t part, uint16_t slots[2])
{
    const struct layout *layout = &memo->world->layout;
    uint16_t poller = views_part(memo->views, part).poller;
    if (poller == ACTION_NO_POLLER) {
        slots[0] = slots[1] = layout->generator_slot;
        return;
    }
    slots[0] = layout->pollers[poller].node_slot;
    slots[1] = layout->pollers[poller].batch_slot;
}

const uint16_t *expansion_memo_view_slots(const struct expansion_memo *memo, uint32_t view,
                                          uint32_t *count)
{
    const struct view *found = views_get(memo->views, view);
    *count = found->count;
    return found->slots;
}

bool expansion_memo_find_in_view(const struct expansion_memo *memo, uint32_t view,
                                 const uint32_t *state, struct remembered_expansion *expansion)
{
    size_t slot = locate(memo, views_get(memo->views, view), view, state);
    if (memo->index[slot] == 0)
        return false;
    *expansion = ((const struct entry *)memo->entries.items)[memo->index[slot] - 1].expansion;
    return true;
}

static enum status no_memory(struct error *error)
{
    return error_set(error, STATUS_NO_MEMORY, "out of memory for transitions");
}

/* Remember what differs between the masked state and a successor of it. */
static enum status keep_changes(struct expansion_memo *memo, const uint32_t *slots,
                                struct remembered_transition *kept, struct error *error)
{
    kept->first_change = (uint32_t)memo->changes.count;
    for (uint32_t i = 0; i < memo->world->layout.slot_count; i++) {
        if (slots[i] == memo->masked[i])
            continue;
        struct slot_change *change = grow(memo, &memo->changes, 1, sizeof *change);
        if (change == NULL)
            return no_memory(error);
        *change = (struct slot_change){.slot = i, .value = slots[i]};
        memo->changes.count++;
        kept->change_count++;
        kept->fingerprint_change += world_slot_fingerprint(memo->world, i, slots[i]) -
                                    world_slot_fingerprint(memo->world, i, memo->masked[i]);
    }
    return STATUS_OK;
}

static enum status keep_transitions(struct expansion_memo *memo, struct error *error)
{
    for (size_t i = 0; i < memo->list.count; i++) {
        const uint32_t *slots = memo->list.slots + i * memo->list.slot_count;
        const struct transition *transition = &memo->list.items[i];
        struct remembered_transition *kept = grow(memo, &memo->transitions, 1, sizeof *kept);
        if (kept == NULL)
            return no_memory(error);
        bool moves_on = transition_moves_on(memo->world, memo->masked, transition);
        *kept = (struct remembered_transition){
            .action = transition->action,
            .cost = transition->cost,
            .moves_on = moves_on,
            .clean_retry = transition->cost == 0 && !moves_on,
            .may_finish_stage = memo->world->drop_dead_data &&
                                transition_may_be_last(memo->world, transition, slots)};
        enum status status = keep_changes(memo, slots, kept, error);
        if (status != STATUS_OK)
            return status;
        memo->transitions.count++;
    }
    return STATUS_OK;
}

static bool grow_index(struct expansion_memo *memo)
{
    size_t size = memo->index_size * 2;
    uint32_t *index = memory_allocate_zeroed(memo->memory, size, sizeof *index);
    if (index == NULL)
        return false;
    memory_free(memo->memory, memo->index, memo->index_size * sizeof *memo->index);
    memo->index = index;
    memo->index_size = size;
    const struct entry *entries = memo->entries.items;
    for (uint32_t i = 0; i < memo->entries.count; i++) {
        const struct view *view = views_get(memo->views, entries[i].view);
        const uint32_t *key = (const uint32_t *)memo->keys.items + entries[i].first_key;
        for (uint32_t k = 0; k < view->count; k++)
            memo->masked[view->slots[k]] = key[k];
        size_t slot =
            (size_t)hash_view(view, entries[i].view, memo->masked) & (memo->index_size - 1);
        while (index[slot] != 0)
            slot = (slot + 1) & (memo->index_size - 1);
        index[slot] = i + 1;
    }
    return true;
}

/* Add the entry for the masked state's view; its transitions have just been added. */
static enum status keep_entry(struct expansion_memo *memo, uint32_t part, uint32_t number,
                              const struct remembered_expansion *expansion, struct error *error)
{
    const struct view *view = views_get(memo->views, number);
    struct entry *entry = grow(memo, &memo->entries, 1, sizeof *entry);
    uint32_t *key = grow(memo, &memo->keys, view->count, sizeof *key);
    if (entry == NULL || key == NULL)
        return no_memory(error);
    size_t slot = locate(memo, view, number, memo->masked);
    CHECK(memo->index[slot] == 0);
    for (uint32_t i = 0; i < view->count; i++)
        key[i] = memo->masked[view->slots[i]];
    *entry = (struct entry){.part = part,
                            .view = number,
                            .first_key = (uint32_t)memo->keys.count,
                            .expansion = *expansion};
    memo->keys.count += view->count;
    memo->index[slot] = (uint32_t)++memo->entries.count;
    if (memo->entries.count * 2 > memo->index_size && !grow_index(memo))
        return no_memory(error);
    return STATUS_OK;
}

enum status expansion_memo_add(struct expansion_memo *memo, uint32_t part, const uint32_t *state,
                               struct remembered_expansion *expansion, struct error *error)
{
    uint32_t number = 0;
    enum status status = views_learn(memo->views, part, state, &number, error);
    if (status != STATUS_OK)
        return status;
    const struct view *view = views_get(memo->views, number);
    memcpy(memo->masked, memo->initial, memo->world->layout.slot_count * sizeof *memo->masked);
    for (uint32_t i = 0; i < view->count; i++)
        memo->masked[view->slots[i]] = state[view->slots[i]];
    status = world_expand_part(memo->world, views_part(memo->views, part), memo->masked,
                               &memo->list, error);
    if (status != STATUS_OK)
        return status;
    expansion->first = (uint32_t)memo->transitions.count;
    expansion->count = (uint32_t)memo->list.count;
    status = keep_transitions(memo, error);
    return status == STATUS_OK ? keep_entry(memo, part, number, expansion, error) : status;
}

const struct remembered_transition *expansion_memo_transition(const struct expansion_memo *memo,
                                                              uint32_t index)
{
    return (const struct remembered_transition *)memo->transitions.items + index;
}

const struct slot_change *expansion_memo_changes(const struct expansion_memo *memo,
                                                 const struct remembered_transition *transition)
{
    return (const struct slot_change *)memo->changes.items + transition->first_change;
}

void expansion_memo_apply(const struct expansion_memo *memo,
                          const struct remembered_transition *transition, uint32_t *slots)
{
    const struct slot_change *changes = expansion_memo_changes(memo, transition);
    for (uint32_t i = 0; i < transition->change_count; i++)
        slots[changes[i].slot] = changes[i].value;
}

bool expansion_memo_finish_stages(const struct expansion_memo *memo, uint32_t *slots)
{
    return dead_data_finish_stages(memo->world, slots);
}

size_t expansion_memo_count(const struct expansion_memo *memo) { return memo->entries.count; }

size_t expansion_memo_transition_count(const struct expansion_memo *memo)
{
    return memo->transitions.count;
}

/* Into memo->masked. */
static void unmask(struct expansion_memo *memo, const struct entry *entry)
{
    const struct view *view = views_get(memo->views, entry->view);
    const uint32_t *key = (const uint32_t *)memo->keys.items + entry->first_key;
    memcpy(memo->masked, memo->initial, memo->world->layout.slot_count * sizeof *memo->masked);
    for (uint32_t i = 0; i < view->count; i++)
        memo->masked[view->slots[i]] = key[i];
}

void expansion_memo_situation(struct expansion_memo *memo, size_t index,
                              struct remembered_situation *situation)
{
    CHECK(index < memo->entries.count);
    const struct entry *entry = (const struct entry *)memo->entries.items + index;
    unmask(memo, entry);
    *situation = (struct remembered_situation){.part = views_part(memo->views, entry->part),
                                               .slots = memo->masked,
                                               .expansion = entry->expansion};
}

static void write_masked(struct expansion_memo *memo, struct archive *archive)
{
    uint32_t different = 0;
    uint32_t slot_count = memo->world->layout.slot_count;
    for (uint32_t i = 0; i < slot_count; i++)
        different += memo->masked[i] != memo->initial[i];
    ARCHIVE(archive, different);
    for (uint32_t i = 0; i < slot_count; i++) {
        struct slot_change change = {.slot = i, .value = memo->masked[i]};
        if (change.value != memo->initial[i])
            ARCHIVE(archive, change);
    }
}

static void read_masked(struct expansion_memo *memo, struct archive *archive)
{
    uint32_t different = 0;
    uint32_t slot_count = memo->world->layout.slot_count;
    memcpy(memo->masked, memo->initial, slot_count * sizeof *memo->masked);
    ARCHIVE(archive, different);
    for (uint32_t i = 0; i < different && !archive_failed(archive); i++) {
        struct slot_change change;
        ARCHIVE(archive, change);
        if (change.slot >= slot_count)
            archive_reject(archive, "names a slot that there is not");
        else
            memo->masked[change.slot] = change.value;
    }
}

/* Views get their numbers in the order in which they were made. */
static void read_entry(struct expansion_memo *memo, struct archive *archive)
{
    uint32_t part = 0;
    uint32_t number = 0;
    struct remembered_expansion expansion;
    struct error error = ERROR_INIT;
    ARCHIVE(archive, part);
    ARCHIVE(archive, expansion);
    read_masked(memo, archive);
    if (part >= views_group_end(memo->views, views_group_count(memo->views) - 1))
        archive_reject(archive, "names an actor that there is not");
    if (archive_failed(archive))
        return;
    if (views_learn(memo->views, part, memo->masked, &number, &error) != STATUS_OK ||
        keep_entry(memo, part, number, &expansion, &error) != STATUS_OK)
        archive_no_memory(archive);
}

static void archive_growing(struct expansion_memo *memo, struct growing *array, size_t count,
                            size_t size, struct archive *archive)
{
    archive_array(archive, memo->memory, &array->items, &count, &array->capacity, size);
    if (archive_reads(archive))
        array->count = count;
}

void expansion_memo_archive(struct expansion_memo *memo, size_t count, struct archive *archive)
{
    const struct entry *entries = memo->entries.items;
    const struct remembered_transition *transitions = memo->transitions.items;
    size_t transition_count = 0;
    size_t change_count = 0;
    if (!archive_reads(archive) && count > 0) {
        const struct remembered_expansion *last = &entries[count - 1].expansion;
        transition_count = last->first + last->count;
    }
    if (transition_count > 0)
        change_count = transitions[transition_count - 1].first_change +
                       transitions[transition_count - 1].change_count;
    archive_growing(memo, &memo->transitions, transition_count,
                    sizeof(struct remembered_transition), archive);
    archive_growing(memo, &memo->changes, change_count, sizeof(struct slot_change), archive);
    archive_count(archive, &count, EXPANSION_MEMO_TRANSITIONS_MAX);
    for (size_t i = 0; i < count && !archive_failed(archive); i++) {
        if (archive_reads(archive)) {
            read_entry(memo, archive);
            continue;
        }
        struct entry entry = entries[i];
        ARCHIVE(archive, entry.part);
        ARCHIVE(archive, entry.expansion);
        unmask(memo, &entry);
        write_masked(memo, archive);
    }
}
