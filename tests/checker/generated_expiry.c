/* Generated pipelines whose tables have a time to live, and handlers that mind it. */
#include "tests/checker/generated_choice.h"
#include "tests/checker/generated_instance.h"

#include "model/base/random.h"
#include "tests/checker/generated_job.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LIFE_S = 5, REMOVED = 1000 };

/* ",'x':{'N':'...'}": expires so many seconds from now. */
static bool read_expiry(struct job *job, int64_t life_s, char text[JOB_NAME_SIZE])
{
    int64_t now_ms = 0;
    if (!scripted_time(job->run, &now_ms))
        return false;
    snprintf(text, JOB_NAME_SIZE, ",'x':{'N':'%" PRId64 "'}", now_ms / 1000 + life_s);
    return true;
}

static void put_versions(struct scripted *run, int64_t life_s)
{
    struct job job = job_read(run);
    for (size_t i = 0; i < job.count; i++) {
        struct item item = job_item(&job, i);
        char id[2] = {item.is_version ? item.trade : '0', '\0'};
        char expiry[JOB_NAME_SIZE];
        char attributes[JOB_NAME_SIZE * 2];
        bool ok;
        if (!read_expiry(&job, life_s, expiry))
            return;
        snprintf(attributes, sizeof attributes, ",'v':{'N':'%" PRId64 "'}%s", item.version, expiry);
        if (!job_put(&job, id, attributes, job_absent, &ok))
            return;
    }
}

/* The first version of a trade that it has not seen for a while. */
static void state_expires(struct scripted *run) { put_versions(run, LIFE_S); }

static void state_expires_at_once(struct scripted *run) { put_versions(run, -LIFE_S); }

/* Counts what comes to be removed, too. */
static void map_counts_removals(struct scripted *run)
{
    struct job job = job_read(run);
    for (size_t i = 0; i < job.count; i++) {
        struct item item = job_item(&job, i);
        struct value record = scripted_record(run, i);
        bool ok;
        if (value_is_text(run->store, value_get_text(run->store, record, "eventName"), "REMOVE")) {
            bool service = !value_is_none(value_get_text(run->store, record, "userIdentity"));
            item.a = service ? REMOVED : 2 * REMOVED;
        }
        if (!job_put_row(&job, "e", item.position, item.a, item.b, "", &ok))
            return;
    }
}

/* Looks for a marker that expires, adds, and leaves the marker. */
static void reduce_marks_for_a_while(struct scripted *run)
{
    struct job job = job_read(run);
    struct value seen = VALUE_NONE;
    char marker[JOB_NAME_SIZE];
    char expiry[JOB_NAME_SIZE];
    bool ok;
    job_named(marker, "m", job.position);
    if (!job_get(&job, job.target, marker, &seen) || !value_is_none(seen))
        return;
    if (!job_transact(&job, job.a, job.b, NULL, NULL, &ok) || !read_expiry(&job, LIFE_S, expiry) ||
        !job_put(&job, marker, expiry, "", &ok))
        return;
    if (!ok)
        scripted_raise(run);
}

/* Counts what is left in the table that it follows. */
static void reduce_looks_upstream(struct scripted *run)
{
    struct job job = job_read(run);
    struct value found = VALUE_NONE;
    bool ok;
    if (job.from_table && !job_get(&job, job.source, "0", &found))
        return;
    (void)job_transact(&job, job.a + (value_is_none(found) ? REMOVED : 0), job.b, NULL, NULL, &ok);
}

const struct generated_handler expiring_handlers[] = {
    {"state_expires", ROLE_STATE, state_expires},
    {"state_expires_at_once", ROLE_STATE, state_expires_at_once},
    {"map_counts_removals", ROLE_MAP, map_counts_removals},
    {"reduce_marks_for_a_while", ROLE_REDUCE, reduce_marks_for_a_while},
    {"reduce_looks_upstream", ROLE_REDUCE, reduce_looks_upstream},
};
const size_t expiring_handler_count = sizeof expiring_handlers / sizeof expiring_handlers[0];

static const char *choose(struct random *random, const char *const *names, uint32_t count)
{
    return names[random_below(random, count)];
}

void instance_generate_with_expiry(struct instance *instance, uint64_t seed)
{
    static const char *const first[] = {"state_expires", "state_expires", "state_expires_at_once",
                                        "state_right", "map_sleeps"};
    static const char *const last[] = {"reduce_marks_for_a_while", "reduce_marks_for_a_while",
                                       "reduce_looks_upstream", "reduce_plain", "reduce_token"};
    static const char *const kinds[] = {"delay", "delay", "redeliver", "stale_read", "late_write"};
    struct random random;
    random_init(&random, seed, 12);
    uint32_t stages = 1 + random_below(&random, 3);
    *instance = (struct instance){.stages = stages,
                                  .expires = true,
                                  .timeout_s = 10,
                                  .put_count = 1 + random_below(&random, stages == 3 ? 1 : 2),
                                  .reversed = generated_chance(&random, 30),
                                  .limit = generated_chance(&random, 40) ? "2" : "1",
                                  .crash = generated_chance(&random, 50) ? "1" : "false",
                                  .random_failure = "false",
                                  .timeout = generated_chance(&random, 60) ? "1" : "false"};
    for (uint32_t i = 0; i < stages; i++) {
        bool is_last = i + 1 == stages;
        instance->handlers[i] = is_last  ? choose(&random, last, sizeof last / sizeof *last)
                                : i == 0 ? choose(&random, first, sizeof first / sizeof *first)
                                         : "map_counts_removals";
        instance->shards[i] = generated_chance(&random, 25) ? 2 : 1;
        instance->batch[i] = 1 + random_below(&random, 2);
    }
    for (uint32_t i = 0; i < instance->put_count; i++)
        instance->puts[i] = (struct instance_put){.trade = random_below(&random, 2),
                                                  .version = i,
                                                  .copies = generated_chance(&random, 30) ? 2 : 1,
                                                  .salt = random_below(&random, 4)};
    if (stages < 3 && generated_chance(&random, 20)) {
        instance->extra_stage = random_below(&random, stages);
        instance->extra = instance->handlers[instance->extra_stage];
    }
    if (generated_chance(&random, 60)) {
        instance->kind = choose(&random, kinds, sizeof kinds / sizeof *kinds);
        instance->cap = "1";
    }
}
