/* Lists, maps and sets in the value store. */
#include "model/base/error.h"
#include "model/base/value_internal.h"

#include <stdlib.h>
#include <string.h>

const struct value *value_elements(const struct value_store *store, struct value v)
{
    const void *payload = value_header(store, v)->payload;
    return payload;
}

static bool is_set(enum value_kind kind)
{
    return kind == VALUE_STRING_SET || kind == VALUE_NUMBER_SET || kind == VALUE_BINARY_SET;
}

static const struct value_header *collection(const struct value_store *store, struct value v,
                                             bool map)
{
    const struct value_header *header = value_header(store, v);
    enum value_kind kind = (enum value_kind)header->kind;
    CHECK(map ? kind == VALUE_MAP : kind == VALUE_LIST || is_set(kind));
    return header;
}

size_t value_count(const struct value_store *store, struct value v)
{
    const struct value_header *header = value_header(store, v);
    enum value_kind kind = (enum value_kind)header->kind;
    CHECK(kind == VALUE_MAP || kind == VALUE_LIST || is_set(kind));
    return header->count;
}

struct value value_at(const struct value_store *store, struct value v, size_t index)
{
    CHECK(index < collection(store, v, false)->count);
    return value_elements(store, v)[index];
}

struct value value_key_at(const struct value_store *store, struct value map, size_t index)
{
    CHECK(index < collection(store, map, true)->count);
    return value_elements(store, map)[2 * index];
}

struct value value_value_at(const struct value_store *store, struct value map, size_t index)
{
    CHECK(index < collection(store, map, true)->count);
    return value_elements(store, map)[2 * index + 1];
}

/* Room for `count` ids and hashes under construction; NULL and sticky failure without memory. */
static struct value *scratch(struct value_store *store, size_t count)
{
    void *ids = store->scratch;
    void *hashes = store->hashes;
    bool reserved = memory_reserve(store->memory, &ids, &store->scratch_capacity, count + 1,
                                   sizeof *store->scratch) &&
                    memory_reserve(store->memory, &hashes, &store->hash_capacity, count + 1,
                                   sizeof *store->hashes);
    store->scratch = ids;
    store->hashes = hashes;
    if (reserved)
        return store->scratch;
    value_store_fail(store);
    return NULL;
}

/* Intern `count` ids in the scratch; `width` of them make an element. */
static struct value intern_scratch(struct value_store *store, enum value_kind kind, size_t count,
                                   size_t width)
{
    for (size_t i = 0; i < count; i++) {
        if (value_is_none(store->scratch[i]))
            return VALUE_NONE;
        store->hashes[i] = store->headers[store->scratch[i].id].hash;
    }
    struct hash128 hash = hash128_combine((uint64_t)kind, store->hashes, count);
    return value_intern(store, kind, count / width, store->scratch, hash);
}

struct value value_list(struct value_store *store, const struct value *elements, size_t count)
{
    struct value *ids = scratch(store, count);
    if (ids == NULL)
        return VALUE_NONE;
    if (count > 0)
        memmove(ids, elements, count * sizeof *ids);
    return intern_scratch(store, VALUE_LIST, count, 1);
}

static bool any_none(const struct value *ids, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (value_is_none(ids[i]))
            return true;
    }
    return false;
}

/* Merge sort by content, stable: qsort has no context argument in C17, and stability is what makes
 * the last of equal keys win. */
static void sort_entries(const struct value_store *store, struct value *entries,
                         struct value *spare, size_t count, size_t width)
{
    struct value *from = entries;
    struct value *to = spare;
    for (size_t run = 1; run < count; run *= 2) {
        for (size_t start = 0; start < count; start += 2 * run) {
            size_t left = start;
            size_t middle = start + run < count ? start + run : count;
            size_t right = middle;
            size_t end = start + 2 * run < count ? start + 2 * run : count;
            for (size_t i = start; i < end; i++) {
                bool take_left =
                    left < middle && (right >= end || value_compare(store, from[left * width],
                                                                    from[right * width]) <= 0);
                size_t source = take_left ? left++ : right++;
                memcpy(to + i * width, from + source * width, width * sizeof *to);
            }
        }
        struct value *swap = from;
        from = to;
        to = swap;
    }
    if (from != entries)
        memcpy(entries, from, count * width * sizeof *entries);
}

/* Drop all but the last of elements with equal keys; returns how many are left. */
static size_t drop_duplicates(struct value *entries, size_t count, size_t width)
{
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (kept > 0 && value_equal(entries[(kept - 1) * width], entries[i * width]))
            kept--;
        memmove(entries + kept * width, entries + i * width, width * sizeof *entries);
        kept++;
    }
    return kept;
}

/* Sort and intern `count` elements of `width` ids that are in the scratch's first half. */
static struct value intern_sorted(struct value_store *store, enum value_kind kind, size_t count,
                                  size_t width)
{
    struct value *ids = store->scratch;
    if (any_none(ids, count * width))
        return VALUE_NONE;
    sort_entries(store, ids, ids + count * width, count, width);
    count = drop_duplicates(ids, count, width);
    return intern_scratch(store, kind, count * width, width);
}

struct value value_map(struct value_store *store, const struct value_entry *entries, size_t count)
{
    struct value *ids = scratch(store, count * 4);
    if (ids == NULL)
        return VALUE_NONE;
    for (size_t i = 0; i < count; i++) {
        ids[2 * i] = entries[i].key;
        ids[2 * i + 1] = entries[i].value;
    }
    return intern_sorted(store, VALUE_MAP, count, 2);
}

struct value value_set(struct value_store *store, enum value_kind kind,
                       const struct value *elements, size_t count)
{
    CHECK(is_set(kind));
    struct value *ids = scratch(store, count * 2);
    if (ids == NULL)
        return VALUE_NONE;
    if (count > 0)
        memmove(ids, elements, count * sizeof *ids);
    return intern_sorted(store, kind, count, 1);
}

/* Position of a key in a map, or where it belongs. */
static size_t locate(const struct value_store *store, struct value map, struct value key,
                     bool *found)
{
    const struct value *entries = value_elements(store, map);
    size_t low = 0;
    size_t high = collection(store, map, true)->count;
    *found = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = value_compare(store, entries[2 * middle], key);
        if (order == 0) {
            *found = true;
            return middle;
        }
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

struct value value_get(const struct value_store *store, struct value map, struct value key)
{
    if (value_is_none(key))
        return VALUE_NONE;
    bool found = false;
    size_t position = locate(store, map, key, &found);
    return found ? value_elements(store, map)[2 * position + 1] : VALUE_NONE;
}

/* Without interning the text: the store is constant here. */
static int compare_text(const struct value_store *store, struct value key, const char *text,
                        size_t length)
{
    const struct value_header *header = value_header(store, key);
    if (header->kind != VALUE_STRING)
        return header->kind < VALUE_STRING ? -1 : 1;
    size_t shared = header->count < length ? header->count : length;
    int order = shared == 0 ? 0 : memcmp(header->payload, text, shared);
    return order != 0 ? order : (header->count > length) - (header->count < length);
}

struct value value_get_text(const struct value_store *store, struct value map, const char *key)
{
    const struct value *entries = value_elements(store, map);
    size_t length = strlen(key);
    size_t low = 0;
    size_t high = collection(store, map, true)->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare_text(store, entries[2 * middle], key, length);
        if (order == 0)
            return entries[2 * middle + 1];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return VALUE_NONE;
}

struct value value_append(struct value_store *store, struct value list, struct value element)
{
    if (value_is_none(list) || value_is_none(element))
        return VALUE_NONE;
    size_t count = collection(store, list, false)->count;
    struct value *ids = scratch(store, count + 1);
    if (ids == NULL)
        return VALUE_NONE;
    memcpy(ids, value_elements(store, list), count * sizeof *ids);
    ids[count] = element;
    return intern_scratch(store, VALUE_LIST, count + 1, 1);
}

struct value value_slice(struct value_store *store, struct value list, size_t start, size_t count)
{
    if (value_is_none(list))
        return VALUE_NONE;
    size_t length = collection(store, list, false)->count;
    CHECK(start <= length && count <= length - start);
    return value_list(store, value_elements(store, list) + start, count);
}

struct value value_replace_at(struct value_store *store, struct value list, size_t index,
                              struct value element)
{
    if (value_is_none(list) || value_is_none(element))
        return VALUE_NONE;
    size_t count = collection(store, list, false)->count;
    CHECK(index < count);
    struct value *ids = scratch(store, count);
    if (ids == NULL)
        return VALUE_NONE;
    memcpy(ids, value_elements(store, list), count * sizeof *ids);
    ids[index] = element;
    return intern_scratch(store, VALUE_LIST, count, 1);
}

struct value value_put(struct value_store *store, struct value map, struct value key,
                       struct value value)
{
    if (value_is_none(map) || value_is_none(key) || value_is_none(value))
        return VALUE_NONE;
    bool found = false;
    size_t position = locate(store, map, key, &found);
    size_t count = value_count(store, map);
    struct value *ids = scratch(store, 2 * (count + 1));
    if (ids == NULL)
        return VALUE_NONE;
    const struct value *old = value_elements(store, map);
    size_t rest = position + (found ? 1 : 0);
    memcpy(ids, old, 2 * position * sizeof *ids);
    ids[2 * position] = key;
    ids[2 * position + 1] = value;
    memcpy(ids + 2 * (position + 1), old + 2 * rest, 2 * (count - rest) * sizeof *ids);
    return intern_scratch(store, VALUE_MAP, 2 * (count + (found ? 0 : 1)), 2);
}

struct value value_put_text(struct value_store *store, struct value map, const char *key,
                            struct value value)
{
    return value_put(store, map, value_text(store, key), value);
}

struct value value_remove(struct value_store *store, struct value map, struct value key)
{
    if (value_is_none(map) || value_is_none(key))
        return VALUE_NONE;
    bool found = false;
    size_t position = locate(store, map, key, &found);
    if (!found)
        return map;
    size_t count = value_count(store, map);
    struct value *ids = scratch(store, 2 * count);
    if (ids == NULL)
        return VALUE_NONE;
    const struct value *old = value_elements(store, map);
    memcpy(ids, old, 2 * position * sizeof *ids);
    memcpy(ids + 2 * position, old + 2 * (position + 1), 2 * (count - position - 1) * sizeof *ids);
    return intern_scratch(store, VALUE_MAP, 2 * (count - 1), 2);
}
