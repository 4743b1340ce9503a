#include "reports/field.h"

const char *field_text(const struct value_store *store, struct value map, const char *name)
{
    struct value value = value_member(store, map, name, VALUE_STRING);
    return value_is_none(value) ? "" : value_bytes(store, value, NULL);
}

int64_t field_integer(const struct value_store *store, struct value map, const char *name,
                      int64_t otherwise)
{
    int64_t integer = 0;
    struct value value = value_member(store, map, name, VALUE_NUMBER);
    bool fits = !value_is_none(value) && value_to_integer(store, value, &integer);
    return fits ? integer : otherwise;
}

bool field_truth(const struct value_store *store, struct value map, const char *name)
{
    struct value value = value_member(store, map, name, VALUE_BOOL);
    return !value_is_none(value) && value_truth(store, value);
}

size_t field_count(const struct value_store *store, struct value map, const char *name)
{
    struct value value = value_member(store, map, name, VALUE_LIST);
    return value_is_none(value) ? 0 : value_count(store, value);
}

struct value field_at(const struct value_store *store, struct value map, const char *name,
                      size_t index)
{
    return value_at(store, value_get_text(store, map, name), index);
}

struct value field_filled_or_null(struct value_store *store, const char *text)
{
    return value_text_or_null(store, text == NULL || text[0] == '\0' ? NULL : text);
}

const char *field_number_text(const struct value_store *store, struct value map, const char *name,
                              char text[DECIMAL_TEXT_SIZE])
{
    struct value value = value_member(store, map, name, VALUE_NUMBER);
    text[0] = '\0';
    if (!value_is_none(value))
        (void)decimal_text(value_decimal(store, value), text);
    return text;
}
