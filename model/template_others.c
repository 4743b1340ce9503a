/* The resources of a template that are not simulated: passed over, and noted for people. What else
 * than a stream invokes a function is among them. */
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
    "AWS::Lambda::EventSourceMapping",
    "AWS::Lambda::Function",
    "AWS::Lambda::LayerVersion",
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

static bool continues_name(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' ||
           c == '-';
}

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

static bool is_invoked_elsewhere(const struct template_reader *reader,
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
        if (strcmp(entry->key->text, function->logical_id) == 0 || is_quiet(type))
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
        if (!is_read(type))
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

enum status template_read_others(struct template_reader *reader, struct pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->function_count; i++)
        pipeline->functions[i].invoked_elsewhere =
            is_invoked_elsewhere(reader, &pipeline->functions[i]);
    return note_skipped(reader, pipeline);
}
