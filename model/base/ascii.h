/* Characters of ASCII. The locale must not matter, so no ctype. */
#ifndef ONCECHECK_MODEL_BASE_ASCII_H
#define ONCECHECK_MODEL_BASE_ASCII_H

#include <stdbool.h>

static inline bool ascii_is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static inline bool ascii_is_digit(char c) { return c >= '0' && c <= '9'; }

static inline bool ascii_is_alphanumeric(char c) { return ascii_is_letter(c) || ascii_is_digit(c); }

/* Other characters stay as they are. */
static inline char ascii_upper(char c) { return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c; }

#endif
