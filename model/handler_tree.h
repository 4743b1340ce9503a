/* The handler tree of one function: what it does next after every prefix of inputs, asked once.
 *
 * A node is (event, attempt, inputs received so far). The tree is filled on demand from a
 * handler_backend and shared by the whole search, so that a million states that deliver the same
 * batch run the function once. What a node's future does not depend on is no part of it:
 *
 * - The attempt is a part of a node only if the function depends on it. Every node is computed for
 *   two attempts (other uuids, other random numbers, another hash seed); where the two do
 *   different things, handler_tree_depends_on_attempt becomes true, and the search has to start
 *   again with attempts in its states (handler_tree_show_attempts).
 * - A ClientRequestToken that differs in every attempt (invented by the SDK or by the function) can
 *   never be seen again once the attempt is over: the step has `fresh_token` and no token.
 * - Ends are one node each, whatever led there: HANDLER_NODE_RETURNED, ..._FAILED, ... . Details of
 *   an end (value, exception, output) are found through handler_tree_end.
 *
 * Node ids are dense, local to the tree and depend on the order of filling: like value ids they
 * never reach a file. */
#ifndef ONCECHECK_MODEL_HANDLER_TREE_H
#define ONCECHECK_MODEL_HANDLER_TREE_H

#include "model/base/archive.h"
#include "model/base/error.h"
#include "model/base/memory.h"
#include "model/base/value.h"
#include "model/handler.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    HANDLER_NODE_NONE = 0,
    HANDLER_NODE_RETURNED = 1,
    HANDLER_NODE_FAILED = 2,          /* raised or exited, with no fault among its inputs */
    HANDLER_NODE_FAILED_BY_FAULT = 3, /* the same after a draw at its lowest value or an answer made
                                         by a fault */
    HANDLER_NODE_HUNG = 4,            /* ran into its timeout by itself */
    HANDLER_NODE_FIRST = 5,
    HANDLER_INPUTS_MAX = 4096 /* inputs of one invocation */
};

struct handler_tree;

/* `backend` is taken over: destroyed with the tree, and on failure (NULL: no memory). */
struct handler_tree *handler_tree_create(struct memory *memory, struct value_store *store,
                                         const char *function_name,
                                         const struct handler_backend *backend);
void handler_tree_destroy(struct handler_tree *tree); /* tree may be NULL */

/* The node before any input. `attempt` is ignored (taken as 0) unless attempts are shown. */
enum status handler_tree_root(struct handler_tree *tree, struct value event, uint32_t attempt,
                              uint32_t *node, struct error *error);

/* The node after one more input; `node` must not be an end. */
enum status handler_tree_child(struct handler_tree *tree, uint32_t node, struct value input,
                               uint32_t *child, struct error *error);

/* A hash of what the node stands for: the event, the attempt and the inputs so far; for a shared
 * end its id. The same in every run, whatever the ids are. */
uint64_t handler_tree_node_hash(const struct handler_tree *tree, uint32_t node);

/* The step of a node; NULL for ends. Valid until the tree grows. */
const struct handler_step *handler_tree_step(const struct handler_tree *tree, uint32_t node);

/* The full step of the end that `input` led to from `node` (handler_tree_child gave an end id), or,
 * with an event whose root is an end, VALUE_NONE as input and node HANDLER_NODE_NONE. */
const struct handler_step *handler_tree_end(const struct handler_tree *tree, struct value event,
                                            uint32_t attempt, uint32_t node, struct value input);

/* The event of an invocation that stands at `node`, which is no end. */
struct value handler_tree_event(const struct handler_tree *tree, uint32_t node);

/* The last input that is the answer to a call, on the way to `node`, and the call's node; false if
 * there is none. */
bool handler_tree_last_call(const struct handler_tree *tree, uint32_t node, uint32_t *call_node,
                            struct value *answer);

/* Virtual time slept from the invocation's start until the step of `node`; 0 for ends. */
int64_t handler_tree_slept_ms(const struct handler_tree *tree, uint32_t node);

/* The node that the same inputs, at a later time, lead to for `event_perturbed` of the node's
 * event. *dual is HANDLER_NODE_NONE where the function's course depends on what AWS chose: it ends
 * before, or a step on the way is of another kind. */
enum status handler_tree_dual(struct handler_tree *tree, uint32_t node, uint32_t *dual,
                              struct error *error);

/* For reports on all that a function was seen to do: nodes are HANDLER_NODE_FIRST ..
 * handler_tree_node_end - 1, parents before children, and here ends are nodes of their own. */
struct handler_tree_place {
    uint32_t parent;    /* HANDLER_NODE_NONE: a root */
    struct value input; /* from the parent; the event for a root */
    enum handler_step_kind kind;
    bool by_fault; /* the input is one that only a fault brings */
};
uint32_t handler_tree_node_end(const struct handler_tree *tree);
void handler_tree_place(const struct handler_tree *tree, uint32_t node,
                        struct handler_tree_place *place);

/* The node of its own that `input` led to from `node`; HANDLER_NODE_NONE: there is none yet. */
uint32_t handler_tree_known_child(const struct handler_tree *tree, uint32_t node,
                                  struct value input);

/* The run that leads to a node; `inputs` has room for HANDLER_INPUTS_MAX and is part of it. */
enum status handler_tree_run(const struct handler_tree *tree, uint32_t node, struct value *inputs,
                             struct handler_run *run, struct error *error);

bool handler_tree_depends_on_attempt(const struct handler_tree *tree);
/* Where the dependence was seen: file (STRING, may be empty) and line. */
struct value handler_tree_dependence_file(const struct handler_tree *tree, uint32_t *line);
/* Forget all nodes and make attempts a part of them from now on. */
void handler_tree_show_attempts(struct handler_tree *tree);
bool handler_tree_shows_attempts(const struct handler_tree *tree);

/* True once the function was seen to do something else in a container that has served the same
 * event before than in a new one: it keeps something from one invocation to the next, in globals,
 * in its clients or in /tmp. Tried for the first few invocations that return and that raise, where
 * the backend keeps state at all. */
bool handler_tree_remembers(const struct handler_tree *tree);
/* Where it was seen: file (STRING, may be empty; VALUE_NONE: not seen) and line. */
struct value handler_tree_memory_file(const struct handler_tree *tree, uint32_t *line);

/* What a container has served (see model/container.h) when `input` has led from `node` to an end;
 * with node HANDLER_NODE_NONE, when the root of the event `input` is an end. VALUE_NULL: the
 * container ends with the invocation. VALUE_NONE: no memory. */
struct value handler_tree_served(const struct handler_tree *tree, uint32_t node, struct value input,
                                 uint32_t attempt);

struct handler_tree_statistics {
    uint64_t events; /* distinct (event, attempt) */
    uint64_t nodes;
    uint64_t runs; /* steps computed by the backend */
};
void handler_tree_statistics(const struct handler_tree *tree,
                             struct handler_tree_statistics *statistics);
/* All nodes, in the order of their ids, and what is known of the function. Reading replaces what
 * the tree holds; the store has the values that it had when the tree was written. */
void handler_tree_archive(struct handler_tree *tree, struct archive *archive);

const struct handler_backend *handler_tree_backend(const struct handler_tree *tree);

#endif
