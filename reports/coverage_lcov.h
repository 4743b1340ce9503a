/* The lines, functions and branches that ran as an lcov tracefile (geninfo(1), "FILES"), for
 * genhtml and CI servers: a section per file, with the path of its function's folder in front. */
#ifndef ONCECHECK_REPORTS_COVERAGE_LCOV_H
#define ONCECHECK_REPORTS_COVERAGE_LCOV_H

#include "model/base/text.h"
#include "model/base/value.h"

/* `judged`: of coverage_judge. Nothing is written where no lines were collected. */
void coverage_append_lcov(struct text *text, const struct value_store *store, struct value judged);

#endif
