/* The messages of a scenario's workload. What a message leaves out is derived by model/workload.c.
 */
#include "model/scenario_reader.h"

#include "model/kinesis.h"

#include <string.h>

/* Value: within what DynamoDB's and Python's numbers both hold without loss of the sums that
 * matter. Timestamp: until the year 2106. */
#define VALUE_MAGNITUDE_MAX 1e15
#define TIMESTAMP_MAX 4294967295.0

static const char *const hierarchy_keys[HIERARCHY_LEVELS] = {"RiskType", "TradeDesk", "Region"};

/* A text of at most `size_max` bytes that can be a part of a key. */
static enum status read_name(const struct yaml_node *node, const char *what, size_t size_max,
                             const char **name, struct error *error)
{
    enum status status = yaml_get_text(node, what, name, error);
    if (status == STATUS_OK && strlen(*name) > size_max)
        return yaml_error(error, node, "%s must be at most %zu bytes long, found %zu", what,
                          size_max, strlen(*name));
    return status;
}

static enum status read_hierarchy(const struct yaml_node *node, struct scenario_message *message,
                                  struct error *error)
{
    enum status status =
        yaml_check_keys(node, "'hierarchy'", hierarchy_keys, HIERARCHY_LEVELS, error);
    for (int i = 0; status == STATUS_OK && i < HIERARCHY_LEVELS; i++) {
        const struct yaml_node *level = NULL;
        status = yaml_require(node, hierarchy_keys[i], "'hierarchy'", &level, error);
        if (status == STATUS_OK)
            status = read_name(level, hierarchy_keys[i], SCENARIO_NAME_MAX,
                               &message->hierarchy.level[i], error);
        if (status == STATUS_OK && strchr(message->hierarchy.level[i], ':') != NULL)
            return yaml_error(error, level, "%s must not contain ':', which joins levels in keys",
                              hierarchy_keys[i]);
    }
    message->has_hierarchy = status == STATUS_OK;
    return status;
}

static enum status read_identity(const struct yaml_node *node, struct scenario_message *message,
                                 struct error *error)
{
    const struct yaml_node *trade = NULL;
    const struct yaml_node *version = NULL;
    enum status status = yaml_require(node, "trade", "a message", &trade, error);
    if (status == STATUS_OK)
        status = read_name(trade, "'trade'", SCENARIO_NAME_MAX, &message->trade, error);
    if (status == STATUS_OK)
        status = yaml_require(node, "version", "a message", &version, error);
    if (status == STATUS_OK)
        status = yaml_get_integer(version, "'version'", 0, SCENARIO_VERSION_MAX, &message->version,
                                  error);
    return status;
}

static enum status read_routing(const struct yaml_node *node, struct scenario_message *message,
                                struct error *error)
{
    const struct yaml_node *shard = yaml_find(node, "shard");
    const struct yaml_node *key = yaml_find(node, "partition_key");
    message->shard = -1;
    if (shard != NULL && key != NULL)
        return yaml_error(error, yaml_find_key(node, "partition_key"),
                          "a message has either a 'shard' or a 'partition_key', found both");
    int64_t index = -1;
    enum status status = STATUS_OK;
    if (shard != NULL)
        status = yaml_get_integer(shard, "'shard'", 0, PIPELINE_SHARDS_MAX - 1, &index, error);
    if (status == STATUS_OK && key != NULL)
        status = read_name(key, "'partition_key'", KINESIS_PARTITION_KEY_MAX,
                           &message->partition_key, error);
    message->shard = (int32_t)index;
    return status;
}

static enum status read_message(const struct yaml_node *node, struct scenario_message *message,
                                struct error *error)
{
    static const char *const keys[] = {"trade",         "version", "copies",    "shard",
                                       "partition_key", "value",   "hierarchy", "timestamp"};
    *message = (struct scenario_message){.line = node->line, .column = node->column};
    int64_t copies = 1;
    enum status status =
        yaml_check_keys(node, "a message", keys, sizeof keys / sizeof *keys, error);
    if (status == STATUS_OK)
        status = read_identity(node, message, error);
    if (status == STATUS_OK)
        status = read_routing(node, message, error);
    if (status != STATUS_OK)
        return status;
    const struct yaml_node *part = yaml_find(node, "copies");
    if (part != NULL)
        status = yaml_get_integer(part, "'copies'", 1, SCENARIO_COPIES_MAX, &copies, error);
    message->copies = (uint32_t)copies;
    part = yaml_find(node, "value");
    message->has_value = part != NULL;
    if (status == STATUS_OK && part != NULL)
        status = yaml_get_number(part, "'value'", -VALUE_MAGNITUDE_MAX, VALUE_MAGNITUDE_MAX,
                                 &message->value, error);
    part = yaml_find(node, "timestamp");
    message->has_timestamp = part != NULL;
    if (status == STATUS_OK && part != NULL)
        status = yaml_get_number(part, "'timestamp'", 0, TIMESTAMP_MAX, &message->timestamp, error);
    part = yaml_find(node, "hierarchy");
    if (status == STATUS_OK && part != NULL)
        status = read_hierarchy(part, message, error);
    return status;
}

enum status scenario_read_messages(const struct yaml_node *node, struct arena *arena,
                                   struct scenario *scenario, struct error *error)
{
    enum status status = yaml_expect(node, YAML_SEQUENCE, "'messages'", error);
    if (status != STATUS_OK)
        return status;
    if (node->count == 0)
        return yaml_error(error, node, "'messages' must not be empty");
    if (node->count > SCENARIO_MESSAGES_MAX)
        return yaml_error(error, node, "'messages' must hold at most %d messages, found %zu",
                          SCENARIO_MESSAGES_MAX, node->count);
    struct scenario_message *messages = arena_allocate_array(arena, node->count, sizeof *messages);
    if (messages == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory while reading a scenario");
    for (size_t i = 0; status == STATUS_OK && i < node->count; i++)
        status = read_message(node->elements[i], &messages[i], error);
    scenario->messages = messages;
    scenario->message_count = node->count;
    scenario->written = messages;
    scenario->written_count = node->count;
    return status;
}
