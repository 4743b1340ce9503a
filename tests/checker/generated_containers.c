/* Handlers that keep something from one invocation to the next. */
#include "tests/checker/generated_handlers.h"
#include "tests/checker/generated_job.h"

void map_never_empties(struct scripted *run)
{
    struct job job = job_read(run);
    bool ok;
    (void)job_put_row(&job, "r", job.position, job.a + (int64_t)scripted_served(run), job.b,
                      job_absent, &ok);
}

void reduce_only_when_new(struct scripted *run)
{
    struct job job = job_read(run);
    char token[JOB_NAME_SIZE];
    bool ok;
    if (scripted_served(run) > 0)
        return;
    if (!job_transact(&job, job.a, job.b, job_named(token, "t", job.position), NULL, &ok))
        return;
    if (!ok)
        scripted_raise(run);
}
