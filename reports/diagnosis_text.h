/* What multiplies the states of a search, and what to lower, in words for people. */
#ifndef ONCECHECK_REPORTS_DIAGNOSIS_TEXT_H
#define ONCECHECK_REPORTS_DIAGNOSIS_TEXT_H

#include "checker/diagnosis.h"
#include "checker/lowering.h"
#include "model/base/text.h"

/* Lines, each indented by two spaces. `states`: of the search that was to be lowered. `count`: of
 * the lowerings; 0: nothing was tried, or nothing helps. */
void append_diagnosis(struct text *text, const struct pipeline *pipeline,
                      const struct diagnosis *diagnosis);
void append_lowerings(struct text *text, const struct run *run, uint64_t states,
                      const struct lowering *lowerings, size_t count);

#endif
