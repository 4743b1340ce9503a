#include "model/base/text.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

void text_init(struct text *text, struct memory *memory)
{
    *text = (struct text){.memory = memory};
}

void text_release(struct text *text)
{
    memory_free(text->memory, text->bytes, text->capacity);
    text_init(text, text->memory);
}

void text_clear(struct text *text)
{
    text->length = 0;
    if (text->bytes != NULL)
        text->bytes[0] = '\0';
}

bool text_failed(const struct text *text) { return text->failed; }

const char *text_string(const struct text *text) { return text->bytes != NULL ? text->bytes : ""; }

/* Room for `extra` more bytes and the NUL. */
static bool make_room(struct text *text, size_t extra)
{
    if (text->failed)
        return false;
    void *bytes = text->bytes;
    if (extra > SIZE_MAX - text->length - 1 ||
        !memory_reserve(text->memory, &bytes, &text->capacity, text->length + extra + 1, 1)) {
        text->failed = true;
        return false;
    }
    text->bytes = bytes;
    return true;
}

void text_append(struct text *text, const char *bytes, size_t length)
{
    if ((text->failed || length >= text->capacity - text->length) && !make_room(text, length))
        return;
    if (length > 0)
        memcpy(text->bytes + text->length, bytes, length);
    text->length += length;
    text->bytes[text->length] = '\0';
}

void text_append_string(struct text *text, const char *string)
{
    text_append(text, string, strlen(string));
}

void text_append_format(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_list again;
    va_start(arguments, format);
    va_copy(again, arguments);
    const size_t room = text->failed ? 0 : text->capacity - text->length;
    int length = vsnprintf(room > 0 ? text->bytes + text->length : NULL, room, format, arguments);
    if (length < 0) {
        text->failed = true;
    } else if ((size_t)length < room) {
        text->length += (size_t)length;
    } else if (make_room(text, (size_t)length)) {
        vsnprintf(text->bytes + text->length, (size_t)length + 1, format, again);
        text->length += (size_t)length;
    } else if (room > 0) {
        text->bytes[text->length] = '\0'; /* what did not fit is taken back */
    }
    va_end(again);
    va_end(arguments);
}

/* The letter after the backslash; 0: none. */
static char short_escape(char c)
{
    switch (c) {
    case '"':
    case '\\':
        return c;
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return '\0';
    }
}

static bool is_plain(char c) { return c >= 0x20 && c < 0x7F && c != '\'' && c != '"' && c != '\\'; }

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first byte is the lowest");

/* Bit 7 of each byte that is zero; bytes above the first of them may be taken for one (Hacker's
 * Delight, 6-1). */
static uint64_t zero_bytes(uint64_t word)
{
    return (word - UINT64_C(0x0101010101010101)) & ~word & UINT64_C(0x8080808080808080);
}

/* How many of the eight bytes at the start are plain. */
static size_t plain_of_eight(const char *bytes)
{
    const uint64_t ones = UINT64_C(0x0101010101010101);
    uint64_t word = 0;
    memcpy(&word, bytes, sizeof word);
    const uint64_t below_blank = (word - ones * 0x20) & ~word;
    const uint64_t above_tilde = (word + ones) | word;
    const uint64_t quoted = zero_bytes(word ^ ones * '\'') | zero_bytes(word ^ ones * '"') |
                            zero_bytes(word ^ ones * '\\');
    const uint64_t others = (below_blank | above_tilde | quoted) & ones << 7;
    return others == 0 ? sizeof word : (size_t)__builtin_ctzll(others) / 8;
}

size_t text_plain_length(const char *bytes, size_t length)
{
    const size_t step = sizeof(uint64_t);
    size_t i = 0;
    for (; i + step <= length; i += step) {
        const size_t plain = plain_of_eight(bytes + i);
        if (plain < step)
            return i + plain;
    }
    if (length >= step)
        return length - step + plain_of_eight(bytes + length - step);
    while (i < length && is_plain(bytes[i]))
        i++;
    return i;
}

void text_append_json_string(struct text *text, const char *bytes, size_t length)
{
    text_append_char(text, '"');
    size_t copied = 0; /* bytes[copied..i) need no escape and are not appended yet */
    for (size_t i = text_plain_length(bytes, length); i < length;
         i += 1 + text_plain_length(bytes + i + 1, length - i - 1)) {
        if ((unsigned char)bytes[i] >= 0x20 && bytes[i] != '"' && bytes[i] != '\\')
            continue;
        const char letter = short_escape(bytes[i]);
        text_append(text, bytes + copied, i - copied);
        copied = i + 1;
        if (letter != '\0')
            text_append(text, (const char[]){'\\', letter}, 2);
        else
            text_append_format(text, "\\u%04x", (unsigned)(unsigned char)bytes[i]);
    }
    text_append(text, bytes + copied, length - copied);
    text_append_char(text, '"');
}
