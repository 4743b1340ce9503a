#include "checker/explorer.h"
#include "model/property.h"
#include "tests/support/rig.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct rig rig;

#define ONE_MESSAGE                                                                                \
    "scenario: x\nworkload:\n  messages:\n    - {trade: T1, version: 0}\nfaults: {limit: 0}\n"     \
    "mappings: {Next: {BatchSize: 1}}\n"
#define PUT(table, id) "PutItem", "{'TableName': '" table "', 'Item': {'id': {'S': '" id "'}}}"
#define ADD(table)                                                                                 \
    "UpdateItem",                                                                                  \
        "{'TableName': '" table "', 'Key': {'id': {'S': 'n'}}, 'UpdateExpression': 'ADD n :one', " \
        "'ExpressionAttributeValues': {':one': {'N': '1'}}, 'ReturnValues': 'UPDATED_NEW'}"

static void does_nothing(struct scripted *run) { scripted_return(run); }

static void adds_and_fails(struct scripted *run)
{
    struct value answer;
    if (scripted_call(run, ADD("Sum"), &answer))
        scripted_raise(run);
}

static void writes_the_same_and_fails(struct scripted *run)
{
    struct value answer;
    if (scripted_call(run, PUT("Sum", "x"), &answer))
        scripted_raise(run);
}

/* How often it was called so far, by what its own ADD answers. */
static long count_of(struct value answer)
{
    struct value body = value_get_text(rig.store, answer, "body");
    struct value attributes = value_get_text(rig.store, body, "Attributes");
    struct value n = value_get_text(rig.store, value_get_text(rig.store, attributes, "n"), "N");
    return strtol(value_bytes(rig.store, n, NULL), NULL, 10);
}

static void gives_up_after_ten(struct scripted *run)
{
    struct value answer;
    if (!scripted_call(run, ADD("Sum"), &answer))
        return;
    if (count_of(answer) < 10)
        scripted_raise(run);
    else
        scripted_return(run);
}

/* In a world that counts. */
static void create(scripted_function work, scripted_function next)
{
    rig_init(&rig, &(struct rig_setup){.scenario = ONE_MESSAGE,
                                       .handlers = {{"Work", work}, {"Next", next}},
                                       .merge_local_steps = true});
    rig.world->facts.failures_counted = true;
}

/* The search's result, with a limit that a search without end would meet. */
static struct search_result explored(void)
{
    const struct search_options options = {
        .states_max = 5000, .known_faults = UINT32_MAX, .known_depth = UINT32_MAX};
    struct search_result result;
    cr_assert_eq(explore(rig.world, &options, &result, &rig.error), STATUS_OK, "%s",
                 rig.error.message);
    return result;
}

static void expect_stuck(uint32_t depth)
{
    struct search_result result = explored();
    cr_assert(result.violation.found);
    cr_expect(result.violation.stuck);
    cr_expect_eq(result.violation.property, PROPERTY_NO_STUCK_SHARD);
    cr_expect_eq(result.violation.depth, depth, "%u", (unsigned)result.violation.depth);
    search_result_release(&result);
}

static void expect_no_stuck_shard(void)
{
    struct search_result result = explored();
    cr_expect(!result.violation.found || !result.violation.stuck);
    cr_expect_neq(result.stop, SEARCH_STATE_LIMIT);
    search_result_release(&result);
}

Test(lasting_failure, of_a_function_that_adds_is_a_stuck_shard)
{
    create(adds_and_fails, does_nothing);
    /* put, poll; then a call and a retry for every attempt */
    expect_stuck(2 + 2 * WORLD_FAILURES_MAX);
    rig_release(&rig);
}

Test(lasting_failure, is_counted_once_there_are_many_retries)
{
    create(adds_and_fails, does_nothing);
    rig.world->facts.failures_counted = false;
    expect_stuck(2 + 2 * WORLD_FAILURES_MAX);
    cr_expect(rig.world->facts.failures_counted);
    rig_release(&rig);
}

Test(lasting_failure, is_not_counted_where_nothing_changes)
{
    create(writes_the_same_and_fails, does_nothing);
    rig.world->facts.failures_counted = false;
    expect_stuck(3);
    rig_release(&rig);
}

Test(lasting_failure, is_none_where_the_function_gives_up)
{
    create(gives_up_after_ten, does_nothing);
    expect_no_stuck_shard();
    rig_release(&rig);
}

Test(lasting_failure, leaves_the_batch_where_it_is)
{
    create(adds_and_fails, does_nothing);
    rig_learn(&rig, 0);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1\n");
    for (int i = 1; i <= WORLD_FAILURES_MAX; i++) {
        RIG_EXPECT(&rig, "call Work/shard-0\n");
        rig_take(&rig, "call Work/shard-0\nretry Work/shard-0\n");
    }
    RIG_EXPECT(&rig, "retry Work/shard-0\n");
    rig_take(&rig, "retry Work/shard-0\n");
    RIG_EXPECT(&rig, "retry Work/shard-0\n");
    rig_release(&rig);
}

/* Writes to Out, whose stream Next reads; fails until Next has written its row to Sum. */
static void waits_for_next(struct scripted *run)
{
    struct value answer;
    if (!scripted_call(run, ADD("Out"), &answer) ||
        !scripted_call(run, "GetItem", "{'TableName': 'Sum', 'Key': {'id': {'S': 'done'}}}",
                       &answer))
        return;
    struct value body = value_get_text(rig.store, answer, "body");
    if (value_is_none(value_get_text(rig.store, body, "Item")))
        scripted_raise(run);
    else
        scripted_return(run);
}

static void writes_done(struct scripted *run)
{
    struct value answer;
    if (scripted_call(run, PUT("Sum", "done"), &answer))
        scripted_return(run);
}

/* However late Next comes: the batch is tried again once it has. */
Test(lasting_failure, ends_when_somebody_else_changes_what_the_function_reads)
{
    create(waits_for_next, writes_done);
    expect_no_stuck_shard();
    rig_release(&rig);
}
