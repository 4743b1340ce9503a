/* A handler that is asked only what the handler cache does not know.
 *
 * The backend within is started at the first question that it has to answer, so that a run that
 * meets nothing new starts no Python at all.
 *
 * A cache must not hide that a function does now this, now that. So the backend is told what the
 * cache knows of the way to its questions (`expect`); before the first of them it is asked again a
 * few of those that the cache has answered; and what this run has found out itself is asked again
 * where it is wanted again. Whenever the backend says STATUS_NONDETERMINISTIC, the cache forgets
 * the function.
 *
 * An entry is found by contents: the text of the event as the function gets it, the attempt, and
 * the inputs. */
#ifndef ONCECHECK_MODEL_CACHED_HANDLER_H
#define ONCECHECK_MODEL_CACHED_HANDLER_H

#include "model/handler.h"
#include "model/handler_cache.h"

struct cached_handler_options {
    struct handler_cache *cache; /* outlives the handler */
    struct handler_cache_function function;
    void *context; /* of `start` */
    /* Start the backend within; called once at most. */
    enum status (*start)(void *context, struct handler_backend *backend, struct error *error);
    /* Tell it what `run` has led to before; NULL: no need. */
    enum status (*expect)(void *self, const struct handler_run *run,
                          const struct handler_step *step, struct error *error);
    bool works_on_many; /* as of the backend within */
    bool keeps_state;
};

enum status cached_handler_create(struct memory *memory, struct value_store *store,
                                  const struct cached_handler_options *options,
                                  struct handler_backend *backend, struct error *error);

/* Steps that the cache knew. `backend` must come from cached_handler_create, here and below. */
uint64_t cached_handler_hits(const struct handler_backend *backend);

/* Forget what the cache has of the function: it turned out to depend on something unknown. */
void cached_handler_distrust(const struct handler_backend *backend);

#endif
