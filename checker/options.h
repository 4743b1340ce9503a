/* The command line, read into a struct. One table says which options there are
 * (checker/options.c). */
#ifndef ONCECHECK_CHECKER_OPTIONS_H
#define ONCECHECK_CHECKER_OPTIONS_H

#include "checker/audit_rows.h"
#include "checker/run.h"
#include "checker/schedule.h"
#include "checker/sweep.h"
#include "model/base/error.h"
#include "model/base/text.h"
#include "model/mapping_override.h"
#include "model/simulation.h"

#include <stdbool.h>
#include <stdint.h>

enum { OPTIONS_FAULTS_MAX = 64, OPTIONS_OPERANDS_MAX = 1000, SIMULATE_MINUTES_DEFAULT = 10 };

/* name, what follows it, one line of help */
#define COMMANDS(X)                                                                                \
    X(COMMAND_VERIFY, "verify", "[OPTIONS] [SOLUTION]",                                            \
      "prove the properties of a scenario or show a counterexample")                               \
    X(COMMAND_REPLAY, "replay", "[OPTIONS] TRACE [SOLUTION]",                                      \
      "run a recorded counterexample again")                                                       \
    X(COMMAND_SCENARIOS, "scenarios", "", "list the scenarios there are")                          \
    X(COMMAND_AUDIT, "audit", "[OPTIONS] [SOLUTION]",                                              \
      "verify against the weaknesses beyond the workshop")                                         \
    X(COMMAND_SIMULATE, "simulate", "[OPTIONS] [SOLUTION]",                                        \
      "play the workshop's game in virtual time")                                                  \
    X(COMMAND_REPORT, "report", "[OPTIONS] RUN|TRACE [SOLUTION]",                                  \
      "turn a recorded run into a page or a file")                                                 \
    X(COMMAND_COVERAGE, "coverage", "[OPTIONS] RUN...",                                            \
      "what the exploration reached and what it did not")                                          \
    X(COMMAND_GRADE, "grade", "[OPTIONS] DIR", "verify every solution below a folder")             \
    X(COMMAND_RUNS, "runs", "[list | show RUN | compare RUN RUN | delete RUN...] [OPTIONS]",       \
      "list, show, compare or delete what the run database holds")                                 \
    X(COMMAND_AWS, "aws", "[OPTIONS]", "answer AWS requests from standard input")

enum command {
#define COMMAND_ENUM(command, name, operands, help) command,
    COMMANDS(COMMAND_ENUM)
#undef COMMAND_ENUM
        COMMAND_COUNT
};

enum choice { CHOICE_AUTO, CHOICE_ALWAYS, CHOICE_NEVER };

struct options {
    enum command command;
    const char *solution;        /* SOLUTION, TRACE of replay, RUN or TRACE of report */
    const char *replay_solution; /* replay: code from elsewhere than the trace says */
    const char *scenario;        /* runs: NULL where none is given */
    const char *template_file;
    struct template_parameters parameters; /* --parameter, in order */
    const char *python;
    enum jail_mode jail;
    enum run_handlers handlers;
    struct function_override overrides[RUN_OVERRIDES_MAX];
    size_t override_count;
    const char *settings[MAPPING_OVERRIDES_MAX]; /* --set, in order */
    size_t setting_count;
    const char *fault_limit;
    const char *longest_delay;
    const char *fault_kinds[OPTIONS_FAULTS_MAX];
    size_t fault_kind_count;
    const char *sweeps[SWEEP_SETTINGS_MAX]; /* --sweep */
    size_t sweep_count;
    bool random_search;
    uint64_t sampled_runs; /* --runs; 0: not given */
    enum strategy strategy;
    bool strategy_given;
    unsigned workers; /* 0: as many as there are cores */
    bool fingerprints;
    uint64_t states_max;         /* UINT64_MAX: none */
    uint64_t memory_max;         /* bytes; 0: three quarters of what is free */
    double time_limit_s;         /* 0: none */
    const char *checkpoint_file; /* verify: --checkpoint, --checkpoint-every and --resume */
    const char *resume_file;
    double checkpoint_every_s; /* 0: not given */
    const char *json_file;     /* "-": standard output */
    const char *trace_file;
    const char *junit_file;
    const char *html_file;
    const char *trace_dir; /* audit: where counterexamples go; NULL: nowhere */
    const char *sarif_file;
    const char *csv_file;                       /* grade: --csv */
    const char *format;                         /* report: --format, default "text" */
    const char *output_file;                    /* report: -o, default "-" */
    const char *database_file;                  /* --db; NULL: the default one */
    const char *cache_dir;                      /* --cache; NULL: the default one */
    const char *operands[OPTIONS_OPERANDS_MAX]; /* of runs: what to do, then numbers */
    size_t operand_count;
    const char *solution_filter; /* runs: --solution, --verdict, --since, --limit */
    const char *verdict_filter;
    double since_s; /* 0: no limit; so is limit's */
    uint64_t runs_max;
    bool cover_lines;
    uint32_t fail_under; /* coverage: per cent */
    uint64_t minutes;    /* simulate: --minutes, --seed and --rate */
    struct simulation_options simulated;
    bool fail_on_violation;
    bool merge_local_steps; /* reductions; --no-reduction switches them off */
    bool stage_order;
    bool shards_in_turn;
    bool drop_dead_data;
    bool require_same;
    bool interactive;
    bool check_expect;
    const char *explored_scenario; /* replay: --explore */
    bool all_violations;
    bool no_database;
    bool no_cache;
    bool share_code;
    bool determinism;
    bool pairs;                             /* audit: --pairs */
    const char *weaknesses[AUDIT_ROWS_MAX]; /* audit: --weakness */
    size_t weakness_count;                  /* 0: all there are */
    bool steps;                             /* verify and grade: --steps */
    bool quiet;
    bool verbose;
    bool help;
    bool version;
    enum choice progress;
    enum choice color;
};

/* Read argv. Errors name the option, what was found and what was expected. With no arguments at
 * all, or --help or --version before the command, `help` or `version` is set and `command` is
 * COMMAND_COUNT. */
enum status options_read(int argc, char **argv, struct options *options, struct error *error);

/* The help of a command, or of oncecheck (COMMAND_COUNT). */
void options_append_help(struct text *text, enum command command);

#endif
