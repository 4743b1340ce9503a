/* The ledger: every message's way through streams and tables, read from a trace's steps alone.
 *
 * A put makes a record that holds one message. Whoever gets a batch holds the messages of its
 * records, and what it writes is theirs: of a batch of several, an item or a stream record belongs
 * to those whose own values (values that no other record of the batch has) it holds; where it holds
 * nobody's, as a sum does, it belongs to them all. The stream record of an item carries its
 * messages on. So the ledger knows no function, no table and no attribute by name.
 *
 * Limits: SCENARIO_MESSAGES_MAX messages. Of a record, item or request LEDGER_ATOMS_MAX values are
 * looked at; in a batch of more than LEDGER_NARROWED_MAX records nothing is told apart. */
#ifndef ONCECHECK_REPORTS_LEDGER_H
#define ONCECHECK_REPORTS_LEDGER_H

#include "model/base/arena.h"
#include "model/base/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { LEDGER_ATOMS_MAX = 64, LEDGER_NARROWED_MAX = 64, LEDGER_DEPTH_MAX = 32 };

#define LEDGER_NONE SIZE_MAX

/* A message's name, by its number in the scenario. */
struct ledger_name {
    const char *trade;
    int64_t version;
};

/* A record of a stream, or of a table's stream. Steps are counted from 0 here. */
struct ledger_record {
    struct value component; /* its name in the snapshot: model/snapshot.h */
    struct value content;
    uint64_t messages; /* a bit each */
    size_t step;       /* that made it */
    size_t batch;      /* whose invocation made it; LEDGER_NONE: a put */
};

/* A batch, with all the attempts on it. */
struct ledger_batch {
    struct value actor; /* STRING: the poller */
    size_t polled;
    size_t acknowledged; /* LEDGER_NONE: not in this trace */
    size_t first;        /* index into batch_records */
    size_t count;
    size_t failures; /* attempts that ended otherwise */
};

/* An item put, changed or deleted by a call. */
struct ledger_write {
    size_t step;
    size_t batch;
    struct value component;
    uint64_t messages;
    /* a message of another version that the item held before, and does not any more; -1: none */
    int32_t replaced;
};

/* A call that was refused, and whose it was. */
struct ledger_refusal {
    size_t step;
    size_t batch;
    uint64_t messages;
};

struct ledger {
    struct value_store *store;
    struct value steps;
    struct ledger_record *records;
    size_t record_count;
    struct ledger_batch *batches;
    size_t batch_count;
    size_t *batch_records; /* indices into records */
    size_t batch_record_count;
    struct ledger_write *writes;
    size_t write_count;
    struct ledger_refusal *refusals;
    size_t refusal_count;
    size_t *step_batches; /* per step: the batch that its actor holds; LEDGER_NONE: none */
};

/* Everything is put into `arena`; `names` has an entry for each of `name_count` messages. False: no
 * memory. */
bool ledger_read(struct ledger *ledger, struct value_store *store, struct value steps,
                 const struct ledger_name *names, size_t name_count, struct arena *arena);

/* The messages of a batch. */
uint64_t ledger_batch_messages(const struct ledger *ledger, size_t batch);

/* A record of the batch that carries the message: the last made; LEDGER_NONE: none does. */
size_t ledger_batch_record(const struct ledger *ledger, size_t batch, uint32_t message);

/* The write of the message at this step whose component begins with `prefix` ("" fits all);
 * LEDGER_NONE. */
size_t ledger_write_at(const struct ledger *ledger, size_t step, uint32_t message,
                       const char *prefix);

/* Actor of a step, and its length without the number of the invocation. */
const char *ledger_actor(const struct ledger *ledger, size_t step, size_t *length);

#endif
