/* A region of memory freed as a whole: blocks from a `struct memory`, cut up in order.
 *
 * Used for what lives as long as a run, a scenario or one expansion. Nothing in an arena is freed
 * alone; arena_reset keeps the largest block for reuse, so that a scratch arena soon stops
 * allocating. */
#ifndef ONCECHECK_MODEL_BASE_ARENA_H
#define ONCECHECK_MODEL_BASE_ARENA_H

#include "model/base/memory.h"

#include <stddef.h>

struct arena_block;

struct arena {
    struct memory *memory;
    struct arena_block *head; /* the block in use, first of a list */
    size_t held;              /* bytes of all blocks */
};

void arena_init(struct arena *arena, struct memory *memory);
void arena_release(struct arena *arena);
void arena_reset(struct arena *arena);

/* `size` bytes (0 gives a valid pointer), aligned for any type, zeroed; NULL on failure. */
void *arena_allocate(struct arena *arena, size_t size);

/* `size` bytes, uninitialised; `alignment` is a power of two, at most that of max_align_t. */
void *arena_allocate_aligned(struct arena *arena, size_t size, size_t alignment);

/* `count` zeroed elements; NULL on failure or overflow. */
void *arena_allocate_array(struct arena *arena, size_t count, size_t size);

/* A NUL-terminated copy of `length` bytes; NULL on failure. */
char *arena_copy(struct arena *arena, const char *bytes, size_t length);
char *arena_copy_text(struct arena *arena, const char *text);

__attribute__((format(printf, 2, 3))) char *arena_format(struct arena *arena, const char *format,
                                                         ...);

#endif
