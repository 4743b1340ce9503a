/* Interned runs of slots: each distinct run of a fixed width is stored once and known by its
 * number.
 *
 * Threads: several may find and get at once, as long as none adds. */
#ifndef ONCECHECK_CHECKER_SLOT_TABLE_H
#define ONCECHECK_CHECKER_SLOT_TABLE_H

#include "model/base/archive.h"
#include "model/base/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SLOT_TABLE_WIDTH_MAX = 16 };

struct slot_table_entry {
    uint32_t tag; /* of the hash */
    uint32_t number;
};

struct slot_table {
    struct memory *memory;
    uint32_t width; /* 1 .. SLOT_TABLE_WIDTH_MAX */
    uint32_t *runs; /* by number - 1 */
    size_t count;
    size_t capacity;
    uint64_t *fingerprints; /* by number - 1; of a state the sum of its runs' */
    size_t fingerprint_capacity;
    struct slot_table_entry *index; /* open addressing, at most half full; number 0: free */
    size_t index_size;
};

bool slot_table_init(struct slot_table *table, struct memory *memory, uint32_t width);
void slot_table_release(struct slot_table *table);
size_t slot_table_bytes(const struct slot_table *table);

/* The number, from 1, of a run; 0: it is not there. */
uint32_t slot_table_find(const struct slot_table *table, const uint32_t *slots);

/* The same, adding it if it is not there; *added then says so, and slot_table_set_fingerprint must
 * follow. 0: no memory. */
uint32_t slot_table_add(struct slot_table *table, const uint32_t *slots, bool *added);

/* The run's part of the state's fingerprint. */
void slot_table_set_fingerprint(struct slot_table *table, uint32_t number, uint64_t fingerprint);
uint64_t slot_table_fingerprint(const struct slot_table *table, uint32_t number);

/* The first `count` runs. Reading fills a table that is empty. */
void slot_table_archive(struct slot_table *table, size_t count, struct archive *archive);

/* The run with a number. */
const uint32_t *slot_table_get(const struct slot_table *table, uint32_t number);

#endif
