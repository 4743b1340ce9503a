/* Asking for many nodes of a handler tree at once.
 *
 * A step of a Python function takes milliseconds, and several functions that run side by side take
 * little more than one. So who is about to need many nodes lets the tree collect first: what is not
 * there is noted instead of being asked for, and the call that needs it fails with STATUS_DEFERRED.
 * Then all of it is asked for in one go, and the same calls find it. */
#ifndef ONCECHECK_MODEL_HANDLER_TREE_COLLECT_H
#define ONCECHECK_MODEL_HANDLER_TREE_COLLECT_H

#include "model/handler_tree.h"

/* It is worth while: the backend works on several runs at the same time. */
bool handler_tree_gains_by_collecting(const struct handler_tree *tree);

/* Begin to collect, or stop; what was collected stays. */
void handler_tree_collect(struct handler_tree *tree, bool collects);

/* As many were collected as the backend works on at once; further ones may be. */
bool handler_tree_has_enough(const struct handler_tree *tree);

/* Add the nodes that were wanted, in the order in which they were. *count: how many. */
enum status handler_tree_add_collected(struct handler_tree *tree, size_t *count,
                                       struct error *error);

#endif
