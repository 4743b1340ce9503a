#include "model/dynamodb/request.h"

#include "model/dynamodb/attribute.h"

#include <string.h>

bool request_check_parameters(struct call *call, struct value request, const char *what,
                              const char *const *names)
{
    for (size_t i = 0; i < value_count(call->store, request); i++) {
        if (value_kind(call->store, value_value_at(call->store, request, i)) == VALUE_NULL)
            continue;
        const char *name = value_bytes(call->store, value_key_at(call->store, request, i), NULL);
        size_t known = 0;
        while (names[known] != NULL && strcmp(names[known], name) != 0)
            known++;
        if (names[known] == NULL)
            return call_unsupported(call, "parameter %s of DynamoDB's %s", name, what);
    }
    return true;
}

const char *member_text(struct call *call, const char *name)
{
    char *text = arena_copy_text(call->arena, name);
    if (text == NULL)
        call_no_memory(call);
    else if (text[0] >= 'A' && text[0] <= 'Z')
        text[0] = (char)(text[0] - 'A' + 'a');
    return text;
}

bool request_get(struct call *call, struct value request, const char *name, enum value_kind kind,
                 struct value *value)
{
    *value = value_get_text(call->store, request, name);
    if (!value_is_none(*value) && value_kind(call->store, *value) == VALUE_NULL)
        *value = VALUE_NONE;
    if (value_is_none(*value) || value_kind(call->store, *value) == kind)
        return true;
    enum value_kind found = value_kind(call->store, *value);
    if (kind == VALUE_STRING && found == VALUE_NUMBER)
        return call_reject(call, AWS_SERIALIZATION, "NUMBER_VALUE cannot be converted to String");
    if (found == VALUE_MAP)
        return call_reject(call, AWS_SERIALIZATION,
                           "Start of structure or map found where not expected");
    return call_reject(call, AWS_SERIALIZATION, "Unexpected field type");
}

bool request_require(struct call *call, struct value request, const char *name,
                     enum value_kind kind, struct value *value)
{
    if (!request_get(call, request, name, kind, value))
        return false;
    if (!value_is_none(*value))
        return true;
    const char *member = member_text(call, name);
    if (member == NULL)
        return false;
    return call_invalid(call,
                        "1 validation error detected: Value null at '%s' failed to satisfy "
                        "constraint: Member must not be null",
                        member);
}

bool request_get_flag(struct call *call, struct value request, const char *name, bool fallback,
                      bool *flag)
{
    struct value value;
    if (!request_get(call, request, name, VALUE_BOOL, &value))
        return false;
    *flag = value_is_none(value) ? fallback : value_truth(call->store, value);
    return true;
}

bool request_get_limit(struct call *call, struct value request, const char *name, int64_t *limit)
{
    struct value value;
    *limit = 0;
    if (!request_get(call, request, name, VALUE_NUMBER, &value))
        return false;
    if (value_is_none(value))
        return true;
    if (value_to_integer(call->store, value, limit) && *limit >= 1)
        return true;
    const char *member = member_text(call, name);
    char text[DECIMAL_TEXT_SIZE];
    decimal_text(value_decimal(call->store, value), text);
    if (member == NULL)
        return false;
    return call_invalid(call,
                        "1 validation error detected: Value '%s' at '%s' failed to satisfy "
                        "constraint: Member must have value greater than or equal to 1",
                        text, member);
}

bool request_get_choice(struct call *call, struct value request, const char *name,
                        const char *const *options, const char *set, size_t *choice)
{
    struct value value;
    *choice = 0;
    if (!request_get(call, request, name, VALUE_STRING, &value))
        return false;
    if (value_is_none(value))
        return true;
    for (size_t i = 0; options[i] != NULL; i++) {
        if (value_is_text(call->store, value, options[i])) {
            *choice = i;
            return true;
        }
    }
    const char *member = member_text(call, name);
    if (member == NULL)
        return false;
    return call_invalid(call,
                        "1 validation error detected: Value '%s' at '%s' failed to satisfy "
                        "constraint: Member must satisfy enum value set: [%s]",
                        value_bytes(call->store, value, NULL), member, set);
}

bool request_item(struct call *call, struct value wire, struct value *item)
{
    const char *message = NULL;
    switch (item_parse(call->store, wire, item, &message)) {
    case ATTRIBUTE_OK:
        return true;
    case ATTRIBUTE_INVALID:
        return call_invalid(call, "%s", message);
    case ATTRIBUTE_UNSERIALIZABLE:
        return call_reject(call, AWS_SERIALIZATION, "%s", message);
    case ATTRIBUTE_NO_MEMORY:
        break;
    }
    return call_no_memory(call);
}

uint32_t table_find(const struct dynamodb_context *context, struct value name)
{
    static const char arn[] = "arn:aws:dynamodb:" PIPELINE_REGION ":" PIPELINE_ACCOUNT ":table/";
    const struct pipeline *pipeline = context->pipeline;
    const char *text = value_bytes(context->store, name, NULL);
    if (strncmp(text, arn, sizeof arn - 1) == 0)
        text += sizeof arn - 1;
    for (size_t i = 0; i < pipeline->table_count; i++)
        if (strcmp(pipeline->tables[i].name, text) == 0)
            return (uint32_t)i;
    return PIPELINE_TABLES_MAX;
}

bool request_table(struct call *call, struct value name, uint32_t *table)
{
    *table = table_find(call->context, name);
    return *table < PIPELINE_TABLES_MAX ||
           call_reject(call, AWS_RESOURCE_NOT_FOUND, "Requested resource not found");
}

const struct table_config *table_config(const struct call *call, uint32_t table)
{
    return &call->context->pipeline->tables[table];
}

static bool is_there(const struct call *call, struct value request, const char *name)
{
    struct value value = value_get_text(call->store, request, name);
    return !value_is_none(value) && value_kind(call->store, value) != VALUE_NULL;
}

bool request_check_placeholders(struct call *call, struct value request, bool with_expression,
                                bool with_values, const char *takes_values)
{
    if (!with_expression && is_there(call, request, "ExpressionAttributeNames"))
        return call_invalid(
            call, "ExpressionAttributeNames can only be specified when using expressions");
    if (!with_values && takes_values[0] != '\0' &&
        is_there(call, request, "ExpressionAttributeValues"))
        return call_invalid(
            call, "ExpressionAttributeValues can only be specified when using expressions: %s null",
            takes_values);
    return true;
}
