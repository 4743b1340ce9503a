#include "model/base/arena.h"

#include <criterion/criterion.h>
#include <stdalign.h>
#include <stdint.h>
#include <string.h>

static struct memory memory;
static struct arena arena;

static void set_up(void)
{
    memory_init(&memory, SIZE_MAX);
    arena_init(&arena, &memory);
}

static void tear_down(void)
{
    arena_release(&arena);
    cr_assert_eq(memory.used, 0);
}

TestSuite(arena, .init = set_up, .fini = tear_down);

Test(arena, an_empty_arena_holds_nothing)
{
    cr_assert_eq(memory.requests, 0);
    arena_reset(&arena);
    cr_assert_eq(arena.held, 0);
}

Test(arena, blocks_are_aligned_zeroed_and_apart)
{
    unsigned char *blocks[200];
    for (size_t i = 0; i < 200; i++) {
        blocks[i] = arena_allocate(&arena, i);
        cr_assert_not_null(blocks[i]);
        cr_assert_eq((uintptr_t)blocks[i] % alignof(max_align_t), 0);
        for (size_t j = 0; j < i; j++)
            cr_assert_eq(blocks[i][j], 0);
        memset(blocks[i], (int)i, i);
    }
    for (size_t i = 0; i < 200; i++) {
        for (size_t j = 0; j < i; j++)
            cr_assert_eq(blocks[i][j], i);
    }
    cr_assert_eq(memory.used, arena.held);
}

Test(arena, small_alignments_pack)
{
    char *a = arena_allocate_aligned(&arena, 3, 1);
    char *b = arena_allocate_aligned(&arena, 1, 1);
    char *c = arena_allocate_aligned(&arena, 4, 4);
    char *d = arena_allocate_aligned(&arena, 8, 8);
    cr_assert_eq(b, a + 3);
    cr_assert_eq(c, a + 4);
    cr_assert_eq(d, a + 8);
}

Test(arena, a_large_request_does_not_waste_the_block_in_use)
{
    char *a = arena_allocate_aligned(&arena, 1, 1);
    char *large = arena_allocate_aligned(&arena, 10U << 20, 1);
    cr_assert_not_null(large);
    char *b = arena_allocate_aligned(&arena, 1, 1);
    cr_assert_eq(b, a + 1);
}

Test(arena, reset_keeps_the_largest_block)
{
    for (int i = 0; i < 1000; i++)
        arena_allocate(&arena, 100);
    unsigned long long requests = memory.requests;
    cr_assert_gt(requests, 1);
    arena_reset(&arena);
    size_t held = arena.held;
    cr_assert_gt(held, 30000);
    for (int i = 0; i < 300; i++) {
        char *block = arena_allocate(&arena, 100);
        for (int j = 0; j < 100; j++)
            cr_assert_eq(block[j], 0);
        memset(block, 1, 100);
    }
    cr_assert_eq(memory.requests, requests);
    cr_assert_eq(arena.held, held);
}

Test(arena, arrays_that_overflow_are_refused)
{
    cr_assert_null(arena_allocate_array(&arena, SIZE_MAX / 2, 3));
    cr_assert_null(arena_allocate_array(&arena, SIZE_MAX, 1));
    cr_assert_not_null(arena_allocate_array(&arena, 0, 8));
    cr_assert_not_null(arena_allocate_array(&arena, 3, 8));
}

Test(arena, copies_and_formats)
{
    cr_assert_str_eq(arena_copy_text(&arena, "text"), "text");
    char *copy = arena_copy(&arena, "a\0b", 3);
    cr_assert_eq(memcmp(copy, "a\0b", 4), 0);
    cr_assert_str_eq(arena_copy(&arena, NULL, 0), "");
    cr_assert_str_eq(arena_format(&arena, "%s-%05d", "x", 42), "x-00042");
    char *wide = arena_format(&arena, "%*d", 9000, 7);
    cr_assert_eq(strlen(wide), 9000);
}

Test(arena, failures_are_answers)
{
    memory.fail_at = 1;
    cr_assert_null(arena_allocate(&arena, 1));
    memory.fail_at = 2;
    cr_assert_null(arena_copy_text(&arena, "x"));
    memory.fail_at = 3;
    cr_assert_null(arena_format(&arena, "x"));
    cr_assert_not_null(arena_allocate(&arena, 1));
    memory.fail_at = memory.requests + 1;
    cr_assert_null(arena_allocate(&arena, 100000));
    cr_assert_not_null(arena_allocate(&arena, 1));
}
