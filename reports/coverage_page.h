/* Coverage as a page: one file, no scripts, no network. What is missing comes first. */
#ifndef ONCECHECK_REPORTS_COVERAGE_PAGE_H
#define ONCECHECK_REPORTS_COVERAGE_PAGE_H

#include "model/base/text.h"
#include "model/base/value.h"

/* `judged`: of coverage_judge. */
void coverage_append_page(struct text *text, const struct value_store *store, struct value judged);

#endif
