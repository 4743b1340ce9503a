#include "reports/run_database_internal.h"

#include <string.h>

enum { TAG_CELL = 0x63656c, NO_CELL = 1 };

static struct hash128 add_cell(struct hash128 digest, struct statement *statement, int column)
{
    size_t length = 0;
    const char *text = statement_text(statement, column, &length);
    const struct hash128 parts[] = {digest, text == NULL ? (struct hash128){.low = NO_CELL}
                                                         : hash128_bytes(text, length)};
    return hash128_combine(TAG_CELL, parts, 2);
}

struct hash128 run_database_row_digest(struct statement *statement, int columns)
{
    struct hash128 digest = {.low = (uint64_t)columns};
    for (int i = 0; i < columns; i++)
        digest = add_cell(digest, statement, i);
    return digest;
}

static enum status add_rows(struct run_database *database, const char *sql, int columns, int64_t id,
                            struct hash128 *digest, struct error *error)
{
    struct statement *statement = NULL;
    bool row = true;
    enum status status = database_prepare(database->file, sql, &statement, error);
    if (status != STATUS_OK)
        return status;
    statement_bind_integer(statement, 1, id);
    while (status == STATUS_OK && row) {
        status = statement_step(statement, &row, error);
        if (status != STATUS_OK || !row)
            break;
        const struct hash128 parts[] = {*digest, run_database_row_digest(statement, columns)};
        *digest = hash128_combine(TAG_CELL, parts, 2);
    }
    statement_finish(statement);
    return status;
}

static enum status find_details(struct run_database *database, int64_t id, struct hash128 *digest,
                                struct error *error)
{
    static const struct {
        const char *sql;
        int columns;
    } parts[] = {
        {"SELECT result, coverage FROM run WHERE id = ?", 2},
        {"SELECT function, path, digest, fallback FROM code WHERE run = ? ORDER BY function", 4},
        {"SELECT n, key, property, summary, function, file, line, trace FROM violation"
         " WHERE run = ? ORDER BY n",
         8}};
    enum status status = STATUS_OK;
    *digest = (struct hash128){0};
    for (size_t i = 0; status == STATUS_OK && i < sizeof parts / sizeof parts[0]; i++)
        status = add_rows(database, parts[i].sql, parts[i].columns, id, digest, error);
    return status;
}

static enum status find_facts(struct run_database *database, int64_t id, struct hash128 *digest,
                              struct error *error)
{
    *digest = (struct hash128){0};
    struct statement *statement = NULL;
    bool row = false;
    enum status status = database_prepare(
        database->file, "SELECT " RUN_COLUMNS " FROM run WHERE id = ?", &statement, error);
    if (status == STATUS_OK) {
        statement_bind_integer(statement, 1, id);
        status = statement_step(statement, &row, error);
    }
    if (row)
        *digest = run_database_row_digest(statement, RUN_COLUMN_COUNT);
    statement_finish(statement);
    return status;
}

enum status run_database_seal(struct run_database *database, int64_t id, struct error *error)
{
    struct hash128 facts;
    struct hash128 details;
    char facts_text[HASH128_TEXT_SIZE];
    char details_text[HASH128_TEXT_SIZE];
    struct statement *statement = NULL;
    enum status status = find_facts(database, id, &facts, error);
    if (status == STATUS_OK)
        status = find_details(database, id, &details, error);
    if (status == STATUS_OK)
        status = database_prepare(
            database->file, "UPDATE run SET facts_digest = ?, details_digest = ? WHERE id = ?",
            &statement, error);
    if (status != STATUS_OK)
        return status;
    statement_bind_text(statement, 1, hash128_text(facts, facts_text));
    statement_bind_text(statement, 2, hash128_text(details, details_text));
    statement_bind_integer(statement, 3, id);
    status = statement_run(statement, error);
    statement_finish(statement);
    return status;
}

enum status run_database_compare_digest(const char *recorded, struct hash128 found, int64_t id,
                                        struct error *error)
{
    char text[HASH128_TEXT_SIZE];
    if (recorded == NULL || strcmp(recorded, hash128_text(found, text)) == 0)
        return STATUS_OK;
    return error_set(error, STATUS_BAD_INPUT,
                     "run %lld is damaged: it is not what was recorded (`oncecheck runs delete "
                     "%lld` removes it)",
                     (long long)id, (long long)id);
}

enum status run_database_check_details(struct run_database *database, int64_t id,
                                       struct error *error)
{
    struct statement *statement = NULL;
    struct hash128 found;
    bool row = false;
    enum status status = find_details(database, id, &found, error);
    if (status == STATUS_OK)
        status = database_prepare(database->file, "SELECT details_digest FROM run WHERE id = ?",
                                  &statement, error);
    if (status != STATUS_OK)
        return status;
    statement_bind_integer(statement, 1, id);
    status = statement_step(statement, &row, error);
    if (row)
        status = run_database_compare_digest(statement_text(statement, 0, NULL), found, id, error);
    statement_finish(statement);
    return status;
}
