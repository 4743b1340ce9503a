/* --checkpoint, --checkpoint-every and --resume of `oncecheck verify`. */
#ifndef ONCECHECK_CHECKER_COMMAND_VERIFY_CHECKPOINT_H
#define ONCECHECK_CHECKER_COMMAND_VERIFY_CHECKPOINT_H

#include "checker/command_verify.h"

/* Before the run is made: open what --resume names, and have its values read. */
enum status verify_begin_resume(struct verify_command *command, struct error *error);

/* Once the run is made: fill search->checkpoint, where there is one. Errors: what is resumed is of
 * another verification. */
enum status verify_begin_checkpoint(struct verify_command *command, struct verify_options *search,
                                    struct error *error);

/* Close what was opened. */
void verify_end_checkpoint(struct verify_command *command);

#endif
