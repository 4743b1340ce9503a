/* What a run reports, as a step.
 *
 * A frame is a JSON object:
 *   kind    a handler step's ("call", "draw", "time", "return", "raise", "exit", "hang"), or
 *           "unsupported" or "limit" with "message": the run goes no further
 *   target, body, fresh     of a call
 *   detail                  of the others; an exit has "status" (a number) or "message" instead
 *   file, line, slept, output  as in struct handler_step; any may be missing */
#ifndef ONCECHECK_MODEL_PYTHON_HOST_STEP_H
#define ONCECHECK_MODEL_PYTHON_HOST_STEP_H

#include "model/base/text.h"
#include "model/handler.h"

/* Parse a frame. `name` is the function's, for messages, and `folder` its package. A frame that is
 * not as above is STATUS_BAD_INPUT: the function wrote to a file that is not its own. */
enum status host_step_parse(struct value_store *store, const char *name, const char *folder,
                            const char *frame, size_t length, struct handler_step *step,
                            struct error *error);

/* A step that the host makes up: HANDLER_EXIT or HANDLER_HANG with a message. */
struct handler_step host_step_end(struct value_store *store, enum handler_step_kind kind,
                                  const char *message);

/* The end of a run's process; `wait_status` as of waitpid. */
struct handler_step host_step_exit(struct value_store *store, int wait_status);

/* True if the step is asked for an input of that kind. */
bool host_step_accepts(const struct value_store *store, const struct handler_step *step,
                       struct value input);

/* Whether two steps are the same to anybody else: not their position, output, or the wording of an
 * end. */
bool host_step_equal(const struct value_store *store, const struct handler_step *a,
                     const struct handler_step *b);

/* Append a step for people: "call DynamoDB_20120810.PutItem {...} (app.py:12)". */
void host_step_describe(struct text *text, const struct value_store *store,
                        const struct handler_step *step);

#endif
