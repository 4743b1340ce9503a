#include "model/snapshot.h"

#include "model/base/json.h"
#include "tests/support/rig.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct rig rig;

#define ONE_MESSAGE                                                                                \
    "scenario: x\nworkload:\n  messages:\n    - {trade: T1, version: 0, value: 1.5}\n"
#define CRASHES "faults: {limit: any, crash: 3}\n"

static void does_nothing(struct scripted *run) { scripted_return(run); }

static bool put(struct scripted *run, const char *table, const char *item)
{
    struct value answer;
    return scripted_request(
        run, "PutItem",
        scripted_format(run->store, "{'TableName': '%s', 'Item': {%s}}", table, item), &answer);
}

static void create_with(const char *template, const char *scenario, scripted_function work)
{
    rig_init(&rig, &(struct rig_setup){.template = template,
                                       .scenario = scenario,
                                       .handlers = {{"Work", work}, {"Next", does_nothing}},
                                       .merge_local_steps = true});
    rig_learn(&rig, 0);
}

static struct value snapshot(void)
{
    struct value result = world_snapshot(rig.world, rig.state);
    cr_assert(!value_is_none(result));
    return result;
}

static const char *json_of(struct value value, char *text)
{
    struct text json;
    text_init(&json, &rig.memory);
    json_append(&json, rig.store, value);
    cr_assert(!text_failed(&json) && json.length < RIG_TEXT_SIZE);
    memcpy(text, text_string(&json), json.length + 1);
    for (char *c = text; *c != '\0'; c++)
        *c = *c == '"' ? '\'' : *c;
    text_release(&json);
    return text;
}

static void expect(const char *component, const char *json)
{
    char text[RIG_TEXT_SIZE];
    struct value value = value_get_text(rig.store, snapshot(), component);
    cr_assert(!value_is_none(value), "no component %s", component);
    cr_assert_str_eq(json_of(value, text), json, "%s: %s", component, text);
}

static void puts_a(struct scripted *run)
{
    if (put(run, "Out", "'id': {'S': 'a'}, 'n': {'N': '1.50'}"))
        scripted_return(run);
}

Test(snapshot, names_every_component)
{
    char text[RIG_TEXT_SIZE];
    create_with(NULL, ONE_MESSAGE CRASHES, puts_a);
    cr_assert_str_eq(json_of(snapshot(), text),
                     "{'Generator':[0],'Next/clock':0,"
                     "'Next/shard-0':{'batch':0,'invocation':'idle','stream checkpoint':0},"
                     "'Work/clock':0,"
                     "'Work/shard-0':{'batch':0,'invocation':'idle','stream checkpoint':0},"
                     "'faults/crash':0}",
                     "%s", text);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1");
    expect("Generator", "[1]");
    expect("Work/shard-0",
           "{'batch':1,'invocation':'DynamoDB_20120810.PutItem','stream checkpoint':0}");
    rig_take(&rig, "call Work/shard-0");
    expect("Work/shard-0", "{'batch':1,'invocation':'returned','stream checkpoint':0}");
    expect("Out/a", "{'id':{'S':'a'},'n':{'N':'1.5'}}");
    expect("Out/stream-0/0", "{'Keys':{'id':{'S':'a'}},'NewImage':{'id':{'S':'a'},'n':{'N':'1.5'}},"
                             "'SequenceNumber':'333800000000000000000000000000','eventName':"
                             "'INSERT'}");
    rig_take(&rig, "crash Work/shard-0 !crash");
    expect("faults/crash", "1");
    rig_release(&rig);
}

Test(snapshot, shows_the_data_of_a_record)
{
    create_with(NULL, ONE_MESSAGE, puts_a);
    rig_take(&rig, "put Generator 0");
    struct value record = value_get_text(rig.store, snapshot(), "In/shard-0/0");
    struct value data = value_get_text(rig.store, record, "data");
    cr_assert_eq(value_kind(rig.store, data), VALUE_MAP);
    cr_assert(value_is_text(rig.store, value_get_text(rig.store, data, "TradeID"), "T1"));
    cr_assert(!value_is_none(value_get_text(rig.store, record, "sequenceNumber")));
    cr_assert(!value_is_none(value_get_text(rig.store, record, "partitionKey")));
    cr_assert_eq(value_count(rig.store, record), 3);
    rig_release(&rig);
}

static void raises(struct scripted *run) { scripted_raise(run); }
static void hangs(struct scripted *run) { scripted_hang(run); }
static void asks_the_time(struct scripted *run)
{
    int64_t now = 0;
    scripted_sleep(run, 5);
    if (scripted_time(run, &now))
        scripted_return(run);
}

Test(snapshot, says_where_an_invocation_stands)
{
    static const struct {
        scripted_function work;
        const char *invocation;
    } cases[] = {{raises, "failed"}, {hangs, "timed out"}, {asks_the_time, "time"}};
    for (size_t i = 0; i < 3; i++) {
        create_with(NULL, ONE_MESSAGE, cases[i].work);
        rig_take(&rig, "put Generator 0\npoll Work/shard-0 1");
        struct value poller = value_get_text(rig.store, snapshot(), "Work/shard-0");
        cr_assert(value_is_text(rig.store, value_get_text(rig.store, poller, "invocation"),
                                cases[i].invocation));
        rig_release(&rig);
    }
}

static void puts_its_attempt(struct scripted *run)
{
    char item[64];
    (void)snprintf(item, sizeof item, "'id': {'S': 'a%u'}", run->run->attempt);
    if (put(run, "Out", item))
        scripted_return(run);
}

Test(snapshot, shows_attempts_where_they_matter)
{
    create_with(NULL, ONE_MESSAGE CRASHES, puts_its_attempt);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1\ncrash Work/shard-0 !crash");
    expect("Work/shard-0", "{'attempt':1,'batch':1,'invocation':'DynamoDB_20120810.PutItem',"
                           "'stream checkpoint':0}");
    rig_release(&rig);
}

/* --- keys ------------------------------------------------------------------------------ */

static void puts_a_row(struct scripted *run)
{
    if (put(run, "Rows", "'pk': {'S': 'a/b'}, 'sk': {'N': '-1.50'}"))
        scripted_return(run);
}

Test(snapshot, joins_the_parts_of_a_composite_key)
{
    create_with(NULL, ONE_MESSAGE, puts_a_row);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1\ncall Work/shard-0");
    expect("Rows/a/b|-1.5", "{'pk':{'S':'a/b'},'sk':{'N':'-1.5'}}");
    rig_release(&rig);
}

static void puts_binary_keys(struct scripted *run)
{
    /* 00 01, 00 02 and ff: neither text nor UTF-8 */
    if (put(run, "Out", "'id': {'B': 'AAE='}") && put(run, "Out", "'id': {'B': 'AAI='}") &&
        put(run, "Out", "'id': {'B': '/w=='}"))
        scripted_return(run);
}

Test(snapshot, writes_binary_keys_in_base64)
{
    static char template[8192];
    const char *at =
        strstr(rig_template, "AttributeType: S}]\n      KeySchema: [{AttributeName: id");
    cr_assert_not_null(at);
    (void)snprintf(template, sizeof template, "%.*sAttributeType: B%s", (int)(at - rig_template),
                   rig_template, at + strlen("AttributeType: S"));
    create_with(template, ONE_MESSAGE, puts_binary_keys);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1\ncall Work/shard-0\ncall Work/shard-0\n"
                   "call Work/shard-0");
    expect("Out/AAE=", "{'id':{'B':'AAE='}}");
    expect("Out/AAI=", "{'id':{'B':'AAI='}}");
    expect("Out//w==", "{'id':{'B':'/w=='}}");
    rig_release(&rig);
}

static void puts_keys_with_nul_bytes(struct scripted *run)
{
    if (put(run, "Out", "'id': {'S': 'a\\u0000b'}") && put(run, "Out", "'id': {'S': 'a\\u0000c'}"))
        scripted_return(run);
}

Test(snapshot, keeps_keys_with_nul_bytes_apart)
{
    create_with(NULL, ONE_MESSAGE, puts_keys_with_nul_bytes);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1");
    size_t before = value_count(rig.store, snapshot());
    rig_take(&rig, "call Work/shard-0\ncall Work/shard-0");
    cr_assert_eq(value_count(rig.store, snapshot()), before + 4, "two items, two records");
    rig_release(&rig);
}

/* --- places and tokens ----------------------------------------------------------------- */

static void adds_with_token(struct scripted *run)
{
    struct value answer;
    struct value request = scripted_format(
        run->store,
        "{'ClientRequestToken': 'token-1', 'TransactItems': [{'Put': {'TableName': 'Out',"
        " 'Item': {'id': {'S': '%s'}}}}]}",
        scripted_sequence(run, 0));
    if (scripted_request(run, "TransactWriteItems", request, &answer))
        scripted_return(run);
}

Test(snapshot, shows_places_and_tokens)
{
    create_with(NULL, ONE_MESSAGE "tables: {Out: {stream_shards: 2}}\n", adds_with_token);
    rig_take(&rig, "put Generator 0\npoll Work/shard-0 1\ncall Work/shard-0 place 1");
    expect("tokens/token-1", "0");
    expect("Out/placement/49590338271490256608550000000000000000000000000000000000", "1");
    expect("Next/shard-1", "{'batch':0,'invocation':'idle','stream checkpoint':0}");
    rig_release(&rig);
}

/* --- differences ----------------------------------------------------------------------- */

Test(snapshot, lists_what_a_transition_changed)
{
    char text[RIG_TEXT_SIZE];
    create_with(NULL, ONE_MESSAGE CRASHES, puts_a);
    rig_take(&rig, "put Generator 0");
    struct value before = snapshot();
    cr_assert_eq(value_count(rig.store, snapshot_difference(rig.store, before, before)), 0);
    rig_take(&rig, "poll Work/shard-0 1");
    struct value after = snapshot();
    cr_assert_str_eq(
        json_of(snapshot_difference(rig.store, before, after), text),
        "[{'after':{'batch':1,'invocation':'DynamoDB_20120810.PutItem','stream checkpoint':0},"
        "'before':{'batch':0,'invocation':'idle','stream checkpoint':0},"
        "'component':'Work/shard-0'}]",
        "%s", text);
    rig_take(&rig, "call Work/shard-0");
    struct value changes = snapshot_difference(rig.store, after, snapshot());
    cr_assert_eq(value_count(rig.store, changes), 3, "the item, its record, the poller");
    struct value item = value_at(rig.store, changes, 0);
    cr_assert(value_is_text(rig.store, value_get_text(rig.store, item, "component"), "Out/a"));
    cr_assert(value_equal(value_get_text(rig.store, item, "before"), value_null(rig.store)));
    /* and back: what is new there is gone here */
    changes = snapshot_difference(rig.store, snapshot(), after);
    item = value_at(rig.store, changes, 0);
    cr_assert(value_equal(value_get_text(rig.store, item, "after"), value_null(rig.store)));
    rig_release(&rig);
}

Test(snapshot, has_no_difference_without_memory)
{
    create_with(NULL, ONE_MESSAGE, puts_a);
    cr_assert(value_is_none(snapshot_difference(rig.store, VALUE_NONE, snapshot())));
    cr_assert(value_is_none(snapshot_difference(rig.store, snapshot(), VALUE_NONE)));
    rig_release(&rig);
}

Test(snapshot, survives_every_failing_allocation)
{
    for (unsigned long long n = 1;; n++) {
        create_with(NULL, ONE_MESSAGE CRASHES, puts_a);
        rig_take(&rig, "put Generator 0\npoll Work/shard-0 1\ncall Work/shard-0");
        unsigned long long before = rig.memory.requests;
        rig.memory.fail_at = before + n;
        struct value taken = world_snapshot(rig.world, rig.state);
        bool failed = rig.memory.requests >= rig.memory.fail_at;
        if (!failed)
            cr_assert(!value_is_none(taken));
        else if (!value_is_none(taken))
            cr_assert_not(value_store_failed(rig.store), "allocation %llu", n);
        rig_release(&rig);
        if (!failed) {
            cr_assert_gt(n, 3);
            break;
        }
    }
}
