#include "model/base/id_map.h"

#include <criterion/criterion.h>

static struct memory memory;
static struct id_map map;

static void setup(void)
{
    memory_init(&memory, SIZE_MAX);
    id_map_init(&map, &memory);
}

static void teardown(void)
{
    id_map_release(&map);
    cr_assert_eq(memory.used, 0);
}

TestSuite(id_map, .init = setup, .fini = teardown);

/* Keys that differ in high bits only, as two ids packed into one key do. */
static uint64_t key_of(uint32_t i) { return (uint64_t)i << 32 | (i & 1); }

static void put(uint64_t key, uint32_t number) { cr_assert(id_map_put(&map, key, number)); }

static void expect(uint64_t key, uint32_t number)
{
    uint32_t found = ~number;
    cr_assert(id_map_find(&map, key, &found));
    cr_assert_eq(found, number);
}

static void expect_none(uint64_t key)
{
    uint32_t found = 77;
    cr_assert_not(id_map_find(&map, key, &found));
    cr_assert_eq(found, 77);
}

Test(id_map, finds_nothing_when_empty)
{
    expect_none(0);
    expect_none(UINT64_MAX);
    id_map_clear(&map);
    cr_assert_eq(memory.requests, 0);
}

Test(id_map, keeps_every_key_while_it_grows)
{
    enum { COUNT = 5000 };
    for (uint32_t i = 0; i < COUNT; i++)
        put(key_of(i), i * 3);
    cr_assert_eq(map.count, COUNT);
    cr_assert_eq(map.size, 16384);
    for (uint32_t i = 0; i < COUNT; i++)
        expect(key_of(i), i * 3);
    for (uint32_t i = COUNT; i < 2 * COUNT; i++)
        expect_none(key_of(i));
}

Test(id_map, takes_any_key_and_number)
{
    put(0, 0);
    put(UINT64_MAX, UINT32_MAX);
    expect(0, 0);
    expect(UINT64_MAX, UINT32_MAX);
    expect_none(1);
}

Test(id_map, replaces_the_number_of_a_key)
{
    put(5, 1);
    put(5, 2);
    expect(5, 2);
    cr_assert_eq(map.count, 1);
}

Test(id_map, forgets_everything_when_cleared)
{
    for (uint32_t i = 0; i < 300; i++)
        put(i, i);
    size_t size = map.size;
    id_map_clear(&map);
    cr_assert_eq(map.count, 0);
    cr_assert_eq(map.size, size);
    for (uint32_t i = 0; i < 300; i++)
        expect_none(i);
    put(7, 8);
    expect(7, 8);
}

Test(id_map, stays_as_it_was_where_memory_runs_out)
{
    memory.fail_at = 1;
    cr_assert_not(id_map_put(&map, 1, 1));
    expect_none(1);
    memory.fail_at = 0;
    for (uint32_t i = 0; i < 128; i++)
        put(i, i);
    cr_assert_eq(map.size, 256);
    memory.fail_at = memory.requests + 1;
    cr_assert_not(id_map_put(&map, 128, 128));
    cr_assert_eq(map.count, 128);
    for (uint32_t i = 0; i < 128; i++)
        expect(i, i);
    expect_none(128);
    put(128, 128);
    cr_assert_eq(map.size, 512);
    expect(128, 128);
}

Test(id_map, may_be_used_again_after_its_release)
{
    put(1, 2);
    id_map_release(&map);
    cr_assert_eq(memory.used, 0);
    expect_none(1);
    put(1, 3);
    expect(1, 3);
}
