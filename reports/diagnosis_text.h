/* What multiplies the states of a search, and what to lower, in words for people. */
#ifndef ONCECHECK_REPORTS_DIAGNOSIS_TEXT_H
#define ONCECHECK_REPORTS_DIAGNOSIS_TEXT_H

#include "checker/diagnosis.h"
#include "checker/lowering.h"
#include "model/base/text.h"

/* Lines, each indented by two spaces. `count`: of the lowerings; 0: nothing was tried, or nothing
 * helps. */
void append_diagnosis(struct text *text, const struct pipeline *pipeline,
                      const struct diagnosis *diagnosis);
void append_lowerings(struct text *text, const struct run *run, const struct diagnosis *diagnosis,
                      const struct lowering *lowerings, size_t count);

#endif
