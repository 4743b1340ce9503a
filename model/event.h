/* The events that Lambda delivers for Kinesis and DynamoDB Streams records.
 *
 * Shapes: Lambda developer guide, "Using AWS Lambda with Amazon Kinesis" and "... with Amazon
 * DynamoDB", example events; order and formats as printed by functions in public logs. An event is
 * a MAP
 * {"Records": LIST}; its JSON text has its keys in the order AWS sends them (a handler that hashes
 * str(records) sees that order). The attributes of an image have no order of AWS's: content order.
 */
#ifndef ONCECHECK_MODEL_EVENT_H
#define ONCECHECK_MODEL_EVENT_H

#include "model/base/text.h"
#include "model/base/value.h"
#include "model/pipeline.h"

/* The record with number `index` (from 0) of a shard. `partition_key` STRING, `data` BINARY;
 * arrival in ms since 1970 (written as seconds with a fraction). Sequence numbers are 56 digits
 * like Kinesis's own, growing with index, different per shard. VALUE_NONE where `data` is. */
struct value event_kinesis_record(struct value_store *store, const struct stream_config *stream,
                                  uint32_t shard, uint64_t index, struct value partition_key,
                                  struct value data, int64_t arrival_ms);

/* That record's sequence number. */
struct value event_kinesis_sequence(struct value_store *store, uint32_t shard, uint64_t index);

/* The record of one item change. `keys`, `before` and `after` are native items (before or after
 * VALUE_NONE: INSERT or REMOVE). Images are left out as the table's stream view type says. Creation
 * time is in whole seconds, as DynamoDB Streams has it. eventID is 32 hexadecimal digits derived
 * from table, shard and index. VALUE_NONE where `keys` is. */
struct value event_dynamodb_record(struct value_store *store, const struct table_config *table,
                                   uint32_t shard, uint64_t index, struct value keys,
                                   struct value before, struct value after, int64_t creation_ms);

struct value event_batch(struct value_store *store, const struct value *records, size_t count);

/* A Kinesis record as a mapping of a stream's consumer delivers it: its eventSourceARN is the
 * consumer's. `consumer_arn` may be NULL: the record as it is. */
struct value event_for_consumer(struct value_store *store, struct value record,
                                const char *consumer_arn);

/* The same event with everything that AWS chooses changed: sequence numbers, event ids, arrival and
 * creation times. What a function derives from these is not fixed by the scenario. */
struct value event_perturbed(struct value_store *store, struct value event);

/* Append the event as JSON, keys in AWS's order; `time` fields always with a fraction digit where
 * AWS has one. */
void event_json_append(struct text *text, const struct value_store *store, struct value event);

/* Append an event's Records alone, as event_json_append writes them: the text behind a handler's
 * `event["Records"]`. `records` is a LIST. */
void event_records_json_append(struct text *text, const struct value_store *store,
                               struct value records);

#endif
