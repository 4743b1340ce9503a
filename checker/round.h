/* What a round of the search (checker/round.c) works with, kept between rounds. */
#ifndef ONCECHECK_CHECKER_ROUND_H
#define ONCECHECK_CHECKER_ROUND_H

#include "checker/search.h"

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
    struct unfolded_state unfolded;
    uint32_t *slots; /* a successor, where all of it is needed */
    struct slot_change *changes;
    struct record_list found; /* by the state being expanded */
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

/* Allocate what depends on the size of a state, once that is known; false: no memory. */
bool round_prepare(struct search *search);

/* Insert the round's records into the visited set, and what is new into the search's lists. */
enum status round_insert(struct search *search, struct error *error);

#endif
