/* Texts as Python writes them: repr, str, json.dumps, Decimal.
 *
 * Sources: Python's documentation of repr, json and decimal; the texts were compared with Python
 * 3.11 (tests/model/handlers). */
#ifndef ONCECHECK_MODEL_HANDLERS_PYTHON_TEXT_H
#define ONCECHECK_MODEL_HANDLERS_PYTHON_TEXT_H

#include "model/base/arena.h"
#include "model/base/text.h"
#include "model/handlers/python_value.h"

/* repr(value), which for lists and dicts is str(value) too. */
void python_repr_append(struct text *text, const struct python_value *value);

/* repr(json.loads(json)) of compact JSON, NUL-terminated, as json_append and event_json_append
 * write it, without making the value in between. False, and nothing appended: strings with
 * characters that repr might escape, or choose its quotation marks by. */
bool python_transcribe_append(struct text *text, const char *json, size_t length);

/* json.dumps(value, sort_keys=True) with its default separators and ensure_ascii. `scratch` is used
 * for sorting; false: no memory. */
bool python_dumps_append(struct text *text, const struct python_value *value,
                         struct arena *scratch);

/* A string as json.dumps writes it, quotation marks included. `bytes` is valid UTF-8. */
void python_dumps_string_append(struct text *text, const char *bytes, size_t length);

/* str(Decimal(number)) for the text of a finite int or float, such as "1e+16": "1E+16". */
void python_decimal_append(struct text *text, const char *number, size_t length);

#endif
