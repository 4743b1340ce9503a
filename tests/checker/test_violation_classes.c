#include "checker/violation_classes.h"

#include "tests/checker/generated_instance.h"

#include <criterion/criterion.h>
#include <string.h>

enum { LISTED_MAX = 256 };

/* What crashes after its write writes again. */
static const struct instance careless = {
    .stages = 2,
    .handlers = {"state_poisoned", "reduce_plain"},
    .shards = {1, 1},
    .batch = {2, 2},
    .timeout_s = 10,
    .puts = {{.trade = 0, .version = 0, .copies = 1}, {.trade = 1, .version = 0, .copies = 1}},
    .put_count = 2,
    .limit = "2",
    .crash = "true",
    .random_failure = "false",
    .timeout = "false"};

struct listed {
    struct search_violation items[LISTED_MAX];
    size_t count;
    size_t path_lengths[LISTED_MAX];
};

static enum status list(void *context, const struct world *world,
                        const struct search_result *result, struct error *error)
{
    struct listed *listed = context;
    (void)world;
    (void)error;
    cr_assert_lt(listed->count, LISTED_MAX);
    listed->path_lengths[listed->count] = result->path_length;
    listed->items[listed->count++] = result->violation;
    return STATUS_OK;
}

static void search_all(unsigned workers, bool reduced, struct search_result *result,
                       struct listed *listed)
{
    struct rig rig;
    struct error error = ERROR_INIT;
    instance_rig(&careless, &rig, reduced, reduced);
    struct search_options options = {.fault_limit = 2,
                                     .fault_limit_violated = UINT32_MAX,
                                     .states_max = UINT64_MAX,
                                     .workers = workers,
                                     .known_faults = UINT32_MAX,
                                     .known_depth = UINT32_MAX};
    if (listed != NULL) {
        *listed = (struct listed){.count = 0};
        options.on_violation = list;
        options.violation_context = listed;
    }
    cr_assert_eq(explore(rig.world, &options, result, &error), STATUS_OK, "%s", error.message);
    search_result_release(result);
    rig_release(&rig);
}

/* Faults, then transitions: so each is the shortest of its class, and the first the shortest. */
Test(violation_classes, lists_the_best_first)
{
    for (int reduced = 0; reduced < 2; reduced++) {
        struct search_result first;
        struct search_result all;
        struct listed listed;
        search_all(1, reduced == 1, &first, NULL);
        search_all(1, reduced == 1, &all, &listed);
        cr_assert(first.violation.found);
        cr_assert_gt(listed.count, 1);
        cr_assert_not(all.classes_left_out);
        cr_assert_eq(listed.items[0].property, first.violation.property);
        cr_assert_eq(listed.items[0].faults, first.violation.faults);
        cr_assert_eq(listed.items[0].depth, first.violation.depth);
        for (size_t i = 0; i < listed.count; i++) {
            cr_assert_eq(listed.path_lengths[i], listed.items[i].depth);
            cr_assert(i == 0 || listed.items[i - 1].faults < listed.items[i].faults ||
                      (listed.items[i - 1].faults == listed.items[i].faults &&
                       listed.items[i - 1].depth <= listed.items[i].depth));
        }
    }
}

Test(violation_classes, does_not_depend_on_workers)
{
    struct search_result result;
    struct listed one;
    struct listed three;
    search_all(1, true, &result, &one);
    search_all(3, true, &result, &three);
    cr_assert_eq(one.count, three.count);
    for (size_t i = 0; i < one.count; i++) {
        cr_assert_eq(one.items[i].story, three.items[i].story);
        cr_assert_eq(one.items[i].state, three.items[i].state);
        cr_assert_eq(one.items[i].property, three.items[i].property);
    }
}

/* The same messages are wrong after other events: another class. */
Test(violation_classes, tells_apart_what_happened_on_the_way)
{
    struct search_result result;
    struct listed listed;
    bool differ = false;
    search_all(1, true, &result, &listed);
    for (size_t i = 1; i < listed.count; i++)
        differ = differ || listed.items[i].story != listed.items[i - 1].story;
    cr_assert(differ);
}
