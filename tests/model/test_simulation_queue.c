#include "model/simulation_queue.h"

#include "model/base/random.h"

#include <criterion/criterion.h>

enum { EVENTS = 1000, TIMES = 50 };

Test(simulation_queue, is_empty_at_first)
{
    struct memory memory;
    struct simulation_queue queue;
    struct simulation_event event;
    memory_init(&memory, SIZE_MAX);
    simulation_queue_init(&queue, &memory);
    cr_assert(!simulation_queue_take(&queue, &event));
    simulation_queue_release(&queue);
}

/* By time and, at the same time, in the order of adding. */
Test(simulation_queue, gives_events_in_order)
{
    struct memory memory;
    struct random random;
    struct simulation_queue queue;
    struct simulation_event event = {.time_us = -1};
    memory_init(&memory, SIZE_MAX);
    random_init(&random, 1, 1);
    simulation_queue_init(&queue, &memory);
    for (uint32_t i = 0; i < EVENTS; i++)
        cr_assert(simulation_queue_add(&queue, random_below(&random, TIMES), i % 3, i));
    for (size_t i = 0; i < EVENTS; i++) {
        const struct simulation_event before = event;
        cr_assert(simulation_queue_take(&queue, &event));
        cr_assert(before.time_us < event.time_us ||
                  (before.time_us == event.time_us && before.subject < event.subject));
        cr_assert_eq(event.kind, event.subject % 3);
    }
    cr_assert(!simulation_queue_take(&queue, &event));
    simulation_queue_release(&queue);
}

Test(simulation_queue, tells_of_a_failed_allocation)
{
    struct memory memory;
    struct simulation_queue queue;
    memory_init(&memory, SIZE_MAX);
    memory.fail_at = 1;
    simulation_queue_init(&queue, &memory);
    cr_assert(!simulation_queue_add(&queue, 1, 0, 0));
    cr_assert(simulation_queue_add(&queue, 1, 0, 0));
    simulation_queue_release(&queue);
}
