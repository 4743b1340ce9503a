/* A draw has two answers: the run that waits for one is forked. */
#include "model/python/host_batch.h"
#include "tests/model/python/driver.h"

#include <criterion/criterion.h>
#include <stdio.h>

static struct driver d;

static void start(void)
{
    driver_init(&d, "behaviours", "app.handler");
    cr_assert_eq(driver_start(&d), STATUS_OK, "%s", d.error.message);
}

static void stop(void) { driver_release(&d); }

TestSuite(host_batch, .init = start, .fini = stop, .timeout = 120);

static uint64_t runs(void)
{
    struct python_host_statistics statistics;
    python_host_statistics(&d.backend, &statistics);
    return statistics.runs;
}

/* The step of a behaviour after `inputs`, each a JSON text. */
static struct handler_step step_after(const char *behaviour, const char *const *inputs,
                                      size_t count)
{
    char event[128];
    snprintf(event, sizeof event, "{'do': '%s'}", behaviour);
    for (size_t i = 0; i < count; i++)
        d.inputs[i] = driver_json(&d, inputs[i]);
    return driver_step(&d, event, 0, count);
}

static void expect_detail(const struct handler_step *step, enum handler_step_kind kind,
                          const char *detail)
{
    cr_assert_eq(step->kind, kind, "%s", handler_step_kind_name(step->kind));
    cr_assert(value_equal(step->detail, driver_json(&d, detail)));
}

#define ANSWER "{'status': 200, 'body': {}}"
#define LOW "'low'"
#define HIGH "'high'"

Test(host_batch, forks_a_run_that_waits_for_a_draw)
{
    static const char *const results[2][2] = {{"[false,false]", "[false,true]"},
                                              {"[true,false]", "[true,true]"}};
    static const char *const answers[] = {LOW, HIGH};
    const char *inputs[] = {ANSWER, NULL, ANSWER, NULL};
    step_after("draws_and_goes_on", NULL, 0);
    step_after("draws_and_goes_on", inputs, 1);
    for (size_t i = 0; i < 2; i++) {
        inputs[1] = answers[i];
        struct handler_step step = step_after("draws_and_goes_on", inputs, 2);
        cr_assert_eq(step.kind, HANDLER_CALL);
        step = step_after("draws_and_goes_on", inputs, 3);
        cr_assert_eq(step.kind, HANDLER_DRAW);
    }
    for (size_t i = 0; i < 4; i++) {
        inputs[1] = answers[i / 2];
        inputs[3] = answers[i % 2];
        const struct handler_step step = step_after("draws_and_goes_on", inputs, 4);
        expect_detail(&step, HANDLER_RETURN, results[i / 2][i % 2]);
    }
    cr_assert_eq(runs(), 1);
}

Test(host_batch, a_branch_ends_alone)
{
    static const char *const low[] = {LOW};
    static const char *const high[] = {HIGH};
    step_after("draws_and_dies", NULL, 0);
    struct handler_step step = step_after("draws_and_dies", low, 1);
    expect_detail(&step, HANDLER_EXIT, "{'message': 'signal: aborted'}");
    step = step_after("draws_and_dies", high, 1);
    cr_assert_eq(step.kind, HANDLER_CALL);
    cr_assert_eq(runs(), 1);
}

Test(host_batch, runs_again_what_shares_a_file)
{
    static const char *const answers[] = {LOW, HIGH};
    step_after("draws_with_an_open_file", NULL, 0);
    const struct handler_step low = step_after("draws_with_an_open_file", &answers[0], 1);
    const struct handler_step high = step_after("draws_with_an_open_file", &answers[1], 1);
    cr_assert_eq(low.kind, HANDLER_CALL);
    cr_assert(value_equal(low.request, high.request));
    cr_assert_eq(runs(), 2);
}

/* Low is a run from the start, high continues the one that waits. */
static void expect_runs(const char *behaviour, const char *low, const char *high)
{
    static const char *const answers[] = {LOW, HIGH};
    step_after(behaviour, NULL, 0);
    struct handler_step step = step_after(behaviour, &answers[0], 1);
    expect_detail(&step, HANDLER_RETURN, low);
    step = step_after(behaviour, &answers[1], 1);
    expect_detail(&step, HANDLER_RETURN, high);
    cr_assert_eq(runs(), 2);
}

Test(host_batch, runs_again_what_has_threads)
{
    expect_runs("draws_with_a_thread", "false", "true");
}

Test(host_batch, runs_again_what_has_processes)
{
    d.backend.destroy(d.backend.self);
    d.jail = 0;
    cr_assert_eq(driver_start(&d), STATUS_OK, "%s", d.error.message);
    expect_runs("draws_with_a_process", "'False'", "'True'");
}
