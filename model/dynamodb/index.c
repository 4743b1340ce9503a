#include "model/dynamodb/index.h"

#include "model/dynamodb/attribute.h"
#include "model/dynamodb/item.h"

#include <string.h>

const struct index_config *index_find(const struct value_store *store,
                                      const struct table_config *table, struct value name)
{
    for (size_t i = 0; i < table->index_count; i++)
        if (value_is_text(store, name, table->indexes[i].name))
            return &table->indexes[i];
    return NULL;
}

struct table_config index_schema(const struct table_config *table, const struct index_config *index)
{
    struct table_config schema = *table;
    schema.hash_key = index->hash_key;
    schema.range_key = index->range_key;
    return schema;
}

struct value index_key(struct value_store *store, const struct table_config *table,
                       const struct index_config *index, struct value item)
{
    const struct table_config schema = index_schema(table, index);
    struct value parts[3] = {item_primary_key(store, &schema, item),
                             item_primary_key(store, table, item)};
    if (value_is_none(parts[0]) || value_is_none(parts[1]))
        return VALUE_NONE;
    if (schema.range_key.name == NULL)
        return value_list(store, parts, 2);
    parts[2] = parts[1];
    parts[1] = value_at(store, parts[0], 1);
    parts[0] = value_at(store, parts[0], 0);
    return value_list(store, parts, 3);
}

bool index_contents(struct call *call, uint32_t table, const struct index_config *index,
                    struct value *contents)
{
    const struct table_config *config = &call->context->pipeline->tables[table];
    struct value items = table_contents(call, table);
    size_t count = value_count(call->store, items);
    struct value_entry *entries = call_allocate(call, count, sizeof entries[0]);
    if (entries == NULL)
        return false;
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        struct value item = value_value_at(call->store, items, i);
        struct value key = index_key(call->store, config, index, item);
        if (!value_is_none(key))
            entries[found++] = (struct value_entry){key, item};
    }
    *contents = value_map(call->store, entries, found);
    return call_made(call, *contents) && !value_store_failed(call->store);
}

static bool is_projected(const struct value_store *store, const struct table_config *table,
                         const struct index_config *index, struct value name)
{
    const struct table_config schema = index_schema(table, index);
    if (is_key_attribute(store, table, name) || is_key_attribute(store, &schema, name))
        return true;
    for (size_t i = 0; index->projection == PROJECT_INCLUDE && i < index->included_count; i++)
        if (value_is_text(store, name, index->included[i]))
            return true;
    return false;
}

struct value index_projected(struct call *call, const struct table_config *table,
                             const struct index_config *index, struct value item)
{
    if (index->projection == PROJECT_ALL)
        return item;
    struct value projected = item;
    for (size_t i = 0; i < value_count(call->store, item); i++) {
        struct value name = value_key_at(call->store, item, i);
        if (!is_projected(call->store, table, index, name))
            projected = value_remove(call->store, projected, name);
    }
    call_made(call, projected);
    return projected;
}

struct value index_key_attributes(struct value_store *store, const struct table_config *table,
                                  const struct index_config *index, struct value item)
{
    const struct table_config schema = index_schema(table, index);
    struct value keys = item_key_attributes(store, &schema, item);
    struct value primary = item_key_attributes(store, table, item);
    for (size_t i = 0; !value_is_none(primary) && i < value_count(store, primary); i++)
        keys = value_put(store, keys, value_key_at(store, primary, i),
                         value_value_at(store, primary, i));
    return keys;
}

static bool check_attribute(struct call *call, const struct index_config *index,
                            const struct key_attribute *attribute, struct value item, bool update)
{
    struct value part = value_get_text(call->store, item, attribute->name);
    const char type[] = {attribute->type, '\0'};
    if (value_is_none(part))
        return true;
    const char *found = attribute_type_name(call->store, part);
    if (strcmp(found, type) != 0)
        return update ? call_invalid(call, "The update expression attempted to update the "
                                           "secondary index key to unsupported type")
                      : call_invalid(call,
                                     "One or more parameter values were invalid: Type mismatch for "
                                     "Index Key %s Expected: %s Actual: %s IndexName: %s",
                                     attribute->name, type, found, index->name);
    if (attribute_size(call->store, part) == 0)
        return call_invalid(call,
                            "One or more parameter values are not valid. A value specified for a "
                            "secondary index key is not supported. The AttributeValue for a key "
                            "attribute cannot contain an empty %s value. IndexName: %s, IndexKey: "
                            "%s",
                            attribute->type == 'S' ? "string" : "binary", index->name,
                            attribute->name);
    return true;
}

bool index_check_item(struct call *call, const struct table_config *table, struct value item,
                      bool update)
{
    for (size_t i = 0; i < table->index_count; i++) {
        const struct index_config *index = &table->indexes[i];
        if (!check_attribute(call, index, &index->hash_key, item, update))
            return false;
        if (index->range_key.name != NULL &&
            !check_attribute(call, index, &index->range_key, item, update))
            return false;
    }
    return true;
}
