/* A counterexample in Apalache's Informal Trace Format, for the tools that read it (ITF viewers,
 * model-based test drivers). Format: https://apalache-mc.org/docs/adr/015adr-trace.html
 *
 * Variables: `step`, `actor`, `action`, `fault` ("" for none) and `summary` of the step that led to
 * a state; `tables` (table -> key -> item in DynamoDB's wire form), `logs` (stream shard ->
 * records), `pollers`, and `others` (clocks, tokens, placements). State 0 is the one before the
 * first step. A component that no step changes is in no variable: a trace does not tell it.
 * Integers are #bigint; fractions and null, which the format lacks, are #unserializable. */
#ifndef ONCECHECK_REPORTS_ITF_H
#define ONCECHECK_REPORTS_ITF_H

#include "model/pipeline.h"
#include "reports/export.h"

void itf_append(struct text *text, struct value_store *store, struct value trace,
                const struct pipeline *pipeline);

#endif
