#include "model/base/decimal.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct decimal parse(const char *text)
{
    struct decimal result;
    cr_assert_eq(decimal_parse(text, strlen(text), &result), DECIMAL_OK, "%s", text);
    return result;
}

static bool equal(struct decimal a, struct decimal b)
{
    return a.coefficient == b.coefficient && a.exponent == b.exponent && a.negative == b.negative;
}

static void assert_text(struct decimal decimal, const char *expected)
{
    char text[DECIMAL_TEXT_SIZE];
    cr_assert_eq(decimal_text(&decimal, text), strlen(expected));
    cr_assert_str_eq(text, expected);
}

#define NINES_38 "99999999999999999999999999999999999999"

Test(decimal, parses_to_canonical_form)
{
    static const struct {
        const char *text;
        uint64_t coefficient;
        int32_t exponent;
        bool negative;
    } cases[] = {
        {"0", 0, 0, false},
        {"-0", 0, 0, false},
        {"+0.000", 0, 0, false},
        {"0e999999999999999999999", 0, 0, false},
        {"1", 1, 0, false},
        {"+1", 1, 0, false},
        {"-1", 1, 0, true},
        {"100", 1, 2, false},
        {"1.0", 1, 0, false},
        {"1.50", 15, -1, false},
        {".5", 5, -1, false},
        {"5.", 5, 0, false},
        {"5.e1", 5, 1, false},
        {"00012.3400", 1234, -2, false},
        {"-1e5", 1, 5, true},
        {"1E+5", 1, 5, false},
        {"1e-5", 1, -5, false},
        {"1200e-2", 12, 0, false},
        {"0.00120e2", 12, -2, false},
        {"1e-130", 1, -130, false},
        {"9e125", 9, 125, false},
        {"1e000000000000000000005", 1, 5, false},
        {"18446744073709551615", UINT64_MAX, 0, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct decimal result = parse(cases[i].text);
        cr_assert(result.coefficient == cases[i].coefficient, "%s", cases[i].text);
        cr_assert_eq(result.exponent, cases[i].exponent, "%s", cases[i].text);
        cr_assert_eq(result.negative, cases[i].negative, "%s", cases[i].text);
    }
}

Test(decimal, refuses_what_is_no_number)
{
    static const char *const bad[] = {"",     "+",   "-",   ".",     "e5",   "1e",       "1e+",
                                      "1e-",  " 1",  "1 ",  "1.2.3", "--1",  "+-1",      "1e5.",
                                      "1e5e", "0x1", "1,5", "NaN",   "nan",  "Infinity", "-inf",
                                      "1_0",  "1f",  "e",   ".e1",   "1e 5", "\xd9\xa1"};
    struct decimal untouched = {.coefficient = 7, .exponent = 7, .negative = true};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cr_assert_eq(decimal_parse(bad[i], strlen(bad[i]), &untouched), DECIMAL_SYNTAX, "%s",
                     bad[i]);
    }
    cr_assert_eq(decimal_parse("1\0", 2, &untouched), DECIMAL_SYNTAX);
    cr_assert(untouched.coefficient == 7 && untouched.exponent == 7 && untouched.negative);
    cr_assert_eq(decimal_parse("15", 1, &untouched), DECIMAL_OK);
    cr_assert(untouched.coefficient == 1);
}

Test(decimal, enforces_dynamodbs_limits)
{
    static const struct {
        const char *text;
        enum decimal_status status;
    } cases[] = {
        {NINES_38, DECIMAL_OK},
        {"-" NINES_38, DECIMAL_OK},
        {NINES_38 "000", DECIMAL_OK},
        {"000" NINES_38, DECIMAL_OK},
        {"0.000" NINES_38 "000", DECIMAL_OK},
        {NINES_38 "9", DECIMAL_PRECISION},
        {NINES_38 ".1", DECIMAL_PRECISION},
        {"1.00000000000000000000000000000000000001", DECIMAL_PRECISION},
        {"1.0000000000000000000000000000000000001", DECIMAL_OK},
        {"9." NINES_38 "e125", DECIMAL_PRECISION},
        {"9.9999999999999999999999999999999999999e125", DECIMAL_OK},
        {"10e125", DECIMAL_OVERFLOW},
        {"-1e126", DECIMAL_OVERFLOW},
        {"1e99999999999999999999999999", DECIMAL_OVERFLOW},
        {"0.1e126", DECIMAL_OK},
        {NINES_38 "9e100", DECIMAL_OVERFLOW},
        {"1e-130", DECIMAL_OK},
        {"0.1e-129", DECIMAL_OK},
        {"0.1e-130", DECIMAL_UNDERFLOW},
        {"-9.99e-131", DECIMAL_UNDERFLOW},
        {"1e-99999999999999999999999999", DECIMAL_UNDERFLOW},
        {NINES_38 "9e-200", DECIMAL_UNDERFLOW},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct decimal result;
        cr_assert_eq(decimal_parse(cases[i].text, strlen(cases[i].text), &result), cases[i].status,
                     "%s", cases[i].text);
    }
}

Test(decimal, writes_plain_digits)
{
    static const char *const same[] = {"0",     "1",   "-1",   "100",     "0.001",
                                       "-12.5", "0.5", "10.5", "123.456", NINES_38};
    for (size_t i = 0; i < sizeof same / sizeof same[0]; i++)
        assert_text(parse(same[i]), same[i]);
    assert_text(parse("-0." NINES_38), "-0." NINES_38);

    char text[DECIMAL_TEXT_SIZE];
    struct decimal largest = parse("-9.9999999999999999999999999999999999999e125");
    cr_assert_eq(decimal_text(&largest, text), 127);
    cr_assert_eq(strspn(text + 1, "9"), 38);
    cr_assert_eq(strspn(text + 39, "0"), 88);
    struct decimal smallest = parse("-1.0000000000000000000000000000000000001e-130");
    cr_assert_eq(decimal_text(&smallest, text), 170);
    cr_assert_eq(strncmp(text, "-0.000", 6), 0);
    cr_assert(equal(parse(text), smallest));
}

struct pair_case {
    const char *a;
    const char *b;
    int order;
    enum decimal_status sum_status;
    const char *sum;
    enum decimal_status difference_status;
    const char *difference;
};

static const struct pair_case pair_cases[] = {
#include "tests/model/base/decimal_table.inc"
};

static void check_result(enum decimal_status status, const struct decimal *result,
                         enum decimal_status expected_status, const char *expected,
                         const struct pair_case *c)
{
    cr_assert_eq(status, expected_status, "%s and %s", c->a, c->b);
    if (status != DECIMAL_OK)
        return;
    assert_text(*result, expected);
    cr_assert(equal(*result, parse(expected)), "not canonical: %s and %s", c->a, c->b);
}

Test(decimal, agrees_with_python)
{
    cr_assert_geq(sizeof pair_cases / sizeof pair_cases[0], 150);
    for (size_t i = 0; i < sizeof pair_cases / sizeof pair_cases[0]; i++) {
        const struct pair_case *c = &pair_cases[i];
        struct decimal a = parse(c->a);
        struct decimal b = parse(c->b);
        int order = decimal_compare(&a, &b);
        int reverse = decimal_compare(&b, &a);
        cr_assert_eq((order > 0) - (order < 0), c->order, "%s and %s", c->a, c->b);
        cr_assert_eq((reverse > 0) - (reverse < 0), -c->order, "%s and %s", c->a, c->b);
        cr_assert_eq(decimal_compare(&a, &a), 0);

        struct decimal result;
        enum decimal_status status = decimal_add(&a, &b, &result);
        check_result(status, &result, c->sum_status, c->sum, c);
        status = decimal_add(&b, &a, &result);
        check_result(status, &result, c->sum_status, c->sum, c);
        result = a;
        status = decimal_subtract(&result, &b, &result);
        check_result(status, &result, c->difference_status, c->difference, c);
    }
}

Test(decimal, converts_integers)
{
    static const int64_t integers[] = {0,
                                       1,
                                       -1,
                                       10,
                                       -100,
                                       INT64_MAX,
                                       INT64_MIN,
                                       INT64_MAX - 7,
                                       INT64_MIN + 8,
                                       1000000000000000000,
                                       -1000000000000000000};
    for (size_t i = 0; i < sizeof integers / sizeof integers[0]; i++) {
        struct decimal decimal = decimal_from_integer(integers[i]);
        char text[32];
        snprintf(text, sizeof text, "%lld", (long long)integers[i]);
        assert_text(decimal, text);
        cr_assert(equal(decimal, parse(text)));
        int64_t back = 77;
        cr_assert(decimal_to_integer(&decimal, &back));
        cr_assert_eq(back, integers[i]);
        cr_assert(decimal_is_integer(&decimal));
    }
}

Test(decimal, knows_which_integers_fit)
{
    static const struct {
        const char *text;
        bool fits;
        bool is_integer;
    } cases[] = {
        {"9223372036854775807", true, true},
        {"9223372036854775808", false, true},
        {"-9223372036854775808", true, true},
        {"-9223372036854775809", false, true},
        {"18446744073709551616", false, true},
        {"1e18", true, true},
        {"1e19", false, true},
        {"9e125", false, true},
        {NINES_38, false, true},
        {"0.5", false, false},
        {"-1e-130", false, false},
        {"1.0", true, true},
        {"12345678901234567890.5", false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct decimal decimal = parse(cases[i].text);
        int64_t integer = 77;
        cr_assert_eq(decimal_to_integer(&decimal, &integer), cases[i].fits, "%s", cases[i].text);
        cr_assert_eq(decimal_is_integer(&decimal), cases[i].is_integer, "%s", cases[i].text);
        cr_assert_eq(integer == 77, !cases[i].fits);
    }
}

/* strtod of the C library is correctly rounded. */
Test(decimal, converts_to_the_nearest_double)
{
    static const char *const cases[] = {"0",
                                        "1",
                                        "-1",
                                        "0.1",
                                        "0.2",
                                        "0.3",
                                        "-12.5",
                                        "9007199254740993",
                                        "9007199254740991.5",
                                        "9007199254740992e22",
                                        "123456789012345678e-5",
                                        "1e22",
                                        "1e23",
                                        "4.35",
                                        "1e-22",
                                        "7e-23",
                                        "1e125",
                                        "1e-130",
                                        "9.9999999999999999999999999999999999999e125",
                                        NINES_38,
                                        "1.0000000000000000000000000000000000001e-130",
                                        "2.2250738585072014",
                                        "9007199254740993.0000000000000000000001",
                                        "1.00000000000000011102230246251565404"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct decimal decimal = parse(cases[i]);
        cr_assert(decimal_to_double(&decimal) == strtod(cases[i], NULL), "%s", cases[i]);
    }
}
