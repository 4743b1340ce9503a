#include "model/base/arena.h"

#include "model/base/error.h"

#include <stdalign.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { BLOCK_SIZE_MIN = 4096, BLOCK_SIZE_MAX = 1 << 20 };

struct arena_block {
    struct arena_block *next;
    size_t size; /* of `bytes` */
    size_t used;
    alignas(max_align_t) unsigned char bytes[];
};

void arena_init(struct arena *arena, struct memory *memory)
{
    *arena = (struct arena){.memory = memory};
}

static void free_block(struct arena *arena, struct arena_block *block)
{
    arena->held -= sizeof *block + block->size;
    memory_free(arena->memory, block, sizeof *block + block->size);
}

void arena_release(struct arena *arena)
{
    while (arena->head != NULL) {
        struct arena_block *block = arena->head;
        arena->head = block->next;
        free_block(arena, block);
    }
}

void arena_reset(struct arena *arena)
{
    struct arena_block *largest = NULL;
    while (arena->head != NULL) {
        struct arena_block *block = arena->head;
        arena->head = block->next;
        if (largest == NULL) {
            largest = block;
        } else if (block->size > largest->size) {
            free_block(arena, largest);
            largest = block;
        } else {
            free_block(arena, block);
        }
    }
    if (largest != NULL) {
        largest->next = NULL;
        largest->used = 0;
    }
    arena->head = largest;
}

/* A block with room for `size` bytes, in the list: as its head, unless the request is so large that
 * the rest of the present head would be wasted. */
static struct arena_block *add_block(struct arena *arena, size_t size)
{
    size_t usual = BLOCK_SIZE_MIN;
    if (arena->head != NULL)
        usual = arena->head->size < BLOCK_SIZE_MAX / 2 ? arena->head->size * 2 : BLOCK_SIZE_MAX;
    bool is_usual = size <= usual;
    size_t block_size = is_usual ? usual : size;
    struct arena_block *block;
    if (block_size > SIZE_MAX - sizeof *block)
        return NULL;
    block = memory_allocate(arena->memory, sizeof *block + block_size);
    if (block == NULL)
        return NULL;
    block->size = block_size;
    block->used = 0;
    arena->held += sizeof *block + block_size;
    if (is_usual || arena->head == NULL) {
        block->next = arena->head;
        arena->head = block;
    } else {
        block->next = arena->head->next;
        arena->head->next = block;
    }
    return block;
}

void *arena_allocate_aligned(struct arena *arena, size_t size, size_t alignment)
{
    CHECK(alignment > 0 && alignment <= alignof(max_align_t) && (alignment & (alignment - 1)) == 0);
    struct arena_block *block = arena->head;
    size_t start = 0;
    if (block != NULL)
        start = (block->used + alignment - 1) & ~(alignment - 1);
    if (block == NULL || start > block->size || size > block->size - start) {
        block = add_block(arena, size > 0 ? size : 1);
        if (block == NULL)
            return NULL;
        start = 0;
    }
    block->used = start + size;
    return block->bytes + start;
}

void *arena_allocate(struct arena *arena, size_t size)
{
    void *pointer = arena_allocate_aligned(arena, size, alignof(max_align_t));
    if (pointer != NULL && size > 0)
        memset(pointer, 0, size);
    return pointer;
}

void *arena_allocate_array(struct arena *arena, size_t count, size_t size)
{
    if (size > 0 && count > SIZE_MAX / size)
        return NULL;
    return arena_allocate(arena, count * size);
}

char *arena_copy(struct arena *arena, const char *bytes, size_t length)
{
    if (length == SIZE_MAX)
        return NULL;
    char *copy = arena_allocate_aligned(arena, length + 1, 1);
    if (copy == NULL)
        return NULL;
    if (length > 0)
        memcpy(copy, bytes, length);
    copy[length] = '\0';
    return copy;
}

char *arena_copy_text(struct arena *arena, const char *text)
{
    return arena_copy(arena, text, strlen(text));
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    va_list again;
    va_start(arguments, format);
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, arguments);
    char *text = NULL;
    if (length >= 0)
        text = arena_allocate_aligned(arena, (size_t)length + 1, 1);
    if (text != NULL)
        vsnprintf(text, (size_t)length + 1, format, again);
    va_end(again);
    va_end(arguments);
    return text;
}
