/* Kinesis of the services alone. Source: Kinesis Data Streams API reference. Streams are neither
 * split nor merged; an on-demand one has four shards, as a new one has on AWS. */
#include "model/dynamodb/request.h"
#include "model/event.h"
#include "model/kinesis.h"
#include "model/kinesis_request.h"
#include "model/local_aws_internal.h"

#include <string.h>

#define KINESIS "Kinesis_20131202."
#define ITERATOR "kinesis-stream"

enum { ON_DEMAND_SHARDS = 4, RECORDS_MAX = 10000, STREAM_NAME_MAX = 128, RETENTION_HOURS = 24 };

static bool read_name(struct call *call, struct value request, const char **name)
{
    struct value value;
    size_t length;
    if (!request_require(call, request, "StreamName", VALUE_STRING, &value))
        return false;
    *name = value_bytes(call->store, value, &length);
    size_t plain =
        strspn(*name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-");
    if (plain != length)
        return call_invalid(call,
                            "1 validation error detected: Value '%s' at 'streamName' failed to "
                            "satisfy constraint: Member must satisfy regular expression pattern: "
                            "[a-zA-Z0-9_.-]+",
                            *name);
    return (length >= 1 && length <= STREAM_NAME_MAX) ||
           call_invalid(call,
                        "1 validation error detected: Value '%s' at 'streamName' failed to satisfy "
                        "constraint: Member must have length %s than or equal to %d",
                        *name, length == 0 ? "greater" : "less", length == 0 ? 1 : STREAM_NAME_MAX);
}

static bool empty(struct local_aws *aws, struct call *call, struct value *body)
{
    *body = value_map(aws->store, NULL, 0);
    return call_made(call, *body);
}

static bool create_stream(struct local_aws *aws, struct call *call, struct value request,
                          struct value *body)
{
    static const char *const modes[] = {"PROVISIONED", "ON_DEMAND", NULL};
    const char *name;
    int64_t shards;
    struct value details;
    size_t mode = 0;
    if (!read_name(call, request, &name) ||
        !request_get_limit(call, request, "ShardCount", &shards) ||
        !request_get(call, request, "StreamModeDetails", VALUE_MAP, &details) ||
        (!value_is_none(details) &&
         !request_get_choice(call, details, "StreamMode", modes, "PROVISIONED, ON_DEMAND", &mode)))
        return false;
    if (mode == 1)
        shards = ON_DEMAND_SHARDS;
    if (shards == 0)
        return call_reject(call, AWS_KINESIS_INVALID,
                           "ShardCount must be given for a stream in provisioned mode");
    size_t index = aws->pipeline.stream_count;
    if (pipeline_find_stream(&aws->pipeline, name) >= 0)
        return call_reject(call, AWS_KINESIS_IN_USE, "Stream %s under account %s already exists.",
                           name, PIPELINE_ACCOUNT);
    if (shards > PIPELINE_SHARDS_MAX || index == PIPELINE_STREAMS_MAX)
        return call_reject(call, AWS_KINESIS_LIMIT,
                           "oncecheck has room for %d streams of at most %d shards",
                           PIPELINE_STREAMS_MAX, PIPELINE_SHARDS_MAX);
    aws->pipeline.streams[index] =
        (struct stream_config){.logical_id = name, .name = name, .shard_count = (uint32_t)shards};
    for (size_t i = 0; i < PIPELINE_SHARDS_MAX; i++)
        aws->logs[index][i] = value_list(aws->store, NULL, 0);
    aws->stream_ids[index] = aws->next_stream_id++;
    aws->pipeline.stream_count++;
    return empty(aws, call, body);
}

static bool delete_stream(struct local_aws *aws, struct call *call, struct value request,
                          struct value *body)
{
    uint32_t index;
    if (!kinesis_request_stream(call, request, &index))
        return false;
    size_t after = aws->pipeline.stream_count - index - 1;
    memmove(&aws->pipeline.streams[index], &aws->pipeline.streams[index + 1],
            after * sizeof aws->pipeline.streams[0]);
    memmove(&aws->stream_ids[index], &aws->stream_ids[index + 1],
            after * sizeof aws->stream_ids[0]);
    memmove(&aws->logs[index], &aws->logs[index + 1], after * sizeof aws->logs[0]);
    aws->pipeline.stream_count--;
    return empty(aws, call, body);
}

static bool list_streams(struct local_aws *aws, struct call *call, struct value request,
                         struct value *body)
{
    struct value_store *store = aws->store;
    struct value names[PIPELINE_STREAMS_MAX] = {VALUE_NONE};
    (void)request;
    size_t count = aws->pipeline.stream_count;
    for (size_t i = 0; i < count; i++)
        names[i] = value_text(store, aws->pipeline.streams[i].name);
    /* a set has them in order */
    struct value sorted = value_set(store, VALUE_STRING_SET, names, count);
    if (!call_made(call, sorted))
        return false;
    for (size_t i = 0; i < count; i++)
        names[i] = value_at(store, sorted, i);
    struct value_entry entries[] = {
        {value_text(store, "StreamNames"), value_list(store, names, count)},
        {value_text(store, "HasMoreStreams"), value_bool(store, false)},
    };
    *body = value_map(store, entries, 2);
    return call_made(call, *body);
}

static struct value describe_shard(struct local_aws *aws, uint32_t stream, uint32_t shard)
{
    struct value_store *store = aws->store;
    char start[KINESIS_HASH_KEY_TEXT_SIZE];
    char end[KINESIS_HASH_KEY_TEXT_SIZE];
    kinesis_hash_key_range(shard, aws->pipeline.streams[stream].shard_count, start, end);
    struct value_entry keys[] = {
        {value_text(store, "StartingHashKey"), value_text(store, start)},
        {value_text(store, "EndingHashKey"), value_text(store, end)},
    };
    struct value_entry numbers = {value_text(store, "StartingSequenceNumber"),
                                  event_kinesis_sequence(store, shard, 0)};
    struct value_entry entries[] = {
        {value_text(store, "ShardId"), value_format(store, "shardId-%012u", shard)},
        {value_text(store, "HashKeyRange"), value_map(store, keys, 2)},
        {value_text(store, "SequenceNumberRange"), value_map(store, &numbers, 1)},
    };
    return value_map(store, entries, 3);
}

static bool make_shards(struct local_aws *aws, struct call *call, uint32_t stream,
                        struct value *shards)
{
    *shards = value_list(aws->store, NULL, 0);
    for (uint32_t i = 0; call_made(call, *shards) && i < aws->pipeline.streams[stream].shard_count;
         i++)
        *shards = value_append(aws->store, *shards, describe_shard(aws, stream, i));
    return call_made(call, *shards);
}

static struct value stream_arn(struct local_aws *aws, uint32_t stream)
{
    return value_format(aws->store,
                        "arn:aws:kinesis:" PIPELINE_REGION ":" PIPELINE_ACCOUNT ":stream/%s",
                        aws->pipeline.streams[stream].name);
}

static bool describe(struct local_aws *aws, struct call *call, struct value request, bool summary,
                     struct value *body)
{
    struct value_store *store = aws->store;
    uint32_t stream;
    struct value shards;
    if (!kinesis_request_stream(call, request, &stream) || !make_shards(aws, call, stream, &shards))
        return false;
    const struct stream_config *config = &aws->pipeline.streams[stream];
    struct value_entry entries[] = {
        {value_text(store, "StreamName"), value_text(store, config->name)},
        {value_text(store, "StreamARN"), stream_arn(aws, stream)},
        {value_text(store, "StreamStatus"), value_text(store, "ACTIVE")},
        {value_text(store, "RetentionPeriodHours"), value_integer(store, RETENTION_HOURS)},
        {value_text(store, summary ? "OpenShardCount" : "Shards"),
         summary ? value_integer(store, config->shard_count) : shards},
        {value_text(store, "HasMoreShards"), value_bool(store, false)},
    };
    struct value_entry whole = {
        value_text(store, summary ? "StreamDescriptionSummary" : "StreamDescription"),
        value_map(store, entries, summary ? 5 : 6)};
    *body = value_map(store, &whole, 1);
    return call_made(call, *body);
}

static bool describe_stream(struct local_aws *aws, struct call *call, struct value request,
                            struct value *body)
{
    return describe(aws, call, request, false, body);
}

static bool describe_stream_summary(struct local_aws *aws, struct call *call, struct value request,
                                    struct value *body)
{
    return describe(aws, call, request, true, body);
}

static bool list_shards(struct local_aws *aws, struct call *call, struct value request,
                        struct value *body)
{
    uint32_t stream;
    struct value_entry entry = {value_text(aws->store, "Shards"), VALUE_NONE};
    if (!kinesis_request_stream(call, request, &stream) ||
        !make_shards(aws, call, stream, &entry.value))
        return false;
    *body = value_map(aws->store, &entry, 1);
    return call_made(call, *body);
}

/* --- records ------------------------------------------------------------------------------------
 */

static uint64_t log_length(const void *state, uint32_t stream, uint32_t shard)
{
    const struct local_aws *aws = state;
    return value_count(aws->store, aws->logs[stream][shard]);
}

/* As GetRecords shows it. */
static bool append(struct local_aws *aws, struct call *call, const struct kinesis_put *put)
{
    struct value_store *store = aws->store;
    struct value *log = &aws->logs[put->stream][put->shard];
    struct value event =
        event_kinesis_record(store, &aws->pipeline.streams[put->stream], put->shard,
                             value_count(store, *log), put->partition_key, put->data, aws->now_ms);
    if (!call_made(call, event))
        return false;
    struct value part = value_get_text(store, event, "kinesis");
    struct value_entry entries[] = {
        {value_text(store, "SequenceNumber"), value_get_text(store, part, "sequenceNumber")},
        {value_text(store, "ApproximateArrivalTimestamp"),
         value_get_text(store, part, "approximateArrivalTimestamp")},
        {value_text(store, "Data"), value_get_text(store, part, "data")},
        {value_text(store, "PartitionKey"), put->partition_key},
    };
    struct value parts[] = {value_integer(store, aws->now_ms), value_map(store, entries, 4)};
    struct value after = value_append(store, *log, value_list(store, parts, 2));
    if (!call_made(call, after))
        return false;
    *log = after;
    return true;
}

static bool put(struct local_aws *aws, struct call *call, struct value request, bool one,
                struct value *body)
{
    struct kinesis_result result = {.puts = NULL};
    const struct kinesis_streams streams = {.length = log_length, .state = aws};
    if (!(one ? kinesis_put_record : kinesis_put_records)(call, request, &streams, &result))
        return false;
    *body = result.body;
    for (size_t i = 0; i < result.put_count; i++)
        if (!append(aws, call, &result.puts[i]))
            return false;
    return true;
}

static bool put_record(struct local_aws *aws, struct call *call, struct value request,
                       struct value *body)
{
    return put(aws, call, request, true, body);
}

static bool put_records(struct local_aws *aws, struct call *call, struct value request,
                        struct value *body)
{
    return put(aws, call, request, false, body);
}

static struct value sequence_of(const struct value_store *store, struct value record)
{
    return value_get_text(store, record, "SequenceNumber");
}

/* Seconds since 1970, with a fraction, as ms. */
static bool read_timestamp(struct call *call, struct value request, int64_t *timestamp_ms)
{
    const struct decimal thousand = {.coefficient = 1, .exponent = 3, .negative = false};
    struct value value;
    if (!request_require(call, request, "Timestamp", VALUE_NUMBER, &value))
        return false;
    struct decimal ms = *value_decimal(call->store, value);
    if (ms.coefficient != 0)
        ms.exponent += thousand.exponent;
    struct value whole = value_number(call->store, &ms);
    if (!call_made(call, whole))
        return false;
    return value_to_integer(call->store, whole, timestamp_ms) ||
           call_reject(call, AWS_KINESIS_INVALID, "Timestamp must be whole milliseconds");
}

/* The number in "shardId-000000000001" (leading zeros may be left out); false if it is none. */
static bool shard_number(const char *text, uint32_t *number)
{
    static const char prefix[] = "shardId-";
    const char *digits = text + sizeof prefix - 1;
    if (strncmp(text, prefix, sizeof prefix - 1) != 0 || *digits == '\0' ||
        strspn(digits, "0123456789") != strlen(digits))
        return false;
    *number = 0;
    for (; *digits != '\0' && *number < PIPELINE_SHARDS_MAX; digits++)
        *number = *number * 10 + (uint32_t)(*digits - '0');
    return *digits == '\0';
}

static bool find_shard(struct local_aws *aws, struct call *call, struct value request,
                       struct shard_iterator *iterator)
{
    struct value shard;
    if (!kinesis_request_stream(call, request, &iterator->stream) ||
        !request_require(call, request, "ShardId", VALUE_STRING, &shard))
        return false;
    const char *text = value_bytes(aws->store, shard, NULL);
    const struct stream_config *config = &aws->pipeline.streams[iterator->stream];
    return (shard_number(text, &iterator->shard) && iterator->shard < config->shard_count) ||
           call_reject(call, AWS_KINESIS_NOT_FOUND,
                       "Shard %s in stream %s under account %s does not exist", text, config->name,
                       PIPELINE_ACCOUNT);
}

static bool get_shard_iterator(struct local_aws *aws, struct call *call, struct value request,
                               struct value *body)
{
    /* in the order of enum iterator_type */
    static const char *const types[] = {"AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER",
                                        "TRIM_HORIZON",       "LATEST",
                                        "AT_TIMESTAMP",       NULL};
    struct shard_iterator iterator = {.issued_ms = aws->now_ms};
    struct value type;
    struct value sequence = VALUE_NONE;
    int64_t timestamp_ms = 0;
    size_t choice;
    bool found;
    if (!find_shard(aws, call, request, &iterator) ||
        !request_require(call, request, "ShardIteratorType", VALUE_STRING, &type) ||
        !request_get_choice(call, request, "ShardIteratorType", types,
                            "AFTER_SEQUENCE_NUMBER, LATEST, AT_TIMESTAMP, AT_SEQUENCE_NUMBER, "
                            "TRIM_HORIZON",
                            &choice) ||
        !request_get(call, request, "StartingSequenceNumber", VALUE_STRING, &sequence))
        return false;
    bool by_number = choice <= ITERATOR_AFTER_SEQUENCE_NUMBER;
    if (by_number == value_is_none(sequence))
        return call_reject(call, AWS_KINESIS_INVALID, "%s",
                           by_number ? "Must either specify timestamp or StartingSequenceNumber"
                                     : "StartingSequenceNumber must not be given for this "
                                       "ShardIteratorType");
    if (choice == ITERATOR_AT_TIMESTAMP && !read_timestamp(call, request, &timestamp_ms))
        return false;
    iterator.position = local_aws_iterator_place(aws, aws->logs[iterator.stream][iterator.shard],
                                                 (enum iterator_type)choice, sequence, timestamp_ms,
                                                 sequence_of, &found);
    if (!found)
        return call_reject(call, AWS_KINESIS_INVALID,
                           "StartingSequenceNumber %s used in GetShardIterator on shard "
                           "shardId-%012u in stream %s under account %s is invalid.",
                           value_bytes(aws->store, sequence, NULL), iterator.shard,
                           aws->pipeline.streams[iterator.stream].name, PIPELINE_ACCOUNT);
    iterator.stream = aws->stream_ids[iterator.stream];
    struct value_entry entry = {value_text(aws->store, "ShardIterator"),
                                local_aws_write_iterator(aws->store, ITERATOR, &iterator)};
    *body = value_map(aws->store, &entry, 1);
    return call_made(call, *body);
}

/* *stream is the index of the iterator's stream. */
static bool read_iterator(struct local_aws *aws, struct call *call, struct value request,
                          struct shard_iterator *iterator, uint32_t *stream)
{
    struct value text;
    if (!request_require(call, request, "ShardIterator", VALUE_STRING, &text))
        return false;
    bool valid = local_aws_read_iterator(value_bytes(aws->store, text, NULL), ITERATOR, iterator);
    *stream = 0;
    while (valid && *stream < aws->pipeline.stream_count &&
           aws->stream_ids[*stream] != iterator->stream)
        (*stream)++;
    if (!valid || *stream == aws->pipeline.stream_count ||
        iterator->shard >= aws->pipeline.streams[*stream].shard_count)
        return call_reject(call, AWS_KINESIS_INVALID, "Invalid ShardIterator.");
    return aws->now_ms - iterator->issued_ms < STREAM_ITERATOR_LIFE_MS ||
           call_reject(call, AWS_KINESIS_EXPIRED,
                       "Iterator expired. The iterator was created more than 300000 milliseconds "
                       "ago.");
}

static bool get_records(struct local_aws *aws, struct call *call, struct value request,
                        struct value *body)
{
    struct value_store *store = aws->store;
    struct shard_iterator iterator;
    uint32_t stream;
    int64_t limit;
    if (!read_iterator(aws, call, request, &iterator, &stream) ||
        !local_aws_records_limit(call, request, RECORDS_MAX, &limit))
        return false;
    struct value log = aws->logs[stream][iterator.shard];
    size_t count = value_count(store, log);
    uint64_t horizon = local_aws_horizon(aws, log);
    if (iterator.position < horizon)
        iterator.position = horizon;
    struct value list = local_aws_take_records(aws, log, limit, &iterator);
    int64_t behind_ms = 0;
    if (iterator.position < count)
        behind_ms =
            aws->now_ms - local_aws_entry_time(store, value_at(store, log, iterator.position));
    struct value_entry entries[] = {
        {value_text(store, "Records"), list},
        {value_text(store, "NextShardIterator"),
         local_aws_write_iterator(store, ITERATOR, &iterator)},
        {value_text(store, "MillisBehindLatest"), value_integer(store, behind_ms)},
    };
    *body = value_map(store, entries, 3);
    return call_made(call, *body);
}

const struct local_operation_row *local_aws_kinesis_operations(void)
{
    static const struct local_operation_row rows[] = {
        {KINESIS "CreateStream", create_stream},
        {KINESIS "DeleteStream", delete_stream},
        {KINESIS "ListStreams", list_streams},
        {KINESIS "DescribeStream", describe_stream},
        {KINESIS "DescribeStreamSummary", describe_stream_summary},
        {KINESIS "ListShards", list_shards},
        {KINESIS "PutRecord", put_record},
        {KINESIS "PutRecords", put_records},
        {KINESIS "GetShardIterator", get_shard_iterator},
        {KINESIS "GetRecords", get_records},
        {NULL, NULL},
    };
    return rows;
}
