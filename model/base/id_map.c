#include "model/base/id_map.h"

#include "model/base/hash.h"

#include <string.h>

enum { SIZE_FIRST = 256 };

void id_map_init(struct id_map *map, struct memory *memory)
{
    *map = (struct id_map){.memory = memory};
}

void id_map_release(struct id_map *map)
{
    memory_free(map->memory, map->entries, map->size * sizeof *map->entries);
    map->entries = NULL;
    map->size = 0;
    map->count = 0;
}

void id_map_clear(struct id_map *map)
{
    if (map->size > 0)
        memset(map->entries, 0, map->size * sizeof *map->entries);
    map->count = 0;
}

static struct id_map_entry *locate(const struct id_map *map, uint64_t key)
{
    size_t slot = (size_t)hash_mix64(key) & (map->size - 1);
    while (map->entries[slot].used && map->entries[slot].key != key)
        slot = (slot + 1) & (map->size - 1);
    return &map->entries[slot];
}

bool id_map_find(const struct id_map *map, uint64_t key, uint32_t *number)
{
    if (map->size == 0)
        return false;
    const struct id_map_entry *entry = locate(map, key);
    if (!entry->used)
        return false;
    *number = entry->number;
    return true;
}

static bool grow(struct id_map *map)
{
    struct id_map old = *map;
    map->size = old.size == 0 ? SIZE_FIRST : old.size * 2;
    map->entries = memory_allocate_zeroed(map->memory, map->size, sizeof *map->entries);
    if (map->entries == NULL) {
        *map = old;
        return false;
    }
    for (size_t i = 0; i < old.size; i++) {
        if (old.entries[i].used)
            *locate(map, old.entries[i].key) = old.entries[i];
    }
    memory_free(map->memory, old.entries, old.size * sizeof *old.entries);
    return true;
}

bool id_map_put(struct id_map *map, uint64_t key, uint32_t number)
{
    if (map->count * 2 >= map->size && !grow(map))
        return false;
    struct id_map_entry *entry = locate(map, key);
    if (!entry->used)
        map->count++;
    *entry = (struct id_map_entry){.key = key, .number = number, .used = true};
    return true;
}

void id_map_archive(struct id_map *map, struct archive *archive)
{
    size_t count = map->count;
    archive_count(archive, &count, UINT32_MAX);
    if (archive_reads(archive))
        id_map_clear(map);
    for (size_t slot = 0, i = 0; i < count && !archive_failed(archive); i++, slot++) {
        struct id_map_entry entry = {.key = 0};
        while (!archive_reads(archive) && !map->entries[slot].used)
            slot++;
        if (!archive_reads(archive))
            entry = map->entries[slot];
        ARCHIVE(archive, entry.key);
        ARCHIVE(archive, entry.number);
        if (archive_reads(archive) && !id_map_put(map, entry.key, entry.number))
            archive_no_memory(archive);
    }
}
