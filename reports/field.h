/* Fields of values read from JSON, where any may be missing or of another kind. */
#ifndef ONCECHECK_REPORTS_FIELD_H
#define ONCECHECK_REPORTS_FIELD_H

#include "model/base/value.h"

#include <stdbool.h>

/* A text field, or "". */
const char *field_text(const struct value_store *store, struct value map, const char *name);

/* A whole number that fits, or `otherwise`. */
int64_t field_integer(const struct value_store *store, struct value map, const char *name,
                      int64_t otherwise);

/* True if the field is there and true. */
bool field_truth(const struct value_store *store, struct value map, const char *name);

/* Elements of a field that is a LIST, else 0. */
size_t field_count(const struct value_store *store, struct value map, const char *name);

/* Element of a field that is a LIST of more than `index` elements. */
struct value field_at(const struct value_store *store, struct value map, const char *name,
                      size_t index);

/* A text for JSON; null where it is NULL or empty, which is how field_text reads a missing one. */
struct value field_filled_or_null(struct value_store *store, const char *text);

/* A number as text, or "" where there is none. Returns `text`. */
const char *field_number_text(const struct value_store *store, struct value map, const char *name,
                              char text[DECIMAL_TEXT_SIZE]);

#endif
