#include "tests/model/dynamodb/fixture.h"

#include "model/dynamodb/reserved_words.h"

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
    static const char *const PARTS[] = {
        "'AttributeDefinitions':[{'AttributeName':'id','AttributeType':'S'}]",
        "'KeySchema':[{'AttributeName':'id','KeyType':'HASH'}]",
        "'TableStatus':'ACTIVE'",
        "'ItemCount':2",
        "'TableSizeBytes':7",
        "'TableArn':'arn:aws:dynamodb:us-east-1:123456789012:table/Items'",
        "'StreamSpecification':{'StreamEnabled':true,'StreamViewType':'NEW_AND_OLD_IMAGES'}",
        "'LatestStreamArn':'arn:aws:dynamodb:us-east-1:123456789012:table/Items/stream/",
    };
    for (size_t i = 0; i < sizeof PARTS / sizeof PARTS[0]; i++)
        cr_expect_not_null(strstr(answer, PARTS[i]), "%s is not in %s", PARTS[i], answer);
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

Test(dynamodb, knows_reserved_words)
{
    static const char *const RESERVED[] = {"ABORT", "Value",  "timestamp",     "COUNT",
                                           "data",  "Status", "Parameter",     "ZONE",
                                           "and",   "inner",  "LocalTimestamp"};
    static const char *const FREE[] = {"Version", "Hierarchy",       "Id", "Identifier", "Message",
                                       "id",      "LocalTimestamps", "",   "ABORT_"};
    for (size_t i = 0; i < sizeof RESERVED / sizeof RESERVED[0]; i++)
        cr_expect(reserved_word(RESERVED[i], strlen(RESERVED[i])), "%s", RESERVED[i]);
    for (size_t i = 0; i < sizeof FREE / sizeof FREE[0]; i++)
        cr_expect_not(reserved_word(FREE[i], strlen(FREE[i])), "%s", FREE[i]);
    cr_expect(reserved_word("Values", 5), "only the length counts");
}

/* Requests that go through most of the engine. */
static const struct {
    const char *operation;
    const char *request;
} REQUESTS[] = {
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

/* The outcome with the n-th allocation failing (0: none). */
static enum status run_with_failure(size_t index, unsigned long long n, const char **answer)
{
    static char text[4096];
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_fill(&fixture, FIXTURE_ITEMS,
                 "[{'id': {'S': 'b'}, 'l': {'L': []}, 'm': {'M': {'x': {'BS': ['AQ==']}}}, 's': "
                 "{'SS': ['x', 'y']}}]");
    struct value request = fixture_json(&fixture, REQUESTS[index].request);
    char target[64];
    enum dynamodb_operation operation;
    snprintf(target, sizeof target, "DynamoDB_20120810.%s", REQUESTS[index].operation);
    cr_assert_eq(dynamodb_operation_find(target, &operation, &fixture.error), STATUS_OK);
    fixture.memory.fail_at = n == 0 ? 0 : fixture.memory.requests + n;
    enum status status =
        dynamodb_apply(&fixture.context, operation, request, &fixture.result, &fixture.error);
    bool failed = n != 0 && fixture.memory.requests >= fixture.memory.fail_at;
    fixture.memory.fail_at = 0;
    /* A failed allocation is never taken for an answer. */
    cr_expect_eq(status, failed ? STATUS_NO_MEMORY : STATUS_OK, "%s %llu: %d %s",
                 REQUESTS[index].operation, n, status, fixture.error.message);
    snprintf(text, sizeof text, "%u", status == STATUS_OK ? fixture.result.http_status : 0);
    *answer = text;
    fixture_release(&fixture);
    return status;
}

Test(dynamodb, survives_every_failing_allocation)
{
    for (size_t i = 0; i < sizeof REQUESTS / sizeof REQUESTS[0]; i++) {
        const char *answer;
        unsigned long long n = 1;
        while (run_with_failure(i, n, &answer) == STATUS_NO_MEMORY)
            n++;
        cr_expect_gt(n, 1, "%s allocates nothing", REQUESTS[i].operation);
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
    for (size_t i = 0; i < sizeof REQUESTS / sizeof REQUESTS[0]; i++) {
        const char *a = fixture_run(&one, REQUESTS[i].operation, REQUESTS[i].request);
        const char *b = fixture_run(&two, REQUESTS[i].operation, REQUESTS[i].request);
        cr_expect_str_eq(a, b);
        cr_expect_str_eq(fixture_items(&one, FIXTURE_ITEMS), fixture_items(&two, FIXTURE_ITEMS));
    }
    fixture_release(&one);
    fixture_release(&two);
}
