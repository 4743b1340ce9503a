/* Instances in which pollers of one stage run side by side: what model/turns.h is about. */
#include "tests/checker/generated_choice.h"
#include "tests/checker/generated_instance.h"

#include "model/base/random.h"

#include <string.h>

/* Few enough that the search without reductions ends. */
static void choose_puts(struct random *random, struct instance *instance)
{
    instance->put_count = 2 + random_below(random, instance->stages == 1 ? 2 : 1);
    for (uint32_t i = 0; i < instance->put_count; i++)
        instance->puts[i] = (struct instance_put){.trade = random_below(random, 2),
                                                  .version = i,
                                                  .copies = generated_chance(random, 15) ? 2 : 1,
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
    uint32_t stages = generated_chance(&random, 80) ? 1 : 2;
    *instance = (struct instance){.stages = stages,
                                  .timeout_s = generated_chance(&random, 70) ? 10 : 400,
                                  .one_at_a_time = generated_chance(&random, 40),
                                  .limit = generated_chance(&random, 40) ? "1" : "2",
                                  .crash = generated_chance(&random, 25) ? "1" : "true",
                                  .random_failure = generated_chance(&random, 60) ? "false" : "1",
                                  .timeout = generated_chance(&random, 85) ? "false" : "1"};
    if (stages == 2)
        instance->handlers[0] = first[random_below(&random, sizeof first / sizeof *first)];
    instance->handlers[stages - 1] = generated_handler_choose(&random, ROLE_REDUCE);
    for (uint32_t i = 0; i < stages; i++) {
        instance->shards[i] = i + 1 == stages ? 2 : 1;
        instance->batch[i] = 1 + random_below(&random, 2);
    }
    if (stages == 1 && generated_chance(&random, 20))
        instance->extra = generated_handler_choose(&random, ROLE_REDUCE);
    choose_puts(&random, instance);
    instance->kind = kinds[random_below(&random, sizeof kinds / sizeof *kinds)];
    instance->cap = "1";
}
