#include "checker/distinct_counter.h"

#include "model/base/hash.h"

#include <criterion/criterion.h>

static void fill(struct distinct_counter *counter, uint64_t first, uint64_t count)
{
    for (uint64_t i = first; i < first + count; i++)
        distinct_counter_add(counter, hash_mix64(i));
}

Test(distinct_counter, counts_nothing)
{
    static struct distinct_counter counter;
    cr_assert_eq(distinct_counter_estimate(&counter), 0);
}

Test(distinct_counter, counts_a_few_exactly)
{
    static struct distinct_counter counter;
    for (uint64_t i = 1; i <= 40; i++) {
        fill(&counter, i, 1);
        fill(&counter, 1, i); /* again */
        cr_expect_eq(distinct_counter_estimate(&counter), i, "%u: %u", (unsigned)i,
                     (unsigned)distinct_counter_estimate(&counter));
    }
}

/* Four standard errors. */
Test(distinct_counter, estimates_many)
{
    for (uint64_t count = 100; count <= 3000000; count = count * 3 / 2) {
        static struct distinct_counter counter;
        counter = (struct distinct_counter){{0}};
        fill(&counter, count, count);
        double ratio = (double)distinct_counter_estimate(&counter) / (double)count;
        cr_expect(ratio > 0.968 && ratio < 1.032, "%u: %f", (unsigned)count, ratio);
    }
}

Test(distinct_counter, merges_like_one)
{
    static struct distinct_counter one;
    static struct distinct_counter left;
    static struct distinct_counter right;
    fill(&one, 1, 50000);
    fill(&left, 1, 30000);
    fill(&right, 20001, 30000);
    distinct_counter_merge(&right, &left);
    cr_assert_arr_eq(right.registers, one.registers, sizeof one.registers);
}

/* The rank of a hash whose remaining bits are all zero. */
Test(distinct_counter, takes_every_hash)
{
    static struct distinct_counter counter;
    distinct_counter_add(&counter, 0);
    distinct_counter_add(&counter, UINT64_MAX);
    cr_assert_eq(counter.registers[0], 64 - DISTINCT_COUNTER_BITS + 1);
    cr_assert_eq(counter.registers[DISTINCT_COUNTER_REGISTERS - 1], 1);
    cr_assert_eq(distinct_counter_estimate(&counter), 2);
}
