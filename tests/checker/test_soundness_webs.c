/* As test_soundness.c, for pipelines that are no lines. */
#include "tests/checker/soundness.h"

#include <criterion/criterion.h>

Test(soundness_webs, reach_the_same_ends) { compare_generated(instance_generate_web, 1000); }
