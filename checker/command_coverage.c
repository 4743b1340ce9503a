#include "checker/command_coverage.h"

#include "checker/command_runs.h"
#include "checker/line_coverage.h"
#include "model/base/json.h"
#include "reports/coverage_judge.h"
#include "reports/coverage_lcov.h"
#include "reports/coverage_page.h"
#include "reports/coverage_text.h"
#include "reports/coverage_value.h"

#include <stdio.h>
#include <string.h>

struct coverage_job {
    const struct options *options;
    struct memory memory;
    struct arena arena;
    struct value_store *store;
    struct run_database *database;
    struct value judged;
};

struct coverage_format {
    const char *name;
    void (*write)(const struct coverage_job *job, struct text *text);
};

static void write_text(const struct coverage_job *job, struct text *text)
{
    coverage_append_text(text, job->store, job->judged, job->options->verbose);
}

static void write_json(const struct coverage_job *job, struct text *text)
{
    json_append_pretty(text, job->store, job->judged, 0);
    text_append_char(text, '\n');
}

static void write_lcov(const struct coverage_job *job, struct text *text)
{
    coverage_append_lcov(text, job->store, job->judged);
}

static void write_html(const struct coverage_job *job, struct text *text)
{
    coverage_append_page(text, job->store, job->judged);
}

static const struct coverage_format formats[] = {
    {"text", write_text}, {"html", write_html}, {"json", write_json}, {"lcov", write_lcov}};

enum { FORMAT_COUNT = sizeof formats / sizeof formats[0] };

static const struct coverage_format *find_format(const char *name, struct error *error)
{
    for (size_t i = 0; i < FORMAT_COUNT; i++) {
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    }
    (void)error_set(error, STATUS_BAD_INPUT,
                    "--format: found '%s', expected text, html, json or lcov", name);
    return NULL;
}

/* The document of one run, with its number in it. */
static enum status read_run(struct coverage_job *job, const char *name, struct value *document,
                            struct error *error)
{
    struct value_store *store = job->store;
    struct run_record record;
    const char *text = NULL;
    size_t length = 0;
    int64_t id = 0;
    enum status status = command_find_run(job->database, name, &id, error);
    if (status == STATUS_OK)
        status = run_database_find(job->database, id, &job->arena, &record, error);
    if (status == STATUS_OK)
        status = run_database_coverage(job->database, id, &job->arena, &text, &length, error);
    if (status != STATUS_OK)
        return status;
    if (text == NULL)
        return error_set(error, STATUS_BAD_INPUT,
                         "run %lld has no coverage: its verdict is %s, recorded by oncecheck %s",
                         (long long)id, record.verdict, record.oncecheck);
    status = json_parse(store, text, length, NULL, document, error);
    if (status != STATUS_OK)
        return error_wrap(error, "reading the coverage of run %lld", (long long)id);
    struct value run = value_map(store, NULL, 0);
    run = value_put_text(store, run, "run", value_integer(store, id));
    run = value_put_text(store, run, "name", value_format(store, "%lld", (long long)id));
    *document = value_put_text(store, *document, "runs", value_list(store, &run, 1));
    return STATUS_OK;
}

static enum status read_runs(struct coverage_job *job, const struct environment *environment,
                             struct error *error)
{
    const struct options *options = job->options;
    size_t count = options->operand_count;
    struct value *documents = arena_allocate_array(&job->arena, count, sizeof *documents);
    if (documents == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    enum status status =
        command_open_runs(options, environment, &job->memory, &job->database, error);
    if (status == STATUS_OK && job->database == NULL)
        status = error_set(error, STATUS_BAD_INPUT, "no run is recorded");
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = read_run(job, options->operands[i], &documents[i], error);
    if (status == STATUS_OK)
        job->judged = coverage_judge(job->store, coverage_merge(job->store, documents, count));
    if (status == STATUS_OK && value_store_failed(job->store))
        status = error_set(error, STATUS_NO_MEMORY, "out of memory for the coverage");
    return status;
}

static enum status report(struct coverage_job *job, const struct environment *environment,
                          struct text *text, struct error *error)
{
    const struct coverage_format *format = find_format(job->options->format, error);
    if (format == NULL)
        return error->status;
    enum status status = read_runs(job, environment, error);
    if (status != STATUS_OK)
        return status;
    format->write(job, text);
    return command_write_text(job->options->output_file, text, error);
}

int command_coverage(const struct options *options, const struct environment *environment)
{
    struct coverage_job job = {.options = options, .judged = VALUE_NONE};
    struct error error = ERROR_INIT;
    struct text text;
    memory_init(&job.memory, command_memory_limit(options));
    arena_init(&job.arena, &job.memory);
    text_init(&text, &job.memory);
    job.store = value_store_create(&job.memory);
    enum status status = job.store == NULL ? error_set(&error, STATUS_NO_MEMORY, "out of memory")
                                           : report(&job, environment, &text, &error);
    int exit_code = status == STATUS_OK ? 0 : command_report_error(&error);
    if (status == STATUS_OK) {
        int percent = coverage_percent(job.store, job.judged);
        if (percent < (int)options->fail_under) {
            fprintf(stderr, "oncecheck: %d %% reached, less than --fail-under %u\n", percent,
                    (unsigned)options->fail_under);
            exit_code = 1;
        }
    }
    run_database_close(job.database);
    value_store_destroy(job.store);
    text_release(&text);
    arena_release(&job.arena);
    return exit_code;
}

struct value command_cover(struct verification *found, const struct options *options,
                           const struct coverage *coverage)
{
    struct error error = ERROR_INIT;
    struct value files = VALUE_NONE;
    const struct scenario *scenario = &found->run->scenario;
    for (size_t i = 0; i < scenario->sometimes_count; i++) {
        if (!coverage_has(coverage, scenario->sometimes[i]))
            found->unreached[found->unreached_count++] = scenario->sometimes[i];
    }
    if (options->cover_lines &&
        line_coverage_collect(found->run, coverage, &files, &error) != STATUS_OK) {
        fprintf(stderr, "oncecheck: warning: no lines are covered: %s\n", error.message);
        files = VALUE_NONE;
    }
    return coverage_value(coverage, found, files);
}
