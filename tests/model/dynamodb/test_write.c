#include "tests/model/dynamodb/fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* PutItem, DeleteItem, BatchWriteItem; updates are in test_update.c. */

#define INVALID "ValidationException: One or more parameter values were invalid: "

Test(write, puts)
{
    static const struct fixture_case cases[] = {
        {"a new item", NULL, "PutItem", "'Item': {'id': {'S': 'a'}, 'n': {'N': '1.0'}}", "{}",
         "[{'id':{'S':'a'},'n':{'N':'1'}}]"},
        {"replaces", "[{'id': {'S': 'a'}, 'n': {'N': '1'}}]", "PutItem",
         "'Item': {'id': {'S': 'a'}, 'm': {'S': 'x'}}, 'ReturnValues': 'ALL_OLD'",
         "{'Attributes':{'id':{'S':'a'},'n':{'N':'1'}}}", "[{'id':{'S':'a'},'m':{'S':'x'}}]"},
        {"ALL_OLD of nothing", NULL, "PutItem",
         "'Item': {'id': {'S': 'a'}}, 'ReturnValues': 'ALL_OLD'", "{}", "[{'id':{'S':'a'}}]"},
        {"the same again is no change", "[{'id': {'S': 'a'}, 'n': {'N': '1'}}]", "PutItem",
         "'Item': {'id': {'S': 'a'}, 'n': {'N': '1.00'}}", "{}", NULL},
        {"sets in another order are the same", "[{'id': {'S': 'a'}, 's': {'SS': ['x', 'y']}}]",
         "PutItem", "'Item': {'id': {'S': 'a'}, 's': {'SS': ['y', 'x']}}", "{}", NULL},
        {"missing key", NULL, "PutItem", "'Item': {'n': {'N': '1'}}",
         INVALID "Missing the key id in the item", NULL},
        {"key of another type", NULL, "PutItem", "'Item': {'id': {'N': '1'}}",
         INVALID "Type mismatch for key id expected: S actual: N", NULL},
        {"empty key", NULL, "PutItem", "'Item': {'id': {'S': ''}}",
         "ValidationException: One or more parameter values are not valid. The AttributeValue for "
         "a "
         "key attribute cannot contain an empty string value. Key: id",
         NULL},
        {"empty string elsewhere", NULL, "PutItem", "'Item': {'id': {'S': 'a'}, 's': {'S': ''}}",
         "{}", "[{'id':{'S':'a'},'s':{'S':''}}]"},
        {"malformed value", NULL, "PutItem", "'Item': {'id': {'S': 'a'}, 'n': {'N': 'x'}}",
         "ValidationException: The parameter cannot be converted to a numeric value: x", NULL},
        {"JSON of another shape", NULL, "PutItem", "'Item': {'id': {'S': 5}}",
         "SerializationException: NUMBER_VALUE cannot be converted to String", NULL},
        {"the shape before anything else", NULL, "PutItem",
         "'ReturnValues': 'old', 'Item': {'n': {'N': 'x'}, 's': {'B': 'no base64'}}",
         "SerializationException: Invalid last non-pad Base64 character dectected", NULL},
        {"no item", NULL, "PutItem", "'ReturnValues': 'NONE'",
         "ValidationException: 1 validation error detected: Value null at 'item' failed to satisfy "
         "constraint: Member must not be null",
         NULL},
        {"ReturnValues of updates", NULL, "PutItem",
         "'Item': {'id': {'S': 'a'}}, 'ReturnValues': 'ALL_NEW'",
         "ValidationException: ReturnValues can only be ALL_OLD or NONE", NULL},
        {"values without expression", NULL, "PutItem",
         "'Item': {'id': {'S': 'a'}}, 'ExpressionAttributeValues': {':v': {'N': '1'}}",
         "ValidationException: ExpressionAttributeValues can only be specified when using "
         "expressions: ConditionExpression is null",
         NULL},
        {"legacy parameters", NULL, "PutItem", "'Item': {'id': {'S': 'a'}}, 'Expected': {}",
         "2: parameter Expected of DynamoDB's PutItem is not simulated", NULL},
        {"metrics are accepted", NULL, "PutItem",
         "'Item': {'id': {'S': 'a'}}, 'ReturnItemCollectionMetrics': 'SIZE'", "{}",
         "[{'id':{'S':'a'}}]"},
        {"capacity", NULL, "PutItem",
         "'Item': {'id': {'S': 'a'}}, 'ReturnConsumedCapacity': 'TOTAL'",
         "{'ConsumedCapacity':{'CapacityUnits':1,'TableName':'Items'}}", "[{'id':{'S':'a'}}]"},
    };
    FIXTURE_CHECK(cases);
}

Test(write, deletes)
{
    static const struct fixture_case cases[] = {
        {"an item", "[{'id': {'S': 'a'}, 'n': {'N': '1'}}]", "DeleteItem",
         "'Key': {'id': {'S': 'a'}}, 'ReturnValues': 'ALL_OLD'",
         "{'Attributes':{'id':{'S':'a'},'n':{'N':'1'}}}", "[]"},
        {"what is not there", NULL, "DeleteItem",
         "'Key': {'id': {'S': 'a'}}, 'ReturnValues': 'ALL_OLD'", "{}", NULL},
        {"more than the key", NULL, "DeleteItem", "'Key': {'id': {'S': 'a'}, 'x': {'S': 'a'}}",
         "ValidationException: The provided key element does not match the schema", NULL},
        {"less than the key", NULL, "DeleteItem", "'Key': {}",
         "ValidationException: The provided key element does not match the schema", NULL},
        {"key of another type", NULL, "DeleteItem", "'Key': {'id': {'N': '1'}}",
         "ValidationException: The provided key element does not match the schema", NULL},
        {"empty key", NULL, "DeleteItem", "'Key': {'id': {'S': ''}}",
         "ValidationException: One or more parameter values are not valid. The AttributeValue for "
         "a "
         "key attribute cannot contain an empty string value. Key: id",
         NULL},
        {"a failed condition", "[{'id': {'S': 'a'}, 'n': {'N': '1'}}]", "DeleteItem",
         "'Key': {'id': {'S': 'a'}}, 'ConditionExpression': 'attribute_exists(x)'",
         "ConditionalCheckFailedException: The conditional request failed", NULL},
    };
    FIXTURE_CHECK(cases);
}

Test(write, finds_tables)
{
    struct fixture fixture;
    fixture_init(&fixture);
    cr_expect_str_eq(
        fixture_run(&fixture, "PutItem", "{'TableName': 'Nope', 'Item': {'id': {'S': 'a'}}}"),
        "ResourceNotFoundException: Requested resource not found");
    /* A logical id is no table name to DynamoDB. */
    cr_expect_str_eq(
        fixture_run(&fixture, "PutItem", "{'TableName': 'ItemsTable', 'Item': {'id': {'S': 'a'}}}"),
        "ResourceNotFoundException: Requested resource not found");
    cr_expect_str_eq(
        fixture_run(&fixture, "PutItem",
                    "{'TableName': 'arn:aws:dynamodb:us-east-1:123456789012:table/Items', "
                    "'Item': {'id': {'S': 'a'}}}"),
        "{}");
    cr_expect_str_eq(fixture_items(&fixture, FIXTURE_ITEMS), "[{'id':{'S':'a'}}]");
    cr_expect_str_eq(fixture_run(&fixture, "PutItem", "{'Item': {'id': {'S': 'a'}}}"),
                     "ValidationException: 1 validation error detected: Value null at 'tableName' "
                     "failed to satisfy constraint: Member must not be null");
    fixture_release(&fixture);
}

Test(write, uses_both_keys)
{
    struct fixture fixture;
    fixture_init(&fixture);
    cr_expect_str_eq(fixture_run(&fixture, "PutItem",
                                 "{'TableName': 'Ranges', 'Item': {'pk': {'S': 'a'}, 'sk': {'N': "
                                 "'1'}, 'x': {'S': 'y'}}}"),
                     "{}");
    struct value parts[] = {value_text(fixture.store, "a"), value_integer(fixture.store, 1)};
    struct value key = value_list(fixture.store, parts, 2);
    cr_assert_eq(fixture.result.change_count, 1);
    cr_assert(value_equal(fixture.result.changes[0].key, key));
    cr_assert_eq(fixture.result.changes[0].table, FIXTURE_RANGES);
    struct value attributes = item_key_attributes(fixture.store, &fixture.configs[FIXTURE_RANGES],
                                                  fixture.result.changes[0].after);
    cr_assert_eq(value_count(fixture.store, attributes), 2);
    cr_expect_str_eq(
        fixture_run(&fixture, "PutItem", "{'TableName': 'Ranges', 'Item': {'pk': {'S': 'a'}}}"),
        INVALID "Missing the key sk in the item");
    cr_expect_str_eq(fixture_run(&fixture, "UpdateItem",
                                 "{'TableName': 'Ranges', 'Key': {'pk': {'S': 'a'}, 'sk': {'N': "
                                 "'1'}}, 'UpdateExpression': 'SET x = sk'}"),
                     "{}");
    cr_expect_str_eq(fixture_items(&fixture, FIXTURE_RANGES),
                     "[{'pk':{'S':'a'},'sk':{'N':'1'},'x':{'N':'1'}}]");
    fixture_release(&fixture);
}

static void put_long(struct fixture *fixture, const char *id, size_t id_copies, size_t size,
                     const char *answer)
{
    char *request = calloc(1, size + id_copies + 256);
    strcpy(request, "{'TableName': 'Items', 'Item': {'id': {'S': '");
    for (size_t i = 0; i < id_copies; i++)
        strcat(request, id);
    strcat(request, "'}, 'b': {'S': '");
    size_t start = strlen(request);
    memset(request + start, 'x', size);
    strcpy(request + start + size, "'}}}");
    const char *found = fixture_run(fixture, "PutItem", request);
    cr_expect_str_eq(found, answer, "%s", found);
    free(request);
}

Test(write, limits_sizes)
{
    struct fixture fixture;
    fixture_init(&fixture);
    put_long(&fixture, "k", 1, ITEM_SIZE_MAX - 4, "{}");
    put_long(&fixture, "k", 1, ITEM_SIZE_MAX - 3,
             "ValidationException: Item size has exceeded the maximum allowed size");
    put_long(&fixture, "k", 2048, 0, "{}");
    put_long(&fixture, "k", 2049, 0,
             INVALID "Size of hashkey has exceeded the maximum size limit of2048 bytes");
    fixture_release(&fixture);
}

Test(write, batches)
{
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_fill(&fixture, FIXTURE_ITEMS, "[{'id': {'S': 'a'}}, {'id': {'S': 'b'}}]");
    cr_expect_str_eq(
        fixture_run(&fixture, "BatchWriteItem",
                    "{'RequestItems': {'Items': [{'DeleteRequest': {'Key': {'id': {'S': 'b'}}}}, "
                    "{'PutRequest': {'Item': {'id': {'S': 'c'}}}}, {'PutRequest': {'Item': {'id': "
                    "{'S': 'a'}}}}], 'Ranges': [{'PutRequest': {'Item': {'pk': {'S': 'x'}, 'sk': "
                    "{'N': '1'}}}}]}, 'ReturnConsumedCapacity': 'TOTAL'}"),
        "{'ConsumedCapacity':[{'CapacityUnits':3,'TableName':'Items'},{'CapacityUnits':1,"
        "'TableName':'Ranges'}],'UnprocessedItems':{}}");
    /* In the order of the requests; the put that changes nothing is not listed. */
    cr_assert_eq(fixture.result.change_count, 3);
    cr_expect(value_is_text(fixture.store, fixture.result.changes[0].key, "b"));
    cr_expect(value_is_text(fixture.store, fixture.result.changes[1].key, "c"));
    cr_expect_eq(fixture.result.changes[2].table, FIXTURE_RANGES);
    cr_expect_str_eq(fixture_items(&fixture, FIXTURE_ITEMS), "[{'id':{'S':'a'}},{'id':{'S':'c'}}]");
    fixture_release(&fixture);
}

static void append_puts(char *request, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        sprintf(request + strlen(request), "%s{'PutRequest': {'Item': {'id': {'S': 'k%u'}}}}",
                i == 0 ? "" : ", ", i);
    strcat(request, "]}}");
}

Test(write, rejects_batches)
{
    static const struct {
        const char *requests;
        const char *answer;
    } cases[] = {
        {"{}", "ValidationException: 1 validation error detected: Value '{}' at 'requestItems' "
               "failed to satisfy constraint: Member must have length greater than or equal to 1"},
        {"{'Items': [{'PutRequest': {'Item': {'id': {'S': 'a'}}}}, {'DeleteRequest': {'Key': "
         "{'id': "
         "{'S': 'a'}}}}]}",
         "ValidationException: Provided list of item keys contains duplicates"},
        {"{'Items': [{'PutRequest': {'Item': {'x': {'S': 'a'}}}}]}",
         "ValidationException: The provided key element does not match the schema"},
        {"{'Items': [{}]}", "ValidationException: Supplied AttributeValue has more than one "
                            "datatypes set, must contain exactly one of the supported datatypes"},
        {"{'Nope': [{'PutRequest': {'Item': {'id': {'S': 'a'}}}}]}",
         "ResourceNotFoundException: Requested resource not found"},
        {"{'Nope': [{'PutRequest': {'Item': {'id': {'M': {'x': {'L': [{'S': 5}]}}}}}}]}",
         "SerializationException: NUMBER_VALUE cannot be converted to String"},
    };
    struct fixture fixture;
    char request[4096];
    fixture_init(&fixture);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(request, sizeof request, "{'RequestItems': %s}", cases[i].requests);
        const char *answer = fixture_run(&fixture, "BatchWriteItem", request);
        cr_expect_str_eq(answer, cases[i].answer, "%s: %s", cases[i].requests, answer);
    }
    strcpy(request, "{'RequestItems': {'Items': [");
    append_puts(request, 25);
    cr_expect_str_eq(fixture_run(&fixture, "BatchWriteItem", request), "{'UnprocessedItems':{}}");
    cr_expect_eq(fixture.result.change_count, 25);
    strcpy(request, "{'RequestItems': {'Items': [");
    append_puts(request, 26);
    cr_expect_str_eq(fixture_run(&fixture, "BatchWriteItem", request),
                     "ValidationException: Too many items requested for the BatchWriteItem call");
    fixture_release(&fixture);
}
