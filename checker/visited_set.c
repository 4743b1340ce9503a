#include "checker/visited_set.h"

#include "model/base/error.h"

#include <string.h>

enum {
    INDEX_SIZE_FIRST = 256,
    PARTITION_BITS = 4,
    BLOCK_BITS = 12, /* states per block */
    BLOCK_SIZE = 1 << BLOCK_BITS
};

/* Numbers have 31 bits, PARTITION_BITS of which name the partition. */
#define LOCAL_MAX ((VISITED_STATES_MAX >> PARTITION_BITS) - 1)
#define WAITING (UINT32_C(1) << 31)

_Static_assert(1 << PARTITION_BITS == VISITED_PARTITIONS, "a partition is some bits of a hash");

/* States lie in blocks that stay where they are: growing copies nothing. */
struct block {
    uint64_t keys[BLOCK_SIZE];
    uint32_t parents[BLOCK_SIZE]; /* the highest bit: waiting */
};

/* Most states that are not there need no look at a key, and growing none at all. */
struct index_entry {
    uint32_t tag;    /* the lower half of the hash */
    uint32_t number; /* local, from 1; 0: free */
};

struct partition {
    struct block **blocks;
    size_t block_count;
    size_t block_capacity;
    struct index_entry *index; /* open addressing */
    size_t index_size;
    size_t count;
};

struct visited_set {
    struct memory *memory;
    struct partition partitions[VISITED_PARTITIONS];
};

struct visited_set *visited_set_create(struct memory *memory)
{
    struct visited_set *set = memory_allocate_zeroed(memory, 1, sizeof *set);
    if (set == NULL)
        return NULL;
    set->memory = memory;
    for (size_t i = 0; i < VISITED_PARTITIONS; i++) {
        struct partition *partition = &set->partitions[i];
        partition->index =
            memory_allocate_zeroed(memory, INDEX_SIZE_FIRST, sizeof *partition->index);
        if (partition->index == NULL) {
            visited_set_destroy(set);
            return NULL;
        }
        partition->index_size = INDEX_SIZE_FIRST;
    }
    return set;
}

void visited_set_destroy(struct visited_set *set)
{
    if (set == NULL)
        return;
    for (size_t i = 0; i < VISITED_PARTITIONS; i++) {
        struct partition *partition = &set->partitions[i];
        for (size_t k = 0; k < partition->block_count; k++)
            memory_free(set->memory, partition->blocks[k], sizeof *partition->blocks[k]);
        memory_free(set->memory, partition->blocks,
                    partition->block_capacity * sizeof *partition->blocks);
        memory_free(set->memory, partition->index,
                    partition->index_size * sizeof *partition->index);
    }
    memory_free(set->memory, set, sizeof *set);
}

/* The partition is the highest bits of the hash, the place in the index the lowest. */
uint32_t visited_set_partition(uint64_t hash) { return (uint32_t)(hash >> (64 - PARTITION_BITS)); }

void visited_set_prefetch(const struct visited_set *set, uint64_t hash)
{
    const struct partition *partition = &set->partitions[visited_set_partition(hash)];
    __builtin_prefetch(&partition->index[(uint32_t)hash & (partition->index_size - 1)]);
}

void visited_set_prefetch_state(const struct visited_set *set, uint64_t hash)
{
    const struct partition *partition = &set->partitions[visited_set_partition(hash)];
    struct index_entry entry = partition->index[(uint32_t)hash & (partition->index_size - 1)];
    if (entry.number == 0 || entry.tag != (uint32_t)hash)
        return;
    const struct block *block = partition->blocks[(entry.number - 1) >> BLOCK_BITS];
    uint32_t place = (entry.number - 1) & (BLOCK_SIZE - 1);
    __builtin_prefetch(&block->keys[place]);
    __builtin_prefetch(&block->parents[place]);
}

static uint64_t key_at(const struct partition *partition, uint32_t local)
{
    return partition->blocks[local >> BLOCK_BITS]->keys[local & (BLOCK_SIZE - 1)];
}

static size_t locate(const struct partition *partition, uint64_t key, uint64_t hash)
{
    uint32_t tag = (uint32_t)hash;
    size_t slot = tag & (partition->index_size - 1);
    for (;; slot = (slot + 1) & (partition->index_size - 1)) {
        struct index_entry entry = partition->index[slot];
        if (entry.number == 0 || (entry.tag == tag && key_at(partition, entry.number - 1) == key))
            return slot;
    }
}

static bool grow_index(struct visited_set *set, struct partition *partition)
{
    size_t size = partition->index_size * 2;
    struct index_entry *index = memory_allocate_zeroed(set->memory, size, sizeof *index);
    if (index == NULL)
        return false;
    for (size_t i = 0; i < partition->index_size; i++) {
        struct index_entry entry = partition->index[i];
        size_t slot = entry.tag & (size - 1);
        if (entry.number == 0)
            continue;
        while (index[slot].number != 0)
            slot = (slot + 1) & (size - 1);
        index[slot] = entry;
    }
    memory_free(set->memory, partition->index, partition->index_size * sizeof *partition->index);
    partition->index = index;
    partition->index_size = size;
    return true;
}

/* Blocks and an index, three quarters full at most, for `count` states. */
static bool make_room(struct visited_set *set, struct partition *partition, size_t count)
{
    while (count * 4 > partition->index_size * 3) {
        if (!grow_index(set, partition))
            return false;
    }
    while (partition->block_count * BLOCK_SIZE < count) {
        if (!memory_reserve(set->memory, (void **)&partition->blocks, &partition->block_capacity,
                            partition->block_count + 1, sizeof(struct block *)))
            return false;
        struct block *block = memory_allocate(set->memory, sizeof *block);
        if (block == NULL)
            return false;
        partition->blocks[partition->block_count++] = block;
    }
    return true;
}

static void put_state(struct partition *partition, uint32_t local, struct visited_state state)
{
    partition->blocks[local >> BLOCK_BITS]->parents[local & (BLOCK_SIZE - 1)] =
        state.parent | (state.waiting ? WAITING : 0);
}

uint32_t visited_set_number(uint32_t partition, uint32_t index)
{
    return index << PARTITION_BITS | partition;
}

enum visited_result visited_set_insert(struct visited_set *set, uint64_t key, uint64_t hash,
                                       struct visited_state state, uint32_t *number)
{
    uint32_t which = visited_set_partition(hash);
    struct partition *partition = &set->partitions[which];
    size_t slot = locate(partition, key, hash);
    if (partition->index[slot].number != 0) {
        *number = visited_set_number(which, partition->index[slot].number - 1);
        return VISITED_KNOWN;
    }
    size_t size = partition->index_size;
    if (partition->count >= LOCAL_MAX || !make_room(set, partition, partition->count + 1))
        return VISITED_FULL;
    if (partition->index_size != size)
        slot = locate(partition, key, hash);
    uint32_t local = (uint32_t)partition->count++;
    partition->blocks[local >> BLOCK_BITS]->keys[local & (BLOCK_SIZE - 1)] = key;
    put_state(partition, local, state);
    partition->index[slot] = (struct index_entry){.tag = (uint32_t)hash, .number = local + 1};
    *number = visited_set_number(which, local);
    return VISITED_NEW;
}

enum visited_result visited_set_find(const struct visited_set *set, uint64_t key, uint64_t hash,
                                     uint32_t *number)
{
    uint32_t which = visited_set_partition(hash);
    const struct partition *partition = &set->partitions[which];
    uint32_t found = partition->index[locate(partition, key, hash)].number;
    if (found == 0)
        return VISITED_NEW;
    *number = visited_set_number(which, found - 1);
    return VISITED_KNOWN;
}

void visited_set_rewrite(struct visited_set *set, uint64_t (*rewrite)(void *context, uint64_t key),
                         void *context)
{
    for (size_t i = 0; i < VISITED_PARTITIONS; i++) {
        struct partition *partition = &set->partitions[i];
        for (size_t k = 0; k < partition->count; k++) {
            uint64_t *key = &partition->blocks[k >> BLOCK_BITS]->keys[k & (BLOCK_SIZE - 1)];
            *key = rewrite(context, *key);
        }
    }
}

static const struct partition *partition_with(const struct visited_set *set, uint32_t number)
{
    const struct partition *partition = &set->partitions[number & (VISITED_PARTITIONS - 1)];
    CHECK(number >> PARTITION_BITS < partition->count);
    return partition;
}

uint64_t visited_set_key(const struct visited_set *set, uint32_t number)
{
    return key_at(partition_with(set, number), number >> PARTITION_BITS);
}

struct visited_state visited_set_state(const struct visited_set *set, uint32_t number)
{
    uint32_t local = number >> PARTITION_BITS;
    uint32_t packed =
        partition_with(set, number)->blocks[local >> BLOCK_BITS]->parents[local & (BLOCK_SIZE - 1)];
    return (struct visited_state){.parent = packed & ~WAITING, .waiting = (packed & WAITING) != 0};
}

void visited_set_update(struct visited_set *set, uint32_t number, struct visited_state state)
{
    struct partition *partition = &set->partitions[number & (VISITED_PARTITIONS - 1)];
    CHECK(number >> PARTITION_BITS < partition->count);
    put_state(partition, number >> PARTITION_BITS, state);
}

size_t visited_set_partition_count(const struct visited_set *set, uint32_t partition)
{
    return set->partitions[partition].count;
}

size_t visited_set_count(const struct visited_set *set)
{
    size_t count = 0;
    for (size_t i = 0; i < VISITED_PARTITIONS; i++)
        count += set->partitions[i].count;
    return count;
}

size_t visited_set_numbers(const struct visited_set *set)
{
    size_t most = 0;
    for (size_t i = 0; i < VISITED_PARTITIONS; i++) {
        if (set->partitions[i].count > most)
            most = set->partitions[i].count;
    }
    return most << PARTITION_BITS;
}

size_t visited_set_bytes(const struct visited_set *set)
{
    size_t bytes = sizeof *set;
    for (size_t i = 0; i < VISITED_PARTITIONS; i++) {
        const struct partition *partition = &set->partitions[i];
        bytes += partition->block_count * sizeof(struct block) +
                 partition->block_capacity * sizeof(struct block *) +
                 partition->index_size * sizeof *partition->index;
    }
    return bytes;
}

static void archive_partition(struct visited_set *set, struct partition *partition,
                              struct archive *archive)
{
    size_t count = partition->count;
    archive_count(archive, &count, LOCAL_MAX);
    if (archive_reads(archive) && !make_room(set, partition, count)) {
        archive_no_memory(archive);
        return;
    }
    for (size_t i = 0; i * BLOCK_SIZE < count; i++) {
        size_t left = count - i * BLOCK_SIZE;
        size_t states = left < BLOCK_SIZE ? left : BLOCK_SIZE;
        struct block *block = partition->blocks[i];
        archive_bytes(archive, block->keys, states * sizeof block->keys[0]);
        archive_bytes(archive, block->parents, states * sizeof block->parents[0]);
    }
    /* the index is the only place that knows the hashes */
    archive_bytes(archive, partition->index, partition->index_size * sizeof *partition->index);
    if (archive_reads(archive) && !archive_failed(archive))
        partition->count = count;
}

void visited_set_archive(struct visited_set *set, struct archive *archive)
{
    for (size_t i = 0; i < VISITED_PARTITIONS && !archive_failed(archive); i++)
        archive_partition(set, &set->partitions[i], archive);
}
