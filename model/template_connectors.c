#include "model/template_connectors.h"

#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static const char *const reading[] = {"dynamodb:GetItem",
                                      "dynamodb:Query",
                                      "dynamodb:Scan",
                                      "dynamodb:BatchGetItem",
                                      "dynamodb:ConditionCheckItem",
                                      "dynamodb:PartiQLSelect"};
static const char *const writing[] = {"dynamodb:PutItem",       "dynamodb:UpdateItem",
                                      "dynamodb:DeleteItem",    "dynamodb:BatchWriteItem",
                                      "dynamodb:PartiQLDelete", "dynamodb:PartiQLInsert",
                                      "dynamodb:PartiQLUpdate"};
static const char *const following[] = {"dynamodb:DescribeStream", "dynamodb:GetRecords",
                                        "dynamodb:GetShardIterator", "dynamodb:ListStreams"};

/* One connector, wherever it is written. */
struct connector {
    const struct yaml_node *place;
    const char *source;                  /* logical id; NULL: described otherwise */
    const struct yaml_node *destination; /* {Id: ...}, or a list of them */
    const struct yaml_node *permissions;
};

static bool is_table(const char *type)
{
    return type != NULL && (strcmp(type, "AWS::DynamoDB::Table") == 0 ||
                            strcmp(type, "AWS::DynamoDB::GlobalTable") == 0 ||
                            strcmp(type, "AWS::Serverless::SimpleTable") == 0);
}

static void add(struct template_reader *reader, struct template_grants *grants,
                const struct connector *connector, const char *const *actions, size_t action_count,
                const char *table_arn, const char *suffix)
{
    const char *resource = arena_format(reader->arena, "%s%s", table_arn, suffix);
    if (resource == NULL || grants->count == TEMPLATE_GRANTS_MAX) {
        grants->unknown = connector->place;
        return;
    }
    grants->items[grants->count++] = (struct template_grant){actions, action_count, resource};
}

/* "Read" or "Write" among the connector's Permissions. */
static bool permits(struct template_reader *reader, const struct connector *connector,
                    const char *wanted)
{
    const struct yaml_node *list = NULL;
    if (connector->permissions == NULL ||
        template_resolve_all(reader, connector->permissions, &list) != STATUS_OK || list == NULL)
        return false;
    for (size_t i = 0; list->kind == YAML_SEQUENCE && i < list->count; i++) {
        if (list->elements[i]->kind == YAML_SCALAR && strcmp(list->elements[i]->text, wanted) == 0)
            return true;
    }
    return false;
}

/* The function writes to and reads from a table: the table itself and its indexes. */
static void add_table(struct template_reader *reader, struct template_grants *grants,
                      const struct connector *connector, const char *arn)
{
    static const char *const suffixes[] = {"", "/index/*"};
    for (size_t i = 0; i < COUNT(suffixes); i++) {
        if (permits(reader, connector, "Read"))
            add(reader, grants, connector, reading, COUNT(reading), arn, suffixes[i]);
        if (permits(reader, connector, "Write"))
            add(reader, grants, connector, writing, COUNT(writing), arn, suffixes[i]);
    }
}

/* One destination of a connector: what it gives to `function`, at either end. */
static void read_end(struct template_reader *reader, const char *function,
                     const struct connector *connector, const struct yaml_node *destination,
                     struct template_grants *grants)
{
    const char *id = NULL;
    const char *arn = NULL;
    const char *type = NULL;
    if (template_text_property(reader, destination, "Id", &id) != STATUS_OK ||
        template_text_property(reader, destination, "Arn", &arn) != STATUS_OK ||
        template_text_property(reader, destination, "Type", &type) != STATUS_OK) {
        grants->unknown = destination;
        return;
    }
    const char *source_type =
        connector->source != NULL ? template_resource_type(reader, connector->source) : NULL;
    bool from = connector->source != NULL && strcmp(connector->source, function) == 0;
    if (from && id != NULL)
        type = template_resource_type(reader, id);
    if (from && is_table(type)) {
        if (arn == NULL && template_attribute(reader, destination, id, "Arn", &arn) != STATUS_OK)
            grants->unknown = destination;
        else
            add_table(reader, grants, connector, arn);
    } else if (id != NULL && strcmp(id, function) == 0 && is_table(source_type) &&
               permits(reader, connector, "Read")) {
        if (template_attribute(reader, destination, connector->source, "Arn", &arn) != STATUS_OK)
            grants->unknown = destination;
        else
            add(reader, grants, connector, following, COUNT(following), arn, "/stream/*");
    }
}

static void read_connector(struct template_reader *reader, const char *function,
                           const struct connector *connector, struct template_grants *grants)
{
    const struct yaml_node *destination = connector->destination;
    if (destination == NULL) {
        grants->unknown = connector->place;
        return;
    }
    if (destination->kind != YAML_SEQUENCE) {
        read_end(reader, function, connector, destination, grants);
        return;
    }
    for (size_t i = 0; i < destination->count; i++)
        read_end(reader, function, connector, destination->elements[i], grants);
}

/* AWS::Serverless::Connector. One whose Source is not named by its Id may be of any function. */
static void read_resource(struct template_reader *reader, const char *function,
                          const struct yaml_node *resource, struct template_grants *grants)
{
    const struct yaml_node *properties = yaml_find(resource, "Properties");
    const struct yaml_node *source = yaml_find(properties, "Source");
    struct connector connector = {.place = resource,
                                  .destination = yaml_find(properties, "Destination"),
                                  .permissions = yaml_find(properties, "Permissions")};
    if (template_text_property(reader, source, "Id", &connector.source) != STATUS_OK ||
        (connector.source == NULL && yaml_find(source, "RoleName") != NULL)) {
        grants->unknown = resource;
        return;
    }
    read_connector(reader, function, &connector, grants);
}

void template_connector_grants(struct template_reader *reader, const char *function,
                               struct template_grants *grants)
{
    *grants = (struct template_grants){.count = 0};
    for (size_t i = 0; i < reader->resources->count; i++) {
        const struct yaml_entry *entry = &reader->resources->entries[i];
        const char *type = template_resource_type(reader, entry->key->text);
        const struct yaml_node *own = yaml_find(entry->value, "Connectors");
        bool created = true;
        if (!reader->serverless ||
            (template_is_created(reader, entry->value, &created) == STATUS_OK && !created))
            continue;
        if (type != NULL && strcmp(type, "AWS::Serverless::Connector") == 0)
            read_resource(reader, function, entry->value, grants);
        for (size_t k = 0; own != NULL && own->kind == YAML_MAPPING && k < own->count; k++) {
            const struct yaml_node *properties = yaml_find(own->entries[k].value, "Properties");
            struct connector connector = {.place = own->entries[k].key,
                                          .source = entry->key->text,
                                          .destination = yaml_find(properties, "Destination"),
                                          .permissions = yaml_find(properties, "Permissions")};
            read_connector(reader, function, &connector, grants);
        }
    }
}
