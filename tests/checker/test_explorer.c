#include "checker/explorer.h"

#include "tests/checker/ends.h"
#include "tests/checker/generated_instance.h"

#include <criterion/criterion.h>

/* One function that adds up what two puts bring. */
static struct instance one_stage(const char *handler)
{
    return (struct instance){.stages = 1,
                             .handlers = {handler},
                             .shards = {1},
                             .batch = {2},
                             .timeout_s = 10,
                             .puts = {{.trade = 0, .copies = 1}, {.trade = 1, .copies = 1}},
                             .put_count = 2,
                             .limit = "any",
                             .crash = "false",
                             .random_failure = "false",
                             .timeout = "false"};
}

static struct search_options all_ends(const struct rig *rig)
{
    return (struct search_options){.fault_limit = rig->scenario.faults.limit,
                                   .states_max = UINT64_MAX,
                                   .go_on = true,
                                   .known_faults = UINT32_MAX,
                                   .known_depth = UINT32_MAX};
}

static struct search_result run(struct rig *rig, const struct search_options *options)
{
    struct search_result result;
    struct error error = ERROR_INIT;
    cr_assert_eq(explore(rig->world, options, &result, &error), STATUS_OK, "%s", error.message);
    return result;
}

/* A first search finds out the facts; searches after it do not begin again. */
static void learn(struct rig *rig, const struct search_options *options)
{
    struct search_result result = run(rig, options);
    search_result_release(&result);
}

static void expect_counts(const struct instance *instance, bool reduced, uint64_t states,
                          uint64_t transitions, uint64_t ends)
{
    struct rig rig;
    instance_rig(instance, &rig, reduced, reduced);
    struct search_options options = all_ends(&rig);
    struct search_result result = run(&rig, &options);
    cr_expect_eq(result.states, states, "%zu states", (size_t)result.states);
    cr_expect_eq(result.transitions, transitions, "%zu transitions", (size_t)result.transitions);
    cr_expect_eq(result.ends, ends, "%zu ends", (size_t)result.ends);
    cr_expect_eq(result.stop, SEARCH_COMPLETE);
    cr_expect(result.saturated);
    search_result_release(&result);
    rig_release(&rig);
}

/* Nothing, put, polled, called, acknowledged. */
Test(explorer, counts_one_put)
{
    struct instance instance = one_stage("reduce_token");
    instance.put_count = 1;
    expect_counts(&instance, true, 5, 4, 1);
    expect_counts(&instance, false, 5, 4, 1);
}

/* A crash after the call: the batch again, with the token recorded. The replayed call leads where
 * the first one did. */
Test(explorer, counts_one_put_that_crashes)
{
    struct instance instance = one_stage("reduce_token");
    instance.put_count = 1;
    instance.crash = "true";
    expect_counts(&instance, true, 6, 6, 1);
}

/* Both puts, then batches of 1 and 1 (3 states each, the second's last the end), or of 2. */
Test(explorer, counts_two_puts)
{
    struct instance instance = one_stage("reduce_plain");
    expect_counts(&instance, true, 3 + 3 + 2 + 2 + 1, 1 + 1 + 2 + 3 + 2 + 2, 1);
}

/* The second put may also come while the first one's batch is polled, called or acknowledged: three
 * states more, of two, two and one transition; and the state of one put has a poll, too. */
Test(explorer, counts_two_puts_in_any_interleaving)
{
    struct instance instance = one_stage("reduce_plain");
    expect_counts(&instance, false, 11 + 3, 11 + 5 + 1, 1);
}

/* A handler that always fails: polled (and failed at once), again and again. */
Test(explorer, finds_the_cycle_of_a_stuck_shard)
{
    struct instance instance = one_stage("state_poisoned");
    instance.put_count = 1;
    instance.puts[0].version = 2;
    expect_counts(&instance, true, 3, 3, 1);
}

/* --- limits ------------------------------------------------------------------------------- */

Test(explorer, stops_at_the_limit_of_states)
{
    struct instance instance = one_stage("reduce_plain");
    struct rig rig;
    instance_rig(&instance, &rig, true, true);
    struct search_options options = all_ends(&rig);
    options.states_max = 4;
    struct search_result result = run(&rig, &options);
    cr_assert_eq(result.stop, SEARCH_STATE_LIMIT);
    cr_assert_eq(result.states, 5, "%zu", (size_t)result.states);
    cr_assert_eq(result.levels, UINT32_MAX);
    cr_assert(!result.saturated);
    search_result_release(&result);
    options.states_max = 11;
    result = run(&rig, &options);
    cr_assert_eq(result.stop, SEARCH_COMPLETE);
    search_result_release(&result);
    rig_release(&rig);
}

struct interruption {
    size_t calls;
    size_t at;
    enum search_stop stop;
    struct search_progress last;
};

static enum search_stop interrupt(void *context, const struct search_progress *progress)
{
    struct interruption *interruption = context;
    interruption->last = *progress;
    return ++interruption->calls == interruption->at ? interruption->stop : SEARCH_COMPLETE;
}

Test(explorer, stops_when_asked_to)
{
    static const enum search_stop stops[] = {SEARCH_INTERRUPTED, SEARCH_TIME_LIMIT};
    struct instance instance = one_stage("reduce_plain");
    struct rig rig;
    instance_rig(&instance, &rig, true, true);
    struct search_options options = all_ends(&rig);
    learn(&rig, &options);
    for (size_t i = 0; i < 2; i++) {
        struct interruption interruption = {.at = 5, .stop = stops[i]};
        options.poll = interrupt;
        options.context = &interruption;
        struct search_result result = run(&rig, &options);
        cr_assert_eq(result.stop, stops[i]);
        cr_assert_eq(interruption.calls, 5);
        cr_assert_eq(interruption.last.states, result.states);
        cr_assert_eq(interruption.last.transitions, result.transitions);
        cr_assert_eq(interruption.last.faults, 0);
        cr_assert(!result.saturated);
        search_result_release(&result);
    }
    rig_release(&rig);
}

/* A limit just above what is held already: the search ends with what it has. */
Test(explorer, stops_at_the_limit_of_memory)
{
    struct instance instance = one_stage("reduce_plain");
    instance.crash = "true";
    instance.limit = "2";
    bool limited = false;
    for (size_t more = 1024;; more *= 2) {
        struct rig rig;
        struct search_result result;
        struct error error = ERROR_INIT;
        instance_rig(&instance, &rig, true, true);
        rig.memory.limit = rig.memory.used + more;
        struct search_options options = all_ends(&rig);
        enum status status = explore(rig.world, &options, &result, &error);
        cr_assert(status == STATUS_OK || status == STATUS_NO_MEMORY, "%s", error.message);
        enum search_stop stop = result.stop;
        if (status == STATUS_OK && stop == SEARCH_MEMORY_LIMIT) {
            limited = true;
            cr_assert(!result.saturated);
        }
        search_result_release(&result);
        rig_release(&rig);
        if (status == STATUS_OK && stop != SEARCH_MEMORY_LIMIT) {
            cr_assert_eq(stop, SEARCH_FAULT_LIMIT);
            break;
        }
    }
    cr_assert(limited);
}

/* Asking for many steps of functions at once is a matter of time only. */
Test(explorer, finds_the_same_where_functions_are_asked_at_once)
{
    for (uint64_t seed = 1; seed <= 12; seed++) {
        struct search_result results[2];
        size_t runs[2];
        for (uint32_t many = 0; many < 2; many++) {
            struct instance instance;
            struct rig rig;
            instance_generate(&instance, seed);
            instance.on_many = many == 0 ? 0 : UINT32_MAX;
            instance_rig(&instance, &rig, true, true);
            struct search_options options = all_ends(&rig);
            results[many] = run(&rig, &options);
            runs[many] = rig.logs[0].runs;
            search_result_release(&results[many]);
            rig_release(&rig);
        }
        cr_expect_eq(results[0].states, results[1].states, "seed %zu", (size_t)seed);
        cr_expect_eq(results[0].transitions, results[1].transitions, "seed %zu", (size_t)seed);
        cr_expect_eq(results[0].ends, results[1].ends, "seed %zu", (size_t)seed);
        cr_expect_eq(results[0].depth, results[1].depth, "seed %zu", (size_t)seed);
        cr_expect_eq(runs[0], runs[1], "seed %zu: asked %zu and %zu times", (size_t)seed, runs[0],
                     runs[1]);
    }
}

static void survive_each_failing_allocation(uint32_t on_many)
{
    struct instance instance = one_stage("map_always_raises");
    instance.on_many = on_many;
    instance.put_count = 1;
    instance.crash = "true";
    instance.limit = "1";
    unsigned long long failures = 0;
    for (unsigned long long n = 1;; n++) {
        struct rig rig;
        struct search_result result;
        struct error error = ERROR_INIT;
        instance_rig(&instance, &rig, true, true);
        struct search_options options = all_ends(&rig);
        options.go_on = false;
        unsigned long long before = rig.memory.requests;
        rig.memory.fail_at = before + n;
        enum status status = explore(rig.world, &options, &result, &error);
        bool failed = rig.memory.requests >= before + n;
        if (failed)
            cr_assert(status == STATUS_NO_MEMORY ||
                          (status == STATUS_OK &&
                           (result.stop == SEARCH_MEMORY_LIMIT || result.violation.found)),
                      "allocation %llu: %s", n, error.message);
        else
            cr_assert(status == STATUS_OK && result.violation.found);
        search_result_release(&result);
        rig_release(&rig);
        if (!failed)
            break;
        failures++;
    }
    cr_assert_gt(failures, 30, "%llu allocations", failures);
}

/* Every allocation in turn: a status or a limit, and nothing left behind. */
Test(explorer, survives_each_failing_allocation)
{
    survive_each_failing_allocation(0);
    survive_each_failing_allocation(1);
}

/* --- faults ------------------------------------------------------------------------------- */

Test(explorer, takes_the_fewest_faults_then_the_fewest_transitions)
{
    struct instance instance = one_stage("reduce_plain"); /* counts twice if it crashes */
    instance.put_count = 1;
    instance.crash = "true";
    struct rig rig;
    instance_rig(&instance, &rig, true, true);
    struct ends ends;
    ends_init(&ends, rig.world);
    struct search_options options = all_ends(&rig);
    options.fault_limit = 3;
    learn(&rig, &options);
    options.context = &ends;
    options.on_end = ends_note;
    struct search_result result = run(&rig, &options);
    ends_sort(&ends);
    cr_assert_eq(ends.count, 4); /* counted 1, 2, 3, 4 times */
    uint32_t seen = 0;
    for (size_t i = 0; i < ends.count; i++)
        seen |= UINT32_C(1) << ends.items[i].faults;
    cr_assert_eq(seen, 15);
    cr_assert_eq(result.stop, SEARCH_FAULT_LIMIT);
    cr_assert(!result.saturated);
    cr_assert_eq(result.levels, 3);
    search_result_release(&result);
    ends_release(&ends);
    rig_release(&rig);
}

/* A marker in the transaction: crashes lead nowhere new after the first. */
Test(explorer, saturates_where_faults_lead_nowhere_new)
{
    struct instance instance = one_stage("reduce_marks_within");
    instance.crash = "true";
    struct rig rig;
    instance_rig(&instance, &rig, true, true);
    struct search_options options = all_ends(&rig);
    struct search_result result = run(&rig, &options);
    cr_assert_eq(result.stop, SEARCH_COMPLETE);
    cr_assert(result.saturated);
    cr_assert_leq(result.levels, 3);
    uint64_t states = result.states;
    search_result_release(&result);
    options.fault_limit = result.levels;
    result = run(&rig, &options);
    cr_assert_eq(result.states, states);
    search_result_release(&result);
    rig_release(&rig);
}

Test(explorer, looks_no_further_than_what_is_known)
{
    struct instance instance = one_stage("reduce_plain");
    struct rig rig;
    instance_rig(&instance, &rig, true, true);
    struct search_options options = all_ends(&rig);
    options.go_on = false; /* the aggregates have other keys: every end is a violation */
    struct search_result result = run(&rig, &options);
    cr_assert(result.violation.found);
    cr_assert_eq(result.violation.property, PROPERTY_EXACTLY_ONCE);
    cr_assert_eq(result.violation.faults, 0);
    cr_assert_eq(result.violation.depth, 5);
    cr_assert_eq(result.path_length, 5);
    search_result_release(&result);
    options.known_faults = 0;
    options.known_depth = 5;
    result = run(&rig, &options);
    cr_assert(!result.violation.found);
    cr_assert_eq(result.stop, SEARCH_OUTBID);
    search_result_release(&result);
    options.known_depth = 6;
    result = run(&rig, &options);
    cr_assert(result.violation.found);
    search_result_release(&result);
    rig_release(&rig);
}

/* Time slept before a crash is not given back: a second attempt comes too late. */
Test(explorer, crashes_while_a_function_sleeps)
{
    struct instance instance = one_stage("map_gives_up");
    instance.put_count = 1;
    instance.crash = "true";
    instance.limit = "1";
    for (int reduced = 0; reduced < 2; reduced++) {
        struct rig rig;
        struct ends ends;
        instance_rig(&instance, &rig, reduced == 1, reduced == 1);
        struct search_options options = all_ends(&rig);
        learn(&rig, &options);
        ends_init(&ends, rig.world);
        options.context = &ends;
        options.on_end = ends_note;
        learn(&rig, &options);
        cr_assert_eq(ends.count, 2, "%zu ends", ends.count); /* a row, or none */
        ends_release(&ends);
        rig_release(&rig);
    }
}

/* A function that depends on its attempt: crashes lead to states of their own, but not for ever. */
Test(explorer, saturates_though_attempts_differ)
{
    struct instance instance = one_stage("map_in_random_order");
    instance.put_count = 1;
    instance.crash = "true";
    struct rig rig;
    instance_rig(&instance, &rig, true, true);
    struct search_options options = all_ends(&rig);
    struct search_result result = run(&rig, &options);
    cr_assert_eq(result.stop, SEARCH_COMPLETE);
    cr_assert(result.saturated);
    cr_assert_geq(result.levels, WORLD_ATTEMPTS_MAX - 1);
    search_result_release(&result);
    rig_release(&rig);
}

/* --- beginning elsewhere ------------------------------------------------------------------ */

Test(explorer, begins_from_a_given_state)
{
    struct instance instance = one_stage("reduce_plain");
    struct rig rig;
    instance_rig(&instance, &rig, true, true);
    struct search_options options = all_ends(&rig);
    learn(&rig, &options);
    rig_take(&rig, "put Generator 0\nput Generator 1\npoll F0/shard-0 2\n");
    options.initial = rig.state;
    struct search_result result = run(&rig, &options);
    cr_assert_eq(result.states, 3);
    cr_assert_eq(result.stop, SEARCH_COMPLETE);
    search_result_release(&result);
    rig_release(&rig);
}

/* What it learns voids the state it began from. */
Test(explorer, says_that_the_given_state_is_void)
{
    struct instance instance = one_stage("reduce_plain");
    struct rig rig;
    instance_rig(&instance, &rig, true, true);
    rig_take(&rig, "put Generator 0\n");
    struct search_options options = all_ends(&rig);
    options.initial = rig.state;
    struct search_result result = run(&rig, &options);
    cr_assert_eq(result.stop, SEARCH_VOID);
    cr_assert(!result.violation.found);
    search_result_release(&result);
    rig_release(&rig);
}
