#include "model/container.h"

#include "checker/explorer.h"
#include "tests/support/rig.h"

#include <criterion/criterion.h>
#include <string.h>

static struct rig rig;

#define TWO_MESSAGES                                                                               \
    "scenario: x\nworkload:\n  messages:\n    - {trade: T1, version: 0, copies: 2}\n"              \
    "mappings: {Work: {BatchSize: 1}}\n"

static void does_nothing(struct scripted *run) { scripted_return(run); }

/* Writes as many as it has been given since its container was new, as with a list that is never
 * emptied. */
static void puts_count(struct scripted *run)
{
    struct value answer;
    struct value request = scripted_format(
        run->store, "{'TableName': 'Sum', 'Item': {'id': {'S': 'x'}, 'n': {'N': '%zu'}}}",
        scripted_served(run) + scripted_record_count(run));
    if (scripted_request(run, "PutItem", request, &answer))
        scripted_return(run);
}

/* The same, and fails in new containers. */
static void fails_when_new(struct scripted *run)
{
    struct value answer;
    if (!scripted_call(run, "PutItem", "{'TableName': 'Sum', 'Item': {'id': {'S': 'x'}}}", &answer))
        return;
    if (scripted_served(run) == 0)
        scripted_raise(run);
    else
        scripted_return(run);
}

static void fails_at_second(struct scripted *run)
{
    struct value answer;
    if (scripted_call(run, "PutItem", "{'TableName': 'Sum', 'Item': {'id': {'S': 'y'}}}", &answer))
        fails_when_new(run);
}

/* It has seen the event, and dies. */
static void dies(struct scripted *run)
{
    if (scripted_served(run) > 0)
        scripted_return(run);
    else
        scripted_exit(run);
}

static void create(const char *scenario, scripted_function work, bool keeps_state)
{
    rig_init(&rig, &(struct rig_setup){
                       .scenario = scenario,
                       .handlers = {{"Work", work, keeps_state}, {"Next", does_nothing, false}},
                       .merge_local_steps = true});
    rig_learn(&rig, 0);
}

static const struct poller_layout *work(void) { return &rig.world->layout.pollers[0]; }

static bool has_container(void)
{
    return !value_equal(rig_value(&rig, work()->container_slot), rig.world->no_container);
}

Test(container, is_told_apart_where_the_function_keeps_something)
{
    create(TWO_MESSAGES, puts_count, true);
    cr_expect(rig.world->facts.remembers[0]);
    rig_take(&rig, "put Generator 0\nput Generator 0\npoll Work/shard-0 1\n");
    cr_expect_not(has_container(), "it is at work");
    rig_take(&rig, "call Work/shard-0\n");
    cr_expect(has_container());
    rig_take(&rig, "acknowledge Work/shard-0\n");
    RIG_EXPECT(&rig, "poll Work/shard-0 1\npoll Work/shard-0 1 place 1\n");
    rig_take(&rig, "poll Work/shard-0 1 place 1\ncall Work/shard-0\n");
    cr_expect_not(has_container(), "a container serves two at most");
    char items[RIG_TEXT_SIZE];
    cr_expect_neq(strstr(rig_items(&rig, "Sum", items), "2"), NULL, "%s", items);
    rig_release(&rig);
}

Test(container, is_none_where_the_backend_keeps_nothing)
{
    create(TWO_MESSAGES, puts_count, false);
    cr_expect_not(rig.world->facts.remembers[0]);
    rig_take(&rig, "put Generator 0\nput Generator 0\npoll Work/shard-0 1\ncall Work/shard-0\n");
    cr_expect_not(has_container());
    rig_take(&rig, "acknowledge Work/shard-0\n");
    RIG_EXPECT(&rig, "poll Work/shard-0 1\n");
    rig_release(&rig);
}

Test(container, outlives_an_error)
{
    create(TWO_MESSAGES, fails_when_new, true);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1\ncall Work/shard-0\n");
    cr_expect(has_container());
    RIG_EXPECT(&rig, "put Generator 0\nretry Work/shard-0\nretry Work/shard-0 place 1\n");
    rig_release(&rig);
}

Test(container, ends_with_its_process)
{
    create(TWO_MESSAGES, dies, true);
    cr_expect_not(rig.world->facts.remembers[0], "it serves nothing again");
    rig.world->facts.remembers[0] = true;
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1\n");
    cr_expect_not(has_container());
    rig_release(&rig);
}

Test(container, ends_with_a_crash)
{
    create("scenario: x\nworkload:\n  messages:\n    - {trade: T1, version: 0, copies: 2}\n"
           "mappings: {Work: {BatchSize: 1}}\nfaults: {limit: 1, crash: true}\n",
           fails_at_second, true);
    rig_learn(&rig, 1);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1\ncall Work/shard-0\n"
                   "call Work/shard-0\nretry Work/shard-0 place 1\ncall Work/shard-0\n");
    cr_expect_not(has_container());
    rig_take(&rig, "crash Work/shard-0 !crash\n");
    cr_expect_not(has_container());
    rig_release(&rig);
}

Test(container, makes_events_that_say_what_it_has_served)
{
    create(TWO_MESSAGES, does_nothing, false);
    struct served_invocation served;
    struct value event = scripted_json(rig.store, "{'Records': [1]}");
    struct value other = scripted_json(rig.store, "{'Records': [2]}");
    struct value input = value_text(rig.store, "high");
    struct value past = served_value(rig.store, other, 3, &input, 1);
    struct value warm = warm_event(rig.store, event, past);
    cr_expect_not(event_is_warm(rig.store, event, &served));
    cr_expect(value_equal(event_delivered(rig.store, event), event));
    cr_assert(event_is_warm(rig.store, warm, &served));
    cr_expect(value_equal(event_delivered(rig.store, warm), event));
    cr_expect(value_equal(served.event, other));
    cr_expect_eq(served.attempt, 3);
    cr_expect_eq(value_count(rig.store, served.inputs), 1);
    cr_assert(event_is_warm(rig.store, warm_event_again(rig.store, other, warm), &served));
    cr_expect(value_equal(served.event, other));
    rig_release(&rig);
}

#define TWO_SHARDS                                                                                 \
    "Resources:\n"                                                                                 \
    "  In: {Type: 'AWS::Kinesis::Stream', Properties: {Name: In, ShardCount: 2}}\n"                \
    "  Sum:\n    Type: AWS::DynamoDB::Table\n    Properties:\n      TableName: Sum\n"              \
    "      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]\n"                        \
    "      KeySchema: [{AttributeName: id, KeyType: HASH}]\n"                                      \
    "  Work:\n    Type: AWS::Lambda::Function\n"                                                   \
    "    Properties: {FunctionName: Work, Runtime: python3.11, Handler: a.b, Timeout: 10,\n"       \
    "                 Code: {S3Bucket: b, S3Key: a.zip}, Role: 'arn:aws:iam::1:role/r'}\n"         \
    "  Mapping:\n    Type: AWS::Lambda::EventSourceMapping\n"                                      \
    "    Properties: {FunctionName: !Ref Work, StartingPosition: TRIM_HORIZON,\n"                  \
    "                 BatchSize: 1, EventSourceArn: !GetAtt In.Arn}\n"

/* What one shard's invocation has left, another shard's finds. */
Test(container, serves_another_shard_of_the_function)
{
    rig_init(&rig, &(struct rig_setup){.template = TWO_SHARDS,
                                       .scenario = "scenario: x\nworkload:\n  messages:\n"
                                                   "    - {trade: T1, version: 0, shard: 0}\n"
                                                   "    - {trade: T1, version: 1, shard: 1}\n",
                                       .handlers = {{"Work", puts_count, true}},
                                       .merge_local_steps = true,
                                       .stage_order = true,
                                       .shards_in_turn = true});
    rig_learn(&rig, 0);
    cr_expect(rig.world->facts.remembers[0]);
    rig_take(&rig, "put Generator 0\nput Generator 1\npoll Work/shard-0 1\ncall Work/shard-0\n"
                   "acknowledge Work/shard-0\n");
    RIG_EXPECT(&rig, "poll Work/shard-1 1\npoll Work/shard-1 1 place 2\n");
    rig_take(&rig, "poll Work/shard-1 1 place 2\n");
    cr_expect_not(has_container(), "it has been taken");
    rig_take(&rig, "call Work/shard-1\n");
    char items[RIG_TEXT_SIZE];
    cr_expect_neq(strstr(rig_items(&rig, "Sum", items), "'n':{'N':'2'}"), NULL, "%s", items);
    rig_release(&rig);
}
