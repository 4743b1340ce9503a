/* A recorded run as one JSON document for other tools: `oncecheck-report/1`, the result and every
 * counterexample's trace. */
#ifndef ONCECHECK_REPORTS_JSON_REPORT_H
#define ONCECHECK_REPORTS_JSON_REPORT_H

#include "reports/export.h"

#define JSON_REPORT_FORMAT "oncecheck-report/1"

void json_report_append(struct text *text, const struct export_source *source);

#endif
