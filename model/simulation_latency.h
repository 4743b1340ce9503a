/* How long things take in a simulation: one table, with where each figure comes from.
 *
 * A latency is a distribution given by five of its quantiles, between which it is linear: exact in
 * whole microseconds, the same on every machine. AWS documents few of them; what is not documented
 * is said to be assumed. */
#ifndef ONCECHECK_MODEL_SIMULATION_LATENCY_H
#define ONCECHECK_MODEL_SIMULATION_LATENCY_H

#include "model/base/random.h"

#include <stdint.h>

/* id, name, microseconds at 0, 50, 90, 99 and 100 %, what it is, source */
#define LATENCIES(X)                                                                               \
    X(LATENCY_PUT_RECORDS, "put", 8000, 15000, 30000, 80000, 200000,                               \
      "from a PutRecords call until its records can be read", "assumed")                           \
    X(LATENCY_ITEM, "item", 2000, 4000, 7000, 15000, 60000,                                        \
      "a DynamoDB call, and the function's own time before it",                                    \
      "assumed; DynamoDB developer guide: single-digit milliseconds")                              \
    X(LATENCY_TRANSACTION, "transaction", 4000, 8000, 15000, 40000, 120000,                        \
      "more for TransactWriteItems, BatchWriteItem, Query and Scan", "assumed")                    \
    X(LATENCY_STREAM, "stream", 50000, 120000, 250000, 600000, 1500000,                            \
      "from a write until its stream record can be read",                                          \
      "assumed; DynamoDB developer guide: near-real time")                                         \
    X(LATENCY_INVOKE, "invoke", 3000, 8000, 20000, 60000, 200000,                                  \
      "from a batch to the start of the function in a warm container", "assumed")                  \
    X(LATENCY_COLD_START, "cold_start", 250000, 450000, 800000, 1500000, 3000000,                  \
      "more where a container has to be made", "assumed")

enum latency {
#define LATENCY_ENUM(id, name, p0, p50, p90, p99, p100, what, source) id,
    LATENCIES(LATENCY_ENUM)
#undef LATENCY_ENUM
        LATENCY_COUNT
};

enum { LATENCY_QUANTILES = 5 };

struct latency_row {
    const char *name;
    int64_t quantiles_us[LATENCY_QUANTILES]; /* at 0, 50, 90, 99 and 100 % */
    const char *what;
    const char *source;
};

const struct latency_row *latency_row(enum latency latency);

/* In microseconds. */
int64_t latency_sample(enum latency latency, struct random *random);

#endif
