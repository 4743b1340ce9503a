/* Expansions, remembered by what they look at.
 *
 * What an actor can do next depends on few slots of the state: for an invocation that is about to
 * write, where it stands, the table written and the logs of its stream, but not what other
 * functions hold. So the transitions of one part of one actor are worked out once for each
 * combination of the slots in their view, and are a table look-up in every other state. This is
 * what makes an explored state cost tens of nanoseconds whatever the services and functions do.
 *
 * A transition is kept as the slots it changes. It is worked out in a state that equals the one
 * asked for in the view and the initial state elsewhere; so what is remembered can depend on the
 * view only, by construction, and a view that lacks a slot shows as a wrong transition when the two
 * expansions are compared (tests/checker/test_expansion_memo.c, and every counterexample).
 *
 * Threads: expansion_memo_find may run in several at once, as long as nothing else does. */
#ifndef ONCECHECK_MODEL_EXPANSION_MEMO_H
#define ONCECHECK_MODEL_EXPANSION_MEMO_H

#include "model/action.h"
#include "model/view.h"

/* Transitions, and slots changed by them, that a memo holds at most; more is treated as a failed
 * allocation. */
#define EXPANSION_MEMO_TRANSITIONS_MAX (UINT32_C(1) << 30)

struct slot_change {
    uint32_t slot;
    uint32_t value;
};

struct remembered_transition {
    struct action action;
    uint32_t cost; /* faults: 0 or 1 */
    /* No fault, and not the retry that closes the cycle of a batch that fails for ever. */
    bool moves_on;
    /* A fault-free retry that no fault has caused: a cycle may go through it. */
    bool clean_retry;
    /* Data of finished stages may be dropped after it: expansion_memo_finish_stages does that. */
    bool may_finish_stage;
    uint32_t first_change;
    uint32_t change_count;
    /* What it adds to the state's fingerprint; see world_slot_fingerprint. */
    uint64_t fingerprint_change;
};

/* Transitions first .. first + count - 1 of the memo. */
struct remembered_expansion {
    uint32_t first;
    uint32_t count;
};

struct expansion_memo;

/* NULL: no memory. `world` is borrowed. */
struct expansion_memo *expansion_memo_create(struct world *world);
void expansion_memo_destroy(struct expansion_memo *memo); /* may be NULL */

/* Parts are numbered in the order in which stages are explored: group g has the parts group_ends[g
 * - 1] .. group_ends[g] - 1. Group 0 is the generator; with the stage order each stage is a group,
 * and a state's transitions are those of the groups up to and including the first with one that
 * moves on; without it all actors are one group. */
uint32_t expansion_memo_group_count(const struct expansion_memo *memo);
uint32_t expansion_memo_group_end(const struct expansion_memo *memo, uint32_t group);

/* The view (model/view.h) that a part has of `state`: its number, which is not 0. */
enum view_result expansion_memo_view(const struct expansion_memo *memo, uint32_t part,
                                     const uint32_t *state, uint32_t *view);

/* The slots that a view names, ascending. */
const uint16_t *expansion_memo_view_slots(const struct expansion_memo *memo, uint32_t view,
                                          uint32_t *count);

/* The slots that say which view a part has, of a state: two, or twice the same. */
void expansion_memo_standing(const struct expansion_memo *memo, uint32_t part, uint16_t slots[2]);

/* What is remembered of the part that has this view of `state`; false: nothing. */
bool expansion_memo_find_in_view(const struct expansion_memo *memo, uint32_t view,
                                 const uint32_t *state, struct remembered_expansion *expansion);

/* What is remembered of a part in `state`; false: nothing. A part with nothing to do is an
 * expansion without transitions. */
bool expansion_memo_find(const struct expansion_memo *memo, uint32_t part, const uint32_t *state,
                         struct remembered_expansion *expansion);

/* Work it out and remember it. Errors are those of world_expand. */
enum status expansion_memo_add(struct expansion_memo *memo, uint32_t part, const uint32_t *state,
                               struct remembered_expansion *expansion, struct error *error);

const struct remembered_transition *expansion_memo_transition(const struct expansion_memo *memo,
                                                              uint32_t index);
const struct slot_change *expansion_memo_changes(const struct expansion_memo *memo,
                                                 const struct remembered_transition *transition);

/* Make the changes in `slots`, the state before. */
void expansion_memo_apply(const struct expansion_memo *memo,
                          const struct remembered_transition *transition, uint32_t *slots);

/* After a transition that may finish a stage: drop what finished stages leave behind. False:
 * nothing has changed. */
bool expansion_memo_finish_stages(const struct expansion_memo *memo, uint32_t *slots);

size_t expansion_memo_count(const struct expansion_memo *memo); /* expansions remembered */
size_t expansion_memo_transition_count(const struct expansion_memo *memo); /* in all of them */

/* The first `count` expansions. Reading fills a memo that is empty; the world's handler trees are
 * those there were, and so are its facts. */
void expansion_memo_archive(struct expansion_memo *memo, size_t count, struct archive *archive);

/* What was worked out for one part, and where: `slots` is the state that equals those asked for in
 * the view and the initial state elsewhere, valid until the memo is next used. */
struct remembered_situation {
    struct expansion_part part;
    const uint32_t *slots;
    struct remembered_expansion expansion;
};

/* Expansions are numbered from 0 in the order in which they were worked out, which depends on the
 * search alone and not on its workers. */
void expansion_memo_situation(struct expansion_memo *memo, size_t index,
                              struct remembered_situation *situation);

#endif
