#include "model/action.h"

#include "tests/support/rig.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct rig rig;

/* `copies` records on Work's shard, and the settings of its mapping. */
#define SCENARIO(copies, settings)                                                                 \
    "scenario: x\nworkload:\n  messages:\n    - {trade: T1, version: 0, copies: " #copies "}\n"    \
    "mappings: {Work: {" settings "}}\n"

static void does_nothing(struct scripted *run) { scripted_return(run); }
static void fails(struct scripted *run) { scripted_raise(run); }

static void writes(struct scripted *run)
{
    struct value answer;
    if (scripted_call(run, "PutItem", "{'TableName': 'Sum', 'Item': {'id': {'S': 'x'}}}", &answer))
        scripted_return(run);
}

static void create(const char *scenario, scripted_function work, unsigned puts)
{
    rig_init(&rig, &(struct rig_setup){
                       .scenario = scenario,
                       .handlers = {{"Work", work}, {"Next", does_nothing}},
                       .merge_local_steps = true,
                   });
    rig_learn(&rig, 1);
    for (unsigned i = 0; i < puts; i++)
        rig_take(&rig, "put Generator 0");
}

static const struct poller_layout *work(void) { return &rig.world->layout.pollers[0]; }

static void expect_batch(uint32_t checkpoint, uint32_t records)
{
    cr_expect_eq(rig_slot(&rig, work()->checkpoint_slot), checkpoint);
    cr_expect_eq(rig_slot(&rig, work()->batch_slot), records);
}

/* --- BisectBatchOnFunctionError --- */

Test(batch, is_not_split_where_bisect_is_off)
{
    create(SCENARIO(2, "BatchSize: 2"), fails, 2);
    rig_take(&rig, "poll Work/shard-0 2");
    RIG_EXPECT(&rig, "retry Work/shard-0\n");
    rig_release(&rig);
}

Test(batch, is_bisected_and_its_halves_come_in_order)
{
    create(SCENARIO(4, "BatchSize: 4, BisectBatchOnFunctionError: true"), does_nothing, 4);
    rig_take(&rig, "poll Work/shard-0 4");
    rig_release(&rig);

    create(SCENARIO(4, "BatchSize: 4, BisectBatchOnFunctionError: true"), fails, 4);
    rig_take(&rig, "poll Work/shard-0 4");
    RIG_EXPECT(&rig, "bisect Work/shard-0 2\n");
    rig_take(&rig, "bisect Work/shard-0 2");
    expect_batch(0, 2);
    rig_take(&rig, "bisect Work/shard-0 1");
    expect_batch(0, 1);
    cr_expect_eq(value_count(rig.store, rig_value(&rig, work()->pieces_slot)), 2);
    RIG_EXPECT(&rig, "retry Work/shard-0\n");
    rig_release(&rig);
}

/* Fails where the batch has more than one record. */
static void fails_together(struct scripted *run)
{
    if (scripted_record_count(run) > 1)
        scripted_raise(run);
    else
        scripted_return(run);
}

Test(batch, goes_on_with_the_next_piece)
{
    create(SCENARIO(4, "BatchSize: 3, BisectBatchOnFunctionError: true"), fails_together, 4);
    rig_take(&rig, "poll Work/shard-0 3");
    /* AWS does not say which half of three is the larger */
    RIG_EXPECT(&rig, "bisect Work/shard-0 1\nbisect Work/shard-0 2\n");
    rig_take(&rig, "bisect Work/shard-0 2\nbisect Work/shard-0 1\nacknowledge Work/shard-0");
    expect_batch(1, 1);
    RIG_EXPECT(&rig, "invoke Work/shard-0\n");
    rig_take(&rig, "invoke Work/shard-0\nacknowledge Work/shard-0");
    expect_batch(2, 1);
    rig_take(&rig, "invoke Work/shard-0\nacknowledge Work/shard-0");
    expect_batch(3, 0);
    RIG_EXPECT(&rig, "poll Work/shard-0 1\n");
    rig_release(&rig);
}

Test(batch, is_bisected_by_a_crash_at_its_start_too)
{
    create(SCENARIO(2, "BatchSize: 2, BisectBatchOnFunctionError: true") "faults: {crash: true}\n",
           writes, 2);
    rig_take(&rig, "poll Work/shard-0 2");
    RIG_EXPECT(&rig, "call Work/shard-0\ncrash Work/shard-0 1 !crash\n");
    rig_take(&rig, "crash Work/shard-0 1 !crash");
    expect_batch(0, 1);
    rig_release(&rig);
}

/* --- MaximumRetryAttempts --- */

Test(batch, is_dropped_after_its_last_attempt)
{
    create(SCENARIO(3, "BatchSize: 2, MaximumRetryAttempts: 2"), fails, 3);
    rig_take(&rig, "poll Work/shard-0 2\nretry Work/shard-0\nretry Work/shard-0");
    cr_expect_eq(rig_slot(&rig, work()->retries_slot), 2, "three invocations so far");
    RIG_EXPECT(&rig, "drop Work/shard-0 2\n");
    rig_take(&rig, "drop Work/shard-0 2");
    expect_batch(2, 0);
    cr_expect_eq(rig_slot(&rig, work()->retries_slot), 0);
    RIG_EXPECT(&rig, "poll Work/shard-0 1\n");
    rig_release(&rig);
}

Test(batch, is_dropped_at_once_without_retries)
{
    create(SCENARIO(1, "MaximumRetryAttempts: 0") "faults: {crash: true}\n", writes, 1);
    rig_take(&rig, "poll Work/shard-0 1");
    RIG_EXPECT(&rig, "call Work/shard-0\ncrash Work/shard-0 1 !crash\n");
    rig_take(&rig, "crash Work/shard-0 1 !crash");
    expect_batch(1, 0);
    RIG_EXPECT(&rig, "");
    rig_release(&rig);
}

Test(batch, uses_up_no_attempts_by_splitting)
{
    create(SCENARIO(2, "BatchSize: 2, MaximumRetryAttempts: 1, BisectBatchOnFunctionError: true"),
           fails, 2);
    rig_take(&rig, "poll Work/shard-0 2\nbisect Work/shard-0 1");
    cr_expect_eq(rig_slot(&rig, work()->retries_slot), 0);
    rig_take(&rig, "retry Work/shard-0\ndrop Work/shard-0 1");
    expect_batch(1, 1);
    cr_expect_eq(rig_slot(&rig, work()->retries_slot), 0, "a batch of its own");
    rig_take(&rig, "invoke Work/shard-0\nretry Work/shard-0\ndrop Work/shard-0 1");
    expect_batch(2, 0);
    rig_release(&rig);
}

/* Waiting for reserved concurrency is no attempt. */
Test(batch, uses_up_no_attempts_by_waiting)
{
    rig_init(&rig, &(struct rig_setup){
                       .template =
                           "Resources:\n"
                           "  In: {Type: 'AWS::Kinesis::Stream', Properties: {Name: In, "
                           "ShardCount: 2}}\n"
                           "  Work:\n    Type: AWS::Lambda::Function\n"
                           "    Properties: {FunctionName: Work, Runtime: python3.11, Handler: a.b,"
                           " Code: {S3Bucket: b, S3Key: a.zip}, Role: 'arn:aws:iam::1:role/r',"
                           " ReservedConcurrentExecutions: 1}\n"
                           "  M:\n    Type: AWS::Lambda::EventSourceMapping\n"
                           "    Properties: {FunctionName: !Ref Work, StartingPosition: LATEST,"
                           " EventSourceArn: !GetAtt In.Arn, MaximumRetryAttempts: 1}\n",
                       .scenario = "scenario: x\nworkload:\n  stream: In\n  messages:\n"
                                   "    - {trade: T1, version: 0, shard: 0}\n"
                                   "    - {trade: T2, version: 0, shard: 1}\n",
                       .handlers = {{"Work", fails}},
                       .merge_local_steps = true,
                   });
    rig_take(&rig, "put Generator 0\nput Generator 1");
    rig_take(&rig, "poll Work/shard-0 1\npoll Work/shard-1 1\ninvoke Work/shard-1");
    RIG_EXPECT(&rig, "invoke Work/shard-0\nretry Work/shard-1\n");
    cr_expect_eq(rig_slot(&rig, work()->retries_slot), 0);
    rig_take(&rig, "retry Work/shard-1\ninvoke Work/shard-0\nretry Work/shard-0");
    cr_expect_eq(rig_slot(&rig, work()->retries_slot), 1);
    rig_release(&rig);
}

/* --- ReportBatchItemFailures --- */

#define REPORT "BatchSize: 3, FunctionResponseTypes: [ReportBatchItemFailures]"

static void report(struct scripted *run, size_t index)
{
    scripted_return_value(run, scripted_format(run->store,
                                               "{'batchItemFailures': [{'itemIdentifier': '%s'}]}",
                                               scripted_sequence(run, index)));
}

static void reports_the_last(struct scripted *run) { report(run, scripted_record_count(run) - 1); }

Test(batch, comes_again_from_the_first_record_that_failed)
{
    create(SCENARIO(3, REPORT), reports_the_last, 3);
    rig_take(&rig, "poll Work/shard-0 3");
    cr_expect_eq(rig_slot(&rig, work()->failed_slot), 3);
    RIG_EXPECT(&rig, "partial Work/shard-0 2\n");
    rig_take(&rig, "partial Work/shard-0 2");
    expect_batch(2, 1);
    cr_expect_eq(rig_slot(&rig, work()->failed_slot), 1, "it fails again");
    RIG_EXPECT(&rig, "retry Work/shard-0\n");
    rig_release(&rig);
}

Test(batch, is_acknowledged_whatever_is_returned_where_reports_are_off)
{
    create(SCENARIO(3, "BatchSize: 3"), reports_the_last, 3);
    rig_take(&rig, "poll Work/shard-0 3\nacknowledge Work/shard-0");
    expect_batch(3, 0);
    rig_release(&rig);
}

static void returns_text(struct scripted *run)
{
    scripted_return_value(run, value_text(run->store, "ok"));
}

Test(batch, fails_where_its_response_cannot_be_read)
{
    create(SCENARIO(2, REPORT ", BisectBatchOnFunctionError: true"), returns_text, 2);
    rig_take(&rig, "poll Work/shard-0 2\nbisect Work/shard-0 1\nretry Work/shard-0");
    expect_batch(0, 1);
    rig_release(&rig);
}

Test(batch, uses_up_its_attempts_by_reporting)
{
    create(SCENARIO(3, REPORT ", MaximumRetryAttempts: 1"), reports_the_last, 3);
    rig_take(&rig, "poll Work/shard-0 3\npartial Work/shard-0 2");
    cr_expect_eq(rig_slot(&rig, work()->retries_slot), 1);
    rig_take(&rig, "drop Work/shard-0 1");
    expect_batch(3, 0);
    rig_release(&rig);

    create(SCENARIO(3, REPORT ", MaximumRetryAttempts: 0"), reports_the_last, 3);
    rig_take(&rig, "poll Work/shard-0 3");
    RIG_EXPECT(&rig, "drop Work/shard-0 1\n");
    rig_release(&rig);
}

Test(batch, is_split_where_its_report_says)
{
    create(SCENARIO(3, REPORT ", BisectBatchOnFunctionError: true, MaximumRetryAttempts: 1"),
           reports_the_last, 3);
    rig_take(&rig, "poll Work/shard-0 3\npartial Work/shard-0 2");
    expect_batch(2, 1);
    cr_expect_eq(rig_slot(&rig, work()->retries_slot), 0, "a split is no attempt");
    rig_take(&rig, "retry Work/shard-0\ndrop Work/shard-0 1");
    rig_release(&rig);
}

static void reports_by_chance(struct scripted *run)
{
    bool low;
    if (scripted_draw(run, &low) && low)
        report(run, scripted_record_count(run) - 1);
}

/* What is returned after steps that the search follows in one go counts too. */
Test(batch, hears_reports_after_local_steps)
{
    create(SCENARIO(2, REPORT) "faults: {random_failure: true}\n", reports_by_chance, 2);
    RIG_EXPECT(&rig, "poll Work/shard-0 1 low 1 !random_failure\npoll Work/shard-0 1\n"
                     "poll Work/shard-0 2 low 1 !random_failure\npoll Work/shard-0 2\n");
    rig_take(&rig, "poll Work/shard-0 2 low 1 !random_failure");
    RIG_EXPECT(&rig, "partial Work/shard-0 1 low 1 !random_failure\n"
                     "partial Work/shard-0 1\n");
    rig_release(&rig);
}

/* --- MaximumRecordAgeInSeconds --- */

static void takes_long(struct scripted *run)
{
    scripted_sleep(run, 45 * 1000);
    scripted_raise(run);
}

/* 45 s and 45 s. */
Test(batch, is_dropped_when_it_is_too_old)
{
    create(SCENARIO(3, "BatchSize: 2, MaximumRecordAgeInSeconds: 60"), takes_long, 3);
    rig_take(&rig, "poll Work/shard-0 2");
    RIG_EXPECT(&rig, "invoke Work/shard-0\n");
    rig_take(&rig, "invoke Work/shard-0\nretry Work/shard-0\ninvoke Work/shard-0");
    RIG_EXPECT(&rig, "retry Work/shard-0\n");
    rig_take(&rig, "retry Work/shard-0");
    RIG_EXPECT(&rig, "expire Work/shard-0 2\n");
    rig_take(&rig, "expire Work/shard-0 2");
    expect_batch(2, 0);
    rig_take(&rig, "poll Work/shard-0 1");
    RIG_EXPECT(&rig, "expire Work/shard-0 1\n");
    rig_release(&rig);
}

/* However quickly it fails: AWS waits between attempts. */
Test(batch, that_fails_by_itself_becomes_too_old)
{
    create(SCENARIO(1, "MaximumRecordAgeInSeconds: 604800"), fails, 1);
    rig_take(&rig, "poll Work/shard-0 1\ninvoke Work/shard-0");
    RIG_EXPECT(&rig, "retry Work/shard-0\nretry Work/shard-0 86400\n");
    rig_take(&rig, "retry Work/shard-0 86400");
    cr_expect_eq(rig_clock(&rig, "Work"), 86400U * 1000, "streams keep records for a day");
    RIG_EXPECT(&rig, "expire Work/shard-0 1\n");
    rig_release(&rig);
}

static void fails_by_chance(struct scripted *run)
{
    bool low;
    if (scripted_draw(run, &low) && low)
        scripted_raise(run);
}

/* The next attempt succeeds: faults are no reason for a batch to become old. */
Test(batch, that_fails_by_a_fault_does_not_become_too_old)
{
    create(SCENARIO(1, "MaximumRecordAgeInSeconds: 60") "faults: {random_failure: true}\n",
           fails_by_chance, 1);
    rig_take(&rig, "poll Work/shard-0 1\ninvoke Work/shard-0 low 1 !random_failure");
    RIG_EXPECT(&rig, "retry Work/shard-0\n");
    rig_release(&rig);
}

/* --- records that are passed over --- */

#define T1_AND_T2(settings)                                                                        \
    "scenario: x\nworkload:\n  messages:\n"                                                        \
    "    - {trade: T1, version: 0, partition_key: d, copies: 2}\n"                                 \
    "    - {trade: T2, version: 0, partition_key: b, copies: 2}\n"                                 \
    "  order: any\nmappings: {Work: {BatchSize: 2, " settings "}}\n"

#define ONLY_B "FilterCriteria: {Filters: [{Pattern: '{\"partitionKey\": [\"b\"]}'}]}"

static void expects_b(struct scripted *run)
{
    for (size_t i = 0; i < scripted_record_count(run); i++) {
        struct value kinesis = value_get_text(run->store, scripted_record(run, i), "kinesis");
        cr_assert(
            value_is_text(run->store, value_get_text(run->store, kinesis, "partitionKey"), "b"));
    }
    scripted_return(run);
}

Test(batch, leaves_out_what_no_filter_fits)
{
    create(T1_AND_T2(ONLY_B), expects_b, 0);
    rig_take(&rig, "put Generator 0");
    RIG_EXPECT(&rig, "put Generator 0\nput Generator 1\npass Work/shard-0 1\n");
    rig_take(&rig, "put Generator 1\nput Generator 0\nput Generator 1");
    RIG_EXPECT(&rig, "poll Work/shard-0 1\npoll Work/shard-0 2\n");
    rig_take(&rig, "poll Work/shard-0 2");
    expect_batch(0, 4);
    rig_take(&rig, "acknowledge Work/shard-0");
    expect_batch(4, 0);
    RIG_EXPECT(&rig, "");
    rig_release(&rig);
}

Test(batch, is_bisected_by_the_records_that_it_delivers)
{
    create(T1_AND_T2(ONLY_B ", BisectBatchOnFunctionError: true"), fails, 0);
    rig_take(&rig, "put Generator 1\nput Generator 0\nput Generator 0\nput Generator 1");
    rig_take(&rig, "poll Work/shard-0 2");
    RIG_EXPECT(&rig, "bisect Work/shard-0 1\n");
    rig_take(&rig, "bisect Work/shard-0 1");
    expect_batch(0, 1);
    RIG_EXPECT(&rig, "retry Work/shard-0\n");
    rig_release(&rig);
}

Test(batch, reports_count_the_records_that_it_delivers)
{
    create(T1_AND_T2(ONLY_B ", FunctionResponseTypes: [ReportBatchItemFailures]"), reports_the_last,
           0);
    rig_take(&rig, "put Generator 1\nput Generator 0\nput Generator 0\nput Generator 1");
    rig_take(&rig, "poll Work/shard-0 2\npartial Work/shard-0 1");
    expect_batch(3, 1);
    rig_release(&rig);
}

/* --- ParallelizationFactor --- */

Test(batch, of_other_keys_is_delivered_at_the_same_time)
{
    create(T1_AND_T2("ParallelizationFactor: 2"), writes, 0);
    rig_take(&rig, "put Generator 0\nput Generator 1\nput Generator 0\nput Generator 1");
    cr_assert_eq(rig.world->layout.poller_count, 3, "two of Work, one of Next");
    uint32_t first = world_taken(rig.world, rig.state, 0, 0, 4);
    uint32_t second = world_taken(rig.world, rig.state, 1, 0, 4);
    cr_assert_eq(first + second, 4);
    for (uint32_t i = 0; i < 2; i++)
        cr_assert_eq(world_takes(rig.world, rig.state, 0, i),
                     world_takes(rig.world, rig.state, 0, i + 2), "a key stays in its part");
    cr_assert_eq(first, 2, "the two keys are in two parts");
    rig_take(&rig, "poll Work/shard-0/part-0 1\npoll Work/shard-0/part-1 1");
    RIG_EXPECT(&rig, "call Work/shard-0/part-0\ncall Work/shard-0/part-1\n");
    rig_release(&rig);
}
