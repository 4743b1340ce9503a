/* What the reference handlers send, step by step; that Python sends the same is
 * test_reference_python. */
#include "model/handlers/reference.h"

#include "model/base/error.h"
#include "tests/model/handlers/reference_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_SIZE = 4096, INPUTS_MAX = 32 };

static struct fixture fixture;
static struct value inputs[INPUTS_MAX];
static size_t input_count;

static void setup(void)
{
    fixture_init(&fixture, 1);
    input_count = 0;
}

static void teardown(void) { fixture_release(&fixture); }

TestSuite(reference, .init = setup, .fini = teardown);

static struct handler_backend backend_of(const struct function_config *function, enum lab lab)
{
    struct handler_backend backend;
    struct error error = ERROR_INIT;
    cr_assert_eq(
        reference_handler_create(&fixture.memory, fixture.store, function, lab, &backend, &error),
        STATUS_OK, "%s", error.message);
    return backend;
}

/* The step after the inputs collected so far. */
static struct handler_step step_of(const char *name, enum lab lab, struct value event)
{
    const struct function_config function = {.name = name, .timeout_s = 60};
    const struct handler_backend backend = backend_of(&function, lab);
    const struct handler_run run = {.event = event, .inputs = inputs, .input_count = input_count};
    struct handler_step step;
    struct error error = ERROR_INIT;
    const enum status status = backend.next(backend.self, &run, 1, &step, &error);
    cr_assert_eq(status, STATUS_OK, "%s", error.message);
    backend.destroy(backend.self);
    return step;
}

static void give(struct value input)
{
    cr_assert_lt(input_count, INPUTS_MAX);
    inputs[input_count++] = input;
}

static void give_answer(int64_t status, const char *body)
{
    give(fixture_answer(&fixture, status, body));
}

static void give_text(const char *text) { give(value_text(fixture.store, text)); }

static void expect_value(struct value actual, const char *expected)
{
    char text[TEXT_SIZE];
    cr_assert(value_equal(actual, fixture_json(&fixture, expected)), "%s\n  instead of %s",
              fixture_text(&fixture, actual, text, sizeof text), expected);
}

static void expect_call(const struct handler_step *step, const char *target, const char *request)
{
    cr_assert_eq(step->kind, HANDLER_CALL);
    cr_assert(value_is_text(fixture.store, step->target, target));
    expect_value(step->request, request);
}

static void expect_end(const struct handler_step *step, enum handler_step_kind kind,
                       const char *detail)
{
    cr_assert_eq(step->kind, kind);
    expect_value(step->detail, detail);
}

#define MESSAGE(version, value, timestamp)                                                         \
    "{\"TradeID\": \"T1\", \"Version\": " version ", \"Value\": " value                            \
    ", \"Timestamp\": " timestamp ", \"Hierarchy\": {\"RiskType\": \"PV\", "                       \
    "\"Region\": \"EMEA\", \"TradeDesk\": \"FXSpot\"}}"

#define UPDATE(condition, version, value)                                                          \
    "{\"TableName\":\"StateTable\",\"Key\":{\"id\":{\"S\":\"T1\"}},"                               \
    "\"UpdateExpression\":\"SET #value = :new_value, #version = :new_version, "                    \
    "#timestamp = :new_timestamp, #hierarchy = :new_hierarchy\"," condition                        \
    "\"ExpressionAttributeNames\":{\"#value\":\"Value\",\"#version\":\"Version\","                 \
    "\"#timestamp\":\"Timestamp\",\"#hierarchy\":\"Hierarchy\"},"                                  \
    "\"ExpressionAttributeValues\":{\":new_value\":{\"N\":\"" value "\"},"                         \
    "\":new_version\":{\"N\":\"" version "\"},\":new_timestamp\":{\"N\":\"1606112345.123\"},"      \
    "\":new_hierarchy\":{\"S\":\"{\\\"Region\\\": \\\"EMEA\\\", \\\"RiskType\\\": \\\"PV\\\", "    \
    "\\\"TradeDesk\\\": \\\"FXSpot\\\"}\"}}}"

#define CONDITION "\"ConditionExpression\":\"attribute_not_exists(id) OR Version < :new_version\","

#define PARAMETER(name)                                                                            \
    "{\"TableName\":\"ParameterTable\",\"Key\":{\"parameter\":{\"S\":\"" name "\"}},"              \
    "\"ConsistentRead\":true}"

#define PERCENTAGE(digits)                                                                         \
    "{\"Item\":{\"parameter\":{\"S\":\"P\"},\"value\":{\"N\":\"" digits "\"}}}"

static struct value state_event(void)
{
    const char *const data[] = {MESSAGE("0", "8.0", "1606112345.123"),
                                MESSAGE("1", "1e16", "1606112345.123")};
    return fixture_kinesis_event(&fixture, data, 2);
}

/* The inputs of StateLambda up to its first call that writes. */
static void give_state_start(const char *body, int64_t now_ms)
{
    give_answer(200, body);
    give(value_integer(fixture.store, now_ms));
    give_text("high");
}

Test(reference, state_asks_in_order_and_updates_every_record)
{
    const struct value event = state_event();
    struct handler_step step = step_of("StateLambda", LAB_1, event);
    expect_call(&step, "DynamoDB_20120810.GetItem", PARAMETER("FAILURE_STATE_LAMBDA_PCT"));
    give_answer(200, PERCENTAGE("5"));
    cr_assert_eq(step_of("StateLambda", LAB_1, event).kind, HANDLER_TIME);
    give(value_integer(fixture.store, FIXTURE_NOW_MS));
    step = step_of("StateLambda", LAB_1, event);
    cr_assert_eq(step.kind, HANDLER_DRAW);
    cr_assert(value_is_text(fixture.store, step.detail, "random.uniform(0, 100)"));
    give_text("high");
    step = step_of("StateLambda", LAB_1, event);
    expect_call(&step, "DynamoDB_20120810.UpdateItem", UPDATE("", "0", "8.0"));
    cr_assert(!step.fresh_token);
    give_answer(200, "{}");
    cr_assert_eq(step_of("StateLambda", LAB_1, event).kind, HANDLER_DRAW);
    give_text("high");
    step = step_of("StateLambda", LAB_1, event);
    expect_call(&step, "DynamoDB_20120810.UpdateItem", UPDATE("", "1", "1E+16"));
    give_answer(200, "{}");
    step = step_of("StateLambda", LAB_1, event);
    expect_end(&step, HANDLER_RETURN, "{\"statusCode\":200}");
}

Test(reference, state_of_lab_2_has_a_condition_and_accepts_that_it_fails)
{
    const struct value event = state_event();
    give_state_start("{}", FIXTURE_NOW_MS);
    struct handler_step step = step_of("StateLambda", LAB_2, event);
    expect_call(&step, "DynamoDB_20120810.UpdateItem", UPDATE(CONDITION, "0", "8.0"));
    give(fixture_error(&fixture, 400, "ConditionalCheckFailedException"));
    cr_assert_eq(step_of("StateLambda", LAB_2, event).kind, HANDLER_DRAW);
    step = step_of("StateLambda", LAB_1, event);
    expect_end(&step, HANDLER_RAISE,
               "{\"class\":\"ConditionalCheckFailedException\",\"message\":"
               "\"An error occurred (ConditionalCheckFailedException) when calling the "
               "UpdateItem operation: The service says no\"}");
}

Test(reference, state_drops_records_older_than_a_minute)
{
    const struct value event = state_event();
    give_state_start("{}", FIXTURE_NOW_MS + 60001);
    cr_assert_eq(step_of("StateLambda", LAB_2, event).kind, HANDLER_DRAW);
    give_text("high");
    const struct handler_step step = step_of("StateLambda", LAB_2, event);
    expect_end(&step, HANDLER_RETURN, "{\"statusCode\":200}");
    inputs[1] = value_integer(fixture.store, FIXTURE_NOW_MS + 59000);
    input_count = 3;
    cr_assert_eq(step_of("StateLambda", LAB_2, event).kind, HANDLER_CALL);
}

Test(reference, a_low_draw_fails_where_the_percentage_is_not_zero)
{
    const struct value event = state_event();
    give_answer(200, PERCENTAGE("5"));
    give(value_integer(fixture.store, FIXTURE_NOW_MS));
    give_text("low");
    const struct handler_step step = step_of("StateLambda", LAB_2, event);
    expect_end(&step, HANDLER_RAISE,
               "{\"class\":\"Exception\",\"message\":\"Random failure, introduced on purpose\"}");
    inputs[0] = fixture_answer(&fixture, 200, PERCENTAGE("0"));
    cr_assert_eq(step_of("StateLambda", LAB_2, event).kind, HANDLER_CALL);
    inputs[0] = fixture_answer(&fixture, 200, "{}");
    cr_assert_eq(step_of("StateLambda", LAB_2, event).kind, HANDLER_CALL);
}

/* The percentage is spread over the records: two here. */
Test(reference, a_high_draw_fails_only_above_a_hundred_percent_per_record)
{
    const struct value event = state_event();
    give_state_start(PERCENTAGE("200"), FIXTURE_NOW_MS);
    cr_assert_eq(step_of("StateLambda", LAB_2, event).kind, HANDLER_CALL);
    inputs[0] = fixture_answer(&fixture, 200, PERCENTAGE("200.5"));
    cr_assert_eq(step_of("StateLambda", LAB_2, event).kind, HANDLER_RAISE);
}

#define ROW(value, region)                                                                         \
    "{\"id\":{\"S\":\"T1\"},\"Value\":{\"N\":\"" value "\"},\"Version\":{\"N\":\"0\"},"            \
    "\"Timestamp\":{\"N\":\"1606112345.5\"},\"Hierarchy\":{\"S\":\"{\\\"Region\\\": \\\"" region   \
    "\\\", \\\"RiskType\\\": \\\"PV\\\", \\\"TradeDesk\\\": \\\"FXSpot\\\"}\"}}"

static struct value map_event(void)
{
    const struct value records[] = {
        fixture_state_record(&fixture, 0, NULL, ROW("8", "EMEA")),
        fixture_state_record(&fixture, 1, ROW("8", "EMEA"), ROW("0.5", "APAC")),
        fixture_state_record(&fixture, 2, ROW("0.5", "APAC"), NULL)};
    const struct value_entry entry = {.key = value_text(fixture.store, "Records"),
                                      .value = value_list(fixture.store, records, 3)};
    return value_map(fixture.store, &entry, 1);
}

/* MessageId: hashlib.sha256(str(records).encode()).hexdigest() of this event in Python. */
#define MAP_REQUEST                                                                                \
    "{\"TableName\":\"ReduceTable\",\"ConditionExpression\":\"attribute_not_exists(MessageId)\","  \
    "\"Item\":{\"MessageId\":{\"S\":"                                                              \
    "\"bb28a4bbd4469180e006f82444b5fe1984b975fe83ad261c598e73d64c2d22ac\"},"                       \
    "\"Message\":{\"S\":\"{\\\"PV\\\": 0.5, \\\"PV:FXSpot\\\": 0.5, "                              \
    "\\\"PV:FXSpot:APAC\\\": 0.5, \\\"PV:FXSpot:EMEA\\\": 0.0, \\\"message_count\\\": 2, "         \
    "\\\"timestamp_generator_first\\\": 1606112345.5, "                                            \
    "\\\"timestamp_generator_mean\\\": 1606112345.5}\"}}}"

Test(reference, map_puts_sums_under_the_hash_of_the_batch)
{
    const struct value event = map_event();
    struct handler_step step = step_of("MapLambda", LAB_2, event);
    expect_call(&step, "DynamoDB_20120810.PutItem", MAP_REQUEST);
    give_answer(200, "{}");
    step = step_of("MapLambda", LAB_2, event);
    expect_call(&step, "DynamoDB_20120810.GetItem", PARAMETER("FAILURE_MAP_LAMBDA_PCT"));
    give_answer(200, PERCENTAGE("10"));
    cr_assert_eq(step_of("MapLambda", LAB_2, event).kind, HANDLER_DRAW);
    give_text("high");
    step = step_of("MapLambda", LAB_2, event);
    expect_end(&step, HANDLER_RETURN, "{\"statusCode\":200}");
    inputs[2] = value_text(fixture.store, "low");
    cr_assert_eq(step_of("MapLambda", LAB_2, event).kind, HANDLER_RAISE);
}

Test(reference, map_goes_on_where_the_row_is_there_and_swallows_other_errors)
{
    const struct value event = map_event();
    give(fixture_error(&fixture, 400, "ConditionalCheckFailedException"));
    cr_assert_eq(step_of("MapLambda", LAB_1, event).kind, HANDLER_CALL);
    inputs[0] = fixture_error(&fixture, 400, "ResourceNotFoundException");
    const struct handler_step step = step_of("MapLambda", LAB_1, event);
    expect_end(&step, HANDLER_RETURN, "{\"statusCode\":500}");
}

Test(reference, map_has_nothing_to_do_for_deletions)
{
    const struct value record = fixture_state_record(&fixture, 0, ROW("8", "EMEA"), NULL);
    const struct value_entry entry = {.key = value_text(fixture.store, "Records"),
                                      .value = value_list(fixture.store, &record, 1)};
    const struct handler_step step =
        step_of("MapLambda", LAB_2, value_map(fixture.store, &entry, 1));
    expect_end(&step, HANDLER_RETURN, "{\"statusCode\":200}");
}

static struct value reduce_event(void)
{
    const struct value records[] = {
        fixture_reduce_record(&fixture, 0,
                              "{\"PV\": 0.1, \"PV:FXSpot\": 8.0, \"message_count\": 2, "
                              "\"timestamp_generator_first\": 1.5, "
                              "\"timestamp_generator_mean\": 1.5}",
                              false),
        fixture_reduce_record(&fixture, 1, "{\"PV\": 0.2, \"message_count\": 1}", false),
        fixture_reduce_record(&fixture, 2, "{\"PV\": 64.0, \"message_count\": 1}", true)};
    const struct value_entry entry = {.key = value_text(fixture.store, "Records"),
                                      .value = value_list(fixture.store, records, 3)};
    return value_map(fixture.store, &entry, 1);
}

#define ADD(key, value)                                                                            \
    "{\"Update\":{\"TableName\":\"AggregateTable\",\"Key\":{\"Identifier\":{\"S\":\"" key "\"}},"  \
    "\"UpdateExpression\":\"ADD #v :v\",\"ExpressionAttributeNames\":{\"#v\":\"Value\"},"          \
    "\"ExpressionAttributeValues\":{\":v\":{\"N\":\"" value "\"}}}}"

#define ACTIONS                                                                                    \
    "\"TransactItems\":[" ADD("PV", "0.30000000000000004") "," ADD("PV:FXSpot", "8.0") "," ADD(    \
        "message_count", "3") "]"

Test(reference, reduce_adds_all_sums_in_one_transaction)
{
    const struct value event = reduce_event();
    struct handler_step step = step_of("ReduceLambda", LAB_1, event);
    expect_call(&step, "DynamoDB_20120810.TransactWriteItems", "{" ACTIONS "}");
    cr_assert(step.fresh_token);
    give_answer(200, "{}");
    step = step_of("ReduceLambda", LAB_1, event);
    expect_call(&step, "DynamoDB_20120810.GetItem", PARAMETER("FAILURE_REDUCE_LAMBDA_PCT"));
    give_answer(200, PERCENTAGE("10"));
    give_text("low");
    cr_assert_eq(step_of("ReduceLambda", LAB_1, event).kind, HANDLER_RAISE);
}

/* ClientRequestToken: hashlib.md5(str(records).encode()).hexdigest() of this event in Python. */
Test(reference, reduce_of_lab_2_has_a_token_of_the_batch)
{
    const struct handler_step step = step_of("ReduceLambda", LAB_2, reduce_event());
    expect_call(&step, "DynamoDB_20120810.TransactWriteItems",
                "{" ACTIONS ",\"ClientRequestToken\":\"07e08f53df171b1e35d9f599c286f542\"}");
    cr_assert(!step.fresh_token);
}

Test(reference, a_throttle_is_retried_as_botocore_does)
{
    const struct value event = reduce_event();
    int64_t slept_ms = 0;
    for (int attempt = 1; attempt < 10; attempt++) {
        give(fixture_error(&fixture, 400, "ThrottlingException"));
        const struct handler_step step = step_of("ReduceLambda", LAB_2, event);
        cr_assert_eq(step.kind, HANDLER_CALL, "attempt %d", attempt);
        slept_ms += step.slept_ms;
    }
    cr_assert_eq(slept_ms, 25550);
    give(fixture_error(&fixture, 400, "ThrottlingException"));
    const struct handler_step step = step_of("ReduceLambda", LAB_2, event);
    expect_end(&step, HANDLER_RAISE,
               "{\"class\":\"ClientError\",\"message\":"
               "\"An error occurred (ThrottlingException) when calling the TransactWriteItems "
               "operation (reached max retries: 9): The service says no\"}");
    cr_assert_eq(step.slept_ms, 0);
}

Test(reference, a_retry_that_succeeds_is_a_success)
{
    const struct value event = reduce_event();
    give(fixture_error(&fixture, 500, "InternalServerError"));
    give_answer(200, "{}");
    const struct handler_step step = step_of("ReduceLambda", LAB_2, event);
    expect_call(&step, "DynamoDB_20120810.GetItem", PARAMETER("FAILURE_REDUCE_LAMBDA_PCT"));
    cr_assert_eq(step.slept_ms, 0);
}

Test(reference, a_missing_attribute_is_a_key_error)
{
    const char *const data[] = {"{\"TradeID\": \"T1\", \"Timestamp\": 1606112345.5}"};
    const struct value event = fixture_kinesis_event(&fixture, data, 1);
    give_state_start("{}", FIXTURE_NOW_MS);
    struct handler_step step = step_of("StateLambda", LAB_2, event);
    expect_end(&step, HANDLER_RAISE, "{\"class\":\"KeyError\",\"message\":\"'Value'\"}");
    input_count = 0;
    step = step_of("ReduceLambda", LAB_2, fixture_json(&fixture, "{\"a\":1}"));
    expect_end(&step, HANDLER_RAISE, "{\"class\":\"KeyError\",\"message\":\"'Records'\"}");
}

static enum status status_of(const char *name, struct value event, struct error *error)
{
    const struct function_config function = {.name = name, .timeout_s = 60};
    const struct handler_backend backend = backend_of(&function, LAB_2);
    const struct handler_run run = {.event = event, .inputs = inputs, .input_count = input_count};
    struct handler_step step;
    const enum status status = backend.next(backend.self, &run, 1, &step, error);
    backend.destroy(backend.self);
    return status;
}

Test(reference, what_it_does_not_support_is_said)
{
    const char *const data[] = {MESSAGE("0", "\"text\"", "1606112345.5")};
    struct error error = ERROR_INIT;
    give_state_start("{}", FIXTURE_NOW_MS);
    cr_assert_eq(status_of("StateLambda", fixture_kinesis_event(&fixture, data, 1), &error),
                 STATUS_UNSUPPORTED);
    cr_assert_not_null(strstr(error.message, "a Value of type str"), "%s", error.message);
    input_count = 0;
    cr_assert_eq(status_of("MapLambda", fixture_json(&fixture, "{\"Records\":{}}"), &error),
                 STATUS_UNSUPPORTED);
    give_text("high");
    cr_assert_eq(status_of("MapLambda", fixture_json(&fixture, "{\"Records\":[]}"), &error),
                 STATUS_UNSUPPORTED);
}

Test(reference, knows_three_functions)
{
    const struct function_config function = {.name = "GeneratorLambda"};
    struct handler_backend backend;
    struct error error = ERROR_INIT;
    cr_assert_eq(reference_handler_create(&fixture.memory, fixture.store, &function, LAB_2,
                                          &backend, &error),
                 STATUS_BAD_INPUT);
    cr_assert_not_null(strstr(error.message, "GeneratorLambda"));
}

/* The n-th allocation fails, for every n, in every function: a status, and nothing leaks. */
Test(reference, failed_allocation_is_a_status)
{
    static const char *const names[] = {"StateLambda", "MapLambda", "ReduceLambda"};
    const struct value events[] = {state_event(), map_event(), reduce_event()};
    give_state_start("{}", FIXTURE_NOW_MS);
    for (size_t i = 0; i < 3; i++) {
        const struct function_config function = {.name = names[i]};
        const struct handler_run run = {
            .event = events[i], .inputs = inputs, .input_count = i == 0 ? input_count : 0};
        for (unsigned long long n = 1;; n++) {
            struct memory memory;
            struct handler_backend backend;
            struct handler_step step;
            struct error error = ERROR_INIT;
            memory_init(&memory, SIZE_MAX);
            memory.fail_at = n;
            enum status status = reference_handler_create(&memory, fixture.store, &function, LAB_2,
                                                          &backend, &error);
            if (status == STATUS_OK) {
                status = backend.next(backend.self, &run, 1, &step, &error);
                backend.destroy(backend.self);
            }
            cr_assert_eq(memory.used, 0);
            if (status == STATUS_OK)
                break;
            cr_assert_eq(status, STATUS_NO_MEMORY, "%s: %s", names[i], error.message);
            cr_assert_lt(n, 1000);
        }
    }
}
