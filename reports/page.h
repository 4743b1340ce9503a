/* A counterexample as one HTML file that needs nothing else: no network, no other file.
 *
 * It holds the trace as JSON, the pipeline's names for its lanes, the ledger, and reports/page,
 * which shows them. Everything the page says comes from these data; so the same trace gives the
 * same bytes. */
#ifndef ONCECHECK_REPORTS_PAGE_H
#define ONCECHECK_REPORTS_PAGE_H

#include "model/base/text.h"
#include "model/pipeline.h"

/* Fails the text where memory runs out. `trace` was checked by trace_file_parse and `pipeline` read
 * from its template. */
void page_append(struct text *text, struct value_store *store, struct value trace,
                 const struct pipeline *pipeline);

#endif
