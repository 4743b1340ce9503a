#include "checker/command_verify_jobs.h"

#include "checker/verify_arguments.h"
#include "model/base/json.h"
#include "reports/field.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>

enum { WAIT_MS = 100 };

static unsigned slots(const struct verify_jobs *jobs)
{
    unsigned workers = jobs->environment->workers;
    return workers > VERIFY_JOBS_SLOTS_MAX ? VERIFY_JOBS_SLOTS_MAX : workers;
}

static void add_code(struct verify_arguments *arguments, const struct options *options)
{
    static const char *const handlers[] = {
        [RUN_PYTHON] = NULL, [RUN_REFERENCE_LAB1] = "lab1", [RUN_REFERENCE_LAB2] = "lab2"};
    verify_arguments_add_option(arguments, "--handlers", handlers[options->handlers]);
    for (size_t i = 0; i < options->override_count; i++)
        verify_arguments_add_value(arguments, "--function",
                                   arena_format(arguments->arena, "%s=%s",
                                                options->overrides[i].name,
                                                options->overrides[i].path));
    if (options->no_cache)
        verify_arguments_add(arguments, "--no-cache");
    verify_arguments_add_option(arguments, "--cache", options->cache_dir);
}

static void add_search(struct verify_arguments *arguments, const struct options *options)
{
    static const char *const strategies[] = {
        [STRATEGY_WALK] = "walk", [STRATEGY_PCT] = "pct", [STRATEGY_SWARM] = "swarm"};
    if (options->random_search)
        verify_arguments_add_option(arguments, "--search", "random");
    if (options->sampled_runs > 0)
        verify_arguments_add_value(
            arguments, "--runs",
            arena_format(arguments->arena, "%llu", (unsigned long long)options->sampled_runs));
    if (options->strategy_given)
        verify_arguments_add_option(arguments, "--strategy", strategies[options->strategy]);
    if (options->fingerprints)
        verify_arguments_add(arguments, "--fingerprints");
    if (!options->stage_order)
        verify_arguments_add(arguments, "--no-reduction=stage_order");
    if (!options->shards_in_turn)
        verify_arguments_add(arguments, "--no-reduction=shards_in_turn");
    if (!options->merge_local_steps)
        verify_arguments_add(arguments, "--no-reduction=local_steps");
    if (!options->drop_dead_data)
        verify_arguments_add(arguments, "--no-reduction=dead_data");
    if (options->share_code)
        verify_arguments_add(arguments, "--share-code");
}

static void fill_arguments(const struct verify_jobs *jobs, const struct verify_job *job,
                           struct verify_arguments *arguments)
{
    const struct options *options = jobs->options;
    verify_arguments_begin(arguments);
    verify_arguments_add(arguments, "--no-db");
    verify_arguments_add_option(arguments, "--scenario", options->scenario);
    verify_arguments_add_value(
        arguments, "--seed",
        arena_format(arguments->arena, "%llu", (unsigned long long)options->simulated.seed));
    verify_arguments_add_model(arguments, options);
    verify_arguments_add_limits(arguments, options, slots(jobs), options->time_limit_s);
    add_search(arguments, options);
    add_code(arguments, options);
    for (size_t i = 0; i < job->option_count; i++)
        verify_arguments_add(arguments, job->options[i]);
    verify_arguments_add(arguments, "--");
    if (options->solution != NULL)
        verify_arguments_add(arguments, options->solution);
}

static enum status begin(struct verify_jobs *jobs, struct verify_job *job, struct error *error)
{
    struct verify_arguments arguments = {.arena = jobs->arena};
    fill_arguments(jobs, job, &arguments);
    if (arguments.failed)
        return error_set(error, STATUS_NO_MEMORY, "out of memory for the arguments of a process");
    const double limit_s = jobs->options->time_limit_s;
    const double deadline_s =
        limit_s > 0 ? command_seconds() + limit_s + VERIFY_JOBS_OVERTIME_S : INFINITY;
    enum status status =
        verify_process_start(&job->child, arguments.list, jobs->memory, deadline_s, error);
    job->running = status == STATUS_OK;
    if (status != STATUS_OK)
        verify_process_release(&job->child);
    return status;
}

static const char *explain(const struct verify_jobs *jobs, const struct verify_process *child)
{
    if (child->overdue)
        return "it did not end in time and was ended";
    if (child->flooded)
        return "its result is too long";
    if (WIFSIGNALED(child->status))
        return arena_format(jobs->arena, "its process was ended by signal %d",
                            WTERMSIG(child->status));
    return arena_format(jobs->arena, "its process ended with status %d and without a result",
                        WEXITSTATUS(child->status));
}

static enum status finish(struct verify_jobs *jobs, struct verify_job *job, struct error *error)
{
    struct value_store *store = jobs->store;
    struct verify_process *child = &job->child;
    struct error problem = ERROR_INIT;
    const char *output = text_string(&child->output_text);
    bool read = !child->flooded && json_parse(store, output, strlen(output), NULL, &job->result,
                                              &problem) == STATUS_OK;
    job->running = false;
    job->verdict = read ? field_text(store, job->result, "verdict") : "";
    if (job->verdict[0] == '\0') {
        job->result = VALUE_NONE;
        /* one that was asked to end and did not is none of the solution's doing */
        const bool interrupted = *jobs->environment->interrupted != 0;
        job->verdict = interrupted ? "" : "error";
        job->reason = interrupted ? "" : explain(jobs, child);
    } else {
        struct value failure = value_member(store, job->result, "error", VALUE_MAP);
        job->reason = value_is_none(failure) ? field_text(store, job->result, "stopped_by")
                                             : field_text(store, failure, "message");
    }
    verify_process_release(child);
    return job->reason == NULL || value_store_failed(store)
               ? error_set(error, STATUS_NO_MEMORY, "out of memory for a result")
               : STATUS_OK;
}

static enum status collect(struct verify_jobs *jobs, size_t begun, size_t *running, size_t *done,
                           struct error *error)
{
    struct verify_process *children[VERIFY_JOBS_SLOTS_MAX] = {NULL};
    size_t count = 0;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < begun; i++) {
        if (jobs->jobs[i].running)
            children[count++] = &jobs->jobs[i].child;
    }
    verify_processes_read(children, count, WAIT_MS);
    for (size_t i = 0; status == STATUS_OK && i < begun; i++) {
        struct verify_job *job = &jobs->jobs[i];
        if (job->running && *jobs->environment->interrupted)
            verify_process_stop(&job->child, command_seconds());
        if (!job->running || !verify_process_ended(&job->child, command_seconds()))
            continue;
        status = finish(jobs, job, error);
        (*running)--;
        (*done)++;
    }
    return status;
}

enum status verify_jobs_run(struct verify_jobs *jobs, struct error *error)
{
    const bool shown = jobs->environment->stderr_progress;
    size_t begun = 0;
    size_t running = 0;
    size_t done = 0;
    enum status status = STATUS_OK;
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    for (size_t i = 0; i < jobs->count; i++) {
        jobs->jobs[i].result = VALUE_NONE;
        jobs->jobs[i].verdict = "";
        jobs->jobs[i].reason = "";
    }
    while (status == STATUS_OK) {
        while (status == STATUS_OK && begun < jobs->count && running < slots(jobs) &&
               !*jobs->environment->interrupted) {
            status = begin(jobs, &jobs->jobs[begun++], error);
            running += status == STATUS_OK;
        }
        if (status != STATUS_OK || running == 0)
            break;
        status = collect(jobs, begun, &running, &done, error);
        if (shown)
            fprintf(stderr, "\r\033[K  %zu of %zu verified", done, jobs->count);
    }
    for (size_t i = 0; i < begun; i++) {
        if (jobs->jobs[i].running)
            verify_process_release(&jobs->jobs[i].child);
    }
    if (shown)
        command_clear_progress();
    return status;
}
