#include "model/batch_response.h"

static const char list_name[] = "batchItemFailures";
static const char item_name[] = "itemIdentifier";

/* null, "", [], {} and a list that is missing, null or empty. */
static bool is_empty(const struct value_store *store, struct value value)
{
    size_t length = 0;
    if (value_is_none(value))
        return true;
    switch (value_kind(store, value)) {
    case VALUE_NULL:
        return true;
    case VALUE_STRING:
        (void)value_bytes(store, value, &length);
        return length == 0;
    case VALUE_LIST:
    case VALUE_MAP:
        return value_count(store, value) == 0;
    case VALUE_BOOL:
    case VALUE_NUMBER:
    case VALUE_BINARY:
    case VALUE_STRING_SET:
    case VALUE_NUMBER_SET:
    case VALUE_BINARY_SET:
        break;
    }
    return false;
}

static struct value sequence_of(const struct value_store *store, struct value record)
{
    struct value kinesis = value_get_text(store, record, "kinesis");
    return value_is_none(kinesis)
               ? value_get_text(store, value_get_text(store, record, "dynamodb"), "SequenceNumber")
               : value_get_text(store, kinesis, "sequenceNumber");
}

/* The number of the record that an element of the list names; 0: it names none. */
static uint32_t record_of(const struct value_store *store, struct value records, struct value item)
{
    if (value_kind(store, item) != VALUE_MAP)
        return 0;
    struct value name = value_get_text(store, item, item_name);
    for (size_t i = 0; !value_is_none(name) && i < value_count(store, records); i++) {
        if (value_equal(sequence_of(store, value_at(store, records, i)), name))
            return (uint32_t)i + 1;
    }
    return 0;
}

bool batch_response_read(const struct value_store *store, struct value event, struct value response,
                         uint32_t *first)
{
    *first = 0;
    if (is_empty(store, response))
        return true;
    if (value_kind(store, response) != VALUE_MAP)
        return false;
    struct value list = value_get_text(store, response, list_name);
    if (value_is_none(list) || value_kind(store, list) == VALUE_NULL)
        return true;
    if (value_kind(store, list) != VALUE_LIST)
        return false;
    struct value records = value_get_text(store, event, "Records");
    for (size_t i = 0; i < value_count(store, list); i++) {
        uint32_t record = record_of(store, records, value_at(store, list, i));
        if (record == 0)
            return false;
        if (*first == 0 || record < *first)
            *first = record;
    }
    return true;
}

struct value batch_response_part(struct value_store *store, struct value response)
{
    if (is_empty(store, response))
        return VALUE_NONE;
    if (value_kind(store, response) != VALUE_MAP)
        return value_null(store);
    struct value list = value_get_text(store, response, list_name);
    return is_empty(store, list) ? VALUE_NONE : list;
}
