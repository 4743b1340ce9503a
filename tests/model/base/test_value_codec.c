#include "model/base/value_codec.h"

#include <criterion/criterion.h>
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

TestSuite(value_codec, .init = set_up, .fini = tear_down);

static struct value decode(const char *bytes, size_t length, bool *failed)
{
    struct byte_reader reader = {.next = bytes, .left = length};
    const struct value value = value_decode(store, &reader);
    *failed = reader.failed || reader.left != 0;
    return value;
}

static void check(struct value value)
{
    bool failed = false;
    text_clear(&text);
    value_encode(&text, store, value);
    cr_assert(value_equal(decode(text.bytes, text.length, &failed), value));
    cr_assert_not(failed);
    for (size_t length = 0; length < text.length; length++) {
        (void)decode(text.bytes, length, &failed);
        cr_assert(failed, "%zu of %zu bytes are a value, too", length, text.length);
    }
}

static struct value number(const char *digits)
{
    struct decimal decimal;
    cr_assert_eq(decimal_parse(digits, strlen(digits), &decimal), DECIMAL_OK);
    return value_number(store, &decimal);
}

/* A value with something of every kind in it. */
static struct value everything(void)
{
    const struct value strings[] = {value_text(store, "a"), value_string(store, "b\0c", 3),
                                    value_text(store, "")};
    const struct value numbers[] = {number("-0.001"), number("1E+125"),
                                    number("12345678901234567890123456789012345678")};
    const struct value binaries[] = {value_binary(store, "\xff\0", 2), value_binary(store, "", 0)};
    const struct value parts[] = {value_null(store),
                                  value_bool(store, true),
                                  value_bool(store, false),
                                  number("1E-130"),
                                  value_list(store, NULL, 0),
                                  value_map(store, NULL, 0),
                                  value_set(store, VALUE_STRING_SET, strings, 3),
                                  value_set(store, VALUE_NUMBER_SET, numbers, 3),
                                  value_set(store, VALUE_BINARY_SET, binaries, 2)};
    const struct value list = value_list(store, parts, sizeof parts / sizeof parts[0]);
    struct value map = value_put_text(store, value_map(store, NULL, 0), "list", list);
    map = value_put(store, map, number("7"), strings[1]);
    return value_append(store, list, map);
}

Test(value_codec, keeps_values_of_every_kind)
{
    check(VALUE_NONE);
    check(value_null(store));
    check(number("-12.5"));
    check(everything());
}

Test(value_codec, refuses_what_no_value_is)
{
    bool failed = false;
    static const struct {
        const char *bytes;
        size_t length;
    } rows[] = {
        {"\x0b", 1},                 /* no kind */
        {"\x02\x02", 2},             /* neither true nor false */
        {"\x03\x01\0\0\0x", 6},      /* no number */
        {"\x04\xff\xff\xff\xff", 5}, /* longer than there are bytes */
        {"\x06\xff\xff\xff\x7f", 5}, /* the same of a list */
        {"\x06\x01\0\0\0\0", 6},     /* nothing as an element */
        {"\x08\x01\0\0\0\x01", 6},   /* a null in a set of strings */
        {"\x07\x01\0\0\0\x01", 6},   /* a key without a value */
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const struct value value = decode(rows[i].bytes, rows[i].length, &failed);
        cr_assert(failed && value_is_none(value), "row %zu", i);
    }
}

Test(value_codec, refuses_what_is_nested_too_deep)
{
    enum { DEPTH = VALUE_DEPTH_MAX + 10 };
    bool failed = false;
    for (size_t i = 0; i < DEPTH; i++)
        text_append(&text, "\x06\x01\0\0\0", 5);
    text_append(&text, "\x01", 1);
    (void)decode(text.bytes, text.length, &failed);
    cr_assert(failed);
}

Test(value_codec, survives_damage_of_any_byte)
{
    text_clear(&text);
    value_encode(&text, store, everything());
    for (size_t i = 0; i < text.length; i++) {
        for (int bit = 0; bit < 8; bit++) {
            bool failed = false;
            text.bytes[i] = (char)(text.bytes[i] ^ 1 << bit);
            (void)decode(text.bytes, text.length, &failed);
            text.bytes[i] = (char)(text.bytes[i] ^ 1 << bit);
        }
    }
}

Test(value_codec, runs_out_of_memory)
{
    text_clear(&text);
    value_encode(&text, store, everything());
    for (unsigned long long n = 1; n < 40; n++) {
        struct memory little;
        memory_init(&little, SIZE_MAX);
        struct value_store *other = value_store_create(&little);
        little.fail_at = atomic_load(&little.requests) + n;
        struct byte_reader reader = {.next = text.bytes, .left = text.length};
        const struct value value = value_decode(other, &reader);
        cr_assert_eq(value_is_none(value), reader.failed || value_store_failed(other));
        value_store_destroy(other);
        cr_assert_eq(little.used, 0);
    }
}
