#include "model/time_to_live.h"
#include "tests/support/rig.h"

#include <criterion/criterion.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static struct rig rig;

/* The rig's own pipeline, where Out has a time to live. */
static const char expiring[] =
    "Resources:\n"
    "  In: {Type: 'AWS::Kinesis::Stream', Properties: {Name: In, ShardCount: 1}}\n"
    "  Out:\n"
    "    Type: AWS::DynamoDB::Table\n"
    "    Properties:\n"
    "      TableName: Out\n"
    "      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]\n"
    "      KeySchema: [{AttributeName: id, KeyType: HASH}]\n"
    "      StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}\n"
    "      TimeToLiveSpecification: {AttributeName: until, Enabled: true}\n"
    "  Work:\n"
    "    Type: AWS::Lambda::Function\n"
    "    Properties: {FunctionName: Work, Runtime: python3.11, Handler: a.b, Timeout: 10,\n"
    "                 Code: {S3Bucket: b, S3Key: a.zip}, Role: 'arn:aws:iam::1:role/r'}\n"
    "  Next:\n"
    "    Type: AWS::Lambda::Function\n"
    "    Properties: {FunctionName: Next, Runtime: python3.11, Handler: a.b, Timeout: 10,\n"
    "                 Code: {S3Bucket: b, S3Key: a.zip}, Role: 'arn:aws:iam::1:role/r'}\n"
    "  WorkMapping:\n"
    "    Type: AWS::Lambda::EventSourceMapping\n"
    "    Properties: {FunctionName: !Ref Work, StartingPosition: TRIM_HORIZON,\n"
    "                 BatchSize: 1, EventSourceArn: !GetAtt In.Arn}\n"
    "  NextMapping:\n"
    "    Type: AWS::Lambda::EventSourceMapping\n"
    "    Properties: {FunctionName: !Ref Next, StartingPosition: TRIM_HORIZON,\n"
    "                 BatchSize: 1, EventSourceArn: !GetAtt Out.StreamArn}\n";

#define SCENARIO(faults)                                                                           \
    "scenario: x\nworkload:\n  messages:\n    - {trade: T1, version: 0}\n" faults

static void returns(struct scripted *run) { scripted_return(run); }

static void put_until(struct scripted *run, int64_t life_s)
{
    struct value answer;
    int64_t now_ms = 0;
    if (!scripted_time(run, &now_ms))
        return;
    struct value request = scripted_format(
        run->store, "{'TableName':'Out','Item':{'id':{'S':'a'},'until':{'N':'%" PRId64 "'}}}",
        now_ms / 1000 + life_s);
    if (!scripted_request(run, "PutItem", request, &answer))
        return;
    scripted_return(run);
}

static void lives_five_seconds(struct scripted *run) { put_until(run, 5); }
static void is_over(struct scripted *run) { put_until(run, -1); }

static void create(const char *faults, scripted_function work, bool reduced)
{
    rig_init(&rig, &(struct rig_setup){.template = expiring,
                                       .scenario = faults,
                                       .handlers = {{"Work", work}, {"Next", returns}},
                                       .merge_local_steps = reduced,
                                       .stage_order = reduced,
                                       .drop_dead_data = reduced});
    rig_learn(&rig, 1);
}

static struct value item_until(struct value_store *store, const char *json)
{
    return scripted_format(store, "{'until':%s}", json);
}

Test(time_to_live, has_passed_when_its_second_has)
{
    static const int64_t now_ms = INT64_C(1704067200999);
    const struct table_config table = {.time_to_live = "until"};
    const struct table_config other = {.time_to_live = NULL};
    create(SCENARIO(""), lives_five_seconds, false);
    struct value_store *store = rig.store;
    cr_assert(time_to_live_has_passed(store, &table, item_until(store, "1704067199"), now_ms));
    cr_assert(time_to_live_has_passed(store, &table, item_until(store, "1704067199.5"), now_ms));
    cr_assert_not(time_to_live_has_passed(store, &table, item_until(store, "1704067200"), now_ms));
    cr_assert_not(time_to_live_has_passed(store, &other, item_until(store, "1"), now_ms));
    /* a text is no time, milliseconds are a time far away, one of five years ago is a mistake */
    cr_assert_not(time_to_live_has_passed(store, &table, item_until(store, "'1'"), now_ms));
    cr_assert_not(
        time_to_live_has_passed(store, &table, item_until(store, "1704067199000"), now_ms));
    cr_assert_not(time_to_live_has_passed(store, &table, item_until(store, "1540000000"), now_ms));
    cr_assert_not(time_to_live_has_passed(store, &table, scripted_format(store, "{}"), now_ms));
    rig_release(&rig);
}

Test(time_to_live, deletes_what_time_has_passed_over)
{
    char text[RIG_TEXT_SIZE];
    create(SCENARIO("faults: {limit: any, timeout: 1}\n"), lives_five_seconds, false);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1\nclock Work/shard-0\ncall Work/shard-0\n"
                   "poll Next/shard-0 1\nacknowledge Next/shard-0");
    RIG_EXPECT(&rig, "acknowledge Work/shard-0\ntimeout Work/shard-0 !timeout\n");
    rig_take(&rig, "timeout Work/shard-0 !timeout");
    /* at any time from now on: the item is still there for whoever comes first */
    cr_assert_eq(rig_clock(&rig, "Work"), 10000);
    RIG_EXPECT(&rig, "clock Work/shard-0\ntime_to_live DynamoDB\n");
    rig_take(&rig, "time_to_live DynamoDB");
    cr_assert_str_eq(rig_items(&rig, "Out", text), "");
    cr_assert_eq(rig_log_length(&rig, SOURCE_TABLE, "Out", 0), 2);
    uint32_t log = (uint32_t)rig.world->layout.table_logs[rig_table(&rig, "Out")];
    struct value entry = world_log_entry(rig.world, rig.state, log, 1);
    struct value record = value_at(rig.store, entry, 1);
    cr_assert(value_is_text(rig.store, value_get_text(rig.store, record, "eventName"), "REMOVE"));
    struct value author = value_get_text(rig.store, record, "userIdentity");
    cr_assert(value_is_text(rig.store, value_get_text(rig.store, author, "principalId"),
                            "dynamodb.amazonaws.com"));
    cr_assert(value_is_text(rig.store, value_get_text(rig.store, author, "type"), "Service"));
    RIG_EXPECT(&rig, "clock Work/shard-0\npoll Next/shard-0 1\n");
    rig_release(&rig);
}

/* No time has to pass for it. */
Test(time_to_live, deletes_what_was_over_when_it_was_written)
{
    create(SCENARIO("faults: {limit: any}\n"), is_over, false);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1\nclock Work/shard-0\ncall Work/shard-0");
    RIG_EXPECT(&rig, "acknowledge Work/shard-0\ntime_to_live DynamoDB\npoll Next/shard-0 1\n");
    rig_release(&rig);
}

/* It is the last thing that a stage does: its tables are dropped after it, not before. */
Test(time_to_live, comes_before_its_stage_is_finished)
{
    create(SCENARIO("faults: {limit: any}\n"), is_over, true);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1\ncall Work/shard-0\n"
                   "acknowledge Work/shard-0");
    RIG_EXPECT(&rig, "time_to_live DynamoDB\n");
    rig_take(&rig, "time_to_live DynamoDB");
    cr_assert_eq(rig_log_length(&rig, SOURCE_TABLE, "Out", 0), 2);
    RIG_EXPECT(&rig, "poll Next/shard-0 1\n");
    rig_release(&rig);
}

/* Longer than most items live, and not yet as long as streams keep records. */
Test(time_to_live, adds_a_delay_of_eleven_hours)
{
    create(SCENARIO("faults: {limit: any, delay: 1}\n"), lives_five_seconds, false);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1");
    RIG_EXPECT(&rig, "invoke Work/shard-0\n"
                     "delay Work/shard-0 31 !delay\n"
                     "delay Work/shard-0 61 !delay\n"
                     "delay Work/shard-0 660 !delay\n"
                     "delay Work/shard-0 39600 !delay\n"
                     "delay Work/shard-0 90000 !delay\n");
    rig_release(&rig);
}
