#include "checker/determinism.h"

#include "checker/run_handlers.h"
#include "model/container.h"

#include <stdio.h>
#include <string.h>

enum { SOURCE_RUNS = 64, PATH_SIZE = 160, WHAT_SIZE = 256, DEPTH_MAX = 32 };

/* Attempts whose numbers are equally even have the hash seed in common (model/handler.h). */
enum { OTHER_HASH_SEED = 1, OTHER_SEED = 2, VARIANTS = 6, CLOCK_SHIFT_MS = 3723004 };

enum change { CHANGE_SEED, CHANGE_HASH_SEED, CHANGE_CLOCK, CHANGE_CONTAINER, CHANGE_COUNT };

static const char *const change_names[CHANGE_COUNT] = {[CHANGE_SEED] = "seed",
                                                       [CHANGE_HASH_SEED] = "hash_seed",
                                                       [CHANGE_CLOCK] = "clock",
                                                       [CHANGE_CONTAINER] = "container"};

/* One function's comparison. */
struct comparison {
    struct run *run;
    struct value_store *store;
    struct handler_tree *tree;
    const struct handler_backend *backend;
    /* By node: an end that its root leads to, the first; and whether it goes another way, so that
     * what comes after it has nothing to be compared with. Where only what it sends differs, it
     * gets the same answers. */
    uint32_t *end_of_root;
    uint32_t *root;
    bool *leaves[CHANGE_COUNT];
    uint32_t node_end;
    struct value *inputs;
    struct value *changed_inputs;
    struct value differences; /* LIST of MAP */
    int64_t events;
    int64_t steps;
    bool partial;
    struct error *error;
};

static enum status no_memory(struct error *error)
{
    return error_set(error, STATUS_NO_MEMORY, "out of memory for the report on determinism");
}

/* --- what differs --- */

/* Append the way to the first part in which two values differ: ".Item.id". Depth-bounded: requests
 * are nested at most 32 deep, as DynamoDB's documents are. */
static void append_path(char path[PATH_SIZE], const struct value_store *store, struct value a,
                        struct value b)
{
    for (int depth = 0; depth < DEPTH_MAX; depth++) {
        size_t length = strlen(path);
        if (value_is_none(a) || value_is_none(b) || value_kind(store, a) != value_kind(store, b) ||
            length + 1 >= PATH_SIZE)
            return;
        const enum value_kind kind = value_kind(store, a);
        struct value next_a;
        struct value next_b;
        if (kind == VALUE_MAP) {
            struct value key = VALUE_NONE;
            for (size_t i = 0; i < value_count(store, a) && value_is_none(key); i++) {
                struct value candidate = value_key_at(store, a, i);
                struct value other = value_get(store, b, candidate);
                if (value_is_none(other) || !value_equal(other, value_value_at(store, a, i)))
                    key = candidate;
            }
            for (size_t i = 0; i < value_count(store, b) && value_is_none(key); i++) {
                struct value candidate = value_key_at(store, b, i);
                if (value_is_none(value_get(store, a, candidate)))
                    key = candidate;
            }
            if (value_is_none(key))
                return;
            (void)snprintf(path + length, PATH_SIZE - length, "%s%.60s", length == 0 ? "" : ".",
                           value_bytes(store, key, NULL));
            next_a = value_get(store, a, key);
            next_b = value_get(store, b, key);
        } else if (kind == VALUE_LIST && value_count(store, a) == value_count(store, b)) {
            size_t index = 0;
            while (index < value_count(store, a) &&
                   value_equal(value_at(store, a, index), value_at(store, b, index)))
                index++;
            if (index == value_count(store, a))
                return;
            (void)snprintf(path + length, PATH_SIZE - length, "[%zu]", index);
            next_a = value_at(store, a, index);
            next_b = value_at(store, b, index);
        } else {
            return;
        }
        a = next_a;
        b = next_b;
    }
}

static bool is_end(const struct handler_step *step) { return handler_step_is_end(step->kind); }

/* The same answer is none to both. */
static bool goes_elsewhere(const struct handler_step *a, const struct handler_step *b)
{
    return a->kind != b->kind || (a->kind == HANDLER_CALL && !value_equal(a->target, b->target));
}

/* What a step differs in, for people; false: in nothing. */
static bool describe(const struct value_store *store, const struct handler_step *a,
                     const struct handler_step *b, char what[WHAT_SIZE])
{
    char path[PATH_SIZE] = "";
    if (goes_elsewhere(a, b)) {
        (void)snprintf(what, WHAT_SIZE, "what it does next");
        return true;
    }
    if (a->kind == HANDLER_CALL) {
        const char *target = value_bytes(store, a->target, NULL);
        const char *point = strchr(target, '.');
        const char *name = point == NULL ? target : point + 1;
        if (value_equal(a->request, b->request))
            return false;
        append_path(path, store, a->request, b->request);
        (void)snprintf(what, WHAT_SIZE, "%s of %.80s", path, name);
        return true;
    }
    if (!is_end(a) || value_equal(a->detail, b->detail))
        return false;
    append_path(path, store, a->detail, b->detail);
    (void)snprintf(what, WHAT_SIZE, "%s%s%s",
                   a->kind == HANDLER_RETURN ? "what it returns" : "how it fails",
                   path[0] == '\0' ? "" : ": ", path);
    return true;
}

static enum status add_difference(struct comparison *comparison, enum change change,
                                  const char *what, const struct handler_step *step)
{
    struct value_store *store = comparison->store;
    struct value entry = value_map(store, NULL, 0);
    entry = value_put_text(store, entry, "changed", value_text(store, change_names[change]));
    entry = value_put_text(store, entry, "what", value_text(store, what));
    entry = value_put_text(store, entry, "file",
                           value_is_none(step->file) ? value_text(store, "") : step->file);
    entry = value_put_text(store, entry, "line", value_integer(store, step->line));
    for (size_t i = 0; i < value_count(store, comparison->differences); i++) {
        if (value_equal(value_at(store, comparison->differences, i), entry))
            return STATUS_OK;
    }
    if (value_count(store, comparison->differences) == DETERMINISM_DIFFERENCES_MAX)
        comparison->partial = true;
    else
        comparison->differences = value_append(store, comparison->differences, entry);
    return value_store_failed(store) ? no_memory(comparison->error) : STATUS_OK;
}

/* --- one step under a change --- */

static enum status compute(struct comparison *comparison, const struct handler_run *run,
                           struct handler_step *step)
{
    memset(step, 0, sizeof *step);
    enum status status =
        comparison->backend->next(comparison->backend->self, run, 1, step, comparison->error);
    return status == STATUS_OK && value_store_failed(comparison->store)
               ? no_memory(comparison->error)
               : status;
}

/* The variants from `first` on, every second one, say the same; `what` is not kept. */
static bool agree(const struct comparison *comparison, const struct handler_step steps[VARIANTS],
                  size_t first)
{
    char what[WHAT_SIZE];
    for (size_t i = first + 2; i < VARIANTS; i += 2) {
        if (describe(comparison->store, &steps[first], &steps[i], what))
            return false;
    }
    return true;
}

/* Another hash seed comes with another seed. Where a step differs, three variants of each hash
 * seed tell which of the two it was: the seed, unless variants with one hash seed agree. */
static enum status compare_attempts(struct comparison *comparison, uint32_t node,
                                    const struct handler_run *run)
{
    struct handler_step steps[VARIANTS];
    struct handler_run variant = *run;
    char what[WHAT_SIZE] = "";
    size_t other = 0;
    enum status status = compute(comparison, run, &steps[0]);
    for (size_t i = OTHER_HASH_SEED; status == STATUS_OK && i <= OTHER_SEED; i++) {
        variant.attempt = run->attempt + (uint32_t)i;
        status = compute(comparison, &variant, &steps[i]);
        if (status == STATUS_OK && other == 0 &&
            describe(comparison->store, &steps[0], &steps[i], what))
            other = i;
    }
    if (status != STATUS_OK)
        return status;
    if (other == 0)
        return steps[0].fresh_token
                   ? add_difference(comparison, CHANGE_SEED,
                                    "ClientRequestToken, which the SDK makes up", &steps[0])
                   : STATUS_OK;
    for (size_t i = OTHER_SEED + 1; status == STATUS_OK && i < VARIANTS; i++) {
        variant.attempt = run->attempt + (uint32_t)i;
        status = compute(comparison, &variant, &steps[i]);
    }
    if (status != STATUS_OK)
        return status;
    const bool hash = agree(comparison, steps, 0) && agree(comparison, steps, 1);
    for (size_t i = 1; i < VARIANTS; i++)
        comparison->leaves[CHANGE_SEED][node] |= goes_elsewhere(&steps[0], &steps[i]);
    return add_difference(comparison, hash ? CHANGE_HASH_SEED : CHANGE_SEED, what, &steps[0]);
}

/* What is not simulated there, or leads elsewhere, has its own message in the search. */
static enum status compare_one(struct comparison *comparison, enum change change, uint32_t node,
                               const struct handler_run *plain, const struct handler_run *changed)
{
    struct handler_step steps[2];
    char what[WHAT_SIZE];
    enum status status = compute(comparison, plain, &steps[0]);
    if (status == STATUS_OK)
        status = compute(comparison, changed, &steps[1]);
    if (status == STATUS_UNSUPPORTED) {
        comparison->leaves[change][node] = true;
        comparison->partial = true;
        return STATUS_OK;
    }
    if (status != STATUS_OK || !describe(comparison->store, &steps[0], &steps[1], what))
        return status;
    comparison->leaves[change][node] = goes_elsewhere(&steps[0], &steps[1]);
    return add_difference(comparison, change, what, &steps[0]);
}

/* All reads of the clock say something later. */
static enum status compare_clocks(struct comparison *comparison, uint32_t node,
                                  const struct handler_run *run)
{
    struct handler_run later = *run;
    size_t reads = 0;
    for (size_t i = 0; i < run->input_count; i++) {
        int64_t now_ms = 0;
        struct value input = run->inputs[i];
        const bool time = value_kind(comparison->store, input) == VALUE_NUMBER &&
                          value_to_integer(comparison->store, input, &now_ms);
        reads += time;
        comparison->changed_inputs[i] =
            time ? value_integer(comparison->store, now_ms + CLOCK_SHIFT_MS) : input;
    }
    later.inputs = comparison->changed_inputs;
    return reads == 0 ? STATUS_OK : compare_one(comparison, CHANGE_CLOCK, node, run, &later);
}

static enum status compare_containers(struct comparison *comparison, uint32_t node,
                                      const struct handler_run *run)
{
    const uint32_t end = comparison->end_of_root[comparison->root[node]];
    struct handler_run past;
    if (!comparison->backend->keeps_state || end == HANDLER_NODE_NONE)
        return STATUS_OK;
    enum status status = handler_tree_run(comparison->tree, end, comparison->changed_inputs, &past,
                                          comparison->error);
    if (status != STATUS_OK)
        return status;
    struct value served =
        served_value(comparison->store, past.event, past.attempt, past.inputs, past.input_count);
    struct handler_run warm = *run;
    warm.event = warm_event(comparison->store, run->event, served);
    return value_is_none(warm.event) ? no_memory(comparison->error)
                                     : compare_one(comparison, CHANGE_CONTAINER, node, run, &warm);
}

/* --- all steps of a function --- */

static enum status compare_node(struct comparison *comparison, uint32_t node)
{
    struct handler_tree_place place;
    struct handler_run run;
    struct served_invocation served;
    handler_tree_place(comparison->tree, node, &place);
    if (place.parent != HANDLER_NODE_NONE) {
        for (int i = 0; i < CHANGE_COUNT; i++)
            comparison->leaves[i][node] = comparison->leaves[i][place.parent];
    }
    enum status status =
        handler_tree_run(comparison->tree, node, comparison->inputs, &run, comparison->error);
    if (status != STATUS_OK || event_is_warm(comparison->store, run.event, &served))
        return status;
    comparison->events += place.parent == HANDLER_NODE_NONE;
    comparison->steps++;
    if (!comparison->leaves[CHANGE_SEED][node])
        status = compare_attempts(comparison, node, &run);
    if (status == STATUS_OK && !comparison->leaves[CHANGE_CLOCK][node])
        status = compare_clocks(comparison, node, &run);
    if (status == STATUS_OK && !comparison->leaves[CHANGE_CONTAINER][node])
        status = compare_containers(comparison, node, &run);
    return status;
}

/* Each node's root, and of each root the first end after which its container lives on. */
static void find_ends(struct comparison *comparison)
{
    struct handler_tree_place place;
    for (uint32_t i = HANDLER_NODE_FIRST; i < comparison->node_end; i++) {
        handler_tree_place(comparison->tree, i, &place);
        const uint32_t root =
            place.parent == HANDLER_NODE_NONE ? i : comparison->root[place.parent];
        comparison->root[i] = root;
        if (comparison->end_of_root[root] == HANDLER_NODE_NONE &&
            (place.kind == HANDLER_RETURN || place.kind == HANDLER_RAISE))
            comparison->end_of_root[root] = i;
    }
}

static enum status compare_all(struct comparison *comparison)
{
    enum status status = STATUS_OK;
    find_ends(comparison);
    for (uint32_t i = HANDLER_NODE_FIRST; status == STATUS_OK && i < comparison->node_end; i++) {
        if (comparison->steps == DETERMINISM_STEPS_MAX) {
            comparison->partial = true;
            break;
        }
        status = compare_node(comparison, i);
    }
    return status;
}

/* --- where it asks for what differs --- */

static struct value add_sources(struct value_store *store, struct value sources, struct value found)
{
    for (size_t i = 0; !value_is_none(found) && i < value_count(store, found); i++) {
        static const char *const names[] = {"kind", "what", "file", "line", "seen"};
        struct value tuple = value_at(store, found, i);
        struct value source = value_map(store, NULL, 0);
        bool known = value_kind(store, tuple) != VALUE_LIST || value_count(store, tuple) != 5;
        for (size_t j = 0; !known && j < 5; j++)
            source = value_put_text(store, source, names[j], value_at(store, tuple, j));
        for (size_t j = 0; !known && j < value_count(store, sources); j++)
            known = value_equal(value_at(store, sources, j), source);
        sources = known ? sources : value_append(store, sources, source);
    }
    return sources;
}

/* A few ways to an end, spread over all that were met, show which of its lines ask. */
static enum status find_sources(struct comparison *comparison, size_t function,
                                struct value *sources)
{
    struct handler_backend backend;
    struct value_store *store = comparison->store;
    size_t ends = 0;
    size_t seen = 0;
    *sources = value_list(store, NULL, 0);
    for (uint32_t i = HANDLER_NODE_FIRST; i < comparison->node_end; i++) {
        struct handler_tree_place place;
        handler_tree_place(comparison->tree, i, &place);
        ends += place.kind == HANDLER_RETURN || place.kind == HANDLER_RAISE;
    }
    const size_t every = ends / SOURCE_RUNS + 1;
    enum status status =
        run_create_line_host(comparison->run, function, true, &backend, comparison->error);
    if (status != STATUS_OK)
        return status;
    for (uint32_t i = HANDLER_NODE_FIRST; status == STATUS_OK && i < comparison->node_end; i++) {
        struct handler_tree_place place;
        struct handler_run run;
        struct handler_step step;
        handler_tree_place(comparison->tree, i, &place);
        if ((place.kind != HANDLER_RETURN && place.kind != HANDLER_RAISE) || seen++ % every != 0)
            continue;
        memset(&step, 0, sizeof step);
        status = handler_tree_run(comparison->tree, i, comparison->inputs, &run, comparison->error);
        if (status == STATUS_OK)
            status = backend.next(backend.self, &run, 1, &step, comparison->error);
        if (status == STATUS_OK && !value_is_none(step.lines))
            *sources = add_sources(store, *sources,
                                   value_member(store, step.lines, "sources", VALUE_LIST));
    }
    backend.destroy(backend.self);
    return status == STATUS_OK && value_store_failed(store) ? no_memory(comparison->error) : status;
}

/* --- */

static struct value comparison_value(const struct comparison *comparison, const char *function,
                                     struct value sources)
{
    struct value_store *store = comparison->store;
    struct value value = value_map(store, NULL, 0);
    value = value_put_text(store, value, "function", value_text(store, function));
    value = value_put_text(store, value, "events", value_integer(store, comparison->events));
    value = value_put_text(store, value, "steps", value_integer(store, comparison->steps));
    value = value_put_text(store, value, "partial", value_bool(store, comparison->partial));
    value = value_put_text(store, value, "differences", comparison->differences);
    return value_put_text(store, value, "sources", sources);
}

static enum status compare_function(struct run *run, size_t function, struct value *report,
                                    struct error *error)
{
    struct handler_tree *tree = run->trees[function];
    struct comparison comparison = {.run = run,
                                    .store = run->store,
                                    .tree = tree,
                                    .backend = handler_tree_backend(tree),
                                    .node_end = handler_tree_node_end(tree),
                                    .differences = value_list(run->store, NULL, 0),
                                    .error = error};
    struct value sources = VALUE_NONE;
    struct arena arena;
    arena_init(&arena, run->memory);
    const size_t count = comparison.node_end;
    comparison.end_of_root = arena_allocate_array(&arena, count, sizeof *comparison.end_of_root);
    comparison.root = arena_allocate_array(&arena, count, sizeof *comparison.root);
    comparison.inputs = arena_allocate_array(&arena, HANDLER_INPUTS_MAX, sizeof *comparison.inputs);
    comparison.changed_inputs =
        arena_allocate_array(&arena, HANDLER_INPUTS_MAX, sizeof *comparison.changed_inputs);
    bool allocated = comparison.end_of_root != NULL && comparison.root != NULL &&
                     comparison.inputs != NULL && comparison.changed_inputs != NULL;
    for (int i = 0; i < CHANGE_COUNT; i++) {
        comparison.leaves[i] = arena_allocate_array(&arena, count, sizeof(bool));
        allocated = allocated && comparison.leaves[i] != NULL;
        if (comparison.leaves[i] != NULL)
            memset(comparison.leaves[i], 0, count * sizeof(bool));
    }
    enum status status = allocated ? STATUS_OK : no_memory(error);
    if (status == STATUS_OK) {
        memset(comparison.end_of_root, 0, count * sizeof *comparison.end_of_root);
        memset(comparison.root, 0, count * sizeof *comparison.root);
        status = compare_all(&comparison);
    }
    if (status == STATUS_OK)
        status = find_sources(&comparison, function, &sources);
    if (status == STATUS_OK)
        *report = value_append(
            run->store, *report,
            comparison_value(&comparison, run->pipeline.functions[function].name, sources));
    arena_release(&arena);
    return status;
}

enum status determinism_report(struct run *run, struct value *report, struct error *error)
{
    enum status status = STATUS_OK;
    *report = value_list(run->store, NULL, 0);
    for (size_t i = 0; status == STATUS_OK && i < run->pipeline.function_count; i++) {
        if (run->trees[i] != NULL && run->sources[i].path != NULL)
            status = compare_function(run, i, report, error);
    }
    if (status == STATUS_OK && value_store_failed(run->store))
        status = no_memory(error);
    return status == STATUS_OK ? STATUS_OK : error_wrap(error, "comparing what functions do");
}
