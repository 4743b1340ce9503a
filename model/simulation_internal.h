/* The parts of a simulation: shared by model/simulation*.c, included by no other. */
#ifndef ONCECHECK_MODEL_SIMULATION_INTERNAL_H
#define ONCECHECK_MODEL_SIMULATION_INTERNAL_H

#include "model/dynamodb.h"
#include "model/simulation.h"
#include "model/simulation_items.h"
#include "model/simulation_latency.h"
#include "model/simulation_ledger.h"
#include "model/simulation_queue.h"
#include "model/workload.h"

enum { SIMULATION_NONE = UINT32_MAX };

enum event_kind {
    EVENT_PUT,   /* the generator's next put */
    EVENT_POLL,  /* of poller `subject` */
    EVENT_STEP,  /* the invocation of poller `subject` has come to its next step */
    EVENT_SCORE, /* the generator looks */
    EVENT_MINUTE
};

struct log_entry {
    int64_t time_us;     /* from which it can be read */
    struct value record; /* as Lambda delivers it */
    uint32_t size;       /* about how many bytes it has in an event */
    bool has_change;
    uint64_t change;         /* of the ledger: a record of StateTable */
    struct lineage *lineage; /* of other tables' records; NULL: none */
};

/* A shard: the records that are not acknowledged. */
struct shard_log {
    struct log_entry *entries; /* from `start` on */
    size_t start;
    size_t count;
    size_t capacity;
    uint64_t ever; /* records written so far */
};

struct invocation {
    bool running;
    uint32_t container;
    bool has_step; /* `step` is there, and its time has not come */
    struct handler_step step;
    bool reusable;
    int64_t deadline_us;
    int64_t slept_us; /* waited for already, of `step` */
    bool counted;     /* the batch's changes: see model/simulation_ledger.h */
};

struct poller {
    uint32_t mapping;
    uint32_t function;
    uint32_t shard;
    struct shard_log *log;
    size_t batch;      /* records held */
    uint32_t failures; /* of the batch held, in a row */
    int64_t window_us; /* when its batching window began; -1: it has not */
    struct invocation invocation;
};

struct simulation_function {
    uint32_t running;
    bool used[HANDLER_CONTAINERS_MAX]; /* containers that exist */
    bool busy[HANDLER_CONTAINERS_MAX];
    uint64_t invocations;
};

/* Streams of the seed, besides the game's. */
enum { RANDOM_LATENCY = 16, RANDOM_PHASE = 64, RANDOM_FUNCTIONS = 128 };

struct simulation {
    struct simulation_inputs in;
    struct simulation_options options;
    struct game game;
    struct ledger ledger;
    struct simulation_queue queue;
    int64_t now_us;
    int64_t tick_us; /* the next */
    uint32_t minute; /* from 1 */
    uint32_t puts;   /* made in this minute */
    bool lab2;
    uint32_t points;
    struct random latency[LATENCY_COUNT];
    struct random functions[PIPELINE_FUNCTIONS_MAX]; /* seeds of invocations */
    struct simulation_items tables[PIPELINE_TABLES_MAX];
    struct value tokens;
    struct arena scratch; /* of one call */
    struct text text;
    struct shard_log stream_logs[PIPELINE_STREAMS_MAX][PIPELINE_SHARDS_MAX];
    struct shard_log table_logs[PIPELINE_TABLES_MAX][PIPELINE_SHARDS_MAX];
    bool table_is_read[PIPELINE_TABLES_MAX];
    struct poller *pollers;
    size_t poller_count;
    struct simulation_function *states; /* by function */
    uint32_t stream;                    /* IncomingDataStream */
    uint32_t state_table;
    uint32_t aggregate_table;
    uint32_t parameter_table;
    struct minute_figures figures;
    struct wrong_message wrong;
    int64_t right_ms;  /* when the score was taken last with everything right */
    uint32_t *touched; /* trades put since the last minute that scored */
    size_t touched_count;
    size_t touched_capacity;
    size_t pollers_size;   /* bytes */
    size_t collect_values; /* in the store, at which those that nothing holds are dropped */
};

enum status simulation_no_memory(struct error *error);

static inline int64_t simulation_ms(const struct simulation *simulation)
{
    return simulation->now_us / 1000;
}

int64_t simulation_latency(struct simulation *simulation, enum latency latency);

/* Add a record to a shard that somebody reads; takes over `lineage`. */
enum status simulation_append(struct simulation *simulation, struct shard_log *log,
                              const struct log_entry *entry, struct error *error);
/* Drop the first `count` records. */
void simulation_drop_records(struct simulation *simulation, struct shard_log *log, size_t count);
static inline struct log_entry *simulation_record(const struct shard_log *log, size_t index)
{
    return &log->entries[log->start + index];
}

/* Apply the call of a poller's invocation; *answer is its input. */
enum status simulation_call(struct simulation *simulation, struct poller *poller,
                            const struct handler_step *step, struct value *answer,
                            struct error *error);
/* True for a call that takes a LATENCY_TRANSACTION longer. */
bool simulation_call_is_long(const struct value_store *store, const struct handler_step *step);

/* Pollers and invocations. */
enum status simulation_create_pollers(struct simulation *simulation, struct error *error);
enum status simulation_poll(struct simulation *simulation, uint32_t poller, struct error *error);
enum status simulation_step(struct simulation *simulation, uint32_t poller, struct error *error);

/* Compare the aggregates, and find what went wrong. */
enum status simulation_score(struct simulation *simulation, struct error *error);

/* Give back the memory of values that nothing holds any more, if there is enough of it. */
enum status simulation_collect(struct simulation *simulation, struct error *error);

#endif
