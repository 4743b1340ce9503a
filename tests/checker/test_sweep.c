#include "checker/sweep.h"

#include <criterion/criterion.h>
#include <string.h>

static struct memory memory;
static struct arena arena;
static struct sweep sweep;
static struct error error;

static void setup(void)
{
    memory_init(&memory, SIZE_MAX);
    arena_init(&arena, &memory);
    error = (struct error)ERROR_INIT;
}

static void teardown(void) { arena_release(&arena); }

TestSuite(sweep, .init = setup, .fini = teardown);

Test(sweep, varies_the_last_setting_fastest)
{
    const char *const texts[] = {"A=1,2", "F.B=x,y,z"};
    cr_assert_eq(sweep_read(texts, 2, &arena, &sweep, &error), STATUS_OK);
    cr_assert_eq(sweep.combinations, 6);
    cr_assert_str_eq(sweep.settings[1].name, "F.B");
    for (size_t i = 0; i < 6; i++) {
        cr_assert_eq(sweep_choice(&sweep, i, 0), i / 3);
        cr_assert_eq(sweep_choice(&sweep, i, 1), i % 3);
    }
    cr_assert_str_eq(sweep_text(&sweep, 1, 2, &arena), "F.B=z");
}

Test(sweep, cuts_outside_brackets_and_quotes)
{
    const char *const texts[] = {"A=[],[a,b],{c: [d,e]},\"f,]g\",'h,i',j=k"};
    static const char *const values[] = {"[]", "[a,b]", "{c: [d,e]}", "\"f,]g\"", "'h,i'", "j=k"};
    cr_assert_eq(sweep_read(texts, 1, &arena, &sweep, &error), STATUS_OK);
    cr_assert_eq(sweep.settings[0].value_count, 6);
    for (size_t i = 0; i < 6; i++)
        cr_assert_str_eq(sweep.settings[0].values[i], values[i]);
}

Test(sweep, an_open_bracket_reaches_to_the_end)
{
    const char *const texts[] = {"A=[1,2"};
    cr_assert_eq(sweep_read(texts, 1, &arena, &sweep, &error), STATUS_OK);
    cr_assert_eq(sweep.settings[0].value_count, 1);
    cr_assert_str_eq(sweep.settings[0].values[0], "[1,2");
}

Test(sweep, refuses_what_is_no_list_of_values)
{
    static const char *const wrong[] = {"A", "=1", "A=", "A=1,", "A=,1", "A=1,1", ""};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        cr_assert_eq(sweep_read(&wrong[i], 1, &arena, &sweep, &error), STATUS_BAD_INPUT, "%s",
                     wrong[i]);
    const char *const twice[] = {"A=1", "A=2"};
    cr_assert_eq(sweep_read(twice, 2, &arena, &sweep, &error), STATUS_BAD_INPUT);
}

Test(sweep, fails_when_memory_does)
{
    const char *const texts[] = {"A=1,2"};
    struct memory little;
    struct arena small;
    memory_init(&little, 1);
    arena_init(&small, &little);
    cr_assert_eq(sweep_read(texts, 1, &small, &sweep, &error), STATUS_NO_MEMORY);
    arena_release(&small);
}
