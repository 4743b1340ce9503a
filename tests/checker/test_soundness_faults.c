/* As test_soundness.c, with the faults of calls, pollers and time. */
#include "tests/checker/soundness.h"

#include <criterion/criterion.h>

Test(soundness_faults, pipelines_reach_the_same_ends)
{
    compare_generated(instance_generate_faulty, 400);
}
