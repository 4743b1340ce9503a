/* The kinds of faults, each an episode that costs one fault. */
#ifndef ONCECHECK_MODEL_FAULT_H
#define ONCECHECK_MODEL_FAULT_H

#include "model/base/text.h"

#include <stdbool.h>
#include <stdint.h>

#define FAULT_UNLIMITED UINT32_MAX

/* kind, name, how many of it in an execution where neither the scenario nor the user says. Kinds
 * that move a clock, write late or add records make new states without end. */
#define FAULT_KINDS(X)                                                                             \
    X(FAULT_CRASH, "crash", FAULT_UNLIMITED)                                                       \
    X(FAULT_TIMEOUT, "timeout", 2)                                                                 \
    X(FAULT_RANDOM_FAILURE, "random_failure", FAULT_UNLIMITED)                                     \
    X(FAULT_THROTTLE, "throttle", 3)                                                               \
    X(FAULT_SERVER_ERROR, "server_error", 3)                                                       \
    X(FAULT_LOST_RESPONSE, "lost_response", 2)                                                     \
    X(FAULT_LATE_WRITE, "late_write", 1)                                                           \
    X(FAULT_TRANSACTION_CONFLICT, "transaction_conflict", FAULT_UNLIMITED)                         \
    X(FAULT_REDELIVER, "redeliver", FAULT_UNLIMITED)                                               \
    X(FAULT_REBATCH, "rebatch", FAULT_UNLIMITED)                                                   \
    X(FAULT_DELAY, "delay", 2)                                                                     \
    X(FAULT_PUT_FAILURE, "put_failure", 1)                                                         \
    X(FAULT_STALE_READ, "stale_read", FAULT_UNLIMITED)

enum fault_kind {
#define FAULT_ENUM(kind, name, cap) kind,
    FAULT_KINDS(FAULT_ENUM)
#undef FAULT_ENUM
        FAULT_KIND_COUNT
};

/* The longest delay there is: longer than streams keep records. */
enum { FAULT_LONGEST_DELAY_S = 25 * 60 * 60 };

enum { FAULT_FUNCTIONS_MAX = 4, FAULT_FUNCTION_NAME_SIZE = 144 };

/* The functions that a kind of faults is confined to, by name; none: it may befall all. */
struct fault_places {
    char names[FAULT_FUNCTIONS_MAX][FAULT_FUNCTION_NAME_SIZE];
    uint32_t count;
    const char *file; /* where they were written; NULL: on the command line */
    uint32_t line;
    uint32_t column;
};

/* Which kinds are switched on, with what bounds. */
struct fault_config {
    uint32_t limit; /* faults in an execution; FAULT_UNLIMITED: any number */
    bool enabled[FAULT_KIND_COUNT];
    uint32_t cap[FAULT_KIND_COUNT]; /* at most so many of the kind; FAULT_UNLIMITED: no cap */
    struct fault_places places[FAULT_KIND_COUNT];
    uint32_t longest_delay_s; /* delays are 31 s, 61 s, 11 min and 25 h, and 11 h
                                 where items expire, up to this */
};

const char *fault_kind_name(enum fault_kind kind);
/* The cap where none is given; FAULT_UNLIMITED: none. */
uint32_t fault_kind_cap_default(enum fault_kind kind);

/* The kind as people read it: "throttle in MapLambda, at most 3"; `note` follows a cap. */
void fault_config_append(struct text *text, const struct fault_config *faults, enum fault_kind kind,
                         const char *note);

/* The kind of that name, or FAULT_KIND_COUNT. */
enum fault_kind fault_kind_find(const char *name);

#endif
