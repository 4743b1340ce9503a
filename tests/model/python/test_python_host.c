/* What a function may do, and what oncecheck sees of it. */
#include "tests/model/python/driver.h"

#include "model/base/json.h"
#include "model/event.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* helpers: put() of the fixture, with an item of that name */
#define PUT(name)                                                                                  \
    "call DynamoDB_20120810.PutItem {'Item':{'id':{'S':'" name "'}},'TableName':'Table'} "         \
    "@app.py:33"
#define TIMED_OUT "hang {'message':'Task timed out after 8.00 seconds'}"

static struct driver d;

static void start(void) { driver_init(&d, "behaviours", "app.handler"); }

static void stop(void) { driver_release(&d); }

TestSuite(python_host, .init = start, .fini = stop, .timeout = 300);

/* The children of a process, at most `max`; a process has them by thread. */
static size_t children_of(pid_t parent, pid_t *pids, size_t max)
{
    char path[64];
    size_t count = 0;
    snprintf(path, sizeof path, "/proc/%d/task", (int)parent);
    DIR *threads = opendir(path);
    cr_assert_not_null(threads);
    for (const struct dirent *thread = readdir(threads); thread != NULL;
         thread = readdir(threads)) {
        char list[4096] = "";
        char name[512];
        if (thread->d_name[0] == '.')
            continue;
        snprintf(name, sizeof name, "%s/%s/children", path, thread->d_name);
        FILE *file = fopen(name, "r");
        if (file == NULL || fgets(list, sizeof list, file) == NULL)
            list[0] = '\0';
        if (file != NULL)
            (void)fclose(file);
        for (char *pid = strtok(list, " "); pid != NULL && count < max; pid = strtok(NULL, " "))
            pids[count++] = (pid_t)atoi(pid);
    }
    (void)closedir(threads);
    return count;
}

/* The runs that our zygotes have, dying ones included. */
static size_t runs(void)
{
    pid_t zygotes[8];
    pid_t pids[512];
    size_t count = 0;
    const size_t zygote_count = children_of(getpid(), zygotes, 8);
    cr_assert_eq(zygote_count, 2);
    for (size_t i = 0; i < zygote_count; i++)
        count += children_of(zygotes[i], pids, 512);
    return count;
}

Test(python_host, asks_for_the_time_once_between_inputs)
{
    driver_expect(
        &d, "reads_time", NULL,
        "time @app.py:40\n" PUT("a") "\ntime @app.py:43\n" PUT(
            "b") "\n"
                 "time @app.py:45\n"
                 "return [1700000001.000001,true,1700000003,'Tue, 14 Nov 2023 22:13:25 -0000']\n");
    driver_expect(&d, "waits_for_the_clock", NULL, "time @app.py:81\nreturn true\n");
}

Test(python_host, does_not_ask_for_the_time_of_log_lines)
{
    driver_expect(&d, "logs_time", NULL, PUT("a") " > [WARNING]\t2020-09-13T12:26:40.000Z\t*");
    cr_assert_eq(d.input_count, 1);
}

Test(python_host, sleeps_in_virtual_time)
{
    driver_expect(&d, "sleeps", NULL,
                  "time @app.py:56\n" PUT("a") " +1500ms\ntime @app.py:66 +4500ms\nreturn [6,2]\n");
    driver_expect(&d, "sleeps_too_long", NULL, TIMED_OUT " @app.py:72\n");
}

Test(python_host, asks_for_draws)
{
    const char *draws =
        "draw 'random.uniform(1, 3)' @app.py:93\ndraw 'random.random()' @app.py:94\n"
        "draw 'random.random()' @app.py:95\ndraw 'random.uniform(0, 5)' @app.py:96\n"
        "draw 'random.random()' @app.py:97\n";
    char expected[1024];
    snprintf(expected, sizeof expected,
             "%sreturn [3,true,0.9999999999999999,5,0.9999999999999999]\n", draws);
    driver_expect(&d, "draws", NULL, expected);
    snprintf(expected, sizeof expected, "%sreturn [1,true,0,0,0]\n", draws);
    driver_expect(&d, "draws", "['low', 'low', 'low', 'low', 'low']", expected);
    driver_expect(&d, "does_not_draw", NULL, "return 3\n");
}

/* The values that the fixture's fresh() returns. */
static struct value fresh(const char *event, uint32_t attempt)
{
    driver_play(&d, event, attempt, NULL);
    cr_assert_eq(d.step.kind, HANDLER_RETURN, "%s", text_string(&d.text));
    return d.step.detail;
}

Test(python_host, draws_fresh_numbers_for_each_event_and_attempt)
{
    const struct value all[] = {fresh("{'do': 'fresh'}", 0), fresh("{'do': 'fresh'}", 1),
                                fresh("{'do': 'fresh'}", 2), fresh("{'do': 'fresh', 'n': 1}", 0)};
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < i; j++)
            for (size_t k = 0; k < value_count(d.store, all[i]); k++)
                cr_assert(!value_equal(value_at(d.store, all[i], k), value_at(d.store, all[j], k)),
                          "value %zu is the same in runs %zu and %zu", k, i, j);
    cr_assert(value_equal(fresh("{'do': 'fresh'}", 0), all[0]));
    cr_assert(value_equal(fresh("{'do': 'fresh'}", 2), all[2]));
    driver_expect(&d, "seeded", NULL, "return 339563\n");
}

Test(python_host, has_a_hash_seed_for_even_and_one_for_odd_attempts)
{
    struct value order[4];
    for (uint32_t attempt = 0; attempt < 4; attempt++) {
        driver_play(&d, "{'do': 'set_order'}", attempt, NULL);
        order[attempt] = d.step.detail;
    }
    cr_assert(!value_equal(order[0], order[1]));
    cr_assert(value_equal(order[0], order[2]));
    cr_assert(value_equal(order[1], order[3]));
}

Test(python_host, shows_each_attempt_of_the_sdk)
{
    driver_expect(&d, "retries",
                  "[{'status': 500, 'body': {'__type': 'InternalServerError'}},"
                  "{'status': 400, 'body': {'__type': 'x#ProvisionedThroughputExceededException'}},"
                  "{'status': 400, 'body': {'__type': 'x#ConditionalCheckFailedException'}}]",
                  PUT("a") "\n" PUT("a") " +50ms\n" PUT(
                      "a") " +100ms\n"
                           "return ['ConditionalCheckFailedException',2]\n");
}

Test(python_host, tells_invented_tokens)
{
    driver_expect(
        &d, "without_token", "[{'status': 500, 'body': {'__type': 'InternalServerError'}}]",
        "call DynamoDB_20120810.TransactWriteItems {'TransactItems':[{'Put':{'Item':{'id':"
        "{'S':'a'}},'TableName':'Table'}}]} fresh @app.py:138\n"
        "call DynamoDB_20120810.TransactWriteItems {'TransactItems':[{'Put':{'Item':{'id':"
        "{'S':'a'}},'TableName':'Table'}}]} fresh @app.py:138 +50ms\nreturn null\n");
}

Test(python_host, refuses_what_is_not_simulated)
{
    driver_expect(
        &d, "calls_s3", NULL,
        "error 2: tests/fixtures/python/behaviours/app.py:145: Function calls S3 PutObject, "
        "which is not simulated yet\n");
    driver_expect(&d, "opens_connection", NULL,
                  "error 2: tests/fixtures/python/behaviours/app.py:151: Function connects to "
                  "example.com:443, which is not simulated\n");
    driver_expect(&d, "sets_alarm", NULL, "error 2: tests/fixtures/python/behaviours/app.py:*");
    driver_expect(&d, "sends_too_much", NULL, "error 5: Function sends 178*");
    driver_expect(&d, "sends_half_a_pair", NULL,
                  "error 2: tests/fixtures/python/behaviours/app.py:33: Function sends half a "
                  "surrogate pair, which is no Unicode\n");
}

Test(python_host, without_a_jail_it_may_start_processes)
{
    d.jail = 0;
    driver_expect(
        &d, "forks", NULL,
        "error 2: tests/fixtures/python/behaviours/app.py:33: Function calls AWS or draws "
        "in a process that it forked\n");
    driver_expect(&d, "runs_program", NULL, "return 'hello\\n'\n");
}

Test(python_host, loses_answers_on_request)
{
    d.function.timeout_s = 100;
    driver_expect(&d, "loses_answers",
                  "[{'error': 'timeout'}, {'error': 'closed'}, {'error': 'connect'},"
                  "{'status': 400, 'body': {'__type': 'x#ValidationException'}}]",
                  PUT("a") "\n" PUT("a") " +60050ms\n" PUT("a") " +100ms\n" PUT(
                      "a") " +200ms\n"
                           "return 'ClientError'\n");
}

Test(python_host, gives_what_lambda_gives)
{
    driver_expect(&d, "about", NULL,
                  "return ['Function','$LATEST',"
                  "'arn:aws:lambda:us-east-1:123456789012:function:Function','128',"
                  "'/aws/lambda/Function',null,'blue','Function',true,[],true]\n");
}

Test(python_host, reports_ends_as_lambda_does)
{
    driver_expect(&d, "echo", NULL, "return {'do':'echo'}\n");
    driver_expect(&d, "raises", NULL,
                  "raise {'class':'Refusal','message':'no: \\\\udcff \xe2\x82\xac'} @app.py:200\n");
    driver_expect(&d, "returns_set", NULL,
                  "raise {'class':'Runtime.MarshalError','message':'Unable to marshal response: "
                  "Object of type set is not JSON serializable'}\n");
    driver_expect(
        &d, "returns_odd_numbers", NULL,
        "return {'big':'1e+300','double':{'1':'b'},'long':'10000000000000000000000000000000"
        "00000000000000000000000000000','nan':'NaN'}\n");
    driver_expect(&d, "returns_half_a_pair", NULL,
                  "return ['\xf0\x9f\x98\x80','a\xef\xbf\xbd','\\\\ud800']\n");
    driver_expect(&d, "exits", NULL, "exit {'message':'exit status 3'} @app.py:216\n");
    driver_expect(&d, "exits_well", NULL, "exit {'message':'exit status 0'} @app.py:220\n");
    driver_expect(&d, "leaves", NULL, "exit {'message':'exit status 4'} @app.py:225 > leaving\n\n");
}

Test(python_host, survives_ends_of_the_process)
{
    driver_expect(&d, "crashes", NULL, "exit {'message':'signal: segmentation fault'}\n");
    driver_expect(&d, "kills_itself", NULL, PUT("a") "\nexit {'message':'signal: killed'}\n");
    driver_expect(&d, "eats_memory", NULL, "exit {'message':'out of memory'} @app.py:240\n");
    driver_expect(&d, "echo", NULL, "return {'do':'echo'}\n");
}

Test(python_host, ends_loops_and_deadlocks)
{
    d.step_ms = 1000;
    driver_expect(&d, "loops", NULL, PUT("a") "\n" TIMED_OUT " @app.py:*");
    driver_expect(&d, "blocks", NULL, TIMED_OUT " @app.py:*");
    driver_expect(&d, "deadlocks", NULL, TIMED_OUT " @app.py:*");
}

Test(python_host, does_not_run_what_follows_the_last_answer)
{
    driver_play(&d, "{'do': 'echo'}", 0, NULL);
    const struct handler_step step = driver_step(&d, "{'do': 'swallows_everything'}", 0, 0);
    cr_assert_eq(step.kind, HANDLER_CALL);
    for (size_t i = 0; i < 3; i++) {
        d.inputs[i] = driver_json(&d, "{'status': 200, 'body': {}}");
        const struct handler_step next = driver_step(&d, "{'do': 'swallows_everything'}", 0, i + 1);
        cr_assert_str_eq(value_bytes(d.store, next.output, NULL), "finally\n");
    }
}

Test(python_host, keeps_output_of_each_step_up_to_a_limit)
{
    driver_expect(&d, "floods", NULL, PUT("a") " > xxxxx*");
    const char *text = text_string(&d.text);
    cr_assert_not_null(strstr(text, "x\n... [934564 bytes cut]\n"));
    cr_assert_not_null(strstr(text, "return null > after\nerror\n[ERROR]\t"));
    cr_assert_not_null(strstr(text, "\tlogged 1\n"));
    cr_assert_null(strstr(text, "not logged"));
    cr_assert_lt(strlen(text), PYTHON_HOST_OUTPUT_MAX + 2000);
}

Test(python_host, runs_threads_in_the_same_order_each_time)
{
    for (int i = 0; i < 8; i++)
        driver_expect(&d, "works_in_threads", NULL,
                      PUT("0") "\n" PUT("1") "\n" PUT("2") "\n" PUT("3") "\n" PUT("4") "\n" PUT(
                          "5") "\nreturn [false,'worker',true] +2000ms\n");
    driver_expect(&d, "leaves_thread", NULL, "return 'returned'\n");
}

Test(python_host, takes_frames_as_hostile)
{
    driver_expect(&d, "writes_garbage", NULL,
                  "error 1: Function disturbs its Python host: it writes*");
    driver_expect(&d, "writes_huge_length", NULL,
                  "error 1: Function disturbs its Python host: it writes*");
    driver_expect(&d, "closes_files", NULL,
                  "error 1: Function disturbs its Python host: it closes*");
    driver_expect(&d, "echo", NULL, "return {'do':'echo'}\n");
}

Test(python_host, tells_what_is_not_deterministic)
{
    driver_play(&d, "{'do': 'is_not_deterministic'}", 0, NULL);
    driver_play(&d, "{'do': 'is_not_deterministic'}", 0, NULL);
    const char *text = text_string(&d.text);
    cr_assert(strncmp(text, "error 7: Function is not deterministic: after the same event and 0 ",
                      66) == 0,
              "%s", text);
    cr_assert_not_null(
        strstr(text, "it did at first: call DynamoDB_20120810.PutItem {'Item'") != NULL
            ? text
            : strstr(text, "it did at first: call DynamoDB_20120810.PutItem {\"Item\""));
    cr_assert_not_null(strstr(text, "; and now: call DynamoDB_20120810.PutItem {"));
}

/* Inputs that no run asked for: a recorded run of other code. */
Test(python_host, tells_inputs_that_do_not_fit)
{
    driver_play(&d, "{'do': 'echo'}", 0, NULL);
    const struct handler_run run = {
        .event = driver_json(&d, "{'do': 'reads_time'}"), .inputs = d.inputs, .input_count = 1};
    struct handler_step step;
    d.inputs[0] = driver_json(&d, "'high'");
    cr_assert_eq(d.backend.next(d.backend.self, &run, 1, &step, &d.error), STATUS_NONDETERMINISTIC);
    cr_assert_not_null(strstr(d.error.message, "took another input; and now: time"), "%s",
                       d.error.message);
    /* The same for a child that is parked at the question. */
    const struct handler_step parked = driver_step(&d, "{'do': 'reads_time'}", 0, 0);
    cr_assert_eq(parked.kind, HANDLER_TIME);
    cr_assert_eq(d.backend.next(d.backend.self, &run, 1, &step, &d.error), STATUS_NONDETERMINISTIC);
}

/* Every prefix of a long run, replayed in a fresh host, gives the same steps. */
Test(python_host, replays_prefixes_in_a_fresh_host)
{
    static const char event[] = "{'do': 'works_in_threads'}";
    struct driver other;
    driver_init(&other, "behaviours", "app.handler");
    value_store_destroy(other.store);
    other.store = d.store; /* one store, so that values can be compared */
    driver_play(&d, event, 1, NULL);
    cr_assert_eq(driver_start(&other), STATUS_OK, "%s", other.error.message);
    memcpy(other.inputs, d.inputs, sizeof d.inputs);
    for (size_t i = 0; i <= d.input_count; i++) {
        const struct handler_step first = driver_step(&d, event, 1, i);
        const struct handler_step again = driver_step(&other, event, 1, i);
        cr_assert_eq(first.kind, again.kind);
        cr_assert(value_equal(first.request, again.request));
        cr_assert(value_equal(first.detail, again.detail));
        cr_assert(value_equal(first.output, again.output));
        cr_assert_eq(first.slept_ms, again.slept_ms);
    }
    other.backend.destroy(other.backend.self);
    text_release(&other.text);
}

/* Runs given at once, more than run at the same time, with different ends. */
Test(python_host, runs_many_at_once)
{
    enum { RUNS = 20 };
    struct handler_run many[RUNS];
    struct handler_step steps[RUNS];
    driver_play(&d, "{'do': 'echo'}", 0, NULL);
    for (uint32_t i = 0; i < RUNS; i++) {
        char event[64];
        snprintf(event, sizeof event, "{'do': '%s', 'n': %u}", i % 3 == 0 ? "exits" : "echo", i);
        many[i] = (struct handler_run){.event = driver_json(&d, event), .attempt = i};
    }
    cr_assert_eq(d.backend.next(d.backend.self, many, RUNS, steps, &d.error), STATUS_OK, "%s",
                 d.error.message);
    for (uint32_t i = 0; i < RUNS; i++) {
        cr_assert_eq(steps[i].kind, i % 3 == 0 ? HANDLER_EXIT : HANDLER_RETURN);
        cr_assert(i % 3 == 0 || value_equal(steps[i].detail, many[i].event));
    }
}

Test(python_host, parks_no_more_children_than_its_limit)
{
    enum { EVENTS = PYTHON_HOST_PARKED_MAX + 6 };
    struct handler_step step;
    struct python_host_statistics statistics;
    driver_play(&d, "{'do': 'echo'}", 0, NULL);
    for (int i = 0; i < EVENTS; i++) {
        char event[64];
        snprintf(event, sizeof event, "{'do': 'reads_time', 'n': %d}", i);
        step = driver_step(&d, event, 0, 0);
        cr_assert_eq(step.kind, HANDLER_TIME);
    }
    cr_assert_leq(runs(), PYTHON_HOST_PARKED_MAX + 4); /* some are dying */
    python_host_statistics(&d.backend, &statistics);
    cr_assert_eq(statistics.runs, EVENTS + 1);
    /* The newest is still parked, the oldest has to be run again. */
    d.inputs[0] = value_integer(d.store, 1700000000000);
    char event[64];
    snprintf(event, sizeof event, "{'do': 'reads_time', 'n': %d}", EVENTS - 1);
    step = driver_step(&d, event, 0, 1);
    cr_assert_eq(step.kind, HANDLER_CALL);
    python_host_statistics(&d.backend, &statistics);
    cr_assert_eq(statistics.runs, EVENTS + 1);
    step = driver_step(&d, "{'do': 'reads_time', 'n': 0}", 0, 1);
    cr_assert_eq(step.kind, HANDLER_CALL);
    python_host_statistics(&d.backend, &statistics);
    cr_assert_eq(statistics.runs, EVENTS + 2);
}

Test(python_host, starts_a_dead_zygote_again)
{
    driver_expect(&d, "echo", NULL, "return {'do':'echo'}\n");
    const struct handler_step parked = driver_step(&d, "{'do': 'reads_time'}", 0, 0);
    cr_assert_eq(parked.kind, HANDLER_TIME);
    pid_t zygotes[8];
    const size_t count = children_of(getpid(), zygotes, 8);
    cr_assert_eq(count, 2);
    for (size_t i = 0; i < count; i++)
        cr_assert_eq(kill(zygotes[i], SIGKILL), 0);
    driver_expect(&d, "echo", NULL, "return {'do':'echo'}\n");
    driver_expect(&d, "reads_time", NULL, "time @app.py:40\n" PUT("a") "\n*");
}

Test(python_host, frees_everything_when_an_allocation_fails)
{
    driver_expect(&d, "reads_time", NULL, "time @app.py:40\n" PUT("a") "\n*");
    const size_t before = atomic_load(&d.memory.used);
    for (unsigned i = 1; i <= 12; i++) {
        struct handler_step step;
        char event[64];
        snprintf(event, sizeof event, "{'do': 'reads_time', 'n': %u}", i);
        const struct handler_run run = {.event = driver_json(&d, event)};
        d.memory.fail_at = atomic_load(&d.memory.requests) + i;
        const enum status status = d.backend.next(d.backend.self, &run, 1, &step, &d.error);
        d.memory.fail_at = 0;
        cr_assert(status == STATUS_OK || status == STATUS_NO_MEMORY, "%s", d.error.message);
        if (value_store_failed(d.store))
            return; /* a store that has failed stays so */
    }
    cr_assert_geq(atomic_load(&d.memory.used), before);
}
