/* Looks for attribute values wherever requests have them: in items, keys and expressions' values,
 * also within batches and transactions. */
#include "model/dynamodb/deserialize.h"

#include "model/dynamodb/attribute.h"

#include <string.h>

/* Deeper than RequestItems -> table -> action -> item. */
enum { REQUEST_DEPTH_MAX = 8 };

static bool holds_attributes(const struct value_store *store, struct value name)
{
    static const char *const names[] = {"Item", "Key", "ExpressionAttributeValues",
                                        "ExclusiveStartKey"};
    size_t length;
    const char *text = value_bytes(store, name, &length);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strlen(names[i]) == length && memcmp(names[i], text, length) == 0)
            return true;
    return false;
}

/* False: an error was raised. */
static bool check_attributes(struct call *call, struct value map)
{
    for (size_t i = 0; i < value_count(call->store, map); i++) {
        struct value native;
        const char *message = "";
        switch (
            attribute_parse(call->store, value_value_at(call->store, map, i), &native, &message)) {
        case ATTRIBUTE_OK:
        case ATTRIBUTE_INVALID: /* for validation, which has had its say */
            break;
        case ATTRIBUTE_UNSERIALIZABLE:
            call_clear_error(call);
            return call_reject(call, AWS_SERIALIZATION, "%s", message);
        case ATTRIBUTE_NO_MEMORY:
            return call_no_memory(call);
        }
    }
    return true;
}

static bool check(struct call *call, struct value body, bool keys, unsigned depth)
{
    struct value_store *store = call->store;
    if (depth == REQUEST_DEPTH_MAX)
        return true;
    if (value_kind(store, body) == VALUE_LIST) {
        for (size_t i = 0; i < value_count(store, body); i++) {
            struct value element = value_at(store, body, i);
            bool is_key = keys && value_kind(store, element) == VALUE_MAP;
            if (is_key ? !check_attributes(call, element) : !check(call, element, false, depth + 1))
                return false;
        }
    } else if (value_kind(store, body) == VALUE_MAP) {
        for (size_t i = 0; i < value_count(store, body); i++) {
            struct value name = value_key_at(store, body, i);
            struct value member = value_value_at(store, body, i);
            bool attributes =
                holds_attributes(store, name) && value_kind(store, member) == VALUE_MAP;
            if (attributes
                    ? !check_attributes(call, member)
                    : !check(call, member, value_equal(name, value_text(store, "Keys")), depth + 1))
                return false;
        }
    }
    return true;
}

void deserialize_first(struct call *call, struct value request)
{
    (void)check(call, request, false, 0);
}
