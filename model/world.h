/* The world: one pipeline with one workload, and how its state is laid out.
 *
 * A state is an array of layout.slot_count 32-bit slots: numbers, value ids and handler node ids.
 * Nothing else is state; the number of faults used is kept beside it by the search. A world is made
 * for one valuation of a scenario; the functions' handler trees are shared between the worlds of a
 * run, since a tree belongs to the function and not to the workload.
 *
 * What the world has learnt while it ran is kept in it too (`facts`): which tables are ever
 * written, whether time passes. States found under other facts are void: when world_facts_changed
 * says so, the search has to begin again from world_initial_state. */
#ifndef ONCECHECK_MODEL_WORLD_H
#define ONCECHECK_MODEL_WORLD_H

#include "model/base/arena.h"
#include "model/base/error.h"
#include "model/base/id_map.h"
#include "model/base/value.h"
#include "model/dynamodb.h"
#include "model/fault.h"
#include "model/handler_tree.h"
#include "model/pipeline.h"
#include "model/scenario.h"
#include "model/stages.h"
#include "model/workload.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    WORLD_POLLERS_MAX = 256,
    WORLD_LOGS_MAX = 512,
    WORLD_SLOT_GROUPS_MAX = PIPELINE_STREAMS_MAX + PIPELINE_TABLES_MAX + 1,
    WORLD_REFUSALS_MAX = 64,
    /* Different attempts at a batch, where a function depends on its attempt: further ones draw the
     * random numbers of the last. Else a function that fails for ever would never come back to a
     * state that it was in before, and no search would end. */
    WORLD_ATTEMPTS_MAX = 8,
    /* Attempts at a batch that fail by themselves after they have changed something, before it is
     * taken to fail for ever: see model/lasting_failure.c. */
    WORLD_FAILURES_MAX = 16,
    WORLD_NO_SLOT = UINT16_MAX,
    STREAM_RETENTION_S = 24 * 60 * 60
};

/* The log of one stream shard: a LIST of LIST [creation time in ms since the start, record], but
 * for the records before its base: see world_log_base. */
struct log_layout {
    enum source_kind kind;
    uint32_t source; /* stream or table */
    uint32_t shard;
    uint16_t slot;
};

/* What a slot holds. */
enum slot_kind {
    SLOT_NUMBER,
    SLOT_VALUE,
    SLOT_NODE /* of the tree of function kind - SLOT_NODE */
};

/* One poller: an event source mapping on one shard. */
struct poller_layout {
    uint32_t mapping;
    uint32_t function;
    uint32_t shard;
    uint32_t part; /* of the shard's keys, 0 .. ParallelizationFactor - 1: those with this place */
    uint16_t log;  /* index into layout.logs */
    uint16_t checkpoint_slot; /* records of the shard that are acknowledged */
    uint16_t batch_slot;      /* records of the shard that the batch held spans; 0: none */
    uint16_t node_slot;       /* where its invocation stands; HANDLER_NODE_NONE: not running */
    uint16_t attempt_slot;    /* attempt of the batch; 0 unless the function depends on it */
    uint16_t batches_slot; /* LIST: sizes of the batches done with; none unless `redeliver` is on */
    uint16_t late_slot;    /* the call in flight when its invocation timed out, by its node;
                              HANDLER_NODE_NONE: no call is; none unless `late_write` is on */
    uint16_t failures_slot; /* LIST: how often the batch has failed by itself after a change; empty
                               unless the function does: see model/lasting_failure.c */
    uint16_t
        container_slot; /* what the container that served the invocation before has served, as a
                           served_value; NULL: there is none, or the function keeps nothing */
    /* Settings of the mapping that need more: WORLD_NO_SLOT where they are off. */
    uint16_t retries_slot; /* MaximumRetryAttempts: retries of the batch that are used up */
    uint16_t pieces_slot;  /* BisectBatchOnFunctionError: LIST of the sizes of the pieces that are
                              to be delivered after the batch held, as batches of their own */
    uint16_t failed_slot;  /* ReportBatchItemFailures: the function has returned, and reported the
                              record with this number (from 1) of its batch as the first that
                              failed; 0: none */
    bool throttled;        /* reserved concurrency may keep it waiting */
};

/* Slots that change together lie together: a group per stream or table that is read, with its logs
 * and the pollers on them, and one for everything else. The search stores states by such groups. */
struct layout {
    uint16_t slot_count;
    uint16_t group_ends[WORLD_SLOT_GROUPS_MAX]; /* group g: slots group_ends[g - 1] .. [g] - 1 */
    uint32_t group_count;
    uint16_t generator_slot; /* VALUE: BINARY, a byte per message: how often it was put */
    uint16_t tokens_slot;    /* idempotency tokens: see dynamodb_token_record */
    uint16_t clock_slots[PIPELINE_FUNCTIONS_MAX]; /* ms since the start */
    uint16_t cap_slots[FAULT_KIND_COUNT];         /* faults of a capped kind so far; or none */
    uint16_t table_slots[PIPELINE_TABLES_MAX];
    /* what each table held before its latest change; none unless `stale_read` is on */
    uint16_t before_slots[PIPELINE_TABLES_MAX];
    /* MAP from hash key to shard, of keys that chance chose */
    uint16_t place_slots[PIPELINE_TABLES_MAX];
    /* the same of partition keys; none for a stream of one shard */
    uint16_t stream_place_slots[PIPELINE_STREAMS_MAX];
    int32_t stream_logs[PIPELINE_STREAMS_MAX]; /* first of the shards' logs, in order of shards */
    int32_t table_logs[PIPELINE_TABLES_MAX];   /* the same; -1: nobody reads the table's stream */
    struct log_layout logs[WORLD_LOGS_MAX];
    uint32_t log_count;
    struct poller_layout pollers[WORLD_POLLERS_MAX];
    uint32_t poller_count;
    uint8_t *slot_kinds; /* enum slot_kind; for a node SLOT_NODE + function */
};

/* A call that a function's role did not allow. */
struct refused_call {
    uint32_t function;
    bool denied;         /* explicitly */
    struct value action; /* STRING */
    struct value resource;
};

/* What has been learnt while running; part of every state's meaning. */
struct world_facts {
    bool table_written[PIPELINE_TABLES_MAX];    /* some function sent a write to it */
    bool table_transacted[PIPELINE_TABLES_MAX]; /* some function sent a transaction to it */
    struct footprints footprints;               /* which function touches what */
    bool time_passes;                           /* timeouts are on, or a function sleeps */
    bool attempts_shown[PIPELINE_FUNCTIONS_MAX];
    bool remembers[PIPELINE_FUNCTIONS_MAX]; /* it keeps something in its containers */
    bool fails[PIPELINE_FUNCTIONS_MAX];     /* some invocation of it failed without a fault */
    /* failures without a fault are counted where there may be no end of them, which is for the
     * search to say: see model/lasting_failure.c */
    bool failures_counted;
    struct refused_call refusals[WORLD_REFUSALS_MAX]; /* for people */
    size_t refusal_count;
    bool tokens_come_back; /* tokens cannot be dropped with their batch: see model/dead_data.h */
    /* Some of their requests do not commute: see model/turns.h. */
    bool tied[PIPELINE_FUNCTIONS_MAX][PIPELINE_FUNCTIONS_MAX];
};

/* Groups of pollers, of each stage one or more: those up to and including the first that can move
 * on are explored. See model/turns.h. */
struct turn_order {
    uint32_t count;
    uint16_t of_poller[WORLD_POLLERS_MAX];
    uint16_t of_generator; /* where it does not come first */
};

struct call_memo;
struct dead_data;
struct outcome_memo;
struct turns;

struct world {
    struct memory *memory;
    struct value_store *store;
    struct arena arena;   /* lives as long as the world */
    struct arena scratch; /* reset by every expansion */
    const struct pipeline *pipeline;
    const struct scenario *scenario;
    const struct fault_config *faults;
    uint64_t fault_functions[FAULT_KIND_COUNT]; /* bit set: the functions that a kind may befall */
    const struct workload *workload;
    struct handler_tree **trees; /* one per function; NULL: no mapping invokes it */
    struct layout layout;
    struct world_facts facts;
    bool facts_changed;
    bool time_is_news; /* among the facts changed: time passes */
    /* Follow steps that nobody else can observe (draws, reads of tables that nobody writes, the
     * clock where no time passes) as part of the step before. Off while a trace is recorded or
     * replayed. */
    bool merge_local_steps;
    /* Explore the actions of a state's first stage that can move on only: see model/stages.h. */
    bool stage_order;
    /* Of a stage with pollers that need not be interleaved one after the other: see model/turns.h.
     * Only with the stage order. */
    bool shards_in_turn;
    struct turns *turns;
    struct turn_order order; /* by the facts known when the search began */
    /* Take out of states what nothing can look at any more: see model/dead_data.h. */
    bool drop_dead_data;
    struct dead_data *dead;
    struct stages stages; /* by the footprints known when the search began */
    struct value filters[PIPELINE_MAPPINGS_MAX][MAPPING_FILTERS_MAX];
    struct id_map taken; /* poller and record: whether it delivers it */
    struct call_memo *calls;
    struct outcome_memo *outcomes;
    struct value draw_low;
    struct value draw_high;
    struct value status_name; /* "status" */
    struct value empty_map;
    struct value empty_list;
    struct value no_container;   /* NULL */
    struct value everything_put; /* the generator's slot at its end */
};

/* What searches leave out: see struct world. */
struct world_reductions {
    bool merge_local_steps;
    bool stage_order;
    bool shards_in_turn;
    bool drop_dead_data;
};

/* Everything is borrowed and outlives the world. `trees` has an entry per function. */
struct world_inputs {
    struct memory *memory;
    struct value_store *store;
    const struct pipeline *pipeline;
    const struct scenario *scenario;
    const struct fault_config *faults;
    const struct workload *workload;
    struct handler_tree **trees;
    bool merge_local_steps;
    bool stage_order;
    bool shards_in_turn;
    bool drop_dead_data; /* as far as the faults allow it */
};

enum status world_create(const struct world_inputs *inputs, struct world **world,
                         struct error *error);
void world_destroy(struct world *world); /* world may be NULL */

/* Fill `slots` (layout.slot_count of them) with the state in which nothing has happened. */
void world_initial_state(struct world *world, uint32_t *slots);

/* True once after facts have changed: trees of functions that depend on their attempt show attempts
 * from now on, and every state found so far is void. */
bool world_take_facts_changed(struct world *world);

/* Begin with what another world of the same pipeline has learnt. */
void world_adopt_facts(struct world *world, const struct world_facts *facts);

struct value world_log(const struct world *world, const uint32_t *slots, uint32_t log);
/* Records ever written to the log; those before its base are not in world_log any more. */
size_t world_log_length(const struct world *world, const uint32_t *slots, uint32_t log);
uint32_t world_log_base(const struct world *world, const uint32_t *slots, uint32_t log);
/* Add a record, made `time_ms` after the start, to the end of the log. False: no memory. */
bool world_log_append(struct world *world, uint32_t *slots, uint32_t log, int64_t time_ms,
                      struct value record);
/* When the record at a position was made, in ms since the start. */
int64_t world_log_time_ms(const struct world *world, const uint32_t *slots, uint32_t log,
                          uint32_t position);
/* The entry at a position counted from the log's beginning; not before its base. */
struct value world_log_entry(const struct world *world, const uint32_t *slots, uint32_t log,
                             uint32_t position);

/* "StateLambda/shard-0"; with the source's name in between where the function has several
 * mappings. */
void world_poller_name(const struct world *world, uint32_t poller, char *text, size_t size);

/* Whether a poller delivers the record at a position of its log; it passes over those that no
 * filter of its mapping fits, and those with keys that are another part's. */
bool world_takes(struct world *world, const uint32_t *slots, uint32_t poller, uint32_t position);
/* How many of `count` records from a position on it delivers. */
uint32_t world_taken(struct world *world, const uint32_t *slots, uint32_t poller, uint32_t position,
                     uint32_t count);

/* The event of the batch that a poller holds. */
struct value world_event(struct world *world, const uint32_t *slots, uint32_t poller);

/* Hashes by contents: the same in every run, whatever ids values and nodes have got. The
 * fingerprint of a state is the sum of those of its slots; so that of a successor is known without
 * looking at the slots that stay, and that of a state is the sum of those of its runs of slots
 * (`count` slots from the slot `first` on). */
uint64_t world_slot_fingerprint(const struct world *world, uint32_t slot, uint32_t content);
uint64_t world_run_fingerprint(const struct world *world, const uint32_t *slots, uint32_t first,
                               uint32_t count);

/* How old records may become that are delivered: as old as streams keep them, 24 hours (DynamoDB
 * developer guide, "Change data capture for DynamoDB Streams"; Kinesis developer guide, "Changing
 * the data retention period": the default), or MaximumRecordAgeInSeconds. */
int64_t world_age_limit_ms(const struct world *world, const struct poller_layout *poller);

/* How many invocations of a function are running. One that has failed is not: its retry waits for
 * concurrency like any other. (One that has returned is, until its poller knows: nothing can come
 * between that would matter.) */
uint32_t world_running(const struct world *world, const uint32_t *slots, uint32_t function);

#endif
