#include "model/base/value.h"

#include "model/base/error.h"
#include "model/base/value_internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { FORMAT_SIZE = 256 }; /* longer texts take an allocation */

struct value_content value_leaf(enum value_kind kind, const void *bytes, size_t count)
{
    return (struct value_content){
        .hash = hash128_tagged(kind, bytes, count), .payload = bytes, .count = count, .kind = kind};
}

static struct value intern_leaf(struct value_store *store, enum value_kind kind, const void *bytes,
                                size_t count)
{
    struct value_content content = value_leaf(kind, bytes, count);
    return value_intern(store, &content);
}

struct value value_null(struct value_store *store) { return intern_leaf(store, VALUE_NULL, "", 0); }

struct value value_bool(struct value_store *store, bool truth)
{
    return intern_leaf(store, VALUE_BOOL, truth ? "\1" : "\0", 1);
}

struct value value_number(struct value_store *store, const struct decimal *number)
{
    /* Field by field: the padding of a struct decimal is anything. */
    const uint64_t fields[] = {(uint64_t)number->coefficient, (uint64_t)(number->coefficient >> 64),
                               (uint64_t)(int64_t)number->exponent, number->negative};
    struct value_content content = {.hash = hash128_tagged(VALUE_NUMBER, fields, sizeof fields),
                                    .payload = number,
                                    .count = 1,
                                    .kind = VALUE_NUMBER};
    return value_intern(store, &content);
}

struct value value_integer(struct value_store *store, int64_t integer)
{
    struct decimal number = decimal_from_integer(integer);
    return value_number(store, &number);
}

struct value value_string(struct value_store *store, const char *bytes, size_t length)
{
    return intern_leaf(store, VALUE_STRING, bytes, length);
}

struct value value_text(struct value_store *store, const char *text)
{
    return value_string(store, text, strlen(text));
}

struct value value_text_or_null(struct value_store *store, const char *text)
{
    return text == NULL ? value_null(store) : value_text(store, text);
}

struct value value_format(struct value_store *store, const char *format, ...)
{
    char shorter[FORMAT_SIZE];
    va_list arguments;
    va_list again;
    va_start(arguments, format);
    va_copy(again, arguments);
    struct value result = VALUE_NONE;
    int length = vsnprintf(shorter, sizeof shorter, format, arguments);
    CHECK(length >= 0);
    if ((size_t)length < sizeof shorter) {
        result = value_string(store, shorter, (size_t)length);
    } else {
        size_t size = (size_t)length + 1;
        char *text = memory_allocate(store->memory, size);
        if (text == NULL) {
            value_store_fail(store);
        } else {
            vsnprintf(text, size, format, again);
            result = value_string(store, text, (size_t)length);
        }
        memory_free(store->memory, text, size);
    }
    va_end(again);
    va_end(arguments);
    return result;
}

struct value value_binary(struct value_store *store, const void *bytes, size_t length)
{
    return intern_leaf(store, VALUE_BINARY, bytes, length);
}

enum value_kind value_kind(const struct value_store *store, struct value v)
{
    return (enum value_kind)value_header(store, v)->kind;
}

bool value_truth(const struct value_store *store, struct value v)
{
    const char *byte = value_header_of(store, v, VALUE_BOOL)->payload;
    return *byte != 0;
}

const struct decimal *value_decimal(const struct value_store *store, struct value v)
{
    return value_header_of(store, v, VALUE_NUMBER)->payload;
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
    const struct value_header *header = value_header(store, v);
    return header->kind == VALUE_NUMBER && decimal_to_integer(header->payload, integer);
}

struct hash128 value_hash(const struct value_store *store, struct value v)
{
    return value_header(store, v)->hash;
}

static int compare_bytes(const struct value_header *a, const struct value_header *b)
{
    size_t shared = a->count < b->count ? a->count : b->count;
    int order = memcmp(a->payload, b->payload, shared);
    return order != 0 ? order : (a->count > b->count) - (a->count < b->count);
}

/* How many elements at the start are the same because they are in the same chunks. */
static size_t count_shared(const struct value_header *a, const struct value_header *b)
{
    if (!a->chunked || !b->chunked)
        return 0;
    const struct value_chunks *x = value_chunks(a);
    const struct value_chunks *y = value_chunks(b);
    size_t i = 0;
    while (i < x->count && i < y->count && value_equal(x->chunks[i].part, y->chunks[i].part))
        i++;
    if (i < x->count)
        return x->chunks[i].start;
    return i < y->count ? y->chunks[i].start : a->count;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the values are nested, at most VALUE_DEPTH_MAX */
static int compare_parts(const struct value_store *store, const struct value_header *a,
                         const struct value_header *b)
{
    size_t width = a->kind == VALUE_MAP ? 2 : 1;
    size_t count = a->count < b->count ? a->count : b->count;
    for (size_t i = count_shared(a, b); i < count; i++) {
        for (size_t part = 0; part < width; part++) {
            int order =
                value_compare(store, value_part(store, a, i, part), value_part(store, b, i, part));
            if (order != 0)
                return order;
        }
    }
    return (a->count > b->count) - (a->count < b->count);
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the values are nested, at most VALUE_DEPTH_MAX */
int value_compare(const struct value_store *store, struct value a, struct value b)
{
    if (value_equal(a, b))
        return 0;
    const struct value_header *x = value_header(store, a);
    const struct value_header *y = value_header(store, b);
    if (x->kind != y->kind)
        return x->kind < y->kind ? -1 : 1;
    switch ((enum value_kind)x->kind) {
    case VALUE_NULL:
        return 0;
    case VALUE_NUMBER:
        return decimal_compare(x->payload, y->payload);
    case VALUE_BOOL:
    case VALUE_STRING:
    case VALUE_BINARY:
        return compare_bytes(x, y);
    case VALUE_LIST:
    case VALUE_MAP:
    case VALUE_STRING_SET:
    case VALUE_NUMBER_SET:
    case VALUE_BINARY_SET:
        return compare_parts(store, x, y);
    }
    BUG("not a kind of value");
}
