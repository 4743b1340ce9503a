#include "model/event.h"

#include "model/base/digest.h"
#include "model/base/error.h"
#include "model/base/json.h"
#include "model/dynamodb.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum {
    RECORD_KEYS_MAX = 8, /* most entries of a record or of its payload */
    SEQUENCE_TEXT_SIZE = 64,
    SEQUENCE_INDEX_DIGITS = 20,
    KINESIS_SHARD_DIGITS = 14,
    DYNAMODB_SHARD_DIGITS = 6,
    KINESIS_ID_SHARD_DIGITS = 12,
    KINESIS_ID_PREFIX_SIZE = 21, /* shardId-, its digits and a colon */
    EVENT_ID_SOURCE_SIZE = 64
};

/* Kinesis's sequence numbers have 56 digits and begin with 49; ours are a fixed prefix, the index
 * and the shard, so that they grow with the index and never agree between shards. DynamoDB's have
 * 21 to 40 digits. The second prefix of each pair is what event_perturbed writes: the same length,
 * later. */
#define KINESIS_SEQUENCE_PREFIX "4959033827149025660855"
#define KINESIS_SEQUENCE_PREFIX_PERTURBED "4962781903530461822947"
#define DYNAMODB_SEQUENCE_PREFIX "3338"
#define DYNAMODB_SEQUENCE_PREFIX_PERTURBED "4421"

/* How far event_perturbed moves the times: whole seconds for DynamoDB Streams. */
enum { PERTURBED_ARRIVAL_MS = 137, PERTURBED_CREATION_S = 1 };

static struct value_entry entry(struct value_store *store, const char *key, struct value value)
{
    return (struct value_entry){.key = value_text(store, key), .value = value};
}

/* Milliseconds as seconds: 1545084650987 is 1545084650.987. */
static struct value seconds_of_ms(struct value_store *store, int64_t ms)
{
    const struct decimal thousandth = {.coefficient = 1, .exponent = -3, .negative = false};
    struct decimal seconds = decimal_from_integer(ms);
    if (seconds.coefficient != 0)
        seconds.exponent += thousandth.exponent;
    return value_number(store, &seconds);
}

/* `digits` decimal digits of a number, with zeros in front. */
static char *write_digits(char *to, uint64_t number, size_t digits)
{
    for (size_t i = digits; i > 0; i--, number /= 10)
        to[i - 1] = (char)('0' + number % 10);
    return to + digits;
}

/* Prefix, index, shard; returns its length. */
static size_t write_sequence(char sequence[SEQUENCE_TEXT_SIZE], const char *prefix, uint64_t index,
                             uint32_t shard, size_t shard_digits)
{
    char *end = write_digits(stpcpy(sequence, prefix), index, SEQUENCE_INDEX_DIGITS);
    end = write_digits(end, shard, shard_digits);
    *end = '\0';
    return (size_t)(end - sequence);
}

struct value event_kinesis_sequence(struct value_store *store, uint32_t shard, uint64_t index)
{
    char sequence[SEQUENCE_TEXT_SIZE];
    const size_t length =
        write_sequence(sequence, KINESIS_SEQUENCE_PREFIX, index, shard, KINESIS_SHARD_DIGITS);
    return value_string(store, sequence, length);
}

/* shardId-000000000003:SEQUENCE */
static struct value kinesis_event_id(struct value_store *store, uint32_t shard,
                                     const char *sequence, size_t length)
{
    char id[KINESIS_ID_PREFIX_SIZE + SEQUENCE_TEXT_SIZE] = "shardId-";
    char *end = write_digits(id + strlen(id), shard, KINESIS_ID_SHARD_DIGITS);
    *end++ = ':';
    memcpy(end, sequence, length);
    return value_string(store, id, (size_t)(end - id) + length);
}

struct value event_kinesis_record(struct value_store *store, const struct stream_config *stream,
                                  uint32_t shard, uint64_t index, struct value partition_key,
                                  struct value data, int64_t arrival_ms)
{
    size_t data_length = 0;
    if (value_is_none(data))
        return VALUE_NONE;
    const char *data_bytes = value_bytes(store, data, &data_length);
    /* Freed before the function returns and bounded by Kinesis's record size, so not counted. */
    struct memory memory;
    struct text base64;
    memory_init(&memory, SIZE_MAX);
    text_init(&base64, &memory);
    base64_append(&base64, data_bytes, data_length);
    const struct value encoded = text_failed(&base64)
                                     ? VALUE_NONE
                                     : value_string(store, text_string(&base64), base64.length);
    text_release(&base64);

    char sequence[SEQUENCE_TEXT_SIZE];
    const size_t length =
        write_sequence(sequence, KINESIS_SEQUENCE_PREFIX, index, shard, KINESIS_SHARD_DIGITS);
    /* The entries are in content order, so that value_map has nothing to sort. */
    const struct value_entry kinesis[] = {
        entry(store, "approximateArrivalTimestamp", seconds_of_ms(store, arrival_ms)),
        entry(store, "data", encoded),
        entry(store, "kinesisSchemaVersion", value_text(store, "1.0")),
        entry(store, "partitionKey", partition_key),
        entry(store, "sequenceNumber", value_string(store, sequence, length)),
    };
    const struct value_entry record[] = {
        entry(store, "awsRegion", value_text(store, PIPELINE_REGION)),
        entry(store, "eventID", kinesis_event_id(store, shard, sequence, length)),
        entry(store, "eventName", value_text(store, "aws:kinesis:record")),
        entry(store, "eventSource", value_text(store, "aws:kinesis")),
        entry(store, "eventSourceARN",
              value_format(store,
                           "arn:aws:kinesis:" PIPELINE_REGION ":" PIPELINE_ACCOUNT ":stream/%s",
                           stream->name)),
        entry(store, "eventVersion", value_text(store, "1.0")),
        entry(store, "invokeIdentityArn",
              value_text(store, "arn:aws:iam::" PIPELINE_ACCOUNT ":role/lambda-role")),
        entry(store, "kinesis", value_map(store, kinesis, sizeof kinesis / sizeof kinesis[0])),
    };
    return value_map(store, record, sizeof record / sizeof record[0]);
}

/* The part under "dynamodb". SizeBytes counts what the record holds: keys and the images it shows
 * (the developer guide's example events: 26, 59 and 38 bytes). */
static struct value dynamodb_payload(struct value_store *store, const struct table_config *table,
                                     const char *sequence, struct value keys, struct value before,
                                     struct value after, int64_t creation_ms)
{
    const enum stream_view_type view = table->stream_view;
    const bool shows_new = view == STREAM_VIEW_NEW_IMAGE || view == STREAM_VIEW_NEW_AND_OLD_IMAGES;
    const bool shows_old = view == STREAM_VIEW_OLD_IMAGE || view == STREAM_VIEW_NEW_AND_OLD_IMAGES;
    struct value_entry payload[RECORD_KEYS_MAX];
    size_t count = 0;
    size_t size_bytes = item_size(store, keys);
    payload[count++] =
        entry(store, "ApproximateCreationDateTime", value_integer(store, creation_ms / 1000));
    payload[count++] = entry(store, "Keys", item_to_wire(store, keys));
    if (shows_new && !value_is_none(after)) {
        payload[count++] = entry(store, "NewImage", item_to_wire(store, after));
        size_bytes += item_size(store, after);
    }
    if (shows_old && !value_is_none(before)) {
        payload[count++] = entry(store, "OldImage", item_to_wire(store, before));
        size_bytes += item_size(store, before);
    }
    payload[count++] = entry(store, "SequenceNumber", value_text(store, sequence));
    payload[count++] = entry(store, "SizeBytes", value_integer(store, (int64_t)size_bytes));
    CHECK(view != STREAM_VIEW_NONE); /* a table without a stream has no records */
    payload[count++] = entry(store, "StreamViewType", value_text(store, stream_view_names[view]));
    return value_map(store, payload, count);
}

struct value event_dynamodb_record(struct value_store *store, const struct table_config *table,
                                   uint32_t shard, uint64_t index, struct value keys,
                                   struct value before, struct value after, int64_t creation_ms)
{
    CHECK(!value_is_none(before) || !value_is_none(after));
    if (value_is_none(keys))
        return VALUE_NONE;
    const char *event_name = "MODIFY";
    if (value_is_none(before))
        event_name = "INSERT";
    else if (value_is_none(after))
        event_name = "REMOVE";

    char sequence[SEQUENCE_TEXT_SIZE];
    (void)write_sequence(sequence, DYNAMODB_SEQUENCE_PREFIX, index, shard, DYNAMODB_SHARD_DIGITS);
    /* The table's name is hashed by itself: names may be longer than a fixed buffer. */
    char name_hex[MD5_HEX_SIZE];
    char source[EVENT_ID_SOURCE_SIZE + MD5_HEX_SIZE];
    char event_id[MD5_HEX_SIZE];
    digest_md5_hex(table->name, strlen(table->name), name_hex);
    const int length =
        snprintf(source, sizeof source, "%s/%u/%llu", name_hex, shard, (unsigned long long)index);
    digest_md5_hex(source, (size_t)length, event_id);

    const struct value_entry record[] = {
        entry(store, "awsRegion", value_text(store, PIPELINE_REGION)),
        entry(store, "dynamodb",
              dynamodb_payload(store, table, sequence, keys, before, after, creation_ms)),
        entry(store, "eventID", value_text(store, event_id)),
        entry(store, "eventName", value_text(store, event_name)),
        entry(store, "eventSource", value_text(store, "aws:dynamodb")),
        entry(store, "eventSourceARN",
              value_format(
                  store,
                  "arn:aws:dynamodb:" PIPELINE_REGION ":" PIPELINE_ACCOUNT ":table/%s/stream/%s",
                  table->name,
                  table->stream_label != NULL ? table->stream_label : PIPELINE_STREAM_LABEL)),
        entry(store, "eventVersion", value_text(store, "1.1")),
    };
    return value_map(store, record, sizeof record / sizeof record[0]);
}

struct value event_for_consumer(struct value_store *store, struct value record,
                                const char *consumer_arn)
{
    return consumer_arn == NULL
               ? record
               : value_put_text(store, record, "eventSourceARN", value_text(store, consumer_arn));
}

struct value event_batch(struct value_store *store, const struct value *records, size_t count)
{
    const struct value_entry records_entry =
        entry(store, "Records", value_list(store, records, count));
    return value_map(store, &records_entry, 1);
}

/* --- what AWS chose, changed --------------------------------------------------------- */

/* `text` with the prefix of its first digits replaced; texts not made here stay as they are. */
static struct value replace_prefix(struct value_store *store, struct value text, size_t skip,
                                   const char *from, const char *to)
{
    size_t length = 0;
    const char *bytes = value_bytes(store, text, &length);
    const size_t prefix = strlen(from);
    char copy[SEQUENCE_TEXT_SIZE * 2];
    if (length >= sizeof copy || length < skip + prefix || memcmp(bytes + skip, from, prefix) != 0)
        return text;
    memcpy(copy, bytes, length);
    memcpy(copy + skip, to, prefix);
    return value_string(store, copy, length);
}

static struct value perturbed_kinesis(struct value_store *store, struct value record)
{
    const struct decimal step = {.coefficient = PERTURBED_ARRIVAL_MS, .exponent = -3};
    struct value kinesis = value_get_text(store, record, "kinesis");
    const struct value sequence = value_get_text(store, kinesis, "sequenceNumber");
    const struct value arrival = value_get_text(store, kinesis, "approximateArrivalTimestamp");
    struct decimal later;
    CHECK(decimal_add(value_decimal(store, arrival), &step, &later) == DECIMAL_OK);
    kinesis = value_put_text(store, kinesis, "sequenceNumber",
                             replace_prefix(store, sequence, 0, KINESIS_SEQUENCE_PREFIX,
                                            KINESIS_SEQUENCE_PREFIX_PERTURBED));
    kinesis =
        value_put_text(store, kinesis, "approximateArrivalTimestamp", value_number(store, &later));
    const struct value id = value_get_text(store, record, "eventID");
    record =
        value_put_text(store, record, "eventID",
                       replace_prefix(store, id, strlen("shardId-000000000000:"),
                                      KINESIS_SEQUENCE_PREFIX, KINESIS_SEQUENCE_PREFIX_PERTURBED));
    return value_put_text(store, record, "kinesis", kinesis);
}

static struct value perturbed_dynamodb(struct value_store *store, struct value record)
{
    const struct decimal step = decimal_from_integer(PERTURBED_CREATION_S);
    struct value payload = value_get_text(store, record, "dynamodb");
    const struct value sequence = value_get_text(store, payload, "SequenceNumber");
    const struct value creation = value_get_text(store, payload, "ApproximateCreationDateTime");
    struct decimal later;
    CHECK(decimal_add(value_decimal(store, creation), &step, &later) == DECIMAL_OK);
    payload = value_put_text(store, payload, "SequenceNumber",
                             replace_prefix(store, sequence, 0, DYNAMODB_SEQUENCE_PREFIX,
                                            DYNAMODB_SEQUENCE_PREFIX_PERTURBED));
    payload =
        value_put_text(store, payload, "ApproximateCreationDateTime", value_number(store, &later));
    size_t length = 0;
    const char *id = value_bytes(store, value_get_text(store, record, "eventID"), &length);
    char id_hex[MD5_HEX_SIZE];
    digest_md5_hex(id, length, id_hex);
    record = value_put_text(store, record, "eventID", value_text(store, id_hex));
    return value_put_text(store, record, "dynamodb", payload);
}

struct value event_perturbed(struct value_store *store, struct value event)
{
    struct value records = value_get_text(store, event, "Records");
    const size_t count = value_count(store, records);
    for (size_t i = 0; i < count && !value_is_none(records); i++) {
        struct value record = value_at(store, records, i);
        const bool kinesis = !value_is_none(value_get_text(store, record, "kinesis"));
        record = kinesis ? perturbed_kinesis(store, record) : perturbed_dynamodb(store, record);
        records = value_replace_at(store, records, i, record);
    }
    return value_put_text(store, event, "Records", records);
}

/* --- JSON in AWS's order ------------------------------------------------------------- */

struct key_name {
    const char *bytes;
    size_t length;
};

#define KEY_NAME(text)                                                                             \
    {                                                                                              \
        text, sizeof(text) - 1                                                                     \
    }

/* Keys in the order in which AWS writes them. */
struct key_order {
    struct key_name names[RECORD_KEYS_MAX];
    size_t count;
};

static const struct key_order kinesis_record_keys = {
    {KEY_NAME("kinesis"), KEY_NAME("eventSource"), KEY_NAME("eventVersion"), KEY_NAME("eventID"),
     KEY_NAME("eventName"), KEY_NAME("invokeIdentityArn"), KEY_NAME("awsRegion"),
     KEY_NAME("eventSourceARN")},
    8};
static const struct key_order dynamodb_record_keys = {
    {KEY_NAME("eventID"), KEY_NAME("eventName"), KEY_NAME("eventVersion"), KEY_NAME("eventSource"),
     KEY_NAME("awsRegion"), KEY_NAME("dynamodb"), KEY_NAME("eventSourceARN")},
    7};
static const struct key_order kinesis_keys = {
    {KEY_NAME("kinesisSchemaVersion"), KEY_NAME("partitionKey"), KEY_NAME("sequenceNumber"),
     KEY_NAME("data"), KEY_NAME("approximateArrivalTimestamp")},
    5};
static const struct key_order dynamodb_keys = {{KEY_NAME("ApproximateCreationDateTime"),
                                                KEY_NAME("Keys"), KEY_NAME("NewImage"),
                                                KEY_NAME("OldImage"), KEY_NAME("SequenceNumber"),
                                                KEY_NAME("SizeBytes"), KEY_NAME("StreamViewType")},
                                               7};
static const struct key_order content_order = {.count = 0};

typedef void member_append(struct text *text, const struct value_store *store, struct value key,
                           struct value value);

/* The key's place in `order`, or order->count. */
static size_t place_in(const struct key_order *order, const struct value_store *store,
                       struct value key)
{
    size_t length = 0;
    const char *bytes = value_bytes(store, key, &length);
    size_t place = 0;
    while (place < order->count && (order->names[place].length != length ||
                                    memcmp(order->names[place].bytes, bytes, length) != 0))
        place++;
    return place;
}

static void append_member(struct text *text, const struct value_store *store, struct value map,
                          size_t index, member_append *append_value)
{
    const struct value key = value_key_at(store, map, index);
    size_t length = 0;
    const char *bytes = value_bytes(store, key, &length);
    if (text->length > 0 && text->bytes[text->length - 1] != '{')
        text_append_char(text, ',');
    text_append_json_string(text, bytes, length);
    text_append_char(text, ':');
    append_value(text, store, key, value_value_at(store, map, index));
}

/* The members of `map` that `order` lists, as it does, then any others by content. */
static void append_ordered(struct text *text, const struct value_store *store, struct value map,
                           const struct key_order *order, member_append *append_value)
{
    const size_t count = value_count(store, map);
    size_t found[RECORD_KEYS_MAX] = {0}; /* by place: the member's index plus 1 */
    size_t found_count = 0;
    for (size_t i = 0; i < count; i++) {
        const size_t place = place_in(order, store, value_key_at(store, map, i));
        if (place < order->count) {
            found[place] = i + 1;
            found_count++;
        }
    }
    text_append_char(text, '{');
    for (size_t place = 0; place < order->count; place++)
        if (found[place] != 0)
            append_member(text, store, map, found[place] - 1, append_value);
    for (size_t i = 0; i < count && found_count < count; i++)
        if (place_in(order, store, value_key_at(store, map, i)) == order->count)
            append_member(text, store, map, i, append_value);
    text_append_char(text, '}');
}

static void append_payload_member(struct text *text, const struct value_store *store,
                                  struct value key, struct value value)
{
    json_append(text, store, value);
    /* AWS writes times as floating-point numbers, whole ones too: 1545084650.0. */
    const bool is_time = value_is_text(store, key, "approximateArrivalTimestamp") ||
                         value_is_text(store, key, "ApproximateCreationDateTime");
    if (is_time && value_kind(store, value) == VALUE_NUMBER &&
        decimal_is_integer(value_decimal(store, value)))
        text_append_string(text, ".0");
}

static void append_record_member(struct text *text, const struct value_store *store,
                                 struct value key, struct value value)
{
    const bool is_map = value_kind(store, value) == VALUE_MAP;
    if (is_map && value_is_text(store, key, "kinesis"))
        append_ordered(text, store, value, &kinesis_keys, append_payload_member);
    else if (is_map && value_is_text(store, key, "dynamodb"))
        append_ordered(text, store, value, &dynamodb_keys, append_payload_member);
    else
        json_append(text, store, value);
}

void event_records_json_append(struct text *text, const struct value_store *store,
                               struct value records)
{
    const size_t count = value_count(store, records);
    text_append_char(text, '[');
    for (size_t i = 0; i < count; i++) {
        const struct value record = value_at(store, records, i);
        if (i > 0)
            text_append_char(text, ',');
        if (value_kind(store, record) != VALUE_MAP)
            json_append(text, store, record);
        else if (!value_is_none(value_get_text(store, record, "kinesis")))
            append_ordered(text, store, record, &kinesis_record_keys, append_record_member);
        else
            append_ordered(text, store, record, &dynamodb_record_keys, append_record_member);
    }
    text_append_char(text, ']');
}

static void append_event_member(struct text *text, const struct value_store *store,
                                struct value key, struct value value)
{
    if (value_is_text(store, key, "Records") && value_kind(store, value) == VALUE_LIST)
        event_records_json_append(text, store, value);
    else
        json_append(text, store, value);
}

void event_json_append(struct text *text, const struct value_store *store, struct value event)
{
    if (value_kind(store, event) == VALUE_MAP)
        append_ordered(text, store, event, &content_order, append_event_member);
    else
        json_append(text, store, event);
}
