/* The steps of the workshop's Lab 2, told apart: each is the solution's one function on a scenario
 * about it, with the Lab 2 reference around it. */
#ifndef ONCECHECK_CHECKER_LAB_STEPS_H
#define ONCECHECK_CHECKER_LAB_STEPS_H

#include "checker/run.h"
#include "model/base/arena.h"

#include <stddef.h>

enum { LAB_STEP_COUNT = 2, LAB_FUNCTION_COUNT = 3 };

struct lab_step {
    const char *name;     /* "step 1" */
    const char *scenario; /* its NAME */
    const char *function; /* of the solution */
    const char *what;     /* must be so, for people */
};

extern const struct lab_step lab_steps[LAB_STEP_COUNT];

/* A function of the workshop has that name. */
bool lab_has_function(const char *name);

/* The functions of the workshop that `function` is not, as the Lab 2 reference below `data_dir` has
 * them: LAB_FUNCTION_COUNT - 1 of them, into `overrides`. Texts are the arena's. Errors: no memory.
 */
enum status lab_step_references(const char *function, const char *data_dir, struct arena *arena,
                                struct function_override *overrides, struct error *error);

#endif
