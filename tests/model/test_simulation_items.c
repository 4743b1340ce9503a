#include "model/simulation_items.h"

#include "model/base/random.h"

#include <criterion/criterion.h>

enum { KEYS = 300, CHANGES = 5000 };

static struct memory memory;
static struct value_store *store;
static struct simulation_items items;

static void set_up(void)
{
    memory_init(&memory, SIZE_MAX);
    store = value_store_create(&memory);
    simulation_items_init(&items, &memory);
}

static void tear_down(void)
{
    simulation_items_release(&items);
    value_store_destroy(store);
    cr_assert_eq(atomic_load(&memory.used), 0);
}

static struct value item(int64_t number)
{
    const struct value_entry entries[] = {{value_text(store, "id"), value_text(store, "x")},
                                          {value_text(store, "n"), value_integer(store, number)}};
    return value_map(store, entries, 2);
}

TestSuite(simulation_items, .init = set_up, .fini = tear_down);

Test(simulation_items, outlive_the_values_of_the_store)
{
    cr_assert(simulation_items_put(&items, store, value_text(store, "a"), item(1)));
    value_store_clear(store);
    const struct value found = simulation_items_get(&items, store, value_text(store, "a"));
    cr_assert(value_equal(found, item(1)));
    cr_assert(value_is_none(simulation_items_get(&items, store, value_text(store, "b"))));
}

/* The same as a MAP of the value store after the same changes. */
Test(simulation_items, are_a_map)
{
    struct random random;
    struct value map = value_map(store, NULL, 0);
    random_init(&random, 1, 1);
    for (int64_t i = 0; i < CHANGES; i++) {
        const struct value key = value_integer(store, random_below(&random, KEYS));
        const bool removes = random_below(&random, 3) == 0;
        const struct value new_item = removes ? VALUE_NONE : item(i);
        map = removes ? value_remove(store, map, key) : value_put(store, map, key, new_item);
        cr_assert(simulation_items_put(&items, store, key, new_item));
        cr_assert(value_equal(simulation_items_get(&items, store, key), new_item));
    }
    cr_assert_eq(items.count, value_count(store, map));
    cr_assert(value_equal(simulation_items_map(&items, store), map));
}

Test(simulation_items, tell_of_a_failed_allocation)
{
    const struct value key = value_text(store, "a");
    const struct value one = item(1);
    for (unsigned long long i = 0;; i++) {
        memory.fail_at = atomic_load(&memory.requests) + i + 1;
        if (simulation_items_put(&items, store, key, one))
            break;
        cr_assert(value_is_none(simulation_items_get(&items, store, key)));
        cr_assert_lt(i, 10);
        simulation_items_release(&items);
        simulation_items_init(&items, &memory);
    }
    memory.fail_at = 0;
    cr_assert(value_equal(simulation_items_get(&items, store, key), one));
}
