/* The resources of a template that are not simulated: passed over, and noted for people. What else
 * than a stream invokes a function is among them. */
#include "model/base/ascii.h"
#include "model/template_reader.h"

#include <string.h>

/* Types that are read somewhere in the template reader. */
static const char *const read_types[] = {
    "AWS::DynamoDB::GlobalTable",
    "AWS::DynamoDB::Table",
    "AWS::IAM::ManagedPolicy",
    "AWS::IAM::Policy",
    "AWS::IAM::Role",
    "AWS::Kinesis::Stream",
    "AWS::Kinesis::StreamConsumer",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::Lambda::LayerVersion",
    "AWS::Serverless::Connector",
    "AWS::Serverless::Function",
    "AWS::Serverless::LayerVersion",
    "AWS::Serverless::SimpleTable",
};

/* Types that name functions without invoking them. All others do that, or have it done: rules,
 * APIs, topics, buckets, custom resources, ... */
static const char *const quiet_types[] = {
    "AWS::ApplicationAutoScaling::",
    "AWS::CloudWatch::",
    "AWS::CodeDeploy::",
    "AWS::DynamoDB::",
    "AWS::IAM::",
    "AWS::Kinesis::",
    "AWS::Lambda::Alias",
    "AWS::Lambda::CodeSigningConfig",
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::LayerVersion",
    "AWS::Lambda::Version",
    "AWS::Logs::LogGroup",
    "AWS::Logs::MetricFilter",
    "AWS::Logs::QueryDefinition",
    "AWS::SSM::Parameter",
    "AWS::Serverless::Connector",
    "AWS::Serverless::LayerVersion",
    "AWS::Serverless::SimpleTable",
};

#define COUNT(array) (sizeof(array) / sizeof *(array))

static bool is_read(const char *type)
{
    for (size_t i = 0; i < COUNT(read_types); i++) {
        if (strcmp(type, read_types[i]) == 0)
            return true;
    }
    return false;
}

static bool is_quiet(const char *type)
{
    for (size_t i = 0; i < COUNT(quiet_types); i++) {
        if (strncmp(type, quiet_types[i], strlen(quiet_types[i])) == 0)
            return true;
    }
    return false;
}

static bool continues_name(char c) { return ascii_is_alphanumeric(c) || c == '_' || c == '-'; }

/* The word, not a part of another one. */
static bool holds_word(const char *text, const char *word)
{
    size_t length = strlen(word);
    if (length == 0)
        return false;
    for (const char *found = strstr(text, word); found != NULL; found = strstr(found + 1, word)) {
        if ((found == text || !continues_name(found[-1])) && !continues_name(found[length]))
            return true;
    }
    return false;
}

/* Some text at or below `node` holds the word. */
/* NOLINTNEXTLINE(misc-no-recursion): as deep as the file, which YAML_DEPTH_MAX bounds */
static bool mentions(const struct yaml_node *node, const char *word)
{
    if (node == NULL)
        return false;
    if (node->kind == YAML_SCALAR)
        return holds_word(node->text, word);
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_node *below =
            node->kind == YAML_SEQUENCE ? node->elements[i] : node->entries[i].value;
        if (mentions(below, word))
            return true;
    }
    return false;
}

/* The events of a serverless function that are no stream's: schedules, APIs, ... */
static bool is_other_event(const struct yaml_node *event)
{
    const struct yaml_node *type = yaml_find(event, "Type");
    return type != NULL && type->kind == YAML_SCALAR && strcmp(type->text, "Kinesis") != 0 &&
           strcmp(type->text, "DynamoDB") != 0;
}

static const struct yaml_node *events_of(const struct yaml_node *resource)
{
    const struct yaml_node *events = yaml_find(yaml_find(resource, "Properties"), "Events");
    return events != NULL && events->kind == YAML_MAPPING ? events : NULL;
}

#define MAPPING_TYPE "AWS::Lambda::EventSourceMapping"

enum status template_is_foreign_mapping(struct template_reader *reader,
                                        const struct yaml_node *properties, bool *foreign)
{
    static const char *const streams[] = {"arn:aws:kinesis:", "arn:aws:dynamodb:"};
    const char *source = NULL;
    *foreign = yaml_find(properties, "SelfManagedEventSource") != NULL &&
               yaml_find(properties, "EventSourceArn") == NULL;
    enum status status = template_text_property(reader, properties, "EventSourceArn", &source);
    if (status != STATUS_OK || source == NULL)
        return status;
    for (size_t i = 0; i < COUNT(streams); i++) {
        if (strncmp(source, streams[i], strlen(streams[i])) == 0)
            return STATUS_OK;
    }
    /* the ARN of a resource whose ARNs are not known here is its logical id and the attribute */
    const char *point = strchr(source, '.');
    const char *id =
        point == NULL ? source : arena_copy(reader->arena, source, (size_t)(point - source));
    if (id == NULL)
        return template_no_memory(reader, properties);
    *foreign = strncmp(source, "arn:", strlen("arn:")) == 0 ||
               (point != NULL && yaml_find(reader->resources, id) != NULL);
    return STATUS_OK;
}

/* An event source mapping of a queue or the like. Its source could be read before. */
static bool is_foreign(struct template_reader *reader, const struct yaml_entry *resource)
{
    bool foreign = false;
    const char *type = template_resource_type(reader, resource->key->text);
    return strcmp(type, MAPPING_TYPE) == 0 &&
           template_is_foreign_mapping(reader, yaml_find(resource->value, "Properties"),
                                       &foreign) == STATUS_OK &&
           foreign;
}

static bool is_invoked_elsewhere(struct template_reader *reader,
                                 const struct function_config *function)
{
    const struct yaml_node *events = events_of(yaml_find(reader->resources, function->logical_id));
    for (size_t i = 0; events != NULL && i < events->count; i++) {
        if (is_other_event(events->entries[i].value))
            return true;
    }
    for (size_t i = 0; i < reader->resources->count; i++) {
        const struct yaml_entry *entry = &reader->resources->entries[i];
        const char *type = template_resource_type(reader, entry->key->text);
        if (strcmp(entry->key->text, function->logical_id) == 0 ||
            (is_quiet(type) && !is_foreign(reader, entry)))
            continue;
        if (mentions(entry->value, function->logical_id) || mentions(entry->value, function->name))
            return true;
    }
    return false;
}

static enum status note_skipped(struct template_reader *reader, struct pipeline *pipeline)
{
    size_t count = reader->resources->count;
    for (size_t i = 0; i < reader->resources->count; i++) {
        const struct yaml_node *events = events_of(reader->resources->entries[i].value);
        count += events == NULL ? 0 : events->count;
    }
    struct skipped_resource *skipped =
        arena_allocate_array(reader->arena, count + 1, sizeof *skipped);
    if (skipped == NULL)
        return template_no_memory(reader, reader->root);
    pipeline->skipped = skipped;
    for (size_t i = 0; i < reader->resources->count; i++) {
        const struct yaml_entry *entry = &reader->resources->entries[i];
        const char *type = template_resource_type(reader, entry->key->text);
        const struct yaml_node *events = events_of(entry->value);
        if (!is_read(type) || is_foreign(reader, entry))
            skipped[pipeline->skipped_count++] =
                (struct skipped_resource){entry->key->text, type, entry->key->line};
        for (size_t k = 0; is_read(type) && events != NULL && k < events->count; k++) {
            const struct yaml_entry *event = &events->entries[k];
            if (!is_other_event(event->value))
                continue;
            const char *kind = arena_format(reader->arena, "an event of type %s",
                                            yaml_find(event->value, "Type")->text);
            if (kind == NULL)
                return template_no_memory(reader, event->key);
            skipped[pipeline->skipped_count++] =
                (struct skipped_resource){event->key->text, kind, event->key->line};
        }
    }
    return STATUS_OK;
}

/* --- what becomes of batches that are given up --- */

/* The logical id of the resource with that ARN, or NULL. */
static const char *resource_of_arn(struct template_reader *reader, const char *arn)
{
    const char *colon = strrchr(arn, ':');
    const char *wanted = colon == NULL ? arn : colon + 1;
    for (size_t i = 0; i < reader->resources->count; i++) {
        const char *id = reader->resources->entries[i].key->text;
        const char *name = NULL;
        if (template_resource_name(reader, id, &name) == STATUS_OK && strcmp(name, wanted) == 0)
            return id;
    }
    return NULL;
}

/* Where the template has functions invoked with what arrives at the resource `id`; NULL: nowhere.
 */
static const struct yaml_node *reader_of(struct template_reader *reader, const char *id)
{
    for (size_t i = 0; i < reader->resources->count; i++) {
        const struct yaml_entry *entry = &reader->resources->entries[i];
        const struct yaml_node *events = events_of(entry->value);
        const struct yaml_node *properties = yaml_find(entry->value, "Properties");
        const char *type = template_resource_type(reader, entry->key->text);
        for (size_t k = 0; events != NULL && k < events->count; k++) {
            if (is_other_event(events->entries[k].value) && mentions(events->entries[k].value, id))
                return events->entries[k].key;
        }
        const struct yaml_node *protocol = yaml_find(properties, "Protocol");
        bool subscribes = strcmp(type, "AWS::SNS::Subscription") == 0 && protocol != NULL &&
                          protocol->kind == YAML_SCALAR && strcmp(protocol->text, "lambda") == 0;
        if ((subscribes || is_foreign(reader, entry)) && mentions(properties, id))
            return entry->key;
    }
    return NULL;
}

static enum status check_given_up(struct template_reader *reader, const struct pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->mapping_count; i++) {
        const struct mapping_config *mapping = &pipeline->mappings[i];
        bool gives_up = mapping->maximum_retry_attempts >= 0 || mapping->maximum_record_age_s >= 0;
        if (!gives_up || mapping->on_failure == NULL)
            continue;
        const char *id = resource_of_arn(reader, mapping->on_failure);
        const struct yaml_node *follower = id == NULL ? NULL : reader_of(reader, id);
        if (follower != NULL)
            return yaml_unsupported(reader->error, follower,
                                    "'%.*s' has a function invoked with what mapping '%s' (line "
                                    "%u) gives up and sends to '%s': that is not simulated",
                                    YAML_QUOTE_MAX, follower->text, mapping->logical_id,
                                    mapping->line, id);
    }
    return STATUS_OK;
}

enum status template_read_others(struct template_reader *reader, struct pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->function_count; i++)
        pipeline->functions[i].invoked_elsewhere =
            is_invoked_elsewhere(reader, &pipeline->functions[i]);
    enum status status = check_given_up(reader, pipeline);
    return status == STATUS_OK ? note_skipped(reader, pipeline) : status;
}
