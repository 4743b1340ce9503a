/* What `oncecheck audit` has found out, and how it is told. */
#ifndef ONCECHECK_REPORTS_AUDIT_H
#define ONCECHECK_REPORTS_AUDIT_H

#include "checker/audit_rows.h"
#include "model/base/arena.h"
#include "model/base/text.h"
#include "model/base/value.h"
#include "model/pipeline.h"
#include "reports/result.h"

#include <stdint.h>

/* What every proof of an audit rests on. */
#define AUDIT_ASSUMPTIONS                                                                          \
    "the services behave as model/SEMANTICS.md says, with the scenario's messages, shards and "    \
    "settings; a container serves at most two invocations."

enum { AUDIT_CELL_SIZE = 64 };

/* One verification: a row in one function, or in the whole pipeline. Texts are the audit's. */
struct audit_cell {
    bool run;
    enum verdict verdict; /* VERDICT_ERROR: not simulated, see `message` */
    bool any_number;      /* holds: for any number of faults */
    uint32_t faults_max;  /* holds, not any_number: for up to so many */
    uint32_t faults;      /* violated */
    uint32_t steps;
    const char *property;
    const char *summary;
    const char *cause;      /* or NULL */
    const char *defence;    /* or NULL */
    const char *bound;      /* what it holds for, in words */
    const char *message;    /* why there is no verdict, or NULL */
    const char *trace_file; /* where the counterexample is, or NULL */
};

enum { AUDIT_PAIRS_MAX = AUDIT_ROWS_MAX * (AUDIT_ROWS_MAX - 1) / 2 };

/* Two certified rows, with the faults of both in all functions at once. */
struct audit_pair {
    size_t rows[2];
    struct audit_cell cell;
};

struct audit {
    const char *solution; /* or NULL */
    const char *scenario;
    const char *functions[PIPELINE_FUNCTIONS_MAX]; /* those that something invokes */
    size_t function_count;
    bool left_out[AUDIT_ROWS_MAX]; /* rows that nobody asked for */
    /* A row of the pipeline has its cell at index 0. */
    struct audit_cell *cells[AUDIT_ROWS_MAX];
    /* Certified rows that hold in every function: with the faults in all of them at once. */
    struct audit_cell certificate[AUDIT_ROWS_MAX];
    /* Where they are asked for, every two of the rows above that were proved. */
    bool wants_pairs;
    struct audit_pair *pairs;
    size_t pair_count;
    bool interrupted;
    double seconds;
};

/* 0: the row is left out. */
size_t audit_cell_count(const struct audit *audit, size_t row);

/* Whether every cell of the row holds. */
bool audit_row_holds(const struct audit *audit, size_t row);

/* Whether the certificate has the row. */
bool audit_is_proved(const struct audit *audit, size_t row);

/* What needs no fault would be found again in every row: none but the first is tried then. */
bool audit_broken_without_fault(const struct audit *audit);

/* Some cell or pair is violated: VERDICT_VIOLATED; else nondeterministic, inconclusive, or holds.
 */
enum verdict audit_verdict(const struct audit *audit);

/* For people; `color`: with escape sequences. */
void audit_append_text(struct text *text, const struct audit *audit, bool color);

/* A page of its own. */
void audit_append_page(struct text *text, const struct audit *audit);

/* A cell in a word or two: "holds up to 2". */
void audit_describe_cell(const struct audit_cell *cell, char text[AUDIT_CELL_SIZE]);

/* What the rows say together: a paragraph each. */
void audit_append_conclusions(struct text *text, const struct audit *audit);

/* oncecheck-audit/1: docs/interface.md. VALUE_NONE: no memory. */
struct value audit_value(struct value_store *store, const struct audit *audit);

#endif
