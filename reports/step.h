/* One step of a counterexample as a value and in words. */
#ifndef ONCECHECK_REPORTS_STEP_H
#define ONCECHECK_REPORTS_STEP_H

#include "model/action.h"
#include "model/base/text.h"

/* What a step needs to be told apart from the same action elsewhere. */
struct step_place {
    const uint32_t *before;
    const uint32_t *after;
    const struct action *action;
    uint32_t invocation; /* of the poller, from 1; 0: none */
    size_t number;       /* of the step, from 1 */
};

/* MAP {"n", "actor", "action", "summary", ...} as docs/interface.md has it. VALUE_NONE: no
 * memory. */
struct value step_value(struct world *world, const struct step_place *place);

/* The same action as something that could have happened: {"actor", "action", "fault", "summary"}.
 */
struct value step_choice(struct world *world, const struct step_place *place);

/* Put a field unless it is VALUE_NONE. */
struct value put_field(struct value_store *store, struct value map, const char *name,
                       struct value value);

/* Short text of an item or key in wire form: "Version 0, Value 8". */
void append_item_text(struct text *text, const struct value_store *store, struct value wire);

#endif
