/* What is remembered of expansions, against expanding every state anew: in generated pipelines, on
 * random walks. */
#include "model/expansion_memo.h"

#include "model/base/random.h"
#include "tests/checker/generated_instance.h"

#include <criterion/criterion.h>
#include <string.h>

enum { INSTANCES = 60, STEPS = 400 };

struct walk {
    struct rig rig;
    struct expansion_memo *memo;
    struct random random;
    size_t compared;
    size_t found; /* expansions that were remembered already */
};

static void forget(struct walk *walk)
{
    expansion_memo_destroy(walk->memo);
    walk->memo = expansion_memo_create(walk->rig.world);
    cr_assert_not_null(walk->memo);
    world_initial_state(walk->rig.world, walk->rig.state);
}

/* Compare one remembered transition with the one that world_expand has at `index`. */
static void compare_transition(struct walk *walk, uint32_t number, size_t index)
{
    struct rig *rig = &walk->rig;
    const struct remembered_transition *remembered = expansion_memo_transition(walk->memo, number);
    cr_assert_lt(index, rig->list.count);
    const struct transition *expanded = &rig->list.items[index];
    uint16_t slot_count = rig->list.slot_count;
    cr_assert(action_equal(&remembered->action, &expanded->action));
    cr_assert_eq(remembered->cost, expanded->cost);
    cr_assert_eq(remembered->moves_on, transition_moves_on(rig->world, rig->state, expanded));
    uint32_t *slots = memory_allocate(&rig->memory, slot_count * sizeof *slots);
    memcpy(slots, rig->state, slot_count * sizeof *slots);
    uint64_t before = world_run_fingerprint(rig->world, slots, 0, slot_count);
    expansion_memo_apply(walk->memo, remembered, slots);
    cr_assert_eq(world_run_fingerprint(rig->world, slots, 0, slot_count),
                 before + remembered->fingerprint_change);
    if (remembered->may_finish_stage)
        (void)expansion_memo_finish_stages(walk->memo, slots);
    cr_assert_arr_eq(slots, rig->list.slots + index * slot_count, slot_count * sizeof *slots);
    memory_free(&rig->memory, slots, slot_count * sizeof *slots);
}

/* False: facts have changed. */
static bool compare_state(struct walk *walk)
{
    struct rig *rig = &walk->rig;
    size_t index = 0;
    uint32_t part = 0;
    bool moves_on = false;
    rig_expand(rig);
    if (world_take_facts_changed(rig->world))
        return false;
    for (uint32_t group = 0; group < expansion_memo_group_count(walk->memo) && !moves_on; group++) {
        for (; part < expansion_memo_group_end(walk->memo, group); part++) {
            struct remembered_expansion expansion;
            if (expansion_memo_find(walk->memo, part, rig->state, &expansion))
                walk->found++;
            else
                cr_assert_eq(
                    expansion_memo_add(walk->memo, part, rig->state, &expansion, &rig->error),
                    STATUS_OK, "%s", rig->error.message);
            for (uint32_t i = 0; i < expansion.count; i++) {
                compare_transition(walk, expansion.first + i, index++);
                moves_on = moves_on ||
                           expansion_memo_transition(walk->memo, expansion.first + i)->moves_on;
            }
        }
    }
    cr_assert_eq(index, rig->list.count);
    walk->compared++;
    return true;
}

static void take_a_step(struct walk *walk)
{
    struct rig *rig = &walk->rig;
    if (rig->list.count == 0) {
        world_initial_state(rig->world, rig->state);
        return;
    }
    size_t next = random_below(&walk->random, (uint32_t)rig->list.count);
    memcpy(rig->state, rig->list.slots + next * rig->list.slot_count,
           rig->list.slot_count * sizeof *rig->state);
}

static void walk_instance(uint64_t seed, bool reduced, size_t *compared, size_t *found)
{
    struct instance instance;
    struct walk walk = {.memo = NULL};
    instance_generate(&instance, seed);
    instance_rig(&instance, &walk.rig, reduced, reduced);
    walk.rig.world->drop_dead_data = reduced;
    random_init(&walk.random, seed, 3);
    forget(&walk);
    for (size_t step = 0; step < STEPS; step++) {
        if (compare_state(&walk))
            take_a_step(&walk);
        else
            forget(&walk);
    }
    *compared += walk.compared;
    *found += walk.found;
    expansion_memo_destroy(walk.memo);
    rig_release(&walk.rig);
}

Test(expansion_memo, gives_what_expanding_gives)
{
    size_t compared = 0;
    size_t found = 0;
    for (uint64_t seed = 1; seed <= INSTANCES; seed++) {
        walk_instance(seed, false, &compared, &found);
        walk_instance(seed, true, &compared, &found);
    }
    cr_assert_gt(compared, (size_t)INSTANCES * STEPS, "%zu", compared);
    cr_assert_gt(found, compared, "%zu of %zu", found, compared);
}
