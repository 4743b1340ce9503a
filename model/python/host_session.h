/* Python functions as sessions: see model/handler_session.h.
 *
 * One zygote per function holds the loaded package, as for python_host.h; a container is a fork of
 * it that serves one invocation after the other, with real boto3 and virtual time. What an
 * exception leaves behind stays; an exit, a hang or a thread that goes on ends the container.
 * Containers compute side by side, each from the answer it was given until somebody asks for its
 * next step. */
#ifndef ONCECHECK_MODEL_PYTHON_HOST_SESSION_H
#define ONCECHECK_MODEL_PYTHON_HOST_SESSION_H

#include "model/handler_session.h"
#include "model/python/python_host.h"

/* Load the package; errors as those of python_host_create. `versions` gets what runs it. Free with
 * session->destroy(session->self). */
enum status python_session_create(struct memory *memory, struct value_store *store,
                                  const struct python_host_options *options,
                                  struct handler_session *session, char *versions,
                                  size_t versions_size, struct error *error);

#endif
