/* The Serverless Application Model: its resources as the plain ones that they stand for.
 * Source: AWS SAM developer guide, "AWS::Serverless::Function", "AWS::Serverless::SimpleTable",
 * "Globals section", and the event source types Kinesis and DynamoDB. */
#include "model/template_reader.h"

#include <stdio.h>
#include <string.h>

/* A mapping under construction, in the place of another node. */
struct mapping_builder {
    struct template_reader *reader;
    const struct yaml_node *origin;
    struct yaml_entry *entries;
    size_t count;
    size_t capacity;
};

static enum status builder_init(struct mapping_builder *builder, struct template_reader *reader,
                                const struct yaml_node *origin, size_t capacity)
{
    *builder = (struct mapping_builder){
        .reader = reader,
        .origin = origin,
        .entries = arena_allocate_array(reader->arena, capacity, sizeof(struct yaml_entry)),
        .capacity = capacity};
    return builder->entries != NULL ? STATUS_OK : template_no_memory(reader, origin);
}

/* `key` may be a node of the template, or a text without one. */
static void builder_add(struct mapping_builder *builder, const struct yaml_node *key,
                        const struct yaml_node *value)
{
    CHECK(builder->count < builder->capacity);
    builder->entries[builder->count++] = (struct yaml_entry){key, value};
}

static enum status builder_add_text(struct mapping_builder *builder, const char *key,
                                    const struct yaml_node *value)
{
    const struct yaml_node *node = yaml_make_scalar(builder->reader->arena, value, key);
    if (node == NULL)
        return template_no_memory(builder->reader, builder->origin);
    builder_add(builder, node, value);
    return STATUS_OK;
}

static enum status builder_finish(const struct mapping_builder *builder,
                                  const struct yaml_node **mapping)
{
    struct yaml_node *node = arena_allocate(builder->reader->arena, sizeof *node);
    if (node == NULL)
        return template_no_memory(builder->reader, builder->origin);
    *node = (struct yaml_node){.kind = YAML_MAPPING,
                               .file = builder->origin->file,
                               .line = builder->origin->line,
                               .column = builder->origin->column,
                               .entries = builder->entries,
                               .count = builder->count,
                               .size = builder->origin->size};
    *mapping = node;
    return STATUS_OK;
}

static size_t entry_count(const struct yaml_node *mapping)
{
    return mapping != NULL ? mapping->count : 0;
}

/* {Variables: the variables of both}; those of the function win. */
static enum status merge_environment(struct template_reader *reader,
                                     const struct yaml_node *defaults, const struct yaml_node *own,
                                     const struct yaml_node **merged)
{
    const struct yaml_node *sources[2] = {NULL, NULL};
    const struct yaml_node *written[2] = {own, defaults};
    for (size_t i = 0; i < 2; i++) {
        enum status status = template_property(reader, written[i], "Variables", &sources[i]);
        if (status == STATUS_OK && sources[i] != NULL)
            status = yaml_expect(sources[i], YAML_MAPPING, "Environment.Variables", reader->error);
        if (status != STATUS_OK)
            return status;
    }
    struct mapping_builder variables;
    struct mapping_builder environment;
    enum status status =
        builder_init(&variables, reader, own, entry_count(sources[0]) + entry_count(sources[1]));
    if (status == STATUS_OK)
        status = builder_init(&environment, reader, own, 1);
    if (status != STATUS_OK)
        return status;
    for (size_t s = 0; s < 2; s++) {
        for (size_t i = 0; i < entry_count(sources[s]); i++) {
            const struct yaml_entry *entry = &sources[s]->entries[i];
            if (s == 0 || yaml_find(sources[0], entry->key->text) == NULL)
                builder_add(&variables, entry->key, entry->value);
        }
    }
    const struct yaml_node *both = NULL;
    status = builder_finish(&variables, &both);
    if (status == STATUS_OK)
        status = builder_add_text(&environment, "Variables", both);
    return status == STATUS_OK ? builder_finish(&environment, merged) : status;
}

/* The elements of both lists: those of Globals first. */
static enum status append_lists(struct template_reader *reader, const struct yaml_node *defaults,
                                const struct yaml_node *own, const struct yaml_node **both)
{
    if (defaults->kind != YAML_SEQUENCE || own->kind != YAML_SEQUENCE) {
        *both = own;
        return STATUS_OK;
    }
    size_t count = defaults->count + own->count;
    const struct yaml_node **elements =
        arena_allocate_array(reader->arena, count + 1, sizeof *elements);
    struct yaml_node *list = arena_allocate(reader->arena, sizeof *list);
    if (elements == NULL || list == NULL)
        return template_no_memory(reader, own);
    for (size_t i = 0; i < count; i++)
        elements[i] =
            i < defaults->count ? defaults->elements[i] : own->elements[i - defaults->count];
    *list = *own;
    list->elements = elements;
    list->count = count;
    list->size = defaults->size + own->size;
    *both = list;
    return STATUS_OK;
}

/* CodeUri, a path or {Bucket, Key}, or InlineCode, or ImageUri as the raw resource's Code. */
static enum status translate_code(struct template_reader *reader, const char *key,
                                  const struct yaml_node *value, struct mapping_builder *function)
{
    const char *raw = strcmp(key, "InlineCode") == 0 ? "ZipFile"
                      : strcmp(key, "ImageUri") == 0 ? "ImageUri"
                                                     : "S3Key";
    const struct yaml_node *resolved = NULL;
    enum status status = template_resolve(reader, value, &resolved);
    if (status != STATUS_OK || resolved == NULL)
        return status;
    if (resolved->kind == YAML_MAPPING) {
        status = yaml_require(resolved, "Key", key, &resolved, reader->error);
        if (status != STATUS_OK)
            return status;
    }
    struct mapping_builder code;
    const struct yaml_node *mapping = NULL;
    status = builder_init(&code, reader, value, 1);
    if (status == STATUS_OK)
        status = builder_add_text(&code, raw, resolved);
    if (status == STATUS_OK)
        status = builder_finish(&code, &mapping);
    return status == STATUS_OK ? builder_add_text(function, "Code", mapping) : status;
}

static bool is_code(const char *key)
{
    return strcmp(key, "CodeUri") == 0 || strcmp(key, "InlineCode") == 0 ||
           strcmp(key, "ImageUri") == 0;
}

static enum status add_property(struct template_reader *reader, const struct yaml_entry *entry,
                                const struct yaml_node *defaults, struct mapping_builder *function)
{
    const char *key = entry->key->text;
    if (is_code(key))
        return translate_code(reader, key, entry->value, function);
    const struct yaml_node *value = entry->value;
    const struct yaml_node *other = yaml_find(defaults, key);
    if (strcmp(key, "Environment") == 0 && other != NULL) {
        enum status status = merge_environment(reader, other, entry->value, &value);
        if (status != STATUS_OK)
            return status;
    }
    if (strcmp(key, "Layers") == 0 && other != NULL) {
        enum status status = append_lists(reader, other, entry->value, &value);
        if (status != STATUS_OK)
            return status;
    }
    builder_add(function, entry->key, value);
    return STATUS_OK;
}

/* SAM makes a role of this name for a function that brings none. */
static enum status add_role(struct template_reader *reader, const struct yaml_node *id,
                            struct mapping_builder *function)
{
    const char *arn =
        arena_format(reader->arena, "arn:aws:iam::" PIPELINE_ACCOUNT ":role/%sRole", id->text);
    const struct yaml_node *role = arn != NULL ? yaml_make_scalar(reader->arena, id, arn) : NULL;
    if (role == NULL)
        return template_no_memory(reader, id);
    return builder_add_text(function, "Role", role);
}

enum status template_read_serverless_function(struct template_reader *reader,
                                              const struct yaml_node *id,
                                              const struct yaml_node *properties,
                                              struct function_config *function)
{
    const struct yaml_node *defaults = yaml_find(yaml_find(reader->root, "Globals"), "Function");
    struct mapping_builder merged;
    enum status status = STATUS_OK;
    if (defaults != NULL)
        status = yaml_expect(defaults, YAML_MAPPING, "Globals.Function", reader->error);
    if (status == STATUS_OK)
        status = builder_init(&merged, reader, properties != NULL ? properties : id,
                              entry_count(properties) + entry_count(defaults) + 1);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; status == STATUS_OK && i < entry_count(properties); i++)
        status = add_property(reader, &properties->entries[i], defaults, &merged);
    for (size_t i = 0; status == STATUS_OK && i < entry_count(defaults); i++) {
        if (yaml_find(properties, defaults->entries[i].key->text) == NULL)
            status = add_property(reader, &defaults->entries[i], NULL, &merged);
    }
    if (status == STATUS_OK && yaml_find(properties, "Role") == NULL &&
        yaml_find(defaults, "Role") == NULL)
        status = add_role(reader, id, &merged);
    const struct yaml_node *plain = NULL;
    if (status == STATUS_OK)
        status = builder_finish(&merged, &plain);
    return status == STATUS_OK ? template_read_function(reader, id, plain, function) : status;
}

enum status template_read_simple_table(struct template_reader *reader, const struct yaml_node *id,
                                       const struct yaml_node *properties,
                                       struct table_config *table)
{
    static const char *const types[] = {"String", "Number", "Binary"};
    *table = (struct table_config){.logical_id = id->text,
                                   .line = id->line,
                                   .stream_shards = 1,
                                   .hash_key = {.name = "id", .type = 'S'}};
    const struct yaml_node *key = NULL;
    const struct yaml_node *type = NULL;
    size_t choice = 0;
    enum status status = template_resource_name(reader, id->text, &table->name);
    if (status == STATUS_OK)
        status = template_property(reader, properties, "PrimaryKey", &key);
    if (status == STATUS_OK)
        status = template_text_property(reader, key, "Name", &table->hash_key.name);
    if (status == STATUS_OK)
        status = template_property(reader, key, "Type", &type);
    if (status == STATUS_OK && type != NULL)
        status = yaml_get_choice(type, "Type", types, 3, &choice, reader->error);
    table->hash_key.type = types[choice][0];
    return status;
}

/* The event as the properties of an AWS::Lambda::EventSourceMapping. */
static enum status event_properties(struct template_reader *reader, const char *function,
                                    const struct yaml_node *event,
                                    const struct yaml_node **properties)
{
    const struct yaml_node *own = NULL;
    enum status status = template_property(reader, event, "Properties", &own);
    if (status == STATUS_OK && own == NULL)
        return yaml_error(reader->error, event, "an event needs the key 'Properties'");
    if (status == STATUS_OK)
        status = yaml_expect(own, YAML_MAPPING, "Properties", reader->error);
    struct mapping_builder mapping;
    if (status == STATUS_OK)
        status = builder_init(&mapping, reader, own, own->count + 1);
    if (status != STATUS_OK)
        return status;
    const struct yaml_node *name = yaml_make_scalar(reader->arena, event, function);
    if (name == NULL)
        return template_no_memory(reader, event);
    status = builder_add_text(&mapping, "FunctionName", name);
    for (size_t i = 0; status == STATUS_OK && i < own->count; i++) {
        const struct yaml_entry *entry = &own->entries[i];
        if (strcmp(entry->key->text, "Stream") == 0)
            status = builder_add_text(&mapping, "EventSourceArn", entry->value);
        else
            builder_add(&mapping, entry->key, entry->value);
    }
    return status == STATUS_OK ? builder_finish(&mapping, properties) : status;
}

enum status template_read_event(struct template_reader *reader, const struct yaml_node *function,
                                const struct yaml_entry *event, const struct pipeline *pipeline,
                                bool *is_mapping, struct mapping_config *mapping)
{
    const char *type = NULL;
    enum status status = yaml_expect(event->value, YAML_MAPPING, "an event", reader->error);
    if (status == STATUS_OK)
        status = template_text_property(reader, event->value, "Type", &type);
    if (status == STATUS_OK && type == NULL)
        return yaml_error(reader->error, event->value, "an event needs the key 'Type'");
    if (status != STATUS_OK)
        return status;
    /* Schedules, APIs, queues and the like invoke a function from outside: nothing flows from there
     * here, but see template_read_others. */
    *is_mapping = strcmp(type, "Kinesis") == 0 || strcmp(type, "DynamoDB") == 0;
    if (!*is_mapping)
        return STATUS_OK;
    const char *name = NULL;
    const struct yaml_node *properties = NULL;
    const char *logical_id = arena_format(reader->arena, "%s%s", function->text, event->key->text);
    const struct yaml_node *id =
        logical_id != NULL ? yaml_make_scalar(reader->arena, event->key, logical_id) : NULL;
    if (id == NULL)
        return template_no_memory(reader, event->key);
    status = template_resource_name(reader, function->text, &name);
    if (status == STATUS_OK)
        status = event_properties(reader, name, event->value, &properties);
    return status == STATUS_OK ? template_read_mapping(reader, id, properties, pipeline, mapping)
                               : status;
}
