/* A run that draws what it can do: the strategy swarm. */
#include "checker/schedule.h"

#include <stdio.h>

/* Rates are 2^-1 .. 2^-RATES, each as likely. */
enum { RATES = 7, PURPOSE_SIZE = 64 };

void schedule_begin_swarm(struct schedule *schedule, const struct schedule_settings *settings,
                          uint64_t run)
{
    struct random random;
    for (int i = 0; i < FAULT_KIND_COUNT; i++) {
        /* a stream for each kind: one that is switched on moves no other's rate */
        char purpose[PURPOSE_SIZE];
        (void)snprintf(purpose, sizeof purpose, "swarm %s", fault_kind_name((enum fault_kind)i));
        schedule_stream(&random, settings->seed, run, purpose);
        bool on = random_below(&random, 2) == 1;
        uint32_t rate = UINT32_C(1) << (31 - random_below(&random, RATES));
        schedule->rates[i] = on && settings->rates[i] > 0 ? rate : 0;
    }
    schedule_stream(&random, settings->seed, run, "swarm");
    schedule->batches = (enum batch_preference)random_below(&random, BATCH_PREFERENCE_COUNT);
    if (random_below(&random, 2) == 1)
        schedule_begin_priorities(schedule, settings, run);
}
