/* As test_soundness.c, under the settings of event source mappings. */
#include "tests/checker/soundness.h"

#include <criterion/criterion.h>

Test(soundness_streams, functions_that_put_records_reach_the_same_ends)
{
    compare_generated(instance_generate_with_streams, 50);
}

Test(soundness_settings, reach_the_same_ends)
{
    compare_generated(instance_generate_with_settings, 100);
}

Test(soundness_shards, pollers_that_commute_reach_the_same_ends)
{
    compare_generated(instance_generate_shards, 400);
}
