#include "model/base/value_codec.h"

enum { TAG_NONE = 0, TAG_FIRST = 1 /* plus the kind */, COUNT_SIZE = 4, NUMBER_SIZE_MAX = 8 };

void number_encode(struct text *text, uint64_t number, size_t size)
{
    char bytes[NUMBER_SIZE_MAX];
    for (size_t i = 0; i < size; i++)
        bytes[i] = (char)(unsigned char)(number >> (8 * i));
    text_append(text, bytes, size);
}

/* The next `size` bytes, or NULL. */
static const char *take(struct byte_reader *reader, size_t size)
{
    if (reader->failed || reader->left < size) {
        reader->failed = true;
        return NULL;
    }
    const char *bytes = reader->next;
    reader->next += size;
    reader->left -= size;
    return bytes;
}

uint64_t number_decode(struct byte_reader *reader, size_t size)
{
    const char *bytes = take(reader, size);
    uint64_t number = 0;
    for (size_t i = 0; bytes != NULL && i < size; i++)
        number |= (uint64_t)(unsigned char)bytes[i] << (8 * i);
    return number;
}

static void encode_bytes(struct text *text, const char *bytes, size_t length)
{
    number_encode(text, length, COUNT_SIZE);
    text_append(text, bytes, length);
}

/* NOLINTNEXTLINE(misc-no-recursion): at most VALUE_DEPTH_MAX deep */
static void encode_elements(struct text *text, const struct value_store *store, struct value value)
{
    size_t count = value_count(store, value);
    number_encode(text, count, COUNT_SIZE);
    for (size_t i = 0; i < count; i++) {
        if (value_kind(store, value) != VALUE_MAP) {
            value_encode(text, store, value_at(store, value, i));
            continue;
        }
        value_encode(text, store, value_key_at(store, value, i));
        value_encode(text, store, value_value_at(store, value, i));
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): at most VALUE_DEPTH_MAX deep */
void value_encode(struct text *text, const struct value_store *store, struct value value)
{
    if (value_is_none(value)) {
        number_encode(text, TAG_NONE, 1);
        return;
    }
    enum value_kind kind = value_kind(store, value);
    char digits[DECIMAL_TEXT_SIZE];
    size_t length = 0;
    number_encode(text, TAG_FIRST + (uint64_t)kind, 1);
    switch (kind) {
    case VALUE_NULL:
        return;
    case VALUE_BOOL:
        number_encode(text, value_truth(store, value) ? 1 : 0, 1);
        return;
    case VALUE_NUMBER:
        length = decimal_text(value_decimal(store, value), digits);
        encode_bytes(text, digits, length);
        return;
    case VALUE_STRING:
    case VALUE_BINARY: {
        const char *bytes = value_bytes(store, value, &length);
        encode_bytes(text, bytes, length);
        return;
    }
    case VALUE_LIST:
    case VALUE_MAP:
    case VALUE_STRING_SET:
    case VALUE_NUMBER_SET:
    case VALUE_BINARY_SET:
        encode_elements(text, store, value);
        return;
    }
}

static struct value refuse(struct byte_reader *reader)
{
    reader->failed = true;
    return VALUE_NONE;
}

static struct value decode(struct value_store *store, struct byte_reader *reader, unsigned depth);

static struct value decode_number(struct value_store *store, struct byte_reader *reader)
{
    struct decimal number;
    size_t length = (size_t)number_decode(reader, COUNT_SIZE);
    const char *digits = take(reader, length);
    if (digits == NULL || decimal_parse(digits, length, &number) != DECIMAL_OK)
        return refuse(reader);
    return value_number(store, &number);
}

/* NOLINTNEXTLINE(misc-no-recursion): at most VALUE_DEPTH_MAX deep */
static struct value decode_part(struct value_store *store, struct byte_reader *reader,
                                unsigned depth)
{
    struct value part = decode(store, reader, depth + 1);
    if (value_is_none(part))
        reader->failed = true; /* nothing holds VALUE_NONE */
    return part;
}

/* NOLINTNEXTLINE(misc-no-recursion): at most VALUE_DEPTH_MAX deep */
static struct value decode_map(struct value_store *store, struct byte_reader *reader, size_t count,
                               unsigned depth)
{
    struct value_entry *entries =
        memory_allocate_zeroed(value_store_memory(store), count + 1, sizeof *entries);
    struct value value = VALUE_NONE;
    if (entries == NULL)
        return refuse(reader);
    for (size_t i = 0; i < count && !reader->failed; i++) {
        entries[i].key = decode_part(store, reader, depth);
        entries[i].value = decode_part(store, reader, depth);
    }
    if (!reader->failed)
        value = value_map(store, entries, count);
    memory_free(value_store_memory(store), entries, (count + 1) * sizeof *entries);
    return value;
}

/* The kind that the elements of a set have; VALUE_LIST has any. */
static bool may_hold(enum value_kind kind, enum value_kind element)
{
    return kind == VALUE_LIST || (kind == VALUE_STRING_SET && element == VALUE_STRING) ||
           (kind == VALUE_NUMBER_SET && element == VALUE_NUMBER) ||
           (kind == VALUE_BINARY_SET && element == VALUE_BINARY);
}

/* NOLINTNEXTLINE(misc-no-recursion): at most VALUE_DEPTH_MAX deep */
static struct value decode_list(struct value_store *store, struct byte_reader *reader,
                                enum value_kind kind, size_t count, unsigned depth)
{
    struct value *elements =
        memory_allocate_zeroed(value_store_memory(store), count + 1, sizeof *elements);
    struct value value = VALUE_NONE;
    if (elements == NULL)
        return refuse(reader);
    for (size_t i = 0; i < count && !reader->failed; i++) {
        elements[i] = decode_part(store, reader, depth);
        if (!reader->failed && !may_hold(kind, value_kind(store, elements[i])))
            reader->failed = true;
    }
    if (!reader->failed)
        value = kind == VALUE_LIST ? value_list(store, elements, count)
                                   : value_set(store, kind, elements, count);
    memory_free(value_store_memory(store), elements, (count + 1) * sizeof *elements);
    return value;
}

/* NOLINTNEXTLINE(misc-no-recursion): at most VALUE_DEPTH_MAX deep */
static struct value decode(struct value_store *store, struct byte_reader *reader, unsigned depth)
{
    uint64_t tag = number_decode(reader, 1);
    if (reader->failed || tag == TAG_NONE)
        return VALUE_NONE;
    if (tag > TAG_FIRST + (uint64_t)VALUE_BINARY_SET || depth >= VALUE_DEPTH_MAX)
        return refuse(reader);
    enum value_kind kind = (enum value_kind)(tag - TAG_FIRST);
    if (kind == VALUE_NULL)
        return value_null(store);
    if (kind == VALUE_BOOL) {
        uint64_t truth = number_decode(reader, 1);
        return reader->failed || truth > 1 ? refuse(reader) : value_bool(store, truth == 1);
    }
    if (kind == VALUE_NUMBER)
        return decode_number(store, reader);
    size_t count = (size_t)number_decode(reader, COUNT_SIZE);
    if (reader->failed || count > reader->left) /* an element has a byte at least */
        return refuse(reader);
    if (kind == VALUE_STRING || kind == VALUE_BINARY) {
        const char *bytes = take(reader, count);
        return kind == VALUE_STRING ? value_string(store, bytes, count)
                                    : value_binary(store, bytes, count);
    }
    return kind == VALUE_MAP ? decode_map(store, reader, count, depth)
                             : decode_list(store, reader, kind, count, depth);
}

struct value value_decode(struct value_store *store, struct byte_reader *reader)
{
    return decode(store, reader, 0);
}
