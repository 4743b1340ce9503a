#include "model/world.h"

#include "tests/support/rig.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct rig rig;

#define TWO_SHARDS                                                                                 \
    "scenario: x\nworkload:\n  shards: 2\n  messages:\n"                                           \
    "    - {trade: T1, version: 0, shard: 0}\n    - {trade: T2, version: 0, shard: 1}\n"

static void does_nothing(struct scripted *run) { scripted_return(run); }

static const struct rig_setup plain = {
    .scenario = TWO_SHARDS, .handlers = {{"Work", does_nothing}, {"Next", does_nothing}}};

static void create(const char *template, const char *scenario, scripted_function work)
{
    rig_init(&rig, &(struct rig_setup){.template = template,
                                       .scenario = scenario,
                                       .handlers = {{"Work", work}, {"Next", does_nothing}},
                                       .merge_local_steps = true});
}

/* The rig's template with one text for another. */
static const char *changed_template(const char *from, const char *to)
{
    static char text[8192];
    const char *at = strstr(rig_template, from);
    cr_assert_not_null(at, "%s", from);
    int length = snprintf(text, sizeof text, "%.*s%s%s", (int)(at - rig_template), rig_template, to,
                          at + strlen(from));
    cr_assert_lt((size_t)length, sizeof text);
    return text;
}

/* --- layout ---------------------------------------------------------------------------- */

Test(world, lays_out_every_part_once)
{
    rig_init(&rig, &plain);
    const struct layout *layout = &rig.world->layout;
    /* generator, tokens, 2 clocks; In: 2 logs, places; 3 tables, Out's log; 3 pollers of 6 */
    cr_assert_eq(layout->slot_count, 2 + 2 + 3 + 3 + 1 + 3 * 6);
    cr_assert_eq(layout->log_count, 3);
    cr_assert_eq(layout->poller_count, 3);
    for (int i = 0; i < FAULT_KIND_COUNT; i++)
        cr_assert_eq(layout->cap_slots[i], WORLD_NO_SLOT);
    rig_release(&rig);
}

Test(world, begins_with_nothing)
{
    rig_init(&rig, &plain);
    const struct layout *layout = &rig.world->layout;
    for (uint32_t i = 0; i < layout->log_count; i++)
        cr_assert_eq(world_log_length(rig.world, rig.state, i), 0);
    for (size_t i = 0; i < rig.pipeline.table_count; i++)
        cr_assert_eq(value_count(rig.store, rig_value(&rig, layout->table_slots[i])), 0);
    for (uint32_t i = 0; i < layout->poller_count; i++) {
        const struct poller_layout *poller = &layout->pollers[i];
        cr_assert_eq(rig_slot(&rig, poller->checkpoint_slot), 0);
        cr_assert_eq(rig_slot(&rig, poller->batch_slot), 0);
        cr_assert_eq(rig_slot(&rig, poller->node_slot), HANDLER_NODE_NONE);
        cr_assert_eq(rig_slot(&rig, poller->attempt_slot), 0);
    }
    size_t length = 0;
    const char *counts = value_bytes(rig.store, rig_value(&rig, layout->generator_slot), &length);
    cr_assert_eq(length, 2);
    cr_assert(counts[0] == 0 && counts[1] == 0);
    cr_assert_eq(value_count(rig.store, rig_value(&rig, layout->tokens_slot)), 0);
    rig_release(&rig);
}

Test(world, begins_with_the_items_of_the_scenario)
{
    char text[RIG_TEXT_SIZE];
    create(NULL,
           TWO_SHARDS "tables:\n  Sum: {items: [{id: b, n: 2}, {id: a}]}\n"
                      "  Rows: {items: [{pk: p, sk: 2}, {pk: p, sk: 1}]}\n",
           does_nothing);
    cr_assert_str_eq(rig_items(&rig, "Sum", text),
                     "{'id':{'S':'a'}} {'id':{'S':'b'},'n':{'N':'2'}}");
    cr_assert_str_eq(rig_items(&rig, "Rows", text),
                     "{'pk':{'S':'p'},'sk':{'N':'1'}} {'pk':{'S':'p'},'sk':{'N':'2'}}");
    rig_release(&rig);
}

Test(world, has_slots_for_caps_and_places_where_needed)
{
    create(NULL,
           TWO_SHARDS "tables: {Out: {stream_shards: 3}, Rows: {stream_shards: 3}}\n"
                      "faults: {limit: any, crash: 2, random_failure: true}\n",
           does_nothing);
    const struct layout *layout = &rig.world->layout;
    cr_assert_neq(layout->cap_slots[FAULT_CRASH], WORLD_NO_SLOT);
    cr_assert_eq(layout->cap_slots[FAULT_RANDOM_FAILURE], WORLD_NO_SLOT);
    cr_assert_neq(layout->place_slots[rig_table(&rig, "Out")], WORLD_NO_SLOT);
    cr_assert_eq(layout->place_slots[rig_table(&rig, "Rows")], WORLD_NO_SLOT, "nobody reads it");
    cr_assert_eq(layout->log_count, 2 + 3);
    cr_assert_eq(layout->poller_count, 2 + 3);
    rig_release(&rig);
}

Test(world, leaves_out_mappings_that_are_disabled)
{
    create(changed_template("StartingPosition: LATEST", "Enabled: false, StartingPosition: LATEST"),
           TWO_SHARDS, does_nothing);
    cr_assert_eq(rig.world->layout.poller_count, 1);
    rig_take(&rig, "put Generator 0\nput Generator 1");
    RIG_EXPECT(&rig, "");
    rig_release(&rig);
}

/* --- several mappings of one function -------------------------------------------------- */

#define NEXT_TWICE                                                                                 \
    "  SecondMapping:\n"                                                                           \
    "    Type: AWS::Lambda::EventSourceMapping\n"                                                  \
    "    Properties: {EventSourceArn: !GetAtt Rows.StreamArn, FunctionName: !Ref Next,\n"          \
    "                 StartingPosition: TRIM_HORIZON, BatchSize: 1}\n"                             \
    "  NextMapping:\n"

static void puts_into_both(struct scripted *run)
{
    struct value answer;
    if (scripted_call(run, "BatchWriteItem",
                      "{'RequestItems': {"
                      "'Out': [{'PutRequest': {'Item': {'id': {'S': 'a'}}}},"
                      "        {'PutRequest': {'Item': {'id': {'S': 'b'}}}}],"
                      "'Rows': [{'PutRequest': {'Item': {'pk': {'S': 'a'}, 'sk': {'N': '1'}}}},"
                      "         {'PutRequest': {'Item': {'pk': {'S': 'a'}, 'sk': {'N': '2'}}}}]}}",
                      &answer))
        scripted_return(run);
}

Test(world, names_the_sources_of_a_function_with_several)
{
    char name[64];
    create(changed_template("  NextMapping:\n", NEXT_TWICE), TWO_SHARDS, puts_into_both);
    rig_learn(&rig, 0);
    static const char *const names[] = {"Work/shard-0", "Work/shard-1", "Next/Rows/shard-0",
                                        "Next/Out/shard-0"};
    cr_assert_eq(rig.world->layout.poller_count, 4);
    for (uint32_t i = 0; i < 4; i++) {
        world_poller_name(rig.world, i, name, sizeof name);
        cr_assert_str_eq(name, names[i]);
    }
    rig_take(&rig, "put Generator 0\nput Generator 1\npoll Work/shard-0 1\ncall Work/shard-0\n"
                   "acknowledge Work/shard-0");
    RIG_EXPECT(&rig, "poll Work/shard-1 1\n"
                     "poll Next/Rows/shard-0 1\n" /* its BatchSize is 1 */
                     "poll Next/Out/shard-0 1\n"
                     "poll Next/Out/shard-0 2\n");
    /* each has a stream checkpoint of its own */
    rig_take(&rig, "poll Next/Rows/shard-0 1\nacknowledge Next/Rows/shard-0");
    cr_assert_eq(rig_slot(&rig, rig.world->layout.pollers[2].checkpoint_slot), 1);
    cr_assert_eq(rig_slot(&rig, rig.world->layout.pollers[3].checkpoint_slot), 0);
    rig_release(&rig);
}

#define WORK_TWICE                                                                                 \
    "  SecondMapping:\n"                                                                           \
    "    Type: AWS::Lambda::EventSourceMapping\n"                                                  \
    "    Properties: {EventSourceArn: !GetAtt In.Arn, FunctionName: !Ref Next,\n"                  \
    "                 StartingPosition: TRIM_HORIZON}\n"                                           \
    "  NextMapping:\n"

/* Two functions on one stream: each reads everything. */
Test(world, lets_two_functions_read_one_stream)
{
    create(changed_template("  NextMapping:\n", WORK_TWICE), TWO_SHARDS, does_nothing);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1\nacknowledge Work/shard-0");
    RIG_EXPECT(&rig, "put Generator 1\npoll Next/In/shard-0 1\n");
    rig_release(&rig);
}

/* --- events and invocations ------------------------------------------------------------ */

Test(world, delivers_the_records_after_the_checkpoint)
{
    create(NULL, "scenario: x\nworkload:\n  messages:\n    - {trade: T1, version: 0, copies: 4}\n",
           does_nothing);
    for (int i = 0; i < 4; i++)
        rig_take(&rig, "put Generator 0");
    rig_take(&rig, "poll Work/shard-0 1\nacknowledge Work/shard-0\npoll Work/shard-0 2");
    struct value log = world_log(rig.world, rig.state, 0);
    struct value records =
        value_get_text(rig.store, world_event(rig.world, rig.state, 0), "Records");
    cr_assert_eq(value_count(rig.store, records), 2);
    for (size_t i = 0; i < 2; i++) {
        struct value record = value_at(rig.store, value_at(rig.store, log, 1 + i), 1);
        cr_assert(value_equal(value_at(rig.store, records, i), record));
    }
    rig_release(&rig);
}

Test(world, counts_running_invocations)
{
    create(NULL, TWO_SHARDS, does_nothing);
    uint32_t work = rig_function(&rig, "Work");
    rig_take(&rig, "put Generator 0\nput Generator 1");
    cr_assert_eq(world_running(rig.world, rig.state, work), 0);
    rig_take(&rig, "poll Work/shard-0 1");
    cr_assert_eq(world_running(rig.world, rig.state, work), 1);
    rig_take(&rig, "poll Work/shard-1 1");
    cr_assert_eq(world_running(rig.world, rig.state, work), 2);
    cr_assert_eq(world_running(rig.world, rig.state, rig_function(&rig, "Next")), 0);
    rig_take(&rig, "acknowledge Work/shard-0\nacknowledge Work/shard-1");
    cr_assert_eq(world_running(rig.world, rig.state, work), 0);
    rig_release(&rig);
}

/* --- facts ----------------------------------------------------------------------------- */

static void writes_out(struct scripted *run)
{
    struct value answer;
    if (scripted_call(run, "PutItem", "{'TableName': 'Out', 'Item': {'id': {'S': 'a'}}}", &answer))
        scripted_return(run);
}

Test(world, learns_what_is_written_once)
{
    create(NULL, TWO_SHARDS, writes_out);
    cr_assert_not(world_take_facts_changed(rig.world));
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1");
    cr_assert_not(world_take_facts_changed(rig.world));
    rig_expand(&rig);
    uint32_t out = rig_table(&rig, "Out");
    cr_assert(rig.world->facts.table_written[out]);
    cr_assert_eq(rig.world->facts.footprints.touched[rig_function(&rig, "Work")][out],
                 TOUCH_READ | TOUCH_WRITE);
    cr_assert(world_take_facts_changed(rig.world));
    cr_assert_not(world_take_facts_changed(rig.world), "said once");
    cr_assert_eq(rig.world->stages.of_function[rig_function(&rig, "Work")], 0);
    cr_assert_eq(rig.world->stages.of_function[rig_function(&rig, "Next")], 1);
    rig_expand(&rig);
    cr_assert_not(world_take_facts_changed(rig.world), "known already");
    rig_release(&rig);
}

Test(world, adopts_the_facts_of_another)
{
    create(NULL, TWO_SHARDS, writes_out);
    struct world_facts facts = {.time_passes = true};
    facts.table_written[rig_table(&rig, "Out")] = true;
    facts.footprints.touched[rig_function(&rig, "Work")][rig_table(&rig, "Out")] =
        TOUCH_READ | TOUCH_WRITE;
    world_adopt_facts(rig.world, &facts);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1");
    rig_expand(&rig);
    cr_assert_not(world_take_facts_changed(rig.world));
    cr_assert(rig.world->facts.time_passes);
    rig_release(&rig);
}

static void writes_its_attempt(struct scripted *run)
{
    struct value answer;
    struct value request = scripted_format(
        run->store, "{'TableName': 'Out', 'Item': {'id': {'S': 'a%u'}}}", run->run->attempt);
    if (scripted_request(run, "PutItem", request, &answer))
        scripted_return(run);
}

/* A tree that another world made show attempts shows them in this one, too. */
Test(world, shows_attempts_once_a_tree_does)
{
    create(NULL, TWO_SHARDS, writes_its_attempt);
    struct handler_tree *tree = rig.trees[rig_function(&rig, "Work")];
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1");
    cr_assert(handler_tree_depends_on_attempt(tree));
    cr_assert_not(handler_tree_shows_attempts(tree));
    cr_assert(world_take_facts_changed(rig.world));
    cr_assert(handler_tree_shows_attempts(tree));
    cr_assert(rig.world->facts.attempts_shown[rig_function(&rig, "Work")]);
    const struct world_facts none = {.time_passes = false};
    world_adopt_facts(rig.world, &none);
    cr_assert(world_take_facts_changed(rig.world));
    cr_assert(rig.world->facts.attempts_shown[rig_function(&rig, "Work")]);
    rig_release(&rig);
}

Test(world, has_time_pass_where_timeouts_are_on)
{
    create(NULL, TWO_SHARDS "faults: {limit: any, timeout: 1}\n", does_nothing);
    cr_assert(rig.world->facts.time_passes);
    rig_release(&rig);
    create(NULL, TWO_SHARDS, does_nothing);
    cr_assert_not(rig.world->facts.time_passes);
    rig_release(&rig);
}

/* --- limits ---------------------------------------------------------------------------- */

Test(world, limits_the_shards)
{
    struct world *world = NULL;
    rig_init(&rig, &plain);
    struct stream_config streams[PIPELINE_STREAMS_MAX];
    for (int i = 0; i < PIPELINE_STREAMS_MAX; i++) {
        streams[i] = rig.pipeline.streams[0];
        streams[i].shard_count = PIPELINE_SHARDS_MAX;
    }
    struct pipeline wide = rig.pipeline;
    wide.streams = streams;
    const struct world_inputs inputs = {.memory = &rig.memory,
                                        .store = rig.store,
                                        .pipeline = &wide,
                                        .scenario = &rig.scenario,
                                        .faults = &rig.scenario.faults,
                                        .workload = &rig.workload,
                                        .trees = rig.trees};
    wide.stream_count = 9; /* 576 shards */
    cr_assert_eq(world_create(&inputs, &world, &rig.error), STATUS_LIMIT);
    cr_assert_str_eq(rig.error.message, "the pipeline has more than 512 shards in all");
    struct mapping_config mappings[5];
    for (uint32_t i = 0; i < 5; i++) {
        mappings[i] = rig.pipeline.mappings[0];
        mappings[i].source = i;
    }
    wide.stream_count = 5;
    wide.mappings = mappings;
    wide.mapping_count = 5; /* 320 shards */
    cr_assert_eq(world_create(&inputs, &world, &rig.error), STATUS_LIMIT);
    cr_assert_str_eq(rig.error.message,
                     "the event source mappings have more than 256 shards in all");
    wide.mapping_count = 4;
    cr_assert_eq(world_create(&inputs, &world, &rig.error), STATUS_OK);
    cr_assert_eq(world->layout.poller_count, 256);
    world_destroy(world);
    rig_release(&rig);
}
