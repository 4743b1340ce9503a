#include "checker/visited_set.h"

#include "model/base/error.h"
#include "model/base/hash.h"

#include <string.h>

enum { INDEX_SIZE_FIRST = 1024, LEVELS_MAX = 34 };

/* Pairs of numbers, each distinct one stored once and known by its index. */
struct pair_table {
    struct memory *memory;
    uint64_t *pairs;
    size_t count;
    size_t capacity;
    uint32_t *index; /* open addressing; 0: free, else pair + 1 */
    size_t index_size;
};

/* parent 32, depth 31, waiting 1. */
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
    uint32_t *scratch; /* one state on all its levels: slots, pairs of slots, pairs of these, ... */
    uint32_t *base;    /* the same of the state last decoded */
    size_t level_starts[LEVELS_MAX]; /* where each level begins in scratch and base */
    size_t level_sizes[LEVELS_MAX];
    size_t level_count;
    size_t number_count; /* in all levels */
};

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
    return memory_reserve(table->memory, (void **)&table->pairs, &table->capacity, table->count + 1,
                          sizeof *table->pairs);
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

/* Neighbours are combined level by level until two numbers (or one) are left: the root pair. An odd
 * one out moves up as it is. */
static void lay_out_levels(struct visited_set *set)
{
    size_t size = set->slot_count;
    for (;;) {
        set->level_starts[set->level_count] = set->number_count;
        set->level_sizes[set->level_count++] = size;
        set->number_count += size;
        if (size <= 2)
            return;
        size = (size + 1) / 2;
    }
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
    lay_out_levels(set);
    set->scratch = memory_allocate_zeroed(memory, set->number_count, sizeof *set->scratch);
    set->base = memory_allocate_zeroed(memory, set->number_count, sizeof *set->base);
    if (set->scratch == NULL || set->base == NULL) {
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
    memory_free(memory, set->scratch, set->number_count * sizeof *set->scratch);
    memory_free(memory, set->base, set->number_count * sizeof *set->base);
    memory_free(memory, set, sizeof *set);
}

static uint64_t make_pair(uint32_t left, uint32_t right) { return (uint64_t)left << 32 | right; }

/* Number the pairs of one level; where the numbers below are those of the base, so is the pair. A
 * successor differs from the state it comes from in few slots, so most pairs need no look-up.
 * False: no memory, or, if `add` is false, a pair that is not there. */
static bool combine_level(struct visited_set *set, size_t level, bool add)
{
    const uint32_t *below = set->scratch + set->level_starts[level];
    const uint32_t *base_below = set->base + set->level_starts[level];
    uint32_t *above = set->scratch + set->level_starts[level + 1];
    const uint32_t *base_above = set->base + set->level_starts[level + 1];
    size_t size = set->level_sizes[level];
    bool has_base = set->roots.count > 0;
    for (size_t i = 0; i < size / 2; i++) {
        if (has_base && below[2 * i] == base_below[2 * i] &&
            below[2 * i + 1] == base_below[2 * i + 1]) {
            above[i] = base_above[i];
            continue;
        }
        uint64_t pair = make_pair(below[2 * i], below[2 * i + 1]);
        if (add ? pair_insert(&set->inner, pair, &above[i]) == VISITED_FULL
                : !pair_find(&set->inner, pair, &above[i]))
            return false;
    }
    if (size % 2 == 1)
        above[size / 2] = below[size - 1];
    return true;
}

static bool root_pair(struct visited_set *set, const uint32_t *slots, bool add, uint64_t *root)
{
    memcpy(set->scratch, slots, set->slot_count * sizeof *slots);
    for (size_t level = 0; level + 1 < set->level_count; level++) {
        if (!combine_level(set, level, add))
            return false;
    }
    const uint32_t *top = set->scratch + set->level_starts[set->level_count - 1];
    *root = make_pair(top[0], set->level_sizes[set->level_count - 1] == 2 ? top[1] : 0);
    return true;
}

enum visited_result visited_set_insert(struct visited_set *set, const uint32_t *slots,
                                       uint32_t *index)
{
    uint64_t root = 0;
    bool first = set->roots.count == 0;
    void *states = set->states;
    if (!root_pair(set, slots, true, &root) ||
        !memory_reserve(set->memory, &states, &set->state_capacity, set->roots.count + 1,
                        sizeof *set->states))
        return VISITED_FULL;
    set->states = states;
    enum visited_result result = pair_insert(&set->roots, root, index);
    if (result == VISITED_NEW)
        memset(&set->states[*index], 0, sizeof set->states[*index]);
    if (first && result == VISITED_NEW)
        memcpy(set->base, set->scratch, set->number_count * sizeof *set->base);
    return result;
}

enum visited_result visited_set_find(struct visited_set *set, const uint32_t *slots,
                                     uint32_t *index)
{
    uint64_t root = 0;
    return root_pair(set, slots, false, &root) && pair_find(&set->roots, root, index)
               ? VISITED_KNOWN
               : VISITED_NEW;
}

void visited_set_get(struct visited_set *set, uint32_t index, uint32_t *slots)
{
    CHECK(index < set->roots.count);
    size_t level = set->level_count - 1;
    uint32_t *top = set->base + set->level_starts[level];
    uint64_t root = set->roots.pairs[index];
    top[0] = (uint32_t)(root >> 32);
    if (set->level_sizes[level] == 2)
        top[1] = (uint32_t)root;
    while (level > 0) {
        const uint32_t *above = set->base + set->level_starts[level--];
        uint32_t *below = set->base + set->level_starts[level];
        size_t size = set->level_sizes[level];
        for (size_t i = 0; i < size / 2; i++) {
            uint64_t pair = set->inner.pairs[above[i]];
            below[2 * i] = (uint32_t)(pair >> 32);
            below[2 * i + 1] = (uint32_t)pair;
        }
        if (size % 2 == 1)
            below[size - 1] = above[size / 2];
    }
    memcpy(slots, set->base, set->slot_count * sizeof *slots);
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

void visited_set_update(struct visited_set *set, uint32_t index, const struct visited_state *state)
{
    CHECK(index < set->roots.count);
    CHECK(state->depth < UINT32_C(1) << 31 && state->faults <= VISITED_FAULTS_MAX);
    set->states[index] =
        (struct packed_state){.parent = state->parent,
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
