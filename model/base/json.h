/* JSON text to values and back (parsing by Jansson).
 *
 * null, booleans, strings, arrays and objects map one to one; numbers become exact decimals (a real
 * is read as its shortest round-trip text, as Python's json and repr write it). BINARY and sets
 * have no JSON form: writing them is a bug (CHECK); DynamoDB's typed form is made by
 * model/dynamodb. */
#ifndef ONCECHECK_MODEL_BASE_JSON_H
#define ONCECHECK_MODEL_BASE_JSON_H

#include "model/base/error.h"
#include "model/base/text.h"
#include "model/base/value.h"

enum { JSON_DEPTH_MAX = 256 };

/* Parse `length` bytes. Errors carry `file` (NULL: none), line and column. Duplicate object keys
 * are an error; so is a number outside DynamoDB's range. */
enum status json_parse(struct value_store *store, const char *bytes, size_t length,
                       const char *file, struct value *value, struct error *error);

/* Append compact JSON: no blanks, keys in content order, numbers as plain decimals. */
void json_append(struct text *text, const struct value_store *store, struct value value);

/* Append JSON indented by two blanks a level, starting at `level`; no newline at the end. */
void json_append_pretty(struct text *text, const struct value_store *store, struct value value,
                        unsigned level);

/* Shortest decimal text that reads back as the same double, formatted as Python's repr does
 * ("1.0", "0.1", "1e-05", "1e+16", "-0.0", "inf", "nan"). Returns the length. */
enum { JSON_DOUBLE_TEXT_SIZE = 32 };
size_t json_double_text(double number, char text[JSON_DOUBLE_TEXT_SIZE]);

#endif
