/* verify --sweep: which settings of event source mappings keep the properties. */
#ifndef ONCECHECK_CHECKER_COMMAND_SWEEP_H
#define ONCECHECK_CHECKER_COMMAND_SWEEP_H

#include "checker/command.h"

/* Returns an exit code of docs/interface.md. */
int command_sweep(const struct options *options, const struct environment *environment);

#endif
