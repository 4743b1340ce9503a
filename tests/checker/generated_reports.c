/* Handlers that report the records that failed (ReportBatchItemFailures). */
#include "tests/checker/generated_handlers.h"

#include "tests/checker/generated_job.h"

#include <stdio.h>

enum { POISON_VERSION = 2 };

/* The response that names one record. */
static void report(struct scripted *run, size_t index)
{
    scripted_return_value(run, scripted_format(run->store,
                                               "{'batchItemFailures': [{'itemIdentifier': '%s'}]}",
                                               scripted_sequence(run, index)));
}

/* Stops at the version that it never gets over, and reports it. */
static void state_reports(struct scripted *run)
{
    struct job job = job_read(run);
    for (size_t i = 0; i < job.count; i++) {
        struct item item = job_item(&job, i);
        bool ok;
        if (item.version == POISON_VERSION) {
            report(run, i);
            return;
        }
        if (item.is_version && !job_put_version(&job, &item, true, &ok))
            return;
    }
}

/* Goes on after a record that failed by chance, and reports all of these, the last one first. */
static void map_reports(struct scripted *run)
{
    struct job job = job_read(run);
    char failures[JOB_RECORDS_MAX * 128] = "";
    for (size_t i = 0; i < job.count; i++) {
        struct item item = job_item(&job, i);
        char others[sizeof failures];
        bool low;
        bool ok;
        if (!scripted_draw(run, &low))
            return;
        if (!low) {
            if (!job_put_row(&job, "e", item.position, item.a, item.b, job_absent, &ok))
                return;
            continue;
        }
        snprintf(others, sizeof others, "%s", failures);
        snprintf(failures, sizeof failures, "{'itemIdentifier': '%.100s'}%s%.800s",
                 scripted_sequence(run, i), others[0] == '\0' ? "" : ", ", others);
    }
    scripted_return_value(run,
                          scripted_format(run->store, "{'batchItemFailures': [%s]}", failures));
}

/* One record at a time; reports what was refused. */
static void reduce_reports(struct scripted *run)
{
    struct job job = job_read(run);
    for (size_t i = 0; i < job.count; i++) {
        struct item item = job_item(&job, i);
        char marker[JOB_NAME_SIZE];
        bool ok;
        if (!job_transact(&job, item.a, item.b, NULL, job_named(marker, "m", item.position), &ok))
            return;
        if (!ok) {
            report(run, i);
            return;
        }
    }
}

/* Counts the whole batch, then reports its last record by chance. */
static void reduce_reports_afterwards(struct scripted *run)
{
    struct job job = job_read(run);
    bool low;
    bool ok;
    if (!job_transact(&job, job.a, job.b, NULL, NULL, &ok) || !scripted_draw(run, &low))
        return;
    if (low)
        report(run, job.count - 1);
}

/* Names no record that it has got: the whole batch has failed. */
static void map_reports_nonsense(struct scripted *run)
{
    struct job job = job_read(run);
    bool low;
    bool ok;
    if (!job_put_row(&job, "r", job.position, job.a, job.b, job_absent, &ok) ||
        !scripted_draw(run, &low))
        return;
    if (low)
        scripted_return_value(run, scripted_json(run->store, "{'batchItemFailures': [{}]}"));
}

#define HANDLER(role, function)                                                                    \
    {                                                                                              \
#function, role, function                                                                  \
    }

const struct generated_handler reporting_handlers[] = {
    HANDLER(ROLE_STATE, state_reports),
    HANDLER(ROLE_MAP, map_reports),
    HANDLER(ROLE_MAP, map_reports_nonsense),
    HANDLER(ROLE_REDUCE, reduce_reports),
    HANDLER(ROLE_REDUCE, reduce_reports_afterwards),
};

const size_t reporting_handler_count = sizeof reporting_handlers / sizeof reporting_handlers[0];
