/* `oncecheck replay --explore SCENARIO`: choose what happens next, from the start to an end.
 *
 * One command a line; a line that begins one of them is enough:
 *   N, or an empty line         take possibility N; list what is possible
 *   undo                        take the last step back
 *   finish                      go on without faults, always the first possibility, to an end
 *   path, diff                  the steps so far; all that the last one changed
 *   state [TEXT]                the whole state, or its components whose names hold TEXT
 *   why                         what is wrong here
 *   save FILE                   the path as a trace; so does --trace FILE at the end
 *   quit, or the end of input */
#ifndef ONCECHECK_CHECKER_COMMAND_EXPLORE_H
#define ONCECHECK_CHECKER_COMMAND_EXPLORE_H

#include "checker/command.h"

/* Exit code: 1 where the path at its end leads to a violation, else 0; or that of an error. */
int command_explore(const struct options *options, const struct environment *environment);

#endif
