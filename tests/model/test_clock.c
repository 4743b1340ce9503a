#include "tests/support/rig.h"

#include <criterion/criterion.h>
#include <string.h>

static struct rig rig;

#define ONE_MESSAGE "scenario: x\nworkload:\n  messages:\n    - {trade: T1, version: 0}\n"
#define TIMEOUTS(n) "faults: {limit: any, timeout: " #n "}\n"
#define PUT_ROW "{'TableName': 'Out', 'Item': {'id': {'S': 'a'}}}"

/* The rig's functions have a timeout of 10 s. */
enum { TIMEOUT_MS = 10000, RUN_MAX_MS = 11 * 60 * 1000 };

static void does_nothing(struct scripted *run) { scripted_return(run); }

static void create(const char *scenario, scripted_function work)
{
    rig_init(&rig, &(struct rig_setup){.scenario = scenario,
                                       .handlers = {{"Work", work}, {"Next", does_nothing}},
                                       .merge_local_steps = true});
}

/* --- sleeping -------------------------------------------------------------------------- */

static void sleeps_before_and_after(struct scripted *run)
{
    struct value answer;
    scripted_sleep(run, 300);
    if (!scripted_call(run, "PutItem", PUT_ROW, &answer))
        return;
    scripted_sleep(run, 40);
    scripted_return(run);
}

Test(clock, passes_while_a_function_sleeps)
{
    create(ONE_MESSAGE, sleeps_before_and_after);
    rig_learn(&rig, 0);
    cr_assert(rig.world->facts.time_passes);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1");
    cr_assert_eq(rig_clock(&rig, "Work"), 300);
    rig_take(&rig, "call Work/shard-0");
    cr_assert_eq(rig_clock(&rig, "Work"), 340);
    cr_assert_eq(rig_clock(&rig, "Next"), 0);
    /* the record was made before the last 40 ms */
    rig_take(&rig, "acknowledge Work/shard-0\npoll Next/shard-0 1");
    cr_assert_eq(rig_clock(&rig, "Next"), 300);
    rig_release(&rig);
}

static void sleeps_and_raises(struct scripted *run)
{
    scripted_sleep(run, 5000);
    scripted_raise(run);
}

/* An invocation may end without a call. */
Test(clock, passes_where_the_first_step_is_the_end)
{
    create(ONE_MESSAGE, sleeps_and_raises);
    rig_learn(&rig, 0);
    cr_assert(rig.world->facts.time_passes);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1");
    cr_assert_eq(rig_clock(&rig, "Work"), 5000);
    rig_take(&rig, "retry Work/shard-0");
    cr_assert_eq(rig_clock(&rig, "Work"), 10000);
    rig_release(&rig);
}

/* Else it would never be seen that the function is stuck. */
Test(clock, stops_when_nothing_can_tell)
{
    create(ONE_MESSAGE, sleeps_and_raises);
    struct rig_reach reach = rig_reach(&rig, 0);
    cr_assert_eq(reach.ends, 0);
    /* nothing put; put; failed after 5, 10, ... 660 s */
    cr_assert_eq(reach.states, 2 + RUN_MAX_MS / 5000);
    rig_release(&rig);
}

static void asks_the_time(struct scripted *run)
{
    int64_t now = 0;
    struct value answer;
    scripted_sleep(run, 1500);
    if (!scripted_time(run, &now))
        return;
    struct value request =
        scripted_format(run->store, "{'TableName': 'Out', 'Item': {'id': {'S': '%lld'}}}",
                        (long long)now - WORKLOAD_START_MS);
    if (!scripted_request(run, "PutItem", request, &answer))
        return;
    scripted_return(run);
}

Test(clock, is_what_a_function_sees)
{
    char text[RIG_TEXT_SIZE];
    create(ONE_MESSAGE, asks_the_time);
    rig_learn(&rig, 0);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1");
    RIG_EXPECT(&rig, "clock Work/shard-0\n");
    rig_take(&rig, "clock Work/shard-0\ncall Work/shard-0");
    cr_assert_str_eq(rig_items(&rig, "Out", text), "{'id':{'S':'1500'}}");
    rig_release(&rig);
}

static void asks_the_time_only(struct scripted *run)
{
    int64_t now = 0;
    if (!scripted_time(run, &now))
        return;
    cr_assert_eq(now, WORKLOAD_START_MS);
    scripted_return(run);
}

Test(clock, stands_still_where_no_time_passes)
{
    create(ONE_MESSAGE, asks_the_time_only);
    rig_learn(&rig, 0);
    cr_assert_not(rig.world->facts.time_passes);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1");
    RIG_EXPECT(&rig, "acknowledge Work/shard-0\n");
    rig_release(&rig);
}

/* --- hanging --------------------------------------------------------------------------- */

static void sleeps_until_it_hangs(struct scripted *run)
{
    struct value answer;
    scripted_sleep(run, 4000);
    if (!scripted_call(run, "PutItem", PUT_ROW, &answer))
        return;
    scripted_sleep(run, 6000); /* as the Python host reports it: until the timeout */
    scripted_hang(run);
}

/* A hang lasts until the timeout, whatever was slept before. */
Test(clock, passes_the_timeout_once_where_a_function_hangs)
{
    create(ONE_MESSAGE, sleeps_until_it_hangs);
    rig_learn(&rig, 0);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1");
    cr_assert_eq(rig_clock(&rig, "Work"), 4000);
    rig_take(&rig, "call Work/shard-0");
    cr_assert_eq(rig_slot(&rig, rig.world->layout.pollers[0].node_slot), HANDLER_NODE_HUNG);
    cr_assert_eq(rig_clock(&rig, "Work"), TIMEOUT_MS);
    RIG_EXPECT(&rig, "retry Work/shard-0\npoll Next/shard-0 1\n");
    rig_take(&rig, "retry Work/shard-0");
    cr_assert_eq(rig_clock(&rig, "Work"), TIMEOUT_MS + 4000);
    rig_release(&rig);
}

static void hangs(struct scripted *run) { scripted_hang(run); }

Test(clock, comes_to_rest_in_an_endless_loop)
{
    create(ONE_MESSAGE, hangs);
    struct rig_reach reach = rig_reach(&rig, 0);
    cr_assert(rig.world->facts.time_passes);
    cr_assert_eq(reach.ends, 0);
    cr_assert_eq(reach.states, 2 + RUN_MAX_MS / TIMEOUT_MS);
    rig_release(&rig);
}

/* --- timeouts -------------------------------------------------------------------------- */

Test(clock, passes_the_timeout_at_its_points)
{
    create(ONE_MESSAGE TIMEOUTS(3), sleeps_before_and_after);
    rig_learn(&rig, 0);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1");
    RIG_EXPECT(&rig, "call Work/shard-0\ntimeout Work/shard-0 !timeout\n");
    rig_take(&rig, "timeout Work/shard-0 !timeout");
    cr_assert_eq(rig_clock(&rig, "Work"), TIMEOUT_MS + 300, "300 ms of it in the next attempt");
    rig_take(&rig, "call Work/shard-0");
    RIG_EXPECT(&rig, "acknowledge Work/shard-0\n"
                     "timeout Work/shard-0 !timeout\n"
                     "poll Next/shard-0 1\n");
    rig_take(&rig, "timeout Work/shard-0 !timeout\ntimeout Work/shard-0 !timeout");
    cr_assert_eq(rig_slot(&rig, rig.world->layout.cap_slots[FAULT_TIMEOUT]), 3);
    RIG_EXPECT(&rig, "call Work/shard-0\npoll Next/shard-0 1\n");
    rig_release(&rig);
}

/* --- tokens ---------------------------------------------------------------------------- */

/* Adds 1 under a token, and fails. */
static void adds_with_token(struct scripted *run)
{
    struct value answer;
    if (!scripted_call(run, "TransactWriteItems",
                       "{'ClientRequestToken': 'token', 'TransactItems': [{'Update': {"
                       "'TableName': 'Sum', 'Key': {'id': {'S': 's'}}, 'UpdateExpression':"
                       " 'ADD n :n', 'ExpressionAttributeValues': {':n': {'N': '1'}}}}]}",
                       &answer))
        return;
    scripted_raise(run);
}

/* Ten minutes after its completion a token is unknown again. */
Test(clock, brings_a_token_past_its_window)
{
    char text[RIG_TEXT_SIZE];
    create(ONE_MESSAGE TIMEOUTS(62), adds_with_token);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1\ncall Work/shard-0\nretry Work/shard-0");
    for (int i = 0; i < 59; i++)
        rig_take(&rig, "timeout Work/shard-0 !timeout");
    cr_assert_eq(rig_clock(&rig, "Work"), TOKEN_WINDOW_MS - TIMEOUT_MS);
    uint32_t *before = memory_allocate(&rig.memory, rig.list.slot_count * sizeof *before);
    memcpy(before, rig.state, rig.list.slot_count * sizeof *before);
    rig_take(&rig, "call Work/shard-0");
    cr_assert_str_eq(rig_items(&rig, "Sum", text), "{'id':{'S':'s'},'n':{'N':'1'}}");
    memcpy(rig.state, before, rig.list.slot_count * sizeof *before);
    rig_take(&rig, "timeout Work/shard-0 !timeout\ncall Work/shard-0");
    cr_assert_str_eq(rig_items(&rig, "Sum", text), "{'id':{'S':'s'},'n':{'N':'2'}}");
    memory_free(&rig.memory, before, rig.list.slot_count * sizeof *before);
    rig_release(&rig);
}
