/* Typed access to YAML nodes, with messages that say what was expected and what was found. */
#include "model/yaml.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SUGGESTION_WORD_MAX = 64 };

static enum status node_error(struct error *error, enum status status, const struct yaml_node *node,
                              const char *message)
{
    return error_at(error, status, node->file, node->line, node->column, "%s", message);
}

enum status yaml_error(struct error *error, const struct yaml_node *node, const char *format, ...)
{
    char message[ERROR_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return node_error(error, STATUS_BAD_INPUT, node, message);
}

enum status yaml_unsupported(struct error *error, const struct yaml_node *node, const char *format,
                             ...)
{
    char message[ERROR_MESSAGE_SIZE];
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return node_error(error, STATUS_UNSUPPORTED, node, message);
}

const struct yaml_node *yaml_make_scalar(struct arena *arena, const struct yaml_node *origin,
                                         const char *text)
{
    struct yaml_node *node = arena_allocate(arena, sizeof *node);
    if (node == NULL)
        return NULL;
    *node = (struct yaml_node){.kind = YAML_SCALAR,
                               .file = origin->file,
                               .line = origin->line,
                               .column = origin->column,
                               .plain = true,
                               .text = text,
                               .size = 1};
    return node;
}

static bool is_one_of(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(text, words[i]) == 0)
            return true;
    }
    return false;
}

static const char *skip_digits(const char *text)
{
    while (isdigit((unsigned char)*text))
        text++;
    return text;
}

/* Core schema: [-+]? ( \. [0-9]+ | [0-9]+ ( \. [0-9]* )? ) ( [eE] [-+]? [0-9]+ )? */
static bool is_float(const char *text)
{
    static const char *const special[] = {".inf", ".Inf", ".INF"};
    static const char *const nan[] = {".nan", ".NaN", ".NAN"};
    if (is_one_of(text, nan, 3))
        return true;
    if (*text == '-' || *text == '+')
        text++;
    if (is_one_of(text, special, 3))
        return true;
    const char *end = skip_digits(text);
    size_t digits = (size_t)(end - text);
    if (*end == '.') {
        const char *fraction = end + 1;
        end = skip_digits(fraction);
        digits += (size_t)(end - fraction);
    }
    if (digits == 0)
        return false;
    if (*end == 'e' || *end == 'E') {
        end++;
        if (*end == '-' || *end == '+')
            end++;
        const char *exponent = end;
        end = skip_digits(end);
        if (end == exponent)
            return false;
    }
    return *end == '\0';
}

static bool is_integer(const char *text)
{
    if (*text == '-' || *text == '+')
        text++;
    const char *end = skip_digits(text);
    return end > text && *end == '\0';
}

enum yaml_type yaml_scalar_type(const struct yaml_node *scalar)
{
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    static const char *const bools[] = {"true", "True", "TRUE", "false", "False", "FALSE"};
    if (!scalar->plain)
        return YAML_TEXT;
    if (is_one_of(scalar->text, nulls, sizeof nulls / sizeof *nulls))
        return YAML_NULL;
    if (is_one_of(scalar->text, bools, sizeof bools / sizeof *bools))
        return YAML_BOOL;
    if (is_integer(scalar->text))
        return YAML_INTEGER;
    return is_float(scalar->text) ? YAML_FLOAT : YAML_TEXT;
}

const char *yaml_describe(const struct yaml_node *node, char buffer[YAML_DESCRIPTION_SIZE])
{
    const char *what = NULL;
    switch (node->kind) {
    case YAML_SEQUENCE:
        what = node->count == 0 ? "an empty list" : "a list";
        break;
    case YAML_MAPPING:
        what = node->count == 0 ? "an empty mapping" : "a mapping";
        break;
    case YAML_SCALAR:
        break;
    }
    if (node->tag != NULL) {
        (void)snprintf(buffer, YAML_DESCRIPTION_SIZE, "%s with the tag %.*s",
                       what != NULL ? what : "a scalar", YAML_QUOTE_MAX, node->tag);
        return buffer;
    }
    if (what == NULL) {
        static const char *const types[] = {[YAML_NULL] = "nothing",
                                            [YAML_BOOL] = "the boolean",
                                            [YAML_INTEGER] = "the number",
                                            [YAML_FLOAT] = "the number",
                                            [YAML_TEXT] = "the text"};
        enum yaml_type type = yaml_scalar_type(node);
        const char *quote = type == YAML_TEXT ? "'" : "";
        if (type != YAML_NULL) {
            (void)snprintf(buffer, YAML_DESCRIPTION_SIZE, "%s %s%.*s%s", types[type], quote,
                           YAML_QUOTE_MAX, node->text, quote);
            return buffer;
        }
        what = types[type];
    }
    (void)snprintf(buffer, YAML_DESCRIPTION_SIZE, "%s", what);
    return buffer;
}

static const struct yaml_entry *find_entry(const struct yaml_node *node, const char *key)
{
    if (node == NULL || node->kind != YAML_MAPPING)
        return NULL;
    for (size_t i = 0; i < node->count; i++) {
        if (strcmp(node->entries[i].key->text, key) == 0)
            return &node->entries[i];
    }
    return NULL;
}

const struct yaml_node *yaml_find(const struct yaml_node *node, const char *key)
{
    const struct yaml_entry *entry = find_entry(node, key);
    return entry != NULL ? entry->value : NULL;
}

const struct yaml_node *yaml_find_key(const struct yaml_node *node, const char *key)
{
    const struct yaml_entry *entry = find_entry(node, key);
    return entry != NULL ? entry->key : NULL;
}

enum status yaml_require(const struct yaml_node *node, const char *key, const char *what,
                         const struct yaml_node **value, struct error *error)
{
    enum status status = yaml_expect(node, YAML_MAPPING, what, error);
    if (status != STATUS_OK)
        return status;
    *value = yaml_find(node, key);
    if (*value == NULL)
        return yaml_error(error, node, "%s needs the key '%s'", what, key);
    return STATUS_OK;
}

static enum status mismatch(const struct yaml_node *node, const char *what, const char *expected,
                            struct error *error)
{
    char found[YAML_DESCRIPTION_SIZE];
    return yaml_error(error, node, "%s must be %s, found %s", what, expected,
                      yaml_describe(node, found));
}

enum status yaml_expect(const struct yaml_node *node, enum yaml_kind kind, const char *what,
                        struct error *error)
{
    static const char *const names[] = {
        [YAML_SCALAR] = "a scalar", [YAML_SEQUENCE] = "a list", [YAML_MAPPING] = "a mapping"};
    if (node->kind == kind && node->tag == NULL)
        return STATUS_OK;
    return mismatch(node, what, names[kind], error);
}

static bool is_type(const struct yaml_node *node, enum yaml_type type)
{
    return node->kind == YAML_SCALAR && node->tag == NULL && yaml_scalar_type(node) == type;
}

enum status yaml_get_text(const struct yaml_node *node, const char *what, const char **text,
                          struct error *error)
{
    if (!is_type(node, YAML_TEXT)) {
        bool quotable =
            node->kind == YAML_SCALAR && node->tag == NULL && yaml_scalar_type(node) != YAML_NULL;
        return mismatch(node, what, quotable ? "a text (put it in quotes)" : "a text", error);
    }
    if (node->text[0] == '\0')
        return yaml_error(error, node, "%s must not be empty", what);
    *text = node->text;
    return STATUS_OK;
}

enum status yaml_get_bool(const struct yaml_node *node, const char *what, bool *truth,
                          struct error *error)
{
    if (!is_type(node, YAML_BOOL))
        return mismatch(node, what, "true or false", error);
    *truth = node->text[0] == 't' || node->text[0] == 'T';
    return STATUS_OK;
}

enum status yaml_get_integer(const struct yaml_node *node, const char *what, int64_t min,
                             int64_t max, int64_t *integer, struct error *error)
{
    char expected[YAML_DESCRIPTION_SIZE];
    (void)snprintf(expected, sizeof expected, "a whole number from %lld to %lld", (long long)min,
                   (long long)max);
    if (!is_type(node, YAML_INTEGER))
        return mismatch(node, what, expected, error);
    errno = 0;
    long long number = strtoll(node->text, NULL, 10);
    if (errno != 0 || number < min || number > max)
        return mismatch(node, what, expected, error);
    *integer = number;
    return STATUS_OK;
}

/* strtod reads the locale's decimal point; oncecheck never calls setlocale, so it is the point. */
enum status yaml_get_number(const struct yaml_node *node, const char *what, double min, double max,
                            double *number, struct error *error)
{
    if (!is_type(node, YAML_FLOAT) && !is_type(node, YAML_INTEGER))
        return mismatch(node, what, "a number", error);
    const char *digits = node->text + (node->text[0] == '-' || node->text[0] == '+');
    /* ".nan" and ".inf": the only floats whose point is followed by a letter at once */
    if (digits[0] == '.' && isalpha((unsigned char)digits[1]))
        return mismatch(node, what, "a finite number", error);
    double parsed = strtod(node->text, NULL);
    if (!isfinite(parsed) || parsed < min || parsed > max) {
        char expected[YAML_DESCRIPTION_SIZE];
        (void)snprintf(expected, sizeof expected, "a number from %g to %g", min, max);
        return mismatch(node, what, expected, error);
    }
    *number = parsed;
    return STATUS_OK;
}

enum status yaml_get_choice(const struct yaml_node *node, const char *what,
                            const char *const *choices, size_t count, size_t *choice,
                            struct error *error)
{
    bool textual = is_type(node, YAML_TEXT);
    for (size_t i = 0; textual && i < count; i++) {
        if (strcmp(node->text, choices[i]) == 0) {
            *choice = i;
            return STATUS_OK;
        }
    }
    char list[ERROR_MESSAGE_SIZE / 4] = "";
    size_t length = 0;
    for (size_t i = 0; i < count && length < sizeof list; i++) {
        const char *separator = i == 0 ? "" : i + 1 == count ? " or " : ", ";
        int written = snprintf(list + length, sizeof list - length, "%s%s", separator, choices[i]);
        length += written > 0 ? (size_t)written : 0;
    }
    char found[YAML_DESCRIPTION_SIZE];
    char suggestion[YAML_DESCRIPTION_SIZE];
    return yaml_error(error, node, "%s must be %s, found %s%s", what, list,
                      yaml_describe(node, found),
                      yaml_suggestion(textual ? node->text : "", choices, count, suggestion));
}

enum status yaml_check_keys(const struct yaml_node *node, const char *what, const char *const *keys,
                            size_t count, struct error *error)
{
    enum status status = yaml_expect(node, YAML_MAPPING, what, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < node->count; i++) {
        const struct yaml_node *key = node->entries[i].key;
        if (is_one_of(key->text, keys, count))
            continue;
        char suggestion[YAML_DESCRIPTION_SIZE];
        return yaml_error(error, key, "unknown key '%.*s' in %s%s", YAML_QUOTE_MAX, key->text, what,
                          yaml_suggestion(key->text, keys, count, suggestion));
    }
    return STATUS_OK;
}

static size_t least(size_t a, size_t b, size_t c)
{
    size_t smaller = a < b ? a : b;
    return smaller < c ? smaller : c;
}

/* Optimal string alignment distance: insertions, deletions, changes and swaps of neighbours. Words
 * longer than SUGGESTION_WORD_MAX are taken as far from everything. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t rows = strlen(a);
    size_t columns = strlen(b);
    if (rows > SUGGESTION_WORD_MAX || columns > SUGGESTION_WORD_MAX)
        return SIZE_MAX;
    size_t table[3][SUGGESTION_WORD_MAX + 1];
    for (size_t j = 0; j <= columns; j++)
        table[0][j] = j;
    for (size_t i = 1; i <= rows; i++) {
        size_t *row = table[i % 3];
        const size_t *above = table[(i + 2) % 3];
        const size_t *above_that = table[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= columns; j++) {
            int x = tolower((unsigned char)a[i - 1]);
            int y = tolower((unsigned char)b[j - 1]);
            row[j] = least(above[j] + 1, row[j - 1] + 1, above[j - 1] + (x != y));
            bool swapped = i > 1 && j > 1 && x == tolower((unsigned char)b[j - 2]) &&
                           y == tolower((unsigned char)a[i - 2]);
            if (swapped && above_that[j - 2] + 1 < row[j])
                row[j] = above_that[j - 2] + 1;
        }
    }
    return table[rows % 3][columns];
}

static const char *closest(const char *word, const char *const *candidates, size_t count,
                           size_t *distance)
{
    const char *best = NULL;
    *distance = SIZE_MAX;
    for (size_t i = 0; i < count; i++) {
        size_t edits = edit_distance(word, candidates[i]);
        if (edits < *distance) {
            *distance = edits;
            best = candidates[i];
        }
    }
    return best;
}

const char *yaml_closest(const char *word, const char *const *candidates, size_t count,
                         size_t edits_max)
{
    size_t distance = 0;
    const char *best = closest(word, candidates, count, &distance);
    return best != NULL && distance <= edits_max ? best : NULL;
}

const char *yaml_suggest(const char *word, const char *const *candidates, size_t count)
{
    size_t distance = 0;
    const char *best = closest(word, candidates, count, &distance);
    /* A third of the word may be wrong: "mesages", "Batchsize", but not "order" for "shard". */
    return best != NULL && distance <= (strlen(best) + 2) / 3 ? best : NULL;
}

const char *yaml_suggestion(const char *word, const char *const *candidates, size_t count,
                            char buffer[YAML_DESCRIPTION_SIZE])
{
    const char *meant = yaml_suggest(word, candidates, count);
    if (meant == NULL)
        return "";
    (void)snprintf(buffer, YAML_DESCRIPTION_SIZE, ", did you mean '%s'?", meant);
    return buffer;
}
