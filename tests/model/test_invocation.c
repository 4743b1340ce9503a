/* Where the stream records of a call go: model/invocation.c. */
#include "tests/support/rig.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct rig rig;

#define SCENARIO(tables)                                                                           \
    "scenario: x\nworkload:\n  messages:\n    - {trade: T1, version: 0, copies: 2}\n"              \
    "tables: {" tables "}\n"
#define TWO_SHARDS SCENARIO("Out: {stream_shards: 2}")

static void does_nothing(struct scripted *run) { scripted_return(run); }

static void create(const char *scenario, scripted_function work)
{
    rig_init(&rig, &(struct rig_setup){.scenario = scenario,
                                       .handlers = {{"Work", work}, {"Next", does_nothing}},
                                       .merge_local_steps = true});
    rig_learn(&rig, 0);
    rig_take(&rig, "put Generator 0\nput Generator 0");
}

/* The rig's mapping of Next reads Rows instead of Out. */
static void create_on_rows(const char *scenario, scripted_function work)
{
    static char text[8192];
    const char *at = strstr(rig_template, "!GetAtt Out.StreamArn");
    cr_assert_not_null(at);
    (void)snprintf(text, sizeof text, "%.*s!GetAtt Rows.StreamArn%s", (int)(at - rig_template),
                   rig_template, at + strlen("!GetAtt Out.StreamArn"));
    rig_init(&rig, &(struct rig_setup){.template = text,
                                       .scenario = scenario,
                                       .handlers = {{"Work", work}, {"Next", does_nothing}},
                                       .merge_local_steps = true});
    rig_learn(&rig, 0);
    rig_take(&rig, "put Generator 0\nput Generator 0");
}

static size_t length_of(const char *table, uint32_t shard)
{
    return rig_log_length(&rig, SOURCE_TABLE, table, shard);
}

static size_t places_of(const char *table)
{
    return value_count(rig.store,
                       rig_value(&rig, rig.world->layout.place_slots[rig_table(&rig, table)]));
}

static bool put(struct scripted *run, const char *table, const char *item, struct value *answer)
{
    return scripted_request(
        run, "PutItem",
        scripted_format(run->store, "{'TableName': '%s', 'Item': {%s}}", table, item), answer);
}

/* --- keys of the workload's ------------------------------------------------------------ */

static void puts_a_and_b(struct scripted *run)
{
    struct value answer;
    if (put(run, "Out", "'id': {'S': 'a'}", &answer) &&
        put(run, "Out", "'id': {'S': 'b'}", &answer))
        scripted_return(run);
}

/* MD5("a") ends in 61, MD5("b") in 8f (RFC 1321): both odd. */
Test(invocation, places_given_keys_by_md5)
{
    create(TWO_SHARDS, puts_a_and_b);
    rig_take(&rig, "poll Work/shard-0 1\ncall Work/shard-0\ncall Work/shard-0");
    cr_assert_eq(length_of("Out", 0), 0);
    cr_assert_eq(length_of("Out", 1), 2);
    cr_assert_eq(places_of("Out"), 0);
    rig_release(&rig);
}

Test(invocation, follows_the_places_of_the_scenario)
{
    create(SCENARIO("Out: {stream_shards: 2, place: {a: 0}}"), puts_a_and_b);
    rig_take(&rig, "poll Work/shard-0 1\ncall Work/shard-0\ncall Work/shard-0");
    cr_assert_eq(length_of("Out", 0), 1);
    cr_assert_eq(length_of("Out", 1), 1);
    rig_release(&rig);
}

/* --- keys that AWS or chance chose ----------------------------------------------------- */

static void puts_its_sequence_number(struct scripted *run)
{
    char item[256];
    struct value answer;
    (void)snprintf(item, sizeof item, "'id': {'S': '%s'}, 'attempt': {'N': '%u'}",
                   scripted_sequence(run, 0), (unsigned)scripted_record_count(run));
    if (put(run, "Out", item, &answer))
        scripted_return(run);
}

Test(invocation, lets_chance_place_what_it_chose)
{
    create(TWO_SHARDS, puts_its_sequence_number);
    rig_take(&rig, "poll Work/shard-0 1");
    RIG_EXPECT(&rig, "call Work/shard-0\ncall Work/shard-0 place 1\n");
    rig_take(&rig, "call Work/shard-0 place 1");
    cr_assert_eq(length_of("Out", 0), 0);
    cr_assert_eq(length_of("Out", 1), 1);
    cr_assert_eq(places_of("Out"), 1);
    rig_release(&rig);
    create(TWO_SHARDS, puts_its_sequence_number);
    rig_take(&rig, "poll Work/shard-0 1\ncall Work/shard-0");
    cr_assert_eq(length_of("Out", 0), 1);
    rig_release(&rig);
}

static void puts_then_updates_its_sequence_number(struct scripted *run)
{
    char item[256];
    struct value answer;
    for (int version = 0; version < 2; version++) {
        (void)snprintf(item, sizeof item, "'id': {'S': '%s'}, 'v': {'N': '%d'}",
                       scripted_sequence(run, 0), version);
        if (!put(run, "Out", item, &answer))
            return;
    }
    scripted_return(run);
}

Test(invocation, keeps_the_place_of_a_key)
{
    create(TWO_SHARDS, puts_then_updates_its_sequence_number);
    rig_take(&rig, "poll Work/shard-0 1\ncall Work/shard-0 place 1");
    RIG_EXPECT(&rig, "call Work/shard-0\npoll Next/shard-1 1\n");
    rig_take(&rig, "call Work/shard-0");
    cr_assert_eq(length_of("Out", 1), 2);
    rig_release(&rig);
}

Test(invocation, has_nothing_to_choose_with_one_shard)
{
    create(SCENARIO("Out: {stream_shards: 1}"), puts_its_sequence_number);
    cr_assert_eq(rig.world->layout.place_slots[rig_table(&rig, "Out")], WORLD_NO_SLOT);
    rig_take(&rig, "poll Work/shard-0 1");
    RIG_EXPECT(&rig, "call Work/shard-0\n");
    rig_release(&rig);
}

/* First in one order, then, with one record in the batch, in the other: the second write of 'a'
 * comes by a course that depends on the sequence number, though its key does not. */
static void puts_by_two_courses(struct scripted *run)
{
    struct value answer;
    if (scripted_record_count(run) == 2) {
        if (put(run, "Out", "'id': {'S': 'a'}, 'v': {'N': '2'}", &answer))
            scripted_return(run);
        return;
    }
    bool perturbed = strncmp(scripted_sequence(run, 0), "4962", 4) == 0;
    if (!perturbed && !put(run, "Out", "'id': {'S': 'a'}, 'v': {'N': '3'}", &answer))
        return;
    scripted_return(run);
}

/* An item that is there has its place, whatever course the function takes to write it again. */
Test(invocation, does_not_move_an_item_that_is_there)
{
    rig_init(&rig, &(struct rig_setup){
                       .scenario = "scenario: x\nworkload:\n  messages:\n"
                                   "    - {trade: T1, version: 0, copies: 3}\n"
                                   "tables: {Out: {stream_shards: 2}}\n",
                       .handlers = {{"Work", puts_by_two_courses}, {"Next", does_nothing}},
                       .merge_local_steps = true});
    rig_learn(&rig, 0);
    rig_take(&rig, "put Generator 0\nput Generator 0\nput Generator 0\npoll Work/shard-0 2\n"
                   "call Work/shard-0\nacknowledge Work/shard-0\npoll Work/shard-0 1");
    cr_assert_eq(length_of("Out", 1), 1);
    RIG_EXPECT(&rig, "call Work/shard-0\npoll Next/shard-1 1\n");
    rig_take(&rig, "call Work/shard-0");
    cr_assert_eq(length_of("Out", 1), 2);
    rig_release(&rig);
}

/* --- composite keys -------------------------------------------------------------------- */

#define ROWS_ON_TWO_SHARDS SCENARIO("Rows: {stream_shards: 2}")

/* The partition key is given, the sort key chosen. */
static void puts_under_one_partition(struct scripted *run)
{
    char item[256];
    struct value answer;
    (void)snprintf(item, sizeof item, "'pk': {'S': 'a'}, 'sk': {'N': '%.8s%.6s'}",
                   scripted_sequence(run, 0), scripted_sequence(run, 0) + 36);
    if (put(run, "Rows", item, &answer))
        scripted_return(run);
}

Test(invocation, places_items_by_their_partition_key)
{
    create_on_rows(ROWS_ON_TWO_SHARDS, puts_under_one_partition);
    rig_take(&rig, "poll Work/shard-0 1");
    RIG_EXPECT(&rig, "call Work/shard-0\n");
    rig_take(&rig, "call Work/shard-0\nacknowledge Work/shard-0\npoll Work/shard-0 1\n"
                   "call Work/shard-0");
    cr_assert_eq(length_of("Rows", 1), 2, "both where MD5 sends 'a'");
    rig_release(&rig);
}

/* The partition key is chosen; two items of one transaction share it. */
static void puts_two_rows_at_once(struct scripted *run)
{
    struct value answer;
    const char *key = scripted_sequence(run, 0);
    struct value request = scripted_format(
        run->store,
        "{'TransactItems': ["
        "{'Put': {'TableName': 'Rows', 'Item': {'pk': {'S': '%s'}, 'sk': {'N': '1'}}}},"
        "{'Put': {'TableName': 'Rows', 'Item': {'pk': {'S': '%s'}, 'sk': {'N': '2'}}}},"
        "{'Put': {'TableName': 'Rows', 'Item': {'pk': {'S': '%s-b'}, 'sk': {'N': '1'}}}}]}",
        key, key, key);
    run->fresh_token = true;
    if (scripted_request(run, "TransactWriteItems", request, &answer))
        scripted_return(run);
}

Test(invocation, places_one_partition_of_a_transaction_together)
{
    create_on_rows(ROWS_ON_TWO_SHARDS, puts_two_rows_at_once);
    rig_take(&rig, "poll Work/shard-0 1");
    RIG_EXPECT(&rig, "call Work/shard-0\n"
                     "call Work/shard-0 place 1\n"
                     "call Work/shard-0 place 2\n"
                     "call Work/shard-0 place 3\n");
    rig_take(&rig, "call Work/shard-0 place 1");
    cr_assert_eq(length_of("Rows", 1), 2);
    cr_assert_eq(length_of("Rows", 0), 1);
    cr_assert_eq(places_of("Rows"), 2);
    rig_release(&rig);
}

/* --- the limit ------------------------------------------------------------------------- */

static void puts_too_many_rows(struct scripted *run)
{
    char text[2000] = "{'TransactItems': [";
    struct value answer;
    for (int i = 0; i < 11; i++) {
        size_t length = strlen(text);
        (void)snprintf(text + length, sizeof text - length,
                       "%s{'Put': {'TableName': 'Out', 'Item': {'id': {'S': '%s-%d'}}}}",
                       i == 0 ? "" : ",", scripted_sequence(run, 0), i);
    }
    (void)strcat(text, "]}");
    run->fresh_token = true;
    if (scripted_call(run, "TransactWriteItems", text, &answer))
        scripted_return(run);
}

Test(invocation, limits_the_placements_of_a_call)
{
    rig_init(&rig,
             &(struct rig_setup){.scenario = TWO_SHARDS,
                                 .handlers = {{"Work", puts_too_many_rows}, {"Next", does_nothing}},
                                 .merge_local_steps = true});
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1");
    cr_assert_eq(world_expand(rig.world, rig.state, &rig.list, &rig.error), STATUS_LIMIT);
    cr_assert_not_null(strstr(rig.error.message, "more than 1024 possible placements"));
    rig_release(&rig);
}

/* --- removals, and tables that nobody follows ------------------------------------------ */

static void puts_and_deletes(struct scripted *run)
{
    struct value answer;
    if (put(run, "Out", "'id': {'S': 'a'}", &answer) &&
        put(run, "Sum", "'id': {'S': 'a'}", &answer) &&
        scripted_call(run, "DeleteItem", "{'TableName': 'Out', 'Key': {'id': {'S': 'a'}}}",
                      &answer) &&
        scripted_call(run, "DeleteItem", "{'TableName': 'Out', 'Key': {'id': {'S': 'a'}}}",
                      &answer))
        scripted_return(run);
}

static struct value record_at(uint32_t log, size_t index)
{
    struct value records = world_log(rig.world, rig.state, log);
    return value_at(rig.store, value_at(rig.store, records, index), 1);
}

Test(invocation, emits_a_record_for_a_removal_but_not_for_nothing)
{
    create(SCENARIO(""), puts_and_deletes);
    rig_take(&rig, "poll Work/shard-0 1\ncall Work/shard-0\ncall Work/shard-0\n"
                   "call Work/shard-0\ncall Work/shard-0");
    cr_assert_eq(length_of("Out", 0), 2);
    uint32_t log = (uint32_t)rig.world->layout.table_logs[rig_table(&rig, "Out")];
    struct value removal = record_at(log, 1);
    cr_assert(value_is_text(rig.store, value_get_text(rig.store, removal, "eventName"), "REMOVE"));
    struct value payload = value_get_text(rig.store, removal, "dynamodb");
    cr_assert(value_is_none(value_get_text(rig.store, payload, "NewImage")));
    cr_assert(value_equal(value_get_text(rig.store, payload, "OldImage"),
                          scripted_json(rig.store, "{'id': {'S': 'a'}}")));
    cr_assert(value_equal(value_get_text(rig.store, payload, "Keys"),
                          scripted_json(rig.store, "{'id': {'S': 'a'}}")));
    rig_release(&rig);
}

Test(invocation, keeps_no_log_of_tables_that_nobody_follows)
{
    create(SCENARIO(""), puts_and_deletes);
    cr_assert_eq(rig.world->layout.table_logs[rig_table(&rig, "Sum")], -1, "no stream");
    cr_assert_eq(rig.world->layout.table_logs[rig_table(&rig, "Rows")], -1, "no mapping");
    cr_assert_eq(rig.world->layout.log_count, 2);
    rig_take(&rig, "poll Work/shard-0 1\ncall Work/shard-0\ncall Work/shard-0");
    char text[RIG_TEXT_SIZE];
    cr_assert_str_eq(rig_items(&rig, "Sum", text), "{'id':{'S':'a'}}");
    rig_release(&rig);
}

/* A write that changes nothing emits no record. */
static void puts_twice(struct scripted *run)
{
    struct value answer;
    if (put(run, "Out", "'id': {'S': 'a'}", &answer) &&
        put(run, "Out", "'id': {'S': 'a'}", &answer))
        scripted_return(run);
}

Test(invocation, emits_no_record_for_a_write_that_changes_nothing)
{
    create(SCENARIO(""), puts_twice);
    rig_take(&rig, "poll Work/shard-0 1\ncall Work/shard-0\ncall Work/shard-0");
    cr_assert_eq(length_of("Out", 0), 1);
    rig_release(&rig);
}

/* An item's records are in order in one shard; those of one transaction in the order of its
 * actions. */
Test(invocation, numbers_the_records_of_a_shard)
{
    create_on_rows(SCENARIO(""), puts_two_rows_at_once);
    rig_take(&rig, "poll Work/shard-0 1\ncall Work/shard-0");
    uint32_t log = (uint32_t)rig.world->layout.table_logs[rig_table(&rig, "Rows")];
    cr_assert_eq(length_of("Rows", 0), 3);
    for (size_t i = 1; i < 3; i++) {
        struct value number[2];
        for (size_t j = 0; j < 2; j++)
            number[j] = value_get_text(
                rig.store, value_get_text(rig.store, record_at(log, i - 1 + j), "dynamodb"),
                "SequenceNumber");
        cr_assert_lt(value_compare(rig.store, number[0], number[1]), 0);
    }
    rig_release(&rig);
}
