#include "model/scenario.h"

#include "model/template.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct memory memory;
static struct arena arena;
static struct value_store *store;
static struct error error;
static struct scenario scenario;
static struct pipeline pipeline;
static char path[] = "/tmp/test-scenario-XXXXXX";

static void setup(void)
{
    memory_init(&memory, SIZE_MAX);
    arena_init(&arena, &memory);
    store = value_store_create(&memory);
    cr_assert_not_null(store);
    error = (struct error)ERROR_INIT;
    int descriptor = mkstemp(path);
    cr_assert_geq(descriptor, 0);
    close(descriptor);
}

static void teardown(void)
{
    unlink(path);
    value_store_destroy(store);
    arena_release(&arena);
    cr_assert_eq(memory.used, 0);
}

TestSuite(scenario, .init = setup, .fini = teardown);

static enum status read_text(const char *text)
{
    FILE *stream = fopen(path, "w");
    cr_assert_not_null(stream);
    cr_assert_geq(fputs(text, stream), 0);
    cr_assert_eq(fclose(stream), 0);
    return scenario_read(path, &arena, &scenario, &error);
}

static void accept(const char *text)
{
    enum status status = read_text(text);
    cr_assert_eq(status, STATUS_OK, "%u:%u: %s", error.line, error.column, error.message);
}

static void expect_error(enum status status, uint32_t line, uint32_t column, const char *message)
{
    cr_assert_eq(error.status, status, "%s", error.message);
    cr_assert_not_null(strstr(error.message, message), "%s", error.message);
    cr_assert_eq(error.line, line, "line %u: %s", error.line, error.message);
    cr_assert_eq(error.column, column, "column %u: %s", error.column, error.message);
    cr_assert_str_eq(error.file, path);
}

static void refuse(const char *text, enum status status, uint32_t line, uint32_t column,
                   const char *message)
{
    cr_assert_eq(read_text(text), status, "%s\n%s", text, error.message);
    expect_error(status, line, column, message);
}

#define HEAD "scenario: x\nworkload:\n  messages:\n"
#define BASE HEAD "    - {trade: T1, version: 0}\n"
enum { HEAD_LINES = 3, BASE_LINES = 4 };

/* The scenario applied to the workshop's pipeline. */
static enum status apply_text(const char *text)
{
    accept(text);
    cr_assert_eq(template_read("scenarios/workshop.yaml", &arena, &pipeline, &error), STATUS_OK);
    return scenario_apply(&scenario, &arena, store, &pipeline, &error);
}

static void refuse_applied(const char *text, enum status status, uint32_t line, uint32_t column,
                           const char *message)
{
    cr_assert_eq(apply_text(text), status, "%s\n%s", text, error.message);
    expect_error(status, line, column, message);
}

static const struct table_config *table(const char *name)
{
    int index = pipeline_find_table(&pipeline, name);
    cr_assert_geq(index, 0);
    return &pipeline.tables[index];
}

Test(scenario, fills_in_defaults)
{
    accept(BASE);
    cr_assert_str_eq(scenario.name, "x");
    cr_assert_null(scenario.description);
    cr_assert_null(scenario.template_file);
    cr_assert_null(scenario.stream);
    cr_assert_null(scenario.expect);
    cr_assert_eq(scenario.order, PUT_ORDER_GIVEN);
    for (int i = 0; i < VALUATION_COUNT; i++)
        cr_assert(scenario.valuations[i]);
    for (int i = 0; i < PROPERTY_COUNT; i++)
        cr_assert_eq(scenario.properties[i], i != PROPERTY_LEVELS_AGREE);
    cr_assert_eq(scenario.faults.limit, FAULT_UNLIMITED);
    for (int i = 0; i < FAULT_KIND_COUNT; i++)
        cr_assert_not(scenario.faults.enabled[i]);
    cr_assert_eq(scenario.message_count, 1);
    cr_assert_str_eq(scenario.messages[0].trade, "T1");
    cr_assert_eq(scenario.messages[0].copies, 1);
    cr_assert_eq(scenario.messages[0].shard, -1);
    cr_assert_null(scenario.messages[0].partition_key);
    cr_assert_not(scenario.messages[0].has_value);
    cr_assert_not(scenario.messages[0].has_hierarchy);
    cr_assert_not(scenario.messages[0].has_timestamp);
    cr_assert_eq(scenario.messages[0].line, BASE_LINES);
    cr_assert_eq(scenario.messages[0].column, 7);
}

Test(scenario, reads_everything)
{
    accept("scenario: all\ndescription: d\ntemplate: t.yaml\n"
           "workload:\n  stream: S\n  shards: 3\n  order: any\n  values: [equal, signed]\n"
           "  messages:\n"
           "    - {trade: A, version: 2, copies: 3, shard: 1, value: -1.5, timestamp: 1000.25}\n"
           "    - trade: B\n      version: 0\n      partition_key: k\n"
           "      hierarchy: {RiskType: PV, TradeDesk: Bonds, Region: EMEA}\n"
           "faults: {limit: 2, crash: true, random_failure: 4, timeout: false, throttle: 0}\n"
           "properties: [never_twice, levels_agree]\nexpect: never_twice\n");
    cr_assert_str_eq(scenario.stream, "S");
    cr_assert_eq(scenario.order, PUT_ORDER_ANY);
    cr_assert(scenario.valuations[VALUATION_EQUAL] && scenario.valuations[VALUATION_SIGNED]);
    cr_assert_not(scenario.valuations[VALUATION_DISTINCT]);
    const struct scenario_message *message = &scenario.messages[0];
    cr_assert_eq(message->version, 2);
    cr_assert_eq(message->copies, 3);
    cr_assert_eq(message->shard, 1);
    cr_assert(message->has_value && message->has_timestamp);
    cr_assert_eq(message->value, -1.5);
    cr_assert_eq(message->timestamp, 1000.25);
    message = &scenario.messages[1];
    cr_assert_str_eq(message->partition_key, "k");
    cr_assert_str_eq(message->hierarchy.level[0], "PV");
    cr_assert_str_eq(message->hierarchy.level[1], "Bonds");
    cr_assert_str_eq(message->hierarchy.level[2], "EMEA");
    cr_assert_eq(scenario.faults.limit, 2);
    cr_assert(scenario.faults.enabled[FAULT_CRASH]);
    cr_assert_eq(scenario.faults.cap[FAULT_CRASH], FAULT_UNLIMITED);
    cr_assert(scenario.faults.enabled[FAULT_RANDOM_FAILURE]);
    cr_assert_eq(scenario.faults.cap[FAULT_RANDOM_FAILURE], 4);
    cr_assert_not(scenario.faults.enabled[FAULT_TIMEOUT]);
    cr_assert(scenario.properties[PROPERTY_NEVER_TWICE]);
    cr_assert(scenario.properties[PROPERTY_LEVELS_AGREE]);
    cr_assert_not(scenario.properties[PROPERTY_EXACTLY_ONCE]);
    cr_assert_str_eq(scenario.expect, "never_twice");
    cr_assert_str_eq(scenario.template_file, "/tmp/t.yaml");
}

Test(scenario, takes_absolute_template_paths_as_they_are)
{
    accept("template: /x/t.yaml\n" BASE);
    cr_assert_str_eq(scenario.template_file, "/x/t.yaml");
}

Test(scenario, reads_the_shipped_ones)
{
    static const char *const names[] = {"lab2",       "lab2-timeouts", "lab2-step1",
                                        "lab2-step2", "calm",          "duplicates"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char file[64];
        (void)snprintf(file, sizeof file, "scenarios/%s.yaml", names[i]);
        cr_assert_eq(scenario_read(file, &arena, &scenario, &error), STATUS_OK, "%s:%u: %s", file,
                     error.line, error.message);
        cr_assert_str_eq(scenario.name, names[i]);
        cr_assert_str_eq(scenario.template_file, "scenarios/workshop.yaml");
        cr_assert_not_null(scenario.description);
        cr_assert_not_null(scenario.expect);
        cr_assert_eq(template_read(scenario.template_file, &arena, &pipeline, &error), STATUS_OK);
        cr_assert_eq(scenario_apply(&scenario, &arena, store, &pipeline, &error), STATUS_OK,
                     "%s:%u: %s", file, error.line, error.message);
        for (size_t j = 0; j < pipeline.mapping_count; j++)
            cr_assert_leq(pipeline.mappings[j].batch_size, 3);
    }
}

Test(scenario, refuses_missing_sections)
{
    refuse("workload: {messages: [{trade: T, version: 0}]}\n", STATUS_BAD_INPUT, 1, 1,
           "a scenario needs the key 'scenario'");
    refuse("scenario: x\n", STATUS_BAD_INPUT, 1, 1, "a scenario needs the key 'workload'");
    refuse("scenario: x\nworkload: {shards: 2}\n", STATUS_BAD_INPUT, 2, 11,
           "'workload' needs the key 'messages'");
    refuse("scenario: x\nworkload: {messages: []}\n", STATUS_BAD_INPUT, 2, 22,
           "'messages' must not be empty");
    refuse("[a]\n", STATUS_BAD_INPUT, 1, 1, "a scenario must be a mapping, found a list");
}

Test(scenario, suggests_keys)
{
    refuse("scenario: x\nworkload: {mesages: []}\n", STATUS_BAD_INPUT, 2, 12,
           "unknown key 'mesages' in 'workload', did you mean 'messages'?");
    refuse(BASE "fault: {crash: true}\n", STATUS_BAD_INPUT, BASE_LINES + 1, 1,
           "unknown key 'fault' in a scenario, did you mean 'faults'?");
    refuse(HEAD "    - {trade: T, verison: 0}\n", STATUS_BAD_INPUT, HEAD_LINES + 1, 18,
           "unknown key 'verison' in a message, did you mean 'version'?");
    refuse(BASE "faults: {crashes: true}\n", STATUS_BAD_INPUT, BASE_LINES + 1, 10,
           "did you mean 'crash'?");
    refuse(BASE "expect: exactly_one\n", STATUS_BAD_INPUT, BASE_LINES + 1, 9,
           "did you mean 'exactly_once'?");
}

struct mistake {
    const char *message; /* a message of the list */
    const char *text;    /* of the error */
};

Test(scenario, refuses_wrong_messages)
{
    static const struct mistake mistakes[] = {
        {"{version: 0}", "a message needs the key 'trade'"},
        {"{trade: T}", "a message needs the key 'version'"},
        {"T1", "a message must be a mapping, found the text 'T1'"},
        {"{trade: 7, version: 0}", "'trade' must be a text (put it in quotes), found the number 7"},
        {"{trade: '', version: 0}", "'trade' must not be empty"},
        {"{trade: T, version: -1}", "'version' must be a whole number from 0 to 1000000000"},
        {"{trade: T, version: 1.5}", "found the number 1.5"},
        {"{trade: T, version: '1'}", "found the text '1'"},
        {"{trade: T, version: 0, copies: 0}", "'copies' must be a whole number from 1 to 255"},
        {"{trade: T, version: 0, copies: 256}", "found the number 256"},
        {"{trade: T, version: 0, shard: -1}", "'shard' must be a whole number from 0 to 63"},
        {"{trade: T, version: 0, shard: 1, partition_key: k}", "found both"},
        {"{trade: T, version: 0, value: .nan}", "'value' must be a finite number, found the number "
                                                ".nan"},
        {"{trade: T, version: 0, value: .inf}", "'value' must be a finite number"},
        {"{trade: T, version: 0, value: 1e300}", "'value' must be a number from -1e+15 to 1e+15"},
        {"{trade: T, version: 0, value: '8'}", "'value' must be a number, found the text '8'"},
        {"{trade: T, version: 0, timestamp: -1}", "'timestamp' must be a number from 0"},
        {"{trade: T, version: 0, hierarchy: PV}", "'hierarchy' must be a mapping"},
        {"{trade: T, version: 0, hierarchy: {RiskType: PV}}",
         "'hierarchy' needs the key 'TradeDesk'"},
        {"{trade: T, version: 0, hierarchy: {RiskType: P, TradeDesk: 'a:b', Region: R}}",
         "TradeDesk must not contain ':'"},
        {"{trade: T, version: 0, hierarchy: {RiskTyp: P}}", "did you mean 'RiskType'?"},
        {"{trade: T, version: 0, trade: U}", "duplicate key 'trade'"}};
    for (size_t i = 0; i < sizeof mistakes / sizeof *mistakes; i++) {
        char text[512];
        (void)snprintf(text, sizeof text, "%s    - %s\n", HEAD, mistakes[i].message);
        cr_assert_eq(read_text(text), STATUS_BAD_INPUT, "%s", text);
        cr_assert_not_null(strstr(error.message, mistakes[i].text), "%s", error.message);
        cr_assert_eq(error.line, HEAD_LINES + 1, "%s", error.message);
        cr_assert_geq(error.column, 7);
    }
}

Test(scenario, limits_the_number_of_messages)
{
    char text[8192] = HEAD;
    for (int i = 0; i <= SCENARIO_MESSAGES_MAX; i++) {
        char line[64];
        (void)snprintf(line, sizeof line, "    - {trade: T%d, version: 0}\n", i);
        strncat(text, line, sizeof text - strlen(text) - 1);
        if (i + 1 == SCENARIO_MESSAGES_MAX)
            accept(text);
    }
    refuse(text, STATUS_BAD_INPUT, HEAD_LINES + 1, 5, "at most 64 messages, found 65");
}

Test(scenario, refuses_wrong_sections)
{
    refuse(BASE "faults: {limit: some}\n", STATUS_BAD_INPUT, BASE_LINES + 1, 17,
           "'limit' must be any or a whole number, found the text 'some'");
    refuse(BASE "faults: {limit: -1}\n", STATUS_BAD_INPUT, BASE_LINES + 1, 17, "found the number");
    refuse(BASE "faults: {crash: yes}\n", STATUS_BAD_INPUT, BASE_LINES + 1, 17,
           "'crash' must be true, false or a whole number, or an object with 'cap' and "
           "'functions', found the text 'yes'");
    refuse(BASE "faults: [crash]\n", STATUS_BAD_INPUT, BASE_LINES + 1, 9, "must be a mapping");
    refuse(BASE "properties: []\n", STATUS_BAD_INPUT, BASE_LINES + 1, 13, "must not be empty");
    refuse(BASE "properties: exactly_once\n", STATUS_BAD_INPUT, BASE_LINES + 1, 13,
           "'properties' must be a list");
    refuse(BASE "properties: [never_twice]\nexpect: nothing_lost\n", STATUS_BAD_INPUT,
           BASE_LINES + 2, 9, "which 'properties' leaves out");
    refuse(BASE "  values: most\n", STATUS_BAD_INPUT, BASE_LINES + 1, 11,
           "'values' must be distinct, moving, equal, increments, signed or all");
    refuse(BASE "  order: random\n", STATUS_BAD_INPUT, BASE_LINES + 1, 10,
           "'order' must be given or any");
    refuse(BASE "  shards: 65\n", STATUS_BAD_INPUT, BASE_LINES + 1, 11,
           "'shards' must be a whole number from 1 to 64, found the number 65");
    refuse(BASE "tables: []\n", STATUS_BAD_INPUT, BASE_LINES + 1, 9, "'tables' must be a mapping");
}

Test(scenario, knows_every_kind_of_faults)
{
    for (int i = 0; i < FAULT_KIND_COUNT; i++) {
        enum fault_kind kind = (enum fault_kind)i;
        char text[256];
        (void)snprintf(text, sizeof text, "%sfaults: {%s: true}\n", BASE, fault_kind_name(kind));
        accept(text);
    }
}

/* Which functions of two a kind may befall. */
static uint64_t confined(const struct fault_config *faults)
{
    struct function_config functions[] = {{.name = "Work"}, {.name = "Rest"}};
    const struct pipeline pair = {.functions = functions, .function_count = 2};
    uint64_t mask = 0;
    enum status status = fault_config_functions(faults, FAULT_CRASH, &pair, &mask, &error);
    return status == STATUS_OK ? mask : 0;
}

Test(scenario, confines_kinds_of_faults_to_functions)
{
    struct fault_config faults;
    accept(BASE "faults: {crash: {cap: 2, functions: [Rest]}}\n");
    faults = scenario.faults;
    cr_assert_eq(confined(&faults), 2);
    cr_assert_eq(faults.cap[FAULT_CRASH], 2);
    cr_assert_eq(fault_config_set_kind(&faults, "crash@Work=3", &error), STATUS_OK);
    cr_assert_eq(confined(&faults), 1, "an option takes the place of the scenario");
    cr_assert_eq(faults.cap[FAULT_CRASH], 3);
    cr_assert_eq(fault_config_set_kind(&faults, "crash@Rest", &error), STATUS_OK);
    cr_assert_eq(confined(&faults), 3);
    cr_assert_eq(fault_config_set_kind(&faults, "crash", &error), STATUS_OK);
    cr_assert_eq(confined(&faults), UINT64_MAX);
    cr_assert_eq(fault_config_set_kind(&faults, "crash@Nobody", &error), STATUS_OK);
    cr_assert_eq(confined(&faults), 0);
    cr_assert_not_null(strstr(error.message, "'Nobody'"), "%s", error.message);
    refuse(BASE "faults: {crash: {functions: []}}\n", STATUS_BAD_INPUT, BASE_LINES + 1, 29,
           "'functions' must be a list");
    refuse(BASE "faults: {crash: {caps: 1}}\n", STATUS_BAD_INPUT, BASE_LINES + 1, 18, "caps");
}

Test(scenario, bounds_delays)
{
    static const struct {
        const char *text;
        uint32_t seconds;
    } delays[] = {{"61s", 61}, {"61 s", 61}, {"11min", 660}, {"11 m", 660}, {"25h", 90000}};
    for (size_t i = 0; i < sizeof delays / sizeof *delays; i++) {
        struct fault_config faults;
        cr_assert_eq(fault_config_set_longest_delay(&faults, delays[i].text, &error), STATUS_OK);
        cr_assert_eq(faults.longest_delay_s, delays[i].seconds);
    }
    accept(BASE "faults: {delay: true, longest_delay: 11min}\n");
    refuse(BASE "faults: {longest_delay: 26h}\n", STATUS_BAD_INPUT, BASE_LINES + 1, 25,
           "'longest_delay' must be a time up to 25h");
    refuse(BASE "faults: {longest_delay: soon}\n", STATUS_BAD_INPUT, BASE_LINES + 1, 25,
           "'longest_delay' must be a time up to 25h");
}

Test(scenario, changes_the_pipeline)
{
    cr_assert_eq(apply_text(BASE "  shards: 3\n"
                                 "tables:\n  StateTable: {stream_shards: 2, place: {T1: 1, 7: 0}}\n"
                                 "mappings:\n  StateLambda: {BatchSize: 3, Enabled: false}\n"
                                 "  ReduceMapping: {BatchSize: 4}\n"),
                 STATUS_OK, "%s", error.message);
    cr_assert_eq(pipeline.streams[0].shard_count, 3);
    cr_assert_eq(table("StateTable")->stream_shards, 2);
    cr_assert_eq(table("StateTable")->place_count, 2);
    cr_assert_str_eq(table("StateTable")->places[0].key, "T1");
    cr_assert_eq(table("StateTable")->places[0].shard, 1);
    cr_assert_str_eq(table("StateTable")->places[1].key, "7");
    cr_assert_eq(table("ReduceTable")->stream_shards, 1);
    cr_assert_eq(pipeline.mappings[0].batch_size, 3);
    cr_assert_not(pipeline.mappings[0].enabled);
    cr_assert_eq(pipeline.mappings[1].batch_size, 10000);
    cr_assert_eq(pipeline.mappings[2].batch_size, 4);
}

Test(scenario, gives_parameter_table_the_percentages_of_the_workshop)
{
    cr_assert_eq(apply_text(BASE), STATUS_OK);
    const struct table_config *parameters = table("ParameterTable");
    static const struct {
        const char *name;
        int64_t percent;
    } expected[] = {{"FAILURE_STATE_LAMBDA_PCT", 5},
                    {"FAILURE_MAP_LAMBDA_PCT", 10},
                    {"FAILURE_REDUCE_LAMBDA_PCT", 10}};
    cr_assert_eq(parameters->item_count, 3);
    for (size_t i = 0; i < 3; i++) {
        struct value item = parameters->items[i];
        int64_t percent = 0;
        cr_assert(value_is_text(store, value_get_text(store, item, "parameter"), expected[i].name));
        cr_assert(value_to_integer(store, value_get_text(store, item, "value"), &percent));
        cr_assert_eq(percent, expected[i].percent);
    }
    cr_assert_eq(table("StateTable")->item_count, 0);
}

Test(scenario, turns_items_into_native_values)
{
    cr_assert_eq(apply_text(BASE "tables:\n  ParameterTable:\n    items:\n"
                                 "      - {parameter: p, value: 1.50, on: true, none: null,\n"
                                 "         list: [1, x], map: {a: {b: '2'}}}\n"),
                 STATUS_OK, "%s", error.message);
    const struct table_config *parameters = table("ParameterTable");
    cr_assert_eq(parameters->item_count, 1);
    struct value item = parameters->items[0];
    char text[DECIMAL_TEXT_SIZE];
    decimal_text(value_decimal(store, value_get_text(store, item, "value")), text);
    cr_assert_str_eq(text, "1.5");
    cr_assert(value_truth(store, value_get_text(store, item, "on")));
    cr_assert_eq(value_kind(store, value_get_text(store, item, "none")), VALUE_NULL);
    struct value list = value_get_text(store, item, "list");
    cr_assert_eq(value_count(store, list), 2);
    cr_assert_eq(value_kind(store, value_at(store, list, 0)), VALUE_NUMBER);
    struct value inner = value_get_text(store, value_get_text(store, item, "map"), "a");
    cr_assert(value_is_text(store, value_get_text(store, inner, "b"), "2"));
}

Test(scenario, refuses_wrong_items)
{
    refuse_applied(BASE "tables: {ParameterTable: {items: [{value: 1}]}}\n", STATUS_BAD_INPUT,
                   BASE_LINES + 1, 35, "needs the key 'parameter'");
    refuse_applied(BASE "tables: {ParameterTable: {items: [{parameter: 1}]}}\n", STATUS_BAD_INPUT,
                   BASE_LINES + 1, 35, "must be of type S, found the number 1");
    refuse_applied(BASE "tables: {ParameterTable: {items: [{parameter: a}, {parameter: a}]}}\n",
                   STATUS_BAD_INPUT, BASE_LINES + 1, 51, "with the same key");
    refuse_applied(BASE "tables: {ParameterTable: {items: [{parameter: a, v: .inf}]}}\n",
                   STATUS_BAD_INPUT, BASE_LINES + 1, 53, "no DynamoDB number");
    refuse_applied(BASE "tables: {ParameterTable: {items: {}}}\n", STATUS_BAD_INPUT, BASE_LINES + 1,
                   34, "'items' must be a list");
}

Test(scenario, refuses_names_that_the_pipeline_lacks)
{
    refuse_applied(BASE "  stream: IncomingDataStrem\n", STATUS_BAD_INPUT, BASE_LINES + 1, 11,
                   "the pipeline has no stream 'IncomingDataStrem', did you mean "
                   "'IncomingDataStream'?");
    refuse_applied(BASE "tables: {StatTable: {stream_shards: 2}}\n", STATUS_BAD_INPUT,
                   BASE_LINES + 1, 10, "has no table 'StatTable', did you mean 'StateTable'?");
    refuse_applied(BASE "mappings: {StateLamda: {BatchSize: 2}}\n", STATUS_BAD_INPUT,
                   BASE_LINES + 1, 12, "did you mean 'StateLambda'?");
}

Test(scenario, refuses_places_and_shards_that_cannot_be)
{
    refuse_applied(BASE "tables: {StateTable: {stream_shards: 2, place: {T1: 2}}}\n",
                   STATUS_BAD_INPUT, BASE_LINES + 1, 53,
                   "the shard of a place must be a whole number from 0 to 1, found the number 2");
    refuse_applied(BASE "tables: {StateTable: {stream_shards: 0}}\n", STATUS_BAD_INPUT,
                   BASE_LINES + 1, 38, "'stream_shards' must be a whole number from 1 to 64");
    refuse_applied(BASE "tables: {StateTable: {shards: 2}}\n", STATUS_BAD_INPUT, BASE_LINES + 1, 23,
                   "unknown key 'shards' in StateTable");
}

Test(scenario, checks_settings_of_mappings)
{
    refuse_applied(BASE "mappings: {StateLambda: {Batchsize: 2}}\n", STATUS_BAD_INPUT,
                   BASE_LINES + 1, 26, "did you mean 'BatchSize'?");
    refuse_applied(BASE "mappings: {StateLambda: {BatchSize: 0}}\n", STATUS_BAD_INPUT,
                   BASE_LINES + 1, 37, "BatchSize must be a whole number from 1 to 10000");
    refuse_applied(BASE "mappings: {StateLambda: {FilterCriteria: {Filters: [{Pattern: '{'}]}}}\n",
                   STATUS_BAD_INPUT, BASE_LINES + 1, 63, "Pattern");
    refuse_applied(BASE "mappings: {StateLambda: {TumblingWindowInSeconds: 30}}\n",
                   STATUS_UNSUPPORTED, BASE_LINES + 1, 51, "TumblingWindowInSeconds");
    cr_assert_eq(apply_text(BASE "mappings: {StateLambda: {FunctionResponseTypes: [], "
                                 "MaximumRetryAttempts: -1, StartingPosition: TRIM_HORIZON, "
                                 "FilterCriteria: {Filters: []}, DestinationConfig: {}}}\n"),
                 STATUS_OK, "%s", error.message);
}

Test(scenario, reads_the_options_for_faults)
{
    struct fault_config faults = {.limit = 0};
    cr_assert_eq(fault_config_set_limit(&faults, "any", &error), STATUS_OK);
    cr_assert_eq(faults.limit, FAULT_UNLIMITED);
    cr_assert_eq(fault_config_set_limit(&faults, "3", &error), STATUS_OK);
    cr_assert_eq(faults.limit, 3);
    static const char *const wrong[] = {"", "-1", "+1", " 1", "1x", "99999999999999999999", "1.0"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        cr_assert_eq(fault_config_set_limit(&faults, wrong[i], &error), STATUS_BAD_INPUT, "%s",
                     wrong[i]);
        cr_assert_eq(faults.limit, 3);
    }

    cr_assert_eq(fault_config_set_kind(&faults, "crash", &error), STATUS_OK);
    cr_assert(faults.enabled[FAULT_CRASH]);
    cr_assert_eq(faults.cap[FAULT_CRASH], FAULT_UNLIMITED);
    cr_assert_eq(fault_config_set_kind(&faults, "crash=2", &error), STATUS_OK);
    cr_assert_eq(faults.cap[FAULT_CRASH], 2);
    cr_assert_eq(fault_config_set_kind(&faults, "crash=0", &error), STATUS_OK);
    cr_assert_not(faults.enabled[FAULT_CRASH]);
    cr_assert_eq(fault_config_set_kind(&faults, "crahs=1", &error), STATUS_BAD_INPUT);
    cr_assert_not_null(strstr(error.message, "did you mean 'crash'?"), "%s", error.message);
    cr_assert_eq(fault_config_set_kind(&faults, "crash=", &error), STATUS_BAD_INPUT);
    cr_assert_eq(fault_config_set_kind(&faults, "crash=x", &error), STATUS_BAD_INPUT);
    cr_assert_eq(fault_config_set_kind(&faults, "=1", &error), STATUS_BAD_INPUT);
    cr_assert_eq(fault_config_set_kind(&faults, "throttle=0", &error), STATUS_OK);
    cr_assert_eq(fault_config_set_kind(&faults, "crash@", &error), STATUS_BAD_INPUT);
    cr_assert_eq(fault_config_set_longest_delay(&faults, "a day", &error), STATUS_BAD_INPUT);
    cr_assert_eq(fault_config_set_longest_delay(&faults, "9999999h", &error), STATUS_BAD_INPUT);
}

/* Whichever allocation fails: a status, and nothing leaks. */
Test(scenario, survives_failing_allocations)
{
    accept(BASE "template: t\ntables: {ParameterTable: {items: [{parameter: a, v: [1]}]}}\n");
    enum status status = STATUS_NO_MEMORY;
    for (unsigned long long n = 1; status != STATUS_OK; n++) {
        struct memory scarce;
        struct arena small;
        memory_init(&scarce, SIZE_MAX);
        scarce.fail_at = n;
        arena_init(&small, &scarce);
        struct value_store *values = value_store_create(&scarce);
        status = STATUS_NO_MEMORY;
        if (values != NULL)
            status = scenario_read(path, &small, &scenario, &error);
        if (status == STATUS_OK)
            status = template_read("scenarios/workshop.yaml", &small, &pipeline, &error);
        if (status == STATUS_OK)
            status = scenario_apply(&scenario, &small, values, &pipeline, &error);
        cr_assert(status == STATUS_OK || status == STATUS_NO_MEMORY, "%s", error.message);
        value_store_destroy(values);
        arena_release(&small);
        cr_assert_eq(scarce.used, 0);
        cr_assert_lt(n, 10000);
    }
}
