#include "checker/lowering.h"

#include "checker/verify.h"
#include "model/base/text.h"

#include <criterion/criterion.h>
#include <string.h>

/* A scenario of the workshop's pipeline, small in every number. */
struct setting {
    unsigned copies; /* of the second and last message */
    unsigned input_shards;
    unsigned row_shards;
    unsigned last_shard; /* of the second message */
    unsigned batch;      /* of MapLambda */
    const char *limit;
    const char *crash;
    const char *random_failure;
    const char *timeout;
};

static const struct setting original = {.copies = 2,
                                        .input_shards = 2,
                                        .row_shards = 2,
                                        .last_shard = 1,
                                        .batch = 2,
                                        .limit = "any",
                                        .crash = "true",
                                        .random_failure = "true",
                                        .timeout = "1"};

static struct memory memory;
static struct text text;
static struct run_request request;

static struct run *create_run(const struct setting *setting)
{
    struct run *run = NULL;
    struct error error = ERROR_INIT;
    memory_init(&memory, SIZE_MAX);
    text_init(&text, &memory);
    text_append_format(
        &text,
        "scenario: x\nworkload:\n  stream: IncomingDataStream\n  shards: %u\n  messages:\n"
        "    - {trade: T1, version: 0, shard: 0}\n"
        "    - {trade: T2, version: 0, shard: %u, copies: %u}\n  values: distinct\n"
        "tables: {StateTable: {stream_shards: 1}, ReduceTable: {stream_shards: %u}}\n"
        "mappings:\n  StateLambda: {BatchSize: 2}\n  MapLambda: {BatchSize: %u}\n"
        "  ReduceLambda: {BatchSize: 1}\n"
        "faults: {limit: %s, crash: %s, random_failure: %s, timeout: %s}\n",
        setting->input_shards, setting->last_shard, setting->copies, setting->row_shards,
        setting->batch, setting->limit, setting->crash, setting->random_failure, setting->timeout);
    request = (struct run_request){.memory = &memory,
                                   .data_dir = ".",
                                   .scenario = "x",
                                   .scenario_text = text_string(&text),
                                   .template_file = "scenarios/workshop.yaml",
                                   .handlers = RUN_REFERENCE_LAB2,
                                   .merge_local_steps = true,
                                   .stage_order = true,
                                   .drop_dead_data = true};
    cr_assert_eq(run_create(&request, &run, &error), STATUS_OK, "%s", error.message);
    return run;
}

static void release_run(struct run *run)
{
    run_destroy(run);
    text_release(&text);
    cr_expect_eq(atomic_load(&memory.used), 0);
}

static uint64_t states_now(struct run *run, struct world_facts *facts)
{
    struct workload workload;
    struct world *world = NULL;
    struct error error = ERROR_INIT;
    struct search_options options = {.fault_limit = run->faults.limit,
                                     .states_max = UINT64_MAX,
                                     .go_on = true,
                                     .known_faults = UINT32_MAX,
                                     .known_depth = UINT32_MAX};
    struct search_result result;
    cr_assert_eq(verify_create_world(run, VALUATION_DISTINCT, true, &workload, &world, &error),
                 STATUS_OK, "%s", error.message);
    world->facts.time_passes = run->faults.enabled[FAULT_TIMEOUT];
    cr_assert_eq(explore(world, &options, &result, &error), STATUS_OK, "%s", error.message);
    *facts = world->facts;
    uint64_t states = result.states;
    search_result_release(&result);
    world_destroy(world);
    return states;
}

static uint64_t states_of(const struct setting *setting)
{
    struct world_facts facts;
    struct run *run = create_run(setting);
    uint64_t states = states_now(run, &facts);
    release_run(run);
    return states;
}

/* A diagnosis that says: some state after two faults, and the polls and faults that all these
 * scenarios have. */
static struct diagnosis *make_diagnosis(struct world *world)
{
    struct diagnosis *diagnosis = diagnosis_create(world);
    cr_assert_not_null(diagnosis);
    uint32_t *slots = memory_allocate_zeroed(&memory, world->layout.slot_count, sizeof *slots);
    cr_assert_not_null(slots);
    diagnosis_add_state(diagnosis, slots, 2);
    memory_free(&memory, slots, world->layout.slot_count * sizeof *slots);
    for (uint32_t i = 0; i < world->layout.poller_count; i++) {
        struct action poll = {
            .kind = ACTION_POLL, .fault = FAULT_KIND_COUNT, .poller = (uint16_t)i, .count = 2};
        if (strcmp(world->pipeline->functions[world->layout.pollers[i].function].name,
                   "MapLambda") == 0)
            diagnosis_add_step(diagnosis, &poll, true);
    }
    struct action crash = {.kind = ACTION_CRASH, .fault = FAULT_CRASH, .poller = 0};
    struct action failure = {.kind = ACTION_INVOKE, .fault = FAULT_RANDOM_FAILURE, .poller = 0};
    struct action timeout = {.kind = ACTION_TIMEOUT, .fault = FAULT_TIMEOUT, .poller = 0};
    diagnosis_add_step(diagnosis, &crash, true);
    diagnosis_add_step(diagnosis, &failure, true);
    diagnosis_add_step(diagnosis, &timeout, true);
    return diagnosis;
}

struct answer {
    struct lowering lowerings[LOWERINGS_MAX];
    size_t count;
    uint64_t states; /* of the search diagnosed */
    enum status status;
};

/* What can be lowered of a run, `known` as in lowering_options; afterwards the run is as before.
 * `states`: of the search diagnosed, 0: as many as there are; `failing`: the allocation that fails,
 * 0: none. */
static void ask(struct run *run, bool known, uint64_t states, unsigned failing,
                struct answer *answer)
{
    struct world_facts facts;
    struct workload workload;
    struct world *world = NULL;
    struct error error = ERROR_INIT;
    answer->states = states_now(run, &facts);
    cr_assert_eq(verify_create_world(run, VALUATION_DISTINCT, true, &workload, &world, &error),
                 STATUS_OK);
    struct diagnosis *diagnosis = make_diagnosis(world);
    struct lowering_options options = {.valuation = VALUATION_DISTINCT,
                                       .states = states == 0 ? answer->states : states,
                                       .complete = states == 0,
                                       .facts = &facts,
                                       .diagnosis = diagnosis,
                                       .known_events_only = known};
    if (failing > 0)
        memory.fail_at = atomic_load(&memory.requests) + failing;
    answer->status = lowering_try(run, &options, answer->lowerings, &answer->count, &error);
    diagnosis_destroy(diagnosis);
    world_destroy(world);
    memory.fail_at = 0;
    cr_expect_eq(states_now(run, &facts), answer->states, "the run is another one now");
}

static const struct lowering *find(const struct answer *answer, enum lowering_kind kind,
                                   uint32_t index)
{
    for (size_t i = 0; i < answer->count; i++)
        if (answer->lowerings[i].kind == kind && answer->lowerings[i].index == index)
            return &answer->lowerings[i];
    return NULL;
}

static void expect_states(const struct answer *answer, enum lowering_kind kind, uint32_t index,
                          struct setting lowered)
{
    const struct lowering *found = find(answer, kind, index);
    uint64_t states = states_of(&lowered);
    cr_assert_lt(states, answer->states, "the setting makes no fewer states");
    cr_assert_not_null(found, "kind %d is missing", (int)kind);
    cr_expect_eq(found->states, states, "kind %d: %u states, by hand %u", (int)kind,
                 (unsigned)found->states, (unsigned)states);
}

static uint32_t table_named(const struct run *run, const char *name)
{
    int index = pipeline_find_table(&run->pipeline, name);
    cr_assert_geq(index, 0);
    return (uint32_t)index;
}

static uint32_t mapping_of(const struct run *run, const char *function)
{
    uint32_t i = 0;
    while (strcmp(run->pipeline.functions[run->pipeline.mappings[i].function].name, function) != 0)
        i++;
    return i;
}

/* Each trial has as many states as the scenario written that way. */
Test(lowering, says_what_a_lowered_scenario_says)
{
    static struct answer answer;
    struct run *run = create_run(&original);
    ask(run, false, 0, 0, &answer);
    uint32_t rows = table_named(run, "ReduceTable");
    uint32_t map = mapping_of(run, "MapLambda");
    release_run(run);
    cr_assert_eq(answer.status, STATUS_OK);
    for (size_t i = 1; i < answer.count; i++)
        cr_expect_leq(answer.lowerings[i - 1].states, answer.lowerings[i].states);

    struct setting lowered = original;
    lowered.copies = 1;
    expect_states(&answer, LOWER_PUTS, 1, lowered);
    lowered = original;
    lowered.batch = 1;
    expect_states(&answer, LOWER_BATCH, map, lowered);
    lowered = original;
    lowered.input_shards = 1;
    lowered.last_shard = 0;
    expect_states(&answer, LOWER_STREAM_SHARDS, 0, lowered);
    lowered = original;
    lowered.row_shards = 1;
    expect_states(&answer, LOWER_TABLE_SHARDS, rows, lowered);
    lowered = original;
    lowered.crash = "false";
    expect_states(&answer, LOWER_FAULT_KIND, FAULT_CRASH, lowered);
    lowered = original;
    lowered.timeout = "false";
    expect_states(&answer, LOWER_FAULT_KIND, FAULT_TIMEOUT, lowered);
    lowered = original;
    lowered.limit = "1";
    expect_states(&answer, LOWER_FAULT_LIMIT, 0, lowered);
}

Test(lowering, leaves_shards_alone_where_functions_would_run_again)
{
    static struct answer answer;
    struct run *run = create_run(&original);
    ask(run, true, 0, 0, &answer);
    cr_expect_null(find(&answer, LOWER_STREAM_SHARDS, 0));
    cr_expect_null(find(&answer, LOWER_TABLE_SHARDS, table_named(run, "ReduceTable")));
    cr_expect_not_null(find(&answer, LOWER_PUTS, 1));
    release_run(run);
}

/* One put, one shard, batches of one, no faults. */
Test(lowering, finds_nothing_where_all_is_least)
{
    static struct answer answer;
    struct setting least = {.copies = 1,
                            .input_shards = 1,
                            .row_shards = 1,
                            .last_shard = 0,
                            .batch = 1,
                            .limit = "1",
                            .crash = "false",
                            .random_failure = "false",
                            .timeout = "false"};
    struct run *run = create_run(&least);
    run->messages[1].copies = 0;
    ask(run, false, 0, 0, &answer);
    cr_expect_eq(answer.status, STATUS_OK);
    cr_expect_eq(answer.count, 0, "%zu", answer.count);
    release_run(run);
}

/* A search diagnosed after few states, say because of a limit: what has more is of no interest. */
Test(lowering, keeps_only_what_is_smaller)
{
    static struct answer answer;
    struct run *run = create_run(&original);
    ask(run, false, 10, 0, &answer);
    cr_expect_eq(answer.status, STATUS_OK);
    cr_expect_eq(answer.count, 0, "%zu", answer.count);
    release_run(run);
}

static enum search_stop interrupt(void *context, const struct search_progress *progress)
{
    (void)progress;
    ++*(unsigned *)context;
    return SEARCH_INTERRUPTED;
}

Test(lowering, ends_where_it_is_interrupted)
{
    struct world_facts facts;
    struct workload workload;
    struct world *world = NULL;
    struct error error = ERROR_INIT;
    struct lowering lowerings[LOWERINGS_MAX];
    size_t count = 1;
    unsigned calls = 0;
    struct run *run = create_run(&original);
    uint64_t states = states_now(run, &facts);
    cr_assert_eq(verify_create_world(run, VALUATION_DISTINCT, true, &workload, &world, &error),
                 STATUS_OK);
    struct diagnosis *diagnosis = make_diagnosis(world);
    struct lowering_options options = {.valuation = VALUATION_DISTINCT,
                                       .states = states,
                                       .complete = true,
                                       .facts = &facts,
                                       .diagnosis = diagnosis,
                                       .poll = interrupt,
                                       .context = &calls};
    cr_expect_eq(lowering_try(run, &options, lowerings, &count, &error), STATUS_OK);
    cr_expect_eq(count, 0);
    cr_expect_eq(calls, 1, "%u", calls);
    diagnosis_destroy(diagnosis);
    world_destroy(world);
    release_run(run);
}

Test(lowering, leaves_the_run_as_it_was_where_memory_fails)
{
    static struct answer answer;
    struct setting small = original;
    small.copies = 1;
    small.random_failure = "false";
    small.timeout = "false";
    size_t failed = 0;
    struct run *run = create_run(&small);
    for (unsigned failing = 1; failing < 2000; failing = failing * 3 / 2 + 1) {
        ask(run, false, 0, failing, &answer);
        failed += answer.status == STATUS_NO_MEMORY;
        cr_expect(answer.status == STATUS_OK || answer.status == STATUS_NO_MEMORY);
    }
    cr_expect_gt(failed, 0);
    release_run(run);
}

/* Of a search that was not complete, only what makes less than half of its states is told. */
Test(lowering, wants_more_where_the_search_was_not_complete)
{
    static struct answer whole;
    static struct answer part;
    struct run *run = create_run(&original);
    ask(run, false, 0, 0, &whole);
    ask(run, false, whole.states, 0, &part);
    cr_expect_lt(part.count, whole.count);
    cr_expect_gt(part.count, 0);
    for (size_t i = 0; i < part.count; i++)
        cr_expect_leq(part.lowerings[i].states, whole.states / 2);
    release_run(run);
}
