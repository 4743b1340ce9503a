/* PCG32 (PCG-XSH-RR 64/32): M. E. O'Neill, "PCG: A Family of Simple Fast Space-Efficient
 * Statistically Good Algorithms for Random Number Generation", HMC-CS-2014-0905, 2014.
 *
 * Test vector: seed 42, stream 54 gives a15c02b7 7b47f409 ba1d3330 83d2f293 bfa4784b cbed606e. */
#ifndef ONCECHECK_MODEL_BASE_RANDOM_H
#define ONCECHECK_MODEL_BASE_RANDOM_H

#include <stdint.h>

struct random {
    uint64_t state;
    uint64_t increment; /* odd; selects the stream */
};

void random_init(struct random *random, uint64_t seed, uint64_t stream);
uint32_t random_next(struct random *random);

/* Uniform in 0..bound-1 without modulo bias; bound > 0. */
uint32_t random_below(struct random *random, uint32_t bound);

#endif
