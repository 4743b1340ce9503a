/* The report of a class: what `oncecheck grade` found, as data and in the forms that people and
 * tools read. Everything is made from the document `oncecheck-grade/1` of docs/interface.md, but
 * for SARIF, which is made from the traces. */
#ifndef ONCECHECK_REPORTS_GRADE_H
#define ONCECHECK_REPORTS_GRADE_H

#include "model/base/text.h"
#include "model/base/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GRADE_FORMAT "oncecheck-grade/1"

enum { GRADE_CHECKS_MAX = 3 };

/* One verification of a solution. */
struct grade_check {
    struct value result;    /* oncecheck-result/1; VALUE_NONE: there is none */
    struct value violation; /* of the result, or VALUE_NONE */
    const char *trace;      /* oncecheck-trace/1, "" where there is none */
    const char *verdict;    /* of the result; "error" or "interrupted" where there is none; "-": the
                               solution has nothing that this is about */
    const char *reason;     /* of an error, or what stopped the search; else "" */
    const char *messages;   /* on standard error, of an error */
    double seconds;
    bool cached;
};

struct grade_row {
    const char *name;
    const char *path;
    struct grade_check checks[GRADE_CHECKS_MAX]; /* the scenario, then the lab's steps */
};

struct grade_other {
    const char *name;
    const char *reason;
};

struct grade_class {
    struct value_store *store;
    const char *folder;
    const char *scenario;                      /* as asked for */
    const char *check_names[GRADE_CHECKS_MAX]; /* "lab2", "step 1", "step 2" */
    size_t check_count;
    const struct grade_row *rows;
    size_t row_count;
    const struct grade_other *others; /* what is no solution */
    size_t other_count;
    double seconds;
    unsigned workers;
    int64_t started_ms; /* since 1970 */
};

/* The document; VALUE_NONE where memory runs out. */
struct value grade_value(const struct grade_class *class);

/* The number of the document's cluster with this key, from 1; 0: none. */
size_t grade_cluster_number(const struct value_store *store, struct value document,
                            const char *key);

struct grade_text_options {
    bool color;
    bool brief; /* without the clusters' counterexamples */
};

/* For people: the table, what is no solution, the clusters. */
void grade_append_text(struct text *text, const struct value_store *store, struct value document,
                       const struct grade_text_options *options);

/* RFC 4180, with a row of names. A field that a spreadsheet would take for a formula begins with an
 * apostrophe. */
void grade_append_csv(struct text *text, const struct value_store *store, struct value document);

/* A suite per check, a test case per solution. */
void grade_append_junit(struct text *text, const struct value_store *store, struct value document);

/* A result per counterexample of the first check. */
void grade_append_sarif(struct text *text, const struct grade_class *class);

/* One page that needs nothing else. */
void grade_append_page(struct text *text, const struct value_store *store, struct value document);

#endif
