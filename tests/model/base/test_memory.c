#include "model/base/memory.h"

#include <criterion/criterion.h>
#include <pthread.h>
#include <stdbool.h>
#include <string.h>

static struct memory memory;

static void set_up(void) { memory_init(&memory, SIZE_MAX); }

TestSuite(memory, .init = set_up);

Test(memory, counts_bytes_and_peak)
{
    char *a = memory_allocate(&memory, 100);
    char *b = memory_allocate_zeroed(&memory, 10, 5);
    cr_assert_eq(memory.used, 150);
    for (int i = 0; i < 50; i++)
        cr_assert_eq(b[i], 0);
    memory_free(&memory, a, 100);
    cr_assert_eq(memory.used, 50);
    cr_assert_eq(memory.peak, 150);
    memory_free(&memory, b, 50);
    memory_free(&memory, NULL, 50);
    cr_assert_eq(memory.used, 0);
    cr_assert_eq(memory.peak, 150);
    cr_assert_eq(memory.requests, 2);
}

Test(memory, resize_keeps_contents_and_counts)
{
    char *a = memory_resize(&memory, NULL, 0, 4);
    memcpy(a, "abc", 4);
    a = memory_resize(&memory, a, 4, 4000);
    cr_assert_str_eq(a, "abc");
    cr_assert_eq(memory.used, 4000);
    a = memory_resize(&memory, a, 4000, 40);
    cr_assert_str_eq(a, "abc");
    cr_assert_eq(memory.used, 40);
    memory_free(&memory, a, 40);
    cr_assert_eq(memory.used, 0);
}

Test(memory, refuses_beyond_its_limit_exactly)
{
    memory_init(&memory, 100);
    void *a = memory_allocate(&memory, 60);
    cr_assert_null(memory_allocate(&memory, 41));
    void *b = memory_allocate(&memory, 40);
    cr_assert_not_null(b);
    cr_assert_null(memory_allocate(&memory, 1));
    cr_assert_null(memory_resize(&memory, a, 60, 61));
    cr_assert_eq(memory.used, 100);
    a = memory_resize(&memory, a, 60, 59);
    a = memory_resize(&memory, a, 59, 60);
    cr_assert_not_null(a);
    memory_free(&memory, a, 60);
    memory_free(&memory, b, 40);
    cr_assert_eq(memory.used, 0);
    cr_assert_eq(memory.peak, 100);
}

Test(memory, refuses_sizes_that_overflow)
{
    cr_assert_null(memory_allocate_zeroed(&memory, SIZE_MAX / 2, 3));
    memory_init(&memory, 1000);
    void *a = memory_allocate(&memory, 10);
    cr_assert_null(memory_allocate(&memory, SIZE_MAX - 5));
    cr_assert_eq(memory.used, 10);
    memory_free(&memory, a, 10);
    cr_assert_eq(memory.used, 0);
}

Test(memory, fails_the_request_asked_for)
{
    memory.fail_at = 2;
    void *a = memory_allocate(&memory, 1);
    cr_assert_not_null(a);
    cr_assert_null(memory_allocate(&memory, 1));
    void *b = memory_allocate(&memory, 1);
    cr_assert_not_null(b);
    cr_assert_eq(memory.used, 2);
    memory_free(&memory, a, 1);
    memory_free(&memory, b, 1);
}

static bool reserve(int **array, size_t *capacity, size_t needed)
{
    void *moved = *array;
    bool reserved = memory_reserve(&memory, &moved, capacity, needed, sizeof **array);
    *array = moved;
    return reserved;
}

Test(memory, reserve_doubles_from_sixteen)
{
    int *array = NULL;
    size_t capacity = 0;
    cr_assert(reserve(&array, &capacity, 0));
    cr_assert_null(array);
    cr_assert(reserve(&array, &capacity, 1));
    cr_assert_eq(capacity, 16);
    for (int i = 0; i < 16; i++)
        array[i] = i;
    cr_assert(reserve(&array, &capacity, 16));
    cr_assert_eq(capacity, 16);
    cr_assert(reserve(&array, &capacity, 100));
    cr_assert_eq(capacity, 128);
    cr_assert_eq(memory.used, 128 * sizeof(int));
    for (int i = 0; i < 16; i++)
        cr_assert_eq(array[i], i);
    memory_free(&memory, array, capacity * sizeof *array);
}

Test(memory, failed_reserve_changes_nothing)
{
    int *array = NULL;
    size_t capacity = 0;
    cr_assert(reserve(&array, &capacity, 16));
    array[15] = 15;
    int *before = array;
    memory.fail_at = memory.requests + 1;
    cr_assert_not(reserve(&array, &capacity, 17));
    cr_assert_not(reserve(&array, &capacity, SIZE_MAX));
    cr_assert_not(reserve(&array, &capacity, SIZE_MAX / 4));
    cr_assert_eq(capacity, 16);
    cr_assert_eq(array, before);
    cr_assert_eq(array[15], 15);
    memory_free(&memory, array, capacity * sizeof *array);
    cr_assert_eq(memory.used, 0);
}

enum { ROUNDS = 20000 };

static void *allocate_and_free(void *unused)
{
    for (int i = 0; i < ROUNDS; i++) {
        void *block = memory_allocate(&memory, 8);
        if (block != NULL)
            memory_free(&memory, block, 8);
    }
    return unused;
}

Test(memory, threads_may_share_one)
{
    memory_init(&memory, 16);
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, allocate_and_free, NULL), 0);
    for (int i = 0; i < 3; i++)
        cr_assert_eq(pthread_join(threads[i], NULL), 0);
    cr_assert_eq(memory.used, 0);
    cr_assert_leq(memory.peak, 16);
    cr_assert_eq(memory.requests, 3ULL * ROUNDS);
}
