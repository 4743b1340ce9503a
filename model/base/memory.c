#include "model/base/memory.h"

#include "model/base/error.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { CAPACITY_FIRST = 16 };

void memory_init(struct memory *memory, size_t limit)
{
    atomic_init(&memory->used, 0);
    atomic_init(&memory->peak, 0);
    memory->limit = limit;
    atomic_init(&memory->requests, 0);
    memory->fail_at = 0;
}

/* The counters order nothing between threads, so relaxed atomics are enough. */
static bool claim(struct memory *memory, size_t size)
{
    size_t used = atomic_load_explicit(&memory->used, memory_order_relaxed);
    do {
        if (used > memory->limit || size > memory->limit - used)
            return false;
    } while (!atomic_compare_exchange_weak_explicit(&memory->used, &used, used + size,
                                                    memory_order_relaxed, memory_order_relaxed));
    size_t peak = atomic_load_explicit(&memory->peak, memory_order_relaxed);
    while (peak < used + size &&
           !atomic_compare_exchange_weak_explicit(&memory->peak, &peak, used + size,
                                                  memory_order_relaxed, memory_order_relaxed)) {
    }
    return true;
}

static void give_back(struct memory *memory, size_t size)
{
    size_t used = atomic_fetch_sub_explicit(&memory->used, size, memory_order_relaxed);
    CHECK(used >= size);
}

/* Counts the request; true if it is the one that a test wants to fail. */
static bool fails_by_request(struct memory *memory)
{
    unsigned long long request =
        atomic_fetch_add_explicit(&memory->requests, 1, memory_order_relaxed) + 1;
    return request == memory->fail_at;
}

void *memory_allocate(struct memory *memory, size_t size)
{
    CHECK(size > 0);
    if (fails_by_request(memory) || !claim(memory, size))
        return NULL;
    void *pointer = malloc(size);
    if (pointer == NULL)
        give_back(memory, size);
    return pointer;
}

void *memory_allocate_zeroed(struct memory *memory, size_t count, size_t size)
{
    CHECK(count > 0 && size > 0);
    if (fails_by_request(memory) || count > SIZE_MAX / size || !claim(memory, count * size))
        return NULL;
    void *pointer = calloc(count, size);
    if (pointer == NULL)
        give_back(memory, count * size);
    return pointer;
}

void *memory_resize(struct memory *memory, void *pointer, size_t old_size, size_t new_size)
{
    CHECK(new_size > 0);
    CHECK((pointer == NULL) == (old_size == 0));
    if (fails_by_request(memory) || (new_size > old_size && !claim(memory, new_size - old_size)))
        return NULL;
    void *moved = realloc(pointer, new_size);
    if (moved == NULL) {
        if (new_size > old_size)
            give_back(memory, new_size - old_size);
        return NULL;
    }
    if (new_size < old_size)
        give_back(memory, old_size - new_size);
    return moved;
}

void memory_free(struct memory *memory, void *pointer, size_t size)
{
    if (pointer == NULL)
        return;
    give_back(memory, size);
    free(pointer);
}

int memory_reserve(struct memory *memory, void **array, size_t *capacity, size_t needed,
                   size_t element_size)
{
    if (needed <= *capacity)
        return true;
    size_t larger = *capacity < CAPACITY_FIRST ? CAPACITY_FIRST : *capacity;
    while (larger < needed) {
        if (larger > SIZE_MAX / 2)
            return false;
        larger *= 2;
    }
    if (larger > SIZE_MAX / element_size)
        return false;
    /* `array` usually points to a pointer of another type: copied as bytes, for strict aliasing. */
    void *old;
    memcpy(&old, array, sizeof old);
    void *moved = memory_resize(memory, old, *capacity * element_size, larger * element_size);
    if (moved == NULL)
        return false;
    memcpy(array, &moved, sizeof moved);
    *capacity = larger;
    return true;
}
