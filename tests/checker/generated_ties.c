#include "tests/checker/generated_handlers.h"
#include "tests/checker/generated_job.h"

#include "model/workload.h"

#include <stdio.h>
#include <string.h>

enum { LONG_SLEEP_MS = 400 * 1000, VERY_LATE_MS = 600 * 1000 };

/* The same invocation, writing to another table. */
static struct job aiming_at(const struct job *job, const char *table)
{
    struct job other = *job;
    snprintf(other.target, sizeof other.target, "%s", table);
    return other;
}

/* The table before the one that the function follows, if that is the last but one. */
static bool two_before(const struct job *job, char table[JOB_NAME_SIZE])
{
    snprintf(table, JOB_NAME_SIZE, "T1");
    return job->from_table && strcmp(job->source, "T0") == 0;
}

static bool put_versions(struct job *job)
{
    for (size_t i = 0; i < job->count; i++) {
        struct item item = job_item(job, i);
        bool ok;
        if (item.is_version && !job_put_version(job, &item, true, &ok))
            return false;
    }
    return true;
}

/* Counts the batches that it has stored among the totals. */
static void state_counts(struct scripted *run)
{
    struct job job = job_read(run);
    struct job totals = aiming_at(&job, "AggregateTable");
    bool ok;
    if (put_versions(&job))
        (void)job_transact(&totals, 0, (int64_t)job.count, NULL, NULL, &ok);
}

/* Stores nothing once there is a total. */
static void state_closes(struct scripted *run)
{
    struct job job = job_read(run);
    struct value total;
    if (job_get(&job, "AggregateTable", "sum0", &total) && value_is_none(total))
        (void)put_versions(&job);
}

/* Adds to the totals what it hands on. */
static void map_adds_ahead(struct scripted *run)
{
    struct job job = job_read(run);
    struct job totals = aiming_at(&job, "AggregateTable");
    char marker[JOB_NAME_SIZE];
    bool ok;
    if (job_transact(&totals, job.a, job.b, NULL, job_named(marker, "d", job.position), &ok))
        (void)job_put_row(&job, "r", job.position, job.a, job.b, job_absent, &ok);
}

/* A row that tells whether there was a total yet. */
static void map_asks_totals(struct scripted *run)
{
    struct job job = job_read(run);
    struct value total;
    bool ok;
    if (job_get(&job, "AggregateTable", "sum0", &total))
        (void)job_put_row(&job, value_is_none(total) ? "r" : "late", job.position, job.a, job.b,
                          job_absent, &ok);
}

/* Adds up in the table it writes to, with a token that others may have used. */
static void map_size_token(struct scripted *run)
{
    struct job job = job_read(run);
    char token[JOB_NAME_SIZE];
    bool ok;
    if (job_transact(&job, job.a, job.b, job_named(token, "z", job.count), NULL, &ok) && !ok)
        scripted_raise(run);
}

/* Leaves a token of its own, of no use to others. */
static void map_token(struct scripted *run)
{
    struct job job = job_read(run);
    char token[JOB_NAME_SIZE];
    char marker[JOB_NAME_SIZE];
    bool ok;
    if (job_transact(&job, 0, 0, job_named(token, "t", job.position),
                     job_named(marker, "o", job.position), &ok))
        (void)job_put_row(&job, "r", job.position, job.a, job.b, job_absent, &ok);
}

/* Adds one more for each trade that two stages before has a version of. */
static void reduce_looks_back(struct scripted *run)
{
    struct job job = job_read(run);
    char table[JOB_NAME_SIZE];
    char marker[JOB_NAME_SIZE];
    struct value first = VALUE_NONE;
    struct value second = VALUE_NONE;
    bool ok;
    if (two_before(&job, table) &&
        (!job_get(&job, table, "0", &first) || !job_get(&job, table, "1", &second)))
        return;
    (void)job_transact(&job, job.a + (value_is_none(first) ? 0 : 1),
                       job.b + (value_is_none(second) ? 0 : 1), NULL,
                       job_named(marker, "m", job.position), &ok);
}

/* Starts it all once more, two stages before. */
static void reduce_starts_again(struct scripted *run)
{
    struct job job = job_read(run);
    char table[JOB_NAME_SIZE];
    bool ok;
    if (!job_transact(&job, job.a, job.b, NULL, NULL, &ok))
        return;
    if (two_before(&job, table)) {
        struct job back = aiming_at(&job, table);
        (void)job_put(&back, "back", "", job_absent, &ok);
    }
}

/* Sends tokens, and tells whether its clock has come past their window. */
static void reduce_token_late(struct scripted *run)
{
    struct job job = job_read(run);
    char token[JOB_NAME_SIZE];
    int64_t now_ms;
    bool ok;
    scripted_sleep(run, LONG_SLEEP_MS);
    if (!scripted_time(run, &now_ms))
        return;
    bool late = now_ms - WORKLOAD_START_MS > VERY_LATE_MS;
    (void)job_transact(&job, job.a, job.b + (late ? 1 : 0),
                       job_named(token, late ? "l" : "t", job.position), NULL, &ok);
}

#define HANDLER(role, function)                                                                    \
    {                                                                                              \
#function, role, function                                                                  \
    }

const struct generated_handler tying_handlers[] = {
    HANDLER(ROLE_STATE, state_counts),       HANDLER(ROLE_STATE, state_closes),
    HANDLER(ROLE_MAP, map_adds_ahead),       HANDLER(ROLE_MAP, map_asks_totals),
    HANDLER(ROLE_MAP, map_size_token),       HANDLER(ROLE_MAP, map_token),
    HANDLER(ROLE_REDUCE, reduce_looks_back), HANDLER(ROLE_REDUCE, reduce_starts_again),
    HANDLER(ROLE_REDUCE, reduce_token_late),
};

const size_t tying_handler_count = sizeof tying_handlers / sizeof tying_handlers[0];
