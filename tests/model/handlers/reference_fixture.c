#include "tests/model/handlers/reference_fixture.h"

#include "model/base/error.h"
#include "model/base/json.h"
#include "model/dynamodb.h"
#include "model/event.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_SIZE = 1024, RECORDS_MAX = 16, SHARD_COUNT = 2 };

#define COUNT(array) (sizeof(array) / sizeof(array)[0])

static const struct stream_config input_stream = {.name = "IncomingDataStream",
                                                  .shard_count = SHARD_COUNT};
static const struct table_config state_table = {.name = "StateTable",
                                                .hash_key = {.name = "id", .type = 'S'},
                                                .stream_view = STREAM_VIEW_NEW_AND_OLD_IMAGES,
                                                .stream_shards = 1};
static const struct table_config reduce_table = {.name = "ReduceTable",
                                                 .hash_key = {.name = "MessageId", .type = 'S'},
                                                 .stream_view = STREAM_VIEW_NEW_AND_OLD_IMAGES,
                                                 .stream_shards = 1};

void fixture_init(struct fixture *fixture, uint64_t seed)
{
    memory_init(&fixture->memory, SIZE_MAX);
    fixture->store = value_store_create(&fixture->memory);
    cr_assert_not_null(fixture->store);
    random_init(&fixture->random, seed, 1);
}

void fixture_release(struct fixture *fixture)
{
    cr_assert(!value_store_failed(fixture->store));
    value_store_destroy(fixture->store);
    cr_assert_eq(fixture->memory.used, 0);
}

struct value fixture_json(struct fixture *fixture, const char *json)
{
    struct value value = VALUE_NONE;
    struct error error = ERROR_INIT;
    cr_assert_eq(json_parse(fixture->store, json, strlen(json), NULL, &value, &error), STATUS_OK,
                 "%s: %s", error.message, json);
    return value;
}

const char *fixture_text(struct fixture *fixture, struct value value, char *buffer, size_t size)
{
    struct text text;
    text_init(&text, &fixture->memory);
    if (value_is_none(value))
        text_append_string(&text, "(none)");
    else
        json_append(&text, fixture->store, value);
    (void)snprintf(buffer, size, "%s", text_string(&text));
    text_release(&text);
    return buffer;
}

struct value fixture_kinesis_event(struct fixture *fixture, const char *const *data, size_t count)
{
    struct value records[RECORDS_MAX];
    cr_assert_leq(count, RECORDS_MAX);
    for (size_t i = 0; i < count; i++)
        records[i] = event_kinesis_record(
            fixture->store, &input_stream, 0, i, value_format(fixture->store, "message-%zu", i),
            value_binary(fixture->store, data[i], strlen(data[i])), FIXTURE_NOW_MS);
    return event_batch(fixture->store, records, count);
}

static struct value item_from_json(struct fixture *fixture, const char *json)
{
    if (json == NULL)
        return VALUE_NONE;
    const char *message = "";
    const struct value item = item_from_wire(fixture->store, fixture_json(fixture, json), &message);
    cr_assert(!value_is_none(item), "%s: %s", message, json);
    return item;
}

static struct value table_record(struct fixture *fixture, const struct table_config *table,
                                 uint64_t index, struct value before, struct value after)
{
    const struct value any = value_is_none(after) ? before : after;
    const struct value keys = item_key_attributes(fixture->store, table, any);
    return event_dynamodb_record(fixture->store, table, 0, index, keys, before, after,
                                 FIXTURE_NOW_MS);
}

struct value fixture_state_record(struct fixture *fixture, uint64_t index, const char *before,
                                  const char *after)
{
    return table_record(fixture, &state_table, index, item_from_json(fixture, before),
                        item_from_json(fixture, after));
}

struct value fixture_reduce_record(struct fixture *fixture, uint64_t index, const char *message,
                                   bool removed)
{
    struct value row = value_map(fixture->store, NULL, 0);
    row = value_put_text(fixture->store, row, "MessageId",
                         value_format(fixture->store, "row-%llu", (unsigned long long)index));
    row = value_put_text(fixture->store, row, "Message", value_text(fixture->store, message));
    return table_record(fixture, &reduce_table, index, removed ? row : VALUE_NONE,
                        removed ? VALUE_NONE : row);
}

struct value fixture_answer(struct fixture *fixture, int64_t status, const char *body)
{
    const struct value_entry entries[] = {
        {.key = value_text(fixture->store, "status"),
         .value = value_integer(fixture->store, status)},
        {.key = value_text(fixture->store, "body"), .value = fixture_json(fixture, body)},
    };
    return value_map(fixture->store, entries, 2);
}

struct value fixture_error(struct fixture *fixture, int64_t status, const char *code)
{
    char body[TEXT_SIZE];
    (void)snprintf(body, sizeof body,
                   "{\"__type\":\"com.amazonaws.dynamodb.v20120810#%s\","
                   "\"message\":\"The service says no\"}",
                   code);
    return fixture_answer(fixture, status, body);
}

/* --- generated ----------------------------------------------------------------------- */

static uint32_t below(struct fixture *fixture, uint32_t bound)
{
    return random_below(&fixture->random, bound);
}

static const char *pick(struct fixture *fixture, const char *const *texts, size_t count)
{
    return texts[below(fixture, (uint32_t)count)];
}

/* JSON string contents: ASCII, quotation marks, letters, an invisible character, another plane. */
static const char *const trades[] = {"T1",
                                     "7f6b1f0e-31a8-4b9b-8f5e-0c3a4a1d2b10",
                                     "it's",
                                     "\\\"quoted\\\"",
                                     "'\\\"",
                                     "Z\xc3\xbcrich \xe2\x82\xac",
                                     "\\u200b\\ud83d\\ude00",
                                     "a\\\\b\\n"};
static const char *const values[] = {"8.0",     "64.0",    "34624.51", "-0.5", "-4.0",    "0.0",
                                     "-0.0",    "0.1",     "0.2",      "0.3",  "1e-07",   "1e+16",
                                     "12345.6", "0.00001", "8",        "1e22", "100000.0"};
static const char *const risks[] = {"PV", "Delta", "Gr\303\266\303\237e"};
static const char *const desks[] = {"FXSpot", "FXOptions", "it's"};
static const char *const regions[] = {"EMEA", "APAC", "AMER", "\\u00e9\\ud83d\\ude00"};
static const char *const timestamps[] = {"1606112345.123", "1606112340.5",      "1606112285.2",
                                         "1606112345",     "1606112344.999999", "1606112200.0"};

static void hierarchy_text(struct fixture *fixture, char text[TEXT_SIZE])
{
    const char *risk = pick(fixture, risks, COUNT(risks));
    const char *region = pick(fixture, regions, COUNT(regions));
    const char *desk = pick(fixture, desks, COUNT(desks));
    if (below(fixture, 2) == 0)
        (void)snprintf(text, TEXT_SIZE,
                       "{\"RiskType\": \"%s\", \"Region\": \"%s\", \"TradeDesk\": \"%s\"}", risk,
                       region, desk);
    else
        (void)snprintf(text, TEXT_SIZE,
                       "{\"TradeDesk\":\"%s\",\"Book\":[1,2.50,null],\"Region\":\"%s\","
                       "\"RiskType\":\"%s\"}",
                       desk, region, risk);
}

static struct value random_kinesis_event(struct fixture *fixture, uint32_t count)
{
    char texts[RECORDS_MAX][2 * TEXT_SIZE];
    const char *data[RECORDS_MAX];
    for (uint32_t i = 0; i < count; i++) {
        char hierarchy[TEXT_SIZE];
        hierarchy_text(fixture, hierarchy);
        (void)snprintf(texts[i], sizeof texts[i],
                       "{\"TradeID\": \"%s\", \"Version\": %u, \"Value\": %s, "
                       "\"Hierarchy\": %s, \"Timestamp\": %s}",
                       pick(fixture, trades, COUNT(trades)), below(fixture, 3),
                       pick(fixture, values, COUNT(values)), hierarchy,
                       pick(fixture, timestamps, COUNT(timestamps)));
        data[i] = i > 0 && below(fixture, 4) == 0 ? data[i - 1] : texts[i];
    }
    return fixture_kinesis_event(fixture, data, count);
}

/* A row of StateTable. */
static struct value random_state_item(struct fixture *fixture, struct value id)
{
    char hierarchy[TEXT_SIZE];
    char wire[TEXT_SIZE];
    hierarchy_text(fixture, hierarchy);
    (void)snprintf(wire, sizeof wire,
                   "{\"Value\":{\"N\":\"%s\"},\"Version\":{\"N\":\"%u\"},"
                   "\"Timestamp\":{\"N\":\"%s\"}}",
                   pick(fixture, values, COUNT(values)), below(fixture, 3),
                   pick(fixture, timestamps, COUNT(timestamps)));
    struct value item = item_from_json(fixture, wire);
    item = value_put_text(fixture->store, item, "id", id);
    return value_put_text(fixture->store, item, "Hierarchy", value_text(fixture->store, hierarchy));
}

static struct value random_state_event(struct fixture *fixture, uint32_t count)
{
    struct value records[RECORDS_MAX];
    for (uint32_t i = 0; i < count; i++) {
        char quoted[TEXT_SIZE];
        (void)snprintf(quoted, sizeof quoted, "\"%s\"", pick(fixture, trades, COUNT(trades)));
        const struct value id = fixture_json(fixture, quoted);
        const uint32_t kind = below(fixture, 8);
        const bool has_before = kind >= 4;
        const bool has_after = kind != 7;
        records[i] = table_record(fixture, &state_table, i,
                                  has_before ? random_state_item(fixture, id) : VALUE_NONE,
                                  has_after ? random_state_item(fixture, id) : VALUE_NONE);
    }
    return event_batch(fixture->store, records, count);
}

static struct value random_reduce_event(struct fixture *fixture, uint32_t count)
{
    struct value records[RECORDS_MAX];
    for (uint32_t i = 0; i < count; i++) {
        char message[TEXT_SIZE];
        const char *risk = pick(fixture, risks, 2);
        (void)snprintf(message, sizeof message,
                       "{\"%s\": %s, \"%s:FXSpot\": %s, \"%s:FXSpot:%s\": %s, "
                       "\"message_count\": %u, \"timestamp_generator_first\": 1606112345.5, "
                       "\"timestamp_generator_mean\": 1606112345.5}",
                       risk, pick(fixture, values, COUNT(values)), risk,
                       pick(fixture, values, COUNT(values)), risk,
                       pick(fixture, regions, COUNT(regions)), pick(fixture, values, COUNT(values)),
                       1 + below(fixture, 100));
        records[i] = fixture_reduce_record(fixture, i, message, below(fixture, 8) == 0);
    }
    return event_batch(fixture->store, records, count);
}

struct value fixture_random_event(struct fixture *fixture, const char *function,
                                  uint32_t records_max)
{
    cr_assert_leq(records_max, RECORDS_MAX);
    const uint32_t count = 1 + below(fixture, records_max);
    if (strcmp(function, "StateLambda") == 0)
        return random_kinesis_event(fixture, count);
    return strcmp(function, "MapLambda") == 0 ? random_state_event(fixture, count)
                                              : random_reduce_event(fixture, count);
}

/* No answer came. */
static struct value lost_answer(struct fixture *fixture, const char *how)
{
    struct value_store *store = fixture->store;
    const struct value_entry entry = {.key = value_text(store, "error"),
                                      .value = value_text(store, how)};
    return value_map(store, &entry, 1);
}

static struct value random_error(struct fixture *fixture)
{
    static const struct {
        int64_t status;
        const char *code;
    } errors[] = {{400, "ConditionalCheckFailedException"},
                  {400, "ConditionalCheckFailedException"},
                  {400, "ValidationException"},
                  {400, "AccessDeniedException"},
                  {400, "ResourceNotFoundException"},
                  {400, "IdempotentParameterMismatchException"},
                  {400, "TransactionConflictException"},
                  {400, "ProvisionedThroughputExceededException"},
                  {400, "ThrottlingException"},
                  {400, "TransactionInProgressException"},
                  {500, "InternalServerError"},
                  {503, "ServiceUnavailable"}};
    const uint32_t which = below(fixture, COUNT(errors) + 4);
    if (which >= COUNT(errors) + 2)
        return lost_answer(fixture, which == COUNT(errors) + 2 ? "timeout" : "closed");
    if (which == COUNT(errors))
        return fixture_answer(
            fixture, 400,
            "{\"__type\":\"com.amazonaws.dynamodb.v20120810#"
            "TransactionCanceledException\",\"Message\":\"Transaction cancelled\","
            "\"CancellationReasons\":[{\"Code\":\"TransactionConflict\"}]}");
    if (which > COUNT(errors))
        return fixture_answer(fixture, 413, "{}");
    return fixture_error(fixture, errors[which].status, errors[which].code);
}

static struct value random_answer(struct fixture *fixture, struct value target)
{
    static const char *const percentages[] = {"0", "5", "10", "100", "2.5"};
    if (below(fixture, 10) < 3)
        return random_error(fixture);
    if (!value_is_text(fixture->store, target, "DynamoDB_20120810.GetItem") ||
        below(fixture, 4) == 0)
        return fixture_answer(fixture, 200, "{}");
    char body[TEXT_SIZE];
    (void)snprintf(body, sizeof body,
                   "{\"Item\":{\"parameter\":{\"S\":\"P\"},\"value\":{\"N\":\"%s\"}}}",
                   pick(fixture, percentages, COUNT(percentages)));
    return fixture_answer(fixture, 200, body);
}

struct value fixture_random_input(struct fixture *fixture, const struct handler_step *step)
{
    static const int64_t later_ms[] = {0, 1, 31000, 61000, 86400000};
    cr_assert(!handler_step_is_end(step->kind));
    if (step->kind == HANDLER_CALL)
        return random_answer(fixture, step->target);
    if (step->kind == HANDLER_DRAW)
        return value_text(fixture->store, below(fixture, 8) == 0 ? "low" : "high");
    cr_assert_eq(step->kind, HANDLER_TIME);
    return value_integer(fixture->store,
                         FIXTURE_NOW_MS + later_ms[below(fixture, COUNT(later_ms))]);
}
