#include "reports/coverage_text.h"

#include "reports/coverage_judge.h"
#include "reports/field.h"

#include <string.h>

static bool has_status(const struct value_store *store, struct value cell, const char *status)
{
    return strcmp(field_text(store, cell, "status"), status) == 0;
}

static void append_call(struct text *text, const struct value_store *store, struct value call)
{
    const char *tables = field_text(store, call, "tables");
    text_append_format(text, "%s  %s%s%s  %s:%lld", field_text(store, call, "function"),
                       field_text(store, call, "operation"), tables[0] == '\0' ? "" : " ", tables,
                       field_text(store, call, "file"),
                       (long long)field_integer(store, call, "line", 0));
}

static void append_tally(struct text *text, const struct value_store *store, struct value judged,
                         const char *name, const char *what)
{
    struct value summary = value_member(store, judged, "summary", VALUE_MAP);
    struct value tally = value_member(store, summary, name, VALUE_MAP);
    int64_t reached = field_integer(store, tally, "reached", 0);
    int64_t of = field_integer(store, tally, "of", 0);
    if (of > 0)
        text_append_format(text, "  %lld of %lld %s (%lld %%)\n", (long long)reached, (long long)of,
                           what, (long long)(reached * 100 / of));
}

static void append_bounds(struct text *text, const struct value_store *store, struct value judged)
{
    for (size_t i = 0; i < field_count(store, judged, "bounds"); i++) {
        struct value bound = field_at(store, judged, "bounds", i);
        struct value kinds = value_member(store, bound, "kinds", VALUE_MAP);
        int64_t faults = field_integer(store, bound, "faults", -1);
        text_append_string(text, i == 0 ? "coverage of " : "        and ");
        if (i < field_count(store, judged, "runs"))
            text_append_format(
                text, "run %s: ", field_text(store, field_at(store, judged, "runs", i), "name"));
        text_append_format(text, "scenario %s, %s, ", field_text(store, bound, "scenario"),
                           field_text(store, bound, "verdict"));
        if (faults < 0)
            text_append_string(text, "any number of faults");
        else
            text_append_format(text, "at most %lld fault%s", (long long)faults,
                               faults == 1 ? "" : "s");
        for (size_t k = 0; !value_is_none(kinds) && k < value_count(store, kinds); k++)
            text_append_format(text, "%s%s", k == 0 ? " of " : ", ",
                               value_bytes(store, value_key_at(store, kinds, k), NULL));
        text_append_char(text, '\n');
        if (field_truth(store, bound, "incomplete"))
            text_append_string(text, "  memory ran out while this was collected: counts are too "
                                     "low\n");
    }
}

static void append_missed(struct text *text, const struct value_store *store, struct value judged)
{
    struct missed_cell missed = {0};
    for (bool any = false; coverage_next_missed(store, judged, &missed); any = true) {
        text_append_string(text, any ? "  " : "\nnot reached\n  ");
        append_call(text, store, missed.call);
        text_append_format(text, "\n      %s %s: %s\n", field_text(store, missed.cell, "fault"),
                           field_text(store, missed.cell, "outcome"),
                           field_text(store, missed.cell, "why"));
    }
}

/* "crash: before 12, after 8"; `=`: equal to something explored elsewhere. */
static void append_cells(struct text *text, const struct value_store *store, struct value call,
                         bool all)
{
    const char *kind = "";
    for (size_t k = 0; k < field_count(store, call, "cells"); k++) {
        struct value cell = field_at(store, call, "cells", k);
        bool equal = has_status(store, cell, "equal");
        bool shown =
            equal || has_status(store, cell, "reached") || has_status(store, cell, "missed");
        if (!shown && !all)
            continue;
        const char *fault = field_text(store, cell, "fault");
        bool same = strcmp(fault, kind) == 0;
        if (same)
            text_append_string(text, ", ");
        else
            text_append_format(text, "%s      %s: ", kind[0] == '\0' ? "" : "\n", fault);
        kind = fault;
        text_append_string(text, field_text(store, cell, "outcome"));
        if (has_status(store, cell, "reached"))
            text_append_format(text, " %lld", (long long)field_integer(store, cell, "explored", 0));
        else if (equal)
            text_append_string(text, " =");
        else
            text_append_format(text, " %s",
                               has_status(store, cell, "missed") ? "NOT REACHED"
                               : has_status(store, cell, "off")  ? "off"
                                                                 : "-");
    }
    if (kind[0] != '\0')
        text_append_char(text, '\n');
}

/* "done 12, ConditionalCheckFailedException 3" of one call. */
static void append_counts_of_call(struct text *text, const struct value_store *store,
                                  struct value judged, struct value call)
{
    static const struct {
        const char *what;
        const char *title;
    } sorts[] = {
        {"answer", "answered"}, {"condition", "conditions"}, {"cancellation", "cancelled"}};
    for (size_t s = 0; s < sizeof sorts / sizeof sorts[0]; s++) {
        bool any = false;
        for (size_t i = 0; i < field_count(store, judged, "counts"); i++) {
            struct value count = field_at(store, judged, "counts", i);
            struct value key = value_member(store, count, "call", VALUE_LIST);
            if (strcmp(field_text(store, count, "what"), sorts[s].what) != 0 ||
                value_is_none(key) ||
                !value_equal(value_at(store, key, 0), value_get_text(store, call, "function")) ||
                !value_equal(value_at(store, key, 1), value_get_text(store, call, "operation")) ||
                !value_equal(value_at(store, key, 2), value_get_text(store, call, "tables")) ||
                !value_equal(value_at(store, key, 3), value_get_text(store, call, "file")) ||
                !value_equal(value_at(store, key, 4), value_get_text(store, call, "line")))
                continue;
            if (any)
                text_append_string(text, ", ");
            else
                text_append_format(text, "      %s: ", sorts[s].title);
            text_append_format(text, "%s %lld", field_text(store, count, "name"),
                               (long long)field_integer(store, count, "count", 0));
            any = true;
        }
        if (any)
            text_append_char(text, '\n');
    }
}

static void append_calls(struct text *text, const struct value_store *store, struct value judged,
                         bool all)
{
    text_append_string(text, "\ncalls, and in how many situations what befell them was explored "
                             "(= the same as elsewhere)\n");
    for (size_t i = 0; i < field_count(store, judged, "calls"); i++) {
        struct value call = field_at(store, judged, "calls", i);
        text_append_string(text, "  ");
        append_call(text, store, call);
        text_append_char(text, '\n');
        append_cells(text, store, call, all);
        append_counts_of_call(text, store, judged, call);
    }
}

/* One line a function (or the generator) of a sort. */
static void append_sort(struct text *text, const struct value_store *store, struct value judged,
                        const char *what, const char *function, const char *title)
{
    bool any = false;
    for (size_t i = 0; i < field_count(store, judged, "counts"); i++) {
        struct value count = field_at(store, judged, "counts", i);
        if (strcmp(field_text(store, count, "what"), what) != 0 ||
            strcmp(field_text(store, count, "function"), function) != 0)
            continue;
        if (any)
            text_append_string(text, ", ");
        else
            text_append_format(text, "      %s: ", title);
        text_append_format(text, "%s %lld", field_text(store, count, "name"),
                           (long long)field_integer(store, count, "count", 0));
        any = true;
    }
    if (any)
        text_append_char(text, '\n');
}

/* Lines that did not run, and those that only a fault brought about. */
static void append_lines(struct text *text, const struct value_store *store, struct value judged)
{
    for (size_t i = 0; i < field_count(store, judged, "lines"); i++) {
        struct value file = field_at(store, judged, "lines", i);
        struct text faults;
        size_t missed = 0;
        text_init(&faults, text->memory);
        text_append_format(text, "%s  %s/%s\n",
                           i == 0 ? "\nlines that did not run, and branches not taken\n" : "",
                           field_text(store, file, "function"), field_text(store, file, "file"));
        for (size_t k = 0; k < field_count(store, file, "lines"); k++) {
            struct value line = field_at(store, file, "lines", k);
            long long number = (long long)field_integer(store, line, "line", 0);
            if (field_integer(store, line, "count", 0) == 0)
                text_append_format(text, "%s%lld", missed++ == 0 ? "      not run: " : ", ",
                                   number);
            else if (field_integer(store, line, "faults", 0) > 0)
                text_append_format(&faults, "%s%lld",
                                   faults.length == 0 ? "      only after a fault: " : ", ",
                                   number);
        }
        text_append_string(text, missed > 0 ? "\n" : "");
        if (faults.length > 0)
            text_append_format(text, "%s\n", text_string(&faults));
        text_release(&faults);
        for (size_t k = 0; k < field_count(store, file, "branches"); k++) {
            struct value branch = field_at(store, file, "branches", k);
            long long to = (long long)field_integer(store, branch, "to", 0);
            long long number = (long long)field_integer(store, branch, "line", 0);
            if (field_integer(store, branch, "count", 0) > 0)
                continue;
            if (to > 0)
                text_append_format(text, "      not taken: %lld to %lld\n", number, to);
            else
                text_append_format(text, "      not taken: %lld past its body\n", number);
        }
        if (field_truth(store, file, "partial"))
            text_append_string(text, "      not every way through the function was run again\n");
    }
}

static void append_functions(struct text *text, const struct value_store *store,
                             struct value judged)
{
    text_append_string(text, "\nfunctions\n");
    for (size_t i = 0; i < field_count(store, judged, "functions"); i++) {
        struct value function = field_at(store, judged, "functions", i);
        const char *name = field_text(store, function, "name");
        text_append_format(text, "  %s\n", name);
        append_sort(text, store, judged, "action", name, "actions");
        append_sort(text, store, judged, "fault", name, "faults");
        append_sort(text, store, judged, "batch", name, "records in a batch");
        append_sort(text, store, judged, "shard", name, "shards");
    }
    text_append_string(text, "  generator and streams\n");
    append_sort(text, store, judged, "action", "", "actions");
    append_sort(text, store, judged, "fault", "", "faults");
    append_sort(text, store, judged, "event", "", "stream events");
}

void coverage_append_text(struct text *text, const struct value_store *store, struct value judged,
                          bool all)
{
    append_bounds(text, store, judged);
    append_tally(text, store, judged, "cells",
                 "faults at calls, of the kinds that were on, reached");
    append_tally(text, store, judged, "lines", "lines of the functions ran");
    append_tally(text, store, judged, "branches", "branches of the functions were taken");
    text_append_format(text,
                       "  %lld states, %lld situations, depth %lld, faults up to level %lld\n",
                       (long long)field_integer(store, judged, "states", 0),
                       (long long)field_integer(store, judged, "situations", 0),
                       (long long)field_integer(store, judged, "depth", 0),
                       (long long)field_integer(store, judged, "fault_levels", 0));
    append_missed(text, store, judged);
    append_lines(text, store, judged);
    append_calls(text, store, judged, all);
    append_functions(text, store, judged);
}
