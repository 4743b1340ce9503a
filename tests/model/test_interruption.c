#include "tests/support/rig.h"

#include <criterion/criterion.h>
#include <string.h>

static struct rig rig;

#define MESSAGES(n) "scenario: x\nworkload:\n  messages:\n" n
#define T1 "    - {trade: T1, version: 0}\n"
#define T2 "    - {trade: T2, version: 0}\n"
#define PUT_ROW "{'TableName': 'Out', 'Item': {'id': {'S': 'a'}}}"

static void does_nothing(struct scripted *run) { scripted_return(run); }

static void puts_a_row(struct scripted *run)
{
    struct value answer;
    if (!scripted_call(run, "PutItem", PUT_ROW, &answer))
        return;
    scripted_return(run);
}

static void create(const char *scenario, scripted_function work)
{
    rig_init(&rig, &(struct rig_setup){.scenario = scenario,
                                       .handlers = {{"Work", work}, {"Next", does_nothing}},
                                       .merge_local_steps = true});
    rig_learn(&rig, 2);
}

Test(interruption, a_late_write_arrives_at_any_time)
{
    char text[RIG_TEXT_SIZE];
    create(MESSAGES(T1) "faults: {limit: any, late_write: 1}\n", puts_a_row);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1");
    RIG_EXPECT(&rig, "call Work/shard-0\ntimeout Work/shard-0 !late_write\n");
    rig_take(&rig, "timeout Work/shard-0 !late_write");
    cr_assert_str_eq(rig_items(&rig, "Out", text), "");
    cr_assert_eq(rig_clock(&rig, "Work"), 10000);
    /* while the retry runs, or when it is over */
    RIG_EXPECT(&rig, "call Work/shard-0\narrive Work/shard-0\n");
    rig_take(&rig, "call Work/shard-0\nacknowledge Work/shard-0");
    RIG_EXPECT(&rig, "arrive Work/shard-0\npoll Next/shard-0 1\n");
    rig_take(&rig, "arrive Work/shard-0");
    cr_assert_eq(rig_log_length(&rig, SOURCE_TABLE, "Out", 0), 1, "the row was there");
    rig_release(&rig);
}

Test(interruption, a_poller_goes_back_to_a_batch)
{
    create(MESSAGES(T1 T2) "faults: {limit: any, redeliver: true}\n", does_nothing);
    rig_take(&rig, "put Generator 0\nput Generator 1\npoll Work/shard-0 1\n"
                   "acknowledge Work/shard-0\npoll Work/shard-0 1\nacknowledge Work/shard-0");
    RIG_EXPECT(&rig, "redeliver Work/shard-0 2 !redeliver\nredeliver Work/shard-0 1 !redeliver\n");
    rig_take(&rig, "redeliver Work/shard-0 2 !redeliver");
    /* in the same batches */
    RIG_EXPECT(&rig, "poll Work/shard-0 1\n");
    rig_take(&rig, "poll Work/shard-0 1\nacknowledge Work/shard-0\npoll Work/shard-0 1\n"
                   "acknowledge Work/shard-0");
    RIG_EXPECT(&rig, "redeliver Work/shard-0 2 !redeliver\nredeliver Work/shard-0 1 !redeliver\n");
    rig_release(&rig);
}

Test(interruption, a_new_poller_forms_batches_anew)
{
    create(MESSAGES(T1 T2) "faults: {limit: any, rebatch: true}\n", puts_a_row);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1\ncall Work/shard-0\nput Generator 1");
    RIG_EXPECT(&rig, "acknowledge Work/shard-0\nrebatch Work/shard-0 !rebatch\n"
                     "poll Next/shard-0 1\n");
    rig_take(&rig, "rebatch Work/shard-0 !rebatch");
    RIG_EXPECT(&rig, "poll Work/shard-0 1\npoll Work/shard-0 2\npoll Next/shard-0 1\n");
    rig_release(&rig);
}

/* Batches that were acknowledged and come again are formed anew, too. */
Test(interruption, a_new_poller_forgets_the_batches_of_the_old_one)
{
    create(MESSAGES(T1 T2) "faults: {limit: any, rebatch: 1, redeliver: 1}\n", puts_a_row);
    rig_take(&rig, "put Generator 0\nput Generator 1\npoll Work/shard-0 1\ncall Work/shard-0\n"
                   "acknowledge Work/shard-0\npoll Work/shard-0 1\ncall Work/shard-0\n"
                   "acknowledge Work/shard-0\nredeliver Work/shard-0 2 !redeliver\n"
                   "poll Work/shard-0 1\ncall Work/shard-0\nrebatch Work/shard-0 !rebatch");
    RIG_EXPECT(&rig, "poll Work/shard-0 1\npoll Work/shard-0 2\npoll Next/shard-0 1\n");
    rig_release(&rig);
}

Test(interruption, a_batch_waits)
{
    create(MESSAGES(T1) "faults: {limit: any, delay: 2, longest_delay: 11min}\n", does_nothing);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1");
    RIG_EXPECT(&rig, "invoke Work/shard-0\n"
                     "delay Work/shard-0 31 !delay\n"
                     "delay Work/shard-0 61 !delay\n"
                     "delay Work/shard-0 660 !delay\n");
    rig_take(&rig, "delay Work/shard-0 61 !delay\ndelay Work/shard-0 31 !delay");
    cr_assert_eq(rig_clock(&rig, "Work"), 92000);
    RIG_EXPECT(&rig, "invoke Work/shard-0\n");
    rig_release(&rig);
}

Test(interruption, streams_drop_records_after_a_day)
{
    create(MESSAGES(T1 T2) "faults: {limit: any, delay: 1}\n", puts_a_row);
    rig_take(&rig, "put Generator 0\nput Generator 1\npoll Work/shard-0 2\n"
                   "delay Work/shard-0 90000 !delay");
    RIG_EXPECT(&rig, "expire Work/shard-0 2\n");
    rig_take(&rig, "expire Work/shard-0 2");
    RIG_EXPECT(&rig, "");
    rig_release(&rig);
}

Test(interruption, a_message_is_put_again)
{
    create(MESSAGES(T1 T2) "faults: {limit: any, put_failure: 1}\n", does_nothing);
    RIG_EXPECT(&rig, "put Generator 0\n");
    rig_take(&rig, "put Generator 0");
    RIG_EXPECT(&rig, "put Generator 1\nput Generator 0 !put_failure\n"
                     "poll Work/shard-0 1\n");
    rig_take(&rig, "put Generator 0 !put_failure\nput Generator 1");
    cr_assert_eq(rig_log_length(&rig, SOURCE_STREAM, "In", 0), 3);
    rig_release(&rig);
}

/* A kind that is confined to one function leaves the others alone. */
Test(interruption, befalls_the_functions_it_is_confined_to)
{
    create(MESSAGES(T1) "faults: {limit: any, crash: {functions: [Next]}}\n", puts_a_row);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1\ncall Work/shard-0");
    RIG_EXPECT(&rig, "acknowledge Work/shard-0\npoll Next/shard-0 1\n");
    rig_take(&rig, "poll Next/shard-0 1");
    RIG_EXPECT(&rig, "acknowledge Work/shard-0\nacknowledge Next/shard-0\n"
                     "crash Next/shard-0 !crash\n");
    rig_release(&rig);
}
