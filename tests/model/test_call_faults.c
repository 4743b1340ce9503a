#include "model/call_faults.h"

#include "tests/support/rig.h"

#include <criterion/criterion.h>
#include <string.h>

static struct rig rig;

#define ONE_MESSAGE "scenario: x\nworkload:\n  messages:\n    - {trade: T1, version: 0}\n"
#define ONE(kind) ONE_MESSAGE "faults: {limit: any, " kind ": 1}\n"
#define PUT_ROW "{'TableName': 'Out', 'Item': {'id': {'S': 'a'}}}"
#define TWO_ROWS                                                                                   \
    "{'RequestItems': {'Out': [{'PutRequest': {'Item': {'id': {'S': 'a'}}}}, "                     \
    "{'PutRequest': {'Item': {'id': {'S': 'b'}}}}]}}"
#define TRANSACTION                                                                                \
    "{'TransactItems': [{'Update': {'TableName': 'Sum', 'Key': {'id': {'S': 's'}}, "               \
    "'UpdateExpression': 'ADD n :one', 'ExpressionAttributeValues': {':one': {'N': '1'}}}}]}"
#define READY "put Generator 0\npoll Work/shard-0 1"

enum { SDK_ATTEMPTS = 3, SDK_WAIT_MS = 50, READ_TIMEOUT_MS = 2000 };

static void does_nothing(struct scripted *run) { scripted_return(run); }

static void create(const char *scenario, scripted_function work)
{
    rig_init(&rig, &(struct rig_setup){.scenario = scenario,
                                       .handlers = {{"Work", work}, {"Next", does_nothing}},
                                       .merge_local_steps = true});
    rig_learn(&rig, 2);
}

/* As the SDK, in three attempts. False: the function stops here. *done: the last was a success. */
static bool call_as_sdk(struct scripted *run, const char *operation, const char *request,
                        bool fresh_token, struct value *answer, bool *done)
{
    for (uint32_t attempt = 1; attempt <= SDK_ATTEMPTS; attempt++) {
        run->sdk_attempt = attempt;
        run->fresh_token = fresh_token;
        if (!scripted_call(run, operation, request, answer))
            return false;
        struct value lost = value_get_text(run->store, *answer, "error");
        *done = value_is_none(lost) && scripted_status(run, *answer) == 200;
        if (*done)
            return true;
        if (!value_is_none(lost) && value_is_text(run->store, lost, "timeout"))
            scripted_sleep(run, READ_TIMEOUT_MS);
        scripted_sleep(run, SDK_WAIT_MS);
    }
    return true;
}

static void finish(struct scripted *run, bool done)
{
    if (done)
        scripted_return(run);
    else
        scripted_raise(run);
}

static void puts_a_row(struct scripted *run)
{
    struct value answer;
    bool done;
    if (call_as_sdk(run, "PutItem", PUT_ROW, false, &answer, &done))
        finish(run, done);
}

Test(call_faults, a_throttle_lasts_for_all_attempts_of_the_sdk)
{
    char text[RIG_TEXT_SIZE];
    create(ONE("throttle"), puts_a_row);
    rig_take(&rig, READY);
    RIG_EXPECT(&rig, "call Work/shard-0\ncall Work/shard-0 !throttle\n");
    rig_take(&rig, "call Work/shard-0 !throttle");
    cr_assert_str_eq(rig_items(&rig, "Out", text), "");
    cr_assert_eq(rig_clock(&rig, "Work"), SDK_ATTEMPTS * SDK_WAIT_MS);
    /* it has raised; and there is one throttle only */
    rig_take(&rig, "retry Work/shard-0");
    RIG_EXPECT(&rig, "call Work/shard-0\n");
    rig_release(&rig);
}

Test(call_faults, a_server_error_may_have_been_applied)
{
    char text[RIG_TEXT_SIZE];
    create(ONE("server_error"), puts_a_row);
    rig_take(&rig, READY);
    RIG_EXPECT(&rig, "call Work/shard-0\n"
                     "call Work/shard-0 !server_error\n"
                     "call Work/shard-0 1 !server_error\n"
                     "call Work/shard-0 2 !server_error\n");
    rig_take(&rig, "call Work/shard-0 !server_error");
    cr_assert_str_eq(rig_items(&rig, "Out", text), "");
    rig_reset(&rig);
    rig_take(&rig, READY "\ncall Work/shard-0 1 !server_error");
    cr_assert_str_eq(rig_items(&rig, "Out", text), "{'id':{'S':'a'}}");
    RIG_EXPECT(&rig, "retry Work/shard-0\npoll Next/shard-0 1\n");
    /* once only: the second attempt is answered, finds the row and changes nothing */
    rig_reset(&rig);
    rig_take(&rig, READY "\ncall Work/shard-0 2 !server_error");
    RIG_EXPECT(&rig, "call Work/shard-0\npoll Next/shard-0 1\n");
    rig_take(&rig, "call Work/shard-0");
    cr_assert_eq(rig_log_length(&rig, SOURCE_TABLE, "Out", 0), 1);
    rig_release(&rig);
}

Test(call_faults, a_response_is_lost_after_the_call_took_effect)
{
    create(ONE("lost_response"), puts_a_row);
    rig_take(&rig, READY);
    RIG_EXPECT(&rig, "call Work/shard-0\n"
                     "call Work/shard-0 !lost_response\n"
                     "call Work/shard-0 1 !lost_response\n");
    rig_take(&rig, "call Work/shard-0 !lost_response");
    cr_assert_eq(rig_log_length(&rig, SOURCE_TABLE, "Out", 0), 1);
    cr_assert_eq(rig_clock(&rig, "Work"), READ_TIMEOUT_MS + SDK_WAIT_MS);
    rig_reset(&rig);
    rig_take(&rig, READY "\ncall Work/shard-0 1 !lost_response");
    cr_assert_eq(rig_clock(&rig, "Work"), SDK_WAIT_MS);
    rig_release(&rig);
}

static void adds_with_a_fresh_token(struct scripted *run)
{
    struct value answer;
    bool done;
    if (call_as_sdk(run, "TransactWriteItems", TRANSACTION, true, &answer, &done))
        finish(run, done);
}

/* The SDK makes a token per call, not per attempt: its own repetition is no second transaction. */
Test(call_faults, a_fresh_token_protects_the_attempts_of_one_call)
{
    char text[RIG_TEXT_SIZE];
    create(ONE("lost_response"), adds_with_a_fresh_token);
    rig_take(&rig, READY "\ncall Work/shard-0 1 !lost_response\ncall Work/shard-0");
    cr_assert_str_eq(rig_items(&rig, "Sum", text), "{'id':{'S':'s'},'n':{'N':'1'}}");
    rig_release(&rig);
}

/* A retry of the batch has another token. */
Test(call_faults, a_fresh_token_does_not_protect_a_retry)
{
    char text[RIG_TEXT_SIZE];
    create(ONE("server_error"), adds_with_a_fresh_token);
    rig_take(&rig, READY "\ncall Work/shard-0 1 !server_error\nretry Work/shard-0\n"
                         "call Work/shard-0");
    cr_assert_str_eq(rig_items(&rig, "Sum", text), "{'id':{'S':'s'},'n':{'N':'2'}}");
    rig_release(&rig);
}

static void puts_two_rows(struct scripted *run)
{
    struct value answer;
    bool done;
    if (!call_as_sdk(run, "BatchWriteItem", TWO_ROWS, false, &answer, &done))
        return;
    struct value body = value_get_text(run->store, answer, "body");
    struct value left = done ? value_get_text(run->store, body, "UnprocessedItems") : VALUE_NONE;
    finish(run, !value_is_none(left) && value_count(run->store, left) == 0);
}

Test(call_faults, a_throttled_batch_may_be_done_in_part)
{
    char text[RIG_TEXT_SIZE];
    create(ONE("throttle"), puts_two_rows);
    rig_take(&rig, READY);
    RIG_EXPECT(&rig, "call Work/shard-0\n"
                     "call Work/shard-0 !throttle\n"
                     "call Work/shard-0 1 !throttle\n");
    rig_take(&rig, "call Work/shard-0 1 !throttle");
    cr_assert_str_eq(rig_items(&rig, "Out", text), "{'id':{'S':'a'}}");
    /* it has looked at UnprocessedItems, and raised */
    RIG_EXPECT(&rig, "retry Work/shard-0\npoll Next/shard-0 1\n");
    rig_release(&rig);
}

/* A stream that Work puts three records to; they are told apart by their data, "a", "b", "c". */
static const char streams[] =
    "Resources:\n"
    "  In: {Type: 'AWS::Kinesis::Stream', Properties: {ShardCount: 1}}\n"
    "  Mid: {Type: 'AWS::Kinesis::Stream', Properties: {ShardCount: 1}}\n"
    "  Work: {Type: 'AWS::Lambda::Function', Properties: {Handler: a.b}}\n"
    "  Next: {Type: 'AWS::Lambda::Function', Properties: {Handler: a.b}}\n"
    "  WorkMapping:\n"
    "    Type: AWS::Lambda::EventSourceMapping\n"
    "    Properties: {FunctionName: !Ref Work, EventSourceArn: !GetAtt In.Arn, StartingPosition: "
    "TRIM_HORIZON}\n"
    "  NextMapping:\n"
    "    Type: AWS::Lambda::EventSourceMapping\n"
    "    Properties: {FunctionName: !Ref Next, EventSourceArn: !GetAtt Mid.Arn, StartingPosition: "
    "TRIM_HORIZON}\n";

#define THREE_RECORDS                                                                              \
    "{'StreamName': 'Mid', 'Records': [{'Data': 'YQ==', 'PartitionKey': 'k'}, {'Data': 'Yg==', "   \
    "'PartitionKey': 'k'}, {'Data': 'Yw==', 'PartitionKey': 'k'}]}"

/* What it was answered so far, over all runs: "x--1 ", the first record fails, and
 * FailedRecordCount is 1. */
static char outcomes[256];

static void puts_three_records(struct scripted *run)
{
    struct value answer;
    if (!scripted_call(run, "Kinesis_20131202.PutRecords", THREE_RECORDS, &answer))
        return;
    if (scripted_status(run, answer) != 200) {
        scripted_raise(run);
        return;
    }
    struct value body = value_get_text(run->store, answer, "body");
    struct value records = value_get_text(run->store, body, "Records");
    int64_t failed = -1;
    char outcome[] = "???? ";
    cr_assert_eq(value_count(run->store, records), 3);
    cr_assert(value_to_integer(run->store, value_get_text(run->store, body, "FailedRecordCount"),
                               &failed));
    for (size_t i = 0; i < 3; i++) {
        struct value record = value_at(run->store, records, i);
        bool fails = !value_is_none(value_get_text(run->store, record, "ErrorCode"));
        cr_assert_eq(value_is_none(value_get_text(run->store, record, "SequenceNumber")), fails);
        outcome[i] = fails ? 'x' : '-';
    }
    outcome[3] = (char)('0' + failed);
    if (strstr(outcomes, outcome) == NULL)
        strcat(outcomes, outcome);
    scripted_return(run);
}

Test(call_faults, some_records_of_a_put_fail)
{
    static const struct {
        const char *step;
        const char *outcome;
        size_t length; /* of the stream */
    } cases[] = {
        {"call Work/shard-0", "---0 ", 3},
        {"call Work/shard-0 1 !throttle", "xxx3 ", 0},
        {"call Work/shard-0 2 !throttle", "-xx2 ", 1},
        {"call Work/shard-0 3 !throttle", "--x1 ", 2},
        {"call Work/shard-0 4 !throttle", "x--1 ", 2},
        {"call Work/shard-0 5 !throttle", "xx-2 ", 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rig_init(&rig, &(struct rig_setup){
                           .template = streams,
                           .scenario = "scenario: x\nworkload:\n  stream: In\n"
                                       "  messages:\n    - {trade: T1, version: "
                                       "0}\nfaults: {limit: any, throttle: 1}\n",
                           .handlers = {{"Work", puts_three_records}, {"Next", does_nothing}},
                           .merge_local_steps = true});
        rig_learn(&rig, 1);
        rig_take(&rig, READY);
        RIG_EXPECT(&rig, "call Work/shard-0\n"
                         "call Work/shard-0 !throttle\n"
                         "call Work/shard-0 1 !throttle\n"
                         "call Work/shard-0 2 !throttle\n"
                         "call Work/shard-0 3 !throttle\n"
                         "call Work/shard-0 4 !throttle\n"
                         "call Work/shard-0 5 !throttle\n");
        rig_take(&rig, cases[i].step);
        cr_expect_not_null(strstr(outcomes, cases[i].outcome), "%s: %s", cases[i].step, outcomes);
        cr_expect_eq(rig_log_length(&rig, SOURCE_STREAM, "Mid", 0), cases[i].length);
        rig_release(&rig);
    }
}

static void adds_then_puts(struct scripted *run)
{
    struct value answer;
    if (!scripted_call(run, "TransactWriteItems", TRANSACTION, &answer))
        return;
    if (scripted_status(run, answer) != 200) {
        cr_assert_str_eq(
            value_bytes(
                run->store,
                value_get_text(run->store, value_get_text(run->store, answer, "body"), "Message"),
                NULL),
            "Transaction cancelled, please refer cancellation reasons for specific reasons "
            "[TransactionConflict]");
        scripted_raise(run);
        return;
    }
    if (!scripted_call(run, "PutItem", PUT_ROW, &answer))
        return;
    finish(run, scripted_status(run, answer) == 200);
}

/* Out takes part in no transaction. */
Test(call_faults, transactions_conflict_where_there_are_any)
{
    create(ONE("transaction_conflict"), adds_then_puts);
    rig_take(&rig, READY);
    RIG_EXPECT(&rig, "call Work/shard-0\ncall Work/shard-0 !transaction_conflict\n");
    rig_take(&rig, "call Work/shard-0");
    RIG_EXPECT(&rig, "call Work/shard-0\n");
    rig_release(&rig);
}

static void reads(struct scripted *run, bool consistent)
{
    struct value answer;
    if (!scripted_call(run, "PutItem", PUT_ROW, &answer) ||
        !scripted_call(run, "GetItem",
                       consistent ? "{'TableName': 'Out', 'Key': {'id': {'S': 'a'}}, "
                                    "'ConsistentRead': true}"
                                  : "{'TableName': 'Out', 'Key': {'id': {'S': 'a'}}}",
                       &answer))
        return;
    struct value body = value_get_text(run->store, answer, "body");
    finish(run, !value_is_none(value_get_text(run->store, body, "Item")));
}

static void reads_what_it_wrote(struct scripted *run) { reads(run, false); }
static void reads_consistently(struct scripted *run) { reads(run, true); }

Test(call_faults, a_stale_read_sees_what_was_there_before)
{
    create(ONE("stale_read"), reads_what_it_wrote);
    rig_take(&rig, READY "\ncall Work/shard-0");
    RIG_EXPECT(&rig, "call Work/shard-0\n"
                     "call Work/shard-0 !stale_read\n"
                     "poll Next/shard-0 1\n");
    rig_take(&rig, "call Work/shard-0 !stale_read");
    RIG_EXPECT(&rig, "retry Work/shard-0\npoll Next/shard-0 1\n");
    rig_release(&rig);
    create(ONE("stale_read"), reads_consistently);
    rig_take(&rig, READY "\ncall Work/shard-0");
    RIG_EXPECT(&rig, "call Work/shard-0\npoll Next/shard-0 1\n");
    rig_release(&rig);
}

static void asks_a_table_that_nobody_writes(struct scripted *run)
{
    struct value answer;
    bool done;
    if (call_as_sdk(run, "GetItem", "{'TableName': 'Sum', 'Key': {'id': {'S': 'p'}}}", false,
                    &answer, &done))
        finish(run, done);
}

/* Such a read is no step of its own, unless it can fail. */
Test(call_faults, hit_reads_that_are_always_the_same)
{
    create(ONE("throttle"), asks_a_table_that_nobody_writes);
    rig_take(&rig, READY);
    RIG_EXPECT(&rig, "call Work/shard-0\ncall Work/shard-0 !throttle\n");
    rig_release(&rig);
    create(ONE_MESSAGE, asks_a_table_that_nobody_writes);
    rig_take(&rig, READY);
    RIG_EXPECT(&rig, "acknowledge Work/shard-0\n");
    rig_release(&rig);
}
