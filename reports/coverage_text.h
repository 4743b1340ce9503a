/* Coverage for people to read: what is missing first. */
#ifndef ONCECHECK_REPORTS_COVERAGE_TEXT_H
#define ONCECHECK_REPORTS_COVERAGE_TEXT_H

#include "model/base/text.h"
#include "model/base/value.h"

/* `judged`: of coverage_judge. `all`: also what cannot happen or was off, cell by cell. */
void coverage_append_text(struct text *text, const struct value_store *store, struct value judged,
                          bool all);

#endif
