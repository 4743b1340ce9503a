/* The workshop's game at full size, in virtual time: a discrete-event simulation over the same
 * services, records and functions as the search (model/dynamodb.h, model/event.h,
 * model/handler_session.h).
 *
 * The pipeline must be the workshop's: IncomingDataStream, StateTable, ReduceTable, AggregateTable,
 * ParameterTable; mappings with a BatchSize, a batching window, retry attempts and a record age. A
 * minute begins with its puts, a PutRecords every 100 ms; 30 s after the last the aggregates of all
 * levels are compared with what they must be, within 1e-5. What takes how long is in
 * model/simulation_latency.h; polls are those that AWS documents: of a Kinesis shard once a second,
 * of a DynamoDB stream's four times (Lambda developer guide). The same options give the same
 * results, on any machine.
 *
 * Memory: the tables, the trades and what is under way; all else is given back now and then. */
#ifndef ONCECHECK_MODEL_SIMULATION_H
#define ONCECHECK_MODEL_SIMULATION_H

#include "model/base/error.h"
#include "model/handler_session.h"
#include "model/pipeline.h"
#include "model/simulation_game.h"

enum {
    SIMULATION_MINUTES_MAX = 10000,
    SIMULATION_STREAM_SHARDS = 4, /* of a table's stream: a new on-demand table has capacity for
                                     4,000 writes a second, a partition for 1,000 (DynamoDB
                                     developer guide), and a stream a shard per partition */
    SIMULATION_PUT_EVERY_MS = 100,
    SIMULATION_SCORE_AFTER_MS = 30000, /* after the last put */
};

/* What the game's functions fail with, by ParameterTable: name of the option, parameter, Lab 2's
 * percentage. */
#define GAME_FAILURES(X)                                                                           \
    X(FAILURE_STATE, "state", "FAILURE_STATE_LAMBDA_PCT", 5)                                       \
    X(FAILURE_MAP, "map", "FAILURE_MAP_LAMBDA_PCT", 10)                                            \
    X(FAILURE_REDUCE, "reduce", "FAILURE_REDUCE_LAMBDA_PCT", 10)

enum game_failure {
#define GAME_FAILURE_ENUM(id, name, parameter, percent) id,
    GAME_FAILURES(GAME_FAILURE_ENUM)
#undef GAME_FAILURE_ENUM
        GAME_FAILURE_COUNT
};

struct simulation_options {
    uint64_t seed;
    struct game_rates rates;
    uint32_t failures[GAME_FAILURE_COUNT]; /* in Lab 2, parts of GAME_PERCENT */
};

/* The workshop's rates. */
struct simulation_options simulation_options_default(void);

struct simulation_inputs {
    struct memory *memory;
    struct value_store *store;
    const struct pipeline *pipeline;  /* its tables' streams have SIMULATION_STREAM_SHARDS */
    struct handler_session *sessions; /* by function; self NULL: nothing invokes it */
    const struct simulation_options *options;
    /* Called every virtual second; true: stop, as interrupted. May be NULL. */
    bool (*tick)(void *context);
    void *context;
};

/* Of one function in one minute. */
struct function_figures {
    uint64_t invocations;
    uint64_t records;
    uint64_t errors;   /* the function failed: its batch comes again */
    uint64_t timeouts; /* among the errors */
    uint64_t throttles;
    uint64_t cold_starts;
    uint64_t calls;
    uint64_t rejected;  /* writes whose condition did not hold */
    uint64_t unchanged; /* writes that left their item as it was */
    uint64_t dropped;   /* records given up: too old, or too many attempts */
};

struct minute_figures {
    uint32_t minute; /* from 1 */
    uint32_t lab;    /* 1 or 2 */
    uint64_t messages;
    uint64_t duplicates;    /* among the messages */
    uint64_t modifications; /* the same */
    bool scored;
    uint32_t points; /* so far */
    uint32_t wrong_keys;
    char worst_key[GAME_KEY_SIZE]; /* where the difference is largest; "" if nothing is wrong */
    double worst_difference;
    uint64_t counted;       /* changes that reached the aggregates in this minute */
    uint32_t latency_ms[4]; /* from put to aggregate: at 50, 90, 99 and 100 %; UINT32_MAX: none */
    uint64_t backlog[PIPELINE_MAPPINGS_MAX]; /* records not acknowledged when the score was taken */
    struct function_figures functions[PIPELINE_FUNCTIONS_MAX];
};

/* name, text for people */
#define WRONG_KINDS(X)                                                                             \
    X(WRONG_NOTHING, "nothing", "nothing is wrong")                                                \
    X(WRONG_LOST_BEFORE_STATE, "lost_before_state", "lost: StateTable does not have it")           \
    X(WRONG_OLD_VERSION, "old_version", "the old version won: StateTable has an earlier one")      \
    X(WRONG_OTHER_STATE, "other_state", "StateTable has another value than was sent")              \
    X(WRONG_TWICE, "twice", "counted twice")                                                       \
    X(WRONG_LATE, "late", "late: still on its way when the score was taken")                       \
    X(WRONG_LOST, "lost", "lost between StateTable and AggregateTable")                            \
    X(WRONG_UPDATE, "update", "an update was added without what it replaces")                      \
    X(WRONG_SUM, "sum", "every change arrived once, and the sums are wrong all the same")

enum wrong_kind {
#define WRONG_KIND_ENUM(id, name, text) id,
    WRONG_KINDS(WRONG_KIND_ENUM)
#undef WRONG_KIND_ENUM
        WRONG_KIND_COUNT
};

/* The first message, by the time of its put, that went wrong in the first minute that scores 0. */
struct wrong_message {
    enum wrong_kind kind;
    uint32_t minute;
    uint32_t lab;
    uint32_t trade;
    uint8_t version;
    char id[GAME_TRADE_ID_SIZE];
    uint32_t put_ms;         /* since the start */
    uint32_t counted;        /* of WRONG_TWICE */
    struct game_trade state; /* of the trade */
};

struct simulation;

/* STATUS_UNSUPPORTED where the pipeline is not the workshop's. */
enum status simulation_create(const struct simulation_inputs *inputs, struct simulation **result,
                              struct error *error);
void simulation_destroy(struct simulation *simulation); /* may be NULL */

/* Play the next minute. STATUS_INTERRUPTED where `tick` says so. */
enum status simulation_play(struct simulation *simulation, struct minute_figures *figures,
                            struct error *error);

const struct wrong_message *simulation_wrong(const struct simulation *simulation);
const char *wrong_kind_name(enum wrong_kind kind);
const char *wrong_kind_text(enum wrong_kind kind);

/* What AggregateTable holds under a key now; false: nothing, or no number. */
bool simulation_aggregate(struct simulation *simulation, const char *key, double *value);
const struct game *simulation_game(const struct simulation *simulation);
/* The game's time in ms. */
int64_t simulation_now_ms(const struct simulation *simulation);

#endif
