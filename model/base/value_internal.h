/* The value store's own structures, shared by value.c and value_collection.c only. */
#ifndef ONCECHECK_MODEL_BASE_VALUE_INTERNAL_H
#define ONCECHECK_MODEL_BASE_VALUE_INTERNAL_H

#include "model/base/arena.h"
#include "model/base/value.h"

struct value_header {
    struct hash128 hash;
    const char *payload; /* bytes, a decimal, or ids; a NUL follows */
    uint32_t count;      /* bytes, elements or entries */
    uint8_t kind;
};

struct value_store {
    struct memory *memory;
    struct arena payloads;
    struct value_header *headers; /* by id; 0 unused */
    size_t count;
    size_t capacity;
    uint32_t *index; /* open addressing by hash; 0: free */
    size_t index_size;
    struct value *scratch; /* ids of a collection under construction */
    size_t scratch_capacity;
    struct hash128 *hashes; /* of its parts */
    size_t hash_capacity;
    size_t payload_bytes;
    bool failed;
};

/* The value with these contents, found or added. */
struct value value_intern(struct value_store *store, enum value_kind kind, size_t count,
                          const void *payload, struct hash128 hash);

/* Remember the failure; returns VALUE_NONE. */
struct value value_store_fail(struct value_store *store);

const struct value_header *value_header(const struct value_store *store, struct value v);

/* The ids of a list's or set's elements, or of a map's keys and values in turn. */
const struct value *value_elements(const struct value_store *store, struct value v);

#endif
