#include "model/handlers/python_sums.h"

#include "model/base/json.h"
#include "model/handlers/python_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { CAPACITY_FIRST = 32 };

void python_sums_init(struct python_sums *sums, struct arena *arena)
{
    *sums = (struct python_sums){.arena = arena};
}

static bool grow(struct python_sums *sums)
{
    const size_t capacity = sums->capacity == 0 ? CAPACITY_FIRST : sums->capacity * 2;
    struct python_sum *grown = arena_allocate_array(sums->arena, capacity, sizeof *grown);
    if (grown == NULL)
        return false;
    if (sums->count > 0)
        memcpy(grown, sums->sums, sums->count * sizeof *grown);
    sums->sums = grown;
    sums->capacity = capacity;
    return true;
}

/* The entry of a key, made with the int 0 if it is new; NULL: no memory. The tree of the workshop
 * has 18 nodes, so a linear search is enough. */
static struct python_sum *find_or_add(struct python_sums *sums, const char *key, size_t key_length)
{
    for (size_t i = 0; i < sums->count; i++) {
        struct python_sum *sum = &sums->sums[i];
        if (sum->key_length == key_length && memcmp(sum->key, key, key_length) == 0)
            return sum;
    }
    if (sums->count == sums->capacity && !grow(sums))
        return NULL;
    const char *copy = arena_copy(sums->arena, key, key_length);
    if (copy == NULL)
        return NULL;
    struct python_sum *sum = &sums->sums[sums->count++];
    *sum = (struct python_sum){.key = copy, .key_length = key_length};
    return sum;
}

bool python_sums_add_float(struct python_sums *sums, const char *key, size_t key_length,
                           double number)
{
    struct python_sum *sum = find_or_add(sums, key, key_length);
    if (sum == NULL)
        return false;
    sum->number = (sum->is_float ? sum->number : (double)sum->integer) + number;
    sum->is_float = true;
    return true;
}

bool python_sums_add_integer(struct python_sums *sums, const char *key, size_t key_length,
                             int64_t number)
{
    struct python_sum *sum = find_or_add(sums, key, key_length);
    if (sum == NULL)
        return false;
    if (sum->is_float) {
        sum->number += (double)number;
        return true;
    }
    return !__builtin_add_overflow(sum->integer, number, &sum->integer);
}

void python_sum_append(struct text *text, const struct python_sum *sum)
{
    char digits[JSON_DOUBLE_TEXT_SIZE];
    if (!sum->is_float) {
        text_append_format(text, "%" PRId64, sum->integer);
        return;
    }
    const size_t length = json_double_text(sum->number, digits);
    text_append(text, digits, length);
}

static int compare_keys(const void *a, const void *b)
{
    const struct python_sum *left = a;
    const struct python_sum *right = b;
    const size_t shorter =
        left->key_length < right->key_length ? left->key_length : right->key_length;
    const int order = memcmp(left->key, right->key, shorter);
    if (order != 0)
        return order;
    return (left->key_length > right->key_length) - (left->key_length < right->key_length);
}

void python_sums_dumps_append(struct text *text, struct python_sums *sums)
{
    if (sums->count > 1)
        qsort(sums->sums, sums->count, sizeof *sums->sums, compare_keys);
    text_append_char(text, '{');
    for (size_t i = 0; i < sums->count; i++) {
        if (i > 0)
            text_append_string(text, ", ");
        python_dumps_string_append(text, sums->sums[i].key, sums->sums[i].key_length);
        text_append_string(text, ": ");
        python_sum_append(text, &sums->sums[i]);
    }
    text_append_char(text, '}');
}
