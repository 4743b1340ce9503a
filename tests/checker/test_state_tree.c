#include "checker/state_tree.h"

#include "model/base/hash.h"
#include "model/base/random.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH_MAX = 70, GROUP = 7 };

static struct memory memory;

static void setup(void) { memory_init(&memory, SIZE_MAX); }
static void teardown(void) { cr_assert_eq(memory.used, 0); }

TestSuite(state_tree, .init = setup, .fini = teardown);

static uint64_t fingerprint(const void *context, const uint32_t *slots, uint32_t first,
                            uint32_t count)
{
    (void)context;
    uint64_t sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += hash_mix64((uint64_t)(first + i) << 32 | slots[i]);
    return sum;
}

struct tree {
    struct state_tree *tree;
    struct unfolded_state unfolded;
};

/* Groups of `group` slots. */
static struct tree create(uint32_t width, uint32_t group)
{
    uint16_t ends[WIDTH_MAX];
    size_t count = 0;
    for (uint32_t end = group; end < width; end += group)
        ends[count++] = (uint16_t)end;
    ends[count++] = (uint16_t)width;
    struct tree tree = {.tree = state_tree_create(&memory, ends, count, fingerprint, NULL)};
    cr_assert_not_null(tree.tree);
    cr_assert(unfolded_state_init(&tree.unfolded, tree.tree, &memory));
    return tree;
}

static void destroy(struct tree *tree)
{
    unfolded_state_release(&tree->unfolded, tree->tree, &memory);
    state_tree_destroy(tree->tree);
}

/* Keys handed out so far; rewritten when bits run out. */
struct keys {
    uint64_t *items;
    size_t count;
    unsigned rewritten;
};

static uint64_t add(struct tree *tree, struct keys *keys, const uint32_t *slots)
{
    uint64_t key = 0;
    enum tree_result result = state_tree_add(tree->tree, slots, &tree->unfolded, &key);
    while (result == TREE_KEYS_FULL) {
        state_tree_share_bits(tree->tree);
        for (size_t i = 0; i < keys->count; i++) {
            keys->items[i] = state_tree_rewrite(tree->tree, keys->items[i]);
            cr_assert_neq(keys->items[i], 0);
        }
        tree->unfolded.valid = false;
        keys->rewritten++;
        result = state_tree_add(tree->tree, slots, &tree->unfolded, &key);
    }
    cr_assert_eq(result, TREE_FOUND);
    return key;
}

/* A state for a number: few slots differ between neighbours. */
static void state_of(uint32_t number, uint32_t width, uint32_t *slots)
{
    for (uint32_t i = 0; i < width; i++)
        slots[i] = i % 7;
    slots[0] = number % 5;
    slots[width / 2] = number / 5 % 11;
    slots[width - 1] = number;
}

Test(state_tree, gives_states_of_any_width_back)
{
    for (uint32_t width = 1; width <= WIDTH_MAX; width++) {
        for (uint32_t group = 1; group <= width; group += GROUP) {
            struct tree tree = create(width, group);
            uint64_t items[100];
            struct keys keys = {.items = items};
            uint32_t slots[WIDTH_MAX];
            for (uint32_t i = 0; i < 100; i++) {
                state_of(i, width, slots);
                items[i] = add(&tree, &keys, slots);
                keys.count++;
            }
            for (uint32_t i = 100; i > 0; i--) {
                state_of(i - 1, width, slots);
                state_tree_unfold(tree.tree, items[i - 1], &tree.unfolded);
                cr_assert_arr_eq(tree.unfolded.slots, slots, width * sizeof *slots,
                                 "width %u, groups of %u", width, group);
                cr_assert_eq(state_tree_fingerprint(tree.tree, tree.unfolded.numbers),
                             fingerprint(NULL, slots, 0, width));
            }
            destroy(&tree);
        }
    }
}

static void tells_places_apart(uint32_t group)
{
    static const uint32_t states[][5] = {
        {0, 0, 0, 0, 0}, {0, 0, 0, 0, 1},          {0, 1, 0, 0, 0},          {0, 0, 0, 1, 0},
        {1, 0, 0, 0, 0}, {UINT32_MAX, 0, 0, 0, 0}, {0, 0, 0, 0, UINT32_MAX}, {2, 3, 2, 3, 2},
        {2, 3, 3, 2, 2}, {3, 2, 2, 3, 2},
    };
    enum { COUNT = sizeof states / sizeof states[0] };
    struct tree tree = create(5, group);
    uint64_t items[COUNT];
    struct keys keys = {.items = items};
    for (size_t i = 0; i < COUNT; i++) {
        uint64_t key = 0;
        cr_assert_eq(state_tree_find(tree.tree, states[i], &tree.unfolded, &key), TREE_MISSING);
        items[i] = add(&tree, &keys, states[i]);
        keys.count++;
        for (size_t k = 0; k < i; k++)
            cr_assert_neq(items[k], items[i]);
    }
    for (size_t i = 0; i < COUNT; i++) {
        uint64_t key = 0;
        cr_assert_eq(state_tree_find(tree.tree, states[i], &tree.unfolded, &key), TREE_FOUND);
        cr_assert_eq(key, items[i]);
    }
    destroy(&tree);
}

Test(state_tree, tells_places_apart)
{
    for (uint32_t group = 1; group <= 5; group++)
        tells_places_apart(group);
}

/* Successors against whole states, through keys that run out of bits and become root pairs. */
Test(state_tree, agrees_with_a_list)
{
    enum { WIDTH = 40, STEPS = 6000 };
    struct random random;
    random_init(&random, 1, 1);
    uint32_t(*list)[WIDTH] = calloc(STEPS, sizeof *list);
    uint64_t *items = calloc(STEPS, sizeof *items);
    cr_assert(list != NULL && items != NULL);
    struct tree tree = create(WIDTH, 3);
    struct keys keys = {.items = items};
    items[0] = add(&tree, &keys, list[0]);
    keys.count = 1;
    for (uint32_t step = 1; step < STEPS; step++) {
        uint32_t from = random_below(&random, (uint32_t)keys.count);
        struct slot_change changes[3];
        size_t count = 1 + random_below(&random, 3);
        uint32_t slots[WIDTH];
        memcpy(slots, list[from], sizeof slots);
        for (size_t i = 0; i < count; i++) {
            changes[i].slot = (uint32_t)(i * 13 + random_below(&random, 13));
            changes[i].value = random_below(&random, 40);
            slots[changes[i].slot] = changes[i].value;
        }
        uint64_t whole = add(&tree, &keys, slots);
        uint64_t key = 0;
        state_tree_unfold(tree.tree, items[from], &tree.unfolded);
        cr_assert_arr_eq(tree.unfolded.slots, list[from], sizeof slots);
        cr_assert_eq(state_tree_find_successor(tree.tree, &tree.unfolded, changes, count, &key),
                     TREE_FOUND);
        cr_assert_eq(key, whole);
        cr_assert_arr_eq(tree.unfolded.slots, list[from], sizeof slots); /* stays as it was */
        memcpy(list[keys.count], slots, sizeof slots);
        items[keys.count++] = whole;
    }
    cr_assert_gt(keys.rewritten, 2);
    for (size_t i = 0; i < keys.count; i++) {
        state_tree_unfold(tree.tree, items[i], &tree.unfolded);
        cr_assert_arr_eq(tree.unfolded.slots, list[i], sizeof list[i]);
    }
    destroy(&tree);
    free(list);
    free(items);
}

/* Whichever allocation fails, it is said, and what was there still is. */
Test(state_tree, survives_each_failing_allocation)
{
    enum { WIDTH = 9, STATES = 700 };
    static const uint16_t ends[] = {3, 9};
    unsigned long long failures = 0;
    for (unsigned long long n = 1;; n++) {
        setup();
        memory.fail_at = n;
        struct tree tree = {.tree = state_tree_create(&memory, ends, 2, fingerprint, NULL)};
        bool made = tree.tree != NULL && unfolded_state_init(&tree.unfolded, tree.tree, &memory);
        uint32_t slots[WIDTH];
        uint64_t key = 0;
        uint32_t added = 0;
        for (; made && added < STATES; added++) {
            state_of(added, WIDTH, slots);
            if (state_tree_add(tree.tree, slots, &tree.unfolded, &key) == TREE_NO_MEMORY)
                break;
        }
        bool failed = !made || added < STATES;
        cr_assert_eq(failed, memory.requests >= n);
        for (uint32_t i = 0; made && i < added; i++) {
            state_of(i, WIDTH, slots);
            cr_assert_eq(state_tree_find(tree.tree, slots, &tree.unfolded, &key), TREE_FOUND);
        }
        if (made)
            unfolded_state_release(&tree.unfolded, tree.tree, &memory);
        state_tree_destroy(tree.tree);
        cr_assert_eq(memory.used, 0);
        if (!failed)
            break;
        failures++;
    }
    cr_assert_gt(failures, 15);
}
