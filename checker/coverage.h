/* What a search has reached, and what it has not: the coverage of a scenario.
 *
 * Counted are situations: what was worked out for one part of one actor (model/expansion_memo.h).
 * However many states look the same to a function that is about to write, that is one situation;
 * so a count says in how many different circumstances something was explored, it does not depend
 * on the number of workers, and it costs nothing while the search runs, since all of it is read
 * from the memo afterwards. With the stage order and other reductions situations are counted after
 * them: what a reduction leaves out, because it is equal to something explored, is not counted
 * twice.
 *
 * A fault counts where its transition was followed: one found at the last level of a search that
 * was not to go further does not.
 *
 * Calls are told apart by function, operation, tables and place in the code. What can befall a call
 * is one of COVERAGE_OUTCOMES, each with two counts: situations in which it was explored, and
 * situations in which it is equal to something explored elsewhere (a crash before the first write
 * of an invocation leaves what was there before the invocation; after a write that was refused it
 * leaves what a crash before it leaves). */
#ifndef ONCECHECK_CHECKER_COVERAGE_H
#define ONCECHECK_CHECKER_COVERAGE_H

#include "model/base/id_map.h"
#include "model/expansion_memo.h"

/* id, kind of faults, what became of the call */
#define COVERAGE_OUTCOMES(X)                                                                       \
    X(COVERAGE_CRASH_BEFORE, FAULT_CRASH, "before")                                                \
    X(COVERAGE_CRASH_AFTER, FAULT_CRASH, "after")                                                  \
    X(COVERAGE_TIMEOUT_BEFORE, FAULT_TIMEOUT, "before")                                            \
    X(COVERAGE_TIMEOUT_AFTER, FAULT_TIMEOUT, "after")                                              \
    X(COVERAGE_LATE_WRITE, FAULT_LATE_WRITE, "in flight")                                          \
    X(COVERAGE_THROTTLED, FAULT_THROTTLE, "refused")                                               \
    X(COVERAGE_THROTTLED_PARTLY, FAULT_THROTTLE, "done in part")                                   \
    X(COVERAGE_ERROR_NOT_APPLIED, FAULT_SERVER_ERROR, "not applied")                               \
    X(COVERAGE_ERROR_APPLIED, FAULT_SERVER_ERROR, "applied")                                       \
    X(COVERAGE_ERROR_ONCE, FAULT_SERVER_ERROR, "applied, first answer only")                       \
    X(COVERAGE_LOST_BY_TIMEOUT, FAULT_LOST_RESPONSE, "no answer")                                  \
    X(COVERAGE_LOST_BY_CLOSING, FAULT_LOST_RESPONSE, "closed")                                     \
    X(COVERAGE_CONFLICT, FAULT_TRANSACTION_CONFLICT, "refused")                                    \
    X(COVERAGE_STALE_READ, FAULT_STALE_READ, "stale")                                              \
    X(COVERAGE_REBATCH_AFTER, FAULT_REBATCH, "after")

enum coverage_outcome {
#define COVERAGE_ENUM(outcome, fault, text) outcome,
    COVERAGE_OUTCOMES(COVERAGE_ENUM)
#undef COVERAGE_ENUM
        COVERAGE_OUTCOME_COUNT
};

/* What else is counted: id, name in JSON. */
#define COVERAGE_SORTS(X)                                                                          \
    X(COVERAGE_ACTION, "action")             /* function or generator; name: kind of action */     \
    X(COVERAGE_FAULT, "fault")               /* function or generator; name: kind of faults */     \
    X(COVERAGE_BATCH, "batch")               /* function; name: records in a batch polled */       \
    X(COVERAGE_SHARD, "shard")               /* function; name: the poller, with its shard */      \
    X(COVERAGE_ANSWER, "answer")             /* function, call; name: "done" or the error's */     \
    X(COVERAGE_CONDITION, "condition")       /* function, call; name: "held" or "failed" */        \
    X(COVERAGE_CANCELLATION, "cancellation") /* function, call; name: a reason's code */           \
    X(COVERAGE_EVENT, "event")               /* name: "StateTable INSERT" */                       \
    X(COVERAGE_FACT, "fact")                 /* name: of reports/coverage.h, "sometimes" */

enum coverage_sort {
#define COVERAGE_ENUM(sort, name) sort,
    COVERAGE_SORTS(COVERAGE_ENUM)
#undef COVERAGE_ENUM
};

enum {
    COVERAGE_CALLS_MAX = 4096, /* further calls are not told apart from the last */
    COVERAGE_NO_FUNCTION = UINT8_MAX,
    COVERAGE_NO_CALL = UINT16_MAX
};

struct coverage_call {
    uint32_t function;
    struct value operation; /* STRING "PutItem" */
    struct value tables;    /* STRING, names with ", " between */
    struct value file;      /* STRING, relative to the package; "" unknown */
    uint32_t line;
    bool writes;
    uint32_t possible; /* bit set of the outcomes that there can be, whatever is switched on */
    uint64_t sent;     /* situations in which it was answered as it is */
    uint64_t explored[COVERAGE_OUTCOME_COUNT];
    uint64_t equal[COVERAGE_OUTCOME_COUNT];
};

struct coverage_count {
    enum coverage_sort sort;
    uint32_t function; /* COVERAGE_NO_FUNCTION: none */
    uint32_t call;     /* COVERAGE_NO_CALL: none */
    struct value name;
    uint64_t count;
};

/* Where an invocation stood. */
struct coverage_node {
    uint32_t function;
    uint32_t node;
    uint32_t level; /* of faults, the lowest */
    uint32_t call;  /* that it is about to make; or none */
    bool stands;    /* some state stands at it */
    uint64_t stood; /* situations whose faults were followed */
    uint64_t crashed;
    uint64_t timed_out;
};

struct coverage {
    struct memory *memory;
    struct value_store *store;
    struct coverage_call *calls;
    size_t call_count;
    size_t call_capacity;
    struct coverage_count *counts;
    size_t count_count;
    size_t count_capacity;
    struct id_map count_index;
    struct coverage_node *nodes; /* of all searches */
    size_t node_count;
    size_t node_capacity;
    struct id_map node_index;
    bool attempts_shown[PIPELINE_FUNCTIONS_MAX]; /* when the nodes were noted */
    size_t *level_ends; /* of the search under way: situations remembered when each level ended */
    size_t level_count;
    size_t level_capacity;
    /* Of a search that follows some transitions only, by the memo's numbers: 0 where none was, else
     * from 1 the fewest faults before it (at most 254). NULL: all, but for those of level_ends. */
    const uint8_t *followed;
    uint32_t depth;
    uint32_t levels;     /* the highest level of faults reached, in any valuation */
    uint64_t situations; /* in all */
    bool incomplete;     /* memory ran out */
};

void coverage_init(struct coverage *coverage, struct memory *memory, struct value_store *store);
void coverage_release(struct coverage *coverage);

/* The names in it are another store's now: nodes, which belong to the handler trees of the store
 * before, are dropped. False: no memory. */
bool coverage_move(struct coverage *coverage, struct value_store *store);

/* A search begins, also one that begins again; and a level of faults ends, with so many situations
 * remembered. */
void coverage_begin_search(struct coverage *coverage);
void coverage_end_level(struct coverage *coverage, size_t situations);

/* All of it; reading fills one that is empty, whose store has the values of the one written. */
void coverage_archive(struct coverage *coverage, struct archive *archive);

/* Add what the memo remembers of a search of `world` at its end. `saturated`: the faults found at
 * its last level lead nowhere new, so that they count too. Where memory runs out the coverage is
 * `incomplete`; other errors are those of the model. */
enum status coverage_collect(struct coverage *coverage, struct world *world,
                             struct expansion_memo *memo, bool saturated, uint32_t depth,
                             struct error *error);

/* Count one more of a sort. Below, false or an index beyond the maximum: no memory. */
bool coverage_add(struct coverage *coverage, enum coverage_sort sort, uint32_t function,
                  uint32_t call, struct value name);

/* An interruption there could have been, which the search has not followed: so it is not equal to
 * what was. False: no memory. */
bool coverage_note_not_followed(struct coverage *coverage, const struct world *world,
                                const uint32_t *slots, const struct action *action, uint32_t level);

/* The fewest faults before any of these transitions that was followed, of coverage->followed;
 * false: none was. */
bool coverage_followed_level(const struct coverage *coverage, struct remembered_expansion expansion,
                             uint32_t *level);

/* The index of the call that the step at a node makes; COVERAGE_NO_CALL: no memory. */
uint32_t coverage_call_of(struct coverage *coverage, struct world *world, uint32_t function,
                          uint32_t node);

/* The entry of a node, with its level lowered to `level`; NULL: no memory. Valid until the next. */
struct coverage_node *coverage_note_node(struct coverage *coverage, uint32_t function,
                                         uint32_t node, uint32_t level);

/* Something that a scenario says must be reached (`sometimes`, docs/interface.md) was. */
bool coverage_has(const struct coverage *coverage, const char *name);

enum fault_kind coverage_outcome_fault(enum coverage_outcome outcome);
const char *coverage_outcome_text(enum coverage_outcome outcome);
const char *coverage_sort_name(enum coverage_sort sort);

#endif
