/* Making chunked lists and maps. */
#include "model/base/error.h"
#include "model/base/value_internal.h"

#include <string.h>

enum { TAG_CHUNKED = 0x100 }; /* tag of the hash, on top of the kind */

_Static_assert(sizeof(struct value_chunks) == 24 && sizeof(struct value_chunk) == 8, "no padding");

/* What a chunk adds to the sum. The order of a map's chunks follows from their contents. */
static struct hash128 hash_chunk(const struct value_store *store, enum value_kind kind,
                                 const struct value_chunk *chunk)
{
    struct hash128 hash = value_header(store, chunk->part)->hash;
    return hash128_tagged(kind == VALUE_LIST ? chunk->start : 0, &hash, sizeof hash);
}

static struct hash128 add(struct hash128 a, struct hash128 b)
{
    struct hash128 sum = {.low = a.low + b.low, .high = a.high + b.high};
    sum.high += sum.low < a.low;
    return sum;
}

static struct hash128 subtract(struct hash128 a, struct hash128 b)
{
    struct hash128 difference = {.low = a.low - b.low, .high = a.high - b.high};
    difference.high -= a.low < b.low;
    return difference;
}

/* Room for `count` chunks. */
static bool reserve(struct value_store *store, size_t count)
{
    void *chunks = store->chunks;
    bool reserved = memory_reserve(store->memory, &chunks, &store->chunks_capacity,
                                   sizeof *store->chunks + count * sizeof(struct value_chunk), 1);
    store->chunks = chunks;
    store->failed = store->failed || !reserved;
    return reserved;
}

bool value_chunks_begin(struct value_store *store, const struct value_header *old, size_t first,
                        size_t rest)
{
    if (!reserve(store, first))
        return false;
    struct value_chunks *new = store->chunks;
    memset(new, 0, sizeof *new);
    store->chunks_depth = 0;
    if (old == NULL)
        return true;
    const struct value_chunks *chunks = value_chunks(old);
    new->sum = chunks->sum;
    for (size_t i = first; i < rest; i++)
        new->sum =
            subtract(new->sum, hash_chunk(store, (enum value_kind)old->kind, &chunks->chunks[i]));
    new->count = (uint32_t)first;
    new->elements = first < chunks->count ? chunks->chunks[first].start : chunks->elements;
    memcpy(new->chunks, chunks->chunks, first * sizeof new->chunks[0]);
    store->chunks_depth = old->depth;
    return true;
}

bool value_chunks_add(struct value_store *store, enum value_kind kind, struct value part)
{
    if (value_is_none(part) || !reserve(store, (size_t)store->chunks->count + 1))
        return false;
    const struct value_header *header = value_header(store, part);
    struct value_chunks *new = store->chunks;
    if (header->count > UINT32_MAX - new->elements) {
        value_store_fail(store);
        return false;
    }
    struct value_chunk *chunk = &new->chunks[new->count++];
    *chunk = (struct value_chunk){.part = part, .start = new->elements};
    new->elements += header->count;
    new->sum = add(new->sum, hash_chunk(store, kind, chunk));
    if (header->depth > store->chunks_depth)
        store->chunks_depth = header->depth;
    return true;
}

/* Append the chunks of `old` from number `rest` on; their hashes are in the sum already. */
static bool append_rest(struct value_store *store, const struct value_chunks *old, size_t rest)
{
    size_t count = old->count - rest;
    if (count == 0)
        return true;
    if (!reserve(store, store->chunks->count + count))
        return false;
    struct value_chunks *new = store->chunks;
    if (old->elements - old->chunks[rest].start > UINT32_MAX - new->elements) {
        value_store_fail(store);
        return false;
    }
    uint32_t shift = new->elements - old->chunks[rest].start; /* modulo 2^32 */
    for (size_t i = 0; i < count; i++) {
        struct value_chunk chunk = old->chunks[rest + i];
        chunk.start += shift;
        new->chunks[new->count + i] = chunk;
    }
    new->count += (uint32_t)count;
    new->elements = old->elements + shift;
    return true;
}

struct value value_chunks_end(struct value_store *store, enum value_kind kind,
                              const struct value_chunks *old, size_t rest)
{
    if (old != NULL && !append_rest(store, old, rest))
        return VALUE_NONE;
    const struct value_chunks *new = store->chunks;
    uint64_t summary[] = {new->sum.low, new->sum.high, new->elements};
    struct value_content content = {
        .hash = hash128_tagged((uint64_t)kind | TAG_CHUNKED, summary, sizeof summary),
        .payload = new,
        .count = new->elements,
        .kind = kind,
        .chunked = true,
        .depth = store->chunks_depth};
    return value_intern(store, &content);
}
