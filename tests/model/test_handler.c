#include "model/handler.h"

#include <criterion/criterion.h>

Test(handler, names_its_steps)
{
    cr_assert_str_eq(handler_step_kind_name(HANDLER_CALL), "call");
    cr_assert_str_eq(handler_step_kind_name(HANDLER_DRAW), "draw");
    cr_assert_str_eq(handler_step_kind_name(HANDLER_HANG), "hang");
}

Test(handler, knows_which_steps_are_ends)
{
    cr_assert(!handler_step_is_end(HANDLER_CALL));
    cr_assert(!handler_step_is_end(HANDLER_DRAW));
    cr_assert(!handler_step_is_end(HANDLER_TIME));
    cr_assert(handler_step_is_end(HANDLER_RETURN));
    cr_assert(handler_step_is_end(HANDLER_RAISE));
    cr_assert(handler_step_is_end(HANDLER_EXIT));
    cr_assert(handler_step_is_end(HANDLER_HANG));
}
