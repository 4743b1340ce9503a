#include "checker/command_verify.h"
#include "checker/command.h"
#include "checker/command_coverage.h"
#include "checker/command_record.h"
#include "checker/command_replay.h"
#include "checker/command_report.h"
#include "checker/command_verify_checkpoint.h"
#include "checker/command_verify_steps.h"
#include "checker/determinism.h"
#include "checker/lowering.h"
#include "checker/reduce.h"
#include "model/base/json.h"
#include "reports/coverage_value.h"
#include "reports/field.h"
#include "reports/result.h"
#include "reports/sampling.h"
#include "reports/trace.h"

#include <stdio.h>
#include <string.h>

enum { POLL_EVERY = 256, FAULTS_WHEN_VIOLATED = 1 };

static const double progress_interval_s = 0.2;
/* What hosts may take is what all verifications side by side have left. */
static bool hosts_exceed(struct verify_command *command, size_t more)
{
    return command_hosts_exceed(&command->hosts_memory, &command->memory,
                                command->side_by_side > 0 ? command->side_by_side : 1, more);
}

/* Hosts can often do with less; where they have not been able to since the last look, it is over.
 */
static bool hosts_take_too_much(struct verify_command *command)
{
    if (command->request.handlers != RUN_PYTHON || !hosts_exceed(command, 0))
        return false;
    bool again = command->hosts_exceed;
    command->hosts_exceed = true;
    return again;
}

static bool tell_hosts(void *context, size_t more)
{
    struct verify_command *command = context;
    bool exceed = command->hosts_exceed || hosts_exceed(command, more);
    command->hosts_exceed = false;
    return exceed;
}

void verify_limit_hosts(struct verify_command *command)
{
    command->request.memory_exceeded = tell_hosts;
    command->request.memory_context = command;
}

enum search_stop verify_poll(void *context, const struct search_progress *progress)
{
    struct verify_command *command = context;
    if (*command->environment->interrupted)
        return SEARCH_INTERRUPTED;
    /* the clock is read now and then only; Python runs make an expansion slow, so look at these
     * too */
    if (command->polls++ % POLL_EVERY != 0 && command->request.handlers != RUN_PYTHON)
        return SEARCH_COMPLETE;
    double now_s = command_seconds();
    if (command->options->time_limit_s > 0 &&
        now_s - command->started_s > command->options->time_limit_s)
        return SEARCH_TIME_LIMIT;
    if (hosts_take_too_much(command))
        return SEARCH_MEMORY_LIMIT;
    if (command->environment->stderr_progress && now_s - command->shown_s >= progress_interval_s) {
        command->shown_s = now_s;
        verify_show_progress(command, progress, now_s);
    }
    return SEARCH_COMPLETE;
}

static enum status write_exports(struct verify_command *command, struct value result,
                                 struct error *error)
{
    struct value traces[VIOLATIONS_FOUND_MAX];
    struct value_store *store = command->run->store;
    struct export_source source = {.store = store,
                                   .result = result,
                                   .traces = traces,
                                   .trace_count = command->found_count,
                                   .started_ms = command->started_ms,
                                   .pipeline = &command->run->pipeline};
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < command->found_count; i++) {
        const char *trace = command->found[i].trace;
        status = json_parse(store, trace, strlen(trace), NULL, &traces[i], error);
    }
    return status == STATUS_OK
               ? command_write_exports(command->options, &command->memory, &source, error)
               : status;
}

static enum status write_traces(struct verify_command *command, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < command->found_count; i++) {
        const struct found_violation *found = &command->found[i];
        if (found->trace_file != NULL)
            status =
                command_write_file(found->trace_file, found->trace, strlen(found->trace), error);
    }
    return status;
}

static void fill_record(const struct verify_command *command, const struct error *failure,
                        int exit_code, struct record_request *request)
{
    bool failed = failure != NULL;
    *request = (struct record_request){.command = "verify",
                                       .started_ms = command->started_ms,
                                       .verification = &command->verification,
                                       .puts = command->puts_found,
                                       .found = command->found,
                                       .found_count = failed ? 0 : command->found_count,
                                       .lists_violations = command->options->all_violations,
                                       .steps = VALUE_NONE,
                                       .determinism = failed ? VALUE_NONE : command->determinism,
                                       .coverage = failed ? VALUE_NONE : command->reached,
                                       .failure = failure,
                                       .exit_code = exit_code};
    if (!failed && command->steps != NULL)
        request->steps = verify_steps_value(command->run->store, command->steps);
}

/* Each step of the lab alone, where that is asked for. */
static enum status verify_lab_steps(struct verify_command *command, struct error *error)
{
    if (!command->options->steps)
        return STATUS_OK;
    struct verified_step *steps =
        arena_allocate_array(&command->run->arena, LAB_STEP_COUNT, sizeof *steps);
    if (steps == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    command->steps = steps;
    return verify_steps(command, steps, error);
}

static enum status write_files(struct verify_command *command, const struct result_runtime *runtime,
                               struct error *error)
{
    const struct options *options = command->options;
    struct record_request request;
    fill_record(command, NULL, 0, &request);
    struct value result = command_result(&request, runtime);
    enum status status = write_traces(command, error);
    if (status == STATUS_OK)
        status = write_exports(command, result, error);
    if (status != STATUS_OK || options->json_file == NULL)
        return status;
    return command_write_json(options->json_file, command->run->store, result, error);
}

/* Standard output belongs to the file that is asked for there. */
static bool prints_text(const struct options *options)
{
    const char *const files[] = {options->json_file, options->trace_file, options->junit_file,
                                 options->sarif_file, options->html_file};
    bool prints = true;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        prints = prints && (files[i] == NULL || strcmp(files[i], "-") != 0);
    return prints;
}

static void record_run(struct verify_command *command, const struct error *failure, int exit_code,
                       struct result_runtime *runtime)
{
    struct record_request request;
    fill_record(command, failure, exit_code, &request);
    if (command->run != NULL && !command->recorded)
        command_record(command->database, command->run, &request, runtime);
    command->recorded = true;
}

/* What would make the search diagnosed smaller; not after an interrupt or at the end of its time.
 */
static enum status find_lowerings(struct verify_command *command, struct error *error)
{
    const struct verification *found = &command->verification;
    struct lowering_options options = {.valuation = found->diagnosed,
                                       .states = found->valuations[found->diagnosed].states,
                                       .complete = verification_verdict(found) == VERDICT_HOLDS,
                                       .workers = command->environment->workers,
                                       .facts = &found->facts,
                                       .diagnosis = found->diagnosis,
                                       .known_events_only = command->request.handlers == RUN_PYTHON,
                                       .poll = verify_poll,
                                       .context = command};
    if (found->diagnosis == NULL || found->violated || found->stop == SEARCH_INTERRUPTED ||
        found->stop == SEARCH_TIME_LIMIT)
        return STATUS_OK;
    return lowering_try(command->run, &options, command->lowerings, &command->lowering_count,
                        error);
}

static void clear_progress(const struct verify_command *command)
{
    if (command->progress_shown)
        command_clear_progress();
}

/* Each further fault may make another wrong sum: where nobody says how many, these are enough. */
static uint32_t limit_when_violated(const struct verify_command *command)
{
    bool unlimited = command->run->faults.limit == FAULT_UNLIMITED;
    return unlimited && command->options->fault_limit == NULL ? FAULTS_WHEN_VIOLATED : UINT32_MAX;
}

/* Where each counterexample is written. */
static void name_traces(struct verify_command *command)
{
    for (size_t i = 0; i < command->found_count && command->options->trace_file != NULL; i++)
        command->found[i].trace_file =
            command_numbered_file(&command->run->arena, command->options->trace_file, i + 1);
}

static enum status run_verify(struct verify_command *command, struct error *error)
{
    const struct options *options = command->options;
    enum status status = command_record_open(options, command->environment, &command->memory,
                                             &command->database, error);
    if (status == STATUS_OK)
        status = verify_begin_resume(command, error);
    if (status == STATUS_OK)
        status = run_create(&command->request, &command->run, error);
    if (status == STATUS_OK && !options->quiet && prints_text(options))
        status = verify_print_start(command, error);
    if (status != STATUS_OK)
        return status;
    bool diagnose = options->verbose && !options->quiet && prints_text(options);
    struct verify_options search = {.states_max = options->states_max,
                                    .diagnose = diagnose,
                                    .workers = command->environment->workers,
                                    .fingerprints = options->fingerprints,
                                    .all_violations = options->all_violations,
                                    .fault_limit_violated = limit_when_violated(command),
                                    .coverage = &command->coverage,
                                    .poll = verify_poll,
                                    .context = command};
    const struct random_request random = {.strategy = options->strategy,
                                          .seed = options->simulated.seed,
                                          .runs = options->sampled_runs > 0 ? options->sampled_runs
                                                  : options->time_limit_s > 0
                                                      ? UINT64_MAX
                                                      : RANDOM_RUNS_DEFAULT};
    if (options->random_search)
        search.random = &random;
    coverage_init(&command->coverage, &command->memory, command->run->store);
    command->puts_found = result_put_count(command->run);
    status = verify_begin_checkpoint(command, &search, error);
    if (status != STATUS_OK)
        return status;
    status = verify(command->run, &search, &command->verification, error);
    search.checkpoint = NULL; /* the searches that follow are of other scenarios */
    if (status == STATUS_OK)
        command->reached = command_cover(&command->verification, options, &command->coverage);
    clear_progress(command);
    if (status == STATUS_OK && command->verification.violated)
        status = verify_collect(command, &search, error);
    clear_progress(command);
    name_traces(command);
    if (status == STATUS_OK)
        status = verify_lab_steps(command, error);
    if (status == STATUS_OK && options->determinism)
        status = determinism_report(command->run, &command->determinism, error);
    if (status != STATUS_OK)
        return status;
    struct result_runtime runtime = {.seconds = command_seconds() - command->started_s,
                                     .workers = command->environment->workers,
                                     .peak_memory_bytes = atomic_load(&command->memory.peak)};
    run_statistics(command->run, &runtime.handlers);
    record_run(command, NULL, verdict_exit_code(verification_verdict(&command->verification)),
               &runtime);
    status = find_lowerings(command, error);
    clear_progress(command);
    if (status == STATUS_OK && prints_text(options))
        status = verify_print_result(command, &runtime, error);
    return status == STATUS_OK ? write_files(command, &runtime, error) : status;
}

/* A script that asked for JSON gets the error as JSON too; a second error on the way says nothing
 * new. */
static void write_error_result(const struct verify_command *command, const struct error *error,
                               int exit_code)
{
    const char *file = command->options->json_file;
    struct memory memory;
    struct text text;
    struct error ignored = ERROR_INIT;
    memory_init(&memory, SIZE_MAX);
    text_init(&text, &memory);
    append_error_result(&text, error, exit_code);
    struct export_source source = {.store = value_store_create(&memory),
                                   .started_ms = command->started_ms};
    if (file != NULL && !text_failed(&text))
        (void)command_write_text(file, &text, &ignored);
    if (source.store != NULL && json_parse(source.store, text_string(&text), text.length, NULL,
                                           &source.result, &ignored) == STATUS_OK)
        (void)command_write_exports(command->options, &memory, &source, &ignored);
    value_store_destroy(source.store);
    text_release(&text);
}

static bool is_expected(const struct verify_command *command)
{
    const char *expect = command->run->scenario.expect;
    enum verdict verdict = verification_verdict(&command->verification);
    if (expect == NULL || strcmp(expect, "holds") == 0)
        return verdict == VERDICT_HOLDS || verdict == VERDICT_SAMPLED;
    return verdict == VERDICT_VIOLATED &&
           strcmp(expect, property_name(command->verification.violation.property)) == 0;
}

int command_verify(const struct options *options, const struct environment *environment)
{
    struct verify_command command = {.options = options,
                                     .environment = environment,
                                     .started_s = command_seconds(),
                                     .started_ms = command_now_ms(),
                                     .determinism = VALUE_NONE,
                                     .reached = VALUE_NONE};
    struct error error = ERROR_INIT;
    memory_init(&command.memory, command_search_memory_limit(options));
    command_fill_request(options, environment, &command.memory, &command.request);
    verify_limit_hosts(&command);
    command_choose_cache(options, environment, &command.request);
    enum status status = run_verify(&command, &error);
    int exit_code = 0;
    if (status == STATUS_NONDETERMINISTIC && command.run != NULL)
        run_distrust_cache(command.run);
    if (status != STATUS_OK) {
        exit_code = command_report_error(&error);
        write_error_result(&command, &error, exit_code);
        struct result_runtime runtime = {.seconds = command_seconds() - command.started_s};
        record_run(&command, &error, exit_code, &runtime);
    } else if (options->check_expect) {
        exit_code = is_expected(&command) ? 0 : 1;
    } else {
        exit_code = verdict_exit_code(verification_verdict(&command.verification));
    }
    coverage_release(&command.coverage);
    verification_release(&command.verification);
    verify_end_checkpoint(&command);
    run_destroy(command.run);
    run_database_close(command.database);
    return exit_code;
}
