/* A class report for people: a table, then each cause with its shortest counterexample. */
#include "reports/grade.h"

#include "reports/field.h"

#include <string.h>

enum { NAME_WIDTH_MAX = 40, VERDICT_WIDTH = 16, STEP_WIDTH = 14 };

#define RED "\033[31m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define PLAIN "\033[0m"

/* Columns that UTF-8 text takes, where each character takes one. */
static size_t width_of(const char *text)
{
    size_t width = 0;
    for (; *text != '\0'; text++)
        width += ((unsigned char)*text & 0xc0) != 0x80;
    return width;
}

static void append_padded(struct text *text, const char *what, size_t width)
{
    text_append_string(text, what);
    for (size_t i = width_of(what); i < width; i++)
        text_append_char(text, ' ');
}

static const char *color_of(const char *verdict)
{
    if (strcmp(verdict, "holds") == 0 || strcmp(verdict, "sampled") == 0)
        return GREEN;
    return strcmp(verdict, "violated") == 0 ? RED : YELLOW;
}

static void append_verdict(struct text *text, const char *verdict, size_t width, bool color)
{
    const bool colored = color && strcmp(verdict, "-") != 0;
    text_append_string(text, colored ? color_of(verdict) : "");
    append_padded(text, verdict, width);
    text_append_string(text, colored ? PLAIN : "");
}

static size_t name_width(const struct value_store *store, struct value document)
{
    size_t width = strlen("solution");
    for (size_t i = 0; i < field_count(store, document, "solutions"); i++) {
        const char *name = field_text(store, field_at(store, document, "solutions", i), "name");
        if (width_of(name) > width)
            width = width_of(name);
    }
    return width > NAME_WIDTH_MAX ? NAME_WIDTH_MAX : width;
}

/* One line of what may have several. */
static void append_line(struct text *text, const char *message)
{
    text_append(text, message, strcspn(message, "\n"));
}

static void append_row(struct text *text, const struct value_store *store, struct value document,
                       struct value row, size_t width, bool color)
{
    struct value check = field_at(store, row, "checks", 0);
    struct value violation = value_member(store, check, "violation", VALUE_MAP);
    text_append_string(text, "  ");
    append_padded(text, field_text(store, row, "name"), width + 2);
    append_verdict(text, field_text(store, check, "verdict"), VERDICT_WIDTH, color);
    for (size_t i = 1; i < field_count(store, row, "checks"); i++)
        append_verdict(text, field_text(store, field_at(store, row, "checks", i), "verdict"),
                       STEP_WIDTH, color);
    if (value_is_none(violation)) {
        append_line(text, field_text(store, check, "reason"));
    } else {
        const char *function =
            field_text(store, value_member(store, violation, "code", VALUE_MAP), "function");
        text_append_format(
            text, "[%zu] %s%s",
            grade_cluster_number(store, document, field_text(store, violation, "key")), function,
            function[0] == '\0' ? "" : ": ");
        append_line(text, field_text(store, violation, "summary"));
        int64_t faults = field_integer(store, violation, "faults", 0);
        text_append_format(text, " (%lld fault%s, %lld steps)", (long long)faults,
                           faults == 1 ? "" : "s",
                           (long long)field_integer(store, violation, "steps", 0));
    }
    while (text->length > 0 && text->bytes[text->length - 1] == ' ')
        text->bytes[--text->length] = '\0';
    text_append_char(text, '\n');
}

static void append_head(struct text *text, const struct value_store *store, struct value document,
                        size_t width)
{
    text_append_string(text, "  ");
    append_padded(text, "solution", width + 2);
    for (size_t i = 0; i < field_count(store, document, "checks"); i++) {
        struct value name = field_at(store, document, "checks", i);
        append_padded(text, value_bytes(store, name, NULL), i == 0 ? VERDICT_WIDTH : STEP_WIDTH);
    }
    text_append_string(text, "why\n");
}

static void append_indented(struct text *text, const char *body, const char *indent)
{
    while (*body != '\0') {
        size_t length = strcspn(body, "\n");
        text_append_string(text, length == 0 ? "" : indent);
        text_append(text, body, length);
        text_append_char(text, '\n');
        body += length + (body[length] == '\n' ? 1 : 0);
    }
}

static void append_cluster(struct text *text, const struct value_store *store, struct value cluster,
                           size_t number)
{
    struct value shortest = value_member(store, cluster, "shortest", VALUE_MAP);
    size_t count = field_count(store, cluster, "solutions");
    text_append_format(text, "\n[%zu] %s: %zu solution%s\n   ", number,
                       field_text(store, cluster, "key"), count, count == 1 ? "" : "s");
    for (size_t i = 0; i < count; i++)
        text_append_format(text, "%s%s", i == 0 ? " " : ", ",
                           value_bytes(store, field_at(store, cluster, "solutions", i), NULL));
    text_append_format(text, "\n    the shortest counterexample, %s's:\n",
                       field_text(store, shortest, "solution"));
    append_indented(text, field_text(store, shortest, "text"), "      ");
}

static void append_figures(struct text *text, const struct value_store *store,
                           struct value document)
{
    struct value verdicts = value_member(store, document, "verdicts", VALUE_MAP);
    struct value runtime = value_member(store, document, "runtime", VALUE_MAP);
    struct value seconds = value_member(store, runtime, "seconds", VALUE_NUMBER);
    char number[DECIMAL_TEXT_SIZE] = "0";
    if (!value_is_none(seconds))
        (void)decimal_text(value_decimal(store, seconds), number);
    text_append_format(text, "\n  %zu solutions:", field_count(store, document, "solutions"));
    for (size_t i = 0; !value_is_none(verdicts) && i < value_count(store, verdicts); i++) {
        const char *verdict = value_bytes(store, value_key_at(store, verdicts, i), NULL);
        text_append_format(text, "%s %lld %s", i == 0 ? "" : ",",
                           (long long)field_integer(store, verdicts, verdict, 0), verdict);
    }
    text_append_format(text, "; %.5s s, %lld verification%s from the cache\n", number,
                       (long long)field_integer(store, runtime, "cached", 0),
                       field_integer(store, runtime, "cached", 0) == 1 ? "" : "s");
}

void grade_append_text(struct text *text, const struct value_store *store, struct value document,
                       const struct grade_text_options *options)
{
    size_t width = name_width(store, document);
    append_head(text, store, document, width);
    for (size_t i = 0; i < field_count(store, document, "solutions"); i++)
        append_row(text, store, document, field_at(store, document, "solutions", i), width,
                   options->color);
    append_figures(text, store, document);
    for (size_t i = 0; i < field_count(store, document, "no_solutions"); i++) {
        struct value other = field_at(store, document, "no_solutions", i);
        text_append_format(text, "  no solution: %s: %s\n", field_text(store, other, "name"),
                           field_text(store, other, "reason"));
    }
    for (size_t i = 0; !options->brief && i < field_count(store, document, "clusters"); i++)
        append_cluster(text, store, field_at(store, document, "clusters", i), i + 1);
}
