/* Containers that are warm: what a function has kept from the invocation before.
 *
 * Lambda gives an invocation a container that has served others before, or a new one; globals, open
 * clients and /tmp of the first kind are as they were left (Lambda developer guide, "Lambda
 * execution environment": objects declared outside of the handler remain initialized, and /tmp
 * keeps its content). What a function has kept is not known, but what led there is: an event and
 * its inputs. So an invocation in a warm container is one with another event, a LIST of the event
 * that is delivered and of what the container has served (handler.h's handler_run allows both).
 *
 * A container serves at most two invocations here, and then ends; Lambda may do that at any time.
 * What shows only in the third is not found. The second may be another poller's, of the same
 * function: containers belong to functions (layout.container_slot says only whose invocation has
 * left one). Where an invocation starts in a new container, the one that its poller's had left
 * ends. An invocation that times out or ends its process ends its container. */
#ifndef ONCECHECK_MODEL_CONTAINER_H
#define ONCECHECK_MODEL_CONTAINER_H

#include "model/base/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a container has served: the event delivered to it when it was new, and what led to the end
 * of that invocation. */
struct served_invocation {
    struct value event; /* MAP */
    uint32_t attempt;
    struct value inputs; /* LIST */
};

/* As a value, for states and warm events. VALUE_NONE: no memory. */
struct value served_value(struct value_store *store, struct value event, uint32_t attempt,
                          const struct value *inputs, size_t input_count);

/* `event`, a MAP, as delivered to a container that has served `served`. VALUE_NONE: no memory. */
struct value warm_event(struct value_store *store, struct value event, struct value served);

/* The same for the container that `warm`, another warm event, is delivered to. */
struct value warm_event_again(struct value_store *store, struct value event, struct value warm);

/* False: the event comes to a new container. */
bool event_is_warm(const struct value_store *store, struct value event,
                   struct served_invocation *served);

/* The event as the function gets it, of a warm one or any other. */
struct value event_delivered(const struct value_store *store, struct value event);

#endif
