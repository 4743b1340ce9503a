#include "model/base/value.h"

#include "model/base/error.h"
#include "model/base/value_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { INDEX_SIZE_FIRST = 1024, FORMAT_SIZE = 1024, COMPARE_DEPTH_MAX = 512 };

struct value_store *value_store_create(struct memory *memory)
{
    struct value_store *store = memory_allocate_zeroed(memory, 1, sizeof *store);
    if (store == NULL)
        return NULL;
    store->memory = memory;
    arena_init(&store->payloads, memory);
    store->index = memory_allocate_zeroed(memory, INDEX_SIZE_FIRST, sizeof *store->index);
    void *headers = NULL;
    bool reserved = memory_reserve(memory, &headers, &store->capacity, 1, sizeof *store->headers);
    store->headers = headers;
    if (store->index == NULL || !reserved) {
        value_store_destroy(store);
        return NULL;
    }
    store->index_size = INDEX_SIZE_FIRST;
    store->count = 1; /* id 0 is VALUE_NONE */
    memset(&store->headers[0], 0, sizeof store->headers[0]);
    return store;
}

void value_store_destroy(struct value_store *store)
{
    if (store == NULL)
        return;
    struct memory *memory = store->memory;
    arena_release(&store->payloads);
    memory_free(memory, store->scratch, store->scratch_capacity * sizeof *store->scratch);
    memory_free(memory, store->hashes, store->hash_capacity * sizeof *store->hashes);
    memory_free(memory, store->headers, store->capacity * sizeof *store->headers);
    memory_free(memory, store->index, store->index_size * sizeof *store->index);
    memory_free(memory, store, sizeof *store);
}

bool value_store_failed(const struct value_store *store) { return store->failed; }

size_t value_store_count(const struct value_store *store) { return store->count - 1; }

size_t value_store_bytes(const struct value_store *store)
{
    return store->payload_bytes + store->capacity * sizeof *store->headers +
           store->index_size * sizeof *store->index;
}

struct memory *value_store_memory(const struct value_store *store) { return store->memory; }

static size_t payload_size(enum value_kind kind, size_t count)
{
    switch (kind) {
    case VALUE_NULL:
        return 0;
    case VALUE_BOOL:
        return 1;
    case VALUE_NUMBER:
        return sizeof(struct decimal);
    case VALUE_STRING:
    case VALUE_BINARY:
        return count;
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

/* The slot of an equal value, or a free one. Equal hashes are not trusted: contents are compared.
 */
static size_t find_slot(const struct value_store *store, enum value_kind kind, size_t count,
                        const void *payload, struct hash128 hash)
{
    size_t size = payload_size(kind, count);
    size_t slot = (size_t)hash.low & (store->index_size - 1);
    for (;;) {
        uint32_t id = store->index[slot];
        if (id == 0)
            return slot;
        const struct value_header *header = &store->headers[id];
        if (hash128_equal(header->hash, hash) && header->kind == (uint8_t)kind &&
            header->count == count && (size == 0 || memcmp(header->payload, payload, size) == 0))
            return slot;
        slot = (slot + 1) & (store->index_size - 1);
    }
}

static bool grow_index(struct value_store *store)
{
    size_t size = store->index_size * 2;
    uint32_t *index = memory_allocate_zeroed(store->memory, size, sizeof *index);
    if (index == NULL)
        return false;
    for (size_t id = 1; id < store->count; id++) {
        size_t slot = (size_t)store->headers[id].hash.low & (size - 1);
        while (index[slot] != 0)
            slot = (slot + 1) & (size - 1);
        index[slot] = (uint32_t)id;
    }
    memory_free(store->memory, store->index, store->index_size * sizeof *store->index);
    store->index = index;
    store->index_size = size;
    return true;
}

struct value value_store_fail(struct value_store *store)
{
    store->failed = true;
    return VALUE_NONE;
}

struct value value_intern(struct value_store *store, enum value_kind kind, size_t count,
                          const void *payload, struct hash128 hash)
{
    if (count > UINT32_MAX)
        return value_store_fail(store);
    size_t slot = find_slot(store, kind, count, payload, hash);
    if (store->index[slot] != 0)
        return (struct value){store->index[slot]};
    size_t size = payload_size(kind, count);
    void *headers = store->headers;
    if (store->count >= UINT32_MAX || !memory_reserve(store->memory, &headers, &store->capacity,
                                                      store->count + 1, sizeof *store->headers))
        return value_store_fail(store);
    store->headers = headers;
    char *copy = arena_allocate(&store->payloads, size + 1);
    if (copy == NULL)
        return value_store_fail(store);
    if (size > 0)
        memcpy(copy, payload, size);
    uint32_t id = (uint32_t)store->count;
    store->headers[id] = (struct value_header){
        .hash = hash, .payload = copy, .count = (uint32_t)count, .kind = (uint8_t)kind};
    if (store->count * 2 >= store->index_size && !grow_index(store))
        return value_store_fail(store);
    store->count++;
    store->payload_bytes += size + 1;
    slot = find_slot(store, kind, count, copy, hash);
    store->index[slot] = id;
    return (struct value){id};
}

struct value value_null(struct value_store *store)
{
    return value_intern(store, VALUE_NULL, 0, NULL, hash128_combine(VALUE_NULL, NULL, 0));
}

struct value value_bool(struct value_store *store, bool truth)
{
    uint8_t byte = truth ? 1 : 0;
    struct hash128 part = {.low = byte, .high = 0};
    return value_intern(store, VALUE_BOOL, 0, &byte, hash128_combine(VALUE_BOOL, &part, 1));
}

struct value value_number(struct value_store *store, const struct decimal *number)
{
    /* no padding may be hashed or compared */
    struct decimal clean;
    memset(&clean, 0, sizeof clean);
    clean.coefficient = number->coefficient;
    clean.exponent = number->exponent;
    clean.negative = number->negative;
    struct hash128 parts[2] = {
        {.low = (uint64_t)clean.coefficient, .high = (uint64_t)(clean.coefficient >> 64)},
        {.low = (uint64_t)(int64_t)clean.exponent, .high = clean.negative ? 1 : 0},
    };
    return value_intern(store, VALUE_NUMBER, 0, &clean, hash128_combine(VALUE_NUMBER, parts, 2));
}

struct value value_integer(struct value_store *store, int64_t integer)
{
    struct decimal number = decimal_from_integer(integer);
    return value_number(store, &number);
}

static struct value intern_bytes(struct value_store *store, enum value_kind kind, const void *bytes,
                                 size_t length)
{
    struct hash128 part = hash128_bytes(bytes, length);
    return value_intern(store, kind, length, bytes, hash128_combine((uint64_t)kind, &part, 1));
}

struct value value_string(struct value_store *store, const char *bytes, size_t length)
{
    return intern_bytes(store, VALUE_STRING, bytes, length);
}

struct value value_text(struct value_store *store, const char *text)
{
    return value_string(store, text, strlen(text));
}

struct value value_format(struct value_store *store, const char *format, ...)
{
    char text[FORMAT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    CHECK(length >= 0 && (size_t)length < sizeof text);
    return value_string(store, text, (size_t)length);
}

struct value value_binary(struct value_store *store, const void *bytes, size_t length)
{
    return intern_bytes(store, VALUE_BINARY, bytes, length);
}

const struct value_header *value_header(const struct value_store *store, struct value v)
{
    CHECK(v.id != 0 && v.id < store->count);
    return &store->headers[v.id];
}

static const struct value_header *header_of(const struct value_store *store, struct value v,
                                            enum value_kind kind)
{
    const struct value_header *header = value_header(store, v);
    CHECK(header->kind == (uint8_t)kind);
    return header;
}

enum value_kind value_kind(const struct value_store *store, struct value v)
{
    return (enum value_kind)value_header(store, v)->kind;
}

bool value_truth(const struct value_store *store, struct value v)
{
    return header_of(store, v, VALUE_BOOL)->payload[0] != 0;
}

const struct decimal *value_decimal(const struct value_store *store, struct value v)
{
    const void *payload = header_of(store, v, VALUE_NUMBER)->payload;
    return payload;
}

const char *value_bytes(const struct value_store *store, struct value v, size_t *length)
{
    const struct value_header *header = value_header(store, v);
    CHECK(header->kind == VALUE_STRING || header->kind == VALUE_BINARY);
    if (length != NULL)
        *length = header->count;
    return header->payload;
}

bool value_is_text(const struct value_store *store, struct value v, const char *text)
{
    const struct value_header *header = value_header(store, v);
    size_t length = strlen(text);
    return header->kind == VALUE_STRING && header->count == length &&
           memcmp(header->payload, text, length) == 0;
}

bool value_to_integer(const struct value_store *store, struct value v, int64_t *integer)
{
    return value_kind(store, v) == VALUE_NUMBER &&
           decimal_to_integer(value_decimal(store, v), integer);
}

struct hash128 value_hash(const struct value_store *store, struct value v)
{
    return value_header(store, v)->hash;
}

static int compare_bytes(const struct value_header *a, const struct value_header *b)
{
    size_t shared = a->count < b->count ? a->count : b->count;
    int order = shared == 0 ? 0 : memcmp(a->payload, b->payload, shared);
    return order != 0 ? order : (a->count > b->count) - (a->count < b->count);
}

/* Elements or entries one after the other, then the shorter first: recursion is as deep as the
 * values are nested. */
// NOLINTNEXTLINE(misc-no-recursion): bounded by COMPARE_DEPTH_MAX
static int compare_at(const struct value_store *store, struct value a, struct value b,
                      unsigned depth)
{
    if (value_equal(a, b))
        return 0;
    CHECK(depth < COMPARE_DEPTH_MAX);
    const struct value_header *x = value_header(store, a);
    const struct value_header *y = value_header(store, b);
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    switch ((enum value_kind)x->kind) {
    case VALUE_NULL:
        return 0;
    case VALUE_BOOL:
        return x->payload[0] < y->payload[0] ? -1 : 1;
    case VALUE_NUMBER:
        return decimal_compare(value_decimal(store, a), value_decimal(store, b));
    case VALUE_STRING:
    case VALUE_BINARY:
        return compare_bytes(x, y);
    case VALUE_LIST:
    case VALUE_STRING_SET:
    case VALUE_NUMBER_SET:
    case VALUE_BINARY_SET:
    case VALUE_MAP:
        break;
    }
    size_t width = x->kind == VALUE_MAP ? 2 : 1;
    const struct value *left = value_elements(store, a);
    const struct value *right = value_elements(store, b);
    size_t shared = (x->count < y->count ? x->count : y->count) * width;
    for (size_t i = 0; i < shared; i++) {
        int order = compare_at(store, left[i], right[i], depth + 1);
        if (order != 0)
            return order;
    }
    return (x->count > y->count) - (x->count < y->count);
}

int value_compare(const struct value_store *store, struct value a, struct value b)
{
    return compare_at(store, a, b, 0);
}
