/* Runs in progress: a few at a time, in parallel, each in a child of its own.
 *
 * A child is forked from the zygote of its attempt, replays the inputs it is sent, reports a step
 * for each, and then parks at the first question that they do not answer, until that answer is
 * wanted or its place is. A draw has two answers, and both will be wanted: a child that is parked
 * at one is forked for the first of them, where it can be (runtime/virtual_branch.h), which costs a
 * fraction of doing all that led there again. */
#ifndef ONCECHECK_MODEL_PYTHON_HOST_BATCH_H
#define ONCECHECK_MODEL_PYTHON_HOST_BATCH_H

#include "model/base/arena.h"
#include "model/python/host_channel.h"
#include "model/python/host_launcher.h"
#include "model/python/host_process.h"
#include "model/python/host_record.h"
#include "model/python/python_host.h"

enum {
    HOST_VARIANTS = 2,      /* zygotes: attempt modulo 2 */
    HOST_ACTIVE_MAX = 8,    /* runs at the same time */
    HOST_UNKNOWN_MAX = 512, /* runs of a zygote's that we do not know: killed and not reaped ones */
    HOST_CHILDREN_MAX = PYTHON_HOST_PARKED_MAX + HOST_ACTIVE_MAX
};

/* A forked run. Parked: waiting for the input number `count`. */
struct host_child {
    bool used;
    bool active;
    bool pid_awaited; /* forked, and its pid not told by the zygote yet */
    bool is_silent;   /* has not sent its first frame */
    bool is_branch;   /* of a parked child; its first frame alone tells its pid */
    bool has_branch;  /* parked at a draw: one of its two answers has gone to a branch */
    pid_t pid;        /* as its zygote names it; 0: not known, or reaped */
    uint32_t variant;
    struct host_channel channel;
    struct value event;
    uint32_t attempt;
    struct value *inputs;         /* given so far */
    struct handler_step question; /* that it waits with */
    size_t count;
    size_t capacity;
    uint64_t last_used;
};

struct python_host {
    struct memory *memory;
    struct value_store *store;
    struct python_host_options options;
    struct arena arena; /* the options' strings */
    struct host_zygote zygotes[HOST_VARIANTS];
    struct host_launcher launcher;
    bool late; /* the package is imported by each run */
    struct host_child children[HOST_CHILDREN_MAX];
    bool suspect[HOST_VARIANTS]; /* what a run of it has left behind is not known */
    struct host_record record;
    struct text scratch; /* a frame to send */
    struct text files;   /* what the zygotes have loaded, a path a line */
    uint64_t uses;       /* a clock for last_used */
    struct python_host_statistics statistics;
};

/* Start a zygote for every variant for which there is none, and wait until they are loaded. */
enum status host_start_zygotes(struct python_host *host, struct error *error);

/* Kill a child and free its place. */
void host_drop_child(struct python_host *host, struct host_child *child);

/* At most HOST_ACTIVE_MAX runs; fills steps. */
enum status host_run_batch(struct python_host *host, const struct handler_run *runs, size_t count,
                           struct handler_step *steps, struct error *error);

#endif
