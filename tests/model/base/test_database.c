#include "model/base/database.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { FILE_SIZE = 128, APPLICATION = 0x7465737a };

static const char *const first_version[] = {"CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT, "
                                            "bytes BLOB, real REAL)"};
static const char *const both_versions[] = {"CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT, "
                                            "bytes BLOB, real REAL)",
                                            "ALTER TABLE note ADD COLUMN more INTEGER"};
static const struct database_schema old_schema = {"note book", APPLICATION, first_version, 1, 2000};
static const struct database_schema new_schema = {"note book", APPLICATION, both_versions, 2, 2000};

static struct memory memory;
static struct error error;
static char folder[64];
static char file[FILE_SIZE];
static struct database *database;

static void set_up(void)
{
    memory_init(&memory, SIZE_MAX);
    error = (struct error)ERROR_INIT;
    strcpy(folder, "/tmp/test_database.XXXXXX");
    cr_assert_not_null(mkdtemp(folder));
    snprintf(file, sizeof file, "%s/notes.db", folder);
}

static void tear_down(void)
{
    static const char *const endings[] = {"", "-wal", "-shm", "-journal"};
    database_close(database);
    for (size_t i = 0; i < 4; i++) {
        char path[FILE_SIZE + 16];
        snprintf(path, sizeof path, "%s%s", file, endings[i]);
        (void)remove(path);
    }
    cr_assert_eq(rmdir(folder), 0);
    cr_assert_eq(memory.used, 0);
}

TestSuite(database, .init = set_up, .fini = tear_down);

static void open_with(const struct database_schema *schema)
{
    cr_assert_eq(database_open(&memory, file, schema, &database, &error), STATUS_OK, "%s",
                 error.message);
}

static void refuse(const struct database_schema *schema, enum status status, const char *said)
{
    cr_assert_eq(database_open(&memory, file, schema, &database, &error), status, "%s",
                 error.message);
    cr_assert_null(database);
    cr_assert_not_null(strstr(error.message, said), "%s", error.message);
    cr_assert_str_eq(error.file, file);
}

static void run(const char *sql)
{
    cr_assert_eq(database_execute(database, sql, &error), STATUS_OK, "%s", error.message);
}

static int64_t number(const char *sql)
{
    struct statement *statement = NULL;
    bool row = false;
    cr_assert_eq(database_prepare(database, sql, &statement, &error), STATUS_OK, "%s",
                 error.message);
    cr_assert_eq(statement_step(statement, &row, &error), STATUS_OK, "%s", error.message);
    cr_assert(row);
    int64_t integer = statement_integer(statement, 0);
    statement_finish(statement);
    return integer;
}

Test(database, keeps_every_kind_of_value)
{
    struct statement *statement = NULL;
    bool row = false;
    size_t length = 0;
    open_with(&old_schema);
    cr_assert_eq(
        database_prepare(database, "INSERT INTO note VALUES (?, ?, ?, ?)", &statement, &error),
        STATUS_OK);
    statement_bind_integer(statement, 1, INT64_MIN);
    statement_bind_text(statement, 2, "caf\xc3\xa9");
    statement_bind_bytes(statement, 3, "a\0b", 3);
    statement_bind_real(statement, 4, 0.1);
    cr_assert_eq(statement_run(statement, &error), STATUS_OK, "%s", error.message);
    statement_bind_integer(statement, 1, 7);
    statement_bind_text(statement, 2, NULL);
    statement_bind_bytes(statement, 3, NULL, 0);
    cr_assert_eq(statement_run(statement, &error), STATUS_OK, "%s", error.message);
    cr_assert_eq(database_last_id(database), 7);
    statement_finish(statement);
    database_close(database);
    open_with(&old_schema);
    cr_assert_eq(database_prepare(database, "SELECT * FROM note ORDER BY id", &statement, &error),
                 STATUS_OK);
    cr_assert_eq(statement_step(statement, &row, &error), STATUS_OK);
    cr_assert(row);
    cr_assert_eq(statement_integer(statement, 0), INT64_MIN);
    cr_assert_str_eq(statement_text(statement, 1, &length), "caf\xc3\xa9");
    cr_assert_eq(length, 5);
    cr_assert_arr_eq(statement_bytes(statement, 2, &length), "a\0b", 3);
    cr_assert_eq(length, 3);
    cr_assert_eq(statement_real(statement, 3), 0.1);
    cr_assert_eq(statement_step(statement, &row, &error), STATUS_OK);
    cr_assert(row);
    cr_assert(statement_is_null(statement, 1));
    cr_assert_null(statement_text(statement, 1, NULL));
    cr_assert_not(statement_is_null(statement, 2));
    (void)statement_bytes(statement, 2, &length);
    cr_assert_eq(length, 0);
    cr_assert_eq(statement_step(statement, &row, &error), STATUS_OK);
    cr_assert_not(row);
    statement_finish(statement);
}

Test(database, an_older_file_is_migrated_and_keeps_its_rows)
{
    open_with(&old_schema);
    run("INSERT INTO note (id, text) VALUES (1, 'kept')");
    database_close(database);
    open_with(&new_schema);
    cr_assert_eq(number("PRAGMA user_version"), 2);
    cr_assert_eq(number("SELECT count(*) FROM note WHERE text = 'kept' AND more IS NULL"), 1);
}

Test(database, a_newer_file_is_refused)
{
    open_with(&new_schema);
    database_close(database);
    refuse(&old_schema, STATUS_BAD_INPUT,
           "is of version 2, and this oncecheck knows versions up to 1");
}

Test(database, a_failing_migration_changes_nothing)
{
    static const char *const broken[] = {"CREATE TABLE note (id)",
                                         "CREATE TABLE more (id); nonsense"};
    struct database_schema schema = {"note book", APPLICATION, broken, 2, 2000};
    refuse(&schema, STATUS_SYSTEM, "syntax error");
    open_with(&old_schema);
    cr_assert_eq(number("SELECT count(*) FROM sqlite_schema WHERE name = 'more'"), 0);
}

Test(database, files_of_others_are_refused)
{
    struct database_schema other = old_schema;
    other.application_id = 1;
    open_with(&other);
    database_close(database);
    refuse(&old_schema, STATUS_BAD_INPUT, "belongs to another program");
    FILE *stream = fopen(file, "wb");
    cr_assert_not_null(stream);
    for (int i = 0; i < 4096; i++)
        fputs("no database\n", stream);
    cr_assert_eq(fclose(stream), 0);
    refuse(&old_schema, STATUS_BAD_INPUT, "no SQLite database");
}

Test(database, a_damaged_file_is_an_error_and_no_crash)
{
    open_with(&old_schema);
    run("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 2000) "
        "INSERT INTO note (text) SELECT 'some text that fills a page ' || i FROM n");
    database_close(database);
    cr_assert_eq(truncate(file, 10000), 0);
    struct statement *statement = NULL;
    bool row = true;
    enum status status = database_open(&memory, file, &old_schema, &database, &error);
    if (status == STATUS_OK)
        status =
            database_prepare(database, "SELECT sum(length(text)) FROM note", &statement, &error);
    if (status == STATUS_OK)
        status = statement_step(statement, &row, &error);
    statement_finish(statement);
    cr_assert_eq(status, STATUS_BAD_INPUT, "%s", error.message);
    cr_assert_not_null(strstr(error.message, "damaged"), "%s", error.message);
}

Test(database, a_folder_that_is_not_there_is_an_error)
{
    snprintf(file, sizeof file, "%s/none/notes.db", folder);
    refuse(&old_schema, STATUS_SYSTEM, "cannot open the note book");
}

Test(database, a_process_killed_within_a_transaction_leaves_nothing_of_it)
{
    open_with(&old_schema);
    run("INSERT INTO note (id) VALUES (1)");
    database_close(database);
    database = NULL;
    pid_t child = fork();
    cr_assert_geq(child, 0);
    if (child == 0) {
        (void)database_open(&memory, file, &old_schema, &database, &error);
        (void)database_begin(database, &error);
        (void)database_execute(database, "INSERT INTO note (id) VALUES (2)", &error);
        (void)raise(SIGKILL);
    }
    int how = 0;
    cr_assert_eq(waitpid(child, &how, 0), child);
    cr_assert(WIFSIGNALED(how));
    open_with(&old_schema);
    cr_assert_eq(number("SELECT count(*) FROM note"), 1);
    cr_assert_eq(database_begin(database, &error), STATUS_OK, "%s", error.message);
    run("INSERT INTO note (id) VALUES (2)");
    cr_assert_eq(database_commit(database, &error), STATUS_OK, "%s", error.message);
}

Test(database, a_full_disk_is_an_error_and_leaves_what_was_there)
{
    open_with(&old_schema);
    run("INSERT INTO note (id) VALUES (1)");
    run("PRAGMA max_page_count = 8");
    cr_assert_eq(database_begin(database, &error), STATUS_OK);
    enum status status = database_execute(
        database, "INSERT INTO note (id, bytes) VALUES (2, zeroblob(100000))", &error);
    cr_assert_eq(status, STATUS_SYSTEM);
    cr_assert_not_null(strstr(error.message, "disk is full"), "%s", error.message);
    database_rollback(database);
    cr_assert_eq(number("SELECT count(*) FROM note"), 1);
    cr_assert_eq(number("SELECT count(*) FROM pragma_integrity_check WHERE integrity_check = 'ok'"),
                 1);
}

static bool write_rows(int rows)
{
    bool done = database_open(&memory, file, &new_schema, &database, &error) == STATUS_OK;
    for (int row = 0; done && row < rows; row++) {
        done = database_begin(database, &error) == STATUS_OK &&
               database_execute(database, "INSERT INTO note (text) VALUES ('x')", &error) ==
                   STATUS_OK &&
               database_commit(database, &error) == STATUS_OK;
    }
    if (!done)
        fprintf(stderr, "%s\n", error.message);
    database_close(database);
    return done;
}

Test(database, many_processes_make_a_file_and_write_at_once)
{
    enum { ROUNDS = 12, PROCESSES = 6, ROWS = 5 };
    for (int round = 0; round < ROUNDS; round++) {
        (void)remove(file);
        for (int i = 0; i < PROCESSES; i++) {
            pid_t child = fork();
            cr_assert_geq(child, 0);
            if (child == 0)
                _exit(write_rows(ROWS) ? 0 : 1);
        }
        for (int i = 0; i < PROCESSES; i++) {
            int how = 0;
            cr_assert_gt(wait(&how), 0);
            cr_assert(WIFEXITED(how) && WEXITSTATUS(how) == 0);
        }
        open_with(&new_schema);
        cr_assert_eq(number("SELECT count(*) FROM note"), (int64_t)PROCESSES * ROWS);
        database_close(database);
        database = NULL;
    }
}

Test(database, waits_no_longer_than_allowed_for_another)
{
    struct database_schema impatient = old_schema;
    struct database *other = NULL;
    impatient.busy_ms = 20;
    open_with(&old_schema);
    cr_assert_eq(database_begin(database, &error), STATUS_OK);
    cr_assert_eq(database_open(&memory, file, &impatient, &other, &error), STATUS_OK, "%s",
                 error.message);
    cr_assert_eq(database_begin(other, &error), STATUS_LIMIT);
    cr_assert_not_null(strstr(error.message, "another process"), "%s", error.message);
    database_close(other);
    cr_assert_eq(database_commit(database, &error), STATUS_OK);
}

Test(database, every_failing_allocation_is_a_status)
{
    struct statement *statement = NULL;
    open_with(&old_schema);
    memory.fail_at = memory.requests + 1;
    cr_assert_eq(database_prepare(database, "SELECT 1", &statement, &error), STATUS_NO_MEMORY);
    cr_assert_null(statement);
    database_close(database);
    bool opened = false;
    for (unsigned long long n = 1; !opened; n++) {
        memory.fail_at = memory.requests + n;
        enum status status = database_open(&memory, file, &old_schema, &database, &error);
        opened = status == STATUS_OK;
        cr_assert(opened || status == STATUS_NO_MEMORY);
    }
    memory.fail_at = 0;
}
