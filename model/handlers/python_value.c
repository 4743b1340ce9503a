#include "model/handlers/python_value.h"

#include "model/base/ascii.h"
#include "model/base/decimal.h"

#include <stdint.h>
#include <string.h>

enum { UTF8_MAX = 4, UNICODE_ESCAPE_DIGITS = 4 };

struct parser {
    struct arena *arena;
    const char *at;
    const char *end;
    unsigned depth;
    enum python_status status; /* the first that was not OK */
};

static bool fail(struct parser *parser, enum python_status status)
{
    if (parser->status == PYTHON_OK)
        parser->status = status;
    return false;
}

static void skip_blanks(struct parser *parser)
{
    while (parser->at < parser->end && (*parser->at == ' ' || *parser->at == '\t' ||
                                        *parser->at == '\n' || *parser->at == '\r'))
        parser->at++;
}

static bool skip_text(struct parser *parser, const char *text)
{
    const size_t length = strlen(text);
    if ((size_t)(parser->end - parser->at) < length || memcmp(parser->at, text, length) != 0)
        return false;
    parser->at += length;
    return true;
}

static bool skip_char(struct parser *parser, char c)
{
    if (parser->at == parser->end || *parser->at != c)
        return false;
    parser->at++;
    return true;
}

static void skip_digits(struct parser *parser)
{
    while (parser->at < parser->end && ascii_is_digit(*parser->at))
        parser->at++;
}

/* -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?: where the optional parts do not match, the number
 * ends before them. */
static bool scan_number(struct parser *parser, bool *is_float)
{
    *is_float = false;
    (void)skip_char(parser, '-');
    if (parser->at == parser->end || !ascii_is_digit(*parser->at))
        return false;
    if (!skip_char(parser, '0'))
        skip_digits(parser);
    if (parser->end - parser->at >= 2 && parser->at[0] == '.' && ascii_is_digit(parser->at[1])) {
        *is_float = true;
        parser->at++;
        skip_digits(parser);
    }
    const char *mantissa_end = parser->at;
    if (skip_char(parser, 'e') || skip_char(parser, 'E')) {
        if (!skip_char(parser, '+'))
            (void)skip_char(parser, '-');
        if (parser->at < parser->end && ascii_is_digit(*parser->at)) {
            *is_float = true;
            skip_digits(parser);
        } else {
            parser->at = mantissa_end;
        }
    }
    return true;
}

static bool parse_number(struct parser *parser, struct python_value *value)
{
    const char *start = parser->at;
    bool is_float = false;
    if (!scan_number(parser, &is_float)) {
        parser->at = start;
        if (skip_text(parser, "NaN") || skip_text(parser, "Infinity") ||
            skip_text(parser, "-Infinity"))
            return fail(parser, PYTHON_UNSUPPORTED);
        return fail(parser, PYTHON_NOT_JSON);
    }
    const size_t length = (size_t)(parser->at - start);
    if (is_float) {
        struct decimal decimal;
        if (decimal_parse(start, length, &decimal) != DECIMAL_OK)
            return fail(parser, PYTHON_UNSUPPORTED);
        const bool is_negative_zero = decimal.coefficient == 0 && *start == '-';
        value->kind = PYTHON_FLOAT;
        value->number = is_negative_zero ? -0.0 : decimal_to_double(&decimal);
        return true;
    }
    const bool is_minus_zero = length == 2 && memcmp(start, "-0", 2) == 0;
    value->kind = PYTHON_INT;
    value->bytes = is_minus_zero ? arena_copy(parser->arena, "0", 1)
                                 : arena_copy(parser->arena, start, length);
    value->length = is_minus_zero ? 1 : length;
    return value->bytes != NULL || fail(parser, PYTHON_NO_MEMORY);
}

static size_t utf8_encode(uint32_t code_point, char bytes[UTF8_MAX])
{
    if (code_point < 0x80) {
        bytes[0] = (char)code_point;
        return 1;
    }
    if (code_point < 0x800) {
        bytes[0] = (char)(0xC0 | code_point >> 6);
        bytes[1] = (char)(0x80 | (code_point & 0x3F));
        return 2;
    }
    if (code_point < 0x10000) {
        bytes[0] = (char)(0xE0 | code_point >> 12);
        bytes[1] = (char)(0x80 | (code_point >> 6 & 0x3F));
        bytes[2] = (char)(0x80 | (code_point & 0x3F));
        return 3;
    }
    bytes[0] = (char)(0xF0 | code_point >> 18);
    bytes[1] = (char)(0x80 | (code_point >> 12 & 0x3F));
    bytes[2] = (char)(0x80 | (code_point >> 6 & 0x3F));
    bytes[3] = (char)(0x80 | (code_point & 0x3F));
    return 4;
}

static bool parse_hex(struct parser *parser, uint32_t *number)
{
    *number = 0;
    for (int i = 0; i < UNICODE_ESCAPE_DIGITS; i++) {
        if (parser->at == parser->end)
            return fail(parser, PYTHON_NOT_JSON);
        const char c = *parser->at++;
        uint32_t digit = 0;
        if (ascii_is_digit(c))
            digit = (uint32_t)(c - '0');
        else if (c >= 'a' && c <= 'f')
            digit = (uint32_t)(c - 'a') + 10;
        else if (c >= 'A' && c <= 'F')
            digit = (uint32_t)(c - 'A') + 10;
        else
            return fail(parser, PYTHON_NOT_JSON);
        *number = *number << 4 | digit;
    }
    return true;
}

/* After a backslash: the character it stands for, as UTF-8. */
static bool parse_escape(struct parser *parser, char bytes[UTF8_MAX], size_t *length)
{
    static const char names[] = "\"\\/bfnrt";
    static const char meanings[] = "\"\\/\b\f\n\r\t";
    if (parser->at == parser->end)
        return fail(parser, PYTHON_NOT_JSON);
    const char c = *parser->at++;
    const char *name = memchr(names, c, sizeof names - 1);
    if (name != NULL) {
        bytes[0] = meanings[name - names];
        *length = 1;
        return true;
    }
    uint32_t unit = 0;
    if (c != 'u')
        return fail(parser, PYTHON_NOT_JSON);
    if (!parse_hex(parser, &unit))
        return false;
    if (unit >= 0xD800 && unit < 0xE000) {
        uint32_t low = 0;
        if (unit >= 0xDC00 || !skip_text(parser, "\\u"))
            return fail(parser, PYTHON_UNSUPPORTED);
        if (!parse_hex(parser, &low))
            return false;
        if (low < 0xDC00 || low >= 0xE000)
            return fail(parser, PYTHON_UNSUPPORTED);
        unit = 0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00);
    }
    *length = utf8_encode(unit, bytes);
    return true;
}

static bool parse_string(struct parser *parser, const char **bytes, size_t *length)
{
    if (!skip_char(parser, '"'))
        return fail(parser, PYTHON_NOT_JSON);
    const char *quote = memchr(parser->at, '"', (size_t)(parser->end - parser->at));
    while (quote != NULL && quote[-1] == '\\')
        quote = memchr(quote + 1, '"', (size_t)(parser->end - quote - 1));
    /* No string is longer than its text up to a quotation mark that no backslash precedes; only one
     * that ends in an escaped backslash may end earlier. */
    const char *limit = quote != NULL ? quote : parser->end;
    char *copy = arena_allocate(parser->arena, (size_t)(limit - parser->at) + 1);
    if (copy == NULL)
        return fail(parser, PYTHON_NO_MEMORY);
    size_t count = 0;
    while (parser->at < parser->end && *parser->at != '"') {
        if ((unsigned char)*parser->at < 0x20)
            return fail(parser, PYTHON_NOT_JSON);
        if (*parser->at != '\\') {
            copy[count++] = *parser->at++;
            continue;
        }
        char escaped[UTF8_MAX];
        size_t escaped_length = 0;
        parser->at++;
        if (!parse_escape(parser, escaped, &escaped_length))
            return false;
        memcpy(copy + count, escaped, escaped_length); /* never longer than its escape */
        count += escaped_length;
    }
    if (!skip_char(parser, '"'))
        return fail(parser, PYTHON_NOT_JSON);
    copy[count] = '\0';
    *bytes = copy;
    *length = count;
    return true;
}

static struct python_item *find_key(const struct python_value *dict, const char *key, size_t length)
{
    for (struct python_item *item = dict->first; item != NULL; item = item->next)
        if (item->key_length == length && memcmp(item->key, key, length) == 0)
            return item;
    return NULL;
}

static bool parse_value(struct parser *parser, struct python_value *value);

/* `[` or `{` has been read; the elements up to `close`. */
/* NOLINTNEXTLINE(misc-no-recursion): at most PYTHON_DEPTH_MAX deep */
static bool parse_elements(struct parser *parser, struct python_value *container, char close)
{
    struct python_item **tail = &container->first;
    skip_blanks(parser);
    if (skip_char(parser, close))
        return true;
    for (;;) {
        struct python_item *item = arena_allocate(parser->arena, sizeof *item);
        if (item == NULL)
            return fail(parser, PYTHON_NO_MEMORY);
        skip_blanks(parser);
        if (container->kind == PYTHON_DICT) {
            if (!parse_string(parser, &item->key, &item->key_length))
                return false;
            skip_blanks(parser);
            if (!skip_char(parser, ':'))
                return fail(parser, PYTHON_NOT_JSON);
        }
        if (!parse_value(parser, &item->value))
            return false;
        struct python_item *earlier = container->kind == PYTHON_DICT
                                          ? find_key(container, item->key, item->key_length)
                                          : NULL;
        if (earlier != NULL) {
            earlier->value = item->value;
        } else {
            *tail = item;
            tail = &item->next;
            container->count++;
        }
        skip_blanks(parser);
        if (skip_char(parser, close))
            return true;
        if (!skip_char(parser, ','))
            return fail(parser, PYTHON_NOT_JSON);
    }
}

/* NOLINTNEXTLINE(misc-no-recursion): at most PYTHON_DEPTH_MAX deep */
static bool parse_value(struct parser *parser, struct python_value *value)
{
    *value = (struct python_value){.kind = PYTHON_NONE};
    skip_blanks(parser);
    if (parser->at == parser->end)
        return fail(parser, PYTHON_NOT_JSON);
    if (skip_text(parser, "null"))
        return true;
    if (skip_text(parser, "true") || skip_text(parser, "false")) {
        value->kind = PYTHON_BOOL;
        value->truth = parser->at[-2] == 'u';
        return true;
    }
    if (*parser->at == '"') {
        value->kind = PYTHON_STR;
        return parse_string(parser, &value->bytes, &value->length);
    }
    if (*parser->at != '[' && *parser->at != '{')
        return parse_number(parser, value);
    const char close = *parser->at == '[' ? ']' : '}';
    value->kind = *parser->at == '[' ? PYTHON_LIST : PYTHON_DICT;
    parser->at++;
    if (++parser->depth > PYTHON_DEPTH_MAX)
        return fail(parser, PYTHON_UNSUPPORTED);
    const bool parsed = parse_elements(parser, value, close);
    parser->depth--;
    return parsed;
}

enum python_status python_json_loads(struct arena *arena, const char *bytes, size_t length,
                                     struct python_value *value)
{
    struct parser parser = {
        .arena = arena, .at = bytes, .end = bytes + length, .depth = 0, .status = PYTHON_OK};
    if (!parse_value(&parser, value))
        return parser.status;
    skip_blanks(&parser);
    return parser.at == parser.end ? PYTHON_OK : PYTHON_NOT_JSON;
}

const struct python_value *python_get(const struct python_value *value, const char *key)
{
    if (value->kind != PYTHON_DICT)
        return NULL;
    const struct python_item *item = find_key(value, key, strlen(key));
    return item != NULL ? &item->value : NULL;
}

const char *python_type_name(const struct python_value *value)
{
    switch (value->kind) {
    case PYTHON_NONE:
        break;
    case PYTHON_BOOL:
        return "bool";
    case PYTHON_INT:
        return "int";
    case PYTHON_FLOAT:
        return "float";
    case PYTHON_STR:
        return "str";
    case PYTHON_LIST:
        return "list";
    case PYTHON_DICT:
        return "dict";
    }
    return "NoneType";
}
