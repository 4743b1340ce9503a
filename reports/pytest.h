/* A counterexample as a pytest: one file that needs pytest and boto3 and nothing of oncecheck.
 *
 * What the test asserts is what the property says, not which calls a function makes: a corrected
 * function makes others. So the file holds a stub of DynamoDB, of its streams and of the event
 * source mappings (reports/pytest_*.py), which is put in the place of botocore's HTTP, and the
 * schedule of the counterexample: puts, batches, the order of calls, and its faults. The functions
 * follow it as far as they go; a crash comes after as many writes as recorded, a fault of a call
 * befalls the next call of its sort. Then everything finishes without a fault, and the aggregates
 * must be those that the workload demands. The faulty function fails there; one that is correct
 * under this schedule passes, whatever it calls.
 *
 * Shown: every kind of faults of model/fault.h, bisected batches, partial failures, batches that
 * are given up after MaximumRetryAttempts, warm containers. Each function has a clock of its own,
 * as in the search. Refused by name: records that are dropped for their age (no code could pass),
 * deletions of expired items, FilterCriteria, ParallelizationFactor, functions that put records on
 * streams. Not reproduced: the order of sets (PYTHONHASHSEED), clocks other than time and datetime,
 * a /tmp of the container's own, and calls that have no stub, where the test ends in an error that
 * names the call. */
#ifndef ONCECHECK_REPORTS_PYTEST_H
#define ONCECHECK_REPORTS_PYTEST_H

#include "model/base/arena.h"
#include "model/base/text.h"
#include "reports/trace_file.h"

/* Scenario and template are read anew from the trace; `store` is the trace's. */
enum status pytest_append(struct text *text, struct arena *arena, struct value_store *store,
                          const struct trace_file *trace, struct error *error);

#endif
