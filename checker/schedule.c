#include "checker/schedule.h"

#include "model/base/hash.h"

#include <string.h>

static const char *const names[] = {
#define STRATEGY_NAME(strategy, name) [strategy] = (name),
    STRATEGIES(STRATEGY_NAME)
#undef STRATEGY_NAME
};

const char *strategy_name(enum strategy strategy)
{
    CHECK(strategy < STRATEGY_COUNT);
    return names[strategy];
}

enum strategy strategy_find(const char *name)
{
    int i = 0;
    while (i < STRATEGY_COUNT && strcmp(names[i], name) != 0)
        i++;
    return (enum strategy)i;
}

void schedule_stream(struct random *random, uint64_t seed, uint64_t run, const char *purpose)
{
    /* FNV-1a: a purpose is known by its name, so that a new one moves no other */
    uint64_t stream = UINT64_C(0xCBF29CE484222325);
    for (const char *at = purpose; *at != '\0'; at++)
        stream = (stream ^ (uint8_t)*at) * UINT64_C(0x100000001B3);
    random_init(random, hash_mix64(hash_mix64(seed) + run), stream);
}

void schedule_begin(struct schedule *schedule, const struct schedule_settings *settings,
                    uint64_t run)
{
    schedule_stream(&schedule->choice, settings->seed, run, "schedule");
    for (int i = 0; i < FAULT_KIND_COUNT; i++) {
        schedule->rates[i] = settings->rates[i];
        schedule_stream(&schedule->faults[i], settings->seed, run,
                        fault_kind_name((enum fault_kind)i));
    }
    schedule->batches = BATCH_ANY;
    schedule->by_priority = false;
    switch (settings->strategy) {
    case STRATEGY_WALK:
        break;
    case STRATEGY_PCT:
        schedule_begin_priorities(schedule, settings, run);
        break;
    case STRATEGY_SWARM:
        schedule_begin_swarm(schedule, settings, run);
        break;
    case STRATEGY_COUNT:
        BUG("no strategy");
    }
}

/* Draw for each kind among the faults that could happen, in the order of kinds. */
static bool choose_fault(struct schedule *schedule, const struct expansion_memo *memo,
                         const struct enabled *enabled, uint32_t *transition)
{
    uint32_t counts[FAULT_KIND_COUNT] = {0};
    for (size_t i = 0; i < enabled->fault_count; i++)
        counts[expansion_memo_transition(memo, enabled->faults[i])->action.fault]++;
    for (int kind = 0; kind < FAULT_KIND_COUNT; kind++) {
        struct random *random = &schedule->faults[kind];
        if (counts[kind] == 0 || random_next(random) >= schedule->rates[kind])
            continue;
        uint32_t left = random_below(random, counts[kind]);
        for (size_t i = 0;; i++) {
            *transition = enabled->faults[i];
            if ((int)expansion_memo_transition(memo, *transition)->action.fault == kind &&
                left-- == 0)
                return true;
        }
    }
    return false;
}

/* The batch that the run prefers, of those that the actor of `chosen` could poll. */
static uint32_t preferred_batch(const struct schedule *schedule, const struct expansion_memo *memo,
                                const struct enabled *enabled, uint32_t chosen)
{
    const struct action *action = &expansion_memo_transition(memo, chosen)->action;
    if (action->kind != ACTION_POLL || schedule->batches == BATCH_ANY)
        return chosen;
    uint32_t best = chosen;
    uint32_t best_count = action->count;
    for (size_t i = 0; i < enabled->free_count; i++) {
        const struct action *other = &expansion_memo_transition(memo, enabled->free[i])->action;
        if (other->kind == ACTION_POLL && other->poller == action->poller &&
            (schedule->batches == BATCH_LARGEST ? other->count > best_count
                                                : other->count < best_count)) {
            best = enabled->free[i];
            best_count = other->count;
        }
    }
    return best;
}

static uint32_t choose_of_actor(struct schedule *schedule, const struct expansion_memo *memo,
                                const struct enabled *enabled, uint32_t actor)
{
    uint32_t count = 0;
    for (size_t i = 0; i < enabled->free_count; i++)
        count += schedule_actor(expansion_memo_transition(memo, enabled->free[i])) == actor;
    uint32_t left = random_below(&schedule->choice, count);
    for (size_t i = 0;; i++) {
        if (schedule_actor(expansion_memo_transition(memo, enabled->free[i])) == actor &&
            left-- == 0)
            return enabled->free[i];
    }
}

bool schedule_choose(struct schedule *schedule, const struct schedule_settings *settings,
                     const struct expansion_memo *memo, const struct enabled *enabled,
                     uint32_t step, uint32_t faults, uint32_t *transition)
{
    if (enabled->fault_count > 0 && faults < settings->fault_limit &&
        step < SCHEDULE_FAULTY_STEPS && choose_fault(schedule, memo, enabled, transition))
        return true;
    if (enabled->free_count == 0)
        return false;
    if (!schedule->by_priority) {
        uint32_t index = random_below(&schedule->choice, (uint32_t)enabled->free_count);
        *transition = preferred_batch(schedule, memo, enabled, enabled->free[index]);
        return true;
    }
    uint32_t actor = schedule_choose_actor(schedule, memo, enabled, step);
    *transition =
        preferred_batch(schedule, memo, enabled, choose_of_actor(schedule, memo, enabled, actor));
    if (expansion_memo_transition(memo, *transition)->clean_retry)
        schedule_yield(schedule, actor);
    return true;
}
