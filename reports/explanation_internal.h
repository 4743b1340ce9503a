/* Shared by explanation.c and cause*.c: an explanation under construction. */
#ifndef ONCECHECK_REPORTS_EXPLANATION_INTERNAL_H
#define ONCECHECK_REPORTS_EXPLANATION_INTERNAL_H

#include "model/base/text.h"
#include "reports/explanation.h"
#include "reports/ledger.h"

/* After this step the aggregates count a message `to` times, before `from` times. */
struct count_change {
    size_t step;
    uint32_t message;
    int32_t from;
    int32_t to;
};

struct explanation {
    struct world *world;
    struct value_store *store;
    struct value steps;
    struct ledger ledger;
    const struct ledger_name *names;
    const struct count_change *changes; /* in the order of steps */
    size_t change_count;
    const char *aggregates; /* "AggregateTable/" */
    struct text cause;      /* empty: nothing found yet */
    struct text defence;
    struct value key_steps; /* in any order */
    size_t culprit;         /* the step whose code is to be changed; LEDGER_NONE: not known */
};

/* A message counted more often than once. */
void cause_twice(struct explanation *explanation, uint32_t message);

/* A message written twice to one key of the aggregates ("AggregateTable/PV") by two attempts, where
 * the sums do not say so. */
void cause_written_twice(struct explanation *explanation, uint32_t message, const char *component);

/* The newest version of a trade, not counted. */
void cause_lost(struct explanation *explanation, uint32_t message);

/* A version that `newer` replaces, still counted. */
void cause_superseded(struct explanation *explanation, uint32_t message, uint32_t newer);

/* A record of the message came in two batches that differ, and something was written for each;
 * false: no. */
bool cause_rebatched(struct explanation *explanation, uint32_t message);

/* What became of a batch for which nothing was written, where time passed: its records were dropped
 * by the stream, or the function looked at the clock. Goes on with the sentence about the batch;
 * false: neither. */
bool cause_too_late(struct explanation *explanation, size_t batch);

/* A transaction that wrote nothing because another, for other records, had had its token. */
void cause_token(struct explanation *explanation);

/* A wrong sum of which nothing else is known: its last write. `component` is its item. */
void cause_wrong_sum(struct explanation *explanation, const struct aggregate_difference *wrong,
                     const char *component);

/* A batch that fails for ever. */
void cause_stuck(struct explanation *explanation, const char *poller);

/* An invocation starts at this step in a container that has served another; what was found before
 * about its consequences is replaced. */
void cause_container(struct explanation *explanation, size_t step);

/* Steps are counted from 0 in what follows, and from 1 in texts. */

/* Note that a step matters. */
__attribute__((format(printf, 3, 4))) void explain_step(struct explanation *explanation,
                                                        size_t step, const char *format, ...);

/* Append "T1 v0"; "ReduceLambda/shard-0"; "StateTable/T1", cut where it is a hash;
 * "the aggregates" or the table's name; "PutItem". */
void append_message(struct text *text, const struct explanation *explanation, uint32_t message);
void append_actor_of(struct text *text, const struct explanation *explanation, size_t step);
void append_component_of(struct text *text, const struct explanation *explanation, size_t write);
void append_table_of(struct text *text, const struct explanation *explanation, size_t write);
void append_operation_of(struct text *text, const struct explanation *explanation, size_t step);

struct value explained_step(const struct explanation *explanation, size_t step);

/* The body of a step's request; VALUE_NONE where it has none. */
struct value request_body_of(const struct explanation *explanation, size_t step);

/* Whether a request has a condition, in any of its parts. */
bool has_condition(const struct explanation *explanation, size_t step);

/* The last step before `before` in which an attempt on the batch ended without success, after
 * `after`; LEDGER_NONE. *how is "crashed", "timed out" or "failed". */
size_t interruption_between(const struct explanation *explanation, size_t batch, size_t after,
                            size_t before, const char **how);

/* Whether some number in the content counts the message; true where nothing can tell. */
bool shows_value(const struct explanation *explanation, struct value content, uint32_t message);

/* The last call that read a table named by `prefix` ("StateTable/"), by the same attempt as the
 * step `before`, and before it; LEDGER_NONE. */
size_t read_before(const struct explanation *explanation, size_t before, const char *prefix);

#endif
