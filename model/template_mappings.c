/* Event source mappings of a template: which function reads from what, and how.
 * Source: CloudFormation user guide, AWS::Lambda::EventSourceMapping; Lambda API reference,
 * CreateEventSourceMapping (what FunctionName may look like). */
#include "model/template_reader.h"

#include "model/mapping_settings.h"

#include <stdio.h>
#include <string.h>

#define KINESIS_ARN "arn:aws:kinesis:" PIPELINE_REGION ":" PIPELINE_ACCOUNT ":stream/"
#define TABLE_ARN "arn:aws:dynamodb:" PIPELINE_REGION ":" PIPELINE_ACCOUNT ":table/"

static const char *const other_properties[] = {
    "EventSourceArn",
    "FunctionName",
    "KmsKeyArn",
    "LoggingConfig",
    "MetricsConfig",
    "StartingPositionTimestamp",
    "Tags",
    /* from here on: see foreign_properties */
    "AmazonManagedKafkaEventSourceConfig",
    "DocumentDBEventSourceConfig",
    "ProvisionedPollerConfig",
    "Queues",
    "ScalingConfig",
    "SelfManagedEventSource",
    "SelfManagedKafkaEventSourceConfig",
    "SourceAccessConfigurations",
    "Topics",
};

/* Settings of sources other than streams: on a stream AWS answers InvalidParameterValueException.
 * Lambda API reference, CreateEventSourceMapping, says of each which sources it is for. */
static const struct {
    const char *name;
    const char *source;
} foreign_properties[] = {
    {"AmazonManagedKafkaEventSourceConfig", "Amazon MSK"},
    {"DocumentDBEventSourceConfig", "Amazon DocumentDB"},
    {"ProvisionedPollerConfig", "Apache Kafka or Amazon SQS"},
    {"Queues", "Amazon MQ"},
    {"ScalingConfig", "Amazon SQS"},
    {"SelfManagedEventSource", "self-managed Apache Kafka"},
    {"SelfManagedKafkaEventSourceConfig", "self-managed Apache Kafka"},
    {"SourceAccessConfigurations", "Apache Kafka, Amazon MQ or Amazon DocumentDB"},
    {"Topics", "Apache Kafka"},
};

enum { OTHER_PROPERTIES = sizeof other_properties / sizeof *other_properties };

/* FunctionName is a name, "function:NAME" of an ARN or of a partial one, each with or without a
 * version or alias behind a colon. An alias or version is taken as the function itself. */
static enum status find_function(struct template_reader *reader, const struct yaml_node *node,
                                 const char *written, const struct pipeline *pipeline,
                                 uint32_t *function)
{
    static const char marker[] = "function:";
    const char *start = strstr(written, marker);
    const char *name = start != NULL ? start + strlen(marker) : written;
    name = arena_copy(reader->arena, name, strcspn(name, ":"));
    if (name == NULL)
        return template_no_memory(reader, node);
    int index = pipeline_find_function(pipeline, name);
    if (index < 0) {
        const char *candidates[PIPELINE_FUNCTIONS_MAX];
        char suggestion[YAML_DESCRIPTION_SIZE];
        for (size_t i = 0; i < pipeline->function_count; i++)
            candidates[i] = pipeline->functions[i].name;
        return yaml_error(reader->error, node, "FunctionName: no function '%.*s' in the template%s",
                          YAML_QUOTE_MAX, name,
                          yaml_suggestion(name, candidates, pipeline->function_count, suggestion));
    }
    *function = (uint32_t)index;
    return STATUS_OK;
}

static enum status find_table(struct template_reader *reader, const struct yaml_node *node,
                              const char *arn, const struct pipeline *pipeline,
                              struct mapping_config *mapping)
{
    const char *path = arn + strlen(TABLE_ARN);
    size_t length = strcspn(path, "/");
    const char *name = arena_copy(reader->arena, path, length);
    if (name == NULL)
        return template_no_memory(reader, node);
    int index = pipeline_find_table(pipeline, name);
    if (index < 0)
        return yaml_error(reader->error, node, "EventSourceArn: no table '%.*s' in the template",
                          YAML_QUOTE_MAX, name);
    if (strncmp(path + length, "/stream/", strlen("/stream/")) != 0)
        return yaml_error(reader->error, node,
                          "EventSourceArn must be the table's StreamArn, found its Arn: %s", arn);
    if (pipeline->tables[index].stream_view == STREAM_VIEW_NONE)
        return yaml_error(reader->error, node,
                          "table '%s' has no stream: it needs a StreamSpecification", name);
    mapping->source_kind = SOURCE_TABLE;
    mapping->source = (uint32_t)index;
    return STATUS_OK;
}

static enum status find_source(struct template_reader *reader, const struct yaml_node *node,
                               const char *arn, const struct pipeline *pipeline,
                               struct mapping_config *mapping)
{
    if (strncmp(arn, TABLE_ARN, strlen(TABLE_ARN)) == 0)
        return find_table(reader, node, arn, pipeline, mapping);
    if (strncmp(arn, KINESIS_ARN, strlen(KINESIS_ARN)) != 0)
        return yaml_unsupported(
            reader->error, node,
            "EventSourceArn '%.*s': only Kinesis streams and DynamoDB streams of the "
            "template are simulated",
            YAML_QUOTE_MAX * 2, arn);
    const char *name = arn + strlen(KINESIS_ARN);
    const char *consumer = strstr(name, "/consumer/");
    if (consumer != NULL) {
        name = arena_copy(reader->arena, name, (size_t)(consumer - name));
        if (name == NULL)
            return template_no_memory(reader, node);
        mapping->consumer_arn = arn;
    }
    int index = pipeline_find_stream(pipeline, name);
    if (index < 0)
        return yaml_error(reader->error, node, "EventSourceArn: no stream '%.*s' in the template",
                          YAML_QUOTE_MAX, name);
    mapping->source_kind = SOURCE_STREAM;
    mapping->source = (uint32_t)index;
    return STATUS_OK;
}

static enum status read_settings(struct template_reader *reader, const struct yaml_node *id,
                                 const struct yaml_node *properties, struct mapping_config *mapping)
{
    for (size_t i = 0; properties != NULL && i < properties->count; i++) {
        const struct yaml_node *key = properties->entries[i].key;
        enum mapping_setting setting = mapping_setting_find(key->text);
        if (setting == MAPPING_SETTING_COUNT)
            continue;
        const struct yaml_node *value = NULL;
        enum status status = template_resolve_all(reader, properties->entries[i].value, &value);
        if (status == STATUS_OK && value != NULL)
            status = mapping_setting_read(setting, value, mapping, reader->error);
        if (status != STATUS_OK)
            return status;
    }
    if (mapping->places[MAPPING_STARTING_POSITION].file == NULL)
        return yaml_error(reader->error, id,
                          "mapping '%s' needs a StartingPosition: TRIM_HORIZON or LATEST",
                          id->text);
    return STATUS_OK;
}

/* Lambda API reference, CreateEventSourceMapping: with AT_TIMESTAMP, for Kinesis only, the time is
 * required; it is not in the future, so it comes before the scenario's first put. */
static enum status check_timestamp(struct template_reader *reader, const struct yaml_node *id,
                                   const struct yaml_node *properties,
                                   const struct mapping_config *mapping)
{
    const struct yaml_node *time = yaml_find(properties, "StartingPositionTimestamp");
    bool wanted = mapping->starting_position == STARTING_AT_TIMESTAMP;
    if (wanted && mapping->source_kind != SOURCE_STREAM)
        return yaml_error(reader->error, yaml_find(properties, "StartingPosition"),
                          "StartingPosition AT_TIMESTAMP is for Kinesis streams only");
    if (wanted && time == NULL)
        return yaml_error(reader->error, id,
                          "mapping '%s' needs a StartingPositionTimestamp: it starts AT_TIMESTAMP",
                          id->text);
    if (!wanted && time != NULL)
        return yaml_error(reader->error, time,
                          "StartingPositionTimestamp needs the StartingPosition AT_TIMESTAMP");
    return STATUS_OK;
}

/* Both poll the stream, or both read it through the same consumer. */
static bool same_consumer(const struct mapping_config *one, const struct mapping_config *other)
{
    if (one->consumer_arn == NULL || other->consumer_arn == NULL)
        return one->consumer_arn == other->consumer_arn;
    return strcmp(one->consumer_arn, other->consumer_arn) == 0;
}

/* AWS answers a second mapping of the same pair with ResourceConflictException. */
static enum status check_unique(struct template_reader *reader, const struct yaml_node *id,
                                const struct pipeline *pipeline,
                                const struct mapping_config *mapping)
{
    for (size_t i = 0; i < pipeline->mapping_count; i++) {
        const struct mapping_config *other = &pipeline->mappings[i];
        if (other->function == mapping->function && other->source_kind == mapping->source_kind &&
            other->source == mapping->source && same_consumer(other, mapping))
            return yaml_error(reader->error, id,
                              "mapping '%s' connects the same function and source as '%s' on "
                              "line %u (AWS: ResourceConflictException)",
                              id->text, other->logical_id, other->line);
    }
    return STATUS_OK;
}

static enum status check_foreign(struct template_reader *reader, const struct yaml_node *id,
                                 const struct yaml_node *properties)
{
    for (size_t i = 0; i < sizeof foreign_properties / sizeof *foreign_properties; i++) {
        const struct yaml_node *key = yaml_find_key(properties, foreign_properties[i].name);
        const struct yaml_node *value = NULL;
        enum status status =
            template_property(reader, properties, foreign_properties[i].name, &value);
        if (status != STATUS_OK)
            return status;
        if (value != NULL)
            return yaml_error(reader->error, key,
                              "%s is for %s; the event source of '%s' is a stream (AWS: "
                              "InvalidParameterValueException)",
                              foreign_properties[i].name, foreign_properties[i].source, id->text);
    }
    return STATUS_OK;
}

static enum status require_text(struct template_reader *reader, const struct yaml_node *id,
                                const struct yaml_node *properties, const char *key,
                                const char **text)
{
    *text = NULL;
    enum status status = template_text_property(reader, properties, key, text);
    if (status == STATUS_OK && *text == NULL)
        return yaml_error(reader->error, id, "mapping '%s' needs the key '%s'", id->text, key);
    return status;
}

enum status template_read_mapping(struct template_reader *reader, const struct yaml_node *id,
                                  const struct yaml_node *properties,
                                  const struct pipeline *pipeline, struct mapping_config *mapping)
{
    const char *known[OTHER_PROPERTIES + MAPPING_SETTING_COUNT];
    memcpy(known, other_properties, sizeof other_properties);
    for (int i = 0; i < MAPPING_SETTING_COUNT; i++)
        known[OTHER_PROPERTIES + i] = mapping_setting_names()[i];
    *mapping = mapping_config_default();
    mapping->logical_id = id->text;
    mapping->line = id->line;
    const char *function = NULL;
    const char *source = NULL;
    enum status status = template_check_properties(reader, properties, "an event source mapping",
                                                   known, OTHER_PROPERTIES + MAPPING_SETTING_COUNT);
    if (status == STATUS_OK)
        status = require_text(reader, id, properties, "FunctionName", &function);
    if (status == STATUS_OK)
        status = require_text(reader, id, properties, "EventSourceArn", &source);
    if (status == STATUS_OK)
        status = find_function(reader, yaml_find(properties, "FunctionName"), function, pipeline,
                               &mapping->function);
    if (status == STATUS_OK)
        status =
            find_source(reader, yaml_find(properties, "EventSourceArn"), source, pipeline, mapping);
    if (status == STATUS_OK)
        status = check_foreign(reader, id, properties);
    if (status == STATUS_OK)
        status = read_settings(reader, id, properties, mapping);
    if (status == STATUS_OK)
        status = check_timestamp(reader, id, properties, mapping);
    return status == STATUS_OK ? check_unique(reader, id, pipeline, mapping) : status;
}
