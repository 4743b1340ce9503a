/* `oncecheck coverage`: what recorded runs reached, put together. */
#ifndef ONCECHECK_CHECKER_COMMAND_COVERAGE_H
#define ONCECHECK_CHECKER_COMMAND_COVERAGE_H

#include "checker/command.h"
#include "checker/coverage.h"

int command_coverage(const struct options *options, const struct environment *environment);

/* The files of coverage_value, where verify's --coverage asks for them. A function that cannot be
 * run again is a warning and takes away the lines, and no verdict. */
struct value command_cover_lines(struct run *run, const struct options *options,
                                 const struct coverage *coverage);

#endif
