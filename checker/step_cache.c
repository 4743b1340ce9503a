#include "checker/step_cache.h"

#include "model/base/error.h"
#include "model/base/hash.h"

#include <string.h>

enum {
    ENTRIES_FIRST = 1024,
    ENTRIES_MAX = 1 << 17,
    STEPS_MAX = 1 << 18,
    STANDINGS_MAX = 1 << 18, /* contents of a block's run */
    RUN_SETS_MAX = 64,
    /* Finds for each entry kept, of a full cache: with fewer it is not worth its time. */
    FINDS_WANTED = 4
};

enum standing_kind {
    STANDING_UNKNOWN,
    STANDING_NOT_KEPT,
    STANDING_ALONE, /* the block looks at its own run only */
    STANDING_OTHERS /* and at the run set `first` */
};

/* A block whose run has a certain content. */
struct standing {
    uint32_t first; /* step, or run set */
    uint16_t count; /* of steps */
    uint8_t flags;
    uint8_t kind;
};

/* Other runs that a block looks at, ascending. */
struct run_set {
    uint32_t runs[STEP_CACHE_OTHER_RUNS_MAX];
    uint32_t count;
};

struct entry {
    uint32_t block;  /* index + 1; 0: free */
    uint32_t number; /* of its run */
    uint32_t others[STEP_CACHE_OTHER_RUNS_MAX];
    uint32_t first;
    uint16_t count;
    uint8_t flags;
};

struct standings {
    struct standing *items; /* by the number of the block's run */
    size_t capacity;
};

struct step_cache {
    struct memory *memory;
    const struct state_tree *tree;
    const struct expansion_memo *memo;
    const struct step_block *blocks;
    size_t block_count;
    struct standings *standings; /* by block */
    struct run_set sets[RUN_SETS_MAX];
    uint32_t set_count;
    struct entry *entries; /* open addressing, at most half full */
    size_t size;
    size_t count;
    struct cached_step *steps;
    size_t step_count;
    size_t step_capacity;
    uint64_t finds; /* since it was last cleared */
    uint64_t kept;
    bool given_up;
};

struct step_cache *step_cache_create(struct memory *memory, const struct state_tree *tree,
                                     const struct expansion_memo *memo,
                                     const struct step_block *blocks, size_t block_count)
{
    struct step_cache *cache = memory_allocate_zeroed(memory, 1, sizeof *cache);
    struct standings *standings = memory_allocate_zeroed(memory, block_count, sizeof *standings);
    if (cache == NULL || standings == NULL) {
        memory_free(memory, cache, sizeof *cache);
        memory_free(memory, standings, block_count * sizeof *standings);
        return NULL;
    }
    *cache = (struct step_cache){.memory = memory,
                                 .tree = tree,
                                 .memo = memo,
                                 .blocks = blocks,
                                 .block_count = block_count,
                                 .standings = standings};
    return cache;
}

static void release_contents(struct step_cache *cache)
{
    struct memory *memory = cache->memory;
    for (size_t i = 0; i < cache->block_count; i++) {
        struct standings *standings = &cache->standings[i];
        memory_free(memory, standings->items, standings->capacity * sizeof *standings->items);
        *standings = (struct standings){0};
    }
    memory_free(memory, cache->entries, cache->size * sizeof *cache->entries);
    memory_free(memory, cache->steps, cache->step_capacity * sizeof *cache->steps);
    cache->entries = NULL;
    cache->steps = NULL;
    cache->size = cache->count = 0;
    cache->step_capacity = cache->step_count = 0;
}

void step_cache_destroy(struct step_cache *cache)
{
    if (cache == NULL)
        return;
    release_contents(cache);
    memory_free(cache->memory, cache->standings, cache->block_count * sizeof *cache->standings);
    memory_free(cache->memory, cache, sizeof *cache);
}

void step_cache_clear(struct step_cache *cache)
{
    for (size_t i = 0; i < cache->block_count; i++) {
        struct standings *standings = &cache->standings[i];
        if (standings->items != NULL)
            memset(standings->items, 0, standings->capacity * sizeof *standings->items);
    }
    if (cache->entries != NULL)
        memset(cache->entries, 0, cache->size * sizeof *cache->entries);
    cache->count = 0;
    cache->step_count = 0;
    cache->finds = 0;
    cache->kept = 0;
}

/* --- finding ------------------------------------------------------------------------------- */

static size_t slot_of(const struct entry *key, size_t size)
{
    uint64_t hash = (uint64_t)key->block << 32 | key->number;
    for (uint32_t i = 0; i < STEP_CACHE_OTHER_RUNS_MAX; i++)
        hash += key->others[i] * hash_factors[i];
    return (size_t)hash_mix64(hash) & (size - 1);
}

static bool same_key(const struct entry *a, const struct entry *b)
{
    return a->block == b->block && a->number == b->number &&
           memcmp(a->others, b->others, sizeof a->others) == 0;
}

static struct entry key_of(size_t block, uint32_t number, const struct run_set *set,
                           const uint32_t *numbers)
{
    struct entry key = {.block = (uint32_t)block + 1, .number = number};
    for (uint32_t i = 0; i < set->count; i++)
        key.others[i] = numbers[set->runs[i]];
    return key;
}

static struct entry *locate(const struct step_cache *cache, const struct entry *key)
{
    size_t slot = slot_of(key, cache->size);
    while (cache->entries[slot].block != 0 && !same_key(&cache->entries[slot], key))
        slot = (slot + 1) & (cache->size - 1);
    return &cache->entries[slot];
}

bool step_cache_find(struct step_cache *cache, size_t block, const uint32_t *numbers,
                     struct cached_steps *steps)
{
    if (cache->blocks[block].run == STEP_BLOCK_NO_RUN)
        return false;
    uint32_t number = numbers[cache->blocks[block].run];
    const struct standings *standings = &cache->standings[block];
    if (number >= standings->capacity)
        return false;
    const struct standing *standing = &standings->items[number];
    uint32_t first = standing->first;
    uint16_t count = standing->count;
    uint8_t flags = standing->flags;
    if (standing->kind == STANDING_OTHERS) {
        struct entry key = key_of(block, number, &cache->sets[first], numbers);
        const struct entry *entry = cache->size == 0 ? NULL : locate(cache, &key);
        if (entry == NULL || entry->block == 0)
            return false;
        first = entry->first;
        count = entry->count;
        flags = entry->flags;
    } else if (standing->kind != STANDING_ALONE) {
        return false;
    }
    *steps = (struct cached_steps){.items = cache->steps + first, .count = count, .flags = flags};
    cache->finds++;
    return true;
}

/* --- keeping ------------------------------------------------------------------------------- */

/* False: there are too many. */
static bool add_run(struct run_set *set, uint32_t run)
{
    uint32_t place = 0;
    while (place < set->count && set->runs[place] < run)
        place++;
    if (place < set->count && set->runs[place] == run)
        return true;
    if (set->count == STEP_CACHE_OTHER_RUNS_MAX)
        return false;
    for (uint32_t i = set->count; i > place; i--)
        set->runs[i] = set->runs[i - 1];
    set->runs[place] = run;
    set->count++;
    return true;
}

/* The runs that the views name, but for the block's own. False: there are too many. */
static bool collect_runs(const struct step_cache *cache, uint32_t own, const uint32_t *views,
                         size_t view_count, struct run_set *set)
{
    *set = (struct run_set){.count = 0};
    for (size_t i = 0; i < view_count; i++) {
        uint32_t count = 0;
        const uint16_t *slots = expansion_memo_view_slots(cache->memo, views[i], &count);
        for (uint32_t k = 0; k < count; k++) {
            uint32_t run = state_tree_run_of(cache->tree, slots[k]);
            if (run != own && !add_run(set, run))
                return false;
        }
    }
    return true;
}

static bool has_run(const struct run_set *set, uint32_t own, uint32_t run)
{
    for (uint32_t i = 0; i < set->count; i++) {
        if (set->runs[i] == run)
            return true;
    }
    return run == own;
}

/* Whether all steps change slots of these runs alone, and the rest of the state does not matter. */
static bool stay_within(const struct step_cache *cache, const struct run_set *set, uint32_t own,
                        const struct cached_steps *steps)
{
    for (size_t i = 0; i < steps->count; i++) {
        const struct remembered_transition *transition =
            expansion_memo_transition(cache->memo, steps->items[i].transition & CACHED_TRANSITION);
        const struct slot_change *changes = expansion_memo_changes(cache->memo, transition);
        if (transition->may_finish_stage)
            return false;
        for (uint32_t k = 0; k < transition->change_count; k++) {
            if (!has_run(set, own, state_tree_run_of(cache->tree, changes[k].slot)))
                return false;
        }
    }
    return true;
}

/* RUN_SETS_MAX: there are too many. */
static uint32_t number_set(struct step_cache *cache, const struct run_set *set)
{
    uint32_t number = 0;
    while (number < cache->set_count &&
           (cache->sets[number].count != set->count ||
            memcmp(cache->sets[number].runs, set->runs, set->count * sizeof *set->runs) != 0))
        number++;
    if (number == cache->set_count && number < RUN_SETS_MAX)
        cache->sets[cache->set_count++] = *set;
    return number;
}

/* NULL: no room. */
static struct standing *standing_of(struct step_cache *cache, size_t block, uint32_t number)
{
    struct standings *standings = &cache->standings[block];
    if (number >= STANDINGS_MAX)
        return NULL;
    if (number >= standings->capacity) {
        void *items = standings->items;
        size_t before = standings->capacity;
        if (!memory_reserve(cache->memory, &items, &standings->capacity, (size_t)number + 1,
                            sizeof *standings->items))
            return NULL;
        standings->items = items;
        memset(standings->items + before, 0,
               (standings->capacity - before) * sizeof *standings->items);
    }
    return &standings->items[number];
}

static bool grow_entries(struct step_cache *cache)
{
    struct entry *old = cache->entries;
    size_t old_size = cache->size;
    size_t size = old_size == 0 ? ENTRIES_FIRST : old_size * 2;
    struct entry *entries = memory_allocate_zeroed(cache->memory, size, sizeof *entries);
    if (entries == NULL)
        return false;
    cache->entries = entries;
    cache->size = size;
    for (size_t i = 0; i < old_size; i++) {
        if (old[i].block != 0)
            *locate(cache, &old[i]) = old[i];
    }
    memory_free(cache->memory, old, old_size * sizeof *old);
    return true;
}

/* Room for one more entry and its steps; false: there is none. */
static bool make_room(struct step_cache *cache, size_t steps)
{
    bool entries_full = (cache->count + 1) * 2 > cache->size;
    if ((entries_full && cache->size == ENTRIES_MAX) || cache->step_count + steps > STEPS_MAX) {
        cache->given_up = cache->finds < FINDS_WANTED * cache->kept;
        step_cache_clear(cache);
        if (cache->given_up) {
            release_contents(cache);
            return false;
        }
        entries_full = false;
    }
    void *items = cache->steps;
    if ((entries_full && !grow_entries(cache)) ||
        !memory_reserve(cache->memory, &items, &cache->step_capacity, cache->step_count + steps,
                        sizeof *cache->steps))
        return false;
    cache->steps = items;
    return true;
}

static uint32_t add_steps(struct step_cache *cache, const struct cached_steps *steps)
{
    uint32_t first = (uint32_t)cache->step_count;
    if (steps->count > 0)
        memcpy(cache->steps + first, steps->items, steps->count * sizeof *steps->items);
    cache->step_count += steps->count;
    cache->kept++;
    return first;
}

void step_cache_keep(struct step_cache *cache, size_t block, const uint32_t *numbers,
                     const uint32_t *views, size_t view_count, const struct cached_steps *steps)
{
    uint32_t own = cache->blocks[block].run;
    if (cache->given_up || own == STEP_BLOCK_NO_RUN || !make_room(cache, steps->count))
        return;
    uint32_t number = numbers[own];
    struct standing *standing = standing_of(cache, block, number);
    if (standing == NULL || standing->kind == STANDING_NOT_KEPT)
        return;
    struct run_set set;
    uint32_t set_number = RUN_SETS_MAX;
    if (collect_runs(cache, own, views, view_count, &set) && stay_within(cache, &set, own, steps))
        set_number = number_set(cache, &set);
    if (set_number == RUN_SETS_MAX) {
        standing->kind = STANDING_NOT_KEPT;
    } else if (set.count == 0) {
        *standing = (struct standing){.first = add_steps(cache, steps),
                                      .count = (uint16_t)steps->count,
                                      .flags = steps->flags,
                                      .kind = STANDING_ALONE};
    } else {
        *standing = (struct standing){.first = set_number, .kind = STANDING_OTHERS};
        struct entry key = key_of(block, number, &set, numbers);
        struct entry *entry = locate(cache, &key);
        if (entry->block != 0)
            return;
        key.first = add_steps(cache, steps);
        key.count = (uint16_t)steps->count;
        key.flags = steps->flags;
        *entry = key;
        cache->count++;
    }
}

/* --- blocks -------------------------------------------------------------------------------- */

size_t step_blocks(const struct state_tree *tree, const struct expansion_memo *memo,
                   struct step_block *blocks)
{
    size_t count = 0;
    uint32_t part = 0;
    for (uint32_t group = 0; group < expansion_memo_group_count(memo); group++) {
        size_t first = count;
        for (; part < expansion_memo_group_end(memo, group); part++) {
            uint16_t slots[2];
            expansion_memo_standing(memo, part, slots);
            uint32_t run = state_tree_run_of(tree, slots[0]);
            if (run != state_tree_run_of(tree, slots[1]))
                run = STEP_BLOCK_NO_RUN;
            if (count == first || blocks[count - 1].run != run)
                blocks[count++] = (struct step_block){.first = part, .run = run};
            blocks[count - 1].end = part + 1;
        }
    }
    return count;
}
