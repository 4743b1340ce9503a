/* Reading a trace back. Everything in it is checked before use; errors name the file. */
#ifndef ONCECHECK_REPORTS_TRACE_FILE_H
#define ONCECHECK_REPORTS_TRACE_FILE_H

#include "checker/replay.h"
#include "checker/run.h"
#include "model/mapping_override.h"
#include "reports/trace.h"

struct trace_file {
    struct value trace;
    const char *scenario_file;
    const char *scenario_text;
    const char *template_file;
    const char *template_text;
    struct template_parameters parameters;       /* that were given for the template */
    const char *settings[MAPPING_OVERRIDES_MAX]; /* see model/mapping_override.h */
    size_t setting_count;
    const char *solution; /* NULL: none */
    enum run_handlers handlers;
    enum valuation valuation;
    const char *const *fault_kinds; /* "crash", "timeout=1": as for --fault */
    size_t fault_kind_count;
    struct value attempts_shown; /* LIST of function names */
    bool time_passes;
    bool failures_counted;
    struct value remembering; /* LIST of functions; VALUE_NONE: none */
    uint64_t seed;            /* 1 where nothing depends on it */
    struct value copies;      /* LIST of NUMBER: puts of each of the scenario's messages */
    struct value functions;   /* MAP name -> {"code", "fallback", "digest"} */
    struct value violation;
    struct value steps;
    struct replay_step *replay_steps;
    size_t step_count;
};

/* Parse `bytes` (a whole file). Texts point into `store`, arrays into `arena`. */
enum status trace_file_parse(const char *bytes, size_t length, const char *file,
                             struct arena *arena, struct value_store *store,
                             struct trace_file *trace, struct error *error);

#endif
