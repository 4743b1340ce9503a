#include "model/dynamodb/attribute.h"

#include "model/base/digest.h"

#include <string.h>

/* Requests are at most 16 MB (API reference, "Limits"), so no part of one needs more scratch. */
enum { SCRATCH_LIMIT = 64 * 1024 * 1024 };

/* What is needed while one value is read. */
struct reader {
    struct value_store *store;
    struct memory scratch; /* element arrays, decoded bytes; all freed before the reader ends */
    const char *message;
};

static void reader_init(struct reader *reader, struct value_store *store)
{
    reader->store = store;
    memory_init(&reader->scratch, SCRATCH_LIMIT);
    reader->message = NULL;
}

static enum attribute_status read_value(struct reader *reader, struct value wire, unsigned depth,
                                        struct value *native);

static enum attribute_status fail(struct reader *reader, enum attribute_status status,
                                  const char *message)
{
    reader->message = message;
    return status;
}

/* `message` is a STRING: interning it keeps the text as long as the store. */
static enum attribute_status fail_value(struct reader *reader, enum attribute_status status,
                                        struct value message)
{
    if (value_is_none(message))
        return ATTRIBUTE_NO_MEMORY;
    return fail(reader, status, value_bytes(reader->store, message, NULL));
}

static enum attribute_status made(struct value value, struct value *native)
{
    *native = value;
    return value_is_none(value) ? ATTRIBUTE_NO_MEMORY : ATTRIBUTE_OK;
}

/* JSON of another kind than the member's, with the text of AWS's deserialiser. */
static enum attribute_status fail_shape(struct reader *reader, struct value wire, const char *type)
{
    enum value_kind kind = value_kind(reader->store, wire);
    if (kind == VALUE_MAP)
        return fail(reader, ATTRIBUTE_UNSERIALIZABLE,
                    "Start of structure or map found where not expected");
    if (kind == VALUE_NUMBER || kind == VALUE_BOOL) {
        const char *found = kind == VALUE_NUMBER               ? "NUMBER_VALUE"
                            : value_truth(reader->store, wire) ? "TRUE_VALUE"
                                                               : "FALSE_VALUE";
        return fail_value(reader, ATTRIBUTE_UNSERIALIZABLE,
                          value_format(reader->store, "%s cannot be converted to %s", found, type));
    }
    return fail(reader, ATTRIBUTE_UNSERIALIZABLE, "Unexpected field type");
}

static enum attribute_status read_string(struct reader *reader, struct value wire,
                                         struct value *native)
{
    if (value_kind(reader->store, wire) != VALUE_STRING)
        return fail_shape(reader, wire, "String");
    *native = wire;
    return ATTRIBUTE_OK;
}

static enum attribute_status read_number(struct reader *reader, struct value wire,
                                         struct value *native)
{
    if (value_kind(reader->store, wire) != VALUE_STRING)
        return fail_shape(reader, wire, "String");
    size_t length;
    const char *text = value_bytes(reader->store, wire, &length);
    struct decimal number;
    switch (decimal_parse(text, length, &number)) {
    case DECIMAL_OK:
        return made(value_number(reader->store, &number), native);
    case DECIMAL_SYNTAX:
        break;
    case DECIMAL_PRECISION:
        return fail(reader, ATTRIBUTE_INVALID, NUMBER_PRECISION_MESSAGE);
    case DECIMAL_OVERFLOW:
        return fail(reader, ATTRIBUTE_INVALID, NUMBER_OVERFLOW_MESSAGE);
    case DECIMAL_UNDERFLOW:
        return fail(reader, ATTRIBUTE_INVALID, NUMBER_UNDERFLOW_MESSAGE);
    }
    if (length == 0)
        return fail(reader, ATTRIBUTE_INVALID,
                    "The parameter cannot be converted to a numeric value");
    return fail_value(reader, ATTRIBUTE_INVALID,
                      value_format(reader->store,
                                   "The parameter cannot be converted to a numeric value: %s",
                                   text));
}

static enum attribute_status read_binary(struct reader *reader, struct value wire,
                                         struct value *native)
{
    if (value_kind(reader->store, wire) != VALUE_STRING)
        return fail(reader, ATTRIBUTE_UNSERIALIZABLE,
                    "only base-64-encoded strings are convertible to bytes");
    size_t length;
    const char *base64 = value_bytes(reader->store, wire, &length);
    struct text bytes;
    text_init(&bytes, &reader->scratch);
    enum attribute_status status;
    if (base64_decode_append(&bytes, base64, length) && !text_failed(&bytes))
        status = made(value_binary(reader->store, text_string(&bytes), bytes.length), native);
    else if (text_failed(&bytes))
        status = ATTRIBUTE_NO_MEMORY;
    else
        status = fail(reader, ATTRIBUTE_UNSERIALIZABLE,
                      "Invalid last non-pad Base64 character dectected");
    text_release(&bytes);
    return status;
}

/* AWS writes the collection as Java does: [a, b]. */
static enum attribute_status fail_duplicates(struct reader *reader, struct value wire,
                                             const char *end)
{
    struct text text;
    text_init(&text, &reader->scratch);
    text_append_string(&text, "One or more parameter values were invalid: Input collection [");
    for (size_t i = 0; i < value_count(reader->store, wire); i++) {
        size_t length;
        const char *bytes = value_bytes(reader->store, value_at(reader->store, wire, i), &length);
        text_append_string(&text, i == 0 ? "" : ", ");
        text_append(&text, bytes, length);
    }
    text_append_string(&text, end);
    struct value message = VALUE_NONE;
    if (!text_failed(&text))
        message = value_string(reader->store, text_string(&text), text.length);
    text_release(&text);
    return fail_value(reader, ATTRIBUTE_INVALID, message);
}

typedef enum attribute_status element_reader(struct reader *reader, struct value wire,
                                             struct value *native);

static enum attribute_status read_set(struct reader *reader, struct value wire,
                                      enum value_kind kind, element_reader *read_element,
                                      const char *empty, struct value *native)
{
    struct value_store *store = reader->store;
    if (value_kind(store, wire) != VALUE_LIST)
        return fail_shape(reader, wire, "List");
    size_t count = value_count(store, wire);
    if (count == 0)
        return fail(reader, ATTRIBUTE_INVALID, empty);
    struct value *elements = memory_allocate_zeroed(&reader->scratch, count, sizeof elements[0]);
    if (elements == NULL)
        return ATTRIBUTE_NO_MEMORY;
    enum attribute_status status = ATTRIBUTE_OK;
    for (size_t i = 0; i < count && status == ATTRIBUTE_OK; i++)
        status = read_element(reader, value_at(store, wire, i), &elements[i]);
    if (status == ATTRIBUTE_OK)
        status = made(value_set(store, kind, elements, count), native);
    memory_free(&reader->scratch, elements, count * sizeof elements[0]);
    if (status != ATTRIBUTE_OK || value_count(store, *native) == count)
        return status;
    if (kind == VALUE_NUMBER_SET)
        return fail(reader, ATTRIBUTE_INVALID, "Input collection contains duplicates");
    return fail_duplicates(reader, wire,
                           kind == VALUE_STRING_SET ? "] contains duplicates."
                                                    : "]of type BS contains duplicates.");
}

static enum attribute_status read_boolean(struct reader *reader, struct value wire,
                                          struct value *native)
{
    if (value_kind(reader->store, wire) != VALUE_BOOL)
        return fail(reader, ATTRIBUTE_UNSERIALIZABLE, "Unexpected token received from parser");
    *native = wire;
    return ATTRIBUTE_OK;
}

static enum attribute_status read_null(struct reader *reader, struct value wire,
                                       struct value *native)
{
    if (value_kind(reader->store, wire) != VALUE_BOOL)
        return fail(reader, ATTRIBUTE_UNSERIALIZABLE, "Unexpected token received from parser");
    if (!value_truth(reader->store, wire))
        return fail(reader, ATTRIBUTE_INVALID,
                    "One or more parameter values were invalid: Null attribute value types must "
                    "have the value of true");
    return made(value_null(reader->store), native);
}

/* NOLINTNEXTLINE(misc-no-recursion): at most ATTRIBUTE_DEPTH_MAX deep */
static enum attribute_status read_list(struct reader *reader, struct value wire, unsigned depth,
                                       struct value *native)
{
    struct value_store *store = reader->store;
    if (value_kind(store, wire) != VALUE_LIST)
        return fail_shape(reader, wire, "List");
    size_t count = value_count(store, wire);
    if (count == 0)
        return made(value_list(store, NULL, 0), native);
    struct value *elements = memory_allocate_zeroed(&reader->scratch, count, sizeof elements[0]);
    if (elements == NULL)
        return ATTRIBUTE_NO_MEMORY;
    enum attribute_status status = ATTRIBUTE_OK;
    for (size_t i = 0; i < count && status == ATTRIBUTE_OK; i++)
        status = read_value(reader, value_at(store, wire, i), depth + 1, &elements[i]);
    if (status == ATTRIBUTE_OK)
        status = made(value_list(store, elements, count), native);
    memory_free(&reader->scratch, elements, count * sizeof elements[0]);
    return status;
}

static enum attribute_status check_name(struct reader *reader, struct value name)
{
    size_t length;
    value_bytes(reader->store, name, &length);
    if (length == 0)
        return fail(reader, ATTRIBUTE_INVALID,
                    "One or more parameter values were invalid: Attribute name cannot be empty");
    if (length > ATTRIBUTE_NAME_SIZE_MAX)
        return fail(reader, ATTRIBUTE_INVALID,
                    "One or more parameter values were invalid: Attribute name is too large, must "
                    "be less than 65536 bytes");
    return ATTRIBUTE_OK;
}

/* `depth` is that of the map's values. */
/* NOLINTNEXTLINE(misc-no-recursion): at most ATTRIBUTE_DEPTH_MAX deep */
static enum attribute_status read_map(struct reader *reader, struct value wire, unsigned depth,
                                      struct value *native)
{
    struct value_store *store = reader->store;
    if (value_kind(store, wire) != VALUE_MAP)
        return fail_shape(reader, wire, "Map");
    size_t count = value_count(store, wire);
    if (count == 0)
        return made(value_map(store, NULL, 0), native);
    struct value_entry *entries =
        memory_allocate_zeroed(&reader->scratch, count, sizeof entries[0]);
    if (entries == NULL)
        return ATTRIBUTE_NO_MEMORY;
    enum attribute_status status = ATTRIBUTE_OK;
    for (size_t i = 0; i < count && status == ATTRIBUTE_OK; i++) {
        entries[i].key = value_key_at(store, wire, i);
        status = check_name(reader, entries[i].key);
        if (status == ATTRIBUTE_OK)
            status = read_value(reader, value_value_at(store, wire, i), depth, &entries[i].value);
    }
    if (status == ATTRIBUTE_OK)
        status = made(value_map(store, entries, count), native);
    memory_free(&reader->scratch, entries, count * sizeof entries[0]);
    return status;
}

/* NOLINTNEXTLINE(misc-no-recursion): at most ATTRIBUTE_DEPTH_MAX deep */
static enum attribute_status read_typed(struct reader *reader, const char *type, struct value wire,
                                        unsigned depth, struct value *native)
{
    if (strcmp(type, "S") == 0)
        return read_string(reader, wire, native);
    if (strcmp(type, "N") == 0)
        return read_number(reader, wire, native);
    if (strcmp(type, "B") == 0)
        return read_binary(reader, wire, native);
    if (strcmp(type, "BOOL") == 0)
        return read_boolean(reader, wire, native);
    if (strcmp(type, "NULL") == 0)
        return read_null(reader, wire, native);
    if (strcmp(type, "SS") == 0)
        return read_set(reader, wire, VALUE_STRING_SET, read_string,
                        "One or more parameter values were invalid: An string set  may not be "
                        "empty",
                        native);
    if (strcmp(type, "NS") == 0)
        return read_set(reader, wire, VALUE_NUMBER_SET, read_number,
                        "One or more parameter values were invalid: An number set  may not be "
                        "empty",
                        native);
    if (strcmp(type, "BS") == 0)
        return read_set(reader, wire, VALUE_BINARY_SET, read_binary,
                        "One or more parameter values were invalid: Binary sets should not be "
                        "empty",
                        native);
    if (depth >= ATTRIBUTE_DEPTH_MAX)
        return fail(reader, ATTRIBUTE_INVALID,
                    "Nesting Levels have exceeded supported limits: Attributes have nesting "
                    "levels beyond supported limit");
    return strcmp(type, "L") == 0 ? read_list(reader, wire, depth, native)
                                  : read_map(reader, wire, depth + 1, native);
}

static bool is_type(const char *name)
{
    static const char *const types[] = {"S", "N", "B", "BOOL", "NULL", "SS", "NS", "BS", "L", "M"};
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (strcmp(name, types[i]) == 0)
            return true;
    return false;
}

/* {"S": "x"}. Members that are no type, or null, are ignored, as AWS's deserialiser does. */
/* NOLINTNEXTLINE(misc-no-recursion): at most ATTRIBUTE_DEPTH_MAX deep */
static enum attribute_status read_value(struct reader *reader, struct value wire, unsigned depth,
                                        struct value *native)
{
    struct value_store *store = reader->store;
    if (value_kind(store, wire) != VALUE_MAP)
        return fail(reader, ATTRIBUTE_UNSERIALIZABLE, "Unexpected value type in payload");
    size_t types = 0;
    enum attribute_status status = ATTRIBUTE_OK;
    for (size_t i = 0; i < value_count(store, wire) && status == ATTRIBUTE_OK; i++) {
        const char *type = value_bytes(store, value_key_at(store, wire, i), NULL);
        struct value member = value_value_at(store, wire, i);
        if (!is_type(type) || value_kind(store, member) == VALUE_NULL)
            continue;
        types++;
        status = read_typed(reader, type, member, depth, native);
    }
    if (status != ATTRIBUTE_OK)
        return status;
    if (types == 0)
        return fail(reader, ATTRIBUTE_INVALID,
                    "Supplied AttributeValue is empty, must contain exactly one of the supported "
                    "datatypes");
    if (types > 1)
        return fail(reader, ATTRIBUTE_INVALID,
                    "Supplied AttributeValue has more than one datatypes set, must contain "
                    "exactly one of the supported datatypes");
    return ATTRIBUTE_OK;
}

enum attribute_status attribute_parse(struct value_store *store, struct value wire,
                                      struct value *native, const char **message)
{
    struct reader reader;
    reader_init(&reader, store);
    *native = VALUE_NONE;
    enum attribute_status status = read_value(&reader, wire, 0, native);
    *message = reader.message;
    return status;
}

enum attribute_status item_parse(struct value_store *store, struct value wire, struct value *item,
                                 const char **message)
{
    struct reader reader;
    reader_init(&reader, store);
    *item = VALUE_NONE;
    enum attribute_status status = read_map(&reader, wire, 0, item);
    *message = reader.message;
    return status;
}

struct value attribute_from_wire(struct value_store *store, struct value wire, const char **message)
{
    const char *text = NULL;
    struct value native = VALUE_NONE;
    enum attribute_status status = attribute_parse(store, wire, &native, &text);
    if (message != NULL)
        *message = text;
    return status == ATTRIBUTE_OK ? native : VALUE_NONE;
}

struct value item_from_wire(struct value_store *store, struct value wire, const char **message)
{
    const char *text = NULL;
    struct value item = VALUE_NONE;
    enum attribute_status status = item_parse(store, wire, &item, &text);
    if (message != NULL)
        *message = text;
    return status == ATTRIBUTE_OK ? item : VALUE_NONE;
}
