/* What a round of the search (checker/round.c) works with, kept between rounds. */
#ifndef ONCECHECK_CHECKER_ROUND_H
#define ONCECHECK_CHECKER_ROUND_H

#include "checker/search.h"
#include "checker/step_cache.h"

enum { ROUND_CHUNK_STATES = 128, ROUND_CHUNKS = SEARCH_ROUND_STATES / ROUND_CHUNK_STATES };

/* Marks a record's transition that costs a fault. */
#define ROUND_BY_FAULT (UINT32_C(1) << 31)
/* And one that led to a new state. */
#define ROUND_FOUND (UINT32_C(1) << 30)

/* A transition found: the key of where it leads. */
struct record {
    struct state_key key;
    uint32_t position;   /* in the frontier, of where it starts */
    uint32_t transition; /* of the memo, with marks */
};

struct record_list {
    struct record *items;
    size_t count;
    size_t capacity;
};

struct chunk {
    struct record_list by_partition[VISITED_PARTITIONS];
    struct state_list aside;    /* positions of states that are put aside */
    struct state_list to_judge; /* positions */
    struct state_list ends;
    struct state_list retried;
    uint64_t transitions;
    bool no_memory;
};

struct worker_state {
    uint32_t *numbers; /* of a state's runs */
    uint8_t *fine;     /* by the number of the run with the aggregates: nothing wrong with them */
    size_t fine_capacity;
    struct unfolded_state unfolded;
    uint32_t *slots; /* a successor, where all of it is needed */
    struct slot_change *changes;
    struct record_list found; /* by the state being expanded */
    struct step_cache *cache; /* NULL: none */
};

struct partition_result {
    struct state_list next;
    struct state_list delayed;
    uint32_t *slots; /* a new state, where lists keep slots */
    bool limit_left_states;
    bool full;
};

struct round {
    struct memory *memory;
    struct step_block *blocks; /* of the memo's parts */
    size_t block_count;
    size_t block_capacity;
    uint32_t run_count;      /* of the tree */
    uint32_t aggregates_run; /* the one with their table; STEP_BLOCK_NO_RUN: there is none */
    unsigned workers;
    uint16_t slot_count;
    bool ready;
    struct chunk chunks[ROUND_CHUNKS + 1];
    size_t aside; /* of this round the chunk of states put aside; those before it are filled too */
    struct worker_state *states; /* per worker */
    struct partition_result partitions[VISITED_PARTITIONS];
    size_t first;
    size_t count;
};

bool record_list_grow(struct memory *memory, struct record_list *list); /* false: no memory */

/* False: no memory. */
static inline bool record_list_add(struct memory *memory, struct record_list *list,
                                   struct record record)
{
    if (list->count == list->capacity && !record_list_grow(memory, list))
        return false;
    list->items[list->count++] = record;
    return true;
}

/* Step 1 for a state of which all is in the worker's cache; false: something is not. */
bool round_expand_cached(struct search *search, struct chunk *chunk, struct worker_state *worker,
                         uint32_t position);

enum cached_result { CACHED_FOUND, CACHED_MISSING, CACHED_NO_MEMORY };

/* The same for one block of the state that the worker has unfolded: its records are added to those
 * found, and *flags gets what holds of some (CACHED_FREE and the like). */
enum cached_result round_find_cached(const struct search *search, struct worker_state *worker,
                                     const struct state_key *key, size_t block, uint32_t position,
                                     uint8_t *flags);

/* The slow way was taken to what a block does: the records from `first` on of those found. */
void round_keep_cached(const struct search *search, struct worker_state *worker,
                       const struct state_key *key, size_t block, const uint32_t *views,
                       size_t view_count, size_t first);

/* Ask for what functions do next in the states put aside, where that is quicker at once. *stop as
 * of search_should_stop. */
enum status round_anticipate(struct search *search, enum search_stop *stop, struct error *error);

/* Allocate what depends on the size of a state, once that is known; false: no memory. */
bool round_prepare(struct search *search);

/* Insert the round's records into the visited set, and what is new into the search's lists. */
enum status round_insert(struct search *search, struct error *error);

#endif
