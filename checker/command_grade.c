#include "checker/command_grade.h"

#include "checker/command_grade_jobs.h"
#include "checker/command_record.h"
#include "checker/command_scratch.h"
#include "checker/grade_inspect.h"
#include "checker/lab_steps.h"
#include "model/base/json.h"
#include "model/python/python_host.h"
#include "reports/grade.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

enum { WAIT_MS = 100, SLOTS_MAX = 64, NAMES_SHOWN = 3 };

struct grade_command {
    const struct options *options;
    const struct environment *environment;
    struct memory memory;
    struct arena arena;
    struct grade_jobs jobs;
    struct grade_places places;
    struct grade_job running[SLOTS_MAX];
    bool busy[SLOTS_MAX];
    size_t next; /* of row * kind_count + kind */
    size_t done;
    double started_s;
    int64_t started_ms;
    char scratch[COMMAND_SCRATCH_SIZE];
};

static enum status no_memory(struct error *error)
{
    return error_set(error, STATUS_NO_MEMORY, "out of memory for the class");
}

/* The names of the functions that solutions bring. */
static enum status find_solutions(struct grade_command *command, struct error *error)
{
    struct run_request request;
    struct run *run = NULL;
    command_fill_request(command->options, command->environment, &command->memory, &request);
    request.solution = NULL;
    request.handlers = RUN_REFERENCE_LAB2;
    request.code_only = true;
    enum status status = run_create(&request, &run, error);
    if (status == STATUS_OK)
        status =
            grade_find(command->options->solution, &run->pipeline, command->environment->unpack_dir,
                       &command->arena, &command->places, error);
    run_destroy(run);
    return status;
}

/* A scenario's file without its folder and ending. NULL: no memory. */
static const char *short_name(struct arena *arena, const char *scenario)
{
    const char *slash = strrchr(scenario, '/');
    const char *base = slash == NULL ? scenario : slash + 1;
    const char *dot = strrchr(base, '.');
    return arena_copy(arena, base,
                      dot == NULL || dot == base ? strlen(base) : (size_t)(dot - base));
}

static enum status choose_kinds(struct grade_command *command, struct error *error)
{
    struct grade_jobs *jobs = &command->jobs;
    const char *scenario = command->options->scenario;
    jobs->kinds[jobs->kind_count++] =
        (struct grade_kind){.name = short_name(&command->arena, scenario), .scenario = scenario};
    if (jobs->kinds[0].name == NULL)
        return no_memory(error);
    if (!command->options->steps)
        return STATUS_OK;
    for (size_t i = 0; i < LAB_STEP_COUNT; i++)
        jobs->kinds[jobs->kind_count++] = (struct grade_kind){.name = lab_steps[i].name,
                                                              .scenario = lab_steps[i].scenario,
                                                              .focus = lab_steps[i].function};
    return STATUS_OK;
}

static enum status make_rows(struct grade_command *command, struct error *error)
{
    struct grade_jobs *jobs = &command->jobs;
    const struct grade_places *places = &command->places;
    jobs->row_count = places->solution_count;
    jobs->rows = arena_allocate_array(&command->arena, jobs->row_count, sizeof *jobs->rows);
    if (jobs->rows == NULL)
        return no_memory(error);
    for (size_t i = 0; i < jobs->row_count; i++) {
        const struct grade_place *place = &places->solutions[i];
        jobs->rows[i] = (struct grade_row){.name = place->name, .path = place->path};
        for (size_t j = 0; j < jobs->kind_count; j++) {
            const bool readable = place->reason == NULL;
            jobs->rows[i].checks[j] = (struct grade_check){
                .result = VALUE_NONE,
                .violation = VALUE_NONE,
                .trace = "",
                .verdict = readable ? "interrupted"
                           : j == 0 ? "error"
                                    : "-",
                .reason = readable ? "it was not verified any more" : place->reason,
                .messages = ""};
        }
    }
    return STATUS_OK;
}

static enum status prepare(struct grade_command *command, struct error *error)
{
    enum { INTERPRETER_SIZE = 4096 };
    const struct options *options = command->options;
    const struct environment *environment = command->environment;
    struct grade_jobs *jobs = &command->jobs;
    char python[INTERPRETER_SIZE] = "";
    enum status status = choose_kinds(command, error);
    if (status == STATUS_OK)
        status = find_solutions(command, error);
    if (status == STATUS_OK)
        status = make_rows(command, error);
    if (status == STATUS_OK)
        status = command_make_scratch("grade", command->scratch, error);
    command->jobs.scratch = command->scratch;
    if (status == STATUS_OK)
        status = python_host_find_interpreter(options->python, environment->python, python,
                                              sizeof python, error);
    if (status != STATUS_OK)
        return status;
    jobs->program = grade_program_hash(environment->runtime_dir, python, &command->memory);
    jobs->cache_dir = command_cache_dir(options, environment);
    if (jobs->cache_dir != NULL)
        jobs->cache = grade_cache_open(&command->memory, jobs->cache_dir, command_warn, NULL);
    jobs->slots = environment->workers > SLOTS_MAX ? SLOTS_MAX : environment->workers;
    return STATUS_OK;
}

static void show_progress(const struct grade_command *command)
{
    const struct grade_jobs *jobs = &command->jobs;
    unsigned shown = 0;
    if (!command->environment->stderr_progress)
        return;
    fprintf(stderr, "\r\033[K  %zu of %zu verified, %.0f s", command->done,
            jobs->row_count * jobs->kind_count, command_seconds() - command->started_s);
    for (size_t i = 0; i < jobs->slots; i++) {
        if (command->busy[i] && shown++ < NAMES_SHOWN)
            fprintf(stderr, "%s%.30s", shown == 1 ? "; running: " : ", ",
                    jobs->rows[command->running[i].row].name);
    }
    (void)fflush(stderr);
}

/* Begin verifications until all slots are busy. */
static enum status fill_slots(struct grade_command *command, struct error *error)
{
    struct grade_jobs *jobs = &command->jobs;
    const size_t total = jobs->row_count * jobs->kind_count;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < jobs->slots; i++) {
        while (status == STATUS_OK && !command->busy[i] && command->next < total &&
               !*command->environment->interrupted) {
            const size_t row = command->next / jobs->kind_count;
            const size_t kind = command->next % jobs->kind_count;
            command->next++;
            if (command->places.solutions[row].reason == NULL)
                status = grade_job_begin(jobs, row, kind, &command->running[i], &command->busy[i],
                                         error);
            command->done += !command->busy[i];
            show_progress(command);
        }
    }
    return status;
}

static enum status collect(struct grade_command *command, bool *waiting, struct error *error)
{
    struct grade_jobs *jobs = &command->jobs;
    struct verify_process *children[SLOTS_MAX];
    size_t count = 0;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < jobs->slots; i++) {
        if (command->busy[i])
            children[count++] = &command->running[i].child;
    }
    *waiting = count > 0;
    verify_processes_read(children, count, WAIT_MS);
    for (size_t i = 0; status == STATUS_OK && i < jobs->slots; i++) {
        struct grade_job *job = &command->running[i];
        const double now_s = command_seconds();
        if (!command->busy[i])
            continue;
        if (*command->environment->interrupted)
            verify_process_stop(&job->child, now_s);
        if (!verify_process_ended(&job->child, now_s))
            continue;
        status = grade_job_end(jobs, job, error);
        command->busy[i] = false;
        command->done++;
    }
    show_progress(command);
    return status;
}

static enum status verify_all(struct grade_command *command, struct error *error)
{
    bool waiting = true;
    enum status status = STATUS_OK;
    /* what a verification leaves behind comes to us, and ends with us */
    (void)prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
    while (status == STATUS_OK && waiting) {
        status = fill_slots(command, error);
        if (status == STATUS_OK)
            status = collect(command, &waiting, error);
    }
    for (size_t i = 0; i < SLOTS_MAX; i++) {
        if (command->busy[i])
            verify_process_release(&command->running[i].child);
    }
    if (command->environment->stderr_progress)
        command_clear_progress();
    return status;
}

/* --- what comes of it --- */

typedef void (*append_function)(struct text *, const struct value_store *, struct value);

static void append_json(struct text *text, const struct value_store *store, struct value document)
{
    json_append_pretty(text, store, document, 0);
    text_append_char(text, '\n');
}

static enum status write_report(struct grade_command *command, const char *file,
                                append_function append, struct value document, struct error *error)
{
    struct text text;
    if (file == NULL)
        return STATUS_OK;
    text_init(&text, &command->memory);
    append(&text, command->jobs.store, document);
    enum status status = command_write_text(file, &text, error);
    text_release(&text);
    return status;
}

static enum status write_sarif(struct grade_command *command, const struct grade_class *class,
                               struct error *error)
{
    struct text text;
    if (command->options->sarif_file == NULL)
        return STATUS_OK;
    text_init(&text, &command->memory);
    grade_append_sarif(&text, class);
    enum status status = command_write_text(command->options->sarif_file, &text, error);
    text_release(&text);
    return status;
}

static enum status print_text(struct grade_command *command, struct value document,
                              struct error *error)
{
    const struct options *options = command->options;
    const char *const files[] = {options->json_file, options->csv_file, options->junit_file,
                                 options->sarif_file, options->html_file};
    const struct grade_text_options style = {.color = command->environment->stdout_color,
                                             .brief = options->quiet};
    struct text text;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        if (files[i] != NULL && strcmp(files[i], "-") == 0)
            return STATUS_OK; /* standard output is that file's */
    }
    text_init(&text, &command->memory);
    grade_append_text(&text, command->jobs.store, document, &style);
    enum status status = command_write_text("-", &text, error);
    text_release(&text);
    return status;
}

static enum status make_class(struct grade_command *command, struct grade_class *class,
                              struct error *error)
{
    const struct grade_jobs *jobs = &command->jobs;
    const struct grade_places *places = &command->places;
    struct grade_other *others =
        arena_allocate_array(&command->arena, places->other_count + 1, sizeof *others);
    if (others == NULL)
        return no_memory(error);
    for (size_t i = 0; i < places->other_count; i++)
        others[i] = (struct grade_other){.name = places->others[i].name,
                                         .reason = places->others[i].reason};
    *class = (struct grade_class){.store = jobs->store,
                                  .folder = command->options->solution,
                                  .scenario = command->options->scenario,
                                  .check_count = jobs->kind_count,
                                  .rows = jobs->rows,
                                  .row_count = jobs->row_count,
                                  .others = others,
                                  .other_count = places->other_count,
                                  .seconds = command_seconds() - command->started_s,
                                  .workers = jobs->slots,
                                  .started_ms = command->started_ms};
    for (size_t i = 0; i < jobs->kind_count; i++)
        class->check_names[i] = jobs->kinds[i].name;
    return STATUS_OK;
}

static enum status report(struct grade_command *command, struct error *error)
{
    const struct options *options = command->options;
    struct grade_class class;
    enum status status = make_class(command, &class, error);
    if (status != STATUS_OK)
        return status;
    struct value document = grade_value(&class);
    if (value_is_none(document))
        return no_memory(error);
    status = print_text(command, document, error);
    if (status == STATUS_OK)
        status = write_report(command, options->json_file, append_json, document, error);
    if (status == STATUS_OK)
        status = write_report(command, options->csv_file, grade_append_csv, document, error);
    if (status == STATUS_OK)
        status = write_report(command, options->junit_file, grade_append_junit, document, error);
    if (status == STATUS_OK)
        status = write_report(command, options->html_file, grade_append_page, document, error);
    return status == STATUS_OK ? write_sarif(command, &class, error) : status;
}

static int exit_code(const struct grade_command *command)
{
    const struct grade_jobs *jobs = &command->jobs;
    if (*command->environment->interrupted)
        return 3;
    for (size_t i = 0; command->options->fail_on_violation && i < jobs->row_count; i++) {
        if (strcmp(jobs->rows[i].checks[0].verdict, "violated") == 0)
            return 1;
    }
    return 0;
}

int command_grade(const struct options *options, const struct environment *environment)
{
    struct error error = ERROR_INIT;
    struct grade_command command = {.options = options,
                                    .environment = environment,
                                    .started_s = command_seconds(),
                                    .started_ms = command_now_ms()};
    memory_init(&command.memory, SIZE_MAX);
    arena_init(&command.arena, &command.memory);
    command.jobs = (struct grade_jobs){.options = options,
                                       .environment = environment,
                                       .memory = &command.memory,
                                       .arena = &command.arena,
                                       .store = value_store_create(&command.memory)};
    enum status status = command.jobs.store == NULL ? no_memory(&error) : STATUS_OK;
    if (status == STATUS_OK)
        status = prepare(&command, &error);
    if (status == STATUS_OK)
        status = verify_all(&command, &error);
    if (status == STATUS_OK)
        status = report(&command, &error);
    int code = status == STATUS_OK ? exit_code(&command) : command_report_error(&error);
    command_remove_scratch(command.scratch);
    grade_cache_close(command.jobs.cache);
    value_store_destroy(command.jobs.store);
    arena_release(&command.arena);
    return code;
}
