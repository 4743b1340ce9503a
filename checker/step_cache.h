/* What pollers do next, by the numbers of a state's runs.
 *
 * The expansion memo (model/expansion_memo.h) knows a part's transitions by the slots that the part
 * looks at, and the state tree (checker/state_tree.h) a successor's key by the runs that change: a
 * state costs a look-up of some slots for each part, and one of a run or two for each transition.
 * But a packed key is a sum of run numbers, each in its place. So where the runs that parts look at
 * and change are the same as in an earlier state, all they do to key and hash is to add what they
 * added there.
 *
 * That is kept by block: parts in a row whose pollers stand in the same run of slots. Where a block
 * stands says what it looks at: mostly its own run, so that a table by its number is enough; else
 * some other runs, too, whose numbers are looked up in a hash table.
 *
 * A cache only shortens what may be found without it: it is a worker's own, forgets everything when
 * it is full, and gives up where it seldom finds anything. Nothing but time depends on it. */
#ifndef ONCECHECK_CHECKER_STEP_CACHE_H
#define ONCECHECK_CHECKER_STEP_CACHE_H

#include "checker/state_tree.h"

enum {
    STEP_CACHE_OTHER_RUNS_MAX = 4, /* what looks at more is not kept */
    STEP_CACHE_STEPS_MAX = 64      /* nor is a block with more steps */
};

/* Parts first .. end - 1 of the memo, all of one of its groups. */
struct step_block {
    uint32_t first;
    uint32_t end;
    uint32_t run; /* of the tree; STEP_BLOCK_NO_RUN: they stand in several, and are not cached */
};

#define STEP_BLOCK_NO_RUN UINT32_MAX

/* Of `transition` the memo's index; the other bits are the user's. */
#define CACHED_TRANSITION (EXPANSION_MEMO_TRANSITIONS_MAX - 1)

struct cached_step {
    uint64_t key_change; /* what to add, modulo 2^64 */
    uint64_t hash_change;
    uint32_t transition;
};

/* What holds of some step of a block: see struct remembered_transition. */
enum { CACHED_FREE = 1 /* without a fault */, CACHED_MOVES_ON = 2, CACHED_CLEAN_RETRY = 4 };

/* Valid until the cache is next written to. */
struct cached_steps {
    const struct cached_step *items;
    size_t count;
    uint8_t flags;
};

struct step_cache;

/* NULL: no memory. `memory`, tree, memo and blocks are borrowed. */
struct step_cache *step_cache_create(struct memory *memory, const struct state_tree *tree,
                                     const struct expansion_memo *memo,
                                     const struct step_block *blocks, size_t block_count);
void step_cache_destroy(struct step_cache *cache); /* may be NULL */

/* Forget everything: keys are written in another way. */
void step_cache_clear(struct step_cache *cache);

/* What a block does in a state, by the numbers of its runs; false: not known. */
bool step_cache_find(struct step_cache *cache, size_t block, const uint32_t *numbers,
                     struct cached_steps *steps);

/* Keep it; `views` are those that its parts have of the state. Where there is no memory, or the
 * cache has given up, it is not kept. */
void step_cache_keep(struct step_cache *cache, size_t block, const uint32_t *numbers,
                     const uint32_t *views, size_t view_count, const struct cached_steps *steps);

/* The blocks of a memo's parts, in their order: at most one per part. Returns how many. */
size_t step_blocks(const struct state_tree *tree, const struct expansion_memo *memo,
                   struct step_block *blocks);

#endif
