/* `oncecheck simulate`. */
#ifndef ONCECHECK_CHECKER_COMMAND_SIMULATE_H
#define ONCECHECK_CHECKER_COMMAND_SIMULATE_H

#include "checker/command.h"

int command_simulate(const struct options *options, const struct environment *environment);

#endif
