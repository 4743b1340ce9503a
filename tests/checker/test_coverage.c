#include "checker/explorer.h"

#include "tests/support/rig.h"

#include <criterion/criterion.h>
#include <string.h>

#define SCENARIO(faults)                                                                           \
    "scenario: x\nworkload:\n  messages:\n    - {trade: T1, version: 0}\nfaults: {" faults "}\n"

#define PUT "{'TableName': 'Out', 'Item': {'id': {'S': 'a'}}}"
#define PUT_ONCE                                                                                   \
    "{'TableName': 'Out', 'Item': {'id': {'S': 'a'}}, 'ConditionExpression': "                     \
    "'attribute_not_exists(id)'}"

static struct rig rig;
static struct coverage coverage;
static struct search_result result;

static void does_nothing(struct scripted *run) { scripted_return(run); }

static void puts_twice(struct scripted *run)
{
    struct value answer;
    if (!scripted_call(run, "PutItem", PUT, &answer) ||
        !scripted_call(run, "PutItem", PUT_ONCE, &answer))
        return;
    scripted_return(run);
}

static void cover(const char *scenario)
{
    rig_init(&rig, &(struct rig_setup){.scenario = scenario,
                                       .handlers = {{"Work", puts_twice}, {"Next", does_nothing}}});
    coverage_init(&coverage, &rig.memory, rig.store);
    const struct search_options options = {.fault_limit = rig.scenario.faults.limit,
                                           .states_max = UINT64_MAX,
                                           .coverage = &coverage,
                                           .known_faults = UINT32_MAX,
                                           .known_depth = UINT32_MAX,
                                           .go_on = true};
    cr_assert_eq(explore(rig.world, &options, &result, &rig.error), STATUS_OK, "%s",
                 rig.error.message);
    cr_assert(!coverage.incomplete);
}

static void end(void)
{
    coverage_release(&coverage);
    search_result_release(&result);
    rig_release(&rig);
}

TestSuite(coverage, .fini = end);

static uint64_t count_of(enum coverage_sort sort, const char *name)
{
    uint64_t count = 0;
    for (size_t i = 0; i < coverage.count_count; i++) {
        if (coverage.counts[i].sort == sort &&
            value_is_text(rig.store, coverage.counts[i].name, name))
            count += coverage.counts[i].count;
    }
    return count;
}

/* The first put, or the second. */
static const struct coverage_call *call_number(size_t index)
{
    cr_assert_eq(coverage.call_count, 2);
    return &coverage.calls[index];
}

Test(coverage, counts_crashes_before_and_after_a_call)
{
    cover(SCENARIO("limit: any, crash: true"));
    const struct coverage_call *call = call_number(1);
    cr_assert(value_is_text(rig.store, call->operation, "PutItem"));
    cr_assert(value_is_text(rig.store, call->tables, "Out"));
    cr_assert(call->writes);
    cr_assert_gt(call->explored[COVERAGE_CRASH_BEFORE], 0);
    cr_assert_gt(call->explored[COVERAGE_CRASH_AFTER], 0);
    cr_assert_eq(call_number(0)->explored[COVERAGE_CRASH_BEFORE], 0);
    cr_assert_gt(call_number(0)->equal[COVERAGE_CRASH_BEFORE], 0);
    cr_assert_gt(call_number(0)->explored[COVERAGE_CRASH_AFTER], 0);
    cr_assert_eq(call->explored[COVERAGE_TIMEOUT_BEFORE], 0);
    cr_assert_eq(count_of(COVERAGE_FAULT, "crash"), count_of(COVERAGE_ACTION, "crash"));
    cr_assert_gt(count_of(COVERAGE_FACT, "retry_after_commit"), 0);
}

Test(coverage, counts_no_fault_that_was_not_followed)
{
    cover(SCENARIO("limit: 0, crash: true"));
    cr_assert_eq(call_number(1)->explored[COVERAGE_CRASH_BEFORE], 0);
    cr_assert_eq(call_number(1)->explored[COVERAGE_CRASH_AFTER], 0);
    cr_assert_eq(call_number(1)->equal[COVERAGE_CRASH_BEFORE], 0);
    cr_assert_eq(count_of(COVERAGE_FAULT, "crash"), 0);
    cr_assert_eq(count_of(COVERAGE_FACT, "retry_after_commit"), 0);
    cr_assert_eq(coverage.levels, 0);
}

Test(coverage, counts_answers_conditions_and_events)
{
    cover(SCENARIO("limit: 0"));
    cr_assert_eq(call_number(0)->sent, 1);
    cr_assert_eq(count_of(COVERAGE_ANSWER, "done"), 1);
    cr_assert_eq(count_of(COVERAGE_ANSWER, "ConditionalCheckFailedException"), 1);
    cr_assert_eq(count_of(COVERAGE_CONDITION, "held"), 0);
    cr_assert_eq(count_of(COVERAGE_CONDITION, "failed"), 1);
    cr_assert_eq(count_of(COVERAGE_EVENT, "Out INSERT"), 1);
    cr_assert_eq(count_of(COVERAGE_EVENT, "Out MODIFY"), 0);
    cr_assert_eq(count_of(COVERAGE_ACTION, "put"), 1);
    cr_assert_eq(count_of(COVERAGE_BATCH, "1"), 2); /* Work's and Next's */
}

Test(coverage, tells_what_can_befall_a_call_from_what_cannot)
{
    cover(SCENARIO("limit: any, throttle: 1, server_error: 1"));
    const struct coverage_call *call = call_number(1);
    cr_assert_gt(call->explored[COVERAGE_THROTTLED], 0);
    cr_assert_gt(call->explored[COVERAGE_ERROR_NOT_APPLIED], 0);
    cr_assert_gt(call->explored[COVERAGE_ERROR_APPLIED], 0);
    cr_assert((call->possible >> COVERAGE_THROTTLED_PARTLY & 1) == 0);
    cr_assert((call->possible >> COVERAGE_STALE_READ & 1) == 0);
    cr_assert((call->possible >> COVERAGE_LATE_WRITE & 1) != 0);
}

Test(coverage, says_where_memory_ran_out)
{
    cover(SCENARIO("limit: 0"));
    struct coverage more;
    coverage_init(&more, &rig.memory, rig.store);
    struct expansion_memo *memo = expansion_memo_create(rig.world);
    cr_assert_not_null(memo);
    rig.memory.limit = atomic_load(&rig.memory.used);
    struct error error = ERROR_INIT;
    cr_assert_eq(coverage_collect(&more, rig.world, memo, true, 0, &error), STATUS_OK);
    cr_assert(more.incomplete);
    rig.memory.limit = SIZE_MAX;
    expansion_memo_destroy(memo);
    coverage_release(&more);
}
