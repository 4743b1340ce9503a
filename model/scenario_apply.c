/* What a scenario changes in a pipeline: shard counts, table streams, initial items, mappings. */
#include "model/scenario_reader.h"

#include "model/mapping_settings.h"

#include <stdio.h>
#include <string.h>

enum { ITEM_DEPTH_MAX = 32 }; /* DynamoDB's limit on the nesting of attributes */

struct application {
    const struct scenario *scenario;
    struct arena *arena;
    struct value_store *store;
    struct pipeline *pipeline;
    struct error *error;
};

static enum status no_memory(const struct application *application)
{
    return error_set(application->error, STATUS_NO_MEMORY,
                     "out of memory while applying a scenario");
}

/* "unknown table 'X', did you mean 'Y'?" */
static enum status unknown_name(const struct application *application, const struct yaml_node *node,
                                const char *what, const char *const *candidates, size_t count)
{
    char suggestion[YAML_DESCRIPTION_SIZE];
    return yaml_error(application->error, node, "the pipeline has no %s '%.*s'%s", what,
                      YAML_QUOTE_MAX, node->text,
                      yaml_suggestion(node->text, candidates, count, suggestion));
}

static enum status apply_stream(const struct application *application)
{
    const struct scenario_sections *sections = application->scenario->sections;
    struct pipeline *pipeline = application->pipeline;
    int index = 0;
    if (sections->stream != NULL) {
        index = pipeline_find_stream(pipeline, application->scenario->stream);
        const char *candidates[PIPELINE_STREAMS_MAX];
        for (size_t i = 0; i < pipeline->stream_count; i++)
            candidates[i] = pipeline->streams[i].name;
        if (index < 0)
            return unknown_name(application, sections->stream, "stream", candidates,
                                pipeline->stream_count);
    }
    if (sections->shards == NULL)
        return STATUS_OK;
    if (sections->stream == NULL && pipeline->stream_count != 1)
        return yaml_error(application->error, sections->shards,
                          "'shards' needs a 'stream': the pipeline has %zu streams",
                          pipeline->stream_count);
    int64_t shards = 0;
    enum status status = yaml_get_integer(sections->shards, "'shards'", 1, PIPELINE_SHARDS_MAX,
                                          &shards, application->error);
    if (status == STATUS_OK)
        pipeline->streams[index].shard_count = (uint32_t)shards;
    return status;
}

static enum status apply_places(const struct application *application, const struct yaml_node *node,
                                struct table_config *table)
{
    if (node->kind == YAML_SCALAR && strcmp(node->text, "by_key") == 0) {
        table->places_by_key = true;
        return STATUS_OK;
    }
    enum status status =
        yaml_expect(node, YAML_MAPPING, "'place' (by_key, or a shard per key)", application->error);
    if (status != STATUS_OK)
        return status;
    struct stream_place *places =
        arena_allocate_array(application->arena, node->count, sizeof *places);
    if (places == NULL)
        return no_memory(application);
    for (size_t i = 0; i < node->count; i++) {
        int64_t shard = 0;
        const struct yaml_entry *entry = &node->entries[i];
        status = yaml_get_integer(entry->value, "the shard of a place", 0,
                                  (int64_t)table->stream_shards - 1, &shard, application->error);
        if (status != STATUS_OK)
            return status;
        places[i] = (struct stream_place){.key = entry->key->text, .shard = (uint32_t)shard};
    }
    table->places = places;
    table->place_count = node->count;
    return STATUS_OK;
}

static enum status scalar_value(const struct application *application, const struct yaml_node *node,
                                struct value *value)
{
    struct decimal number;
    switch (yaml_scalar_type(node)) {
    case YAML_NULL:
        *value = value_null(application->store);
        return STATUS_OK;
    case YAML_BOOL:
        *value = value_bool(application->store, node->text[0] == 't' || node->text[0] == 'T');
        return STATUS_OK;
    case YAML_TEXT:
        *value = value_text(application->store, node->text);
        return STATUS_OK;
    case YAML_INTEGER:
    case YAML_FLOAT:
        break;
    }
    if (decimal_parse(node->text, strlen(node->text), &number) != DECIMAL_OK)
        return yaml_error(application->error, node,
                          "%.*s is no DynamoDB number (38 digits, 1E-130 to 9.99E+125)",
                          YAML_QUOTE_MAX, node->text);
    *value = value_number(application->store, &number);
    return STATUS_OK;
}

/* NOLINTBEGIN(misc-no-recursion): at most ITEM_DEPTH_MAX deep */
static enum status native_value(const struct application *application, const struct yaml_node *node,
                                unsigned depth, struct value *value);

static enum status list_value(const struct application *application, const struct yaml_node *node,
                              unsigned depth, struct value *value)
{
    struct value *elements =
        arena_allocate_array(application->arena, node->count, sizeof *elements);
    if (elements == NULL)
        return no_memory(application);
    for (size_t i = 0; i < node->count; i++) {
        enum status status = native_value(application, node->elements[i], depth + 1, &elements[i]);
        if (status != STATUS_OK)
            return status;
    }
    *value = value_list(application->store, elements, node->count);
    return STATUS_OK;
}

static enum status map_value(const struct application *application, const struct yaml_node *node,
                             unsigned depth, struct value *value)
{
    struct value_entry *entries =
        arena_allocate_array(application->arena, node->count, sizeof *entries);
    if (entries == NULL)
        return no_memory(application);
    for (size_t i = 0; i < node->count; i++) {
        entries[i].key = value_text(application->store, node->entries[i].key->text);
        enum status status =
            native_value(application, node->entries[i].value, depth + 1, &entries[i].value);
        if (status != STATUS_OK)
            return status;
    }
    *value = value_map(application->store, entries, node->count);
    return STATUS_OK;
}

/* Plain YAML as DynamoDB's types: numbers N, texts S, true BOOL, null NULL, lists L, mappings M. */
static enum status native_value(const struct application *application, const struct yaml_node *node,
                                unsigned depth, struct value *value)
{
    if (depth > ITEM_DEPTH_MAX)
        return error_at(application->error, STATUS_LIMIT, node->file, node->line, node->column,
                        "an item nested deeper than %d levels", ITEM_DEPTH_MAX);
    if (node->tag != NULL)
        return yaml_error(application->error, node, "tags have no meaning in items, found %.*s",
                          YAML_QUOTE_MAX, node->tag);
    switch (node->kind) {
    case YAML_SCALAR:
        return scalar_value(application, node, value);
    case YAML_SEQUENCE:
        return list_value(application, node, depth, value);
    case YAML_MAPPING:
        return map_value(application, node, depth, value);
    }
    return STATUS_OK;
}

/* NOLINTEND(misc-no-recursion) */

static enum status check_key(const struct application *application, const struct yaml_node *node,
                             const struct table_config *table, const struct key_attribute *key,
                             struct value item)
{
    if (key->name == NULL)
        return STATUS_OK;
    struct value attribute = value_get_text(application->store, item, key->name);
    if (value_is_none(attribute))
        return yaml_error(application->error, node, "an item of table '%s' needs the key '%s'",
                          table->name, key->name);
    enum value_kind kind = value_kind(application->store, attribute);
    bool fits = (key->type == 'S' && kind == VALUE_STRING &&
                 !value_is_text(application->store, attribute, "")) ||
                (key->type == 'N' && kind == VALUE_NUMBER);
    char found[YAML_DESCRIPTION_SIZE];
    if (!fits)
        return yaml_error(application->error, node,
                          "the key '%s' of an item of table '%s' must be of type %c, found %s",
                          key->name, table->name, key->type,
                          yaml_describe(yaml_find(node, key->name), found));
    return STATUS_OK;
}

/* The key attributes of an item, as something that is equal for equal keys. */
static struct value key_of(const struct application *application, const struct table_config *table,
                           struct value item)
{
    struct value parts[2];
    size_t count = 0;
    parts[count++] = value_get_text(application->store, item, table->hash_key.name);
    if (table->range_key.name != NULL)
        parts[count++] = value_get_text(application->store, item, table->range_key.name);
    return value_list(application->store, parts, count);
}

static enum status apply_item(const struct application *application, const struct yaml_node *node,
                              const struct table_config *table, struct value *items, size_t count)
{
    struct value item = VALUE_NONE;
    enum status status = yaml_expect(node, YAML_MAPPING, "an item", application->error);
    if (status == STATUS_OK)
        status = native_value(application, node, 0, &item);
    if (status == STATUS_OK && value_is_none(item))
        return no_memory(application);
    if (status == STATUS_OK)
        status = check_key(application, node, table, &table->hash_key, item);
    if (status == STATUS_OK)
        status = check_key(application, node, table, &table->range_key, item);
    if (status != STATUS_OK)
        return status;
    struct value key = key_of(application, table, item);
    if (value_is_none(key))
        return no_memory(application);
    for (size_t i = 0; i < count; i++) {
        if (value_equal(key_of(application, table, items[i]), key))
            return yaml_error(application->error, node,
                              "a second item of table '%s' with the same key", table->name);
    }
    items[count] = item;
    return STATUS_OK;
}

static enum status apply_items(const struct application *application, const struct yaml_node *node,
                               struct table_config *table)
{
    enum status status = yaml_expect(node, YAML_SEQUENCE, "'items'", application->error);
    if (status != STATUS_OK)
        return status;
    if (node->count > SCENARIO_ITEMS_MAX)
        return yaml_error(application->error, node, "'items' must hold at most %d items, found %zu",
                          SCENARIO_ITEMS_MAX, node->count);
    struct value *items = arena_allocate_array(application->arena, node->count, sizeof *items);
    if (items == NULL)
        return no_memory(application);
    for (size_t i = 0; status == STATUS_OK && i < node->count; i++)
        status = apply_item(application, node->elements[i], table, items, i);
    table->items = items;
    table->item_count = node->count;
    return status;
}

static enum status apply_table(const struct application *application,
                               const struct yaml_entry *entry)
{
    static const char *const keys[] = {"stream_shards", "place", "items"};
    struct pipeline *pipeline = application->pipeline;
    int index = pipeline_find_table(pipeline, entry->key->text);
    if (index < 0) {
        const char *candidates[PIPELINE_TABLES_MAX];
        for (size_t i = 0; i < pipeline->table_count; i++)
            candidates[i] = pipeline->tables[i].name;
        return unknown_name(application, entry->key, "table", candidates, pipeline->table_count);
    }
    struct table_config *table = &pipeline->tables[index];
    enum status status =
        yaml_check_keys(entry->value, entry->key->text, keys, 3, application->error);
    if (status != STATUS_OK)
        return status;
    /* a table without a stream may be meant to get one: a finding, if that is a mistake */
    const struct yaml_node *shards = yaml_find(entry->value, "stream_shards");
    const struct yaml_node *place = yaml_find(entry->value, "place");
    const struct yaml_node *items = yaml_find(entry->value, "items");
    int64_t count = table->stream_shards;
    if (shards != NULL)
        status = yaml_get_integer(shards, "'stream_shards'", 1, PIPELINE_SHARDS_MAX, &count,
                                  application->error);
    table->stream_shards = (uint32_t)count;
    if (status == STATUS_OK && place != NULL)
        status = apply_places(application, place, table);
    if (status == STATUS_OK && items != NULL)
        status = apply_items(application, items, table);
    return status;
}

/* The mapping that `name` means: of the function, or with that logical id. */
static enum status find_mapping(const struct application *application, const struct yaml_node *name,
                                struct mapping_config **found)
{
    struct pipeline *pipeline = application->pipeline;
    int function = pipeline_find_function(pipeline, name->text);
    size_t count = 0;
    for (size_t i = 0; i < pipeline->mapping_count; i++) {
        struct mapping_config *mapping = &pipeline->mappings[i];
        bool of_function = function >= 0 && mapping->function == (uint32_t)function;
        if (of_function || (function < 0 && strcmp(mapping->logical_id, name->text) == 0)) {
            *found = mapping;
            count++;
        }
    }
    if (count == 1)
        return STATUS_OK;
    if (count > 1)
        return yaml_error(application->error, name,
                          "function '%s' has %zu event source mappings: name one by its logical id",
                          name->text, count);
    *found = NULL;
    if (function >= 0) /* nothing invokes it: a finding, if that is a mistake */
        return STATUS_OK;
    const char *candidates[PIPELINE_FUNCTIONS_MAX];
    for (size_t i = 0; i < pipeline->function_count; i++)
        candidates[i] = pipeline->functions[i].name;
    return unknown_name(application, name, "function or event source mapping", candidates,
                        pipeline->function_count);
}

static enum status apply_mapping(const struct application *application,
                                 const struct yaml_entry *entry)
{
    struct mapping_config unused = mapping_config_default();
    struct mapping_config *mapping = NULL;
    enum status status = find_mapping(application, entry->key, &mapping);
    if (mapping == NULL)
        mapping = &unused;
    if (status == STATUS_OK)
        status = yaml_check_keys(entry->value, entry->key->text, mapping_setting_names(),
                                 MAPPING_SETTING_COUNT, application->error);
    for (size_t i = 0; status == STATUS_OK && i < entry->value->count; i++) {
        const struct yaml_entry *setting = &entry->value->entries[i];
        status = mapping_setting_read(mapping_setting_find(setting->key->text), setting->value,
                                      mapping, application->error);
    }
    return status;
}

/* The percentages that the workshop sets for Lab 2. */
static enum status default_parameters(const struct application *application,
                                      struct table_config *table)
{
    static const struct {
        const char *name;
        int64_t percent;
    } parameters[] = {{"FAILURE_STATE_LAMBDA_PCT", 5},
                      {"FAILURE_MAP_LAMBDA_PCT", 10},
                      {"FAILURE_REDUCE_LAMBDA_PCT", 10}};
    enum { PARAMETERS = sizeof parameters / sizeof *parameters };
    struct value_store *store = application->store;
    struct value *items = arena_allocate_array(application->arena, PARAMETERS, sizeof *items);
    if (items == NULL)
        return no_memory(application);
    for (size_t i = 0; i < PARAMETERS; i++) {
        struct value_entry entries[] = {
            {value_text(store, table->hash_key.name), value_text(store, parameters[i].name)},
            {value_text(store, "value"), value_integer(store, parameters[i].percent)}};
        items[i] = value_map(store, entries, 2);
        if (value_is_none(items[i]))
            return no_memory(application);
    }
    table->items = items;
    table->item_count = PARAMETERS;
    return STATUS_OK;
}

static enum status apply_defaults(const struct application *application)
{
    int index = pipeline_find_table(application->pipeline, "ParameterTable");
    if (index < 0)
        return STATUS_OK;
    struct table_config *table = &application->pipeline->tables[index];
    const struct yaml_node *tables = application->scenario->sections->tables;
    const struct yaml_node *section = yaml_find(tables, table->name);
    if (section == NULL)
        section = yaml_find(tables, table->logical_id);
    bool usable = table->hash_key.type == 'S' && table->range_key.name == NULL;
    return yaml_find(section, "items") == NULL && usable ? default_parameters(application, table)
                                                         : STATUS_OK;
}

/* `aggregates: TABLE`, or {table: TABLE, value: ATTRIBUTE}. */
static enum status apply_aggregates(const struct application *application)
{
    static const char *const keys[] = {"table", "value"};
    const struct yaml_node *node = application->scenario->sections->aggregates;
    struct pipeline *pipeline = application->pipeline;
    const char *candidates[PIPELINE_TABLES_MAX];
    const char *name = NULL;
    if (node == NULL)
        return STATUS_OK;
    const struct yaml_node *table = node;
    const struct yaml_node *value = NULL;
    enum status status = STATUS_OK;
    if (node->kind == YAML_MAPPING) {
        status = yaml_check_keys(node, "'aggregates'", keys, 2, application->error);
        if (status == STATUS_OK)
            status = yaml_require(node, "table", "'aggregates'", &table, application->error);
        value = yaml_find(node, "value");
    }
    if (status == STATUS_OK)
        status = yaml_get_text(table, "'aggregates' (a table)", &name, application->error);
    if (status == STATUS_OK && value != NULL)
        status = yaml_get_text(value, "'value'", &pipeline->aggregate_value, application->error);
    if (status != STATUS_OK)
        return status;
    int index = pipeline_find_table(pipeline, name);
    for (size_t i = 0; i < pipeline->table_count; i++)
        candidates[i] = pipeline->tables[i].name;
    if (index < 0)
        return unknown_name(application, table, "table", candidates, pipeline->table_count);
    const struct table_config *chosen = &pipeline->tables[index];
    if (chosen->hash_key.type != 'S' || chosen->range_key.name != NULL)
        return yaml_error(application->error, table,
                          "the key of %s must be one text, such as 'RiskType:TradeDesk:Region'",
                          chosen->name);
    pipeline->aggregates = chosen;
    return STATUS_OK;
}

enum status scenario_apply(const struct scenario *scenario, struct arena *arena,
                           struct value_store *store, struct pipeline *pipeline,
                           struct error *error)
{
    static const struct scenario_sections none = {.stream = NULL};
    struct scenario resolved = *scenario;
    if (resolved.sections == NULL)
        resolved.sections = &none;
    const struct application application = {.scenario = &resolved,
                                            .arena = arena,
                                            .store = store,
                                            .pipeline = pipeline,
                                            .error = error};
    const struct scenario_sections *sections = resolved.sections;
    enum status status = apply_stream(&application);
    size_t tables = sections->tables != NULL ? sections->tables->count : 0;
    for (size_t i = 0; status == STATUS_OK && i < tables; i++)
        status = apply_table(&application, &sections->tables->entries[i]);
    size_t mappings = sections->mappings != NULL ? sections->mappings->count : 0;
    for (size_t i = 0; status == STATUS_OK && i < mappings; i++)
        status = apply_mapping(&application, &sections->mappings->entries[i]);
    if (status == STATUS_OK)
        status = apply_defaults(&application);
    if (status == STATUS_OK)
        status = apply_aggregates(&application);
    return status == STATUS_OK ? pipeline_check_supported(pipeline, error) : status;
}
