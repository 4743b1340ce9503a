/* A hash map from 64-bit keys to 32-bit numbers, for memo tables keyed by ids. */
#ifndef ONCECHECK_MODEL_BASE_ID_MAP_H
#define ONCECHECK_MODEL_BASE_ID_MAP_H

#include "model/base/archive.h"
#include "model/base/memory.h"

#include <stdbool.h>
#include <stdint.h>

struct id_map_entry {
    uint64_t key;
    uint32_t number;
    bool used;
};

struct id_map {
    struct memory *memory;
    struct id_map_entry *entries;
    size_t size; /* a power of two, or 0 */
    size_t count;
};

void id_map_init(struct id_map *map, struct memory *memory);
void id_map_release(struct id_map *map);
void id_map_clear(struct id_map *map);

/* True and *number set if the key is there. */
bool id_map_find(const struct id_map *map, uint64_t key, uint32_t *number);

/* Add or replace; false: no memory. */
bool id_map_put(struct id_map *map, uint64_t key, uint32_t number);

/* Reading replaces what the map holds. */
void id_map_archive(struct id_map *map, struct archive *archive);

#endif
