/* Memory, an arena and an error for tests of what is parsed, made anew for every test:
 *
 *     TestSuite(yaml, .init = setup, .fini = teardown);
 *
 * Each test program includes it once and has them to itself. */
#ifndef ONCECHECK_TESTS_MODEL_ARENA_FIXTURE_H
#define ONCECHECK_TESTS_MODEL_ARENA_FIXTURE_H

#include "model/base/arena.h"
#include "model/base/error.h"
#include "model/base/memory.h"

#include <criterion/criterion.h>

static struct memory memory;
static struct arena arena;
static struct error error;

static void setup(void)
{
    memory_init(&memory, SIZE_MAX);
    arena_init(&arena, &memory);
    error = (struct error)ERROR_INIT;
}

static void teardown(void)
{
    arena_release(&arena);
    cr_assert_eq(memory.used, 0);
}

#endif
