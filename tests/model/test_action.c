#include "model/action.h"

#include "tests/support/rig.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct rig rig;

#define MESSAGES(...) "scenario: x\nworkload:\n  messages:\n" __VA_ARGS__
#define ONE_MESSAGE MESSAGES("    - {trade: T1, version: 0}\n")
#define TWO_MESSAGES                                                                               \
    MESSAGES("    - {trade: T1, version: 0}\n"                                                     \
             "    - {trade: T2, version: 0}\n")

/* Work does `work`, on its own: Next has nothing to read, or returns at once. */
static void does_nothing(struct scripted *run) { scripted_return(run); }

static void create(const char *scenario, scripted_function work, bool merge)
{
    rig_init(&rig, &(struct rig_setup){
                       .scenario = scenario,
                       .handlers = {{"Work", work}, {"Next", does_nothing}},
                       .merge_local_steps = merge,
                   });
}

/* --- the generator --------------------------------------------------------------------- */

Test(action, puts_in_the_given_order)
{
    create(MESSAGES("    - {trade: T1, version: 0}\n"
                    "    - {trade: T2, version: 0, copies: 2}\n"),
           does_nothing, true);
    RIG_EXPECT(&rig, "put Generator 0\n");
    rig_take(&rig, "put Generator 0");
    RIG_EXPECT(&rig, "put Generator 1\npoll Work/shard-0 1\n");
    rig_take(&rig, "put Generator 1\nput Generator 1");
    cr_assert_eq(rig_log_length(&rig, SOURCE_STREAM, "In", 0), 3);
    RIG_EXPECT(&rig, "poll Work/shard-0 1\npoll Work/shard-0 2\npoll Work/shard-0 3\n");
    rig_release(&rig);
}

Test(action, puts_in_any_order)
{
    create("scenario: x\nworkload:\n  order: any\n  messages:\n"
           "    - {trade: T1, version: 0, copies: 2}\n"
           "    - {trade: T2, version: 0}\n",
           does_nothing, true);
    RIG_EXPECT(&rig, "put Generator 0\nput Generator 1\n");
    rig_take(&rig, "put Generator 0\nput Generator 1");
    RIG_EXPECT(&rig, "put Generator 0\npoll Work/shard-0 1\npoll Work/shard-0 2\n");
    rig_release(&rig);
}

/* Sequence numbers grow; a copy is byte-equal but has its own. */
Test(action, puts_copies_with_sequence_numbers_of_their_own)
{
    create(MESSAGES("    - {trade: T1, version: 0, copies: 2}\n"), does_nothing, true);
    rig_take(&rig, "put Generator 0\nput Generator 0");
    struct value log = world_log(rig.world, rig.state, 0);
    struct value kinesis[2];
    for (size_t i = 0; i < 2; i++) {
        struct value record = value_at(rig.store, value_at(rig.store, log, i), 1);
        kinesis[i] = value_get_text(rig.store, record, "kinesis");
    }
    cr_assert(value_equal(value_get_text(rig.store, kinesis[0], "data"),
                          value_get_text(rig.store, kinesis[1], "data")));
    cr_assert_lt(value_compare(rig.store, value_get_text(rig.store, kinesis[0], "sequenceNumber"),
                               value_get_text(rig.store, kinesis[1], "sequenceNumber")),
                 0);
    rig_release(&rig);
}

/* --- batches --------------------------------------------------------------------------- */

#define BATCHES_OF(n) "mappings: {Work: {BatchSize: " #n "}}\n"

Test(action, offers_every_batch_up_to_the_batch_size)
{
    create(MESSAGES("    - {trade: T1, version: 0, copies: 4}\n") BATCHES_OF(3), does_nothing,
           true);
    for (int i = 0; i < 4; i++)
        rig_take(&rig, "put Generator 0");
    RIG_EXPECT(&rig, "poll Work/shard-0 1\npoll Work/shard-0 2\npoll Work/shard-0 3\n");
    rig_take(&rig, "poll Work/shard-0 3");
    RIG_EXPECT(&rig, "acknowledge Work/shard-0\n");
    rig_take(&rig, "acknowledge Work/shard-0");
    RIG_EXPECT(&rig, "poll Work/shard-0 1\n");
    rig_take(&rig, "poll Work/shard-0 1\nacknowledge Work/shard-0");
    RIG_EXPECT(&rig, "");
    cr_assert_eq(rig_slot(&rig, rig.world->layout.pollers[0].checkpoint_slot), 4);
    rig_release(&rig);
}

/* A batch holds one shard's records, in order, from the stream checkpoint on. */
static void expects_record_of_checkpoint(struct scripted *run)
{
    size_t count = scripted_record_count(run);
    for (size_t i = 1; i < count; i++)
        cr_assert_lt(strcmp(scripted_sequence(run, i - 1), scripted_sequence(run, i)), 0);
    scripted_return(run);
}

Test(action, delivers_records_in_order_once)
{
    create(MESSAGES("    - {trade: T1, version: 0, copies: 3}\n") BATCHES_OF(2),
           expects_record_of_checkpoint, true);
    struct rig_reach reach = rig_reach(&rig, 0);
    cr_assert_eq(reach.ends, 1);
    /* per number of records put p (0..3): idle states at checkpoint c <= p, and returned batches of
     * 1 or 2: 10 states that are idle; of (c, n) with c + n <= p: p=1 1, p=2 3, p=3 5 */
    cr_assert_eq(reach.states, 10 + 9);
    cr_assert_eq(rig.logs[0].runs, 2U * 5, "events [0] [1] [2] [01] [12], each for two attempts");
    rig_release(&rig);
}

Test(action, takes_big_batches)
{
    enum { COPIES = 200 };
    create(MESSAGES("    - {trade: T1, version: 0, copies: 200}\n"), expects_record_of_checkpoint,
           true);
    for (int i = 0; i < COPIES; i++)
        rig_take(&rig, "put Generator 0");
    rig_expand(&rig);
    cr_assert_eq(rig.list.count, 100, "the default BatchSize");
    rig_take(&rig, "poll Work/shard-0 100\nacknowledge Work/shard-0");
    rig_take(&rig, "poll Work/shard-0 100\nacknowledge Work/shard-0");
    RIG_EXPECT(&rig, "");
    rig_release(&rig);
}

/* --- calls and crash points ------------------------------------------------------------ */

#define PUT_ROW(id, text)                                                                          \
    "{'TableName': 'Out', 'Item': {'id': {'S': '" id "'}, 'v': {'S': '" text "'}}}"
#define GET_ROW(id) "{'TableName': 'Out', 'Key': {'id': {'S': '" id "'}}}"

static void writes_twice(struct scripted *run)
{
    struct value answer;
    if (!scripted_call(run, "PutItem", PUT_ROW("a", "1"), &answer))
        return;
    if (!scripted_call(run, "PutItem", PUT_ROW("b", "1"), &answer))
        return;
    scripted_return(run);
}

#define CRASHES "faults: {limit: any, crash: true}\n"

/* At the start nothing is lost yet; after each write something is. */
Test(action, crashes_after_each_write)
{
    create(ONE_MESSAGE CRASHES, writes_twice, true);
    rig_learn(&rig, 0);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1");
    RIG_EXPECT(&rig, "call Work/shard-0\n");
    rig_take(&rig, "call Work/shard-0");
    cr_assert_eq(rig_log_length(&rig, SOURCE_TABLE, "Out", 0), 1);
    RIG_EXPECT(&rig, "call Work/shard-0\n"
                     "crash Work/shard-0 !crash\n"
                     "poll Next/shard-0 1\n");
    rig_take(&rig, "call Work/shard-0");
    RIG_EXPECT(&rig, "acknowledge Work/shard-0\n"
                     "crash Work/shard-0 !crash\n"
                     "poll Next/shard-0 1\n"
                     "poll Next/shard-0 2\n");
    char text[RIG_TEXT_SIZE];
    cr_assert_str_eq(rig_items(&rig, "Out", text),
                     "{'id':{'S':'a'},'v':{'S':'1'}} {'id':{'S':'b'},'v':{'S':'1'}}");
    /* the same batch again, from its beginning; the same writes are no changes */
    rig_take(&rig, "crash Work/shard-0 !crash");
    cr_assert_eq(rig_slot(&rig, rig.world->layout.pollers[0].batch_slot), 1);
    cr_assert_eq(rig_slot(&rig, rig.world->layout.pollers[0].checkpoint_slot), 0);
    rig_take(&rig, "call Work/shard-0\ncall Work/shard-0");
    cr_assert_eq(rig_log_length(&rig, SOURCE_TABLE, "Out", 0), 2);
    rig_release(&rig);
}

static void reads_between_writes(struct scripted *run)
{
    struct value answer;
    if (!scripted_call(run, "GetItem", GET_ROW("a"), &answer))
        return;
    if (!scripted_call(run, "PutItem", PUT_ROW("a", "1"), &answer))
        return;
    if (!scripted_call(run, "GetItem", GET_ROW("a"), &answer))
        return;
    if (!scripted_call(run, "PutItem",
                       "{'TableName': 'Out', 'Item': {'id': {'S': 'a'}},"
                       " 'ConditionExpression': 'attribute_not_exists(id)'}",
                       &answer))
        return;
    cr_assert_eq(scripted_status(run, answer), 400);
    scripted_return(run);
}

/* A crash after a read, or after a write that was refused, is one before it. */
Test(action, does_not_crash_where_nothing_changed)
{
    create(ONE_MESSAGE CRASHES, reads_between_writes, true);
    rig_learn(&rig, 0);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1");
    RIG_EXPECT(&rig, "call Work/shard-0\n"); /* the read */
    rig_take(&rig, "call Work/shard-0");
    RIG_EXPECT(&rig, "call Work/shard-0\n"); /* the write */
    rig_take(&rig, "call Work/shard-0");
    RIG_EXPECT(&rig, "call Work/shard-0\ncrash Work/shard-0 !crash\npoll Next/shard-0 1\n");
    rig_take(&rig, "call Work/shard-0");
    RIG_EXPECT(&rig, "call Work/shard-0\npoll Next/shard-0 1\n"); /* after the read */
    rig_take(&rig, "call Work/shard-0");
    RIG_EXPECT(&rig, "acknowledge Work/shard-0\ncrash Work/shard-0 !crash\npoll Next/shard-0 1\n");
    rig_release(&rig);
}

static void reads_parameters(struct scripted *run)
{
    struct value answer;
    bool low = false;
    if (!scripted_call(run, "GetItem", "{'TableName': 'Sum', 'Key': {'id': {'S': 'p'}}}", &answer))
        return;
    if (!scripted_draw(run, &low))
        return;
    if (low) {
        scripted_raise(run);
        return;
    }
    if (!scripted_call(run, "PutItem", PUT_ROW("a", "1"), &answer))
        return;
    if (!scripted_call(run, "GetItem", "{'TableName': 'Sum', 'Key': {'id': {'S': 'p'}}}", &answer))
        return;
    if (!scripted_draw(run, &low))
        return;
    if (low) {
        scripted_raise(run);
        return;
    }
    scripted_return(run);
}

/* Reads of tables that nobody writes are local, and so are draws; unless local steps are shown. */
Test(action, shows_local_steps_where_asked)
{
    create(ONE_MESSAGE CRASHES, reads_parameters, false);
    rig_learn(&rig, 0);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1");
    RIG_EXPECT(&rig, "call Work/shard-0\n");
    rig_take(&rig, "call Work/shard-0");
    RIG_EXPECT(&rig, "draw Work/shard-0\n");
    rig_take(&rig, "draw Work/shard-0\ncall Work/shard-0");
    RIG_EXPECT(&rig, "call Work/shard-0\ncrash Work/shard-0 !crash\npoll Next/shard-0 1\n");
    rig_take(&rig, "call Work/shard-0");
    RIG_EXPECT(&rig, "draw Work/shard-0\ncrash Work/shard-0 !crash\npoll Next/shard-0 1\n");
    rig_take(&rig, "draw Work/shard-0");
    RIG_EXPECT(&rig, "acknowledge Work/shard-0\ncrash Work/shard-0 !crash\npoll Next/shard-0 1\n");
    rig_release(&rig);
}

/* --- draws ----------------------------------------------------------------------------- */

#define FAILURES "faults: {limit: any, random_failure: true}\n"

Test(action, merges_local_steps_and_shows_low_draws)
{
    create(ONE_MESSAGE FAILURES, reads_parameters, true);
    rig_learn(&rig, 0);
    rig_take(&rig, "put Generator 0");
    RIG_EXPECT(&rig, "poll Work/shard-0 1 low 1 !random_failure\n"
                     "poll Work/shard-0 1\n");
    rig_take(&rig, "poll Work/shard-0 1");
    RIG_EXPECT(&rig, "call Work/shard-0 low 1 !random_failure\n"
                     "call Work/shard-0\n");
    rig_take(&rig, "call Work/shard-0 low 1 !random_failure");
    cr_assert_eq(rig_slot(&rig, rig.world->layout.pollers[0].node_slot),
                 HANDLER_NODE_FAILED_BY_FAULT);
    RIG_EXPECT(&rig, "retry Work/shard-0 low 1 !random_failure\n"
                     "retry Work/shard-0\n"
                     "poll Next/shard-0 1\n");
    rig_release(&rig);
}

/* Merged or not, the same ends with the same faults. */
Test(action, merging_changes_no_end)
{
    for (uint32_t faults = 0; faults < 3; faults++) {
        create(TWO_MESSAGES "faults: {limit: any, crash: true, random_failure: true}\n",
               reads_parameters, false);
        size_t ends = rig_reach(&rig, faults).ends;
        size_t states = rig_reach(&rig, faults).states;
        rig_release(&rig);
        create(TWO_MESSAGES "faults: {limit: any, crash: true, random_failure: true}\n",
               reads_parameters, true);
        struct rig_reach merged = rig_reach(&rig, faults);
        cr_assert_eq(merged.ends, ends);
        cr_assert_lt(merged.states, states);
        rig_release(&rig);
    }
}

static void draws_three_times(struct scripted *run)
{
    bool low = false;
    for (int i = 0; i < 3; i++) {
        if (!scripted_draw(run, &low))
            return;
    }
    scripted_return(run);
}

/* An action costs at most one fault: after a low draw it stops at the next one. */
Test(action, takes_one_low_draw_at_a_time)
{
    create(ONE_MESSAGE FAILURES, draws_three_times, true);
    rig_take(&rig, "put Generator 0");
    RIG_EXPECT(&rig, "poll Work/shard-0 1 low 1 !random_failure\n"
                     "poll Work/shard-0 1 low 2 !random_failure\n"
                     "poll Work/shard-0 1 low 3 !random_failure\n"
                     "poll Work/shard-0 1\n");
    rig_take(&rig, "poll Work/shard-0 1 low 1 !random_failure");
    RIG_EXPECT(&rig, "draw Work/shard-0 low 2 !random_failure\n"
                     "draw Work/shard-0\n"
                     "draw Work/shard-0 low 1 !random_failure\n");
    rig_take(&rig, "draw Work/shard-0 low 1 !random_failure");
    RIG_EXPECT(&rig, "draw Work/shard-0\n"
                     "draw Work/shard-0 low 1 !random_failure\n");
    rig_take(&rig, "draw Work/shard-0 low 1 !random_failure");
    RIG_EXPECT(&rig, "acknowledge Work/shard-0\n");
    rig_release(&rig);
}

Test(action, draws_high_where_failures_are_off)
{
    create(ONE_MESSAGE CRASHES, draws_three_times, true);
    rig_take(&rig, "put Generator 0");
    RIG_EXPECT(&rig, "poll Work/shard-0 1\n");
    rig_release(&rig);
    create(ONE_MESSAGE CRASHES, draws_three_times, false);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1");
    RIG_EXPECT(&rig, "draw Work/shard-0\n");
    rig_release(&rig);
}

/* --- caps ------------------------------------------------------------------------------ */

#define CAPPED "faults: {limit: any, crash: 1, random_failure: 2}\n"

Test(action, counts_capped_faults_in_the_state)
{
    create(ONE_MESSAGE CAPPED, draws_three_times, true);
    uint16_t failures = rig.world->layout.cap_slots[FAULT_RANDOM_FAILURE];
    uint16_t crashes = rig.world->layout.cap_slots[FAULT_CRASH];
    cr_assert_eq(rig.world->layout.cap_slots[FAULT_TIMEOUT], WORLD_NO_SLOT);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1 low 1 !random_failure");
    cr_assert_eq(rig_slot(&rig, failures), 1);
    rig_take(&rig, "draw Work/shard-0 low 1 !random_failure");
    cr_assert_eq(rig_slot(&rig, failures), 2);
    cr_assert_eq(rig_slot(&rig, crashes), 0);
    /* used up: the third draw, reached by a fault, comes out high on the way */
    RIG_EXPECT(&rig, "acknowledge Work/shard-0\n"
                     "crash Work/shard-0 !crash\n");
    rig_take(&rig, "crash Work/shard-0 !crash");
    cr_assert_eq(rig_slot(&rig, crashes), 1);
    RIG_EXPECT(&rig, "acknowledge Work/shard-0\n");
    rig_release(&rig);
}

/* --- failures -------------------------------------------------------------------------- */

static void raises_after_writing(struct scripted *run)
{
    struct value answer;
    if (!scripted_call(run, "PutItem", PUT_ROW("a", "1"), &answer))
        return;
    scripted_raise(run);
}

/* A batch that fails is tried again for ever, and only that: no crash of what has failed already.
 */
Test(action, retries_a_failed_batch_for_ever)
{
    create(ONE_MESSAGE CRASHES, raises_after_writing, true);
    rig_learn(&rig, 0);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1\ncall Work/shard-0");
    RIG_EXPECT(&rig, "retry Work/shard-0\npoll Next/shard-0 1\n");
    rig_take(&rig, "retry Work/shard-0");
    RIG_EXPECT(&rig, "call Work/shard-0\npoll Next/shard-0 1\n");
    struct rig_reach reach = rig_reach(&rig, 0);
    cr_assert_eq(reach.ends, 0);
    rig_release(&rig);
}

Test(action, acknowledges_whatever_is_returned)
{
    create(ONE_MESSAGE, does_nothing, true);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1");
    RIG_EXPECT(&rig, "acknowledge Work/shard-0\n");
    rig_release(&rig);
}

/* --- attempts -------------------------------------------------------------------------- */

static void writes_its_attempt(struct scripted *run)
{
    struct value answer;
    struct value request = scripted_format(
        run->store, "{'TableName': 'Out', 'Item': {'id': {'S': 'a%u'}}}", run->run->attempt);
    if (!scripted_request(run, "PutItem", request, &answer))
        return;
    scripted_return(run);
}

/* The next attempt does something else, so that not even the start of the first is nothing. */
Test(action, counts_attempts_where_they_can_be_seen)
{
    create(ONE_MESSAGE "faults: {limit: any, crash: 2}\n", writes_its_attempt, true);
    rig_learn(&rig, 0);
    cr_assert(rig.world->facts.attempts_shown[rig_function(&rig, "Work")]);
    cr_assert_not(rig.world->facts.attempts_shown[rig_function(&rig, "Next")]);
    uint16_t attempt = rig.world->layout.pollers[0].attempt_slot;
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1");
    RIG_EXPECT(&rig, "call Work/shard-0\ncrash Work/shard-0 !crash\n");
    rig_take(&rig, "crash Work/shard-0 !crash");
    cr_assert_eq(rig_slot(&rig, attempt), 1);
    rig_take(&rig, "call Work/shard-0\ncrash Work/shard-0 !crash\ncall Work/shard-0");
    cr_assert_eq(rig_slot(&rig, attempt), 2);
    char text[RIG_TEXT_SIZE];
    cr_assert_str_eq(rig_items(&rig, "Out", text), "{'id':{'S':'a1'}} {'id':{'S':'a2'}}");
    rig_take(&rig, "acknowledge Work/shard-0");
    cr_assert_eq(rig_slot(&rig, attempt), 0);
    rig_release(&rig);
}

/* --- reserved concurrency -------------------------------------------------------------- */

#define TWO_SHARDS                                                                                 \
    "scenario: x\n"                                                                                \
    "workload:\n"                                                                                  \
    "  shards: 2\n"                                                                                \
    "  messages:\n"                                                                                \
    "    - {trade: T1, version: 0, shard: 0}\n"                                                    \
    "    - {trade: T2, version: 0, shard: 1}\n"

static void create_with_concurrency(int64_t reserved)
{
    static char text[8192];
    const char *at = strstr(rig_template, "FunctionName: Work,");
    cr_assert_not_null(at);
    (void)snprintf(text, sizeof text, "%.*sReservedConcurrentExecutions: %d, %s",
                   (int)(at - rig_template), rig_template, (int)reserved, at);
    rig_init(&rig, &(struct rig_setup){.template = text,
                                       .scenario = TWO_SHARDS,
                                       .handlers = {{"Work", writes_twice}, {"Next", does_nothing}},
                                       .merge_local_steps = true});
    rig_learn(&rig, 0);
    rig_take(&rig, "put Generator 0\nput Generator 1");
}

Test(action, keeps_other_shards_waiting_for_reserved_concurrency)
{
    create_with_concurrency(1);
    RIG_EXPECT(&rig, "poll Work/shard-0 1\npoll Work/shard-1 1\n");
    rig_take(&rig, "poll Work/shard-0 1\npoll Work/shard-1 1");
    RIG_EXPECT(&rig, "invoke Work/shard-0\ninvoke Work/shard-1\n");
    rig_take(&rig, "invoke Work/shard-1");
    RIG_EXPECT(&rig, "call Work/shard-1\n");
    rig_take(&rig, "call Work/shard-1\ncall Work/shard-1");
    RIG_EXPECT(&rig, "acknowledge Work/shard-1\npoll Next/shard-0 1\npoll Next/shard-0 2\n");
    rig_take(&rig, "acknowledge Work/shard-1");
    RIG_EXPECT(&rig, "invoke Work/shard-0\npoll Next/shard-0 1\npoll Next/shard-0 2\n");
    rig_release(&rig);
}

Test(action, invokes_at_once_where_concurrency_suffices)
{
    create_with_concurrency(2);
    rig_take(&rig, "poll Work/shard-0 1\npoll Work/shard-1 1");
    RIG_EXPECT(&rig, "call Work/shard-0\ncall Work/shard-1\n");
    rig_release(&rig);
}

/* ReservedConcurrentExecutions: 0 switches a function off: its records stay. */
Test(action, never_invokes_with_a_concurrency_of_zero)
{
    create_with_concurrency(0);
    rig_take(&rig, "poll Work/shard-0 1\npoll Work/shard-1 1");
    RIG_EXPECT(&rig, "");
    rig_release(&rig);
}

/* --- names ----------------------------------------------------------------------------- */

Test(action, has_a_name_for_every_kind)
{
    for (int i = 0; i <= ACTION_EXPIRE; i++) {
        const char *name = action_kind_name((enum action_kind)i);
        cr_assert_not_null(name);
        for (int j = 0; j < i; j++)
            cr_assert_str_neq(name, action_kind_name((enum action_kind)j));
    }
}

Test(action, is_equal_only_if_every_part_is)
{
    const struct action one = {.kind = ACTION_CALL, .fault = FAULT_KIND_COUNT};
    struct action other[6] = {one, one, one, one, one, one};
    other[0].kind = ACTION_POLL;
    other[1].fault = FAULT_CRASH;
    other[2].poller = 1;
    other[3].count = 1;
    other[4].place = 1;
    other[5].low_draw = 1;
    cr_assert(action_equal(&one, &one));
    for (int i = 0; i < 6; i++)
        cr_assert_not(action_equal(&one, &other[i]), "%d", i);
}

/* --- memory ---------------------------------------------------------------------------- */

/* Everything until the first writes and a crash, with the n-th allocation failing. */
static enum status explore_a_little(const struct rig_setup *setup)
{
    enum status status = rig_try_init(&rig, setup);
    for (int i = 0; status == STATUS_OK && i < 12; i++) {
        status = world_expand(rig.world, rig.state, &rig.list, &rig.error);
        if (status == STATUS_OK && rig.list.count > 0)
            memcpy(rig.state, rig.list.slots + (rig.list.count - 1) * rig.list.slot_count,
                   rig.list.slot_count * sizeof *rig.state);
    }
    return status;
}

Test(action, survives_every_failing_allocation, .timeout = 300)
{
    const struct rig_setup setup = {
        .scenario = ONE_MESSAGE CRASHES,
        .handlers = {{"Work", reads_parameters}, {"Next", does_nothing}},
        .merge_local_steps = true};
    unsigned long long first = 0; /* allocations of the readers of texts are tested elsewhere */
    rig_init(&rig, &setup);
    first = rig.memory.requests;
    rig_release(&rig);
    size_t failures = 0;
    for (unsigned long long n = first * 3 / 4;; n++) {
        memset(&rig, 0, sizeof rig);
        memory_init(&rig.memory, SIZE_MAX);
        rig.memory.fail_at = n;
        enum status status = explore_a_little(&setup);
        bool failed = rig.memory.requests >= n;
        cr_assert(status == STATUS_OK || (failed && status == STATUS_NO_MEMORY),
                  "allocation %llu: status %d, %s", n, (int)status, rig.error.message);
        if (status == STATUS_OK)
            cr_assert_not(value_store_failed(rig.store), "allocation %llu", n);
        rig_release(&rig);
        if (!failed)
            break;
        failures += status == STATUS_NO_MEMORY ? 1 : 0;
    }
    cr_assert_gt(failures, 20);
}
