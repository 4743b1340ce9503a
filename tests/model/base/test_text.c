#include "model/base/text.h"

#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

static struct memory memory;
static struct text text;

static void set_up(void)
{
    memory_init(&memory, SIZE_MAX);
    text_init(&text, &memory);
}

static void tear_down(void)
{
    text_release(&text);
    cr_assert_eq(memory.used, 0);
}

TestSuite(text, .init = set_up, .fini = tear_down);

Test(text, is_empty_at_first)
{
    cr_assert_str_eq(text_string(&text), "");
    cr_assert_eq(text.length, 0);
    cr_assert_not(text_failed(&text));
    text_clear(&text);
    text_append(&text, NULL, 0);
    cr_assert_str_eq(text.bytes, "");
}

Test(text, appends)
{
    text_append_string(&text, "ab");
    text_append_char(&text, 'c');
    text_append(&text, "d\0e", 3);
    text_append_format(&text, "%s%03u", "-", 7U);
    cr_assert_eq(text.length, 10);
    cr_assert_eq(memcmp(text.bytes, "abcd\0e-007", 11), 0);
    text_clear(&text);
    cr_assert_str_eq(text_string(&text), "");
    text_append_string(&text, "x");
    cr_assert_str_eq(text_string(&text), "x");
}

Test(text, grows)
{
    for (unsigned i = 0; i < 10000; i++)
        text_append_format(&text, "%04u", i);
    cr_assert_eq(text.length, 40000);
    cr_assert_eq(memcmp(text.bytes + 4936, "12341235", 8), 0);
    text_append_format(&text, "%*s", 100000, "");
    cr_assert_eq(text.length, 140000);
    cr_assert_eq(strlen(text.bytes), 140000);
}

Test(text, json_strings_are_escaped)
{
    static const char bytes[] = "a\"\\/\b\f\n\r\t\x01\x1f\x7f\0\xc3\xa9\xf0\x9f\x98\x80z";
    text_append_json_string(&text, bytes, sizeof bytes - 1);
    cr_assert_str_eq(
        text_string(&text),
        "\"a\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7f\\u0000\xc3\xa9\xf0\x9f\x98\x80z\"");
    text_clear(&text);
    text_append_json_string(&text, "", 0);
    cr_assert_str_eq(text_string(&text), "\"\"");
}

/* Each byte at each place, before and after which nothing but plain ones. */
Test(text, plain_length_ends_at_the_first_byte_that_is_not)
{
    char bytes[21];
    for (unsigned c = 0; c <= 255; c++) {
        const bool plain = c >= 0x20 && c < 0x7F && c != '\'' && c != '"' && c != '\\';
        for (size_t length = 1; length <= sizeof bytes; length++) {
            for (size_t place = 0; place < length; place++) {
                memset(bytes, place % 2 == 0 ? ' ' : '~', sizeof bytes);
                bytes[place] = (char)c;
                cr_assert_eq(text_plain_length(bytes, length), plain ? length : place);
            }
        }
    }
    cr_assert_eq(text_plain_length("", 0), 0);
    cr_assert_eq(text_plain_length(" !#~[]^_`\177\200", 11), 9);
}

Test(text, failure_is_sticky)
{
    text_append_string(&text, "kept");
    memory.fail_at = memory.requests + 1;
    text_append_string(&text, "0123456789abcdef");
    cr_assert(text_failed(&text));
    cr_assert_str_eq(text_string(&text), "kept");
    text_append_char(&text, 'x');
    text_append_format(&text, "%d", 1);
    text_append_json_string(&text, "\n", 1);
    cr_assert_str_eq(text_string(&text), "kept");
    text_clear(&text);
    cr_assert(text_failed(&text));
    cr_assert_str_eq(text_string(&text), "");
}

Test(text, lengths_that_overflow_fail)
{
    text_append_char(&text, 'a');
    text_append(&text, "b", SIZE_MAX - 1);
    cr_assert(text_failed(&text));
    cr_assert_str_eq(text_string(&text), "a");
}
