/* Numbers of the PCG author's own pcg32 (Debian package libpcg-cpp-dev). */
#ifndef ONCECHECK_TESTS_MODEL_BASE_PCG_REFERENCE_H
#define ONCECHECK_TESTS_MODEL_BASE_PCG_REFERENCE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* `count` numbers below `bound`, or of all 32 bits if that is 0. */
void pcg_reference(uint64_t seed, uint64_t stream, uint32_t bound, uint32_t *numbers, size_t count);

#ifdef __cplusplus
}
#endif

#endif
