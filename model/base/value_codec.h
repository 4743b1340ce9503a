/* Values as bytes, for files of our own.
 *
 * Exact for values of every kind, VALUE_NONE included, and equal for equal values, so that bytes
 * may be hashed. Unlike JSON it holds binaries, sets, and numbers that no JSON reader keeps.
 * Decoding trusts nothing: bytes that are no value are refused. */
#ifndef ONCECHECK_MODEL_BASE_VALUE_CODEC_H
#define ONCECHECK_MODEL_BASE_VALUE_CODEC_H

#include "model/base/text.h"
#include "model/base/value.h"

/* Bytes still to be read. Once something does not fit, `failed` is true and nothing is read. */
struct byte_reader {
    const char *next;
    size_t left;
    bool failed;
};

void value_encode(struct text *text, const struct value_store *store, struct value value);

/* The value that value_encode wrote, and past it. VALUE_NONE with reader->failed where there is
 * none; where memory runs out, VALUE_NONE and the store has failed. */
struct value value_decode(struct value_store *store, struct byte_reader *reader);

/* Unsigned numbers, little-endian, of 1 to 8 bytes. */
void number_encode(struct text *text, uint64_t number, size_t size);
uint64_t number_decode(struct byte_reader *reader, size_t size);

#endif
