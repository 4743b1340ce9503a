/* The workload of one valuation: the puts that the generator makes and the aggregates that must
 * result.
 *
 * A message is the workshop's JSON {"TradeID", "Version", "Value", "Timestamp", "Hierarchy":
 * {"RiskType", "Region", "TradeDesk"}} as Python's json.dumps writes it (Value always a float with
 * a fraction).
 *
 * Valuations (i = the message's place in the scenario's list, v = its version):
 *   distinct    8^i, hierarchy by trade
 *   moving      8^i, the hierarchy moves with the version (a later version is in another one)
 *   equal       all 8, one hierarchy
 *   increments  (v + 1) / 2, one hierarchy: an update equals an insert
 *   signed      (-1)^i * 8^i / 2, one hierarchy: negative and fractional
 * A message's own value or hierarchy, where the scenario gives one, wins. Partition keys never
 * depend on the value, so that valuations agree on shards. With more than 17 messages, i is the
 * place among those that are put at all (checker/shrink.h leaves some out); with more than 17 of
 * these, 8^i is replaced by distinct amounts drawn from a PCG stream with a fixed seed, and
 * `decodable` is false.
 */
#ifndef ONCECHECK_MODEL_WORKLOAD_H
#define ONCECHECK_MODEL_WORKLOAD_H

#include "model/base/arena.h"
#include "model/base/error.h"
#include "model/pipeline.h"
#include "model/scenario.h"

/* Where the clocks begin unless a message's timestamp is later: 2024-01-01T00:00:00Z. */
#define WORKLOAD_START_MS INT64_C(1704067200000)

struct workload_put {
    uint32_t message; /* index into scenario->messages */
    uint32_t shard;
    struct value partition_key; /* STRING */
    struct value data;          /* BINARY: the JSON text */
};

struct workload_message {
    struct decimal value;
    struct hierarchy hierarchy;
    /* Which power of 8 its value is, where the workload is decodable; -1: none, it is left out. */
    int32_t digit;
    bool newest; /* the newest version of its trade: the one that must be counted */
};

/* One key of AggregateTable ("Delta:FXSpot:EMEA") with the sum that must be there. */
struct workload_aggregate {
    const char *key;
    uint32_t level; /* 0: RiskType, 1: with TradeDesk, 2: with Region */
    struct decimal expected;
};

struct workload {
    uint32_t stream;  /* index into pipeline->streams */
    int64_t start_ms; /* the clock when the first message is put; Timestamps are no later */
    const struct workload_put *puts; /* copies included, in the scenario's order */
    size_t put_count;
    const struct workload_message *messages; /* one per scenario message */
    size_t message_count;
    const struct workload_aggregate *aggregates; /* every key any message could reach, by content */
    size_t aggregate_count;
    size_t digit_count;
    bool decodable; /* digits of base 8 tell which message was counted how often */
};

enum { WORKLOAD_KEY_SIZE = 256 };

/* Key of a hierarchy's prefix of level + 1 parts. Returns `key`. */
const char *workload_aggregate_key(const struct hierarchy *hierarchy, uint32_t level,
                                   char key[WORKLOAD_KEY_SIZE]);

/* Ties for the newest version of a trade are errors with the scenario's line; so are a stream that
 * the pipeline lacks and a shard beyond its count. */
enum status workload_create(const struct scenario *scenario, const struct pipeline *pipeline,
                            enum valuation valuation, struct arena *arena,
                            struct value_store *store, struct workload *workload,
                            struct error *error);

#endif
