/* Expression attribute names and values. */
#include "model/base/ascii.h"
#include "model/dynamodb/attribute.h"
#include "model/dynamodb/expression.h"
#include "model/dynamodb/reserved_words.h"

static bool is_placeholder(const char *text, size_t length, char first)
{
    if (length < 2 || text[0] != first)
        return false;
    for (size_t i = 1; i < length; i++) {
        if (!ascii_is_alphanumeric(text[i]) && text[i] != '_')
            return false;
    }
    return true;
}

/* A member that is there and not null; `parameter` is checked to be a MAP with such keys. */
static bool read_member(struct call *call, struct value request, const char *parameter, char first,
                        struct value *member)
{
    struct value_store *store = call->store;
    *member = value_get_text(store, request, parameter);
    if (value_is_none(*member) || value_kind(store, *member) == VALUE_NULL) {
        *member = VALUE_NONE;
        return true;
    }
    if (value_kind(store, *member) != VALUE_MAP)
        return call_reject(call, AWS_SERIALIZATION, "Unexpected field type");
    size_t count = value_count(store, *member);
    if (count == 0)
        return call_invalid(call, "%s must not be empty", parameter);
    for (size_t i = 0; i < count; i++) {
        size_t length;
        const char *key = value_bytes(store, value_key_at(store, *member, i), &length);
        if (!is_placeholder(key, length, first))
            return call_invalid(call, "%s contains invalid key: Syntax error; key: \"%s\"",
                                parameter, key);
    }
    return true;
}

static bool read_names(struct call *call, struct value request, struct placeholders *placeholders)
{
    struct value_store *store = call->store;
    if (!read_member(call, request, "ExpressionAttributeNames", '#', &placeholders->names))
        return false;
    if (value_is_none(placeholders->names))
        return true;
    size_t count = value_count(store, placeholders->names);
    for (size_t i = 0; i < count; i++) {
        struct value name = value_value_at(store, placeholders->names, i);
        size_t length;
        if (value_kind(store, name) != VALUE_STRING)
            return call_reject(call, AWS_SERIALIZATION,
                               "NUMBER_VALUE cannot be converted to String");
        value_bytes(store, name, &length);
        const char *key = value_bytes(store, value_key_at(store, placeholders->names, i), NULL);
        if (length == 0)
            return call_invalid(call,
                                "ExpressionAttributeNames contains invalid value: Empty attribute "
                                "name for key %s",
                                key);
        if (length > ATTRIBUTE_NAME_SIZE_MAX)
            return call_invalid(call,
                                "ExpressionAttributeNames contains invalid value: The attribute "
                                "name must be at most 65535 bytes for key %s",
                                key);
    }
    placeholders->name_used = call_allocate(call, count, sizeof placeholders->name_used[0]);
    return placeholders->name_used != NULL;
}

static bool read_values(struct call *call, struct value request, struct placeholders *placeholders)
{
    struct value_store *store = call->store;
    struct value wire;
    if (!read_member(call, request, "ExpressionAttributeValues", ':', &wire))
        return false;
    if (value_is_none(wire))
        return true;
    size_t count = value_count(store, wire);
    struct value_entry *entries = call_allocate(call, count, sizeof entries[0]);
    placeholders->value_used = call_allocate(call, count, sizeof placeholders->value_used[0]);
    if (entries == NULL || placeholders->value_used == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        const char *message = NULL;
        entries[i].key = value_key_at(store, wire, i);
        switch (
            attribute_parse(store, value_value_at(store, wire, i), &entries[i].value, &message)) {
        case ATTRIBUTE_OK:
            break;
        case ATTRIBUTE_INVALID:
            return call_invalid(call,
                                "ExpressionAttributeValues contains invalid value: %s for key %s",
                                message, value_bytes(store, entries[i].key, NULL));
        case ATTRIBUTE_UNSERIALIZABLE:
            return call_reject(call, AWS_SERIALIZATION, "%s", message);
        case ATTRIBUTE_NO_MEMORY:
            return call_no_memory(call);
        }
    }
    placeholders->values = value_map(store, entries, count);
    return call_made(call, placeholders->values);
}

bool placeholders_read(struct call *call, struct value request, struct placeholders *placeholders)
{
    *placeholders = (struct placeholders){VALUE_NONE, VALUE_NONE, NULL, NULL};
    return read_names(call, request, placeholders) && read_values(call, request, placeholders);
}

static bool check_used(struct call *call, const char *parameter, struct value map, const bool *used)
{
    const char *unused = NULL;
    for (size_t i = 0; !value_is_none(map) && i < value_count(call->store, map); i++) {
        if (used[i])
            continue;
        const char *key = value_bytes(call->store, value_key_at(call->store, map, i), NULL);
        unused = unused == NULL ? key : arena_format(call->arena, "%s, %s", unused, key);
        if (unused == NULL)
            return call_no_memory(call);
    }
    return unused == NULL ||
           call_invalid(call, "Value provided in %s unused in expressions: keys: {%s}", parameter,
                        unused);
}

bool placeholders_check_used(struct call *call, const struct placeholders *placeholders)
{
    return check_used(call, "ExpressionAttributeNames", placeholders->names,
                      placeholders->name_used) &&
           check_used(call, "ExpressionAttributeValues", placeholders->values,
                      placeholders->value_used);
}

/* The index of a placeholder in the map, or the map's count. */
static size_t find(const struct value_store *store, struct value map, const struct token *token)
{
    size_t count = value_is_none(map) ? 0 : value_count(store, map);
    for (size_t i = 0; i < count; i++) {
        size_t length;
        const char *key = value_bytes(store, value_key_at(store, map, i), &length);
        bool equal = length == token->length;
        for (size_t j = 0; equal && j < length; j++)
            equal = key[j] == token->bytes[j];
        if (equal)
            return i;
    }
    return count;
}

bool resolve_path(struct call *call, enum expression_kind kind, struct placeholders *placeholders,
                  struct path *path)
{
    size_t count =
        value_is_none(placeholders->names) ? 0 : value_count(call->store, placeholders->names);
    for (size_t i = 0; i < path->count; i++) {
        struct path_element *element = &path->elements[i];
        if (element->is_index)
            continue;
        if (element->token.lexeme == LEXEME_NAME) {
            element->name = value_string(call->store, element->token.bytes, element->token.length);
            if (!call_made(call, element->name))
                return false;
            continue;
        }
        size_t index = find(call->store, placeholders->names, &element->token);
        if (index == count)
            return expression_invalid(call, kind,
                                      "An expression attribute name used in the document path is "
                                      "not defined; attribute name: %.*s",
                                      (int)element->token.length, element->token.bytes);
        placeholders->name_used[index] = true;
        element->name = value_value_at(call->store, placeholders->names, index);
    }
    return true;
}

bool resolve_value(struct call *call, enum expression_kind kind, struct placeholders *placeholders,
                   struct node *node)
{
    size_t count =
        value_is_none(placeholders->values) ? 0 : value_count(call->store, placeholders->values);
    size_t index = find(call->store, placeholders->values, &node->token);
    if (index == count)
        return expression_invalid(call, kind,
                                  "An expression attribute value used in expression is not "
                                  "defined; attribute value: %.*s",
                                  (int)node->token.length, node->token.bytes);
    placeholders->value_used[index] = true;
    node->value = value_value_at(call->store, placeholders->values, index);
    return true;
}

bool check_reserved(struct call *call, enum expression_kind kind, const struct path *path)
{
    for (size_t i = 0; i < path->count; i++) {
        const struct path_element *element = &path->elements[i];
        if (!element->is_index && element->token.lexeme == LEXEME_NAME &&
            reserved_word(element->token.bytes, element->token.length))
            return expression_invalid(call, kind,
                                      "Attribute name is a reserved keyword; reserved keyword: "
                                      "%.*s",
                                      (int)element->token.length, element->token.bytes);
    }
    return true;
}
