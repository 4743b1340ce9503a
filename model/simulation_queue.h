/* What happens when: a binary heap of events, ordered by virtual time and, at the same time, by the
 * order in which they were added. */
#ifndef ONCECHECK_MODEL_SIMULATION_QUEUE_H
#define ONCECHECK_MODEL_SIMULATION_QUEUE_H

#include "model/base/memory.h"

#include <stdbool.h>
#include <stdint.h>

struct simulation_event {
    int64_t time_us;
    uint64_t number; /* of events added before */
    uint32_t kind;
    uint32_t subject;
};

struct simulation_queue {
    struct memory *memory;
    struct simulation_event *events;
    size_t count;
    size_t capacity;
    uint64_t added;
};

void simulation_queue_init(struct simulation_queue *queue, struct memory *memory);
void simulation_queue_release(struct simulation_queue *queue);

/* False: no memory. */
bool simulation_queue_add(struct simulation_queue *queue, int64_t time_us, uint32_t kind,
                          uint32_t subject);

/* Take the next event; false: there is none. */
bool simulation_queue_take(struct simulation_queue *queue, struct simulation_event *event);

#endif
