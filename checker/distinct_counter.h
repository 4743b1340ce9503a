/* How many different values there are in a long sequence, without keeping them.
 *
 * HyperLogLog (P. Flajolet, E. Fusy, O. Gandouet, F. Meunier, "HyperLogLog: the analysis of a
 * near-optimal cardinality estimation algorithm", AofA 2007) with 64-bit hashes, which need no
 * correction for large counts, and linear counting for small ones. The standard error is 0.8 %; up
 * to some thousands it is less. The order of the values does not matter, so counters filled by
 * several threads and merged say the same as one. */
#ifndef ONCECHECK_CHECKER_DISTINCT_COUNTER_H
#define ONCECHECK_CHECKER_DISTINCT_COUNTER_H

#include <stdint.h>

enum { DISTINCT_COUNTER_BITS = 14, DISTINCT_COUNTER_REGISTERS = 1 << DISTINCT_COUNTER_BITS };

/* All zero: nothing counted. */
struct distinct_counter {
    uint8_t registers[DISTINCT_COUNTER_REGISTERS];
};

/* `hash` must be mixed well: hash_mix64. */
void distinct_counter_add(struct distinct_counter *counter, uint64_t hash);

/* Count in `into` what `from` has counted, too. */
void distinct_counter_merge(struct distinct_counter *into, const struct distinct_counter *from);

/* 0 if nothing was counted. */
uint64_t distinct_counter_estimate(const struct distinct_counter *counter);

#endif
