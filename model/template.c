#include "model/template.h"

#include "model/template_reader.h"

#include <string.h>

/* What a resource becomes. Order matters: a mapping is read after what it refers to. */
enum resource_kind {
    RESOURCE_STREAM,
    RESOURCE_TABLE,
    RESOURCE_FUNCTION,
    RESOURCE_MAPPING,
    RESOURCE_KIND_COUNT
};

#define SERVERLESS_TRANSFORM "AWS::Serverless-2016-10-31"
#define LANGUAGE_TRANSFORM "AWS::LanguageExtensions"

static const struct {
    const char *type;
    enum resource_kind kind;
    bool serverless; /* of the Serverless Application Model */
} resource_types[] = {
    {"AWS::Kinesis::Stream", RESOURCE_STREAM, false},
    {"AWS::DynamoDB::Table", RESOURCE_TABLE, false},
    {"AWS::DynamoDB::GlobalTable", RESOURCE_TABLE, false},
    {"AWS::Serverless::SimpleTable", RESOURCE_TABLE, true},
    {"AWS::Lambda::Function", RESOURCE_FUNCTION, false},
    {"AWS::Serverless::Function", RESOURCE_FUNCTION, true},
    {"AWS::Lambda::EventSourceMapping", RESOURCE_MAPPING, false},
};

enum { RESOURCE_TYPES = sizeof resource_types / sizeof *resource_types };

static const struct {
    const char *what;
    size_t max;
} limits[] = {
    [RESOURCE_STREAM] = {"streams", PIPELINE_STREAMS_MAX},
    [RESOURCE_TABLE] = {"tables", PIPELINE_TABLES_MAX},
    [RESOURCE_FUNCTION] = {"functions", PIPELINE_FUNCTIONS_MAX},
    [RESOURCE_MAPPING] = {"event source mappings", PIPELINE_MAPPINGS_MAX},
};

/* Types that would change what the pipeline does. All others (roles, alarms, rules, buckets, ...)
 * are passed over: where one is an event source after all, its mapping is refused. */
static const char *const unsupported_types[] = {
    "AWS::CloudFormation::Stack",
    "AWS::Serverless::Application",
    "AWS::Pipes::Pipe",
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
    return status;
}

static enum status check_transform(struct template_reader *reader, const struct yaml_node *node)
{
    if (node->kind != YAML_SCALAR || node->tag != NULL)
        return yaml_unsupported(reader->error, node,
                                "only the Transforms " SERVERLESS_TRANSFORM
                                " and " LANGUAGE_TRANSFORM " are simulated");
    if (strcmp(node->text, LANGUAGE_TRANSFORM) == 0) {
        reader->extended = true;
        return STATUS_OK;
    }
    if (strcmp(node->text, SERVERLESS_TRANSFORM) != 0)
        return yaml_unsupported(reader->error, node,
                                "the Transform '%.*s' is not simulated, only " SERVERLESS_TRANSFORM
                                " and " LANGUAGE_TRANSFORM,
                                YAML_QUOTE_MAX, node->text);
    reader->serverless = true;
    return STATUS_OK;
}

/* A transform's name or a list of them. */
static enum status read_transform(struct template_reader *reader)
{
    const struct yaml_node *transform = yaml_find(reader->root, "Transform");
    enum status status = STATUS_OK;
    if (transform == NULL)
        return STATUS_OK;
    if (transform->kind != YAML_SEQUENCE)
        return check_transform(reader, transform);
    for (size_t i = 0; status == STATUS_OK && i < transform->count; i++)
        status = check_transform(reader, transform->elements[i]);
    return status;
}

/* AWS::LanguageExtensions is applied before SAM's transform. */
static enum status expand_sections(struct template_reader *reader)
{
    if (!reader->extended)
        return STATUS_OK;
    enum status status = template_expand_loops(reader, reader->conditions, &reader->conditions);
    return status == STATUS_OK
               ? template_expand_loops(reader, reader->resources, &reader->resources)
               : status;
}

enum status template_is_created(struct template_reader *reader, const struct yaml_node *resource,
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
    if (strncmp(entry->key->text, "Fn::ForEach::", strlen("Fn::ForEach::")) == 0)
        return yaml_error(reader->error, entry->key,
                          "Fn::ForEach needs 'Transform: " LANGUAGE_TRANSFORM "'");
    enum status status = yaml_require(entry->value, "Type", "a resource", &type, reader->error);
    if (status != STATUS_OK)
        return status;
    if (type->kind != YAML_SCALAR)
        return yaml_error(reader->error, type, "the Type of a resource must be a text");
    for (size_t i = 0; i < sizeof unsupported_types / sizeof *unsupported_types; i++) {
        bool created = true;
        if (strcmp(type->text, unsupported_types[i]) != 0)
            continue;
        status = template_is_created(reader, entry->value, &created);
        if (status != STATUS_OK)
            return status;
        if (created)
            return yaml_unsupported(reader->error, type, "resources of type %s are not simulated",
                                    type->text);
    }
    const char *candidates[RESOURCE_TYPES];
    for (size_t i = 0; i < RESOURCE_TYPES; i++) {
        candidates[i] = resource_types[i].type;
        if (resource_types[i].serverless && !reader->serverless &&
            strcmp(candidates[i], type->text) == 0)
            return yaml_error(reader->error, type, "%s needs 'Transform: " SERVERLESS_TRANSFORM "'",
                              type->text);
    }
    const char *meant = yaml_closest(type->text, candidates, RESOURCE_TYPES, 2);
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

static enum status check_limit(struct template_reader *reader, enum resource_kind kind,
                               const struct yaml_node *id, size_t count)
{
    if (count < limits[kind].max)
        return STATUS_OK;
    return error_at(reader->error, STATUS_LIMIT, id->file, id->line, id->column, "more than %zu %s",
                    limits[kind].max, limits[kind].what);
}

static enum status read_resource(struct template_reader *reader, enum resource_kind kind,
                                 bool serverless, const struct yaml_node *id,
                                 const struct yaml_node *properties, struct pipeline *pipeline)
{
    size_t *const counts[] = {[RESOURCE_STREAM] = &pipeline->stream_count,
                              [RESOURCE_TABLE] = &pipeline->table_count,
                              [RESOURCE_FUNCTION] = &pipeline->function_count,
                              [RESOURCE_MAPPING] = &pipeline->mapping_count};
    size_t index = *counts[kind];
    enum status status = check_limit(reader, kind, id, index);
    if (status != STATUS_OK)
        return status;
    switch (kind) {
    case RESOURCE_STREAM:
        status = template_read_stream(reader, id, properties, &pipeline->streams[index]);
        break;
    case RESOURCE_TABLE:
        status = (serverless ? template_read_simple_table : template_read_table)(
            reader, id, properties, &pipeline->tables[index]);
        break;
    case RESOURCE_FUNCTION:
        status = (serverless ? template_read_serverless_function : template_read_function)(
            reader, id, properties, &pipeline->functions[index]);
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

/* The mappings that SAM makes of a function's events. */
static enum status read_events(struct template_reader *reader, const struct yaml_node *id,
                               const struct yaml_node *properties, struct pipeline *pipeline)
{
    const struct yaml_node *events = NULL;
    enum status status = template_property(reader, properties, "Events", &events);
    if (status == STATUS_OK && events != NULL)
        status = yaml_expect(events, YAML_MAPPING, "Events", reader->error);
    for (size_t i = 0; status == STATUS_OK && events != NULL && i < events->count; i++) {
        bool is_mapping = false;
        struct mapping_config mapping;
        status =
            template_read_event(reader, id, &events->entries[i], pipeline, &is_mapping, &mapping);
        if (status == STATUS_OK && is_mapping)
            status = check_limit(reader, RESOURCE_MAPPING, id, pipeline->mapping_count);
        if (status == STATUS_OK && is_mapping)
            pipeline->mappings[pipeline->mapping_count++] = mapping;
    }
    return status;
}

/* The index of a checked resource's type in resource_types, or RESOURCE_TYPES. */
static size_t find_type(const struct yaml_node *resource)
{
    const struct yaml_node *type = yaml_find(resource, "Type");
    size_t index = 0;
    while (index < RESOURCE_TYPES && strcmp(resource_types[index].type, type->text) != 0)
        index++;
    return index;
}

/* The resources of one kind; for mappings, the events of serverless functions too. */
static enum status read_kind(struct template_reader *reader, enum resource_kind kind,
                             struct pipeline *pipeline)
{
    for (size_t i = 0; i < reader->resources->count; i++) {
        const struct yaml_entry *entry = &reader->resources->entries[i];
        size_t type = find_type(entry->value);
        bool known = type < RESOURCE_TYPES;
        bool serverless = known && resource_types[type].serverless;
        bool has_events = serverless && resource_types[type].kind == RESOURCE_FUNCTION &&
                          kind == RESOURCE_MAPPING;
        if (!known || (resource_types[type].kind != kind && !has_events))
            continue;
        bool created = false;
        const struct yaml_node *properties = NULL;
        enum status status = template_is_created(reader, entry->value, &created);
        if (status == STATUS_OK && created)
            status = template_property(reader, entry->value, "Properties", &properties);
        if (status == STATUS_OK && created && properties != NULL)
            status = yaml_expect(properties, YAML_MAPPING, "Properties", reader->error);
        if (status == STATUS_OK && created && kind == RESOURCE_MAPPING && !has_events) {
            bool foreign = false;
            status = template_is_foreign_mapping(reader, properties, &foreign);
            created = !foreign;
        }
        if (status == STATUS_OK && created)
            status = has_events ? read_events(reader, entry->key, properties, pipeline)
                                : read_resource(reader, kind, serverless, entry->key, properties,
                                                pipeline);
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
        status = template_check_parameters(reader);
    pipeline->unchecked = reader->unchecked;
    pipeline->unchecked_count = reader->unchecked_count;
    if (status == STATUS_OK)
        status = read_transform(reader);
    if (status == STATUS_OK)
        status = expand_sections(reader);
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
    if (status == STATUS_OK)
        status = template_read_others(reader, pipeline);
    if (status == STATUS_OK)
        status = template_read_permissions(reader, pipeline);
    return status;
}

enum status template_read(const char *file, struct arena *arena, struct pipeline *pipeline,
                          struct error *error)
{
    return template_read_with(file, NULL, arena, pipeline, error);
}

enum status template_read_with(const char *file, const struct template_parameters *parameters,
                               struct arena *arena, struct pipeline *pipeline, struct error *error)
{
    struct template_reader reader = {.arena = arena, .error = error, .given = parameters};
    enum status status = yaml_read_file(file, TEMPLATE_FILE_SIZE_MAX, arena, &reader.root, error);
    return status == STATUS_OK ? read_root(&reader, pipeline) : status;
}

enum status template_parse(const char *bytes, size_t length, const char *file, struct arena *arena,
                           struct pipeline *pipeline, struct error *error)
{
    return template_parse_with(bytes, length, file, NULL, arena, pipeline, error);
}

enum status template_parse_with(const char *bytes, size_t length, const char *file,
                                const struct template_parameters *parameters, struct arena *arena,
                                struct pipeline *pipeline, struct error *error)
{
    struct template_reader reader = {.arena = arena, .error = error, .given = parameters};
    enum status status = yaml_parse(bytes, length, file, arena, &reader.root, error);
    return status == STATUS_OK ? read_root(&reader, pipeline) : status;
}
