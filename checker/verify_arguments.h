/* The command line of an `oncecheck verify` in a process of its own, made from the options of the
 * command that starts it. */
#ifndef ONCECHECK_CHECKER_VERIFY_ARGUMENTS_H
#define ONCECHECK_CHECKER_VERIFY_ARGUMENTS_H

#include "checker/options.h"
#include "model/base/arena.h"

#include <stdbool.h>
#include <stddef.h>

enum { VERIFY_ARGUMENTS_MAX = 512 };

/* `list` ends with NULL; texts are the arena's. */
struct verify_arguments {
    struct arena *arena;
    char *list[VERIFY_ARGUMENTS_MAX];
    size_t count;
    bool failed; /* no memory, or too many */
};

/* NULL: there was no memory for it. */
void verify_arguments_add(struct verify_arguments *arguments, const char *argument);

/* "--name value", which NULL is not, as above. */
void verify_arguments_add_value(struct verify_arguments *arguments, const char *name,
                                const char *value);

/* "--name value", or nothing where `value` is NULL: the option was not given. */
void verify_arguments_add_option(struct verify_arguments *arguments, const char *name,
                                 const char *value);

/* "oncecheck verify", which prints its result as JSON and nothing else, on one worker. */
void verify_arguments_begin(struct verify_arguments *arguments);

/* What decides what a solution is verified with: template, parameters, settings, interpreter, jail,
 * kinds of faults. */
void verify_arguments_add_model(struct verify_arguments *arguments, const struct options *options);

/* --max-memory (as given, or the process's part of what `processes` of them may have), --time-limit
 * (where it is above 0) and --max-states. */
void verify_arguments_add_limits(struct verify_arguments *arguments, const struct options *options,
                                 unsigned processes, double time_limit_s);

#endif
