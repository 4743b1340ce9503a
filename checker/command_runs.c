#include "checker/command_runs.h"

#include "checker/command_record.h"
#include "checker/command_runs_compare.h"
#include "checker/package.h"
#include "model/base/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define RUNS_FORMAT "oncecheck-runs/1"
#define RUN_FORMAT "oncecheck-run/1"

enum { TIME_TEXT_SIZE = 32, DIGEST_SHOWN = 12 };

struct runs_command {
    const struct options *options;
    const struct environment *environment;
    struct memory memory;
    struct arena arena;
    struct value_store *store;
    struct run_database *database; /* NULL: there is no file yet */
    struct text text;              /* for people */
    struct value json;
};

bool command_names_run(const char *text)
{
    if (strncmp(text, "last", 4) == 0)
        text += text[4] == '-' && text[5] != '\0' ? 5 : 4;
    else if (*text == '\0')
        return false;
    return text[strspn(text, "0123456789")] == '\0';
}

enum status command_find_run(struct run_database *database, const char *text, int64_t *id,
                             struct error *error)
{
    if (!command_names_run(text))
        return error_set(error, STATUS_BAD_INPUT,
                         "found '%s', expected a run: its number, last or last-N", text);
    if (database == NULL)
        return error_set(error, STATUS_BAD_INPUT, "no run is recorded");
    bool last = strncmp(text, "last", 4) == 0;
    const char *digits = last ? (text[4] == '-' ? text + 5 : "0") : text;
    errno = 0;
    long long number = strtoll(digits, NULL, 10);
    if (errno != 0)
        return error_set(error, STATUS_BAD_INPUT, "there is no run %s", text);
    if (last)
        return run_database_newest(database, number, id, error);
    *id = number;
    return STATUS_OK;
}

enum status command_open_runs(const struct options *options, const struct environment *environment,
                              struct memory *memory, struct run_database **database,
                              struct error *error)
{
    const char *file = command_database_file(options, environment);
    *database = NULL;
    if (file == NULL)
        return error_set(error, STATUS_BAD_INPUT,
                         "neither $XDG_STATE_HOME nor $HOME says where the run database is: "
                         "--db FILE");
    if (!path_is_file(file)) {
        if (options->database_file != NULL)
            return error_set(error, STATUS_BAD_INPUT, "--db: %s: no such file", file);
        return STATUS_OK;
    }
    return run_database_open(memory, file, database, error);
}

/* Local time for people, UTC for JSON. */
static const char *time_text(int64_t ms, bool local, char text[TIME_TEXT_SIZE])
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm parts;
    bool known = (local ? localtime_r(&seconds, &parts) : gmtime_r(&seconds, &parts)) != NULL;
    if (!known || strftime(text, TIME_TEXT_SIZE, local ? "%Y-%m-%d %H:%M:%S" : "%Y-%m-%dT%H:%M:%SZ",
                           &parts) == 0)
        (void)snprintf(text, TIME_TEXT_SIZE, "?");
    return text;
}

static struct value put_integer(struct value_store *store, struct value map, const char *name,
                                int64_t integer)
{
    return value_put_text(store, map, name, value_integer(store, integer));
}

static struct value record_value(struct value_store *store, const struct run_record *record)
{
    char started[TIME_TEXT_SIZE];
    char seconds[64];
    struct decimal decimal = decimal_from_integer(0);
    int length = snprintf(seconds, sizeof seconds, "%.3f", record->seconds);
    (void)decimal_parse(seconds, (size_t)length, &decimal); /* digits and a point */
    struct value value = value_map(store, NULL, 0);
    value = put_integer(store, value, "run", record->id);
    value = value_put_text(store, value, "started",
                           value_text(store, time_text(record->started_ms, false, started)));
    value = value_put_text(store, value, "seconds", value_number(store, &decimal));
    value = value_put_text(store, value, "command", value_text(store, record->command));
    value = value_put_text(store, value, "oncecheck", value_text(store, record->oncecheck));
    value = value_put_text(store, value, "scenario", value_text(store, record->scenario));
    value = value_put_text(store, value, "solution", value_text_or_null(store, record->solution));
    value = value_put_text(store, value, "handlers", value_text_or_null(store, record->handlers));
    value = value_put_text(store, value, "faults", value_text(store, record->faults));
    value = value_put_text(store, value, "verdict", value_text(store, record->verdict));
    value = put_integer(store, value, "exit_code", record->exit_code);
    value = value_put_text(store, value, "summary", value_text_or_null(store, record->summary));
    value =
        value_put_text(store, value, "all_violations", value_bool(store, record->all_violations));
    value = put_integer(store, value, "states", record->states);
    value = put_integer(store, value, "transitions", record->transitions);
    value = put_integer(store, value, "depth", record->depth);
    value = put_integer(store, value, "handler_events", record->handler_events);
    value = put_integer(store, value, "handler_runs", record->handler_runs);
    return put_integer(store, value, "peak_memory_bytes", record->peak_memory_bytes);
}

static const char *code_name(const struct run_record *record)
{
    if (record->solution != NULL)
        return record->solution;
    return record->handlers == NULL ? "" : record->handlers;
}

static enum status list_runs(struct runs_command *command, struct error *error)
{
    const struct options *options = command->options;
    struct value_store *store = command->store;
    struct run_record *rows = NULL;
    size_t count = 0;
    struct run_filter filter = {.scenario = options->scenario,
                                .solution = options->solution_filter,
                                .verdict = options->verdict_filter,
                                .since_ms = INT64_MIN,
                                .rows_max = options->runs_max > RUN_DATABASE_ROWS_MAX
                                                ? RUN_DATABASE_ROWS_MAX
                                                : (int64_t)options->runs_max};
    if (options->since_s > 0)
        filter.since_ms = command_now_ms() - (int64_t)(options->since_s * 1000);
    enum status status = STATUS_OK;
    if (command->database != NULL)
        status =
            run_database_list(command->database, &filter, &command->arena, &rows, &count, error);
    struct value list = value_list(store, NULL, 0);
    if (count > 0)
        text_append_format(&command->text, "%6s  %-19s  %-16s %-14s %s\n", "run", "when", "verdict",
                           "scenario", "solution");
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        char when[TIME_TEXT_SIZE];
        list = value_append(store, list, record_value(store, &rows[i]));
        text_append_format(&command->text, "%6lld  %-19s  %-16s %-14s %s%s%s\n",
                           (long long)rows[i].id, time_text(rows[i].started_ms, true, when),
                           rows[i].verdict, rows[i].scenario, code_name(&rows[i]),
                           rows[i].summary == NULL ? "" : ": ",
                           rows[i].summary == NULL ? "" : rows[i].summary);
    }
    if (count == 0)
        text_append_string(&command->text, command->database == NULL ? "No run is recorded yet.\n"
                                                                     : "No run fits.\n");
    command->json = value_map(store, NULL, 0);
    command->json = value_put_text(store, command->json, "format", value_text(store, RUNS_FORMAT));
    command->json = value_put_text(store, command->json, "runs", list);
    return status;
}

static void show_codes(struct runs_command *command, const struct run_code *codes, size_t count)
{
    struct value_store *store = command->store;
    struct value map = value_map(store, NULL, 0);
    for (size_t i = 0; i < count; i++) {
        text_append_format(&command->text, "  %-16s %.*s  %s%s\n", codes[i].function, DIGEST_SHOWN,
                           codes[i].digest,
                           codes[i].path == NULL ? "C reference handler" : codes[i].path,
                           codes[i].fallback ? "  (not in the solution)" : "");
        struct value code = value_map(store, NULL, 0);
        code = value_put_text(store, code, "code", value_text_or_null(store, codes[i].path));
        code = value_put_text(store, code, "digest", value_text(store, codes[i].digest));
        code = value_put_text(store, code, "fallback", value_bool(store, codes[i].fallback));
        map = value_put_text(store, map, codes[i].function, code);
    }
    command->json = value_put_text(store, command->json, "functions", map);
}

static void show_violations(struct runs_command *command, const struct run_violation *violations,
                            size_t count)
{
    struct value_store *store = command->store;
    struct value list = value_list(store, NULL, 0);
    for (size_t i = 0; i < count; i++) {
        text_append_format(&command->text, "  violated: %s: %s", violations[i].property,
                           violations[i].summary);
        if (violations[i].function != NULL)
            text_append_format(&command->text, "  (%s/%s:%lld)", violations[i].function,
                               violations[i].file == NULL ? "" : violations[i].file,
                               (long long)violations[i].line);
        text_append_char(&command->text, '\n');
        list = value_append(store, list, command_violation_value(store, &violations[i]));
    }
    command->json = value_put_text(store, command->json, "violations", list);
}

static void show_record(struct runs_command *command, const struct run_record *record)
{
    char when[TIME_TEXT_SIZE];
    struct text *text = &command->text;
    text_append_format(text, "Run %lld: %s, scenario %s, faults %s%s%s\n", (long long)record->id,
                       record->verdict, record->scenario, record->faults,
                       code_name(record)[0] == '\0' ? "" : ", ", code_name(record));
    text_append_format(text, "  %s, %.2f s, oncecheck %s %s\n",
                       time_text(record->started_ms, true, when), record->seconds, record->command,
                       record->oncecheck);
    text_append_format(text,
                       "  %lld states, %lld transitions, depth %lld; %lld events of functions, "
                       "%lld runs of Python; %.0f MB\n",
                       (long long)record->states, (long long)record->transitions,
                       (long long)record->depth, (long long)record->handler_events,
                       (long long)record->handler_runs,
                       (double)record->peak_memory_bytes / 1048576.0);
}

static enum status show_run(struct runs_command *command, struct error *error)
{
    struct value_store *store = command->store;
    struct run_record record;
    struct run_code *codes = NULL;
    struct run_violation *violations = NULL;
    size_t code_count = 0;
    size_t violation_count = 0;
    const char *result = NULL;
    size_t length = 0;
    int64_t id = 0;
    struct value parsed;
    const char *trace_file = command->options->trace_file;
    struct arena *arena = &command->arena;
    enum status status =
        command_find_run(command->database, command->options->operands[1], &id, error);
    if (status == STATUS_OK)
        status = run_database_find(command->database, id, arena, &record, error);
    if (status == STATUS_OK)
        status = run_database_codes(command->database, id, arena, &codes, &code_count, error);
    if (status == STATUS_OK)
        status = run_database_violations(command->database, id, trace_file != NULL, arena,
                                         &violations, &violation_count, error);
    if (status == STATUS_OK)
        status = run_database_result(command->database, id, arena, &result, &length, error);
    if (status == STATUS_OK)
        status = json_parse(store, result, length, NULL, &parsed, error);
    if (status == STATUS_OK && trace_file != NULL && violation_count == 0)
        status =
            error_set(error, STATUS_BAD_INPUT, "run %lld has no counterexample", (long long)id);
    for (size_t i = 0; status == STATUS_OK && trace_file != NULL && i < violation_count; i++) {
        const char *file = command_numbered_file(arena, trace_file, i + 1);
        if (file != NULL)
            status =
                command_write_file(file, violations[i].trace, strlen(violations[i].trace), error);
    }
    if (status != STATUS_OK)
        return status;
    command->json = record_value(store, &record);
    command->json = value_put_text(store, command->json, "format", value_text(store, RUN_FORMAT));
    command->json = value_put_text(store, command->json, "result", parsed);
    show_record(command, &record);
    show_codes(command, codes, code_count);
    show_violations(command, violations, violation_count);
    return STATUS_OK;
}

static enum status delete_runs(struct runs_command *command, struct error *error)
{
    const struct options *options = command->options;
    size_t count = options->operand_count - 1;
    int64_t *ids = arena_allocate_array(&command->arena, count, sizeof *ids);
    size_t distinct = 0;
    if (ids == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < count; i++) {
        int64_t id = 0;
        enum status status =
            command_find_run(command->database, options->operands[i + 1], &id, error);
        if (status != STATUS_OK)
            return status;
        size_t same = 0;
        while (same < distinct && ids[same] != id)
            same++;
        ids[same] = id;
        distinct += same == distinct ? 1 : 0;
    }
    enum status status = run_database_delete(command->database, ids, distinct, error);
    if (status == STATUS_OK)
        text_append_format(&command->text, "%zu run%s deleted.\n", distinct,
                           distinct == 1 ? "" : "s");
    return status;
}

static enum status compare_runs(struct runs_command *command, bool *violated, struct error *error)
{
    struct run_comparison comparison;
    int64_t ids[2] = {0, 0};
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < 2; i++)
        status =
            command_find_run(command->database, command->options->operands[i + 1], &ids[i], error);
    if (status == STATUS_OK)
        status = run_comparison_read(command->database, ids, &command->arena, &comparison, error);
    if (status != STATUS_OK)
        return status;
    run_comparison_append(&command->text, &comparison);
    command->json = run_comparison_value(command->store, &comparison);
    *violated = comparison.new_count > 0 && command->options->fail_on_violation;
    return STATUS_OK;
}

static enum status run_verb(struct runs_command *command, bool *violated, struct error *error)
{
    const struct options *options = command->options;
    const char *verb = options->operand_count == 0 ? "list" : options->operands[0];
    size_t count = options->operand_count == 0 ? 0 : options->operand_count - 1;
    if (strcmp(verb, "list") == 0 && count == 0)
        return list_runs(command, error);
    if (strcmp(verb, "show") == 0 && count == 1)
        return show_run(command, error);
    if (strcmp(verb, "compare") == 0 && count == 2)
        return compare_runs(command, violated, error);
    if (strcmp(verb, "delete") == 0 && count > 0)
        return delete_runs(command, error);
    return error_set(
        error, STATUS_BAD_INPUT,
        "found 'runs %s' with %zu argument%s, expected list, show RUN, compare RUN RUN "
        "or delete RUN...",
        verb, count, count == 1 ? "" : "s");
}

static enum status print_runs(struct runs_command *command, struct error *error)
{
    const char *json_file = command->options->json_file;
    const char *trace_file = command->options->trace_file;
    bool standard_output = (json_file != NULL && strcmp(json_file, "-") == 0) ||
                           (trace_file != NULL && strcmp(trace_file, "-") == 0);
    struct text *text = &command->text;
    enum status status = STATUS_OK;
    if (text_failed(text) || value_store_failed(command->store))
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    if (!standard_output)
        status = command_write_text("-", text, error);
    if (status != STATUS_OK || json_file == NULL || value_is_none(command->json))
        return status;
    return command_write_json(json_file, command->store, command->json, error);
}

int command_runs(const struct options *options, const struct environment *environment)
{
    struct runs_command command = {
        .options = options, .environment = environment, .json = VALUE_NONE};
    struct error error = ERROR_INIT;
    bool violated = false;
    memory_init(&command.memory, command_memory_limit(options));
    arena_init(&command.arena, &command.memory);
    text_init(&command.text, &command.memory);
    command.store = value_store_create(&command.memory);
    enum status status =
        command.store == NULL
            ? error_set(&error, STATUS_NO_MEMORY, "out of memory")
            : command_open_runs(options, environment, &command.memory, &command.database, &error);
    if (status == STATUS_OK)
        status = run_verb(&command, &violated, &error);
    if (status == STATUS_OK)
        status = print_runs(&command, &error);
    run_database_close(command.database);
    value_store_destroy(command.store);
    text_release(&command.text);
    arena_release(&command.arena);
    if (status != STATUS_OK)
        return command_report_error(&error);
    return violated ? 1 : 0;
}
