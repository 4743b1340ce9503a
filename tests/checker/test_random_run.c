#include "checker/random_run.h"

#include "tests/checker/soundness.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

/* Runs in one world, alone. */
struct sampler {
    struct world *world;
    struct expansion_memo *memo;
    struct steps steps;
    struct schedule_settings settings;
    struct random_run run;
};

static void sampler_init(struct sampler *sampler, struct rig *rig, enum reduction reduction,
                         enum strategy strategy)
{
    memset(sampler, 0, sizeof *sampler);
    sampler->world = reduced_world(rig, reduction);
    sampler->memo = expansion_memo_create(sampler->world);
    steps_init(&sampler->steps, sampler->world->memory);
    sampler->settings =
        (struct schedule_settings){.strategy = strategy,
                                   .seed = 1,
                                   .fault_limit = rig->scenario.faults.limit,
                                   .length = 30,
                                   .actors = sampler->world->layout.poller_count + 1};
    for (int i = 0; i < FAULT_KIND_COUNT; i++)
        sampler->settings.rates[i] = SCHEDULE_RATE * 4;
    sampler->run.world = sampler->world;
    sampler->run.slots = calloc(sampler->world->layout.slot_count, sizeof *sampler->run.slots);
    cr_assert(sampler->memo != NULL && sampler->run.slots != NULL);
}

static void sampler_release(struct sampler *sampler)
{
    free(sampler->run.slots);
    steps_release(&sampler->steps);
    expansion_memo_destroy(sampler->memo);
    world_destroy(sampler->world);
}

/* Run `number` to its end, again where it teaches something. Returns its state's fingerprint. */
static uint64_t make(struct sampler *sampler, uint64_t number)
{
    struct random_run *run = &sampler->run;
    struct error error = ERROR_INIT;
    run->number = number;
    run->memo = sampler->memo;
    random_run_begin(run, &sampler->settings);
    while (run->state != RUN_OVER && run->state != RUN_CUT_OFF) {
        cr_assert_eq(random_run_learn(run, &sampler->steps, &error), STATUS_OK, "%s",
                     error.message);
        if (world_take_facts_changed(sampler->world)) {
            expansion_memo_destroy(sampler->memo);
            sampler->memo = expansion_memo_create(sampler->world);
            run->memo = sampler->memo;
            random_run_begin(run, &sampler->settings);
        }
        while (run->state == RUN_GOES_ON)
            random_run_step(run, &sampler->settings, &sampler->steps);
    }
    return world_run_fingerprint(sampler->world, run->slots, 0, sampler->world->layout.slot_count);
}

struct tally {
    size_t instances;
    size_t ends; /* that there are */
    size_t met;
    size_t wrong; /* that there are not, or with more faults than were had */
};

/* What a run met is an end that the naive search knows, with no more faults. */
static void compare_ends(const struct ends *expected, const struct ends *met, struct tally *tally)
{
    for (size_t i = 0; i < met->count; i++) {
        const struct end *end = &met->items[i];
        size_t k = 0;
        while (k < expected->count && (memcmp(&expected->items[k].aggregates, &end->aggregates,
                                              sizeof end->aggregates) != 0 ||
                                       expected->items[k].stuck != end->stuck))
            k++;
        if (k == expected->count || expected->items[k].faults > end->faults)
            tally->wrong++;
        else
            tally->met++;
    }
    tally->ends += expected->count;
    tally->instances++;
}

static void sample_instance(const struct instance *instance, enum strategy strategy, uint64_t runs,
                            struct tally *tally)
{
    struct reference reference;
    reference_init(&reference, instance, SOUNDNESS_STATES_MAX);
    if (reference.small) {
        struct sampler sampler;
        struct ends ends;
        sampler_init(&sampler, &reference.rig, REDUCTION_ALL, strategy);
        (void)make(&sampler, 0);
        ends_init(&ends, sampler.world);
        for (uint64_t i = 0; i < runs; i++) {
            (void)make(&sampler, i);
            cr_assert_eq(sampler.run.state, RUN_OVER);
            ends_note(&ends, sampler.run.slots, sampler.run.faults, sampler.run.stuck);
        }
        ends_forget_tables(&ends);
        compare_ends(&reference.aggregates, &ends, tally);
        ends_release(&ends);
        sampler_release(&sampler);
    }
    reference_release(&reference);
}

static struct tally sample(void (*generate)(struct instance *instance, uint64_t seed),
                           uint64_t seeds, enum strategy strategy, uint64_t runs)
{
    struct tally tally = {0};
    for (uint64_t seed = 1; seed <= seeds; seed++) {
        struct instance instance;
        generate(&instance, seed);
        sample_instance(&instance, strategy, runs, &tally);
    }
    cr_log_info("%zu instances: %zu of %zu ends met", tally.instances, tally.met, tally.ends);
    cr_expect_eq(tally.wrong, 0, "%zu ends that there are not", tally.wrong);
    cr_expect_gt(tally.instances, seeds / 4);
    return tally;
}

/* Nothing that cannot happen, and most of what can. */
Test(random_run, walks_meet_the_ends_that_there_are)
{
    struct tally tally = sample(instance_generate, 40, STRATEGY_WALK, 400);
    cr_expect_geq(tally.met * 100, tally.ends * 90, "%zu of %zu", tally.met, tally.ends);
}

Test(random_run, priorities_meet_the_ends_that_there_are)
{
    struct tally tally = sample(instance_generate_web, 30, STRATEGY_PCT, 400);
    cr_expect_geq(tally.met * 100, tally.ends * 85, "%zu of %zu", tally.met, tally.ends);
}

Test(random_run, swarms_meet_the_ends_that_there_are)
{
    struct tally tally = sample(instance_generate_with_settings, 40, STRATEGY_SWARM, 400);
    cr_expect_geq(tally.met * 100, tally.ends * 85, "%zu of %zu", tally.met, tally.ends);
}

/* Whatever has been made before, and whatever ids values have got. */
Test(random_run, is_the_same_alone)
{
    struct instance instance;
    instance_generate_keen(&instance, 3);
    for (int strategy = 0; strategy < STRATEGY_COUNT; strategy++) {
        struct rig rigs[2];
        struct sampler samplers[2];
        for (int i = 0; i < 2; i++) {
            instance_rig(&instance, &rigs[i], false, false);
            sampler_init(&samplers[i], &rigs[i], REDUCTION_ALL, (enum strategy)strategy);
            (void)make(&samplers[i], 1000); /* teaches the facts */
        }
        for (uint64_t run = 0; run < 50; run++) {
            uint64_t among_others = make(&samplers[0], run);
            uint32_t steps = samplers[0].run.steps;
            if (run % 7 != 0)
                continue;
            cr_expect_eq(make(&samplers[1], run), among_others);
            cr_expect_eq(samplers[1].run.steps, steps);
        }
        for (int i = 0; i < 2; i++) {
            sampler_release(&samplers[i]);
            rig_release(&rigs[i]);
        }
    }
}
