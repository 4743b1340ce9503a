#include "checker/command_audit.h"

#include "checker/command_verify.h"
#include "reports/audit.h"
#include "reports/field.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { ROW_SECONDS_DEFAULT = 60, KIND_SIZE = 600, DIRECTORY_MODE = 0777 };

struct audit_command {
    const struct options *options;
    const struct environment *environment;
    struct memory memory; /* of what outlives a row */
    struct arena arena;
    struct audit audit;
};

/* One row in one function, or in all of them where that is NULL; or two rows at once. */
struct audit_job {
    const struct audit_row *row;
    const struct audit_row *other; /* NULL: none */
    const char *function;
    char kinds[2 * AUDIT_KINDS_MAX][KIND_SIZE];
    char setting[KIND_SIZE];
};

static enum status no_memory(struct error *error)
{
    return error_set(error, STATUS_NO_MEMORY, "out of memory");
}

/* "delay=1" in a function: "delay@ReduceLambda=1". */
static void name_kind(const char *kind, const char *function, char text[KIND_SIZE])
{
    size_t length = strcspn(kind, "=");
    (void)snprintf(text, KIND_SIZE, "%.*s%s%.400s%s", (int)length, kind,
                   function == NULL ? "" : "@", function == NULL ? "" : function, kind + length);
}

static void add_kinds(struct audit_job *job, const struct audit_row *row, struct options *options)
{
    for (size_t i = 0; i < AUDIT_KINDS_MAX && row->kinds[i] != NULL; i++) {
        char *kind = job->kinds[options->fault_kind_count];
        name_kind(row->kinds[i], job->function, kind);
        options->fault_kinds[options->fault_kind_count++] = kind;
    }
}

/* The row's part of a command line, added to the options. */
static void fill_options(const struct audit_command *command, struct audit_job *job,
                         struct options *options)
{
    const struct audit_row *row = job->row;
    *options = *command->options;
    if (options->time_limit_s <= 0)
        options->time_limit_s = ROW_SECONDS_DEFAULT;
    options->fault_kind_count = 0;
    options->longest_delay = row->longest_delay;
    add_kinds(job, row, options);
    if (job->other != NULL)
        add_kinds(job, job->other, options);
    if (row->setting == NULL || options->setting_count == MAPPING_OVERRIDES_MAX)
        return;
    (void)snprintf(job->setting, sizeof job->setting, "%.400s.%s", job->function, row->setting);
    options->settings[options->setting_count++] = job->setting;
}

static const char *keep(struct audit_command *command, const char *text)
{
    return text == NULL || text[0] == '\0' ? NULL : arena_copy_text(&command->arena, text);
}

static enum status write_trace(struct audit_command *command, const struct audit_job *job,
                               const char *trace, struct audit_cell *cell, struct error *error)
{
    const char *folder = command->options->trace_dir;
    if (folder == NULL)
        return STATUS_OK;
    if (mkdir(folder, DIRECTORY_MODE) != 0 && errno != EEXIST)
        return error_set(error, STATUS_SYSTEM, "cannot make %s: %s", folder, strerror(errno));
    cell->trace_file =
        arena_format(&command->arena, "%s/%s%s%s%s%s.json", folder, job->row->name,
                     job->other == NULL ? "" : "-and-", job->other == NULL ? "" : job->other->name,
                     job->function == NULL ? "" : "-", job->function == NULL ? "" : job->function);
    return cell->trace_file == NULL
               ? no_memory(error)
               : command_write_file(cell->trace_file, trace, strlen(trace), error);
}

/* What holds, as a number of faults and in words. */
static void read_bound(struct audit_command *command, const struct verify_command *verified,
                       struct audit_cell *cell)
{
    const struct run *run = verified->run;
    struct text text;
    uint32_t cap = 0;
    bool capped = false;
    for (size_t i = 0; i < FAULT_KIND_COUNT; i++) {
        if (!run->faults.enabled[i] || run->faults.cap[i] == FAULT_UNLIMITED)
            continue;
        /* a delay of one is what the row is about, and no bound of its own */
        capped = capped || run->cap_is_default[i];
        cap = run->cap_is_default[i] && run->faults.cap[i] > cap ? run->faults.cap[i] : cap;
    }
    cell->any_number = verified->verification.saturated && !capped;
    cell->faults_max = verified->verification.saturated ? cap : verified->verification.levels;
    text_init(&text, &command->memory);
    append_bound(&text, &verified->verification);
    cell->bound = keep(command, text_string(&text));
    text_release(&text);
}

static enum status read_violation(struct audit_command *command, const struct audit_job *job,
                                  const struct verify_command *verified, struct audit_cell *cell,
                                  struct error *error)
{
    const struct value_store *store = verified->run->store;
    const struct found_violation *found = &verified->found[0];
    int64_t faults = 0;
    int64_t steps = 0;
    CHECK(verified->found_count > 0);
    CHECK(value_to_integer(store, value_get_text(store, found->value, "faults"), &faults));
    CHECK(value_to_integer(store, value_get_text(store, found->value, "steps"), &steps));
    cell->faults = (uint32_t)faults;
    cell->steps = (uint32_t)steps;
    cell->property = keep(command, field_text(store, found->value, "property"));
    cell->summary = keep(command, field_text(store, found->value, "summary"));
    cell->cause = keep(command, field_text(store, found->value, "cause"));
    cell->defence = keep(command, field_text(store, found->value, "defence"));
    if (cell->property == NULL || cell->summary == NULL)
        return no_memory(error);
    return write_trace(command, job, found->trace, cell, error);
}

static enum status verify_job(struct verify_command *verified, struct error *error)
{
    const struct options *options = verified->options;
    const struct verify_options search = {.states_max = options->states_max,
                                          .workers = verified->environment->workers,
                                          .poll = verify_poll,
                                          .context = verified};
    enum status status = verify(verified->run, &search, &verified->verification, error);
    if (status == STATUS_OK && verified->verification.violated)
        status = verify_collect(verified, &search, error);
    if (verified->progress_shown)
        command_clear_progress();
    return status;
}

/* The functions that something invokes. */
static enum status name_functions(struct audit_command *command, const struct run *run,
                                  struct error *error)
{
    struct audit *audit = &command->audit;
    audit->scenario = keep(command, run->scenario.name);
    for (size_t i = 0; i < run->pipeline.function_count; i++) {
        if (!run_invokes(run, i))
            continue;
        audit->functions[audit->function_count] = keep(command, run->pipeline.functions[i].name);
        if (audit->functions[audit->function_count++] == NULL)
            return no_memory(error);
    }
    return audit->scenario == NULL ? no_memory(error) : STATUS_OK;
}

/* What the rules do not simulate, or what the function does that is not simulated, is a row without
 * a verdict; so is a function that goes its own way. Anything else that fails, fails the audit. */
static enum status excuse(struct audit_command *command, struct audit_cell *cell,
                          enum status status, const struct error *error)
{
    if (status == STATUS_UNSUPPORTED)
        cell->verdict = VERDICT_ERROR;
    else if (status == STATUS_NONDETERMINISTIC)
        cell->verdict = VERDICT_NONDETERMINISTIC;
    else
        return status;
    cell->message = keep(command, error->message);
    return STATUS_OK;
}

static enum status run_job(struct audit_command *command, struct audit_job *job,
                           struct audit_cell *cell, struct error *error)
{
    struct options options;
    struct verify_command verified = {.options = &options,
                                      .environment = command->environment,
                                      .started_s = command_seconds(),
                                      .replay_once = true,
                                      .reached = VALUE_NONE};
    fill_options(command, job, &options);
    memory_init(&verified.memory, command_memory_limit(&options));
    command_fill_request(&options, command->environment, &verified.memory, &verified.request);
    command_choose_cache(&options, command->environment, &verified.request);
    verified.request.fault_kinds_only = true;
    enum status status = run_create(&verified.request, &verified.run, error);
    bool first = command->audit.scenario == NULL;
    if (status == STATUS_OK && first)
        status = name_functions(command, verified.run, error);
    bool made = status == STATUS_OK;
    if (made)
        status = verify_job(&verified, error);
    if (made && status == STATUS_OK) {
        cell->verdict = verification_verdict(&verified.verification);
        if (cell->verdict == VERDICT_HOLDS)
            read_bound(command, &verified, cell);
        else if (cell->verdict == VERDICT_VIOLATED)
            status = read_violation(command, job, &verified, cell, error);
        else
            cell->message = search_stop_text(verified.verification.stop);
    }
    cell->run = true;
    command->audit.interrupted = *command->environment->interrupted != 0;
    if (status != STATUS_OK && !first)
        status = excuse(command, cell, status, error);
    verification_release(&verified.verification);
    run_destroy(verified.run);
    return status;
}

static enum status run_row(struct audit_command *command, size_t row, struct error *error)
{
    struct audit *audit = &command->audit;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < audit_cell_count(audit, row); i++) {
        struct audit_job job = {.row = &audit_rows[row],
                                .function = audit_rows[row].whole ? NULL : audit->functions[i]};
        if (!audit->interrupted)
            status = run_job(command, &job, &audit->cells[row][i], error);
    }
    return status;
}

/* Every two kinds that were proved one by one. */
static enum status run_pairs(struct audit_command *command, struct error *error)
{
    struct audit *audit = &command->audit;
    enum status status = STATUS_OK;
    audit->wants_pairs = true;
    audit->pairs = arena_allocate_array(&command->arena, AUDIT_PAIRS_MAX, sizeof *audit->pairs);
    if (audit->pairs == NULL)
        return no_memory(error);
    for (size_t a = 0; status == STATUS_OK && a < audit_row_count; a++) {
        for (size_t b = a + 1; status == STATUS_OK && b < audit_row_count; b++) {
            struct audit_job job = {.row = &audit_rows[a], .other = &audit_rows[b]};
            if (!audit_is_proved(audit, a) || !audit_is_proved(audit, b))
                continue;
            struct audit_pair *pair = &audit->pairs[audit->pair_count++];
            *pair = (struct audit_pair){.rows = {a, b}};
            if (!audit->interrupted)
                status = run_job(command, &job, &pair->cell, error);
        }
    }
    return status;
}

static enum status run_audit(struct audit_command *command, struct error *error)
{
    struct audit *audit = &command->audit;
    enum status status = STATUS_OK;
    CHECK(audit_row_count <= AUDIT_ROWS_MAX && audit_rows[0].whole);
    for (size_t row = 0; row < audit_row_count; row++) {
        audit->cells[row] = arena_allocate_array(&command->arena, PIPELINE_FUNCTIONS_MAX,
                                                 sizeof *audit->cells[row]);
        if (audit->cells[row] == NULL)
            return no_memory(error);
        memset(audit->cells[row], 0, PIPELINE_FUNCTIONS_MAX * sizeof *audit->cells[row]);
    }
    for (size_t row = 0; status == STATUS_OK && row < audit_row_count; row++) {
        if (!audit_broken_without_fault(audit))
            status = run_row(command, row, error);
    }
    for (size_t row = 0; status == STATUS_OK && row < audit_row_count; row++) {
        struct audit_job job = {.row = &audit_rows[row]};
        if (audit_rows[row].certified && !audit->interrupted && audit_row_holds(audit, row))
            status = run_job(command, &job, &audit->certificate[row], error);
    }
    if (status == STATUS_OK && command->options->pairs)
        status = run_pairs(command, error);
    return status;
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

int command_audit(const struct options *options, const struct environment *environment)
{
    struct audit_command command = {.options = options, .environment = environment};
    struct error error = ERROR_INIT;
    double started_s = command_seconds();
    memory_init(&command.memory, SIZE_MAX);
    arena_init(&command.arena, &command.memory);
    command.audit.solution = options->solution;
    enum status status = run_audit(&command, &error);
    command.audit.seconds = command_seconds() - started_s;
    if (status == STATUS_OK)
        status = print_audit(&command, &error);
    int exit_code = status == STATUS_OK ? verdict_exit_code(audit_verdict(&command.audit))
                                        : command_report_error(&error);
    arena_release(&command.arena);
    return exit_code;
}
