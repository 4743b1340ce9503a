#include "model/template.h"

#include "model/template_reader.h"

#include <string.h>

/* A resource of the pipeline: its limit, its reader's index in read_resource. Order matters: a
 * mapping is read after what it refers to. */
enum resource_kind {
    RESOURCE_STREAM,
    RESOURCE_TABLE,
    RESOURCE_FUNCTION,
    RESOURCE_MAPPING,
    RESOURCE_KIND_COUNT
};

static const struct {
    const char *type;
    const char *what;
    size_t max;
} resource_kinds[] = {
    [RESOURCE_STREAM] = {"AWS::Kinesis::Stream", "streams", PIPELINE_STREAMS_MAX},
    [RESOURCE_TABLE] = {"AWS::DynamoDB::Table", "tables", PIPELINE_TABLES_MAX},
    [RESOURCE_FUNCTION] = {"AWS::Lambda::Function", "functions", PIPELINE_FUNCTIONS_MAX},
    [RESOURCE_MAPPING] = {"AWS::Lambda::EventSourceMapping", "event source mappings",
                          PIPELINE_MAPPINGS_MAX},
};

/* Types that would change what the pipeline does. All others (roles, alarms, rules, buckets, ...)
 * are passed over: where one is an event source after all, its mapping is refused. */
static const char *const unsupported_types[] = {
    "AWS::DynamoDB::GlobalTable",    "AWS::Kinesis::StreamConsumer",
    "AWS::CloudFormation::Stack",    "AWS::Serverless::Application",
    "AWS::Serverless::Function",     "AWS::Serverless::SimpleTable",
    "AWS::Serverless::StateMachine", "AWS::Pipes::Pipe",
};

static enum status section(struct template_reader *reader, const char *name,
                           const struct yaml_node **found)
{
    *found = yaml_find(reader->root, name);
    return *found != NULL ? yaml_expect(*found, YAML_MAPPING, name, reader->error) : STATUS_OK;
}

static enum status read_sections(struct template_reader *reader)
{
    static const char *const keys[] = {"AWSTemplateFormatVersion",
                                       "Conditions",
                                       "Description",
                                       "Globals",
                                       "Hooks",
                                       "Mappings",
                                       "Metadata",
                                       "Outputs",
                                       "Parameters",
                                       "Resources",
                                       "Rules",
                                       "Transform"};
    enum status status = yaml_check_keys(reader->root, "a CloudFormation template", keys,
                                         sizeof keys / sizeof *keys, reader->error);
    if (status == STATUS_OK)
        status = section(reader, "Parameters", &reader->parameters);
    if (status == STATUS_OK)
        status = section(reader, "Mappings", &reader->mappings);
    if (status == STATUS_OK)
        status = section(reader, "Conditions", &reader->conditions);
    if (status == STATUS_OK)
        status = section(reader, "Resources", &reader->resources);
    if (status == STATUS_OK && reader->resources == NULL)
        return yaml_error(reader->error, reader->root, "a template needs the key 'Resources'");
    const struct yaml_node *transform = yaml_find(reader->root, "Transform");
    if (status == STATUS_OK && transform != NULL)
        return yaml_unsupported(reader->error, transform, "Transform is not simulated yet");
    return status;
}

/* Whether the resource exists: its Condition, if it has one, holds. */
static enum status is_created(struct template_reader *reader, const struct yaml_node *resource,
                              bool *created)
{
    *created = true;
    const struct yaml_node *condition = yaml_find(resource, "Condition");
    if (condition == NULL)
        return STATUS_OK;
    if (condition->kind != YAML_SCALAR)
        return yaml_error(reader->error, condition, "Condition must be a condition's name");
    return template_condition(reader, condition, condition->text, created);
}

static enum status check_resource(struct template_reader *reader, const struct yaml_entry *entry)
{
    const struct yaml_node *type = NULL;
    enum status status = yaml_require(entry->value, "Type", "a resource", &type, reader->error);
    if (status != STATUS_OK)
        return status;
    if (type->kind != YAML_SCALAR)
        return yaml_error(reader->error, type, "the Type of a resource must be a text");
    for (size_t i = 0; i < sizeof unsupported_types / sizeof *unsupported_types; i++) {
        if (strcmp(type->text, unsupported_types[i]) == 0)
            return yaml_unsupported(reader->error, type, "resources of type %s are not simulated",
                                    type->text);
    }
    const char *candidates[RESOURCE_KIND_COUNT];
    for (int i = 0; i < RESOURCE_KIND_COUNT; i++)
        candidates[i] = resource_kinds[i].type;
    const char *meant = yaml_closest(type->text, candidates, RESOURCE_KIND_COUNT, 2);
    if (meant != NULL && strcmp(meant, type->text) != 0)
        return yaml_error(reader->error, type, "unknown resource type '%.*s', did you mean '%s'?",
                          YAML_QUOTE_MAX, type->text, meant);
    return STATUS_OK;
}

static enum status allocate(struct template_reader *reader, struct pipeline *pipeline)
{
    struct arena *arena = reader->arena;
    pipeline->streams =
        arena_allocate_array(arena, PIPELINE_STREAMS_MAX, sizeof *pipeline->streams);
    pipeline->tables = arena_allocate_array(arena, PIPELINE_TABLES_MAX, sizeof *pipeline->tables);
    pipeline->functions =
        arena_allocate_array(arena, PIPELINE_FUNCTIONS_MAX, sizeof *pipeline->functions);
    pipeline->mappings =
        arena_allocate_array(arena, PIPELINE_MAPPINGS_MAX, sizeof *pipeline->mappings);
    if (pipeline->streams == NULL || pipeline->tables == NULL || pipeline->functions == NULL ||
        pipeline->mappings == NULL)
        return template_no_memory(reader, reader->root);
    return STATUS_OK;
}

static enum status read_resource(struct template_reader *reader, enum resource_kind kind,
                                 const struct yaml_node *id, const struct yaml_node *properties,
                                 struct pipeline *pipeline)
{
    size_t *const counts[] = {[RESOURCE_STREAM] = &pipeline->stream_count,
                              [RESOURCE_TABLE] = &pipeline->table_count,
                              [RESOURCE_FUNCTION] = &pipeline->function_count,
                              [RESOURCE_MAPPING] = &pipeline->mapping_count};
    size_t index = *counts[kind];
    if (index == resource_kinds[kind].max)
        return error_at(reader->error, STATUS_LIMIT, id->file, id->line, id->column,
                        "more than %zu %s", resource_kinds[kind].max, resource_kinds[kind].what);
    enum status status = STATUS_OK;
    switch (kind) {
    case RESOURCE_STREAM:
        status = template_read_stream(reader, id, properties, &pipeline->streams[index]);
        break;
    case RESOURCE_TABLE:
        status = template_read_table(reader, id, properties, &pipeline->tables[index]);
        break;
    case RESOURCE_FUNCTION:
        status = template_read_function(reader, id, properties, &pipeline->functions[index]);
        break;
    case RESOURCE_MAPPING:
        status =
            template_read_mapping(reader, id, properties, pipeline, &pipeline->mappings[index]);
        break;
    case RESOURCE_KIND_COUNT:
        break;
    }
    if (status == STATUS_OK)
        (*counts[kind])++;
    return status;
}

static enum status read_kind(struct template_reader *reader, enum resource_kind kind,
                             struct pipeline *pipeline)
{
    for (size_t i = 0; i < reader->resources->count; i++) {
        const struct yaml_entry *entry = &reader->resources->entries[i];
        const char *type = template_resource_type(reader, entry->key->text);
        if (type == NULL || strcmp(type, resource_kinds[kind].type) != 0)
            continue;
        bool created = false;
        const struct yaml_node *properties = NULL;
        enum status status = is_created(reader, entry->value, &created);
        if (status == STATUS_OK && created)
            status = template_property(reader, entry->value, "Properties", &properties);
        if (status == STATUS_OK && created && properties != NULL)
            status = yaml_expect(properties, YAML_MAPPING, "Properties", reader->error);
        if (status == STATUS_OK && created)
            status = read_resource(reader, kind, entry->key, properties, pipeline);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* Names are unique per kind on AWS too. */
static enum status check_names(struct template_reader *reader, const struct pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->table_count; i++) {
        const struct table_config *table = &pipeline->tables[i];
        int first = pipeline_find_table(pipeline, table->name);
        if (first >= 0 && (size_t)first != i)
            return error_at(reader->error, STATUS_BAD_INPUT, reader->root->file, table->line, 0,
                            "a second table is named '%s'", table->name);
    }
    for (size_t i = 0; i < pipeline->function_count; i++) {
        const struct function_config *function = &pipeline->functions[i];
        int first = pipeline_find_function(pipeline, function->name);
        if (first >= 0 && (size_t)first != i)
            return error_at(reader->error, STATUS_BAD_INPUT, reader->root->file, function->line, 0,
                            "a second function is named '%s'", function->name);
    }
    for (size_t i = 0; i < pipeline->stream_count; i++) {
        const struct stream_config *stream = &pipeline->streams[i];
        int first = pipeline_find_stream(pipeline, stream->name);
        if (first >= 0 && (size_t)first != i)
            return error_at(reader->error, STATUS_BAD_INPUT, reader->root->file, stream->line, 0,
                            "a second stream is named '%s'", stream->name);
    }
    return STATUS_OK;
}

static enum status read_root(struct template_reader *reader, struct pipeline *pipeline)
{
    *pipeline = (struct pipeline){.file = reader->root->file};
    enum status status = read_sections(reader);
    if (status == STATUS_OK)
        status = allocate(reader, pipeline);
    for (size_t i = 0; status == STATUS_OK && i < reader->resources->count; i++)
        status = check_resource(reader, &reader->resources->entries[i]);
    for (int kind = 0; status == STATUS_OK && kind < RESOURCE_MAPPING; kind++)
        status = read_kind(reader, (enum resource_kind)kind, pipeline);
    if (status == STATUS_OK)
        status = check_names(reader, pipeline);
    if (status == STATUS_OK)
        status = read_kind(reader, RESOURCE_MAPPING, pipeline);
    return status;
}

enum status template_read(const char *file, struct arena *arena, struct pipeline *pipeline,
                          struct error *error)
{
    struct template_reader reader = {.arena = arena, .error = error};
    enum status status = yaml_read_file(file, TEMPLATE_FILE_SIZE_MAX, arena, &reader.root, error);
    return status == STATUS_OK ? read_root(&reader, pipeline) : status;
}

enum status template_parse(const char *bytes, size_t length, const char *file,
                           struct arena *arena, struct pipeline *pipeline, struct error *error)
{
    struct template_reader reader = {.arena = arena, .error = error};
    enum status status = yaml_parse(bytes, length, file, arena, &reader.root, error);
    return status == STATUS_OK ? read_root(&reader, pipeline) : status;
}
