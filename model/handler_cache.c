#include "model/handler_cache.h"

#include "model/base/value_codec.h"
#include "model/handler_cache_internal.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    APPLICATION_ID = 0x6f6e6368, /* "onch" */
    TAG_FACTS = 0x464354,
    /* Where SQLite's file format has what database.c writes into it. */
    HEADER_SIZE = 100,
    HEADER_VERSION = 60,
    HEADER_APPLICATION = 68,
    MESSAGE_SIZE = ERROR_MESSAGE_SIZE + HANDLER_CACHE_PATH_MAX
};

/* Ids are never used again: another process may still hold the one of a function that is gone. */
static const char *const migrations[] = {
    "CREATE TABLE function ("
    "  id INTEGER PRIMARY KEY AUTOINCREMENT,"
    "  key BLOB NOT NULL UNIQUE,"
    "  versions TEXT NOT NULL,"
    "  files TEXT NOT NULL,"
    "  state BLOB NOT NULL,"
    "  seal BLOB NOT NULL,"
    "  used INTEGER NOT NULL," /* the largest was used last */
    "  bytes INTEGER NOT NULL);"
    "CREATE TABLE step ("
    "  function INTEGER NOT NULL REFERENCES function ON DELETE CASCADE,"
    "  prefix BLOB NOT NULL,"
    "  body BLOB NOT NULL,"
    "  seal BLOB NOT NULL,"
    "  PRIMARY KEY (function, prefix)) WITHOUT ROWID;",
};

static const struct database_schema schema = {
    .what = "handler cache",
    .application_id = APPLICATION_ID,
    .migrations = migrations,
    .migration_count = sizeof migrations / sizeof migrations[0],
    .busy_ms = HANDLER_CACHE_BUSY_MS,
};

/* --- the file --- */

static void warn(const struct handler_cache *cache, const char *message)
{
    if (cache->options.warn != NULL)
        cache->options.warn(cache->options.context, message);
}

static uint32_t header_number(const unsigned char *header, size_t offset)
{
    const unsigned char *bytes = header + offset;
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* Whether the file at `path` says that it is a handler cache of a version we know, damaged or not.
 * Must not be called while SQLite has it open: closing a file gives up the process's locks on it
 * (fcntl(2)). */
static bool is_ours(const char *path)
{
    unsigned char header[HEADER_SIZE];
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return false;
    const ssize_t length = read(fd, header, sizeof header);
    close(fd);
    return length == HEADER_SIZE && memcmp(header, "SQLite format 3", 16) == 0 &&
           header_number(header, HEADER_APPLICATION) == APPLICATION_ID &&
           header_number(header, HEADER_VERSION) <= schema.migration_count;
}

static bool remove_file(const char *path)
{
    static const char *const suffixes[] = {"", "-wal", "-shm"};
    bool removed = false;
    for (size_t i = 0; i < sizeof suffixes / sizeof suffixes[0]; i++) {
        char name[HANDLER_CACHE_PATH_MAX + 8];
        (void)snprintf(name, sizeof name, "%s%s", path, suffixes[i]);
        const bool gone = unlink(name) == 0;
        removed = removed || gone;
    }
    return removed;
}

static void close_file(struct handler_cache *cache)
{
    statement_finish(cache->get);
    statement_finish(cache->put);
    statement_finish(cache->find);
    cache->get = cache->put = cache->find = NULL;
    database_close(cache->file);
    cache->file = NULL;
}

void handler_cache_break(struct handler_cache *cache, const struct error *error)
{
    char message[MESSAGE_SIZE];
    char said[ERROR_MESSAGE_SIZE + ERROR_FILE_SIZE];
    close_file(cache);
    cache->pending_count = 0;
    const bool removed =
        error->status == STATUS_BAD_INPUT && is_ours(cache->path) && remove_file(cache->path);
    (void)snprintf(message, sizeof message, "%s; %s", error_format(error, said, sizeof said),
                   removed ? "it is removed, and this run goes on without it"
                           : "this run goes on without the cache");
    warn(cache, message);
}

void handler_cache_tell_damage(struct handler_cache *cache)
{
    char message[MESSAGE_SIZE];
    if (cache->told_damage)
        return;
    cache->told_damage = true;
    (void)snprintf(message, sizeof message,
                   "%s: an entry of the handler cache is damaged; it is dropped and computed again",
                   cache->path);
    warn(cache, message);
}

/* The folder with those above it; what cannot be made shows when the file is opened. */
static void make_folder(const char *folder)
{
    char path[HANDLER_CACHE_PATH_MAX];
    (void)snprintf(path, sizeof path, "%s", folder);
    for (char *c = path + 1; *c != '\0'; c++) {
        if (*c != '/')
            continue;
        *c = '\0';
        (void)mkdir(path, 0700);
        *c = '/';
    }
    (void)mkdir(path, 0700);
}

struct handler_cache *handler_cache_open(struct memory *memory, struct value_store *store,
                                         const struct handler_cache_options *options)
{
    struct error error = ERROR_INIT;
    struct handler_cache *cache = memory_allocate_zeroed(memory, 1, sizeof *cache);
    if (cache == NULL)
        return NULL;
    *cache = (struct handler_cache){.memory = memory,
                                    .store = store,
                                    .options = *options,
                                    .claims = NO_CLAIMS,
                                    .claim = NO_CLAIMS};
    text_init(&cache->bodies, memory);
    text_init(&cache->facts, memory);
    if (cache->options.bytes_max == 0)
        cache->options.bytes_max = HANDLER_CACHE_BYTES_MAX;
    const int length =
        snprintf(cache->path, sizeof cache->path, "%s/%s", options->folder, HANDLER_CACHE_FILE);
    enum status status = STATUS_OK;
    if (length < 0 || (size_t)length >= sizeof cache->path) {
        status = error_set(&error, STATUS_LIMIT, "%s: the path is too long", options->folder);
    } else {
        make_folder(options->folder);
        status = database_open(memory, cache->path, &schema, &cache->file, &error);
    }
    if (status == STATUS_OK)
        return cache;
    handler_cache_break(cache, &error);
    handler_cache_close(cache);
    return NULL;
}

enum status handler_cache_prepare(struct handler_cache *cache, struct statement **statement,
                                  const char *sql, struct error *error)
{
    return *statement != NULL ? STATUS_OK : database_prepare(cache->file, sql, statement, error);
}

void handler_cache_bind_hash(struct statement *statement, int index, struct hash128 hash)
{
    unsigned char bytes[HANDLER_CACHE_HASH_SIZE];
    for (size_t i = 0; i < 8; i++) {
        bytes[i] = (unsigned char)(hash.high >> (56 - 8 * i));
        bytes[8 + i] = (unsigned char)(hash.low >> (56 - 8 * i));
    }
    statement_bind_bytes(statement, index, bytes, sizeof bytes);
}

bool handler_cache_hash(struct statement *statement, int column, struct hash128 *hash)
{
    size_t length = 0;
    const unsigned char *bytes = statement_bytes(statement, column, &length);
    *hash = (struct hash128){0};
    if (length != HANDLER_CACHE_HASH_SIZE)
        return false;
    for (size_t i = 0; i < 8; i++) {
        hash->high = hash->high << 8 | bytes[i];
        hash->low = hash->low << 8 | bytes[8 + i];
    }
    return true;
}

/* --- functions --- */

static struct hash128 facts_seal(struct hash128 key, const struct handler_cache_facts *facts)
{
    const struct hash128 parts[] = {key, hash128_bytes(facts->versions, strlen(facts->versions)),
                                    hash128_bytes(facts->files, strlen(facts->files)),
                                    facts->state};
    return hash128_combine(TAG_FACTS, parts, 4);
}

/* Keep what a row says beyond the end of its statement, which keeps others from writing. */
static bool copy_facts(struct handler_cache *cache, struct handler_cache_facts *facts)
{
    const size_t versions_size = strlen(facts->versions) + 1;
    text_clear(&cache->facts);
    text_append(&cache->facts, facts->versions, versions_size);
    text_append_string(&cache->facts, facts->files);
    if (text_failed(&cache->facts))
        return false;
    facts->versions = cache->facts.bytes;
    facts->files = cache->facts.bytes + versions_size;
    return true;
}

/* The row with `key`: *intact false where its seal is broken. */
static enum status read_function(struct handler_cache *cache, struct hash128 key,
                                 struct handler_cache_function *function,
                                 struct handler_cache_facts *facts, bool *found, bool *intact,
                                 struct error *error)
{
    *found = false;
    enum status status = handler_cache_prepare(
        cache, &cache->find,
        "SELECT id, bytes, versions, files, state, seal FROM function WHERE key = ?", error);
    if (status != STATUS_OK)
        return status;
    struct statement *find = cache->find;
    handler_cache_bind_hash(find, 1, key);
    status = statement_step(find, found, error);
    if (status == STATUS_OK && *found) {
        struct hash128 seal;
        *function = (struct handler_cache_function){.id = statement_integer(find, 0),
                                                    .key = key,
                                                    .bytes = (uint64_t)statement_integer(find, 1)};
        facts->versions = statement_text(find, 2, NULL);
        facts->files = statement_text(find, 3, NULL);
        *intact = facts->versions != NULL && facts->files != NULL &&
                  handler_cache_hash(find, 4, &facts->state) &&
                  handler_cache_hash(find, 5, &seal) && hash128_equal(seal, facts_seal(key, facts));
        if (*intact && !copy_facts(cache, facts))
            status = error_set(error, STATUS_NO_MEMORY, "out of memory");
    }
    statement_reset(find);
    return status;
}

static enum status run_with_id(struct handler_cache *cache, const char *sql, int64_t id,
                               struct error *error)
{
    struct statement *statement = NULL;
    enum status status = database_prepare(cache->file, sql, &statement, error);
    if (status != STATUS_OK)
        return status;
    statement_bind_integer(statement, 1, id);
    status = statement_run(statement, error);
    statement_finish(statement);
    return status;
}

static enum status delete_function(struct handler_cache *cache, int64_t id, struct error *error)
{
    return run_with_id(cache, "DELETE FROM function WHERE id = ?", id, error);
}

bool handler_cache_find(struct handler_cache *cache, struct hash128 key,
                        struct handler_cache_function *function, struct handler_cache_facts *facts)
{
    struct error error = ERROR_INIT;
    bool found = false;
    bool intact = false;
    *function = (struct handler_cache_function){0};
    if (cache == NULL || cache->file == NULL)
        return false;
    enum status status = read_function(cache, key, function, facts, &found, &intact, &error);
    if (status == STATUS_OK && found && !intact) {
        handler_cache_tell_damage(cache);
        handler_cache_drop(cache, function);
        return false;
    }
    if (status == STATUS_OK && found)
        status = run_with_id(cache,
                             "UPDATE function SET used = (SELECT max(used) + 1 FROM function)"
                             " WHERE id = ?1 AND used < (SELECT max(used) FROM function)",
                             function->id, &error);
    if (status != STATUS_OK) {
        *function = (struct handler_cache_function){0};
        handler_cache_break(cache, &error);
    }
    return status == STATUS_OK && found;
}

static enum status insert_function(struct handler_cache *cache, struct hash128 key,
                                   const struct handler_cache_facts *facts,
                                   struct handler_cache_function *function, struct error *error)
{
    struct statement *statement = NULL;
    enum status status = database_prepare(
        cache->file,
        "INSERT INTO function (key, versions, files, state, seal, used, bytes)"
        " VALUES (?, ?, ?, ?, ?, (SELECT coalesce(max(used), 0) + 1 FROM function), 0)",
        &statement, error);
    if (status != STATUS_OK)
        return status;
    handler_cache_bind_hash(statement, 1, key);
    statement_bind_text(statement, 2, facts->versions);
    statement_bind_text(statement, 3, facts->files);
    handler_cache_bind_hash(statement, 4, facts->state);
    handler_cache_bind_hash(statement, 5, facts_seal(key, facts));
    status = statement_run(statement, error);
    statement_finish(statement);
    if (status == STATUS_OK)
        *function =
            (struct handler_cache_function){.id = database_last_id(cache->file), .key = key};
    return status;
}

void handler_cache_add(struct handler_cache *cache, struct hash128 key,
                       const struct handler_cache_facts *facts,
                       struct handler_cache_function *function)
{
    struct error error = ERROR_INIT;
    struct handler_cache_facts there;
    struct handler_cache_function other = {0};
    bool found = false;
    bool intact = false;
    *function = (struct handler_cache_function){0};
    if (cache == NULL || cache->file == NULL ||
        strlen(facts->files) > HANDLER_CACHE_FILES_BYTES_MAX)
        return;
    enum status status = database_begin(cache->file, &error);
    if (status == STATUS_OK)
        status = read_function(cache, key, &other, &there, &found, &intact, &error);
    const bool same = status == STATUS_OK && found && intact &&
                      hash128_equal(facts_seal(key, &there), facts_seal(key, facts));
    if (status == STATUS_OK && found && !same)
        status = delete_function(cache, other.id, &error);
    if (status == STATUS_OK && same)
        *function = other;
    else if (status == STATUS_OK)
        status = insert_function(cache, key, facts, function, &error);
    if (status == STATUS_OK)
        status = database_commit(cache->file, &error);
    if (status == STATUS_OK)
        return;
    *function = (struct handler_cache_function){0};
    handler_cache_break(cache, &error);
}

void handler_cache_drop(struct handler_cache *cache, struct handler_cache_function *function)
{
    struct error error = ERROR_INIT;
    if (cache == NULL || function->id == 0)
        return;
    handler_cache_unpend(cache, function);
    if (cache->file != NULL && delete_function(cache, function->id, &error) != STATUS_OK)
        handler_cache_break(cache, &error);
    *function = (struct handler_cache_function){0};
}

/* --- keeping to the limit --- */

static enum status read_integer(struct handler_cache *cache, const char *sql, int64_t *integer,
                                struct error *error)
{
    struct statement *statement = NULL;
    bool row = false;
    enum status status = database_prepare(cache->file, sql, &statement, error);
    if (status == STATUS_OK)
        status = statement_step(statement, &row, error);
    *integer = row ? statement_integer(statement, 0) : 0;
    statement_finish(statement);
    return status;
}

static enum status evict(struct handler_cache *cache, struct error *error)
{
    for (;;) {
        int64_t bytes = 0;
        int64_t oldest = 0;
        enum status status =
            read_integer(cache, "SELECT coalesce(sum(bytes), 0) FROM function", &bytes, error);
        if (status != STATUS_OK || bytes <= 0 || (uint64_t)bytes <= cache->options.bytes_max)
            return status;
        status = read_integer(cache, "SELECT id FROM function ORDER BY used, id LIMIT 1", &oldest,
                              error);
        if (status == STATUS_OK)
            status = delete_function(cache, oldest, error);
        if (status != STATUS_OK)
            return status;
    }
}

void handler_cache_close(struct handler_cache *cache)
{
    struct error error = ERROR_INIT;
    if (cache == NULL)
        return;
    handler_cache_flush(cache);
    if (cache->file != NULL && evict(cache, &error) != STATUS_OK)
        handler_cache_break(cache, &error);
    close_file(cache);
    if (cache->claims >= 0)
        (void)close(cache->claims);
    text_release(&cache->bodies);
    text_release(&cache->facts);
    memory_free(cache->memory, cache, sizeof *cache);
}
