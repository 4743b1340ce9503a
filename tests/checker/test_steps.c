#include "checker/steps.h"

#include "tests/checker/generated_instance.h"

#include <criterion/criterion.h>
#include <stdlib.h>

/* The same transitions as world_expand lists, in its order, on the way of a walk. */
static void compare_along(const struct instance *instance, uint64_t seed)
{
    struct rig rig;
    struct steps steps;
    struct random random;
    struct error error = ERROR_INIT;
    instance_rig(instance, &rig, true, true);
    rig_learn(&rig, 1);
    struct expansion_memo *memo = expansion_memo_create(rig.world);
    steps_init(&steps, &rig.memory);
    random_init(&random, seed, 1);
    for (int step = 0; step < 200; step++) {
        rig_expand(&rig);
        cr_assert_eq(steps_learn(&steps, memo, rig.state, &error), STATUS_OK);
        cr_assert_eq(steps_find(&steps, memo, rig.state), STEPS_FOUND);
        size_t count = steps.enabled.free_count + steps.enabled.fault_count;
        cr_assert_eq(count, rig.list.count);
        size_t next[2] = {0, 0};
        for (size_t i = 0; i < count; i++) {
            int cost = (int)rig.list.items[i].cost;
            const uint32_t *numbers = cost > 0 ? steps.enabled.faults : steps.enabled.free;
            const struct remembered_transition *found =
                expansion_memo_transition(memo, numbers[next[cost]++]);
            cr_assert(action_equal(&found->action, &rig.list.items[i].action));
        }
        if (count == 0)
            break;
        uint32_t chosen = random_below(&random, (uint32_t)count);
        steps_take(memo,
                   chosen < steps.enabled.free_count
                       ? steps.enabled.free[chosen]
                       : steps.enabled.faults[chosen - steps.enabled.free_count],
                   rig.state);
    }
    steps_release(&steps);
    expansion_memo_destroy(memo);
    rig_release(&rig);
}

Test(steps, are_those_of_an_expansion)
{
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct instance instance;
        instance_generate(&instance, seed);
        instance.put_count = 1;
        compare_along(&instance, seed);
    }
}
