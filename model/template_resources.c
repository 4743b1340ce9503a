/* Streams and functions of a template.
 * Source: CloudFormation user guide, the reference pages of AWS::Kinesis::Stream and
 * AWS::Lambda::Function. */
#include "model/template_reader.h"

#include <stdio.h>
#include <string.h>

enum {
    ON_DEMAND_SHARDS = 4, /* a new stream in on-demand mode has that many */
    TIMEOUT_DEFAULT_S = 3,
    TIMEOUT_MAX_S = 900,
    MEMORY_DEFAULT_MB = 128,
    MEMORY_MAX_MB = 10240,
    CONCURRENCY_MAX = 1000000 /* accounts have a limit of their own */
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static enum status read_on_demand(struct template_reader *reader,
                                  const struct yaml_node *properties, bool *on_demand)
{
    static const char *const modes[] = {"PROVISIONED", "ON_DEMAND"};
    const struct yaml_node *details = NULL;
    const struct yaml_node *mode = NULL;
    size_t choice = 0;
    enum status status = template_property(reader, properties, "StreamModeDetails", &details);
    if (status == STATUS_OK)
        status = template_property(reader, details, "StreamMode", &mode);
    if (status == STATUS_OK && mode != NULL)
        status = yaml_get_choice(mode, "StreamMode", modes, 2, &choice, reader->error);
    *on_demand = choice == 1;
    return status;
}

enum status template_read_stream(struct template_reader *reader, const struct yaml_node *id,
                                 const struct yaml_node *properties, struct stream_config *stream)
{
    static const char *const known[] = {
        "Name", "RetentionPeriodHours", "ShardCount", "StreamEncryption", "StreamModeDetails",
        "Tags"};
    *stream = (struct stream_config){.logical_id = id->text, .line = id->line};
    bool on_demand = false;
    enum status status =
        template_check_properties(reader, properties, "a stream", known, COUNT(known));
    if (status == STATUS_OK)
        status = template_resource_name(reader, id->text, &stream->name);
    if (status == STATUS_OK)
        status = read_on_demand(reader, properties, &on_demand);
    int64_t shards = on_demand ? ON_DEMAND_SHARDS : 0;
    if (status == STATUS_OK)
        status = template_integer_property(reader, properties, "ShardCount", 1, PIPELINE_SHARDS_MAX,
                                           &shards);
    if (status == STATUS_OK && shards == 0)
        return yaml_error(reader->error, id,
                          "stream '%s' needs a ShardCount (or the mode ON_DEMAND)", id->text);
    stream->shard_count = (uint32_t)shards;
    return status;
}

static enum status read_environment(struct template_reader *reader,
                                    const struct yaml_node *properties,
                                    struct function_config *function)
{
    const struct yaml_node *environment = NULL;
    const struct yaml_node *written = NULL;
    const struct yaml_node *variables = NULL;
    enum status status = template_property(reader, properties, "Environment", &environment);
    written = yaml_find(environment, "Variables");
    if (status != STATUS_OK || written == NULL)
        return status;
    status = template_resolve_all(reader, written, &variables);
    if (status != STATUS_OK || variables == NULL)
        return status;
    status = yaml_expect(variables, YAML_MAPPING, "Environment.Variables", reader->error);
    if (status != STATUS_OK)
        return status;
    struct environment_variable *result =
        arena_allocate_array(reader->arena, variables->count, sizeof *result);
    if (result == NULL)
        return template_no_memory(reader, variables);
    for (size_t i = 0; i < variables->count; i++) {
        result[i].name = variables->entries[i].key->text;
        status =
            template_text(reader, variables->entries[i].value, result[i].name, &result[i].value);
        if (status != STATUS_OK)
            return status;
    }
    function->environment = result;
    function->environment_count = variables->count;
    return STATUS_OK;
}

/* Where the code is and which role the function has may hang on parameters that a deployment fills
 * in (the bucket's name, a prefix): what is left without them is enough to find the package. */
static enum status deployed_text(struct template_reader *reader, const struct yaml_node *mapping,
                                 const char *key, const char **text)
{
    reader->lenient = true;
    const struct yaml_node *value = NULL;
    enum status status = template_property(reader, mapping, key, &value);
    if (status == STATUS_OK && value != NULL)
        status = template_text(reader, value, key, text);
    reader->lenient = false;
    return status;
}

static enum status read_code(struct template_reader *reader, const struct yaml_node *id,
                             const struct yaml_node *properties, struct function_config *function)
{
    const struct yaml_node *code = NULL;
    enum status status = template_property(reader, properties, "Code", &code);
    if (status != STATUS_OK)
        return status;
    if (yaml_find(code, "ImageUri") != NULL)
        return yaml_unsupported(reader->error, yaml_find_key(code, "ImageUri"),
                                "function '%s': container images are not simulated", id->text);
    status = deployed_text(reader, code, "S3Key", &function->code_uri);
    if (status == STATUS_OK)
        status = template_asset_path(reader, id->text, &function->code_uri);
    if (status == STATUS_OK)
        status = template_text_property(reader, code, "ZipFile", &function->inline_code);
    return status;
}

static enum status read_limits(struct template_reader *reader, const struct yaml_node *properties,
                               struct function_config *function)
{
    int64_t timeout_s = TIMEOUT_DEFAULT_S;
    int64_t memory_mb = MEMORY_DEFAULT_MB;
    function->reserved_concurrency = -1;
    enum status status =
        template_integer_property(reader, properties, "Timeout", 1, TIMEOUT_MAX_S, &timeout_s);
    if (status == STATUS_OK)
        status = template_integer_property(reader, properties, "MemorySize", MEMORY_DEFAULT_MB,
                                           MEMORY_MAX_MB, &memory_mb);
    if (status == STATUS_OK)
        status = template_integer_property(reader, properties, "ReservedConcurrentExecutions", 0,
                                           CONCURRENCY_MAX, &function->reserved_concurrency);
    function->timeout_s = (uint32_t)timeout_s;
    function->memory_mb = (uint32_t)memory_mb;
    return status;
}

enum status template_read_function(struct template_reader *reader, const struct yaml_node *id,
                                   const struct yaml_node *properties,
                                   struct function_config *function)
{
    static const char *const known[] = {"Architectures",
                                        "Code",
                                        "CodeSigningConfigArn",
                                        "DeadLetterConfig",
                                        "Description",
                                        "Environment",
                                        "EphemeralStorage",
                                        "FileSystemConfigs",
                                        "FunctionName",
                                        "Handler",
                                        "ImageConfig",
                                        "KmsKeyArn",
                                        "Layers",
                                        "LoggingConfig",
                                        "MemorySize",
                                        "PackageType",
                                        "RecursiveLoop",
                                        "ReservedConcurrentExecutions",
                                        "Role",
                                        "Runtime",
                                        "RuntimeManagementConfig",
                                        "SnapStart",
                                        "Tags",
                                        "Timeout",
                                        "TracingConfig",
                                        "VpcConfig"};
    *function = (struct function_config){.logical_id = id->text, .line = id->line};
    enum status status =
        template_check_properties(reader, properties, "a function", known, COUNT(known));
    if (status == STATUS_OK)
        status = template_resource_name(reader, id->text, &function->name);
    if (status == STATUS_OK)
        status = template_text_property(reader, properties, "Handler", &function->handler);
    if (status == STATUS_OK)
        status = template_text_property(reader, properties, "Runtime", &function->runtime);
    if (status == STATUS_OK)
        status = deployed_text(reader, properties, "Role", &function->role);
    if (status == STATUS_OK)
        status = read_code(reader, id, properties, function);
    if (status == STATUS_OK)
        status = read_limits(reader, properties, function);
    if (status == STATUS_OK)
        status = read_environment(reader, properties, function);
    if (status == STATUS_OK)
        status = template_read_layers(reader, properties, function);
    if (status == STATUS_OK && function->handler == NULL)
        return yaml_error(reader->error, id, "function '%s' needs a Handler", id->text);
    return status;
}
