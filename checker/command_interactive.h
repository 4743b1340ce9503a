/* `oncecheck replay --interactive`: a replayed trace, step by step, on the terminal.
 *
 * One command a line; a line that begins one of them is enough, and an empty line is `next`:
 *   next, back                  one step on, or back
 *   go N, N                     to the state after step N; 0: the start
 *   diff                        what the step changed
 *   state [TEXT]                the whole state, or its components whose names hold TEXT
 *   possible                    what can happen here, with the step that was taken marked
 *   why                         the violation
 *   quit, or the end of input */
#ifndef ONCECHECK_CHECKER_COMMAND_INTERACTIVE_H
#define ONCECHECK_CHECKER_COMMAND_INTERACTIVE_H

#include "checker/command_replay.h"

#include <stdio.h>

/* Append the state, one component a line: those whose names hold `name`. False: no memory. */
bool append_state(struct text *text, struct world *world, const uint32_t *state, const char *name);

/* Append what can happen, "StateLambda/shard-0  gets a batch of 1", as step_choice has it. */
void append_choice(struct text *text, const struct value_store *store, struct value choice);

/* Lines are read from `input`. Prompts are written where `prompts` is true. */
enum status replay_interactive(const struct replay_report *report, FILE *input, bool prompts,
                               bool color, struct error *error);

#endif
