/* The handler cache: what functions were seen to do, kept between runs of oncecheck.
 *
 * A folder holds one SQLite file. An entry is a step of a function after an event and inputs, under
 * a key that stands for everything that decides it: the function's code and settings, and what runs
 * it (see python_host_key). What was loaded from outside of that is told apart by the state of the
 * files (python_host_files): where it differs from the time of the entries, they are stale and
 * dropped. Entries are found by contents, and each carries a checksum over key, prefix and step;
 * one that does not fit is dropped and computed again.
 *
 * A cache only saves time, and so nothing here fails: whatever is wrong with the file (damaged,
 * locked for too long, of a newer oncecheck, not writable, a full disk) is told once through `warn`
 * and the cache is not used any more. A file of ours that is damaged is removed. Several processes
 * may share a cache. Entries are written in batches, each of which is there as a whole or not at
 * all.
 *
 * Not kept are ends that the machine may have caused (HANDLER_EXIT and HANDLER_HANG).
 *
 * Two processes that want the same answer at once need not both find it out: who is to run a
 * function claims the question first, looks again, and gives the claim up once the answer is
 * written. A claim is a lock on one byte of a file beside the cache, at a place that the question's
 * hash chooses; it ends with its process (fcntl(2), open file description locks).
 *
 * Threads: one caller at a time. */
#ifndef ONCECHECK_MODEL_HANDLER_CACHE_H
#define ONCECHECK_MODEL_HANDLER_CACHE_H

#include "model/base/hash.h"
#include "model/base/text.h"
#include "model/handler.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    HANDLER_CACHE_BUSY_MS = 1000,      /* waiting for another process */
    HANDLER_CACHE_BATCH = 128,         /* entries written at once */
    HANDLER_CACHE_BYTES_MAX = 1 << 28, /* of entries; beyond it the functions used longest ago go */
    HANDLER_CACHE_ENTRY_BYTES_MAX = 1 << 22, /* an entry that is larger is not kept */
    HANDLER_CACHE_FILES_BYTES_MAX = 1 << 20  /* names of the files that a function has loaded */
};

struct handler_cache;

struct handler_cache_options {
    const char *folder; /* made where it is not there */
    uint64_t bytes_max; /* 0: HANDLER_CACHE_BYTES_MAX */
    void (*warn)(void *context, const char *message);
    void *context;
};

/* A function's place in the cache. All zero: none, and nothing is found or kept. */
struct handler_cache_function {
    int64_t id;
    struct hash128 key;
    uint64_t bytes; /* of its entries, about */
};

/* What is known of a function besides its steps. */
struct handler_cache_facts {
    const char *versions; /* of the interpreter and its libraries, for people */
    const char *files;    /* loaded from outside the package */
    struct hash128 state; /* of these files when the function was loaded */
};

/* NULL, after a warning, where the folder cannot be used. `store` is that of the steps. */
struct handler_cache *handler_cache_open(struct memory *memory, struct value_store *store,
                                         const struct handler_cache_options *options);
/* Writes what is left to be written and keeps to the limit of bytes. `cache` may be NULL, here and
 * below. */
void handler_cache_close(struct handler_cache *cache);

/* True if there is a function with that key. `*facts` is valid until the next call. */
bool handler_cache_find(struct handler_cache *cache, struct hash128 key,
                        struct handler_cache_function *function, struct handler_cache_facts *facts);
/* Make a place for a function. Another process may have done so meanwhile: then it is that one's if
 * the facts are the same, and made anew if not. */
void handler_cache_add(struct handler_cache *cache, struct hash128 key,
                       const struct handler_cache_facts *facts,
                       struct handler_cache_function *function);
/* Forget a function that changed or is not deterministic, with its entries. */
void handler_cache_drop(struct handler_cache *cache, struct handler_cache_function *function);

/* Write what is pending; needed before a handler_cache_function that was put to goes away. */
void handler_cache_flush(struct handler_cache *cache);

bool handler_cache_get(struct handler_cache *cache, const struct handler_cache_function *function,
                       struct hash128 prefix, struct handler_step *step);
void handler_cache_put(struct handler_cache *cache, struct handler_cache_function *function,
                       struct hash128 prefix, const struct handler_step *step);

/* Claim a question, waiting while another process has claimed it (or, rarely, another one with the
 * same place). One claim at a time. Where there can be none, the question is just not claimed. */
void handler_cache_claim(struct handler_cache *cache, const struct handler_cache_function *function,
                         struct hash128 prefix);
/* Write what is pending and give the claim up; nothing where there is none. */
void handler_cache_release_claim(struct handler_cache *cache);

#endif
