/* Zygotes: Python processes that hold a loaded package and fork a run when told to.
 *
 * A zygote is model/python/runtime/host.py under the preload library. Its control socket is a
 * SOCK_SEQPACKET; a message is one packet of text.
 *
 *   to it    a JSON object with what host_zygote_start is given, once; then
 *            "fork" with a stream socket (SCM_RIGHTS) for the run's frames; "reap PID", wait for
 *            its end; "forget PID", kill it
 *   from it  "files PATHS", once or more, then "ready VERSIONS"; "late": the package calls AWS (or
 *            starts threads) while it is imported, so the import has to happen in each run;
 *            "error {JSON}": it cannot be loaded; "broken MESSAGE": the host itself failed;
 *            "pid N" or "failed ERRNO" for fork; "status N" (as of waitpid) for reap
 *
 * The first frame of a run is its pid as it knows it. In jail (jail_layers.h) zygote and runs have
 * pids of their own, which mean something in messages to the zygote only; the kernel adds to each
 * frame, and to each message of a zygote, which process it is for us (SO_PASSCRED).
 *
 * A run is reaped by its zygote, when told, and so its pid stays its own until then. Zygotes die
 * with the thread that starts them (see host_launcher.h), and runs with their zygote
 * (PR_SET_PDEATHSIG). */
#ifndef ONCECHECK_MODEL_PYTHON_HOST_PROCESS_H
#define ONCECHECK_MODEL_PYTHON_HOST_PROCESS_H

#include "model/base/error.h"
#include "model/base/memory.h"
#include "model/base/text.h"
#include "model/python/python_host.h"

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

enum { HOST_SCRATCH_SIZE = 32, HOST_ASK = SIGUSR2 /* as in host.py */ };

struct host_zygote {
    pid_t pid;     /* 0: not running */
    int control;   /* -1: none */
    pid_t process; /* that has the package: `pid`, or in jail its child; 0: not known yet */
    char scratch[HOST_SCRATCH_SIZE]; /* the folder for its /tmp, in jail; "": none */
    char seed[64];
    uint32_t hash_seed;
};

enum host_load { HOST_LOADED, HOST_LOAD_LATE };

/* Start a zygote without waiting for it. `variant` selects its hash seed and the seed of what its
 * package draws while it is imported; `late`: leave the import to the runs. */
enum status host_zygote_start(struct host_zygote *zygote, struct memory *memory,
                              const struct python_host_options *options, uint32_t variant,
                              bool late, struct error *error);

/* What a zygote tells when it has loaded the package. */
struct host_loaded {
    enum host_load load;
    char versions[256];
    struct text *files; /* gets the paths of what it loaded, a line each */
};

/* Wait until the package is loaded. */
enum status host_zygote_await(struct host_zygote *zygote, struct value_store *store,
                              const struct python_host_options *options, int64_t deadline_ms,
                              struct host_loaded *loaded, struct error *error);

/* What a zygote is given to start with, as JSON; `package` is an absolute path. */
void host_append_config(struct text *text, const struct python_host_options *options,
                        const char *package, const struct host_zygote *zygote, bool late);

/* Kill it, and with it its runs. */
void host_zygote_stop(struct host_zygote *zygote);

/* Ask for a run; `*channel` gets our end of its socket. Its pid, as the zygote names it, is told by
 * host_zygote_forked, in the order of the requests. STATUS_SYSTEM where the zygote is dead. */
enum status host_zygote_fork(struct host_zygote *zygote, int *channel, struct error *error);
enum status host_zygote_forked(struct host_zygote *zygote, int64_t deadline_ms, pid_t *pid,
                               struct error *error);

/* Wait for the end of a run that is ending; *status as of waitpid. */
enum status host_zygote_reap(struct host_zygote *zygote, pid_t pid, int64_t deadline_ms,
                             int *status, struct error *error);

/* Kill a run, and have it reaped at some time. */
void host_zygote_forget(struct host_zygote *zygote, pid_t pid);

/* What the system says of a process that has not been reaped. */
enum host_activity { HOST_ENDED, HOST_BLOCKED, HOST_RUNNING };
enum host_activity host_process_activity(pid_t pid, int64_t *processor_ms);

/* The process that has started `pid`; 0: there is none. */
pid_t host_process_parent(pid_t pid);

/* How many runs the zygote has, by what the kernel says: ended ones that are not reaped included. 0
 * where it says nothing. */
size_t host_zygote_runs(const struct host_zygote *zygote);

/* Send a signal to a run of the zygote's; nothing where `process` is none, or no more. HOST_ASK
 * asks one that hangs to say where, by a frame of kind "hang". */
void host_process_signal(const struct host_zygote *zygote, pid_t process, int signal);

/* "exit status 3", "signal: killed" as Lambda reports the end of a runtime; `status` as of waitpid.
 */
void host_describe_status(int status, char *text, size_t size);

#endif
