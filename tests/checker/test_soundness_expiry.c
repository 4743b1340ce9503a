/* As test_soundness.c, where items expire. */
#include "tests/checker/soundness.h"

#include <criterion/criterion.h>

Test(soundness_expiry, deletions_of_expired_items_reach_the_same_ends)
{
    compare_generated(instance_generate_with_expiry, 100);
}
