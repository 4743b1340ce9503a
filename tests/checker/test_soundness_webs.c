/* As test_soundness.c, for pipelines that are no lines, and for short ones that notice much. */
#include "tests/checker/soundness.h"

#include <criterion/criterion.h>

Test(soundness_webs, reach_the_same_ends) { compare_generated(instance_generate_web, 450); }

Test(soundness_webs, keen_pipelines_reach_the_same_ends)
{
    compare_generated(instance_generate_keen, 250);
}
