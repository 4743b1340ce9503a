#include "reports/coverage_value.h"

#include "reports/field.h"
#include "reports/result.h"

#include <string.h>

static struct value put_integer(struct value_store *store, struct value map, const char *name,
                                uint64_t number)
{
    return value_put_text(store, map, name, value_integer(store, (int64_t)number));
}

static struct value limit_value(struct value_store *store, uint32_t limit)
{
    return limit == FAULT_UNLIMITED ? value_null(store) : value_integer(store, limit);
}

static struct value kinds_value(const struct run *run)
{
    struct value_store *store = run->store;
    struct value kinds = value_map(store, NULL, 0);
    for (int i = 0; i < FAULT_KIND_COUNT; i++) {
        const struct fault_places *places = &run->faults.places[i];
        if (!run->faults.enabled[i])
            continue;
        struct value functions = value_list(store, NULL, 0);
        for (uint32_t k = 0; k < places->count; k++)
            functions = value_append(store, functions, value_text(store, places->names[k]));
        struct value kind = value_map(store, NULL, 0);
        kind = value_put_text(store, kind, "cap", limit_value(store, run->faults.cap[i]));
        kind = value_put_text(store, kind, "functions", functions);
        kinds = value_put_text(store, kinds, fault_kind_name((enum fault_kind)i), kind);
    }
    return kinds;
}

/* How far the run went: what a cell that was not reached is explained by. */
static struct value bound_value(const struct coverage *coverage, const struct verification *found)
{
    const struct run *run = found->run;
    struct value_store *store = run->store;
    enum verdict verdict = verification_verdict(found);
    struct value bound = value_map(store, NULL, 0);
    bound = value_put_text(store, bound, "scenario", value_text(store, run->scenario.name));
    bound =
        value_put_text(store, bound, "solution", value_text_or_null(store, run->request->solution));
    bound = value_put_text(store, bound, "search",
                           value_text(store, found->sampling.used ? "random" : "exhaustive"));
    bound = value_put_text(store, bound, "verdict", value_text(store, verdict_name(verdict)));
    bound = value_put_text(store, bound, "faults", limit_value(store, run->faults.limit));
    bound = value_put_text(store, bound, "kinds", kinds_value(run));
    bound = value_put_text(store, bound, "stopped_by",
                           verdict == VERDICT_INCONCLUSIVE
                               ? value_text(store, search_stop_text(found->stop))
                               : value_null(store));
    return value_put_text(store, bound, "incomplete", value_bool(store, coverage->incomplete));
}

static struct value cells_value(struct value_store *store, const struct coverage_call *call)
{
    struct value cells = value_list(store, NULL, 0);
    for (int i = 0; i < COVERAGE_OUTCOME_COUNT; i++) {
        enum coverage_outcome outcome = (enum coverage_outcome)i;
        struct value cell = value_map(store, NULL, 0);
        cell = value_put_text(store, cell, "fault",
                              value_text(store, fault_kind_name(coverage_outcome_fault(outcome))));
        cell = value_put_text(store, cell, "outcome",
                              value_text(store, coverage_outcome_text(outcome)));
        cell = value_put_text(store, cell, "possible",
                              value_bool(store, (call->possible >> i & 1) != 0));
        cell = put_integer(store, cell, "explored", call->explored[i]);
        cell = put_integer(store, cell, "equal", call->equal[i]);
        cells = value_append(store, cells, cell);
    }
    return cells;
}

static struct value calls_value(const struct coverage *coverage, const struct run *run)
{
    struct value_store *store = run->store;
    struct value calls = value_list(store, NULL, 0);
    for (size_t i = 0; i < coverage->call_count; i++) {
        const struct coverage_call *call = &coverage->calls[i];
        struct value value = value_map(store, NULL, 0);
        value = value_put_text(store, value, "function",
                               value_text(store, run->pipeline.functions[call->function].name));
        value = value_put_text(store, value, "operation", call->operation);
        value = value_put_text(store, value, "tables", call->tables);
        value = value_put_text(store, value, "file", call->file);
        value = put_integer(store, value, "line", call->line);
        value = value_put_text(store, value, "writes", value_bool(store, call->writes));
        value = put_integer(store, value, "sent", call->sent);
        value = value_put_text(store, value, "cells", cells_value(store, call));
        calls = value_append(store, calls, value);
    }
    return calls;
}

/* What makes a call the same in another run. */
static struct value call_key(struct value_store *store, struct value call)
{
    static const char *const names[] = {"function", "operation", "tables", "file", "line"};
    struct value key = value_list(store, NULL, 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct value part = value_get_text(store, call, names[i]);
        key = value_append(store, key, value_is_none(part) ? value_null(store) : part);
    }
    return key;
}

static struct value counts_value(const struct coverage *coverage, const struct run *run,
                                 struct value calls)
{
    struct value_store *store = run->store;
    struct value counts = value_list(store, NULL, 0);
    for (size_t i = 0; i < coverage->count_count; i++) {
        const struct coverage_count *count = &coverage->counts[i];
        struct value value = value_map(store, NULL, 0);
        value = value_put_text(store, value, "what",
                               value_text(store, coverage_sort_name(count->sort)));
        value =
            value_put_text(store, value, "function",
                           count->function == COVERAGE_NO_FUNCTION
                               ? value_null(store)
                               : value_text(store, run->pipeline.functions[count->function].name));
        value = value_put_text(store, value, "call",
                               count->call == COVERAGE_NO_CALL
                                   ? value_null(store)
                                   : call_key(store, value_at(store, calls, count->call)));
        value = value_put_text(store, value, "name", count->name);
        value = put_integer(store, value, "count", count->count);
        counts = value_append(store, counts, value);
    }
    return counts;
}

/* The functions that something invokes, with the batches that they could get. */
static struct value functions_value(const struct run *run)
{
    struct value_store *store = run->store;
    struct value functions = value_list(store, NULL, 0);
    for (size_t i = 0; i < run->pipeline.function_count; i++) {
        uint64_t batch_size = 0;
        for (size_t k = 0; k < run->pipeline.mapping_count; k++) {
            const struct mapping_config *mapping = &run->pipeline.mappings[k];
            if (mapping->function == i && mapping->batch_size > batch_size)
                batch_size = mapping->batch_size;
        }
        if (run->trees[i] == NULL)
            continue;
        struct value value = value_map(store, NULL, 0);
        value = value_put_text(store, value, "name",
                               value_text(store, run->pipeline.functions[i].name));
        value = put_integer(store, value, "batch_size", batch_size);
        value =
            value_put_text(store, value, "code", value_text_or_null(store, run->sources[i].path));
        functions = value_append(store, functions, value);
    }
    return functions;
}

struct value coverage_value(const struct coverage *coverage, const struct verification *found,
                            struct value lines)
{
    const struct run *run = found->run;
    struct value_store *store = run->store;
    uint64_t states = 0;
    for (int i = 0; i < VALUATION_COUNT; i++)
        states += found->valuations[i].states;
    struct value bound = bound_value(coverage, found);
    struct value calls = calls_value(coverage, run);
    struct value value = value_map(store, NULL, 0);
    value = value_put_text(store, value, "format", value_text(store, COVERAGE_FORMAT));
    value = value_put_text(store, value, "runs", value_list(store, NULL, 0));
    value = value_put_text(store, value, "bounds", value_list(store, &bound, 1));
    value = value_put_text(store, value, "functions", functions_value(run));
    value = value_put_text(store, value, "calls", calls);
    value = value_put_text(store, value, "counts", counts_value(coverage, run, calls));
    value = put_integer(store, value, "situations", coverage->situations);
    value = put_integer(store, value, "states", states);
    value = put_integer(store, value, "depth", coverage->depth);
    value = put_integer(store, value, "fault_levels", coverage->levels);
    return value_put_text(store, value, "lines",
                          value_is_none(lines) ? value_list(store, NULL, 0) : lines);
}

/* --- several --- */

static struct value list_of(struct value_store *store, struct value map, const char *name)
{
    struct value list = value_member(store, map, name, VALUE_LIST);
    return value_is_none(list) ? value_list(store, NULL, 0) : list;
}

static struct value add_number(struct value_store *store, struct value into, struct value from,
                               const char *name)
{
    int64_t sum = field_integer(store, into, name, 0) + field_integer(store, from, name, 0);
    return value_put_text(store, into, name, value_integer(store, sum));
}

static struct value keep_larger(struct value_store *store, struct value into, struct value from,
                                const char *name)
{
    int64_t a = field_integer(store, into, name, 0);
    int64_t b = field_integer(store, from, name, 0);
    return value_put_text(store, into, name, value_integer(store, a > b ? a : b));
}

static struct value merge_cells(struct value_store *store, struct value a, struct value b)
{
    struct value cells = list_of(store, a, "cells");
    for (size_t i = 0; i < value_count(store, cells) && i < field_count(store, b, "cells"); i++) {
        struct value cell = value_at(store, cells, i);
        struct value other = field_at(store, b, "cells", i);
        cell = add_number(store, cell, other, "explored");
        cell = add_number(store, cell, other, "equal");
        if (field_truth(store, other, "possible"))
            cell = value_put_text(store, cell, "possible", value_bool(store, true));
        cells = value_replace_at(store, cells, i, cell);
    }
    return value_put_text(store, a, "cells", cells);
}

static struct value merge_call(struct value_store *store, struct value a, struct value b)
{
    return merge_cells(store, add_number(store, a, b, "sent"), b);
}

static struct value count_key(struct value_store *store, struct value count)
{
    return value_remove(store, count, value_text(store, "count"));
}

static struct value merge_count(struct value_store *store, struct value a, struct value b)
{
    return add_number(store, a, b, "count");
}

static struct value function_key(struct value_store *store, struct value function)
{
    struct value name = value_get_text(store, function, "name");
    return value_is_none(name) ? value_null(store) : name;
}

static struct value merge_function(struct value_store *store, struct value a, struct value b)
{
    return keep_larger(store, a, b, "batch_size");
}

/* A line's counts are added; the level of faults is the lowest. */
static struct value line_key(struct value_store *store, struct value line)
{
    struct value key = value_get_text(store, line, "line");
    struct value to = value_get_text(store, line, "to");
    if (value_is_none(to))
        return value_is_none(key) ? value_null(store) : key;
    struct value both[2] = {key, to};
    return value_list(store, both, 2);
}

static struct value merge_line(struct value_store *store, struct value a, struct value b)
{
    int64_t count = field_integer(store, a, "count", 0);
    int64_t faults = field_integer(store, a, "faults", 0);
    int64_t others = field_integer(store, b, "faults", 0);
    if (count == 0 || (field_integer(store, b, "count", 0) > 0 && others < faults)) {
        struct value faults_value = value_get_text(store, b, "faults");
        struct value path = value_get_text(store, b, "path");
        if (!value_is_none(faults_value))
            a = value_put_text(store, a, "faults", faults_value);
        if (!value_is_none(path))
            a = value_put_text(store, a, "path", path);
    }
    return add_number(store, a, b, "count");
}

typedef struct value (*merge_key)(struct value_store *store, struct value element);
typedef struct value (*merge_pair)(struct value_store *store, struct value a, struct value b);

/* The elements of both lists, those with the same key put together. */
static struct value merge_lists(struct value_store *store, struct value a, struct value b,
                                merge_key key, merge_pair pair)
{
    struct value places = value_map(store, NULL, 0);
    for (size_t i = 0; i < value_count(store, a); i++)
        places = value_put(store, places, key(store, value_at(store, a, i)),
                           value_integer(store, (int64_t)i));
    for (size_t i = 0; i < value_count(store, b); i++) {
        struct value element = value_at(store, b, i);
        struct value place = value_get(store, places, key(store, element));
        int64_t index = 0;
        if (value_is_none(place) || !value_to_integer(store, place, &index)) {
            a = value_append(store, a, element);
            continue;
        }
        a = value_replace_at(store, a, (size_t)index,
                             pair(store, value_at(store, a, (size_t)index), element));
    }
    return a;
}

static struct value merge_field(struct value_store *store, struct value a, struct value b,
                                const char *name, merge_key key, merge_pair pair)
{
    return value_put_text(
        store, a, name,
        merge_lists(store, list_of(store, a, name), list_of(store, b, name), key, pair));
}

/* Files are the same only where their text is. */
static struct value file_key(struct value_store *store, struct value file)
{
    static const char *const names[] = {"function", "file", "digest"};
    struct value key = value_list(store, NULL, 0);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        struct value part = value_get_text(store, file, names[i]);
        key = value_append(store, key, value_is_none(part) ? value_null(store) : part);
    }
    return key;
}

static struct value merge_file(struct value_store *store, struct value a, struct value b)
{
    a = merge_field(store, a, b, "lines", line_key, merge_line);
    return merge_field(store, a, b, "branches", line_key, merge_line);
}

static struct value append_all(struct value_store *store, struct value a, struct value b,
                               const char *name)
{
    struct value list = list_of(store, a, name);
    for (size_t i = 0; i < field_count(store, b, name); i++)
        list = value_append(store, list, field_at(store, b, name, i));
    return value_put_text(store, a, name, list);
}

struct value coverage_merge(struct value_store *store, const struct value *documents, size_t count)
{
    struct value all = documents[0];
    for (size_t i = 1; i < count; i++) {
        struct value next = documents[i];
        all = append_all(store, all, next, "runs");
        all = append_all(store, all, next, "bounds");
        all = merge_field(store, all, next, "functions", function_key, merge_function);
        all = merge_field(store, all, next, "calls", call_key, merge_call);
        all = merge_field(store, all, next, "counts", count_key, merge_count);
        all = merge_field(store, all, next, "lines", file_key, merge_file);
        all = add_number(store, all, next, "situations");
        all = add_number(store, all, next, "states");
        all = keep_larger(store, all, next, "depth");
        all = keep_larger(store, all, next, "fault_levels");
    }
    return all;
}
