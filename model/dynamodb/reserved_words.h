/* Words that may not be attribute names in expressions.
 *
 * Source: DynamoDB developer guide, "Reserved words in DynamoDB" (573 words, case-insensitive). */
#ifndef ONCECHECK_MODEL_DYNAMODB_RESERVED_WORDS_H
#define ONCECHECK_MODEL_DYNAMODB_RESERVED_WORDS_H

#include <stdbool.h>
#include <stddef.h>

/* `name` of `length` bytes need not be terminated. */
bool reserved_word(const char *name, size_t length);

#endif
