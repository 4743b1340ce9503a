/* The kinds of faults, each an episode that costs one fault. */
#ifndef ONCECHECK_MODEL_FAULT_H
#define ONCECHECK_MODEL_FAULT_H

#include <stdbool.h>
#include <stdint.h>

/* kind, name, whether it is simulated yet */
#define FAULT_KINDS(X)                                                                             \
    X(FAULT_CRASH, "crash", true)                                                                  \
    X(FAULT_TIMEOUT, "timeout", true)                                                              \
    X(FAULT_RANDOM_FAILURE, "random_failure", true)                                                \
    X(FAULT_THROTTLE, "throttle", false)                                                           \
    X(FAULT_SERVER_ERROR, "server_error", false)                                                   \
    X(FAULT_LOST_RESPONSE, "lost_response", false)                                                 \
    X(FAULT_LATE_WRITE, "late_write", false)                                                       \
    X(FAULT_TRANSACTION_CONFLICT, "transaction_conflict", false)                                   \
    X(FAULT_REDELIVER, "redeliver", false)                                                         \
    X(FAULT_REBATCH, "rebatch", false)                                                             \
    X(FAULT_DELAY, "delay", false)                                                                 \
    X(FAULT_PUT_FAILURE, "put_failure", false)

enum fault_kind {
#define FAULT_ENUM(kind, name, simulated) kind,
    FAULT_KINDS(FAULT_ENUM)
#undef FAULT_ENUM
        FAULT_KIND_COUNT
};

#define FAULT_UNLIMITED UINT32_MAX

/* Which kinds are switched on, with what bounds. */
struct fault_config {
    uint32_t limit; /* faults in an execution; FAULT_UNLIMITED: any number */
    bool enabled[FAULT_KIND_COUNT];
    uint32_t cap[FAULT_KIND_COUNT]; /* at most so many of the kind; FAULT_UNLIMITED: no cap */
};

const char *fault_kind_name(enum fault_kind kind);
bool fault_kind_is_simulated(enum fault_kind kind);

/* The kind of that name, or FAULT_KIND_COUNT. */
enum fault_kind fault_kind_find(const char *name);

#endif
