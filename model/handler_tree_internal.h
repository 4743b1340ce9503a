/* The inside of handler trees, shared by handler_tree.c and handler_tree_warm.c. */
#ifndef ONCECHECK_MODEL_HANDLER_TREE_INTERNAL_H
#define ONCECHECK_MODEL_HANDLER_TREE_INTERNAL_H

#include "model/handler_tree.h"

/* A node; the root's parent is HANDLER_NODE_NONE and its input the event. Ends have nodes too, for
 * their details, but the ids handed out for them are the shared ones. */
struct node {
    struct handler_step step;
    struct value input; /* from the parent; the event for a root */
    uint32_t parent;
    uint32_t attempt;
    uint32_t dual; /* HANDLER_NODE_NONE: another course */
    bool dual_known;
    bool after_fault; /* a draw at its lowest value, or an answer made by a fault, led here */
    uint64_t hash;    /* of the event, the attempt and the inputs */
};

/* A node that was wanted while the tree collected. */
struct wanted_node {
    uint32_t parent;
    uint32_t attempt;
    struct value input;
};

enum { HANDLER_TREE_WANTED_MAX = 64 };

struct handler_tree {
    struct memory *memory;
    struct value_store *store;
    struct handler_backend backend;
    const char *name;
    struct node *nodes; /* index 0 unused */
    size_t node_count;
    size_t node_capacity;
    uint32_t *index;    /* open addressing on (parent, attempt of roots, input); 0: free */
    size_t index_size;  /* a power of two */
    struct value low;   /* "low", an input */
    struct value fault; /* "fault", a key of an input */
    bool shows_attempts;
    bool depends_on_attempt;
    struct value dependence_file;
    uint32_t dependence_line;
    bool remembers; /* see handler_tree_remembers */
    struct value memory_file;
    uint32_t memory_line;
    uint32_t probes[2];  /* invocations tried in warm containers: that returned, that raised */
    struct value probed; /* what the last of them has served; VALUE_NONE: there was none */
    bool collects;
    struct wanted_node wanted[HANDLER_TREE_WANTED_MAX];
    size_t wanted_count;
    uint64_t events;
    uint64_t runs;
};

enum { HANDLER_TREE_ATTEMPTS = 3 }; /* that a node is computed for, at most */

/* The runs that tell what a node's step is, `HANDLER_TREE_ATTEMPTS` at most: how many there are, as
 * many for each of the tree's nodes.
 * `inputs` as for handler_tree_run. */
enum status handler_tree_plan(const struct handler_tree *tree, const struct wanted_node *wanted,
                              struct value *inputs, struct handler_run *runs, size_t *count,
                              struct error *error);

/* Ask the backend. */
enum status handler_tree_ask(struct handler_tree *tree, const struct handler_run *runs,
                             size_t count, struct handler_step *steps, struct error *error);

/* Add the node; `steps` are the answers to those runs. */
enum status handler_tree_add(struct handler_tree *tree, const struct wanted_node *wanted,
                             const struct handler_run *runs, struct handler_step *steps,
                             uint32_t *id, struct error *error);

/* Note it, once. STATUS_DEFERRED. */
enum status handler_tree_want(struct handler_tree *tree, const struct wanted_node *wanted);

/* Whether two steps are the same as far as anybody else can tell. Texts of ends, positions and
 * output are for people and may differ; so may what is returned, but for the records that it
 * reports as failed. */
bool handler_steps_agree(struct value_store *store, const struct handler_step *a,
                         const struct handler_step *b);

/* The request without the token that only this attempt sends. */
struct value handler_request_without_token(struct value_store *store,
                                           const struct handler_step *step);

/* Make the index anew for the nodes there are. False: no memory. */
bool handler_tree_index(struct handler_tree *tree);

/* The node of its own that handler_tree_end's step is of; HANDLER_NODE_NONE: there is none. */
uint32_t handler_tree_end_node(const struct handler_tree *tree, struct value event,
                               uint32_t attempt, uint32_t node, struct value input);

/* Try the end `id` that has just been found: whether its event, delivered again to the container
 * that has served it, leads to the same steps. */
enum status handler_tree_probe(struct handler_tree *tree, uint32_t id, struct error *error);

#endif
