/* `oncecheck verify --steps`: beside the verdict on the whole, one on each step of the lab. */
#ifndef ONCECHECK_CHECKER_COMMAND_VERIFY_STEPS_H
#define ONCECHECK_CHECKER_COMMAND_VERIFY_STEPS_H

#include "checker/command_verify.h"
#include "checker/lab_steps.h"

/* What is known of a step. Texts and values are those of the command's run. */
struct verified_step {
    const char *verdict;      /* a verdict's name; NULL: the solution brings no such function */
    const char *reason;       /* where it neither holds nor is violated, else NULL */
    const char *bound;        /* that it holds for, in words, or NULL */
    struct value violation;   /* as in a result, or VALUE_NONE */
    struct value trace_steps; /* of its counterexample */
    const char *trace_file;   /* where that is; NULL: nowhere */
};

/* Verify each step with the command's options, after the whole, whose run there must be. What is
 * wrong with one is its reason. Errors: out of memory; a trace cannot be written. */
enum status verify_steps(const struct verify_command *command,
                         struct verified_step steps[LAB_STEP_COUNT], struct error *error);

/* "lab_steps" of the result. VALUE_NONE: no memory. */
struct value verify_steps_value(struct value_store *store,
                                const struct verified_step steps[LAB_STEP_COUNT]);

/* For people; `brief`: a line for each. */
void verify_steps_append(struct text *text, const struct verify_command *command,
                         const struct verified_step steps[LAB_STEP_COUNT], bool brief);

#endif
