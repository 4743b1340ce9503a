/* Native values to the wire form, names of types, sizes. */
#include "model/dynamodb/attribute.h"

#include "model/base/digest.h"

/* An item of 400 KB in base64. */
enum { WIRE_SCRATCH_LIMIT = 64 * 1024 * 1024 };

static struct value to_wire(struct value_store *store, struct memory *scratch, struct value native);

const char *attribute_type_name(const struct value_store *store, struct value native)
{
    switch (value_kind(store, native)) {
    case VALUE_NULL:
        return "NULL";
    case VALUE_BOOL:
        return "BOOL";
    case VALUE_NUMBER:
        return "N";
    case VALUE_STRING:
        return "S";
    case VALUE_BINARY:
        return "B";
    case VALUE_LIST:
        return "L";
    case VALUE_MAP:
        return "M";
    case VALUE_STRING_SET:
        return "SS";
    case VALUE_NUMBER_SET:
        return "NS";
    case VALUE_BINARY_SET:
        return "BS";
    }
    BUG("a value has a kind");
}

static struct value number_to_wire(struct value_store *store, struct value native)
{
    char text[DECIMAL_TEXT_SIZE];
    size_t length = decimal_text(value_decimal(store, native), text);
    return value_string(store, text, length);
}

static struct value binary_to_wire(struct value_store *store, struct memory *scratch,
                                   struct value native)
{
    size_t length;
    const char *bytes = value_bytes(store, native, &length);
    struct text base64;
    text_init(&base64, scratch);
    base64_append(&base64, bytes, length);
    struct value wire = VALUE_NONE;
    if (!text_failed(&base64))
        wire = value_string(store, text_string(&base64), base64.length);
    text_release(&base64);
    return wire;
}

/* Lists and sets: both become JSON arrays; only a list's elements carry their types. */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as the item, at most ATTRIBUTE_DEPTH_MAX */
static struct value elements_to_wire(struct value_store *store, struct memory *scratch,
                                     struct value native)
{
    size_t count = value_count(store, native);
    if (count == 0)
        return value_list(store, NULL, 0);
    enum value_kind kind = value_kind(store, native);
    struct value *elements = memory_allocate_zeroed(scratch, count, sizeof elements[0]);
    if (elements == NULL)
        return value_store_fail(store);
    for (size_t i = 0; i < count; i++) {
        struct value element = value_at(store, native, i);
        elements[i] = kind == VALUE_LIST         ? to_wire(store, scratch, element)
                      : kind == VALUE_STRING_SET ? element
                      : kind == VALUE_NUMBER_SET ? number_to_wire(store, element)
                                                 : binary_to_wire(store, scratch, element);
    }
    struct value list = value_list(store, elements, count);
    memory_free(scratch, elements, count * sizeof elements[0]);
    return list;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the item, at most ATTRIBUTE_DEPTH_MAX */
static struct value map_to_wire(struct value_store *store, struct memory *scratch,
                                struct value native)
{
    size_t count = value_count(store, native);
    if (count == 0)
        return value_map(store, NULL, 0);
    struct value_entry *entries = memory_allocate_zeroed(scratch, count, sizeof entries[0]);
    if (entries == NULL)
        return value_store_fail(store);
    for (size_t i = 0; i < count; i++) {
        entries[i].key = value_key_at(store, native, i);
        entries[i].value = to_wire(store, scratch, value_value_at(store, native, i));
    }
    struct value map = value_map(store, entries, count);
    memory_free(scratch, entries, count * sizeof entries[0]);
    return map;
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the item, at most ATTRIBUTE_DEPTH_MAX */
static struct value content_to_wire(struct value_store *store, struct memory *scratch,
                                    struct value native)
{
    switch (value_kind(store, native)) {
    case VALUE_NULL:
        return value_bool(store, true);
    case VALUE_BOOL:
    case VALUE_STRING:
        return native;
    case VALUE_NUMBER:
        return number_to_wire(store, native);
    case VALUE_BINARY:
        return binary_to_wire(store, scratch, native);
    case VALUE_LIST:
    case VALUE_STRING_SET:
    case VALUE_NUMBER_SET:
    case VALUE_BINARY_SET:
        return elements_to_wire(store, scratch, native);
    case VALUE_MAP:
        return map_to_wire(store, scratch, native);
    }
    BUG("a value has a kind");
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the item, at most ATTRIBUTE_DEPTH_MAX */
static struct value to_wire(struct value_store *store, struct memory *scratch, struct value native)
{
    struct value_entry entry = {value_text(store, attribute_type_name(store, native)),
                                content_to_wire(store, scratch, native)};
    return value_map(store, &entry, 1);
}

struct value attribute_to_wire(struct value_store *store, struct value native)
{
    struct memory scratch;
    memory_init(&scratch, WIRE_SCRATCH_LIMIT);
    return to_wire(store, &scratch, native);
}

struct value item_to_wire(struct value_store *store, struct value item)
{
    struct memory scratch;
    memory_init(&scratch, WIRE_SCRATCH_LIMIT);
    return map_to_wire(store, &scratch, item);
}

/* One byte for two significant digits, one for the exponent, one for a sign. The digits pair up
 * from the decimal point, so 12.3 has the pairs 12 and 3_ (M; the guide says "approximately"). */
static size_t number_size(const struct decimal *number)
{
    size_t digits = 0;
    for (uint128 rest = number->coefficient; rest != 0; rest /= 10)
        digits++;
    if (digits == 0)
        return 1;
    size_t odd_exponent = number->exponent % 2 != 0;
    size_t leading = (digits + odd_exponent) % 2;
    return (digits + odd_exponent + leading) / 2 + 1 + (number->negative ? 1 : 0);
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the item, at most ATTRIBUTE_DEPTH_MAX */
size_t attribute_size(const struct value_store *store, struct value native)
{
    enum { CONTAINER_OVERHEAD = 3, ELEMENT_OVERHEAD = 1 };
    size_t size = 0;
    switch (value_kind(store, native)) {
    case VALUE_NULL:
    case VALUE_BOOL:
        return 1;
    case VALUE_NUMBER:
        return number_size(value_decimal(store, native));
    case VALUE_STRING:
    case VALUE_BINARY:
        value_bytes(store, native, &size);
        return size;
    case VALUE_STRING_SET:
    case VALUE_NUMBER_SET:
    case VALUE_BINARY_SET:
        for (size_t i = 0; i < value_count(store, native); i++)
            size += attribute_size(store, value_at(store, native, i));
        return size;
    case VALUE_LIST:
        for (size_t i = 0; i < value_count(store, native); i++)
            size += ELEMENT_OVERHEAD + attribute_size(store, value_at(store, native, i));
        return size + CONTAINER_OVERHEAD;
    case VALUE_MAP:
        size = value_count(store, native) * ELEMENT_OVERHEAD + CONTAINER_OVERHEAD;
        return size + item_size(store, native);
    }
    BUG("a value has a kind");
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as the item, at most ATTRIBUTE_DEPTH_MAX */
size_t item_size(const struct value_store *store, struct value item)
{
    size_t size = 0;
    for (size_t i = 0; i < value_count(store, item); i++) {
        size_t name_size;
        value_bytes(store, value_key_at(store, item, i), &name_size);
        size += name_size + attribute_size(store, value_value_at(store, item, i));
    }
    return size;
}
