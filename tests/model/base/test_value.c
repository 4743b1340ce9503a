#include "model/base/value.h"

#include "model/base/random.h"

#include <criterion/criterion.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct memory memory;
static struct value_store *store;

static void set_up(void)
{
    memory_init(&memory, SIZE_MAX);
    store = value_store_create(&memory);
    cr_assert_not_null(store);
}

static void tear_down(void)
{
    value_store_destroy(store);
    cr_assert_eq(memory.used, 0);
}

TestSuite(value, .init = set_up, .fini = tear_down);

static struct value number(const char *text)
{
    struct decimal decimal;
    cr_assert_eq(decimal_parse(text, strlen(text), &decimal), DECIMAL_OK);
    return value_number(store, &decimal);
}

static struct value integers(int64_t first, int64_t last)
{
    struct value list = value_list(store, NULL, 0);
    for (int64_t i = first; i <= last; i++)
        list = value_append(store, list, value_integer(store, i));
    return list;
}

static int sign(int order) { return (order > 0) - (order < 0); }

Test(value, equal_scalars_have_equal_ids)
{
    struct value scalars[] = {
        value_null(store),          value_bool(store, false),   value_bool(store, true),
        value_integer(store, 0),    value_integer(store, 1),    value_text(store, ""),
        value_text(store, "a"),     value_text(store, "ab"),    value_string(store, "a\0b", 3),
        value_binary(store, "", 0), value_binary(store, "a", 1)};
    size_t count = sizeof scalars / sizeof scalars[0];
    cr_assert_eq(value_store_count(store), count);
    struct value again[] = {value_null(store),
                            value_bool(store, false),
                            value_bool(store, true),
                            number("-0.00"),
                            number("1.0"),
                            value_string(store, NULL, 0),
                            value_format(store, "%c", 'a'),
                            value_string(store, "abc", 2),
                            value_string(store, "a\0b", 3),
                            value_binary(store, NULL, 0),
                            value_binary(store, "ab", 1)};
    cr_assert_eq(value_store_count(store), count);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            cr_assert_eq(value_equal(scalars[i], again[j]), i == j);
            cr_assert_eq(hash128_equal(value_hash(store, scalars[i]), value_hash(store, again[j])),
                         i == j);
        }
    }
}

Test(value, scalars_can_be_read_back)
{
    cr_assert_eq(value_kind(store, value_null(store)), VALUE_NULL);
    cr_assert(value_truth(store, value_bool(store, true)));
    cr_assert_not(value_truth(store, value_bool(store, false)));

    const struct decimal *decimal = value_decimal(store, number("-12.5"));
    cr_assert(decimal->coefficient == 125 && decimal->exponent == -1 && decimal->negative);
    int64_t integer = 0;
    cr_assert(value_to_integer(store, value_integer(store, INT64_MIN), &integer));
    cr_assert_eq(integer, INT64_MIN);
    cr_assert_not(value_to_integer(store, number("0.5"), &integer));
    cr_assert_not(value_to_integer(store, value_text(store, "1"), &integer));

    size_t length = 0;
    const char *bytes = value_bytes(store, value_string(store, "a\0b", 3), &length);
    cr_assert_eq(length, 3);
    cr_assert_eq(memcmp(bytes, "a\0b", 4), 0);
    cr_assert_str_eq(value_bytes(store, value_binary(store, "xyz", 2), NULL), "xy");
    cr_assert(value_is_text(store, value_text(store, "abc"), "abc"));
    cr_assert_not(value_is_text(store, value_text(store, "abc"), "ab"));
    cr_assert_not(value_is_text(store, value_string(store, "ab\0", 3), "ab"));
    cr_assert_not(value_is_text(store, value_binary(store, "abc", 3), "abc"));
}

Test(value, formats_texts_of_any_length)
{
    cr_assert(value_is_text(store, value_format(store, "%d-%s", 7, "x"), "7-x"));
    for (int length = 250; length < 260; length++) {
        struct value v = value_format(store, "%*d", length, 1);
        size_t actual = 0;
        cr_assert_eq(value_bytes(store, v, &actual)[length - 1], '1');
        cr_assert_eq(actual, (size_t)length);
    }
}

Test(value, pointers_stay_valid)
{
    const char *bytes = value_bytes(store, value_text(store, "first"), NULL);
    const struct decimal *decimal = value_decimal(store, value_integer(store, 77));
    for (int i = 0; i < 100000; i++)
        value_format(store, "another %d", i);
    cr_assert_str_eq(bytes, "first");
    cr_assert(decimal->coefficient == 77);
    cr_assert_eq(value_store_count(store), 100002);
    cr_assert_eq(value_store_bytes(store), memory.used);
}

Test(value, lists)
{
    struct value parts[] = {value_integer(store, 1), value_text(store, "b"), value_null(store)};
    struct value list = value_list(store, parts, 3);
    cr_assert_eq(value_kind(store, list), VALUE_LIST);
    cr_assert_eq(value_count(store, list), 3);
    for (size_t i = 0; i < 3; i++)
        cr_assert(value_equal(value_at(store, list, i), parts[i]));

    struct value grown = value_list(store, NULL, 0);
    cr_assert_eq(value_count(store, grown), 0);
    for (size_t i = 0; i < 3; i++)
        grown = value_append(store, grown, parts[i]);
    cr_assert(value_equal(grown, list));

    struct value replaced = value_replace_at(store, list, 1, parts[0]);
    cr_assert(value_equal(value_at(store, replaced, 1), parts[0]));
    cr_assert(value_equal(value_at(store, list, 1), parts[1]));
    cr_assert(value_equal(value_replace_at(store, replaced, 1, parts[1]), list));
    cr_assert(value_equal(value_slice(store, list, 0, 3), list));
    cr_assert(value_equal(value_slice(store, list, 1, 2), value_list(store, parts + 1, 2)));
    cr_assert(value_equal(value_slice(store, list, 3, 0), value_list(store, NULL, 0)));
}

/* Sizes around every boundary of the inner representation. */
Test(value, long_lists_are_the_same_however_they_are_made)
{
    static const int64_t sizes[] = {63, 64, 65, 127, 128, 129, 130, 191, 192, 193, 1000};
    struct value elements[1000];
    for (int64_t i = 0; i < 1000; i++)
        elements[i] = value_integer(store, i);
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        size_t size = (size_t)sizes[s];
        struct value list = value_list(store, elements, size);
        cr_assert_eq(value_count(store, list), size);
        cr_assert(value_equal(list, integers(0, sizes[s] - 1)));
        for (size_t i = 0; i < size; i++)
            cr_assert(value_equal(value_at(store, list, i), elements[i]));
        for (size_t i = 0; i < size; i += 21) {
            struct value changed = value_replace_at(store, list, i, elements[999]);
            cr_assert_eq(value_equal(changed, list), i == 999);
            cr_assert(value_equal(value_at(store, changed, i), elements[999]));
            cr_assert(value_equal(value_replace_at(store, changed, i, elements[i]), list));
            cr_assert(value_equal(value_slice(store, list, i, size - i),
                                  value_list(store, elements + i, size - i)));
            cr_assert(value_equal(value_slice(store, list, 0, i), value_list(store, elements, i)));
        }
    }
}

Test(value, appending_to_a_long_list_shares_the_rest)
{
    struct value list = integers(1, 20000);
    size_t bytes = value_store_bytes(store);
    for (int64_t i = 20001; i <= 20100; i++)
        list = value_append(store, list, value_integer(store, i));
    /* Flat lists would take 100 times 80 kB. */
    cr_assert_lt(value_store_bytes(store) - bytes, 2U << 20);
    cr_assert(value_equal(value_at(store, list, 20099), value_integer(store, 20100)));
}

Test(value, maps_are_sorted_and_the_last_entry_wins)
{
    struct value one = value_integer(store, 1);
    struct value two = value_integer(store, 2);
    struct value_entry entries[] = {{value_text(store, "b"), one},
                                    {value_text(store, "a"), one},
                                    {value_text(store, "ab"), two},
                                    {value_text(store, "b"), two},
                                    {value_integer(store, 9), one}};
    struct value map = value_map(store, entries, 5);
    cr_assert_eq(value_count(store, map), 4);
    cr_assert(value_equal(value_key_at(store, map, 0), value_integer(store, 9)));
    cr_assert(value_is_text(store, value_key_at(store, map, 1), "a"));
    cr_assert(value_is_text(store, value_key_at(store, map, 2), "ab"));
    cr_assert(value_is_text(store, value_key_at(store, map, 3), "b"));
    cr_assert(value_equal(value_value_at(store, map, 3), two));
    cr_assert(value_equal(value_get_text(store, map, "b"), two));
    cr_assert(value_equal(value_get(store, map, value_integer(store, 9)), one));
    cr_assert(value_is_none(value_get_text(store, map, "c")));
    cr_assert(value_is_none(value_get_text(store, map, "never seen")));
    cr_assert(value_is_none(value_get(store, map, two)));

    struct value put = value_map(store, NULL, 0);
    for (size_t i = 0; i < 5; i++)
        put = value_put(store, put, entries[i].key, entries[i].value);
    cr_assert(value_equal(put, map));
    cr_assert(value_equal(value_put_text(store, map, "b", two), map));
    put = value_remove(store, put, value_text(store, "ab"));
    cr_assert_eq(value_count(store, put), 3);
    cr_assert(value_equal(value_remove(store, put, value_text(store, "ab")), put));
    cr_assert(value_equal(value_put_text(store, put, "ab", two), map));
}

Test(value, a_member_has_the_kind_asked_for)
{
    struct value_entry entry = {.key = value_text(store, "a"), .value = value_integer(store, 1)};
    struct value map = value_map(store, &entry, 1);
    cr_assert(value_equal(value_member(store, map, "a", VALUE_NUMBER), entry.value));
    cr_assert(value_is_none(value_member(store, map, "a", VALUE_STRING)));
    cr_assert(value_is_none(value_member(store, map, "b", VALUE_NUMBER)));
    cr_assert(value_is_none(value_member(store, entry.value, "a", VALUE_NUMBER)));
    cr_assert(value_is_none(value_member(store, VALUE_NONE, "a", VALUE_NUMBER)));
}

Test(value, sets_are_sorted_and_unique)
{
    struct value elements[] = {number("10"), number("9.5"), number("-3"), number("10.0")};
    struct value set = value_set(store, VALUE_NUMBER_SET, elements, 4);
    cr_assert_eq(value_kind(store, set), VALUE_NUMBER_SET);
    cr_assert_eq(value_count(store, set), 3);
    cr_assert(value_equal(value_at(store, set, 0), elements[2]));
    cr_assert(value_equal(value_at(store, set, 1), elements[1]));
    cr_assert(value_equal(value_at(store, set, 2), elements[0]));
    struct value sorted[] = {elements[2], elements[1], elements[0]};
    cr_assert(value_equal(value_set(store, VALUE_NUMBER_SET, sorted, 3), set));
    cr_assert_not(value_equal(value_list(store, sorted, 3), set));
    cr_assert_eq(value_count(store, value_set(store, VALUE_STRING_SET, NULL, 0)), 0);
}

Test(value, a_set_of_the_wrong_kind_is_a_bug, .signal = SIGABRT)
{
    struct value element = value_integer(store, 1);
    value_set(store, VALUE_STRING_SET, &element, 1);
}

Test(value, reading_the_wrong_kind_is_a_bug, .signal = SIGABRT)
{
    value_decimal(store, value_text(store, "1"));
}

Test(value, reading_beyond_the_end_is_a_bug, .signal = SIGABRT)
{
    value_at(store, integers(1, 3), 3);
}

Test(value, reading_none_is_a_bug, .signal = SIGABRT) { value_kind(store, VALUE_NONE); }

static struct value nest(unsigned depth)
{
    struct value v = value_null(store);
    for (unsigned i = 0; i < depth; i++)
        v = value_list(store, &v, 1);
    return v;
}

Test(value, nesting_is_bounded)
{
    struct value deep = nest(VALUE_DEPTH_MAX);
    struct value other = value_bool(store, true);
    for (unsigned i = 0; i < VALUE_DEPTH_MAX; i++)
        other = value_list(store, &other, 1);
    cr_assert_lt(value_compare(store, deep, other), 0);
}

Test(value, deeper_nesting_is_a_bug, .signal = SIGABRT) { nest(VALUE_DEPTH_MAX + 1); }

/* In ascending order. */
static size_t make_ordered(struct value *values)
{
    struct value a = value_text(store, "a");
    struct value b = value_text(store, "b");
    struct value ab[] = {a, b};
    struct value ba[] = {b, a};
    struct value_entry a_to_a[] = {{a, a}};
    struct value_entry a_to_b[] = {{a, b}};
    struct value_entry a_to_b_and_b[] = {{a, b}, {b, a}};
    struct value_entry b_to_a[] = {{b, a}};
    struct value ordered[] = {
        value_null(store),
        value_bool(store, false),
        value_bool(store, true),
        number("-1e10"),
        number("-0.5"),
        number("0"),
        number("9"),
        number("10"),
        value_text(store, ""),
        a,
        value_text(store, "aa"),
        b,
        value_text(store, "\xc3\xa9"),
        value_binary(store, "\0", 1),
        value_binary(store, "a", 1),
        value_list(store, NULL, 0),
        value_list(store, ab, 1),
        value_list(store, ab, 2),
        value_list(store, ba, 1),
        integers(1, 0 + 300),
        value_map(store, NULL, 0),
        value_map(store, a_to_a, 1),
        value_map(store, a_to_b, 1),
        value_map(store, a_to_b_and_b, 2),
        value_map(store, b_to_a, 1),
        value_set(store, VALUE_STRING_SET, ab, 1),
        value_set(store, VALUE_STRING_SET, ab, 2),
        value_set(store, VALUE_STRING_SET, ba, 1),
    };
    /* Numbers come before strings: the long list belongs in front of those of strings. */
    struct value long_list = ordered[19];
    memmove(&ordered[17], &ordered[16], 3 * sizeof *ordered);
    ordered[16] = long_list;
    memcpy(values, ordered, sizeof ordered);
    return sizeof ordered / sizeof ordered[0];
}

Test(value, content_order_is_total)
{
    struct value values[40];
    size_t count = make_ordered(values);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < count; j++) {
            cr_assert_eq(sign(value_compare(store, values[i], values[j])), (i > j) - (i < j),
                         "%zu and %zu", i, j);
        }
    }
}

Test(value, long_lists_and_maps_are_compared_by_content)
{
    struct value list = integers(0, 499);
    for (size_t i = 0; i < 500; i += 31) {
        struct value larger = value_replace_at(store, list, i, value_integer(store, 1000));
        cr_assert_lt(value_compare(store, list, larger), 0);
        cr_assert_gt(value_compare(store, larger, list), 0);
        struct value shorter = value_slice(store, list, 0, i);
        cr_assert_gt(value_compare(store, list, shorter), 0);
        cr_assert_lt(value_compare(store, shorter, larger), 0);
    }
    struct value map = value_map(store, NULL, 0);
    for (int64_t i = 0; i < 500; i++)
        map = value_put(store, map, value_integer(store, i), value_null(store));
    for (int64_t i = 0; i < 500; i += 31) {
        struct value key = value_integer(store, i);
        struct value larger = value_put(store, map, key, value_bool(store, true));
        cr_assert_lt(value_compare(store, map, larger), 0);
        /* Without the key, the next one stands in its place. */
        struct value without = value_remove(store, map, key);
        cr_assert_lt(value_compare(store, map, without), 0);
        cr_assert_gt(value_compare(store, without, larger), 0);
    }
}

Test(value, hashes_depend_on_contents_only)
{
    struct memory other_memory;
    memory_init(&other_memory, SIZE_MAX);
    struct value_store *mine = store;
    struct value here[40];
    struct value there[40];
    size_t count = make_ordered(here);
    store = value_store_create(&other_memory);
    for (int i = 0; i < 1000; i++)
        value_integer(store, 5000 - i);
    make_ordered(there);
    for (size_t i = 0; i < count; i++) {
        cr_assert_neq(here[i].id, there[i].id);
        cr_assert(hash128_equal(value_hash(mine, here[i]), value_hash(store, there[i])));
    }
    value_store_destroy(store);
    cr_assert_eq(other_memory.used, 0);
    store = mine;
}

/* Content hashes are kept in files: a change of these values invalidates them. */
Test(value, hashes_are_stable)
{
    struct value_entry entries[] = {{value_text(store, "k"), number("-12.5")},
                                    {value_text(store, "l"), integers(1, 200)}};
    char text[HASH128_TEXT_SIZE];
    cr_assert_str_eq(hash128_text(value_hash(store, value_map(store, entries, 2)), text),
                     "dbcde1aa61f18f848a76c8a13f1e0d97");
}

enum { KEYS = 700 };

struct reference {
    struct value keys[KEYS];
    struct value values[KEYS]; /* VALUE_NONE: not in the map */
    size_t count;
};

static struct value build(const struct reference *reference)
{
    struct value_entry entries[KEYS];
    size_t count = 0;
    for (size_t i = 0; i < KEYS; i++) {
        size_t k = (i * 333 + 5) % KEYS; /* not in order */
        if (!value_is_none(reference->values[k])) {
            entries[count].key = reference->keys[k];
            entries[count++].value = reference->values[k];
        }
    }
    return value_map(store, entries, count);
}

static void check_against(struct value map, const struct reference *reference)
{
    cr_assert_eq(value_count(store, map), reference->count);
    cr_assert(value_equal(map, build(reference)));
    size_t index = 0;
    for (size_t k = 0; k < KEYS; k++) {
        struct value expected = reference->values[k];
        cr_assert(value_equal(value_get(store, map, reference->keys[k]), expected));
        if (value_is_none(expected))
            continue;
        cr_assert(value_equal(value_key_at(store, map, index), reference->keys[k]));
        cr_assert(value_equal(value_value_at(store, map, index), expected));
        index++;
    }
}

/* Grow and shrink through every size, so that chunks come, go, split and join. */
Test(value, maps_are_the_same_however_they_are_made)
{
    struct random random;
    random_init(&random, 1, 1);
    struct reference reference = {.count = 0};
    for (int i = 0; i < KEYS; i++)
        reference.keys[i] = value_format(store, "key %04d", i);
    struct value map = value_map(store, NULL, 0);
    for (uint32_t step = 0; step < 12000; step++) {
        uint32_t k = random_below(&random, KEYS);
        bool shrinking = step / 3000 % 2 == 1;
        if (random_below(&random, 10) < (shrinking ? 8U : 2U)) {
            reference.count -= !value_is_none(reference.values[k]);
            reference.values[k] = VALUE_NONE;
            map = value_remove(store, map, reference.keys[k]);
        } else {
            reference.count += value_is_none(reference.values[k]);
            reference.values[k] = value_integer(store, random_below(&random, 3));
            map = value_put(store, map, reference.keys[k], reference.values[k]);
        }
        if (step % 37 == 0 || (reference.count > 120 && reference.count < 135))
            cr_assert(value_equal(map, build(&reference)), "step %u", step);
        if (step % 499 == 0)
            check_against(map, &reference);
    }
    for (size_t k = 0; k < KEYS; k++) { /* from the front: first chunks go */
        map = value_remove(store, map, reference.keys[k]);
        reference.count -= !value_is_none(reference.values[k]);
        reference.values[k] = VALUE_NONE;
        cr_assert(value_equal(map, build(&reference)));
    }
    cr_assert_eq(value_count(store, map), 0);
}

Test(value, putting_into_a_large_map_shares_the_rest)
{
    struct value_entry *entries = malloc(20000 * sizeof *entries);
    cr_assert_not_null(entries);
    for (int64_t i = 0; i < 20000; i++)
        entries[i] = (struct value_entry){value_format(store, "%05d", (int)i), value_null(store)};
    struct value map = value_map(store, entries, 20000);
    free(entries);
    size_t bytes = value_store_bytes(store);
    for (int i = 0; i < 100; i++)
        map = value_put(store, map, value_format(store, "%05d", i * 199), value_bool(store, true));
    /* Flat maps would take 100 times 160 kB. */
    cr_assert_lt(value_store_bytes(store) - bytes, 2U << 20);
    cr_assert_eq(value_count(store, map), 20000);
}

Test(value, none_as_a_part_gives_none)
{
    struct value list = integers(1, 3);
    struct value key = value_text(store, "k");
    struct value map = value_put(store, value_map(store, NULL, 0), key, list);
    struct value parts[] = {list, VALUE_NONE};
    struct value_entry entries[] = {{key, VALUE_NONE}, {key, list}};
    struct value none = VALUE_NONE;
    cr_assert(value_is_none(value_list(store, parts, 2)));
    cr_assert(value_is_none(value_map(store, entries, 2)));
    cr_assert(value_is_none(value_set(store, VALUE_STRING_SET, parts, 2)));
    cr_assert(value_is_none(value_append(store, none, key)));
    cr_assert(value_is_none(value_append(store, list, none)));
    cr_assert(value_is_none(value_slice(store, none, 0, 0)));
    cr_assert(value_is_none(value_replace_at(store, none, 0, key)));
    cr_assert(value_is_none(value_replace_at(store, list, 0, none)));
    cr_assert(value_is_none(value_put(store, none, key, key)));
    cr_assert(value_is_none(value_put(store, map, none, key)));
    cr_assert(value_is_none(value_put(store, map, key, none)));
    cr_assert(value_is_none(value_put_text(store, none, "k", key)));
    cr_assert(value_is_none(value_remove(store, none, key)));
    cr_assert(value_is_none(value_remove(store, map, none)));
    cr_assert(value_is_none(value_get(store, map, none)));
    cr_assert_not(value_store_failed(store));
}

/* Everything that allocates, with enough values to let every array grow. VALUE_NONE if something
 * failed. */
static struct value exercise(struct value_store *s)
{
    struct value list = value_list(s, NULL, 0);
    struct value map = value_map(s, NULL, 0);
    for (int i = 0; i < 300; i++) {
        struct value text = value_format(s, "%d%*s", i, i % 20 == 0 ? 300 : 0, "");
        list = value_append(s, list, text);
        map = value_put(s, map, value_integer(s, (i * 7) % 300), text);
    }
    struct value parts[1000];
    for (int i = 0; i < 1000; i++)
        parts[i] = value_integer(s, i * i % 1009);
    struct value set = value_set(s, VALUE_NUMBER_SET, parts, 1000);
    for (int i = 0; i < 200; i++)
        map = value_remove(s, map, value_integer(s, i));
    struct value all[] = {list, map, set, value_slice(s, list, 10, 200), value_null(s)};
    return value_list(s, all, 5);
}

Test(value, every_failing_allocation_is_survived)
{
    struct value expected = exercise(store);
    cr_assert_not(value_is_none(expected));
    cr_assert_not(value_store_failed(store));
    struct hash128 hash = value_hash(store, expected);

    unsigned long long n = 1;
    for (;; n++) {
        struct memory scarce;
        memory_init(&scarce, SIZE_MAX);
        scarce.fail_at = n;
        struct value_store *s = value_store_create(&scarce);
        if (s == NULL) {
            cr_assert_eq(scarce.used, 0);
            continue;
        }
        struct value result = exercise(s);
        bool reached = scarce.requests >= n;
        cr_assert_eq(value_store_failed(s), reached);
        /* Once memory is there again, the store is as good as before. */
        if (reached)
            result = exercise(s);
        cr_assert(hash128_equal(value_hash(s, result), hash));
        cr_assert_eq(value_store_failed(s), reached);
        value_store_destroy(s);
        cr_assert_eq(scarce.used, 0);
        if (!reached)
            break;
    }
    cr_assert_gt(n, 20);
}

Test(value, a_memory_limit_is_a_failure)
{
    struct memory small;
    memory_init(&small, 200000);
    struct value_store *s = value_store_create(&small);
    struct value v = value_null(s);
    for (int i = 0; i < 100000 && !value_is_none(v); i++)
        v = value_format(s, "value %d", i);
    cr_assert(value_is_none(v));
    cr_assert(value_store_failed(s));
    cr_assert_leq(small.peak, 200000);
    cr_assert(value_is_text(s, value_format(s, "value %d", 7), "value 7"));
    value_store_destroy(s);
}
