/* Expected texts: printed by Python 3.11. */
#include "model/handlers/python_text.h"

#include "model/handlers/python_printable.h"

#include <criterion/criterion.h>
#include <string.h>

static struct memory memory;
static struct arena arena;
static struct text text;

static void setup(void)
{
    memory_init(&memory, SIZE_MAX);
    arena_init(&arena, &memory);
    text_init(&text, &memory);
}

static void teardown(void)
{
    text_release(&text);
    arena_release(&arena);
    cr_assert_eq(memory.used, 0);
}

TestSuite(python_text, .init = setup, .fini = teardown);

static const char *repr_of(const char *json)
{
    struct python_value value;
    cr_assert_eq(python_json_loads(&arena, json, strlen(json), &value), PYTHON_OK, "%s", json);
    text_clear(&text);
    python_repr_append(&text, &value);
    cr_assert(!text_failed(&text));
    return text_string(&text);
}

static const char *dumps_of(const char *json)
{
    struct python_value value;
    cr_assert_eq(python_json_loads(&arena, json, strlen(json), &value), PYTHON_OK, "%s", json);
    text_clear(&text);
    cr_assert(python_dumps_append(&text, &value, &arena));
    cr_assert(!text_failed(&text));
    return text_string(&text);
}

static const char *decimal_of(const char *number)
{
    text_clear(&text);
    python_decimal_append(&text, number, strlen(number));
    return text_string(&text);
}

Test(python_text, repr_of_containers_and_constants)
{
    cr_assert_str_eq(
        repr_of("{\"b\":[1,2.0,null],\"a\":{\"t\":true,\"f\":false},\"e\":[],\"d\":{}}"),
        "{'b': [1, 2.0, None], 'a': {'t': True, 'f': False}, 'e': [], 'd': {}}");
}

Test(python_text, repr_of_floats)
{
    cr_assert_str_eq(repr_of("[1545084650.0,1545084650.987,1e16,1e22,0.0001,0.00001,-0.0,1E5]"),
                     "[1545084650.0, 1545084650.987, 1e+16, 1e+22, 0.0001, 1e-05, -0.0, 100000.0]");
}

Test(python_text, repr_chooses_quotation_marks)
{
    cr_assert_str_eq(repr_of("[\"a\",\"it's\",\"\\\"\",\"'\\\"\",\"\\\\\",\"\"]"),
                     "['a', \"it's\", '\"', '\\'\"', '\\\\', '']");
}

Test(python_text, repr_escapes_what_is_not_printable)
{
    cr_assert_str_eq(repr_of("\"\\t\\n\\r\\u0000\\u001f\\u007f\\u0080\\u00a0\\u00ad\""),
                     "'\\t\\n\\r\\x00\\x1f\\x7f\\x80\\xa0\\xad'");
    cr_assert_str_eq(repr_of("\"\\u00e9\\u20ac\\ud83d\\ude00\""),
                     "'\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80'");
    cr_assert_str_eq(repr_of("\"\\u200b\\u2028\\ue000\\ufeff\\u3000\\ud800\\udf00\\udb40\\udc01\""),
                     "'\\u200b\\u2028\\ue000\\ufeff\\u3000\xf0\x90\x8c\x80\\U000e0001'");
}

/* sum(chr(c).isprintable() for c in range(0x110000)) in Python 3.11 (Unicode 14). */
Test(python_text, as_many_characters_are_printable_as_in_python)
{
    unsigned count = 0;
    for (uint32_t code_point = 0; code_point < 0x110000; code_point++)
        count += python_is_printable(code_point);
    cr_assert_eq(count, 144516);
}

Test(python_text, dumps_sorts_keys_and_separates_with_blanks)
{
    cr_assert_str_eq(dumps_of("{\"RiskType\":\"PV\",\"Region\":\"EMEA\",\"TradeDesk\":\"FXSpot\"}"),
                     "{\"Region\": \"EMEA\", \"RiskType\": \"PV\", \"TradeDesk\": \"FXSpot\"}");
    cr_assert_str_eq(dumps_of("{\"b\":[1,2.50,{\"y\":null,\"x\":true}],\"aa\":{},\"a\":[]}"),
                     "{\"a\": [], \"aa\": {}, \"b\": [1, 2.5, {\"x\": true, \"y\": null}]}");
}

Test(python_text, dumps_escapes_to_ascii)
{
    cr_assert_str_eq(
        dumps_of("\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u007f\\u00e9\\u20ac\\ud83d\\ude00'~\""),
        "\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u007f\\u00e9\\u20ac\\ud83d\\ude00'~\"");
}

Test(python_text, decimals_are_written_as_by_python)
{
    static const char *const cases[][2] = {
        {"8.0", "8.0"},
        {"34624.51", "34624.51"},
        {"-0.25", "-0.25"},
        {"0.0", "0.0"},
        {"-0.0", "-0.0"},
        {"1e+16", "1E+16"},
        {"1e-05", "0.00001"},
        {"1.5e-07", "1.5E-7"},
        {"1e-06", "0.000001"},
        {"0.000001", "0.000001"},
        {"1.25e+22", "1.25E+22"},
        {"100", "100"},
        {"0", "0"},
        {"-7", "-7"},
        {"1606112345.123456", "1606112345.123456"},
        {"1e-07", "1E-7"},
        {"-2.5e-10", "-2.5E-10"},
        {"9007199254740993.0", "9007199254740993.0"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        cr_assert_str_eq(decimal_of(cases[i][0]), cases[i][1], "%s: %s, not %s", cases[i][0],
                         decimal_of(cases[i][0]), cases[i][1]);
}

/* Without the value in between it is the same text, or none. */
Test(python_text, transcribes_json_to_repr)
{
    static const char *const texts[] = {
        "[]",
        "{}",
        "[1,-2,1.5,1545084650.0,1545084650.987,1e+22,0.00001,-0.5,true,false,null]",
        "{\"a\":{\"S\":\"x\"},\"b\":[\"\",\" \"]}",
        "{\"Hierarchy\":{\"S\":\"{\\\"Region\\\": \\\"EMEA\\\"}\"},\"back\":\"c:\\\\d\"}",
    };
    static const char *const others[] = {"[\"it's\"]",    "[\"\xc3\xa9\"]", "[\"a\\nb\"]",
                                         "[\"\\u00e9\"]", "[-0]",           "[\"open"};
    struct memory counted;
    struct text found;
    memory_init(&counted, SIZE_MAX);
    text_init(&found, &counted);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct arena own;
        struct text expected;
        struct python_value value;
        arena_init(&own, &counted);
        text_init(&expected, &counted);
        text_clear(&found);
        cr_assert_eq(python_json_loads(&own, texts[i], strlen(texts[i]), &value), PYTHON_OK);
        python_repr_append(&expected, &value);
        cr_assert(python_transcribe_append(&found, texts[i], strlen(texts[i])), "%s", texts[i]);
        cr_assert_str_eq(text_string(&found), text_string(&expected));
        text_release(&expected);
        arena_release(&own);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        text_clear(&found);
        cr_assert(!python_transcribe_append(&found, others[i], strlen(others[i])), "%s", others[i]);
        cr_assert_eq(found.length, 0);
    }
    text_release(&found);
}
