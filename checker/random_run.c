#include "checker/random_run.h"

#include <string.h>

enum { FIRST_LOOK = 4, RETRIES_COUNTED = 64, MARK_MAX = 255 };

void random_run_begin(struct random_run *run, const struct schedule_settings *settings)
{
    run->state = RUN_GOES_ON;
    run->steps = 0;
    run->faults = 0;
    run->retries = 0;
    run->next_look = FIRST_LOOK;
    run->property = PROPERTY_COUNT;
    run->stuck = false;
    world_initial_state(run->world, run->slots);
    schedule_begin(&run->schedule, settings, run->number);
}

static void judge_end(struct random_run *run, const struct outcome *outcome)
{
    run->property = outcome_violated(outcome, run->world->scenario->properties, run->stuck);
    run->state = RUN_OVER;
}

/* levels_agree has to hold in every state. */
static void judge_state(struct random_run *run, const struct outcome *outcome)
{
    if (outcome->levels_agree)
        return;
    run->property = PROPERTY_LEVELS_AGREE;
    run->state = RUN_OVER;
}

/* The least of what the runs say, whoever comes first. */
static void note_followed(const struct random_run *run, uint32_t transition)
{
    uint8_t mark = run->faults < MARK_MAX ? (uint8_t)(run->faults + 1) : MARK_MAX;
    uint8_t *at = &run->followed[transition];
    uint8_t known = __atomic_load_n(at, __ATOMIC_RELAXED);
    while ((known == 0 || mark < known) &&
           !__atomic_compare_exchange_n(at, &known, mark, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED))
        ;
}

static void take(struct random_run *run, uint32_t transition)
{
    const struct remembered_transition *taken = expansion_memo_transition(run->memo, transition);
    if (run->followed != NULL)
        note_followed(run, transition);
    run->steps++;
    run->faults += taken->cost;
    run->retries += taken->clean_retry ? 1 : 0;
    run->taken = transition;
    steps_take(run->memo, transition, run->slots);
    if (run->steps == RANDOM_RUN_STEPS_MAX)
        run->state = RUN_CUT_OFF;
}

void random_run_step(struct random_run *run, const struct schedule_settings *settings,
                     struct steps *steps)
{
    struct outcome outcome;
    if (run->world->scenario->properties[PROPERTY_LEVELS_AGREE]) {
        if (!world_outcome_known(run->world, run->slots, &outcome)) {
            run->state = RUN_NEEDS_OUTCOME;
            return;
        }
        judge_state(run, &outcome);
        if (run->state == RUN_OVER)
            return;
    }
    switch (steps_find(steps, run->memo, run->slots)) {
    case STEPS_FOUND:
        break;
    case STEPS_MISSING:
        run->state = RUN_NEEDS_STEPS;
        return;
    case STEPS_NO_MEMORY:
        run->state = RUN_NO_MEMORY;
        return;
    }
    if (steps->retries && run->retries >= run->next_look) {
        run->state = RUN_NEEDS_CYCLE;
        return;
    }
    /* before anything is drawn: a run that stops to learn draws the same afterwards */
    if (steps->enabled.free_count == 0 && !world_outcome_known(run->world, run->slots, &outcome)) {
        run->state = RUN_NEEDS_OUTCOME;
        return;
    }
    uint32_t transition = 0;
    if (schedule_choose(&run->schedule, settings, run->memo, &steps->enabled, run->steps,
                        run->faults, &transition))
        take(run, transition);
    else
        judge_end(run, &outcome);
}

/* What fails so often may fail for ever, and change something every time. */
static void count_failures(const struct random_run *run)
{
    struct world_facts *facts = &run->world->facts;
    if (facts->failures_counted || run->retries < RETRIES_COUNTED)
        return;
    facts->failures_counted = true;
    run->world->facts_changed = true;
}

static enum status learn(struct random_run *run, struct steps *steps, struct error *error)
{
    enum status status = STATUS_OK;
    struct outcome outcome;
    bool stuck = false;
    switch (run->state) {
    case RUN_NEEDS_STEPS:
        status = steps_learn(steps, run->memo, run->slots, error);
        break;
    case RUN_NEEDS_OUTCOME:
        outcome = world_outcome(run->world, run->slots);
        /* the outcome is remembered now, unless memory has run out */
        if (!world_outcome_known(run->world, run->slots, &outcome))
            return error_set(error, STATUS_NO_MEMORY, "out of memory for outcomes");
        break;
    case RUN_NEEDS_CYCLE:
        status = steps_on_cycle(steps, run->memo, run->world, run->slots, &stuck,
                                &run->stuck_poller, error);
        if (status == STATUS_OK && stuck) {
            run->stuck = true;
            outcome = world_outcome(run->world, run->slots);
            judge_end(run, &outcome);
            return STATUS_OK;
        }
        run->next_look *= 2;
        count_failures(run);
        break;
    case RUN_GOES_ON:
    case RUN_OVER:
    case RUN_CUT_OFF:
        return STATUS_OK;
    case RUN_NO_MEMORY:
        return error_set(error, STATUS_NO_MEMORY, "out of memory for transitions");
    }
    run->state = RUN_GOES_ON;
    return status;
}

enum status random_run_learn(struct random_run *run, struct steps *steps, struct error *error)
{
    enum status status = learn(run, steps, error);
    /* without its values neither a state nor an outcome is what it seems */
    if (status == STATUS_OK && value_store_failed(run->world->store))
        return error_set(error, STATUS_NO_MEMORY, "out of memory for values");
    return status;
}
