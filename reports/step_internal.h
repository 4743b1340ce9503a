/* Shared by step.c and step_summary.c. */
#ifndef ONCECHECK_REPORTS_STEP_INTERNAL_H
#define ONCECHECK_REPORTS_STEP_INTERNAL_H

#include "reports/step.h"

/* What is known of a step when its summary is written. */
struct step_facts {
    struct world *world;
    const struct step_place *place;
    const struct handler_step *step; /* the handler's step taken; NULL for others */
    struct value answer;             /* CALL */
    const struct handler_step *late; /* ARRIVE: the call that takes effect now */
    const struct handler_step *end;  /* of the invocation: this step led to it, or it is followed */
};

/* One sentence without a full stop. */
struct value step_summary(const struct step_facts *facts);

#endif
