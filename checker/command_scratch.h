/* A folder for what a command needs only while it runs. */
#ifndef ONCECHECK_CHECKER_COMMAND_SCRATCH_H
#define ONCECHECK_CHECKER_COMMAND_SCRATCH_H

#include "model/base/error.h"

enum { COMMAND_SCRATCH_SIZE = 4096 };

/* Make a folder of its own below $TMPDIR, or /tmp, named after the command. On failure `path` is
 * "". */
enum status command_make_scratch(const char *command, char path[COMMAND_SCRATCH_SIZE],
                                 struct error *error);

/* Remove it with all there is in it; "": there is nothing to do. */
void command_remove_scratch(const char *path);

#endif
