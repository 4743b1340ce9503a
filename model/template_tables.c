/* Tables of a template, with their keys, indexes and streams.
 * Source: CloudFormation user guide, the reference pages of AWS::DynamoDB::Table and
 * AWS::DynamoDB::GlobalTable (of which the replica of this region is simulated). */
#include "model/template_reader.h"

#include <string.h>
#include <strings.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* The type of an attribute, as AttributeDefinitions declares it. */
static enum status attribute_type(struct template_reader *reader, const struct yaml_node *place,
                                  const char *what, const struct yaml_node *definitions,
                                  struct key_attribute *attribute)
{
    static const char *const types[] = {"S", "N", "B"};
    for (size_t i = 0; definitions != NULL && i < definitions->count; i++) {
        const char *name = "";
        const struct yaml_node *definition = definitions->elements[i];
        const struct yaml_node *type = NULL;
        enum status status = template_text_property(reader, definition, "AttributeName", &name);
        if (status == STATUS_OK)
            status = template_property(reader, definition, "AttributeType", &type);
        if (status != STATUS_OK)
            return status;
        if (strcmp(name, attribute->name) != 0)
            continue;
        size_t choice = 0;
        if (type == NULL)
            return yaml_error(reader->error, definition, "attribute '%s' needs an AttributeType",
                              name);
        status = yaml_get_choice(type, "AttributeType", types, 3, &choice, reader->error);
        attribute->type = types[choice][0];
        return status;
    }
    return yaml_error(reader->error, place,
                      "%s: AttributeDefinitions do not declare the key attribute '%s'", what,
                      attribute->name);
}

static enum status read_list(struct template_reader *reader, const struct yaml_node *properties,
                             const char *key, const struct yaml_node **list)
{
    *list = NULL;
    const struct yaml_node *written = yaml_find(properties, key);
    if (written == NULL)
        return STATUS_OK;
    enum status status = template_resolve_all(reader, written, list);
    if (status == STATUS_OK && *list != NULL)
        status = yaml_expect(*list, YAML_SEQUENCE, key, reader->error);
    return status;
}

/* A KeySchema: of the table, or of one of its indexes; `what` names it. */
static enum status read_schema(struct template_reader *reader, const struct yaml_node *place,
                               const struct yaml_node *schema, const struct yaml_node *definitions,
                               const char *what, struct key_attribute *hash,
                               struct key_attribute *range)
{
    static const char *const key_types[] = {"HASH", "RANGE"};
    for (size_t i = 0; schema != NULL && i < schema->count; i++) {
        const struct yaml_node *element = schema->elements[i];
        const struct yaml_node *type = NULL;
        struct key_attribute attribute = {.name = NULL};
        size_t choice = 0;
        enum status status =
            yaml_require(element, "KeyType", "an element of KeySchema", &type, reader->error);
        if (status == STATUS_OK)
            status = yaml_get_choice(type, "KeyType", key_types, 2, &choice, reader->error);
        if (status == STATUS_OK)
            status = template_text_property(reader, element, "AttributeName", &attribute.name);
        if (status != STATUS_OK)
            return status;
        if (attribute.name == NULL)
            return yaml_error(reader->error, element,
                              "an element of KeySchema needs the key 'AttributeName'");
        status = attribute_type(reader, place, what, definitions, &attribute);
        if (status != STATUS_OK)
            return status;
        struct key_attribute *target = choice == 0 ? hash : range;
        if (target->name != NULL)
            return yaml_error(reader->error, element, "%s has a second %s key", what,
                              key_types[choice]);
        *target = attribute;
    }
    if (hash->name == NULL)
        return yaml_error(reader->error, place, "%s needs a KeySchema with a HASH key", what);
    return STATUS_OK;
}

/* "table 'X'", "index 'Y'". */
static const char *name_of(struct template_reader *reader, const char *kind, const char *name)
{
    const char *text = arena_format(reader->arena, "%s '%s'", kind, name);
    return text == NULL ? kind : text;
}

static enum status read_keys(struct template_reader *reader, const struct yaml_node *id,
                             const struct yaml_node *properties,
                             const struct yaml_node *definitions, struct table_config *table)
{
    const struct yaml_node *schema = NULL;
    enum status status = read_list(reader, properties, "KeySchema", &schema);
    return status == STATUS_OK
               ? read_schema(reader, id, schema, definitions, name_of(reader, "table", id->text),
                             &table->hash_key, &table->range_key)
               : status;
}

static enum status read_projection(struct template_reader *reader, const struct yaml_node *node,
                                   struct index_config *index)
{
    /* in the order of enum index_projection */
    static const char *const types[] = {"ALL", "KEYS_ONLY", "INCLUDE"};
    const struct yaml_node *projection = yaml_find(node, "Projection");
    const struct yaml_node *type = yaml_find(projection, "ProjectionType");
    const struct yaml_node *names = yaml_find(projection, "NonKeyAttributes");
    size_t choice = 0;
    if (type == NULL)
        return yaml_error(reader->error, node, "an index needs a Projection with a ProjectionType");
    enum status status =
        yaml_get_choice(type, "ProjectionType", types, COUNT(types), &choice, reader->error);
    index->projection = (enum index_projection)choice;
    if (status != STATUS_OK || index->projection != PROJECT_INCLUDE)
        return status;
    if (names == NULL || names->kind != YAML_SEQUENCE)
        return yaml_error(reader->error, projection,
                          "a Projection of the type INCLUDE needs a list of NonKeyAttributes");
    const char **included = arena_allocate_array(reader->arena, names->count, sizeof *included);
    if (included == NULL)
        return template_no_memory(reader, names);
    for (size_t i = 0; status == STATUS_OK && i < names->count; i++)
        status = template_text(reader, names->elements[i], "NonKeyAttributes", &included[i]);
    index->included = included;
    index->included_count = names->count;
    return status;
}

static enum status read_index(struct template_reader *reader, const struct yaml_node *node,
                              const struct yaml_node *definitions, bool global,
                              const struct table_config *table, struct index_config *index)
{
    *index = (struct index_config){.global = global};
    enum status status = yaml_expect(node, YAML_MAPPING, "an index", reader->error);
    if (status == STATUS_OK)
        status = template_text_property(reader, node, "IndexName", &index->name);
    if (status == STATUS_OK && index->name == NULL)
        return yaml_error(reader->error, node, "an index needs the key 'IndexName'");
    if (status == STATUS_OK)
        status =
            read_schema(reader, node, yaml_find(node, "KeySchema"), definitions,
                        name_of(reader, "index", index->name), &index->hash_key, &index->range_key);
    if (status != STATUS_OK)
        return status;
    if (!global &&
        (strcmp(index->hash_key.name, table->hash_key.name) != 0 || index->range_key.name == NULL))
        return yaml_error(reader->error, node,
                          "the local index '%s' needs the table's HASH key and a RANGE key",
                          index->name);
    return read_projection(reader, node, index);
}

static enum status read_indexes(struct template_reader *reader, const struct yaml_node *properties,
                                const struct yaml_node *definitions, struct table_config *table)
{
    static const char *const lists[] = {"LocalSecondaryIndexes", "GlobalSecondaryIndexes"};
    struct index_config *indexes =
        arena_allocate_array(reader->arena, TABLE_INDEXES_MAX, sizeof *indexes);
    if (indexes == NULL)
        return template_no_memory(reader, properties);
    table->indexes = indexes;
    for (size_t i = 0; i < COUNT(lists); i++) {
        const struct yaml_node *list = NULL;
        enum status status = read_list(reader, properties, lists[i], &list);
        for (size_t k = 0; status == STATUS_OK && list != NULL && k < list->count; k++) {
            if (table->index_count == TABLE_INDEXES_MAX)
                return error_at(reader->error, STATUS_LIMIT, list->file, list->line, list->column,
                                "more than %d indexes", TABLE_INDEXES_MAX);
            status = read_index(reader, list->elements[k], definitions, i == 1, table,
                                &indexes[table->index_count++]);
        }
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status read_stream_view(struct template_reader *reader,
                                    const struct yaml_node *properties, struct table_config *table)
{
    const struct yaml_node *specification = NULL;
    const struct yaml_node *view = NULL;
    size_t choice = 0;
    enum status status =
        template_property(reader, properties, "StreamSpecification", &specification);
    if (status != STATUS_OK || specification == NULL)
        return status;
    status = template_property(reader, specification, "StreamViewType", &view);
    if (status == STATUS_OK && view == NULL)
        return yaml_error(reader->error, specification,
                          "StreamSpecification needs a "
                          "StreamViewType");
    if (status == STATUS_OK)
        status = yaml_get_choice(view, "StreamViewType", stream_view_names + 1,
                                 STREAM_VIEW_COUNT - 1, &choice, reader->error);
    if (status == STATUS_OK)
        table->stream_view = (enum stream_view_type)(choice + 1);
    return status;
}

static enum status read_time_to_live(struct template_reader *reader,
                                     const struct yaml_node *properties, struct table_config *table)
{
    const struct yaml_node *specification = NULL;
    const struct yaml_node *enabled = NULL;
    const char *attribute = NULL;
    const char *text = NULL;
    enum status status =
        template_property(reader, properties, "TimeToLiveSpecification", &specification);
    if (status == STATUS_OK)
        status = template_property(reader, specification, "Enabled", &enabled);
    if (status == STATUS_OK && enabled != NULL)
        status = template_text(reader, enabled, "Enabled", &text);
    if (status == STATUS_OK)
        status = template_text_property(reader, specification, "AttributeName", &attribute);
    if (status != STATUS_OK || text == NULL || strcasecmp(text, "true") != 0)
        return status;
    if (attribute == NULL)
        return yaml_error(reader->error, specification,
                          "TimeToLiveSpecification needs an AttributeName");
    table->time_to_live = attribute;
    return STATUS_OK;
}

enum status template_read_table(struct template_reader *reader, const struct yaml_node *id,
                                const struct yaml_node *properties, struct table_config *table)
{
    static const char *const known[] = {"AttributeDefinitions",
                                        "BillingMode",
                                        "ContributorInsightsSpecification",
                                        "DeletionProtectionEnabled",
                                        "GlobalSecondaryIndexes",
                                        "ImportSourceSpecification",
                                        "KeySchema",
                                        "KinesisStreamSpecification",
                                        "LocalSecondaryIndexes",
                                        "OnDemandThroughput",
                                        "PointInTimeRecoverySpecification",
                                        "ProvisionedThroughput",
                                        "Replicas",
                                        "ResourcePolicy",
                                        "SSESpecification",
                                        "StreamSpecification",
                                        "TableClass",
                                        "TableName",
                                        "Tags",
                                        "TimeToLiveSpecification",
                                        "WarmThroughput"};
    static const char *const unsupported[] = {"ImportSourceSpecification",
                                              "KinesisStreamSpecification"};
    *table = (struct table_config){.logical_id = id->text, .line = id->line, .stream_shards = 1};
    enum status status =
        template_check_properties(reader, properties, "a table", known, COUNT(known));
    for (size_t i = 0; status == STATUS_OK && i < COUNT(unsupported); i++) {
        const struct yaml_node *key = yaml_find_key(properties, unsupported[i]);
        if (key != NULL)
            return yaml_unsupported(reader->error, key, "%s of table '%s' is not simulated yet",
                                    unsupported[i], id->text);
    }
    if (status == STATUS_OK)
        status = template_resource_name(reader, id->text, &table->name);
    const struct yaml_node *definitions = NULL;
    if (status == STATUS_OK)
        status = read_list(reader, properties, "AttributeDefinitions", &definitions);
    if (status == STATUS_OK)
        status = read_keys(reader, id, properties, definitions, table);
    if (status == STATUS_OK)
        status = read_indexes(reader, properties, definitions, table);
    if (status == STATUS_OK)
        status = read_stream_view(reader, properties, table);
    return status == STATUS_OK ? read_time_to_live(reader, properties, table) : status;
}
