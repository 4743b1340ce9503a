#include "model/handlers/python_text.h"

#include "model/base/error.h"
#include "model/base/json.h"
#include "model/handlers/python_printable.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A NUMBER's digits as text: json_double_text writes at most 17, ints are what the JSON text holds.
 */
enum { DECIMAL_ADJUSTED_MIN = -6 /* below it Decimal writes an exponent */ };

/* The code point at `bytes` (valid UTF-8) and its length. */
static uint32_t utf8_decode(const char *bytes, size_t *length)
{
    const unsigned char lead = (unsigned char)bytes[0];
    if (lead < 0x80) {
        *length = 1;
        return lead;
    }
    *length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    uint32_t code_point = lead & (0xFFu >> (*length + 1));
    for (size_t i = 1; i < *length; i++)
        code_point = code_point << 6 | ((unsigned char)bytes[i] & 0x3Fu);
    return code_point;
}

static void append_escaped(struct text *text, uint32_t code_point)
{
    switch (code_point) {
    case '\t':
        text_append_string(text, "\\t");
        return;
    case '\n':
        text_append_string(text, "\\n");
        return;
    case '\r':
        text_append_string(text, "\\r");
        return;
    default:
        break;
    }
    if (code_point <= 0xFF)
        text_append_format(text, "\\x%02x", (unsigned)code_point);
    else if (code_point <= 0xFFFF)
        text_append_format(text, "\\u%04x", (unsigned)code_point);
    else
        text_append_format(text, "\\U%08x", (unsigned)code_point);
}

/* In single quotation marks, or in double ones where only that saves an escape. */
static void append_string_repr(struct text *text, const char *bytes, size_t length)
{
    const bool has_single = memchr(bytes, '\'', length) != NULL;
    const char quote = has_single && memchr(bytes, '"', length) == NULL ? '"' : '\'';
    text_append_char(text, quote);
    size_t step = 0;
    for (size_t i = 0; i < length; i += step) {
        step = text_plain_length(bytes + i, length - i);
        if (step > 0) {
            text_append(text, bytes + i, step);
            continue;
        }
        const uint32_t code_point = utf8_decode(bytes + i, &step);
        if (code_point == (unsigned char)quote || code_point == '\\') {
            text_append_char(text, '\\');
            text_append_char(text, (char)code_point);
        } else if (python_is_printable(code_point)) {
            text_append(text, bytes + i, step);
        } else {
            append_escaped(text, code_point);
        }
    }
    text_append_char(text, quote);
}

static void append_float(struct text *text, double number)
{
    char digits[JSON_DOUBLE_TEXT_SIZE];
    const size_t length = json_double_text(number, digits);
    text_append(text, digits, length);
}

/* NOLINTNEXTLINE(misc-no-recursion): at most PYTHON_DEPTH_MAX deep */
void python_repr_append(struct text *text, const struct python_value *value)
{
    switch (value->kind) {
    case PYTHON_NONE:
        text_append_string(text, "None");
        break;
    case PYTHON_BOOL:
        text_append_string(text, value->truth ? "True" : "False");
        break;
    case PYTHON_INT:
        text_append(text, value->bytes, value->length);
        break;
    case PYTHON_FLOAT:
        append_float(text, value->number);
        break;
    case PYTHON_STR:
        append_string_repr(text, value->bytes, value->length);
        break;
    case PYTHON_LIST:
    case PYTHON_DICT:
        text_append_char(text, value->kind == PYTHON_LIST ? '[' : '{');
        for (const struct python_item *item = value->first; item != NULL; item = item->next) {
            if (item != value->first)
                text_append_string(text, ", ");
            if (value->kind == PYTHON_DICT) {
                append_string_repr(text, item->key, item->key_length);
                text_append_string(text, ": ");
            }
            python_repr_append(text, &item->value);
        }
        text_append_char(text, value->kind == PYTHON_LIST ? ']' : '}');
        break;
    }
}

/* The string that begins at json[i], a quotation mark; returns the place behind it, or 0. */
static size_t transcribe_string(struct text *text, const char *json, size_t i, size_t length)
{
    text_append_char(text, '\'');
    for (i++; i < length;) {
        const size_t run = text_plain_length(json + i, length - i);
        text_append(text, json + i, run);
        i += run;
        if (i < length && json[i] == '"') {
            text_append_char(text, '\'');
            return i + 1;
        }
        if (i + 1 >= length || json[i] != '\\' || (json[i + 1] != '"' && json[i + 1] != '\\'))
            return 0;
        /* repr escapes a backslash too, and not the quotation mark that it does not use */
        text_append(text, json + i + (json[i + 1] == '"' ? 1 : 0), json[i + 1] == '"' ? 1 : 2);
        i += 2;
    }
    return 0;
}

/* The number that begins at json[i]; returns the place behind it, or 0. */
static size_t transcribe_number(struct text *text, const char *json, size_t i, size_t length)
{
    const size_t digits = strspn(json + i, "-0123456789");
    const size_t all = strspn(json + i, "-+.eE0123456789");
    if (all == 0 || i + all > length || (all == 2 && json[i] == '-' && json[i + 1] == '0'))
        return 0;
    if (digits == all)
        text_append(text, json + i, all);
    else
        append_float(text, strtod(json + i, NULL));
    return i + all;
}

static size_t transcribe_word(struct text *text, const char *json, size_t i, size_t length)
{
    static const char *const words[][2] = {{"true", "True"}, {"false", "False"}, {"null", "None"}};
    for (size_t k = 0; k < sizeof words / sizeof words[0]; k++) {
        const size_t size = strlen(words[k][0]);
        if (length - i >= size && memcmp(json + i, words[k][0], size) == 0) {
            text_append_string(text, words[k][1]);
            return i + size;
        }
    }
    return 0;
}

bool python_transcribe_append(struct text *text, const char *json, size_t length)
{
    const size_t start = text->length;
    size_t i = 0;
    while (i < length) {
        size_t next = i + 1;
        switch (json[i]) {
        case '{':
        case '}':
        case '[':
        case ']':
            text_append_char(text, json[i]);
            break;
        case ',':
        case ':':
            text_append_char(text, json[i]);
            text_append_char(text, ' ');
            break;
        case '"':
            next = transcribe_string(text, json, i, length);
            break;
        case 't':
        case 'f':
        case 'n':
            next = transcribe_word(text, json, i, length);
            break;
        default:
            next = transcribe_number(text, json, i, length);
            break;
        }
        if (next == 0) {
            text->length = start;
            return false;
        }
        i = next;
    }
    return true;
}

void python_dumps_string_append(struct text *text, const char *bytes, size_t length)
{
    static const char escaped[] = "\"\\\n\r\t\b\f";
    static const char names[] = "\"\\nrtbf";
    text_append_char(text, '"');
    size_t step = 0;
    for (size_t i = 0; i < length; i += step) {
        step = text_plain_length(bytes + i, length - i);
        if (step > 0) {
            text_append(text, bytes + i, step);
            continue;
        }
        const uint32_t code_point = utf8_decode(bytes + i, &step);
        const char *found =
            code_point < 0x80 ? memchr(escaped, (int)code_point, sizeof escaped - 1) : NULL;
        if (found != NULL) {
            text_append_char(text, '\\');
            text_append_char(text, names[found - escaped]);
        } else if (code_point >= ' ' && code_point <= '~') {
            text_append_char(text, (char)code_point);
        } else if (code_point <= 0xFFFF) {
            text_append_format(text, "\\u%04x", (unsigned)code_point);
        } else {
            const unsigned above = (unsigned)code_point - 0x10000;
            text_append_format(text, "\\u%04x\\u%04x", 0xD800 + (above >> 10),
                               0xDC00 + (above & 0x3FF));
        }
    }
    text_append_char(text, '"');
}

/* By code points, which is the order of UTF-8 bytes. */
static int compare_keys(const void *a, const void *b)
{
    const struct python_item *left = *(const struct python_item *const *)a;
    const struct python_item *right = *(const struct python_item *const *)b;
    const size_t shorter =
        left->key_length < right->key_length ? left->key_length : right->key_length;
    const int order = memcmp(left->key, right->key, shorter);
    if (order != 0)
        return order;
    return (left->key_length > right->key_length) - (left->key_length < right->key_length);
}

/* The elements of a container: a dict's by key. NULL: no memory. */
static const struct python_item **ordered_items(const struct python_value *container,
                                                struct arena *scratch)
{
    const struct python_item **items =
        arena_allocate_array(scratch, container->count, sizeof *items);
    if (items == NULL)
        return NULL;
    size_t count = 0;
    for (const struct python_item *item = container->first; item != NULL; item = item->next)
        items[count++] = item;
    if (container->kind == PYTHON_DICT && count > 1)
        qsort(items, count, sizeof *items, compare_keys);
    return items;
}

/* NOLINTNEXTLINE(misc-no-recursion): at most PYTHON_DEPTH_MAX deep */
bool python_dumps_append(struct text *text, const struct python_value *value, struct arena *scratch)
{
    switch (value->kind) {
    case PYTHON_NONE:
        text_append_string(text, "null");
        return true;
    case PYTHON_BOOL:
        text_append_string(text, value->truth ? "true" : "false");
        return true;
    case PYTHON_INT:
        text_append(text, value->bytes, value->length);
        return true;
    case PYTHON_FLOAT:
        append_float(text, value->number);
        return true;
    case PYTHON_STR:
        python_dumps_string_append(text, value->bytes, value->length);
        return true;
    case PYTHON_LIST:
    case PYTHON_DICT:
        break;
    }
    const struct python_item **items = ordered_items(value, scratch);
    if (items == NULL)
        return false;
    text_append_char(text, value->kind == PYTHON_LIST ? '[' : '{');
    for (size_t i = 0; i < value->count; i++) {
        if (i > 0)
            text_append_string(text, ", ");
        if (value->kind == PYTHON_DICT) {
            python_dumps_string_append(text, items[i]->key, items[i]->key_length);
            text_append_string(text, ": ");
        }
        if (!python_dumps_append(text, &items[i]->value, scratch))
            return false;
    }
    text_append_char(text, value->kind == PYTHON_LIST ? ']' : '}');
    return true;
}

/* --- Decimal ------------------------------------------------------------------------- */

/* The coefficient's digits of a number's text, without sign, point and leading zeros ("0" for
 * zero), and its exponent. Returns the number of digits; `digits` holds `length` bytes. */
static size_t split_number(const char *number, size_t length, char *digits, long *exponent)
{
    size_t count = 0;
    bool after_point = false;
    *exponent = 0;
    for (size_t i = 0; i < length; i++) {
        const char c = number[i];
        if (c == 'e' || c == 'E') {
            *exponent += strtol(number + i + 1, NULL, 10);
            break;
        }
        if (c == '.')
            after_point = true;
        if (c < '0' || c > '9')
            continue;
        if (after_point)
            (*exponent)--;
        if (count == 1 && digits[0] == '0')
            count = 0; /* a leading zero */
        digits[count++] = c;
    }
    return count;
}

void python_decimal_append(struct text *text, const char *number, size_t length)
{
    enum { DIGITS_MAX = 512 };
    char digits[DIGITS_MAX];
    CHECK(length > 0 && length < sizeof digits);
    long exponent = 0;
    const size_t count = split_number(number, length, digits, &exponent);
    const long adjusted = exponent + (long)count - 1;
    if (number[0] == '-')
        text_append_char(text, '-');
    if (exponent > 0 || adjusted < DECIMAL_ADJUSTED_MIN) {
        text_append(text, digits, 1);
        if (count > 1) {
            text_append_char(text, '.');
            text_append(text, digits + 1, count - 1);
        }
        text_append_format(text, "E%+ld", adjusted);
        return;
    }
    const size_t fraction = (size_t)-exponent;
    if (count > fraction) {
        text_append(text, digits, count - fraction);
    } else {
        text_append_char(text, '0');
    }
    if (fraction > 0)
        text_append_char(text, '.');
    for (size_t zeros = count; zeros < fraction; zeros++)
        text_append_char(text, '0');
    text_append(text, digits + (count > fraction ? count - fraction : 0),
                count > fraction ? fraction : count);
}
