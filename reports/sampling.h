/* What a random search has done, in words and as JSON (`sampling` of a result). */
#ifndef ONCECHECK_REPORTS_SAMPLING_H
#define ONCECHECK_REPORTS_SAMPLING_H

#include "checker/verify.h"
#include "model/base/text.h"

/* "10000 runs drawn by walk from seed 1": where nothing was found. */
void append_sampled_bound(struct text *text, const struct verification *verification);

/* Which run it was, and what it was shrunk to. */
void append_sampled_violation(struct text *text, const struct verification *verification);

/* Runs, steps, and what the strategy guarantees. */
void append_sampling_figures(struct text *text, const struct verification *verification,
                             double seconds);

/* The seed, where what was found depends on it; else null. */
struct value sampling_seed_value(const struct run *run, bool sampled);

/* Null where the search was exhaustive. */
struct value sampling_value(const struct verification *verification);

#endif
