/* What a function keeps from one invocation to the next. */
#include "model/container.h"
#include "model/handler_tree_internal.h"

/* Functions that keep something do so nearly always. */
enum { PROBES_MAX = 6 };

/* Processes that have ended are no containers any more. */
static bool container_lives_on(const struct handler_step *step)
{
    return step->kind == HANDLER_RETURN || step->kind == HANDLER_RAISE;
}

struct value handler_tree_served(const struct handler_tree *tree, uint32_t node, struct value input,
                                 uint32_t attempt)
{
    struct served_invocation past;
    struct handler_run run;
    struct error ignored = ERROR_INIT; /* the run has been collected before, to find its end */
    uint32_t end = handler_tree_end_node(tree, input, attempt, node, input);
    size_t size = HANDLER_INPUTS_MAX * sizeof(struct value);
    CHECK(end != HANDLER_NODE_NONE);
    if (!container_lives_on(&tree->nodes[end].step))
        return value_null(tree->store);
    struct value *inputs = memory_allocate(tree->memory, size);
    if (inputs == NULL)
        return VALUE_NONE;
    CHECK(handler_tree_run(tree, end, inputs, &run, &ignored) == STATUS_OK);
    struct value served =
        event_is_warm(tree->store, run.event, &past)
            ? value_null(tree->store)
            : served_value(tree->store, run.event, run.attempt, run.inputs, run.input_count);
    memory_free(tree->memory, inputs, size);
    return served;
}

static bool agree(struct handler_tree *tree, const struct handler_step *cold,
                  struct handler_step *warm)
{
    if (cold->fresh_token && !warm->fresh_token) {
        warm->request = handler_request_without_token(tree->store, warm);
        warm->fresh_token = true;
    }
    return handler_steps_agree(tree->store, cold, warm);
}

/* Follow the nodes of `path` in a container that has served what led to the last of them. */
static enum status follow(struct handler_tree *tree, const uint32_t *path, size_t length,
                          struct handler_run *run, struct error *error)
{
    for (size_t i = 0; i < length && !tree->remembers; i++) {
        struct handler_step step = {.kind = HANDLER_HANG};
        const struct handler_step *cold = &tree->nodes[path[i]].step;
        run->input_count = i;
        tree->runs++;
        enum status status = tree->backend.next(tree->backend.self, run, 1, &step, error);
        if (status == STATUS_OK && value_store_failed(tree->store))
            return error_set(error, STATUS_NO_MEMORY, "out of memory for values");
        if (status != STATUS_OK)
            return status;
        if (agree(tree, cold, &step))
            continue;
        tree->remembers = true;
        tree->memory_file = step.file;
        tree->memory_line = step.line;
    }
    return STATUS_OK;
}

static enum status follow_in(struct handler_tree *tree, struct value event, struct value served,
                             const uint32_t *path, size_t length, struct handler_run *run,
                             struct error *error)
{
    run->event = warm_event(tree->store, event, served);
    if (value_is_none(run->event))
        return error_set(error, STATUS_NO_MEMORY, "out of memory for values");
    return follow(tree, path, length, run, error);
}

/* Some of what is kept shows when the same event comes again, some when another one does: both are
 * tried, in the container of the same event and in that of the event probed before. */
static enum status probe_end(struct handler_tree *tree, uint32_t id, struct value *inputs,
                             uint32_t *path, struct error *error)
{
    struct handler_run run;
    enum status status = handler_tree_run(tree, id, inputs, &run, error);
    if (status != STATUS_OK)
        return status;
    size_t length = run.input_count + 1;
    for (size_t i = length; i > 0; i--) {
        path[i - 1] = id;
        id = tree->nodes[id].parent;
    }
    struct value served =
        served_value(tree->store, run.event, run.attempt, run.inputs, run.input_count);
    struct value event = run.event;
    struct value before = tree->probed;
    tree->probed = served;
    status = follow_in(tree, event, served, path, length, &run, error);
    if (status == STATUS_OK && !value_is_none(before))
        status = follow_in(tree, event, before, path, length, &run, error);
    return status;
}

enum status handler_tree_probe(struct handler_tree *tree, uint32_t id, struct error *error)
{
    const struct node *end = &tree->nodes[id];
    if (!tree->backend.keeps_state || tree->remembers || !container_lives_on(&end->step))
        return STATUS_OK;
    uint32_t root = id;
    while (tree->nodes[root].parent != HANDLER_NODE_NONE)
        root = tree->nodes[root].parent;
    uint32_t *tried = &tree->probes[end->step.kind == HANDLER_RETURN ? 0 : 1];
    if (value_kind(tree->store, tree->nodes[root].input) != VALUE_MAP || *tried == PROBES_MAX)
        return STATUS_OK;
    (*tried)++;
    size_t inputs_size = HANDLER_INPUTS_MAX * sizeof(struct value);
    size_t path_size = (HANDLER_INPUTS_MAX + 1) * sizeof(uint32_t);
    struct value *inputs = memory_allocate(tree->memory, inputs_size);
    uint32_t *path = memory_allocate(tree->memory, path_size);
    enum status status = inputs == NULL || path == NULL
                             ? error_set(error, STATUS_NO_MEMORY, "out of memory")
                             : probe_end(tree, id, inputs, path, error);
    memory_free(tree->memory, inputs, inputs_size);
    memory_free(tree->memory, path, path_size);
    /* what is not simulated in a warm container is no reason to refuse the function */
    return status == STATUS_UNSUPPORTED ? STATUS_OK : status;
}

bool handler_tree_remembers(const struct handler_tree *tree) { return tree->remembers; }

struct value handler_tree_memory_file(const struct handler_tree *tree, uint32_t *line)
{
    *line = tree->memory_line;
    return tree->memory_file;
}
