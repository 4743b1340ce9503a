/* The visited set: every state found, by a 64-bit key, with the state it was reached from.
 *
 * The key is the state's in the state tree (checker/state_tree.h): exact. Or, where the user asks
 * for it, a 64-bit fingerprint: states that share one would be taken for the same. Beside the key
 * goes a hash of the state's contents, the fingerprint too; so keys may be written in another way
 * later (visited_set_rewrite) and everything stays where it is.
 *
 * The set is in VISITED_PARTITIONS parts by the hash. Several threads may insert at once, each into
 * partitions of its own; so what a state's number is depends on the order of inserts into its
 * partition only. A state costs 12 bytes and 11 to 22 of index. At most VISITED_STATES_MAX
 * states. */
#ifndef ONCECHECK_CHECKER_VISITED_SET_H
#define ONCECHECK_CHECKER_VISITED_SET_H

#include "model/base/archive.h"
#include "model/base/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { VISITED_PARTITIONS = 16 };

#define VISITED_STATES_MAX UINT32_C(0x7FFFFFF0)
#define VISITED_NO_STATE UINT32_C(0x7FFFFFFF)

struct visited_set;

enum visited_result {
    VISITED_NEW,
    VISITED_KNOWN,
    VISITED_FULL /* no memory, or too many states: nothing was added */
};

/* What the search keeps of a state; see checker/explorer.c. */
struct visited_state {
    uint32_t parent; /* VISITED_NO_STATE: initial */
    bool waiting;    /* reached with one more fault than the level now explored */
};

struct visited_set *visited_set_create(struct memory *memory); /* NULL: no memory */
void visited_set_destroy(struct visited_set *set);             /* set may be NULL */

uint32_t visited_set_partition(uint64_t hash); /* below VISITED_PARTITIONS */

/* Find or add a key; *number is the state's unless the result is VISITED_FULL. A new state has the
 * given record. */
enum visited_result visited_set_insert(struct visited_set *set, uint64_t key, uint64_t hash,
                                       struct visited_state state, uint32_t *number);

/* Like insert, without adding: VISITED_NEW says that it is not there. */
enum visited_result visited_set_find(const struct visited_set *set, uint64_t key, uint64_t hash,
                                     uint32_t *number);

/* Bring near what insert and find will look at first. */
void visited_set_prefetch(const struct visited_set *set, uint64_t hash);

/* Some time after that: bring near what they will look at then. */
void visited_set_prefetch_state(const struct visited_set *set, uint64_t hash);

/* Replace every key by rewrite(context, key), which must keep different keys different. */
void visited_set_rewrite(struct visited_set *set, uint64_t (*rewrite)(void *context, uint64_t key),
                         void *context);

uint64_t visited_set_key(const struct visited_set *set, uint32_t number);
struct visited_state visited_set_state(const struct visited_set *set, uint32_t number);
void visited_set_update(struct visited_set *set, uint32_t number, struct visited_state state);

/* States of a partition are numbered in the order in which they were added. */
size_t visited_set_partition_count(const struct visited_set *set, uint32_t partition);
uint32_t visited_set_number(uint32_t partition, uint32_t index);

size_t visited_set_count(const struct visited_set *set);
/* One more than the greatest number in use. */
size_t visited_set_numbers(const struct visited_set *set);
/* All states. Reading fills a set that is empty. */
void visited_set_archive(struct visited_set *set, struct archive *archive);

size_t visited_set_bytes(const struct visited_set *set); /* memory held */

#endif
