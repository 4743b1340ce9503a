#include "tests/model/dynamodb/fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Scan and Query; source: DynamoDB API reference. */

#define ROW(pk, sk, v) "{'pk': {'S': '" pk "'}, 'sk': {'N': '" sk "'}, 'v': {'N': '" v "'}}"
#define ROWS                                                                                       \
    "[" ROW("a", "10", "1") "," ROW("a", "9", "2") "," ROW("a", "-1", "3") "," ROW("b", "1",       \
                                                                                   "4") "]"
#define OUT(pk, sk, v) "{'pk':{'S':'" pk "'},'sk':{'N':'" sk "'},'v':{'N':'" v "'}}"
#define PAGE(items, count, scanned)                                                                \
    "{'Count':" count ",'Items':[" items "],'ScannedCount':" scanned "}"

struct page_case {
    const char *request; /* without TableName */
    const char *answer;
};

static void check(const char *operation, const struct page_case *cases, size_t count)
{
    struct fixture fixture;
    char request[2048];
    fixture_init(&fixture);
    fixture_fill(&fixture, FIXTURE_RANGES, ROWS);
    for (size_t i = 0; i < count; i++) {
        snprintf(request, sizeof request, "{'TableName': 'Ranges'%s%s}",
                 cases[i].request[0] == '\0' ? "" : ", ", cases[i].request);
        const char *answer = fixture_run(&fixture, operation, request);
        cr_expect_str_eq(answer, cases[i].answer, "%s\n  is:     %s\n  wanted: %s",
                         cases[i].request, answer, cases[i].answer);
    }
    fixture_release(&fixture);
}

#define CHECK_PAGES(operation, cases) check(operation, cases, sizeof(cases) / sizeof(cases)[0])

Test(scan, pages_through_a_table)
{
    static const struct page_case cases[] = {
        {"", PAGE(OUT("a", "-1", "3") "," OUT("a", "9", "2") "," OUT("a", "10",
                                                                     "1") "," OUT("b", "1", "4"),
                  "4", "4")},
        {"'Limit': 2",
         "{'Count':2,'Items':[" OUT("a", "-1", "3") "," OUT(
             "a", "9",
             "2") "],'LastEvaluatedKey':{'pk':{'S':'a'},'sk':{'N':'9'}},'ScannedCount':2}"},
        {"'Limit': 2, 'ExclusiveStartKey': {'pk': {'S': 'a'}, 'sk': {'N': '10'}}",
         PAGE(OUT("b", "1", "4"), "1", "1")},
        {"'Limit': 1, 'ExclusiveStartKey': {'pk': {'S': 'a'}, 'sk': {'N': '10'}}",
         "{'Count':1,'Items':[" OUT(
             "b", "1",
             "4") "],'LastEvaluatedKey':{'pk':{'S':'b'},'sk':{'N':'1'}},'ScannedCount':1}"},
        {"'FilterExpression': 'v > :v', 'ExpressionAttributeValues': {':v': {'N': '2'}}, "
         "'ProjectionExpression': 'v'",
         PAGE("{'v':{'N':'3'}},{'v':{'N':'4'}}", "2", "4")},
        {"'FilterExpression': 'pk = :v', 'ExpressionAttributeValues': {':v': {'S': 'b'}}, "
         "'Select': 'COUNT', 'ReturnConsumedCapacity': 'TOTAL'",
         "{'ConsumedCapacity':{'CapacityUnits':0.5,'TableName':'Ranges'},'Count':1,'ScannedCount':"
         "4}"},
        {"'Select': 'SPECIFIC_ATTRIBUTES'",
         "ValidationException: One or more parameter values were invalid: Must specify the "
         "AttributesToGet or ProjectionExpression when choosing to get SPECIFIC_ATTRIBUTES"},
        {"'Limit': 0",
         "ValidationException: 1 validation error detected: Value '0' at 'limit' failed to satisfy "
         "constraint: Member must have value greater than or equal to 1"},
        {"'ExclusiveStartKey': {'pk': {'S': 'a'}}",
         "ValidationException: The provided starting key is invalid: The provided key element does "
         "not match the schema"},
        {"'FilterExpression': 'v >'",
         "ValidationException: Invalid FilterExpression: Syntax error; token: '<EOF>', near: '>'"},
        {"'IndexName': 'x'", "ValidationException: The table does not have the specified index: x"},
        {"'ScanFilter': {}", "2: parameter ScanFilter of DynamoDB's Scan is not simulated"},
        {"'Segment': 2, 'TotalSegments': 2",
         "ValidationException: The Segment parameter is zero-based and must be less than parameter "
         "TotalSegments: Segment: 2 is not less than TotalSegments: 2"},
        {"'Segment': 0",
         "ValidationException: The TotalSegments parameter is required but was not present in the "
         "request when Segment parameter is present"},
    };
    CHECK_PAGES("Scan", cases);
}

static int64_t count_of(struct fixture *fixture)
{
    int64_t count = -1;
    value_to_integer(fixture->store, value_get_text(fixture->store, fixture->result.body, "Count"),
                     &count);
    return count;
}

Test(scan, splits_into_segments)
{
    struct fixture fixture;
    char request[256];
    int64_t total = 0;
    fixture_init(&fixture);
    for (unsigned i = 0; i < 40; i++) {
        snprintf(request, sizeof request, "[{'id': {'S': 'k%u'}}]", i);
        fixture_fill(&fixture, FIXTURE_ITEMS, request);
    }
    for (unsigned i = 0; i < 4; i++) {
        snprintf(request, sizeof request,
                 "{'TableName': 'Items', 'Segment': %u, 'TotalSegments': 4, 'Select': 'COUNT'}", i);
        fixture_run(&fixture, "Scan", request);
        cr_expect_lt(count_of(&fixture), 40);
        total += count_of(&fixture);
    }
    cr_expect_eq(total, 40);
    fixture_release(&fixture);
}

/* A page ends before it is larger than 1 MB. */
Test(scan, ends_a_page_at_one_megabyte)
{
    struct fixture fixture;
    fixture_init(&fixture);
    char *item = calloc(1, 400000);
    for (unsigned i = 0; i < 4; i++) {
        int start = sprintf(item, "[{'id': {'S': '%u'}, 'x': {'S': '", i);
        memset(item + start, 'x', 300000);
        strcpy(item + start + 300000, "'}}]");
        fixture_fill(&fixture, FIXTURE_ITEMS, item);
    }
    free(item);
    cr_expect_str_eq(
        fixture_run(&fixture, "Scan", "{'TableName': 'Items', 'ProjectionExpression': 'id'}"),
        "{'Count':3,'Items':[{'id':{'S':'0'}},{'id':{'S':'1'}},{'id':{'S':'2'}}],"
        "'LastEvaluatedKey':{'id':{'S':'2'}},'ScannedCount':3}");
    cr_expect_str_eq(fixture_run(&fixture, "Scan",
                                 "{'TableName': 'Items', 'ProjectionExpression': 'id', "
                                 "'ExclusiveStartKey': {'id': {'S': '2'}}}"),
                     "{'Count':1,'Items':[{'id':{'S':'3'}}],'ScannedCount':1}");
    fixture_release(&fixture);
}

#define QUERY(condition, values)                                                                   \
    "'KeyConditionExpression': '" condition "', 'ExpressionAttributeValues': {" values "}"

Test(query, selects_by_key)
{
    static const struct page_case cases[] = {
        {QUERY("pk = :p", "':p': {'S': 'a'}"),
         PAGE(OUT("a", "-1", "3") "," OUT("a", "9", "2") "," OUT("a", "10", "1"), "3", "3")},
        {QUERY("pk = :p", "':p': {'S': 'q'}"), PAGE("", "0", "0")},
        {QUERY("pk = :p", "':p': {'S': 'a'}") ", 'ScanIndexForward': false, 'Limit': 2",
         "{'Count':2,'Items':[" OUT("a", "10", "1") "," OUT(
             "a", "9",
             "2") "],'LastEvaluatedKey':{'pk':{'S':'a'},'sk':{'N':'9'}},'ScannedCount':2}"},
        {QUERY("pk = :p", "':p': {'S': 'a'}") ", 'ScanIndexForward': false, 'ExclusiveStartKey': "
                                              "{'pk': {'S': 'a'}, 'sk': {'N': '9'}}",
         PAGE(OUT("a", "-1", "3"), "1", "1")},
        {QUERY("pk = :p AND sk >= :s", "':p': {'S': 'a'}, ':s': {'N': '9'}"),
         PAGE(OUT("a", "9", "2") "," OUT("a", "10", "1"), "2", "2")},
        {QUERY("sk BETWEEN :s AND :t AND :p = pk",
               "':p': {'S': 'a'}, ':s': {'N': '-5'}, ':t': {'N': '9'}"),
         PAGE(OUT("a", "-1", "3") "," OUT("a", "9", "2"), "2", "2")},
        {QUERY("(#p = :p) AND (sk < :s)",
               "':p': {'S': 'a'}, ':s': {'N': '0'}") ", "
                                                     "'ExpressionAttributeNames': {'#p': 'pk'}",
         PAGE(OUT("a", "-1", "3"), "1", "1")},
        {QUERY("pk = :p", "':p': {'S': 'a'}, ':v': {'N': '2'}") ", 'FilterExpression': 'v <= :v', "
                                                                "'Select': 'COUNT'",
         "{'Count':2,'ScannedCount':3}"},
    };
    CHECK_PAGES("Query", cases);
}

Test(query, rejects_other_conditions)
{
    static const struct page_case cases[] = {
        {"'Limit': 1", "ValidationException: Either the KeyConditions or KeyConditionExpression "
                       "parameter must be specified in the request."},
        {"'KeyConditions': {}", "2: parameter KeyConditions of DynamoDB's Query is not simulated"},
        {QUERY("pk > :p", "':p': {'S': 'a'}"),
         "ValidationException: Query key condition not supported"},
        {QUERY("sk = :p", "':p': {'N': '1'}"),
         "ValidationException: Query condition missed key schema element: pk"},
        {QUERY("pk = :p AND v = :p", "':p': {'S': 'a'}"),
         "ValidationException: Query condition missed key schema element: sk"},
        {QUERY("pk = :p OR pk = :p", "':p': {'S': 'a'}"),
         "ValidationException: Invalid operator used in KeyConditionExpression: OR"},
        {QUERY("pk <> :p", "':p': {'S': 'a'}"),
         "ValidationException: Invalid operator used in KeyConditionExpression: <>"},
        {QUERY("pk IN (:p)", "':p': {'S': 'a'}"),
         "ValidationException: Invalid operator used in KeyConditionExpression: IN"},
        {QUERY("contains(pk, :p)", "':p': {'S': 'a'}"),
         "ValidationException: Invalid operator used in KeyConditionExpression: contains"},
        {QUERY("pk = :p AND pk = :p", "':p': {'S': 'a'}"),
         "ValidationException: KeyConditionExpressions must only contain one condition per key"},
        {QUERY("pk = :p AND sk = :p", "':p': {'S': 'a'}"),
         "ValidationException: One or more parameter values were invalid: Condition parameter type "
         "does not match schema type"},
        {QUERY("pk = sk", "':p': {'S': 'a'}"),
         "ValidationException: Value provided in ExpressionAttributeValues unused in expressions: "
         "keys: {:p}"},
        {QUERY("pk = :p", "':p': {'S': ''}"),
         "ValidationException: One or more parameter values are not valid. The AttributeValue for "
         "a "
         "key attribute cannot contain an empty string value. Key: pk"},
        {QUERY("pk = :p", "':p': {'S': 'a'}") ", 'FilterExpression': 'sk = sk2'",
         "ValidationException: Filter Expression can only contain non-primary key attributes: "
         "Primary key attribute: sk"},
        {QUERY("pk = :p AND sk > :k",
               "':p': {'S': 'a'}, ':k': {'N': '1'}") ", "
                                                     "'ExclusiveStartKey': {'pk': {'S': 'a'}, "
                                                     "'sk': {'N': '1'}}",
         "ValidationException: The provided starting key does not match the range key predicate"},
        {QUERY("pk = :p", "':p': {'S': 'a'}") ", 'ExclusiveStartKey': {'pk': {'S': 'b'}, 'sk': "
                                              "{'N': '1'}}",
         "ValidationException: The provided starting key is outside query boundaries based on "
         "provided conditions"},
    };
    CHECK_PAGES("Query", cases);
}

Test(query, takes_tables_without_a_range_key)
{
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_fill(&fixture, FIXTURE_ITEMS, "[{'id': {'S': 'a'}}, {'id': {'S': 'b'}}]");
    cr_expect_str_eq(
        fixture_run(&fixture, "Query",
                    "{'TableName': 'Items', " QUERY("id = :p", "':p': {'S': 'a'}") "}"),
        PAGE("{'id':{'S':'a'}}", "1", "1"));
    cr_expect_str_eq(
        fixture_run(&fixture, "Query",
                    "{'TableName': 'Items', " QUERY("id = :p AND x = :p", "':p': {'S': 'a'}") "}"),
        "ValidationException: Query key condition not supported");
    fixture_release(&fixture);
}
