#include "model/dynamodb/access.h"
#include "tests/model/dynamodb/fixture.h"

#include <criterion/criterion.h>
#include <string.h>

static const char *const kind_names[ACCESS_KIND_COUNT] = {"read", "add", "write"};

/* "add 0 a; read 1 any": kind, table and key. */
static void describe(struct fixture *fixture, const struct item_accesses *accesses,
                     struct text *text)
{
    for (size_t i = 0; i < accesses->count; i++) {
        const struct item_access *access = &accesses->items[i];
        const char *key = "any";
        if (!value_is_none(access->key))
            key = value_kind(fixture->store, access->key) == VALUE_STRING
                      ? value_bytes(fixture->store, access->key, NULL)
                      : "pair";
        text_append_format(text, "%s%s %u %s", i == 0 ? "" : "; ", kind_names[access->kind],
                           (unsigned)access->table, key);
    }
}

struct access_case {
    const char *name;
    const char *operation;
    const char *request; /* JSON with ' for " */
    const char *accesses;
};

static void check(const struct access_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct fixture fixture;
        struct item_accesses accesses;
        struct text text;
        char target[64] = "DynamoDB_20120810.";
        enum dynamodb_operation operation = DYNAMODB_GET_ITEM;
        fixture_init(&fixture);
        text_init(&text, &fixture.memory);
        strncat(target, cases[i].operation, sizeof target - strlen(target) - 1);
        cr_assert_eq(dynamodb_operation_find(target, &operation, &fixture.error), STATUS_OK);
        cr_assert(dynamodb_accesses(&fixture.context, operation,
                                    fixture_json(&fixture, cases[i].request), &accesses));
        describe(&fixture, &accesses, &text);
        cr_expect_str_eq(text_string(&text), cases[i].accesses, "%s: found '%s', expected '%s'",
                         cases[i].name, text_string(&text), cases[i].accesses);
        text_release(&text);
        fixture_release(&fixture);
    }
}

#define CHECK_ACCESSES(cases) check(cases, sizeof(cases) / sizeof(cases)[0])
#define UPDATE_A "{'TableName': 'Items', 'Key': {'id': {'S': 'a'}}, 'UpdateExpression': "
#define N(name, number) "'" name "': {'N': '" number "'}"

Test(access, tells_what_a_request_touches)
{
    static const struct access_case cases[] = {
        {"a put", "PutItem", "{'TableName': 'Items', 'Item': {'id': {'S': 'a'}}}", "write 0 a"},
        {"a delete", "DeleteItem", "{'TableName': 'Items', 'Key': {'id': {'S': 'a'}}}",
         "write 0 a"},
        {"a get", "GetItem", "{'TableName': 'Ranges', 'Key': {'pk': {'S': 'a'}, 'sk': {'N': '1'}}}",
         "read 1 pair"},
        {"gets", "BatchGetItem",
         "{'RequestItems': {'Items': {'Keys': [{'id': {'S': 'a'}}, {'id': {'S': 'b'}}]}}}",
         "read 0 a; read 0 b"},
        {"gets at once", "TransactGetItems",
         "{'TransactItems': [{'Get': {'TableName': 'Items', 'Key': {'id': {'S': 'a'}}}}]}",
         "read 0 a"},
        {"a scan", "Scan", "{'TableName': 'Items'}", "read 0 any"},
        {"a batch of writes", "BatchWriteItem",
         "{'RequestItems': {'Items': [{'DeleteRequest': {'Key': {'id': {'S': 'a'}}}}]}}",
         "write 0 any"},
        {"a transaction", "TransactWriteItems",
         "{'TransactItems': [{'ConditionCheck': {'TableName': 'Items', 'Key': {'id': {'S': 'a'}},"
         " 'ConditionExpression': 'attribute_exists(id)'}},"
         " {'Put': {'TableName': 'Items', 'Item': {'id': {'S': 'b'}}}},"
         " {'Update': {'TableName': 'Items', 'Key': {'id': {'S': 'c'}}, 'UpdateExpression':"
         " 'ADD n :n', 'ExpressionAttributeValues': {':n': {'N': '1'}}}}]}",
         "read 0 a; write 0 b; add 0 c"},
        {"a malformed write", "PutItem", "{'TableName': 'Items', 'Item': {}}", "write 0 any"},
        {"a malformed read", "GetItem", "{'TableName': 'Items'}", "read 0 any"},
        {"a table that is not there", "PutItem", "{'TableName': 'x', 'Item': {'id': {'S': 'a'}}}",
         ""},
    };
    CHECK_ACCESSES(cases);
}

/* Only what commutes in every table. */
Test(access, tells_additions_from_other_updates)
{
    static const struct access_case cases[] = {
        {"ADD", "UpdateItem",
         UPDATE_A "'ADD n :n, m :m', 'ExpressionAttributeValues': {" N(":n", "1") ", " N(
             ":m", "-0.000000001") "}}",
         "add 0 a"},
        {"SET of a sum", "UpdateItem",
         UPDATE_A "'SET n = if_not_exists(n, :z) + :n', 'ExpressionAttributeValues': {" N(
             ":n", "999999999999999999") ", " N(":z", "0") "}}",
         "add 0 a"},
        {"SET of a sum, the other way round", "UpdateItem",
         UPDATE_A "'SET n = :n + if_not_exists(n, :z)', 'ExpressionAttributeValues': {" N(
             ":n", "5") ", " N(":z", "0") "}}",
         "add 0 a"},
        {"SET of a difference", "UpdateItem",
         UPDATE_A "'SET n = if_not_exists(n, :z) - :n', 'ExpressionAttributeValues': {" N(
             ":n", "5") ", " N(":z", "0") "}}",
         "add 0 a"},
        {"what it is taken from", "UpdateItem",
         UPDATE_A "'SET n = :n - if_not_exists(n, :z)', 'ExpressionAttributeValues': {" N(
             ":n", "5") ", " N(":z", "0") "}}",
         "write 0 a"},
        {"another beginning", "UpdateItem",
         UPDATE_A "'SET n = if_not_exists(n, :z) + :n', 'ExpressionAttributeValues': {" N(
             ":n", "5") ", " N(":z", "1") "}}",
         "write 0 a"},
        {"another attribute", "UpdateItem",
         UPDATE_A "'SET n = if_not_exists(m, :z) + :n', 'ExpressionAttributeValues': {" N(
             ":n", "5") ", " N(":z", "0") "}}",
         "write 0 a"},
        {"a sum that needs the attribute", "UpdateItem",
         UPDATE_A "'SET n = n + :n', 'ExpressionAttributeValues': {" N(":n", "5") "}}",
         "write 0 a"},
        {"nothing added", "UpdateItem",
         UPDATE_A "'ADD n :n', 'ExpressionAttributeValues': {" N(":n", "0") "}}", "write 0 a"},
        {"a large number", "UpdateItem",
         UPDATE_A "'ADD n :n', 'ExpressionAttributeValues': {" N(":n", "1000000000000000000") "}}",
         "write 0 a"},
        {"a small number", "UpdateItem",
         UPDATE_A "'ADD n :n', 'ExpressionAttributeValues': {" N(":n", "0.0000000001") "}}",
         "write 0 a"},
        {"a set", "UpdateItem",
         UPDATE_A "'ADD n :n', 'ExpressionAttributeValues': {':n': {'SS': ['x']}}}", "write 0 a"},
        {"a nested attribute", "UpdateItem",
         UPDATE_A "'ADD n.m :n', 'ExpressionAttributeValues': {" N(":n", "1") "}}", "write 0 a"},
        {"and something else", "UpdateItem",
         UPDATE_A "'ADD n :n SET m = :n', 'ExpressionAttributeValues': {" N(":n", "1") "}}",
         "write 0 a"},
        {"on a condition", "UpdateItem",
         UPDATE_A "'ADD n :n', 'ConditionExpression': 'attribute_exists(id)',"
                  " 'ExpressionAttributeValues': {" N(":n", "1") "}}",
         "write 0 a"},
        {"with the new value", "UpdateItem",
         UPDATE_A "'ADD n :n', 'ReturnValues': 'UPDATED_NEW',"
                  " 'ExpressionAttributeValues': {" N(":n", "1") "}}",
         "write 0 a"},
        {"with its capacity", "UpdateItem",
         UPDATE_A "'ADD n :n', 'ReturnConsumedCapacity': 'TOTAL',"
                  " 'ExpressionAttributeValues': {" N(":n", "1") "}}",
         "write 0 a"},
        {"with no values", "UpdateItem",
         UPDATE_A "'ADD n :n', 'ReturnValues': 'NONE',"
                  " 'ExpressionAttributeValues': {" N(":n", "1") "}}",
         "add 0 a"},
    };
    CHECK_ACCESSES(cases);
}

/* What is there at the start may be so large that the order of sums matters. */
Test(access, takes_items_that_are_there_at_the_start_for_written)
{
    struct fixture fixture;
    struct item_accesses accesses;
    fixture_init(&fixture);
    const char *message = NULL;
    struct value item =
        item_from_wire(fixture.store, fixture_json(&fixture, "{'id': {'S': 'a'}}"), &message);
    fixture.configs[FIXTURE_ITEMS].items = &item;
    fixture.configs[FIXTURE_ITEMS].item_count = 1;
    struct value request = fixture_json(
        &fixture, UPDATE_A "'ADD n :n', 'ExpressionAttributeValues': {" N(":n", "1") "}}");
    cr_assert(dynamodb_accesses(&fixture.context, DYNAMODB_UPDATE_ITEM, request, &accesses));
    cr_assert_eq(accesses.count, 1);
    cr_assert_eq(accesses.items[0].kind, ACCESS_WRITE);
    fixture_release(&fixture);
}
