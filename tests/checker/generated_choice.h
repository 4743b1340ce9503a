/* What the generators of instances have in common: how they choose. */
#ifndef ONCECHECK_TESTS_CHECKER_GENERATED_CHOICE_H
#define ONCECHECK_TESTS_CHECKER_GENERATED_CHOICE_H

#include "model/base/random.h"
#include "tests/checker/generated_handlers.h"

static inline bool generated_chance(struct random *random, uint32_t percent)
{
    return random_below(random, 100) < percent;
}

/* The name of one of generated_handlers with that role, each as likely as the others. */
static inline const char *generated_handler_choose(struct random *random, enum generated_role role)
{
    for (;;) {
        const struct generated_handler *handler =
            &generated_handlers[random_below(random, (uint32_t)generated_handler_count)];
        if (handler->role == role)
            return handler->name;
    }
}

#endif
