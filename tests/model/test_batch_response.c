#include "model/batch_response.h"

#include "tests/support/scripted_handler.h"

#include <criterion/criterion.h>

static struct memory memory;
static struct value_store *store;
static struct value event;

static void begin(const char *json)
{
    memory_init(&memory, SIZE_MAX);
    store = value_store_create(&memory);
    event = scripted_json(store, json);
}

#define KINESIS                                                                                    \
    "{'Records': [{'kinesis': {'sequenceNumber': '101'}}, {'kinesis': {'sequenceNumber': '102'}}," \
    " {'kinesis': {'sequenceNumber': '103'}}]}"

/* -1: the whole batch has failed. */
static int read(const char *response)
{
    uint32_t first = 99;
    bool told = batch_response_read(store, event, scripted_json(store, response), &first);
    return told ? (int)first : -1;
}

static void expect_all(const char *const *responses, size_t count, int first)
{
    for (size_t i = 0; i < count; i++)
        cr_expect_eq(read(responses[i]), first, "%s: %d", responses[i], read(responses[i]));
}

#define EXPECT_ALL(responses, first)                                                               \
    expect_all(responses, sizeof(responses) / sizeof *(responses), first)

Test(batch_response, succeeds_where_nothing_is_reported)
{
    static const char *const responses[] = {"null",
                                            "''",
                                            "[]",
                                            "{}",
                                            "{'batchItemFailures': []}",
                                            "{'batchItemFailures': null}",
                                            "{'statusCode': 500, 'body': 'x'}"};
    begin(KINESIS);
    EXPECT_ALL(responses, 0);
    value_store_destroy(store);
}

Test(batch_response, fails_as_a_whole_where_it_cannot_be_read)
{
    static const char *const responses[] = {
        "'ok'",
        "5",
        "true",
        "[1]",
        "{'batchItemFailures': 'x'}",
        "{'batchItemFailures': ['102']}",
        "{'batchItemFailures': [{}]}",
        "{'batchItemFailures': [{'foo': '102'}]}",
        "{'batchItemFailures': [{'itemIdentifier': ''}]}",
        "{'batchItemFailures': [{'itemIdentifier': null}]}",
        "{'batchItemFailures': [{'itemIdentifier': 102}]}",
        "{'batchItemFailures': [{'itemIdentifier': '104'}]}",
        "{'batchItemFailures': [{'itemIdentifier': '102'}, {'itemIdentifier': '104'}]}"};
    begin(KINESIS);
    EXPECT_ALL(responses, -1);
    value_store_destroy(store);
}

Test(batch_response, names_the_lowest_sequence_number)
{
    begin(KINESIS);
    cr_expect_eq(read("{'batchItemFailures': [{'itemIdentifier': '101'}]}"), 1);
    cr_expect_eq(
        read("{'batchItemFailures': [{'itemIdentifier': '103'}, {'itemIdentifier': '102'}]}"), 2);
    value_store_destroy(store);
    begin("{'Records': [{'dynamodb': {'SequenceNumber': '7'}},"
          " {'dynamodb': {'SequenceNumber': '12'}}]}");
    cr_expect_eq(read("{'batchItemFailures': [{'itemIdentifier': '12'}]}"), 2);
    value_store_destroy(store);
}
