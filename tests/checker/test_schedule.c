#include "checker/schedule.h"

#include "checker/steps.h"
#include "tests/support/rig.h"

#include <criterion/criterion.h>
#include <math.h>

/* Draws are tested by Pearson's chi-square; seeds are fixed, so a test fails always or never. The
 * bounds are the distribution's 99.9 % quantiles. */
enum { DRAWS = 24000, CHOICES_MAX = 16 };

static double chi_square(const uint32_t *counts, uint32_t choices, double expected)
{
    double sum = 0;
    for (uint32_t i = 0; i < choices; i++) {
        double difference = (double)counts[i] - expected;
        sum += difference * difference / expected;
    }
    return sum;
}

static void returns(struct scripted *handler) { (void)handler; }

/* Six messages that may be put in any order; crashes are on. */
static const char *const six_puts = "scenario: six\n"
                                    "workload:\n"
                                    "  stream: In\n"
                                    "  order: any\n"
                                    "  values: distinct\n"
                                    "  messages:\n"
                                    "    - {trade: A, version: 0}\n"
                                    "    - {trade: B, version: 0}\n"
                                    "    - {trade: C, version: 0}\n"
                                    "    - {trade: D, version: 0}\n"
                                    "    - {trade: E, version: 0}\n"
                                    "    - {trade: F, version: 0}\n"
                                    "faults: {limit: any, put_failure: 9}\n";

struct table {
    struct rig rig;
    struct expansion_memo *memo;
    struct steps steps;
};

static void lay(struct table *table)
{
    const struct rig_setup setup = {.template = rig_template,
                                    .scenario = six_puts,
                                    .handlers = {{"Work", returns}, {"Next", returns}}};
    struct error error = ERROR_INIT;
    rig_init(&table->rig, &setup);
    table->memo = expansion_memo_create(table->rig.world);
    steps_init(&table->steps, &table->rig.memory);
    cr_assert_eq(steps_learn(&table->steps, table->memo, table->rig.state, &error), STATUS_OK);
}

static void clear(struct table *table)
{
    steps_release(&table->steps);
    expansion_memo_destroy(table->memo);
    rig_release(&table->rig);
}

static struct schedule_settings settings_of(enum strategy strategy, uint64_t seed)
{
    struct schedule_settings settings = {.strategy = strategy,
                                         .seed = seed,
                                         .fault_limit = FAULT_UNLIMITED,
                                         .length = 10,
                                         .actors = 3};
    for (int i = 0; i < FAULT_KIND_COUNT; i++)
        settings.rates[i] = SCHEDULE_RATE;
    return settings;
}

Test(schedule, walk_puts_each_message_as_often)
{
    struct table table;
    lay(&table);
    cr_assert_eq(table.steps.enabled.free_count, 6);
    uint32_t counts[CHOICES_MAX] = {0};
    const struct schedule_settings settings = settings_of(STRATEGY_WALK, 3);
    for (uint64_t run = 0; run < DRAWS; run++) {
        struct schedule schedule;
        uint32_t transition = 0;
        schedule_begin(&schedule, &settings, run);
        cr_assert(schedule_choose(&schedule, &settings, table.memo, &table.steps.enabled, 0, 0,
                                  &transition));
        counts[expansion_memo_transition(table.memo, transition)->action.count]++;
    }
    double found = chi_square(counts, 6, DRAWS / 6.0);
    cr_expect_lt(found, 20.52, "chi-square %f", found);
    clear(&table);
}

/* One message is put; then it could be reported as failed, and is put again. */
Test(schedule, faults_come_at_their_rate)
{
    struct table table;
    struct error error = ERROR_INIT;
    lay(&table);
    steps_take(table.memo, table.steps.enabled.free[2], table.rig.state);
    cr_assert_eq(steps_learn(&table.steps, table.memo, table.rig.state, &error), STATUS_OK);
    cr_assert_eq(table.steps.enabled.fault_count, 1);
    const struct schedule_settings settings = settings_of(STRATEGY_WALK, 4);
    uint32_t counts[2] = {0};
    struct schedule schedule;
    for (uint64_t run = 0; run < DRAWS; run++) {
        uint32_t transition = 0;
        schedule_begin(&schedule, &settings, run);
        cr_assert(schedule_choose(&schedule, &settings, table.memo, &table.steps.enabled, 0, 0,
                                  &transition));
        counts[expansion_memo_transition(table.memo, transition)->cost]++;
    }
    double expected = DRAWS / 32.0;
    double deviation = ((double)counts[1] - expected) / sqrt(expected * 31 / 32);
    cr_expect_lt(fabs(deviation), 3.3, "%u faults", counts[1]);
    for (uint64_t run = 0; run < 200; run++) {
        uint32_t transition = 0;
        schedule_begin(&schedule, &settings, run);
        cr_assert(schedule_choose(&schedule, &settings, table.memo, &table.steps.enabled, 0,
                                  FAULT_UNLIMITED, &transition));
        cr_expect_eq(expansion_memo_transition(table.memo, transition)->cost, 0,
                     "no fault beyond the limit");
    }
    clear(&table);
}

Test(schedule, priorities_are_a_random_permutation)
{
    uint32_t counts[CHOICES_MAX] = {0};
    uint32_t changes[CHOICES_MAX] = {0};
    const struct schedule_settings settings = settings_of(STRATEGY_PCT, 5);
    for (uint64_t run = 0; run < DRAWS; run++) {
        struct schedule schedule;
        schedule_begin(&schedule, &settings, run);
        const int32_t *of = schedule.priorities;
        cr_assert_eq(of[0] + of[1] + of[2], 6);
        cr_assert_eq(of[0] * of[1] * of[2], 6);
        counts[(of[0] - 1) * 2 + (of[1] > of[2] ? 1 : 0)]++;
        cr_assert_leq(schedule.changes[0], schedule.changes[1]);
        changes[schedule.changes[0]]++;
        changes[schedule.changes[1]]++;
    }
    double found = chi_square(counts, 6, DRAWS / 6.0);
    cr_expect_lt(found, 20.52, "chi-square of the permutations %f", found);
    found = chi_square(changes, 10, DRAWS * 2 / 10.0);
    cr_expect_lt(found, 27.88, "chi-square of the change points %f", found);
}

Test(schedule, swarm_draws_kinds_and_rates)
{
    uint32_t on = 0;
    uint32_t counts[CHOICES_MAX] = {0};
    uint32_t batches[BATCH_PREFERENCE_COUNT] = {0};
    struct schedule_settings settings = settings_of(STRATEGY_SWARM, 6);
    settings.rates[FAULT_TIMEOUT] = 0;
    for (uint64_t run = 0; run < DRAWS; run++) {
        struct schedule schedule;
        schedule_begin(&schedule, &settings, run);
        cr_assert_eq(schedule.rates[FAULT_TIMEOUT], 0, "what is off stays off");
        batches[schedule.batches]++;
        if (schedule.rates[FAULT_CRASH] == 0)
            continue;
        on++;
        counts[__builtin_ctz(schedule.rates[FAULT_CRASH]) - 25]++;
    }
    double deviation = ((double)on - DRAWS / 2.0) / sqrt(DRAWS / 4.0);
    cr_expect_lt(fabs(deviation), 3.3, "%u runs with crashes", on);
    double found = chi_square(counts, 7, (double)on / 7);
    cr_expect_lt(found, 22.46, "chi-square of the rates %f", found);
    found = chi_square(batches, BATCH_PREFERENCE_COUNT, DRAWS / 3.0);
    cr_expect_lt(found, 13.82, "chi-square of the batches %f", found);
}

/* One draw more for one purpose moves no other. */
Test(schedule, purposes_have_streams_of_their_own)
{
    const struct schedule_settings settings = settings_of(STRATEGY_WALK, 7);
    struct schedule a;
    struct schedule b;
    schedule_begin(&a, &settings, 11);
    schedule_begin(&b, &settings, 11);
    (void)random_next(&a.faults[FAULT_CRASH]);
    for (int i = 0; i < FAULT_KIND_COUNT; i++) {
        uint32_t expected = random_next(&b.faults[i]);
        if (i != FAULT_CRASH)
            cr_expect_eq(random_next(&a.faults[i]), expected);
    }
    cr_expect_eq(random_next(&a.choice), random_next(&b.choice));
    schedule_begin(&b, &settings, 12);
    cr_expect_neq(random_next(&a.choice), random_next(&b.choice), "another run draws others");
}

Test(schedule, strategies_have_names)
{
    for (int i = 0; i < STRATEGY_COUNT; i++)
        cr_expect_eq(strategy_find(strategy_name((enum strategy)i)), (enum strategy)i);
    cr_expect_eq(strategy_find("dice"), STRATEGY_COUNT);
}

Test(schedule, guarantees_what_the_paper_says)
{
    const struct schedule_settings settings = settings_of(STRATEGY_PCT, 1);
    cr_expect_float_eq(schedule_guarantee(&settings), 1.0 / (3 * 10 * 10), 1e-12);
}
