/* What a simulation is made of: the pipeline, and the functions' code as sessions. */
#ifndef ONCECHECK_CHECKER_SIMULATE_H
#define ONCECHECK_CHECKER_SIMULATE_H

#include "checker/run.h"
#include "model/simulation.h"

struct simulate {
    struct memory *memory;
    struct run *run; /* pipeline and code; its functions are not run */
    struct handler_session sessions[PIPELINE_FUNCTIONS_MAX];
    struct simulation *simulation;
};

/* Prepare to play. Of the request, what says where pipeline and code come from is used; it, options
 * and what they point to outlive `simulate`. On failure nothing is left to release. */
enum status simulate_create(struct simulate *simulate, struct run_request *request,
                            const struct simulation_options *options, bool (*tick)(void *context),
                            void *context, struct error *error);
void simulate_release(struct simulate *simulate);

#endif
