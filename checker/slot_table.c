#include "checker/slot_table.h"

#include "model/base/error.h"
#include "model/base/hash.h"

#include <string.h>

enum { INDEX_SIZE_FIRST = 256 };

#define RUNS_MAX (UINT32_MAX - 1)

_Static_assert((int)SLOT_TABLE_WIDTH_MAX <= (int)HASH_FACTOR_COUNT, "a factor for every slot");

bool slot_table_init(struct slot_table *table, struct memory *memory, uint32_t width)
{
    CHECK(width >= 1 && width <= SLOT_TABLE_WIDTH_MAX);
    *table = (struct slot_table){.memory = memory, .width = width};
    table->index = memory_allocate_zeroed(memory, INDEX_SIZE_FIRST, sizeof *table->index);
    table->index_size = table->index == NULL ? 0 : INDEX_SIZE_FIRST;
    return table->index != NULL;
}

void slot_table_release(struct slot_table *table)
{
    memory_free(table->memory, table->runs, table->capacity * sizeof *table->runs);
    memory_free(table->memory, table->fingerprints,
                table->fingerprint_capacity * sizeof *table->fingerprints);
    memory_free(table->memory, table->index, table->index_size * sizeof *table->index);
    *table = (struct slot_table){.memory = table->memory};
}

size_t slot_table_bytes(const struct slot_table *table)
{
    return table->capacity * sizeof *table->runs +
           table->fingerprint_capacity * sizeof *table->fingerprints +
           table->index_size * sizeof *table->index;
}

const uint32_t *slot_table_get(const struct slot_table *table, uint32_t number)
{
    return table->runs + (size_t)(number - 1) * table->width;
}

void slot_table_set_fingerprint(struct slot_table *table, uint32_t number, uint64_t fingerprint)
{
    table->fingerprints[number - 1] = fingerprint;
}

uint64_t slot_table_fingerprint(const struct slot_table *table, uint32_t number)
{
    return table->fingerprints[number - 1];
}

static uint64_t hash_run(const uint32_t *slots, uint32_t width)
{
    uint64_t hash = 0;
    for (uint32_t i = 0; i < width; i++)
        hash += slots[i] * hash_factors[i];
    return hash_mix64(hash);
}

static size_t locate(const struct slot_table *table, const uint32_t *slots, uint64_t hash)
{
    size_t slot = (size_t)hash & (table->index_size - 1);
    uint32_t tag = (uint32_t)(hash >> 32);
    for (;; slot = (slot + 1) & (table->index_size - 1)) {
        const struct slot_table_entry *entry = &table->index[slot];
        if (entry->number == 0 ||
            (entry->tag == tag && memcmp(slot_table_get(table, entry->number), slots,
                                         table->width * sizeof *slots) == 0))
            return slot;
    }
}

uint32_t slot_table_find(const struct slot_table *table, const uint32_t *slots)
{
    return table->index[locate(table, slots, hash_run(slots, table->width))].number;
}

static bool grow_index(struct slot_table *table)
{
    size_t size = table->index_size * 2;
    struct slot_table_entry *index = memory_allocate_zeroed(table->memory, size, sizeof *index);
    if (index == NULL)
        return false;
    for (uint32_t number = 1; number <= table->count; number++) {
        uint64_t hash = hash_run(slot_table_get(table, number), table->width);
        size_t slot = (size_t)hash & (size - 1);
        while (index[slot].number != 0)
            slot = (slot + 1) & (size - 1);
        index[slot] = (struct slot_table_entry){.tag = (uint32_t)(hash >> 32), .number = number};
    }
    memory_free(table->memory, table->index, table->index_size * sizeof *table->index);
    table->index = index;
    table->index_size = size;
    return true;
}

uint32_t slot_table_add(struct slot_table *table, const uint32_t *slots, bool *added)
{
    *added = false;
    uint64_t hash = hash_run(slots, table->width);
    size_t slot = locate(table, slots, hash);
    if (table->index[slot].number != 0)
        return table->index[slot].number;
    void *runs = table->runs;
    void *fingerprints = table->fingerprints;
    if (table->count >= RUNS_MAX ||
        !memory_reserve(table->memory, &fingerprints, &table->fingerprint_capacity,
                        table->count + 1, sizeof *table->fingerprints))
        return 0;
    table->fingerprints = fingerprints;
    if (!memory_reserve(table->memory, &runs, &table->capacity, (table->count + 1) * table->width,
                        sizeof *table->runs))
        return 0;
    table->runs = runs;
    if ((table->count + 1) * 2 > table->index_size) {
        if (!grow_index(table))
            return 0;
        slot = locate(table, slots, hash);
    }
    memcpy(table->runs + table->count * table->width, slots, table->width * sizeof *slots);
    table->count++;
    *added = true;
    table->index[slot] =
        (struct slot_table_entry){.tag = (uint32_t)(hash >> 32), .number = (uint32_t)table->count};
    return (uint32_t)table->count;
}

/* The first `count` runs are there, and in no index. */
static bool index_runs(struct slot_table *table, size_t count)
{
    while (count * 2 > table->index_size) {
        if (!grow_index(table))
            return false;
    }
    table->count = count;
    for (uint32_t number = 1; number <= table->count; number++) {
        const uint32_t *slots = slot_table_get(table, number);
        uint64_t hash = hash_run(slots, table->width);
        table->index[locate(table, slots, hash)] =
            (struct slot_table_entry){.tag = (uint32_t)(hash >> 32), .number = number};
    }
    return true;
}

void slot_table_archive(struct slot_table *table, size_t count, struct archive *archive)
{
    void *runs = table->runs;
    void *fingerprints = table->fingerprints;
    archive_count(archive, &count, RUNS_MAX);
    if (count == 0)
        return;
    if (archive_reads(archive)) {
        bool reserved = memory_reserve(table->memory, &fingerprints, &table->fingerprint_capacity,
                                       count, sizeof *table->fingerprints);
        table->fingerprints = fingerprints;
        reserved = reserved && memory_reserve(table->memory, &runs, &table->capacity,
                                              count * table->width, sizeof *table->runs);
        table->runs = runs;
        if (!reserved) {
            archive_no_memory(archive);
            return;
        }
    }
    archive_bytes(archive, table->runs, count * table->width * sizeof *table->runs);
    archive_bytes(archive, table->fingerprints, count * sizeof *table->fingerprints);
    if (!archive_reads(archive) || archive_failed(archive))
        return;
    if (!index_runs(table, count))
        archive_no_memory(archive);
}
