/* Shared by step.c, step_summary.c and step_batch.c. */
#ifndef ONCECHECK_REPORTS_STEP_INTERNAL_H
#define ONCECHECK_REPORTS_STEP_INTERNAL_H

#include "model/base/text.h"
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

/* Append what becomes of the batch whose invocation has just failed ("the same batch comes again");
 * what a poller passes over because it is too old. */
void append_batch_after_failure(struct text *text, const struct step_facts *facts);
void append_partial(struct text *text, const struct step_facts *facts);
void append_expiry(struct text *text, const struct step_facts *facts);

/* Which item time to live deletes, and when its time came. */
void append_time_to_live(struct text *text, const struct step_facts *facts);

/* For traces: the records that a poll delivers, by their component names (model/snapshot.h); how a
 * failed batch is bisected, MAP {"first", "of"}; what is passed over without success, MAP
 * {"records", "reason", "retries", "destination"}. VALUE_NONE: nothing is. */
struct value delivered_records(const struct step_facts *facts);
struct value batch_split(const struct step_facts *facts);
struct value batch_dropped(const struct step_facts *facts);

/* Records of the batch that the poller holds before the step. */
uint32_t batch_records(const struct step_facts *facts);

/* The poller is done with some of its batch, and holds the others. */
bool batch_goes_on(const struct step_facts *facts);

/* One sentence without a full stop. */
struct value step_summary(const struct step_facts *facts);

#endif
