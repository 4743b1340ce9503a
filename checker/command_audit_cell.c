#include "checker/command_audit_cell.h"

#include "checker/command_verify.h"
#include "reports/field.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { ROW_SECONDS_DEFAULT = 60, KIND_SIZE = 600, DIRECTORY_MODE = 0777 };

/* The row's part of a command line. */
struct cell_options {
    struct options options;
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

static void add_kinds(struct cell_options *cell, const struct audit_row *row, const char *function)
{
    for (size_t i = 0; i < AUDIT_KINDS_MAX && row->kinds[i] != NULL; i++) {
        char *kind = cell->kinds[cell->options.fault_kind_count];
        name_kind(row->kinds[i], function, kind);
        cell->options.fault_kinds[cell->options.fault_kind_count++] = kind;
    }
}

static void fill_options(const struct audit_cells *cells, const struct audit_job *job,
                         struct cell_options *cell)
{
    const struct audit_row *row = job->row;
    struct options *options = &cell->options;
    *options = *cells->options;
    if (options->time_limit_s <= 0)
        options->time_limit_s = ROW_SECONDS_DEFAULT;
    options->memory_max = command_search_memory_limit(options) / cells->at_a_time;
    if (cells->python != NULL)
        options->python = cells->python;
    options->fault_kind_count = 0;
    options->longest_delay = row->longest_delay;
    add_kinds(cell, row, job->function);
    if (job->other != NULL)
        add_kinds(cell, job->other, job->function);
    if (row->setting == NULL || options->setting_count == MAPPING_OVERRIDES_MAX)
        return;
    (void)snprintf(cell->setting, sizeof cell->setting, "%.400s.%s", job->function, row->setting);
    options->settings[options->setting_count++] = cell->setting;
}

static const char *keep(struct audit_cells *cells, const char *text)
{
    return text == NULL || text[0] == '\0' ? NULL : arena_copy_text(cells->arena, text);
}

static enum status write_trace(struct audit_cells *cells, const struct audit_job *job,
                               const char *trace, struct audit_cell *cell, struct error *error)
{
    const char *folder = cells->options->trace_dir;
    if (folder == NULL)
        return STATUS_OK;
    if (mkdir(folder, DIRECTORY_MODE) != 0 && errno != EEXIST)
        return error_set(error, STATUS_SYSTEM, "cannot make %s: %s", folder, strerror(errno));
    cell->trace_file =
        arena_format(cells->arena, "%s/%s%s%s%s%s.json", folder, job->row->name,
                     job->other == NULL ? "" : "-and-", job->other == NULL ? "" : job->other->name,
                     job->function == NULL ? "" : "-", job->function == NULL ? "" : job->function);
    return cell->trace_file == NULL
               ? no_memory(error)
               : command_write_file(cell->trace_file, trace, strlen(trace), error);
}

/* What holds, as a number of faults and in words. */
static void read_bound(struct audit_cells *cells, const struct verify_command *verified,
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
    text_init(&text, cells->memory);
    append_bound(&text, &verified->verification);
    cell->bound = keep(cells, text_string(&text));
    text_release(&text);
}

static enum status read_violation(struct audit_cells *cells, const struct audit_job *job,
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
    cell->property = keep(cells, field_text(store, found->value, "property"));
    cell->summary = keep(cells, field_text(store, found->value, "summary"));
    cell->cause = keep(cells, field_text(store, found->value, "cause"));
    cell->defence = keep(cells, field_text(store, found->value, "defence"));
    if (cell->property == NULL || cell->summary == NULL)
        return no_memory(error);
    return write_trace(cells, job, found->trace, cell, error);
}

static enum status verify_cell(struct verify_command *verified, struct error *error)
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

/* The functions that something invokes, and the interpreter. */
static enum status name_functions(struct audit_cells *cells, const struct run *run,
                                  struct error *error)
{
    struct audit *audit = cells->audit;
    audit->scenario = keep(cells, run->scenario.name);
    for (size_t i = 0; i < run->pipeline.function_count; i++) {
        if (!run_invokes(run, i))
            continue;
        audit->functions[audit->function_count] = keep(cells, run->pipeline.functions[i].name);
        if (audit->functions[audit->function_count++] == NULL)
            return no_memory(error);
    }
    cells->python = keep(cells, run->python);
    return audit->scenario == NULL || (run->python[0] != '\0' && cells->python == NULL)
               ? no_memory(error)
               : STATUS_OK;
}

/* What the rules do not simulate, or what the function does that is not simulated, is a row without
 * a verdict; so is a function that goes its own way. Anything else that fails, fails the audit. */
static enum status excuse(struct audit_cells *cells, struct audit_cell *cell, enum status status,
                          const struct error *error)
{
    if (status == STATUS_UNSUPPORTED)
        cell->verdict = VERDICT_ERROR;
    else if (status == STATUS_NONDETERMINISTIC)
        cell->verdict = VERDICT_NONDETERMINISTIC;
    else
        return status;
    cell->message = keep(cells, error->message);
    return STATUS_OK;
}

static enum status read_cell(struct audit_cells *cells, const struct audit_job *job,
                             const struct verify_command *verified, struct error *error)
{
    struct audit_cell *cell = job->cell;
    cell->verdict = verification_verdict(&verified->verification);
    if (cell->verdict == VERDICT_VIOLATED)
        return read_violation(cells, job, verified, cell, error);
    if (cell->verdict == VERDICT_HOLDS)
        read_bound(cells, verified, cell);
    else
        cell->message = search_stop_text(verified->verification.stop);
    return STATUS_OK;
}

enum status audit_cell_run(struct audit_cells *cells, const struct audit_job *job,
                           struct error *error)
{
    struct cell_options own;
    struct environment environment = *cells->environment;
    struct verify_command verified = {.options = &own.options,
                                      .environment = &environment,
                                      .started_s = command_seconds(),
                                      .replay_once = true,
                                      .replay_cache = cells->replay_cache,
                                      .side_by_side = (unsigned)cells->at_a_time,
                                      .reached = VALUE_NONE};
    environment.workers = cells->workers;
    environment.stderr_progress = environment.stderr_progress && cells->at_a_time == 1;
    fill_options(cells, job, &own);
    memory_init(&verified.memory, own.options.memory_max);
    command_fill_request(&own.options, &environment, &verified.memory, &verified.request);
    verify_limit_hosts(&verified);
    command_choose_cache(&own.options, &environment, &verified.request);
    verified.request.fault_kinds_only = true;
    enum status status = run_create(&verified.request, &verified.run, error);
    const bool first = cells->audit->scenario == NULL;
    if (status == STATUS_OK && first)
        status = name_functions(cells, verified.run, error);
    const bool made = status == STATUS_OK;
    if (made)
        status = verify_cell(&verified, error);
    (void)pthread_mutex_lock(&cells->mutex);
    if (made && status == STATUS_OK)
        status = read_cell(cells, job, &verified, error);
    job->cell->run = true;
    if (status != STATUS_OK && !first)
        status = excuse(cells, job->cell, status, error);
    (void)pthread_mutex_unlock(&cells->mutex);
    verification_release(&verified.verification);
    run_destroy(verified.run);
    return status;
}
