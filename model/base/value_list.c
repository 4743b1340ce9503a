/* Lists and sets. */
#include "model/base/error.h"
#include "model/base/value_internal.h"

#include <string.h>

/* Any number of elements, none of them VALUE_NONE. */
static struct value build_list(struct value_store *store, const struct value *elements,
                               size_t count)
{
    if (count <= LIST_FLAT_MAX)
        return value_intern_flat(store, VALUE_LIST, elements, count);
    if (!value_chunks_begin(store, NULL, 0, 0))
        return VALUE_NONE;
    for (size_t start = 0; start < count; start += LIST_CHUNK) {
        size_t length = count - start < LIST_CHUNK ? count - start : LIST_CHUNK;
        if (!value_chunks_add(store, VALUE_LIST,
                              value_intern_flat(store, VALUE_LIST, elements + start, length)))
            return VALUE_NONE;
    }
    return value_chunks_end(store, VALUE_LIST, NULL, 0);
}

struct value value_list(struct value_store *store, const struct value *elements, size_t count)
{
    if (value_any_none(elements, count))
        return VALUE_NONE;
    return build_list(store, elements, count);
}

/* The list with element `index` replaced or, if that is its length, added. */
static struct value replace_in_flat(struct value_store *store, struct value list, size_t index,
                                    struct value element)
{
    const struct value_header *header = value_header(store, list);
    size_t count = header->count;
    if (!value_scratch_reserve(store, count + 1))
        return VALUE_NONE;
    value_copy_parts(store, header, store->scratch);
    store->scratch[index] = element;
    return build_list(store, store->scratch, index < count ? count : count + 1);
}

static struct value replace_in_chunked(struct value_store *store, struct value list, size_t index,
                                       struct value element)
{
    const struct value_header *header = value_header(store, list);
    const struct value_chunks *old = value_chunks(header);
    size_t place = index / LIST_CHUNK;
    size_t rest = place < old->count ? place + 1 : place;
    if (!value_chunks_begin(store, header, place, rest))
        return VALUE_NONE;
    struct value part;
    if (place < old->count)
        part = replace_in_flat(store, old->chunks[place].part, index % LIST_CHUNK, element);
    else
        part = value_intern_flat(store, VALUE_LIST, &element, 1);
    if (!value_chunks_add(store, VALUE_LIST, part))
        return VALUE_NONE;
    return value_chunks_end(store, VALUE_LIST, old, rest);
}

static struct value replace(struct value_store *store, struct value list, size_t index,
                            struct value element)
{
    return value_header(store, list)->chunked ? replace_in_chunked(store, list, index, element)
                                              : replace_in_flat(store, list, index, element);
}

struct value value_append(struct value_store *store, struct value list, struct value element)
{
    if (value_is_none(list) || value_is_none(element))
        return VALUE_NONE;
    return replace(store, list, value_header_of(store, list, VALUE_LIST)->count, element);
}

struct value value_replace_at(struct value_store *store, struct value list, size_t index,
                              struct value element)
{
    if (value_is_none(list) || value_is_none(element))
        return VALUE_NONE;
    CHECK(index < value_header_of(store, list, VALUE_LIST)->count);
    return replace(store, list, index, element);
}

struct value value_slice(struct value_store *store, struct value list, size_t start, size_t count)
{
    if (value_is_none(list))
        return VALUE_NONE;
    const struct value_header *header = value_header_of(store, list, VALUE_LIST);
    CHECK(start <= header->count && count <= header->count - start);
    if (!header->chunked)
        return build_list(store, count > 0 ? value_parts(header) + start : NULL, count);
    if (!value_scratch_reserve(store, header->count))
        return VALUE_NONE;
    value_copy_parts(store, header, store->scratch);
    return build_list(store, store->scratch + start, count);
}

static enum value_kind element_kind(enum value_kind set)
{
    switch (set) {
    case VALUE_STRING_SET:
        return VALUE_STRING;
    case VALUE_NUMBER_SET:
        return VALUE_NUMBER;
    case VALUE_BINARY_SET:
        return VALUE_BINARY;
    case VALUE_NULL:
    case VALUE_BOOL:
    case VALUE_NUMBER:
    case VALUE_STRING:
    case VALUE_BINARY:
    case VALUE_LIST:
    case VALUE_MAP:
        break;
    }
    BUG("not a kind of set");
}

struct value value_set(struct value_store *store, enum value_kind kind,
                       const struct value *elements, size_t count)
{
    if (value_any_none(elements, count) || !value_scratch_reserve(store, 2 * count))
        return VALUE_NONE;
    for (size_t i = 0; i < count; i++) {
        CHECK(value_kind(store, elements[i]) == element_kind(kind));
        store->scratch[i] = elements[i];
    }
    count = value_sort_unique(store, store->scratch, count, 1);
    return value_intern_flat(store, kind, store->scratch, count);
}
