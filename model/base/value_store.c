/* The value store: finding and adding values. */
#include "model/base/error.h"
#include "model/base/value_internal.h"

#include <stdalign.h>
#include <string.h>

enum { SLOTS_FIRST = 1024 };

_Static_assert(sizeof(struct value_header) == 32, "two headers a cache line");
_Static_assert(sizeof(struct value_entry) == 2 * sizeof(struct value), "entries are parts in turn");

struct value_store *value_store_create(struct memory *memory)
{
    struct value_store *store = memory_allocate_zeroed(memory, 1, sizeof *store);
    if (store == NULL)
        return NULL;
    store->memory = memory;
    arena_init(&store->payloads, memory);
    store->slots = memory_allocate_zeroed(memory, SLOTS_FIRST, sizeof *store->slots);
    if (store->slots == NULL) {
        value_store_destroy(store);
        return NULL;
    }
    store->slots_size = SLOTS_FIRST;
    store->count = 1;
    return store;
}

void value_store_destroy(struct value_store *store)
{
    if (store == NULL)
        return;
    struct memory *memory = store->memory;
    arena_release(&store->payloads);
    memory_free(memory, store->headers, store->capacity * sizeof *store->headers);
    memory_free(memory, store->slots, store->slots_size * sizeof *store->slots);
    memory_free(memory, store->scratch, store->scratch_capacity * sizeof *store->scratch);
    memory_free(memory, store->hashes, store->hashes_capacity * sizeof *store->hashes);
    memory_free(memory, store->chunks, store->chunks_capacity);
    memory_free(memory, store, sizeof *store);
}

void value_store_clear(struct value_store *store)
{
    arena_reset(&store->payloads);
    memset(store->slots, 0, store->slots_size * sizeof *store->slots);
    store->count = 1;
}

bool value_store_failed(const struct value_store *store) { return store->failed; }

size_t value_store_count(const struct value_store *store) { return store->count - 1; }

size_t value_store_bytes(const struct value_store *store)
{
    return sizeof *store + store->payloads.held + store->capacity * sizeof *store->headers +
           store->slots_size * sizeof *store->slots +
           store->scratch_capacity * sizeof *store->scratch +
           store->hashes_capacity * sizeof *store->hashes + store->chunks_capacity;
}

struct memory *value_store_memory(const struct value_store *store) { return store->memory; }

struct value value_store_fail(struct value_store *store)
{
    store->failed = true;
    return VALUE_NONE;
}

bool value_scratch_reserve(struct value_store *store, size_t count)
{
    void *scratch = store->scratch;
    bool reserved = memory_reserve(store->memory, &scratch, &store->scratch_capacity, count,
                                   sizeof *store->scratch);
    store->scratch = scratch;
    store->failed = store->failed || !reserved;
    return reserved;
}

static bool reserve_hashes(struct value_store *store, size_t count)
{
    void *hashes = store->hashes;
    bool reserved = memory_reserve(store->memory, &hashes, &store->hashes_capacity, count,
                                   sizeof *store->hashes);
    store->hashes = hashes;
    store->failed = store->failed || !reserved;
    return reserved;
}

/* Without the NUL that follows bytes. */
static size_t payload_size(enum value_kind kind, size_t count, bool chunked, const void *payload)
{
    if (chunked) {
        const struct value_chunks *chunks = payload;
        return sizeof *chunks + chunks->count * sizeof chunks->chunks[0];
    }
    switch (kind) {
    case VALUE_NULL:
    case VALUE_BOOL:
    case VALUE_STRING:
    case VALUE_BINARY:
        return count;
    case VALUE_NUMBER:
        return sizeof(struct decimal);
    case VALUE_LIST:
    case VALUE_STRING_SET:
    case VALUE_NUMBER_SET:
    case VALUE_BINARY_SET:
        return count * sizeof(struct value);
    case VALUE_MAP:
        return count * sizeof(struct value_entry);
    }
    BUG("not a kind of value");
}

size_t value_payload_size(const struct value_header *header)
{
    return payload_size((enum value_kind)header->kind, header->count, header->chunked != 0,
                        header->payload);
}

static size_t payload_alignment(enum value_kind kind, bool chunked)
{
    if (chunked)
        return alignof(struct value_chunks);
    switch (kind) {
    case VALUE_NULL:
    case VALUE_BOOL:
    case VALUE_STRING:
    case VALUE_BINARY:
        return 1;
    case VALUE_NUMBER:
        return alignof(struct decimal);
    case VALUE_LIST:
    case VALUE_MAP:
    case VALUE_STRING_SET:
    case VALUE_NUMBER_SET:
    case VALUE_BINARY_SET:
        return alignof(struct value);
    }
    BUG("not a kind of value");
}

/* A struct decimal has padding, so its bytes cannot be compared. */
static bool is_same_number(const struct decimal *a, const struct decimal *b)
{
    return a->coefficient == b->coefficient && a->exponent == b->exponent &&
           a->negative == b->negative;
}

static bool has_content(const struct value_header *header, const struct value_content *content)
{
    if (!hash128_equal(header->hash, content->hash) || header->kind != (uint8_t)content->kind ||
        header->count != content->count || header->chunked != content->chunked)
        return false;
    if (content->kind == VALUE_NUMBER)
        return is_same_number(header->payload, content->payload);
    size_t size = payload_size(content->kind, content->count, content->chunked, content->payload);
    return size == payload_size(content->kind, header->count, header->chunked, header->payload) &&
           (size == 0 || memcmp(header->payload, content->payload, size) == 0);
}

static uint32_t tag_of(struct hash128 hash) { return (uint32_t)(hash.high >> 32); }

/* The slot of the value with this content, or the free slot where it belongs. */
static size_t find_slot(const struct value_store *store, const struct value_content *content)
{
    uint32_t tag = tag_of(content->hash);
    size_t slot = (size_t)content->hash.low & (store->slots_size - 1);
    for (;; slot = (slot + 1) & (store->slots_size - 1)) {
        const struct value_slot *s = &store->slots[slot];
        if (s->id == 0 || (s->tag == tag && has_content(&store->headers[s->id], content)))
            return slot;
    }
}

static bool grow_slots(struct value_store *store)
{
    size_t size = store->slots_size * 2;
    struct value_slot *slots = memory_allocate_zeroed(store->memory, size, sizeof *slots);
    if (slots == NULL)
        return false;
    for (size_t id = 1; id < store->count; id++) {
        struct hash128 hash = store->headers[id].hash;
        size_t slot = (size_t)hash.low & (size - 1);
        while (slots[slot].id != 0)
            slot = (slot + 1) & (size - 1);
        slots[slot] = (struct value_slot){.id = (uint32_t)id, .tag = tag_of(hash)};
    }
    memory_free(store->memory, store->slots, store->slots_size * sizeof *store->slots);
    store->slots = slots;
    store->slots_size = size;
    return true;
}

/* Room for one more header and a load of at most 3/4. */
static bool make_room(struct value_store *store)
{
    if (store->count < store->capacity && store->count < store->slots_size / 4 * 3)
        return true;
    if (store->count > UINT32_MAX)
        return false;
    void *headers = store->headers;
    bool reserved = memory_reserve(store->memory, &headers, &store->capacity, store->count + 1,
                                   sizeof *store->headers);
    store->headers = headers;
    return reserved && (store->count < store->slots_size / 4 * 3 || grow_slots(store));
}

struct value value_intern(struct value_store *store, const struct value_content *content)
{
    if (content->count > UINT32_MAX)
        return value_store_fail(store);
    size_t slot = find_slot(store, content);
    if (store->slots[slot].id != 0)
        return (struct value){store->slots[slot].id};

    size_t slots_size = store->slots_size;
    if (!make_room(store))
        return value_store_fail(store);
    if (store->slots_size != slots_size)
        slot = find_slot(store, content);
    size_t size = payload_size(content->kind, content->count, content->chunked, content->payload);
    char *payload = arena_allocate_aligned(&store->payloads, size + 1,
                                           payload_alignment(content->kind, content->chunked));
    if (payload == NULL)
        return value_store_fail(store);
    if (size > 0)
        memcpy(payload, content->payload, size);
    payload[size] = '\0';

    uint32_t id = (uint32_t)store->count++;
    store->headers[id] = (struct value_header){.hash = content->hash,
                                               .payload = payload,
                                               .count = (uint32_t)content->count,
                                               .kind = (uint8_t)content->kind,
                                               .chunked = content->chunked,
                                               .depth = content->depth};
    store->slots[slot] = (struct value_slot){.id = id, .tag = tag_of(content->hash)};
    return (struct value){id};
}

struct value value_find(const struct value_store *store, const struct value_content *content)
{
    return (struct value){store->slots[find_slot(store, content)].id};
}

bool value_any_none(const struct value *values, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (value_is_none(values[i]))
            return true;
    }
    return false;
}

struct value value_intern_flat(struct value_store *store, enum value_kind kind,
                               const struct value *parts, size_t count)
{
    size_t parts_count = kind == VALUE_MAP ? 2 * count : count;
    if (!reserve_hashes(store, parts_count))
        return VALUE_NONE;
    unsigned depth = 0;
    for (size_t i = 0; i < parts_count; i++) {
        const struct value_header *part = value_header(store, parts[i]);
        store->hashes[i] = part->hash;
        if (part->depth >= depth)
            depth = part->depth + 1U;
    }
    CHECK(depth <= VALUE_DEPTH_MAX);
    struct value_content content = {.hash = hash128_combine(kind, store->hashes, parts_count),
                                    .payload = parts,
                                    .count = count,
                                    .kind = kind,
                                    .depth = (uint16_t)depth};
    return value_intern(store, &content);
}
