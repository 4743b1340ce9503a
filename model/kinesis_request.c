#include "model/kinesis_request.h"

#include "model/base/digest.h"
#include "model/dynamodb/request.h"
#include "model/event.h"
#include "model/kinesis.h"

#include <string.h>

#define STREAM_ARN "arn:aws:kinesis:" PIPELINE_REGION ":" PIPELINE_ACCOUNT ":stream/"

bool kinesis_request_stream(struct call *call, struct value request, uint32_t *stream)
{
    struct value name;
    struct value arn;
    if (!request_get(call, request, "StreamName", VALUE_STRING, &name) ||
        !request_get(call, request, "StreamARN", VALUE_STRING, &arn))
        return false;
    if (value_is_none(name) && value_is_none(arn))
        return call_reject(call, AWS_KINESIS_INVALID,
                           "Missing StreamName or StreamARN in the request.");
    const char *text = value_bytes(call->store, value_is_none(name) ? arn : name, NULL);
    size_t prefix = strlen(STREAM_ARN);
    if (value_is_none(name) && strncmp(text, STREAM_ARN, prefix) == 0)
        text += prefix;
    const struct pipeline *pipeline = call->context->pipeline;
    for (size_t i = 0; i < pipeline->stream_count; i++) {
        if (strcmp(pipeline->streams[i].name, text) == 0) {
            *stream = (uint32_t)i;
            return true;
        }
    }
    return call_reject(call, AWS_KINESIS_NOT_FOUND, "Stream %s under account %s not found.", text,
                       PIPELINE_ACCOUNT);
}

static bool read_data(struct call *call, struct value record, struct value *data, size_t *size)
{
    struct value wire;
    if (!request_require(call, record, "Data", VALUE_STRING, &wire))
        return false;
    size_t length;
    const char *base64 = value_bytes(call->store, wire, &length);
    struct text bytes;
    text_init(&bytes, value_store_memory(call->store));
    bool decoded = base64_decode_append(&bytes, base64, length);
    bool failed = text_failed(&bytes);
    if (decoded && !failed)
        *data = value_binary(call->store, text_string(&bytes), bytes.length);
    *size = bytes.length;
    text_release(&bytes);
    if (failed)
        return call_no_memory(call);
    if (!decoded)
        return call_reject(call, AWS_SERIALIZATION, "Invalid base64 in Data");
    return call_made(call, *data);
}

/* Partition keys are counted in characters. */
static size_t characters(const char *bytes, size_t size)
{
    size_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += ((unsigned char)bytes[i] & 0xC0) != 0x80;
    return count;
}

static bool check_key(struct call *call, struct value key)
{
    size_t size = 0;
    const char *bytes = value_bytes(call->store, key, &size);
    size_t length = characters(bytes, size);
    if (length >= 1 && length <= KINESIS_PARTITION_KEY_MAX)
        return true;
    return call_invalid(call,
                        "1 validation error detected: Value '%s' at 'partitionKey' failed to "
                        "satisfy constraint: Member must have length %s than or equal to %d",
                        bytes, length == 0 ? "greater" : "less",
                        length == 0 ? 1 : KINESIS_PARTITION_KEY_MAX);
}

static bool read_put(struct call *call, struct value record, uint32_t stream,
                     const struct kinesis_streams *streams, struct kinesis_put *put, size_t *size)
{
    struct value hash_key;
    size_t key_size;
    uint32_t shard_count = call->context->pipeline->streams[stream].shard_count;
    if (!read_data(call, record, &put->data, size) ||
        !request_require(call, record, "PartitionKey", VALUE_STRING, &put->partition_key) ||
        !check_key(call, put->partition_key) ||
        !request_get(call, record, "ExplicitHashKey", VALUE_STRING, &hash_key))
        return false;
    const char *key = value_bytes(call->store, put->partition_key, &key_size);
    *size += key_size;
    if (*size > KINESIS_RECORD_SIZE_MAX)
        return call_invalid(call,
                            "1 validation error detected: Value at 'data' failed to satisfy "
                            "constraint: Member must have length less than or equal to %d",
                            KINESIS_RECORD_SIZE_MAX);
    put->stream = stream;
    put->by_hash_key = !value_is_none(hash_key);
    if (streams->place == NULL ||
        !streams->place(streams->state, stream, put->partition_key, &put->shard))
        put->shard = kinesis_shard_of(key, key_size, shard_count);
    if (!put->by_hash_key || kinesis_shard_of_hash_key(value_bytes(call->store, hash_key, NULL),
                                                       shard_count, &put->shard))
        return true;
    return call_reject(call, AWS_KINESIS_INVALID,
                       "Invalid ExplicitHashKey. ExplicitHashKey must be in the range: [0, "
                       "2^128-1]. Specified value was %s",
                       value_bytes(call->store, hash_key, NULL));
}

/* {"SequenceNumber", "ShardId"} of puts[index], after those before it. */
static bool describe_put(struct call *call, const struct kinesis_put *puts, size_t index,
                         const struct kinesis_streams *streams, struct value *described)
{
    const struct kinesis_put *put = &puts[index];
    uint64_t position = streams->length(streams->state, put->stream, put->shard);
    for (size_t i = 0; i < index; i++)
        position += puts[i].shard == put->shard;
    struct value_entry entries[] = {
        {value_text(call->store, "SequenceNumber"),
         event_kinesis_sequence(call->store, put->shard, position)},
        {value_text(call->store, "ShardId"),
         value_format(call->store, "shardId-%012u", put->shard)},
    };
    *described = value_map(call->store, entries, 2);
    return call_made(call, *described);
}

static bool finish(struct call *call, const struct kinesis_put *puts, size_t count,
                   struct value body, struct kinesis_result *result)
{
    *result =
        (struct kinesis_result){.http_status = 200, .body = body, .puts = puts, .put_count = count};
    return call_made(call, body);
}

bool kinesis_put_record(struct call *call, struct value request,
                        const struct kinesis_streams *streams, struct kinesis_result *result)
{
    struct kinesis_put *put = call_allocate(call, 1, sizeof *put);
    uint32_t stream = 0;
    size_t size = 0;
    struct value body;
    return put != NULL && kinesis_request_stream(call, request, &stream) &&
           read_put(call, request, stream, streams, put, &size) &&
           describe_put(call, put, 0, streams, &body) && finish(call, put, 1, body, result);
}

bool kinesis_put_records(struct call *call, struct value request,
                         const struct kinesis_streams *streams, struct kinesis_result *result)
{
    uint32_t stream = 0;
    struct value records;
    if (!request_require(call, request, "Records", VALUE_LIST, &records) ||
        !kinesis_request_stream(call, request, &stream))
        return false;
    size_t count = value_count(call->store, records);
    if (count < 1 || count > PUT_RECORDS_MAX)
        return call_invalid(call,
                            "1 validation error detected: Value at 'records' failed to satisfy "
                            "constraint: Member must have length %s than or equal to %d",
                            count < 1 ? "greater" : "less", count < 1 ? 1 : PUT_RECORDS_MAX);
    struct kinesis_put *puts = call_allocate(call, count, sizeof puts[0]);
    struct value *described = call_allocate(call, count, sizeof described[0]);
    size_t total = 0;
    if (puts == NULL || described == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        struct value record = value_at(call->store, records, i);
        size_t size = 0;
        if (value_kind(call->store, record) != VALUE_MAP)
            return call_reject(call, AWS_SERIALIZATION, "Unexpected value type in payload");
        if (!read_put(call, record, stream, streams, &puts[i], &size) ||
            !describe_put(call, puts, i, streams, &described[i]))
            return false;
        total += size;
    }
    if (total > PUT_RECORDS_SIZE_MAX)
        return call_reject(call, AWS_KINESIS_INVALID, "Records size exceeds 5 MB limit");
    struct value_entry entries[] = {
        {value_text(call->store, "FailedRecordCount"), value_integer(call->store, 0)},
        {value_text(call->store, "Records"), value_list(call->store, described, count)},
    };
    return finish(call, puts, count, value_map(call->store, entries, 2), result);
}

enum status kinesis_apply(const struct dynamodb_context *context, const char *target,
                          struct value request, const struct kinesis_streams *streams,
                          struct kinesis_result *result, struct error *error)
{
    bool one = strcmp(target, "Kinesis_20131202.PutRecord") == 0;
    if (!one && strcmp(target, "Kinesis_20131202.PutRecords") != 0)
        return error_set(error, STATUS_UNSUPPORTED, "%s is not simulated", target);
    struct call call;
    call_init(&call, context);
    bool answered =
        value_kind(context->store, request) == VALUE_MAP
            ? (one ? kinesis_put_record : kinesis_put_records)(&call, request, streams, result)
            : call_reject(&call, AWS_SERIALIZATION, "Unexpected value type in payload");
    if (call.unsupported != NULL && !call.no_memory)
        return error_set(error, STATUS_UNSUPPORTED, "%s is not simulated", call.unsupported);
    if (!answered && !call.no_memory)
        *result = (struct kinesis_result){.http_status = 400, .body = call_error_body(&call)};
    if (call.no_memory || value_store_failed(context->store))
        return error_set(error, STATUS_NO_MEMORY, "out of memory while Kinesis answers");
    return STATUS_OK;
}
