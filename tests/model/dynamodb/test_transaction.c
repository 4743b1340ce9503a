#include "tests/model/dynamodb/fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sources: DynamoDB API reference, "TransactWriteItems"; which mistakes cancel and which are a
 * ValidationException is M (scylladb test/alternator). */

#define ADD(id, amount)                                                                            \
    "{'Update': {'TableName': 'Items', 'Key': {'id': {'S': '" id "'}}, 'UpdateExpression': 'ADD "  \
    "#v :v', 'ExpressionAttributeNames': {'#v': 'Value'}, 'ExpressionAttributeValues': {':v': "    \
    "{'N': '" amount "'}}}}"
#define PUT(item) "{'Put': {'TableName': 'Items', 'Item': {'id': {'S': 'p'}" item "}}}"
#define PUT_IF(id, condition)                                                                      \
    "{'Put': {'TableName': 'Items', 'Item': {'id': {'S': '" id                                     \
    "'}}, 'ConditionExpression': '" condition "'}}"
#define CHECK_IF(id, condition)                                                                    \
    "{'ConditionCheck': {'TableName': 'Items', 'Key': {'id': {'S': '" id                           \
    "'}}, 'ConditionExpression': '" condition "'}}"
#define CANCELED                                                                                   \
    "TransactionCanceledException: Transaction cancelled, please refer cancellation reasons for "  \
    "specific reasons "
#define ONE_ITEM                                                                                   \
    "ValidationException: Transaction request cannot include multiple operations on one item"

struct transaction_case {
    const char *name;
    const char *actions;
    const char *answer;
    const char *after; /* NULL: as before */
};

#define BEFORE "[{'id': {'S': 'a'}, 'Value': {'N': '8'}}, {'id': {'S': 'b'}, 's': {'S': 'x'}}]"

static void check(const struct transaction_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct fixture fixture;
        char request[4096];
        fixture_init(&fixture);
        fixture_fill(&fixture, FIXTURE_ITEMS, BEFORE);
        struct value before = fixture.tables[FIXTURE_ITEMS];
        snprintf(request, sizeof request, "{'TransactItems': [%s]}", cases[i].actions);
        const char *answer = fixture_run(&fixture, "TransactWriteItems", request);
        cr_expect_str_eq(answer, cases[i].answer, "%s\n  is:     %s\n  wanted: %s", cases[i].name,
                         answer, cases[i].answer);
        if (cases[i].after == NULL)
            cr_expect(value_equal(fixture.tables[FIXTURE_ITEMS], before), "%s", cases[i].name);
        else
            cr_expect_str_eq(fixture_items(&fixture, FIXTURE_ITEMS), cases[i].after, "%s: %s",
                             cases[i].name, fixture_items(&fixture, FIXTURE_ITEMS));
        fixture_release(&fixture);
    }
}

#define CHECK_TRANSACTIONS(cases) check(cases, sizeof(cases) / sizeof(cases)[0])

Test(transaction, applies_all_actions)
{
    static const struct transaction_case cases[] = {
        {"all kinds",
         ADD("a", "-0.5") "," PUT("") "," CHECK_IF(
             "c", "attribute_not_exists(id)") ",{'Delete': {'TableName': 'Items', 'Key': {'id': "
                                              "{'S': 'b'}}}}",
         "{}", "[{'Value':{'N':'7.5'},'id':{'S':'a'}},{'id':{'S':'p'}}]"},
        {"a no-op among them", ADD("a", "0") "," ADD("c", "1"), "{}",
         "[{'Value':{'N':'8'},'id':{'S':'a'}},{'id':{'S':'b'},'s':{'S':'x'}},{'Value':{'N':'1'},"
         "'id':{'S':'c'}}]"},
        {"only a check", CHECK_IF("a", "attribute_exists(id)"), "{}", NULL},
    };
    CHECK_TRANSACTIONS(cases);
}

Test(transaction, cancels)
{
    static const struct transaction_case cases[] = {
        {"reasons in the order of the actions",
         ADD("a", "1") "," PUT_IF("b", "attribute_not_exists(id)") "," CHECK_IF(
             "c", "attribute_exists(id)") "," PUT_IF("d", "attribute_not_exists(id)"),
         CANCELED "[None, ConditionalCheckFailed, ConditionalCheckFailed, None] "
                  "Reasons=[{'Code':'None'},{'Code':'ConditionalCheckFailed','Message':'The "
                  "conditional request failed'},{'Code':'ConditionalCheckFailed','Message':'The "
                  "conditional request failed'},{'Code':'None'}]",
         NULL},
        {"with the item",
         "{'Update': {'TableName': 'Items', 'Key': {'id': {'S': 'a'}}, 'UpdateExpression': 'REMOVE "
         "x', 'ConditionExpression': 'attribute_exists(x)', "
         "'ReturnValuesOnConditionCheckFailure': 'ALL_OLD'}}",
         CANCELED "[ConditionalCheckFailed] Reasons=[{'Code':'ConditionalCheckFailed','Item':"
                  "{'Value':{'N':'8'},'id':{'S':'a'}},'Message':'The conditional request failed'}]",
         NULL},
        {"a number that needs too many digits",
         ADD("a", "5.551115123125783125E-37") "," ADD("c", "1"),
         CANCELED
         "[ValidationError, None] Reasons=[{'Code':'ValidationError','Message':'Attempting "
         "to store more than 38 significant digits in a Number'},{'Code':'None'}]",
         NULL},
        {"an operand of another type",
         ADD("c", "1") ",{'Update': {'TableName': 'Items', 'Key': {'id': {'S': 'b'}}, "
                       "'UpdateExpression': 'ADD s :v', 'ExpressionAttributeValues': {':v': {'N': "
                       "'1'}}}}",
         CANCELED "[None, ValidationError] Reasons=[{'Code':'None'},{'Code':'ValidationError',"
                  "'Message':'An operand in the update expression has an incorrect data type'}]",
         NULL},
        {"only the first key mistake is found, before conditions (M)",
         "{'Put': {'TableName': 'Items', 'Item': {'id': {'N': '7'}}}},"
         "{'Put': {'TableName': 'Items', 'Item': {'id': {'N': '8'}}}}," PUT_IF(
             "a", "attribute_not_exists(id)"),
         CANCELED "[ValidationError, None, None] Reasons=[{'Code':'ValidationError','Message':'One "
                  "or more parameter values were invalid: Type mismatch for key id expected: S "
                  "actual: N'},{'Code':'None'},{'Code':'None'}]",
         NULL},
        {"the key is changed",
         "{'Update': {'TableName': 'Items', 'Key': {'id': {'S': 'b'}}, 'UpdateExpression': 'REMOVE "
         "id'}}",
         CANCELED
         "[ValidationError] Reasons=[{'Code':'ValidationError','Message':'One or more "
         "parameter values were invalid: Cannot update attribute id. This attribute is part "
         "of the key'}]",
         NULL},
    };
    CHECK_TRANSACTIONS(cases);
}

Test(transaction, rejects_requests)
{
    static const struct transaction_case cases[] = {
        {"empty", "",
         "ValidationException: 1 validation error detected: Value '[]' at 'transactItems' failed "
         "to "
         "satisfy constraint: Member must have length greater than or equal to 1",
         NULL},
        {"one item twice", ADD("a", "1") "," ADD("a", "1"), ONE_ITEM, NULL},
        {"one item written and checked", ADD("a", "1") "," CHECK_IF("a", "attribute_exists(id)"),
         ONE_ITEM, NULL},
        {"no action", "{}",
         "ValidationException: TransactItems can only contain one of Check, Put, Update or Delete",
         NULL},
        {"two actions in one",
         "{'Put': {'TableName': 'Items', 'Item': {'id': {'S': 'x'}}}, 'Delete': {'TableName': "
         "'Items', 'Key': {'id': {'S': 'y'}}}}",
         "ValidationException: TransactItems can only contain one of Check, Put, Update or Delete",
         NULL},
        {"check without condition",
         "{'ConditionCheck': {'TableName': 'Items', 'Key': {'id': {'S': 'a'}}}}",
         "ValidationException: 1 validation error detected: Value null at 'conditionExpression' "
         "failed to satisfy constraint: Member must not be null",
         NULL},
        {"update without expression",
         "{'Update': {'TableName': 'Items', 'Key': {'id': {'S': 'a'}}}}",
         "ValidationException: 1 validation error detected: Value null at 'updateExpression' "
         "failed "
         "to satisfy constraint: Member must not be null",
         NULL},
        {"syntax error (M)", PUT_IF("a", "hello!"),
         "ValidationException: Invalid ConditionExpression: Syntax error; token: '!', near: "
         "'hello!'",
         NULL},
        {"undefined name (M)", PUT_IF("a", "attribute_exists(#x)"),
         "ValidationException: Invalid ConditionExpression: An expression attribute name used in "
         "the "
         "document path is not defined; attribute name: #x",
         NULL},
        {"unknown table", "{'Delete': {'TableName': 'Nope', 'Key': {'id': {'S': 'a'}}}}",
         "ResourceNotFoundException: Requested resource not found", NULL},
        {"unknown option (M)",
         "{'Delete': {'TableName': 'Items', 'Key': {'id': {'S': 'a'}}, "
         "'ReturnValuesOnConditionCheckFailure': 'none'}}",
         "ValidationException: 1 validation error detected: Value 'none' at "
         "'returnValuesOnConditionCheckFailure' failed to satisfy constraint: Member must satisfy "
         "enum value set: [ALL_OLD, NONE]",
         NULL},
    };
    CHECK_TRANSACTIONS(cases);
}

Test(transaction, reports_changes_in_order)
{
    struct fixture fixture;
    fixture_init(&fixture);
    cr_expect_str_eq(fixture_run(&fixture, "TransactWriteItems",
                                 "{'TransactItems': [" ADD("z", "1") "," ADD("a", "2") "," ADD(
                                     "m", "3") "], 'ReturnConsumedCapacity': 'TOTAL'}"),
                     "{'ConsumedCapacity':[{'CapacityUnits':6,'TableName':'Items'}]}");
    cr_assert_eq(fixture.result.change_count, 3);
    static const char *const keys[] = {"z", "a", "m"};
    for (size_t i = 0; i < 3; i++) {
        cr_expect(value_is_text(fixture.store, fixture.result.changes[i].key, keys[i]));
        cr_expect(value_is_none(fixture.result.changes[i].before));
    }
    cr_expect(fixture.result.writes);
    cr_expect_not(fixture.result.token_recorded);
    fixture_release(&fixture);
}

static const char *run_many(struct fixture *fixture, unsigned count, size_t size)
{
    char *request = calloc(1, count * (size + 128) + 64);
    size_t at = (size_t)sprintf(request, "{'TransactItems': [");
    for (unsigned i = 0; i < count; i++) {
        at += (size_t)sprintf(request + at,
                              "%s{'Put': {'TableName': 'Items', 'Item': {'id': {'S': 'k%03u'}, "
                              "'x': {'S': '",
                              i == 0 ? "" : ",", i);
        memset(request + at, 'x', size);
        at += size;
        at += (size_t)sprintf(request + at, "'}}}}");
    }
    sprintf(request + at, "]}");
    const char *answer = fixture_run(fixture, "TransactWriteItems", request);
    free(request);
    return answer;
}

Test(transaction, has_limits)
{
    struct fixture fixture;
    fixture_init(&fixture);
    cr_expect_str_eq(run_many(&fixture, 100, 1), "{}");
    cr_expect_eq(fixture.result.change_count, 100);
    cr_expect_str_eq(run_many(&fixture, 101, 1),
                     "ValidationException: 1 validation error detected: Value at 'transactItems' "
                     "failed to satisfy constraint: Member must have length less than or equal to "
                     "100");
    cr_expect_str_eq(run_many(&fixture, 30, 100000), "{}");
    cr_expect_str_eq(run_many(&fixture, 50, 100000),
                     "ValidationException: Transaction payload size cannot exceed 4 MB");
    fixture_release(&fixture);
}

/* A request of one ADD with this token. */
static const char *add_with_token(char *request, const char *token, const char *amount)
{
    sprintf(request,
            "{'TransactItems': [{'Update': {'TableName': 'Items', 'Key': {'id': {'S': 'a'}}, "
            "'UpdateExpression': 'ADD n :v', 'ExpressionAttributeValues': {':v': {'N': '%s'}}}}], "
            "'ClientRequestToken': '%s'}",
            amount, token);
    return request;
}

Test(transaction, limits_the_token)
{
    struct fixture fixture;
    char request[1024];
    fixture_init(&fixture);
    cr_expect_str_eq(
        fixture_run(&fixture, "TransactWriteItems",
                    add_with_token(request, "123456789012345678901234567890123456", "1")),
        "{}");
    cr_expect(fixture.result.token_recorded);
    cr_expect_str_eq(
        fixture_run(&fixture, "TransactWriteItems",
                    add_with_token(request, "1234567890123456789012345678901234567", "1")),
        "ValidationException: 1 validation error detected: Value "
        "'1234567890123456789012345678901234567' at 'clientRequestToken' failed to satisfy "
        "constraint: Member must have length less than or equal to 36");
    cr_expect_not(fixture.result.token_recorded);
    cr_expect_str_eq(fixture_run(&fixture, "TransactWriteItems", add_with_token(request, "", "1")),
                     "ValidationException: 1 validation error detected: Value '' at "
                     "'clientRequestToken' failed to satisfy constraint: Member must have length "
                     "greater than or equal to 1");
    /* 36 characters, not bytes. */
    cr_expect_str_eq(
        fixture_run(&fixture, "TransactWriteItems",
                    add_with_token(request, "ä23456789012345678901234567890123456", "1")),
        "{}");
    fixture_release(&fixture);
}

Test(transaction, remembers_tokens)
{
    struct fixture fixture;
    struct dynamodb_result result;
    char text[1024];
    fixture_init(&fixture);
    struct value first = fixture_json(&fixture, add_with_token(text, "t", "1"));
    struct value other = fixture_json(&fixture, add_with_token(text, "t", "2"));
    struct value second = fixture_json(&fixture, add_with_token(text, "u", "1"));
    struct value tokens = value_map(fixture.store, NULL, 0);
    const struct dynamodb_context *context = &fixture.context;
    cr_expect_eq(dynamodb_token_check(context, VALUE_NONE, first, 0), TOKEN_NEW);
    cr_expect_eq(dynamodb_token_check(context, tokens, first, 0), TOKEN_NEW);
    tokens = dynamodb_token_record(context, tokens, first, 5000);
    cr_expect_eq(dynamodb_token_check(context, tokens, first, 5000), TOKEN_REPLAYED);
    dynamodb_token_answer(context, first, TOKEN_REPLAYED, &result);
    cr_expect_eq(result.http_status, 200);
    cr_expect_eq(value_count(fixture.store, result.body), 0);
    cr_expect_eq(result.change_count, 0);
    cr_expect_not(result.token_recorded);
    cr_expect_eq(dynamodb_token_check(context, tokens, other, 5000), TOKEN_MISMATCH);
    dynamodb_token_answer(context, other, TOKEN_MISMATCH, &result);
    cr_expect_eq(result.http_status, 400);
    cr_expect(
        value_is_text(fixture.store, value_get_text(fixture.store, result.body, "__type"),
                      "com.amazonaws.dynamodb.v20120810#IdempotentParameterMismatchException"));
    cr_expect_eq(dynamodb_token_check(context, tokens, second, 5000), TOKEN_NEW);
    /* Ten minutes from the completion. */
    int64_t end = 5000 + TOKEN_WINDOW_MS;
    cr_expect_eq(dynamodb_token_check(context, tokens, first, end - 1), TOKEN_REPLAYED);
    cr_expect_eq(dynamodb_token_check(context, tokens, first, end), TOKEN_NEW);
    cr_expect_eq(dynamodb_token_check(context, tokens, other, end), TOKEN_NEW);
    /* Tokens past their window are dropped when another one is recorded. */
    tokens = dynamodb_token_record(context, tokens, second, end);
    cr_expect_eq(value_count(fixture.store, tokens), 1);
    fixture_release(&fixture);
}

Test(transaction, uses_reads_for_a_replay)
{
    struct fixture fixture;
    struct dynamodb_result result;
    fixture_init(&fixture);
    fixture_fill(&fixture, FIXTURE_ITEMS, BEFORE);
    struct value request = fixture_json(
        &fixture,
        "{'TransactItems': [" ADD("a", "1") "," ADD("b", "1") "], 'ClientRequestToken': 't', "
                                                              "'ReturnConsumedCapacity': 'TOTAL'}");
    struct value tokens = dynamodb_token_record(&fixture.context, VALUE_NONE, request, 0);
    cr_assert_eq(dynamodb_token_check(&fixture.context, tokens, request, 0), TOKEN_REPLAYED);
    dynamodb_token_answer(&fixture.context, request, TOKEN_REPLAYED, &result);
    struct value capacity = fixture_json(
        &fixture, "{'ConsumedCapacity': [{'CapacityUnits': 4, 'TableName': 'Items'}]}");
    cr_expect(value_equal(result.body, capacity));
    fixture_release(&fixture);
}

Test(transaction, without_a_token_is_never_a_replay)
{
    struct fixture fixture;
    fixture_init(&fixture);
    struct value request = fixture_json(&fixture, "{'TransactItems': [" ADD("a", "1") "]}");
    struct value tokens = value_map(fixture.store, NULL, 0);
    tokens = dynamodb_token_record(&fixture.context, tokens, request, 0);
    cr_expect_eq(value_count(fixture.store, tokens), 0);
    cr_expect_eq(dynamodb_token_check(&fixture.context, tokens, request, 0), TOKEN_NEW);
    fixture_release(&fixture);
}

Test(transaction, gets)
{
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_fill(&fixture, FIXTURE_ITEMS, BEFORE);
    cr_expect_str_eq(
        fixture_run(
            &fixture, "TransactGetItems",
            "{'TransactItems': [{'Get': {'TableName': 'Items', 'Key': {'id': {'S': 'b'}}}}, "
            "{'Get': {'TableName': 'Items', 'Key': {'id': {'S': 'c'}}}}, {'Get': "
            "{'TableName': 'Items', 'Key': {'id': {'S': 'a'}}, 'ProjectionExpression': "
            "'#v', 'ExpressionAttributeNames': {'#v': 'Value'}}}], "
            "'ReturnConsumedCapacity': 'TOTAL'}"),
        "{'ConsumedCapacity':[{'CapacityUnits':6,'TableName':'Items'}],'Responses':[{'Item':{'id':"
        "{'S':'b'},'s':{'S':'x'}}},{},{'Item':{'Value':{'N':'8'}}}]}");
    cr_expect_not(fixture.result.writes);
    cr_expect_str_eq(
        fixture_run(
            &fixture, "TransactGetItems",
            "{'TransactItems': [{'Get': {'TableName': 'Items', 'Key': {'id': {'S': 'b'}}}}, "
            "{'Get': {'TableName': 'Items', 'Key': {'id': {'S': 'b'}}}}]}"),
        ONE_ITEM);
    fixture_release(&fixture);
}
