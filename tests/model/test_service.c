#include "model/service.h"

#include "tests/support/rig.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct rig rig;

static void does_nothing(struct scripted *run) { scripted_return(run); }

static void setup(void)
{
    rig_init(&rig,
             &(struct rig_setup){.scenario = "scenario: x\nworkload:\n  messages:\n"
                                             "    - {trade: T1, version: 0}\n"
                                             "tables: {Sum: {items: [{id: p, n: 5}]}}\n",
                                 .handlers = {{"Work", does_nothing}, {"Next", does_nothing}}});
}

static void teardown(void) { rig_release(&rig); }

TestSuite(service, .init = setup, .fini = teardown);

static struct handler_step step_of(const char *operation, const char *request)
{
    return (struct handler_step){.kind = HANDLER_CALL,
                                 .target =
                                     value_format(rig.store, "DynamoDB_20120810.%s", operation),
                                 .request = scripted_json(rig.store, request),
                                 .file = value_text(rig.store, "lambda_function.py"),
                                 .line = 12};
}

/* Call as Work and bring the state up to date. */
static const struct call_result *call_step(const struct handler_step *step)
{
    const struct call_result *result = NULL;
    struct value tokens = VALUE_NONE;
    enum status status = service_call(rig.world, rig.state, rig_function(&rig, "Work"), step,
                                      &result, &tokens, &rig.error);
    cr_assert_eq(status, STATUS_OK, "%s", rig.error.message);
    for (size_t i = 0; i < result->change_count; i++)
        rig.state[rig.world->layout.table_slots[result->changes[i].table]] =
            result->tables_after[i].id;
    rig.state[rig.world->layout.tokens_slot] = tokens.id;
    return result;
}

static const struct call_result *call(const char *operation, const char *request)
{
    struct handler_step step = step_of(operation, request);
    return call_step(&step);
}

static int64_t status_of(const struct call_result *result)
{
    int64_t status = 0;
    cr_assert(
        value_to_integer(rig.store, value_get_text(rig.store, result->answer, "status"), &status));
    return status;
}

static const char *type_of(const struct call_result *result)
{
    struct value body = value_get_text(rig.store, result->answer, "body");
    const char *type = value_bytes(rig.store, value_get_text(rig.store, body, "__type"), NULL);
    const char *hash = strchr(type, '#');
    return hash == NULL ? type : hash + 1;
}

#define PUT_A "{'TableName': 'Out', 'Item': {'id': {'S': 'a'}}}"

Test(service, applies_a_write)
{
    const struct call_result *result = call("PutItem", PUT_A);
    cr_assert_eq(status_of(result), 200);
    cr_assert(result->succeeded);
    cr_assert(result->writes);
    cr_assert_eq(result->change_count, 1);
    cr_assert_eq(result->changes[0].table, rig_table(&rig, "Out"));
    cr_assert(value_is_none(result->changes[0].before));
    char text[RIG_TEXT_SIZE];
    cr_assert_str_eq(rig_items(&rig, "Out", text), "{'id':{'S':'a'}}");
}

Test(service, answers_what_was_asked_before_from_memory)
{
    const struct call_result *first = call("PutItem", PUT_A);
    const struct call_result *again = call("PutItem", PUT_A);
    cr_assert_neq(again, first, "the table is another");
    cr_assert_eq(again->change_count, 0);
    cr_assert_eq(call("PutItem", PUT_A), again);
    rig_reset(&rig);
    struct handler_step step = step_of("PutItem", PUT_A);
    unsigned long long requests = rig.memory.requests;
    cr_assert_eq(call_step(&step), first);
    cr_assert_eq(rig.memory.requests, requests);
}

/* What is asked of one table does not depend on others. */
Test(service, looks_only_at_the_tables_named)
{
    const struct call_result *first =
        call("GetItem", "{'TableName': 'Sum', 'Key': {'id': {'S': 'p'}}}");
    (void)call("PutItem", PUT_A);
    cr_assert_eq(call("GetItem", "{'TableName': 'Sum', 'Key': {'id': {'S': 'p'}}}"), first);
    (void)call("PutItem", "{'TableName': 'Sum', 'Item': {'id': {'S': 'p'}}}");
    cr_assert_neq(call("GetItem", "{'TableName': 'Sum', 'Key': {'id': {'S': 'p'}}}"), first);
}

Test(service, changes_several_tables_and_one_more_than_once)
{
    const struct call_result *result =
        call("BatchWriteItem", "{'RequestItems': {"
                               "'Out': [{'PutRequest': {'Item': {'id': {'S': 'a'}}}},"
                               "        {'PutRequest': {'Item': {'id': {'S': 'b'}}}}],"
                               "'Sum': [{'DeleteRequest': {'Key': {'id': {'S': 'p'}}}}]}}");
    char text[RIG_TEXT_SIZE];
    cr_assert_eq(result->change_count, 3);
    cr_assert_str_eq(rig_items(&rig, "Out", text), "{'id':{'S':'a'}} {'id':{'S':'b'}}");
    cr_assert_str_eq(rig_items(&rig, "Sum", text), "");
}

Test(service, answers_errors_as_aws_does)
{
    const struct call_result *result =
        call("PutItem", "{'TableName': 'Sum', 'Item': {'id': {'S': 'p'}},"
                        " 'ConditionExpression': 'attribute_not_exists(id)'}");
    cr_assert_eq(status_of(result), 400);
    cr_assert_not(result->succeeded);
    cr_assert(result->writes);
    cr_assert_eq(result->change_count, 0);
    cr_assert_str_eq(type_of(result), "ConditionalCheckFailedException");
    result = call("GetItem", "{'TableName': 'Nowhere', 'Key': {'id': {'S': 'p'}}}");
    cr_assert_str_eq(type_of(result), "ResourceNotFoundException");
}

static void refuse(const struct handler_step *step, const char *message)
{
    const struct call_result *result = NULL;
    struct value tokens = VALUE_NONE;
    cr_assert_eq(service_call(rig.world, rig.state, rig_function(&rig, "Work"), step, &result,
                              &tokens, &rig.error),
                 STATUS_UNSUPPORTED);
    cr_assert_not_null(strstr(rig.error.message, message), "%s", rig.error.message);
    cr_assert_not_null(strstr(rig.error.message, "Work makes a call at lambda_function.py:12"),
                       "%s", rig.error.message);
}

Test(service, names_what_is_not_simulated)
{
    struct handler_step step = step_of("ExecuteStatement", "{'Statement': 'SELECT'}");
    refuse(&step, "ExecuteStatement");
    step = step_of("PutItem", "{'TableName': 'Out', 'Item': {'id': {'S': 'a'}}, 'Expected': {}}");
    refuse(&step, "Expected");
    step.target = value_text(rig.store, "Kinesis_20131202.GetRecords");
    refuse(&step, "Kinesis_20131202.GetRecords");
}

/* --- tokens ---------------------------------------------------------------------------- */

#define ADD(token, n)                                                                              \
    "{" token "'TransactItems': [{'Update': {'TableName': 'Sum', 'Key': {'id': {'S': 'p'}},"       \
    " 'UpdateExpression': 'ADD n :n', 'ExpressionAttributeValues': {':n': {'N': '" n "'}}}}]}"
#define TOKEN(text) "'ClientRequestToken': '" text "', "

static void expect_sum(const char *sum)
{
    char text[RIG_TEXT_SIZE];
    char expected[128];
    (void)snprintf(expected, sizeof expected, "{'id':{'S':'p'},'n':{'N':'%s'}}", sum);
    cr_assert_str_eq(rig_items(&rig, "Sum", text), expected, "%s", text);
}

static void set_clock(uint32_t ms)
{
    rig.state[rig.world->layout.clock_slots[rig_function(&rig, "Work")]] = ms;
}

Test(service, applies_a_token_once)
{
    cr_assert_eq(status_of(call("TransactWriteItems", ADD(TOKEN("t1"), "1"))), 200);
    expect_sum("6");
    const struct call_result *replay = call("TransactWriteItems", ADD(TOKEN("t1"), "1"));
    cr_assert_eq(status_of(replay), 200);
    cr_assert_eq(replay->change_count, 0);
    expect_sum("6");
    (void)call("TransactWriteItems", ADD(TOKEN("t2"), "1"));
    expect_sum("7");
}

Test(service, refuses_a_token_with_other_parameters)
{
    (void)call("TransactWriteItems", ADD(TOKEN("t1"), "1"));
    const struct call_result *result = call("TransactWriteItems", ADD(TOKEN("t1"), "2"));
    cr_assert_eq(status_of(result), 400);
    cr_assert_str_eq(type_of(result), "IdempotentParameterMismatchException");
    expect_sum("6");
}

Test(service, forgets_a_token_ten_minutes_after_its_completion)
{
    set_clock(5000);
    (void)call("TransactWriteItems", ADD(TOKEN("t1"), "1"));
    set_clock(5000 + TOKEN_WINDOW_MS - 1);
    (void)call("TransactWriteItems", ADD(TOKEN("t1"), "1"));
    expect_sum("6");
    set_clock(5000 + TOKEN_WINDOW_MS); /* the replay has not prolonged it */
    (void)call("TransactWriteItems", ADD(TOKEN("t1"), "1"));
    expect_sum("7");
}

Test(service, keeps_no_token_of_a_cancelled_transaction)
{
    const struct call_result *result =
        call("TransactWriteItems",
             "{'ClientRequestToken': 't1', 'TransactItems': [{'Put': {'TableName': 'Sum', 'Item':"
             " {'id': {'S': 'p'}}, 'ConditionExpression': 'attribute_not_exists(id)'}}]}");
    cr_assert_str_eq(type_of(result), "TransactionCanceledException");
    cr_assert_eq(value_count(rig.store, rig_value(&rig, rig.world->layout.tokens_slot)), 0);
    (void)call("TransactWriteItems", ADD(TOKEN("t1"), "1"));
    expect_sum("6");
    cr_assert_eq(value_count(rig.store, rig_value(&rig, rig.world->layout.tokens_slot)), 1);
}

/* A fresh token is no token: it can never come again. */
Test(service, remembers_no_fresh_token)
{
    struct handler_step step = step_of("TransactWriteItems", ADD("", "1"));
    step.fresh_token = true;
    (void)call_step(&step);
    (void)call_step(&step);
    expect_sum("7");
    cr_assert_eq(value_count(rig.store, rig_value(&rig, rig.world->layout.tokens_slot)), 0);
    cr_assert_not(rig.world->facts.footprints.sends_tokens[rig_function(&rig, "Work")]);
}

Test(service, notes_who_sends_tokens)
{
    (void)call("TransactWriteItems", ADD(TOKEN("t1"), "1"));
    cr_assert(rig.world->facts.footprints.sends_tokens[rig_function(&rig, "Work")]);
    cr_assert_not(rig.world->facts.footprints.sends_tokens[rig_function(&rig, "Next")]);
    cr_assert(rig.world->facts_changed);
}

/* --- what a call is -------------------------------------------------------------------- */

Test(service, knows_constant_reads)
{
    struct handler_step get = step_of("GetItem", "{'TableName': 'Sum', 'Key': {'id': {'S': 'p'}}}");
    struct handler_step put = step_of("PutItem", PUT_A);
    struct handler_step list = step_of("ListTables", "{}");
    cr_assert(service_call_is_constant_read(rig.world, &get));
    cr_assert(service_call_is_constant_read(rig.world, &list));
    cr_assert_not(service_call_is_constant_read(rig.world, &put));
    cr_assert_not(service_call_writes(rig.world, &get));
    cr_assert(service_call_writes(rig.world, &put));
    (void)call("PutItem", PUT_A);
    cr_assert(service_call_is_constant_read(rig.world, &get), "another table was written");
    (void)call("DeleteItem", "{'TableName': 'Sum', 'Key': {'id': {'S': 'p'}}}");
    cr_assert_not(service_call_is_constant_read(rig.world, &get));
}

Test(service, notes_what_functions_touch)
{
    uint32_t work = rig_function(&rig, "Work");
    uint8_t *touched = rig.world->facts.footprints.touched[work];
    (void)call("GetItem", "{'TableName': 'Sum', 'Key': {'id': {'S': 'p'}}}");
    cr_assert_eq(touched[rig_table(&rig, "Sum")], TOUCH_READ);
    cr_assert(rig.world->facts_changed);
    cr_assert_not(rig.world->facts.table_written[rig_table(&rig, "Sum")]);
    (void)call("DeleteItem", "{'TableName': 'Sum', 'Key': {'id': {'S': 'nothing'}}}");
    cr_assert_eq(touched[rig_table(&rig, "Sum")], TOUCH_READ | TOUCH_WRITE);
    cr_assert(rig.world->facts.table_written[rig_table(&rig, "Sum")], "though nothing changed");
    cr_assert_eq(touched[rig_table(&rig, "Out")], 0);
}

/* --- memory ---------------------------------------------------------------------------- */

static enum status try_calls(const struct handler_step *steps, size_t count)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        const struct call_result *result = NULL;
        struct value tokens = VALUE_NONE;
        status = service_call(rig.world, rig.state, 0, &steps[i], &result, &tokens, &rig.error);
    }
    return status;
}

Test(service, survives_every_failing_allocation)
{
    for (unsigned long long n = 1;; n++) {
        const struct handler_step steps[] = {step_of("PutItem", PUT_A),
                                             step_of("TransactWriteItems", ADD(TOKEN("t1"), "1")),
                                             step_of("Scan", "{'TableName': 'Sum'}")};
        unsigned long long before = rig.memory.requests;
        rig.memory.fail_at = before + n;
        enum status status = try_calls(steps, 3);
        bool failed = rig.memory.requests >= rig.memory.fail_at;
        rig.memory.fail_at = 0;
        cr_assert(status == STATUS_OK || status == STATUS_NO_MEMORY, "allocation %llu: %s", n,
                  rig.error.message);
        cr_assert(failed || status == STATUS_OK);
        if (status == STATUS_OK)
            cr_assert_not(value_store_failed(rig.store), "allocation %llu", n);
        teardown();
        setup();
        if (!failed) {
            cr_assert_gt(n, 5);
            break;
        }
    }
}
