#include "reports/diagnosis_text.h"

#include "tests/support/rig.h"

#include <criterion/criterion.h>

#define SCENARIO                                                                                   \
    "scenario: x\nworkload:\n  shards: 2\n  messages:\n"                                           \
    "    - {trade: T1, version: 0}\n    - {trade: T2, version: 3, copies: 2}\n"                    \
    "tables: {Out: {stream_shards: 2}}\n"

static struct rig rig;
static struct diagnosis *diagnosis;
static struct text text;

static void does_nothing(struct scripted *run) { scripted_return(run); }

static void begin(void)
{
    rig_init(&rig,
             &(struct rig_setup){.scenario = SCENARIO,
                                 .handlers = {{"Work", does_nothing}, {"Next", does_nothing}}});
    diagnosis = diagnosis_create(rig.world);
    cr_assert_not_null(diagnosis);
    text_init(&text, &rig.memory);
}

static void end(void)
{
    text_release(&text);
    diagnosis_destroy(diagnosis);
    rig_release(&rig);
}

TestSuite(diagnosis_text, .init = begin, .fini = end);

static uint16_t poller_of(const char *function)
{
    uint16_t poller = 0;
    while (rig.world->layout.pollers[poller].function != rig_function(&rig, function))
        poller++;
    return poller;
}

Test(diagnosis_text, says_what_multiplies)
{
    struct action poll = {
        .kind = ACTION_POLL, .fault = FAULT_KIND_COUNT, .poller = poller_of("Work"), .count = 1};
    struct action crash = {.kind = ACTION_CRASH, .fault = FAULT_CRASH, .poller = 0};
    for (uint32_t i = 0; i < 12; i++) {
        rig.state[rig.world->layout.generator_slot] = value_integer(rig.store, i % 3).id;
        rig.state[rig.world->layout.pollers[poller_of("Next")].batch_slot] = i / 3;
        diagnosis_add_state(diagnosis, rig.state, i == 11 ? 2 : 0);
    }
    diagnosis_add_step(diagnosis, &poll, true);
    poll.count = 3;
    diagnosis_add_step(diagnosis, &poll, true);
    diagnosis_add_step(diagnosis, &poll, true);
    diagnosis_add_step(diagnosis, &poll, false);
    diagnosis_add_step(diagnosis, &crash, true);
    append_diagnosis(&text, &rig.pipeline, diagnosis);
    cr_assert_str_eq(
        text_string(&text),
        "  what multiplies the 12 states: values of a part for each combination of the "
        "rest\n"
        "    x4.00    Next\n"
        "    x3.00    Generator\n"
        "  new states by Work's batches of 1: 1, 3: 2\n"
        "  new states with faults: 0: 11, 1: 0, 2: 1; by kind: crash 1\n",
        "%s", text_string(&text));
}

Test(diagnosis_text, says_where_nothing_multiplies)
{
    diagnosis_add_state(diagnosis, rig.state, 0);
    append_diagnosis(&text, &rig.pipeline, diagnosis);
    cr_assert_str_eq(text_string(&text),
                     "  what multiplies the 1 states: values of a part for each combination of the "
                     "rest\n"
                     "    no part alone does\n"
                     "  new states with faults: 0: 1\n",
                     "%s", text_string(&text));
}

/* A run with the rig's pipeline, as far as the text looks at it. */
static void fill_run(struct run *run, struct scenario_message *messages)
{
    for (size_t i = 0; i < rig.scenario.message_count; i++)
        messages[i] = rig.scenario.messages[i];
    run->messages = messages;
    run->pipeline = rig.pipeline;
}

Test(diagnosis_text, says_how_to_lower)
{
    static struct run run;
    static struct scenario_message messages[SCENARIO_MESSAGES_MAX];
    struct lowering lowerings[] = {
        {.kind = LOWER_FAULT_KIND, .index = FAULT_CRASH, .states = 1},
        {.kind = LOWER_TABLE_SHARDS, .index = rig_table(&rig, "Out"), .value = 1, .states = 2},
        {.kind = LOWER_STREAM_SHARDS, .index = 0, .value = 1, .states = 3},
        {.kind = LOWER_BATCH, .index = 0, .value = 2, .states = 4},
        {.kind = LOWER_PUTS, .index = 1, .value = 1, .states = 5},
        {.kind = LOWER_PUTS, .index = 0, .value = 0, .states = 6},
        {.kind = LOWER_FAULT_LIMIT, .value = 1, .states = 8}};
    fill_run(&run, messages);
    append_lowerings(&text, &run, 10, lowerings, sizeof lowerings / sizeof lowerings[0]);
    cr_assert_str_eq(
        text_string(&text),
        "  what to lower: the states of the same search with\n"
        "            1 (1/10.0)  without crash: --fault crash=0\n"
        "            2 (1/5.0)  1 shard for the stream of Out: tables: {Out: {stream_shards: 1}}\n"
        "            3 (1/3.3)  1 shard for In: workload: {shards: 1}\n"
        "            4 (1/2.5)  batches of at most 2 for Work: mappings: {Work: {BatchSize: 2}}\n"
        "            5 (1/2.0)  T2 version 3 put once less: copies: 1\n"
        "            6 (1/1.7)  T1 version 0 left out\n"
        "            8 (1/1.2)  at most 1 fault: --faults 1\n",
        "%s", text_string(&text));
}

Test(diagnosis_text, says_nothing_where_nothing_helps)
{
    static struct run run;
    append_lowerings(&text, &run, 10, NULL, 0);
    cr_assert_str_eq(text_string(&text), "");
}
