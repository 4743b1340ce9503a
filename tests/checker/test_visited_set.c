#include "checker/visited_set.h"

#include "model/base/hash.h"

#include <criterion/criterion.h>
#include <string.h>

enum { MANY = 40000 };

static struct memory memory;

static void setup(void) { memory_init(&memory, SIZE_MAX); }
static void teardown(void) { cr_assert_eq(memory.used, 0); }

TestSuite(visited_set, .init = setup, .fini = teardown);

static uint64_t hash_of(uint64_t key) { return hash_mix64(key + 1); }

static enum visited_result insert(struct visited_set *set, uint64_t key, uint32_t parent,
                                  uint32_t *number)
{
    return visited_set_insert(set, key, hash_of(key), (struct visited_state){.parent = parent},
                              number);
}

Test(visited_set, knows_what_it_has_seen)
{
    struct visited_set *set = visited_set_create(&memory);
    uint32_t a = 99;
    uint32_t b = 99;
    uint32_t found = 99;
    cr_assert_eq(visited_set_find(set, 7, hash_of(7), &found), VISITED_NEW);
    cr_assert_eq(insert(set, 7, VISITED_NO_STATE, &a), VISITED_NEW);
    cr_assert_eq(insert(set, 0, a, &b), VISITED_NEW);
    cr_assert_neq(a, b);
    cr_assert_eq(insert(set, 7, b, &found), VISITED_KNOWN);
    cr_assert_eq(found, a);
    cr_assert_eq(visited_set_state(set, a).parent, VISITED_NO_STATE); /* the first one stays */
    cr_assert_eq(visited_set_find(set, 0, hash_of(0), &found), VISITED_KNOWN);
    cr_assert_eq(found, b);
    cr_assert_eq(visited_set_key(set, b), 0);
    cr_assert_eq(visited_set_count(set), 2);
    visited_set_destroy(set);
}

/* Keys that share a hash are different states all the same. */
Test(visited_set, compares_keys_not_hashes)
{
    struct visited_set *set = visited_set_create(&memory);
    uint32_t numbers[100];
    for (uint32_t i = 0; i < 100; i++)
        cr_assert_eq(visited_set_insert(set, i, 5, (struct visited_state){0}, &numbers[i]),
                     VISITED_NEW);
    for (uint32_t i = 0; i < 100; i++) {
        uint32_t found = 0;
        cr_assert_eq(visited_set_find(set, i, 5, &found), VISITED_KNOWN);
        cr_assert_eq(found, numbers[i]);
    }
    visited_set_destroy(set);
}

Test(visited_set, rejects_duplicates_after_resize)
{
    struct visited_set *set = visited_set_create(&memory);
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < MANY; i++) {
            uint32_t number = 0;
            cr_assert_eq(insert(set, i, i, &number), round == 0 ? VISITED_NEW : VISITED_KNOWN);
            cr_assert_lt(number, visited_set_numbers(set));
            cr_assert_eq(visited_set_key(set, number), i);
            cr_assert_eq(visited_set_state(set, number).parent, i);
        }
    }
    cr_assert_eq(visited_set_count(set), MANY);
    /* 12 bytes and an index of 8 that is three quarters to three eighths full */
    cr_assert_lt(visited_set_bytes(set) / MANY, 40, "%zu", visited_set_bytes(set) / MANY);
    cr_assert_leq(visited_set_bytes(set), memory.used);
    visited_set_destroy(set);
}

Test(visited_set, numbers_a_partition_in_order)
{
    struct visited_set *set = visited_set_create(&memory);
    size_t next[VISITED_PARTITIONS] = {0};
    for (uint32_t i = 0; i < 1000; i++) {
        uint32_t number = 0;
        uint32_t partition = visited_set_partition(hash_of(i));
        cr_assert_lt(partition, VISITED_PARTITIONS);
        (void)insert(set, i, 0, &number);
        cr_assert_eq(number, visited_set_number(partition, (uint32_t)next[partition]++));
    }
    for (uint32_t i = 0; i < VISITED_PARTITIONS; i++) {
        cr_assert_eq(visited_set_partition_count(set, i), next[i]);
        cr_assert_gt(next[i], 20); /* spread */
    }
    visited_set_destroy(set);
}

Test(visited_set, keeps_a_record_of_each_state)
{
    struct visited_set *set = visited_set_create(&memory);
    uint32_t numbers[100];
    for (uint32_t i = 0; i < 100; i++) {
        (void)insert(set, i, 0, &numbers[i]);
        visited_set_update(
            set, numbers[i],
            (struct visited_state){.parent = VISITED_NO_STATE - i, .waiting = i % 2 == 1});
    }
    for (uint32_t i = 0; i < 100; i++) {
        struct visited_state state = visited_set_state(set, numbers[i]);
        cr_assert_eq(state.parent, VISITED_NO_STATE - i);
        cr_assert_eq(state.waiting, i % 2 == 1);
    }
    visited_set_destroy(set);
}

static uint64_t triple(void *context, uint64_t key)
{
    (*(unsigned *)context)++;
    return 3 * key;
}

Test(visited_set, rewrites_keys_in_place)
{
    struct visited_set *set = visited_set_create(&memory);
    uint32_t numbers[5000];
    unsigned calls = 0;
    for (uint32_t i = 0; i < 5000; i++)
        (void)insert(set, i, i, &numbers[i]);
    visited_set_rewrite(set, triple, &calls);
    cr_assert_eq(calls, 5000);
    for (uint32_t i = 0; i < 5000; i++) {
        uint32_t found = 0;
        cr_assert_eq(visited_set_key(set, numbers[i]), 3 * i);
        cr_assert_eq(visited_set_find(set, 3 * i, hash_of(i), &found), VISITED_KNOWN);
        cr_assert_eq(found, numbers[i]);
    }
    visited_set_destroy(set);
}

/* Whichever allocation fails: nothing was added, and all that was there still is. */
Test(visited_set, survives_each_failing_allocation)
{
    enum { STATES = 9000 };
    unsigned long long failures = 0;
    for (unsigned long long n = 1;; n++) {
        setup();
        memory.fail_at = n;
        struct visited_set *set = visited_set_create(&memory);
        uint32_t number = 0;
        uint32_t added = 0;
        while (set != NULL && added < STATES && insert(set, added, 0, &number) != VISITED_FULL)
            added++;
        bool failed = set == NULL || added < STATES;
        cr_assert_eq(failed, memory.requests >= n);
        if (set != NULL && failed) {
            cr_assert_eq(visited_set_count(set), added);
            cr_assert_eq(insert(set, added, 0, &number), VISITED_NEW); /* memory is back */
            for (uint32_t i = 0; i <= added; i++)
                cr_assert_eq(visited_set_find(set, i, hash_of(i), &number), VISITED_KNOWN);
        }
        visited_set_destroy(set);
        cr_assert_eq(memory.used, 0);
        if (!failed)
            break;
        failures++;
    }
    cr_assert_gt(failures, 40);
}
