#include "checker/command.h"
#include "checker/command_coverage.h"
#include "checker/command_record.h"
#include "checker/command_replay.h"
#include "checker/command_report.h"
#include "checker/lowering.h"
#include "checker/pipeline_text.h"
#include "checker/reduce.h"
#include "checker/verify.h"
#include "model/base/json.h"
#include "reports/coverage_value.h"
#include "reports/diagnosis_text.h"
#include "reports/field.h"
#include "reports/result.h"
#include "reports/trace.h"
#include "reports/trace_text.h"

#include <stdio.h>
#include <string.h>

enum { REPLAYS_BEFORE_PRINTING = 2, POLL_EVERY = 256 };

static const double progress_interval_s = 0.2;

struct verify_command {
    const struct options *options;
    const struct environment *environment;
    struct memory memory;
    struct run_request request;
    struct run *run;
    struct verification verification;
    double started_s;
    int64_t started_ms; /* since 1970 */
    double shown_s;
    unsigned polls;
    bool progress_shown;
    size_t puts_found; /* in the scenario; the counterexample may need fewer */
    struct value violation;
    struct coverage coverage;
    struct value reached;          /* the coverage as JSON */
    struct text trace;             /* JSON text of the counterexample */
    struct run_database *database; /* NULL: the run is not to be recorded */
    bool recorded;
    struct lowering lowerings[LOWERINGS_MAX]; /* for -v */
    size_t lowering_count;
};

static void show_progress(struct verify_command *command, const struct search_progress *progress,
                          double now_s)
{
    double elapsed_s = now_s - command->started_s;
    struct run_statistics handlers;
    run_statistics(command->run, &handlers);
    fprintf(stderr,
            "\r\033[K%llu states, %.0f/s, depth %u, faults %u, frontier %llu, %.0f of %.0f MB, "
            "%.0f s in Python",
            (unsigned long long)progress->states,
            elapsed_s > 0 ? (double)progress->states / elapsed_s : 0.0, (unsigned)progress->depth,
            (unsigned)progress->faults, (unsigned long long)progress->frontier,
            (double)atomic_load(&command->memory.used) / 1048576.0,
            (double)command->memory.limit / 1048576.0, handlers.handler_seconds);
    (void)fflush(stderr); /* progress may be lost */
    command->progress_shown = true;
}

static enum search_stop poll_search(void *context, const struct search_progress *progress)
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
    if (command->environment->stderr_progress && now_s - command->shown_s >= progress_interval_s) {
        command->shown_s = now_s;
        show_progress(command, progress, now_s);
    }
    return SEARCH_COMPLETE;
}

static void append_sources(struct text *text, const struct run *run)
{
    for (size_t i = 0; i < run->pipeline.function_count; i++) {
        const struct function_source *source = &run->sources[i];
        if (run->trees[i] == NULL)
            continue;
        text_append_format(
            text, "  %-12s %s%s\n", run->pipeline.functions[i].name,
            source->path == NULL ? "C reference handler, " : source->path,
            source->path == NULL
                ? source->digest
                : (source->fallback ? "  (not in the solution: the Lab 2 reference)" : ""));
    }
}

static void append_faults(struct text *text, const struct run *run)
{
    size_t count = 0;
    for (size_t i = 0; i < FAULT_KIND_COUNT; i++) {
        if (!run->faults.enabled[i])
            continue;
        text_append_string(text, count++ == 0 ? "" : ", ");
        fault_config_append(text, &run->faults, (enum fault_kind)i,
                            run->cap_is_default[i] ? "; --fault KIND=N for more" : "");
    }
    if (count == 0)
        text_append_string(text, "none");
    else if (run->faults.limit == FAULT_UNLIMITED)
        text_append_string(text, "; any number of them");
    else
        text_append_format(text, "; at most %u", (unsigned)run->faults.limit);
}

static enum status print_start(struct verify_command *command, struct error *error)
{
    const struct run *run = command->run;
    struct text text;
    text_init(&text, &command->memory);
    text_append_format(&text, "Scenario %s", run->scenario.name);
    if (run->scenario.description != NULL)
        text_append_format(&text, ": %s", run->scenario.description);
    text_append_char(&text, '\n');
    append_sources(&text, run);
    text_append_string(&text, "  pipeline     ");
    pipeline_text_append(&text, &run->pipeline);
    text_append_string(&text, "\n  faults       ");
    append_faults(&text, run);
    text_append_format(
        &text, "\n  reductions   fewest faults first%s%s%s; %u worker%s, at most %.0f MB\n",
        run->stage_order ? ", stage order" : "", run->merge_local_steps ? ", local steps" : "",
        run->drop_dead_data ? ", dead data" : "", command->environment->workers,
        command->environment->workers == 1 ? "" : "s", (double)command->memory.limit / 1048576.0);
    if (run->versions[0] != '\0')
        text_append_format(&text, "  Python       %s\n", run->versions);
    run_append_jail(&text, run);
    enum status status = command_write_file("-", text_string(&text), text.length, error);
    text_release(&text);
    return status;
}

static enum status build_trace(struct verify_command *command, struct error *error)
{
    struct verification *found = &command->verification;
    struct run *run = command->run;
    command->violation =
        violation_value(run, found->world, &found->counterexample, &found->violation);
    struct value trace = trace_value(run, found->world, &found->counterexample, found->valuation,
                                     command->violation, &found->violation);
    if (value_store_failed(run->store) || value_is_none(trace) || value_is_none(command->violation))
        return error_set(error, STATUS_NO_MEMORY, "out of memory for the counterexample");
    json_append_pretty(&command->trace, run->store, trace, 0);
    text_append_char(&command->trace, '\n');
    return text_failed(&command->trace)
               ? error_set(error, STATUS_NO_MEMORY, "out of memory for the counterexample")
               : STATUS_OK;
}

/* A counterexample that does not come out the same in fresh processes is none: either the functions
 * depend on something that is not controlled, or it is our own mistake. */
static enum status replay_counterexample(struct verify_command *command, struct error *error)
{
    for (int i = 0; i < REPLAYS_BEFORE_PRINTING; i++) {
        struct replay_report report;
        struct run_request base = command->request;
        base.solution = NULL;
        base.cache_dir = NULL;
        enum status status = replay_trace(text_string(&command->trace), command->trace.length,
                                          "the counterexample", NULL, &base, &report, error);
        if (status != STATUS_OK)
            return error_wrap(error, "replaying the counterexample");
        size_t different = report.first_different;
        bool violated = report.violated;
        bool python = command->request.handlers == RUN_PYTHON;
        replay_report_release(&report);
        if (violated && different == SIZE_MAX)
            continue;
        CHECK(python);
        return error_set(error, STATUS_NONDETERMINISTIC,
                         "a counterexample was found, but on replay in a fresh process step %zu "
                         "came out differently: a function depends on something that oncecheck "
                         "does not control",
                         different == SIZE_MAX ? 0 : different + 1);
    }
    return STATUS_OK;
}

/* What is wrong with the pipeline itself, where something is lost; notes only where asked for. */
static void append_findings(struct text *text, const struct verify_command *command)
{
    const struct findings *findings = command->verification.findings;
    bool verbose = command->options->verbose;
    size_t shown = 0;
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        if (!verbose && (finding->note || !command->verification.violated))
            continue;
        text_append_string(text, shown++ == 0 ? "\n  the pipeline:\n" : "");
        text_append_format(text, "    %s:%u: %s%s\n", finding->file, (unsigned)finding->line,
                           finding->note ? "note: " : "", finding->message);
        text_append_format(text, "        %s\n", finding->remedy);
    }
}

static void append_verdict(struct text *text, struct verify_command *command)
{
    const struct verification *found = &command->verification;
    enum verdict verdict = verification_verdict(found);
    struct trace_text_options style = {.color = command->environment->stdout_color,
                                       .all_changes = command->options->verbose};
    if (verdict == VERDICT_VIOLATED) {
        append_violation(text, command->run->store, command->violation, &style);
        size_t puts = result_put_count(command->run);
        if (puts < command->puts_found)
            text_append_format(text, "\n  %zu of the scenario's %zu puts are enough for it.\n",
                               puts, command->puts_found);
        return;
    }
    if (style.color)
        text_append_string(text, verdict == VERDICT_HOLDS ? "\033[1;32m" : "\033[1;33m");
    text_append_string(text, verdict_name(verdict));
    if (style.color)
        text_append_string(text, "\033[0m");
    if (verdict == VERDICT_HOLDS) {
        text_append_string(text, ": every message is counted exactly once\n  ");
        append_bound(text, found);
        text_append_char(text, '\n');
        if (command->options->fingerprints)
            text_append_format(text,
                               "  states were known by 64-bit fingerprints: the probability that "
                               "some were missed is at most %.1e\n",
                               found->miss_probability);
        return;
    }
    if (verdict == VERDICT_VACUOUS) {
        text_append_string(text, ": nothing wrong was found, but the scenario did not lead to");
        for (size_t i = 0; i < found->unreached_count; i++)
            text_append_format(text, "%s %s", i == 0 ? "" : ",", found->unreached[i]);
        text_append_string(text, ", which it says must be reached\n  ");
        append_bound(text, found);
        text_append_char(text, '\n');
        return;
    }
    text_append_format(text, ": %s. Nothing wrong was found so far, which proves nothing.\n",
                       search_stop_text(found->stop));
    if (found->levels < UINT32_MAX - 1)
        text_append_format(text,
                           "  Explored completely: every execution with at most %u fault%s.\n",
                           (unsigned)found->levels, found->levels == 1 ? "" : "s");
}

static void append_dependences(struct text *text, const struct run *run)
{
    for (size_t i = 0; i < run->pipeline.function_count; i++) {
        if (run->trees[i] == NULL || !handler_tree_depends_on_attempt(run->trees[i]))
            continue;
        uint32_t line = 0;
        struct value file = handler_tree_dependence_file(run->trees[i], &line);
        text_append_format(text,
                           "  %s depends on chance (random numbers, hash order): attempts are part "
                           "of the states, up to %d of a batch",
                           run->pipeline.functions[i].name, WORLD_ATTEMPTS_MAX);
        if (!value_is_none(file) && line > 0)
            text_append_format(text, "; first seen at %s:%u", value_bytes(run->store, file, NULL),
                               (unsigned)line);
        text_append_char(text, '\n');
    }
}

static void append_figures(struct text *text, const struct verify_command *command,
                           const struct result_runtime *runtime)
{
    const struct verification *found = &command->verification;
    uint64_t states = 0;
    uint64_t transitions = 0;
    uint32_t depth = 0;
    for (int i = 0; i < VALUATION_COUNT; i++) {
        states += found->valuations[i].states;
        transitions += found->valuations[i].transitions;
        depth = found->valuations[i].depth > depth ? found->valuations[i].depth : depth;
    }
    text_append_format(text,
                       "  %llu states, %llu transitions, depth %u; %llu events of functions\n",
                       (unsigned long long)states, (unsigned long long)transitions, (unsigned)depth,
                       (unsigned long long)runtime->handlers.handler_events);
    text_append_format(text, "  %.2f s", runtime->seconds);
    if (command->request.handlers == RUN_PYTHON)
        text_append_format(
            text, ", of which %.2f s in Python (%llu runs, %llu steps from the cache)",
            runtime->handlers.handler_seconds, (unsigned long long)runtime->handlers.handler_runs,
            (unsigned long long)runtime->handlers.handler_cache_hits);
    if (found->visited_states > 0)
        text_append_format(text, "; %.0f bytes a state, %.0f MB in all",
                           (double)found->visited_bytes / (double)found->visited_states,
                           (double)runtime->peak_memory_bytes / 1048576.0);
    text_append_char(text, '\n');
}

static enum status print_result(struct verify_command *command,
                                const struct result_runtime *runtime, struct error *error)
{
    const struct options *options = command->options;
    struct text text;
    text_init(&text, &command->memory);
    append_verdict(&text, command);
    append_findings(&text, command);
    if (!options->quiet) {
        struct trace_text_options style = {
            .color = command->environment->stdout_color,
            .all_changes = options->verbose,
            .key_steps =
                value_member(command->run->store, command->violation, "key_steps", VALUE_LIST)};
        if (command->verification.violated) {
            text_append_char(&text, '\n');
            append_steps(
                &text, command->run->store,
                trace_steps(command->verification.world, &command->verification.counterexample),
                &style);
            text_append_char(&text, '\n');
            if (options->trace_file != NULL && strcmp(options->trace_file, "-") != 0)
                text_append_format(&text, "  replay it: oncecheck replay %s\n",
                                   options->trace_file);
            else
                text_append_string(&text, "  to replay it, write it with --trace FILE; then: "
                                          "oncecheck replay FILE\n");
        }
        if (runtime->run != 0)
            text_append_format(&text, "  recorded as run %lld\n", (long long)runtime->run);
        append_dependences(&text, command->run);
        append_figures(&text, command, runtime);
        if (command->verification.diagnosis != NULL && !command->verification.violated) {
            enum valuation diagnosed = command->verification.diagnosed;
            append_diagnosis(&text, &command->run->pipeline, command->verification.diagnosis);
            append_lowerings(&text, command->run,
                             command->verification.valuations[diagnosed].states, command->lowerings,
                             command->lowering_count);
        }
    }
    enum status status = command_write_file("-", text_string(&text), text.length, error);
    text_release(&text);
    return status;
}

static enum status write_exports(struct verify_command *command, struct value result,
                                 struct error *error)
{
    struct value trace = VALUE_NONE;
    struct export_source source = {.store = command->run->store,
                                   .result = result,
                                   .started_ms = command->started_ms,
                                   .pipeline = &command->run->pipeline};
    enum status status = STATUS_OK;
    if (command->verification.violated) {
        status = json_parse(command->run->store, text_string(&command->trace),
                            command->trace.length, NULL, &trace, error);
        source.traces = &trace;
        source.trace_count = 1;
    }
    if (status != STATUS_OK)
        return status;
    return command_write_exports(command->options, &command->memory, &source, error);
}

static enum status write_files(struct verify_command *command, const struct result_runtime *runtime,
                               struct error *error)
{
    const struct options *options = command->options;
    enum status status = STATUS_OK;
    if (options->trace_file != NULL && command->verification.violated)
        status = command_write_file(options->trace_file, text_string(&command->trace),
                                    command->trace.length, error);
    const char *trace_file = command->verification.violated ? options->trace_file : NULL;
    struct value result = result_value(&command->verification, command->puts_found,
                                       command->violation, trace_file, runtime);
    if (status == STATUS_OK)
        status = write_exports(command, result, error);
    if (status != STATUS_OK || options->json_file == NULL)
        return status;
    struct text text;
    text_init(&text, &command->memory);
    if (value_store_failed(command->run->store)) {
        status = error_set(error, STATUS_NO_MEMORY, "out of memory for the result");
    } else {
        json_append_pretty(&text, command->run->store, result, 0);
        text_append_char(&text, '\n');
        status = command_write_file(options->json_file, text_string(&text), text.length, error);
    }
    text_release(&text);
    return status;
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
    const struct record_request request = {
        .command = "verify",
        .started_ms = command->started_ms,
        .verification = &command->verification,
        .puts = command->puts_found,
        .violation = failure == NULL ? command->violation : VALUE_NONE,
        .coverage = failure == NULL ? command->reached : VALUE_NONE,
        .trace = text_string(&command->trace),
        .trace_file = command->verification.violated ? command->options->trace_file : NULL,
        .failure = failure,
        .exit_code = exit_code};
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
                                       .poll = poll_search,
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
        fputs("\r\033[K", stderr);
}

static enum status run_verify(struct verify_command *command, struct error *error)
{
    const struct options *options = command->options;
    enum status status = command_record_open(options, command->environment, &command->memory,
                                             &command->database, error);
    if (status == STATUS_OK)
        status = run_create(&command->request, &command->run, error);
    if (status == STATUS_OK && !options->quiet && prints_text(options))
        status = print_start(command, error);
    if (status != STATUS_OK)
        return status;
    bool diagnose = options->verbose && !options->quiet && prints_text(options);
    struct verify_options search = {.states_max = options->states_max,
                                    .diagnose = diagnose,
                                    .workers = command->environment->workers,
                                    .fingerprints = options->fingerprints,
                                    .coverage = &command->coverage,
                                    .poll = poll_search,
                                    .context = command};
    coverage_init(&command->coverage, &command->memory, command->run->store);
    status = verify(command->run, &search, &command->verification, error);
    if (status == STATUS_OK)
        command->reached = command_cover(&command->verification, options, &command->coverage);
    size_t puts = status == STATUS_OK ? result_put_count(command->run) : 0;
    if (status == STATUS_OK && command->verification.violated)
        status = verify_reduce(&command->verification, &search, error);
    if (status == STATUS_OK && command->verification.violated)
        status = verify_refresh_counterexample(&command->verification, error);
    command->puts_found = puts;
    clear_progress(command);
    if (status == STATUS_OK && command->verification.violated)
        status = build_trace(command, error);
    if (status == STATUS_OK && command->verification.violated)
        status = replay_counterexample(command, error);
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
        status = print_result(command, &runtime, error);
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
        (void)command_write_file(file, text_string(&text), text.length, &ignored);
    if (source.store != NULL && json_parse(source.store, text_string(&text), text.length, NULL,
                                           &source.result, &ignored) == STATUS_OK)
        (void)command_write_exports(command->options, &memory, &source, &ignored);
    value_store_destroy(source.store);
    text_release(&text);
}

/* The cache saves time; what is wrong with it stops nothing. */
static void warn(void *context, const char *message)
{
    (void)context;
    fprintf(stderr, "oncecheck: warning: %s\n", message);
}

static void choose_cache(struct verify_command *command)
{
    const struct options *options = command->options;
    const char *folder =
        options->cache_dir != NULL ? options->cache_dir : command->environment->cache_dir;
    command->request.warn = warn;
    command->request.cache_dir = options->no_cache || folder[0] == '\0' ? NULL : folder;
}

static bool is_expected(const struct verify_command *command)
{
    const char *expect = command->run->scenario.expect;
    enum verdict verdict = verification_verdict(&command->verification);
    if (expect == NULL || strcmp(expect, "holds") == 0)
        return verdict == VERDICT_HOLDS;
    return verdict == VERDICT_VIOLATED &&
           strcmp(expect, property_name(command->verification.violation.property)) == 0;
}

int command_verify(const struct options *options, const struct environment *environment)
{
    struct verify_command command = {.options = options,
                                     .environment = environment,
                                     .started_s = command_seconds(),
                                     .started_ms = command_now_ms(),
                                     .violation = VALUE_NONE,
                                     .reached = VALUE_NONE};
    struct error error = ERROR_INIT;
    memory_init(&command.memory, command_memory_limit(options));
    command_fill_request(options, environment, &command.memory, &command.request);
    choose_cache(&command);
    text_init(&command.trace, &command.memory);
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
    text_release(&command.trace);
    coverage_release(&command.coverage);
    verification_release(&command.verification);
    run_destroy(command.run);
    run_database_close(command.database);
    return exit_code;
}
