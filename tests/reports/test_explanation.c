/* Causes, found in the counterexamples of a pipeline with one function: In -> Work ->
 * AggregateTable. Its messages are worth 8^i; what Work does for them is the tests' own. */
#include "reports/explanation.h"

#include "model/base/json.h"
#include "reports/field.h"
#include "reports/trace.h"
#include "tests/support/rig.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static const char pipeline[] =
    "Resources:\n"
    "  In: {Type: 'AWS::Kinesis::Stream', Properties: {Name: In, ShardCount: 1}}\n"
    "  AggregateTable:\n"
    "    Type: AWS::DynamoDB::Table\n"
    "    Properties:\n"
    "      TableName: AggregateTable\n"
    "      AttributeDefinitions: [{AttributeName: Identifier, AttributeType: S}]\n"
    "      KeySchema: [{AttributeName: Identifier, KeyType: HASH}]\n"
    "  Work:\n"
    "    Type: AWS::Lambda::Function\n"
    "    Properties: {FunctionName: Work, Runtime: python3.11, Handler: a.b, Timeout: 10,\n"
    "                 Code: {S3Bucket: b, S3Key: Work.zip}, Role: 'arn:aws:iam::1:role/r'}\n"
    "  WorkMapping:\n"
    "    Type: AWS::Lambda::EventSourceMapping\n"
    "    Properties: {EventSourceArn: !GetAtt In.Arn, FunctionName: !Ref Work,\n"
    "                 StartingPosition: TRIM_HORIZON}\n";

#define ONE_MESSAGE "scenario: x\nworkload:\n  messages:\n    - {trade: T1, version: 0}\n"
#define MAPPING "mappings: {Work: {BatchSize: 1}}\n"

static struct rig rig;
static struct counterexample counterexample;
static struct value violation;

static void release(void)
{
    counterexample_release(&counterexample);
    rig_release(&rig);
}

TestSuite(explanation, .fini = release);

/* Search, and explain what is found. */
static void explain(const char *scenario, scripted_function work)
{
    struct search_options options = {.fault_limit = 2,
                                     .states_max = RIG_STATES_MAX,
                                     .known_faults = UINT32_MAX,
                                     .known_depth = UINT32_MAX};
    struct search_result result;
    rig_init(&rig, &(struct rig_setup){
                       .template = pipeline, .scenario = scenario, .handlers = {{"Work", work}}});
    counterexample_init(&counterexample, rig.world);
    cr_assert_eq(explore(rig.world, &options, &result, &rig.error), STATUS_OK, "%s",
                 rig.error.message);
    cr_assert(result.violation.found);
    cr_assert_eq(counterexample_from_path(&counterexample, rig.world, &result, false, &rig.error),
                 STATUS_OK);
    violation = explanation_put(rig.world, &counterexample, trace_steps(rig.world, &counterexample),
                                &result.violation, value_map(rig.store, NULL, 0));
    cr_assert_not(value_is_none(violation));
    search_result_release(&result);
}

static void expect_text(const char *field, const char *expected)
{
    cr_expect_str_eq(field_text(rig.store, violation, field), expected);
}

static void expect_json(const char *field, const char *expected)
{
    struct text text;
    text_init(&text, &rig.memory);
    json_append(&text, rig.store, value_get_text(rig.store, violation, field));
    for (char *c = text.bytes; *c != '\0'; c++)
        *c = *c == '"' ? '\'' : *c;
    cr_expect_str_eq(text_string(&text), expected);
    text_release(&text);
}

/* The shard that the batch is from, by its first record: the message's number here. */
static int shard_of(const struct scripted *run)
{
    struct value records = value_get_text(run->store, run->run->event, "Records");
    const char *id = field_text(run->store, value_at(run->store, records, 0), "eventID");
    return strncmp(id, "shardId-000000000001", 20) == 0 ? 1 : 0;
}

static struct value sums(const struct scripted *run, const char *operation, int add)
{
    static const char *const keys[] = {"PV", "PV:FXSpot", "PV:FXSpot:EMEA"};
    struct value items = value_list(run->store, NULL, 0);
    for (size_t i = 0; i < 3; i++)
        items = value_append(
            run->store, items,
            scripted_format(run->store,
                            "{'%s': {'TableName': 'AggregateTable', 'Key': {'Identifier': {'S': "
                            "'%s'}}, 'UpdateExpression': 'ADD #v :v', 'ExpressionAttributeNames': "
                            "{'#v': 'Value'}, 'ExpressionAttributeValues': {':v': {'N': '%d'}}}}",
                            operation, keys[i], add));
    return items;
}

static bool transact(struct scripted *run, struct value items, const char *token)
{
    struct value answer;
    struct value request = value_map(run->store, NULL, 0);
    request = value_put_text(run->store, request, "TransactItems", items);
    if (token != NULL)
        request = value_put_text(run->store, request, "ClientRequestToken",
                                 value_text(run->store, token));
    return scripted_request(run, "TransactWriteItems", request, &answer);
}

static void adds_with_fresh_token(struct scripted *run)
{
    run->fresh_token = true;
    if (transact(run, sums(run, "Update", 1), "00000000-0000-4000-8000-000000000000"))
        scripted_return(run);
}

Test(explanation, a_commit_is_repeated_by_the_retry)
{
    explain(ONE_MESSAGE MAPPING "faults: {crash: true}\n", adds_with_fresh_token);
    expect_text("cause", "Work/shard-0 wrote T1 v0 to the aggregates (step 3), crashed before its "
                         "batch was acknowledged (step 4), and its retry wrote it again (step 5)");
    cr_expect(strstr(field_text(rig.store, violation, "defence"),
                     "A ClientRequestToken made from the batch's records") != NULL);
    expect_json("key_steps", "[{'n':3,'why':'written'},"
                             "{'n':4,'why':'the attempt crashed, so its batch comes again'},"
                             "{'n':5,'why':'written again'}]");
    expect_json("counted_at", "[{'from':0,'n':3,'to':1,'trade':'T1','version':0},"
                              "{'from':1,'n':5,'to':2,'trade':'T1','version':0}]");
    expect_json("code", "{'file':'scripted.c','function':'Work','line':1}");
}

static void adds_one_by_one(struct scripted *run)
{
    struct value items = sums(run, "Update", 1);
    for (size_t i = 0; i < 3; i++) {
        struct value answer;
        struct value update = value_get_text(run->store, value_at(run->store, items, i), "Update");
        if (!scripted_request(run, "UpdateItem", update, &answer))
            return;
    }
    scripted_return(run);
}

Test(explanation, some_keys_are_written_again)
{
    explain(ONE_MESSAGE MAPPING "faults: {crash: true}\n", adds_one_by_one);
    expect_text("cause", "Work/shard-0 wrote T1 v0 to the aggregates (step 3), crashed before its "
                         "batch was acknowledged (step 4), and its retry wrote it again (step 5)");
    cr_expect(strstr(field_text(rig.store, violation, "defence"),
                     "Nothing in the UpdateItem of step 5 tells a retry from a new batch") != NULL);
}

Test(explanation, what_is_put_twice_is_written_twice)
{
    explain(
        "scenario: x\nworkload:\n  messages:\n    - {trade: T1, version: 0, copies: 2}\n" MAPPING,
        adds_one_by_one);
    expect_text("cause", "T1 v0 is put twice (steps 1 and 7), and Work/shard-0 wrote both to the "
                         "aggregates (steps 5 and 11)");
    cr_expect(strstr(field_text(rig.store, violation, "defence"),
                     "A condition on the UpdateItem of step 11") != NULL);
}

static void adds_what_it_read(struct scripted *run)
{
    struct value answer;
    int64_t sum = 0;
    if (!scripted_call(run, "GetItem",
                       "{'TableName': 'AggregateTable', 'Key': {'Identifier': {'S': 'PV'}}}",
                       &answer))
        return;
    struct value item =
        value_member(run->store, value_get_text(run->store, answer, "body"), "Item", VALUE_MAP);
    const char *old =
        field_text(run->store, value_member(run->store, item, "Value", VALUE_MAP), "N");
    (void)sscanf(old, "%lld", (long long *)&sum);
    struct value puts = value_list(run->store, NULL, 0);
    static const char *const keys[] = {"PV", "PV:FXSpot", "PV:FXSpot:EMEA"};
    for (size_t i = 0; i < 3; i++)
        puts =
            value_append(run->store, puts,
                         scripted_format(run->store,
                                         "{'Put': {'TableName': 'AggregateTable', 'Item': "
                                         "{'Identifier': {'S': '%s'}, 'Value': {'N': '%lld'}}}}",
                                         keys[i], (long long)sum + (shard_of(run) == 0 ? 1 : 8)));
    if (transact(run, puts, NULL))
        scripted_return(run);
}

Test(explanation, an_old_sum_is_written_back)
{
    explain("scenario: x\nworkload:\n  shards: 2\n  messages:\n"
            "    - {trade: T1, version: 0, shard: 0, hierarchy: {RiskType: PV, TradeDesk: FXSpot, "
            "Region: EMEA}}\n"
            "    - {trade: T2, version: 0, shard: 1, hierarchy: {RiskType: PV, TradeDesk: FXSpot, "
            "Region: EMEA}}\n"
            "  values: distinct\n" MAPPING,
            adds_what_it_read);
    const char *cause = field_text(rig.store, violation, "cause");
    cr_expect(strstr(cause, " read the aggregates (step ") != NULL, "%s", cause);
    cr_expect(strstr(cause, " and then wrote what it had computed over it (step ") != NULL &&
                  strstr(cause, "the old value won") != NULL,
              "%s", cause);
    cr_expect(strstr(field_text(rig.store, violation, "defence"), "Let the database add") != NULL);
}

static void marks_first(struct scripted *run)
{
    struct value answer;
    int64_t status = 0;
    if (!scripted_call(run, "PutItem",
                       "{'TableName': 'AggregateTable', 'Item': {'Identifier': {'S': 'done'}}, "
                       "'ConditionExpression': 'attribute_not_exists(Identifier)'}",
                       &answer))
        return;
    if (value_to_integer(run->store, value_get_text(run->store, answer, "status"), &status) &&
        status == 200 && !transact(run, sums(run, "Update", 1), NULL))
        return;
    scripted_return(run);
}

Test(explanation, a_marker_is_written_before_the_rest)
{
    explain(ONE_MESSAGE MAPPING "faults: {crash: true}\n", marks_first);
    expect_text("cause", "T1 v0 came as far as Work/shard-0 (step 2): Work/shard-0 wrote "
                         "AggregateTable/done for it (step 3), crashed before the rest (step 4), "
                         "and its retry wrote nothing more");
    cr_expect(strstr(field_text(rig.store, violation, "defence"), "belong in one transaction") !=
              NULL);
}

static void is_refused(struct scripted *run)
{
    struct value answer;
    if (scripted_call(run, "UpdateItem",
                      "{'TableName': 'AggregateTable', 'Key': {'Identifier': {'S': 'PV'}}, "
                      "'UpdateExpression': 'SET x = :x', 'ConditionExpression': "
                      "'attribute_exists(Identifier)', 'ExpressionAttributeValues': {':x': {'N': "
                      "'1'}}}",
                      &answer))
        scripted_return(run);
}

Test(explanation, a_refusal_is_passed_over)
{
    explain(ONE_MESSAGE MAPPING, is_refused);
    expect_text("cause", "T1 v0 came as far as Work/shard-0 (step 2), whose UpdateItem for it was "
                         "refused (step 3, ConditionalCheckFailedException), and the batch was "
                         "acknowledged (step 4)");
    cr_expect(strstr(field_text(rig.store, violation, "defence"), "The condition refuses") != NULL);
}

static void does_nothing(struct scripted *run) { scripted_return(run); }

Test(explanation, nothing_is_written)
{
    explain(ONE_MESSAGE MAPPING, does_nothing);
    expect_text("cause", "T1 v0 came as far as Work/shard-0 (step 2), which wrote nothing for it, "
                         "and the batch was acknowledged (step 3)");
    expect_json("defence", "'Every record of a batch has to be dealt with by itself: when the "
                           "function returns, Lambda takes the whole batch for done. Only a "
                           "version that a newer one has replaced may be left out.'");
}

static void raises(struct scripted *run) { scripted_raise(run); }

Test(explanation, a_batch_fails_for_ever)
{
    explain(ONE_MESSAGE MAPPING, raises);
    expect_text("cause",
                "Every invocation of Work/shard-0 with this batch ends in Exception: scripted "
                "(step 2), so the batch is tried again for ever and nothing behind it is "
                "read");
}

Test(explanation, no_memory_is_no_explanation)
{
    explain(ONE_MESSAGE MAPPING "faults: {crash: true}\n", adds_with_fresh_token);
    struct value steps = trace_steps(rig.world, &counterexample);
    struct search_violation found = {.found = true, .property = PROPERTY_EXACTLY_ONCE};
    for (unsigned long long n = 1;; n++) {
        unsigned long long before = rig.memory.requests;
        rig.memory.fail_at = before + n;
        struct value value = explanation_put(rig.world, &counterexample, steps, &found,
                                             value_map(rig.store, NULL, 0));
        bool failed = rig.memory.requests >= before + n;
        rig.memory.fail_at = 0;
        cr_expect(!failed || value_is_none(value) || value_store_failed(rig.store), "request %llu",
                  n);
        if (!failed || value_store_failed(rig.store))
            break;
    }
}
