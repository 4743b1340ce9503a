#include "model/pipeline.h"

#include <string.h>

static const char *const setting_names[] = {
#define MAPPING_SETTING_NAME(id, name) [(id)] = (name),
    MAPPING_SETTINGS(MAPPING_SETTING_NAME)
#undef MAPPING_SETTING_NAME
};

const char *const stream_view_names[STREAM_VIEW_COUNT + 1] = {
#define STREAM_VIEW_NAME(type, name) [(type)] = (name),
    STREAM_VIEWS(STREAM_VIEW_NAME)
#undef STREAM_VIEW_NAME
};

const char *mapping_setting_name(enum mapping_setting setting)
{
    CHECK(setting < MAPPING_SETTING_COUNT);
    return setting_names[setting];
}

enum mapping_setting mapping_setting_find(const char *name)
{
    for (int i = 0; i < MAPPING_SETTING_COUNT; i++) {
        if (strcmp(setting_names[i], name) == 0)
            return (enum mapping_setting)i;
    }
    return MAPPING_SETTING_COUNT;
}

static bool equal(const char *name, const char *wanted)
{
    return name != NULL && strcmp(name, wanted) == 0;
}

int pipeline_find_stream(const struct pipeline *pipeline, const char *name)
{
    for (size_t i = 0; i < pipeline->stream_count; i++) {
        if (equal(pipeline->streams[i].name, name))
            return (int)i;
    }
    for (size_t i = 0; i < pipeline->stream_count; i++) {
        if (equal(pipeline->streams[i].logical_id, name))
            return (int)i;
    }
    return -1;
}

int pipeline_find_table(const struct pipeline *pipeline, const char *name)
{
    for (size_t i = 0; i < pipeline->table_count; i++) {
        if (equal(pipeline->tables[i].name, name))
            return (int)i;
    }
    for (size_t i = 0; i < pipeline->table_count; i++) {
        if (equal(pipeline->tables[i].logical_id, name))
            return (int)i;
    }
    return -1;
}

int pipeline_aggregate_table(const struct pipeline *pipeline)
{
    return pipeline->aggregates != NULL ? (int)(pipeline->aggregates - pipeline->tables)
                                        : pipeline_find_table(pipeline, AGGREGATE_TABLE_NAME);
}

static bool may_hold_aggregates(const struct pipeline *pipeline, size_t table)
{
    const struct table_config *config = &pipeline->tables[table];
    bool usable =
        config->hash_key.type == 'S' && config->range_key.name == NULL && config->item_count == 0;
    for (size_t i = 0; usable && i < pipeline->mapping_count; i++) {
        const struct mapping_config *mapping = &pipeline->mappings[i];
        usable = mapping->source_kind != SOURCE_TABLE || mapping->source != table;
    }
    return usable;
}

enum status pipeline_choose_aggregates(struct pipeline *pipeline, struct error *error)
{
    const struct table_config *named = NULL; /* its key is called as in the workshop */
    const struct table_config *first = NULL;
    const struct table_config *second = NULL;
    size_t named_count = 0;
    if (pipeline_aggregate_table(pipeline) >= 0)
        return STATUS_OK;
    for (size_t i = 0; i < pipeline->table_count; i++) {
        const struct table_config *table = &pipeline->tables[i];
        if (!may_hold_aggregates(pipeline, i))
            continue;
        if (equal(table->hash_key.name, "Identifier")) {
            named = table;
            named_count++;
        }
        second = first != NULL && second == NULL ? table : second;
        first = first == NULL ? table : first;
    }
    if (second != NULL && named_count != 1)
        return error_at(error, STATUS_BAD_INPUT, pipeline->file, first->line, 0,
                        "%s or %s: which table holds the aggregates? Say it in the scenario: "
                        "'aggregates: %s'",
                        first->name, second->name, second->name);
    pipeline->aggregates = second == NULL ? first : named;
    return STATUS_OK;
}

int pipeline_find_function(const struct pipeline *pipeline, const char *name)
{
    for (size_t i = 0; i < pipeline->function_count; i++) {
        if (equal(pipeline->functions[i].name, name))
            return (int)i;
    }
    for (size_t i = 0; i < pipeline->function_count; i++) {
        if (equal(pipeline->functions[i].logical_id, name))
            return (int)i;
    }
    return -1;
}

uint32_t pipeline_mapping_shards(const struct pipeline *pipeline,
                                 const struct mapping_config *mapping)
{
    if (mapping->source_kind == SOURCE_STREAM) {
        CHECK(mapping->source < pipeline->stream_count);
        return pipeline->streams[mapping->source].shard_count;
    }
    CHECK(mapping->source < pipeline->table_count);
    return pipeline->tables[mapping->source].stream_shards;
}

/* The first setting of the mapping that is not simulated, or MAPPING_SETTING_COUNT. */
static enum mapping_setting find_unsupported(const struct mapping_config *mapping)
{
    const bool unsupported[MAPPING_SETTING_COUNT] = {
        [MAPPING_STARTING_POSITION] = mapping->starting_position == STARTING_AT_TIMESTAMP &&
                                      mapping->source_kind == SOURCE_TABLE,
        [MAPPING_TUMBLING_WINDOW] = mapping->tumbling_window_s != 0,
    };
    for (int i = 0; i < MAPPING_SETTING_COUNT; i++) {
        if (unsupported[i])
            return (enum mapping_setting)i;
    }
    return MAPPING_SETTING_COUNT;
}

/* What of the setting is not simulated, for the message. */
static const char *unsupported_value(enum mapping_setting setting)
{
    static const char *const values[MAPPING_SETTING_COUNT] = {
        [MAPPING_STARTING_POSITION] = "AT_TIMESTAMP (Kinesis streams only)",
        [MAPPING_TUMBLING_WINDOW] = "other than 0",
    };
    return values[setting];
}

enum status pipeline_check_supported(const struct pipeline *pipeline, struct error *error)
{
    for (size_t i = 0; i < pipeline->mapping_count; i++) {
        const struct mapping_config *mapping = &pipeline->mappings[i];
        if (!mapping->enabled)
            continue;
        enum mapping_setting setting = find_unsupported(mapping);
        if (setting == MAPPING_SETTING_COUNT)
            continue;
        const struct input_place *place = &mapping->places[setting];
        bool known = place->file != NULL;
        return error_at(error, STATUS_UNSUPPORTED, known ? place->file : pipeline->file,
                        known ? place->line : mapping->line, known ? place->column : 0,
                        "%s %s on the event source mapping of %s is not simulated yet",
                        setting_names[setting], unsupported_value(setting),
                        pipeline->functions[mapping->function].name);
    }
    return STATUS_OK;
}
