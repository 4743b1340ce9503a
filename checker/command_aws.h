/* `oncecheck aws`: the simulated services alone, a request a line on standard input, an answer a
 * line on standard output (model/local_aws.h). */
#ifndef ONCECHECK_CHECKER_COMMAND_AWS_H
#define ONCECHECK_CHECKER_COMMAND_AWS_H

#include "checker/command.h"

int command_aws(const struct options *options, const struct environment *environment);

#endif
