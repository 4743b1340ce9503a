/* `oncecheck coverage`: what recorded runs reached, put together. */
#ifndef ONCECHECK_CHECKER_COMMAND_COVERAGE_H
#define ONCECHECK_CHECKER_COMMAND_COVERAGE_H

#include "checker/command.h"

int command_coverage(const struct options *options, const struct environment *environment);

#endif
