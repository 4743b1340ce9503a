#include "model/dynamodb/lexer.h"

#include "model/base/ascii.h"

#include <string.h>

static bool is_word(char c) { return ascii_is_alphanumeric(c) || c == '_'; }
static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static size_t word_length(const char *text, size_t length, size_t start)
{
    size_t end = start;
    while (end < length && is_word(text[end]))
        end++;
    return end - start;
}

static enum lexeme symbol(const char *text, size_t length, size_t *size)
{
    char second = length > 1 ? text[1] : '\0';
    *size = 1;
    switch (text[0]) {
    case '=':
        return LEXEME_EQ;
    case '<':
        *size = second == '>' || second == '=' ? 2 : 1;
        return second == '>' ? LEXEME_NE : second == '=' ? LEXEME_LE : LEXEME_LT;
    case '>':
        *size = second == '=' ? 2 : 1;
        return second == '=' ? LEXEME_GE : LEXEME_GT;
    case '(':
        return LEXEME_LEFT_PARENTHESIS;
    case ')':
        return LEXEME_RIGHT_PARENTHESIS;
    case '[':
        return LEXEME_LEFT_BRACKET;
    case ']':
        return LEXEME_RIGHT_BRACKET;
    case ',':
        return LEXEME_COMMA;
    case '.':
        return LEXEME_DOT;
    case '+':
        return LEXEME_PLUS;
    case '-':
        return LEXEME_MINUS;
    default:
        break;
    }
    /* A run of bytes beyond ASCII stays together, so that messages remain UTF-8. */
    while (*size < length && (unsigned char)text[0] >= 0x80 && (unsigned char)text[*size] >= 0x80)
        (*size)++;
    return LEXEME_OTHER;
}

static struct token next_token(const char *text, size_t length)
{
    struct token token = {LEXEME_OTHER, text, 1};
    char first = text[0];
    if (ascii_is_letter(first)) {
        token.lexeme = LEXEME_NAME;
        token.length = word_length(text, length, 0);
    } else if (ascii_is_digit(first)) {
        token.lexeme = LEXEME_INTEGER;
        while (token.length < length && ascii_is_digit(text[token.length]))
            token.length++;
    } else if ((first == '#' || first == ':') && word_length(text, length, 1) > 0) {
        token.lexeme = first == '#' ? LEXEME_NAME_REF : LEXEME_VALUE_REF;
        token.length = 1 + word_length(text, length, 1);
    } else {
        token.lexeme = symbol(text, length, &token.length);
    }
    return token;
}

bool lexer_run(struct call *call, const char *text, size_t length, struct token **tokens,
               size_t *count)
{
    struct token *array = call_allocate(call, length + 1, sizeof array[0]);
    if (array == NULL)
        return false;
    size_t found = 0;
    for (size_t at = 0; at < length;) {
        if (is_blank(text[at])) {
            at++;
            continue;
        }
        array[found] = next_token(text + at, length - at);
        at += array[found].length;
        found++;
    }
    array[found] = (struct token){LEXEME_END, text + length, 0};
    *tokens = array;
    *count = found;
    return true;
}

bool token_is_word(const struct token *token, const char *word)
{
    size_t length = strlen(word);
    if (token->lexeme != LEXEME_NAME || token->length != length)
        return false;
    for (size_t i = 0; i < length; i++) {
        if (ascii_upper(token->bytes[i]) != word[i])
            return false;
    }
    return true;
}
