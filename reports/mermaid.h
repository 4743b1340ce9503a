/* A counterexample as a Mermaid sequence diagram, in the dialect and within the size that GitHub
 * renders: lanes for the generator, each stream, table and shard of a function, in the order of the
 * template's flow; an arrow per call; faults in a red box. */
#ifndef ONCECHECK_REPORTS_MERMAID_H
#define ONCECHECK_REPORTS_MERMAID_H

#include "model/pipeline.h"
#include "reports/export.h"

/* Mermaid draws nothing for a text that is longer (its maxTextSize). Of a longer diagram steps in
 * the middle are left out, and a note says how many. */
enum { MERMAID_TEXT_MAX = 50000 };

/* `pipeline` as the trace's template has it; NULL: lanes are named by what the steps touch alone.
 */
void mermaid_append(struct text *text, const struct value_store *store, struct value trace,
                    const struct pipeline *pipeline);

#endif
