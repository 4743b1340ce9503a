/* Invocations that go on from one answer to the next, in containers that stay warm.
 *
 * A search asks a handler_backend what a function does after a prefix of inputs, over and over. A
 * simulation takes one course only: an invocation begins in a container, each call of it is
 * answered once, and the container serves the next invocation with what the function has kept in
 * its globals. Draws of random numbers are real ones, from a seed per invocation, and the clock
 * shows the time of the last answer; so the only steps are calls and ends (enum handler_step_kind).
 *
 * A container is one of HANDLER_CONTAINERS_MAX numbers. Answers return at once: what the function
 * does next is computed meanwhile, where the backend can, until handler_session_next asks for it.
 */
#ifndef ONCECHECK_MODEL_HANDLER_SESSION_H
#define ONCECHECK_MODEL_HANDLER_SESSION_H

#include "model/handler.h"

enum { HANDLER_CONTAINERS_MAX = 256 }; /* of one function */

/* Visits a value that a backend keeps over calls: it may move (see handler_session.each_value). */
typedef void value_visitor(void *context, struct value *value);

struct handler_session {
    void *self;
    /* Begin an invocation in a container that is not in use; one that was not used before, or was
     * thrown away, is new. `seed` decides everything random; now_ms is since 1970. */
    enum status (*begin)(void *self, uint32_t container, struct value event, uint64_t seed,
                         int64_t now_ms, struct error *error);
    /* Answer the call that `next` has given: as the input of a CALL in model/handler.h. */
    enum status (*answer)(void *self, uint32_t container, struct value input, int64_t now_ms,
                          struct error *error);
    /* What the invocation does next: a CALL or an end. Waits for it. *reusable: at an end, whether
     * the container lives on; one that does not is gone. */
    enum status (*next)(void *self, uint32_t container, struct handler_step *step, bool *reusable,
                        struct error *error);
    /* Throw a container away, whatever it does. */
    void (*discard)(void *self, uint32_t container);
    /* Visit every value kept; nothing is kept of invocations that have ended. */
    void (*each_value)(void *self, value_visitor *visit, void *context);
    void (*destroy)(void *self);
};

#endif
