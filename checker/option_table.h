/* Which options there are, of which commands, and what each sets: one row per option. */
#ifndef ONCECHECK_CHECKER_OPTION_TABLE_H
#define ONCECHECK_CHECKER_OPTION_TABLE_H

#include "checker/options.h"

#include <stddef.h>

enum option_argument { ARGUMENT_NONE, ARGUMENT_NEEDED, ARGUMENT_OPTIONAL };

enum {
    FOR_VERIFY = 1,
    FOR_REPLAY = 2,
    FOR_SCENARIOS = 4,
    FOR_RUNS = 8,
    FOR_REPORT = 16,
    FOR_AWS = 32,
    FOR_SIMULATE = 64,
    FOR_COVERAGE = 128,
    FOR_AUDIT = 256,
    FOR_GRADE = 512,
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
    const char *help;        /* NULL: not there yet */
};

struct command_row {
    const char *name;
    bool there;
    const char *help;
};

/* Indexed by enum command. */
extern const struct command_row option_commands[COMMAND_COUNT];

/* FOR_... of a command; 0: it takes no options. */
unsigned option_command_bit(enum command command);

/* By the first `length` bytes of a name, or by its letter where that is not 0. NULL: there is none.
 */
const struct option_row *option_find(const char *name, size_t length, char letter);

/* The name that begins most like `name`, for a hint; NULL: none does. */
const char *option_similar(const char *name);

#endif
