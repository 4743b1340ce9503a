/* The value store's own structures: shared by the value*.c files, included by no other.
 *
 * A value is a header and a payload. Headers lie in one growing array, by id; payloads lie in an
 * arena and never move. An open-addressing table finds a value by its hash; contents are compared,
 * so a collision of hashes cannot make different values one.
 *
 * Large lists and maps are *chunked*: their payload is a list of smaller lists or maps, ordinary
 * values themselves, so that changing one element of a table of thousands stores one small chunk
 * and the list of chunks, not the table. Where chunks end depends on contents alone, never on how a
 * value came about, so equal values are still the same value:
 *   lists: after every LIST_CHUNK elements, if there are more than LIST_FLAT_MAX;
 *   maps: before every key that map_starts_chunk picks by its hash (one in 64, on average), if
 * there are more than MAP_FLAT_MAX entries. Compare M. Auvolat, F. Taïani, "Merkle Search Trees",
 *         SRDS 2019. */
#ifndef ONCECHECK_MODEL_BASE_VALUE_INTERNAL_H
#define ONCECHECK_MODEL_BASE_VALUE_INTERNAL_H

#include "model/base/arena.h"
#include "model/base/error.h"
#include "model/base/value.h"

enum { LIST_CHUNK = 64, LIST_FLAT_MAX = 128, MAP_FLAT_MAX = 128 };

struct value_header {
    struct hash128 hash;
    const void *payload; /* see value_payload_size */
    uint32_t count;      /* bytes, elements or entries; of all chunks */
    uint8_t kind;
    uint8_t chunked; /* 0 or 1 */
    uint16_t depth;  /* of nesting; 0: no parts. An upper bound in chunked values */
};

struct value_chunk {
    struct value part; /* a list or map that is not chunked */
    uint32_t start;    /* index of its first element */
};

/* The payload of a chunked value. Its hash is made from the sum of its chunks' hashes (each mixed
 * with its place, in a list), so that it follows from a few chunks' change alone: M. Bellare,
 * D. Micciancio, "A New Paradigm for Collision-Free Hashing", EUROCRYPT 1997. */
struct value_chunks {
    struct hash128 sum;
    uint32_t count;
    uint32_t elements; /* of all chunks */
    struct value_chunk chunks[];
};

struct value_slot {
    uint32_t id;  /* 0: free */
    uint32_t tag; /* of the hash: most other values are told apart without a look at them */
};

struct value_store {
    struct memory *memory;
    struct arena payloads;
    struct value_header *headers; /* headers[0] is unused */
    size_t count;                 /* of headers, that one included */
    size_t capacity;
    struct value_slot *slots;
    size_t slots_size;     /* a power of two */
    struct value *scratch; /* elements or entries under construction */
    size_t scratch_capacity;
    struct hash128 *hashes; /* of the parts of the value being interned */
    size_t hashes_capacity;
    struct value_chunks *chunks; /* under construction */
    size_t chunks_capacity;      /* bytes */
    uint16_t chunks_depth;
    bool failed;
};

/* A value on its way into the store. */
struct value_content {
    struct hash128 hash;
    const void *payload;
    size_t count;
    enum value_kind kind;
    bool chunked;
    uint16_t depth;
};

/* The value with these contents, found or added. */
struct value value_intern(struct value_store *store, const struct value_content *content);

/* The same, but VALUE_NONE if it is not there. */
struct value value_find(const struct value_store *store, const struct value_content *content);

/* A NULL, BOOL, STRING or BINARY made of `count` bytes. */
struct value_content value_leaf(enum value_kind kind, const void *bytes, size_t count);

/* A value that is not chunked, of `count` elements (entries of a map: twice as many parts). */
struct value value_intern_flat(struct value_store *store, enum value_kind kind,
                               const struct value *parts, size_t count);

/* Room for `count` parts in store->scratch, whose contents are kept. */
bool value_scratch_reserve(struct value_store *store, size_t count);

/* Make a chunked value of `kind` in store->chunks: the chunks of `old` (NULL: none) in front of
 * number `first`, those added, and the chunks of `old` from number `rest` on. In a list, chunks
 * keep their places. Each call returns false or VALUE_NONE on failure. */
bool value_chunks_begin(struct value_store *store, const struct value_header *old, size_t first,
                        size_t rest);
bool value_chunks_add(struct value_store *store, enum value_kind kind, struct value part);
struct value value_chunks_end(struct value_store *store, enum value_kind kind,
                              const struct value_chunks *old, size_t rest);

/* Bytes of a value's payload, without the NUL that follows bytes. */
size_t value_payload_size(const struct value_header *header);

/* The header of a value; CHECKs that there is one. Here to be inlined, as are the next: every look
 * at a value begins with them. */
static inline const struct value_header *value_header(const struct value_store *store,
                                                      struct value v)
{
    CHECK(v.id != 0 && v.id < store->count);
    return &store->headers[v.id];
}

static inline const struct value_header *value_header_of(const struct value_store *store,
                                                         struct value v, enum value_kind kind)
{
    const struct value_header *header = value_header(store, v);
    CHECK(header->kind == (uint8_t)kind);
    return header;
}

/* Parts of a value that is not chunked: elements, or keys and values in turn. */
static inline const struct value *value_parts(const struct value_header *header)
{
    return header->payload;
}

static inline const struct value_chunks *value_chunks(const struct value_header *header)
{
    return header->payload;
}

/* The chunk that holds element `index`. */
const struct value_chunk *value_chunk_of(const struct value_header *header, size_t index);

/* Part `part` (0; of maps: 0 the key, 1 the value) of element `index`, which must exist. */
struct value value_part(const struct value_store *store, const struct value_header *header,
                        size_t index, size_t part);

/* All parts, in order, into `parts`. */
void value_copy_parts(const struct value_store *store, const struct value_header *header,
                      struct value *parts);

/* Sort `count` elements of `width` parts by the content of their first part and drop all but the
 * last of equal ones. `parts` has room for twice as many. Returns how many elements are left. */
size_t value_sort_unique(const struct value_store *store, struct value *parts, size_t count,
                         size_t width);

bool value_any_none(const struct value *values, size_t count);

#endif
