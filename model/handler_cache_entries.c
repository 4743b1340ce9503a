/* Steps as the handler cache keeps them. */
#include "model/base/value_codec.h"
#include "model/handler_cache_internal.h"

enum {
    TAG_ENTRY = 0x454e54,
    ENTRY_OVERHEAD = 64, /* bytes of an entry besides its body, about */
    KIND_SIZE = 1,
    LINE_SIZE = 4,
    ATTEMPT_SIZE = 4,
    SLEPT_SIZE = 8
};

/* --- a step as bytes --- */

static void encode_step(struct text *text, const struct value_store *store,
                        const struct handler_step *step)
{
    const bool is_call = step->kind == HANDLER_CALL;
    number_encode(text, (uint64_t)step->kind, KIND_SIZE);
    number_encode(text, step->fresh_token ? 1 : 0, KIND_SIZE);
    number_encode(text, step->sdk_attempt, ATTEMPT_SIZE);
    number_encode(text, step->line, LINE_SIZE);
    number_encode(text, (uint64_t)step->slept_ms, SLEPT_SIZE);
    value_encode(text, store, is_call ? step->target : VALUE_NONE);
    value_encode(text, store, is_call ? step->request : VALUE_NONE);
    value_encode(text, store, step->detail);
    value_encode(text, store, step->file);
    value_encode(text, store, step->output);
}

static bool has_kind(const struct value_store *store, struct value value, enum value_kind kind)
{
    return !value_is_none(value) && value_kind(store, value) == kind;
}

static bool may_have_kind(const struct value_store *store, struct value value, enum value_kind kind)
{
    return value_is_none(value) || value_kind(store, value) == kind;
}

/* Whether a step has what its kind promises (model/handler.h); what is there for people may miss.
 */
static bool is_whole(const struct value_store *store, const struct handler_step *step)
{
    if (!may_have_kind(store, step->file, VALUE_STRING) ||
        !may_have_kind(store, step->output, VALUE_STRING))
        return false;
    switch (step->kind) {
    case HANDLER_CALL:
        return has_kind(store, step->target, VALUE_STRING) &&
               has_kind(store, step->request, VALUE_MAP);
    case HANDLER_DRAW:
        return may_have_kind(store, step->detail, VALUE_STRING);
    case HANDLER_TIME:
    case HANDLER_RETURN:
        return true;
    case HANDLER_RAISE:
        return may_have_kind(store, step->detail, VALUE_MAP);
    case HANDLER_EXIT:
    case HANDLER_HANG:
        return false; /* never kept */
    }
    return false;
}

static bool decode_step(struct value_store *store, const char *body, size_t length,
                        struct handler_step *step)
{
    struct byte_reader reader = {.next = body, .left = length};
    const uint64_t kind = number_decode(&reader, KIND_SIZE);
    const uint64_t fresh_token = number_decode(&reader, KIND_SIZE);
    *step = (struct handler_step){.kind = (enum handler_step_kind)kind,
                                  .fresh_token = fresh_token == 1,
                                  .sdk_attempt = (uint32_t)number_decode(&reader, ATTEMPT_SIZE),
                                  .line = (uint32_t)number_decode(&reader, LINE_SIZE),
                                  .slept_ms = (int64_t)number_decode(&reader, SLEPT_SIZE)};
    step->target = value_decode(store, &reader);
    step->request = value_decode(store, &reader);
    step->detail = value_decode(store, &reader);
    step->file = value_decode(store, &reader);
    step->output = value_decode(store, &reader);
    return !reader.failed && reader.left == 0 && kind <= HANDLER_HANG && fresh_token <= 1 &&
           step->slept_ms >= 0 && !value_store_failed(store) && is_whole(store, step);
}

static struct hash128 entry_seal(struct hash128 key, struct hash128 prefix, const char *body,
                                 size_t length)
{
    const struct hash128 parts[] = {key, prefix, hash128_bytes(body, length)};
    return hash128_combine(TAG_ENTRY, parts, 3);
}

/* --- reading --- */

static bool get_pending(const struct handler_cache *cache,
                        const struct handler_cache_function *function, struct hash128 prefix,
                        struct handler_step *step)
{
    for (size_t i = 0; i < cache->pending_count; i++) {
        const struct pending_entry *entry = &cache->pending[i];
        if (entry->function == function && hash128_equal(entry->prefix, prefix))
            return decode_step(cache->store, cache->bodies.bytes + entry->start, entry->length,
                               step);
    }
    return false;
}

static void drop_entry(struct handler_cache *cache, const struct handler_cache_function *function,
                       struct hash128 prefix)
{
    struct statement *statement = NULL;
    struct error error = ERROR_INIT;
    handler_cache_tell_damage(cache);
    enum status status = database_prepare(
        cache->file, "DELETE FROM step WHERE function = ? AND prefix = ?", &statement, &error);
    if (status == STATUS_OK) {
        statement_bind_integer(statement, 1, function->id);
        handler_cache_bind_hash(statement, 2, prefix);
        status = statement_run(statement, &error);
    }
    statement_finish(statement);
    if (status != STATUS_OK)
        handler_cache_break(cache, &error);
}

bool handler_cache_get(struct handler_cache *cache, const struct handler_cache_function *function,
                       struct hash128 prefix, struct handler_step *step)
{
    struct error error = ERROR_INIT;
    bool row = false;
    if (cache == NULL || function->id == 0)
        return false;
    if (get_pending(cache, function, prefix, step))
        return true;
    if (cache->file == NULL)
        return false;
    enum status status = handler_cache_prepare(
        cache, &cache->get, "SELECT body, seal FROM step WHERE function = ? AND prefix = ?",
        &error);
    struct statement *get = cache->get;
    if (status == STATUS_OK) {
        statement_bind_integer(get, 1, function->id);
        handler_cache_bind_hash(get, 2, prefix);
        status = statement_step(get, &row, &error);
    }
    if (status != STATUS_OK) {
        handler_cache_break(cache, &error);
        return false;
    }
    bool intact = false;
    if (row) {
        size_t length = 0;
        struct hash128 seal;
        const char *body = statement_bytes(get, 0, &length);
        intact = handler_cache_hash(get, 1, &seal) &&
                 hash128_equal(seal, entry_seal(function->key, prefix, body, length)) &&
                 decode_step(cache->store, body, length, step);
    }
    statement_reset(get);
    if (row && !intact && !value_store_failed(cache->store))
        drop_entry(cache, function, prefix);
    return intact;
}

/* --- writing --- */

void handler_cache_unpend(struct handler_cache *cache,
                          const struct handler_cache_function *function)
{
    size_t kept = 0;
    for (size_t i = 0; i < cache->pending_count; i++)
        if (cache->pending[i].function != function)
            cache->pending[kept++] = cache->pending[i];
    cache->pending_count = kept;
}

/* An entry whose function another process has dropped goes nowhere. */
static enum status write_entry(struct handler_cache *cache, const struct pending_entry *entry,
                               struct error *error)
{
    const char *body = cache->bodies.bytes + entry->start;
    enum status status =
        handler_cache_prepare(cache, &cache->put,
                              "INSERT OR IGNORE INTO step (function, prefix, body, seal)"
                              " SELECT id, ?2, ?3, ?4 FROM function WHERE id = ?1",
                              error);
    if (status != STATUS_OK)
        return status;
    struct statement *put = cache->put;
    statement_bind_integer(put, 1, entry->function->id);
    handler_cache_bind_hash(put, 2, entry->prefix);
    statement_bind_bytes(put, 3, body, entry->length);
    handler_cache_bind_hash(put, 4,
                            entry_seal(entry->function->key, entry->prefix, body, entry->length));
    status = statement_run(put, error);
    if (status == STATUS_OK && database_changes(cache->file) > 0)
        entry->function->bytes += entry->length + ENTRY_OVERHEAD;
    return status;
}

static enum status write_sizes(struct handler_cache *cache, struct error *error)
{
    struct statement *statement = NULL;
    enum status status = database_prepare(
        cache->file, "UPDATE function SET bytes = max(bytes, ?) WHERE id = ?", &statement, error);
    for (size_t i = 0; status == STATUS_OK && i < cache->pending_count; i++) {
        const struct handler_cache_function *function = cache->pending[i].function;
        if (i > 0 && function == cache->pending[i - 1].function)
            continue;
        statement_bind_integer(statement, 1, (int64_t)function->bytes);
        statement_bind_integer(statement, 2, function->id);
        status = statement_run(statement, error);
    }
    statement_finish(statement);
    return status;
}

void handler_cache_flush(struct handler_cache *cache)
{
    struct error error = ERROR_INIT;
    if (cache == NULL)
        return;
    if (cache->file != NULL && cache->pending_count > 0) {
        enum status status = text_failed(&cache->bodies)
                                 ? error_set(&error, STATUS_NO_MEMORY, "out of memory")
                                 : database_begin(cache->file, &error);
        for (size_t i = 0; status == STATUS_OK && i < cache->pending_count; i++)
            status = write_entry(cache, &cache->pending[i], &error);
        if (status == STATUS_OK)
            status = write_sizes(cache, &error);
        if (status == STATUS_OK)
            status = database_commit(cache->file, &error);
        if (status != STATUS_OK)
            handler_cache_break(cache, &error);
    }
    cache->pending_count = 0;
    text_clear(&cache->bodies);
}

void handler_cache_put(struct handler_cache *cache, struct handler_cache_function *function,
                       struct hash128 prefix, const struct handler_step *step)
{
    if (cache == NULL || cache->file == NULL || function->id == 0 || step->kind == HANDLER_EXIT ||
        step->kind == HANDLER_HANG || function->bytes >= cache->options.bytes_max)
        return;
    const size_t start = cache->bodies.length;
    encode_step(&cache->bodies, cache->store, step);
    if (text_failed(&cache->bodies)) {
        struct error error = ERROR_INIT;
        (void)error_set(&error, STATUS_NO_MEMORY, "out of memory");
        handler_cache_break(cache, &error);
        return;
    }
    const size_t length = cache->bodies.length - start;
    if (length > HANDLER_CACHE_ENTRY_BYTES_MAX) {
        cache->bodies.length = start;
        return;
    }
    cache->pending[cache->pending_count++] = (struct pending_entry){
        .function = function, .prefix = prefix, .start = start, .length = length};
    if (cache->pending_count == HANDLER_CACHE_BATCH ||
        cache->bodies.length >= HANDLER_CACHE_PENDING_BYTES)
        handler_cache_flush(cache);
}
