/* The document of a class report: rows, clusters of violations with the same key, figures. */
#include "reports/grade.h"

#include "model/base/json.h"
#include "reports/field.h"
#include "reports/run_database.h"
#include "reports/trace_text.h"

#include <stdio.h>
#include <string.h>

static struct value put(struct value_store *store, struct value map, const char *name,
                        struct value value)
{
    return value_put_text(store, map, name, value);
}

static struct value put_text(struct value_store *store, struct value map, const char *name,
                             const char *text)
{
    return put(store, map, name, value_text(store, text));
}

static struct value key_of(struct value_store *store, struct value violation)
{
    struct text key;
    text_init(&key, value_store_memory(store));
    run_database_append_key(&key, store, violation);
    struct value value =
        text_failed(&key) ? VALUE_NONE : value_string(store, text_string(&key), key.length);
    text_release(&key);
    return value;
}

/* Tenths of milliseconds are enough. */
static struct value seconds_value(struct value_store *store, double seconds)
{
    struct decimal number;
    char text[64];
    (void)snprintf(text, sizeof text, "%.4f", seconds < 0 ? 0 : seconds);
    if (decimal_parse(text, strlen(text), &number) != DECIMAL_OK)
        return value_integer(store, 0);
    return value_number(store, &number);
}

static struct value violation_value_of(struct value_store *store, struct value violation)
{
    static const char *const copied[] = {"property", "summary", "faults", "steps",
                                         "cause",    "defence", "code"};
    struct value map = value_map(store, NULL, 0);
    for (size_t i = 0; i < sizeof copied / sizeof copied[0]; i++) {
        struct value value = value_get_text(store, violation, copied[i]);
        map = put(store, map, copied[i], value_is_none(value) ? value_null(store) : value);
    }
    return put(store, map, "key", key_of(store, violation));
}

static struct value check_value(struct value_store *store, const char *name,
                                const struct grade_check *check)
{
    struct value map = value_map(store, NULL, 0);
    struct value runtime = value_map(store, NULL, 0);
    map = put_text(store, map, "check", name);
    map = put_text(store, map, "verdict", check->verdict);
    map = put_text(store, map, "reason", check->reason);
    map = put_text(store, map, "messages", check->messages);
    map = put(store, map, "violation",
              value_is_none(check->violation) ? value_null(store)
                                              : violation_value_of(store, check->violation));
    runtime = put(store, runtime, "seconds", seconds_value(store, check->seconds));
    runtime = put(store, runtime, "cached", value_bool(store, check->cached));
    runtime = put(
        store, runtime, "run",
        value_integer(store,
                      field_integer(store, value_member(store, check->result, "runtime", VALUE_MAP),
                                    "run", 0)));
    return put(store, map, "runtime", runtime);
}

/* --- clusters --- */

static int64_t size_of(const struct value_store *store, struct value violation, const char *what)
{
    return field_integer(store, violation, what, INT32_MAX);
}

/* Fewest faults, then fewest steps; then the first by name, as rows are. */
static bool is_shorter(const struct value_store *store, struct value a, struct value b)
{
    int64_t faults = size_of(store, a, "faults") - size_of(store, b, "faults");
    if (faults != 0)
        return faults < 0;
    return size_of(store, a, "steps") < size_of(store, b, "steps");
}

/* The counterexample of a row as verify prints it. */
static struct value counterexample_text(struct value_store *store, const struct grade_check *check)
{
    struct text text;
    struct error ignored = ERROR_INIT;
    struct value trace = VALUE_NONE;
    text_init(&text, value_store_memory(store));
    const struct trace_text_options style = {
        .key_steps = value_member(store, check->violation, "key_steps", VALUE_LIST)};
    append_violation(&text, store, check->violation, &style);
    if (check->trace[0] != '\0' && json_parse(store, check->trace, strlen(check->trace), NULL,
                                              &trace, &ignored) == STATUS_OK) {
        text_append_char(&text, '\n');
        append_steps(&text, store, value_member(store, trace, "steps", VALUE_LIST), &style);
    }
    struct value value =
        text_failed(&text) ? VALUE_NONE : value_string(store, text_string(&text), text.length);
    text_release(&text);
    return value;
}

struct cluster {
    struct value key;
    size_t count;
    size_t shortest; /* row */
};

static int compare_clusters(const struct cluster *a, const struct cluster *b)
{
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return a->shortest < b->shortest ? -1 : 1;
}

static struct value cluster_value(const struct grade_class *class, const struct cluster *cluster,
                                  const struct value *keys)
{
    struct value_store *store = class->store;
    const struct grade_row *shortest = &class->rows[cluster->shortest];
    struct value violation = shortest->checks[0].violation;
    struct value code = value_member(store, violation, "code", VALUE_MAP);
    struct value names = value_list(store, NULL, 0);
    for (size_t i = 0; i < class->row_count; i++) {
        if (value_equal(keys[i], cluster->key))
            names = value_append(store, names, value_text(store, class->rows[i].name));
    }
    struct value example = violation_value_of(store, violation);
    example = put_text(store, example, "solution", shortest->name);
    example = put(store, example, "text", counterexample_text(store, &shortest->checks[0]));
    struct value map = value_map(store, NULL, 0);
    map = put(store, map, "key", cluster->key);
    map = put_text(store, map, "property", field_text(store, violation, "property"));
    map = put_text(store, map, "function", field_text(store, code, "function"));
    map = put(store, map, "solutions", names);
    return put(store, map, "shortest", example);
}

/* Sorted insertion: a class has few clusters. */
static struct value clusters_value(const struct grade_class *class)
{
    struct value_store *store = class->store;
    struct memory *memory = value_store_memory(store);
    const size_t rows = class->row_count + 1;
    struct value *keys = memory_allocate_zeroed(memory, rows, sizeof *keys);
    struct cluster *clusters = memory_allocate_zeroed(memory, rows, sizeof *clusters);
    size_t count = 0;
    struct value list = value_list(store, NULL, 0);
    for (size_t i = 0; keys != NULL && clusters != NULL && i < class->row_count; i++) {
        struct value violation = class->rows[i].checks[0].violation;
        size_t at = 0;
        if (value_is_none(violation))
            continue;
        keys[i] = key_of(store, violation);
        while (at < count && !value_equal(clusters[at].key, keys[i]))
            at++;
        if (at == count)
            clusters[count++] = (struct cluster){.key = keys[i], .shortest = i};
        clusters[at].count++;
        if (is_shorter(store, violation, class->rows[clusters[at].shortest].checks[0].violation))
            clusters[at].shortest = i;
    }
    for (size_t i = 1; i < count; i++) {
        for (size_t j = i; j > 0 && compare_clusters(&clusters[j], &clusters[j - 1]) < 0; j--) {
            const struct cluster moved = clusters[j];
            clusters[j] = clusters[j - 1];
            clusters[j - 1] = moved;
        }
    }
    for (size_t i = 0; i < count; i++)
        list = value_append(store, list, cluster_value(class, &clusters[i], keys));
    const bool failed = keys == NULL || clusters == NULL;
    memory_free(memory, keys, rows * sizeof *keys);
    memory_free(memory, clusters, rows * sizeof *clusters);
    return failed ? VALUE_NONE : list;
}

/* --- the whole --- */

static struct value rows_value(const struct grade_class *class)
{
    struct value_store *store = class->store;
    struct value list = value_list(store, NULL, 0);
    for (size_t i = 0; i < class->row_count; i++) {
        const struct grade_row *row = &class->rows[i];
        struct value checks = value_list(store, NULL, 0);
        struct value map = value_map(store, NULL, 0);
        for (size_t j = 0; j < class->check_count; j++)
            checks = value_append(store, checks,
                                  check_value(store, class->check_names[j], &row->checks[j]));
        map = put_text(store, map, "name", row->name);
        map = put_text(store, map, "path", row->path);
        map = put_text(store, map, "verdict", row->checks[0].verdict);
        list = value_append(store, list, put(store, map, "checks", checks));
    }
    return list;
}

static struct value verdicts_value(const struct grade_class *class)
{
    struct value_store *store = class->store;
    struct value map = value_map(store, NULL, 0);
    for (size_t i = 0; i < class->row_count; i++) {
        const char *verdict = class->rows[i].checks[0].verdict;
        int64_t count = field_integer(store, map, verdict, 0);
        map = put(store, map, verdict, value_integer(store, count + 1));
    }
    return map;
}

struct value grade_value(const struct grade_class *class)
{
    struct value_store *store = class->store;
    struct value others = value_list(store, NULL, 0);
    for (size_t i = 0; i < class->other_count; i++) {
        struct value other = value_map(store, NULL, 0);
        other = put_text(store, other, "name", class->others[i].name);
        other = put_text(store, other, "reason", class->others[i].reason);
        others = value_append(store, others, other);
    }
    int64_t cached = 0;
    for (size_t i = 0; i < class->row_count; i++) {
        for (size_t j = 0; j < class->check_count; j++)
            cached += class->rows[i].checks[j].cached;
    }
    struct value runtime = value_map(store, NULL, 0);
    runtime = put(store, runtime, "seconds", seconds_value(store, class->seconds));
    runtime = put(store, runtime, "workers", value_integer(store, class->workers));
    runtime = put(store, runtime, "cached", value_integer(store, cached));
    runtime = put(store, runtime, "started_ms", value_integer(store, class->started_ms));
    struct value checks = value_list(store, NULL, 0);
    for (size_t i = 0; i < class->check_count; i++)
        checks = value_append(store, checks, value_text(store, class->check_names[i]));
    struct value map = value_map(store, NULL, 0);
    map = put_text(store, map, "format", GRADE_FORMAT);
    map = put_text(store, map, "folder", class->folder);
    map = put_text(store, map, "scenario", class->scenario);
    map = put(store, map, "checks", checks);
    map = put(store, map, "verdicts", verdicts_value(class));
    map = put(store, map, "solutions", rows_value(class));
    map = put(store, map, "clusters", clusters_value(class));
    map = put(store, map, "no_solutions", others);
    map = put(store, map, "runtime", runtime);
    return value_store_failed(store) ? VALUE_NONE : map;
}

size_t grade_cluster_number(const struct value_store *store, struct value document, const char *key)
{
    for (size_t i = 0; i < field_count(store, document, "clusters"); i++) {
        if (strcmp(field_text(store, field_at(store, document, "clusters", i), "key"), key) == 0)
            return i + 1;
    }
    return 0;
}
