#include "model/turns.h"

#include "tests/support/rig.h"

#include <criterion/criterion.h>
#include <stdio.h>

/* Two pollers of one function, and two of another that reads what it writes. */
#define SCENARIO                                                                                   \
    "scenario: x\nworkload:\n  shards: 2\n  messages:\n"                                           \
    "    - {trade: T1, version: 0, shard: 0}\n    - {trade: T2, version: 0, shard: 1}\n"           \
    "tables: {Out: {stream_shards: 2}}\n"
#define CRASHES "faults: {limit: any, crash: true}\n"

static struct rig rig;

static void send(struct scripted *run, const char *operation, struct value request)
{
    struct value answer;
    if (scripted_request(run, operation, request, &answer))
        scripted_return(run);
}

static void puts_a_row(struct scripted *run)
{
    send(run, "PutItem",
         scripted_format(run->store, "{'TableName': 'Out', 'Item': {'id': {'S': '%s'}}}",
                         scripted_sequence(run, 0)));
}

#define UPDATE "{'TableName': 'Sum', 'Key': {'id': {'S': 's'}}, 'UpdateExpression': "
#define ONE "'ExpressionAttributeValues': {':n': {'N': '1'}}"

static void adds(struct scripted *run)
{
    send(run, "UpdateItem", scripted_format(run->store, UPDATE "'ADD n :n', " ONE "}"));
}

static void sets(struct scripted *run)
{
    send(run, "UpdateItem", scripted_format(run->store, UPDATE "'SET n = :n', " ONE "}"));
}

#define TRANSACTION "{'TransactItems': [{'Update': " UPDATE "'ADD n :n', " ONE "}}], "

static void sends_tokens_of_its_own(struct scripted *run)
{
    send(run, "TransactWriteItems",
         scripted_format(run->store, TRANSACTION "'ClientRequestToken': '%s'}",
                         scripted_sequence(run, 0)));
}

static void sends_one_token(struct scripted *run)
{
    send(run, "TransactWriteItems",
         scripted_format(run->store, TRANSACTION "'ClientRequestToken': 't'}"));
}

static void scans_before_it_adds(struct scripted *run)
{
    struct value answer;
    if (scripted_call(run, "Scan", "{'TableName': 'Sum'}", &answer))
        adds(run);
}

static void sleeps(struct scripted *run)
{
    scripted_sleep(run, 1000);
    adds(run);
}

/* The groups of a pipeline whose last function does that. */
static uint32_t groups(scripted_function work, scripted_function next, const char *faults)
{
    char scenario[1024];
    snprintf(scenario, sizeof scenario, "%s%s", SCENARIO, faults);
    rig_init(&rig, &(struct rig_setup){.scenario = scenario,
                                       .handlers = {{"Work", work}, {"Next", next}},
                                       .merge_local_steps = true,
                                       .stage_order = true,
                                       .shards_in_turn = true});
    rig_learn(&rig, 0);
    uint32_t count = rig.world->order.count;
    cr_assert_eq(rig.world->stages.count, 2);
    rig_release(&rig);
    return count;
}

/* The first function's pollers append to one stream, which its record shows the order of. */
Test(turns, are_taken_by_pollers_that_commute)
{
    cr_expect_eq(groups(puts_a_row, adds, CRASHES), 1 + 2);
    cr_expect_eq(groups(puts_a_row, sends_tokens_of_its_own, CRASHES), 1 + 2);
}

Test(turns, are_not_taken_where_requests_do_not_commute)
{
    cr_expect_eq(groups(puts_a_row, sets, CRASHES), 1 + 1);
    cr_expect_eq(groups(puts_a_row, sends_one_token, CRASHES), 1 + 1);
    cr_expect_eq(groups(puts_a_row, scans_before_it_adds, CRASHES), 1 + 1);
}

Test(turns, are_not_taken_where_moments_show)
{
    cr_expect_eq(groups(puts_a_row, sleeps, CRASHES), 1 + 1);
    cr_expect_eq(groups(puts_a_row, adds, "faults: {limit: 1, stale_read: 1}\n"), 1 + 1);
    cr_expect_eq(groups(puts_a_row, adds, "faults: {limit: 1, late_write: 1}\n"), 1 + 1);
    cr_expect_eq(groups(puts_a_row, adds, "faults: {limit: 1, timeout: 1}\n"), 1 + 1);
}

static void start(bool shards_in_turn)
{
    rig_init(&rig, &(struct rig_setup){.scenario = SCENARIO CRASHES,
                                       .handlers = {{"Work", puts_a_row}, {"Next", adds}},
                                       .merge_local_steps = true,
                                       .stage_order = true,
                                       .shards_in_turn = shards_in_turn});
    rig_learn(&rig, 0);
}

/* The same ends, in fewer states. */
Test(turns, leave_out_what_would_end_the_same)
{
    for (uint32_t faults = 0; faults < 3; faults++) {
        start(false);
        struct rig_reach all = rig_reach(&rig, faults);
        rig_release(&rig);
        start(true);
        struct rig_reach in_turn = rig_reach(&rig, faults);
        rig_release(&rig);
        cr_expect_eq(all.ends, in_turn.ends);
        cr_expect_lt(in_turn.states, all.states);
    }
}
