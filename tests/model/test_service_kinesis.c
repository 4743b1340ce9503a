#include "model/service.h"

#include "tests/support/rig.h"

#include <criterion/criterion.h>

static struct rig rig;

#define FUNCTION(name, source)                                                                     \
    "  " name ":\n    Type: AWS::Lambda::Function\n"                                               \
    "    Properties: {FunctionName: " name ", Runtime: python3.11, Handler: a.b, "                 \
    "Code: {S3Bucket: b, S3Key: a.zip}, Role: 'arn:aws:iam::1:role/r'}\n"                          \
    "  " name "Mapping:\n    Type: AWS::Lambda::EventSourceMapping\n"                              \
    "    Properties: {FunctionName: !Ref " name ", StartingPosition: LATEST, EventSourceArn: "     \
    "!GetAtt " source ".Arn}\n"

#define STREAMS                                                                                    \
    "Resources:\n"                                                                                 \
    "  In: {Type: 'AWS::Kinesis::Stream', Properties: {Name: In, ShardCount: 1}}\n"                \
    "  Mid: {Type: 'AWS::Kinesis::Stream', Properties: {Name: Mid, ShardCount: 2}}\n" FUNCTION(    \
        "Work", "In") FUNCTION("Next", "Mid")
#define READER                                                                                     \
    "  r: {Type: 'AWS::IAM::Role', Properties: {ManagedPolicyArns: ["                              \
    "'arn:aws:iam::aws:policy/service-role/AWSLambdaKinesisExecutionRole']}}\n"

static const char template[] = STREAMS;
static const char template_with_role[] = STREAMS READER;

static void does_nothing(struct scripted *run) { scripted_return(run); }

static void create_with(const char *text, scripted_function work)
{
    rig_init(&rig, &(struct rig_setup){
                       .template = text,
                       .scenario = "scenario: x\nworkload:\n  stream: In\n  messages:\n"
                                   "    - {trade: T1, version: 0}\n",
                       .handlers = {{"Work", work}, {"Next", does_nothing}},
                       .merge_local_steps = true,
                   });
    rig_learn(&rig, 0);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1");
}

static void create(scripted_function work) { create_with(template, work); }

/* Hash keys 0 and 2^128 - 1 are in the first and the last shard. */
static void puts_two(struct scripted *run)
{
    struct value answer;
    if (!scripted_call(run, "Kinesis_20131202.PutRecords",
                       "{'StreamName': 'Mid', 'Records': ["
                       "{'Data': 'YQ==', 'PartitionKey': 'k', 'ExplicitHashKey': "
                       "'340282366920938463463374607431768211455'},"
                       "{'Data': 'Yg==', 'PartitionKey': 'k', 'ExplicitHashKey': '0'},"
                       "{'Data': 'Yw==', 'PartitionKey': 'k', 'ExplicitHashKey': '0'}]}",
                       &answer))
        return;
    struct value body = value_get_text(run->store, answer, "body");
    cr_assert_eq(scripted_status(run, answer), 200);
    cr_assert_eq(value_count(run->store, value_get_text(run->store, body, "Records")), 3);
    scripted_return(run);
}

Test(service_kinesis, appends_records_to_streams)
{
    create(puts_two);
    rig_take(&rig, "call Work/shard-0");
    cr_assert_eq(rig_log_length(&rig, SOURCE_STREAM, "Mid", 0), 2);
    cr_assert_eq(rig_log_length(&rig, SOURCE_STREAM, "Mid", 1), 1);
    RIG_EXPECT(&rig, "acknowledge Work/shard-0\npoll Next/shard-0 1\npoll Next/shard-0 2\n"
                     "poll Next/shard-1 1\n");
    cr_assert_lt(rig.world->stages.of_function[rig_function(&rig, "Work")],
                 rig.world->stages.of_function[rig_function(&rig, "Next")]);
    rig_release(&rig);
}

static void puts_into_nothing(struct scripted *run)
{
    struct value answer;
    if (!scripted_call(run, "Kinesis_20131202.PutRecord",
                       "{'StreamName': 'Nowhere', 'Data': 'YQ==', 'PartitionKey': 'k'}", &answer))
        return;
    cr_assert_eq(scripted_status(run, answer), 400);
    scripted_raise(run);
}

Test(service_kinesis, refuses_streams_that_are_not_there)
{
    create(puts_into_nothing);
    rig_take(&rig, "call Work/shard-0");
    RIG_EXPECT(&rig, "retry Work/shard-0\n");
    rig_release(&rig);
}

static void puts_without_permission(struct scripted *run)
{
    struct value answer;
    if (!scripted_call(run, "Kinesis_20131202.PutRecord",
                       "{'StreamName': 'Mid', 'Data': 'YQ==', 'PartitionKey': 'k'}", &answer))
        return;
    struct value body = value_get_text(run->store, answer, "body");
    cr_assert_eq(scripted_status(run, answer), 400);
    cr_assert(value_is_text(run->store, value_get_text(run->store, body, "__type"),
                            "com.amazon.coral.service#AccessDeniedException"));
    scripted_raise(run);
}

Test(service_kinesis, needs_the_permission_to_put)
{
    create_with(template_with_role, puts_without_permission);
    rig_take(&rig, "call Work/shard-0");
    RIG_EXPECT(&rig, "retry Work/shard-0\n");
    cr_assert_eq(rig_log_length(&rig, SOURCE_STREAM, "Mid", 0), 0);
    cr_assert_eq(rig_log_length(&rig, SOURCE_STREAM, "Mid", 1), 0);
    cr_assert_eq(rig.world->facts.refusal_count, 1);
    rig_release(&rig);
}

/* A sequence number is AWS's choice, so the key made of it is, too. */
static void puts_under_a_chosen_key(struct scripted *run)
{
    struct value answer;
    for (int i = 0; i < 2; i++) {
        struct value request = scripted_format(run->store,
                                               "{'StreamName': 'Mid', 'Records': ["
                                               "{'Data': 'YQ==', 'PartitionKey': '%s'},"
                                               "{'Data': 'Yg==', 'PartitionKey': '%s'}]}",
                                               scripted_sequence(run, 0),
                                               i == 0 ? scripted_sequence(run, 0) : "fixed");
        if (!scripted_request(run, "Kinesis_20131202.PutRecords", request, &answer))
            return;
    }
    scripted_return(run);
}

Test(service_kinesis, lets_chance_place_keys_that_it_chose)
{
    create(puts_under_a_chosen_key);
    /* both records of the first call lie in one shard; the second call finds the key there */
    RIG_EXPECT(&rig, "call Work/shard-0\ncall Work/shard-0 place 1\n");
    for (uint32_t place = 0; place < 2; place++) {
        rig_reset(&rig);
        rig_take(&rig, "put Generator 0\npoll Work/shard-0 1");
        rig_take(&rig, place == 0 ? "call Work/shard-0" : "call Work/shard-0 place 1");
        cr_assert_eq(rig_log_length(&rig, SOURCE_STREAM, "Mid", place), 2);
        cr_assert_eq(rig_log_length(&rig, SOURCE_STREAM, "Mid", 1 - place), 0);
        RIG_EXPECT(&rig, place == 0 ? "call Work/shard-0\npoll Next/shard-0 1\n"
                                      "poll Next/shard-0 2\n"
                                    : "call Work/shard-0\npoll Next/shard-1 1\n"
                                      "poll Next/shard-1 2\n");
        rig_take(&rig, "call Work/shard-0");
        cr_assert_geq(rig_log_length(&rig, SOURCE_STREAM, "Mid", place), 3);
    }
    rig_release(&rig);
}

/* The answer names the shard; a call that is refused places nothing. */
static void raises_where_a_put_fails(struct scripted *run)
{
    struct value answer;
    struct value request =
        scripted_format(run->store, "{'StreamName': 'Mid', 'Data': 'YQ==', 'PartitionKey': '%s'}",
                        scripted_sequence(run, 0));
    if (!scripted_request(run, "Kinesis_20131202.PutRecord", request, &answer))
        return;
    if (scripted_status(run, answer) != 200) {
        scripted_raise(run);
        return;
    }
    scripted_return_value(
        run, value_get_text(run->store, value_get_text(run->store, answer, "body"), "ShardId"));
}

Test(service_kinesis, places_nothing_where_a_call_is_refused)
{
    rig_init(&rig, &(struct rig_setup){
                       .template = template,
                       .scenario = "scenario: x\nworkload:\n  stream: In\n"
                                   "  messages:\n"
                                   "    - {trade: T1, version: 0}\n"
                                   "faults: {limit: any, throttle: 1}\n",
                       .handlers = {{"Work", raises_where_a_put_fails}, {"Next", does_nothing}},
                       .merge_local_steps = true});
    rig_learn(&rig, 1);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1");
    RIG_EXPECT(&rig, "call Work/shard-0\ncall Work/shard-0 !throttle\n"
                     "call Work/shard-0 place 1\n");
    rig_take(&rig, "call Work/shard-0 !throttle\nretry Work/shard-0");
    RIG_EXPECT(&rig, "call Work/shard-0\ncall Work/shard-0 place 1\n");
    rig_release(&rig);
}

static void puts_back(struct scripted *run)
{
    struct value answer;
    if (scripted_record_count(run) > 1 ||
        scripted_call(run, "Kinesis_20131202.PutRecord",
                      "{'StreamName': 'In', 'Data': 'YQ==', 'PartitionKey': 'k'}", &answer))
        scripted_return(run);
}

/* The generator's stream is the function's, too: both are in one stage. */
Test(service_kinesis, ties_the_generator_to_who_puts_into_its_stream)
{
    rig_init(&rig, &(struct rig_setup){
                       .template = template,
                       .scenario = "scenario: x\nworkload:\n  stream: In\n  messages:\n"
                                   "    - {trade: T1, version: 0, copies: 2}\n"
                                   "mappings: {Work: {MaximumRetryAttempts: 0}}\n",
                       .handlers = {{"Work", puts_back}, {"Next", does_nothing}},
                       .merge_local_steps = true,
                       .stage_order = true,
                   });
    rig_take(&rig, "put Generator 0\nput Generator 0\npoll Work/shard-0 1\ncall Work/shard-0");
    cr_assert(world_take_facts_changed(rig.world));
    cr_assert_not(rig.world->stages.generator_is_first);
    rig_reset(&rig);
    rig_take(&rig, "put Generator 0");
    RIG_EXPECT(&rig, "put Generator 0\npoll Work/shard-0 1\n");
    rig_release(&rig);
}
