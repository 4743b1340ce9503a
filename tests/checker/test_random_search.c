#include "checker/random_search.h"

#include "checker/verify.h"

#include <criterion/criterion.h>

enum { FEW_RUNS = 1000, MANY_RUNS = 10000 };

/* So many runs of Lab 2 as it should be, in this process; the most memory that was in use. */
static size_t sample(uint64_t runs)
{
    struct memory memory;
    struct run *run = NULL;
    struct verification verification;
    struct error error = ERROR_INIT;
    memory_init(&memory, SIZE_MAX);
    const struct run_request request = {.memory = &memory,
                                        .data_dir = ".",
                                        .scenario = "lab2",
                                        .handlers = RUN_REFERENCE_LAB2,
                                        .merge_local_steps = true,
                                        .stage_order = true,
                                        .drop_dead_data = true};
    const struct random_request random = {.strategy = STRATEGY_WALK, .seed = 1, .runs = runs};
    const struct verify_options options = {
        .random = &random, .states_max = UINT64_MAX, .workers = 1};
    cr_assert_eq(run_create(&request, &run, &error), STATUS_OK, "%s", error.message);
    cr_assert_eq(verify(run, &options, &verification, &error), STATUS_OK, "%s", error.message);
    cr_expect_not(verification.violated);
    cr_expect_eq(verification.sampling.runs, runs);
    verification_release(&verification);
    run_destroy(run);
    cr_expect_eq(memory.used, 0);
    return memory.peak;
}

/* What runs have met is kept; what they met again is not. */
Test(random_search, needs_no_more_memory_for_ten_times_the_runs)
{
    size_t few = sample(FEW_RUNS);
    size_t many = sample(MANY_RUNS);
    cr_expect_leq(many, few + few / 2, "%d runs: %zu bytes; %d: %zu", FEW_RUNS, few, MANY_RUNS,
                  many);
}
