/* The counting allocator behind everything that --max-memory covers.
 *
 * A `struct memory` counts the bytes handed out and refuses (returns NULL) beyond its limit, so
 * that reaching the limit is an ordinary status and not a kill by the kernel. Tests make the n-th
 * allocation fail through `fail_at`. Counters are atomic: threads may share one. */
#ifndef ONCECHECK_MODEL_BASE_MEMORY_H
#define ONCECHECK_MODEL_BASE_MEMORY_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

struct memory {
    atomic_size_t used;         /* bytes handed out now */
    atomic_size_t peak;         /* the most `used` has been */
    size_t limit;               /* bytes; SIZE_MAX: none */
    atomic_ullong requests;     /* calls of memory_allocate and memory_resize so far */
    unsigned long long fail_at; /* the request (from 1) that fails; 0: none. For tests. */
};

void memory_init(struct memory *memory, size_t limit);

/* `size` bytes, uninitialised, aligned for any type; NULL on failure. size 0 is a bug. */
void *memory_allocate(struct memory *memory, size_t size);

/* `count` zeroed elements of `size` bytes; NULL on failure or overflow. */
void *memory_allocate_zeroed(struct memory *memory, size_t count, size_t size);

/* Like realloc; `old_size` is what `pointer` was allocated with (pointer NULL: 0). On failure the
 * old block stays valid and NULL is returned. */
void *memory_resize(struct memory *memory, void *pointer, size_t old_size, size_t new_size);

/* `size` is what the block was allocated with; pointer may be NULL (nothing happens). */
void memory_free(struct memory *memory, void *pointer, size_t size);

/* Make room for at least `needed` elements of `element_size` bytes in a growing array: doubles
 * `*capacity` (from 16) and moves `*array`. Returns false on failure, leaving both as they were. */
int memory_reserve(struct memory *memory, void **array, size_t *capacity, size_t needed,
                   size_t element_size);

#endif
