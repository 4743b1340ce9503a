#include "model/handlers/python_value.h"

#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

static struct memory memory;
static struct arena arena;

static void setup(void)
{
    memory_init(&memory, SIZE_MAX);
    arena_init(&arena, &memory);
}

static void teardown(void)
{
    arena_release(&arena);
    cr_assert_eq(memory.used, 0);
}

TestSuite(python_value, .init = setup, .fini = teardown);

static enum python_status loads(const char *text, struct python_value *value)
{
    return python_json_loads(&arena, text, strlen(text), value);
}

Test(python_value, tells_ints_from_floats)
{
    static const struct {
        const char *text;
        enum python_kind kind;
        const char *digits; /* INT */
        double number;      /* FLOAT */
    } cases[] = {
        {"0", PYTHON_INT, "0", 0},
        {"-0", PYTHON_INT, "0", 0},
        {"-12", PYTHON_INT, "-12", 0},
        {"123456789012345678901234567890", PYTHON_INT, "123456789012345678901234567890", 0},
        {"8.0", PYTHON_FLOAT, NULL, 8.0},
        {"-0.25", PYTHON_FLOAT, NULL, -0.25},
        {"1e3", PYTHON_FLOAT, NULL, 1000.0},
        {"1E-2", PYTHON_FLOAT, NULL, 0.01},
        {"2.5e+1", PYTHON_FLOAT, NULL, 25.0},
        {"34624.51", PYTHON_FLOAT, NULL, 34624.51},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct python_value value;
        cr_assert_eq(loads(cases[i].text, &value), PYTHON_OK, "%s", cases[i].text);
        cr_assert_eq(value.kind, cases[i].kind, "%s", cases[i].text);
        if (value.kind == PYTHON_INT)
            cr_assert_str_eq(value.bytes, cases[i].digits);
        else
            cr_assert(value.number == cases[i].number, "%s", cases[i].text);
    }
}

Test(python_value, keeps_the_sign_of_negative_zero)
{
    struct python_value value;
    cr_assert_eq(loads("-0.0", &value), PYTHON_OK);
    cr_assert(value.number == 0.0 && signbit(value.number));
    cr_assert_eq(loads("0.0", &value), PYTHON_OK);
    cr_assert(!signbit(value.number));
}

Test(python_value, keeps_the_order_of_a_dict)
{
    struct python_value value;
    cr_assert_eq(loads(" { \"b\" : null , \"a\" : [ true , false ] } ", &value), PYTHON_OK);
    cr_assert_eq(value.count, 2);
    cr_assert_str_eq(value.first->key, "b");
    cr_assert_eq(value.first->value.kind, PYTHON_NONE);
    cr_assert_str_eq(value.first->next->key, "a");
    const struct python_value *list = python_get(&value, "a");
    cr_assert_eq(list->count, 2);
    cr_assert(list->first->value.truth);
    cr_assert(!list->first->next->value.truth);
    cr_assert_null(python_get(&value, "c"));
    cr_assert_null(python_get(list, "a"));
}

Test(python_value, last_of_equal_keys_wins_at_the_first_ones_place)
{
    struct python_value value;
    cr_assert_eq(loads("{\"a\":1,\"b\":2,\"a\":3}", &value), PYTHON_OK);
    cr_assert_eq(value.count, 2);
    cr_assert_str_eq(value.first->key, "a");
    cr_assert_str_eq(value.first->value.bytes, "3");
}

Test(python_value, decodes_escapes)
{
    static const char expected[] = "a\"\\/\b\f\n\r\tA\xc3\xa9\xe2\x82\xac\xf0\x9d\x84\x9e\0z";
    struct python_value value;
    cr_assert_eq(
        loads("\"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20AC\\ud834\\udd1e\\u0000z\"", &value),
        PYTHON_OK);
    cr_assert_eq(value.length, sizeof expected - 1);
    cr_assert_arr_eq(value.bytes, expected, sizeof expected);
}

Test(python_value, strings_may_end_in_an_escaped_backslash)
{
    struct python_value value;
    cr_assert_eq(loads("[\"\\\\\",\"\",\"a\\\\\\\"\"]", &value), PYTHON_OK);
    cr_assert_str_eq(value.first->value.bytes, "\\");
    cr_assert_str_eq(value.first->next->value.bytes, "");
    cr_assert_str_eq(value.first->next->next->value.bytes, "a\\\"");
}

Test(python_value, rejects_what_is_not_json)
{
    static const char *const texts[] = {
        "",    " ",          "{",           "}",         "[1,]",   "{\"a\"}", "{\"a\":}", "{a:1}",
        "nul", "True",       "01",          "1.",        ".5",     "-",       "+1",       "1e",
        "\"",  "\"\\\"",     "\"\\x\"",     "\"\\u12\"", "\"\n\"", "[1 2]",   "1 2",      "'a'",
        "[1}", "{\"a\":1,}", "\"\\u00g0\"", "{\"a\" 1}", "[",      "-a"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct python_value value;
        cr_assert_eq(loads(texts[i], &value), PYTHON_NOT_JSON, "%s", texts[i]);
    }
}

Test(python_value, names_what_it_does_not_support)
{
    static const char *const texts[] = {
        "NaN",    "[Infinity]",  "-Infinity",   "1e400",
        "1e-400", "\"\\ud800\"", "\"\\udc00\"", "\"\\ud800\\u0041\""};
    char deep[2 * PYTHON_DEPTH_MAX + 3] = "";
    struct python_value value;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        cr_assert_eq(loads(texts[i], &value), PYTHON_UNSUPPORTED, "%s", texts[i]);
    memset(deep, '[', PYTHON_DEPTH_MAX);
    memset(deep + PYTHON_DEPTH_MAX, ']', PYTHON_DEPTH_MAX);
    cr_assert_eq(loads(deep, &value), PYTHON_OK);
    memset(deep, '[', PYTHON_DEPTH_MAX + 1);
    memset(deep + PYTHON_DEPTH_MAX + 1, ']', PYTHON_DEPTH_MAX + 1);
    cr_assert_eq(loads(deep, &value), PYTHON_UNSUPPORTED);
}

Test(python_value, reads_no_further_than_its_length)
{
    static const char text[] = "[1,\"ab\"]";
    for (size_t length = 0; length < strlen(text); length++) {
        struct python_value value;
        char *exact = memory_allocate(&memory, length + 1);
        memcpy(exact, text, length);
        cr_assert_eq(python_json_loads(&arena, exact, length, &value), PYTHON_NOT_JSON);
        memory_free(&memory, exact, length + 1);
    }
}

Test(python_value, failed_allocation_is_a_status)
{
    static const char text[] = "{\"key\": [1, 2.5, \"text\", {\"a\": null}]}";
    for (unsigned long long n = 1;; n++) {
        struct memory small;
        struct arena failing;
        struct python_value value;
        memory_init(&small, SIZE_MAX);
        small.fail_at = n;
        arena_init(&failing, &small);
        const enum python_status status = python_json_loads(&failing, text, strlen(text), &value);
        arena_release(&failing);
        cr_assert_eq(small.used, 0);
        if (status == PYTHON_OK) {
            cr_assert_gt(n, 1);
            break;
        }
        cr_assert_eq(status, PYTHON_NO_MEMORY);
    }
}
