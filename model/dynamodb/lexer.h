/* Tokens of DynamoDB's expressions.
 *
 * Bare names start with a letter; after '#' and ':' any letter, digit or underscore may follow (M).
 * Keywords are names here: whether a name is one depends on where it stands. */
#ifndef ONCECHECK_MODEL_DYNAMODB_LEXER_H
#define ONCECHECK_MODEL_DYNAMODB_LEXER_H

#include "model/dynamodb/call.h"

enum lexeme {
    LEXEME_END,
    LEXEME_NAME,      /* Version */
    LEXEME_NAME_REF,  /* #v */
    LEXEME_VALUE_REF, /* :v */
    LEXEME_INTEGER,
    LEXEME_EQ,
    LEXEME_NE,
    LEXEME_LT,
    LEXEME_LE,
    LEXEME_GT,
    LEXEME_GE,
    LEXEME_LEFT_PARENTHESIS,
    LEXEME_RIGHT_PARENTHESIS,
    LEXEME_LEFT_BRACKET,
    LEXEME_RIGHT_BRACKET,
    LEXEME_COMMA,
    LEXEME_DOT,
    LEXEME_PLUS,
    LEXEME_MINUS,
    LEXEME_OTHER /* no expression contains it: a syntax error where it stands */
};

struct token {
    enum lexeme lexeme;
    const char *bytes; /* within the expression; not terminated */
    size_t length;
};

/* Cut `text` into tokens; the last one, not counted, is LEXEME_END. The array is the arena's. */
bool lexer_run(struct call *call, const char *text, size_t length, struct token **tokens,
               size_t *count);

/* True if the token is `word` (given in capitals), in any case. */
bool token_is_word(const struct token *token, const char *word);

#endif
