/* SARIF 2.1.0 (OASIS), as code hosts read it to annotate lines.
 *
 * A rule per property; a result per counterexample, at the line of the function's code that the
 * violation names, with the whole execution as its code flow. Paths are as on the command line:
 * relative ones are relative to where oncecheck was started, which should be the root of the
 * repository. */
#ifndef ONCECHECK_REPORTS_SARIF_H
#define ONCECHECK_REPORTS_SARIF_H

#include "reports/export.h"

void sarif_append(struct text *text, const struct export_source *source);

#endif
