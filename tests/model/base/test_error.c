#include "model/base/error.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <string.h>

Test(error, set_fills_and_returns_status)
{
    struct error error = {.file = "old", .line = 7, .column = 8};
    cr_assert_eq(error_set(&error, STATUS_LIMIT, "%d of %s", 3, "many"), STATUS_LIMIT);
    cr_assert_eq(error.status, STATUS_LIMIT);
    cr_assert_str_eq(error.message, "3 of many");
    cr_assert_str_eq(error.file, "");
    cr_assert_eq(error.line, 0);
    cr_assert_eq(error.column, 0);
}

Test(error, at_keeps_the_place)
{
    struct error error = ERROR_INIT;
    cr_assert_eq(error_at(&error, STATUS_BAD_INPUT, "a.yaml", 3, 14, "no '%c'", 'x'),
                 STATUS_BAD_INPUT);
    cr_assert_str_eq(error.message, "no 'x'");
    cr_assert_str_eq(error.file, "a.yaml");
    cr_assert_eq(error.line, 3);
    cr_assert_eq(error.column, 14);
    error_at(&error, STATUS_BAD_INPUT, NULL, 0, 0, "nowhere");
    cr_assert_str_eq(error.file, "");
}

Test(error, arguments_may_point_into_the_error)
{
    struct error error = ERROR_INIT;
    error_at(&error, STATUS_SYSTEM, "f", 1, 2, "inner");
    error_at(&error, STATUS_BAD_INPUT, error.file, 5, 6, "outer: %s", error.message);
    cr_assert_str_eq(error.message, "outer: inner");
    cr_assert_str_eq(error.file, "f");
    error_wrap(&error, "again: %s", error.message);
    cr_assert_str_eq(error.message, "outer: inner (while again: outer: inner)");
}

Test(error, wrap_appends_and_keeps_status_and_place)
{
    struct error error = ERROR_INIT;
    error_at(&error, STATUS_UNSUPPORTED, "t.yaml", 9, 1, "no such type");
    cr_assert_eq(error_wrap(&error, "reading %s", "Stream"), STATUS_UNSUPPORTED);
    cr_assert_eq(error_wrap(&error, "loading"), STATUS_UNSUPPORTED);
    cr_assert_str_eq(error.message, "no such type (while reading Stream) (while loading)");
    cr_assert_eq(error.line, 9);
}

Test(error, long_messages_end_in_dots)
{
    char fits[ERROR_MESSAGE_SIZE];
    memset(fits, 'x', sizeof fits);
    fits[sizeof fits - 1] = '\0';
    struct error error = ERROR_INIT;
    error_set(&error, STATUS_SYSTEM, "%s", fits);
    cr_assert_str_eq(error.message, fits);
    error_set(&error, STATUS_SYSTEM, "%sy", fits);
    cr_assert_eq(strlen(error.message), ERROR_MESSAGE_SIZE - 1);
    cr_assert_str_eq(error.message + ERROR_MESSAGE_SIZE - 5, "x...");

    error_set(&error, STATUS_SYSTEM, "short");
    error_wrap(&error, "%s", fits);
    cr_assert_eq(strlen(error.message), ERROR_MESSAGE_SIZE - 1);
    cr_assert_eq(strncmp(error.message, "short (while xxx", 16), 0);
    cr_assert_str_eq(error.message + ERROR_MESSAGE_SIZE - 5, "x...");
}

Test(error, format_leaves_out_what_is_unknown)
{
    struct error error = ERROR_INIT;
    char buffer[64];
    error_at(&error, STATUS_BAD_INPUT, "f", 3, 4, "m");
    cr_assert_str_eq(error_format(&error, buffer, sizeof buffer), "f:3:4: m");
    error_at(&error, STATUS_BAD_INPUT, "f", 3, 0, "m");
    cr_assert_str_eq(error_format(&error, buffer, sizeof buffer), "f:3: m");
    error_at(&error, STATUS_BAD_INPUT, "f", 0, 0, "m");
    cr_assert_str_eq(error_format(&error, buffer, sizeof buffer), "f: m");
    error_set(&error, STATUS_BAD_INPUT, "m");
    cr_assert_str_eq(error_format(&error, buffer, sizeof buffer), "m");
    error_at(&error, STATUS_BAD_INPUT, "file", 3, 4, "message");
    cr_assert_str_eq(error_format(&error, buffer, 7), "file:3");
}

Test(error, check_passes_when_it_holds) { CHECK(1 + 1 == 2); }

Test(error, check_aborts_when_it_does_not_hold, .signal = SIGABRT) { CHECK(1 + 1 == 3); }

Test(error, bug_aborts, .signal = SIGABRT) { BUG("not reached"); }

Test(error, shows_no_control_characters)
{
    struct error error = ERROR_INIT;
    (void)error_set(&error, STATUS_BAD_INPUT, "found '%s'", "a\nb\x1b[2J\x7f\xc3\xa9");
    cr_assert_str_eq(error.message, "found 'a?b?[2J?\xc3\xa9'");
}
