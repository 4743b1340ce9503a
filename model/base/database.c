#include "model/base/database.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

enum { FILE_SHOWN_MAX = 400, WAL_WAIT_MS = 5 };

struct database {
    struct memory *memory;
    sqlite3 *handle;
    char file[FILE_SHOWN_MAX];
    const char *what;
    int32_t application_id;
};

struct statement {
    struct database *database;
    sqlite3_stmt *handle;
    int failure; /* the first failing bind; SQLITE_OK: none */
};

/* What the system call that SQLite made last has said; "": nothing. */
static const char *system_cause(const struct database *database)
{
    int number = database->handle == NULL ? 0 : sqlite3_system_errno(database->handle);
    return number == 0 ? "" : strerror(number);
}

static enum status fail(const struct database *database, int code, struct error *error)
{
    const char *said =
        database->handle == NULL ? sqlite3_errstr(code) : sqlite3_errmsg(database->handle);
    const char *cause = system_cause(database);
    switch (code & 0xff) {
    case SQLITE_NOMEM:
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    case SQLITE_NOTADB:
        return error_at(error, STATUS_BAD_INPUT, database->file, 0, 0,
                        "this is no %s: the file is no SQLite database", database->what);
    case SQLITE_CORRUPT:
        return error_at(error, STATUS_BAD_INPUT, database->file, 0, 0, "the %s is damaged (%s)",
                        database->what, said);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return error_at(error, STATUS_LIMIT, database->file, 0, 0,
                        "another process keeps the %s locked", database->what);
    case SQLITE_FULL:
        return error_at(error, STATUS_SYSTEM, database->file, 0, 0,
                        "cannot write the %s: the disk is full", database->what);
    case SQLITE_READONLY:
        return error_at(error, STATUS_SYSTEM, database->file, 0, 0, "the %s cannot be written to",
                        database->what);
    default:
        return error_at(error, STATUS_SYSTEM, database->file, 0, 0, "%s: %s%s%s", database->what,
                        said, cause[0] == '\0' ? "" : ": ", cause);
    }
}

static enum status fail_to_open(const struct database *database, int code, struct error *error)
{
    const char *cause = system_cause(database);
    return error_at(error, STATUS_SYSTEM, database->file, 0, 0, "cannot open the %s: %s%s%s",
                    database->what, sqlite3_errstr(code), cause[0] == '\0' ? "" : ": ", cause);
}

/* The integer that a pragma returns. */
static enum status read_pragma(struct database *database, const char *sql, int64_t *integer,
                               struct error *error)
{
    struct statement *statement = NULL;
    bool row = false;
    enum status status = database_prepare(database, sql, &statement, error);
    if (status == STATUS_OK)
        status = statement_step(statement, &row, error);
    *integer = row ? statement_integer(statement, 0) : 0;
    statement_finish(statement);
    return status;
}

/* The first process to use a file makes it one with a write-ahead log, which the busy handler does
 * not wait for. Where the file system allows none, SQLite keeps its rollback journal, which is as
 * consistent. */
static enum status use_write_ahead_log(struct database *database, unsigned busy_ms,
                                       struct error *error)
{
    int code = SQLITE_BUSY;
    for (unsigned waited_ms = 0; waited_ms <= busy_ms; waited_ms += WAL_WAIT_MS) {
        code = sqlite3_exec(database->handle, "PRAGMA journal_mode = WAL", NULL, NULL, NULL);
        if ((code & 0xff) != SQLITE_BUSY)
            break;
        (void)sqlite3_sleep(WAL_WAIT_MS);
    }
    return code == SQLITE_OK ? STATUS_OK : fail(database, code, error);
}

static enum status check_version(struct database *database, const struct database_schema *schema,
                                 int64_t *version, struct error *error)
{
    int64_t application = 0;
    int64_t tables = 0;
    enum status status = read_pragma(database, "PRAGMA user_version", version, error);
    if (status == STATUS_OK)
        status = read_pragma(database, "PRAGMA application_id", &application, error);
    if (status == STATUS_OK)
        status = read_pragma(database, "SELECT count(*) FROM sqlite_schema", &tables, error);
    if (status != STATUS_OK)
        return status;
    bool empty = application == 0 && *version == 0 && tables == 0;
    if (!empty && application != schema->application_id)
        return error_at(error, STATUS_BAD_INPUT, database->file, 0, 0,
                        "this is no %s: the SQLite database belongs to another program",
                        schema->what);
    if (*version < 0 || (uint64_t)*version > schema->migration_count)
        return error_at(error, STATUS_BAD_INPUT, database->file, 0, 0,
                        "the %s is of version %lld, and this oncecheck knows versions up to %zu: "
                        "use the oncecheck that made it, or another file",
                        schema->what, (long long)*version, schema->migration_count);
    return STATUS_OK;
}

/* Another process may migrate at the same time: the version is read again within the transaction.
 */
static enum status migrate(struct database *database, const struct database_schema *schema,
                           struct error *error)
{
    int64_t version = 0;
    enum status status = database_begin(database, error);
    if (status == STATUS_OK)
        status = check_version(database, schema, &version, error);
    for (size_t i = (size_t)version; status == STATUS_OK && i < schema->migration_count; i++)
        status = database_execute(database, schema->migrations[i], error);
    if (status == STATUS_OK) {
        char sql[96];
        snprintf(sql, sizeof sql, "PRAGMA application_id = %ld; PRAGMA user_version = %zu",
                 (long)schema->application_id, schema->migration_count);
        status = database_execute(database, sql, error);
    }
    if (status == STATUS_OK)
        return database_commit(database, error);
    database_rollback(database);
    return error_wrap(error, "preparing the %s", schema->what);
}

static enum status set_up(struct database *database, const struct database_schema *schema,
                          struct error *error)
{
    int64_t version = 0;
    int code = sqlite3_busy_timeout(database->handle, (int)schema->busy_ms);
    if (code != SQLITE_OK)
        return fail(database, code, error);
    /* one read transaction: another process may be making the file at this moment */
    enum status status = database_execute(database, "BEGIN", error);
    if (status == STATUS_OK)
        status = check_version(database, schema, &version, error);
    database_rollback(database);
    if (status == STATUS_OK)
        status = use_write_ahead_log(database, schema->busy_ms, error);
    if (status == STATUS_OK)
        status = database_execute(database, "PRAGMA synchronous = NORMAL; PRAGMA foreign_keys = ON",
                                  error);
    if (status == STATUS_OK && (size_t)version < schema->migration_count)
        status = migrate(database, schema, error);
    return status;
}

enum status database_open(struct memory *memory, const char *file,
                          const struct database_schema *schema, struct database **database,
                          struct error *error)
{
    *database = NULL;
    struct database *opened = memory_allocate_zeroed(memory, 1, sizeof *opened);
    if (opened == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    opened->memory = memory;
    opened->what = schema->what;
    opened->application_id = schema->application_id;
    (void)snprintf(opened->file, sizeof opened->file, "%s", file);
    int code =
        sqlite3_open_v2(file, &opened->handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    enum status status = STATUS_OK;
    if (code != SQLITE_OK)
        status = fail_to_open(opened, code, error);
    else
        status = set_up(opened, schema, error);
    if (status != STATUS_OK) {
        database_close(opened);
        return status;
    }
    *database = opened;
    return STATUS_OK;
}

void database_close(struct database *database)
{
    if (database == NULL)
        return;
    (void)sqlite3_close_v2(database->handle);
    memory_free(database->memory, database, sizeof *database);
}

enum status database_execute(struct database *database, const char *sql, struct error *error)
{
    int code = sqlite3_exec(database->handle, sql, NULL, NULL, NULL);
    return code == SQLITE_OK ? STATUS_OK : fail(database, code, error);
}

enum status database_begin(struct database *database, struct error *error)
{
    return database_execute(database, "BEGIN IMMEDIATE", error);
}

enum status database_commit(struct database *database, struct error *error)
{
    enum status status = database_execute(database, "COMMIT", error);
    if (status != STATUS_OK)
        database_rollback(database);
    return status;
}

void database_rollback(struct database *database)
{
    /* a failing statement may have ended the transaction already */
    if (sqlite3_get_autocommit(database->handle) == 0)
        (void)sqlite3_exec(database->handle, "ROLLBACK", NULL, NULL, NULL);
}

int64_t database_last_id(const struct database *database)
{
    return sqlite3_last_insert_rowid(database->handle);
}

int64_t database_changes(const struct database *database)
{
    return sqlite3_changes64(database->handle);
}

enum status database_prepare(struct database *database, const char *sql,
                             struct statement **statement, struct error *error)
{
    *statement = NULL;
    struct statement *prepared = memory_allocate_zeroed(database->memory, 1, sizeof *prepared);
    if (prepared == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    prepared->database = database;
    int code = sqlite3_prepare_v2(database->handle, sql, -1, &prepared->handle, NULL);
    if (code != SQLITE_OK) {
        memory_free(database->memory, prepared, sizeof *prepared);
        return fail(database, code, error);
    }
    *statement = prepared;
    return STATUS_OK;
}

void statement_finish(struct statement *statement)
{
    if (statement == NULL)
        return;
    (void)sqlite3_finalize(statement->handle); /* repeats the error of the last step */
    memory_free(statement->database->memory, statement, sizeof *statement);
}

void statement_reset(struct statement *statement)
{
    (void)sqlite3_reset(statement->handle); /* repeats the error of the last step */
}

static void note_bind(struct statement *statement, int code)
{
    if (statement->failure == SQLITE_OK)
        statement->failure = code;
}

void statement_bind_text(struct statement *statement, int index, const char *text)
{
    note_bind(statement, text == NULL
                             ? sqlite3_bind_null(statement->handle, index)
                             : sqlite3_bind_text64(statement->handle, index, text, strlen(text),
                                                   SQLITE_TRANSIENT, SQLITE_UTF8));
}

void statement_bind_bytes(struct statement *statement, int index, const void *bytes, size_t length)
{
    /* a NULL pointer would bind SQL's NULL */
    note_bind(statement, length == 0 ? sqlite3_bind_zeroblob(statement->handle, index, 0)
                                     : sqlite3_bind_blob64(statement->handle, index, bytes, length,
                                                           SQLITE_TRANSIENT));
}

void statement_bind_integer(struct statement *statement, int index, int64_t integer)
{
    note_bind(statement, sqlite3_bind_int64(statement->handle, index, integer));
}

void statement_bind_real(struct statement *statement, int index, double real)
{
    note_bind(statement, sqlite3_bind_double(statement->handle, index, real));
}

enum status statement_step(struct statement *statement, bool *row, struct error *error)
{
    CHECK(statement != NULL);
    int code = statement->failure;
    *row = false;
    statement->failure = SQLITE_OK;
    if (code == SQLITE_OK)
        code = sqlite3_step(statement->handle);
    if (code == SQLITE_ROW)
        *row = true;
    if (code == SQLITE_ROW || code == SQLITE_DONE)
        return STATUS_OK;
    return fail(statement->database, code, error);
}

enum status statement_run(struct statement *statement, struct error *error)
{
    bool row = false;
    enum status status = statement_step(statement, &row, error);
    statement_reset(statement);
    return status;
}

const char *statement_text(struct statement *statement, int column, size_t *length)
{
    const unsigned char *text = sqlite3_column_text(statement->handle, column);
    if (length != NULL)
        *length = (size_t)sqlite3_column_bytes(statement->handle, column);
    return (const char *)text;
}

const void *statement_bytes(struct statement *statement, int column, size_t *length)
{
    const void *bytes = sqlite3_column_blob(statement->handle, column);
    if (length != NULL)
        *length = (size_t)sqlite3_column_bytes(statement->handle, column);
    return bytes == NULL ? "" : bytes;
}

int64_t statement_integer(struct statement *statement, int column)
{
    return sqlite3_column_int64(statement->handle, column);
}

double statement_real(struct statement *statement, int column)
{
    return sqlite3_column_double(statement->handle, column);
}

bool statement_is_null(struct statement *statement, int column)
{
    return sqlite3_column_type(statement->handle, column) == SQLITE_NULL;
}
