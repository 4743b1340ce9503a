#include "checker/visited_set.h"

#include "model/base/error.h"
#include "model/base/hash.h"

#include <string.h>

/* Pairs of numbers, each distinct one stored once and known by its index. */
struct pair_table {
    struct memory *memory;
    uint64_t *pairs;
    size_t count;
    size_t capacity;
    uint32_t *index; /* open addressing; 0: free, else pair + 1 */
    size_t index_size;
};

/* parent 32, depth 31, waiting 1; faults saturate at their field's width (see pack). */
struct packed_state {
    uint32_t parent;
    uint32_t depth_and_waiting;
    uint16_t faults;
};

struct visited_set {
    struct memory *memory;
    uint32_t slot_count;
    struct pair_table inner; /* pairs of slots and of inner pairs, whatever their place */
    struct pair_table roots; /* the index of a root is the state's */
    struct packed_state *states;
    size_t state_capacity;
    uint32_t *scratch; /* slot_count numbers */
    uint32_t *levels;  /* slot_count numbers, for decoding */
};

enum { INDEX_SIZE_FIRST = 1024, FAULTS_MAX = UINT16_MAX };

static void pair_table_release(struct pair_table *table)
{
    memory_free(table->memory, table->pairs, table->capacity * sizeof *table->pairs);
    memory_free(table->memory, table->index, table->index_size * sizeof *table->index);
}

static size_t pair_slot(const struct pair_table *table, uint64_t pair)
{
    size_t slot = (size_t)hash_mix64(pair) & (table->index_size - 1);
    while (table->index[slot] != 0 && table->pairs[table->index[slot] - 1] != pair)
        slot = (slot + 1) & (table->index_size - 1);
    return slot;
}

static bool pair_table_grow(struct pair_table *table)
{
    size_t size = table->index_size == 0 ? INDEX_SIZE_FIRST : table->index_size * 2;
    uint32_t *index = memory_allocate_zeroed(table->memory, size, sizeof *index);
    if (index == NULL)
        return false;
    memory_free(table->memory, table->index, table->index_size * sizeof *table->index);
    table->index = index;
    table->index_size = size;
    for (size_t i = 0; i < table->count; i++)
        index[pair_slot(table, table->pairs[i])] = (uint32_t)i + 1;
    return true;
}

/* Three quarters full at most; an index costs 5 to 11 bytes a pair. */
static bool pair_table_has_room(struct pair_table *table)
{
    if ((table->count + 1) * 4 > table->index_size * 3 && !pair_table_grow(table))
        return false;
    return memory_reserve(table->memory, (void **)&table->pairs, &table->capacity,
                          table->count + 1, sizeof *table->pairs);
}

static enum visited_result pair_insert(struct pair_table *table, uint64_t pair, uint32_t *number)
{
    if (table->count >= VISITED_STATES_MAX || !pair_table_has_room(table))
        return VISITED_FULL;
    size_t slot = pair_slot(table, pair);
    if (table->index[slot] != 0) {
        *number = table->index[slot] - 1;
        return VISITED_KNOWN;
    }
    *number = (uint32_t)table->count;
    table->pairs[table->count++] = pair;
    table->index[slot] = *number + 1;
    return VISITED_NEW;
}

static bool pair_find(const struct pair_table *table, uint64_t pair, uint32_t *number)
{
    if (table->index_size == 0)
        return false;
    size_t slot = pair_slot(table, pair);
    if (table->index[slot] == 0)
        return false;
    *number = table->index[slot] - 1;
    return true;
}

struct visited_set *visited_set_create(struct memory *memory, uint32_t slot_count)
{
    CHECK(slot_count >= 1);
    struct visited_set *set = memory_allocate_zeroed(memory, 1, sizeof *set);
    if (set == NULL)
        return NULL;
    set->memory = memory;
    set->slot_count = slot_count;
    set->inner.memory = memory;
    set->roots.memory = memory;
    set->scratch = memory_allocate_zeroed(memory, slot_count, sizeof *set->scratch);
    set->levels = memory_allocate_zeroed(memory, slot_count, sizeof *set->levels);
    if (set->scratch == NULL || set->levels == NULL) {
        visited_set_destroy(set);
        return NULL;
    }
    return set;
}

void visited_set_destroy(struct visited_set *set)
{
    if (set == NULL)
        return;
    struct memory *memory = set->memory;
    pair_table_release(&set->inner);
    pair_table_release(&set->roots);
    memory_free(memory, set->states, set->state_capacity * sizeof *set->states);
    memory_free(memory, set->scratch, set->slot_count * sizeof *set->scratch);
    memory_free(memory, set->levels, set->slot_count * sizeof *set->levels);
    memory_free(memory, set, sizeof *set);
}

static uint64_t make_pair(uint32_t left, uint32_t right) { return (uint64_t)left << 32 | right; }

/* Combine neighbours level by level until two numbers (or one) are left. An odd one out moves up as it
 * is. */
static enum visited_result root_pair(struct visited_set *set, const uint32_t *slots,
                                     uint64_t *root)
{
    size_t count = set->slot_count;
    memcpy(set->scratch, slots, count * sizeof *slots);
    while (count > 2) {
        for (size_t i = 0; i < count / 2; i++) {
            uint64_t pair = make_pair(set->scratch[2 * i], set->scratch[2 * i + 1]);
            if (pair_insert(&set->inner, pair, &set->scratch[i]) == VISITED_FULL)
                return VISITED_FULL;
        }
        if (count % 2 == 1)
            set->scratch[count / 2] = set->scratch[count - 1];
        count = (count + 1) / 2;
    }
    *root = make_pair(set->scratch[0], count == 2 ? set->scratch[1] : 0);
    return VISITED_KNOWN;
}

enum visited_result visited_set_insert(struct visited_set *set, const uint32_t *slots,
                                       uint32_t *index)
{
    uint64_t root = 0;
    if (root_pair(set, slots, &root) == VISITED_FULL ||
        !memory_reserve(set->memory, (void **)&set->states, &set->state_capacity,
                        set->roots.count + 1, sizeof *set->states))
        return VISITED_FULL;
    enum visited_result result = pair_insert(&set->roots, root, index);
    if (result == VISITED_NEW)
        memset(&set->states[*index], 0, sizeof set->states[*index]);
    return result;
}

enum visited_result visited_set_find(const struct visited_set *set, const uint32_t *slots,
                                     uint32_t *index)
{
    size_t count = set->slot_count;
    uint32_t *numbers = set->scratch;
    memcpy(numbers, slots, count * sizeof *slots);
    while (count > 2) {
        for (size_t i = 0; i < count / 2; i++) {
            uint64_t pair = make_pair(numbers[2 * i], numbers[2 * i + 1]);
            if (!pair_find(&set->inner, pair, &numbers[i]))
                return VISITED_NEW;
        }
        if (count % 2 == 1)
            numbers[count / 2] = numbers[count - 1];
        count = (count + 1) / 2;
    }
    uint64_t root = make_pair(numbers[0], count == 2 ? numbers[1] : 0);
    return pair_find(&set->roots, root, index) ? VISITED_KNOWN : VISITED_NEW;
}

/* Undo root_pair from the top. Before a level of `count` numbers came one of up to twice as many; the
 * sizes on the way down are those on the way up, backwards. */
void visited_set_get(const struct visited_set *set, uint32_t index, uint32_t *slots)
{
    CHECK(index < set->roots.count);
    size_t sizes[33];
    size_t depth = 0;
    sizes[depth] = set->slot_count;
    while (sizes[depth] > 2) {
        sizes[depth + 1] = (sizes[depth] + 1) / 2;
        depth++;
    }
    uint64_t root = set->roots.pairs[index];
    slots[0] = (uint32_t)(root >> 32);
    if (sizes[depth] == 2)
        slots[1] = (uint32_t)root;
    while (depth > 0) {
        size_t above = sizes[depth--];
        size_t below = sizes[depth];
        memcpy(set->levels, slots, above * sizeof *slots);
        for (size_t i = 0; i < below / 2; i++) {
            uint64_t pair = set->inner.pairs[set->levels[i]];
            slots[2 * i] = (uint32_t)(pair >> 32);
            slots[2 * i + 1] = (uint32_t)pair;
        }
        if (below % 2 == 1)
            slots[below - 1] = set->levels[above - 1];
    }
}

struct visited_state visited_set_state(const struct visited_set *set, uint32_t index)
{
    CHECK(index < set->roots.count);
    const struct packed_state *packed = &set->states[index];
    return (struct visited_state){.parent = packed->parent,
                                  .depth = packed->depth_and_waiting >> 1,
                                  .waiting = (packed->depth_and_waiting & 1) != 0,
                                  .faults = packed->faults};
}

void visited_set_update(struct visited_set *set, uint32_t index,
                        const struct visited_state *state)
{
    CHECK(index < set->roots.count);
    CHECK(state->depth < UINT32_C(1) << 31 && state->faults <= FAULTS_MAX);
    set->states[index] = (struct packed_state){
        .parent = state->parent,
        .depth_and_waiting = state->depth << 1 | (state->waiting ? 1 : 0),
        .faults = (uint16_t)state->faults};
}

size_t visited_set_count(const struct visited_set *set) { return set->roots.count; }

size_t visited_set_bytes(const struct visited_set *set)
{
    size_t pairs = set->inner.capacity + set->roots.capacity;
    size_t index = set->inner.index_size + set->roots.index_size;
    return pairs * sizeof(uint64_t) + index * sizeof(uint32_t) +
           set->state_capacity * sizeof *set->states;
}
