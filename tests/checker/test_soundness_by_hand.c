/* Pipelines in which a reduction conceived too simply would go wrong. */
#include "tests/checker/soundness.h"

#include <criterion/criterion.h>

/* A crash before the sleep is another one than after it, though only draws lie between. */
Test(soundness_by_hand, sleeping_is_no_local_step)
{
    struct instance instance = two_stages("reduce_sleeps_between_draws", "");
    instance.stages = 1;
    instance.put_count = 1;
    compare_by_hand(&instance);
    instance.random_failure = "true";
    instance.limit = "2";
    compare_by_hand(&instance);
}

/* Tokens sent downstream do not keep the clock upstream running. */
Test(soundness_by_hand, a_clock_knows_only_tokens_of_its_stage)
{
    struct instance instance = two_stages("map_sleeps", "reduce_token");
    instance.batch[0] = 1;
    compare_by_hand(&instance);
}

/* A function that reads the table it follows sees what is still to come. */
Test(soundness_by_hand, peeking_ties_stages)
{
    static const char *const peeking[] = {"map_peeks", "reduce_peeks"};
    for (size_t i = 0; i < 2; i++) {
        struct instance instance = two_stages("state_right", peeking[i]);
        instance.puts[1] = (struct instance_put){.trade = 0, .version = 1, .copies = 1};
        compare_by_hand(&instance);
    }
}

/* One writes back into the table it follows. */
Test(soundness_by_hand, a_loop_is_one_stage)
{
    struct instance instance = two_stages("map_by_position", "map_writes_back");
    instance.limit = "0";
    compare_by_hand(&instance);
}

/* A copy that is refused for ever must not hold up what the stage below can do wrong. */
Test(soundness_by_hand, a_stuck_stage_starves_nobody)
{
    struct instance instance = two_stages("state_uncaught", "reduce_plain");
    instance.puts[0].copies = 2;
    instance.batch[0] = 1;
    instance.batch[1] = 1;
    compare_by_hand(&instance);
    instance = two_stages("map_each_raised", "reduce_token");
    instance.shards[1] = 2;
    instance.batch[0] = 1;
    compare_by_hand(&instance);
}

/* Two shards read, then write, one total. */
Test(soundness_by_hand, shards_of_a_stage_interleave)
{
    static const char *const last[] = {"reduce_reads_and_writes", "reduce_twice",
                                       "reduce_remembers_the_last"};
    for (size_t i = 0; i < sizeof last / sizeof last[0]; i++) {
        struct instance instance = two_stages("state_right", last[i]);
        instance.shards[1] = 2;
        instance.batch[0] = 1;
        instance.batch[1] = 1;
        instance.limit = "0";
        compare_by_hand(&instance);
        instance.one_at_a_time = true;
        compare_by_hand(&instance);
    }
}

/* Timeouts of one stage bring neither the tokens nor the records of another past their time. */
Test(soundness_by_hand, every_stage_has_its_time)
{
    struct instance instance = two_stages("state_right", "reduce_token");
    instance.timeout_s = 400;
    instance.timeout = "true";
    instance.limit = "2";
    instance.put_count = 1;
    compare_by_hand(&instance);
    instance = two_stages("state_looks_at_the_clock", "reduce_token");
    instance.timeout = "true";
    instance.put_count = 1;
    instance.limit = "2";
    compare_by_hand(&instance);
    instance = two_stages("state_right", "map_tells_the_time");
    instance.timeout = "1";
    instance.batch[1] = 1;
    compare_by_hand(&instance);
}

/* A cap is spent by the whole pipeline. */
Test(soundness_by_hand, stages_share_caps)
{
    struct instance instance = two_stages("map_unguarded", "reduce_plain");
    instance.crash = "1";
    instance.timeout = "1";
    instance.limit = "2";
    instance.put_count = 1;
    compare_by_hand(&instance);
}
