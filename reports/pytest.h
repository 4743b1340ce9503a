/* A counterexample as a pytest: one file that needs pytest and boto3 and nothing of oncecheck.
 *
 * What the test asserts is what the property says, not which calls a function makes: a corrected
 * function makes others. So the file holds a stub of DynamoDB, of its streams and of the event
 * source mappings (reports/pytest_*.py), which is put in the place of botocore's HTTP, and the
 * schedule of the counterexample: puts, batches, the order of calls, where it crashed, which draw
 * was lowest. The functions follow it as far as they go; a crash comes after as many writes as
 * recorded. Then everything finishes without a fault, and the aggregates must be those that the
 * workload demands. The faulty function fails there; one that is correct under this schedule
 * passes, whatever it calls.
 *
 * Not reproduced: the order of sets (PYTHONHASHSEED), clocks other than time.time, and functions
 * whose calls have no stub, where the test ends in an error that names the call. */
#ifndef ONCECHECK_REPORTS_PYTEST_H
#define ONCECHECK_REPORTS_PYTEST_H

#include "model/base/arena.h"
#include "model/base/text.h"
#include "reports/trace_file.h"

/* Scenario and template are read anew from the trace; `store` is the trace's. */
enum status pytest_append(struct text *text, struct arena *arena, struct value_store *store,
                          const struct trace_file *trace, struct error *error);

#endif
