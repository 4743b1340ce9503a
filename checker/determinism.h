/* What a function does otherwise where nothing but chance, time or its container is different.
 *
 * Every step that the search has met is computed again, with the same event and the same answers:
 * under another seed, under another hash seed, with clocks that say something else, and in a
 * container that has served the same event before. Whether it breaks a property is not asked. */
#ifndef ONCECHECK_CHECKER_DETERMINISM_H
#define ONCECHECK_CHECKER_DETERMINISM_H

#include "checker/run.h"

/* Of one function; beyond them the report is partial, and says so. */
enum { DETERMINISM_STEPS_MAX = 4000, DETERMINISM_DIFFERENCES_MAX = 32 };

/* LIST of MAP, one for each function in Python that something invokes: "determinism" of a result in
 * docs/interface.md. The run's search is over. VALUE_NONE in *report only with an error. */
enum status determinism_report(struct run *run, struct value *report, struct error *error);

#endif
