/* Maps. */
#include "model/base/error.h"
#include "model/base/value_internal.h"

#include <string.h>

enum {
    SCAN_MAX = 24, /* up to here, looking at every key beats comparing contents */
    FEW_MAX = 8    /* and up to here, looking at their bytes beats looking for the key's value */
};

/* Does a chunk begin with this key? The first entry of a map begins one in any case. Uses bits of
 * the hash that find_slot does not depend on. */
static bool map_starts_chunk(const struct value_store *store, struct value key)
{
    return (value_header(store, key)->hash.high & 63) == 0;
}

/* Add `count` sorted entries to the chunks under construction. The first of them begins a chunk. */
static bool add_entries(struct value_store *store, const struct value *parts, size_t count)
{
    size_t start = 0;
    for (size_t i = 1; i <= count; i++) {
        if (i < count && !map_starts_chunk(store, parts[2 * i]))
            continue;
        if (!value_chunks_add(store, VALUE_MAP,
                              value_intern_flat(store, VALUE_MAP, parts + 2 * start, i - start)))
            return false;
        start = i;
    }
    return true;
}

/* A map of any size from sorted entries. */
static struct value build_map(struct value_store *store, const struct value *parts, size_t count)
{
    if (count <= MAP_FLAT_MAX)
        return value_intern_flat(store, VALUE_MAP, parts, count);
    if (!value_chunks_begin(store, NULL, 0, 0) || !add_entries(store, parts, count))
        return VALUE_NONE;
    return value_chunks_end(store, VALUE_MAP, NULL, 0);
}

struct value value_map(struct value_store *store, const struct value_entry *entries, size_t count)
{
    if (!value_scratch_reserve(store, 4 * count))
        return VALUE_NONE;
    for (size_t i = 0; i < count; i++) {
        store->scratch[2 * i] = entries[i].key;
        store->scratch[2 * i + 1] = entries[i].value;
    }
    if (value_any_none(store->scratch, 2 * count))
        return VALUE_NONE;
    count = value_sort_unique(store, store->scratch, count, 2);
    return build_map(store, store->scratch, count);
}

/* Where a key is in a map, or belongs. */
struct position {
    const struct value_header *flat; /* the map, or one of its chunks */
    size_t chunk;                    /* which */
    size_t index;                    /* within it */
    bool found;
};

/* The last chunk whose first key is not after `key`, or the first chunk. */
static size_t find_chunk(const struct value_store *store, const struct value_chunks *chunks,
                         struct value key)
{
    size_t low = 0;
    size_t high = chunks->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        const struct value_header *part = value_header(store, chunks->chunks[middle].part);
        if (value_compare(store, value_parts(part)[0], key) <= 0)
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The first entry whose key is not before `key`. */
static size_t find_index(const struct value_store *store, const struct value_header *flat,
                         struct value key)
{
    const struct value *parts = value_parts(flat);
    size_t low = 0;
    size_t high = flat->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = value_compare(store, parts[2 * middle], key);
        if (order == 0)
            return middle;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct position locate(const struct value_store *store, const struct value_header *map,
                              struct value key)
{
    struct position position = {.flat = map};
    if (map->chunked) {
        const struct value_chunks *chunks = value_chunks(map);
        position.chunk = find_chunk(store, chunks, key);
        position.flat = value_header(store, chunks->chunks[position.chunk].part);
    }
    position.index = find_index(store, position.flat, key);
    position.found = position.index < position.flat->count &&
                     value_equal(value_parts(position.flat)[2 * position.index], key);
    return position;
}

struct value value_get(const struct value_store *store, struct value map, struct value key)
{
    const struct value_header *header = value_header_of(store, map, VALUE_MAP);
    if (value_is_none(key))
        return VALUE_NONE;
    if (header->count <= SCAN_MAX) {
        const struct value *parts = value_parts(header);
        for (size_t i = 0; i < header->count; i++) {
            if (value_equal(parts[2 * i], key))
                return parts[2 * i + 1];
        }
        return VALUE_NONE;
    }
    struct position position = locate(store, header, key);
    return position.found ? value_parts(position.flat)[2 * position.index + 1] : VALUE_NONE;
}

/* In a small map the keys' own bytes are at hand sooner than the key's value. */
static struct value get_text_of_few(const struct value_store *store, const struct value_header *map,
                                    const char *key, size_t length)
{
    const struct value *parts = value_parts(map);
    for (size_t i = 0; i < map->count; i++) {
        const struct value_header *found = value_header(store, parts[2 * i]);
        if (found->count == length && found->kind == VALUE_STRING &&
            memcmp(found->payload, key, length) == 0)
            return parts[2 * i + 1];
    }
    return VALUE_NONE;
}

struct value value_get_text(const struct value_store *store, struct value map, const char *key)
{
    const struct value_header *header = value_header_of(store, map, VALUE_MAP);
    const size_t length = strlen(key);
    if (header->count <= FEW_MAX)
        return get_text_of_few(store, header, key, length);
    /* A text that is not in the store is no key of a map in it. */
    struct value_content content = value_leaf(VALUE_STRING, key, length);
    return value_get(store, map, value_find(store, &content));
}

struct value value_member(const struct value_store *store, struct value map, const char *key,
                          enum value_kind kind)
{
    struct value found = VALUE_NONE;
    if (!value_is_none(map) && value_kind(store, map) == VALUE_MAP)
        found = value_get_text(store, map, key);
    return !value_is_none(found) && value_kind(store, found) == kind ? found : VALUE_NONE;
}

/* The map whose chunks first..rest-1 are replaced by the `count` entries in the scratch. */
static struct value rebuild(struct value_store *store, const struct value_header *map, size_t first,
                            size_t rest, size_t count)
{
    const struct value_chunks *old = value_chunks(map);
    if (!value_chunks_begin(store, map, first, rest) || !add_entries(store, store->scratch, count))
        return VALUE_NONE;
    return value_chunks_end(store, VALUE_MAP, old, rest);
}

/* Copy all entries of a map that is not chunked to the scratch at `offset` entries, with a gap of
 * `added` entries in front of entry `index` and without `removed` entries from there on. Returns
 * how many entries the scratch then holds. */
static size_t copy_around(struct value_store *store, const struct value_header *flat, size_t offset,
                          size_t index, size_t added, size_t removed)
{
    const struct value *parts = value_parts(flat);
    struct value *to = store->scratch + 2 * offset;
    size_t rest = flat->count - index - removed;
    memcpy(to, parts, 2 * index * sizeof *to);
    if (rest > 0)
        memcpy(to + 2 * (index + added), parts + 2 * (index + removed), 2 * rest * sizeof *to);
    return offset + index + added + rest;
}

struct value value_put(struct value_store *store, struct value map, struct value key,
                       struct value value)
{
    if (value_is_none(map) || value_is_none(key) || value_is_none(value))
        return VALUE_NONE;
    const struct value_header *header = value_header_of(store, map, VALUE_MAP);
    struct position position = locate(store, header, key);
    if (position.found && value_equal(value_parts(position.flat)[2 * position.index + 1], value))
        return map;
    if (!value_scratch_reserve(store, 2 * ((size_t)position.flat->count + 1)))
        return VALUE_NONE;
    size_t count = copy_around(store, position.flat, 0, position.index, 1, position.found);
    store->scratch[2 * position.index] = key;
    store->scratch[2 * position.index + 1] = value;
    if (!header->chunked)
        return build_map(store, store->scratch, count);
    return rebuild(store, header, position.chunk, position.chunk + 1, count);
}

struct value value_put_text(struct value_store *store, struct value map, const char *key,
                            struct value value)
{
    return value_put(store, map, value_text(store, key), value);
}

/* From a map that has so many entries that it stays chunked. */
static struct value remove_from_chunked(struct value_store *store, const struct value_header *map,
                                        const struct position *position)
{
    const struct value_chunks *chunks = value_chunks(map);
    size_t first = position->chunk;
    size_t before = 0;
    /* The entry after the first of a chunk does not start one by itself: it joins the chunk before.
     */
    if (position->index == 0 && first > 0) {
        first--;
        before = value_header(store, chunks->chunks[first].part)->count;
    }
    if (!value_scratch_reserve(store, 2 * (before + position->flat->count)))
        return VALUE_NONE;
    if (before > 0)
        value_copy_parts(store, value_header(store, chunks->chunks[first].part), store->scratch);
    size_t count = copy_around(store, position->flat, before, position->index, 0, 1);
    return rebuild(store, map, first, position->chunk + 1, count);
}

struct value value_remove(struct value_store *store, struct value map, struct value key)
{
    if (value_is_none(map) || value_is_none(key))
        return VALUE_NONE;
    const struct value_header *header = value_header_of(store, map, VALUE_MAP);
    struct position position = locate(store, header, key);
    if (!position.found)
        return map;
    if (header->count > MAP_FLAT_MAX + 1)
        return remove_from_chunked(store, header, &position);
    size_t count = header->count;
    if (!value_scratch_reserve(store, 2 * count))
        return VALUE_NONE;
    value_copy_parts(store, header, store->scratch);
    size_t index = position.index;
    if (header->chunked)
        index += value_chunks(header)->chunks[position.chunk].start;
    memmove(store->scratch + 2 * index, store->scratch + 2 * (index + 1),
            2 * (count - index - 1) * sizeof *store->scratch);
    return build_map(store, store->scratch, count - 1);
}
