#include "model/base/hash.h"

#include <criterion/criterion.h>

static void assert_text(struct hash128 hash, const char *expected)
{
    char text[HASH128_TEXT_SIZE];
    cr_assert_str_eq(hash128_text(hash, text), expected);
}

/* `printf ... | xxhsum -H2`, and xxHash's own test of the empty input. */
Test(hash, bytes_are_xxh3_128)
{
    assert_text(hash128_bytes("", 0), "99aa06d3014798d86001c324468d497f");
    assert_text(hash128_bytes(NULL, 0), "99aa06d3014798d86001c324468d497f");
    assert_text(hash128_bytes("abc", 3), "06b05ab6733a618578af5f94892f3950");
}

/* Content hashes are kept in files: a change of these values invalidates them. */
Test(hash, tagged_and_combined_are_stable)
{
    struct hash128 parts[] = {{.low = 1, .high = 2}, {.low = 3, .high = 4}};
    assert_text(hash128_tagged(0, "abc", 3), "06b05ab6733a618578af5f94892f3950");
    assert_text(hash128_tagged(7, "abc", 3), "8a3c1b87ceb230ee48ff56f569e39912");
    assert_text(hash128_combine(7, parts, 2), "6bf149b30cf129507ec6f1e37cbaa00c");
}

Test(hash, combine_depends_on_tag_order_and_count)
{
    struct hash128 a = hash128_bytes("a", 1);
    struct hash128 b = hash128_bytes("b", 1);
    struct hash128 ab[] = {a, b};
    struct hash128 ba[] = {b, a};
    struct hash128 aa[] = {a, a};
    struct hash128 results[] = {hash128_combine(1, ab, 2),
                                hash128_combine(2, ab, 2),
                                hash128_combine(1, ba, 2),
                                hash128_combine(1, aa, 2),
                                hash128_combine(1, ab, 1),
                                hash128_combine(1, NULL, 0),
                                a};
    size_t count = sizeof results / sizeof results[0];
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++)
            cr_assert_eq(hash128_equal(results[i], results[j]), i == j);
    }
}

Test(hash, compare_orders_as_the_text_does)
{
    struct hash128 sorted[] = {{.high = 0, .low = 0},
                               {.high = 0, .low = 9},
                               {.high = 1, .low = 0},
                               {.high = 1, .low = 1},
                               {.high = UINT64_MAX, .low = 0}};
    for (int i = 0; i < 5; i++) {
        for (int j = 0; j < 5; j++) {
            int order = hash128_compare(sorted[i], sorted[j]);
            cr_assert_eq((order > 0) - (order < 0), (i > j) - (i < j));
        }
    }
}

/* The first three numbers of splitmix64 from seed 0 (S. Vigna, prng.di.unimi.it/splitmix64.c). */
Test(hash, mix64_is_splitmix64s)
{
    uint64_t step = 0x9e3779b97f4a7c15U;
    cr_assert_eq(hash_mix64(step), 0xe220a8397b1dcdafU);
    cr_assert_eq(hash_mix64(2 * step), 0x6e789e6aa1b965f4U);
    cr_assert_eq(hash_mix64(3 * step), 0x06c45d188009454fU);
    cr_assert_eq(hash_mix64(0), 0);
}
