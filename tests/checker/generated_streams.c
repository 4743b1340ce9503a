/* Generated pipelines whose functions put records into Kinesis streams. */
#include "tests/checker/generated_choice.h"
#include "tests/checker/generated_instance.h"

#include "model/base/random.h"
#include "tests/checker/generated_job.h"

#include <stdio.h>

enum { OVERTAKEN = 1000 };

/* Tells whether a record of the generator's comes right after one put back. */
static void map_puts_back(struct scripted *run)
{
    struct job job = job_read(run);
    int64_t before = 0;
    for (size_t i = 0; i < job.count; i++) {
        struct item item = job_item(&job, i);
        char key[JOB_NAME_SIZE];
        bool ok;
        snprintf(key, sizeof key, "%c-%d-0", item.trade, 1);
        bool overtaken = item.version == 0 && before > 0;
        before = item.version;
        if (overtaken && !job_put_row(&job, "o", item.position, OVERTAKEN, 0, "", &ok))
            return;
        if (item.is_version && item.version == 0) {
            if (!job_put_record(&job, job.source, key, "again", &ok))
                return;
        } else if (!job_put_row(&job, "e", item.position, item.a, item.b, "", &ok)) {
            return;
        }
    }
}

const struct generated_handler looping_handler = {"map_puts_back", ROLE_MAP, map_puts_back};

void instance_generate_with_streams(struct instance *instance, uint64_t seed)
{
    static const char *const first[] = {"map_each",      "map_by_position",      "state_right",
                                        "map_sleeps",    "map_draws_afterwards", "state_poisoned",
                                        "map_puts_back", "map_puts_back",        "map_puts_back"};
    static const char *const last[] = {"reduce_plain", "reduce_token", "reduce_each_marked",
                                       "reduce_reads_and_writes"};
    struct random random;
    random_init(&random, seed, 10);
    *instance =
        (struct instance){.stages = 2,
                          .streams = true,
                          .handlers = {first[random_below(&random, sizeof first / sizeof *first)],
                                       last[random_below(&random, sizeof last / sizeof *last)]},
                          .shards = {1 + random_below(&random, 2), 1},
                          .batch = {1 + random_below(&random, 2), 1 + random_below(&random, 2)},
                          .timeout_s = 10,
                          .puts = {{.trade = 0, .copies = 1}, {.trade = 1, .copies = 1}},
                          .put_count = 1 + random_below(&random, 2),
                          .any_order = generated_chance(&random, 30),
                          .reversed = generated_chance(&random, 30),
                          .limit = generated_chance(&random, 50) ? "0" : "1",
                          .crash = "true",
                          .random_failure = "1",
                          .timeout = generated_chance(&random, 70) ? "false" : "1"};
    for (uint32_t i = 0; i < instance->put_count; i++) {
        instance->puts[i].version = random_below(&random, 2);
        instance->puts[i].salt = random_below(&random, 4);
    }
    if (generated_chance(&random, 30)) {
        instance->extra_stage = random_below(&random, 2);
        instance->extra = instance->handlers[instance->extra_stage];
    }
    if (generated_chance(&random, 30)) {
        instance->kind = generated_chance(&random, 50) ? "late_write" : "lost_response";
        instance->cap = "1";
    }
    if (generated_chance(&random, 30)) /* keys made of sequence numbers may be on either */
        instance->shards[1] = 2;
}
