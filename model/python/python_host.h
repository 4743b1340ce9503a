/* Python Lambda functions, unmodified, in host processes of their own.
 *
 * A function's package is loaded once by a zygote (model/python/runtime/host.py under an LD_PRELOAD
 * library that makes time and randomness virtual), or rather by two with different hash seeds, one
 * for even and one for odd attempts; each run is a fork of one. boto3 and botocore are the real
 * ones; their requests are caught at botocore's `before-send` event, so validation, serialisation,
 * retries and exceptions are the real ones. A child that has asked something stays parked there,
 * and continues when its answer is the next one wanted; otherwise its prefix is run again from a
 * fork. So every run starts in a container that has just loaded the package.
 *
 * Every run reports each step it goes through, replayed ones too: where the same inputs lead to
 * other steps than before, the status is STATUS_NONDETERMINISTIC and the message holds both.
 * Whatever a package does - die, hang, flood, exhaust memory - ends as a step or as an error,
 * within the wall-clock limit; frames from the host are treated as hostile input. What is valid on
 * AWS and not simulated (another service, a network connection, a request in a forked process) is
 * STATUS_UNSUPPORTED with the place in the package.
 *
 * Any thread may use a host, one at a time. */
#ifndef ONCECHECK_MODEL_PYTHON_PYTHON_HOST_H
#define ONCECHECK_MODEL_PYTHON_PYTHON_HOST_H

#include "model/handler.h"
#include "model/pipeline.h"

enum {
    PYTHON_HOST_FRAME_MAX = 16 << 20,  /* bytes of one protocol frame */
    PYTHON_HOST_OUTPUT_MAX = 64 << 10, /* bytes of printed text kept per step */
    PYTHON_HOST_PARKED_MAX = 64,       /* children waiting for an answer, per function */
    PYTHON_HOST_STEP_SECONDS = 10,     /* wall-clock limit of a step; then HANDLER_HANG */
    PYTHON_HOST_START_SECONDS = 60     /* wall-clock limit of loading a package */
};

struct python_host_options {
    const char *python;        /* interpreter that can import boto3: an absolute path */
    const char *runtime_dir;   /* holds runtime/'s *.py and libvirtual.so, made from virtual.c */
    const char *package_dir;   /* the function's package */
    const char *const *layers; /* absolute folders on the import path behind the package; must live
                                  as long as the host */
    size_t layer_count;
    const struct function_config *function; /* handler, name, timeout, memory, environment; must
                                               live as long as the host */
    int64_t clock_ms;  /* the clock while the package is loaded, ms since 1970 */
    bool note_lines;   /* steps say which lines ran; that is slower */
    bool note_sources; /* with note_lines: and what differs between invocations; slower still */
    int64_t step_ms;   /* wall-clock limit of a step; 0: PYTHON_HOST_STEP_SECONDS */
    int jail;          /* layers of enum jail_layer that the host enters; 0: no jail */
    /* Whether hosts will take more memory than they may, once they have taken `more` bytes: asked
     * before each start and before runs. Parked children are given up then, and where there are
     * none, STATUS_NO_MEMORY. NULL: they may take what they want. */
    bool (*memory_exceeded)(void *memory_context, size_t more);
    void *memory_context;
};

struct python_host_statistics {
    uint64_t runs;      /* forks */
    uint64_t steps;     /* reported, replayed ones included */
    double seconds;     /* wall-clock time spent waiting for hosts; for people only */
    char versions[256]; /* "Python 3.11.2, boto3 1.26.27, botocore 1.29.27" */
};

/* Start the host and load the package. Import errors (a missing module, a syntax error, a missing
 * handler) are STATUS_BAD_INPUT with the package's file, line and column; code that calls AWS while
 * it is imported is allowed. Free with backend->destroy(backend->self). */
enum status python_host_create(struct memory *memory, struct value_store *store,
                               const struct python_host_options *options,
                               struct handler_backend *backend, struct error *error);

/* `backend` must come from python_host_create. */
void python_host_statistics(const struct handler_backend *backend,
                            struct python_host_statistics *statistics);

/* The files outside the package that the function's runs depend on, an absolute path a line:
 * interpreter, libraries, modules, settings of the SDK. Valid as long as the host. */
const char *python_host_files(const struct handler_backend *backend);

/* A hash of what the system says of such files now (kind, size, time of change), and the lack of
 * them: the same as long as nothing is installed, removed or edited. */
struct hash128 python_host_files_state(const char *files);

/* A hash of everything else that decides what a function does for an event and inputs: settings,
 * the paths of package and interpreter, oncecheck's own Python files and protocol, and `package`, a
 * digest of the package's files. */
enum status python_host_key(struct value_store *store, const struct python_host_options *options,
                            struct hash128 package, struct hash128 *key, struct error *error);

/* For cached_handler.h. `self` is that of the backend. STATUS_NONDETERMINISTIC where the host has
 * seen another step. */
enum status python_host_expect(void *self, const struct handler_run *run,
                               const struct handler_step *step, struct error *error);

/* The interpreter that python_host_find_interpreter chooses if it can import boto3, without the
 * time that trying takes; "" in `path` where there is none. */
void python_host_guess_interpreter(const char *requested, const char *environment, char *path,
                                   size_t path_size);

/* Find an interpreter that can import boto3: `requested` if not NULL (then only that), else
 * $ONCECHECK_PYTHON's value passed in `environment` (may be NULL), python3, /usr/bin/python3. Names
 * without a slash are looked up in PATH. Writes the absolute path of the interpreter itself
 * (sys.executable, not a shim). STATUS_BAD_INPUT, with what is wrong with each, if there is none.
 */
enum status python_host_find_interpreter(const char *requested, const char *environment, char *path,
                                         size_t path_size, struct error *error);

#endif
