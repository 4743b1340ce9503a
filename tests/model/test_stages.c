#include "model/stages.h"

#include "tests/support/rig.h"

#include <criterion/criterion.h>
#include <string.h>

/* Functions f0, f1, ... and tables t0, t1, ...; a mapping feeds a function from a table's stream.
 */
enum { FUNCTIONS = 4, TABLES = 4 };

static struct table_config tables[TABLES];
static struct function_config functions[FUNCTIONS];
static struct mapping_config mappings[FUNCTIONS];
static struct pipeline pipeline;
static struct footprints footprints;
static struct stages stages;

static void setup(void)
{
    memset(mappings, 0, sizeof mappings);
    memset(&footprints, 0, sizeof footprints);
    pipeline = (struct pipeline){.tables = tables,
                                 .table_count = TABLES,
                                 .functions = functions,
                                 .function_count = FUNCTIONS,
                                 .mappings = mappings};
}

TestSuite(stages, .init = setup);

static void feed(uint32_t function, uint32_t table)
{
    mappings[pipeline.mapping_count++] = (struct mapping_config){
        .function = function, .source_kind = SOURCE_TABLE, .source = table, .enabled = true};
}

static void reads(size_t function, size_t table)
{
    footprints.touched[function][table] |= TOUCH_READ;
}

static void writes(size_t function, size_t table)
{
    footprints.touched[function][table] |= TOUCH_READ | TOUCH_WRITE;
}

static void expect(const char *of_functions)
{
    uint32_t last = 0;
    stages_from_footprints(&pipeline, &footprints, 0, &stages);
    for (size_t i = 0; i < FUNCTIONS; i++) {
        cr_assert_eq(stages.of_function[i], of_functions[i] - '0', "function %zu: stage %u", i,
                     stages.of_function[i]);
        last = stages.of_function[i] > last ? stages.of_function[i] : last;
    }
    cr_assert_eq(stages.count, last + 1);
}

Test(stages, are_in_the_order_of_functions_where_nothing_is_known) { expect("0123"); }

Test(stages, follow_the_flow)
{
    feed(0, 1);
    writes(1, 1);
    feed(1, 2);
    writes(2, 2);
    feed(2, 3);
    writes(3, 3);
    expect("3210");
}

Test(stages, ignore_tables_that_nobody_writes)
{
    for (size_t i = 0; i < FUNCTIONS; i++)
        reads(i, 0);
    expect("0123");
}

Test(stages, join_a_writer_with_all_who_touch_its_table)
{
    writes(1, 0);
    reads(3, 0);
    expect("0121");
}

Test(stages, join_two_writers)
{
    writes(0, 2);
    writes(2, 2);
    expect("0102");
}

/* f0 -> t0 -> f1 -> t1 -> f2, and f2 reads t0, which f0 writes: f1 stands between them. */
Test(stages, join_everything_between_a_function_and_an_earlier_table)
{
    writes(0, 0);
    feed(1, 0);
    writes(1, 1);
    feed(2, 1);
    reads(2, 0);
    expect("0001");
}

Test(stages, join_a_cycle)
{
    writes(0, 0);
    feed(1, 0);
    writes(1, 1);
    feed(0, 1);
    feed(2, 1);
    expect("0012");
}

/* A function that follows the table it writes is a stage of its own. */
Test(stages, allow_a_loop)
{
    writes(0, 0);
    feed(0, 0);
    feed(1, 0);
    expect("0123");
}

Test(stages, join_functions_with_tokens)
{
    footprints.sends_tokens[0] = true;
    expect("0123");
    footprints.sends_tokens[3] = true;
    expect("0120");
}

Test(stages, ignore_mappings_that_are_disabled)
{
    writes(1, 0);
    feed(0, 0);
    expect("1023");
    mappings[0].enabled = false;
    expect("0123");
}

Test(stages, ignore_what_feeds_from_a_stream)
{
    writes(1, 0);
    feed(0, 0);
    mappings[0].source_kind = SOURCE_STREAM;
    expect("0123");
}

/* Readers of a table's stream do not touch the table. */
Test(stages, do_not_join_a_writer_and_its_follower)
{
    writes(0, 0);
    feed(1, 0);
    expect("0123");
    reads(1, 0);
    expect("0012");
}

/* --- expansion in stage order ---------------------------------------------------------- */

#define TWO_MESSAGES                                                                               \
    "scenario: x\nworkload:\n  messages:\n"                                                        \
    "    - {trade: T1, version: 0}\n    - {trade: T2, version: 0}\n"
#define CRASHES "faults: {limit: any, crash: 2}\n"

static struct rig rig;

static void puts_a_row_per_batch(struct scripted *run)
{
    struct value answer;
    struct value request =
        scripted_format(run->store, "{'TableName': 'Out', 'Item': {'id': {'S': '%s'}}}",
                        scripted_sequence(run, scripted_record_count(run) - 1));
    if (scripted_request(run, "PutItem", request, &answer))
        scripted_return(run);
}

static void counts_rows(struct scripted *run)
{
    struct value answer;
    struct value request = scripted_format(
        run->store,
        "{'TableName': 'Sum', 'Key': {'id': {'S': 's'}}, 'UpdateExpression': 'ADD n :n',"
        " 'ExpressionAttributeValues': {':n': {'N': '%zu'}}}",
        scripted_record_count(run));
    if (scripted_request(run, "UpdateItem", request, &answer))
        scripted_return(run);
}

static void raises(struct scripted *run) { scripted_raise(run); }

static void create(scripted_function work, bool stage_order)
{
    rig_init(&rig, &(struct rig_setup){.scenario = TWO_MESSAGES CRASHES,
                                       .handlers = {{"Work", work}, {"Next", counts_rows}},
                                       .merge_local_steps = true,
                                       .stage_order = stage_order});
    rig_learn(&rig, 0);
}

Test(stages, put_everything_first)
{
    create(puts_a_row_per_batch, true);
    rig_take(&rig, "put Generator 0");
    RIG_EXPECT(&rig, "put Generator 1\n");
    rig_take(&rig, "put Generator 1");
    RIG_EXPECT(&rig, "poll Work/shard-0 1\npoll Work/shard-0 2\n");
    rig_release(&rig);
}

Test(stages, finish_one_before_the_next)
{
    create(puts_a_row_per_batch, true);
    rig_take(&rig, "put Generator 0\nput Generator 1\npoll Work/shard-0 1\ncall Work/shard-0");
    RIG_EXPECT(&rig, "acknowledge Work/shard-0\ncrash Work/shard-0 !crash\n");
    rig_take(&rig, "acknowledge Work/shard-0\npoll Work/shard-0 1\ncall Work/shard-0\n"
                   "acknowledge Work/shard-0");
    RIG_EXPECT(&rig, "poll Next/shard-0 1\npoll Next/shard-0 2\n");
    rig_release(&rig);
}

/* A batch that fails for ever does not hold up the stages after it. */
static void puts_and_raises(struct scripted *run)
{
    struct value answer;
    if (scripted_call(run, "PutItem", "{'TableName': 'Out', 'Item': {'id': {'S': 'a'}}}", &answer))
        scripted_raise(run);
}

Test(stages, do_not_wait_for_what_fails_for_ever)
{
    create(puts_and_raises, true);
    rig_take(&rig, "put Generator 0\nput Generator 1\npoll Work/shard-0 1\ncall Work/shard-0");
    RIG_EXPECT(&rig, "retry Work/shard-0\npoll Next/shard-0 1\n");
    rig_take(&rig, "poll Next/shard-0 1");
    RIG_EXPECT(&rig, "retry Work/shard-0\ncall Next/shard-0\n");
    rig_take(&rig, "retry Work/shard-0");
    RIG_EXPECT(&rig, "call Work/shard-0\n");
    rig_release(&rig);
}

Test(stages, end_where_nothing_can_move_on)
{
    create(raises, true);
    rig_take(&rig, "put Generator 0\nput Generator 1\npoll Work/shard-0 2");
    RIG_EXPECT(&rig, "retry Work/shard-0\n");
    rig_release(&rig);
}

/* The same ends, in fewer states. */
Test(stages, reach_the_same_number_of_ends)
{
    struct rig_reach plain;
    struct rig_reach ordered;
    for (uint32_t faults = 0; faults < 3; faults++) {
        create(puts_a_row_per_batch, false);
        plain = rig_reach(&rig, faults);
        rig_release(&rig);
        create(puts_a_row_per_batch, true);
        ordered = rig_reach(&rig, faults);
        rig_release(&rig);
        cr_assert_eq(ordered.ends, plain.ends, "%zu, plain %zu", ordered.ends, plain.ends);
        cr_assert_lt(ordered.states, plain.states);
    }
}
