#include "model/base/json.h"

#include "model/base/arena.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INDENT = 2, DOUBLE_DIGITS_SURE = 15, DOUBLE_DIGITS_MAX = 17 };

/* --- parsing ------------------------------------------------------------------------------------
 */

struct reader {
    struct value_store *store;
    struct arena *arena; /* elements of arrays and objects under construction */
    size_t numbers;      /* numbers converted so far, in the order of the text */
    enum status status;
    const char *complaint; /* where status is STATUS_BAD_INPUT */
    bool too_deep;
};

static struct value read_failure(struct reader *reader, enum status status, const char *complaint)
{
    if (reader->status == STATUS_OK) {
        reader->status = status;
        reader->complaint = complaint;
    }
    return VALUE_NONE;
}

/* What a constructor made; VALUE_NONE is a lack of memory, since its parts were sound. */
static struct value read_result(struct reader *reader, struct value value)
{
    return value_is_none(value) ? read_failure(reader, STATUS_NO_MEMORY, NULL) : value;
}

static struct value read_real(struct reader *reader, double real)
{
    char text[JSON_DOUBLE_TEXT_SIZE];
    size_t length = json_double_text(real, text);
    struct decimal number;
    reader->numbers++;
    switch (decimal_parse(text, length, &number)) {
    case DECIMAL_OK:
        return read_result(reader, value_number(reader->store, &number));
    case DECIMAL_OVERFLOW:
        return read_failure(reader, STATUS_BAD_INPUT, "number too large: at most 9.99...E+125");
    case DECIMAL_UNDERFLOW:
        return read_failure(reader, STATUS_BAD_INPUT, "number too small: at least 1E-130");
    case DECIMAL_SYNTAX:
    case DECIMAL_PRECISION:
        break;
    }
    BUG("a finite double is a decimal of 17 digits");
}

static struct value read_value(struct reader *reader, json_t *json, unsigned depth);

/* NOLINTNEXTLINE(misc-no-recursion): at most JSON_DEPTH_MAX deep */
static struct value read_array(struct reader *reader, const json_t *json, unsigned depth)
{
    size_t count = json_array_size(json);
    struct value *elements = arena_allocate_array(reader->arena, count, sizeof *elements);
    if (elements == NULL)
        return read_failure(reader, STATUS_NO_MEMORY, NULL);
    for (size_t i = 0; i < count; i++) {
        elements[i] = read_value(reader, json_array_get(json, i), depth);
        if (value_is_none(elements[i]))
            return VALUE_NONE;
    }
    return read_result(reader, value_list(reader->store, elements, count));
}

/* NOLINTNEXTLINE(misc-no-recursion): at most JSON_DEPTH_MAX deep */
static struct value read_object(struct reader *reader, json_t *json, unsigned depth)
{
    struct value_entry *entries =
        arena_allocate_array(reader->arena, json_object_size(json), sizeof *entries);
    if (entries == NULL)
        return read_failure(reader, STATUS_NO_MEMORY, NULL);
    size_t count = 0;
    for (void *member = json_object_iter(json); member != NULL;
         member = json_object_iter_next(json, member)) {
        const char *key = json_object_iter_key(member);
        entries[count].key = read_result(reader, value_text(reader->store, key));
        entries[count].value = read_value(reader, json_object_iter_value(member), depth);
        if (value_is_none(entries[count].key) || value_is_none(entries[count].value))
            return VALUE_NONE;
        count++;
    }
    return read_result(reader, value_map(reader->store, entries, count));
}

/* `depth` of the arrays and objects around. */
/* NOLINTNEXTLINE(misc-no-recursion): at most JSON_DEPTH_MAX deep */
static struct value read_value(struct reader *reader, json_t *json, unsigned depth)
{
    struct value_store *store = reader->store;
    switch (json_typeof(json)) {
    case JSON_OBJECT:
    case JSON_ARRAY:
        if (depth == JSON_DEPTH_MAX) {
            reader->too_deep = true;
            return read_failure(reader, STATUS_LIMIT, NULL);
        }
        return json_is_array(json) ? read_array(reader, json, depth + 1)
                                   : read_object(reader, json, depth + 1);
    case JSON_STRING:
        return read_result(reader,
                           value_string(store, json_string_value(json), json_string_length(json)));
    case JSON_INTEGER:
        reader->numbers++;
        return read_result(reader, value_integer(store, json_integer_value(json)));
    case JSON_REAL:
        return read_real(reader, json_real_value(json));
    case JSON_TRUE:
    case JSON_FALSE:
        return read_result(reader, value_bool(store, json_is_true(json)));
    case JSON_NULL:
        return read_result(reader, value_null(store));
    }
    BUG("not a type of JSON");
}

struct place {
    uint32_t line;
    uint32_t column;
};

static bool is_number_char(char c)
{
    return (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.' || c == 'e' || c == 'E';
}

/* Jansson's values do not know where they stood. Find, in a text known to be JSON, the first
 * bracket at a depth above JSON_DEPTH_MAX if `too_deep`, else the `numbers`-th number. Columns
 * count characters, as Jansson's do. */
static struct place find_culprit(const char *bytes, size_t length, bool too_deep, size_t numbers)
{
    struct place place = {.line = 1, .column = 0};
    unsigned depth = 0;
    size_t seen = 0;
    bool in_string = false;
    bool in_number = false;
    bool escaped = false;
    for (size_t i = 0; i < length; i++) {
        char c = bytes[i];
        place.column += ((unsigned char)c & 0xc0) != 0x80; /* not a UTF-8 continuation */
        if (in_string) {
            in_string = escaped || c != '"';
            escaped = !escaped && c == '\\';
            continue;
        }
        bool starts_number = !in_number && (c == '-' || (c >= '0' && c <= '9'));
        in_number = starts_number || (in_number && is_number_char(c));
        if (starts_number && ++seen == numbers && !too_deep)
            return place;
        if (c == '\n')
            place = (struct place){.line = place.line + 1, .column = 0};
        else if (c == '"')
            in_string = true;
        else if (c == ']' || c == '}')
            depth--;
        else if ((c == '[' || c == '{') && ++depth > JSON_DEPTH_MAX && too_deep)
            return place;
    }
    return (struct place){0};
}

static enum status report(const struct reader *reader, const char *bytes, size_t length,
                          const char *file, struct error *error)
{
    if (reader->status == STATUS_NO_MEMORY)
        return error_at(error, STATUS_NO_MEMORY, file, 0, 0, "no memory for JSON");
    struct place place = find_culprit(bytes, length, reader->too_deep, reader->numbers);
    if (reader->too_deep)
        return error_at(error, STATUS_LIMIT, file, place.line, place.column,
                        "JSON nested more than %d deep", JSON_DEPTH_MAX);
    return error_at(error, reader->status, file, place.line, place.column, "%s", reader->complaint);
}

/* Where an allocation fails jansson may stop without a word. */
static enum status status_of(const json_error_t *complaint)
{
    const enum json_error_code code = json_error_code(complaint);
    if (code == json_error_out_of_memory || complaint->text[0] == '\0')
        return STATUS_NO_MEMORY;
    return code == json_error_stack_overflow ? STATUS_LIMIT : STATUS_BAD_INPUT;
}

static uint32_t positive(int number) { return number > 0 ? (uint32_t)number : 0; }

enum status json_parse(struct value_store *store, const char *bytes, size_t length,
                       const char *file, struct value *value, struct error *error)
{
    const size_t flags = JSON_REJECT_DUPLICATES | JSON_DECODE_ANY | JSON_ALLOW_NUL;
    json_error_t complaint;
    json_t *json = json_loadb(bytes, length, flags, &complaint);
    if (json == NULL) /* an allocation that fails in its lexer is told as bad syntax */
        json = json_loadb(bytes, length, flags, &complaint);
    if (json == NULL) {
        const enum status status = status_of(&complaint);
        if (status == STATUS_NO_MEMORY) /* also for those who try whether something is JSON */
            (void)value_store_fail(store);
        return error_at(error, status, file, positive(complaint.line), positive(complaint.column),
                        "%s", status == STATUS_NO_MEMORY ? "no memory for JSON" : complaint.text);
    }
    struct arena arena;
    arena_init(&arena, value_store_memory(store));
    struct reader reader = {.store = store, .arena = &arena, .status = STATUS_OK};
    struct value result = read_value(&reader, json, 0);
    arena_release(&arena);
    json_decref(json);
    if (reader.status != STATUS_OK)
        return report(&reader, bytes, length, file, error);
    *value = result;
    return STATUS_OK;
}

/* --- writing ------------------------------------------------------------------------------------
 */

static void append_line(struct text *text, unsigned level)
{
    text_append_format(text, "\n%*s", (int)(level * INDENT), "");
}

static void append_string(struct text *text, const struct value_store *store, struct value string)
{
    size_t length = 0;
    const char *bytes = value_bytes(store, string, &length);
    text_append_json_string(text, bytes, length);
}

/* A whole number that 64 bits do not hold can only be read as a real one. */
static void append_number(struct text *text, const struct value_store *store, struct value value)
{
    char number[DECIMAL_TEXT_SIZE];
    size_t length = decimal_text(value_decimal(store, value), number);
    int64_t integer = 0;
    text_append(text, number, length);
    if (memchr(number, '.', length) == NULL && !value_to_integer(store, value, &integer))
        text_append_string(text, ".0");
}

static void append_any(struct text *text, const struct value_store *store, struct value value,
                       bool pretty, unsigned level);

/* NOLINTNEXTLINE(misc-no-recursion): as deep as values are nested, at most VALUE_DEPTH_MAX */
static void append_collection(struct text *text, const struct value_store *store,
                              struct value value, bool pretty, unsigned level)
{
    bool is_map = value_kind(store, value) == VALUE_MAP;
    size_t count = value_count(store, value);
    text_append_char(text, is_map ? '{' : '[');
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            text_append_char(text, ',');
        if (pretty)
            append_line(text, level + 1);
        if (is_map) {
            struct value key = value_key_at(store, value, i);
            CHECK(value_kind(store, key) == VALUE_STRING);
            append_string(text, store, key);
            text_append_string(text, pretty ? ": " : ":");
        }
        struct value element = is_map ? value_value_at(store, value, i) : value_at(store, value, i);
        append_any(text, store, element, pretty, level + 1);
    }
    if (pretty && count > 0)
        append_line(text, level);
    text_append_char(text, is_map ? '}' : ']');
}

/* NOLINTNEXTLINE(misc-no-recursion): as deep as values are nested, at most VALUE_DEPTH_MAX */
static void append_any(struct text *text, const struct value_store *store, struct value value,
                       bool pretty, unsigned level)
{
    switch (value_kind(store, value)) {
    case VALUE_NULL:
        text_append_string(text, "null");
        return;
    case VALUE_BOOL:
        text_append_string(text, value_truth(store, value) ? "true" : "false");
        return;
    case VALUE_NUMBER:
        append_number(text, store, value);
        return;
    case VALUE_STRING:
        append_string(text, store, value);
        return;
    case VALUE_LIST:
    case VALUE_MAP:
        append_collection(text, store, value, pretty, level);
        return;
    case VALUE_BINARY:
    case VALUE_STRING_SET:
    case VALUE_NUMBER_SET:
    case VALUE_BINARY_SET:
        break;
    }
    BUG("binaries and sets have no JSON form");
}

void json_append(struct text *text, const struct value_store *store, struct value value)
{
    append_any(text, store, value, false, 0);
}

void json_append_pretty(struct text *text, const struct value_store *store, struct value value,
                        unsigned level)
{
    append_any(text, store, value, true, level);
}

/* --- doubles ------------------------------------------------------------------------------------
 */

enum { FEW_PLACES_MAX = 6 };

/* 10^15 */
#define FEW_DIGITS_BOUND 1e15

/* A finite magnitude as 0.d1d2...dn * 10^point. */
struct shortest {
    char digits[DOUBLE_DIGITS_MAX + 1];
    int count;
    int point;
};

/* Digits of the decimal with `precision` digits that is nearest to `magnitude`. Only the digits of
 * printf's answer are read: the decimal point depends on the locale. */
static struct shortest round_to(double magnitude, int precision)
{
    char text[64];
    snprintf(text, sizeof text, "%.*e", precision - 1, magnitude);
    struct shortest result = {0};
    const char *c = text;
    for (; *c != 'e'; c++) {
        if (*c >= '0' && *c <= '9')
            result.digits[result.count++] = *c;
    }
    result.point = (int)strtol(c + 1, NULL, 10) + 1;
    return result;
}

static bool reads_back(const struct shortest *decimal, double magnitude)
{
    char text[64];
    snprintf(text, sizeof text, "%.*se%d", decimal->count, decimal->digits,
             decimal->point - decimal->count);
    return strtod(text, NULL) == magnitude;
}

/* The next decimal with as many digits. */
static void step_up(struct shortest *decimal)
{
    int i = decimal->count - 1;
    while (i >= 0 && decimal->digits[i] == '9')
        decimal->digits[i--] = '0';
    if (i >= 0) {
        decimal->digits[i]++;
    } else {
        decimal->digits[0] = '1';
        decimal->point++;
    }
}

/* The same for a magnitude with few digits behind the point, as amounts of money have. A decimal of
 * at most 15 digits reads back as it was from its double, so no other one is as short; and a whole
 * number below 2^53 divided by a power of ten up to 10^22 is rounded once, so that the comparison
 * is exact. */
static bool find_few_digits(double magnitude, struct shortest *result)
{
    double scale = 1;
    for (int places = 0; places <= FEW_PLACES_MAX; places++, scale *= 10) {
        const double scaled = magnitude * scale;
        if (scaled >= FEW_DIGITS_BOUND)
            return false;
        uint64_t whole = (uint64_t)(scaled + 0.5);
        if ((double)whole / scale != magnitude)
            continue;
        char reversed[DOUBLE_DIGITS_MAX];
        int count = 0;
        for (; whole > 0; whole /= 10)
            reversed[count++] = (char)('0' + whole % 10);
        result->count = count;
        result->point = count - places;
        for (int i = 0; i < count; i++)
            result->digits[i] = reversed[count - 1 - i];
        while (result->count > 1 && result->digits[result->count - 1] == '0')
            result->count--;
        return true;
    }
    return false;
}

/* The shortest decimal that reads back as `magnitude`, and the nearest of those. */
static struct shortest find_shortest(double magnitude)
{
    struct shortest few = {0};
    if (find_few_digits(magnitude, &few))
        return few;
    /* A normal double's decimal of 15 digits or fewer survives rounding to 15; then only zeros have
     * to go. */
    int precision = fpclassify(magnitude) == FP_SUBNORMAL ? 1 : DOUBLE_DIGITS_SURE;
    int exponent = 0;
    bool is_power_of_two = frexp(magnitude, &exponent) == 0.5;
    struct shortest decimal = round_to(magnitude, precision);
    while (!reads_back(&decimal, magnitude)) {
        CHECK(precision < DOUBLE_DIGITS_MAX);
        if (is_power_of_two) {
            /* Doubles lie closer together below a power of two than above it, so the nearest
             * decimal, if below, may fail where the next one above is good. */
            step_up(&decimal);
            if (reads_back(&decimal, magnitude))
                break;
        }
        precision++;
        decimal = round_to(magnitude, precision);
    }
    while (decimal.count > 1 && decimal.digits[decimal.count - 1] == '0')
        decimal.count--;
    return decimal;
}

static char *write_zeros(char *to, int count)
{
    for (; count > 0; count--)
        *to++ = '0';
    return to;
}

/* Without an exponent: 0.00123, 12300.0, 1.23. Returns the length. */
static size_t write_places(char text[JSON_DOUBLE_TEXT_SIZE], const char *sign,
                           const struct shortest *d)
{
    const int whole = d->point < 0 ? 0 : d->point < d->count ? d->point : d->count;
    char *end = text;
    if (*sign != '\0')
        *end++ = *sign;
    if (whole == 0)
        *end++ = '0';
    memcpy(end, d->digits, (size_t)whole);
    end = write_zeros(end + whole, d->point - whole);
    *end++ = '.';
    end = write_zeros(end, -d->point);
    memcpy(end, d->digits + whole, (size_t)(d->count - whole));
    end += d->count - whole;
    if (whole == d->count)
        *end++ = '0';
    *end = '\0';
    return (size_t)(end - text);
}

size_t json_double_text(double number, char text[JSON_DOUBLE_TEXT_SIZE])
{
    int length = 0;
    const char *sign = signbit(number) && !isnan(number) ? "-" : "";
    if (isnan(number) || isinf(number) || number == 0) {
        const char *name = isnan(number) ? "nan" : isinf(number) ? "inf" : "0.0";
        return (size_t)snprintf(text, JSON_DOUBLE_TEXT_SIZE, "%s%s", sign, name);
    }
    struct shortest d = find_shortest(fabs(number));
    int exponent = d.point - 1;
    if (exponent < -4 || exponent >= 16) {
        const char *point = d.count > 1 ? "." : "";
        length =
            snprintf(text, JSON_DOUBLE_TEXT_SIZE, "%s%c%s%.*se%c%02d", sign, d.digits[0], point,
                     d.count - 1, d.digits + 1, exponent < 0 ? '-' : '+', abs(exponent));
    } else {
        length = (int)write_places(text, sign, &d);
    }
    return (size_t)length;
}
