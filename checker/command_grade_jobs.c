#include "checker/command_grade_jobs.h"

#include "checker/grade_inspect.h"
#include "checker/lab_steps.h"
#include "checker/package.h"
#include "checker/verify_arguments.h"
#include "model/base/json.h"
#include "reports/field.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { MESSAGES_SHOWN = 4000, TRACE_SIZE_MAX = 1 << 28, TAG_OPTIONS = 0x474f50 };

static double time_limit(const struct options *options)
{
    return options->time_limit_s > 0 ? options->time_limit_s : GRADE_TIME_LIMIT_S;
}

/* What takes the place of functions that the kind is not about. */
static enum status find_references(const struct grade_jobs *jobs, size_t kind, struct arena *arena,
                                   struct function_override *overrides, size_t *count,
                                   struct error *error)
{
    const char *focus = jobs->kinds[kind].focus;
    *count = focus == NULL ? 0 : LAB_FUNCTION_COUNT - 1;
    return focus == NULL
               ? STATUS_OK
               : lab_step_references(focus, jobs->environment->data_dir, arena, overrides, error);
}

static const char *trace_file(const struct grade_jobs *jobs, struct arena *arena, size_t row,
                              size_t kind)
{
    return arena_format(arena, "%s/%zu-%zu.json", jobs->scratch, row, kind);
}

static enum status fill_arguments(const struct grade_jobs *jobs, size_t row, size_t kind,
                                  struct verify_arguments *arguments, struct error *error)
{
    const struct options *options = jobs->options;
    struct function_override references[LAB_FUNCTION_COUNT];
    size_t count = 0;
    enum status status = find_references(jobs, kind, arguments->arena, references, &count, error);
    if (status != STATUS_OK)
        return status;
    verify_arguments_begin(arguments);
    verify_arguments_add(arguments, "--share-code");
    verify_arguments_add_value(arguments, "--trace", trace_file(jobs, arguments->arena, row, kind));
    verify_arguments_add_option(arguments, "--scenario", jobs->kinds[kind].scenario);
    verify_arguments_add_model(arguments, options);
    verify_arguments_add_limits(arguments, options, jobs->slots, time_limit(options));
    for (size_t i = 0; i < count; i++)
        verify_arguments_add_value(
            arguments, "--function",
            arena_format(arguments->arena, "%s=%s", references[i].name, references[i].path));
    if (jobs->cache_dir == NULL)
        verify_arguments_add(arguments, "--no-cache");
    verify_arguments_add_option(arguments, "--cache", jobs->cache_dir);
    if (options->no_database)
        verify_arguments_add(arguments, "--no-db");
    verify_arguments_add_option(arguments, "--db", options->database_file);
    verify_arguments_add(arguments, "--");
    verify_arguments_add(arguments, jobs->rows[row].path);
    return arguments->failed
               ? error_set(error, STATUS_NO_MEMORY, "out of memory for the arguments of a process")
               : STATUS_OK;
}

/* What decides a verdict besides scenario, template and code; false: no memory. */
static bool hash_options(const struct grade_jobs *jobs, size_t kind, struct arena *arena,
                         struct hash128 *hash)
{
    struct verify_arguments arguments = {.arena = arena};
    *hash = jobs->program;
    verify_arguments_add_model(&arguments, jobs->options);
    verify_arguments_add(&arguments,
                         jobs->kinds[kind].focus == NULL ? "" : jobs->kinds[kind].focus);
    for (size_t i = 0; i < arguments.count; i++) {
        const struct hash128 parts[] = {
            *hash, hash128_bytes(arguments.list[i], strlen(arguments.list[i]))};
        *hash = hash128_combine(TAG_OPTIONS, parts, 2);
    }
    return !arguments.failed;
}

static enum status inspect(struct grade_jobs *jobs, size_t row, size_t kind, struct arena *arena,
                           struct grade_inspection *inspection, struct error *error)
{
    struct run_request request;
    command_fill_request(jobs->options, jobs->environment, jobs->memory, &request);
    request.solution = jobs->rows[row].path;
    request.scenario = jobs->kinds[kind].scenario;
    enum status status =
        find_references(jobs, kind, arena, request.overrides, &request.override_count, error);
    if (status != STATUS_OK)
        return status;
    struct hash128 options = {0};
    if (!hash_options(jobs, kind, arena, &options))
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    return grade_inspect(&request, jobs->kinds[kind].focus, options, inspection, error);
}

static enum status read_result(struct grade_jobs *jobs, struct grade_check *check,
                               const char *result, const char *trace, struct error *error)
{
    struct value_store *store = jobs->store;
    enum status status = json_parse(store, result, strlen(result), NULL, &check->result, error);
    if (status != STATUS_OK)
        return status;
    struct value failure = value_member(store, check->result, "error", VALUE_MAP);
    check->violation = value_member(store, check->result, "violation", VALUE_MAP);
    check->verdict = field_text(store, check->result, "verdict");
    check->reason = field_text(store, check->result, "stopped_by");
    if (!value_is_none(failure))
        check->reason = field_text(store, failure, "message");
    check->trace = trace;
    return check->verdict[0] == '\0' ? STATUS_BAD_INPUT : STATUS_OK;
}

static struct grade_check *check_of(struct grade_jobs *jobs, size_t row, size_t kind)
{
    return &jobs->rows[row].checks[kind];
}

enum status grade_job_begin(struct grade_jobs *jobs, size_t row, size_t kind, struct grade_job *job,
                            bool *started, struct error *error)
{
    struct verify_arguments arguments = {.arena = jobs->arena};
    struct grade_inspection inspection = {0};
    struct grade_check *check = check_of(jobs, row, kind);
    const char *result = NULL;
    const char *trace = NULL;
    *started = false;
    *job = (struct grade_job){.row = row, .kind = kind, .started_s = command_seconds()};
    enum status status = inspect(jobs, row, kind, jobs->arena, &inspection, error);
    if (status != STATUS_OK)
        return status;
    job->known = inspection.known;
    job->key = inspection.key;
    if (jobs->kinds[kind].focus != NULL && !(inspection.known && inspection.brings)) {
        check->verdict = "-";
        return STATUS_OK;
    }
    if (job->known && grade_cache_get(jobs->cache, job->key, jobs->arena, &result, &trace) &&
        read_result(jobs, check, result, trace, error) == STATUS_OK) {
        check->cached = true;
        check->seconds = command_seconds() - job->started_s;
        return STATUS_OK;
    }
    status = fill_arguments(jobs, row, kind, &arguments, error);
    if (status != STATUS_OK)
        return status;
    double deadline_s = job->started_s + time_limit(jobs->options) + GRADE_OVERTIME_S;
    status = verify_process_start(&job->child, arguments.list, jobs->memory, deadline_s, error);
    *started = status == STATUS_OK;
    if (status != STATUS_OK)
        verify_process_release(&job->child);
    return status;
}

/* Why there is no result. */
static const char *explain(const struct grade_jobs *jobs, const struct verify_process *child)
{
    if (child->overdue)
        return arena_format(jobs->arena,
                            "it did not end within %.0f s and was ended: it hangs or is too large",
                            time_limit(jobs->options) + GRADE_OVERTIME_S);
    if (child->flooded)
        return arena_format(jobs->arena, "its result is longer than %d MB",
                            VERIFY_OUTPUT_MAX >> 20);
    if (WIFSIGNALED(child->status))
        return arena_format(jobs->arena, "its process was ended by signal %d (%s)",
                            WTERMSIG(child->status), strsignal(WTERMSIG(child->status)));
    return arena_format(jobs->arena, "its process ended with status %d and without a result",
                        WEXITSTATUS(child->status));
}

static bool is_lasting(const char *verdict)
{
    static const char *const names[] = {"holds", "violated", "vacuous"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(verdict, names[i]) == 0)
            return true;
    }
    return false;
}

/* "" where there is none. */
static enum status take_trace(struct grade_jobs *jobs, const struct grade_job *job,
                              const char **trace, struct error *error)
{
    const char *file = trace_file(jobs, jobs->arena, job->row, job->kind);
    size_t length = 0;
    *trace = "";
    if (file == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory for a trace");
    if (!path_is_file(file))
        return STATUS_OK;
    enum status status = read_file(file, TRACE_SIZE_MAX, jobs->arena, trace, &length, error);
    (void)unlink(file);
    return status;
}

enum status grade_job_end(struct grade_jobs *jobs, struct grade_job *job, struct error *error)
{
    struct verify_process *child = &job->child;
    struct grade_check *check = check_of(jobs, job->row, job->kind);
    struct error problem = ERROR_INIT;
    const char *trace = "";
    enum status status = take_trace(jobs, job, &trace, error);
    if (status != STATUS_OK)
        return status;
    check->seconds = command_seconds() - job->started_s;
    const char *result = text_string(&child->output_text);
    if (child->flooded || read_result(jobs, check, result, trace, &problem) != STATUS_OK) {
        *check = (struct grade_check){.result = VALUE_NONE,
                                      .violation = VALUE_NONE,
                                      .trace = "",
                                      .verdict = "error",
                                      .reason = explain(jobs, child),
                                      .messages = "",
                                      .seconds = check->seconds};
    } else if (job->known && is_lasting(check->verdict)) {
        grade_cache_put(jobs->cache, job->key, result, trace);
    }
    const bool clear =
        strcmp(check->verdict, "holds") == 0 || strcmp(check->verdict, "violated") == 0;
    if (child->messages_text.length > MESSAGES_SHOWN)
        child->messages_text.bytes[MESSAGES_SHOWN] = '\0';
    if (!clear)
        check->messages = grade_readable(jobs->arena, text_string(&child->messages_text), true);
    verify_process_release(child);
    if (check->messages == NULL || check->reason == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory for the result of a solution");
    return STATUS_OK;
}
