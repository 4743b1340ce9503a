#include "model/base/decimal.h"

#include "model/base/error.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    POWERS_64 = 20, /* 10^0 .. 10^19 fit into 64 bits */
    EXPONENT_WRITTEN_MAX = 100000000,
    DOUBLE_POWER_MAX = 22 /* 10^22 is the largest power of ten that is exact in a double */
};

static uint128 power_of_ten(int exponent)
{
    static const uint64_t powers[POWERS_64] = {
        1U,
        10U,
        100U,
        1000U,
        10000U,
        100000U,
        1000000U,
        10000000U,
        100000000U,
        1000000000U,
        10000000000U,
        100000000000U,
        1000000000000U,
        10000000000000U,
        100000000000000U,
        1000000000000000U,
        10000000000000000U,
        100000000000000000U,
        1000000000000000000U,
        10000000000000000000U,
    };
    CHECK(exponent >= 0 && exponent <= DECIMAL_DIGITS_MAX);
    if (exponent < POWERS_64)
        return powers[exponent];
    return (uint128)powers[exponent - (POWERS_64 - 1)] * powers[POWERS_64 - 1];
}

/* Digits of a coefficient of at most 39 digits; 0 for 0. */
static int count_digits(uint128 coefficient)
{
    int digits = 0;
    while (digits < DECIMAL_DIGITS_MAX && coefficient >= power_of_ten(digits))
        digits++;
    return coefficient >= power_of_ten(DECIMAL_DIGITS_MAX) ? DECIMAL_DIGITS_MAX + 1 : digits;
}

/* Coefficients mostly fit into 64 bits, where division is many times faster. */
static uint128 strip_zeros(uint128 coefficient, int64_t *exponent)
{
    while (coefficient > UINT64_MAX) {
        if (coefficient % 10 != 0)
            return coefficient;
        coefficient /= 10;
        ++*exponent;
    }
    uint64_t small = (uint64_t)coefficient;
    while (small % 10 == 0) {
        small /= 10;
        ++*exponent;
    }
    return small;
}

/* The number high * 10^38 + low, times 10^exponent, in canonical form. Both are below 2 * 10^38. */
static enum decimal_status finish(uint128 high, uint128 low, int64_t exponent, bool negative,
                                  struct decimal *result)
{
    if (low >= power_of_ten(DECIMAL_DIGITS_MAX)) {
        low -= power_of_ten(DECIMAL_DIGITS_MAX);
        high++;
    }
    if (high == 0 && low == 0) {
        *result = (struct decimal){0};
        return DECIMAL_OK;
    }
    while (high > 0 && low % 10 == 0) {
        low = low / 10 + high % 10 * power_of_ten(DECIMAL_DIGITS_MAX - 1);
        high /= 10;
        exponent++;
    }
    if (high == 0)
        low = strip_zeros(low, &exponent);
    int digits = high > 0 ? count_digits(high) + DECIMAL_DIGITS_MAX : count_digits(low);
    if (exponent + digits - 1 > DECIMAL_EXPONENT_MAX)
        return DECIMAL_OVERFLOW;
    if (exponent + digits - 1 < DECIMAL_EXPONENT_MIN)
        return DECIMAL_UNDERFLOW;
    if (high > 0)
        return DECIMAL_PRECISION;
    *result =
        (struct decimal){.coefficient = low, .exponent = (int32_t)exponent, .negative = negative};
    return DECIMAL_OK;
}

/* What the digits before the exponent amount to. */
struct digits {
    uint128 coefficient; /* of the first 38 significant digits at most */
    int64_t significant; /* digits from the first to the last that is not zero */
    int64_t exponent;    /* of the last digit that is not zero */
    size_t length;       /* characters read */
    bool any;            /* at least one digit was there */
};

static struct digits read_digits(const char *text, size_t length)
{
    struct digits read = {0};
    int64_t zeros = 0;    /* after the last digit that is not zero */
    int64_t fraction = 0; /* digits after the point */
    bool point = false;
    for (; read.length < length; read.length++) {
        char c = text[read.length];
        if (c == '.' && !point) {
            point = true;
            continue;
        }
        if (c < '0' || c > '9')
            break;
        read.any = true;
        fraction += point;
        if (c == '0') {
            zeros++;
            continue;
        }
        int64_t added = read.significant == 0 ? 1 : zeros + 1;
        read.significant += added;
        if (read.significant <= DECIMAL_DIGITS_MAX)
            read.coefficient =
                read.coefficient * power_of_ten((int)added) + (uint128)(unsigned)(c - '0');
        zeros = 0;
    }
    read.exponent = zeros - fraction;
    return read;
}

/* [+-] digits, saturated at EXPONENT_WRITTEN_MAX; false if that is not all there is. */
static bool read_exponent(const char *text, size_t length, int64_t *exponent)
{
    size_t i = 0;
    bool negative = false;
    if (i < length && (text[i] == '+' || text[i] == '-'))
        negative = text[i++] == '-';
    if (i == length)
        return false;
    int64_t magnitude = 0;
    for (; i < length; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        if (magnitude < EXPONENT_WRITTEN_MAX)
            magnitude = magnitude * 10 + (text[i] - '0');
    }
    *exponent = negative ? -magnitude : magnitude;
    return true;
}

enum decimal_status decimal_parse(const char *text, size_t length, struct decimal *result)
{
    size_t i = 0;
    bool negative = false;
    if (i < length && (text[i] == '+' || text[i] == '-'))
        negative = text[i++] == '-';
    struct digits digits = read_digits(text + i, length - i);
    i += digits.length;
    if (!digits.any)
        return DECIMAL_SYNTAX;
    int64_t exponent = 0;
    if (i < length) {
        if (text[i] != 'e' && text[i] != 'E')
            return DECIMAL_SYNTAX;
        i++;
        if (!read_exponent(text + i, length - i, &exponent))
            return DECIMAL_SYNTAX;
    }
    if (digits.significant > DECIMAL_DIGITS_MAX) {
        int64_t leading = digits.exponent + exponent + digits.significant - 1;
        if (leading > DECIMAL_EXPONENT_MAX)
            return DECIMAL_OVERFLOW;
        return leading < DECIMAL_EXPONENT_MIN ? DECIMAL_UNDERFLOW : DECIMAL_PRECISION;
    }
    return finish(0, digits.coefficient, digits.exponent + exponent, negative, result);
}

struct decimal decimal_from_integer(int64_t integer)
{
    struct decimal result;
    uint64_t magnitude = integer < 0 ? -(uint64_t)integer : (uint64_t)integer;
    enum decimal_status status = finish(0, magnitude, 0, integer < 0, &result);
    CHECK(status == DECIMAL_OK);
    return result;
}

bool decimal_is_integer(const struct decimal *decimal) { return decimal->exponent >= 0; }

bool decimal_to_integer(const struct decimal *decimal, int64_t *integer)
{
    if (decimal->exponent < 0 || decimal->exponent + count_digits(decimal->coefficient) > POWERS_64)
        return false;
    uint128 magnitude = decimal->coefficient * power_of_ten(decimal->exponent);
    if (magnitude > (uint128)INT64_MAX + decimal->negative)
        return false;
    uint64_t bits = (uint64_t)magnitude;
    *integer = (int64_t)(decimal->negative ? -bits : bits);
    return true;
}

/* The coefficient's digits, first digit first; returns how many (1 for zero). */
static int write_digits(uint128 coefficient, char digits[DECIMAL_DIGITS_MAX])
{
    int count = coefficient == 0 ? 1 : count_digits(coefficient);
    for (int i = count - 1; i >= 0; i--) {
        digits[i] = (char)('0' + (int)(coefficient % 10));
        coefficient /= 10;
    }
    return count;
}

double decimal_to_double(const struct decimal *decimal)
{
    /* One correctly rounded operation on two exact doubles. */
    if (decimal->coefficient <= (uint64_t)1 << 53 && decimal->exponent >= -DOUBLE_POWER_MAX &&
        decimal->exponent <= 0) {
        double magnitude =
            (double)(uint64_t)decimal->coefficient / (double)power_of_ten(-decimal->exponent);
        return decimal->negative ? -magnitude : magnitude;
    }
    /* No decimal point, so the same in any locale. */
    char digits[DECIMAL_DIGITS_MAX];
    char text[DECIMAL_TEXT_SIZE];
    int count = write_digits(decimal->coefficient, digits);
    snprintf(text, sizeof text, "%s%.*se%d", decimal->negative ? "-" : "", count, digits,
             (int)decimal->exponent);
    return strtod(text, NULL);
}

/* a + b (b's sign flipped where `flip`). Exact: one carry between two limbs of 38 digits. */
static enum decimal_status add(const struct decimal *a, const struct decimal *b, bool flip,
                               struct decimal *sum)
{
    struct decimal large = *a;
    struct decimal small = *b;
    small.negative = small.coefficient != 0 && small.negative != flip;
    if (small.coefficient == 0) {
        *sum = large;
        return DECIMAL_OK;
    }
    if (large.coefficient == 0) {
        *sum = small;
        return DECIMAL_OK;
    }
    if (large.exponent < small.exponent) {
        struct decimal swapped = large;
        large = small;
        small = swapped;
    }
    int shift = large.exponent - small.exponent;
    /* The last digit of the sum is that of `small` and is not zero; the first is at most one place
     * behind the first of `large`. So there are more than 38 places. */
    if (shift > DECIMAL_DIGITS_MAX)
        return DECIMAL_PRECISION;
    uint128 split = power_of_ten(DECIMAL_DIGITS_MAX - shift);
    uint128 high = large.coefficient / split;
    uint128 low = large.coefficient % split * power_of_ten(shift);
    if (large.negative == small.negative)
        return finish(high, low + small.coefficient, small.exponent, large.negative, sum);
    if (high == 0 && low < small.coefficient)
        return finish(0, small.coefficient - low, small.exponent, small.negative, sum);
    if (low < small.coefficient) {
        low += power_of_ten(DECIMAL_DIGITS_MAX);
        high--;
    }
    return finish(high, low - small.coefficient, small.exponent, large.negative, sum);
}

enum decimal_status decimal_add(const struct decimal *a, const struct decimal *b,
                                struct decimal *sum)
{
    return add(a, b, false, sum);
}

enum decimal_status decimal_subtract(const struct decimal *a, const struct decimal *b,
                                     struct decimal *difference)
{
    return add(a, b, true, difference);
}

static int compare_magnitudes(const struct decimal *a, const struct decimal *b)
{
    int digits_a = count_digits(a->coefficient);
    int digits_b = count_digits(b->coefficient);
    int leading_a = a->exponent + digits_a;
    int leading_b = b->exponent + digits_b;
    if (leading_a != leading_b)
        return leading_a < leading_b ? -1 : 1;
    uint128 scaled_a = a->coefficient;
    uint128 scaled_b = b->coefficient;
    if (digits_a < digits_b)
        scaled_a *= power_of_ten(digits_b - digits_a);
    else
        scaled_b *= power_of_ten(digits_a - digits_b);
    return scaled_a == scaled_b ? 0 : scaled_a < scaled_b ? -1 : 1;
}

int decimal_compare(const struct decimal *a, const struct decimal *b)
{
    int sign_a = a->coefficient == 0 ? 0 : a->negative ? -1 : 1;
    int sign_b = b->coefficient == 0 ? 0 : b->negative ? -1 : 1;
    if (sign_a != sign_b)
        return sign_a < sign_b ? -1 : 1;
    if (sign_a == 0)
        return 0;
    return sign_a * compare_magnitudes(a, b);
}

size_t decimal_text(const struct decimal *decimal, char text[DECIMAL_TEXT_SIZE])
{
    char digits[DECIMAL_DIGITS_MAX];
    int count = write_digits(decimal->coefficient, digits);
    int integral = count + decimal->exponent; /* digits before the point; may be negative */
    size_t length = 0;
    if (decimal->negative)
        text[length++] = '-';
    if (integral <= 0)
        text[length++] = '0';
    for (int i = 0; i < integral; i++)
        text[length++] = i < count ? digits[i] : '0';
    if (decimal->exponent < 0) {
        text[length++] = '.';
        for (int i = integral; i < 0; i++)
            text[length++] = '0';
        for (int i = integral > 0 ? integral : 0; i < count; i++)
            text[length++] = digits[i];
    }
    text[length] = '\0';
    return length;
}
