/* The reference handlers in C: StateLambda, MapLambda and ReduceLambda as Lab 1 leaves them and as
 * Lab 2 wants them. They send what the Python ones in scenarios/solutions/lab1 and lab2 send, byte
 * for byte and call for call. */
#ifndef ONCECHECK_MODEL_HANDLERS_REFERENCE_H
#define ONCECHECK_MODEL_HANDLERS_REFERENCE_H

#include "model/handler.h"
#include "model/pipeline.h"

enum lab { LAB_1, LAB_2 };

/* A backend for `function` ("StateLambda", "MapLambda" or "ReduceLambda"; STATUS_BAD_INPUT
 * otherwise). `memory` and `store` outlive it; free with backend->destroy(backend->self). */
enum status reference_handler_create(struct memory *memory, struct value_store *store,
                                     const struct function_config *function, enum lab lab,
                                     struct handler_backend *backend, struct error *error);

#endif
