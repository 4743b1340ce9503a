/* `oncecheck coverage`: what recorded runs reached, put together. */
#ifndef ONCECHECK_CHECKER_COMMAND_COVERAGE_H
#define ONCECHECK_CHECKER_COMMAND_COVERAGE_H

#include "checker/command.h"
#include "checker/coverage.h"
#include "checker/verify.h"

int command_coverage(const struct options *options, const struct environment *environment);

/* The coverage of a verification as JSON, with the lines where verify's --coverage asks for them; a
 * function that cannot be run again is a warning and takes away the lines, and no verdict. What the
 * scenario says must be reached and was not is noted in the verification. */
struct value command_cover(struct verification *found, const struct options *options,
                           const struct coverage *coverage);

#endif
