/* The report on determinism for people. */
#ifndef ONCECHECK_REPORTS_DETERMINISM_TEXT_H
#define ONCECHECK_REPORTS_DETERMINISM_TEXT_H

#include "model/base/text.h"
#include "model/base/value.h"

/* `report` is "determinism" of a result: checker/determinism.h. */
void append_determinism(struct text *text, const struct value_store *store, struct value report);

#endif
