/* The parts of model/local_aws.c: tables, their streams, Kinesis. Each takes a request that is a
 * MAP and fills `body` and `status`, or ends the call. */
#ifndef ONCECHECK_MODEL_LOCAL_AWS_INTERNAL_H
#define ONCECHECK_MODEL_LOCAL_AWS_INTERNAL_H

#include "model/dynamodb/call.h"
#include "model/local_aws.h"

enum {
    LOCAL_AWS_RETENTION_MS = 24 * 60 * 60 * 1000, /* of records, in both kinds of streams */
    TABLE_ITERATOR_LIFE_MS = 15 * 60 * 1000,      /* DynamoDB Streams API, GetShardIterator */
    STREAM_ITERATOR_LIFE_MS = 5 * 60 * 1000       /* Kinesis API, GetShardIterator */
};

/* The stream of a table, one shard. It outlives its table and being switched off. */
struct table_stream {
    const char *table_name;
    const char *label;
    struct table_config config; /* the table when the stream was switched on */
    bool enabled;
    struct value records; /* LIST of LIST [creation time in ms, record] */
};

struct local_aws {
    struct memory *memory;
    struct value_store *store;
    struct arena arena;   /* as long as this */
    struct arena scratch; /* reset by every request */
    struct pipeline pipeline;
    struct value contents[PIPELINE_TABLES_MAX];
    uint32_t
        table_streams[PIPELINE_TABLES_MAX]; /* index into streams; LOCAL_AWS_STREAMS_MAX: none */
    struct value tokens;
    int64_t now_ms;
    struct table_stream *streams;
    size_t stream_count;
    size_t stream_capacity;
    struct value logs[PIPELINE_STREAMS_MAX][PIPELINE_SHARDS_MAX]; /* Kinesis: as `records` above */
    uint32_t stream_ids[PIPELINE_STREAMS_MAX]; /* of Kinesis streams: never used again */
    uint32_t next_stream_id;
};

typedef bool local_operation(struct local_aws *aws, struct call *call, struct value request,
                             struct value *body);

struct local_operation_row {
    const char *target;
    local_operation *run;
};

/* Ended by a row without a target. */
const struct local_operation_row *local_aws_table_operations(void);
const struct local_operation_row *local_aws_stream_operations(void);
const struct local_operation_row *local_aws_kinesis_operations(void);

/* Apply changes to the tables and write their records. */
bool local_aws_change(struct local_aws *aws, struct call *call, const struct item_change *changes,
                      size_t count);

/* Drop the items whose time has come. */
bool local_aws_expire(struct local_aws *aws, struct call *call);

/* Give table `table` a new stream of the view type in its config. */
bool local_aws_open_stream(struct local_aws *aws, struct call *call, uint32_t table);
void local_aws_close_stream(struct local_aws *aws, uint32_t table);

/* Shard iterators: where in a shard's log the next record is. */
struct shard_iterator {
    uint32_t stream; /* a table's: index into streams; Kinesis: its id */
    uint32_t shard;
    uint64_t position;
    int64_t issued_ms;
};

struct value local_aws_write_iterator(struct value_store *store, const char *service,
                                      const struct shard_iterator *iterator);
/* False if the text is none of that service's. */
bool local_aws_read_iterator(const char *text, const char *service,
                             struct shard_iterator *iterator);

/* The place in a log at which an iterator of a type begins. `found` is false where a sequence
 * number is not in the log. `sequence_of` gives an entry's. */
enum iterator_type {
    ITERATOR_AT_SEQUENCE_NUMBER,
    ITERATOR_AFTER_SEQUENCE_NUMBER,
    ITERATOR_TRIM_HORIZON,
    ITERATOR_LATEST,
    ITERATOR_AT_TIMESTAMP
};
typedef struct value sequence_reader(const struct value_store *store, struct value record);
uint64_t local_aws_iterator_place(const struct local_aws *aws, struct value log,
                                  enum iterator_type type, struct value sequence,
                                  int64_t timestamp_ms, sequence_reader *sequence_of, bool *found);

/* The first record of a log that is not too old to be read. */
uint64_t local_aws_horizon(const struct local_aws *aws, struct value log);

/* GetRecords of both: the request's Limit, at most and by default `most`. */
bool local_aws_records_limit(struct call *call, struct value request, int64_t most, int64_t *limit);

/* GetRecords of both: the records of a log from the iterator on, at most `limit`; the iterator
 * moves behind them and is issued anew. VALUE_NONE: no memory. */
struct value local_aws_take_records(const struct local_aws *aws, struct value log, int64_t limit,
                                    struct shard_iterator *iterator);

/* When an entry of a log was made, in ms since 1970, and its record. */
int64_t local_aws_entry_time(const struct value_store *store, struct value entry);

#endif
