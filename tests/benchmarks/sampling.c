/* How many runs a random search takes to find what is wrong with a solution: for each strategy and
 * seed the number of the violating run, without shrinking and replaying it.
 *
 *     sampling SCENARIO SOLUTION SEEDS RUNS [FAULT]...
 *
 * is started in the folder of the sources and writes a line of JSON: {"walk": [RUN, ...], ...},
 * from 1, or 0 where RUNS were not enough. SOLUTION is a folder, or lab1 or lab2 (the handlers in
 * C). */
#include "checker/random_search.h"
#include "checker/verify.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ARGUMENTS = 5 };

struct sample {
    struct run *run;
    struct workload workloads[VALUATION_COUNT];
    struct world *worlds[VALUATION_COUNT];
    size_t count;
    struct world_facts facts;
};

static enum status create_worlds(struct sample *sample, struct error *error)
{
    enum status status = STATUS_OK;
    for (int i = 0; status == STATUS_OK && i < VALUATION_COUNT; i++) {
        if (!sample->run->scenario.valuations[i])
            continue;
        status = verify_create_world(sample->run, (enum valuation)i, true,
                                     &sample->workloads[sample->count],
                                     &sample->worlds[sample->count], error);
        if (status == STATUS_OK)
            world_adopt_facts(sample->worlds[sample->count++], &sample->facts);
    }
    return status;
}

/* The number of the violating run, from 1, or 0. */
static enum status search(struct sample *sample, enum strategy strategy, uint64_t seed,
                          uint64_t runs, uint64_t *found, struct error *error)
{
    struct random_result result;
    struct random_options options = {
        .settings = {.strategy = strategy, .seed = seed, .fault_limit = sample->run->faults.limit},
        .runs = runs,
        .workers = 2};
    for (int i = 0; i < FAULT_KIND_COUNT; i++)
        options.settings.rates[i] = SCHEDULE_RATE;
    sample->count = 0;
    enum status status = create_worlds(sample, error);
    if (status == STATUS_OK)
        status = random_search(sample->worlds, sample->count, &options, &result, error);
    if (status == STATUS_OK) {
        *found = result.violated ? result.run + 1 : 0;
        sample->facts = sample->worlds[0]->facts;
        if (result.path.memory != NULL)
            search_result_release(&result.path);
    }
    for (size_t i = 0; i < sample->count; i++)
        world_destroy(sample->worlds[i]);
    return status;
}

static enum status sample_all(struct sample *sample, uint64_t seeds, uint64_t runs,
                              struct error *error)
{
    enum status status = STATUS_OK;
    printf("{");
    for (int strategy = 0; status == STATUS_OK && strategy < STRATEGY_COUNT; strategy++) {
        printf("%s\"%s\": [", strategy == 0 ? "" : ", ", strategy_name((enum strategy)strategy));
        for (uint64_t seed = 1; status == STATUS_OK && seed <= seeds; seed++) {
            uint64_t found = 0;
            status = search(sample, (enum strategy)strategy, seed, runs, &found, error);
            printf("%s%llu", seed == 1 ? "" : ", ", (unsigned long long)found);
        }
        printf("]");
    }
    printf("}\n");
    return status;
}

int main(int argc, char **argv)
{
    struct memory memory;
    struct sample sample = {.run = NULL};
    struct error error = ERROR_INIT;
    if (argc < ARGUMENTS) {
        fprintf(stderr, "usage: sampling SCENARIO SOLUTION SEEDS RUNS [FAULT]...\n");
        return 2;
    }
    bool reference = strcmp(argv[2], "lab1") == 0 || strcmp(argv[2], "lab2") == 0;
    memory_init(&memory, SIZE_MAX);
    const struct run_request request = {.memory = &memory,
                                        .data_dir = ".",
                                        .runtime_dir = "build/python",
                                        .scenario = argv[1],
                                        .solution = reference ? NULL : argv[2],
                                        .handlers = !reference ? RUN_PYTHON
                                                    : strcmp(argv[2], "lab1") == 0
                                                        ? RUN_REFERENCE_LAB1
                                                        : RUN_REFERENCE_LAB2,
                                        .python_environment = getenv("ONCECHECK_PYTHON"),
                                        .unpack_dir = "build/bench/packages",
                                        .fault_kinds = (const char *const *)(argv + ARGUMENTS),
                                        .fault_kind_count = (size_t)(argc - ARGUMENTS),
                                        .merge_local_steps = true,
                                        .stage_order = true,
                                        .drop_dead_data = true};
    enum status status = run_create(&request, &sample.run, &error);
    if (status == STATUS_OK)
        status =
            sample_all(&sample, strtoull(argv[3], NULL, 10), strtoull(argv[4], NULL, 10), &error);
    if (status != STATUS_OK)
        fprintf(stderr, "sampling: %s\n", error.message);
    run_destroy(sample.run);
    return status == STATUS_OK ? 0 : 2;
}
