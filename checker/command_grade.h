/* `oncecheck grade`: every solution below a folder, each verified by a process of its own. */
#ifndef ONCECHECK_CHECKER_COMMAND_GRADE_H
#define ONCECHECK_CHECKER_COMMAND_GRADE_H

#include "checker/command.h"

int command_grade(const struct options *options, const struct environment *environment);

#endif
