#include "tests/model/base/pcg_reference.h"

#include <pcg_random.hpp>

void pcg_reference(uint64_t seed, uint64_t stream, uint32_t bound, uint32_t *numbers, size_t count)
{
    pcg32 generator(seed, stream);
    for (size_t i = 0; i < count; i++)
        numbers[i] = bound == 0 ? generator() : generator(bound);
}
