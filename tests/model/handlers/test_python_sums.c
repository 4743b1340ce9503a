#include "model/handlers/python_sums.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct memory memory;
static struct arena arena;
static struct text text;
static struct python_sums sums;

static void setup(void)
{
    memory_init(&memory, SIZE_MAX);
    arena_init(&arena, &memory);
    text_init(&text, &memory);
    python_sums_init(&sums, &arena);
}

static void teardown(void)
{
    text_release(&text);
    arena_release(&arena);
    cr_assert_eq(memory.used, 0);
}

TestSuite(python_sums, .init = setup, .fini = teardown);

static bool add(const char *key, double number)
{
    return python_sums_add_float(&sums, key, strlen(key), number);
}

static bool count(const char *key, int64_t number)
{
    return python_sums_add_integer(&sums, key, strlen(key), number);
}

static const char *sum_at(size_t index)
{
    text_clear(&text);
    python_sum_append(&text, &sums.sums[index]);
    return text_string(&text);
}

Test(python_sums, ints_stay_ints_until_a_float_comes)
{
    cr_assert(count("n", 2) && count("n", 3) && add("x", 1.0) && count("x", 2));
    cr_assert_str_eq(sum_at(0), "5");
    cr_assert_str_eq(sum_at(1), "3.0");
    cr_assert(add("n", 0.5));
    cr_assert_str_eq(sum_at(0), "5.5");
}

/* 0.1 + 0.2 + 0.3 and 0.3 + 0.2 + 0.1 */
Test(python_sums, floats_are_added_in_the_order_of_the_calls)
{
    cr_assert(add("a", 0.1) && add("a", 0.2) && add("a", 0.3));
    cr_assert(add("b", 0.3) && add("b", 0.2) && add("b", 0.1));
    cr_assert_str_eq(sum_at(0), "0.6000000000000001");
    cr_assert_str_eq(sum_at(1), "0.6");
}

Test(python_sums, zero_is_not_negative_after_a_start_at_zero)
{
    cr_assert(add("a", -0.0));
    cr_assert_str_eq(sum_at(0), "0.0");
}

Test(python_sums, keeps_the_order_of_insertion_until_dumped)
{
    cr_assert(add("PV:FXSpot", 8.0) && add("PV", 8.0) && count("message_count", 1));
    cr_assert_str_eq(sums.sums[0].key, "PV:FXSpot");
    text_clear(&text);
    python_sums_dumps_append(&text, &sums);
    cr_assert_str_eq(text_string(&text), "{\"PV\": 8.0, \"PV:FXSpot\": 8.0, \"message_count\": 1}");
}

Test(python_sums, an_int_beyond_64_bits_fails)
{
    cr_assert(count("n", INT64_MAX));
    cr_assert(!count("n", 1));
}

Test(python_sums, holds_more_keys_than_its_first_capacity)
{
    char key[16];
    for (int i = 0; i < 500; i++) {
        (void)snprintf(key, sizeof key, "k%d", i);
        cr_assert(add(key, i) && add(key, 0.5));
    }
    cr_assert_eq(sums.count, 500);
    cr_assert_str_eq(sum_at(499), "499.5");
}
