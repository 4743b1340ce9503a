#include "model/dynamodb/create_table.h"

#include "model/base/ascii.h"
#include "model/dynamodb/request.h"

#include <string.h>

#define INVALID "One or more parameter values were invalid: "

static bool is_name_character(char c)
{
    return ascii_is_alphanumeric(c) || c == '_' || c == '-' || c == '.';
}

bool create_table_read_name(struct call *call, struct value request, const char *name,
                            struct value *value)
{
    size_t length;
    if (!request_require(call, request, name, VALUE_STRING, value))
        return false;
    const char *text = value_bytes(call->store, *value, &length);
    const char *member = member_text(call, name);
    if (member == NULL)
        return false;
    for (size_t i = 0; i < length; i++)
        if (!is_name_character(text[i]))
            return call_invalid(call,
                                "1 validation error detected: Value '%s' at '%s' failed to satisfy "
                                "constraint: Member must satisfy regular expression pattern: "
                                "[a-zA-Z0-9_.-]+",
                                text, member);
    if (length < TABLE_NAME_MIN)
        return call_invalid(call,
                            "1 validation error detected: Value '%s' at '%s' failed to satisfy "
                            "constraint: Member must have length greater than or equal to %d",
                            text, member, TABLE_NAME_MIN);
    return length <= TABLE_NAME_MAX ||
           call_invalid(call,
                        "1 validation error detected: Value '%s' at '%s' failed to satisfy "
                        "constraint: Member must have length less than or equal to %d",
                        text, member, TABLE_NAME_MAX);
}

bool create_table_read_stream(struct call *call, struct value request, bool *given,
                              enum stream_view_type *view)
{
    struct value specification;
    bool enabled;
    size_t choice;
    *view = STREAM_VIEW_NONE;
    *given = false;
    if (!request_get(call, request, "StreamSpecification", VALUE_MAP, &specification))
        return false;
    if (value_is_none(specification))
        return true;
    *given = true;
    if (!request_get_flag(call, specification, "StreamEnabled", false, &enabled) ||
        !request_get_choice(call, specification, "StreamViewType", stream_view_names,
                            "NEW_IMAGE, OLD_IMAGE, NEW_AND_OLD_IMAGES, KEYS_ONLY", &choice))
        return false;
    if (enabled && choice == 0)
        return call_invalid(call, INVALID "StreamViewType is required when stream is enabled");
    if (!enabled && choice != 0)
        return call_invalid(
            call, INVALID "StreamViewType cannot be specified when StreamEnabled is set to false");
    *view = (enum stream_view_type)choice;
    return true;
}

bool create_table_read_billing(struct call *call, struct value request, bool create,
                               struct table_config *table)
{
    static const char *const modes[] = {"", "PROVISIONED", "PAY_PER_REQUEST", NULL};
    size_t mode;
    struct value throughput;
    int64_t units[2] = {0, 0};
    if (!request_get_choice(call, request, "BillingMode", modes, "PROVISIONED, PAY_PER_REQUEST",
                            &mode) ||
        !request_get(call, request, "ProvisionedThroughput", VALUE_MAP, &throughput))
        return false;
    if (!value_is_none(throughput) &&
        (!request_get_limit(call, throughput, "ReadCapacityUnits", &units[0]) ||
         !request_get_limit(call, throughput, "WriteCapacityUnits", &units[1])))
        return false;
    if (mode == 2 && !value_is_none(throughput))
        return call_invalid(call, INVALID "Neither ReadCapacityUnits nor WriteCapacityUnits can be "
                                          "specified when BillingMode is PAY_PER_REQUEST");
    bool provisioned = mode == 1 || (mode == 0 && (create || !value_is_none(throughput)));
    if (provisioned && (units[0] == 0 || units[1] == 0))
        return call_invalid(call, INVALID "ReadCapacityUnits and WriteCapacityUnits must both be "
                                          "specified when BillingMode is PROVISIONED");
    if (provisioned || mode == 2) {
        table->read_units = (uint64_t)units[0];
        table->write_units = (uint64_t)units[1];
    }
    return true;
}

/* [a, b]: one text of each element of a list of structures. */
static const char *join(struct call *call, struct value list, const char *name)
{
    const char *text = "";
    for (size_t i = 0; i < value_count(call->store, list) && text != NULL; i++) {
        struct value part = value_get_text(call->store, value_at(call->store, list, i), name);
        text = arena_format(call->arena, "%s%s%s", text, i == 0 ? "" : ", ",
                            value_bytes(call->store, part, NULL));
    }
    if (text == NULL)
        call_no_memory(call);
    return text;
}

/* Each element of a list is a structure with texts under both names. */
static bool check_pairs(struct call *call, struct value list, const char *first, const char *second,
                        const char *const *options, const char *set)
{
    for (size_t i = 0; i < value_count(call->store, list); i++) {
        struct value element = value_at(call->store, list, i);
        struct value text;
        size_t choice;
        if (value_kind(call->store, element) != VALUE_MAP)
            return call_reject(call, AWS_SERIALIZATION, "Unexpected value type in payload");
        if (!request_require(call, element, first, VALUE_STRING, &text) ||
            !request_require(call, element, second, VALUE_STRING, &text) ||
            !request_get_choice(call, element, second, options, set, &choice))
            return false;
    }
    return true;
}

static struct value find_definition(const struct call *call, struct value definitions,
                                    struct value name)
{
    for (size_t i = 0; i < value_count(call->store, definitions); i++) {
        struct value definition = value_at(call->store, definitions, i);
        if (value_equal(value_get_text(call->store, definition, "AttributeName"), name))
            return value_get_text(call->store, definition, "AttributeType");
    }
    return VALUE_NONE;
}

/* A KeySchema: a hash key and perhaps a range key, both defined. */
static bool read_schema(struct call *call, struct value owner, struct value definitions,
                        struct key_attribute keys[2])
{
    static const char *const types[] = {"HASH", "RANGE", NULL};
    struct value schema;
    if (!request_require(call, owner, "KeySchema", VALUE_LIST, &schema) ||
        !check_pairs(call, schema, "AttributeName", "KeyType", types, "HASH, RANGE"))
        return false;
    size_t count = value_count(call->store, schema);
    if (count < 1 || count > 2)
        return call_invalid(call,
                            "1 validation error detected: Value at 'keySchema' failed to satisfy "
                            "constraint: Member must have length %s than or equal to %d",
                            count < 1 ? "greater" : "less", count < 1 ? 1 : 2);
    struct value names[2] = {VALUE_NONE, VALUE_NONE};
    for (size_t i = 0; i < count; i++) {
        struct value element = value_at(call->store, schema, i);
        names[i] = value_get_text(call->store, element, "AttributeName");
        struct value type = find_definition(call, definitions, names[i]);
        if (value_is_none(type)) {
            const char *wanted = join(call, schema, "AttributeName");
            const char *defined = join(call, definitions, "AttributeName");
            return wanted != NULL && defined != NULL &&
                   call_invalid(call,
                                INVALID "Some index key attributes are not defined in "
                                        "AttributeDefinitions. Keys: [%s], AttributeDefinitions: "
                                        "[%s]",
                                wanted, defined);
        }
        keys[i] = (struct key_attribute){value_bytes(call->store, names[i], NULL),
                                         value_bytes(call->store, type, NULL)[0]};
    }
    if (count == 2 && value_equal(names[0], names[1]))
        return call_invalid(
            call,
            "Both the Hash Key and the Range Key element in the KeySchema have the same name");
    for (size_t i = 0; i < count; i++)
        if (!value_is_text(call->store,
                           value_get_text(call->store, value_at(call->store, schema, i), "KeyType"),
                           types[i]))
            return call_invalid(call,
                                "Invalid KeySchema: The %s KeySchemaElement is not a %s key type",
                                i == 0 ? "first" : "second", types[i]);
    return true;
}

static bool read_projection(struct call *call, struct value request, struct arena *lasting,
                            struct index_config *index)
{
    /* in the order of enum index_projection, after "none given" */
    static const char *const types[] = {"", "ALL", "KEYS_ONLY", "INCLUDE", NULL};
    struct value projection;
    struct value names;
    size_t choice;
    if (!request_require(call, request, "Projection", VALUE_MAP, &projection) ||
        !request_get_choice(call, projection, "ProjectionType", types, "ALL, INCLUDE, KEYS_ONLY",
                            &choice) ||
        !request_get(call, projection, "NonKeyAttributes", VALUE_LIST, &names))
        return false;
    if (choice == 0)
        return call_invalid(call, INVALID "Unknown ProjectionType: null");
    index->projection = (enum index_projection)(choice - 1);
    if (value_is_none(names))
        return index->projection != PROJECT_INCLUDE ||
               call_invalid(call, INVALID "ProjectionType is INCLUDE, but NonKeyAttributes is not "
                                          "specified");
    if (index->projection != PROJECT_INCLUDE)
        return call_invalid(call, INVALID "ProjectionType is %s, but NonKeyAttributes is specified",
                            types[choice]);
    index->included_count = value_count(call->store, names);
    const char **included =
        arena_allocate_array(lasting, index->included_count, sizeof included[0]);
    if (included == NULL)
        return call_no_memory(call);
    for (size_t i = 0; i < index->included_count; i++) {
        struct value name = value_at(call->store, names, i);
        if (value_kind(call->store, name) != VALUE_STRING)
            return call_reject(call, AWS_SERIALIZATION, "Unexpected field type");
        included[i] = value_bytes(call->store, name, NULL);
    }
    index->included = included;
    return true;
}

static bool check_index(struct call *call, const struct table_config *table,
                        const struct index_config *indexes, size_t count)
{
    const struct index_config *index = &indexes[count];
    if (!index->global && index->range_key.name == NULL)
        return call_invalid(call, INVALID "Index KeySchema does not have a range key for index: %s",
                            index->name);
    if (!index->global && strcmp(index->hash_key.name, table->hash_key.name) != 0)
        return call_invalid(call,
                            INVALID "Index KeySchema does not have the same leading hash key as "
                                    "table KeySchema for index: %s. index hash key: %s, table hash "
                                    "key: %s",
                            index->name, index->hash_key.name, table->hash_key.name);
    for (size_t i = 0; i < count; i++)
        if (strcmp(indexes[i].name, index->name) == 0)
            return call_invalid(call, INVALID "Duplicate index name: %s", index->name);
    return true;
}

static bool read_indexes(struct call *call, struct value request, struct value definitions,
                         bool global, struct arena *lasting, struct table_config *table,
                         struct index_config *indexes)
{
    const char *name = global ? "GlobalSecondaryIndexes" : "LocalSecondaryIndexes";
    struct value list;
    if (!request_get(call, request, name, VALUE_LIST, &list))
        return false;
    if (value_is_none(list))
        return true;
    size_t count = value_count(call->store, list);
    if (count == 0)
        return call_invalid(call, INVALID "List of %s is empty", name);
    if (!global && table->range_key.name == NULL)
        return call_invalid(call, INVALID "Table KeySchema does not have a range key, which is "
                                          "required when specifying a LocalSecondaryIndex");
    if (!global && count > LOCAL_INDEXES_MAX)
        return call_invalid(call,
                            INVALID "Number of LocalSecondaryIndexes exceeds per-table limit of %d",
                            LOCAL_INDEXES_MAX);
    if (global && count > GLOBAL_INDEXES_MAX)
        return call_invalid(call,
                            INVALID "GlobalSecondaryIndex count exceeds the per-table limit of %d",
                            GLOBAL_INDEXES_MAX);
    for (size_t i = 0; i < count; i++) {
        struct value body = value_at(call->store, list, i);
        struct index_config *index = &indexes[table->index_count];
        struct key_attribute keys[2] = {{"", 0}, {NULL, 0}};
        struct value index_name;
        if (value_kind(call->store, body) != VALUE_MAP)
            return call_reject(call, AWS_SERIALIZATION, "Unexpected value type in payload");
        if (!create_table_read_name(call, body, "IndexName", &index_name) ||
            !read_schema(call, body, definitions, keys))
            return false;
        *index = (struct index_config){.name = value_bytes(call->store, index_name, NULL),
                                       .global = global,
                                       .hash_key = keys[0],
                                       .range_key = keys[1]};
        if (!read_projection(call, body, lasting, index) ||
            !check_index(call, table, indexes, table->index_count))
            return false;
        table->index_count++;
    }
    return true;
}

static bool is_key(const struct table_config *table, const char *name)
{
    for (size_t i = 0; i <= table->index_count; i++) {
        const struct key_attribute *hash =
            i == 0 ? &table->hash_key : &table->indexes[i - 1].hash_key;
        const struct key_attribute *range =
            i == 0 ? &table->range_key : &table->indexes[i - 1].range_key;
        if (strcmp(hash->name, name) == 0 ||
            (range->name != NULL && strcmp(range->name, name) == 0))
            return true;
    }
    return false;
}

/* Every attribute that is defined is a key of the table or of an index. */
static bool check_definitions(struct call *call, struct value definitions,
                              const struct table_config *table)
{
    for (size_t i = 0; i < value_count(call->store, definitions); i++) {
        struct value name =
            value_get_text(call->store, value_at(call->store, definitions, i), "AttributeName");
        if (is_key(table, value_bytes(call->store, name, NULL)))
            continue;
        return table->index_count == 0
                   ? call_invalid(call, INVALID "Number of attributes in KeySchema does not "
                                                "exactly match number of attributes defined in "
                                                "AttributeDefinitions")
                   : call_invalid(call, INVALID "Some AttributeDefinitions are not used");
    }
    return true;
}

bool create_table_read(struct call *call, struct value request, struct arena *lasting,
                       struct table_config *table)
{
    static const char *const types[] = {"B", "N", "S", NULL};
    struct value name;
    struct value definitions;
    struct key_attribute keys[2] = {{"", 0}, {NULL, 0}};
    bool has_stream;
    if (!create_table_read_name(call, request, "TableName", &name) ||
        !request_require(call, request, "AttributeDefinitions", VALUE_LIST, &definitions) ||
        !check_pairs(call, definitions, "AttributeName", "AttributeType", types, "B, N, S"))
        return false;
    *table = (struct table_config){.logical_id = value_bytes(call->store, name, NULL),
                                   .name = value_bytes(call->store, name, NULL),
                                   .stream_shards = 1};
    struct index_config *indexes =
        arena_allocate_array(lasting, TABLE_INDEXES_MAX, sizeof indexes[0]);
    if (indexes == NULL)
        return call_no_memory(call);
    table->indexes = indexes;
    if (!create_table_read_billing(call, request, true, table) ||
        !read_schema(call, request, definitions, keys))
        return false;
    table->hash_key = keys[0];
    table->range_key = keys[1];
    return read_indexes(call, request, definitions, false, lasting, table, indexes) &&
           read_indexes(call, request, definitions, true, lasting, table, indexes) &&
           check_definitions(call, definitions, table) &&
           create_table_read_stream(call, request, &has_stream, &table->stream_view);
}
