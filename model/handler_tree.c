#include "model/handler_tree.h"

#include "model/base/hash.h"
#include "model/batch_response.h"
#include "model/container.h"
#include "model/event.h"
#include "model/handler_tree_collect.h"
#include "model/handler_tree_internal.h"

#include <string.h>

/* A third attempt, told apart from 0 and 1, to decide whether a token is fresh in every attempt. */
enum { CONTROL_ATTEMPT = 1, SECOND_CONTROL_ATTEMPT = 2, INDEX_SIZE_FIRST = 1024 };

/* How much later the clock is for a perturbed event: more than a second, which whole seconds show.
 */
enum { PERTURBED_TIME_MS = 1137 };

struct handler_tree *handler_tree_create(struct memory *memory, struct value_store *store,
                                         const char *function_name,
                                         const struct handler_backend *backend)
{
    struct handler_tree *tree = memory_allocate_zeroed(memory, 1, sizeof *tree);
    uint32_t *index = memory_allocate_zeroed(memory, INDEX_SIZE_FIRST, sizeof *index);
    if (tree == NULL || index == NULL) {
        memory_free(memory, tree, sizeof *tree);
        memory_free(memory, index, INDEX_SIZE_FIRST * sizeof *index);
        backend->destroy(backend->self);
        return NULL;
    }
    tree->memory = memory;
    tree->store = store;
    tree->backend = *backend;
    tree->name = function_name;
    tree->index = index;
    tree->index_size = INDEX_SIZE_FIRST;
    tree->node_count = HANDLER_NODE_FIRST;
    tree->low = value_text(store, "low");
    tree->fault = value_text(store, "fault");
    tree->dependence_file = VALUE_NONE;
    tree->memory_file = VALUE_NONE;
    return tree;
}

void handler_tree_destroy(struct handler_tree *tree)
{
    if (tree == NULL)
        return;
    tree->backend.destroy(tree->backend.self);
    memory_free(tree->memory, tree->nodes, tree->node_capacity * sizeof *tree->nodes);
    memory_free(tree->memory, tree->index, tree->index_size * sizeof *tree->index);
    memory_free(tree->memory, tree, sizeof *tree);
}

static size_t index_slot(const struct handler_tree *tree, uint32_t parent, uint32_t attempt,
                         struct value input)
{
    uint64_t key =
        hash_mix64((uint64_t)parent << 32 | input.id) ^ hash_mix64(attempt + UINT64_C(7));
    size_t slot = (size_t)key & (tree->index_size - 1);
    for (;;) {
        uint32_t found = tree->index[slot];
        if (found == HANDLER_NODE_NONE)
            return slot;
        const struct node *node = &tree->nodes[found];
        if (node->parent == parent && value_equal(node->input, input) && node->attempt == attempt)
            return slot;
        slot = (slot + 1) & (tree->index_size - 1);
    }
}

/* An index of `size` for the nodes there are. */
static bool index_make(struct handler_tree *tree, size_t size)
{
    uint32_t *index = memory_allocate_zeroed(tree->memory, size, sizeof *index);
    if (index == NULL)
        return false;
    memory_free(tree->memory, tree->index, tree->index_size * sizeof *tree->index);
    tree->index = index;
    tree->index_size = size;
    for (size_t i = HANDLER_NODE_FIRST; i < tree->node_count; i++) {
        const struct node *node = &tree->nodes[i];
        tree->index[index_slot(tree, node->parent, node->attempt, node->input)] = (uint32_t)i;
    }
    return true;
}

bool handler_tree_index(struct handler_tree *tree)
{
    size_t size = tree->index_size;
    while (tree->node_count * 2 >= size)
        size *= 2;
    return index_make(tree, size);
}

/* What the search follows: the id shared by all ends of a kind, or the node itself. */
static uint32_t visible_id(const struct handler_tree *tree, uint32_t id)
{
    const struct node *node = &tree->nodes[id];
    switch (node->step.kind) {
    case HANDLER_CALL:
    case HANDLER_DRAW:
    case HANDLER_TIME:
        return id;
    case HANDLER_RETURN:
        return HANDLER_NODE_RETURNED;
    case HANDLER_RAISE:
    case HANDLER_EXIT:
        return node->after_fault ? HANDLER_NODE_FAILED_BY_FAULT : HANDLER_NODE_FAILED;
    case HANDLER_HANG:
        return HANDLER_NODE_HUNG;
    }
    BUG("a step of no kind");
}

bool handler_steps_agree(struct value_store *store, const struct handler_step *a,
                         const struct handler_step *b)
{
    if (a->kind != b->kind || a->slept_ms != b->slept_ms)
        return false;
    if (a->kind == HANDLER_RETURN)
        return value_equal(batch_response_part(store, a->detail),
                           batch_response_part(store, b->detail));
    if (a->kind != HANDLER_CALL)
        return true;
    return value_equal(a->target, b->target) && value_equal(a->request, b->request) &&
           a->fresh_token == b->fresh_token && a->sdk_attempt == b->sdk_attempt;
}

struct value handler_request_without_token(struct value_store *store,
                                           const struct handler_step *step)
{
    return value_remove(store, step->request, value_text(store, "ClientRequestToken"));
}

/* The function made its own token and it differs between all three attempts: a fresh one. */
static bool tokens_are_fresh(struct value_store *store, const struct handler_step steps[3])
{
    struct value token[3];
    for (size_t i = 0; i < 3; i++) {
        if (steps[i].kind != HANDLER_CALL || !value_equal(steps[i].target, steps[0].target) ||
            value_kind(store, steps[i].request) != VALUE_MAP)
            return false;
        token[i] = value_get_text(store, steps[i].request, "ClientRequestToken");
        if (value_is_none(token[i]) ||
            !value_equal(handler_request_without_token(store, &steps[i]),
                         handler_request_without_token(store, &steps[0])))
            return false;
    }
    return !value_equal(token[0], token[1]) && !value_equal(token[0], token[2]) &&
           !value_equal(token[1], token[2]);
}

enum status handler_tree_ask(struct handler_tree *tree, const struct handler_run *runs,
                             size_t count, struct handler_step *steps, struct error *error)
{
    tree->runs += count;
    enum status status = tree->backend.next(tree->backend.self, runs, count, steps, error);
    if (status == STATUS_OK && value_store_failed(tree->store))
        status = error_set(error, STATUS_NO_MEMORY, "out of memory for values");
    return status;
}

/* The step of a node by what it is under several attempts; under one where attempts are part of the
 * nodes already. */
static enum status settle(struct handler_tree *tree, const struct handler_run *run,
                          struct handler_step *steps, struct handler_step *step,
                          struct error *error)
{
    *step = steps[0];
    if (tree->shows_attempts || handler_steps_agree(tree->store, &steps[0], &steps[1]))
        return STATUS_OK;
    if (steps[0].kind == HANDLER_CALL && steps[1].kind == HANDLER_CALL) {
        struct handler_run control = *run;
        control.attempt = SECOND_CONTROL_ATTEMPT;
        enum status status = handler_tree_ask(tree, &control, 1, &steps[2], error);
        if (status != STATUS_OK)
            return status;
        if (tokens_are_fresh(tree->store, steps)) {
            step->request = handler_request_without_token(tree->store, &steps[0]);
            step->fresh_token = true;
            step->sent_token = value_get_text(tree->store, steps[0].request, "ClientRequestToken");
            return STATUS_OK;
        }
    }
    if (!tree->depends_on_attempt) {
        tree->depends_on_attempt = true;
        tree->dependence_file = step->file;
        tree->dependence_line = step->line;
    }
    return STATUS_OK;
}

/* Collect the event, attempt and inputs that lead to `parent`, then `input`. `inputs` is allocated
 * with room for HANDLER_INPUTS_MAX. */
static enum status collect_run(const struct handler_tree *tree, uint32_t parent, struct value input,
                               struct value *inputs, struct handler_run *run, struct error *error)
{
    size_t start = HANDLER_INPUTS_MAX;
    inputs[--start] = input;
    while (tree->nodes[parent].parent != HANDLER_NODE_NONE) {
        if (start == 0)
            return error_set(error, STATUS_LIMIT,
                             "%s makes more than %d calls and draws in one invocation", tree->name,
                             HANDLER_INPUTS_MAX);
        inputs[--start] = tree->nodes[parent].input;
        parent = tree->nodes[parent].parent;
    }
    run->event = tree->nodes[parent].input;
    run->attempt = tree->nodes[parent].attempt;
    run->inputs = inputs + start;
    run->input_count = HANDLER_INPUTS_MAX - start;
    return STATUS_OK;
}

enum status handler_tree_plan(const struct handler_tree *tree, const struct wanted_node *wanted,
                              struct value *inputs, struct handler_run *runs, size_t *count,
                              struct error *error)
{
    enum status status = STATUS_OK;
    runs[0] = (struct handler_run){.event = wanted->input, .attempt = wanted->attempt};
    if (wanted->parent != HANDLER_NODE_NONE)
        status = collect_run(tree, wanted->parent, wanted->input, inputs, &runs[0], error);
    *count = 1;
    if (!tree->shows_attempts) {
        runs[1] = runs[0];
        runs[1].attempt = CONTROL_ATTEMPT;
        *count = 2;
    }
    return status;
}

static uint64_t hash_node(const struct handler_tree *tree, uint32_t parent, uint32_t attempt,
                          struct value input)
{
    uint64_t above = parent == HANDLER_NODE_NONE ? attempt : tree->nodes[parent].hash;
    return hash_mix64(hash_mix64(above) + value_hash(tree->store, input).low);
}

/* The input at `parent` is one that only a fault brings. */
static bool is_fault(const struct handler_tree *tree, uint32_t parent, struct value input)
{
    switch (tree->nodes[parent].step.kind) {
    case HANDLER_DRAW:
        return value_equal(input, tree->low);
    case HANDLER_CALL:
        return value_kind(tree->store, input) == VALUE_MAP &&
               !value_is_none(value_get(tree->store, input, tree->fault));
    case HANDLER_TIME:
    case HANDLER_RETURN:
    case HANDLER_RAISE:
    case HANDLER_EXIT:
    case HANDLER_HANG:
        break;
    }
    return false;
}

enum status handler_tree_add(struct handler_tree *tree, const struct wanted_node *wanted,
                             const struct handler_run *runs, struct handler_step *steps,
                             uint32_t *id, struct error *error)
{
    struct handler_step step;
    uint32_t parent = wanted->parent;
    enum status status = settle(tree, runs, steps, &step, error);
    if (status != STATUS_OK)
        return status;
    if (value_store_failed(tree->store) ||
        !memory_reserve(tree->memory, (void **)&tree->nodes, &tree->node_capacity,
                        tree->node_count + 1, sizeof *tree->nodes) ||
        (tree->node_count * 2 >= tree->index_size && !index_make(tree, tree->index_size * 2)))
        return error_set(error, STATUS_NO_MEMORY, "out of memory for the handler tree");
    bool root = parent == HANDLER_NODE_NONE;
    bool after_fault =
        !root && (tree->nodes[parent].after_fault || is_fault(tree, parent, wanted->input));
    if (root)
        tree->events++;
    *id = (uint32_t)tree->node_count++;
    tree->nodes[*id] =
        (struct node){.step = step,
                      .input = wanted->input,
                      .parent = parent,
                      .attempt = wanted->attempt,
                      .after_fault = after_fault,
                      .hash = hash_node(tree, parent, wanted->attempt, wanted->input)};
    tree->index[index_slot(tree, parent, wanted->attempt, wanted->input)] = *id;
    return handler_tree_probe(tree, *id, error);
}

static enum status compute(struct handler_tree *tree, const struct wanted_node *wanted,
                           uint32_t *id, struct error *error)
{
    struct handler_run runs[HANDLER_TREE_ATTEMPTS];
    struct handler_step steps[HANDLER_TREE_ATTEMPTS];
    size_t count = 0;
    size_t size = HANDLER_INPUTS_MAX * sizeof(struct value);
    struct value *inputs = memory_allocate(tree->memory, size);
    if (inputs == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    memset(steps, 0, sizeof steps);
    enum status status = handler_tree_plan(tree, wanted, inputs, runs, &count, error);
    if (status == STATUS_OK)
        status = handler_tree_ask(tree, runs, count, steps, error);
    if (status == STATUS_OK)
        status = handler_tree_add(tree, wanted, runs, steps, id, error);
    memory_free(tree->memory, inputs, size);
    return status;
}

/* The node's own id, not the shared one of an end. */
static enum status find_or_add(struct handler_tree *tree, uint32_t parent, uint32_t attempt,
                               struct value input, uint32_t *id, struct error *error)
{
    struct wanted_node wanted = {.parent = parent, .attempt = attempt, .input = input};
    size_t slot = index_slot(tree, parent, attempt, input);
    *id = tree->index[slot];
    if (*id != HANDLER_NODE_NONE)
        return STATUS_OK;
    if (tree->collects)
        return handler_tree_want(tree, &wanted);
    enum status status = compute(tree, &wanted, id, error);
    return status == STATUS_OK ? STATUS_OK : error_wrap(error, "running %s", tree->name);
}

enum status handler_tree_root(struct handler_tree *tree, struct value event, uint32_t attempt,
                              uint32_t *node, struct error *error)
{
    uint32_t id = 0;
    uint32_t shown = tree->shows_attempts ? attempt : 0;
    enum status status = find_or_add(tree, HANDLER_NODE_NONE, shown, event, &id, error);
    if (status == STATUS_OK)
        *node = visible_id(tree, id);
    return status;
}

enum status handler_tree_child(struct handler_tree *tree, uint32_t node, struct value input,
                               uint32_t *child, struct error *error)
{
    CHECK(node >= HANDLER_NODE_FIRST && node < tree->node_count);
    CHECK(!handler_step_is_end(tree->nodes[node].step.kind));
    uint32_t id = 0;
    uint32_t attempt = tree->nodes[node].attempt;
    enum status status = find_or_add(tree, node, attempt, input, &id, error);
    if (status == STATUS_OK)
        *child = visible_id(tree, id);
    return status;
}

uint64_t handler_tree_node_hash(const struct handler_tree *tree, uint32_t node)
{
    return node < HANDLER_NODE_FIRST ? node : tree->nodes[node].hash;
}

const struct handler_step *handler_tree_step(const struct handler_tree *tree, uint32_t node)
{
    if (node < HANDLER_NODE_FIRST)
        return NULL;
    CHECK(node < tree->node_count);
    return &tree->nodes[node].step;
}

uint32_t handler_tree_end_node(const struct handler_tree *tree, struct value event,
                               uint32_t attempt, uint32_t node, struct value input)
{
    bool root = node == HANDLER_NODE_NONE;
    uint32_t shown = root ? (tree->shows_attempts ? attempt : 0) : tree->nodes[node].attempt;
    return tree->index[index_slot(tree, node, shown, root ? event : input)];
}

const struct handler_step *handler_tree_end(const struct handler_tree *tree, struct value event,
                                            uint32_t attempt, uint32_t node, struct value input)
{
    uint32_t id = handler_tree_end_node(tree, event, attempt, node, input);
    return id == HANDLER_NODE_NONE ? NULL : &tree->nodes[id].step;
}

struct value handler_tree_event(const struct handler_tree *tree, uint32_t node)
{
    CHECK(node >= HANDLER_NODE_FIRST);
    while (tree->nodes[node].parent != HANDLER_NODE_NONE)
        node = tree->nodes[node].parent;
    return tree->nodes[node].input;
}

bool handler_tree_last_call(const struct handler_tree *tree, uint32_t node, uint32_t *call_node,
                            struct value *answer)
{
    while (node >= HANDLER_NODE_FIRST) {
        uint32_t parent = tree->nodes[node].parent;
        if (parent == HANDLER_NODE_NONE)
            return false;
        if (tree->nodes[parent].step.kind == HANDLER_CALL) {
            *call_node = parent;
            *answer = tree->nodes[node].input;
            return true;
        }
        node = parent;
    }
    return false;
}

int64_t handler_tree_slept_ms(const struct handler_tree *tree, uint32_t node)
{
    int64_t slept_ms = 0;
    for (uint32_t id = node; id >= HANDLER_NODE_FIRST; id = tree->nodes[id].parent)
        slept_ms += tree->nodes[id].step.slept_ms;
    return slept_ms;
}

/* The nodes on the way from the root to `node`, both included; `path` has room for
 * HANDLER_INPUTS_MAX + 1. */
static size_t collect_path(const struct handler_tree *tree, uint32_t node, uint32_t *path)
{
    size_t count = 0;
    for (uint32_t id = node; id != HANDLER_NODE_NONE; id = tree->nodes[id].parent) {
        CHECK(count <= HANDLER_INPUTS_MAX);
        path[count++] = id;
    }
    for (size_t i = 0; i < count / 2; i++) {
        uint32_t other = path[count - 1 - i];
        path[count - 1 - i] = path[i];
        path[i] = other;
    }
    return count;
}

/* Walk `path` down again for the perturbed event. Answers and draws stay as they were; the time is
 * AWS's choice too. An input fits one kind of step only, so the walk is over where the steps' kinds
 * part. */
static enum status walk_perturbed(struct handler_tree *tree, const uint32_t *path, size_t count,
                                  uint32_t *found, struct error *error)
{
    const struct node *root = &tree->nodes[path[0]];
    struct value event = event_perturbed(tree->store, event_delivered(tree->store, root->input));
    if (value_kind(tree->store, root->input) == VALUE_LIST && !value_is_none(event))
        event = warm_event_again(tree->store, event, root->input);
    if (value_is_none(event))
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    enum status status = handler_tree_root(tree, event, root->attempt, found, error);
    for (size_t i = 0; status == STATUS_OK; i++) {
        enum handler_step_kind kind = tree->nodes[path[i]].step.kind;
        if (*found < HANDLER_NODE_FIRST || tree->nodes[*found].step.kind != kind) {
            *found = HANDLER_NODE_NONE;
            return STATUS_OK;
        }
        if (i + 1 == count)
            return STATUS_OK;
        struct value input = tree->nodes[path[i + 1]].input;
        int64_t now_ms = 0;
        if (kind == HANDLER_TIME && value_to_integer(tree->store, input, &now_ms))
            input = value_integer(tree->store, now_ms + PERTURBED_TIME_MS);
        if (value_is_none(input))
            return error_set(error, STATUS_NO_MEMORY, "out of memory");
        status = handler_tree_child(tree, *found, input, found, error);
    }
    return status;
}

enum status handler_tree_dual(struct handler_tree *tree, uint32_t node, uint32_t *dual,
                              struct error *error)
{
    CHECK(node >= HANDLER_NODE_FIRST && node < tree->node_count);
    if (tree->nodes[node].dual_known) {
        *dual = tree->nodes[node].dual;
        return STATUS_OK;
    }
    size_t size = (HANDLER_INPUTS_MAX + 1) * sizeof(uint32_t);
    uint32_t *path = memory_allocate(tree->memory, size);
    if (path == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    uint32_t found = HANDLER_NODE_NONE;
    enum status status = walk_perturbed(tree, path, collect_path(tree, node, path), &found, error);
    memory_free(tree->memory, path, size);
    if (status == STATUS_OK) {
        tree->nodes[node].dual = found;
        tree->nodes[node].dual_known = true;
        *dual = found;
    }
    return status;
}

uint32_t handler_tree_node_end(const struct handler_tree *tree)
{
    return (uint32_t)tree->node_count;
}

void handler_tree_place(const struct handler_tree *tree, uint32_t node,
                        struct handler_tree_place *place)
{
    CHECK(node >= HANDLER_NODE_FIRST && node < tree->node_count);
    const struct node *found = &tree->nodes[node];
    *place = (struct handler_tree_place){.parent = found->parent,
                                         .input = found->input,
                                         .kind = found->step.kind,
                                         .by_fault = found->parent != HANDLER_NODE_NONE &&
                                                     is_fault(tree, found->parent, found->input)};
}

uint32_t handler_tree_known_child(const struct handler_tree *tree, uint32_t node,
                                  struct value input)
{
    CHECK(node >= HANDLER_NODE_FIRST && node < tree->node_count);
    return tree->index[index_slot(tree, node, tree->nodes[node].attempt, input)];
}

enum status handler_tree_run(const struct handler_tree *tree, uint32_t node, struct value *inputs,
                             struct handler_run *run, struct error *error)
{
    const struct node *found = &tree->nodes[node];
    if (found->parent != HANDLER_NODE_NONE)
        return collect_run(tree, found->parent, found->input, inputs, run, error);
    *run = (struct handler_run){.event = found->input, .attempt = found->attempt};
    return STATUS_OK;
}

bool handler_tree_depends_on_attempt(const struct handler_tree *tree)
{
    return tree->depends_on_attempt;
}

struct value handler_tree_dependence_file(const struct handler_tree *tree, uint32_t *line)
{
    *line = tree->dependence_line;
    return tree->dependence_file;
}

void handler_tree_show_attempts(struct handler_tree *tree)
{
    memset(tree->index, 0, tree->index_size * sizeof *tree->index);
    tree->node_count = HANDLER_NODE_FIRST;
    tree->events = 0;
    tree->shows_attempts = true;
}

bool handler_tree_shows_attempts(const struct handler_tree *tree) { return tree->shows_attempts; }

void handler_tree_statistics(const struct handler_tree *tree,
                             struct handler_tree_statistics *statistics)
{
    *statistics = (struct handler_tree_statistics){
        .events = tree->events,
        .nodes = tree->node_count - HANDLER_NODE_FIRST,
        .runs = tree->runs,
    };
}

const struct handler_backend *handler_tree_backend(const struct handler_tree *tree)
{
    return &tree->backend;
}
