/* The visited set: every state found, exactly, with its parent, faults and depth.
 *
 * States are tree-compressed (A. Laarman, J. van de Pol, M. Weber: "Parallel Recursive State
 * Compression for Free", SPIN 2011): slots are combined in pairs, each distinct pair of numbers
 * stored once, up to a root pair that stands for the state. Most states differ from another in few
 * slots, so most pairs are shared and a state costs little more than its root pair.
 *
 * A state is known by a dense index in order of first insertion. Lossless: visited_set_get gives
 * the slots back. At most VISITED_STATES_MAX states. */
#ifndef ONCECHECK_CHECKER_VISITED_SET_H
#define ONCECHECK_CHECKER_VISITED_SET_H

#include "model/base/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VISITED_STATES_MAX UINT32_C(0xFFFFFFF0)
#define VISITED_NO_STATE UINT32_MAX
#define VISITED_FAULTS_MAX UINT16_MAX

struct visited_set;

enum visited_result {
    VISITED_NEW,
    VISITED_KNOWN,
    VISITED_FULL /* no memory, or VISITED_STATES_MAX reached: nothing was added */
};

/* What the search keeps of a state; see checker/explorer.c. */
struct visited_state {
    uint32_t parent; /* VISITED_NO_STATE: initial */
    uint32_t depth;  /* transitions from the initial state */
    uint32_t faults; /* at most VISITED_FAULTS_MAX */
    bool waiting;    /* reached with one more fault than the level now explored */
};

/* NULL: no memory. slot_count >= 1. */
struct visited_set *visited_set_create(struct memory *memory, uint32_t slot_count);
void visited_set_destroy(struct visited_set *set); /* set may be NULL */

/* Find or add `slots`; *index is the state's index unless the result is VISITED_FULL. A new state's
 * visited_state is zeroed. */
enum visited_result visited_set_insert(struct visited_set *set, const uint32_t *slots,
                                       uint32_t *index);

/* Like insert, without adding: VISITED_NEW says that it is not there. */
enum visited_result visited_set_find(struct visited_set *set, const uint32_t *slots,
                                     uint32_t *index);

/* The state's slots. Makes it the base of the next inserts: states that differ from it little are
 * found or added fastest. */
void visited_set_get(struct visited_set *set, uint32_t index, uint32_t *slots);

/* The state's record, valid until the next insert. */
struct visited_state visited_set_state(const struct visited_set *set, uint32_t index);
void visited_set_update(struct visited_set *set, uint32_t index, const struct visited_state *state);

size_t visited_set_count(const struct visited_set *set);
size_t visited_set_bytes(const struct visited_set *set); /* memory held */

#endif
