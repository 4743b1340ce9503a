#include "checker/command_record.h"

#include "model/base/json.h"
#include "reports/field.h"
#include "reports/version.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static void warn(const struct error *error)
{
    char text[ERROR_MESSAGE_SIZE + ERROR_FILE_SIZE + 32];
    fprintf(stderr, "oncecheck: warning: this run is not recorded: %s\n",
            error_format(error, text, sizeof text));
}

const char *command_database_file(const struct options *options,
                                  const struct environment *environment)
{
    if (options->no_database)
        return NULL;
    if (options->database_file != NULL)
        return options->database_file;
    return environment->run_database[0] == '\0' ? NULL : environment->run_database;
}

/* The folders above `file`, each that is not there yet. Whether that went well is seen when the
 * file is opened. */
static void make_folders(const char *file)
{
    char folder[PATH_TEXT_SIZE];
    (void)snprintf(folder, sizeof folder, "%s", file);
    for (char *slash = strchr(folder + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(folder, 0700);
        *slash = '/';
    }
}

enum status command_record_open(const struct options *options,
                                const struct environment *environment, struct memory *memory,
                                struct run_database **database, struct error *error)
{
    struct error problem = ERROR_INIT;
    const char *file = command_database_file(options, environment);
    *database = NULL;
    if (file == NULL)
        return STATUS_OK;
    if (options->database_file != NULL)
        return run_database_open(memory, file, database, error);
    make_folders(file);
    if (run_database_open(memory, file, database, &problem) != STATUS_OK)
        warn(&problem);
    return STATUS_OK;
}

int64_t command_now_ms(void)
{
    struct timespec now;
    if (clock_gettime(CLOCK_REALTIME, &now) != 0)
        return 0;
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static const char *handlers_name(enum run_handlers handlers)
{
    switch (handlers) {
    case RUN_REFERENCE_LAB1:
        return "lab1";
    case RUN_REFERENCE_LAB2:
        return "lab2";
    case RUN_PYTHON:
        break;
    }
    return NULL;
}

/* NULL where there is none. */
static const char *text_of(const struct value_store *store, struct value map, const char *name)
{
    const char *text = field_text(store, map, name);
    return text[0] == '\0' ? NULL : text;
}

/* "any: crash, timeout=1; --set StateLambda.BatchSize=2": also what neither the scenario's text nor
 * the template's tells, for two runs are of the same inputs only if these are the same. */
static void append_asked(struct text *text, const struct run *run)
{
    const char *joint = ": ";
    if (run->faults.limit == FAULT_UNLIMITED)
        text_append_string(text, "any");
    else
        text_append_format(text, "%u", (unsigned)run->faults.limit);
    for (size_t i = 0; i < FAULT_KIND_COUNT; i++) {
        if (!run->faults.enabled[i])
            continue;
        text_append_format(text, "%s%s", joint, fault_kind_name((enum fault_kind)i));
        if (run->faults.cap[i] != FAULT_UNLIMITED)
            text_append_format(text, "=%u", (unsigned)run->faults.cap[i]);
        joint = ", ";
    }
    const struct template_parameters *parameters = run->request->parameters;
    for (size_t i = 0; parameters != NULL && i < parameters->count; i++)
        text_append_format(text, "; --parameter %s=%s", parameters->items[i].name,
                           parameters->items[i].value);
    for (size_t i = 0; i < run->request->setting_count; i++)
        text_append_format(text, "; --set %s", run->request->settings[i]);
}

static void fill_record(const struct run *run, const struct record_request *request,
                        const struct result_runtime *runtime, struct run_record *record)
{
    const struct verification *verification = request->verification;
    *record = (struct run_record){.started_ms = request->started_ms,
                                  .seconds = runtime->seconds,
                                  .command = request->command,
                                  .oncecheck = ONCECHECK_VERSION,
                                  .scenario = run->scenario.name,
                                  .scenario_text = run->scenario_text,
                                  .template_text = run->template_text,
                                  .solution = run->request->solution,
                                  .handlers = handlers_name(run->request->handlers),
                                  .exit_code = request->exit_code,
                                  .handler_events = (int64_t)runtime->handlers.handler_events,
                                  .handler_runs = (int64_t)runtime->handlers.handler_runs,
                                  .peak_memory_bytes = (int64_t)runtime->peak_memory_bytes};
    if (request->failure != NULL) {
        bool chance = request->failure->status == STATUS_NONDETERMINISTIC;
        record->verdict = verdict_name(chance ? VERDICT_NONDETERMINISTIC : VERDICT_ERROR);
        record->summary = request->failure->message;
        return;
    }
    record->verdict = verdict_name(verification_verdict(verification));
    record->all_violations = verification->listed_all;
    for (int i = 0; i < VALUATION_COUNT; i++) {
        const struct valuation_statistics *part = &verification->valuations[i];
        record->states += (int64_t)part->states;
        record->transitions += (int64_t)part->transitions;
        record->depth = part->depth > record->depth ? part->depth : record->depth;
    }
    if (request->found_count > 0)
        record->summary = field_text(run->store, request->found[0].value, "summary");
    else if (verification_verdict(verification) == VERDICT_INCONCLUSIVE)
        record->summary = search_stop_text(verification->stop);
}

static void fill_violation(const struct run *run, const struct found_violation *found,
                           struct run_violation *violation)
{
    const struct value_store *store = run->store;
    struct value code = value_member(store, found->value, "code", VALUE_MAP);
    *violation = (struct run_violation){.key = found->key,
                                        .property = field_text(store, found->value, "property"),
                                        .summary = field_text(store, found->value, "summary"),
                                        .function = text_of(store, code, "function"),
                                        .file = text_of(store, code, "file"),
                                        .line = field_integer(store, code, "line", 0),
                                        .trace = found->trace};
}

static size_t fill_codes(const struct run *run, struct run_code *codes)
{
    size_t count = 0;
    for (size_t i = 0; i < run->pipeline.function_count; i++) {
        if (run->trees[i] == NULL)
            continue;
        codes[count++] = (struct run_code){.function = run->pipeline.functions[i].name,
                                           .path = run->sources[i].path,
                                           .digest = run->sources[i].digest,
                                           .fallback = run->sources[i].fallback};
    }
    return count;
}

struct value command_result(const struct record_request *request,
                            const struct result_runtime *runtime)
{
    const struct found_violation *first = request->found_count > 0 ? &request->found[0] : NULL;
    const struct verification *verification = request->verification;
    struct value result =
        result_value(verification, request->puts, first == NULL ? VALUE_NONE : first->value,
                     first == NULL ? NULL : first->trace_file, runtime);
    struct value_store *store = verification->run->store;
    if (!value_is_none(request->steps))
        result = value_put_text(store, result, "lab_steps", request->steps);
    if (!value_is_none(request->determinism))
        result = value_put_text(store, result, "determinism", request->determinism);
    return request->lists_violations
               ? result_put_violations(store, result, request->found, request->found_count,
                                       verification->listed_all)
               : result;
}

static enum status finish(struct run_database *database, const struct run *run,
                          const struct record_request *request,
                          const struct result_runtime *runtime, struct error *error)
{
    struct text text;
    text_init(&text, run->memory);
    if (request->failure != NULL) {
        append_error_result(&text, request->failure, request->exit_code);
    } else {
        json_append_pretty(&text, run->store, command_result(request, runtime), 0);
        text_append_char(&text, '\n');
    }
    enum status status =
        text_failed(&text) ? error_set(error, STATUS_NO_MEMORY, "out of memory for the result")
                           : run_database_finish(database, runtime->run, text_string(&text), error);
    text_release(&text);
    return status;
}

static enum status add_coverage(struct run_database *database, const struct run *run,
                                struct value coverage, int64_t id, struct error *error)
{
    struct text text;
    text_init(&text, run->memory);
    json_append(&text, run->store, coverage);
    enum status status = text_failed(&text)
                             ? error_set(error, STATUS_NO_MEMORY, "out of memory for the coverage")
                             : run_database_add_coverage(database, id, text_string(&text), error);
    text_release(&text);
    return status;
}

void command_record(struct run_database *database, const struct run *run,
                    const struct record_request *request, struct result_runtime *runtime)
{
    struct error error = ERROR_INIT;
    struct run_record record;
    struct run_violation *violations = NULL;
    struct run_code codes[PIPELINE_FUNCTIONS_MAX];
    struct text asked;
    runtime->run = 0;
    if (database == NULL)
        return;
    size_t code_count = fill_codes(run, codes);
    text_init(&asked, run->memory);
    append_asked(&asked, run);
    fill_record(run, request, runtime, &record);
    record.faults = text_string(&asked);
    enum status status = STATUS_OK;
    size_t count = request->found_count;
    size_t size = count * sizeof *violations;
    if (count > 0 && (violations = memory_allocate(run->memory, size)) == NULL)
        status = error_set(&error, STATUS_NO_MEMORY, "out of memory");
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        fill_violation(run, &request->found[i], &violations[i]);
    if (status == STATUS_OK)
        status = run_database_add(database, &record, codes, code_count, violations, count,
                                  &runtime->run, &error);
    if (status == STATUS_OK && !value_is_none(request->coverage))
        status = add_coverage(database, run, request->coverage, runtime->run, &error);
    if (status == STATUS_OK)
        status = finish(database, run, request, runtime, &error);
    memory_free(run->memory, violations, size);
    text_release(&asked);
    if (status == STATUS_OK)
        return;
    runtime->run = 0;
    warn(&error);
}
