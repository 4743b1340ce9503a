#include "model/workload.h"

#include "model/base/json.h"
#include "model/base/random.h"
#include "model/base/text.h"
#include "model/kinesis.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    EQUAL_VALUE = 8,
    AMOUNT_MAX = 100000000, /* of messages beyond those that powers of 8 can tell apart */
    AMOUNT_SEED = 8,
    PARTITION_KEY_SIZE = 64
};

struct construction {
    const struct scenario *scenario;
    const struct pipeline *pipeline;
    enum valuation valuation;
    struct arena *arena;
    struct value_store *store;
    struct workload *workload;
    struct workload_message *messages;
    double *values;
    double *timestamps;
    struct error *error;
};

static enum status no_memory(const struct construction *construction)
{
    return error_set(construction->error, STATUS_NO_MEMORY, "out of memory for the workload");
}

const char *workload_aggregate_key(const struct hierarchy *hierarchy, uint32_t level,
                                   char key[WORKLOAD_KEY_SIZE])
{
    CHECK(level < HIERARCHY_LEVELS);
    size_t length = 0;
    for (uint32_t i = 0; i <= level; i++) {
        int written = snprintf(key + length, WORKLOAD_KEY_SIZE - length, "%s%s", i == 0 ? "" : ":",
                               hierarchy->level[i]);
        CHECK(written >= 0 && length + (size_t)written < WORKLOAD_KEY_SIZE);
        length += (size_t)written;
    }
    return key;
}

static enum status message_error(const struct construction *construction, size_t message,
                                 const char *text)
{
    const struct scenario_message *at = &construction->scenario->messages[message];
    return error_at(construction->error, STATUS_BAD_INPUT, construction->scenario->file, at->line,
                    at->column, "%s", text);
}

static bool same_trade(const struct scenario_message *a, const struct scenario_message *b)
{
    return strcmp(a->trade, b->trade) == 0;
}

/* Mark the newest version of each trade; a tie would leave open which one counts. */
static enum status find_newest(const struct construction *construction)
{
    const struct scenario *scenario = construction->scenario;
    for (size_t i = 0; i < scenario->message_count; i++) {
        const struct scenario_message *message = &scenario->messages[i];
        bool newest = message->copies > 0;
        const struct scenario_message *tie = NULL;
        for (size_t j = 0; j < scenario->message_count; j++) {
            const struct scenario_message *other = &scenario->messages[j];
            if (j == i || other->copies == 0 || !same_trade(message, other))
                continue;
            newest = newest && other->version <= message->version;
            if (j < i && other->version == message->version)
                tie = other;
        }
        if (newest && tie != NULL)
            return error_at(construction->error, STATUS_BAD_INPUT, scenario->file, message->line,
                            message->column,
                            "trade '%s' has its newest version %lld twice (first on line %u); for "
                            "an exact duplicate use 'copies: 2'",
                            message->trade, (long long)message->version, tie->line);
        construction->messages[i].newest = newest;
    }
    return STATUS_OK;
}

/* The place of the message's trade among the trades, in order of first appearance. */
static uint32_t trade_index(const struct scenario *scenario, size_t message)
{
    uint32_t index = 0;
    for (size_t i = 0; !same_trade(&scenario->messages[i], &scenario->messages[message]); i++) {
        bool first = true;
        for (size_t j = 0; j < i; j++)
            first = first && !same_trade(&scenario->messages[i], &scenario->messages[j]);
        index += first;
    }
    return index;
}

/* How many different versions of the message's trade are older. */
static uint32_t version_rank(const struct scenario *scenario, size_t message)
{
    const struct scenario_message *of = &scenario->messages[message];
    uint32_t rank = 0;
    for (size_t i = 0; i < scenario->message_count; i++) {
        const struct scenario_message *older = &scenario->messages[i];
        bool counts = same_trade(older, of) && older->version < of->version;
        for (size_t j = 0; counts && j < i; j++) {
            const struct scenario_message *seen = &scenario->messages[j];
            counts = !(same_trade(seen, of) && seen->version == older->version);
        }
        rank += counts;
    }
    return rank;
}

/* Of the workshop's 2 x 2 x 3 hierarchies the n-th (modulo 12), such that neighbours differ in the
 * first and in the last level. */
static struct hierarchy nth_hierarchy(uint32_t n)
{
    static const char *const risk_types[] = {"PV", "Delta"};
    static const char *const desks[] = {"FXSpot", "FXOptions"};
    static const char *const regions[] = {"EMEA", "APAC", "AMER"};
    return (struct hierarchy){.level = {risk_types[n % 2], desks[n / 2 % 2], regions[n % 3]}};
}

static struct hierarchy choose_hierarchy(const struct construction *construction, size_t message)
{
    const struct scenario *scenario = construction->scenario;
    if (scenario->messages[message].has_hierarchy)
        return scenario->messages[message].hierarchy;
    switch (construction->valuation) {
    case VALUATION_DISTINCT:
        return nth_hierarchy(trade_index(scenario, message));
    case VALUATION_MOVING:
        return nth_hierarchy(trade_index(scenario, message) + version_rank(scenario, message));
    case VALUATION_EQUAL:
    case VALUATION_INCREMENTS:
    case VALUATION_SIGNED:
    case VALUATION_COUNT:
        break;
    }
    return nth_hierarchy(0);
}

/* Number the messages by their digits; those that are not put have one only where there are digits
 * enough for all. */
static void choose_digits(const struct construction *construction)
{
    const struct scenario *scenario = construction->scenario;
    bool all = scenario->message_count <= SCENARIO_DISTINCT_MESSAGES_MAX;
    int32_t next = 0;
    for (size_t i = 0; i < scenario->message_count; i++)
        construction->messages[i].digit = all || scenario->messages[i].copies > 0 ? next++ : -1;
    construction->workload->digit_count = (size_t)next;
}

/* 8^i; where there are more messages than doubles hold powers for, distinct whole amounts. */
static void choose_amounts(const struct construction *construction, double *amounts)
{
    size_t count = construction->scenario->message_count;
    bool powers = construction->workload->digit_count <= SCENARIO_DISTINCT_MESSAGES_MAX;
    struct random random;
    random_init(&random, AMOUNT_SEED, 0);
    for (size_t i = 0; i < count; i++) {
        if (powers) {
            amounts[i] = ldexp(
                1.0,
                3 * (construction->messages[i].digit < 0 ? 0 : construction->messages[i].digit));
            continue;
        }
        bool taken = true;
        while (taken) {
            amounts[i] = 1.0 + (double)random_below(&random, AMOUNT_MAX);
            taken = false;
            for (size_t j = 0; j < i; j++)
                taken = taken || amounts[i] == amounts[j];
        }
    }
}

static double choose_value(const struct construction *construction, size_t message, double amount)
{
    const struct scenario_message *written = &construction->scenario->messages[message];
    if (written->has_value)
        return written->value;
    switch (construction->valuation) {
    case VALUATION_DISTINCT:
    case VALUATION_MOVING:
        break;
    case VALUATION_EQUAL:
        return EQUAL_VALUE;
    case VALUATION_INCREMENTS:
        return ((double)written->version + 1.0) / 2.0;
    case VALUATION_SIGNED:
        return (message % 2 == 0 ? amount : -amount) / 2.0;
    case VALUATION_COUNT:
        break;
    }
    return amount;
}

static enum status evaluate_messages(const struct construction *construction)
{
    const struct scenario *scenario = construction->scenario;
    size_t count = scenario->message_count;
    bool powers_of_8 = construction->valuation == VALUATION_DISTINCT ||
                       construction->valuation == VALUATION_MOVING;
    double amounts[SCENARIO_MESSAGES_MAX];
    choose_digits(construction);
    bool decodable =
        powers_of_8 && construction->workload->digit_count <= SCENARIO_DISTINCT_MESSAGES_MAX;
    choose_amounts(construction, amounts);
    for (size_t i = 0; i < count; i++) {
        double value = choose_value(construction, i, amounts[i]);
        char text[JSON_DOUBLE_TEXT_SIZE];
        size_t length = json_double_text(value, text);
        construction->values[i] = value;
        construction->messages[i].hierarchy = choose_hierarchy(construction, i);
        /* What the functions do too: str() of a float, then Decimal. */
        if (decimal_parse(text, length, &construction->messages[i].value) != DECIMAL_OK)
            return message_error(construction, i,
                                 "'value' is no DynamoDB number (1E-130 to 9.99E+125)");
        decodable = decodable && !scenario->messages[i].has_value;
    }
    construction->workload->decodable = decodable;
    return STATUS_OK;
}

/* The clock starts no earlier than the youngest message. */
static void choose_times(const struct construction *construction)
{
    const struct scenario *scenario = construction->scenario;
    int64_t start_ms = WORKLOAD_START_MS;
    for (size_t i = 0; i < scenario->message_count; i++) {
        const struct scenario_message *message = &scenario->messages[i];
        if (message->has_timestamp && ceil(message->timestamp * 1000.0) > (double)start_ms)
            start_ms = (int64_t)ceil(message->timestamp * 1000.0);
    }
    for (size_t i = 0; i < scenario->message_count; i++) {
        const struct scenario_message *message = &scenario->messages[i];
        construction->timestamps[i] =
            message->has_timestamp ? message->timestamp : (double)start_ms / 1000.0;
    }
    construction->workload->start_ms = start_ms;
}

/* The next code point of valid UTF-8; a byte that is none stands for itself. */
static uint32_t next_code_point(const unsigned char **bytes)
{
    const unsigned char *at = *bytes;
    unsigned more = at[0] >= 0xF0 ? 3 : at[0] >= 0xE0 ? 2 : at[0] >= 0xC0 ? 1 : 0;
    uint32_t point = more == 0 ? at[0] : at[0] & (0x3FU >> more);
    at++;
    for (; more > 0 && (*at & 0xC0) == 0x80; more--)
        point = point << 6 | (*at++ & 0x3FU);
    *bytes = at;
    return point;
}

/* A string as Python's json.dumps writes it: ASCII only, short escapes where JSON has them. */
static void append_python_string(struct text *text, const char *string)
{
    static const char escaped[] = "\"\\\b\f\n\r\t";
    static const char escapes[] = "\"\\bfnrt";
    text_append_char(text, '"');
    for (const unsigned char *at = (const unsigned char *)string; *at != '\0';) {
        uint32_t point = next_code_point(&at);
        const char *short_form = point < 0x80 ? strchr(escaped, (int)point) : NULL;
        if (short_form != NULL) {
            text_append_char(text, '\\');
            text_append_char(text, escapes[short_form - escaped]);
        } else if (point >= 0x20 && point < 0x7F) {
            text_append_char(text, (char)point);
        } else if (point < 0x10000) {
            text_append_format(text, "\\u%04x", point);
        } else {
            point -= 0x10000;
            text_append_format(text, "\\u%04x\\u%04x", 0xD800 + (point >> 10),
                               0xDC00 + (point & 0x3FF));
        }
    }
    text_append_char(text, '"');
}

static void append_member(struct text *text, const char *name, const char *string)
{
    text_append_format(text, "\"%s\": ", name);
    append_python_string(text, string);
}

/* The message's JSON in the generator's order of keys and with Python's separators. */
static struct value make_data(const struct construction *construction, size_t message)
{
    const struct scenario_message *written = &construction->scenario->messages[message];
    const struct hierarchy *hierarchy = &construction->messages[message].hierarchy;
    char value[JSON_DOUBLE_TEXT_SIZE];
    char timestamp[JSON_DOUBLE_TEXT_SIZE];
    (void)json_double_text(construction->values[message], value);
    (void)json_double_text(construction->timestamps[message], timestamp);
    struct text text;
    text_init(&text, construction->arena->memory);
    text_append_char(&text, '{');
    append_member(&text, "TradeID", written->trade);
    text_append_format(&text, ", \"Version\": %lld, \"Value\": %s, \"Timestamp\": %s",
                       (long long)written->version, value, timestamp);
    text_append_string(&text, ", \"Hierarchy\": {");
    append_member(&text, "RiskType", hierarchy->level[0]);
    text_append_string(&text, ", ");
    append_member(&text, "Region", hierarchy->level[2]);
    text_append_string(&text, ", ");
    append_member(&text, "TradeDesk", hierarchy->level[1]);
    text_append_string(&text, "}}");
    struct value data = VALUE_NONE;
    if (!text_failed(&text))
        data = value_binary(construction->store, text.bytes, text.length);
    text_release(&text);
    return data;
}

static enum status find_stream(const struct construction *construction)
{
    const struct scenario *scenario = construction->scenario;
    const struct pipeline *pipeline = construction->pipeline;
    if (scenario->stream == NULL && pipeline->stream_count != 1)
        return error_at(construction->error, STATUS_BAD_INPUT, scenario->file, 0, 0,
                        "the workload needs a 'stream': the pipeline has %zu",
                        pipeline->stream_count);
    int index = scenario->stream == NULL ? 0 : pipeline_find_stream(pipeline, scenario->stream);
    if (index < 0)
        return error_at(construction->error, STATUS_BAD_INPUT, scenario->file, 0, 0,
                        "the pipeline has no stream '%s'", scenario->stream);
    construction->workload->stream = (uint32_t)index;
    return STATUS_OK;
}

static enum status make_put(const struct construction *construction, size_t message,
                            struct workload_put *put)
{
    const struct scenario_message *written = &construction->scenario->messages[message];
    const struct stream_config *stream =
        &construction->pipeline->streams[construction->workload->stream];
    char derived[PARTITION_KEY_SIZE];
    const char *key = written->partition_key;
    if (written->shard >= 0 && (uint32_t)written->shard >= stream->shard_count)
        return error_at(construction->error, STATUS_BAD_INPUT, construction->scenario->file,
                        written->line, written->column,
                        "'shard' must be from 0 to %u (stream '%s' has %u), found %d",
                        stream->shard_count - 1, stream->name, stream->shard_count, written->shard);
    if (key == NULL) {
        (void)snprintf(derived, sizeof derived, "message-%zu", message);
        if (written->shard >= 0) {
            char prefix[PARTITION_KEY_SIZE / 2];
            (void)snprintf(prefix, sizeof prefix, "message-%zu", message);
            kinesis_key_for_shard(prefix, (uint32_t)written->shard, stream->shard_count, derived,
                                  sizeof derived);
        }
        key = derived;
    }
    *put = (struct workload_put){.message = (uint32_t)message,
                                 .shard = kinesis_shard_of(key, strlen(key), stream->shard_count),
                                 .partition_key = value_text(construction->store, key),
                                 .data = make_data(construction, message)};
    if (value_is_none(put->partition_key) || value_is_none(put->data))
        return no_memory(construction);
    return STATUS_OK;
}

static enum status make_puts(const struct construction *construction)
{
    const struct scenario *scenario = construction->scenario;
    size_t total = 0;
    for (size_t i = 0; i < scenario->message_count; i++)
        total += scenario->messages[i].copies;
    struct workload_put *puts = arena_allocate_array(construction->arena, total, sizeof *puts);
    if (puts == NULL)
        return no_memory(construction);
    struct workload_put of_message[SCENARIO_MESSAGES_MAX];
    size_t count = 0;
    for (size_t i = 0; i < scenario->message_count; i++) {
        enum status status = make_put(construction, i, &of_message[i]);
        if (status != STATUS_OK)
            return status;
        for (uint32_t copy = 0; scenario->sequence == NULL && copy < scenario->messages[i].copies;
             copy++)
            puts[count++] = of_message[i];
    }
    uint32_t seen[SCENARIO_MESSAGES_MAX] = {0};
    for (size_t i = 0; scenario->sequence != NULL && i < scenario->sequence_length; i++) {
        uint32_t message = scenario->sequence[i];
        if (++seen[message] <= scenario->messages[message].copies)
            puts[count++] = of_message[message];
    }
    construction->workload->puts = puts;
    construction->workload->put_count = count;
    return STATUS_OK;
}

static int compare_aggregates(const void *a, const void *b)
{
    return strcmp(((const struct workload_aggregate *)a)->key,
                  ((const struct workload_aggregate *)b)->key);
}

/* Add the message to the aggregate of one level of its hierarchy, which is made if need be. */
static enum status add_to_level(const struct construction *construction, size_t message,
                                uint32_t level, struct workload_aggregate *aggregates,
                                size_t *count)
{
    char key[WORKLOAD_KEY_SIZE];
    const struct workload_message *of = &construction->messages[message];
    workload_aggregate_key(&of->hierarchy, level, key);
    size_t index = 0;
    while (index < *count && strcmp(aggregates[index].key, key) != 0)
        index++;
    struct workload_aggregate *aggregate = &aggregates[index];
    if (index == *count) {
        *aggregate = (struct workload_aggregate){.key = arena_copy_text(construction->arena, key),
                                                 .level = level};
        if (aggregate->key == NULL)
            return no_memory(construction);
        aggregate->expected = decimal_from_integer(0);
        (*count)++;
    }
    if (!of->newest)
        return STATUS_OK;
    struct decimal sum;
    if (decimal_add(&aggregate->expected, &of->value, &sum) != DECIMAL_OK)
        return message_error(construction, message,
                             "the values' sum needs more digits than the 38 that DynamoDB has");
    aggregate->expected = sum;
    return STATUS_OK;
}

static enum status make_aggregates(const struct construction *construction)
{
    size_t messages = construction->scenario->message_count;
    struct workload_aggregate *aggregates =
        arena_allocate_array(construction->arena, messages * HIERARCHY_LEVELS, sizeof *aggregates);
    if (aggregates == NULL)
        return no_memory(construction);
    size_t count = 0;
    for (size_t i = 0; i < messages; i++) {
        for (uint32_t level = 0; level < HIERARCHY_LEVELS; level++) {
            enum status status = add_to_level(construction, i, level, aggregates, &count);
            if (status != STATUS_OK)
                return status;
        }
    }
    qsort(aggregates, count, sizeof *aggregates, compare_aggregates);
    construction->workload->aggregates = aggregates;
    construction->workload->aggregate_count = count;
    return STATUS_OK;
}

enum status workload_create(const struct scenario *scenario, const struct pipeline *pipeline,
                            enum valuation valuation, struct arena *arena,
                            struct value_store *store, struct workload *workload,
                            struct error *error)
{
    CHECK(valuation < VALUATION_COUNT);
    CHECK(scenario->message_count <= SCENARIO_MESSAGES_MAX);
    size_t count = scenario->message_count;
    struct construction construction = {
        .scenario = scenario,
        .pipeline = pipeline,
        .valuation = valuation,
        .arena = arena,
        .store = store,
        .workload = workload,
        .messages = arena_allocate_array(arena, count, sizeof(struct workload_message)),
        .values = arena_allocate_array(arena, count, sizeof(double)),
        .timestamps = arena_allocate_array(arena, count, sizeof(double)),
        .error = error};
    if (construction.messages == NULL || construction.values == NULL ||
        construction.timestamps == NULL)
        return no_memory(&construction);
    *workload = (struct workload){.messages = construction.messages, .message_count = count};
    enum status status = find_stream(&construction);
    if (status == STATUS_OK)
        status = find_newest(&construction);
    if (status == STATUS_OK)
        status = evaluate_messages(&construction);
    if (status != STATUS_OK)
        return status;
    choose_times(&construction);
    status = make_puts(&construction);
    return status == STATUS_OK ? make_aggregates(&construction) : status;
}
