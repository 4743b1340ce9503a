#include "reports/pytest.h"

#include "model/base/json.h"
#include "model/dynamodb.h"
#include "model/template.h"
#include "reports/field.h"
#include "reports/pytest_internal.h"
#include "reports/version.h"

#include <string.h>

/* The Python that every test file holds, as it is. */
__asm__(".section .rodata\n"
        ".local pytest_source\n"
        "pytest_source:\n"
        ".incbin \"reports/pytest_expression.py\"\n"
        ".ascii \"\\n\\n\"\n"
        ".incbin \"reports/pytest_database.py\"\n"
        ".ascii \"\\n\\n\"\n"
        ".incbin \"reports/pytest_faults.py\"\n"
        ".ascii \"\\n\\n\"\n"
        ".incbin \"reports/pytest_poller.py\"\n"
        ".ascii \"\\n\\n\"\n"
        ".incbin \"reports/pytest_pipeline.py\"\n"
        ".byte 0\n"
        ".previous\n");
extern const char pytest_source[];

static enum status no_memory(struct error *error)
{
    return error_set(error, STATUS_NO_MEMORY, "out of memory");
}

/* The messages with the copies that the counterexample puts. */
static enum status apply_copies(struct pytest *test, struct error *error)
{
    struct scenario *scenario = &test->scenario;
    struct value_store *store = test->store;
    struct scenario_message *messages =
        arena_allocate_array(test->arena, scenario->message_count, sizeof *messages);
    if (messages == NULL)
        return no_memory(error);
    if (value_count(store, test->trace->copies) != scenario->message_count)
        return error_set(error, STATUS_BAD_INPUT,
                         "copies: expected a number for each of the %zu messages",
                         scenario->message_count);
    memcpy(messages, scenario->messages, scenario->message_count * sizeof *messages);
    for (size_t i = 0; i < scenario->message_count; i++) {
        int64_t copies = -1;
        if (!value_to_integer(store, value_at(store, test->trace->copies, i), &copies) ||
            copies < 0 || copies > (int64_t)messages[i].copies)
            return error_set(error, STATUS_BAD_INPUT,
                             "copies: expected at most the scenario's %u for message %zu",
                             (unsigned)messages[i].copies, i + 1);
        messages[i].copies = (uint32_t)copies;
    }
    scenario->messages = messages;
    return STATUS_OK;
}

static enum status read_sources(struct pytest *test, struct error *error)
{
    const struct trace_file *trace = test->trace;
    enum status status = scenario_parse(trace->scenario_text, strlen(trace->scenario_text),
                                        trace->scenario_file, test->arena, &test->scenario, error);
    if (status == STATUS_OK)
        status = scenario_generate(&test->scenario, trace->seed, test->arena, error);
    if (status == STATUS_OK)
        status = apply_copies(test, error);
    if (status == STATUS_OK)
        status = template_parse_with(trace->template_text, strlen(trace->template_text),
                                     trace->template_file, &trace->parameters, test->arena,
                                     &test->pipeline, error);
    if (status == STATUS_OK)
        status = scenario_apply(&test->scenario, test->arena, test->store, &test->pipeline, error);
    if (status == STATUS_OK)
        status = mapping_overrides_apply(trace->settings, trace->setting_count, test->arena,
                                         &test->pipeline, error);
    if (status == STATUS_OK)
        status = pipeline_choose_aggregates(&test->pipeline, error);
    if (status == STATUS_OK)
        status = workload_create(&test->scenario, &test->pipeline, trace->valuation, test->arena,
                                 test->store, &test->workload, error);
    return status;
}

static struct value functions_value(const struct pytest *test)
{
    struct value_store *store = test->store;
    struct value functions = value_map(store, NULL, 0);
    for (size_t i = 0; i < test->pipeline.function_count; i++) {
        const struct function_config *config = &test->pipeline.functions[i];
        struct value recorded =
            value_member(store, test->trace->functions, config->name, VALUE_MAP);
        struct value environment = value_map(store, NULL, 0);
        if (value_is_none(recorded))
            continue; /* nothing invokes it */
        for (size_t j = 0; j < config->environment_count; j++)
            environment = value_put_text(store, environment, config->environment[j].name,
                                         value_text(store, config->environment[j].value));
        struct value function = value_map(store, NULL, 0);
        function = value_put_text(store, function, "folder",
                                  field_filled_or_null(store, field_text(store, recorded, "code")));
        struct value layers = value_member(store, recorded, "layers", VALUE_LIST);
        function = value_put_text(store, function, "layers",
                                  value_is_none(layers) ? value_list(store, NULL, 0) : layers);
        function = value_put_text(store, function, "handler", value_text(store, config->handler));
        function =
            value_put_text(store, function, "timeout_s", value_integer(store, config->timeout_s));
        function = value_put_text(store, function, "environment", environment);
        functions = value_put_text(store, functions, config->name, function);
    }
    return functions;
}

static struct value streams_value(const struct pytest *test)
{
    struct value streams = value_map(test->store, NULL, 0);
    for (size_t i = 0; i < test->pipeline.stream_count; i++)
        streams = value_put_text(test->store, streams, test->pipeline.streams[i].name,
                                 value_integer(test->store, test->pipeline.streams[i].shard_count));
    return streams;
}

static struct value keys_value(struct value_store *store, const struct table_config *table)
{
    const struct key_attribute *const attributes[] = {&table->hash_key, &table->range_key};
    struct value keys = value_list(store, NULL, 0);
    for (size_t i = 0; i < 2 && attributes[i]->name != NULL; i++) {
        struct value pair[] = {value_text(store, attributes[i]->name),
                               value_string(store, &attributes[i]->type, 1)};
        keys = value_append(store, keys, value_list(store, pair, 2));
    }
    return keys;
}

static struct value add_place(struct value_store *store, struct value places, struct value key,
                              int64_t shard, bool chance)
{
    struct value place = value_map(store, NULL, 0);
    place = value_put_text(store, place, "key", key);
    place = value_put_text(store, place, "shard", value_integer(store, shard));
    place = value_put_text(store, place, "chance", value_bool(store, chance));
    return value_append(store, places, place);
}

/* The shards that chance chose, in the order in which the keys were written. */
static struct value chosen_places(const struct pytest *test, struct value places,
                                  const struct table_config *table)
{
    struct value_store *store = test->store;
    size_t length = strlen(table->name);
    static const char middle[] = "/placement/";
    for (size_t i = 0; i < value_count(store, test->trace->steps); i++) {
        struct value step = value_at(store, test->trace->steps, i);
        for (size_t j = 0; j < field_count(store, step, "changes"); j++) {
            struct value change = field_at(store, step, "changes", j);
            const char *component = field_text(store, change, "component");
            int64_t shard = field_integer(store, change, "after", -1);
            if (shard < 0 || strncmp(component, table->name, length) != 0 ||
                strncmp(component + length, middle, sizeof middle - 1) != 0)
                continue;
            const char *key = component + length + sizeof middle - 1;
            places = add_place(store, places, value_text(store, key), shard, true);
        }
    }
    return places;
}

static struct value table_value(const struct pytest *test, const struct table_config *table)
{
    struct value_store *store = test->store;
    struct value places = value_list(store, NULL, 0);
    struct value items = value_list(store, NULL, 0);
    for (size_t i = 0; i < table->place_count; i++)
        places = add_place(store, places, value_text(store, table->places[i].key),
                           table->places[i].shard, false);
    for (size_t i = 0; i < table->item_count; i++)
        items = value_append(store, items, item_to_wire(store, table->items[i]));
    struct value value = value_map(store, NULL, 0);
    value = value_put_text(store, value, "keys", keys_value(store, table));
    value = value_put_text(store, value, "stream",
                           field_filled_or_null(store, stream_view_names[table->stream_view]));
    value = value_put_text(store, value, "shards", value_integer(store, table->stream_shards));
    value = value_put_text(store, value, "items", items);
    return value_put_text(store, value, "places", chosen_places(test, places, table));
}

static struct value tables_value(const struct pytest *test)
{
    struct value tables = value_map(test->store, NULL, 0);
    for (size_t i = 0; i < test->pipeline.table_count; i++)
        tables = value_put_text(test->store, tables, test->pipeline.tables[i].name,
                                table_value(test, &test->pipeline.tables[i]));
    return tables;
}

static size_t mappings_of(const struct pipeline *pipeline, uint32_t function)
{
    size_t count = 0;
    for (size_t i = 0; i < pipeline->mapping_count; i++)
        count += pipeline->mappings[i].enabled && pipeline->mappings[i].function == function;
    return count;
}

struct value pytest_mapping_name(const struct pytest *test, const struct mapping_config *mapping)
{
    const struct pipeline *pipeline = &test->pipeline;
    const char *function = pipeline->functions[mapping->function].name;
    const char *source = mapping->source_kind == SOURCE_STREAM
                             ? pipeline->streams[mapping->source].name
                             : pipeline->tables[mapping->source].name;
    return mappings_of(pipeline, mapping->function) > 1
               ? value_format(test->store, "%s/%s", function, source)
               : value_text(test->store, function);
}

static struct value mappings_value(const struct pytest *test)
{
    struct value_store *store = test->store;
    const struct pipeline *pipeline = &test->pipeline;
    struct value mappings = value_list(store, NULL, 0);
    for (size_t i = 0; i < pipeline->mapping_count; i++) {
        const struct mapping_config *config = &pipeline->mappings[i];
        const char *function = pipeline->functions[config->function].name;
        bool stream = config->source_kind == SOURCE_STREAM;
        const char *source =
            stream ? pipeline->streams[config->source].name : pipeline->tables[config->source].name;
        if (!config->enabled)
            continue;
        struct value mapping = value_map(store, NULL, 0);
        mapping = value_put_text(store, mapping, "function", value_text(store, function));
        mapping = value_put_text(store, mapping, "actor", pytest_mapping_name(test, config));
        mapping =
            value_put_text(store, mapping, "kind", value_text(store, stream ? "stream" : "table"));
        mapping = value_put_text(store, mapping, "source", value_text(store, source));
        mapping =
            value_put_text(store, mapping, "batch_size", value_integer(store, config->batch_size));
        mapping = value_put_text(store, mapping, "bisect",
                                 value_bool(store, config->bisect_batch_on_function_error));
        mapping = value_put_text(store, mapping, "maximum_retry_attempts",
                                 config->maximum_retry_attempts < 0
                                     ? value_null(store)
                                     : value_integer(store, config->maximum_retry_attempts));
        mapping = value_put_text(store, mapping, "report_failures",
                                 value_bool(store, config->report_batch_item_failures));
        mappings = value_append(store, mappings, mapping);
    }
    return mappings;
}

static struct value puts_value(const struct pytest *test)
{
    struct value_store *store = test->store;
    struct value puts = value_list(store, NULL, 0);
    for (size_t i = 0; i < test->workload.put_count; i++) {
        const struct workload_put *put = &test->workload.puts[i];
        size_t length = 0;
        const char *data = value_bytes(store, put->data, &length);
        struct value entry = value_map(store, NULL, 0);
        entry = value_put_text(store, entry, "shard", value_integer(store, put->shard));
        entry = value_put_text(store, entry, "partition_key", put->partition_key);
        entry = value_put_text(store, entry, "data", value_string(store, data, length));
        puts = value_append(store, puts, entry);
    }
    return puts;
}

static struct value expected_value(const struct pytest *test)
{
    struct value_store *store = test->store;
    struct value expected = value_map(store, NULL, 0);
    for (size_t i = 0; i < test->workload.aggregate_count; i++) {
        char text[DECIMAL_TEXT_SIZE];
        size_t length = decimal_text(&test->workload.aggregates[i].expected, text);
        expected = value_put_text(store, expected, test->workload.aggregates[i].key,
                                  value_string(store, text, length));
    }
    return expected;
}

static struct value data_value(const struct pytest *test)
{
    struct value_store *store = test->store;
    const char *stream = test->pipeline.streams[test->workload.stream].name;
    struct value data = value_map(store, NULL, 0);
    data = value_put_text(store, data, "property",
                          value_text(store, field_text(store, test->trace->violation, "property")));
    data = value_put_text(store, data, "functions", functions_value(test));
    data = value_put_text(store, data, "streams", streams_value(test));
    data = value_put_text(store, data, "stream", value_text(store, stream));
    data = value_put_text(store, data, "tables", tables_value(test));
    const char *aggregates = test->pipeline.tables[pipeline_aggregate_table(&test->pipeline)].name;
    const char *attribute = test->pipeline.aggregate_value;
    data = value_put_text(store, data, "aggregate_table", value_text(store, aggregates));
    data = value_put_text(store, data, "aggregate_value",
                          value_text(store, attribute == NULL ? "Value" : attribute));
    data = value_put_text(store, data, "mappings", mappings_value(test));
    data = value_put_text(store, data, "start_ms", value_integer(store, test->workload.start_ms));
    data = value_put_text(store, data, "puts", puts_value(test));
    data = value_put_text(store, data, "steps", pytest_schedule(test));
    data = value_put_text(store, data, "low_draws", pytest_low_draws(test));
    data = value_put_text(store, data, "warm", pytest_warm(test));
    return value_put_text(store, data, "expected", expected_value(test));
}

/* A comment of one line. */
static void append_comment(struct text *text, const char *comment)
{
    text_append_string(text, "# ");
    for (; *comment != '\0'; comment++)
        text_append_char(text, (unsigned char)*comment < 0x20 ? ' ' : *comment);
    text_append_char(text, '\n');
}

static void append_head(struct text *text, const struct pytest *test)
{
    const struct value_store *store = test->store;
    struct value violation = test->trace->violation;
    text_append_string(text, "# Made by oncecheck " ONCECHECK_VERSION
                             " from a counterexample; needs pytest and boto3.\n#\n");
    append_comment(text, field_text(store, violation, "summary"));
    if (field_text(store, violation, "cause")[0] != '\0')
        append_comment(text, field_text(store, violation, "cause"));
    text_append_string(
        text,
        "#\n"
        "#     pytest THIS_FILE                         the code that the trace names: fails\n"
        "#     SOLUTION=my-solution pytest THIS_FILE    passes where it is corrected\n"
        "#\n"
        "# It puts the recorded messages on the stream, delivers the recorded batches, lets\n"
        "# functions crash and fail where they did, then lets everything finish and compares\n"
        "# the aggregates with what the messages add up to.\n\n"
        "import base64\nimport copy\nimport datetime\nimport decimal\nimport hashlib\nimport "
        "importlib\n"
        "import io\nimport json\nimport math\nimport os\nimport random\nimport re\n"
        "import sys\nimport threading\nimport time\nimport uuid\nimport zlib\n\n"
        "import boto3  # before anything is replaced\nimport botocore.awsrequest\n"
        "import botocore.exceptions\nimport botocore.httpsession\nimport pytest\n\n"
        "TOLERANCE = decimal.Decimal(\"1e-5\")\n"
        "ENVIRONMENT = {\n"
        "    \"AWS_ACCESS_KEY_ID\": \"example\",\n"
        "    \"AWS_SECRET_ACCESS_KEY\": \"example\",\n"
        "    \"AWS_DEFAULT_REGION\": \"us-east-1\",\n"
        "    \"AWS_REGION\": \"us-east-1\",\n"
        "}\n\n");
}

/* As JSON in a raw Python text, which an apostrophe might end. */
static void append_data(struct text *text, const struct value_store *store, struct value data)
{
    struct text json;
    text_init(&json, text->memory);
    json_append_pretty(&json, store, data, 0);
    text_append_string(text, "DATA = json.loads(\n    r'''\n");
    for (const char *c = text_string(&json); *c != '\0'; c++) {
        if (*c == '\'')
            text_append_string(text, "\\u0027");
        else
            text_append_char(text, *c);
    }
    text_append_string(text, "\n'''\n)\n\n\n");
    if (text_failed(&json))
        text->failed = true;
    text_release(&json);
}

enum status pytest_append(struct text *text, struct arena *arena, struct value_store *store,
                          const struct trace_file *trace, struct error *error)
{
    struct pytest test = {.store = store, .arena = arena, .trace = trace};
    enum status status = read_sources(&test, error);
    if (status != STATUS_OK)
        return status;
    status = pytest_check(&test, error);
    if (status != STATUS_OK)
        return status;
    if (pipeline_aggregate_table(&test.pipeline) < 0)
        return error_set(error, STATUS_UNSUPPORTED,
                         "the pipeline has no table of aggregates that a test could compare");
    struct value data = data_value(&test);
    if (value_is_none(data))
        return no_memory(error);
    append_head(text, &test);
    append_data(text, store, data);
    text_append_string(text, pytest_source);
    return text_failed(text) ? no_memory(error) : STATUS_OK;
}
