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

Test(fault, caps_kinds_that_make_new_states_without_end)
{
    cr_assert_eq(fault_kind_cap_default(FAULT_CRASH), FAULT_UNLIMITED);
    cr_assert_eq(fault_kind_cap_default(FAULT_RANDOM_FAILURE), FAULT_UNLIMITED);
    cr_assert_eq(fault_kind_cap_default(FAULT_TIMEOUT), 2);
    cr_assert_eq(fault_kind_cap_default(FAULT_LATE_WRITE), 1);
}
