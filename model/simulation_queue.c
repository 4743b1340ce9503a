#include "model/simulation_queue.h"

void simulation_queue_init(struct simulation_queue *queue, struct memory *memory)
{
    *queue = (struct simulation_queue){.memory = memory};
}

void simulation_queue_release(struct simulation_queue *queue)
{
    memory_free(queue->memory, queue->events, queue->capacity * sizeof *queue->events);
    *queue = (struct simulation_queue){.memory = queue->memory};
}

static bool is_before(const struct simulation_event *a, const struct simulation_event *b)
{
    return a->time_us != b->time_us ? a->time_us < b->time_us : a->number < b->number;
}

bool simulation_queue_add(struct simulation_queue *queue, int64_t time_us, uint32_t kind,
                          uint32_t subject)
{
    void *events = queue->events;
    const bool reserved = memory_reserve(queue->memory, &events, &queue->capacity, queue->count + 1,
                                         sizeof *queue->events);
    queue->events = events;
    if (!reserved)
        return false;
    const struct simulation_event event = {
        .time_us = time_us, .number = queue->added++, .kind = kind, .subject = subject};
    size_t place = queue->count++;
    while (place > 0 && is_before(&event, &queue->events[(place - 1) / 2])) {
        queue->events[place] = queue->events[(place - 1) / 2];
        place = (place - 1) / 2;
    }
    queue->events[place] = event;
    return true;
}

bool simulation_queue_take(struct simulation_queue *queue, struct simulation_event *event)
{
    if (queue->count == 0)
        return false;
    *event = queue->events[0];
    const struct simulation_event last = queue->events[--queue->count];
    size_t place = 0;
    for (size_t child = 1; child < queue->count; child = 2 * place + 1) {
        if (child + 1 < queue->count && is_before(&queue->events[child + 1], &queue->events[child]))
            child++;
        if (!is_before(&queue->events[child], &last))
            break;
        queue->events[place] = queue->events[child];
        place = child;
    }
    if (queue->count > 0)
        queue->events[place] = last;
    return true;
}
