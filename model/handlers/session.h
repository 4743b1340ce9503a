/* The reference handlers in C as sessions: see model/handler_session.h. */
#ifndef ONCECHECK_MODEL_HANDLERS_SESSION_H
#define ONCECHECK_MODEL_HANDLERS_SESSION_H

#include "model/handler_session.h"
#include "model/handlers/reference.h"

/* As reference_handler_create. Free with session->destroy(session->self). */
enum status reference_session_create(struct memory *memory, struct value_store *store,
                                     const struct function_config *function, enum lab lab,
                                     struct handler_session *session, struct error *error);

#endif
