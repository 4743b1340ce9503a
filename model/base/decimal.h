/* DynamoDB's decimal numbers: 38 significant digits, magnitude 1E-130 to 9.99...E+125, and zero.
 *
 * Source: DynamoDB developer guide, "Supported data types": Number. Inexact or overflowing results
 * are rejected by DynamoDB, never rounded.
 *
 * Invariant (canonical form): the coefficient has no trailing zero digit; zero is {0, 0, false}.
 * So equal numbers are equal structs, field by field. */
#ifndef ONCECHECK_MODEL_BASE_DECIMAL_H
#define ONCECHECK_MODEL_BASE_DECIMAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

__extension__ typedef unsigned __int128 uint128;

enum {
    DECIMAL_DIGITS_MAX = 38,
    DECIMAL_EXPONENT_MAX = 125,  /* of the leading digit: 9.99...E+125 */
    DECIMAL_EXPONENT_MIN = -130, /* of the leading digit: 1E-130 */
    DECIMAL_TEXT_SIZE = 192      /* enough for decimal_text */
};

struct decimal {
    uint128 coefficient; /* below 10^38 */
    int32_t exponent;    /* value = coefficient * 10^exponent */
    bool negative;
};

enum decimal_status {
    DECIMAL_OK,
    DECIMAL_SYNTAX,    /* not a number */
    DECIMAL_PRECISION, /* more than 38 significant digits (trailing and leading zeros do not count)
                        */
    DECIMAL_OVERFLOW,  /* magnitude above 9.99...E+125 */
    DECIMAL_UNDERFLOW  /* magnitude below 1E-130 */
};

/* On any status but DECIMAL_OK, here and below, the result is untouched. */

/* [+-] digits [. digits] [(e|E) [+-] digits]; ".5" and "5." are accepted, as by DynamoDB; blanks
 * are not, nor infinity and NaN. The whole of `length` bytes must match. */
enum decimal_status decimal_parse(const char *text, size_t length, struct decimal *result);

struct decimal decimal_from_integer(int64_t integer);

/* True and *integer set if the number is an integer that fits. */
bool decimal_to_integer(const struct decimal *decimal, int64_t *integer);

double decimal_to_double(const struct decimal *decimal); /* correctly rounded */

/* Exact or refused. The result may be one of the operands. Of several reasons to refuse, overflow
 * and underflow are told before precision. */
enum decimal_status decimal_add(const struct decimal *a, const struct decimal *b,
                                struct decimal *sum);
enum decimal_status decimal_subtract(const struct decimal *a, const struct decimal *b,
                                     struct decimal *difference);
int decimal_compare(const struct decimal *a, const struct decimal *b); /* <0, 0, >0 */
bool decimal_is_integer(const struct decimal *decimal);

/* The text DynamoDB answers with: plain digits without exponent ("100", "0.001", "-12.5", up to
 * 126 digits before or 167 after the point). Returns the length without the NUL. */
size_t decimal_text(const struct decimal *decimal, char text[DECIMAL_TEXT_SIZE]);

#endif
