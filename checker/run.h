/* What a run is made of: scenario, pipeline, the functions' code, the value store.
 *
 * Made from a request (command line) or from a trace (replay); both end in the same struct.
 * Everything in it lives as long as the run. */
#ifndef ONCECHECK_CHECKER_RUN_H
#define ONCECHECK_CHECKER_RUN_H

#include "model/base/arena.h"
#include "model/base/error.h"
#include "model/handler_cache.h"
#include "model/handler_tree.h"
#include "model/handlers/reference.h"
#include "model/pipeline.h"
#include "model/python/jail.h"
#include "model/python/python_host.h"
#include "model/scenario.h"
#include "model/template.h"
#include "model/workload.h"
#include "model/world.h"

#include <stdbool.h>

/* a layer puts at most two folders on the import path */
enum { RUN_LAYER_FOLDERS_MAX = 2 * FUNCTION_LAYERS_MAX };
enum { RUN_OVERRIDES_MAX = 64, RUN_DIGEST_SIZE = HASH128_TEXT_SIZE };

enum run_handlers { RUN_PYTHON, RUN_REFERENCE_LAB1, RUN_REFERENCE_LAB2 };

struct function_override {
    const char *name; /* of the function */
    const char *path;
};

struct run_request {
    struct memory *memory;
    const char *data_dir;      /* holds scenarios/ and python/ */
    const char *runtime_dir;   /* the Python host's files */
    const char *scenario;      /* NAME or FILE; ignored if scenario_text is given */
    const char *scenario_text; /* a trace's copy */
    const char *template_file; /* NULL: the scenario's, or the built-in one */
    const char *template_text; /* a trace's copy */
    const struct template_parameters *parameters; /* of the template; NULL: none are given */
    const char *const *settings; /* --set, in order: see model/mapping_override.h */
    size_t setting_count;
    const char *solution; /* NULL only with reference handlers or overrides */
    enum run_handlers handlers;
    struct function_override overrides[RUN_OVERRIDES_MAX];
    size_t override_count;
    const char *python;             /* --python; NULL: look for one */
    const char *python_environment; /* $ONCECHECK_PYTHON */
    uint64_t seed;                  /* --seed */
    const char *fault_limit;        /* --faults; NULL: the scenario's */
    const char *unpack_dir;         /* code in archives and templates is unpacked below it */
    const char *longest_delay;      /* --longest-delay; NULL: the scenario's */
    const char *const *fault_kinds; /* --fault, in order */
    size_t fault_kind_count;
    bool merge_local_steps; /* reductions: see model/world.h */
    bool stage_order;
    bool shards_in_turn;
    bool drop_dead_data;
    bool fault_kinds_only; /* start from no kind at all instead of the scenario's */
    bool known_to_load;  /* a run has loaded the functions with `python`: hosts start when needed */
    bool code_only;      /* find the functions' code, and do not run it */
    enum jail_mode jail; /* of Python hosts: --jail */
    bool share_code;     /* run functions from copies named after what they hold */
    /* See model/python/python_host.h; NULL: hosts may take what they want. */
    bool (*memory_exceeded)(void *memory_context, size_t more);
    void *memory_context;
    /* Called with the store before there is any value in it, once for each run made; NULL: not. */
    enum status (*begin_store)(void *context, struct value_store *store, struct error *error);
    void *begin_store_context;
    const char *cache_dir; /* of the handler cache; NULL: nothing is kept or looked up */
    void (*warn)(void *context, const char *message); /* what does not stop the run; may be NULL */
    void *warn_context;
};

/* Time spent waiting for Python, runs, ... summed over the functions. */
struct run_statistics {
    uint64_t handler_events;
    uint64_t handler_runs;
    uint64_t handler_cache_hits; /* steps that need no run */
    double handler_seconds;
};

/* Where a function's code is from. */
struct function_source {
    const char *path;                          /* folder, or NULL: a reference handler in C */
    const char *copy;                          /* of it, which runs in its place; NULL: none */
    const char *layers[RUN_LAYER_FOLDERS_MAX]; /* absolute, in the order of the import path */
    size_t layer_count;
    bool fallback; /* the solution does not bring it: the Lab 2 reference */
    int jail;      /* layers of enum jail_layer that its host enters; 0: none, or no host */
    char digest[RUN_DIGEST_SIZE];
};

/* The Python host of a function. */
struct run_host {
    struct run *run;
    size_t index;                   /* of the function */
    struct handler_backend backend; /* self NULL: it was not needed yet */
};

struct run {
    struct memory *memory;
    struct arena arena;
    struct value_store *store;
    const struct run_request *request;
    const char *scenario_file;
    const char *scenario_text;
    const char *template_file;
    const char *template_text;
    struct scenario scenario;
    struct scenario_message *messages; /* the scenario's own, to leave some out */
    struct pipeline pipeline;
    struct fault_config faults; /* the scenario's, changed by the request */
    bool cap_is_default[FAULT_KIND_COUNT];
    bool merge_local_steps; /* the request's */
    bool stage_order;
    bool shards_in_turn;
    bool drop_dead_data;
    struct handler_tree *trees[PIPELINE_FUNCTIONS_MAX]; /* NULL: nothing invokes the function */
    struct function_source sources[PIPELINE_FUNCTIONS_MAX];
    struct handler_cache *cache; /* NULL: none */
    struct run_host hosts[PIPELINE_FUNCTIONS_MAX];
    struct jail_state jail;     /* what the machine has, where a function needs it */
    char python[4096];          /* the interpreter; "" if none is needed */
    char versions[256];         /* of the interpreter and boto3 */
    struct run_statistics past; /* before run_create_again */
};

/* `request` outlives the run. On failure *run is NULL. */
enum status run_create(const struct run_request *request, struct run **run, struct error *error);
void run_destroy(struct run *run); /* run may be NULL */

/* The same again from run->request, at the same place: everything in it is made anew. An error
 * leaves what run_destroy destroys. */
enum status run_create_again(struct run *run, struct error *error);

/* Whether some mapping invokes a function of the pipeline. */
bool run_invokes(const struct run *run, size_t function);

/* Of all that was made from the request, run_create_again included. */
void run_statistics(const struct run *run, struct run_statistics *statistics);

/* A line for the start of the output, if a function is Python's: the layers of the jail that all of
 * them have. */
void run_append_jail(struct text *text, const struct run *run);

/* Forget what the handler cache has of the functions: one depends on what nobody controls. */
void run_distrust_cache(struct run *run);

/* The file of a scenario: NAME is scenarios/NAME.yaml of the data folder; what looks like a path is
 * one. */
enum status run_find_scenario(const char *data_dir, const char *name, struct arena *arena,
                              const char **file, struct error *error);

#endif
