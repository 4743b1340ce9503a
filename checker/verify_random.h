/* Verification by random search: runs of all valuations, the first violating one shrunk. */
#ifndef ONCECHECK_CHECKER_VERIFY_RANDOM_H
#define ONCECHECK_CHECKER_VERIFY_RANDOM_H

#include "checker/verify.h"

/* Sample the verification's run as options->random asks. On failure nothing is left but what
 * verification_release releases. */
enum status verify_random(struct verification *verification, const struct verify_options *options,
                          struct error *error);

#endif
