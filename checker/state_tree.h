/* States in 64 bits, without loss.
 *
 * The slots of one of the layout's groups change together; so each distinct run of them (up to 16,
 * longer groups in several) is stored once and known by its number. A pipeline has few groups, and
 * each takes on far fewer contents than the product of its slots would allow: so the numbers of a
 * state's runs fit next to each other into a key of 64 bits. As their tables grow, the bits are
 * shared out anew, and keys in use have to be rewritten. Where 64 bits are not enough, neighbouring
 * numbers are combined in pairs, each distinct pair stored once and known by its number, these
 * again, up to a root pair that is the key (A. Laarman, J. van de Pol, M. Weber: "Parallel
 * Recursive State Compression for Free", SPIN 2011).
 *
 * A state is unfolded into a `struct unfolded_state`: all slots and numbers of its tree at once, so
 * that the key of a successor needs only what lies above the slots that change.
 *
 * Threads: several may unfold and find at once, each with an unfolded state of its own, as long as
 * none adds. */
#ifndef ONCECHECK_CHECKER_STATE_TREE_H
#define ONCECHECK_CHECKER_STATE_TREE_H

#include "model/base/archive.h"
#include "model/base/memory.h"
#include "model/expansion_memo.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct state_tree;

/* The fingerprint of `count` slots from the slot `first` on; that of a state is the sum of those of
 * its parts. See world_run_fingerprint. */
typedef uint64_t (*run_fingerprint)(const void *context, const uint32_t *slots, uint32_t first,
                                    uint32_t count);

/* NULL: no memory. Group g of the slots ends before group_ends[g]; no group is empty. */
struct state_tree *state_tree_create(struct memory *memory, const uint16_t *group_ends,
                                     size_t group_count, run_fingerprint fingerprint,
                                     const void *context);
void state_tree_destroy(struct state_tree *tree); /* may be NULL */
size_t state_tree_bytes(const struct state_tree *tree);

/* The number, from 0, of the run that a slot is in. */
uint32_t state_tree_run_of(const struct state_tree *tree, uint32_t slot);

/* Keys are numbers of runs side by side: so one that differs in the runs that change from another
 * differs from it by what any such keys differ by. */
bool state_tree_is_packed(const struct state_tree *tree);

/* The numbers of a packed key's runs, in their order: `numbers` has state_tree_run_count. */
void state_tree_unpack(const struct state_tree *tree, uint64_t key, uint32_t *numbers);
uint32_t state_tree_run_count(const struct state_tree *tree);

/* The fingerprint of a state by the numbers of its runs. */
uint64_t state_tree_fingerprint(const struct state_tree *tree, const uint32_t *numbers);

struct unfolded_state {
    uint32_t *slots;
    uint32_t *numbers; /* by node of the tree: of runs, in their order, then of pairs */
    uint32_t *places;  /* the nodes that a successor changes, and */
    uint32_t *saved;   /* their numbers before */
    uint32_t *saved_slots;
    uint64_t *marks; /* a bit per node: it has to be looked at */
    bool valid;      /* this is some state */
};

bool unfolded_state_init(struct unfolded_state *unfolded, const struct state_tree *tree,
                         struct memory *memory);
void unfolded_state_release(struct unfolded_state *unfolded, const struct state_tree *tree,
                            struct memory *memory);

/* Unfold a key; quick where the state is like the one unfolded before. */
void state_tree_unfold(const struct state_tree *tree, uint64_t key,
                       struct unfolded_state *unfolded);

enum tree_result {
    TREE_FOUND,
    TREE_MISSING, /* not there: add it */
    /* Adding needs more bits than there are: call state_tree_share_bits, then rewrite every key
     * with state_tree_rewrite, then add it again. */
    TREE_KEYS_FULL,
    TREE_NO_MEMORY
};

/* Sharing the bits of a key out anew will end with root pairs instead of numbers side by side. */
bool state_tree_will_pair(const struct state_tree *tree);

/* Share the bits of a key out anew. Unfolded states are void (set `valid` to false). */
void state_tree_share_bits(struct state_tree *tree);

/* What a key from before the last state_tree_share_bits is now; 0, which is no key: no memory. */
uint64_t state_tree_rewrite(struct state_tree *tree, uint64_t key);

/* The key of the unfolded state with some slots changed (each slot at most once); the unfolded
 * state stays as it is. */
enum tree_result state_tree_find_successor(const struct state_tree *tree,
                                           struct unfolded_state *unfolded,
                                           const struct slot_change *changes, size_t count,
                                           uint64_t *key);
enum tree_result state_tree_add_successor(struct state_tree *tree, struct unfolded_state *unfolded,
                                          const struct slot_change *changes, size_t count,
                                          uint64_t *key);

/* Remember what there is now, for state_tree_archive. */
void state_tree_mark(struct state_tree *tree);

/* False: root pairs have come since, which are of more than what was marked. */
bool state_tree_keeps_mark(const struct state_tree *tree);

/* Writing: what there was when it was marked last, which has to be kept. Reading fills a tree that
 * is empty. */
void state_tree_archive(struct state_tree *tree, struct archive *archive);

/* The same for a whole state. */
enum tree_result state_tree_find(const struct state_tree *tree, const uint32_t *slots,
                                 struct unfolded_state *unfolded, uint64_t *key);
enum tree_result state_tree_add(struct state_tree *tree, const uint32_t *slots,
                                struct unfolded_state *unfolded, uint64_t *key);

#endif
