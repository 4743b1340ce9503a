#include "model/fault.h"

#include <criterion/criterion.h>

Test(fault, finds_every_kind_by_its_name)
{
    for (int i = 0; i < FAULT_KIND_COUNT; i++)
        cr_assert_eq(fault_kind_find(fault_kind_name((enum fault_kind)i)), (enum fault_kind)i);
}

Test(fault, knows_no_other_names)
{
    cr_assert_eq(fault_kind_find("crashes"), FAULT_KIND_COUNT);
    cr_assert_eq(fault_kind_find("Crash"), FAULT_KIND_COUNT);
    cr_assert_eq(fault_kind_find(""), FAULT_KIND_COUNT);
}

Test(fault, simulates_what_lab_2_needs)
{
    cr_assert(fault_kind_is_simulated(FAULT_CRASH));
    cr_assert(fault_kind_is_simulated(FAULT_RANDOM_FAILURE));
    cr_assert(fault_kind_is_simulated(FAULT_TIMEOUT));
}
