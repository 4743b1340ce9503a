/* Instances in which pollers of one stage run side by side: what model/turns.h is about. */
#include "tests/checker/generated_instance.h"

#include "model/base/random.h"

#include <string.h>

static bool chance(struct random *random, uint32_t percent)
{
    return random_below(random, 100) < percent;
}

static const char *choose_last(struct random *random)
{
    for (;;) {
        const struct generated_handler *handler =
            &generated_handlers[random_below(random, (uint32_t)generated_handler_count)];
        if (handler->role == ROLE_REDUCE)
            return handler->name;
    }
}

/* Few enough that the search without reductions ends. */
static void choose_puts(struct random *random, struct instance *instance)
{
    instance->put_count = 2 + random_below(random, instance->stages == 1 ? 2 : 1);
    for (uint32_t i = 0; i < instance->put_count; i++)
        instance->puts[i] = (struct instance_put){.trade = random_below(random, 2),
                                                  .version = i,
                                                  .copies = chance(random, 15) ? 2 : 1,
                                                  .salt = random_below(random, 4)};
}

void instance_generate_shards(struct instance *instance, uint64_t seed)
{
    static const char *const kinds[] = {NULL,         NULL,         NULL,
                                        NULL,         "throttle",   "lost_response",
                                        "late_write", "stale_read", "transaction_conflict",
                                        "redeliver",  "rebatch"};
    static const char *const first[] = {"map_each", "map_by_position", "map_by_content"};
    struct random random;
    random_init(&random, seed, 11);
    uint32_t stages = chance(&random, 80) ? 1 : 2;
    *instance = (struct instance){.stages = stages,
                                  .timeout_s = chance(&random, 70) ? 10 : 400,
                                  .one_at_a_time = chance(&random, 40),
                                  .limit = chance(&random, 40) ? "1" : "2",
                                  .crash = chance(&random, 25) ? "1" : "true",
                                  .random_failure = chance(&random, 60) ? "false" : "1",
                                  .timeout = chance(&random, 85) ? "false" : "1"};
    if (stages == 2)
        instance->handlers[0] = first[random_below(&random, sizeof first / sizeof *first)];
    instance->handlers[stages - 1] = choose_last(&random);
    for (uint32_t i = 0; i < stages; i++) {
        instance->shards[i] = i + 1 == stages ? 2 : 1;
        instance->batch[i] = 1 + random_below(&random, 2);
    }
    if (stages == 1 && chance(&random, 20))
        instance->extra = choose_last(&random);
    choose_puts(&random, instance);
    instance->kind = kinds[random_below(&random, sizeof kinds / sizeof *kinds)];
    instance->cap = "1";
}
