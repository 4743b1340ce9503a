/* What the parts of the handler cache share: the open file and the entries not yet written. */
#ifndef ONCECHECK_MODEL_HANDLER_CACHE_INTERNAL_H
#define ONCECHECK_MODEL_HANDLER_CACHE_INTERNAL_H

#include "model/base/database.h"
#include "model/handler_cache.h"

#define HANDLER_CACHE_FILE "handlers.db"
#define HANDLER_CACHE_CLAIMS_FILE "handlers.claims"

enum {
    HANDLER_CACHE_PATH_MAX = 4096,
    HANDLER_CACHE_PENDING_BYTES = 1 << 20, /* a batch is written when it has as many */
    HANDLER_CACHE_HASH_SIZE = 16,          /* a hash128 as bytes */
    NO_CLAIMS = -1
};

struct pending_entry {
    struct handler_cache_function *function;
    struct hash128 prefix;
    size_t start; /* of its body in `bodies` */
    size_t length;
};

struct handler_cache {
    struct memory *memory;
    struct value_store *store;
    struct handler_cache_options options;
    char path[HANDLER_CACHE_PATH_MAX];
    struct database *file; /* NULL: not used any more */
    struct text facts;     /* of the function that was looked up last */
    struct statement *get; /* NULL: not prepared yet */
    struct statement *put;
    struct statement *find;
    struct pending_entry pending[HANDLER_CACHE_BATCH];
    size_t pending_count;
    struct text bodies;
    bool told_damage;
    int claims;    /* descriptor; NO_CLAIMS before the first and where there can be none */
    int64_t claim; /* the byte locked; NO_CLAIMS: none */
    bool claims_failed;
};

/* Warn, and use the file no more; remove it if it is ours and damaged. */
void handler_cache_break(struct handler_cache *cache, const struct error *error);

/* Something was not what it was when it was written. */
void handler_cache_tell_damage(struct handler_cache *cache);

/* Prepare `*statement` unless it is. */
enum status handler_cache_prepare(struct handler_cache *cache, struct statement **statement,
                                  const char *sql, struct error *error);

void handler_cache_bind_hash(struct statement *statement, int index, struct hash128 hash);
/* False where the column holds no hash. */
bool handler_cache_hash(struct statement *statement, int column, struct hash128 *hash);

/* Forget what is pending of a function. */
void handler_cache_unpend(struct handler_cache *cache,
                          const struct handler_cache_function *function);

#endif
