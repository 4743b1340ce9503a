#include "model/workload.h"

#include "model/kinesis.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct memory memory;
static struct arena arena;
static struct value_store *store;
static struct error error;
static struct workload workload;

static struct stream_config streams[] = {{.logical_id = "S", .name = "S", .shard_count = 4},
                                         {.logical_id = "O", .name = "O", .shard_count = 1}};
static struct pipeline pipeline = {.streams = streams, .stream_count = 1};

static void setup(void)
{
    memory_init(&memory, SIZE_MAX);
    arena_init(&arena, &memory);
    store = value_store_create(&memory);
    cr_assert_not_null(store);
    error = (struct error)ERROR_INIT;
}

static void teardown(void)
{
    value_store_destroy(store);
    arena_release(&arena);
    cr_assert_eq(memory.used, 0);
}

TestSuite(workload, .init = setup, .fini = teardown);

static struct scenario_message message(const char *trade, int64_t version)
{
    return (struct scenario_message){
        .trade = trade, .version = version, .copies = 1, .shard = -1, .line = 3, .column = 5};
}

static struct scenario scenario_of(const struct scenario_message *messages, size_t count)
{
    return (struct scenario){.file = "s.yaml", .messages = messages, .message_count = count};
}

static void create(const struct scenario *scenario, enum valuation valuation)
{
    cr_assert_eq(workload_create(scenario, &pipeline, valuation, &arena, store, &workload, &error),
                 STATUS_OK, "%s", error.message);
}

static void refuse(const struct scenario *scenario, const char *text)
{
    cr_assert_eq(
        workload_create(scenario, &pipeline, VALUATION_DISTINCT, &arena, store, &workload, &error),
        STATUS_BAD_INPUT);
    cr_assert_not_null(strstr(error.message, text), "%s", error.message);
    cr_assert_str_eq(error.file, "s.yaml");
}

static const char *data(size_t put) { return value_bytes(store, workload.puts[put].data, NULL); }

static const char *expected(const char *key)
{
    static char text[DECIMAL_TEXT_SIZE];
    for (size_t i = 0; i < workload.aggregate_count; i++) {
        if (strcmp(workload.aggregates[i].key, key) == 0) {
            decimal_text(&workload.aggregates[i].expected, text);
            return text;
        }
    }
    return "none";
}

Test(workload, writes_messages_as_the_generator_does)
{
    struct scenario_message messages[] = {message("T1", 0), message("T2", 3)};
    messages[1].has_timestamp = true;
    messages[1].timestamp = 1700000000.25;
    struct scenario scenario = scenario_of(messages, 2);
    create(&scenario, VALUATION_DISTINCT);
    cr_assert_eq(workload.put_count, 2);
    cr_assert_str_eq(data(0), "{\"TradeID\": \"T1\", \"Version\": 0, \"Value\": 1.0, "
                              "\"Timestamp\": 1704067200.0, \"Hierarchy\": {\"RiskType\": \"PV\", "
                              "\"Region\": \"EMEA\", \"TradeDesk\": \"FXSpot\"}}");
    cr_assert_str_eq(data(1), "{\"TradeID\": \"T2\", \"Version\": 3, \"Value\": 8.0, "
                              "\"Timestamp\": 1700000000.25, \"Hierarchy\": {\"RiskType\": "
                              "\"Delta\", \"Region\": \"APAC\", \"TradeDesk\": \"FXSpot\"}}");
    cr_assert_eq(workload.start_ms, 1704067200000);
}

/* As Python: json.dumps("\"\\\n\x01\x7fé€\U0001f600"). */
Test(workload, escapes_texts_as_python_does)
{
    struct scenario_message messages[] = {
        message("\"\\\n\x01\x7f\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 0)};
    struct scenario scenario = scenario_of(messages, 1);
    create(&scenario, VALUATION_DISTINCT);
    static const char prefix[] =
        "{\"TradeID\": \"\\\"\\\\\\n\\u0001\\u007f\\u00e9\\u20ac\\ud83d\\ude00\", ";
    cr_assert_eq(strncmp(data(0), prefix, strlen(prefix)), 0, "%s", data(0));
}

Test(workload, starts_no_earlier_than_the_youngest_message)
{
    struct scenario_message messages[] = {message("T1", 0), message("T2", 0)};
    messages[0].has_timestamp = true;
    messages[0].timestamp = 1800000000.5;
    struct scenario scenario = scenario_of(messages, 2);
    create(&scenario, VALUATION_DISTINCT);
    cr_assert_eq(workload.start_ms, 1800000000500);
    cr_assert_not_null(strstr(data(1), "\"Timestamp\": 1800000000.5,"), "%s", data(1));
}

Test(workload, repeats_copies_byte_by_byte)
{
    struct scenario_message messages[] = {message("T1", 0), message("T2", 0), message("T3", 0)};
    messages[1].copies = 3;
    struct scenario scenario = scenario_of(messages, 3);
    create(&scenario, VALUATION_DISTINCT);
    static const uint32_t order[] = {0, 1, 1, 1, 2};
    cr_assert_eq(workload.put_count, 5);
    for (size_t i = 0; i < 5; i++)
        cr_assert_eq(workload.puts[i].message, order[i]);
    cr_assert(value_equal(workload.puts[1].data, workload.puts[3].data));
    cr_assert(value_equal(workload.puts[1].partition_key, workload.puts[3].partition_key));
    cr_assert_not(value_equal(workload.puts[0].data, workload.puts[1].data));
}

Test(workload, sends_messages_where_the_scenario_wants_them)
{
    struct scenario_message messages[] = {message("T1", 0), message("T2", 0), message("T3", 0)};
    messages[0].shard = 3;
    messages[1].shard = 0;
    messages[2].partition_key = "d";
    struct scenario scenario = scenario_of(messages, 3);
    for (int valuation = 0; valuation < VALUATION_COUNT; valuation++) {
        create(&scenario, (enum valuation)valuation);
        cr_assert_eq(workload.puts[0].shard, 3);
        cr_assert_eq(workload.puts[1].shard, 0);
        cr_assert_eq(workload.puts[2].shard, 2);
        cr_assert(value_is_text(store, workload.puts[2].partition_key, "d"));
        for (size_t i = 0; i < 3; i++) {
            size_t length = 0;
            const char *key = value_bytes(store, workload.puts[i].partition_key, &length);
            cr_assert_eq(kinesis_shard_of(key, length, 4), workload.puts[i].shard);
        }
    }
}

Test(workload, keeps_partition_keys_over_valuations)
{
    struct scenario_message messages[] = {message("T1", 0), message("T1", 1), message("T2", 0)};
    struct scenario scenario = scenario_of(messages, 3);
    create(&scenario, VALUATION_DISTINCT);
    struct workload first = workload;
    for (int valuation = 1; valuation < VALUATION_COUNT; valuation++) {
        create(&scenario, (enum valuation)valuation);
        for (size_t i = 0; i < 3; i++)
            cr_assert(value_equal(workload.puts[i].partition_key, first.puts[i].partition_key));
    }
}

Test(workload, expects_the_newest_versions)
{
    struct scenario_message messages[] = {message("T1", 1), message("T1", 0), message("T2", 5)};
    messages[2].copies = 2;
    struct scenario scenario = scenario_of(messages, 3);
    create(&scenario, VALUATION_DISTINCT);
    cr_assert(workload.messages[0].newest);
    cr_assert_not(workload.messages[1].newest);
    cr_assert(workload.messages[2].newest);
    cr_assert(workload.decodable);
    cr_assert_eq(workload.aggregate_count, 6);
    cr_assert_str_eq(expected("PV"), "1");
    cr_assert_str_eq(expected("PV:FXSpot"), "1");
    cr_assert_str_eq(expected("PV:FXSpot:EMEA"), "1");
    cr_assert_str_eq(expected("Delta:FXSpot:APAC"), "64");
    for (size_t i = 1; i < workload.aggregate_count; i++)
        cr_assert_lt(strcmp(workload.aggregates[i - 1].key, workload.aggregates[i].key), 0);
}

Test(workload, moves_versions_to_other_hierarchies)
{
    struct scenario_message messages[] = {message("T1", 0), message("T1", 7)};
    struct scenario scenario = scenario_of(messages, 2);
    create(&scenario, VALUATION_MOVING);
    cr_assert(workload.decodable);
    cr_assert_str_eq(expected("PV:FXSpot:EMEA"), "0");
    cr_assert_str_eq(expected("PV"), "0");
    cr_assert_str_eq(expected("Delta:FXSpot:APAC"), "8");
}

Test(workload, values_messages_as_documented)
{
    struct scenario_message messages[] = {message("T1", 0), message("T2", 1), message("T3", 2)};
    struct scenario scenario = scenario_of(messages, 3);
    create(&scenario, VALUATION_EQUAL);
    cr_assert_str_eq(expected("PV:FXSpot:EMEA"), "24");
    cr_assert_eq(workload.aggregate_count, 3);
    cr_assert_not(workload.decodable);
    create(&scenario, VALUATION_INCREMENTS);
    cr_assert_str_eq(expected("PV:FXSpot:EMEA"), "3"); /* 0.5 + 1 + 1.5 */
    create(&scenario, VALUATION_SIGNED);
    cr_assert_str_eq(expected("PV:FXSpot:EMEA"), "28.5"); /* 0.5 - 4 + 32 */
    cr_assert_not_null(strstr(data(1), "\"Value\": -4.0,"), "%s", data(1));
}

Test(workload, prefers_what_the_scenario_says)
{
    struct scenario_message messages[] = {message("T1", 0), message("T2", 0)};
    messages[1].has_value = true;
    messages[1].value = 34624.51;
    messages[1].has_hierarchy = true;
    messages[1].hierarchy = (struct hierarchy){{"Vega", "Bonds", "MARS"}};
    struct scenario scenario = scenario_of(messages, 2);
    for (int valuation = 0; valuation < VALUATION_COUNT; valuation++) {
        create(&scenario, (enum valuation)valuation);
        cr_assert_str_eq(expected("Vega:Bonds:MARS"), "34624.51");
        cr_assert_not(workload.decodable);
    }
}

/* 8^16 is the last power whose sums doubles hold. */
Test(workload, replaces_powers_beyond_seventeen_messages)
{
    struct scenario_message messages[SCENARIO_DISTINCT_MESSAGES_MAX + 1];
    char trades[SCENARIO_DISTINCT_MESSAGES_MAX + 1][16];
    for (int i = 0; i <= SCENARIO_DISTINCT_MESSAGES_MAX; i++) {
        (void)snprintf(trades[i], sizeof trades[i], "T%d", i);
        messages[i] = message(trades[i], 0);
    }
    struct scenario scenario = scenario_of(messages, SCENARIO_DISTINCT_MESSAGES_MAX);
    create(&scenario, VALUATION_DISTINCT);
    cr_assert(workload.decodable);
    int64_t last = 0;
    cr_assert(decimal_to_integer(&workload.messages[16].value, &last));
    cr_assert_eq(last, INT64_C(1) << 48);
    cr_assert_not_null(strstr(data(16), "\"Value\": 281474976710656.0,"), "%s", data(16));

    scenario = scenario_of(messages, SCENARIO_DISTINCT_MESSAGES_MAX + 1);
    create(&scenario, VALUATION_DISTINCT);
    cr_assert_not(workload.decodable);
    for (size_t i = 0; i <= SCENARIO_DISTINCT_MESSAGES_MAX; i++) {
        cr_assert(decimal_is_integer(&workload.messages[i].value));
        for (size_t j = 0; j < i; j++)
            cr_assert_neq(decimal_compare(&workload.messages[i].value, &workload.messages[j].value),
                          0);
    }
}

Test(workload, refuses_ties_for_the_newest_version)
{
    struct scenario_message messages[] = {message("T1", 0), message("T1", 1), message("T1", 1)};
    messages[2].line = 8;
    struct scenario scenario = scenario_of(messages, 3);
    refuse(&scenario, "trade 'T1' has its newest version 1 twice (first on line 3)");
    cr_assert_eq(error.line, 8);
    messages[0].version = 2; /* now the tie is among old versions */
    create(&scenario, VALUATION_DISTINCT);
    cr_assert(workload.messages[0].newest);
    cr_assert_not(workload.messages[1].newest || workload.messages[2].newest);
}

Test(workload, refuses_shards_that_the_stream_lacks)
{
    struct scenario_message messages[] = {message("T1", 0)};
    messages[0].shard = 4;
    struct scenario scenario = scenario_of(messages, 1);
    refuse(&scenario, "'shard' must be from 0 to 3 (stream 'S' has 4), found 4");
    cr_assert_eq(error.line, 3);
    cr_assert_eq(error.column, 5);
}

Test(workload, refuses_streams_that_the_pipeline_lacks)
{
    struct scenario_message messages[] = {message("T1", 0)};
    struct scenario scenario = scenario_of(messages, 1);
    scenario.stream = "X";
    refuse(&scenario, "no stream 'X'");
    scenario.stream = "S";
    create(&scenario, VALUATION_DISTINCT);
    scenario.stream = NULL;
    pipeline.stream_count = 2;
    refuse(&scenario, "needs a 'stream': the pipeline has 2");
    scenario.stream = "O";
    create(&scenario, VALUATION_DISTINCT);
    cr_assert_eq(workload.stream, 1);
}

Test(workload, refuses_values_that_dynamodb_cannot_hold)
{
    struct scenario_message messages[] = {message("T1", 0), message("T2", 0)};
    messages[0].has_value = true;
    messages[0].value = 1e-200;
    struct scenario scenario = scenario_of(messages, 2);
    refuse(&scenario, "no DynamoDB number");
    struct hierarchy hierarchy = {{"PV", "FXSpot", "EMEA"}};
    messages[0].value = 1e15;
    messages[1].value = 1e-30;
    messages[1].has_value = true;
    messages[0].has_hierarchy = messages[1].has_hierarchy = true;
    messages[0].hierarchy = messages[1].hierarchy = hierarchy;
    refuse(&scenario, "more digits than the 38");
}

Test(workload, joins_levels_with_colons)
{
    struct hierarchy hierarchy = {{"Delta", "FXSpot", "EMEA"}};
    char key[WORKLOAD_KEY_SIZE];
    cr_assert_str_eq(workload_aggregate_key(&hierarchy, 0, key), "Delta");
    cr_assert_str_eq(workload_aggregate_key(&hierarchy, 1, key), "Delta:FXSpot");
    cr_assert_str_eq(workload_aggregate_key(&hierarchy, 2, key), "Delta:FXSpot:EMEA");
}

/* Whichever allocation fails: a status, and nothing leaks. */
Test(workload, survives_failing_allocations)
{
    struct scenario_message messages[] = {message("T1", 0), message("T2", 0)};
    struct scenario scenario = scenario_of(messages, 2);
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
            status = workload_create(&scenario, &pipeline, VALUATION_MOVING, &small, values,
                                     &workload, &error);
        cr_assert(status == STATUS_OK || status == STATUS_NO_MEMORY, "%s", error.message);
        value_store_destroy(values);
        arena_release(&small);
        cr_assert_eq(scarce.used, 0);
        cr_assert_lt(n, 10000);
    }
}
