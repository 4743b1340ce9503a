#include "tests/model/dynamodb/fixture.h"

#include "model/dynamodb/reserved_words.h"
#include "model/event.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The engine as a whole: operations by name, footprints, tables, memory that runs out. */

Test(dynamodb, finds_operations)
{
    struct error error = ERROR_INIT;
    enum dynamodb_operation operation;
    for (unsigned i = 0; i <= DYNAMODB_LIST_TABLES; i++) {
        char target[64];
        snprintf(target, sizeof target, "DynamoDB_20120810.%s",
                 dynamodb_operation_name((enum dynamodb_operation)i));
        cr_assert_eq(dynamodb_operation_find(target, &operation, &error), STATUS_OK);
        cr_assert_eq(operation, i);
    }
    cr_expect(dynamodb_operation_writes(DYNAMODB_TRANSACT_WRITE_ITEMS));
    cr_expect_not(dynamodb_operation_writes(DYNAMODB_TRANSACT_GET_ITEMS));
    cr_expect_eq(dynamodb_operation_find("DynamoDB_20120810.CreateTable", &operation, &error),
                 STATUS_UNSUPPORTED);
    cr_expect_str_eq(error.message, "DynamoDB's CreateTable is not simulated");
    cr_expect_eq(dynamodb_operation_find("Kinesis_20131202.PutRecord", &operation, &error),
                 STATUS_UNSUPPORTED);
}

static uint64_t footprint(struct fixture *fixture, enum dynamodb_operation operation,
                          const char *request)
{
    return dynamodb_footprint(&fixture->context, operation, fixture_json(fixture, request));
}

Test(dynamodb, knows_the_tables_of_a_request)
{
    struct fixture fixture;
    fixture_init(&fixture);
    cr_expect_eq(footprint(&fixture, DYNAMODB_PUT_ITEM, "{'TableName': 'Items'}"), 1);
    cr_expect_eq(footprint(&fixture, DYNAMODB_SCAN, "{'TableName': 'Ranges'}"), 2);
    cr_expect_eq(footprint(&fixture, DYNAMODB_DESCRIBE_TABLE,
                           "{'TableName': 'arn:aws:dynamodb:us-east-1:123456789012:table/Ranges'}"),
                 2);
    cr_expect_eq(footprint(&fixture, DYNAMODB_GET_ITEM, "{'TableName': 'Nope'}"), 0);
    cr_expect_eq(footprint(&fixture, DYNAMODB_GET_ITEM, "{}"), 0);
    cr_expect_eq(footprint(&fixture, DYNAMODB_LIST_TABLES, "{}"), 0);
    cr_expect_eq(footprint(&fixture, DYNAMODB_BATCH_WRITE_ITEM,
                           "{'RequestItems': {'Ranges': [], 'Items': [], 'Nope': []}}"),
                 3);
    cr_expect_eq(footprint(&fixture, DYNAMODB_TRANSACT_WRITE_ITEMS,
                           "{'TransactItems': [{'Put': {'TableName': 'Ranges'}}, {'Delete': "
                           "{'TableName': 'Items'}}]}"),
                 3);
    cr_expect_eq(footprint(&fixture, DYNAMODB_TRANSACT_GET_ITEMS,
                           "{'TransactItems': [{'Get': {'TableName': 'Ranges'}}, 5, {'Get': 5}]}"),
                 2);
    fixture_release(&fixture);
}

Test(dynamodb, describes_tables)
{
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_fill(&fixture, FIXTURE_ITEMS, "[{'id': {'S': 'a'}}, {'id': {'S': 'bc'}}]");
    const char *answer = fixture_run(&fixture, "DescribeTable", "{'TableName': 'Items'}");
    static const char *const parts[] = {
        "'AttributeDefinitions':[{'AttributeName':'id','AttributeType':'S'}]",
        "'KeySchema':[{'AttributeName':'id','KeyType':'HASH'}]",
        "'TableStatus':'ACTIVE'",
        "'ItemCount':2",
        "'TableSizeBytes':7",
        "'TableArn':'arn:aws:dynamodb:us-east-1:123456789012:table/Items'",
        "'StreamSpecification':{'StreamEnabled':true,'StreamViewType':'NEW_AND_OLD_IMAGES'}",
        "'LatestStreamArn':'arn:aws:dynamodb:us-east-1:123456789012:table/Items/stream/",
    };
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++)
        cr_expect_not_null(strstr(answer, parts[i]), "%s is not in %s", parts[i], answer);
    answer = fixture_run(&fixture, "DescribeTable", "{'TableName': 'Ranges'}");
    cr_expect_not_null(strstr(answer, "{'AttributeName':'sk','KeyType':'RANGE'}"));
    cr_expect_null(strstr(answer, "Stream"));
    cr_expect_str_eq(fixture_run(&fixture, "DescribeTable", "{'TableName': 'Nope'}"),
                     "ResourceNotFoundException: Requested resource not found: Table: Nope not "
                     "found");
    cr_expect_str_eq(fixture_run(&fixture, "ListTables", "{}"),
                     "{'TableNames':['Items','Ranges']}");
    cr_expect_str_eq(fixture_run(&fixture, "ListTables", "{'Limit': 1}"),
                     "{'LastEvaluatedTableName':'Items','TableNames':['Items']}");
    cr_expect_str_eq(fixture_run(&fixture, "ListTables", "{'ExclusiveStartTableName': 'Items'}"),
                     "{'TableNames':['Ranges']}");
    fixture_release(&fixture);
}

Test(dynamodb, names_the_stream_as_its_records_do)
{
    struct fixture fixture;
    fixture_init(&fixture);
    struct value_store *store = fixture.store;
    struct value empty = value_map(store, NULL, 0);
    struct value record = event_dynamodb_record(store, &fixture.configs[FIXTURE_ITEMS], 0, 0, empty,
                                                VALUE_NONE, empty, 0);
    fixture_run(&fixture, "DescribeTable", "{'TableName': 'Items'}");
    struct value table = value_get_text(store, fixture.result.body, "Table");
    cr_expect(value_equal(value_get_text(store, record, "eventSourceARN"),
                          value_get_text(store, table, "LatestStreamArn")));
    fixture_release(&fixture);
}

Test(dynamodb, knows_reserved_words)
{
    static const char *const reserved[] = {"ABORT", "Value",  "timestamp",     "COUNT",
                                           "data",  "Status", "Parameter",     "ZONE",
                                           "and",   "inner",  "LocalTimestamp"};
    static const char *const free[] = {"Version", "Hierarchy",       "Id", "Identifier", "Message",
                                       "id",      "LocalTimestamps", "",   "ABORT_"};
    for (size_t i = 0; i < sizeof reserved / sizeof reserved[0]; i++)
        cr_expect(reserved_word(reserved[i], strlen(reserved[i])), "%s", reserved[i]);
    for (size_t i = 0; i < sizeof free / sizeof free[0]; i++)
        cr_expect_not(reserved_word(free[i], strlen(free[i])), "%s", free[i]);
    cr_expect(reserved_word("Values", 5), "only the length counts");
}

static const char item_before[] =
    "[{'id': {'S': 'b'}, 'l': {'L': []}, 'm': {'M': {'x': {'BS': ['AQ==']}}}, 's': {'SS': ['x', "
    "'y']}}]";

/* Requests that go through most of the engine. */
static const struct {
    const char *operation;
    const char *request;
} requests[] = {
    {"TransactWriteItems",
     "{'TransactItems': [{'Update': {'TableName': 'Items', 'Key': {'id': {'S': 'b'}}, "
     "'UpdateExpression': 'SET l[5] = :l, #n = if_not_exists(n, :n) + :n REMOVE m.x ADD s :s', "
     "'ConditionExpression': 'attribute_not_exists(id) OR size(l) < :n AND NOT contains(l, :n)', "
     "'ExpressionAttributeNames': {'#n': 'n'}, 'ExpressionAttributeValues': {':l': {'L': [{'M': "
     "{'a': {'B': 'AQ=='}}}]}, ':n': {'N': '1'}, ':s': {'SS': ['x', 'z']}}}}, {'Put': "
     "{'TableName': 'Ranges', 'Item': {'pk': {'S': 'x'}, 'sk': {'N': '1'}}}}], "
     "'ReturnConsumedCapacity': 'INDEXES', 'ClientRequestToken': 't'}"},
    {"TransactWriteItems",
     "{'TransactItems': [{'Put': {'TableName': 'Items', 'Item': {'id': {'S': 'b'}}, "
     "'ConditionExpression': 'attribute_not_exists(id)', "
     "'ReturnValuesOnConditionCheckFailure': 'ALL_OLD'}}]}"},
    {"UpdateItem", "{'TableName': 'Items', 'Key': {'id': {'S': 'b'}}, 'UpdateExpression': 'SET a.b "
                   "= :v, a = :v', 'ExpressionAttributeValues': {':v': {'NS': ['1']}}}"},
    {"Query", "{'TableName': 'Items', 'KeyConditionExpression': 'id = :v', "
              "'ProjectionExpression': 'l[0], m.x', 'ExpressionAttributeValues': {':v': {'S': "
              "'b'}}, 'Limit': 1}"},
    {"BatchWriteItem", "{'RequestItems': {'Items': [{'DeleteRequest': {'Key': {'id': {'S': "
                       "'b'}}}}]}}"},
    {"BatchGetItem", "{'RequestItems': {'Items': {'Keys': [{'id': {'S': 'b'}}]}}}"},
    {"DescribeTable", "{'TableName': 'Items'}"},
};

/* A value that the engine never makes. */
static void make_junk(struct fixture *fixture, unsigned i)
{
    value_format(fixture->store, "junk %u", i);
}

enum { VALUES_MADE_MAX = 120 };

/* The store and the arena allocate in blocks. With the items and the request there, the number of
 * values after which the next one makes the store ask for memory, and the VALUES_MADE_MAX before it
 * did not. */
static unsigned values_before_growth(size_t index)
{
    struct fixture fixture;
    unsigned last = 0;
    unsigned count = 0;
    fixture_init(&fixture);
    fixture_fill(&fixture, FIXTURE_ITEMS, item_before);
    fixture_json(&fixture, requests[index].request);
    for (;;) {
        unsigned long long before = fixture.memory.requests;
        make_junk(&fixture, count);
        if (fixture.memory.requests != before) {
            if (count - last > VALUES_MADE_MAX)
                break;
            last = count;
        }
        count++;
    }
    fixture_release(&fixture);
    return count;
}

/* Make `junk` values first, then let the n-th allocation of the request fail. */
static enum status run_with_failure(size_t index, unsigned junk, unsigned long long n)
{
    struct fixture fixture;
    enum dynamodb_operation operation;
    char target[64];
    fixture_init(&fixture);
    fixture_fill(&fixture, FIXTURE_ITEMS, item_before);
    struct value request = fixture_json(&fixture, requests[index].request);
    snprintf(target, sizeof target, "DynamoDB_20120810.%s", requests[index].operation);
    cr_assert_eq(dynamodb_operation_find(target, &operation, &fixture.error), STATUS_OK);
    for (unsigned i = 0; i < junk; i++)
        make_junk(&fixture, i);
    fixture.memory.fail_at = fixture.memory.requests + n;
    enum status status =
        dynamodb_apply(&fixture.context, operation, request, &fixture.result, &fixture.error);
    bool failed = fixture.memory.requests >= fixture.memory.fail_at;
    fixture.memory.fail_at = 0;
    /* A failed allocation is never taken for an answer. */
    cr_expect_eq(status, failed ? STATUS_NO_MEMORY : STATUS_OK, "%s %u %llu: %d %s",
                 requests[index].operation, junk, n, status, fixture.error.message);
    fixture_release(&fixture);
    return status;
}

Test(dynamodb, survives_every_failing_allocation)
{
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        unsigned room = values_before_growth(i);
        unsigned failures = 0;
        for (unsigned made = 0; made < VALUES_MADE_MAX; made++)
            for (unsigned long long n = 1; run_with_failure(i, room - made, n) == STATUS_NO_MEMORY;
                 n++)
                failures++;
        /* The arena's first block every time, and every value that the request adds. */
        cr_expect_gt(failures, VALUES_MADE_MAX, "%s: %u", requests[i].operation, failures);
    }
}

Test(dynamodb, answers_alike_whatever_was_stored_before)
{
    struct fixture one;
    struct fixture two;
    fixture_init(&one);
    fixture_init(&two);
    /* Other ids for the same contents. */
    for (int i = 100; i > 0; i--)
        value_integer(two.store, i);
    fixture_json(&two, "['z', 'y', 'x', {'N': 'c'}]");
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        const char *a = fixture_run(&one, requests[i].operation, requests[i].request);
        const char *b = fixture_run(&two, requests[i].operation, requests[i].request);
        cr_expect_str_eq(a, b);
        cr_expect_str_eq(fixture_items(&one, FIXTURE_ITEMS), fixture_items(&two, FIXTURE_ITEMS));
    }
    fixture_release(&one);
    fixture_release(&two);
}
