/* Priorities: the strategy pct. */
#include "checker/schedule.h"

#include <math.h>

enum { CHANGES = SCHEDULE_DEPTH - 1 };

void schedule_begin_priorities(struct schedule *schedule, const struct schedule_settings *settings,
                               uint64_t run)
{
    struct random random;
    schedule_stream(&random, settings->seed, run, "priorities");
    schedule->by_priority = true;
    schedule->lowest = 0;
    schedule->changes_made = 0;
    /* a random permutation: R. Durstenfeld, "Algorithm 235", CACM 7(7), 1964 */
    for (uint32_t i = 0; i < settings->actors; i++)
        schedule->priorities[i] = (int32_t)i + 1;
    for (uint32_t i = settings->actors; i > 1; i--) {
        uint32_t other = random_below(&random, i);
        int32_t priority = schedule->priorities[i - 1];
        schedule->priorities[i - 1] = schedule->priorities[other];
        schedule->priorities[other] = priority;
    }
    for (uint32_t i = 0; i < CHANGES; i++) {
        uint32_t change = random_below(&random, settings->length > 0 ? settings->length : 1);
        uint32_t place = i;
        for (; place > 0 && schedule->changes[place - 1] > change; place--)
            schedule->changes[place] = schedule->changes[place - 1];
        schedule->changes[place] = change;
    }
}

static uint32_t highest_actor(const struct schedule *schedule, const struct expansion_memo *memo,
                              const struct enabled *enabled)
{
    uint32_t best = schedule_actor(expansion_memo_transition(memo, enabled->free[0]));
    for (size_t i = 1; i < enabled->free_count; i++) {
        uint32_t actor = schedule_actor(expansion_memo_transition(memo, enabled->free[i]));
        if (schedule->priorities[actor] > schedule->priorities[best])
            best = actor;
    }
    return best;
}

void schedule_yield(struct schedule *schedule, uint32_t actor)
{
    schedule->priorities[actor] = --schedule->lowest;
}

uint32_t schedule_choose_actor(struct schedule *schedule, const struct expansion_memo *memo,
                               const struct enabled *enabled, uint32_t step)
{
    uint32_t actor = highest_actor(schedule, memo, enabled);
    while (schedule->changes_made < CHANGES && schedule->changes[schedule->changes_made] <= step) {
        schedule->changes_made++;
        schedule_yield(schedule, actor);
        actor = highest_actor(schedule, memo, enabled);
    }
    return actor;
}

double schedule_guarantee(const struct schedule_settings *settings)
{
    double steps = settings->length > 0 ? (double)settings->length : 1.0;
    return 1.0 / ((double)settings->actors * pow(steps, SCHEDULE_DEPTH - 1));
}
