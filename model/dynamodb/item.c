#include "model/dynamodb/item.h"

#include "model/dynamodb/attribute.h"

#include <string.h>

static bool kind_of_key_type(char type, enum value_kind kind)
{
    return (type == 'S' && kind == VALUE_STRING) || (type == 'N' && kind == VALUE_NUMBER) ||
           (type == 'B' && kind == VALUE_BINARY);
}

static bool is_empty(const struct value_store *store, struct value value)
{
    size_t length = 1;
    enum value_kind kind = value_kind(store, value);
    if (kind == VALUE_STRING || kind == VALUE_BINARY)
        value_bytes(store, value, &length);
    return length == 0;
}

struct value item_primary_key(struct value_store *store, const struct table_config *table,
                              struct value item)
{
    const struct key_attribute *attributes[] = {&table->hash_key, &table->range_key};
    struct value parts[2];
    size_t count = 0;
    for (size_t i = 0; i < 2 && attributes[i]->name != NULL; i++) {
        struct value part = value_get_text(store, item, attributes[i]->name);
        if (value_is_none(part) ||
            !kind_of_key_type(attributes[i]->type, value_kind(store, part)) ||
            is_empty(store, part))
            return VALUE_NONE;
        parts[count++] = part;
    }
    return count == 1 ? parts[0] : value_list(store, parts, count);
}

struct value item_key_attributes(struct value_store *store, const struct table_config *table,
                                 struct value item)
{
    const struct key_attribute *attributes[] = {&table->hash_key, &table->range_key};
    struct value_entry entries[2];
    size_t count = 0;
    for (size_t i = 0; i < 2 && attributes[i]->name != NULL; i++)
        entries[count++] = (struct value_entry){value_text(store, attributes[i]->name),
                                                value_get_text(store, item, attributes[i]->name)};
    return value_map(store, entries, count);
}

static bool check_key_size(struct call *call, const struct table_config *table,
                           const struct key_attribute *attribute, struct value part)
{
    size_t size = attribute_size(call->store, part);
    if (attribute == &table->hash_key && size > PARTITION_KEY_SIZE_MAX)
        return call_invalid(call,
                            "One or more parameter values were invalid: Size of hashkey has "
                            "exceeded the maximum size limit of%d bytes",
                            PARTITION_KEY_SIZE_MAX);
    if (attribute == &table->range_key && size > SORT_KEY_SIZE_MAX)
        return call_invalid(call,
                            "One or more parameter values were invalid: Aggregated size of all "
                            "range keys has exceeded the size limit of %d bytes",
                            SORT_KEY_SIZE_MAX);
    return true;
}

static bool make_key(struct call *call, const struct table_config *table, struct value item,
                     struct value *primary_key)
{
    *primary_key = item_primary_key(call->store, table, item);
    return call_made(call, *primary_key);
}

bool item_check(struct call *call, const struct table_config *table, struct value item,
                struct value *primary_key)
{
    const struct key_attribute *attributes[] = {&table->hash_key, &table->range_key};
    for (size_t i = 0; i < 2 && attributes[i]->name != NULL; i++) {
        const struct key_attribute *attribute = attributes[i];
        struct value part = value_get_text(call->store, item, attribute->name);
        if (value_is_none(part))
            return call_invalid(
                call, "One or more parameter values were invalid: Missing the key %s in the item",
                attribute->name);
        if (!kind_of_key_type(attribute->type, value_kind(call->store, part)))
            return call_invalid(call,
                                "One or more parameter values were invalid: Type mismatch for key "
                                "%s expected: %c actual: %s",
                                attribute->name, attribute->type,
                                attribute_type_name(call->store, part));
        if (is_empty(call->store, part))
            return call_invalid(call,
                                "One or more parameter values are not valid. The AttributeValue "
                                "for a key attribute cannot contain an empty %s value. Key: %s",
                                attribute->type == 'S' ? "string" : "binary", attribute->name);
        if (!check_key_size(call, table, attribute, part))
            return false;
    }
    return make_key(call, table, item, primary_key);
}

bool key_check(struct call *call, const struct table_config *table, struct value key,
               struct value *primary_key)
{
    const struct key_attribute *attributes[] = {&table->hash_key, &table->range_key};
    size_t expected = table->range_key.name == NULL ? 1 : 2;
    bool matches = value_count(call->store, key) == expected;
    for (size_t i = 0; i < expected && matches; i++) {
        struct value part = value_get_text(call->store, key, attributes[i]->name);
        matches = !value_is_none(part) &&
                  kind_of_key_type(attributes[i]->type, value_kind(call->store, part));
    }
    if (!matches)
        return call_invalid(call, "The provided key element does not match the schema");
    for (size_t i = 0; i < expected; i++) {
        struct value part = value_get_text(call->store, key, attributes[i]->name);
        if (is_empty(call->store, part))
            return call_invalid(call,
                                "One or more parameter values are not valid. The AttributeValue "
                                "for a key attribute cannot contain an empty %s value. Key: %s",
                                attributes[i]->type == 'S' ? "string" : "binary",
                                attributes[i]->name);
        if (!check_key_size(call, table, attributes[i], part))
            return false;
    }
    return make_key(call, table, key, primary_key);
}

bool is_key_attribute(const struct value_store *store, const struct table_config *table,
                      struct value name)
{
    return value_is_text(store, name, table->hash_key.name) ||
           (table->range_key.name != NULL && value_is_text(store, name, table->range_key.name));
}

struct value table_contents(const struct call *call, uint32_t table)
{
    return call->context->table_values[table];
}

struct value table_item(const struct call *call, uint32_t table, struct value primary_key)
{
    return value_get(call->store, table_contents(call, table), primary_key);
}

struct value dynamodb_table_after(struct value_store *store, struct value table,
                                  const struct item_change *change)
{
    if (value_is_none(change->after))
        return value_remove(store, table, change->key);
    return value_put(store, table, change->key, change->after);
}
