/* `oncecheck audit`: a solution against the weaknesses beyond the workshop's own rules. */
#ifndef ONCECHECK_CHECKER_COMMAND_AUDIT_H
#define ONCECHECK_CHECKER_COMMAND_AUDIT_H

#include "checker/command.h"

int command_audit(const struct options *options, const struct environment *environment);

#endif
