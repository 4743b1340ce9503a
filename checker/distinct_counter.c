#include "checker/distinct_counter.h"

#include <math.h>

enum { RANK_BITS = 64 - DISTINCT_COUNTER_BITS };

void distinct_counter_add(struct distinct_counter *counter, uint64_t hash)
{
    uint8_t *place = &counter->registers[hash >> RANK_BITS];
    uint64_t rest = hash << DISTINCT_COUNTER_BITS;
    /* the place of the first one among the remaining bits, from 1 */
    uint8_t rank = rest == 0 ? RANK_BITS + 1 : (uint8_t)(__builtin_clzll(rest) + 1);
    if (rank > *place)
        *place = rank;
}

void distinct_counter_merge(struct distinct_counter *into, const struct distinct_counter *from)
{
    for (uint32_t i = 0; i < DISTINCT_COUNTER_REGISTERS; i++)
        if (from->registers[i] > into->registers[i])
            into->registers[i] = from->registers[i];
}

uint64_t distinct_counter_estimate(const struct distinct_counter *counter)
{
    static const double registers = DISTINCT_COUNTER_REGISTERS;
    double sum = 0.0;
    uint32_t empty = 0;
    for (uint32_t i = 0; i < DISTINCT_COUNTER_REGISTERS; i++) {
        sum += ldexp(1.0, -(int)counter->registers[i]);
        empty += counter->registers[i] == 0;
    }
    /* alpha and the bound of the small range are the paper's */
    double estimate = 0.7213 / (1.0 + 1.079 / registers) * registers * registers / sum;
    if (estimate <= 2.5 * registers && empty > 0)
        estimate = registers * log(registers / empty);
    return (uint64_t)llround(estimate);
}
