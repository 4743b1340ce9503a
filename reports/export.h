/* What an export is made of: a recorded run, or a trace alone. Everything in it was read from JSON
 * and may lack parts: exports use reports/field.h. */
#ifndef ONCECHECK_REPORTS_EXPORT_H
#define ONCECHECK_REPORTS_EXPORT_H

#include "model/base/text.h"
#include "model/base/value.h"
#include "model/pipeline.h"

#include <stddef.h>

struct export_source {
    struct value_store *store;
    struct value result;        /* oncecheck-result/1; VALUE_NONE: a trace alone */
    const struct value *traces; /* oncecheck-trace/1, a counterexample each */
    size_t trace_count;
    const struct pipeline *pipeline; /* of the first trace; NULL: it has to be read */
    int64_t started_ms;              /* of the run, since 1970; 0: not known */
};

/* "holds", "violated", ... */
const char *export_verdict(const struct export_source *source);

/* The scenario's name; for a trace that of its file, without folder and ending. Appended. */
void export_append_scenario(struct text *text, const struct export_source *source);

/* The folder or handlers that were verified, or "". */
const char *export_solution(const struct export_source *source);

/* Why a run that neither holds nor is violated ended, or "". */
const char *export_problem(const struct export_source *source);

/* The counterexample that violates this property; VALUE_NONE: none does. */
struct value export_find_trace(const struct export_source *source, const char *property);

/* Append the path of a code position ({"function", "file", "line"}) as the trace's functions have
 * it: the function's folder and the file. Nothing where there is no such file. */
void export_append_path(struct text *text, const struct value_store *store, struct value trace,
                        struct value code);

#endif
