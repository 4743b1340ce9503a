/* Every reduction, alone and with the others, against a search without any: the same ends are
 * reached with as few faults. */
#include "tests/checker/soundness.h"

#include <criterion/criterion.h>

Test(soundness, pipelines_reach_the_same_ends) { compare_generated(instance_generate, 750); }
