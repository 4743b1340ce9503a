#include "model/record_filter.h"

#include "model/base/text.h"
#include "tests/support/scripted_handler.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct memory memory;
static struct value_store *store;

static void begin(void)
{
    memory_init(&memory, SIZE_MAX);
    store = value_store_create(&memory);
}

/* The pattern, with ' for ", fits the record. */
static bool fits(const char *pattern, struct value record)
{
    char text[1024];
    struct error error = ERROR_INIT;
    struct value read = VALUE_NONE;
    size_t length = strlen(pattern);
    cr_assert_lt(length, sizeof text);
    for (size_t i = 0; i <= length; i++)
        text[i] = pattern[i] == '\'' ? '"' : pattern[i];
    cr_assert_eq(record_filter_parse(store, text, &read, &error), STATUS_OK, "%s: %s", pattern,
                 error.message);
    return record_filter_accepts(&memory, store, &read, 1, record);
}

static struct value item_record(void)
{
    return scripted_json(
        store,
        "{'eventName': 'MODIFY', 'eventSource': 'aws:dynamodb', 'dynamodb': {'Keys': {'id': {'S': "
        "'a'}}, 'NewImage': {'v': {'N': '3'}, 'tags': {'L': [{'S': 'x'}, {'S': 'y'}]}}, "
        "'SizeBytes': 26, 'Empty': '', 'None': null, 'List': ['red', 'green', 5]}}");
}

Test(record_filter, compares_values)
{
    static const struct {
        const char *pattern;
        bool fits;
    } cases[] = {
        {"{'eventName': ['MODIFY']}", true},
        {"{'eventName': ['INSERT', 'MODIFY']}", true},
        {"{'eventName': ['modify']}", false},
        {"{'eventName': ['INSERT']}", false},
        {"{'dynamodb': {'Keys': {'id': {'S': ['a']}}}}", true},
        {"{'dynamodb': {'NewImage': {'v': {'N': ['3']}}}}", true},
        {"{'dynamodb': {'NewImage': {'v': {'N': [3]}}}}", false},
        {"{'dynamodb': {'SizeBytes': [26]}}", true},
        {"{'dynamodb': {'Empty': ['']}}", true},
        {"{'dynamodb': {'None': [null]}}", true},
        {"{'dynamodb': {'Missing': [null]}}", false},
        {"{'dynamodb': {'List': ['green']}}", true},
        {"{'dynamodb': {'List': ['blue']}}", false},
        {"{'eventName': ['MODIFY'], 'dynamodb': {'SizeBytes': [27]}}", false},
        {"{'$or': [{'eventName': ['INSERT']}, {'dynamodb': {'SizeBytes': [26]}}]}", true},
        {"{'$or': [{'eventName': ['INSERT']}, {'dynamodb': {'SizeBytes': [1]}}]}", false},
        {"{'dynamodb': {'NewImage': {'tags': {'L': {'S': ['y']}}}}}", true},
        {"{'dynamodb': {'NewImage': {'tags': {'L': {'S': ['z']}}}}}", false},
    };
    begin();
    struct value record = item_record();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        cr_expect_eq(fits(cases[i].pattern, record), cases[i].fits, "%s", cases[i].pattern);
    value_store_destroy(store);
}

Test(record_filter, knows_the_rules_of_aws)
{
    static const struct {
        const char *rules;
        bool event_name; /* "MODIFY" */
        bool size;       /* 26 */
        bool missing;
    } cases[] = {
        {"[{'prefix': 'MOD'}]", true, false, false},
        {"[{'suffix': 'FY'}]", true, false, false},
        {"[{'prefix': 'MODIFYMODIFY'}]", false, false, false},
        {"[{'equals-ignore-case': 'modify'}]", true, false, false},
        {"[{'anything-but': 'INSERT'}]", true, true, false},
        {"[{'anything-but': ['INSERT', 'MODIFY']}]", false, true, false},
        {"[{'anything-but': 26}]", true, false, false},
        {"[{'anything-but': {'prefix': 'MOD'}}]", false, true, false},
        {"[{'numeric': ['=', 26]}]", false, true, false},
        {"[{'numeric': ['>', 25, '<=', 26]}]", false, true, false},
        {"[{'numeric': ['>', 26]}]", false, false, false},
        {"[{'numeric': ['<', 26]}]", false, false, false},
        {"[{'numeric': ['>=', 26]}]", false, true, false},
        {"[{'exists': true}]", true, true, false},
        {"[{'exists': false}]", false, false, true},
        {"['x', {'exists': false}]", false, false, true},
    };
    begin();
    struct value record = item_record();
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char pattern[256];
        snprintf(pattern, sizeof pattern, "{'eventName': %s}", cases[i].rules);
        cr_expect_eq(fits(pattern, record), cases[i].event_name, "%s", pattern);
        snprintf(pattern, sizeof pattern, "{'dynamodb': {'SizeBytes': %s}}", cases[i].rules);
        cr_expect_eq(fits(pattern, record), cases[i].size, "%s", pattern);
        snprintf(pattern, sizeof pattern, "{'dynamodb': {'Nothing': %s}}", cases[i].rules);
        cr_expect_eq(fits(pattern, record), cases[i].missing, "%s", pattern);
    }
    value_store_destroy(store);
}

/* eyJhIjogNX0= is {"a": 5}, aGVsbG8= hello. */
Test(record_filter, looks_into_the_data_of_kinesis_records)
{
    begin();
    struct value record =
        scripted_json(store, "{'kinesis': {'partitionKey': 'k', 'data': 'eyJhIjogNX0='}}");
    cr_expect(fits("{'partitionKey': ['k']}", record));
    cr_expect(fits("{'data': {'a': [5]}}", record));
    cr_expect_not(fits("{'data': {'a': [6]}}", record));
    cr_expect(fits("{'data': {'b': [{'exists': false}]}}", record));
    cr_expect_not(fits("{'kinesis': {'partitionKey': ['k']}}", record));
    record = scripted_json(store, "{'kinesis': {'partitionKey': 'k', 'data': 'aGVsbG8='}}");
    cr_expect(fits("{'partitionKey': ['k']}", record));
    cr_expect_not(fits("{'data': {'a': [{'exists': false}]}}", record), "it is no JSON");
    value_store_destroy(store);
}

static void refuse(const char *pattern, enum status expected)
{
    struct error error = ERROR_INIT;
    struct value read = VALUE_NONE;
    enum status status = record_filter_parse(store, pattern, &read, &error);
    cr_expect_eq(status, expected, "%s: %s", pattern, error.message);
}

Test(record_filter, refuses_patterns)
{
    static const char *const wrong[] = {"",
                                        "{",
                                        "[]",
                                        "5",
                                        "{}",
                                        "{\"a\": 5}",
                                        "{\"a\": \"b\"}",
                                        "{\"a\": []}",
                                        "{\"a\": {}}",
                                        "{\"a\": [[1]]}",
                                        "{\"a\": [{}]}",
                                        "{\"a\": [{\"prefix\": 5}]}",
                                        "{\"a\": [{\"prefix\": \"a\", \"suffix\": \"b\"}]}",
                                        "{\"a\": [{\"exists\": 1}]}",
                                        "{\"a\": [{\"numeric\": [\">\"]}]}",
                                        "{\"a\": [{\"numeric\": [\"?\", 5]}]}",
                                        "{\"a\": [{\"numeric\": [\">\", \"5\"]}]}",
                                        "{\"a\": [{\"anything-but\": []}]}",
                                        "{\"a\": [{\"anything-but\": {\"exists\": true}}]}",
                                        "{\"$or\": [{\"a\": [1]}]}",
                                        "{\"$or\": {\"a\": [1]}}",
                                        "{\"data\": [\"text\"]}"};
    begin();
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        refuse(wrong[i], STATUS_BAD_INPUT);
    refuse("{\"a\": [{\"cidr\": \"10.0.0.0/24\"}]}", STATUS_UNSUPPORTED);
    value_store_destroy(store);
}
