/* DynamoDB Streams of the services alone. Source: DynamoDB Streams API reference. A stream has one
 * shard here, and is read in the order of the changes. */
#include "model/dynamodb/request.h"
#include "model/local_aws_internal.h"

#define STREAMS "DynamoDBStreams_20120810."
#define ITERATOR "table-stream"
#define SHARD_ID "shardId-00000001704067200000-00000000"

enum { RECORDS_MAX = 1000, STREAMS_LISTED_MAX = 100 };

/* "2024-01-01T00:00:00.000" and, for further streams, a millisecond later each: AWS's label is the
 * time, which need not pass here between two streams. */
static const char *make_label(struct local_aws *aws)
{
    const int64_t day_ms = INT64_C(86400000);
    int64_t ms = aws->now_ms + (int64_t)aws->stream_count;
    int64_t days = ms / day_ms;
    int64_t rest = ms % day_ms;
    /* civil from days, after the proleptic Gregorian calendar's eras of 400 years */
    int64_t z = days + 719468;
    int64_t era = z / 146097;
    int64_t of_era = z - era * 146097;
    int64_t year_of_era = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int64_t month_index = (5 * of_year + 2) / 153;
    int64_t day = of_year - (153 * month_index + 2) / 5 + 1;
    int64_t month = month_index < 10 ? month_index + 3 : month_index - 9;
    int64_t year = year_of_era + era * 400 + (month <= 2 ? 1 : 0);
    return arena_format(&aws->arena, "%04lld-%02lld-%02lldT%02lld:%02lld:%02lld.%03lld",
                        (long long)year, (long long)month, (long long)day,
                        (long long)(rest / 3600000), (long long)(rest / 60000 % 60),
                        (long long)(rest / 1000 % 60), (long long)(rest % 1000));
}

bool local_aws_open_stream(struct local_aws *aws, struct call *call, uint32_t table)
{
    if (aws->stream_count == LOCAL_AWS_STREAMS_MAX)
        return call_reject(call, AWS_LIMIT_EXCEEDED, "There is a limit of %d streams",
                           LOCAL_AWS_STREAMS_MAX);
    const char *label = make_label(aws);
    void *streams = aws->streams;
    if (label == NULL || !memory_reserve(aws->memory, &streams, &aws->stream_capacity,
                                         aws->stream_count + 1, sizeof *aws->streams))
        return call_no_memory(call);
    aws->streams = streams;
    struct table_config *config = &aws->pipeline.tables[table];
    config->stream_label = label;
    struct table_stream *stream = &aws->streams[aws->stream_count];
    *stream = (struct table_stream){.table_name = config->name,
                                    .label = label,
                                    .config = *config,
                                    .enabled = true,
                                    .records = value_list(aws->store, NULL, 0)};
    if (!call_made(call, stream->records))
        return false;
    aws->table_streams[table] = (uint32_t)aws->stream_count++;
    return true;
}

void local_aws_close_stream(struct local_aws *aws, uint32_t table)
{
    if (aws->table_streams[table] != LOCAL_AWS_STREAMS_MAX)
        aws->streams[aws->table_streams[table]].enabled = false;
    aws->table_streams[table] = LOCAL_AWS_STREAMS_MAX;
}

static struct value stream_arn(struct local_aws *aws, const struct table_stream *stream)
{
    return value_format(
        aws->store, "arn:aws:dynamodb:" PIPELINE_REGION ":" PIPELINE_ACCOUNT ":table/%s/stream/%s",
        stream->table_name, stream->label);
}

static bool find_stream(struct local_aws *aws, struct call *call, struct value request,
                        uint32_t *index)
{
    struct value arn;
    if (!request_require(call, request, "StreamArn", VALUE_STRING, &arn))
        return false;
    for (*index = 0; *index < aws->stream_count; (*index)++)
        if (value_equal(stream_arn(aws, &aws->streams[*index]), arn))
            return true;
    return call_reject(call, AWS_RESOURCE_NOT_FOUND,
                       "Requested resource not found: Stream: %s not "
                       "found",
                       value_bytes(aws->store, arn, NULL));
}

static struct value sequence_of(const struct value_store *store, struct value record)
{
    return value_get_text(store, value_get_text(store, record, "dynamodb"), "SequenceNumber");
}

static bool list_streams(struct local_aws *aws, struct call *call, struct value request,
                         struct value *body)
{
    struct value name;
    struct value after;
    int64_t limit;
    if (!request_get(call, request, "TableName", VALUE_STRING, &name) ||
        !request_get(call, request, "ExclusiveStartStreamArn", VALUE_STRING, &after) ||
        !request_get_limit(call, request, "Limit", &limit))
        return false;
    if (limit == 0 || limit > STREAMS_LISTED_MAX)
        limit = STREAMS_LISTED_MAX;
    struct value_store *store = aws->store;
    struct value list = value_list(store, NULL, 0);
    struct value last = VALUE_NONE;
    bool begun = value_is_none(after);
    bool more = false;
    for (size_t i = 0; call_made(call, list) && i < aws->stream_count && !more; i++) {
        const struct table_stream *stream = &aws->streams[i];
        struct value arn = stream_arn(aws, stream);
        bool listed =
            begun && (value_is_none(name) || value_is_text(store, name, stream->table_name));
        begun = begun || value_equal(arn, after);
        more = listed && value_count(store, list) == (size_t)limit;
        if (!listed || more)
            continue;
        struct value_entry entries[] = {
            {value_text(store, "StreamArn"), arn},
            {value_text(store, "TableName"), value_text(store, stream->table_name)},
            {value_text(store, "StreamLabel"), value_text(store, stream->label)},
        };
        list = value_append(store, list, value_map(store, entries, 3));
        last = arn;
    }
    struct value_entry members[] = {{value_text(store, "Streams"), list},
                                    {value_text(store, "LastEvaluatedStreamArn"), last}};
    *body = value_map(store, members, more ? 2 : 1);
    return call_made(call, *body);
}

/* The one shard: from its first record to, once the stream is switched off, its last. */
static struct value describe_shard(struct local_aws *aws, const struct table_stream *stream)
{
    struct value_store *store = aws->store;
    size_t count = value_count(store, stream->records);
    struct value_entry range[2];
    size_t ends = 0;
    if (count > 0)
        range[ends++] = (struct value_entry){
            value_text(store, "StartingSequenceNumber"),
            sequence_of(store, value_at(store, value_at(store, stream->records, 0), 1))};
    if (count > 0 && !stream->enabled)
        range[ends++] = (struct value_entry){
            value_text(store, "EndingSequenceNumber"),
            sequence_of(store, value_at(store, value_at(store, stream->records, count - 1), 1))};
    struct value_entry entries[] = {
        {value_text(store, "ShardId"), value_text(store, SHARD_ID)},
        {value_text(store, "SequenceNumberRange"), value_map(store, range, ends)},
    };
    return value_map(store, entries, 2);
}

static bool describe_stream(struct local_aws *aws, struct call *call, struct value request,
                            struct value *body)
{
    struct value_store *store = aws->store;
    uint32_t index;
    struct value after;
    if (!find_stream(aws, call, request, &index) ||
        !request_get(call, request, "ExclusiveStartShardId", VALUE_STRING, &after))
        return false;
    const struct table_stream *stream = &aws->streams[index];
    const struct table_config *config = &stream->config;
    struct value shard = describe_shard(aws, stream);
    struct value schema[2];
    const struct key_attribute *keys[] = {&config->hash_key, &config->range_key};
    size_t key_count = 0;
    for (; key_count < 2 && keys[key_count]->name != NULL; key_count++) {
        struct value_entry key[] = {
            {value_text(store, "AttributeName"), value_text(store, keys[key_count]->name)},
            {value_text(store, "KeyType"), value_text(store, key_count == 0 ? "HASH" : "RANGE")},
        };
        schema[key_count] = value_map(store, key, 2);
    }
    struct value_entry entries[] = {
        {value_text(store, "StreamArn"), stream_arn(aws, stream)},
        {value_text(store, "TableName"), value_text(store, stream->table_name)},
        {value_text(store, "StreamLabel"), value_text(store, stream->label)},
        {value_text(store, "StreamStatus"),
         value_text(store, stream->enabled ? "ENABLED" : "DISABLED")},
        {value_text(store, "StreamViewType"),
         value_text(store, stream_view_names[config->stream_view])},
        {value_text(store, "KeySchema"), value_list(store, schema, key_count)},
        {value_text(store, "Shards"), value_list(store, &shard, value_is_none(after) ? 1 : 0)},
    };
    struct value_entry description = {value_text(store, "StreamDescription"),
                                      value_map(store, entries, 7)};
    *body = value_map(store, &description, 1);
    return call_made(call, *body);
}

static bool get_shard_iterator(struct local_aws *aws, struct call *call, struct value request,
                               struct value *body)
{
    /* in the order of enum iterator_type */
    static const char *const types[] = {"AT_SEQUENCE_NUMBER", "AFTER_SEQUENCE_NUMBER",
                                        "TRIM_HORIZON", "LATEST", NULL};
    struct shard_iterator iterator = {.issued_ms = aws->now_ms};
    struct value shard;
    struct value type;
    struct value sequence;
    size_t choice;
    bool found;
    if (!find_stream(aws, call, request, &iterator.stream) ||
        !request_require(call, request, "ShardId", VALUE_STRING, &shard) ||
        !request_require(call, request, "ShardIteratorType", VALUE_STRING, &type) ||
        !request_get_choice(call, request, "ShardIteratorType", types,
                            "AFTER_SEQUENCE_NUMBER, LATEST, AT_SEQUENCE_NUMBER, TRIM_HORIZON",
                            &choice) ||
        !request_get(call, request, "SequenceNumber", VALUE_STRING, &sequence))
        return false;
    if (!value_is_text(aws->store, shard, SHARD_ID))
        return call_reject(call, AWS_RESOURCE_NOT_FOUND,
                           "Requested resource not found: Shard does not exist");
    bool by_number = choice <= ITERATOR_AFTER_SEQUENCE_NUMBER;
    if (by_number == value_is_none(sequence))
        return call_invalid(call, by_number
                                      ? "SequenceNumber is required for this ShardIteratorType"
                                      : "SequenceNumber must not be given for this "
                                        "ShardIteratorType");
    struct value records = aws->streams[iterator.stream].records;
    iterator.position = local_aws_iterator_place(aws, records, (enum iterator_type)choice, sequence,
                                                 0, sequence_of, &found);
    if (!found)
        return call_invalid(call, "Invalid SequenceNumber in request");
    if (by_number && iterator.position < local_aws_horizon(aws, records))
        return call_reject(call, AWS_TRIMMED_DATA,
                           "The operation attempted to read past the oldest stream record in a "
                           "shard");
    struct value_entry entry = {value_text(aws->store, "ShardIterator"),
                                local_aws_write_iterator(aws->store, ITERATOR, &iterator)};
    *body = value_map(aws->store, &entry, 1);
    return call_made(call, *body);
}

static bool get_records(struct local_aws *aws, struct call *call, struct value request,
                        struct value *body)
{
    struct value_store *store = aws->store;
    struct shard_iterator iterator;
    struct value text;
    int64_t limit;
    if (!request_require(call, request, "ShardIterator", VALUE_STRING, &text) ||
        !local_aws_records_limit(call, request, RECORDS_MAX, &limit))
        return false;
    if (!local_aws_read_iterator(value_bytes(store, text, NULL), ITERATOR, &iterator) ||
        iterator.stream >= aws->stream_count)
        return call_invalid(call, "Invalid ShardIterator");
    if (aws->now_ms - iterator.issued_ms >= TABLE_ITERATOR_LIFE_MS)
        return call_reject(call, AWS_EXPIRED_ITERATOR, "Iterator expired");
    const struct table_stream *stream = &aws->streams[iterator.stream];
    size_t count = value_count(store, stream->records);
    if (iterator.position < local_aws_horizon(aws, stream->records))
        return call_reject(call, AWS_TRIMMED_DATA,
                           "The operation attempted to read past the oldest stream record in a "
                           "shard");
    struct value list = local_aws_take_records(aws, stream->records, limit, &iterator);
    bool open = stream->enabled || iterator.position < count;
    struct value_entry entries[] = {
        {value_text(store, "Records"), list},
        {value_text(store, "NextShardIterator"),
         local_aws_write_iterator(store, ITERATOR, &iterator)},
    };
    *body = value_map(store, entries, open ? 2 : 1);
    return call_made(call, *body);
}

const struct local_operation_row *local_aws_stream_operations(void)
{
    static const struct local_operation_row rows[] = {
        {STREAMS "ListStreams", list_streams},
        {STREAMS "DescribeStream", describe_stream},
        {STREAMS "GetShardIterator", get_shard_iterator},
        {STREAMS "GetRecords", get_records},
        {NULL, NULL},
    };
    return rows;
}
