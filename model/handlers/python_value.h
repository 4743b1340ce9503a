/* Python values as json.loads makes them.
 *
 * Unlike a `struct value` they keep what Python's repr, str and json.dumps can see: the order of a
 * dict, and whether a number is an int or a float. All memory is the arena's. */
#ifndef ONCECHECK_MODEL_HANDLERS_PYTHON_VALUE_H
#define ONCECHECK_MODEL_HANDLERS_PYTHON_VALUE_H

#include "model/base/arena.h"

#include <stdbool.h>
#include <stddef.h>

enum { PYTHON_DEPTH_MAX = 128 };

enum python_kind {
    PYTHON_NONE,
    PYTHON_BOOL,
    PYTHON_INT, /* of any size: its digits */
    PYTHON_FLOAT,
    PYTHON_STR,
    PYTHON_LIST,
    PYTHON_DICT
};

struct python_item;

struct python_value {
    enum python_kind kind;
    bool truth;                /* BOOL */
    double number;             /* FLOAT: finite */
    const char *bytes;         /* STR: UTF-8, may hold NUL bytes. INT: as str() writes it */
    size_t length;             /* of `bytes` */
    struct python_item *first; /* LIST, DICT: the elements in order; NULL: empty */
    size_t count;              /* LIST, DICT */
};

/* An element of a list (key NULL) or of a dict. */
struct python_item {
    const char *key; /* UTF-8 */
    size_t key_length;
    struct python_value value;
    struct python_item *next;
};

enum python_status {
    PYTHON_OK,
    PYTHON_NOT_JSON,    /* json.loads would raise */
    PYTHON_UNSUPPORTED, /* json.loads takes it, we do not: NaN, a number outside DynamoDB's range or
                           with more digits, a lone surrogate, deeper than PYTHON_DEPTH_MAX */
    PYTHON_NO_MEMORY
};

/* json.loads of `length` bytes of UTF-8. Of equal keys the last one's value wins, at the place of
 * the first, as in a dict. */
enum python_status python_json_loads(struct arena *arena, const char *bytes, size_t length,
                                     struct python_value *value);

/* The value under a key of a dict; NULL if there is none, or `value` is not a dict. */
const struct python_value *python_get(const struct python_value *value, const char *key);

/* type(value).__name__ */
const char *python_type_name(const struct python_value *value);

#endif
