#include "checker/command_report.h"

#include "checker/command_replay.h"
#include "checker/command_runs.h"
#include "checker/package.h"
#include "model/base/json.h"
#include "model/template.h"
#include "reports/dot.h"
#include "reports/field.h"
#include "reports/itf.h"
#include "reports/json_report.h"
#include "reports/junit.h"
#include "reports/ledger_value.h"
#include "reports/mermaid.h"
#include "reports/page.h"
#include "reports/pytest.h"
#include "reports/sarif.h"
#include "reports/trace_file.h"
#include "reports/trace_text.h"

#include <stdio.h>
#include <string.h>

struct report_job {
    const struct options *options;
    const struct environment *environment;
    struct memory memory;
    struct arena arena;
    struct export_source source;
    struct trace_file first;       /* the first counterexample, checked; where there is one */
    const char *first_text;        /* as it was read */
    struct pipeline *pipeline;     /* of its template */
    struct run_database *database; /* NULL: a trace's file is reported */
};

struct report_format {
    const char *name;
    bool needs_trace; /* nothing to show for a run without a counterexample */
    enum status (*write)(struct report_job *job, struct text *text, struct error *error);
};

static enum status write_text(struct report_job *job, struct text *text, struct error *error)
{
    const struct value_store *store = job->source.store;
    bool standard_output = strcmp(job->options->output_file, "-") == 0;
    struct trace_text_options style = {
        .color = job->environment->stdout_color && standard_output,
        .all_changes = job->options->verbose,
        .key_steps = value_member(store, job->first.violation, "key_steps", VALUE_LIST)};
    (void)error;
    append_violation(text, store, job->first.violation, &style);
    text_append_char(text, '\n');
    append_steps(text, store, job->first.steps, &style);
    ledger_append(text, store, ledger_value(job->source.store, job->first.trace),
                  style.all_changes);
    return STATUS_OK;
}

static enum status write_html(struct report_job *job, struct text *text, struct error *error)
{
    (void)error;
    page_append(text, job->source.store, job->first.trace, job->pipeline);
    return STATUS_OK;
}

static enum status write_json(struct report_job *job, struct text *text, struct error *error)
{
    (void)error;
    json_report_append(text, &job->source);
    return STATUS_OK;
}

static enum status write_junit(struct report_job *job, struct text *text, struct error *error)
{
    (void)error;
    junit_append(text, &job->source);
    return STATUS_OK;
}

static enum status write_sarif(struct report_job *job, struct text *text, struct error *error)
{
    (void)error;
    sarif_append(text, &job->source);
    return STATUS_OK;
}

static enum status write_mermaid(struct report_job *job, struct text *text, struct error *error)
{
    (void)error;
    mermaid_append(text, job->source.store, job->first.trace, job->pipeline);
    return STATUS_OK;
}

static enum status write_itf(struct report_job *job, struct text *text, struct error *error)
{
    (void)error;
    itf_append(text, job->source.store, job->first.trace, job->pipeline);
    return STATUS_OK;
}

/* The graph is explored anew: that needs the functions' code. */
static enum status write_dot(struct report_job *job, struct text *text, struct error *error)
{
    const struct options *options = job->options;
    struct run_request base;
    struct replay_report report;
    command_fill_request(options, job->environment, &job->memory, &base);
    size_t states_max =
        options->states_max > DOT_STATES_MAX ? DOT_STATES_DEFAULT : (size_t)options->states_max;
    enum status status = replay_trace(job->first_text, strlen(job->first_text), options->solution,
                                      options->replay_solution, &base, &report, error);
    if (status != STATUS_OK)
        return status;
    if (!report.same_code)
        fputs("oncecheck: warning: the code is not the one that the trace was recorded with\n",
              stderr);
    status = dot_append(text, report.world, &report.counterexample, states_max, error);
    replay_report_release(&report);
    return status;
}

static enum status write_pytest(struct report_job *job, struct text *text, struct error *error)
{
    return pytest_append(text, &job->arena, job->source.store, &job->first, error);
}

static const struct report_format formats[] = {
    {"text", true, write_text},    {"html", true, write_html},    {"json", false, write_json},
    {"junit", false, write_junit}, {"sarif", false, write_sarif}, {"mermaid", true, write_mermaid},
    {"itf", true, write_itf},      {"dot", true, write_dot},      {"pytest", true, write_pytest},
};

enum { FORMAT_COUNT = sizeof formats / sizeof formats[0] };

static enum status find_format(const char *name, const struct report_format **format,
                               struct error *error)
{
    char names[256] = "";
    size_t length = 0;
    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        *format = &formats[i];
        if (strcmp(formats[i].name, name) == 0)
            return STATUS_OK;
        length += (size_t)snprintf(names + length, sizeof names - length, "%s%s",
                                   i == 0 ? "" : (i + 1 == FORMAT_COUNT ? " or " : ", "),
                                   formats[i].name);
    }
    return error_set(error, STATUS_BAD_INPUT, "--format: found '%s', expected %s", name, names);
}

/* Check a trace, and keep the first: the formats for one counterexample show that. */
static enum status add_trace(struct report_job *job, struct value *traces, const char *bytes,
                             size_t length, const char *file, struct error *error)
{
    struct trace_file trace;
    enum status status =
        trace_file_parse(bytes, length, file, &job->arena, job->source.store, &trace, error);
    if (status != STATUS_OK)
        return status;
    if (value_is_none(trace.violation))
        return error_at(error, STATUS_BAD_INPUT, file, 0, 0,
                        "nothing is wrong at the end of this path: there is nothing to report");
    if (job->source.trace_count == 0) {
        job->first = trace;
        job->first_text = bytes;
    }
    traces[job->source.trace_count++] = trace.trace;
    return STATUS_OK;
}

static enum status read_trace(struct report_job *job, struct error *error)
{
    const char *bytes = NULL;
    size_t length = 0;
    const char *file = job->options->solution;
    struct value *traces = arena_allocate_array(&job->arena, 1, sizeof *traces);
    if (traces == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    job->source.traces = traces;
    enum status status = read_file(file, TRACE_FILE_SIZE_MAX, &job->arena, &bytes, &length, error);
    return status == STATUS_OK ? add_trace(job, traces, bytes, length, file, error) : status;
}

static enum status read_run(struct report_job *job, struct error *error)
{
    struct run_record record;
    struct run_violation *violations = NULL;
    size_t count = 0;
    const char *result = NULL;
    size_t length = 0;
    int64_t id = 0;
    char name[64];
    enum status status =
        command_open_runs(job->options, job->environment, &job->memory, &job->database, error);
    if (status == STATUS_OK)
        status = command_find_run(job->database, job->options->solution, &id, error);
    if (status == STATUS_OK)
        status = run_database_find(job->database, id, &job->arena, &record, error);
    if (status == STATUS_OK)
        status = run_database_result(job->database, id, &job->arena, &result, &length, error);
    if (status == STATUS_OK)
        status = run_database_violations(job->database, id, true, &job->arena, &violations, &count,
                                         error);
    if (status == STATUS_OK)
        status = json_parse(job->source.store, result, length, NULL, &job->source.result, error);
    if (status != STATUS_OK)
        return status;
    struct value *traces = arena_allocate_array(&job->arena, count, sizeof *traces);
    if (traces == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    job->source.traces = traces;
    job->source.started_ms = record.started_ms;
    (void)snprintf(name, sizeof name, "run %lld", (long long)id);
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status =
            add_trace(job, traces, violations[i].trace, strlen(violations[i].trace), name, error);
    return status;
}

static enum status read_pipeline(struct report_job *job, struct error *error)
{
    job->pipeline = arena_allocate(&job->arena, sizeof *job->pipeline);
    if (job->pipeline == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    return template_parse_with(job->first.template_text, strlen(job->first.template_text),
                               job->first.template_file, &job->first.parameters, &job->arena,
                               job->pipeline, error);
}

static enum status report(struct report_job *job, struct text *text, struct error *error)
{
    const struct options *options = job->options;
    const struct report_format *format = NULL;
    enum status status = find_format(options->format, &format, error);
    if (status == STATUS_OK)
        status =
            command_names_run(options->solution) ? read_run(job, error) : read_trace(job, error);
    if (status != STATUS_OK)
        return status;
    if (format->needs_trace && job->source.trace_count == 0)
        return error_set(error, STATUS_BAD_INPUT,
                         "run %s has no counterexample (its verdict is %s): nothing to show as %s",
                         options->solution, export_verdict(&job->source), format->name);
    if (job->source.trace_count > 0)
        status = read_pipeline(job, error);
    if (status == STATUS_OK)
        status = format->write(job, text, error);
    if (status == STATUS_OK && (text_failed(text) || value_store_failed(job->source.store)))
        status = error_set(error, STATUS_NO_MEMORY, "out of memory for the report");
    return status == STATUS_OK ? command_write_text(options->output_file, text, error) : status;
}

int command_report(const struct options *options, const struct environment *environment)
{
    struct report_job job = {.options = options,
                             .environment = environment,
                             .source = {.store = NULL, .result = VALUE_NONE}};
    struct error error = ERROR_INIT;
    struct text text;
    memory_init(&job.memory, command_memory_limit(options));
    arena_init(&job.arena, &job.memory);
    text_init(&text, &job.memory);
    job.source.store = value_store_create(&job.memory);
    enum status status = job.source.store == NULL
                             ? error_set(&error, STATUS_NO_MEMORY, "out of memory")
                             : report(&job, &text, &error);
    run_database_close(job.database);
    value_store_destroy(job.source.store);
    text_release(&text);
    arena_release(&job.arena);
    return status == STATUS_OK ? 0 : command_report_error(&error);
}

/* A page per counterexample; standard output is for the first. */
static enum status write_pages(const char *file, struct memory *memory,
                               const struct export_source *source, struct error *error)
{
    enum status status = STATUS_OK;
    struct arena arena;
    arena_init(&arena, memory);
    for (size_t i = 0; status == STATUS_OK && i < source->trace_count; i++) {
        struct text text;
        const char *name = command_numbered_file(&arena, file, i + 1);
        if (name == NULL)
            break;
        text_init(&text, memory);
        page_append(&text, source->store, source->traces[i], source->pipeline);
        status = command_write_text(name, &text, error);
        text_release(&text);
    }
    arena_release(&arena);
    return status;
}

enum status command_write_exports(const struct options *options, struct memory *memory,
                                  const struct export_source *source, struct error *error)
{
    const struct {
        const char *file;
        void (*append)(struct text *text, const struct export_source *source);
    } exports[] = {{options->junit_file, junit_append}, {options->sarif_file, sarif_append}};
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < sizeof exports / sizeof exports[0]; i++) {
        struct text text;
        if (exports[i].file == NULL)
            continue;
        text_init(&text, memory);
        exports[i].append(&text, source);
        status = command_write_text(exports[i].file, &text, error);
        text_release(&text);
    }
    return status == STATUS_OK && options->html_file != NULL
               ? write_pages(options->html_file, memory, source, error)
               : status;
}
