#include "model/handler_tree_collect.h"

#include "model/handler_tree_internal.h"

#include <string.h>

/* A Python host works on eight runs at once, two for a node. */
enum { WANTED_ENOUGH = 4 };

bool handler_tree_gains_by_collecting(const struct handler_tree *tree)
{
    return tree->backend.works_on_many;
}

bool handler_tree_has_enough(const struct handler_tree *tree)
{
    return tree->wanted_count >= WANTED_ENOUGH;
}

void handler_tree_collect(struct handler_tree *tree, bool collects) { tree->collects = collects; }

enum status handler_tree_want(struct handler_tree *tree, const struct wanted_node *wanted)
{
    for (size_t i = 0; i < tree->wanted_count; i++) {
        const struct wanted_node *other = &tree->wanted[i];
        if (other->parent == wanted->parent && other->attempt == wanted->attempt &&
            value_equal(other->input, wanted->input))
            return STATUS_DEFERRED;
    }
    if (tree->wanted_count < HANDLER_TREE_WANTED_MAX)
        tree->wanted[tree->wanted_count++] = *wanted;
    return STATUS_DEFERRED;
}

/* What is being asked for. */
struct questions {
    size_t runs_each; /* of a node */
    struct handler_run runs[HANDLER_TREE_WANTED_MAX * HANDLER_TREE_ATTEMPTS];
    struct handler_step steps[HANDLER_TREE_WANTED_MAX * HANDLER_TREE_ATTEMPTS];
    struct value inputs[HANDLER_TREE_WANTED_MAX][HANDLER_INPUTS_MAX];
};

/* `steps` of a node has room for HANDLER_TREE_ATTEMPTS, of which the last is asked for where the
 * others do not agree. */
static enum status add_answered(struct handler_tree *tree, struct questions *questions,
                                struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < tree->wanted_count; i++) {
        struct handler_step steps[HANDLER_TREE_ATTEMPTS];
        uint32_t id = HANDLER_NODE_NONE;
        size_t first = i * questions->runs_each;
        memset(steps, 0, sizeof steps);
        memcpy(steps, questions->steps + first, questions->runs_each * sizeof *steps);
        status =
            handler_tree_add(tree, &tree->wanted[i], &questions->runs[first], steps, &id, error);
    }
    return status;
}

static enum status ask_all(struct handler_tree *tree, struct questions *questions,
                           struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < tree->wanted_count; i++)
        status = handler_tree_plan(tree, &tree->wanted[i], questions->inputs[i],
                                   questions->runs + i * questions->runs_each,
                                   &questions->runs_each, error);
    if (status == STATUS_OK)
        status = handler_tree_ask(tree, questions->runs, tree->wanted_count * questions->runs_each,
                                  questions->steps, error);
    return status == STATUS_OK ? add_answered(tree, questions, error) : status;
}

enum status handler_tree_add_collected(struct handler_tree *tree, size_t *count,
                                       struct error *error)
{
    *count = tree->wanted_count;
    if (tree->wanted_count == 0)
        return STATUS_OK;
    struct questions *questions = memory_allocate_zeroed(tree->memory, 1, sizeof *questions);
    if (questions == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    enum status status = ask_all(tree, questions, error);
    memory_free(tree->memory, questions, sizeof *questions);
    tree->wanted_count = 0;
    return status == STATUS_OK ? STATUS_OK : error_wrap(error, "running %s", tree->name);
}
