#include "model/property.h"

#include "tests/support/rig.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

/* The rig's pipeline has no aggregates of the workshop's: this one has nothing else. */
static const char *const template =
    "Resources:\n"
    "  In: {Type: 'AWS::Kinesis::Stream', Properties: {Name: In, ShardCount: 1}}\n"
    "  AggregateTable:\n"
    "    Type: AWS::DynamoDB::Table\n"
    "    Properties:\n"
    "      TableName: AggregateTable\n"
    "      AttributeDefinitions: [{AttributeName: Identifier, AttributeType: S}]\n"
    "      KeySchema: [{AttributeName: Identifier, KeyType: HASH}]\n";

/* T1 is updated: the newest versions are messages 1 (8) and 2 (64). */
#define THREE_MESSAGES                                                                             \
    "scenario: x\n"                                                                                \
    "workload:\n"                                                                                  \
    "  messages:\n"                                                                                \
    "    - {trade: T1, version: 0}\n"                                                              \
    "    - {trade: T1, version: 1}\n"                                                              \
    "    - {trade: T2, version: 0}\n"

static struct rig rig;

static void create(const char *scenario)
{
    rig_init(&rig, &(struct rig_setup){.template = template, .scenario = scenario});
}

/* Put an aggregate's attribute into the state; `value` is JSON in the wire form, NULL: no
 * attribute. */
static void set(const char *key, const char *wire)
{
    uint16_t slot = rig.world->layout.table_slots[rig_table(&rig, "AggregateTable")];
    struct value item =
        wire == NULL
            ? scripted_format(rig.store, "{'Identifier': {'S': '%s'}}", key)
            : scripted_format(rig.store, "{'Identifier': {'S': '%s'}, 'Value': %s}", key, wire);
    const char *message = NULL;
    item = item_from_wire(rig.store, item, &message);
    cr_assert(!value_is_none(item), "%s", message);
    struct value table = rig_value(&rig, slot);
    rig.state[slot] = value_put(rig.store, table, value_text(rig.store, key), item).id;
}

static void set_number(const char *key, const char *number)
{
    char wire[128];
    (void)snprintf(wire, sizeof wire, "{'N': '%s'}", number);
    set(key, wire);
}

static const char *key_of(uint32_t message, uint32_t level)
{
    static char key[WORKLOAD_KEY_SIZE];
    return workload_aggregate_key(&rig.workload.messages[message].hierarchy, level, key);
}

/* Every aggregate as expected but those of a message's hierarchy, which get `number` more. */
static void set_all(void)
{
    for (size_t i = 0; i < rig.workload.aggregate_count; i++) {
        char number[DECIMAL_TEXT_SIZE];
        (void)decimal_text(&rig.workload.aggregates[i].expected, number);
        set_number(rig.workload.aggregates[i].key, number);
    }
}

/* What the aggregates of a trade's hierarchy say, at all levels. */
static void set_levels(uint32_t message, const char *number)
{
    for (uint32_t level = 0; level < HIERARCHY_LEVELS; level++)
        set_number(key_of(message, level), number);
}

static void expect_counts(const int32_t *counted, const int32_t *expected)
{
    struct message_count counts[SCENARIO_MESSAGES_MAX];
    world_message_counts(rig.world, rig.state, counts);
    for (uint32_t i = 0; i < rig.workload.message_count; i++) {
        cr_assert_eq(counts[i].message, i);
        cr_assert_eq(counts[i].expected, expected[i]);
        cr_assert(counts[i].known);
        cr_assert_eq(counts[i].counted, counted[i], "message %u: %d", i, counts[i].counted);
    }
}

/* Both trades in one hierarchy, so that one aggregate holds all digits. */
#define ONE_HIERARCHY                                                                              \
    "scenario: x\n"                                                                                \
    "workload:\n"                                                                                  \
    "  values: distinct\n"                                                                         \
    "  messages:\n"                                                                                \
    "    - {trade: T1, version: 0, hierarchy: {RiskType: PV, TradeDesk: Spot, Region: EMEA}}\n"    \
    "    - {trade: T1, version: 1, hierarchy: {RiskType: PV, TradeDesk: Spot, Region: EMEA}}\n"    \
    "    - {trade: T2, version: 0, hierarchy: {RiskType: PV, TradeDesk: Spot, Region: EMEA}}\n"

static const int32_t newest[] = {0, 1, 1};

Test(property, accepts_the_newest_version_of_each_trade)
{
    create(THREE_MESSAGES);
    set_all();
    struct outcome outcome = world_outcome(rig.world, rig.state);
    cr_assert(outcome.right);
    cr_assert(outcome.levels_agree);
    cr_assert_not(outcome.twice);
    cr_assert_not(outcome.lost);
    expect_counts(newest, newest);
    cr_assert_eq(world_aggregate_differences(rig.world, rig.state, NULL), 0);
    rig_release(&rig);
}

Test(property, finds_nothing_counted_in_an_empty_table)
{
    create(ONE_HIERARCHY);
    struct outcome outcome = world_outcome(rig.world, rig.state);
    cr_assert_not(outcome.right);
    cr_assert(outcome.levels_agree);
    cr_assert_not(outcome.twice);
    cr_assert(outcome.lost);
    expect_counts((const int32_t[]){0, 0, 0}, newest);
    struct aggregate_difference differences[16];
    cr_assert_eq(rig.workload.aggregate_count, 3);
    cr_assert_eq(world_aggregate_differences(rig.world, rig.state, differences), 3);
    for (int i = 0; i < 3; i++) {
        int64_t number = -1;
        cr_assert(differences[i].is_number);
        cr_assert(decimal_to_integer(&differences[i].expected, &number));
        cr_assert_eq(number, 72);
        cr_assert(decimal_to_integer(&differences[i].actual, &number));
        cr_assert_eq(number, 0);
    }
    rig_release(&rig);
}

/* The digits in base 8 are counts, balanced: -3..4. */
Test(property, decodes_how_often_each_message_was_counted)
{
    static const struct {
        const char *number;
        int32_t counted[3];
        bool twice;
        bool lost;
    } cases[] = {
        {"72", {0, 1, 1}, false, false},   {"136", {0, 1, 2}, true, false},
        {"8", {0, 1, 0}, false, true},     {"64", {0, 0, 1}, false, true},
        {"73", {1, 1, 1}, false, false},   {"65", {1, 0, 1}, false, true},
        {"71", {-1, 1, 1}, false, true},   {"80", {0, 2, 1}, true, false},
        {"288", {0, 4, 4}, true, false},   {"69", {-3, 1, 1}, false, true},
        {"-72", {0, -1, -1}, false, true}, {"-4", {4, -1, 0}, true, true},
    };
    create(ONE_HIERARCHY);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        set_levels(0, cases[i].number);
        struct outcome outcome = world_outcome(rig.world, rig.state);
        cr_assert_eq(outcome.right, i == 0, "%s", cases[i].number);
        cr_assert_eq(outcome.twice, cases[i].twice, "%s", cases[i].number);
        cr_assert_eq(outcome.lost, cases[i].lost, "%s", cases[i].number);
        cr_assert(outcome.levels_agree);
        expect_counts(cases[i].counted, newest);
    }
    rig_release(&rig);
}

static bool counts_known(void)
{
    struct message_count counts[SCENARIO_MESSAGES_MAX];
    world_message_counts(rig.world, rig.state, counts);
    return counts[0].known || counts[1].known || counts[2].known;
}

/* Whatever a function writes: no digits, no crash. */
Test(property, does_not_decode_what_no_counts_can_give)
{
    static const char *const numbers[] = {
        "3072", /* a fourth digit */
        "0.5",
        "9223372036854775807", /* INT64_MAX: the next digit's quotient must not overflow */
        "-9223372036854775808",
        "9223372036854775808",
        "99999999999999999999999999999999999999",
        "1E+125",
        "1E-130",
    };
    create(ONE_HIERARCHY);
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        set_levels(0, numbers[i]);
        cr_assert_not(counts_known(), "%s", numbers[i]);
        cr_assert_not(world_outcome(rig.world, rig.state).right, "%s", numbers[i]);
        cr_assert(world_outcome(rig.world, rig.state).levels_agree, "%s", numbers[i]);
    }
    rig_release(&rig);
}

Test(property, does_not_take_text_for_a_number)
{
    create(ONE_HIERARCHY);
    set_all();
    set(key_of(0, 2), "{'S': '72'}");
    struct outcome outcome = world_outcome(rig.world, rig.state);
    cr_assert_not(outcome.right);
    cr_assert_not(outcome.levels_agree);
    cr_assert_not(counts_known());
    struct aggregate_difference difference;
    cr_assert_eq(world_aggregate_differences(rig.world, rig.state, &difference), 1);
    cr_assert_not(difference.is_number);
    cr_assert_str_eq(difference.key, "PV:Spot:EMEA");
    set_all();
    set(key_of(0, 0), "{'S': '72'}");
    cr_assert_not(world_outcome(rig.world, rig.state).levels_agree, "a parent that is text");
    rig_release(&rig);
}

/* An item without Value counts as zero, as a missing one does. */
Test(property, takes_a_missing_value_for_zero)
{
    create(ONE_HIERARCHY);
    set_all();
    set(key_of(0, 2), NULL);
    struct aggregate_difference difference;
    cr_assert_eq(world_aggregate_differences(rig.world, rig.state, &difference), 1);
    cr_assert(difference.is_number);
    rig_release(&rig);
}

Test(property, compares_every_level)
{
    for (uint32_t level = 0; level < HIERARCHY_LEVELS; level++) {
        create(ONE_HIERARCHY);
        set_all();
        set_number(key_of(0, level), "73");
        struct outcome outcome = world_outcome(rig.world, rig.state);
        cr_assert_not(outcome.right, "level %u", level);
        cr_assert_not(outcome.levels_agree, "level %u", level);
        struct aggregate_difference difference;
        cr_assert_eq(world_aggregate_differences(rig.world, rig.state, &difference), 1);
        cr_assert_str_eq(difference.key, key_of(0, level));
        rig_release(&rig);
    }
}

Test(property, ignores_keys_that_no_message_can_reach)
{
    create(ONE_HIERARCHY);
    set_all();
    set_number("message_count", "3");
    set_number("PV:Spot:EMEA:more", "3");
    set_number("PV:Spo", "3");
    cr_assert(world_outcome(rig.world, rig.state).right);
    cr_assert(world_outcome(rig.world, rig.state).levels_agree);
    rig_release(&rig);
}

#define FRACTIONS                                                                                  \
    "scenario: x\n"                                                                                \
    "workload:\n"                                                                                  \
    "  messages:\n"                                                                                \
    "    - {trade: T1, version: 0, value: 0.25, hierarchy: {RiskType: PV, TradeDesk: Spot, "       \
    "Region: EMEA}}\n"

/* The game's tolerance is 1e-5, for sums that are not whole. */
Test(property, forgives_the_residue_of_floating_point_sums)
{
    create(FRACTIONS);
    set_levels(0, "0.25000000001");
    cr_assert(world_outcome(rig.world, rig.state).right);
    cr_assert(world_outcome(rig.world, rig.state).levels_agree);
    set_levels(0, "0.25002");
    cr_assert_not(world_outcome(rig.world, rig.state).right);
    set_number(key_of(0, 0), "0.250011");
    cr_assert(world_outcome(rig.world, rig.state).levels_agree, "within tolerance of 0.25002");
    set_number(key_of(0, 0), "0.250001");
    cr_assert_not(world_outcome(rig.world, rig.state).levels_agree);
    rig_release(&rig);
}

Test(property, compares_whole_numbers_exactly)
{
    create(ONE_HIERARCHY);
    set_levels(0, "72.000001");
    cr_assert(world_outcome(rig.world, rig.state).right);
    set_levels(0, "73");
    cr_assert_not(world_outcome(rig.world, rig.state).right);
    rig_release(&rig);
}

/* Nothing is decoded where the values are not powers of eight. */
Test(property, decodes_under_decodable_valuations_only)
{
    create(FRACTIONS);
    cr_assert_not(rig.workload.decodable);
    set_levels(0, "0.5");
    struct message_count count;
    world_message_counts(rig.world, rig.state, &count);
    cr_assert_not(count.known);
    struct outcome outcome = world_outcome(rig.world, rig.state);
    cr_assert_not(outcome.right);
    cr_assert_not(outcome.twice);
    cr_assert_not(outcome.lost);
    rig_release(&rig);
}

Test(property, asks_each_table_once)
{
    create(ONE_HIERARCHY);
    set_all();
    (void)world_outcome(rig.world, rig.state);
    size_t requests = rig.memory.requests;
    for (int i = 0; i < 10; i++)
        cr_assert(world_outcome(rig.world, rig.state).right);
    cr_assert_eq(rig.memory.requests, requests);
    rig_release(&rig);
}

Test(property, knows_whether_there_are_aggregates)
{
    create(ONE_HIERARCHY);
    cr_assert_eq(world_aggregate_table(rig.world), (int)rig_table(&rig, "AggregateTable"));
    rig_release(&rig);
    rig_init(&rig, &(struct rig_setup){.scenario = THREE_MESSAGES});
    cr_assert_eq(world_aggregate_table(rig.world), -1);
    cr_assert_not(world_outcome(rig.world, rig.state).right);
    rig_release(&rig);
}
