#include "tests/model/dynamodb/fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>

/* Table Items with a global index by (group, time) that copies `note`, a global one by group with
 * keys alone; table Ranges with a local one by `time`. */
static const char *const included[] = {"note"};
static const struct index_config item_indexes[] = {
    {.name = "by-group",
     .global = true,
     .hash_key = {"group", 'S'},
     .range_key = {"time", 'N'},
     .projection = PROJECT_INCLUDE,
     .included = included,
     .included_count = 1},
    {.name = "keys", .global = true, .hash_key = {"group", 'S'}, .projection = PROJECT_KEYS_ONLY},
};
static const struct index_config range_indexes[] = {
    {.name = "by-time",
     .hash_key = {"pk", 'S'},
     .range_key = {"time", 'N'},
     .projection = PROJECT_KEYS_ONLY},
};

static void set_up(struct fixture *fixture)
{
    fixture_init(fixture);
    fixture->configs[FIXTURE_ITEMS].indexes = item_indexes;
    fixture->configs[FIXTURE_ITEMS].index_count = 2;
    fixture->configs[FIXTURE_RANGES].indexes = range_indexes;
    fixture->configs[FIXTURE_RANGES].index_count = 1;
    fixture_fill(fixture, FIXTURE_ITEMS,
                 "[{'id': {'S': 'a'}, 'group': {'S': 'g'}, 'time': {'N': '30'}, 'note': {'S': "
                 "'!'}, 'rest': {'N': '1'}},"
                 " {'id': {'S': 'b'}, 'group': {'S': 'g'}, 'time': {'N': '4'}},"
                 " {'id': {'S': 'c'}, 'group': {'S': 'h'}, 'time': {'N': '5'}},"
                 " {'id': {'S': 'd'}, 'group': {'S': 'g'}}]");
    fixture_fill(fixture, FIXTURE_RANGES,
                 "[{'pk': {'S': 'p'}, 'sk': {'N': '1'}, 'time': {'N': '9'}, 'rest': {'N': '1'}},"
                 " {'pk': {'S': 'p'}, 'sk': {'N': '2'}, 'time': {'N': '3'}}]");
}

static void expect(struct fixture *fixture, const char *operation, const char *request,
                   const char *wanted)
{
    const char *answer = fixture_run(fixture, operation, request);
    cr_expect_str_eq(answer, wanted, "%s\n  is:     %s\n  wanted: %s", request, answer, wanted);
}

#define GROUP                                                                                      \
    "'TableName': 'Items', 'IndexName': 'by-group', 'KeyConditionExpression': '#g = :g', "         \
    "'ExpressionAttributeNames': {'#g': 'group'}, 'ExpressionAttributeValues': {':g': {'S': "      \
    "'g'}}"

Test(index, queries_in_the_order_of_its_own_key)
{
    struct fixture fixture;
    set_up(&fixture);
    expect(&fixture, "Query", "{" GROUP "}",
           "{'Count':2,'Items':[{'group':{'S':'g'},'id':{'S':'b'},'time':{'N':'4'}},"
           "{'group':{'S':'g'},'id':{'S':'a'},'note':{'S':'!'},'time':{'N':'30'}}],"
           "'ScannedCount':2}");
    expect(&fixture, "Query",
           "{'TableName': 'Ranges', 'IndexName': 'by-time', 'KeyConditionExpression': 'pk = :p AND "
           "#t > :t', 'ExpressionAttributeNames': {'#t': 'time'}, 'ExpressionAttributeValues': "
           "{':p': {'S': 'p'}, ':t': {'N': '2'}}, 'ScanIndexForward': false}",
           "{'Count':2,'Items':[{'pk':{'S':'p'},'sk':{'N':'1'},'time':{'N':'9'}},{'pk':{'S':'p'},"
           "'sk':{'N':'2'},'time':{'N':'3'}}],'ScannedCount':2}");
    fixture_release(&fixture);
}

Test(index, holds_items_that_have_all_of_its_key)
{
    struct fixture fixture;
    set_up(&fixture);
    expect(&fixture, "Scan", "{'TableName': 'Items', 'IndexName': 'by-group', 'Select': 'COUNT'}",
           "{'Count':3,'ScannedCount':3}");
    expect(&fixture, "Scan", "{'TableName': 'Items', 'IndexName': 'keys', 'Select': 'COUNT'}",
           "{'Count':4,'ScannedCount':4}");
    fixture_release(&fixture);
}

Test(index, pages)
{
    struct fixture fixture;
    set_up(&fixture);
    expect(&fixture, "Query", "{" GROUP ", 'Limit': 1}",
           "{'Count':1,'Items':[{'group':{'S':'g'},'id':{'S':'b'},'time':{'N':'4'}}],"
           "'LastEvaluatedKey':{'group':{'S':'g'},'id':{'S':'b'},'time':{'N':'4'}},"
           "'ScannedCount':1}");
    expect(&fixture, "Query",
           "{" GROUP ", 'Select': 'COUNT', 'ExclusiveStartKey': {'group': {'S': 'g'}, 'id': {'S': "
           "'b'}, 'time': {'N': '4'}}}",
           "{'Count':1,'ScannedCount':1}");
    expect(&fixture, "Query", "{" GROUP ", 'ExclusiveStartKey': {'id': {'S': 'b'}}}",
           "ValidationException: The provided starting key is invalid");
    expect(&fixture, "Query",
           "{" GROUP ", 'ExclusiveStartKey': {'group': {'S': 'g'}, 'id': {'S': 'b'}, 'time': "
           "{'N': '4'}, 'more': {'N': '4'}}}",
           "ValidationException: The provided starting key is invalid");
    expect(&fixture, "Query",
           "{" GROUP ", 'ExclusiveStartKey': {'group': {'S': 'h'}, 'id': {'S': 'b'}, 'time': "
           "{'N': '4'}}}",
           "ValidationException: The provided starting key is outside query boundaries based on "
           "provided conditions");
    fixture_release(&fixture);
}

Test(index, a_local_one_looks_the_rest_up_and_a_global_one_cannot)
{
    struct fixture fixture;
    set_up(&fixture);
    expect(&fixture, "Query",
           "{'TableName': 'Ranges', 'IndexName': 'by-time', 'KeyConditionExpression': 'pk = :p', "
           "'ExpressionAttributeValues': {':p': {'S': 'p'}}, 'ProjectionExpression': 'rest'}",
           "{'Count':2,'Items':[{},{'rest':{'N':'1'}}],'ScannedCount':2}");
    expect(&fixture, "Query", "{" GROUP ", 'ProjectionExpression': 'id, rest'}",
           "{'Count':2,'Items':[{'id':{'S':'b'}},{'id':{'S':'a'}}],'ScannedCount':2}");
    expect(&fixture, "Query", "{" GROUP ", 'Select': 'ALL_ATTRIBUTES'}",
           "ValidationException: One or more parameter values were invalid: Select type "
           "ALL_ATTRIBUTES is not supported for global secondary index by-group because its "
           "projection type is not ALL");
    expect(&fixture, "Query", "{" GROUP ", 'ConsistentRead': true}",
           "ValidationException: Consistent reads are not supported on global secondary indexes");
    expect(&fixture, "Query",
           "{'TableName': 'Ranges', 'IndexName': 'by-time', 'ConsistentRead': true, 'Select': "
           "'COUNT', 'KeyConditionExpression': 'pk = :p', 'ExpressionAttributeValues': {':p': "
           "{'S': 'p'}}}",
           "{'Count':2,'ScannedCount':2}");
    fixture_release(&fixture);
}

Test(index, checks_the_keys_of_items_that_are_written)
{
    struct fixture fixture;
    set_up(&fixture);
    expect(&fixture, "PutItem",
           "{'TableName': 'Items', 'Item': {'id': {'S': 'x'}, 'group': {'N': '1'}}}",
           "ValidationException: One or more parameter values were invalid: Type mismatch for "
           "Index Key group Expected: S Actual: N IndexName: by-group");
    expect(&fixture, "PutItem",
           "{'TableName': 'Items', 'Item': {'id': {'S': 'x'}, 'group': {'S': ''}}}",
           "ValidationException: One or more parameter values are not valid. A value specified for "
           "a secondary index key is not supported. The AttributeValue for a key attribute cannot "
           "contain an empty string value. IndexName: by-group, IndexKey: group");
    expect(&fixture, "UpdateItem",
           "{'TableName': 'Items', 'Key': {'id': {'S': 'x'}}, 'UpdateExpression': 'SET #g = :n', "
           "'ExpressionAttributeNames': {'#g': 'group'}, 'ExpressionAttributeValues': {':n': "
           "{'N': '1'}}}",
           "ValidationException: The update expression attempted to update the secondary index key "
           "to unsupported type");
    expect(&fixture, "PutItem", "{'TableName': 'Items', 'Item': {'id': {'S': 'x'}}}", "{}");
    fixture_release(&fixture);
}

#define SCALARS                                                                                    \
    "ValidationException: Key attributes must be scalars; list random access '[]' and map lookup " \
    "'.' are not allowed: IndexKey: "

Test(index, keys_are_scalars_in_every_expression)
{
    static const struct {
        const char *operation;
        const char *parameters;
        const char *answer;
    } cases[] = {
        {"GetItem", "'ProjectionExpression': '#t.x'", SCALARS "time"},
        {"DeleteItem", "'ConditionExpression': 'attribute_exists(#t[0])'", SCALARS "time"},
        {"UpdateItem", "'UpdateExpression': 'REMOVE #t.x'", SCALARS "time"},
        {"UpdateItem", "'UpdateExpression': 'SET rest = #t.x'", SCALARS "time"},
        {"GetItem", "'ProjectionExpression': '#t, note.x'", "{'Item':{'time':{'N':'30'}}}"},
    };
    struct fixture fixture;
    set_up(&fixture);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char request[512];
        snprintf(request, sizeof request,
                 "{%s, 'TableName': 'Items', 'Key': {'id': {'S': 'a'}}, "
                 "'ExpressionAttributeNames': {'#t': 'time'}}",
                 cases[i].parameters);
        expect(&fixture, cases[i].operation, request, cases[i].answer);
    }
    fixture_release(&fixture);
}

Test(index, reports_memory_that_runs_out)
{
    for (unsigned long long n = 1;; n++) {
        struct fixture fixture;
        set_up(&fixture);
        struct value request = fixture_json(&fixture, "{" GROUP ", 'Limit': 1}");
        fixture.memory.requests = 0;
        fixture.memory.fail_at = n;
        enum status status = dynamodb_apply(&fixture.context, DYNAMODB_QUERY, request,
                                            &fixture.result, &fixture.error);
        bool failed = fixture.memory.requests >= n;
        cr_expect_eq(status, failed ? STATUS_NO_MEMORY : STATUS_OK, "allocation %llu", n);
        fixture.memory.fail_at = 0;
        fixture_release(&fixture);
        if (!failed)
            break;
    }
}
