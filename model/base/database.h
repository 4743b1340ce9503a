/* SQLite database files: what the run database and the handler cache are kept in.
 *
 * Several processes may use a file at once (write-ahead log; a writer waits for another for up to
 * busy_ms). What is written between database_begin and database_commit is there as a whole or not
 * at all, whatever kills the process or fills the disk. A file carries the identifier and the
 * version of its schema: a file of another program, and one of a newer version, is refused with a
 * message.
 *
 * SQLite's own memory is not counted by `struct memory`. A failing call names the file. Statuses:
 * BAD_INPUT for a file that is no database of ours, is damaged or too new; NO_MEMORY; LIMIT where
 * another process holds the file for longer than busy_ms; SYSTEM for the rest (a full disk, a
 * folder that cannot be written to). */
#ifndef ONCECHECK_MODEL_BASE_DATABASE_H
#define ONCECHECK_MODEL_BASE_DATABASE_H

#include "model/base/error.h"
#include "model/base/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct database;
struct statement;

struct database_schema {
    const char *what;       /* for messages: "run database"; outlives the database */
    int32_t application_id; /* written into the file */
    /* migrations[i] is SQL that makes version i + 1 out of version i; version 0 is an empty file.
     * Never change one that has been released: add another. */
    const char *const *migrations;
    size_t migration_count;
    unsigned busy_ms;
};

/* Open a file, which is made if it is not there, and bring it to the schema's newest version.
 * `file` and `schema` are only read during the call; on failure *database is NULL. */
enum status database_open(struct memory *memory, const char *file,
                          const struct database_schema *schema, struct database **database,
                          struct error *error);
void database_close(struct database *database); /* NULL: nothing; what is not committed is undone */

/* Run SQL that returns no rows; several statements may be separated by semicolons. */
enum status database_execute(struct database *database, const char *sql, struct error *error);

/* A transaction that writes, from its beginning on the only one. */
enum status database_begin(struct database *database, struct error *error);
enum status database_commit(struct database *database, struct error *error);
void database_rollback(struct database *database); /* nothing where no transaction is open */

int64_t database_last_id(const struct database *database); /* of the row inserted last */
int64_t database_changes(const struct database *database); /* rows the last statement changed */

/* One SQL statement, to be run any number of times. */
enum status database_prepare(struct database *database, const char *sql,
                             struct statement **statement, struct error *error);
void statement_finish(struct statement *statement); /* NULL: nothing */
/* Back to before its first row; what is bound stays. */
void statement_reset(struct statement *statement);

/* Values for the placeholders, numbered from 1. Bytes are copied. NULL text binds SQL's NULL. A
 * failure is kept and returned by the next statement_step. */
void statement_bind_text(struct statement *statement, int index, const char *text);
void statement_bind_bytes(struct statement *statement, int index, const void *bytes, size_t length);
void statement_bind_integer(struct statement *statement, int index, int64_t integer);
void statement_bind_real(struct statement *statement, int index, double real);

/* Go to the next row; *row false: there is none. */
enum status statement_step(struct statement *statement, bool *row, struct error *error);
/* For statements that return no rows: bind, run once, reset. */
enum status statement_run(struct statement *statement, struct error *error);

/* Columns of the row, numbered from 0. Pointers stay valid until the next step, reset or finish.
 * Text is NULL for SQL's NULL; it and bytes are followed by a NUL that is not counted in *length
 * (may be NULL). */
const char *statement_text(struct statement *statement, int column, size_t *length);
const void *statement_bytes(struct statement *statement, int column, size_t *length);
int64_t statement_integer(struct statement *statement, int column);
double statement_real(struct statement *statement, int column);
bool statement_is_null(struct statement *statement, int column);

#endif
