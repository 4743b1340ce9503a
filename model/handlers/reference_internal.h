/* What reference.c and session.c share: one run of a reference handler. */
#ifndef ONCECHECK_MODEL_HANDLERS_REFERENCE_INTERNAL_H
#define ONCECHECK_MODEL_HANDLERS_REFERENCE_INTERNAL_H

#include "model/handlers/reference.h"
#include "model/handlers/script.h"

enum reference_function { REFERENCE_STATE, REFERENCE_MAP, REFERENCE_REDUCE };

struct reference {
    struct memory *memory;
    struct value_store *store;
    const struct function_config *function;
    enum reference_function which;
    enum lab lab;
};

enum status reference_find(const struct function_config *function, enum reference_function *which,
                           struct error *error);

/* What the function does after the run's inputs or, where `session` is not NULL, after those. */
enum status reference_run(const struct reference *reference, const struct handler_run *run,
                          struct script_session *session, struct handler_step *step,
                          struct error *error);

#endif
