#include "reports/coverage_lcov.h"

#include "reports/field.h"

#include <string.h>

/* The folder of the function's code, or its name. */
static void append_path(struct text *text, const struct value_store *store, struct value judged,
                        struct value file)
{
    const char *function = field_text(store, file, "function");
    const char *folder = "";
    for (size_t i = 0; i < field_count(store, judged, "functions"); i++) {
        struct value entry = field_at(store, judged, "functions", i);
        if (strcmp(field_text(store, entry, "name"), function) == 0)
            folder = field_text(store, entry, "code");
    }
    text_append_format(text, "SF:%s/%s\n", folder[0] == '\0' ? function : folder,
                       field_text(store, file, "file"));
}

static void append_functions(struct text *text, const struct value_store *store, struct value file)
{
    size_t count = field_count(store, file, "functions");
    size_t hit = 0;
    for (size_t i = 0; i < count; i++) {
        struct value function = field_at(store, file, "functions", i);
        text_append_format(text, "FN:%lld,%s\n",
                           (long long)field_integer(store, function, "line", 0),
                           field_text(store, function, "name"));
    }
    for (size_t i = 0; i < count; i++) {
        struct value function = field_at(store, file, "functions", i);
        int64_t runs = field_integer(store, function, "count", 0);
        hit += runs > 0 ? 1 : 0;
        text_append_format(text, "FNDA:%lld,%s\n", (long long)runs,
                           field_text(store, function, "name"));
    }
    text_append_format(text, "FNF:%zu\nFNH:%zu\n", count, hit);
}

/* The two ways of a test are branches 0 and 1 of block 0; "-" where the test did not run. */
static void append_branches(struct text *text, const struct value_store *store, struct value file)
{
    size_t count = field_count(store, file, "branches");
    size_t hit = 0;
    for (size_t i = 0; i + 1 < count; i += 2) {
        struct value into = field_at(store, file, "branches", i);
        struct value past = field_at(store, file, "branches", i + 1);
        int64_t counts[2] = {field_integer(store, into, "count", 0),
                             field_integer(store, past, "count", 0)};
        for (int k = 0; k < 2; k++) {
            text_append_format(text, "BRDA:%lld,0,%d,",
                               (long long)field_integer(store, into, "line", 0), k);
            if (counts[0] + counts[1] == 0)
                text_append_string(text, "-\n");
            else
                text_append_format(text, "%lld\n", (long long)counts[k]);
            hit += counts[k] > 0 ? 1 : 0;
        }
    }
    text_append_format(text, "BRF:%zu\nBRH:%zu\n", count, hit);
}

static void append_lines(struct text *text, const struct value_store *store, struct value file)
{
    size_t count = field_count(store, file, "lines");
    size_t hit = 0;
    for (size_t i = 0; i < count; i++) {
        struct value line = field_at(store, file, "lines", i);
        int64_t runs = field_integer(store, line, "count", 0);
        hit += runs > 0 ? 1 : 0;
        text_append_format(text, "DA:%lld,%lld\n", (long long)field_integer(store, line, "line", 0),
                           (long long)runs);
    }
    text_append_format(text, "LF:%zu\nLH:%zu\n", count, hit);
}

void coverage_append_lcov(struct text *text, const struct value_store *store, struct value judged)
{
    for (size_t i = 0; i < field_count(store, judged, "lines"); i++) {
        struct value file = field_at(store, judged, "lines", i);
        text_append_string(text, "TN:oncecheck\n");
        append_path(text, store, judged, file);
        append_functions(text, store, file);
        append_branches(text, store, file);
        append_lines(text, store, file);
        text_append_string(text, "end_of_record\n");
    }
}
