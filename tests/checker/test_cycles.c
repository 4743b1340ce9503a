#include "checker/explorer.h"

#include "tests/checker/ends.h"
#include "tests/checker/generated_instance.h"

#include <criterion/criterion.h>
#include <string.h>

/* Two stages in a row; both read one shard in batches of one. */
static struct instance two_stages(const char *first, const char *second)
{
    return (struct instance){
        .stages = 2,
        .handlers = {first, second},
        .shards = {1, 1},
        .batch = {1, 1},
        .timeout_s = 10,
        .puts = {{.trade = 0, .version = 0, .copies = 1}, {.trade = 0, .version = 2, .copies = 1}},
        .put_count = 2,
        .limit = "any",
        .crash = "false",
        .random_failure = "false",
        .timeout = "false"};
}

struct found {
    struct search_result result; /* of a search that stops at the first violation */
    struct ends ends;            /* of one that does not */
    char stuck[64];              /* the poller */
};

static void find(const struct instance *instance, bool reduced, struct found *found)
{
    struct rig rig;
    struct error error = ERROR_INIT;
    instance_rig(instance, &rig, reduced, reduced);
    for (size_t i = 0; i < PROPERTY_COUNT; i++)
        rig.scenario.properties[i] = i == PROPERTY_NO_STUCK_SHARD;
    struct search_options options = {.fault_limit = rig.scenario.faults.limit,
                                     .states_max = UINT64_MAX,
                                     .known_faults = UINT32_MAX,
                                     .known_depth = UINT32_MAX};
    cr_assert_eq(explore(rig.world, &options, &found->result, &error), STATUS_OK, "%s",
                 error.message);
    found->stuck[0] = '\0';
    if (found->result.violation.found && found->result.violation.stuck)
        world_poller_name(rig.world, found->result.violation.stuck_poller, found->stuck,
                          sizeof found->stuck);
    search_result_release(&found->result);
    struct search_result all;
    ends_init(&found->ends, rig.world);
    options.go_on = true;
    options.on_end = ends_note;
    options.context = &found->ends;
    cr_assert_eq(explore(rig.world, &options, &all, &error), STATUS_OK, "%s", error.message);
    search_result_release(&all);
    ends_sort(&found->ends);
    rig_release(&rig);
}

/* Version 2 is never got over. What came before it goes all the way all the same. */
Test(cycles, does_not_hold_up_the_stages_below)
{
    struct instance instance = two_stages("state_poisoned", "reduce_plain");
    for (int reduced = 0; reduced < 2; reduced++) {
        struct found found;
        find(&instance, reduced == 1, &found);
        cr_assert(found.result.violation.found);
        cr_assert_eq(found.result.violation.property, PROPERTY_NO_STUCK_SHARD);
        cr_assert_eq(found.result.violation.faults, 0);
        cr_assert_str_eq(found.stuck, "F0/shard-0");
        cr_assert_eq(found.ends.count, 1); /* version 0 is counted */
        cr_assert(found.ends.items[0].stuck);
        ends_release(&found.ends);
    }
}

/* A cycle of several states: write, fail, write, ... */
Test(cycles, finds_those_of_several_states)
{
    struct instance instance = two_stages("map_always_raises", "reduce_plain");
    for (int reduced = 0; reduced < 2; reduced++) {
        struct found found;
        find(&instance, reduced == 1, &found);
        cr_assert(found.result.violation.stuck);
        cr_assert_str_eq(found.stuck, "F0/shard-0");
        /* both puts, poll, call; below poll, call, acknowledge: nothing else is left to do */
        cr_assert_eq(found.result.violation.depth, 7, "%u", found.result.violation.depth);
        cr_assert_eq(found.ends.count, 1);
        ends_release(&found.ends);
    }
}

/* A failure that a draw caused is a fault, and no cycle. */
Test(cycles, are_free_of_faults)
{
    struct instance instance = two_stages("state_draws", "reduce_plain");
    instance.random_failure = "true";
    struct found found;
    find(&instance, true, &found);
    cr_assert(!found.result.violation.found);
    cr_assert(found.result.saturated);
    cr_assert_eq(found.ends.count, 1);
    ends_release(&found.ends);
}

/* Refused puts fail for ever only once a crash has left one behind. */
Test(cycles, takes_the_faults_that_lead_into_them)
{
    struct instance instance = two_stages("map_each_raised", "reduce_marks_within");
    instance.crash = "true";
    struct found found;
    find(&instance, true, &found);
    cr_assert(found.result.violation.stuck);
    cr_assert_eq(found.result.violation.faults, 1);
    size_t stuck = 0;
    for (size_t i = 0; i < found.ends.count; i++) {
        cr_assert_eq(found.ends.items[i].stuck, found.ends.items[i].faults == 1);
        stuck += found.ends.items[i].stuck ? 1 : 0;
    }
    cr_assert_eq(stuck, 2); /* at the first record, or at the second */
    ends_release(&found.ends);
}

/* Reserved concurrency: a stuck shard lets the others have their turn, between its attempts. */
Test(cycles, share_reserved_concurrency)
{
    struct instance instance = two_stages("state_poisoned", "");
    instance.stages = 1;
    instance.shards[0] = 2;
    instance.one_at_a_time = true;
    bool apart = false;
    for (uint32_t salt = 0; salt < 8; salt++) { /* some salt puts them on different shards */
        struct found found;
        instance.puts[1].salt = salt;
        find(&instance, true, &found);
        cr_assert_eq(found.ends.count, 1);
        cr_assert(found.ends.items[0].stuck);
        apart = apart || strcmp(found.stuck, "F0/shard-1") == 0;
        ends_release(&found.ends);
    }
    cr_assert(apart);
}

/* A sleep does not keep a function from going round in circles: its clock comes to rest. */
Test(cycles, come_to_rest_where_a_function_hangs)
{
    struct instance instance = two_stages("reduce_hangs", "");
    instance.stages = 1;
    instance.batch[0] = 2;
    for (int reduced = 0; reduced < 2; reduced++) {
        struct found found;
        find(&instance, reduced == 1, &found);
        cr_assert(found.result.violation.stuck);
        ends_release(&found.ends);
    }
}
