#include "checker/command_audit.h"

#include "checker/command_audit_cell.h"
#include "checker/command_scratch.h"
#include "checker/workers.h"
#include "reports/audit.h"

#include <stdio.h>
#include <string.h>

struct audit_command {
    const struct options *options;
    const struct environment *environment;
    struct memory memory; /* of what outlives a cell */
    struct arena arena;
    struct audit audit;
    struct audit_cells cells;
    char scratch[COMMAND_SCRATCH_SIZE]; /* "": there is none */
    struct audit_job *jobs;             /* to be run; of AUDIT_JOBS_MAX */
    size_t job_count;
    size_t done;            /* of these */
    size_t failed;          /* the first of them that failed; SIZE_MAX: none has */
    enum status status;     /* of that one */
    struct error job_error; /* the same */
};

enum { AUDIT_JOBS_MAX = AUDIT_ROWS_MAX * (AUDIT_ROWS_MAX + PIPELINE_FUNCTIONS_MAX) };

static enum status no_memory(struct error *error)
{
    return error_set(error, STATUS_NO_MEMORY, "out of memory");
}

static void add_job(struct audit_command *command, const struct audit_job *job)
{
    CHECK(command->job_count < AUDIT_JOBS_MAX);
    command->jobs[command->job_count++] = *job;
}

static void show_done(const struct audit_command *command)
{
    if (command->environment->stderr_progress)
        fprintf(stderr, "\r\033[K  %zu of %zu verified", command->done, command->job_count);
}

/* For workers_run. Pieces begin in their order, so that the first job that fails is the same for
 * any number of workers. */
static void run_job(void *context, size_t piece, unsigned worker)
{
    struct audit_command *command = context;
    struct error error = ERROR_INIT;
    (void)worker;
    (void)pthread_mutex_lock(&command->cells.mutex);
    const bool wanted = command->failed == SIZE_MAX && *command->environment->interrupted == 0;
    (void)pthread_mutex_unlock(&command->cells.mutex);
    if (!wanted)
        return;
    const enum status status = audit_cell_run(&command->cells, &command->jobs[piece], &error);
    (void)pthread_mutex_lock(&command->cells.mutex);
    command->done++;
    show_done(command);
    if (status != STATUS_OK && piece < command->failed) {
        command->failed = piece;
        command->status = status;
        command->job_error = error;
    }
    (void)pthread_mutex_unlock(&command->cells.mutex);
}

/* Run the jobs there are, one on each worker, and be done with them. One alone has all workers. */
static enum status run_jobs(struct audit_command *command, struct error *error)
{
    const unsigned workers = command->environment->workers;
    const size_t count = command->job_count;
    struct workers *threads = NULL;
    command->done = 0;
    command->failed = SIZE_MAX;
    command->cells.at_a_time = count < workers ? (unsigned)count + (count == 0) : workers;
    command->cells.workers = count == 1 ? workers : 1;
    enum status status =
        workers_create(&command->memory, command->cells.at_a_time, &threads, error);
    if (status == STATUS_OK) {
        workers_run(threads, count, run_job, command);
        if (command->environment->stderr_progress)
            command_clear_progress();
        if (command->failed != SIZE_MAX) {
            status = command->status;
            *error = command->job_error;
        }
    }
    workers_destroy(threads);
    command->job_count = 0;
    command->audit.interrupted = *command->environment->interrupted != 0;
    return status;
}

/* Every row but the first, which has been run. */
static void add_rows(struct audit_command *command)
{
    struct audit *audit = &command->audit;
    for (size_t row = 1; row < audit_row_count; row++) {
        for (size_t i = 0; i < audit_cell_count(audit, row); i++)
            add_job(command, &(struct audit_job){
                                 .row = &audit_rows[row],
                                 .function = audit_rows[row].whole ? NULL : audit->functions[i],
                                 .cell = &audit->cells[row][i]});
    }
}

static void add_certificate(struct audit_command *command)
{
    struct audit *audit = &command->audit;
    for (size_t row = 0; row < audit_row_count; row++) {
        if (audit_rows[row].certified && audit_row_holds(audit, row))
            add_job(command,
                    &(struct audit_job){.row = &audit_rows[row], .cell = &audit->certificate[row]});
    }
}

/* Every two kinds that were proved one by one. */
static enum status add_pairs(struct audit_command *command, struct error *error)
{
    struct audit *audit = &command->audit;
    audit->wants_pairs = true;
    audit->pairs = arena_allocate_array(&command->arena, AUDIT_PAIRS_MAX, sizeof *audit->pairs);
    if (audit->pairs == NULL)
        return no_memory(error);
    for (size_t a = 0; a < audit_row_count; a++) {
        for (size_t b = a + 1; b < audit_row_count; b++) {
            if (!audit_is_proved(audit, a) || !audit_is_proved(audit, b))
                continue;
            struct audit_pair *pair = &audit->pairs[audit->pair_count++];
            *pair = (struct audit_pair){.rows = {a, b}};
            add_job(command, &(struct audit_job){.row = &audit_rows[a],
                                                 .other = &audit_rows[b],
                                                 .cell = &pair->cell});
        }
    }
    return STATUS_OK;
}

static enum status allocate(struct audit_command *command, struct error *error)
{
    struct audit *audit = &command->audit;
    const size_t size = PIPELINE_FUNCTIONS_MAX * sizeof *audit->cells[0];
    command->jobs = arena_allocate_array(&command->arena, AUDIT_JOBS_MAX, sizeof *command->jobs);
    if (command->jobs == NULL)
        return no_memory(error);
    for (size_t row = 0; row < audit_row_count; row++) {
        audit->cells[row] = arena_allocate(&command->arena, size);
        if (audit->cells[row] == NULL)
            return no_memory(error);
        memset(audit->cells[row], 0, size);
    }
    return STATUS_OK;
}

static enum status run_audit(struct audit_command *command, struct error *error)
{
    struct audit *audit = &command->audit;
    CHECK(audit_row_count <= AUDIT_ROWS_MAX && audit_rows[0].whole);
    enum status status = allocate(command, error);
    if (status != STATUS_OK)
        return status;
    add_job(command, &(struct audit_job){.row = &audit_rows[0], .cell = &audit->cells[0][0]});
    status = run_jobs(command, error);
    if (status == STATUS_OK && !audit_broken_without_fault(audit)) {
        add_rows(command);
        status = run_jobs(command, error);
    }
    if (status == STATUS_OK) {
        add_certificate(command);
        status = run_jobs(command, error);
    }
    if (status == STATUS_OK && command->options->pairs)
        status = add_pairs(command, error);
    return status == STATUS_OK ? run_jobs(command, error) : status;
}

static enum status print_text(struct audit_command *command, struct error *error)
{
    struct text text;
    text_init(&text, &command->memory);
    audit_append_text(&text, &command->audit, command->environment->stdout_color);
    enum status status = command_write_text("-", &text, error);
    text_release(&text);
    return status;
}

static enum status write_page(struct audit_command *command, const char *file, struct error *error)
{
    struct text text;
    text_init(&text, &command->memory);
    audit_append_page(&text, &command->audit);
    enum status status = command_write_text(file, &text, error);
    text_release(&text);
    return status;
}

static enum status print_audit(struct audit_command *command, struct error *error)
{
    const char *file = command->options->json_file;
    const char *page = command->options->html_file;
    enum status status = STATUS_OK;
    if ((file == NULL || strcmp(file, "-") != 0) && (page == NULL || strcmp(page, "-") != 0))
        status = print_text(command, error);
    if (status == STATUS_OK && page != NULL)
        status = write_page(command, page, error);
    if (status != STATUS_OK || file == NULL)
        return status;
    struct value_store *store = value_store_create(&command->memory);
    if (store == NULL)
        return no_memory(error);
    status = command_write_json(file, store, audit_value(store, &command->audit), error);
    value_store_destroy(store);
    return status;
}

/* Replays of counterexamples go by what fresh processes did for replays, and by nothing that a
 * search has seen: so a step that several counterexamples have in common is computed once more for
 * them all, in this audit or in one before. */
static enum status choose_replay_cache(struct audit_command *command, struct error *error)
{
    const char *kept = command_cache_dir(command->options, command->environment);
    enum status status = STATUS_OK;
    if (kept == NULL) {
        status = command_make_scratch("audit", command->scratch, error);
        command->cells.replay_cache = command->scratch;
    } else {
        command->cells.replay_cache = arena_format(&command->arena, "%s/replays", kept);
        status = command->cells.replay_cache == NULL ? no_memory(error) : STATUS_OK;
    }
    return status;
}

static bool is_wanted(const struct options *options, const char *weakness)
{
    for (size_t i = 0; i < options->weakness_count; i++) {
        if (strcmp(options->weaknesses[i], weakness) == 0)
            return true;
    }
    return false;
}

static enum status prepare(struct audit_command *command, struct error *error)
{
    command->cells = (struct audit_cells){.options = command->options,
                                          .environment = command->environment,
                                          .memory = &command->memory,
                                          .arena = &command->arena,
                                          .audit = &command->audit};
    for (size_t row = 1; command->options->weakness_count > 0 && row < audit_row_count; row++)
        command->audit.left_out[row] = !is_wanted(command->options, audit_rows[row].name);
    (void)pthread_mutex_init(&command->cells.mutex, NULL); /* cannot fail with these attributes */
    return choose_replay_cache(command, error);
}

int command_audit(const struct options *options, const struct environment *environment)
{
    struct audit_command command = {.options = options, .environment = environment};
    struct error error = ERROR_INIT;
    double started_s = command_seconds();
    memory_init(&command.memory, SIZE_MAX);
    arena_init(&command.arena, &command.memory);
    command.audit.solution = options->solution;
    enum status status = prepare(&command, &error);
    if (status == STATUS_OK)
        status = run_audit(&command, &error);
    command.audit.seconds = command_seconds() - started_s;
    if (status == STATUS_OK)
        status = print_audit(&command, &error);
    int exit_code = status == STATUS_OK ? verdict_exit_code(audit_verdict(&command.audit))
                                        : command_report_error(&error);
    command_remove_scratch(command.scratch);
    (void)pthread_mutex_destroy(&command.cells.mutex);
    arena_release(&command.arena);
    return exit_code;
}
