/* verify --sweep: settings of event source mappings, several values each, and every combination. */
#ifndef ONCECHECK_CHECKER_SWEEP_H
#define ONCECHECK_CHECKER_SWEEP_H

#include "model/base/arena.h"
#include "model/base/error.h"

#include <stddef.h>

enum { SWEEP_SETTINGS_MAX = 8, SWEEP_VALUES_MAX = 64, SWEEP_COMBINATIONS_MAX = 1024 };

struct sweep_setting {
    const char *name;                     /* [FUNCTION.]SETTING */
    const char *values[SWEEP_VALUES_MAX]; /* YAML, as --set takes them */
    size_t value_count;                   /* at least 1 */
};

struct sweep {
    struct sweep_setting settings[SWEEP_SETTINGS_MAX];
    size_t count;
    size_t combinations; /* the product of their values */
};

/* Read `count` texts "[FUNCTION.]SETTING=VALUE,...": cut at commas outside brackets and quotes.
 * Names and values are checked only where they are applied (model/mapping_override.h). Errors: no
 * name, an empty value, one value or setting twice; LIMIT where there are too many. */
enum status sweep_read(const char *const *texts, size_t count, struct arena *arena,
                       struct sweep *sweep, struct error *error);

/* Which value of setting `setting` combination `combination` has: the last setting varies fastest.
 */
size_t sweep_choice(const struct sweep *sweep, size_t combination, size_t setting);

/* "SETTING=VALUE", for --set. NULL: no memory. */
const char *sweep_text(const struct sweep *sweep, size_t setting, size_t value,
                       struct arena *arena);

#endif
