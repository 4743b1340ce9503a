#include "checker/visited_set.h"

#include "model/base/random.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH_MAX = 70, MANY = 20000 };

static struct memory memory;

static void setup(void) { memory_init(&memory, SIZE_MAX); }
static void teardown(void) { cr_assert_eq(memory.used, 0); }

TestSuite(visited_set, .init = setup, .fini = teardown);

static enum visited_result insert(struct visited_set *set, const uint32_t *slots, uint32_t *index)
{
    enum visited_result result = visited_set_insert(set, slots, index);
    cr_assert_neq(result, VISITED_FULL);
    return result;
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

Test(visited_set, knows_what_it_has_seen)
{
    const uint32_t a[] = {1, 2, 3};
    const uint32_t b[] = {1, 2, 4};
    const uint32_t c[] = {3, 1, 2};
    struct visited_set *set = visited_set_create(&memory, 3);
    uint32_t index = 99;
    cr_assert_eq(visited_set_find(set, a, &index), VISITED_NEW);
    cr_assert_eq(insert(set, a, &index), VISITED_NEW);
    cr_assert_eq(index, 0);
    cr_assert_eq(insert(set, b, &index), VISITED_NEW);
    cr_assert_eq(index, 1);
    cr_assert_eq(insert(set, a, &index), VISITED_KNOWN);
    cr_assert_eq(index, 0);
    cr_assert_eq(visited_set_find(set, b, &index), VISITED_KNOWN);
    cr_assert_eq(index, 1);
    cr_assert_eq(visited_set_find(set, c, &index), VISITED_NEW);
    cr_assert_eq(visited_set_count(set), 2);
    visited_set_destroy(set);
}

Test(visited_set, gives_states_of_any_width_back)
{
    for (uint32_t width = 1; width <= WIDTH_MAX; width++) {
        struct visited_set *set = visited_set_create(&memory, width);
        uint32_t slots[WIDTH_MAX];
        uint32_t back[WIDTH_MAX];
        uint32_t index = 0;
        for (uint32_t i = 0; i < 100; i++) {
            state_of(i, width, slots);
            cr_assert_eq(insert(set, slots, &index), VISITED_NEW, "width %u", width);
            cr_assert_eq(index, i);
        }
        for (uint32_t i = 100; i > 0; i--) {
            state_of(i - 1, width, slots);
            visited_set_get(set, i - 1, back);
            cr_assert_arr_eq(slots, back, width * sizeof *slots, "width %u", width);
        }
        visited_set_destroy(set);
    }
}

/* Numbers as large as slots get, zeros, and the same pairs at other places. */
Test(visited_set, tells_places_apart)
{
    static const uint32_t states[][5] = {
        {0, 0, 0, 0, 0}, {0, 0, 0, 0, 1},          {0, 1, 0, 0, 0},          {0, 0, 0, 1, 0},
        {1, 0, 0, 0, 0}, {UINT32_MAX, 0, 0, 0, 0}, {0, 0, 0, 0, UINT32_MAX}, {2, 3, 2, 3, 2},
        {2, 3, 3, 2, 2}, {3, 2, 2, 3, 2},
    };
    enum { COUNT = sizeof states / sizeof states[0] };
    struct visited_set *set = visited_set_create(&memory, 5);
    for (uint32_t i = 0; i < COUNT; i++) {
        uint32_t index = 99;
        cr_assert_eq(insert(set, states[i], &index), VISITED_NEW, "state %u", i);
        cr_assert_eq(index, i);
    }
    for (uint32_t i = 0; i < COUNT; i++) {
        uint32_t back[5];
        visited_set_get(set, i, back);
        cr_assert_arr_eq(back, states[i], sizeof back);
    }
    visited_set_destroy(set);
}

/* Against a plain list, with look-ups and decodings in between: what is decoded is the base of what
 * is looked up next, and must not matter. */
Test(visited_set, agrees_with_a_list)
{
    enum { WIDTH = 13, STATES = 1500, STEPS = 6000 };
    struct random random;
    random_init(&random, 1, 1);
    uint32_t(*list)[WIDTH] = calloc(STATES, sizeof *list);
    cr_assert_not_null(list);
    struct visited_set *set = visited_set_create(&memory, WIDTH);
    uint32_t count = 0;
    for (int step = 0; step < STEPS && count < STATES; step++) {
        uint32_t slots[WIDTH];
        uint32_t index = 0;
        if (count > 0 && random_below(&random, 3) == 0)
            visited_set_get(set, random_below(&random, count), slots);
        else
            for (size_t i = 0; i < WIDTH; i++)
                slots[i] = random_below(&random, 2);
        slots[random_below(&random, WIDTH)] = random_below(&random, 4);
        uint32_t known = 0;
        while (known < count && memcmp(list[known], slots, sizeof slots) != 0)
            known++;
        enum visited_result found = visited_set_find(set, slots, &index);
        cr_assert_eq(found, known < count ? VISITED_KNOWN : VISITED_NEW);
        if (random_below(&random, 2) == 0)
            continue;
        cr_assert_eq(insert(set, slots, &index), known < count ? VISITED_KNOWN : VISITED_NEW);
        cr_assert_eq(index, known);
        if (known == count)
            memcpy(list[count++], slots, sizeof slots);
    }
    cr_assert_gt(count, 500);
    visited_set_destroy(set);
    free(list);
}

Test(visited_set, rejects_duplicates_after_resize)
{
    enum { WIDTH = 40 };
    struct visited_set *set = visited_set_create(&memory, WIDTH);
    uint32_t slots[WIDTH];
    uint32_t index = 0;
    for (uint32_t round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < MANY; i++) {
            state_of(i, WIDTH, slots);
            cr_assert_eq(insert(set, slots, &index), round == 0 ? VISITED_NEW : VISITED_KNOWN);
            cr_assert_eq(index, i);
        }
    }
    cr_assert_eq(visited_set_count(set), MANY);
    /* a state has 160 bytes; tables may be half empty */
    cr_assert_lt(visited_set_bytes(set) / MANY, 110, "%zu", visited_set_bytes(set) / MANY);
    cr_assert_leq(visited_set_bytes(set), memory.used);
    visited_set_destroy(set);
}

Test(visited_set, keeps_a_record_of_each_state)
{
    struct visited_set *set = visited_set_create(&memory, 2);
    uint32_t index = 0;
    for (uint32_t i = 0; i < 100; i++) {
        const uint32_t slots[] = {i, i};
        insert(set, slots, &index);
        struct visited_state fresh = visited_set_state(set, index);
        cr_assert(fresh.parent == 0 && fresh.depth == 0 && fresh.faults == 0 && !fresh.waiting);
        const struct visited_state state = {.parent = i == 0 ? VISITED_NO_STATE : i - 1,
                                            .depth = INT32_MAX - i,
                                            .faults = VISITED_FAULTS_MAX - i,
                                            .waiting = i % 2 == 1};
        visited_set_update(set, index, &state);
    }
    for (uint32_t i = 0; i < 100; i++) {
        struct visited_state state = visited_set_state(set, i);
        cr_assert_eq(state.parent, i == 0 ? VISITED_NO_STATE : i - 1);
        cr_assert_eq(state.depth, INT32_MAX - i);
        cr_assert_eq(state.faults, VISITED_FAULTS_MAX - i);
        cr_assert_eq(state.waiting, i % 2 == 1);
    }
    visited_set_destroy(set);
}

/* Whichever allocation fails: nothing was added, and all that was there still is. */
Test(visited_set, survives_each_failing_allocation)
{
    enum { WIDTH = 9, STATES = 3000 };
    unsigned long long failures = 0;
    for (unsigned long long n = 1;; n++) {
        setup();
        memory.fail_at = n;
        struct visited_set *set = visited_set_create(&memory, WIDTH);
        uint32_t slots[WIDTH];
        uint32_t index = 0;
        uint32_t added = 0;
        for (; set != NULL && added < STATES; added++) {
            state_of(added, WIDTH, slots);
            if (visited_set_insert(set, slots, &index) == VISITED_FULL)
                break;
        }
        bool failed = set == NULL || added < STATES;
        cr_assert_eq(failed, memory.requests >= n);
        if (set != NULL && failed) {
            cr_assert_eq(visited_set_count(set), added);
            cr_assert_eq(visited_set_find(set, slots, &index), VISITED_NEW);
            cr_assert_eq(visited_set_insert(set, slots, &index), VISITED_NEW); /* memory is back */
            cr_assert_eq(index, added);
            for (uint32_t i = 0; i < added; i++) {
                uint32_t back[WIDTH];
                state_of(i, WIDTH, slots);
                visited_set_get(set, i, back);
                cr_assert_arr_eq(back, slots, sizeof back);
            }
        }
        visited_set_destroy(set);
        cr_assert_eq(memory.used, 0);
        if (!failed)
            break;
        failures++;
    }
    cr_assert_gt(failures, 20);
}
