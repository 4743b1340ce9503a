/* Why it happened, in one sentence, as far as the steps themselves tell. */
#ifndef ONCECHECK_REPORTS_CAUSE_H
#define ONCECHECK_REPORTS_CAUSE_H

#include "checker/explorer.h"
#include "model/base/value.h"

/* A STRING, or null where the steps tell nothing beyond what they say one by one. `steps` as
 * trace_steps makes them; `state` is the last. */
struct value cause_value(struct world *world, const uint32_t *state, struct value steps,
                         const struct search_violation *violation);

#endif
