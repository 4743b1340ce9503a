/* Kinesis's PutRecord and PutRecords, as functions from a request to an answer and the records that
 * it appends. Source: Kinesis Data Streams API reference, "PutRecord", "PutRecords".
 *
 * As in model/dynamodb.h nothing here has a state of its own. That some records of a PutRecords
 * fail is for the world to choose. */
#ifndef ONCECHECK_MODEL_KINESIS_REQUEST_H
#define ONCECHECK_MODEL_KINESIS_REQUEST_H

#include "model/dynamodb/call.h"

enum { PUT_RECORDS_MAX = 500, PUT_RECORDS_SIZE_MAX = 5 * 1024 * 1024 };

/* A record that a request puts, in the request's order. */
struct kinesis_put {
    uint32_t stream;
    uint32_t shard;
    struct value partition_key; /* STRING */
    struct value data;          /* BINARY */
    bool by_hash_key;           /* its shard is that of its ExplicitHashKey */
};

struct kinesis_result {
    uint16_t http_status;
    struct value body;
    const struct kinesis_put *puts; /* empty unless http_status is 200; the arena's */
    size_t put_count;
};

/* Records that a stream's shard has had so far: gives the sequence numbers of the next ones. */
typedef uint64_t kinesis_length(const void *state, uint32_t stream, uint32_t shard);

/* Where the records of a key go, if that is decided otherwise than by its MD5; else false. */
typedef bool kinesis_place(const void *state, uint32_t stream, struct value key, uint32_t *shard);

/* What a request finds of the streams; `place` may be NULL. */
struct kinesis_streams {
    kinesis_length *length;
    kinesis_place *place;
    const void *state;
};

/* The stream that StreamName or StreamARN means; ResourceNotFoundException if there is none. */
bool kinesis_request_stream(struct call *call, struct value request, uint32_t *stream);

bool kinesis_put_record(struct call *call, struct value request,
                        const struct kinesis_streams *streams, struct kinesis_result *result);
bool kinesis_put_records(struct call *call, struct value request,
                         const struct kinesis_streams *streams, struct kinesis_result *result);

/* The whole request: `target` is "Kinesis_20131202.PutRecord" or PutRecords, another one is
 * STATUS_UNSUPPORTED. Of the context the pipeline, the store and the arena are used. */
enum status kinesis_apply(const struct dynamodb_context *context, const char *target,
                          struct value request, const struct kinesis_streams *streams,
                          struct kinesis_result *result, struct error *error);

#endif
