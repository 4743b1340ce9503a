/* References: what Ref and Fn::GetAtt give for parameters, pseudo parameters and resources.
 * Source: CloudFormation user guide, "Pseudo parameters reference" and, per resource type, "Return
 * values". */
#include "model/template_reader.h"

#include <string.h>

struct pseudo_parameter {
    const char *name;
    const char *value; /* NULL: AWS::NoValue */
};

static const struct pseudo_parameter pseudo_parameters[] = {
    {"AWS::AccountId", PIPELINE_ACCOUNT},
    {"AWS::Region", PIPELINE_REGION},
    {"AWS::Partition", "aws"},
    {"AWS::URLSuffix", "amazonaws.com"},
    {"AWS::StackName", "oncecheck"},
    {"AWS::StackId", "arn:aws:cloudformation:" PIPELINE_REGION ":" PIPELINE_ACCOUNT
                     ":stack/oncecheck/00000000-0000-0000-0000-000000000000"},
    {"AWS::NoValue", NULL},
};

/* Resource types whose names and ARNs are simulated. Others have invented ones: they can be passed
 * around, say in a function's environment, but nothing reads from them. */
struct resource_type {
    const char *type;
    const char *name_property;
    const char *arn_prefix; /* between the service's "arn:aws:" and the name */
    bool ref_is_arn;
};

#define ACCOUNT_ARN(service) "arn:aws:" service ":" PIPELINE_REGION ":" PIPELINE_ACCOUNT ":"

static const struct resource_type resource_types[] = {
    {"AWS::Kinesis::StreamConsumer", "ConsumerName", "", true},
    {"AWS::Kinesis::Stream", "Name", ACCOUNT_ARN("kinesis") "stream/", false},
    {"AWS::DynamoDB::Table", "TableName", ACCOUNT_ARN("dynamodb") "table/", false},
    {"AWS::DynamoDB::GlobalTable", "TableName", ACCOUNT_ARN("dynamodb") "table/", false},
    {"AWS::Serverless::SimpleTable", "TableName", ACCOUNT_ARN("dynamodb") "table/", false},
    {"AWS::Lambda::Function", "FunctionName", ACCOUNT_ARN("lambda") "function:", false},
    {"AWS::Serverless::Function", "FunctionName", ACCOUNT_ARN("lambda") "function:", false},
    {"AWS::IAM::Role", "RoleName", "arn:aws:iam::" PIPELINE_ACCOUNT ":role/", false},
    {"AWS::SQS::Queue", "QueueName", ACCOUNT_ARN("sqs"), true},
    {"AWS::SNS::Topic", "TopicName", ACCOUNT_ARN("sns"), true},
};

static const struct resource_type *find_type(const struct template_reader *reader,
                                             const char *logical_id)
{
    const char *type = template_resource_type(reader, logical_id);
    for (size_t i = 0; type != NULL && i < sizeof resource_types / sizeof *resource_types; i++) {
        if (strcmp(resource_types[i].type, type) == 0)
            return &resource_types[i];
    }
    return NULL;
}

const char *template_resource_type(const struct template_reader *reader, const char *logical_id)
{
    const struct yaml_node *type = yaml_find(yaml_find(reader->resources, logical_id), "Type");
    return type != NULL && type->kind == YAML_SCALAR ? type->text : NULL;
}

enum status template_resource_name(struct template_reader *reader, const char *logical_id,
                                   const char **name)
{
    const struct resource_type *type = find_type(reader, logical_id);
    const struct yaml_node *resource = yaml_find(reader->resources, logical_id);
    *name = arena_copy_text(reader->arena, logical_id);
    if (*name == NULL)
        return template_no_memory(reader, resource != NULL ? resource : reader->root);
    if (type == NULL)
        return STATUS_OK;
    if (!template_enter(reader, resource))
        return reader->error->status;
    enum status status = template_text_property(reader, yaml_find(resource, "Properties"),
                                                type->name_property, name);
    template_leave(reader);
    return status;
}

/* AWS::Kinesis::StreamConsumer: its stream's ARN, its name and the time it was registered, here one
 * that no clock is needed for. */
static enum status consumer_arn(struct template_reader *reader, const struct yaml_node *node,
                                const char *logical_id, const char *name, const char **arn)
{
    const struct yaml_node *resource = yaml_find(reader->resources, logical_id);
    const char *stream = NULL;
    if (!template_enter(reader, resource))
        return reader->error->status;
    enum status status =
        template_text_property(reader, yaml_find(resource, "Properties"), "StreamARN", &stream);
    template_leave(reader);
    if (status == STATUS_OK && stream == NULL)
        return yaml_error(reader->error, resource, "'%s' needs a StreamARN", logical_id);
    if (status != STATUS_OK)
        return status;
    *arn = arena_format(reader->arena, "%s/consumer/%s:" PIPELINE_CONSUMER_TIME, stream, name);
    return *arn != NULL ? STATUS_OK : template_no_memory(reader, node);
}

static enum status resource_arn(struct template_reader *reader, const struct yaml_node *node,
                                const char *logical_id, const struct resource_type *type,
                                const char **arn)
{
    const char *name = NULL;
    enum status status = template_resource_name(reader, logical_id, &name);
    if (status != STATUS_OK)
        return status;
    if (strcmp(type->type, "AWS::Kinesis::StreamConsumer") == 0)
        return consumer_arn(reader, node, logical_id, name, arn);
    *arn = arena_format(reader->arena, "%s%s", type->arn_prefix, name);
    return *arn != NULL ? STATUS_OK : template_no_memory(reader, node);
}

static enum status unknown_name(struct template_reader *reader, const struct yaml_node *node,
                                const char *name)
{
    enum { CANDIDATES_MAX = 512 };
    const char *candidates[CANDIDATES_MAX];
    size_t count = 0;
    const struct yaml_node *sections[] = {reader->resources, reader->parameters};
    for (size_t s = 0; s < 2; s++) {
        for (size_t i = 0; sections[s] != NULL && i < sections[s]->count; i++) {
            if (count < CANDIDATES_MAX)
                candidates[count++] = sections[s]->entries[i].key->text;
        }
    }
    char suggestion[YAML_DESCRIPTION_SIZE];
    return yaml_error(reader->error, node, "no resource or parameter '%.*s'%s", YAML_QUOTE_MAX,
                      name, yaml_suggestion(name, candidates, count, suggestion));
}

/* The ARN of a function's version or alias: that of the function, with a qualifier. */
static enum status qualified_arn(struct template_reader *reader, const struct yaml_node *node,
                                 const char *function, const char *qualifier, const char **text)
{
    bool is_arn = strncmp(function, "arn:", 4) == 0;
    *text = arena_format(reader->arena, "%s%s:%s",
                         is_arn ? "" : ACCOUNT_ARN("lambda") "function:", function, qualifier);
    return *text != NULL ? STATUS_OK : template_no_memory(reader, node);
}

/* Ref of a version or an alias, "Return values" of AWS::Lambda::Version and AWS::Lambda::Alias;
 * *text is NULL for other resources. A version's number is not known before it is deployed. */
static enum status ref_of_qualified(struct template_reader *reader, const struct yaml_node *node,
                                    const char *logical_id, const char **text)
{
    const char *type = template_resource_type(reader, logical_id);
    const struct yaml_node *resource = yaml_find(reader->resources, logical_id);
    const char *function = NULL;
    const char *qualifier = "1";
    *text = NULL;
    if (type == NULL ||
        (strcmp(type, "AWS::Lambda::Version") != 0 && strcmp(type, "AWS::Lambda::Alias") != 0))
        return STATUS_OK;
    if (!template_enter(reader, resource))
        return reader->error->status;
    const struct yaml_node *properties = yaml_find(resource, "Properties");
    enum status status = template_text_property(reader, properties, "FunctionName", &function);
    if (status == STATUS_OK && strcmp(type, "AWS::Lambda::Alias") == 0)
        status = template_text_property(reader, properties, "Name", &qualifier);
    template_leave(reader);
    if (status == STATUS_OK && function == NULL)
        return yaml_error(reader->error, resource, "'%s' needs a FunctionName", logical_id);
    return status == STATUS_OK ? qualified_arn(reader, node, function, qualifier, text) : status;
}

/* SAM makes a version and an alias of a function with AutoPublishAlias: Ref gives their ARNs as
 * FUNCTION.Version and FUNCTION.Alias (SAM developer guide, "Referencing generated resources").
 * *text is NULL for other names. */
static enum status ref_of_published(struct template_reader *reader, const struct yaml_node *node,
                                    const char *written, const char **text)
{
    const char *dot = strchr(written, '.');
    const char *name = NULL;
    const char *alias = NULL;
    *text = NULL;
    if (dot == NULL || (strcmp(dot, ".Alias") != 0 && strcmp(dot, ".Version") != 0))
        return STATUS_OK;
    const char *function = arena_copy(reader->arena, written, (size_t)(dot - written));
    if (function == NULL)
        return template_no_memory(reader, node);
    const char *type = template_resource_type(reader, function);
    if (type == NULL || strcmp(type, "AWS::Serverless::Function") != 0)
        return STATUS_OK;
    const struct yaml_node *resource = yaml_find(reader->resources, function);
    enum status status = template_resource_name(reader, function, &name);
    if (status == STATUS_OK && strcmp(dot, ".Alias") == 0)
        status = template_text_property(reader, yaml_find(resource, "Properties"),
                                        "AutoPublishAlias", &alias);
    return status == STATUS_OK
               ? qualified_arn(reader, node, name, alias != NULL ? alias : "1", text)
               : status;
}

static enum status ref_of_resource(struct template_reader *reader, const struct yaml_node *node,
                                   const char *logical_id, const char **text)
{
    enum status status = ref_of_published(reader, node, logical_id, text);
    if (status != STATUS_OK || *text != NULL)
        return status;
    if (yaml_find(reader->resources, logical_id) == NULL)
        return unknown_name(reader, node, logical_id);
    status = ref_of_qualified(reader, node, logical_id, text);
    if (status != STATUS_OK || *text != NULL)
        return status;
    const struct resource_type *type = find_type(reader, logical_id);
    return type != NULL && type->ref_is_arn ? resource_arn(reader, node, logical_id, type, text)
                                            : template_resource_name(reader, logical_id, text);
}

enum status template_ref(struct template_reader *reader, const struct yaml_node *node,
                         const char *logical_id, const struct yaml_node **resolved)
{
    for (size_t i = 0; i < sizeof pseudo_parameters / sizeof *pseudo_parameters; i++) {
        if (strcmp(pseudo_parameters[i].name, logical_id) != 0)
            continue;
        *resolved = NULL;
        if (pseudo_parameters[i].value == NULL)
            return STATUS_OK;
        *resolved = yaml_make_scalar(reader->arena, node, pseudo_parameters[i].value);
        return *resolved != NULL ? STATUS_OK : template_no_memory(reader, node);
    }
    const struct yaml_node *parameter = yaml_find(reader->parameters, logical_id);
    if (parameter != NULL)
        return template_parameter_value(reader, node, logical_id, parameter, resolved);
    const char *text = NULL;
    enum status status = ref_of_resource(reader, node, logical_id, &text);
    if (status != STATUS_OK)
        return status;
    *resolved = yaml_make_scalar(reader->arena, node, text);
    return *resolved != NULL ? STATUS_OK : template_no_memory(reader, node);
}

/* A DynamoDB stream's ARN ends in the time it was made: here one that no clock is needed for. */
static enum status stream_arn(struct template_reader *reader, const struct yaml_node *node,
                              const char *logical_id, const struct resource_type *type,
                              const char **text)
{
    const struct yaml_node *properties =
        yaml_find(yaml_find(reader->resources, logical_id), "Properties");
    const struct yaml_node *specification = NULL;
    enum status status =
        template_property(reader, properties, "StreamSpecification", &specification);
    if (status != STATUS_OK)
        return status;
    if (specification == NULL)
        return yaml_error(reader->error, node,
                          "table '%s' has no stream: it needs a StreamSpecification", logical_id);
    const char *arn = NULL;
    status = resource_arn(reader, node, logical_id, type, &arn);
    if (status != STATUS_OK)
        return status;
    *text = arena_format(reader->arena, "%s/stream/" PIPELINE_STREAM_LABEL, arn);
    return *text != NULL ? STATUS_OK : template_no_memory(reader, node);
}

enum status template_attribute(struct template_reader *reader, const struct yaml_node *node,
                               const char *logical_id, const char *attribute, const char **text)
{
    if (yaml_find(reader->resources, logical_id) == NULL)
        return unknown_name(reader, node, logical_id);
    if (strcmp(attribute, "AliasArn") == 0 || strcmp(attribute, "FunctionArn") == 0) {
        enum status status = ref_of_qualified(reader, node, logical_id, text);
        if (status != STATUS_OK || *text != NULL)
            return status;
    }
    const struct resource_type *type = find_type(reader, logical_id);
    if (type != NULL && (strcmp(attribute, "Arn") == 0 || strcmp(attribute, "ConsumerARN") == 0))
        return resource_arn(reader, node, logical_id, type, text);
    bool is_table = type != NULL && strcmp(type->name_property, "TableName") == 0;
    if (is_table && strcmp(attribute, "StreamArn") == 0)
        return stream_arn(reader, node, logical_id, type, text);
    *text = arena_format(reader->arena, "%s.%s", logical_id, attribute);
    return *text != NULL ? STATUS_OK : template_no_memory(reader, node);
}
