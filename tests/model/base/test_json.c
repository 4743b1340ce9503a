#include "model/base/json.h"

#include "model/base/random.h"

#include <criterion/criterion.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct memory memory;
static struct value_store *store;
static struct text text;

static void set_up(void)
{
    memory_init(&memory, SIZE_MAX);
    store = value_store_create(&memory);
    cr_assert_not_null(store);
    text_init(&text, &memory);
}

static void tear_down(void)
{
    text_release(&text);
    value_store_destroy(store);
    cr_assert_eq(memory.used, 0);
}

TestSuite(json, .init = set_up, .fini = tear_down);

static struct value parse(const char *json)
{
    struct value value = VALUE_NONE;
    struct error error = ERROR_INIT;
    enum status status = json_parse(store, json, strlen(json), NULL, &value, &error);
    cr_assert_eq(status, STATUS_OK, "%s: %s", json, error.message);
    return value;
}

static void assert_json(struct value value, const char *expected)
{
    text_clear(&text);
    json_append(&text, store, value);
    cr_assert_str_eq(text_string(&text), expected);
}

Test(json, maps_every_type)
{
    cr_assert(value_equal(parse("null"), value_null(store)));
    cr_assert(value_equal(parse(" true\n"), value_bool(store, true)));
    cr_assert(value_equal(parse("false"), value_bool(store, false)));
    cr_assert(value_equal(parse("-17"), value_integer(store, -17)));
    cr_assert(value_equal(parse("9223372036854775807"), value_integer(store, INT64_MAX)));
    cr_assert(value_equal(parse("-0.0"), value_integer(store, 0)));
    cr_assert(value_equal(parse("1e2"), value_integer(store, 100)));
    cr_assert(
        value_equal(parse("\"a\\u0000\\u00e9\\n\""), value_string(store, "a\0\xc3\xa9\n", 5)));
    cr_assert(value_equal(parse("[]"), value_list(store, NULL, 0)));
    cr_assert(value_equal(parse("{}"), value_map(store, NULL, 0)));
    struct value nested = parse("{\"b\": [1, {\"\": null}], \"a\": \"x\"}");
    cr_assert_eq(value_count(store, nested), 2);
    cr_assert(value_is_text(store, value_key_at(store, nested, 0), "a"));
    cr_assert_eq(value_count(store, value_get_text(store, nested, "b")), 2);
}

/* As repr() of the double in Python, not as the double's exact value. */
Test(json, reals_are_read_by_their_shortest_text)
{
    assert_json(parse("0.1"), "0.1");
    assert_json(parse("0.1000000000000000055511151231257827"), "0.1");
    assert_json(parse("1e-7"), "0.0000001");
    assert_json(parse("1700000000.123"), "1700000000.123");
    assert_json(parse("0.30000000000000004"), "0.30000000000000004");
    assert_json(parse("1e22"), "10000000000000000000000.0");
    assert_json(parse("-2.50"), "-2.5");
}

/* Whatever is read can be written and read again. */
Test(json, numbers_beyond_64_bits_are_read_again)
{
    static const char *const numbers[] = {"9e24",       "-9e24", "9223372036854775807",
                                          "1e125",      "-1",    "9223372036854775808.0",
                                          "1.2345e100", "0.5"};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct value number = parse(numbers[i]);
        text_clear(&text);
        json_append(&text, store, number);
        cr_assert(value_equal(parse(text_string(&text)), number), "%s: %s", numbers[i],
                  text_string(&text));
    }
}

Test(json, writes_compact_text_in_content_order)
{
    const char *compact =
        "{\"a\":[1,-2.5,\"q\\\"\",true,false,null],\"b\":{},\"c\":[],\"d\":{\"e\":{}}}";
    assert_json(parse(compact), compact);
    assert_json(parse("{ \"d\":{\"e\":{}}, \"b\":{}, \"c\" : [ ],\n"
                      "\"a\":[1.0, -25e-1, \"q\\u0022\", true, false, null] }"),
                compact);
}

Test(json, writes_indented_text)
{
    json_append_pretty(&text, store, parse("{\"a\":[1,{\"b\":null}],\"c\":{},\"d\":[]}"), 0);
    cr_assert_str_eq(text_string(&text), "{\n"
                                         "  \"a\": [\n"
                                         "    1,\n"
                                         "    {\n"
                                         "      \"b\": null\n"
                                         "    }\n"
                                         "  ],\n"
                                         "  \"c\": {},\n"
                                         "  \"d\": []\n"
                                         "}");
    text_clear(&text);
    json_append_pretty(&text, store, parse("[1]"), 2);
    cr_assert_str_eq(text_string(&text), "[\n      1\n    ]");
}

Test(json, a_binary_has_no_json_form, .signal = SIGABRT)
{
    json_append(&text, store, value_binary(store, "x", 1));
}

Test(json, a_map_with_other_keys_has_no_json_form, .signal = SIGABRT)
{
    struct value key = value_integer(store, 1);
    json_append(&text, store, value_put(store, value_map(store, NULL, 0), key, key));
}

Test(json, errors_tell_the_place)
{
    static const struct {
        const char *json;
        uint32_t line;
        uint32_t column;
        const char *message; /* contained */
    } cases[] = {
        {"", 1, 0, "unexpected token near end of file"},
        {"[1,\n 2,\n 3", 3, 2, "']' expected"},
        {"{\"a\": 1,\n  \"b\" 2}", 2, 7, "':' expected"},
        {"{\"a\": 1, \"a\": 2}", 1, 12, "duplicate object key"},
        {"[1] 2", 1, 5, "end of file expected"},
        {"[01]", 1, 2, "invalid token"},
        {"[NaN]", 1, 4, "invalid token"},
        {"\"\x80\"", 1, 1, "unable to decode byte 0x80"},
        {"[9223372036854775808]", 1, 20, "too big integer"},
        {"[1,\n  1e400]", 2, 7, "real number overflow"},
        {"[1, 2.5, {\"12e999\": \"\\\"3\"},\n \"\xc3\xa9\", 1e126]", 2, 7, "number too large"},
        {"[-1.5, -1e-131, 1e126]", 1, 8, "number too small"},
        {"1e200", 1, 1, "number too large"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct value value = VALUE_NONE;
        struct error error = ERROR_INIT;
        enum status status =
            json_parse(store, cases[i].json, strlen(cases[i].json), "in.json", &value, &error);
        cr_expect_eq(status, STATUS_BAD_INPUT, "%s", cases[i].json);
        cr_expect_eq(error.line, cases[i].line, "%s: line %u", cases[i].json, error.line);
        cr_expect_eq(error.column, cases[i].column, "%s: column %u", cases[i].json, error.column);
        cr_expect_not_null(strstr(error.message, cases[i].message), "%s: %s", cases[i].json,
                           error.message);
        cr_expect_str_eq(error.file, "in.json");
        cr_expect(value_is_none(value));
    }
}

/* `depth` arrays and objects in turn. */
static void nest(unsigned depth)
{
    text_clear(&text);
    text_append_string(&text, "\n");
    for (unsigned i = 0; i < depth; i++)
        text_append_string(&text, i % 2 == 0 ? "[" : "{\"[\":");
    text_append_string(&text, "7");
    for (unsigned i = depth; i > 0; i--)
        text_append_string(&text, i % 2 == 1 ? "]" : "}");
}

Test(json, depth_is_limited)
{
    struct value value = VALUE_NONE;
    struct error error = ERROR_INIT;
    nest(JSON_DEPTH_MAX);
    cr_assert_eq(json_parse(store, text_string(&text), text.length, "f", &value, &error),
                 STATUS_OK);
    nest(JSON_DEPTH_MAX + 1);
    cr_assert_eq(json_parse(store, text_string(&text), text.length, "f", &value, &error),
                 STATUS_LIMIT);
    cr_assert_str_eq(error.message, "JSON nested more than 256 deep");
    cr_assert_eq(error.line, 2);
    cr_assert_eq(error.column, JSON_DEPTH_MAX / 2 * 6 + 1);
    nest(100000);
    cr_assert_eq(json_parse(store, text_string(&text), text.length, "f", &value, &error),
                 STATUS_LIMIT);
    cr_assert_eq(error.line, 2);
}

static const char *const document =
    "{\"Records\": [{\"eventID\": \"1\", \"dynamodb\": {\"Keys\": {\"pk\": {\"S\": \"a\"}},"
    "\"ApproximateCreationDateTime\": 1700000000.5, \"SizeBytes\": 26}}, null, [[[]]], {}]}";

Test(json, every_failing_allocation_is_survived)
{
    assert_json(parse(document), "{\"Records\":[{\"dynamodb\":{\"ApproximateCreationDateTime\":"
                                 "1700000000.5,\"Keys\":{\"pk\":{\"S\":\"a\"}},\"SizeBytes\":26},"
                                 "\"eventID\":\"1\"},null,[[[]]],{}]}");
    unsigned failures = 0;
    for (unsigned long long n = 1;; n++) {
        struct memory scarce;
        memory_init(&scarce, SIZE_MAX);
        scarce.fail_at = n;
        struct value_store *s = value_store_create(&scarce);
        if (s == NULL)
            continue;
        struct value value = VALUE_NONE;
        struct error error = ERROR_INIT;
        enum status status = json_parse(s, document, strlen(document), "f", &value, &error);
        bool reached = scarce.requests >= n;
        cr_assert_eq(status, reached ? STATUS_NO_MEMORY : STATUS_OK);
        cr_assert_eq(value_is_none(value), reached);
        failures += reached;
        value_store_destroy(s);
        cr_assert_eq(scarce.used, 0);
        if (!reached)
            break;
    }
    cr_assert_geq(failures, 4);
}

struct double_case {
    double number;
    const char *text;
};

static const struct double_case double_cases[] = {
#include "tests/model/base/double_table.inc"
};

Test(json, doubles_are_written_as_python_does)
{
    cr_assert_geq(sizeof double_cases / sizeof double_cases[0], 200);
    for (size_t i = 0; i < sizeof double_cases / sizeof double_cases[0]; i++) {
        char actual[JSON_DOUBLE_TEXT_SIZE];
        size_t length = json_double_text(double_cases[i].number, actual);
        cr_expect_str_eq(actual, double_cases[i].text);
        cr_expect_eq(length, strlen(double_cases[i].text));
    }
    char actual[JSON_DOUBLE_TEXT_SIZE];
    json_double_text((double)INFINITY, actual);
    cr_assert_str_eq(actual, "inf");
    json_double_text((double)-INFINITY, actual);
    cr_assert_str_eq(actual, "-inf");
    json_double_text((double)NAN, actual);
    cr_assert_str_eq(actual, "nan");
}

/* Amounts, the shortest text by trial: the first of 1 to 17 digits that reads back. */
Test(json, doubles_with_few_digits_are_the_shortest_too)
{
    static const double scales[] = {1, 10, 100, 1000, 1e6, 1e7, 3, 7e9};
    struct random random;
    random_init(&random, 1, 1);
    for (int i = 0; i < 20000; i++) {
        const double whole = (double)random_next(&random) * (double)(1 + random_below(&random, 9));
        const double number = whole / scales[(size_t)i % (sizeof scales / sizeof scales[0])];
        char actual[JSON_DOUBLE_TEXT_SIZE];
        char trial[64] = "";
        size_t digits = 0;
        size_t least = 0;
        (void)json_double_text(number, actual);
        cr_assert_eq(strtod(actual, NULL), number, "%s", actual);
        for (int precision = 1; precision <= 17; precision++) {
            (void)snprintf(trial, sizeof trial, "%.*e", precision - 1, number);
            if (strtod(trial, NULL) == number)
                break;
        }
        const char *first = actual + strspn(actual, "0.");
        const char *end = actual + strcspn(actual, "e");
        while (end > first && (end[-1] == '0' || end[-1] == '.'))
            end--;
        for (const char *c = first; c < end; c++)
            digits += *c != '.' ? 1 : 0;
        for (const char *c = trial; *c != 'e' && *c != '\0'; c++)
            least += *c != '.' ? 1 : 0;
        cr_assert(digits <= least, "%s and %s", actual, trial);
    }
}
