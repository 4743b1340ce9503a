#include "checker/grade_cache.h"

#include "model/base/database.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
    APPLICATION_ID = 0x6f6e6367, /* "oncg" */
    PATH_SIZE = 4096,
    TAG_SEAL = 0x47534c
};

static const char *const migrations[] = {
    "CREATE TABLE verdict ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT," /* the largest was written last */
    "  key TEXT NOT NULL UNIQUE,"
    "  result TEXT NOT NULL,"
    "  trace TEXT NOT NULL,"
    "  seal TEXT NOT NULL);",
};

static const struct database_schema schema = {
    .what = "cache of verdicts",
    .application_id = APPLICATION_ID,
    .migrations = migrations,
    .migration_count = sizeof migrations / sizeof migrations[0],
    .busy_ms = GRADE_CACHE_BUSY_MS,
};

struct grade_cache {
    struct memory *memory;
    struct database *file; /* NULL: not used any more */
    void (*warn)(void *context, const char *message);
    void *context;
};

/* Use it no more. */
static void give_up(struct grade_cache *cache, const struct error *error)
{
    char message[ERROR_MESSAGE_SIZE + ERROR_FILE_SIZE + 64];
    char said[ERROR_MESSAGE_SIZE + ERROR_FILE_SIZE];
    database_close(cache->file);
    cache->file = NULL;
    (void)snprintf(message, sizeof message, "%s; no verdict is kept",
                   error_format(error, said, sizeof said));
    cache->warn(cache->context, message);
}

static void make_folders(const char *folder)
{
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof path, "%s/", folder);
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        (void)mkdir(path, S_IRWXU); /* what cannot be made shows when the file is opened */
        *slash = '/';
    }
}

struct grade_cache *grade_cache_open(struct memory *memory, const char *folder,
                                     void (*warn)(void *context, const char *message),
                                     void *context)
{
    char path[PATH_SIZE];
    struct error error = ERROR_INIT;
    struct grade_cache *cache = memory_allocate_zeroed(memory, 1, sizeof *cache);
    if (cache == NULL)
        return NULL;
    *cache = (struct grade_cache){.memory = memory, .warn = warn, .context = context};
    int length = snprintf(path, sizeof path, "%s/grades.db", folder);
    enum status status = STATUS_OK;
    if (length < 0 || (size_t)length >= sizeof path) {
        status = error_set(&error, STATUS_LIMIT, "%s: the path is too long", folder);
    } else {
        make_folders(folder);
        status = database_open(memory, path, &schema, &cache->file, &error);
    }
    if (status == STATUS_OK)
        return cache;
    give_up(cache, &error);
    grade_cache_close(cache);
    return NULL;
}

void grade_cache_close(struct grade_cache *cache)
{
    struct error ignored = ERROR_INIT;
    if (cache == NULL)
        return;
    if (cache->file != NULL) {
        char sql[128];
        (void)snprintf(sql, sizeof sql,
                       "DELETE FROM verdict WHERE id <= (SELECT max(id) - %d FROM verdict)",
                       GRADE_CACHE_ENTRIES_MAX);
        (void)database_execute(cache->file, sql, &ignored); /* or the next time */
    }
    database_close(cache->file);
    memory_free(cache->memory, cache, sizeof *cache);
}

static const char *seal_of(const char *key, const char *result, const char *trace,
                           char text[HASH128_TEXT_SIZE])
{
    const struct hash128 parts[] = {hash128_bytes(key, strlen(key)),
                                    hash128_bytes(result, strlen(result)),
                                    hash128_bytes(trace, strlen(trace))};
    return hash128_text(hash128_combine(TAG_SEAL, parts, 3), text);
}

/* The entry where its seal is intact. */
static bool copy_row(struct statement *statement, const char *key, struct arena *arena,
                     const char **result, const char **trace)
{
    char seal[HASH128_TEXT_SIZE];
    const char *columns[3];
    for (int i = 0; i < 3; i++) {
        columns[i] = statement_text(statement, i, NULL);
        if (columns[i] == NULL)
            return false;
    }
    if (strcmp(seal_of(key, columns[0], columns[1], seal), columns[2]) != 0)
        return false;
    *result = arena_copy_text(arena, columns[0]);
    *trace = arena_copy_text(arena, columns[1]);
    return *result != NULL && *trace != NULL;
}

bool grade_cache_get(struct grade_cache *cache, struct hash128 key, struct arena *arena,
                     const char **result, const char **trace)
{
    char name[HASH128_TEXT_SIZE];
    struct error error = ERROR_INIT;
    struct statement *statement = NULL;
    bool row = false;
    bool found = false;
    if (cache == NULL || cache->file == NULL)
        return false;
    enum status status = database_prepare(
        cache->file, "SELECT result, trace, seal FROM verdict WHERE key = ?", &statement, &error);
    if (status == STATUS_OK) {
        statement_bind_text(statement, 1, hash128_text(key, name));
        status = statement_step(statement, &row, &error);
    }
    if (status == STATUS_OK && row)
        found = copy_row(statement, name, arena, result, trace);
    statement_finish(statement);
    if (status != STATUS_OK)
        give_up(cache, &error);
    return found;
}

void grade_cache_put(struct grade_cache *cache, struct hash128 key, const char *result,
                     const char *trace)
{
    char name[HASH128_TEXT_SIZE];
    char seal[HASH128_TEXT_SIZE];
    struct error error = ERROR_INIT;
    struct statement *statement = NULL;
    if (cache == NULL || cache->file == NULL)
        return;
    enum status status = database_prepare(
        cache->file,
        "INSERT OR REPLACE INTO verdict (key, result, trace, seal) VALUES (?, ?, ?, ?)", &statement,
        &error);
    if (status == STATUS_OK) {
        statement_bind_text(statement, 1, hash128_text(key, name));
        statement_bind_text(statement, 2, result);
        statement_bind_text(statement, 3, trace);
        statement_bind_text(statement, 4, seal_of(name, result, trace, seal));
        status = statement_run(statement, &error);
    }
    statement_finish(statement);
    if (status != STATUS_OK)
        give_up(cache, &error);
}
