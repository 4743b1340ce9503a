/* Coverage as JSON, `oncecheck-coverage/1` of docs/interface.md: of one run, and of several put
 * together. What a run stores and what `oncecheck coverage --format json` writes is the same
 * document; only the latter is judged (see coverage_judge.h). */
#ifndef ONCECHECK_REPORTS_COVERAGE_VALUE_H
#define ONCECHECK_REPORTS_COVERAGE_VALUE_H

#include "checker/coverage.h"
#include "checker/verify.h"

#define COVERAGE_FORMAT "oncecheck-coverage/1"

/* Of a verification that has come to an end. `lines`: the functions' files (python_lines.h), or
 * VALUE_NONE. */
struct value coverage_value(const struct coverage *coverage, const struct verification *found,
                            struct value lines);

/* Documents put together: counts of what is the same are added up, calls are told apart by
 * function, operation, tables and place. `documents` has at least one. */
struct value coverage_merge(struct value_store *store, const struct value *documents, size_t count);

#endif
