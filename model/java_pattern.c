#include "model/java_pattern.h"

#include "model/base/ascii.h"
#include "model/base/text.h"

#include <regex.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST = 0x20, LAST = 0x7E }; /* printable ASCII */

/* The characters that one place of a text may hold. */
struct character_set {
    bool holds[LAST + 1];
};

struct translation {
    const char *at;
    struct text posix;
    long repetitions;
    int open;        /* groups */
    bool quantifies; /* a quantifier may follow: there is something to repeat */
};

static void add_range(struct character_set *set, char first, char last)
{
    for (int c = first; c <= last; c++)
        set->holds[c] = true;
}

static void invert(struct character_set *set)
{
    for (int c = FIRST; c <= LAST; c++)
        set->holds[c] = !set->holds[c];
}

/* \d, \w, \s and their negations. False: no such set. */
static bool add_named(struct character_set *set, char name)
{
    struct character_set named = {{false}};
    switch (name) {
    case 'd':
    case 'D':
        add_range(&named, '0', '9');
        break;
    case 'w':
    case 'W':
        add_range(&named, '0', '9');
        add_range(&named, 'A', 'Z');
        add_range(&named, 'a', 'z');
        named.holds['_'] = true;
        break;
    case 's':
    case 'S':
        named.holds[' '] = true; /* the others are not printable */
        break;
    default:
        return false;
    }
    if (name >= 'A' && name <= 'Z')
        invert(&named);
    for (int c = FIRST; c <= LAST; c++)
        set->holds[c] = set->holds[c] || named.holds[c];
    return true;
}

/* A bracket expression of the set. In it `]` comes first, `^` not first, `-` last. */
static bool append_set(struct text *posix, const struct character_set *set)
{
    size_t count = 0;
    int only = 0;
    for (int c = FIRST; c <= LAST; c++) {
        if (set->holds[c]) {
            count++;
            only = c;
        }
    }
    if (count == 0)
        return false;
    if (count == 1 && only == '^') {
        text_append_string(posix, "\\^");
        return true;
    }
    text_append_string(posix, "[");
    if (set->holds[']'])
        text_append_string(posix, "]");
    for (int c = FIRST; c <= LAST; c++) {
        char character = (char)c;
        if (set->holds[c] && c != ']' && c != '^' && c != '-')
            text_append(posix, &character, 1);
    }
    if (set->holds['^'] && count == 2 && set->holds['-'])
        text_append_string(posix, "-^");
    else {
        text_append_string(posix, set->holds['^'] ? "^" : "");
        text_append_string(posix, set->holds['-'] ? "-" : "");
    }
    text_append_string(posix, "]");
    return true;
}

/* One character of a class, escaped or not, at `at`; '\0' where it is something else. */
static char read_member(const char **at)
{
    char c = **at;
    if (c == '\\') {
        c = (*at)[1];
        if (ascii_is_alphanumeric(c) || c == '\0')
            return '\0';
        (*at)++;
    } else if (c == '[' || c == ']' || (c == '&' && (*at)[1] == '&')) {
        return '\0';
    }
    (*at)++;
    return c;
}

/* A class, behind its `[`. */
static bool translate_class(struct translation *translation)
{
    struct character_set set = {{false}};
    const char *at = translation->at;
    bool negated = *at == '^';
    at += negated ? 1 : 0;
    const char *begin = at;
    while (*at != ']' || at == begin) {
        if (*at == '\0')
            return false;
        if (*at == '\\' && add_named(&set, at[1])) {
            at += 2;
            continue;
        }
        char first = read_member(&at);
        char last = first;
        if (first != '\0' && at[0] == '-' && at[1] != ']') {
            at++;
            last = read_member(&at);
        }
        if (first == '\0' || last == '\0' || last < first)
            return false;
        add_range(&set, first, last);
    }
    translation->at = at + 1;
    translation->quantifies = true;
    if (negated)
        invert(&set);
    return append_set(&translation->posix, &set);
}

static bool translate_escape(struct translation *translation)
{
    char c = translation->at[0];
    struct character_set set = {{false}};
    if (c == '\0' || (ascii_is_alphanumeric(c) && !add_named(&set, c)))
        return false;
    if (!ascii_is_alphanumeric(c))
        set.holds[(int)c] = true;
    translation->at++;
    translation->quantifies = true;
    return append_set(&translation->posix, &set);
}

/* {m}, {m,} or {m,n}, behind the `{`. */
static bool translate_bounds(struct translation *translation)
{
    const char *start = translation->at;
    const char *end = start;
    long bound = 0;
    for (int i = 0; i < 2; i++) {
        char *rest = NULL;
        if (*end >= '0' && *end <= '9') {
            bound = strtol(end, &rest, 10);
            end = rest;
        } else if (i == 0) {
            return false;
        }
        if (bound > JAVA_PATTERN_BOUND_MAX)
            return false;
        if (*end == '}')
            break;
        if (*end != ',' || i == 1)
            return false;
        end++;
    }
    if (*end != '}')
        return false;
    translation->repetitions *= bound > 1 ? bound : 1;
    text_append_string(&translation->posix, "{");
    text_append(&translation->posix, start, (size_t)(end - start) + 1);
    translation->at = end + 1;
    return translation->repetitions <= JAVA_PATTERN_REPETITIONS_MAX;
}

static bool translate_quantifier(struct translation *translation, char c)
{
    if (!translation->quantifies)
        return false;
    translation->quantifies = false;
    if (c == '{') {
        if (!translate_bounds(translation))
            return false;
    } else {
        text_append(&translation->posix, &c, 1);
    }
    if (*translation->at == '?') /* lazy: the same texts match */
        translation->at++;
    return *translation->at != '+'; /* possessive: others may not */
}

static bool translate_group(struct translation *translation)
{
    if (translation->at[0] == '?') {
        if (translation->at[1] != ':')
            return false;
        translation->at += 2;
    }
    translation->open++;
    translation->quantifies = false;
    text_append_string(&translation->posix, "(");
    return true;
}

/* What begins at `at`. False: not the same in POSIX, or not read. */
static bool translate_next(struct translation *translation)
{
    char c = *translation->at++;
    struct character_set set = {{false}};
    switch (c) {
    case '\\':
        return translate_escape(translation);
    case '[':
        return translate_class(translation);
    case '(':
        return translate_group(translation);
    case '*':
    case '+':
    case '?':
    case '{':
        return translate_quantifier(translation, c);
    case ')':
        if (translation->open-- == 0)
            return false;
        translation->quantifies = true;
        break;
    case '|':
    case '^':
    case '$':
        translation->quantifies = false;
        break;
    case '.':
        translation->quantifies = true;
        break;
    default:
        set.holds[(int)c] = true;
        translation->quantifies = true;
        return append_set(&translation->posix, &set);
    }
    text_append(&translation->posix, &c, 1);
    return true;
}

static bool is_printable(const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (text[i] < FIRST || text[i] > LAST)
            return false;
    }
    return true;
}

static enum java_match match(const char *posix, const char *text)
{
    regex_t compiled;
    if (regcomp(&compiled, posix, REG_EXTENDED | REG_NOSUB) != 0)
        return JAVA_UNKNOWN;
    int code = regexec(&compiled, text, 0, NULL, 0);
    regfree(&compiled);
    return code == 0 ? JAVA_MATCHES : code == REG_NOMATCH ? JAVA_DIFFERS : JAVA_UNKNOWN;
}

enum java_match java_pattern_match(struct memory *memory, const char *pattern, const char *text,
                                   size_t length)
{
    char copy[JAVA_PATTERN_TEXT_MAX + 1];
    if (strlen(pattern) > JAVA_PATTERN_SIZE_MAX || length > JAVA_PATTERN_TEXT_MAX ||
        !is_printable(pattern, strlen(pattern)) || !is_printable(text, length))
        return JAVA_UNKNOWN;
    memcpy(copy, text, length);
    copy[length] = '\0';
    struct translation translation = {.at = pattern, .repetitions = 1};
    text_init(&translation.posix, memory);
    text_append_string(&translation.posix, "^(");
    bool known = true;
    while (known && *translation.at != '\0')
        known = translate_next(&translation);
    text_append_string(&translation.posix, ")$");
    enum java_match result = JAVA_UNKNOWN;
    if (known && translation.open == 0 && !text_failed(&translation.posix))
        result = match(text_string(&translation.posix), copy);
    text_release(&translation.posix);
    return result;
}
