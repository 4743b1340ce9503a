/* Reading the parts of lists, maps and sets, chunked or not. */
#include "model/base/error.h"
#include "model/base/value_internal.h"

#include <string.h>

const struct value_chunk *value_chunk_of(const struct value_header *header, size_t index)
{
    const struct value_chunks *chunks = value_chunks(header);
    if (header->kind == VALUE_LIST)
        return &chunks->chunks[index / LIST_CHUNK];
    size_t low = 0; /* the chunk is in low..high-1 */
    size_t high = chunks->count;
    while (high - low > 1) {
        size_t middle = low + (high - low) / 2;
        if (chunks->chunks[middle].start <= index)
            low = middle;
        else
            high = middle;
    }
    return &chunks->chunks[low];
}

struct value value_part(const struct value_store *store, const struct value_header *header,
                        size_t index, size_t part)
{
    CHECK(index < header->count);
    size_t width = header->kind == VALUE_MAP ? 2 : 1;
    if (header->chunked) {
        const struct value_chunk *chunk = value_chunk_of(header, index);
        index -= chunk->start;
        header = value_header(store, chunk->part);
    }
    return value_parts(header)[index * width + part];
}

void value_copy_parts(const struct value_store *store, const struct value_header *header,
                      struct value *parts)
{
    size_t width = header->kind == VALUE_MAP ? 2 : 1;
    if (!header->chunked) {
        if (header->count > 0)
            memcpy(parts, header->payload, header->count * width * sizeof *parts);
        return;
    }
    const struct value_chunks *chunks = value_chunks(header);
    for (size_t i = 0; i < chunks->count; i++) {
        const struct value_header *part = value_header(store, chunks->chunks[i].part);
        memcpy(parts, part->payload, part->count * width * sizeof *parts);
        parts += part->count * width;
    }
}

static bool is_map(const struct value_header *header) { return header->kind == VALUE_MAP; }

static bool is_list_or_set(const struct value_header *header)
{
    return header->kind == VALUE_LIST || header->kind == VALUE_STRING_SET ||
           header->kind == VALUE_NUMBER_SET || header->kind == VALUE_BINARY_SET;
}

size_t value_count(const struct value_store *store, struct value v)
{
    const struct value_header *header = value_header(store, v);
    CHECK(is_map(header) || is_list_or_set(header));
    return header->count;
}

struct value value_at(const struct value_store *store, struct value v, size_t index)
{
    const struct value_header *header = value_header(store, v);
    CHECK(is_list_or_set(header));
    return value_part(store, header, index, 0);
}

struct value value_key_at(const struct value_store *store, struct value map, size_t index)
{
    return value_part(store, value_header_of(store, map, VALUE_MAP), index, 0);
}

struct value value_value_at(const struct value_store *store, struct value map, size_t index)
{
    return value_part(store, value_header_of(store, map, VALUE_MAP), index, 1);
}
