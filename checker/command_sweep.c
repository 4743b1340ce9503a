#include "checker/command_sweep.h"

#include "checker/command_verify_jobs.h"
#include "reports/sweep.h"

#include <string.h>

struct sweep_command {
    const struct options *options;
    const struct environment *environment;
    struct memory memory;
    struct arena arena;
    struct value_store *store;
    struct sweep sweep;
    struct verify_jobs jobs;
    double started_s;
};

static enum status no_memory(struct error *error)
{
    return error_set(error, STATUS_NO_MEMORY, "out of memory for a sweep");
}

/* Each value applied alone, so that a mistake is one error instead of one in every row. What only
 * two of them together make wrong is found by the verification. */
static enum status check_values(struct sweep_command *command, struct error *error)
{
    const struct sweep *sweep = &command->sweep;
    const char *settings[MAPPING_OVERRIDES_MAX];
    struct run_request request;
    command_fill_request(command->options, command->environment, &command->memory, &request);
    size_t given = request.setting_count;
    if (given + sweep->count > MAPPING_OVERRIDES_MAX)
        return error_set(error, STATUS_LIMIT, "--set and --sweep: more than %d settings",
                         MAPPING_OVERRIDES_MAX);
    if (given > 0)
        memcpy(settings, request.settings, given * sizeof settings[0]);
    request.settings = settings;
    request.setting_count = given + 1;
    request.code_only = true;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < sweep->count; i++) {
        for (size_t j = 0; status == STATUS_OK && j < sweep->settings[i].value_count; j++) {
            struct run *run = NULL;
            settings[given] = sweep_text(sweep, i, j, &command->arena);
            if (settings[given] == NULL)
                return no_memory(error);
            status = run_create(&request, &run, error);
            run_destroy(run);
        }
    }
    return status;
}

static enum status make_jobs(struct sweep_command *command, struct error *error)
{
    const struct sweep *sweep = &command->sweep;
    struct verify_jobs *jobs = &command->jobs;
    *jobs = (struct verify_jobs){.options = command->options,
                                 .environment = command->environment,
                                 .memory = &command->memory,
                                 .arena = &command->arena,
                                 .store = command->store,
                                 .count = sweep->combinations};
    jobs->jobs = arena_allocate_array(&command->arena, jobs->count, sizeof *jobs->jobs);
    if (jobs->jobs == NULL)
        return no_memory(error);
    memset(jobs->jobs, 0, jobs->count * sizeof *jobs->jobs);
    for (size_t i = 0; i < jobs->count; i++) {
        struct verify_job *job = &jobs->jobs[i];
        for (size_t j = 0; j < sweep->count; j++) {
            const char *text = sweep_text(sweep, j, sweep_choice(sweep, i, j), &command->arena);
            if (text == NULL)
                return no_memory(error);
            job->options[job->option_count++] = "--set";
            job->options[job->option_count++] = text;
        }
    }
    return STATUS_OK;
}

/* The gravest first: what was not verified, then what is wrong, then what is not known. */
static int exit_code(const struct verify_jobs *jobs)
{
    static const struct {
        const char *verdict;
        int code;
    } grave[] = {{"error", 2}, {"nondeterministic", 4}, {"violated", 1}, {"inconclusive", 3},
                 {"", 3},      {"vacuous", 5}};
    for (size_t i = 0; i < sizeof grave / sizeof grave[0]; i++) {
        for (size_t j = 0; j < jobs->count; j++) {
            if (strcmp(jobs->jobs[j].verdict, grave[i].verdict) == 0)
                return grave[i].code;
        }
    }
    return 0;
}

static enum status print_text(struct sweep_command *command, struct value document,
                              struct error *error)
{
    struct text text;
    text_init(&text, &command->memory);
    sweep_append_text(&text, command->store, document, command->options->quiet);
    enum status status = command_write_text("-", &text, error);
    text_release(&text);
    return status;
}

static enum status report(struct sweep_command *command, int code, struct error *error)
{
    const struct options *options = command->options;
    const struct verify_jobs *jobs = &command->jobs;
    struct sweep_row *rows = arena_allocate_array(&command->arena, jobs->count, sizeof *rows);
    if (rows == NULL)
        return no_memory(error);
    for (size_t i = 0; i < jobs->count; i++)
        rows[i] = (struct sweep_row){.verdict = jobs->jobs[i].verdict,
                                     .reason = jobs->jobs[i].reason,
                                     .result = jobs->jobs[i].result};
    const struct sweep_report sweep = {.store = command->store,
                                       .arena = &command->arena,
                                       .sweep = &command->sweep,
                                       .rows = rows,
                                       .scenario = options->scenario,
                                       .solution = options->solution,
                                       .exit_code = code,
                                       .seconds = command_seconds() - command->started_s,
                                       .workers = command->environment->workers};
    struct value document = sweep_value(&sweep);
    if (value_is_none(document))
        return no_memory(error);
    enum status status = STATUS_OK;
    if (options->json_file == NULL || strcmp(options->json_file, "-") != 0)
        status = print_text(command, document, error);
    if (status == STATUS_OK && options->json_file != NULL)
        status = command_write_json(options->json_file, command->store, document, error);
    return status;
}

int command_sweep(const struct options *options, const struct environment *environment)
{
    struct error error = ERROR_INIT;
    struct sweep_command command = {
        .options = options, .environment = environment, .started_s = command_seconds()};
    int code = 0;
    memory_init(&command.memory, SIZE_MAX);
    arena_init(&command.arena, &command.memory);
    command.store = value_store_create(&command.memory);
    enum status status = command.store == NULL ? no_memory(&error) : STATUS_OK;
    if (status == STATUS_OK)
        status = sweep_read(options->sweeps, options->sweep_count, &command.arena, &command.sweep,
                            &error);
    if (status == STATUS_OK)
        status = check_values(&command, &error);
    if (status == STATUS_OK)
        status = make_jobs(&command, &error);
    if (status == STATUS_OK)
        status = verify_jobs_run(&command.jobs, &error);
    if (status == STATUS_OK) {
        code = exit_code(&command.jobs);
        status = report(&command, code, &error);
    }
    if (status != STATUS_OK)
        code = command_report_error(&error);
    value_store_destroy(command.store);
    arena_release(&command.arena);
    return code;
}
