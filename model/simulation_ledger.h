/* Which changes of StateTable have reached the aggregates, and how often.
 *
 * A change is a record of StateTable's stream: one version of one trade. Where an invocation writes
 * a row with a stream, the row carries the changes of its batch; where it changes AggregateTable,
 * they are counted, once for the invocation. That is what was delivered, not what the functions
 * made of it, so it names a message where the sums say that something is wrong, and never says so
 * itself.
 *
 * Changes are numbered from 0; those that are settled are forgotten. */
#ifndef ONCECHECK_MODEL_SIMULATION_LEDGER_H
#define ONCECHECK_MODEL_SIMULATION_LEDGER_H

#include "model/base/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct ledger_change {
    uint32_t trade;
    uint32_t put_ms; /* when the message was put; UINT32_MAX: unknown */
    uint16_t counted;
    uint8_t version;
};

/* Changes that one record carries. */
struct lineage {
    size_t count;
    uint64_t changes[];
};

struct ledger {
    struct memory *memory;
    struct ledger_change *changes;
    uint64_t first; /* number of changes[0] */
    size_t count;
    size_t capacity;
    uint32_t *latencies_ms; /* from put to aggregate, of this minute's changes */
    size_t latency_count;
    size_t latency_capacity;
};

void ledger_init(struct ledger *ledger, struct memory *memory);
void ledger_release(struct ledger *ledger);

/* Add a change; false: no memory. */
bool ledger_add(struct ledger *ledger, uint32_t trade, uint8_t version, uint32_t put_ms,
                uint64_t *number);

/* A change has been counted; false: no memory. */
bool ledger_count(struct ledger *ledger, uint64_t number, uint32_t now_ms);

/* Everything has come out right: forget what has been counted, up to the first that has not. */
void ledger_settle(struct ledger *ledger);

/* Sort this minute's latencies; then ledger_latency gives the one at `percent` of them, UINT32_MAX
 * where there is none. */
void ledger_sort_latencies(struct ledger *ledger);
uint32_t ledger_latency(const struct ledger *ledger, unsigned percent);
void ledger_next_minute(struct ledger *ledger);

/* Room for `count` changes; NULL: no memory. */
struct lineage *ledger_make_lineage(struct memory *memory, size_t count);
void ledger_free_lineage(struct memory *memory, struct lineage *lineage); /* may be NULL */

#endif
