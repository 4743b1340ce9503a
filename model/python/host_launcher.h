/* A thread that starts processes for whoever asks.
 *
 * The kernel kills a host with the thread that has started it (PR_SET_PDEATHSIG), so that none
 * survives oncecheck, whatever ends it. But the thread that first needs a host may be a worker of a
 * search that is over long before the host is: so a thread of their own starts them. */
#ifndef ONCECHECK_MODEL_PYTHON_HOST_LAUNCHER_H
#define ONCECHECK_MODEL_PYTHON_HOST_LAUNCHER_H

#include "model/base/error.h"

#include <pthread.h>
#include <stdbool.h>

struct host_launcher {
    pthread_t thread;
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    bool runs;
    bool stops;
    void (*work)(void *context); /* NULL: nothing to do */
    void *context;
};

/* The launcher must not be moved afterwards. */
enum status host_launcher_start(struct host_launcher *launcher, struct error *error);
void host_launcher_stop(struct host_launcher *launcher); /* one that does not run: nothing */

/* Call `work` in the thread, and wait for its end. One caller at a time. */
void host_launcher_call(struct host_launcher *launcher, void (*work)(void *context), void *context);

#endif
