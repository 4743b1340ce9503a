/* JUnit XML, as CI servers read it.
 *
 * There is no official schema; what is written is valid for those in use, Apache Ant's and the
 * Jenkins xUnit plugin's. One test suite per run; one test case per property that the scenario asks
 * for. A property that no counterexample violates passes only where the run holds: a search that
 * stopped at its first counterexample says nothing of the others (skipped), and one that a limit
 * ended proves nothing (error). */
#ifndef ONCECHECK_REPORTS_JUNIT_H
#define ONCECHECK_REPORTS_JUNIT_H

#include "reports/export.h"

void junit_append(struct text *text, const struct export_source *source);

#endif
