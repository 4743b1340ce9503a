/* What a solution is audited against: weaknesses that the workshop's own rules do not ask about. */
#ifndef ONCECHECK_CHECKER_AUDIT_ROWS_H
#define ONCECHECK_CHECKER_AUDIT_ROWS_H

#include <stdbool.h>
#include <stddef.h>

enum { AUDIT_KINDS_MAX = 2, AUDIT_ROWS_MAX = 32 };

/* One weakness, tried in each function by itself: kinds of faults as --fault has them, without
 * their function, and a setting of the function's mapping. */
struct audit_row {
    const char *name; /* in JSON and in the names of trace files */
    const char *title;
    const char *kinds[AUDIT_KINDS_MAX]; /* "delay=1"; NULL: no more */
    const char *longest_delay;          /* --longest-delay; NULL: the kinds hold no delay */
    const char *setting;                /* "BisectBatchOnFunctionError=true", or NULL */
    bool whole;                         /* of the pipeline: not tried function by function */
    bool certified; /* a kind of faults alone, of which it can be said what was proved */
};

extern const struct audit_row audit_rows[];
extern const size_t audit_row_count;

/* The row of that name; audit_row_count: there is none. */
size_t audit_row_find(const char *name);

#endif
