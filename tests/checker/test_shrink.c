#include "checker/shrink.h"

#include "checker/shrink_play.h"
#include "model/property.h"

#include <criterion/criterion.h>

struct job {
    struct memory memory;
    struct run_request request;
    struct run *run;
    struct verification verification;
};

static void verify_job(struct job *job, const char *scenario, enum run_handlers handlers,
                       const struct random_request *random)
{
    struct error error = ERROR_INIT;
    memory_init(&job->memory, SIZE_MAX);
    job->request = (struct run_request){.memory = &job->memory,
                                        .data_dir = ".",
                                        .scenario = scenario,
                                        .handlers = handlers,
                                        .merge_local_steps = true,
                                        .stage_order = true,
                                        .drop_dead_data = true};
    cr_assert_eq(run_create(&job->request, &job->run, &error), STATUS_OK, "%s", error.message);
    const struct verify_options options = {
        .random = random, .states_max = UINT64_MAX, .workers = 1};
    cr_assert_eq(verify(job->run, &options, &job->verification, &error), STATUS_OK, "%s",
                 error.message);
    cr_assert(job->verification.violated);
}

static void release(struct job *job)
{
    verification_release(&job->verification);
    run_destroy(job->run);
}

static void expect_small(const char *scenario, enum run_handlers handlers, enum strategy strategy,
                         uint64_t seed)
{
    struct job job;
    const struct random_request random = {.strategy = strategy, .seed = seed, .runs = 10000};
    verify_job(&job, scenario, handlers, &random);
    const struct sampling *sampling = &job.verification.sampling;
    const struct counterexample *shown = &job.verification.counterexample;
    cr_expect(sampling->minimal);
    cr_expect_leq(sampling->after.faults, sampling->before.faults);
    cr_expect_leq(sampling->after.puts, 2, "%zu puts of %zu, seed %d", sampling->after.puts,
                  sampling->before.puts, (int)seed);
    cr_expect_leq(sampling->after.faults, 2, "%u faults of %u", sampling->after.faults,
                  sampling->before.faults);
    /* what is shown ends in a state that is wrong */
    cr_expect(
        !world_outcome(job.verification.world, counterexample_state(shown, shown->length)).right);
    cr_expect_eq(sampling->after.faults, job.verification.violation.faults);
    release(&job);
}

Test(shrink, cuts_runs_down_to_a_few_actions)
{
    for (uint64_t seed = 1; seed <= 4; seed++) {
        expect_small("lab2-step2", RUN_REFERENCE_LAB1, STRATEGY_SWARM, seed);
        expect_small("lab2-step1", RUN_REFERENCE_LAB1, STRATEGY_WALK, seed);
        expect_small("lab2-timeouts", RUN_REFERENCE_LAB2, STRATEGY_PCT, seed);
    }
}

/* Nothing of the counterexample of an exhaustive search can be left out either, and a candidate
 * that leaves something out is another execution. */
Test(shrink, replays_candidates)
{
    struct job job;
    struct error error = ERROR_INIT;
    const struct random_request random = {.strategy = STRATEGY_WALK, .seed = 2, .runs = 10000};
    verify_job(&job, "lab2-step2", RUN_REFERENCE_LAB1, &random);
    struct shrink_stage stage = {
        .run = job.run, .valuation = job.verification.valuation, .facts = &job.verification.facts};
    struct played played = {.violated = false};
    struct action_list nothing = {.count = 0};
    const struct search_violation wanted = job.verification.violation;
    cr_assert_eq(shrink_stage_set(&stage, &error), STATUS_OK);
    cr_assert_eq(shrink_play(&stage, &nothing, NULL, &wanted, &played, &error), STATUS_OK);
    cr_expect(!played.violated, "with no fault at all nothing is counted twice");
    cr_expect_gt(played.actions.count, 5, "what is left undone is done");
    for (size_t i = 0; i < played.actions.count; i++)
        cr_expect(!played.actions.items[i].followed && played.actions.items[i].cost == 0);
    action_list_release(&played.actions, &job.memory);
    shrink_stage_release(&stage);
    release(&job);
}

/* A batch that fails for ever stays so, and a message counted twice is where it is cut. */
Test(shrink, keeps_what_is_wrong)
{
    struct job job;
    const struct random_request random = {.strategy = STRATEGY_WALK, .seed = 1, .runs = 10000};
    verify_job(&job, "lab2-step2", RUN_REFERENCE_LAB1, &random);
    cr_expect(job.verification.violation.cut);
    cr_expect(world_outcome(job.verification.world,
                            counterexample_state(&job.verification.counterexample,
                                                 job.verification.counterexample.length))
                  .twice);
    cr_expect_eq(job.verification.sampling.after.faults, 1);
    cr_expect_eq(job.verification.sampling.after.puts, 1);
    release(&job);
}
