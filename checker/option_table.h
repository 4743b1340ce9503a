/* Which options there are, of which commands, and what each sets: one row per option. */
#ifndef ONCECHECK_CHECKER_OPTION_TABLE_H
#define ONCECHECK_CHECKER_OPTION_TABLE_H

#include "checker/options.h"

#include <stddef.h>

enum option_argument { ARGUMENT_NONE, ARGUMENT_NEEDED, ARGUMENT_OPTIONAL };

enum {
    FOR_VERIFY = 1 << COMMAND_VERIFY,
    FOR_REPLAY = 1 << COMMAND_REPLAY,
    FOR_SCENARIOS = 1 << COMMAND_SCENARIOS,
    FOR_RUNS = 1 << COMMAND_RUNS,
    FOR_REPORT = 1 << COMMAND_REPORT,
    FOR_AWS = 1 << COMMAND_AWS,
    FOR_SIMULATE = 1 << COMMAND_SIMULATE,
    FOR_COVERAGE = 1 << COMMAND_COVERAGE,
    FOR_AUDIT = 1 << COMMAND_AUDIT,
    FOR_GRADE = 1 << COMMAND_GRADE,
    FOR_ALL = 0xffff
};

struct option_row {
    const char *name;
    char letter; /* 0: none */
    enum option_argument argument;
    unsigned commands; /* FOR_... */
    /* `value` is NULL only where `argument` lets it be missing. Errors name the option, what was
     * found and what was expected. */
    enum status (*read)(const struct option_row *row, char *value, struct options *options,
                        struct error *error);
    size_t offset;           /* of what `read` sets in struct options, where it sets one thing */
    const char *placeholder; /* what its value is called in the help; NULL: it has none */
    const char *help;
};

struct command_row {
    const char *name;
    const char *operands; /* what follows the name, for the help */
    const char *help;
};

/* Indexed by enum command. */
extern const struct command_row option_commands[COMMAND_COUNT];

/* By the first `length` bytes of a name, or by its letter where that is not 0. NULL: there is none.
 */
const struct option_row *option_find(const char *name, size_t length, char letter);

/* The name that begins most like `name`, for a hint; NULL: none does. */
const char *option_similar(const char *name);

#endif
