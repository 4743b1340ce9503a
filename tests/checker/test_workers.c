#include "checker/workers.h"

#include <criterion/criterion.h>
#include <stdatomic.h>
#include <stdbool.h>

enum { PIECES_MAX = 1000 };

static struct memory memory;

static void setup(void) { memory_init(&memory, SIZE_MAX); }
static void teardown(void) { cr_assert_eq(memory.used, 0); }

TestSuite(workers, .init = setup, .fini = teardown);

struct counts {
    unsigned workers;
    atomic_uint done[PIECES_MAX];
    atomic_bool wrong_worker;
};

static void count(void *context, size_t piece, unsigned worker)
{
    struct counts *counts = context;
    atomic_fetch_add(&counts->done[piece], 1);
    if (worker >= counts->workers)
        atomic_store(&counts->wrong_worker, true);
}

Test(workers, do_every_piece_once)
{
    static struct counts counts;
    for (unsigned number = 1; number <= 5; number++) {
        struct error error = ERROR_INIT;
        struct workers *workers = NULL;
        cr_assert_eq(workers_create(&memory, number, &workers, &error), STATUS_OK);
        cr_assert_eq(workers_count(workers), number);
        for (size_t pieces = 0; pieces <= PIECES_MAX; pieces = pieces * 3 + 1) {
            counts.workers = number;
            for (size_t i = 0; i < PIECES_MAX; i++)
                atomic_store(&counts.done[i], 0);
            workers_run(workers, pieces, count, &counts);
            for (size_t i = 0; i < PIECES_MAX; i++)
                cr_assert_eq(atomic_load(&counts.done[i]), i < pieces ? 1 : 0);
        }
        workers_destroy(workers);
    }
    cr_assert_not(atomic_load(&counts.wrong_worker));
}

Test(workers, say_when_there_is_no_memory)
{
    for (unsigned long long n = 1; n <= 2; n++) {
        struct error error = ERROR_INIT;
        struct workers *workers = NULL;
        memory_init(&memory, SIZE_MAX);
        memory.fail_at = n;
        cr_assert_eq(workers_create(&memory, 3, &workers, &error), STATUS_NO_MEMORY);
        cr_assert_null(workers);
    }
}
