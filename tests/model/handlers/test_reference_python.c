/* The reference handlers against the Python functions that they stand for: the same generated
 * events, the same answers, every step compared. */
#include "model/base/error.h"
#include "model/python/python_host.h"
#include "tests/model/handlers/reference_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    WALKS = 30,
    RECORDS_MAX_OF_WALK = 5,
    INPUTS_MAX = 96,
    PATH_SIZE = 512,
    TEXT_SIZE = 4096,
    REPEATED_PERCENT = 90 /* an answer that made the client wait is likely to come again */
};

struct pair {
    struct fixture fixture;
    struct function_config function;
    char interpreter[PATH_SIZE];
    char package[PATH_SIZE];
    struct handler_backend reference;
    struct handler_backend python;
};

static void open_pair(struct pair *pair, const char *function, enum lab lab)
{
    struct error error = ERROR_INIT;
    fixture_init(&pair->fixture, lab == LAB_1 ? 1 : 2);
    pair->function = (struct function_config){.logical_id = function,
                                              .name = function,
                                              .handler = "lambda_function.lambda_handler",
                                              .runtime = "python3.11",
                                              .timeout_s = 180,
                                              .memory_mb = 256,
                                              .reserved_concurrency = -1};
    cr_assert_eq(python_host_find_interpreter(NULL, getenv("ONCECHECK_PYTHON"), pair->interpreter,
                                              sizeof pair->interpreter, &error),
                 STATUS_OK, "%s", error.message);
    (void)snprintf(pair->package, sizeof pair->package, "scenarios/solutions/%s/%s",
                   lab == LAB_1 ? "lab1" : "lab2", function);
    const struct python_host_options options = {.python = pair->interpreter,
                                                .runtime_dir = "build/python",
                                                .package_dir = pair->package,
                                                .function = &pair->function,
                                                .clock_ms = FIXTURE_NOW_MS};
    cr_assert_eq(python_host_create(&pair->fixture.memory, pair->fixture.store, &options,
                                    &pair->python, &error),
                 STATUS_OK, "%s", error.message);
    cr_assert_eq(reference_handler_create(&pair->fixture.memory, pair->fixture.store,
                                          &pair->function, lab, &pair->reference, &error),
                 STATUS_OK, "%s", error.message);
}

static void close_pair(struct pair *pair)
{
    pair->python.destroy(pair->python.self);
    pair->reference.destroy(pair->reference.self);
    fixture_release(&pair->fixture);
}

static void expect_equal(struct pair *pair, const char *what, struct value reference,
                         struct value python)
{
    char ours[TEXT_SIZE];
    char theirs[TEXT_SIZE];
    cr_assert(value_equal(reference, python), "%s: %s\n  but Python's: %s", what,
              fixture_text(&pair->fixture, reference, ours, sizeof ours),
              fixture_text(&pair->fixture, python, theirs, sizeof theirs));
}

/* Which errors have an exception class of their own depends on botocore's version. */
static bool is_client_error_of(struct pair *pair, struct value python_class, const char *message)
{
    char code[PATH_SIZE];
    const struct value_store *store = pair->fixture.store;
    (void)snprintf(code, sizeof code, "An error occurred (%s)",
                   value_bytes(store, python_class, NULL));
    return strncmp(message, code, strlen(code)) == 0;
}

static void expect_same_raise(struct pair *pair, struct value reference, struct value python)
{
    const struct value_store *store = pair->fixture.store;
    const struct value our_class = value_get_text(store, reference, "class");
    const struct value their_class = value_get_text(store, python, "class");
    const struct value message = value_get_text(store, reference, "message");
    expect_equal(pair, "message", message, value_get_text(store, python, "message"));
    if (!value_is_text(store, our_class, "ClientError") ||
        !is_client_error_of(pair, their_class, value_bytes(store, message, NULL)))
        expect_equal(pair, "class", our_class, their_class);
}

static void expect_same_step(struct pair *pair, const struct handler_step *reference,
                             const struct handler_step *python)
{
    cr_assert_eq(reference->kind, python->kind, "step %s, but Python's: %s",
                 handler_step_kind_name(reference->kind), handler_step_kind_name(python->kind));
    cr_assert_eq(reference->slept_ms, python->slept_ms, "%s: slept %lld, Python %lld",
                 handler_step_kind_name(reference->kind), (long long)reference->slept_ms,
                 (long long)python->slept_ms);
    expect_equal(pair, "output", reference->output, python->output);
    if (reference->kind == HANDLER_CALL) {
        expect_equal(pair, "target", reference->target, python->target);
        expect_equal(pair, "request", reference->request, python->request);
        cr_assert_eq(reference->fresh_token, python->fresh_token);
        cr_assert_eq(reference->sdk_attempt, python->sdk_attempt);
    } else if (reference->kind == HANDLER_RAISE) {
        expect_same_raise(pair, reference->detail, python->detail);
    } else if (reference->kind != HANDLER_TIME) {
        expect_equal(pair, "detail", reference->detail, python->detail);
    }
}

/* One event with one sequence of inputs, up to its end; returns the number of steps. */
static size_t walk(struct pair *pair)
{
    struct value inputs[INPUTS_MAX];
    struct error error = ERROR_INIT;
    struct handler_run run = {
        .event = fixture_random_event(&pair->fixture, pair->function.name, RECORDS_MAX_OF_WALK),
        .inputs = inputs};
    for (;;) {
        struct handler_step reference;
        struct handler_step python;
        cr_assert_eq(pair->reference.next(pair->reference.self, &run, 1, &reference, &error),
                     STATUS_OK, "%s", error.message);
        cr_assert_eq(pair->python.next(pair->python.self, &run, 1, &python, &error), STATUS_OK,
                     "%s", error.message);
        expect_same_step(pair, &reference, &python);
        if (handler_step_is_end(reference.kind) || run.input_count == INPUTS_MAX)
            return run.input_count + 1;
        const bool repeated =
            reference.slept_ms > 0 && random_below(&pair->fixture.random, 100) < REPEATED_PERCENT;
        inputs[run.input_count] = repeated ? inputs[run.input_count - 1]
                                           : fixture_random_input(&pair->fixture, &reference);
        run.input_count++;
    }
}

static void compare(const char *function, enum lab lab)
{
    struct pair pair;
    size_t steps = 0;
    open_pair(&pair, function, lab);
    for (int i = 0; i < WALKS; i++)
        steps += walk(&pair);
    cr_assert_gt(steps, 2 * (size_t)WALKS);
    close_pair(&pair);
}

Test(reference_python, state_of_lab_1) { compare("StateLambda", LAB_1); }

Test(reference_python, map_of_lab_1) { compare("MapLambda", LAB_1); }

Test(reference_python, reduce_of_lab_1) { compare("ReduceLambda", LAB_1); }

Test(reference_python, state_of_lab_2) { compare("StateLambda", LAB_2); }

Test(reference_python, map_of_lab_2) { compare("MapLambda", LAB_2); }

Test(reference_python, reduce_of_lab_2) { compare("ReduceLambda", LAB_2); }
