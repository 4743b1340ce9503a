/* The value store: immutable values, each distinct one stored once (hash consing).
 *
 * Records, items, events, requests, responses, whole tables and stream logs are values. A value is
 * a dense 32-bit id into a store; equal values have equal ids, so `a.id == b.id` is equality. Each
 * value also has a 128-bit content hash and there is a total order by content; both depend on
 * contents only, whereas ids depend on the order of creation and must never reach a file, a
 * tie-break or an iteration order that is printed.
 *
 * Errors: constructors return VALUE_NONE when memory runs out, and the store remembers it
 * (value_store_failed). Constructors given VALUE_NONE as a part return VALUE_NONE. So a long
 * computation needs to look only once, at its end. Reading accessors must not be given VALUE_NONE.
 *
 * Large lists and maps share what they have in common: adding or replacing an element costs time
 * and memory for some 64 elements and one word per 64 of the rest.
 *
 * Limits: a value's bytes or elements number at most UINT32_MAX, and so do the values of a store;
 * exceeding that is treated as a failed allocation. Nesting deeper than VALUE_DEPTH_MAX is a bug
 * (CHECK): input is bounded by JSON_DEPTH_MAX.
 * Threads: not safe; one store has one thread. */
#ifndef ONCECHECK_MODEL_BASE_VALUE_H
#define ONCECHECK_MODEL_BASE_VALUE_H

#include "model/base/archive.h"
#include "model/base/decimal.h"
#include "model/base/hash.h"
#include "model/base/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VALUE_DEPTH_MAX = 1000 };

struct value {
    uint32_t id;
};

#define VALUE_NONE ((struct value){0})

enum value_kind {
    VALUE_NULL,
    VALUE_BOOL,
    VALUE_NUMBER,
    VALUE_STRING, /* UTF-8; may hold NUL bytes */
    VALUE_BINARY,
    VALUE_LIST,
    VALUE_MAP,        /* keys of any kind, sorted by content, unique */
    VALUE_STRING_SET, /* elements sorted by content, unique */
    VALUE_NUMBER_SET,
    VALUE_BINARY_SET
};

struct value_entry {
    struct value key;
    struct value value;
};

struct value_store;

struct value_store *value_store_create(struct memory *memory); /* NULL: no memory */
void value_store_destroy(struct value_store *store);           /* store may be NULL */
/* Forget every value: none that was made before may be used again. */
void value_store_clear(struct value_store *store);
bool value_store_failed(const struct value_store *store); /* an allocation has failed */
/* Remember that one has, or that a limit is reached, for who made a value without what it needed;
 * returns VALUE_NONE. */
struct value value_store_fail(struct value_store *store);
size_t value_store_count(const struct value_store *store); /* distinct values, parts too */
size_t value_store_bytes(const struct value_store *store); /* memory held */
struct memory *value_store_memory(const struct value_store *store);

static inline bool value_equal(struct value a, struct value b) { return a.id == b.id; }
static inline bool value_is_none(struct value v) { return v.id == 0; }

/* Constructors. */
struct value value_null(struct value_store *store);
struct value value_bool(struct value_store *store, bool truth);
struct value value_number(struct value_store *store, const struct decimal *number);
struct value value_integer(struct value_store *store, int64_t integer);
struct value value_string(struct value_store *store, const char *bytes, size_t length);
struct value value_text(struct value_store *store, const char *text);         /* NUL-terminated */
struct value value_text_or_null(struct value_store *store, const char *text); /* NULL: NULL */
__attribute__((format(printf, 2, 3))) struct value value_format(struct value_store *store,
                                                                const char *format, ...);
struct value value_binary(struct value_store *store, const void *bytes, size_t length);
struct value value_list(struct value_store *store, const struct value *elements, size_t count);
/* Entries in any order; of entries with the same key the last one wins. */
struct value value_map(struct value_store *store, const struct value_entry *entries, size_t count);
/* kind is one of the three set kinds; elements in any order, duplicates are dropped. */
struct value value_set(struct value_store *store, enum value_kind kind,
                       const struct value *elements, size_t count);

/* Reading. The kind must fit (CHECK). Pointers stay valid as long as the store. */
enum value_kind value_kind(const struct value_store *store, struct value v);
bool value_truth(const struct value_store *store, struct value v);                    /* BOOL */
const struct decimal *value_decimal(const struct value_store *store, struct value v); /* NUMBER */
/* STRING or BINARY; the bytes are followed by a NUL that is not counted. length may be NULL. */
const char *value_bytes(const struct value_store *store, struct value v, size_t *length);
size_t value_count(const struct value_store *store, struct value v); /* LIST, sets, MAP */
struct value value_at(const struct value_store *store, struct value v,
                      size_t index); /* LIST, sets */
struct value value_key_at(const struct value_store *store, struct value map, size_t index);
struct value value_value_at(const struct value_store *store, struct value map, size_t index);
/* VALUE_NONE if the key is missing. */
struct value value_get(const struct value_store *store, struct value map, struct value key);
struct value value_get_text(const struct value_store *store, struct value map, const char *key);
/* The same for what may be no map, or hold something else: VALUE_NONE unless `map` is a MAP whose
 * member is of that kind. */
struct value value_member(const struct value_store *store, struct value map, const char *key,
                          enum value_kind kind);
/* True if v is the STRING `text`. */
bool value_is_text(const struct value_store *store, struct value v, const char *text);
/* True and *integer set if v is a NUMBER that is an integer and fits. */
bool value_to_integer(const struct value_store *store, struct value v, int64_t *integer);

/* Derived values; the original is unchanged. */
struct value value_append(struct value_store *store, struct value list, struct value element);
/* `count` elements from `start`; the range must lie within the list. */
struct value value_slice(struct value_store *store, struct value list, size_t start, size_t count);
struct value value_replace_at(struct value_store *store, struct value list, size_t index,
                              struct value element);
struct value value_put(struct value_store *store, struct value map, struct value key,
                       struct value value);
struct value value_put_text(struct value_store *store, struct value map, const char *key,
                            struct value value);
struct value value_remove(struct value_store *store, struct value map, struct value key);

/* All values, in the order of their ids; read into a store that holds none they get the same ids.
 */
void value_store_archive(struct value_store *store, struct archive *archive);

/* Content hash and content order (kinds in the order of the enum; numbers by value; strings and
 * binaries by bytes, shorter first on a tie; lists, sets and maps element by element). */
struct hash128 value_hash(const struct value_store *store, struct value v);
int value_compare(const struct value_store *store, struct value a, struct value b);

#endif
