/* The reference handlers under generated scenarios: with and without reductions, the same ends are
 * reached with as few faults. */
#include "checker/explorer.h"
#include "checker/run.h"
#include "checker/verify.h"
#include "model/base/random.h"
#include "model/base/text.h"

#include <criterion/criterion.h>
#include <stdlib.h>

enum { ENDS_MAX = 4096, INSTANCES = 24, STATES_MAX = 60000 };

/* What matters of an end: the aggregates, whether a shard is stuck, and the fewest faults that lead
 * there. */
struct end {
    uint32_t aggregates; /* value id: the searches compared share one store */
    bool stuck;
    uint32_t faults;
};

struct ends {
    struct world *world;
    struct end items[ENDS_MAX];
    size_t count;
};

static void note_end(void *context, const uint32_t *state, uint32_t faults, bool stuck)
{
    struct ends *ends = context;
    int table = world_aggregate_table(ends->world);
    uint32_t aggregates = state[ends->world->layout.table_slots[table]];
    for (size_t i = 0; i < ends->count; i++) {
        struct end *known = &ends->items[i];
        if (known->aggregates == aggregates && known->stuck == stuck) {
            known->faults = faults < known->faults ? faults : known->faults;
            return;
        }
    }
    cr_assert_lt(ends->count, ENDS_MAX);
    ends->items[ends->count++] = (struct end){aggregates, stuck, faults};
}

static int compare_ends(const void *left, const void *right)
{
    const struct end *a = left;
    const struct end *b = right;
    if (a->aggregates != b->aggregates)
        return a->aggregates < b->aggregates ? -1 : 1;
    return (int)a->stuck - (int)b->stuck;
}

/* Explore everything; false if the instance is too big. */
static bool collect(struct run *run, bool merge, bool stages, bool dead, struct ends *ends,
                    struct search_result *result)
{
    struct workload workload;
    struct error error = ERROR_INIT;
    run->merge_local_steps = merge;
    run->stage_order = run->shards_in_turn = stages;
    run->drop_dead_data = dead;
    cr_assert_eq(
        verify_create_world(run, VALUATION_DISTINCT, true, &workload, &ends->world, &error),
        STATUS_OK, "%s", error.message);
    ends->count = 0;
    struct search_options options = {.fault_limit = run->faults.limit,
                                     .states_max = STATES_MAX,
                                     .context = ends,
                                     .on_end = note_end,
                                     .go_on = true,
                                     .known_faults = UINT32_MAX,
                                     .known_depth = UINT32_MAX};
    cr_assert_eq(explore(ends->world, &options, result, &error), STATUS_OK, "%s", error.message);
    search_result_release(result);
    world_destroy(ends->world);
    qsort(ends->items, ends->count, sizeof ends->items[0], compare_ends);
    return result->stop != SEARCH_STATE_LIMIT;
}

static void generate(struct random *random, struct text *text)
{
    static const char *const limits[] = {"any", "0", "1", "2"};
    uint32_t shards = 1 + random_below(random, 2);
    uint32_t messages = 1 + random_below(random, 3);
    text_append_format(text,
                       "scenario: generated\nworkload:\n  stream: IncomingDataStream\n"
                       "  shards: %u\n  messages:\n",
                       (unsigned)shards);
    for (uint32_t i = 0; i < messages; i++)
        text_append_format(
            text, "    - {trade: T%u, version: %u, shard: %u, copies: %u}\n", (unsigned)(i / 2),
            (unsigned)(i % 2 == random_below(random, 2) ? i + 1 : 10 + i),
            (unsigned)random_below(random, shards), (unsigned)(1 + (random_below(random, 4) == 0)));
    text_append_format(text, "  order: %s\n  values: distinct\n",
                       random_below(random, 3) == 0 ? "any" : "given");
    text_append_format(
        text, "tables: {StateTable: {stream_shards: %u}, ReduceTable: {stream_shards: %u}}\n",
        (unsigned)(1 + random_below(random, 2)), (unsigned)(1 + random_below(random, 2)));
    text_append_format(text,
                       "mappings:\n  StateLambda: {BatchSize: %u}\n  MapLambda: {BatchSize: %u}\n"
                       "  ReduceLambda: {BatchSize: %u}\n",
                       (unsigned)(1 + random_below(random, 2)),
                       (unsigned)(1 + random_below(random, 2)),
                       (unsigned)(1 + random_below(random, 2)));
    text_append_format(text, "faults: {limit: %s, crash: %s, random_failure: %s, timeout: %s}\n",
                       limits[random_below(random, 4)],
                       random_below(random, 3) == 0   ? "false"
                       : random_below(random, 3) == 0 ? "1"
                                                      : "true",
                       random_below(random, 2) == 0 ? "true" : "2",
                       random_below(random, 3) == 0 ? "1" : "false");
}

static struct run *generated_run(uint64_t seed, enum run_handlers handlers, struct memory *memory,
                                 struct text *text, struct run_request *request)
{
    struct random random;
    struct run *run = NULL;
    struct error error = ERROR_INIT;
    memory_init(memory, SIZE_MAX);
    text_init(text, memory);
    random_init(&random, seed, 7);
    generate(&random, text);
    *request = (struct run_request){.memory = memory,
                                    .data_dir = ".",
                                    .scenario = "generated",
                                    .scenario_text = text_string(text),
                                    .template_file = "scenarios/workshop.yaml",
                                    .handlers = handlers};
    cr_assert_eq(run_create(request, &run, &error), STATUS_OK, "seed %llu: %s\n%s",
                 (unsigned long long)seed, error.message, text_string(text));
    return run;
}

/* Compare one instance under all combinations of reductions; false: too big to compare. */
static bool compare(uint64_t seed, enum run_handlers handlers)
{
    struct memory memory;
    struct text text;
    struct run_request request;
    struct run *run = generated_run(seed, handlers, &memory, &text, &request);
    static struct ends plain;
    static struct ends reduced;
    struct search_result plain_result;
    struct search_result result;
    bool small = collect(run, false, false, false, &plain, &plain_result);
    for (unsigned bits = 1; small && bits < 8; bits++) {
        cr_assert(
            collect(run, (bits & 1) != 0, (bits & 2) != 0, (bits & 4) != 0, &reduced, &result));
        cr_assert_eq(reduced.count, plain.count,
                     "seed %llu, reductions %u: %zu ends, plain %zu\n%s", (unsigned long long)seed,
                     bits, reduced.count, plain.count, text_string(&text));
        /* A reduced search may saturate earlier: it does not tell apart where in several stages
         * faults happened. */
        cr_assert(result.saturated || !plain_result.saturated, "seed %llu, reductions %u",
                  (unsigned long long)seed, bits);
        cr_assert_leq(result.states, plain_result.states);
        for (size_t i = 0; i < plain.count; i++) {
            cr_assert_eq(compare_ends(&plain.items[i], &reduced.items[i]), 0, "seed %llu",
                         (unsigned long long)seed);
            cr_assert_eq(plain.items[i].faults, reduced.items[i].faults,
                         "seed %llu, reductions %u: an end with %u faults, plain %u\n%s",
                         (unsigned long long)seed, bits, (unsigned)reduced.items[i].faults,
                         (unsigned)plain.items[i].faults, text_string(&text));
        }
    }
    run_destroy(run);
    text_release(&text);
    return small;
}

static void compare_many(enum run_handlers handlers, uint64_t first)
{
    size_t compared = 0;
    const char *wanted = getenv("ONCECHECK_INSTANCES");
    size_t instances = wanted == NULL ? INSTANCES : strtoul(wanted, NULL, 10);
    for (size_t i = 0; i < instances; i++)
        compared += compare(first + i, handlers);
    cr_log_info("%zu of %zu instances compared", compared, instances);
    cr_assert_gt(compared * 3, instances, "only %zu of %zu instances are small enough", compared,
                 instances);
}

Test(reductions, lab1_reaches_the_same_ends) { compare_many(RUN_REFERENCE_LAB1, 1000); }

Test(reductions, lab2_reaches_the_same_ends) { compare_many(RUN_REFERENCE_LAB2, 2000); }

/* A tree that another search has filled, in another order and further, changes no count and no
 * verdict. */
Test(reductions, order_in_which_trees_are_filled_does_not_matter)
{
    static struct ends ends;
    for (uint64_t seed = 3000; seed < 3006; seed++) {
        struct search_result results[2];
        for (int filled = 0; filled < 2; filled++) {
            struct memory memory;
            struct text text;
            struct run_request request;
            struct run *run = generated_run(seed, RUN_REFERENCE_LAB1, &memory, &text, &request);
            if (filled == 1)
                (void)collect(run, false, false, false, &ends, &results[1]);
            (void)collect(run, true, true, true, &ends, &results[filled]);
            run_destroy(run);
            text_release(&text);
        }
        cr_assert_eq(results[0].states, results[1].states);
        cr_assert_eq(results[0].transitions, results[1].transitions);
        cr_assert_eq(results[0].violation.found, results[1].violation.found);
        cr_assert_eq(results[0].violation.faults, results[1].violation.faults);
        cr_assert_eq(results[0].violation.depth, results[1].violation.depth);
        cr_assert_eq(results[0].saturated, results[1].saturated);
    }
}
