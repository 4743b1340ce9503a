#include "model/base/random.h"

#include "model/base/error.h"

#define MULTIPLIER 6364136223846793005U

void random_init(struct random *random, uint64_t seed, uint64_t stream)
{
    random->state = 0;
    random->increment = (stream << 1) | 1U;
    random_next(random);
    random->state += seed;
    random_next(random);
}

uint32_t random_next(struct random *random)
{
    uint64_t old = random->state;
    random->state = old * MULTIPLIER + random->increment;
    uint32_t shifted = (uint32_t)(((old >> 18) ^ old) >> 27);
    uint32_t rotation = (uint32_t)(old >> 59);
    return (shifted >> rotation) | (shifted << (-rotation & 31U));
}

uint32_t random_below(struct random *random, uint32_t bound)
{
    CHECK(bound > 0);
    /* 2^32 mod bound values at the start of the range are rejected; the rest is a multiple. */
    uint32_t threshold = -bound % bound;
    for (;;) {
        uint32_t number = random_next(random);
        if (number >= threshold)
            return number % bound;
    }
}
