/* The ledger as a value, for pages and texts. */
#ifndef ONCECHECK_REPORTS_LEDGER_VALUE_H
#define ONCECHECK_REPORTS_LEDGER_VALUE_H

#include "model/base/text.h"
#include "model/base/value.h"

/* name in JSON */
#define LEDGER_EVENTS(X)                                                                           \
    X(LEDGER_PUT, "put")                                                                           \
    X(LEDGER_BATCH, "batch")                                                                       \
    X(LEDGER_WRITE, "write")                                                                       \
    X(LEDGER_REPLACED, "replaced")                                                                 \
    X(LEDGER_REFUSED, "refused")                                                                   \
    X(LEDGER_FAILED, "failed")                                                                     \
    X(LEDGER_DONE, "done")                                                                         \
    X(LEDGER_COUNTED, "counted")                                                                   \
    X(LEDGER_UNCOUNTED, "uncounted")

/* A LIST of {"trade", "version", "expected", "counted", "entries": LIST of {"n", "event", "text"}},
 * a message of the trace each. VALUE_NONE: no memory. */
struct value ledger_value(struct value_store *store, struct value trace);

/* The same for people, with only the messages whose count is wrong unless `all`. */
void ledger_append(struct text *text, const struct value_store *store, struct value ledger,
                   bool all);

#endif
