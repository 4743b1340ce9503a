/* A Python dict from strings to numbers that are added up, in order of insertion.
 *
 * A number is an int or a float as in Python: int + int is an int, everything else a float, and
 * floats are added in the order of the calls. All memory is the arena's. */
#ifndef ONCECHECK_MODEL_HANDLERS_PYTHON_SUMS_H
#define ONCECHECK_MODEL_HANDLERS_PYTHON_SUMS_H

#include "model/base/arena.h"
#include "model/base/text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct python_sum {
    const char *key; /* UTF-8 */
    size_t key_length;
    bool is_float;
    int64_t integer; /* if not is_float */
    double number;   /* if is_float */
};

struct python_sums {
    struct arena *arena;
    struct python_sum *sums;
    size_t count;
    size_t capacity;
};

void python_sums_init(struct python_sums *sums, struct arena *arena);

/* sums[key] = sums.get(key, 0) + number. `key` is copied. The int form fails (false) also where the
 * sum needs more than 64 bits; else false is: no memory. */
bool python_sums_add_float(struct python_sums *sums, const char *key, size_t key_length,
                           double number);
bool python_sums_add_integer(struct python_sums *sums, const char *key, size_t key_length,
                             int64_t number);

/* str(sum) */
void python_sum_append(struct text *text, const struct python_sum *sum);

/* json.dumps(sums, sort_keys=True). Sorts the sums. */
void python_sums_dumps_append(struct text *text, struct python_sums *sums);

#endif
