/* The section "sometimes" of a scenario. */
#include "model/scenario.h"

#include "tests/model/arena_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

TestSuite(scenario_sometimes, .init = setup, .fini = teardown);

static struct scenario scenario;

static enum status read(const char *names)
{
    char text[2048];
    int length = snprintf(
        text, sizeof text,
        "scenario: s\nworkload: {messages: [{trade: T1, version: 0}]}\nsometimes: %s\n", names);
    cr_assert_lt((size_t)length, sizeof text);
    error = (struct error)ERROR_INIT;
    return scenario_parse(text, (size_t)length, "s.yaml", &arena, &scenario, &error);
}

Test(scenario_sometimes, keeps_names_in_their_order)
{
    cr_assert_eq(read("[retry_after_commit, batch_of_12, crash, remove]"), STATUS_OK, "%s",
                 error.message);
    static const char *const wanted[] = {"retry_after_commit", "batch_of_12", "crash", "remove"};
    cr_assert_eq(scenario.sometimes_count, sizeof wanted / sizeof wanted[0]);
    for (size_t i = 0; i < scenario.sometimes_count; i++)
        cr_expect_str_eq(scenario.sometimes[i], wanted[i]);
    cr_assert_eq(read("[]"), STATUS_OK);
    cr_expect_eq(scenario.sometimes_count, 0);
}

Test(scenario_sometimes, refuses_what_it_does_not_know)
{
    static const char *const unknown[] = {"rain",        "batch_of_",   "batch_of_0",
                                          "batch_of_1x", "batch_of_-1", "inserts"};
    for (size_t i = 0; i < sizeof unknown / sizeof unknown[0]; i++) {
        char names[64];
        char message[64];
        (void)snprintf(names, sizeof names, "[insert, %s]", unknown[i]);
        (void)snprintf(message, sizeof message, "'sometimes': found '%s', expected", unknown[i]);
        cr_expect_eq(read(names), STATUS_BAD_INPUT, "%s", names);
        cr_expect_not_null(strstr(error.message, message), "%s", error.message);
        cr_expect_eq(error.line, 3);
        cr_expect_eq(error.column, 21);
    }
    cr_expect_neq(read("insert"), STATUS_OK);
    cr_expect_neq(read("[[insert]]"), STATUS_OK);
}

Test(scenario_sometimes, takes_64_names)
{
    char names[1024] = "[insert";
    for (size_t i = 1; i < SCENARIO_SOMETIMES_MAX; i++)
        (void)strcat(names, ", insert");
    const size_t length = strlen(names);
    (void)strcat(names, "]");
    cr_assert_eq(read(names), STATUS_OK, "%s", error.message);
    cr_expect_eq(scenario.sometimes_count, SCENARIO_SOMETIMES_MAX);
    (void)snprintf(names + length, sizeof names - length, ", insert]");
    cr_expect_neq(read(names), STATUS_OK);
    cr_expect_not_null(strstr(error.message, "more than 64 names"), "%s", error.message);
}
