/* A growing byte string, for building output, JSON and requests.
 *
 * Errors are sticky: after a failed allocation further calls do nothing and text_failed says so.
 * `bytes` is always NUL-terminated (NULL before the first append). */
#ifndef ONCECHECK_MODEL_BASE_TEXT_H
#define ONCECHECK_MODEL_BASE_TEXT_H

#include "model/base/memory.h"

#include <stdbool.h>
#include <stddef.h>

struct text {
    struct memory *memory;
    char *bytes;
    size_t length; /* without the NUL */
    size_t capacity;
    bool failed;
};

void text_init(struct text *text, struct memory *memory);
void text_release(struct text *text);
void text_clear(struct text *text); /* length 0, capacity kept, `failed` kept */
bool text_failed(const struct text *text);
const char *text_string(const struct text *text); /* never NULL: "" when empty */

void text_append(struct text *text, const char *bytes, size_t length);
void text_append_string(struct text *text, const char *string);
/* Here to be inlined: writers of JSON append most of what they write one character at a time. */
static inline void text_append_char(struct text *text, char c)
{
    if (text->failed || text->capacity - text->length < 2) {
        text_append(text, &c, 1);
        return;
    }
    text->bytes[text->length++] = c;
    text->bytes[text->length] = '\0';
}
__attribute__((format(printf, 2, 3))) void text_append_format(struct text *text, const char *format,
                                                              ...);
/* How many of the bytes at the start are printable ASCII but for quotation marks, single and
 * double, and backslashes: what JSON, and Python's repr, write as it is. */
size_t text_plain_length(const char *bytes, size_t length);
/* With JSON escapes and quotation marks; UTF-8 passes through, control characters as \uXXXX. */
void text_append_json_string(struct text *text, const char *bytes, size_t length);

#endif
