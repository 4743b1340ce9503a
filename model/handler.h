/* A handler seen from outside: inputs in, steps out.
 *
 * Between two inputs a Lambda function is deterministic, so its behaviour for one event is a tree:
 * a node is (function, event, attempt, inputs received so far) and says what the function does
 * next. A `handler_backend` computes that step for a prefix of inputs; model/handler_tree keeps the
 * tree and asks each question once. Two kinds of backends: C reference handlers (model/handlers)
 * and Python packages in host processes (model/python).
 *
 * Inputs, one for each step that is not an end:
 *   CALL  MAP {"status": NUMBER, "body": MAP}: the HTTP answer of the service, or MAP {"error":
 *         "closed" | "timeout"}: the connection was closed, or no answer came for botocore's read
 *         timeout of 60 s. Where a fault made it, "fault" names the kind (for the tree alone).
 *   DRAW  STRING "low" or "high": a draw of random.uniform or random.random at an end of its range
 *   TIME  NUMBER: the clock the function sees, in ms since 1970
 *
 * The attempt (from 0) seeds everything random: uuids, secrets, the random module, the hash seed
 * (attempt modulo 2). The seed also depends on the event, so that different events never share a
 * random number. A token that the SDK invents (botocore fills in ClientRequestToken) is not passed
 * on: the request carries none and `fresh_token` is set. */
#ifndef ONCECHECK_MODEL_HANDLER_H
#define ONCECHECK_MODEL_HANDLER_H

#include "model/base/error.h"
#include "model/base/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HANDLER_STEP_KINDS(X)                                                                      \
    X(HANDLER_CALL, "call")                                                                        \
    X(HANDLER_DRAW, "draw")                                                                        \
    X(HANDLER_TIME, "time")                                                                        \
    X(HANDLER_RETURN, "return")                                                                    \
    X(HANDLER_RAISE, "raise")                                                                      \
    X(HANDLER_EXIT, "exit")                                                                        \
    X(HANDLER_HANG, "hang")

enum handler_step_kind {
#define HANDLER_STEP_ENUM(kind, name) kind,
    HANDLER_STEP_KINDS(HANDLER_STEP_ENUM)
#undef HANDLER_STEP_ENUM
};

struct handler_step {
    enum handler_step_kind kind;
    /* CALL: STRING "DynamoDB_20120810.PutItem" and the body, a MAP. */
    struct value target;
    struct value request;
    bool fresh_token;
    /* fresh_token: the one that the function made, as it was in one attempt; VALUE_NONE: the SDK
     * made it. For comparing with other calls of the same run only. */
    struct value sent_token;
    uint32_t sdk_attempt; /* 1, or more where the SDK itself sends the call again */
    /* DRAW: the expression drawn, as text for people, "random.uniform(0, 100)". RETURN: what the
     * function returned (JSON; VALUE_NULL for None). RAISE: MAP {"class", "message"}; a return
     * value that JSON cannot hold is a RAISE of Runtime.MarshalError, as Lambda reports it. EXIT:
     * MAP {"message"}: how the process ended ("exit status 3", "signal: killed", "out of memory"),
     * as Lambda reports it. HANG: the function ran into its timeout by itself (an endless loop, a
     * sleep): MAP {"message"} */
    struct value detail;
    /* Where in the function's package the step was made: file relative to the package (""
     * unknown). */
    struct value file; /* STRING */
    uint32_t line;
    /* What was printed or logged since the previous input: STRING, capped. */
    struct value output;
    /* Virtual time slept since the previous input. */
    int64_t slept_ms;
    /* What ran up to here, where a Python host was asked to note it (see python_host_options):
     * MAP {"files": LIST of MAP {"file", "text", "lines": LIST, "functions": LIST of LIST [name,
     * first line, last], "branches": LIST of LIST [first line of a test, last, first of its body]},
     * "arcs": LIST of LIST [file, from line, to line (-1: out of the function)],
     * "sources": LIST of LIST [kind, what, file, line, seen] of what differs between invocations:
     * runtime/oncecheck_sources.py}; else VALUE_NONE.
     */
    struct value lines;
};

struct handler_run {
    struct value event; /* MAP as Lambda delivers it, or a warm_event (model/container.h) */
    uint32_t attempt;
    const struct value *inputs;
    size_t input_count;
};

struct handler_backend {
    void *self;
    /* Fill steps[i] with what the function does after runs[i]. Runs are independent; a backend may
     * work on them at the same time. Fails with STATUS_BAD_INPUT where the package cannot be
     * loaded, STATUS_NONDETERMINISTIC where the same inputs led to different steps, STATUS_SYSTEM,
     * ... */
    enum status (*next)(void *self, const struct handler_run *runs, size_t count,
                        struct handler_step *steps, struct error *error);
    void (*destroy)(void *self);
    bool works_on_many; /* at the same time: several runs take less time than one after the other */
    bool keeps_state;   /* a container may keep something from one invocation to the next, so that a
                           warm event makes a difference */
};

const char *handler_step_kind_name(enum handler_step_kind kind);
static inline bool handler_step_is_end(enum handler_step_kind kind)
{
    return kind == HANDLER_RETURN || kind == HANDLER_RAISE || kind == HANDLER_EXIT ||
           kind == HANDLER_HANG;
}

#endif
