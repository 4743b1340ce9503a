#include "model/base/random.h"

#include "tests/model/base/pcg_reference.h"

#include <criterion/criterion.h>
#include <signal.h>

enum { NUMBERS = 1000 };

/* pcg32-demo of the reference implementation. */
Test(random, published_vector)
{
    static const uint32_t expected[] = {0xa15c02b7, 0x7b47f409, 0xba1d3330,
                                        0x83d2f293, 0xbfa4784b, 0xcbed606e};
    struct random random;
    random_init(&random, 42, 54);
    for (size_t i = 0; i < 6; i++)
        cr_assert_eq(random_next(&random), expected[i]);
}

Test(random, is_the_reference_implementation)
{
    static const uint64_t seeds[] = {0, 1, 42, UINT64_MAX, 0x8000000000000000U};
    static const uint32_t bounds[] = {0, 1, 2, 3, 7, 100, 0x80000000U, 0x80000001U, UINT32_MAX};
    for (size_t i = 0; i < 5; i++) {
        for (size_t j = 0; j < 9; j++) {
            /* The reference keeps 63 bits of the stream's number, as we do. */
            uint64_t stream = seeds[4 - i] ^ j;
            uint32_t expected[NUMBERS];
            pcg_reference(seeds[i], stream, bounds[j], expected, NUMBERS);
            struct random random;
            random_init(&random, seeds[i], stream);
            for (size_t k = 0; k < NUMBERS; k++) {
                uint32_t number =
                    bounds[j] == 0 ? random_next(&random) : random_below(&random, bounds[j]);
                cr_assert_eq(number, expected[k]);
            }
        }
    }
}

Test(random, below_hits_every_number_evenly)
{
    struct random random;
    random_init(&random, 7, 7);
    unsigned counts[6] = {0};
    for (int i = 0; i < 60000; i++)
        counts[random_below(&random, 6)]++;
    for (int i = 0; i < 6; i++) {
        cr_assert_gt(counts[i], 9500); /* 5 standard deviations of 91 */
        cr_assert_lt(counts[i], 10500);
    }
}

Test(random, a_bound_of_zero_is_a_bug, .signal = SIGABRT)
{
    struct random random;
    random_init(&random, 7, 7);
    random_below(&random, 0);
}
