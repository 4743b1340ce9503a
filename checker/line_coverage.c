#include "checker/line_coverage.h"

#include "checker/run_handlers.h"
#include "model/base/hash.h"
#include "model/base/id_map.h"
#include "model/container.h"

#include <stdio.h>
#include <string.h>

enum { RUNS_AT_ONCE = 64, PATH_MAX_BYTES = 400 };

/* What is known of one function's leaves. */
struct leaves {
    struct run *run;
    size_t function;
    struct handler_tree *tree;
    uint32_t end;     /* nodes */
    uint32_t *levels; /* per node; UINT32_MAX: the search did not come there */
    bool *has_child;
    bool *stands;    /* per node: some state stands there, so all its answers have a level */
    uint32_t *order; /* nodes to run */
    size_t count;
    bool partial;
    struct value files; /* LIST of MAP: see line_coverage.h */
    struct error *error;
};

static enum status no_memory(struct leaves *leaves)
{
    return error_set(leaves->error, STATUS_NO_MEMORY, "out of memory for the lines");
}

/* --- which leaves, at which level --- */

/* A level is known for nodes that states stood at, and for those that an answer led to from there.
 * Those before are as low as the lowest after; those after, which the search followed as part of a
 * step, are as high, and by one higher after a fault. */
static void find_levels(struct leaves *leaves, const struct coverage *coverage)
{
    struct handler_tree_place place;
    for (uint32_t i = 0; i < leaves->end; i++)
        leaves->levels[i] = UINT32_MAX;
    for (size_t i = 0; i < coverage->node_count; i++) {
        const struct coverage_node *node = &coverage->nodes[i];
        if (node->function == leaves->function && node->node < leaves->end)
            leaves->levels[node->node] = node->level;
        if (node->function == leaves->function && node->node < leaves->end)
            leaves->stands[node->node] = node->stands;
    }
    for (uint32_t i = leaves->end; i-- > HANDLER_NODE_FIRST;) {
        handler_tree_place(leaves->tree, i, &place);
        if (place.parent == HANDLER_NODE_NONE)
            continue;
        leaves->has_child[place.parent] = true;
        if (leaves->levels[i] < leaves->levels[place.parent])
            leaves->levels[place.parent] = leaves->levels[i];
    }
    for (uint32_t i = HANDLER_NODE_FIRST; i < leaves->end; i++) {
        handler_tree_place(leaves->tree, i, &place);
        if (leaves->levels[i] != UINT32_MAX)
            continue;
        if (place.parent == HANDLER_NODE_NONE)
            leaves->levels[i] = handler_step_is_end(place.kind) ? 0 : UINT32_MAX;
        else if (leaves->levels[place.parent] != UINT32_MAX &&
                 !(leaves->stands[place.parent] &&
                   handler_tree_step(leaves->tree, place.parent)->kind == HANDLER_CALL))
            leaves->levels[i] = leaves->levels[place.parent] + (place.by_fault ? 1 : 0);
    }
}

/* A process that hangs or leaves says nothing at its end: what led there is run instead. */
static uint32_t node_to_run(const struct leaves *leaves, uint32_t node)
{
    struct handler_tree_place place;
    handler_tree_place(leaves->tree, node, &place);
    bool silent = place.kind == HANDLER_HANG || place.kind == HANDLER_EXIT;
    return silent && place.parent != HANDLER_NODE_NONE ? place.parent : node;
}

/* The names in an answer's body, but not what they stand for. */
static uint64_t hash_answer(const struct value_store *store, struct value answer)
{
    struct value body = value_member(store, answer, "body", VALUE_MAP);
    uint64_t hash = value_hash(store, value_get_text(store, answer, "status")).low;
    for (size_t i = 0; !value_is_none(body) && i < value_count(store, body); i++)
        hash = hash_mix64(hash + value_hash(store, value_key_at(store, body, i)).low);
    return hash;
}

/* The course that led to a node: where each step was made, how many records there were and of what
 * kind the answers were; *root is the first node. */
static uint64_t hash_course(const struct leaves *leaves, uint32_t node, uint32_t *root)
{
    const struct value_store *store = leaves->run->store;
    struct handler_tree_place place;
    uint64_t hash = 0;
    for (handler_tree_place(leaves->tree, node, &place); place.parent != HANDLER_NODE_NONE;
         handler_tree_place(leaves->tree, node, &place)) {
        const struct handler_step *step = handler_tree_step(leaves->tree, place.parent);
        hash += (uint64_t)step->kind + ((uint64_t)step->line << 8);
        hash = hash_mix64(hash + value_hash(store, step->file).low);
        if (step->kind == HANDLER_CALL)
            hash += hash_answer(store, place.input);
        else if (step->kind == HANDLER_DRAW)
            hash += value_hash(store, place.input).low;
        hash = hash_mix64(hash);
        node = place.parent;
    }
    *root = node;
    struct value event = event_delivered(leaves->run->store, place.input);
    struct value records = value_member(store, event, "Records", VALUE_LIST);
    return hash_mix64(hash + (value_is_none(records) ? 0 : value_count(store, records)));
}

/* Each course once, and one for each of some events. False: no memory. */
static bool choose_leaves(struct leaves *leaves, uint32_t level_max, struct id_map *courses,
                          bool *has_leaf)
{
    size_t more = 0;
    for (uint32_t i = HANDLER_NODE_FIRST; i < leaves->end && !leaves->partial; i++) {
        uint32_t root = HANDLER_NODE_NONE;
        uint32_t known = 0;
        if (leaves->has_child[i] || leaves->levels[i] > level_max)
            continue;
        uint64_t course = hash_course(leaves, i, &root);
        bool new_course = !id_map_find(courses, course, &known);
        if (!new_course && (has_leaf[root] || more == LINE_COVERAGE_EVENTS_MAX))
            continue;
        if (new_course && !id_map_put(courses, course, i))
            return false;
        more += new_course ? 0 : 1;
        has_leaf[root] = true;
        if (leaves->count < LINE_COVERAGE_RUNS_MAX)
            leaves->order[leaves->count++] = node_to_run(leaves, i);
        else
            leaves->partial = true;
    }
    return true;
}

static enum status find_leaves(struct leaves *leaves, uint32_t level_max)
{
    struct memory *memory = leaves->run->memory;
    struct id_map courses;
    bool *has_leaf = memory_allocate_zeroed(memory, leaves->end, sizeof *has_leaf);
    id_map_init(&courses, memory);
    bool made = has_leaf != NULL && choose_leaves(leaves, level_max, &courses, has_leaf);
    id_map_release(&courses);
    memory_free(memory, has_leaf, leaves->end * sizeof *has_leaf);
    return made ? STATUS_OK : no_memory(leaves);
}

/* --- the way to a leaf, in words --- */

static const char *answer_name(const struct value_store *store, struct value answer)
{
    struct value body = value_get_text(store, answer, "body");
    struct value type = VALUE_NONE;
    if (!value_is_none(body) && value_kind(store, body) == VALUE_MAP)
        type = value_get_text(store, body, "__type");
    if (!value_is_none(type) && value_kind(store, type) == VALUE_STRING) {
        const char *hash = strrchr(value_bytes(store, type, NULL), '#');
        return hash == NULL ? value_bytes(store, type, NULL) : hash + 1;
    }
    return value_is_none(body) ? "no answer" : "done";
}

static void append_step(struct text *text, struct leaves *leaves, uint32_t node,
                        const struct handler_tree_place *child)
{
    const struct value_store *store = leaves->run->store;
    const struct handler_step *step = handler_tree_step(leaves->tree, node);
    if (step->kind == HANDLER_CALL) {
        const char *target = value_bytes(store, step->target, NULL);
        const char *point = strchr(target, '.');
        text_append_format(text, ", %s: %s", point == NULL ? target : point + 1,
                           answer_name(store, child->input));
    } else if (step->kind == HANDLER_DRAW && child->by_fault) {
        text_append_string(text, ", a draw comes out lowest");
    }
}

/* "2 records, UpdateItem: done". */
static struct value describe_path(struct leaves *leaves, uint32_t node, struct value *inputs)
{
    struct value_store *store = leaves->run->store;
    struct handler_run run;
    struct handler_tree_place place;
    struct text text;
    uint32_t *way = (uint32_t *)inputs; /* as many nodes as inputs; those are not needed any more */
    size_t length = 0;
    if (handler_tree_run(leaves->tree, node, inputs, &run, leaves->error) != STATUS_OK)
        return VALUE_NONE;
    struct value records = value_get_text(store, event_delivered(store, run.event), "Records");
    size_t count = value_is_none(records) ? 0 : value_count(store, records);
    text_init(&text, leaves->run->memory);
    text_append_format(&text, "%zu record%s", count, count == 1 ? "" : "s");
    for (uint32_t i = node; i != HANDLER_NODE_NONE && length < HANDLER_INPUTS_MAX;
         i = place.parent) {
        handler_tree_place(leaves->tree, i, &place);
        way[length++] = i;
    }
    for (size_t i = length; i > 1 && text.length < PATH_MAX_BYTES; i--) {
        handler_tree_place(leaves->tree, way[i - 2], &place);
        append_step(&text, leaves, way[i - 1], &place);
    }
    if (text.length >= PATH_MAX_BYTES)
        text_append_string(&text, ", ...");
    struct value path = value_text(store, text_string(&text));
    text_release(&text);
    return path;
}

/* --- files --- */

static size_t count_of(const struct value_store *store, struct value list)
{
    return value_is_none(list) ? 0 : value_count(store, list);
}

static int64_t integer_of(const struct value_store *store, struct value value)
{
    int64_t integer = 0;
    if (value_is_none(value) || value_kind(store, value) != VALUE_NUMBER ||
        !value_to_integer(store, value, &integer))
        return 0;
    return integer;
}

static struct value at_of(const struct value_store *store, struct value list, size_t index)
{
    return !value_is_none(list) && value_kind(store, list) == VALUE_LIST &&
                   index < value_count(store, list)
               ? value_at(store, list, index)
               : VALUE_NONE;
}

static struct value count_entry(struct value_store *store, int64_t line, int64_t to)
{
    struct value entry = value_map(store, NULL, 0);
    entry = value_put_text(store, entry, "line", value_integer(store, line));
    if (to >= 0)
        entry = value_put_text(store, entry, "to", value_integer(store, to));
    return value_put_text(store, entry, "count", value_integer(store, 0));
}

/* A file of the host's structure, with nothing counted yet. */
static struct value new_file(struct leaves *leaves, struct value found)
{
    struct value_store *store = leaves->run->store;
    struct value file = value_map(store, NULL, 0);
    struct value text = value_member(store, found, "text", VALUE_STRING);
    struct value name = value_member(store, found, "file", VALUE_STRING);
    struct value lines = value_member(store, found, "lines", VALUE_LIST);
    struct value tests = value_member(store, found, "branches", VALUE_LIST);
    struct value defs = value_member(store, found, "functions", VALUE_LIST);
    struct value list = value_list(store, NULL, 0);
    char digest[HASH128_TEXT_SIZE];
    if (value_is_none(text) || value_is_none(name))
        return VALUE_NONE;
    const char *function = leaves->run->pipeline.functions[leaves->function].name;
    file = value_put_text(store, file, "function", value_text(store, function));
    file = value_put_text(store, file, "file", name);
    file = value_put_text(store, file, "text", text);
    file = value_put_text(store, file, "digest",
                          value_text(store, hash128_text(value_hash(store, text), digest)));
    file = value_put_text(store, file, "partial", value_bool(store, leaves->partial));
    for (size_t i = 0; i < count_of(store, lines); i++)
        list = value_append(store, list,
                            count_entry(store, integer_of(store, value_at(store, lines, i)), -1));
    file = value_put_text(store, file, "lines", list);
    list = value_list(store, NULL, 0);
    for (size_t i = 0; i < count_of(store, tests); i++) {
        int64_t line = integer_of(store, at_of(store, value_at(store, tests, i), 0));
        int64_t body = integer_of(store, at_of(store, value_at(store, tests, i), 2));
        list = value_append(store, list, count_entry(store, line, body));
        list = value_append(store, list, count_entry(store, line, 0));
    }
    file = value_put_text(store, file, "branches", list);
    list = value_list(store, NULL, 0);
    for (size_t i = 0; i < count_of(store, defs); i++) {
        struct value def = value_at(store, defs, i);
        struct value entry = count_entry(store, integer_of(store, at_of(store, def, 1)), -1);
        struct value def_name = at_of(store, def, 0);
        entry = value_put_text(store, entry, "end",
                               value_integer(store, integer_of(store, at_of(store, def, 2))));
        if (!value_is_none(def_name))
            entry = value_put_text(store, entry, "name", def_name);
        list = value_append(store, list, entry);
    }
    return value_put_text(store, file, "functions", list);
}

/* The index of a file in leaves->files, added if it is not there; SIZE_MAX: it is malformed. */
static size_t find_file(struct leaves *leaves, struct value found)
{
    struct value_store *store = leaves->run->store;
    struct value name = value_member(store, found, "file", VALUE_STRING);
    for (size_t i = 0; i < value_count(store, leaves->files); i++) {
        if (value_equal(value_get_text(store, value_at(store, leaves->files, i), "file"), name))
            return i;
    }
    struct value file = new_file(leaves, found);
    if (value_is_none(file))
        return SIZE_MAX;
    leaves->files = value_append(store, leaves->files, file);
    return value_count(store, leaves->files) - 1;
}

/* --- one leaf's arcs --- */

struct leaf {
    struct value name; /* of the file looked at */
    struct value arcs;
    uint32_t level;
    struct value path;
};

static struct value count_once(struct value_store *store, struct value entry,
                               const struct leaf *leaf)
{
    int64_t count = integer_of(store, value_get_text(store, entry, "count"));
    struct value faults = value_get_text(store, entry, "faults");
    if (count == 0 || integer_of(store, faults) > leaf->level) {
        entry = value_put_text(store, entry, "faults", value_integer(store, leaf->level));
        if (!value_is_none(leaf->path))
            entry = value_put_text(store, entry, "path", leaf->path);
    }
    return value_put_text(store, entry, "count", value_integer(store, count + 1));
}

/* The lines of the arcs of a file, from and to; false: the arc is another file's. */
static bool read_arc(const struct value_store *store, const struct leaf *leaf, size_t index,
                     int64_t *from, int64_t *to)
{
    struct value arc = value_at(store, leaf->arcs, index);
    if (!value_equal(at_of(store, arc, 0), leaf->name))
        return false;
    *from = integer_of(store, at_of(store, arc, 1));
    *to = integer_of(store, at_of(store, arc, 2));
    return true;
}

static bool ran(const struct value_store *store, const struct leaf *leaf, int64_t line)
{
    int64_t from = 0;
    int64_t to = 0;
    for (size_t i = 0; i < value_count(store, leaf->arcs); i++) {
        if (read_arc(store, leaf, i, &from, &to) && to == line)
            return true;
    }
    return false;
}

/* From a test (first .. last line) into its body, or past it. */
static bool branched(const struct value_store *store, const struct leaf *leaf, struct value test,
                     bool into)
{
    int64_t first = integer_of(store, at_of(store, test, 0));
    int64_t last = integer_of(store, at_of(store, test, 1));
    int64_t body = integer_of(store, at_of(store, test, 2));
    int64_t from = 0;
    int64_t to = 0;
    for (size_t i = 0; i < value_count(store, leaf->arcs); i++) {
        if (!read_arc(store, leaf, i, &from, &to) || from < first || from > last)
            continue;
        if (into ? to == body : to != body && (to < first || to > last))
            return true;
    }
    return false;
}

static struct value count_lines(struct value_store *store, struct value lines,
                                const struct leaf *leaf)
{
    for (size_t i = 0; i < value_count(store, lines); i++) {
        struct value entry = value_at(store, lines, i);
        if (ran(store, leaf, integer_of(store, value_get_text(store, entry, "line"))))
            lines = value_replace_at(store, lines, i, count_once(store, entry, leaf));
    }
    return lines;
}

/* A function ran where one of its lines did after its `def`. */
static struct value count_functions(struct value_store *store, struct value functions,
                                    const struct leaf *leaf)
{
    for (size_t i = 0; i < value_count(store, functions); i++) {
        struct value entry = value_at(store, functions, i);
        int64_t line = integer_of(store, value_get_text(store, entry, "line"));
        int64_t end = integer_of(store, value_get_text(store, entry, "end"));
        int64_t from = 0;
        int64_t to = 0;
        bool entered = false;
        for (size_t k = 0; !entered && k < value_count(store, leaf->arcs); k++)
            entered = read_arc(store, leaf, k, &from, &to) && from < 0 && to > line && to <= end;
        if (entered)
            functions = value_replace_at(store, functions, i, count_once(store, entry, leaf));
    }
    return functions;
}

static enum status count_leaf(struct leaves *leaves, struct value lines, struct leaf *leaf)
{
    struct value_store *store = leaves->run->store;
    struct value found = value_member(store, lines, "files", VALUE_LIST);
    leaf->arcs = value_member(store, lines, "arcs", VALUE_LIST);
    for (size_t i = 0; i < count_of(store, found) && !value_is_none(leaf->arcs); i++) {
        struct value structure = value_at(store, found, i);
        struct value tests = value_member(store, structure, "branches", VALUE_LIST);
        size_t index = find_file(leaves, structure);
        if (index == SIZE_MAX)
            continue;
        struct value file = value_at(store, leaves->files, index);
        leaf->name = value_member(store, file, "file", VALUE_STRING);
        file = value_put_text(
            store, file, "lines",
            count_lines(store, value_member(store, file, "lines", VALUE_LIST), leaf));
        file = value_put_text(
            store, file, "functions",
            count_functions(store, value_member(store, file, "functions", VALUE_LIST), leaf));
        struct value branches = value_member(store, file, "branches", VALUE_LIST);
        for (size_t k = 0; k < count_of(store, branches); k++) {
            if (branched(store, leaf, at_of(store, tests, k / 2), k % 2 == 0))
                branches = value_replace_at(store, branches, k,
                                            count_once(store, value_at(store, branches, k), leaf));
        }
        file = value_put_text(store, file, "branches", branches);
        leaves->files = value_replace_at(store, leaves->files, index, file);
    }
    return value_store_failed(store) ? no_memory(leaves) : STATUS_OK;
}

/* --- running them --- */

static enum status run_leaves(struct leaves *leaves, const struct handler_backend *backend,
                              size_t first, size_t count, struct value *inputs)
{
    struct handler_run runs[RUNS_AT_ONCE];
    struct handler_step steps[RUNS_AT_ONCE];
    memset(runs, 0, sizeof runs);
    memset(steps, 0, sizeof steps);
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = handler_tree_run(leaves->tree, leaves->order[first + i],
                                  inputs + i * HANDLER_INPUTS_MAX, &runs[i], leaves->error);
    if (status == STATUS_OK)
        status = backend->next(backend->self, runs, count, steps, leaves->error);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        uint32_t node = leaves->order[first + i];
        struct leaf leaf = {.level = leaves->levels[node],
                            .path = describe_path(leaves, node, inputs)};
        status = count_leaf(leaves, steps[i].lines, &leaf);
    }
    return status;
}

static enum status run_all(struct leaves *leaves)
{
    struct handler_backend backend;
    size_t size = (size_t)RUNS_AT_ONCE * HANDLER_INPUTS_MAX * sizeof(struct value);
    enum status status =
        run_create_line_host(leaves->run, leaves->function, false, &backend, leaves->error);
    if (status != STATUS_OK)
        return status;
    struct value *inputs = memory_allocate(leaves->run->memory, size);
    if (inputs == NULL)
        status = no_memory(leaves);
    for (size_t i = 0; status == STATUS_OK && i < leaves->count; i += RUNS_AT_ONCE) {
        size_t count = leaves->count - i < RUNS_AT_ONCE ? leaves->count - i : RUNS_AT_ONCE;
        status = run_leaves(leaves, &backend, i, count, inputs);
    }
    memory_free(leaves->run->memory, inputs, size);
    backend.destroy(backend.self);
    return status;
}

static enum status collect_function(struct run *run, size_t function,
                                    const struct coverage *coverage, struct value *files,
                                    struct error *error)
{
    struct leaves leaves = {.run = run,
                            .function = function,
                            .tree = run->trees[function],
                            .end = handler_tree_node_end(run->trees[function]),
                            .files = value_list(run->store, NULL, 0),
                            .error = error};
    size_t end = leaves.end;
    leaves.levels = memory_allocate_zeroed(run->memory, end, sizeof *leaves.levels);
    leaves.has_child = memory_allocate_zeroed(run->memory, end, sizeof *leaves.has_child);
    leaves.stands = memory_allocate_zeroed(run->memory, end, sizeof *leaves.stands);
    leaves.order = memory_allocate_zeroed(run->memory, end, sizeof *leaves.order);
    enum status status = STATUS_OK;
    if (leaves.levels == NULL || leaves.has_child == NULL || leaves.stands == NULL ||
        leaves.order == NULL) {
        status = no_memory(&leaves);
    } else {
        find_levels(&leaves, coverage);
        status = find_leaves(&leaves, coverage->levels);
        if (status == STATUS_OK)
            status = run_all(&leaves);
    }
    for (size_t i = 0; status == STATUS_OK && i < value_count(run->store, leaves.files); i++)
        *files = value_append(run->store, *files, value_at(run->store, leaves.files, i));
    memory_free(run->memory, leaves.levels, end * sizeof *leaves.levels);
    memory_free(run->memory, leaves.has_child, end * sizeof *leaves.has_child);
    memory_free(run->memory, leaves.stands, end * sizeof *leaves.stands);
    memory_free(run->memory, leaves.order, end * sizeof *leaves.order);
    return status;
}

enum status line_coverage_collect(struct run *run, const struct coverage *coverage,
                                  struct value *files, struct error *error)
{
    enum status status = STATUS_OK;
    *files = value_list(run->store, NULL, 0);
    for (size_t i = 0; status == STATUS_OK && i < run->pipeline.function_count; i++) {
        if (run->trees[i] != NULL && run->sources[i].path != NULL)
            status = collect_function(run, i, coverage, files, error);
    }
    return status;
}
