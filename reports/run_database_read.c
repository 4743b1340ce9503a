#include "reports/field.h"
#include "reports/run_database_internal.h"

#include <string.h>

/* A run as lists show it, with the digest of that. */
#define SELECT_RUN "SELECT " RUN_COLUMNS ", facts_digest FROM run "

static enum status no_memory(struct error *error)
{
    return error_set(error, STATUS_NO_MEMORY, "out of memory");
}

/* *copied false where memory runs out; else as it was. NULL for SQL's NULL. */
static const char *copy_text(struct statement *statement, int column, struct arena *arena,
                             bool *copied)
{
    size_t length = 0;
    const char *text = statement_text(statement, column, &length);
    if (text == NULL)
        return NULL;
    char *copy = arena_copy(arena, text, length);
    if (copy == NULL)
        *copied = false;
    return copy;
}

static enum status read_record(struct statement *statement, struct arena *arena,
                               struct run_record *record, struct error *error)
{
    bool copied = true;
    *record = (struct run_record){
        .id = statement_integer(statement, 0),
        .started_ms = statement_integer(statement, 1),
        .seconds = statement_real(statement, 2),
        .command = copy_text(statement, 3, arena, &copied),
        .oncecheck = copy_text(statement, 4, arena, &copied),
        .scenario = copy_text(statement, 5, arena, &copied),
        .scenario_digest = copy_text(statement, 6, arena, &copied),
        .template_digest = copy_text(statement, 7, arena, &copied),
        .solution = copy_text(statement, 8, arena, &copied),
        .handlers = copy_text(statement, 9, arena, &copied),
        .faults = copy_text(statement, 10, arena, &copied),
        .verdict = copy_text(statement, 11, arena, &copied),
        .exit_code = statement_integer(statement, 12),
        .summary = copy_text(statement, 13, arena, &copied),
        .all_violations = statement_integer(statement, 14) != 0,
        .states = statement_integer(statement, 15),
        .transitions = statement_integer(statement, 16),
        .depth = statement_integer(statement, 17),
        .handler_events = statement_integer(statement, 18),
        .handler_runs = statement_integer(statement, 19),
        .peak_memory_bytes = statement_integer(statement, 20),
    };
    return copied
               ? run_database_compare_digest(statement_text(statement, RUN_COLUMN_COUNT, NULL),
                                             run_database_row_digest(statement, RUN_COLUMN_COUNT),
                                             record->id, error)
               : no_memory(error);
}

/* A growing array in an arena: what is outgrown is left where it is. */
struct rows {
    struct arena *arena;
    void *array;
    size_t capacity;
};

/* Room for one element more; NULL: no memory. */
static void *rows_add(struct rows *rows, size_t *count, size_t size)
{
    if (*count == rows->capacity) {
        size_t larger = rows->capacity == 0 ? 16 : 2 * rows->capacity;
        void *moved = arena_allocate_array(rows->arena, larger, size);
        if (moved == NULL)
            return NULL;
        if (*count > 0)
            memcpy(moved, rows->array, *count * size);
        rows->array = moved;
        rows->capacity = larger;
    }
    return (char *)rows->array + size * (*count)++;
}

enum status run_database_list(struct run_database *database, const struct run_filter *filter,
                              struct arena *arena, struct run_record **rows, size_t *count,
                              struct error *error)
{
    struct statement *statement = NULL;
    struct rows found = {.arena = arena};
    *rows = NULL;
    *count = 0;
    enum status status = database_prepare(
        database->file,
        SELECT_RUN "WHERE (?1 IS NULL OR scenario = ?1)"
                   " AND (?2 IS NULL OR solution = ?2) AND (?3 IS NULL OR verdict = ?3)"
                   " AND started_ms >= ?4 ORDER BY id DESC LIMIT ?5",
        &statement, error);
    if (status != STATUS_OK)
        return status;
    bool all = filter->rows_max <= 0 || filter->rows_max > RUN_DATABASE_ROWS_MAX;
    statement_bind_text(statement, 1, filter->scenario);
    statement_bind_text(statement, 2, filter->solution);
    statement_bind_text(statement, 3, filter->verdict);
    statement_bind_integer(statement, 4, filter->since_ms);
    statement_bind_integer(statement, 5, all ? RUN_DATABASE_ROWS_MAX : filter->rows_max);
    bool row = true;
    while (status == STATUS_OK && row) {
        status = statement_step(statement, &row, error);
        if (status != STATUS_OK || !row)
            break;
        struct run_record *record = rows_add(&found, count, sizeof *record);
        status = record == NULL ? no_memory(error) : read_record(statement, arena, record, error);
    }
    *rows = found.array;
    statement_finish(statement);
    return status;
}

/* Prepare a statement with one placeholder and go to its first row. */
static enum status first_row(struct run_database *database, const char *sql, int64_t id,
                             struct statement **statement, bool *row, struct error *error)
{
    *row = false;
    enum status status = database_prepare(database->file, sql, statement, error);
    if (status != STATUS_OK)
        return status;
    statement_bind_integer(*statement, 1, id);
    return statement_step(*statement, row, error);
}

/* The same for a run's details, which have to be what was recorded. */
static enum status first_detail(struct run_database *database, const char *sql, int64_t id,
                                struct statement **statement, bool *row, struct error *error)
{
    *row = false;
    enum status status = run_database_check_details(database, id, error);
    return status == STATUS_OK ? first_row(database, sql, id, statement, row, error) : status;
}

static enum status no_run(int64_t id, struct error *error)
{
    return error_set(error, STATUS_BAD_INPUT, "there is no run %lld", (long long)id);
}

enum status run_database_find(struct run_database *database, int64_t id, struct arena *arena,
                              struct run_record *record, struct error *error)
{
    struct statement *statement = NULL;
    bool row = false;
    enum status status =
        first_row(database, SELECT_RUN "WHERE id = ?", id, &statement, &row, error);
    if (status == STATUS_OK)
        status = row ? read_record(statement, arena, record, error) : no_run(id, error);
    statement_finish(statement);
    return status;
}

enum status run_database_newest(struct run_database *database, int64_t back, int64_t *id,
                                struct error *error)
{
    struct statement *statement = NULL;
    bool row = false;
    enum status status = first_row(database, "SELECT id FROM run ORDER BY id DESC LIMIT 1 OFFSET ?",
                                   back, &statement, &row, error);
    if (status == STATUS_OK && row)
        *id = statement_integer(statement, 0);
    else if (status == STATUS_OK)
        status = error_set(error, STATUS_BAD_INPUT,
                           back == 0 ? "no run is recorded" : "fewer than %lld runs are recorded",
                           (long long)back + 1);
    statement_finish(statement);
    return status;
}

enum status run_database_codes(struct run_database *database, int64_t id, struct arena *arena,
                               struct run_code **codes, size_t *count, struct error *error)
{
    struct statement *statement = NULL;
    bool row = false;
    struct rows found = {.arena = arena};
    *count = 0;
    enum status status = first_detail(
        database,
        "SELECT function, path, digest, fallback FROM code WHERE run = ? ORDER BY function", id,
        &statement, &row, error);
    while (status == STATUS_OK && row) {
        bool copied = true;
        struct run_code *next = rows_add(&found, count, sizeof *next);
        if (next == NULL) {
            status = no_memory(error);
            break;
        }
        *next = (struct run_code){.function = copy_text(statement, 0, arena, &copied),
                                  .path = copy_text(statement, 1, arena, &copied),
                                  .digest = copy_text(statement, 2, arena, &copied),
                                  .fallback = statement_integer(statement, 3) != 0};
        status = copied ? statement_step(statement, &row, error) : no_memory(error);
    }
    *codes = found.array;
    statement_finish(statement);
    return status;
}

enum status run_database_violations(struct run_database *database, int64_t id, bool traces,
                                    struct arena *arena, struct run_violation **violations,
                                    size_t *count, struct error *error)
{
    struct statement *statement = NULL;
    bool row = false;
    struct rows found = {.arena = arena};
    *count = 0;
    enum status status = first_detail(
        database,
        traces ? "SELECT key, property, summary, function, file, line, trace FROM violation"
                 " WHERE run = ? ORDER BY n"
               : "SELECT key, property, summary, function, file, line, NULL FROM violation"
                 " WHERE run = ? ORDER BY n",
        id, &statement, &row, error);
    while (status == STATUS_OK && row) {
        bool copied = true;
        struct run_violation *next = rows_add(&found, count, sizeof *next);
        if (next == NULL) {
            status = no_memory(error);
            break;
        }
        *next = (struct run_violation){.key = copy_text(statement, 0, arena, &copied),
                                       .property = copy_text(statement, 1, arena, &copied),
                                       .summary = copy_text(statement, 2, arena, &copied),
                                       .function = copy_text(statement, 3, arena, &copied),
                                       .file = copy_text(statement, 4, arena, &copied),
                                       .line = statement_integer(statement, 5),
                                       .trace = copy_text(statement, 6, arena, &copied)};
        status = copied ? statement_step(statement, &row, error) : no_memory(error);
    }
    *violations = found.array;
    statement_finish(statement);
    return status;
}

enum status run_database_result(struct run_database *database, int64_t id, struct arena *arena,
                                const char **result, size_t *length, struct error *error)
{
    struct statement *statement = NULL;
    bool row = false;
    bool copied = true;
    *result = NULL;
    enum status status =
        first_detail(database, "SELECT result FROM run WHERE id = ?", id, &statement, &row, error);
    if (status == STATUS_OK && !row)
        status = no_run(id, error);
    if (status == STATUS_OK) {
        *result = copy_text(statement, 0, arena, &copied);
        if (!copied)
            status = no_memory(error);
        else if (*result == NULL)
            status = error_set(error, STATUS_BAD_INPUT, "run %lld has no result", (long long)id);
        else
            *length = strlen(*result);
    }
    statement_finish(statement);
    return status;
}

enum status run_database_coverage(struct run_database *database, int64_t id, struct arena *arena,
                                  const char **coverage, size_t *length, struct error *error)
{
    struct statement *statement = NULL;
    bool row = false;
    bool copied = true;
    *coverage = NULL;
    *length = 0;
    enum status status = first_detail(database, "SELECT coverage FROM run WHERE id = ?", id,
                                      &statement, &row, error);
    if (status == STATUS_OK && !row)
        status = no_run(id, error);
    if (status == STATUS_OK) {
        *coverage = copy_text(statement, 0, arena, &copied);
        status = copied ? STATUS_OK : no_memory(error);
    }
    if (status == STATUS_OK && *coverage != NULL)
        *length = strlen(*coverage);
    statement_finish(statement);
    return status;
}

/* What became of the messages, without saying which. */
static const char *symptom(const struct value_store *store, struct value violation)
{
    bool lost = false;
    bool old = false;
    for (size_t i = 0; i < field_count(store, violation, "messages"); i++) {
        struct value message = field_at(store, violation, "messages", i);
        int64_t expected = field_integer(store, message, "expected", 0);
        /* unknown where the sums cannot tell */
        int64_t counted = field_integer(store, message, "counted", expected);
        if (counted > 1)
            return "counted twice";
        lost = lost || counted < expected;
        old = old || counted > expected;
    }
    if (lost)
        return old ? "lost, an old version counted" : "lost";
    return old ? "an old version counted" : "wrong";
}

void run_database_append_key(struct text *key, const struct value_store *store,
                             struct value violation)
{
    const char *property = field_text(store, violation, "property");
    const char *function =
        field_text(store, value_member(store, violation, "code", VALUE_MAP), "function");
    if (function[0] == '\0')
        function = field_text(store, violation, "function");
    text_append_string(key, property);
    if (strcmp(property, "no_stuck_shard") != 0)
        text_append_format(key, ": %s", symptom(store, violation));
    if (function[0] != '\0')
        text_append_format(key, ", %s", function);
}
