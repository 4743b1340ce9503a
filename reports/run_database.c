#include "reports/run_database.h"

#include "model/base/hash.h"
#include "reports/run_database_internal.h"

#include <stdio.h>
#include <string.h>

enum { APPLICATION_ID = 0x6f6e6365 }; /* "once" */

/* Never change what has been released: append a migration. */
static const char *const migrations[] = {
    "CREATE TABLE source (" /* texts of scenarios and templates */
    "  digest TEXT PRIMARY KEY,"
    "  body TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE run ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT," /* numbers are never used again */
    "  started_ms INTEGER NOT NULL,"
    "  seconds REAL NOT NULL,"
    "  command TEXT NOT NULL,"
    "  oncecheck TEXT NOT NULL,"
    "  scenario TEXT NOT NULL,"
    "  scenario_digest TEXT NOT NULL REFERENCES source,"
    "  template_digest TEXT NOT NULL REFERENCES source,"
    "  solution TEXT,"
    "  handlers TEXT,"
    "  faults TEXT NOT NULL,"
    "  verdict TEXT NOT NULL,"
    "  exit_code INTEGER NOT NULL,"
    "  summary TEXT,"
    "  all_violations INTEGER NOT NULL,"
    "  states INTEGER NOT NULL,"
    "  transitions INTEGER NOT NULL,"
    "  depth INTEGER NOT NULL,"
    "  handler_events INTEGER NOT NULL,"
    "  handler_runs INTEGER NOT NULL,"
    "  peak_memory_bytes INTEGER NOT NULL,"
    "  result TEXT);"
    "CREATE INDEX run_by_scenario ON run (scenario);"
    "CREATE TABLE code ("
    "  run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,"
    "  function TEXT NOT NULL,"
    "  path TEXT,"
    "  digest TEXT NOT NULL,"
    "  fallback INTEGER NOT NULL,"
    "  PRIMARY KEY (run, function)) WITHOUT ROWID;"
    "CREATE TABLE violation ("
    "  run INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,"
    "  n INTEGER NOT NULL,"
    "  key TEXT NOT NULL,"
    "  property TEXT NOT NULL,"
    "  summary TEXT NOT NULL,"
    "  function TEXT,"
    "  file TEXT,"
    "  line INTEGER NOT NULL,"
    "  trace TEXT NOT NULL,"
    "  PRIMARY KEY (run, n));",
    "ALTER TABLE run ADD COLUMN coverage TEXT;",    /* oncecheck-coverage/1; NULL: none */
    "ALTER TABLE run ADD COLUMN facts_digest TEXT;" /* of run_database_digest.c */
    "ALTER TABLE run ADD COLUMN details_digest TEXT;",
};

static const struct database_schema schema = {
    .what = "run database",
    .application_id = APPLICATION_ID,
    .migrations = migrations,
    .migration_count = sizeof migrations / sizeof migrations[0],
    .busy_ms = RUN_DATABASE_BUSY_MS,
};

enum status run_database_open(struct memory *memory, const char *file,
                              struct run_database **database, struct error *error)
{
    *database = NULL;
    struct run_database *opened = memory_allocate_zeroed(memory, 1, sizeof *opened);
    if (opened == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    opened->memory = memory;
    enum status status = database_open(memory, file, &schema, &opened->file, error);
    if (status != STATUS_OK) {
        memory_free(memory, opened, sizeof *opened);
        return status;
    }
    *database = opened;
    return STATUS_OK;
}

void run_database_close(struct run_database *database)
{
    if (database == NULL)
        return;
    database_close(database->file);
    memory_free(database->memory, database, sizeof *database);
}

static enum status add_source(struct run_database *database, const char *text,
                              char digest[HASH128_TEXT_SIZE], struct error *error)
{
    struct statement *statement = NULL;
    hash128_text(hash128_bytes(text, strlen(text)), digest);
    enum status status = database_prepare(
        database->file, "INSERT OR IGNORE INTO source VALUES (?, ?)", &statement, error);
    if (status != STATUS_OK)
        return status;
    statement_bind_text(statement, 1, digest);
    statement_bind_text(statement, 2, text);
    status = statement_run(statement, error);
    statement_finish(statement);
    return status;
}

static enum status insert_run(struct run_database *database, const struct run_record *record,
                              const char *scenario_digest, const char *template_digest,
                              struct error *error)
{
    struct statement *statement = NULL;
    enum status status = database_prepare(
        database->file,
        "INSERT INTO run (started_ms, seconds, command, oncecheck, scenario, scenario_digest,"
        " template_digest, solution, handlers, faults, verdict, exit_code, summary, "
        "all_violations, states,"
        " transitions, depth, handler_events, handler_runs, peak_memory_bytes)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        &statement, error);
    if (status != STATUS_OK)
        return status;
    statement_bind_integer(statement, 1, record->started_ms);
    statement_bind_real(statement, 2, record->seconds);
    statement_bind_text(statement, 3, record->command);
    statement_bind_text(statement, 4, record->oncecheck);
    statement_bind_text(statement, 5, record->scenario);
    statement_bind_text(statement, 6, scenario_digest);
    statement_bind_text(statement, 7, template_digest);
    statement_bind_text(statement, 8, record->solution);
    statement_bind_text(statement, 9, record->handlers);
    statement_bind_text(statement, 10, record->faults);
    statement_bind_text(statement, 11, record->verdict);
    statement_bind_integer(statement, 12, record->exit_code);
    statement_bind_text(statement, 13, record->summary);
    statement_bind_integer(statement, 14, record->all_violations);
    statement_bind_integer(statement, 15, record->states);
    statement_bind_integer(statement, 16, record->transitions);
    statement_bind_integer(statement, 17, record->depth);
    statement_bind_integer(statement, 18, record->handler_events);
    statement_bind_integer(statement, 19, record->handler_runs);
    statement_bind_integer(statement, 20, record->peak_memory_bytes);
    status = statement_run(statement, error);
    statement_finish(statement);
    return status;
}

static enum status insert_codes(struct run_database *database, int64_t id,
                                const struct run_code *codes, size_t count, struct error *error)
{
    struct statement *statement = NULL;
    enum status status = database_prepare(database->file, "INSERT INTO code VALUES (?, ?, ?, ?, ?)",
                                          &statement, error);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        statement_bind_integer(statement, 1, id);
        statement_bind_text(statement, 2, codes[i].function);
        statement_bind_text(statement, 3, codes[i].path);
        statement_bind_text(statement, 4, codes[i].digest);
        statement_bind_integer(statement, 5, codes[i].fallback);
        status = statement_run(statement, error);
    }
    statement_finish(statement);
    return status;
}

static enum status insert_violations(struct run_database *database, int64_t id,
                                     const struct run_violation *violations, size_t count,
                                     struct error *error)
{
    struct statement *statement = NULL;
    enum status status =
        database_prepare(database->file, "INSERT INTO violation VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                         &statement, error);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        statement_bind_integer(statement, 1, id);
        statement_bind_integer(statement, 2, (int64_t)i + 1);
        statement_bind_text(statement, 3, violations[i].key);
        statement_bind_text(statement, 4, violations[i].property);
        statement_bind_text(statement, 5, violations[i].summary);
        statement_bind_text(statement, 6, violations[i].function);
        statement_bind_text(statement, 7, violations[i].file);
        statement_bind_integer(statement, 8, violations[i].line);
        statement_bind_text(statement, 9, violations[i].trace);
        status = statement_run(statement, error);
    }
    statement_finish(statement);
    return status;
}

enum status run_database_add(struct run_database *database, const struct run_record *record,
                             const struct run_code *codes, size_t code_count,
                             const struct run_violation *violations, size_t violation_count,
                             int64_t *id, struct error *error)
{
    char scenario_digest[HASH128_TEXT_SIZE];
    char template_digest[HASH128_TEXT_SIZE];
    enum status status = database_begin(database->file, error);
    if (status != STATUS_OK)
        return status;
    status = add_source(database, record->scenario_text, scenario_digest, error);
    if (status == STATUS_OK)
        status = add_source(database, record->template_text, template_digest, error);
    if (status == STATUS_OK)
        status = insert_run(database, record, scenario_digest, template_digest, error);
    *id = status == STATUS_OK ? database_last_id(database->file) : 0;
    if (status == STATUS_OK)
        status = insert_codes(database, *id, codes, code_count, error);
    if (status == STATUS_OK)
        status = insert_violations(database, *id, violations, violation_count, error);
    if (status != STATUS_OK)
        database_rollback(database->file);
    return status;
}

enum status run_database_add_coverage(struct run_database *database, int64_t id,
                                      const char *coverage, struct error *error)
{
    struct statement *statement = NULL;
    enum status status = database_prepare(
        database->file, "UPDATE run SET coverage = ? WHERE id = ?", &statement, error);
    if (status == STATUS_OK) {
        statement_bind_text(statement, 1, coverage);
        statement_bind_integer(statement, 2, id);
        status = statement_run(statement, error);
    }
    statement_finish(statement);
    if (status != STATUS_OK)
        database_rollback(database->file);
    return status;
}

enum status run_database_finish(struct run_database *database, int64_t id, const char *result,
                                struct error *error)
{
    struct statement *statement = NULL;
    enum status status = database_prepare(database->file, "UPDATE run SET result = ? WHERE id = ?",
                                          &statement, error);
    if (status == STATUS_OK) {
        statement_bind_text(statement, 1, result);
        statement_bind_integer(statement, 2, id);
        status = statement_run(statement, error);
    }
    statement_finish(statement);
    if (status == STATUS_OK)
        status = run_database_seal(database, id, error);
    if (status == STATUS_OK)
        return database_commit(database->file, error);
    database_rollback(database->file);
    return status;
}

static enum status delete_run(struct run_database *database, struct statement *statement,
                              int64_t id, struct error *error)
{
    statement_bind_integer(statement, 1, id);
    enum status status = statement_run(statement, error);
    if (status == STATUS_OK && database_changes(database->file) == 0)
        return error_set(error, STATUS_BAD_INPUT, "there is no run %lld", (long long)id);
    return status;
}

enum status run_database_delete(struct run_database *database, const int64_t *ids, size_t count,
                                struct error *error)
{
    struct statement *statement = NULL;
    enum status status = database_begin(database->file, error);
    if (status != STATUS_OK)
        return status;
    status = database_prepare(database->file, "DELETE FROM run WHERE id = ?", &statement, error);
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = delete_run(database, statement, ids[i], error);
    statement_finish(statement);
    if (status == STATUS_OK)
        status = database_execute(database->file,
                                  "DELETE FROM source WHERE digest NOT IN"
                                  " (SELECT scenario_digest FROM run UNION"
                                  "  SELECT template_digest FROM run)",
                                  error);
    if (status == STATUS_OK)
        return database_commit(database->file, error);
    database_rollback(database->file);
    return status;
}
