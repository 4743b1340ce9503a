/* What the step cache says, against what it was given; explorers that use it are compared with the
 * naive one in test_soundness*.c. */
#include "checker/step_cache.h"

#include "tests/checker/generated_instance.h"

#include <criterion/criterion.h>
#include <string.h>

enum { BLOCKS_MAX = 64, SEEDS = 60 };

static struct rig rig;
static struct state_tree *tree;
static struct expansion_memo *memo;
static struct step_cache *cache;
static struct step_block blocks[BLOCKS_MAX];
static size_t block_count;
static struct unfolded_state unfolded;

static uint64_t fingerprint(const void *context, const uint32_t *slots, uint32_t first,
                            uint32_t count)
{
    return world_run_fingerprint(context, slots, first, count);
}

static void create(uint64_t seed)
{
    struct instance instance;
    struct error error = ERROR_INIT;
    uint64_t key = 0;
    instance_generate(&instance, seed);
    instance_rig(&instance, &rig, true, true);
    const struct layout *layout = &rig.world->layout;
    tree = state_tree_create(&rig.memory, layout->group_ends, layout->group_count, fingerprint,
                             rig.world);
    memo = expansion_memo_create(rig.world);
    cr_assert(tree != NULL && memo != NULL);
    block_count = step_blocks(tree, memo, blocks);
    cache = step_cache_create(&rig.memory, tree, memo, blocks, block_count);
    cr_assert_not_null(cache);
    cr_assert(unfolded_state_init(&unfolded, tree, &rig.memory));
    cr_assert_eq(state_tree_add(tree, rig.state, &unfolded, &key), TREE_FOUND);
    for (uint32_t part = 0; part < expansion_memo_group_end(memo, 0); part++) {
        struct remembered_expansion expansion;
        cr_assert_eq(expansion_memo_add(memo, part, rig.state, &expansion, &error), STATUS_OK);
    }
}

static void destroy(void)
{
    step_cache_destroy(cache);
    unfolded_state_release(&unfolded, tree, &rig.memory);
    expansion_memo_destroy(memo);
    state_tree_destroy(tree);
    rig_release(&rig);
}

/* Every part is in one block, in order, and no block goes over the end of a group. */
Test(step_cache, has_blocks_of_parts_that_stand_in_one_run)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        create(seed);
        uint32_t part = 0;
        size_t block = 0;
        for (uint32_t group = 0; group < expansion_memo_group_count(memo); group++) {
            for (; block < block_count && part < expansion_memo_group_end(memo, group); block++) {
                cr_assert_eq(blocks[block].first, part);
                cr_assert_gt(blocks[block].end, part);
                for (; part < blocks[block].end; part++) {
                    uint16_t slots[2];
                    expansion_memo_standing(memo, part, slots);
                    if (blocks[block].run != STEP_BLOCK_NO_RUN)
                        cr_assert(state_tree_run_of(tree, slots[0]) == blocks[block].run &&
                                  state_tree_run_of(tree, slots[1]) == blocks[block].run);
                }
            }
            cr_assert_eq(part, expansion_memo_group_end(memo, group));
        }
        cr_assert_eq(block, block_count);
        destroy();
    }
}

/* The initial state's puts, as if each had added its index. */
static struct cached_steps puts_at_start(struct cached_step *steps)
{
    struct remembered_expansion expansion;
    cr_assert(expansion_memo_find(memo, 0, rig.state, &expansion));
    cr_assert_leq(expansion.count, STEP_CACHE_STEPS_MAX);
    for (uint32_t i = 0; i < expansion.count; i++)
        steps[i] = (struct cached_step){
            .key_change = i, .hash_change = ~(uint64_t)i, .transition = expansion.first + i};
    return (struct cached_steps){.items = steps, .count = expansion.count, .flags = CACHED_FREE};
}

static uint32_t view_of(uint32_t part)
{
    uint32_t view = 0;
    cr_assert_eq(expansion_memo_view(memo, part, rig.state, &view), VIEW_KNOWN);
    return view;
}

Test(step_cache, finds_what_was_kept_for_the_same_runs)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct cached_step steps[STEP_CACHE_STEPS_MAX];
        struct cached_steps found;
        create(seed);
        struct cached_steps kept = puts_at_start(steps);
        uint32_t view = view_of(0);
        uint32_t *numbers = unfolded.numbers;
        cr_assert_not(step_cache_find(cache, 0, numbers, &found));
        step_cache_keep(cache, 0, numbers, &view, 1, &kept);
        cr_assert(step_cache_find(cache, 0, numbers, &found));
        cr_assert_eq(found.count, kept.count);
        cr_assert_eq(found.flags, kept.flags);
        for (size_t i = 0; i < kept.count; i++) {
            cr_assert_eq(found.items[i].key_change, kept.items[i].key_change);
            cr_assert_eq(found.items[i].hash_change, kept.items[i].hash_change);
            cr_assert_eq(found.items[i].transition, kept.items[i].transition);
        }
        numbers[blocks[0].run]++; /* another content of the generator's run */
        cr_assert_not(step_cache_find(cache, 0, numbers, &found));
        numbers[blocks[0].run]--;
        step_cache_clear(cache);
        cr_assert_not(step_cache_find(cache, 0, numbers, &found));
        destroy();
    }
}

/* The runs that the view names besides the block's own tell, too; others do not. */
Test(step_cache, tells_the_runs_that_a_view_names_from_others)
{
    size_t told = 0;
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct cached_step steps[STEP_CACHE_STEPS_MAX];
        struct cached_steps found;
        bool named[256] = {false};
        uint32_t count = 0;
        create(seed);
        struct cached_steps kept = puts_at_start(steps);
        uint32_t view = view_of(0);
        const uint16_t *slots = expansion_memo_view_slots(memo, view, &count);
        for (uint32_t i = 0; i < count; i++)
            named[state_tree_run_of(tree, slots[i])] = true;
        step_cache_keep(cache, 0, unfolded.numbers, &view, 1, &kept);
        for (uint32_t run = 0; run < state_tree_run_count(tree); run++) {
            unfolded.numbers[run]++;
            cr_assert_eq(step_cache_find(cache, 0, unfolded.numbers, &found), !named[run]);
            unfolded.numbers[run]--;
            told += named[run] ? 1 : 0;
        }
        destroy();
    }
    cr_assert_gt(told, SEEDS);
}

/* A step that changes a run that neither is the block's own nor named by a view would depend on
 * more than is looked up. */
Test(step_cache, keeps_no_steps_that_change_other_runs)
{
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct cached_step steps[STEP_CACHE_STEPS_MAX];
        struct cached_steps found;
        create(seed);
        struct cached_steps kept = puts_at_start(steps);
        blocks[0].run = (blocks[0].run + 1) % state_tree_run_count(tree);
        step_cache_keep(cache, 0, unfolded.numbers, NULL, 0, &kept);
        cr_assert_not(step_cache_find(cache, 0, unfolded.numbers, &found));
        destroy();
    }
}
