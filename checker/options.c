#include "checker/options.h"

#include "checker/option_value.h"
#include "model/base/text.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

enum option_id {
    OPTION_SCENARIO,
    OPTION_TEMPLATE,
    OPTION_HANDLERS,
    OPTION_FUNCTION,
    OPTION_PYTHON,
    OPTION_JAIL,
    OPTION_FAULTS,
    OPTION_FAULT,
    OPTION_LONGEST_DELAY,
    OPTION_MAX_STATES,
    OPTION_WORKERS,
    OPTION_FINGERPRINTS,
    OPTION_MAX_MEMORY,
    OPTION_TIME_LIMIT,
    OPTION_NO_REDUCTION,
    OPTION_CHECK_EXPECT,
    OPTION_REQUIRE_SAME,
    OPTION_INTERACTIVE,
    OPTION_JSON,
    OPTION_TRACE,
    OPTION_HTML,
    OPTION_JUNIT,
    OPTION_SARIF,
    OPTION_FORMAT,
    OPTION_OUTPUT,
    OPTION_DATABASE,
    OPTION_NO_DATABASE,
    OPTION_CACHE,
    OPTION_NO_CACHE,
    OPTION_SOLUTION,
    OPTION_VERDICT,
    OPTION_SINCE,
    OPTION_LIMIT,
    OPTION_FAIL_ON_VIOLATION,
    OPTION_FAIL_UNDER,
    OPTION_COVERAGE,
    OPTION_MINUTES,
    OPTION_SEED,
    OPTION_RATE,
    OPTION_PROGRESS,
    OPTION_COLOR,
    OPTION_QUIET,
    OPTION_VERBOSE,
    OPTION_HELP,
    OPTION_VERSION,
    OPTION_LATER /* part of the interface, not there yet */
};

enum argument { ARGUMENT_NONE, ARGUMENT_NEEDED, ARGUMENT_OPTIONAL };

enum {
    FOR_VERIFY = 1,
    FOR_REPLAY = 2,
    FOR_SCENARIOS = 4,
    FOR_RUNS = 8,
    FOR_REPORT = 16,
    FOR_AWS = 32,
    FOR_SIMULATE = 64,
    FOR_COVERAGE = 128,
    FOR_ALL = 255
};

struct option_row {
    const char *name;
    char letter; /* 0: none */
    enum option_id id;
    enum argument argument;
    unsigned commands;
    const char *value; /* its name in the help */
    const char *help;
};

static const struct option_row rows[] = {
    {"scenario", 's', OPTION_SCENARIO, ARGUMENT_NEEDED, FOR_VERIFY | FOR_RUNS, "NAME|FILE",
     "what happens and what must hold (default lab2)"},
    {"template", 't', OPTION_TEMPLATE, ARGUMENT_NEEDED, FOR_VERIFY | FOR_AWS | FOR_SIMULATE, "FILE",
     "the pipeline (default: the workshop's)"},
    {"handlers", 0, OPTION_HANDLERS, ARGUMENT_NEEDED, FOR_VERIFY | FOR_SIMULATE, "lab1|lab2",
     "the C reference handlers instead of a SOLUTION"},
    {"function", 0, OPTION_FUNCTION, ARGUMENT_NEEDED,
     FOR_VERIFY | FOR_REPLAY | FOR_REPORT | FOR_SIMULATE, "NAME=DIR",
     "the code of one function from elsewhere"},
    {"python", 0, OPTION_PYTHON, ARGUMENT_NEEDED,
     FOR_VERIFY | FOR_REPLAY | FOR_REPORT | FOR_SIMULATE, "PATH",
     "an interpreter that can import boto3"},
    {"jail", 0, OPTION_JAIL, ARGUMENT_NEEDED, FOR_VERIFY | FOR_REPLAY | FOR_REPORT | FOR_SIMULATE,
     "auto|require|off", "how Python functions are locked in (default auto: what the machine has)"},
    {"faults", 0, OPTION_FAULTS, ARGUMENT_NEEDED, FOR_VERIFY, "N|any",
     "at most N faults in an execution"},
    {"fault", 0, OPTION_FAULT, ARGUMENT_NEEDED, FOR_VERIFY, "KIND[@FUNCTION][=N]",
     "switch a kind of fault on (in one function), with a cap; =0 switches it off"},
    {"longest-delay", 0, OPTION_LONGEST_DELAY, ARGUMENT_NEEDED, FOR_VERIFY, "TIME",
     "of the delays 31s, 61s, 11min and 25h, those up to TIME"},
    {"max-states", 0, OPTION_MAX_STATES, ARGUMENT_NEEDED, FOR_VERIFY | FOR_REPORT, "N",
     "stop as inconclusive beyond N states (report: states of the graph)"},
    {"workers", 0, OPTION_WORKERS, ARGUMENT_NEEDED, FOR_VERIFY, "N",
     "threads that search (default: all cores); no result depends on it"},
    {"fingerprints", 0, OPTION_FINGERPRINTS, ARGUMENT_NONE, FOR_VERIFY, NULL,
     "know states by 64-bit fingerprints: quicker, but may miss some"},
    {"max-memory", 0, OPTION_MAX_MEMORY, ARGUMENT_NEEDED, FOR_VERIFY | FOR_AWS | FOR_SIMULATE,
     "SIZE", "stop as inconclusive beyond SIZE (such as 500M or 2G)"},
    {"time-limit", 0, OPTION_TIME_LIMIT, ARGUMENT_NEEDED, FOR_VERIFY, "DURATION",
     "stop as inconclusive after DURATION (such as 90, 90s, 5m or 1h)"},
    {"no-reduction", 0, OPTION_NO_REDUCTION, ARGUMENT_OPTIONAL, FOR_VERIFY, "NAME",
     "no reductions, or not NAME (stage_order, local_steps, dead_data)"},
    {"check-expect", 0, OPTION_CHECK_EXPECT, ARGUMENT_NONE, FOR_VERIFY, NULL,
     "exit 0 where the verdict is the one the scenario expects, else 1"},
    {"require-same", 0, OPTION_REQUIRE_SAME, ARGUMENT_NONE, FOR_REPLAY, NULL,
     "changed code is an error"},
    {"interactive", 'i', OPTION_INTERACTIVE, ARGUMENT_NONE, FOR_REPLAY, NULL,
     "step by step, with commands from standard input (help lists them)"},
    {"json", 0, OPTION_JSON, ARGUMENT_NEEDED, FOR_VERIFY | FOR_REPLAY | FOR_RUNS | FOR_SIMULATE,
     "FILE", "write the result as JSON (- is standard output)"},
    {"trace", 0, OPTION_TRACE, ARGUMENT_NEEDED, FOR_VERIFY | FOR_RUNS | FOR_SIMULATE, "FILE",
     "write the counterexample, to be replayed (- is standard output)"},
    {"html", 0, OPTION_HTML, ARGUMENT_NEEDED, FOR_VERIFY | FOR_SIMULATE, "FILE",
     "write the counterexample as a page to step through (simulate: the game's charts)"},
    {"junit", 0, OPTION_JUNIT, ARGUMENT_NEEDED, FOR_VERIFY, "FILE",
     "write the result as JUnit XML, for CI servers"},
    {"sarif", 0, OPTION_SARIF, ARGUMENT_NEEDED, FOR_VERIFY, "FILE",
     "write the result as SARIF 2.1.0, for code hosts"},
    {"format", 0, OPTION_FORMAT, ARGUMENT_NEEDED, FOR_REPORT | FOR_COVERAGE, "NAME",
     "text (the default), html, json; junit, sarif, mermaid, itf, dot, pytest (coverage: lcov)"},
    {"output", 'o', OPTION_OUTPUT, ARGUMENT_NEEDED, FOR_REPORT | FOR_COVERAGE, "FILE",
     "where the report goes (default: standard output)"},
    {"db", 0, OPTION_DATABASE, ARGUMENT_NEEDED, FOR_VERIFY | FOR_RUNS | FOR_REPORT | FOR_COVERAGE,
     "FILE", "the run database (default $XDG_STATE_HOME/oncecheck/runs.db)"},
    {"no-db", 0, OPTION_NO_DATABASE, ARGUMENT_NONE, FOR_VERIFY, NULL, "do not record the run"},
    {"cache", 0, OPTION_CACHE, ARGUMENT_NEEDED, FOR_VERIFY, "DIR",
     "what functions did in earlier runs (default $XDG_CACHE_HOME/oncecheck)"},
    {"no-cache", 0, OPTION_NO_CACHE, ARGUMENT_NONE, FOR_VERIFY, NULL,
     "run every function again, and keep nothing of it"},
    {"solution", 0, OPTION_SOLUTION, ARGUMENT_NEEDED, FOR_RUNS, "DIR", "only runs of this one"},
    {"verdict", 0, OPTION_VERDICT, ARGUMENT_NEEDED, FOR_RUNS, "NAME", "only runs that ended so"},
    {"since", 0, OPTION_SINCE, ARGUMENT_NEEDED, FOR_RUNS, "DURATION",
     "only runs that began no longer ago (such as 30m, 12h or 7d)"},
    {"limit", 0, OPTION_LIMIT, ARGUMENT_NEEDED, FOR_RUNS, "N", "only the newest N runs"},
    {"fail-on-violation", 0, OPTION_FAIL_ON_VIOLATION, ARGUMENT_NONE, FOR_RUNS, NULL,
     "compare: exit 1 where a violation is new"},
    {"coverage", 0, OPTION_COVERAGE, ARGUMENT_NONE, FOR_VERIFY, NULL,
     "find out, too, which lines of the functions ran (see oncecheck coverage)"},
    {"fail-under", 0, OPTION_FAIL_UNDER, ARGUMENT_NEEDED, FOR_COVERAGE, "PERCENT",
     "exit 1 where less is reached of what could be"},
    {"minutes", 0, OPTION_MINUTES, ARGUMENT_NEEDED, FOR_SIMULATE, "N",
     "how long the game lasts (default 10)"},
    {"seed", 0, OPTION_SEED, ARGUMENT_NEEDED, FOR_SIMULATE, "N",
     "of everything random (default 1): same seed, same bytes"},
    {"rate", 0, OPTION_RATE, ARGUMENT_NEEDED, FOR_SIMULATE, "[NAME=]PERCENT",
     "of the workshop's 250 puts a minute; or of duplicates, modifications, state, map, reduce"},
    {"progress", 0, OPTION_PROGRESS, ARGUMENT_NEEDED, FOR_VERIFY | FOR_SIMULATE,
     "auto|always|never", "a line on standard error while it runs"},
    {"color", 0, OPTION_COLOR, ARGUMENT_NEEDED, FOR_VERIFY | FOR_REPLAY | FOR_REPORT | FOR_SIMULATE,
     "auto|always|never", "colours on a terminal"},
    {"quiet", 'q', OPTION_QUIET, ARGUMENT_NONE, FOR_VERIFY | FOR_REPLAY | FOR_SIMULATE, NULL,
     "the verdict alone"},
    {"verbose", 'v', OPTION_VERBOSE, ARGUMENT_NONE,
     FOR_VERIFY | FOR_REPLAY | FOR_REPORT | FOR_COVERAGE, NULL,
     "more: every change, what the functions printed"},
    {"help", 'h', OPTION_HELP, ARGUMENT_NONE, FOR_ALL, NULL, "this text"},
    {"version", 0, OPTION_VERSION, ARGUMENT_NONE, FOR_ALL, NULL, "the version"},
    {"search", 0, OPTION_LATER, ARGUMENT_NEEDED, FOR_VERIFY, NULL, NULL},
    {"runs", 0, OPTION_LATER, ARGUMENT_NEEDED, FOR_VERIFY, NULL, NULL},
    {"strategy", 0, OPTION_LATER, ARGUMENT_NEEDED, FOR_VERIFY, NULL, NULL},
    {"all-violations", 0, OPTION_LATER, ARGUMENT_NONE, FOR_VERIFY, NULL, NULL},
};

struct command_row {
    const char *name;
    bool there;
    const char *help;
};

static const struct command_row commands[] = {
#define COMMAND_ROW(command, name, there, help) [command] = {name, there, help},
    COMMANDS(COMMAND_ROW)
#undef COMMAND_ROW
};

static unsigned command_bit(enum command command)
{
    switch (command) {
    case COMMAND_VERIFY:
        return FOR_VERIFY;
    case COMMAND_REPLAY:
        return FOR_REPLAY;
    case COMMAND_SCENARIOS:
        return FOR_SCENARIOS;
    case COMMAND_RUNS:
        return FOR_RUNS;
    case COMMAND_REPORT:
        return FOR_REPORT;
    case COMMAND_AWS:
        return FOR_AWS;
    case COMMAND_SIMULATE:
        return FOR_SIMULATE;
    case COMMAND_COVERAGE:
        return FOR_COVERAGE;
    case COMMAND_AUDIT:
    case COMMAND_GRADE:
    case COMMAND_COUNT:
        break;
    }
    return 0;
}

/* The value of an option whose row asks for one: read_option saw to it. */
static char *needed(char *value)
{
    CHECK(value != NULL);
    return value;
}

/* NOLINTNEXTLINE(readability-function-size): flat, one case per option */
static enum status apply(const struct option_row *row, char *value, struct options *options,
                         struct error *error)
{
    switch (row->id) {
    case OPTION_SCENARIO:
        options->scenario = value;
        break;
    case OPTION_TEMPLATE:
        options->template_file = value;
        break;
    case OPTION_HANDLERS:
        return option_read_handlers(needed(value), options, error);
    case OPTION_FUNCTION:
        return option_read_function(needed(value), options, error);
    case OPTION_PYTHON:
        options->python = value;
        break;
    case OPTION_JAIL:
        return option_read_jail(row->name, needed(value), &options->jail, error);
    case OPTION_FAULTS:
        options->fault_limit = value;
        break;
    case OPTION_LONGEST_DELAY:
        options->longest_delay = value;
        return STATUS_OK;
    case OPTION_FAULT:
        return option_add_fault(value, options, error);
    case OPTION_WORKERS:
        return option_read_workers(value, options, error);
    case OPTION_FINGERPRINTS:
        options->fingerprints = true;
        return STATUS_OK;
    case OPTION_MAX_STATES:
        return option_read_count(row->name, needed(value), &options->states_max, error);
    case OPTION_MAX_MEMORY:
        return option_read_memory(row->name, needed(value), &options->memory_max, error);
    case OPTION_TIME_LIMIT:
        return option_read_duration(row->name, needed(value), &options->time_limit_s, error);
    case OPTION_NO_REDUCTION:
        return option_read_reduction(value, options, error);
    case OPTION_CHECK_EXPECT:
        options->check_expect = true;
        break;
    case OPTION_REQUIRE_SAME:
        options->require_same = true;
        break;
    case OPTION_INTERACTIVE:
        options->interactive = true;
        break;
    case OPTION_JSON:
        options->json_file = value;
        break;
    case OPTION_TRACE:
        options->trace_file = value;
        break;
    case OPTION_HTML:
        options->html_file = value;
        break;
    case OPTION_JUNIT:
        options->junit_file = value;
        break;
    case OPTION_SARIF:
        options->sarif_file = value;
        break;
    case OPTION_FORMAT:
        options->format = value;
        break;
    case OPTION_OUTPUT:
        options->output_file = value;
        break;
    case OPTION_DATABASE:
        options->database_file = value;
        break;
    case OPTION_NO_DATABASE:
        options->no_database = true;
        break;
    case OPTION_CACHE:
        options->cache_dir = value;
        break;
    case OPTION_NO_CACHE:
        options->no_cache = true;
        break;
    case OPTION_SOLUTION:
        options->solution_filter = value;
        break;
    case OPTION_VERDICT:
        options->verdict_filter = value;
        break;
    case OPTION_SINCE:
        return option_read_duration(row->name, needed(value), &options->since_s, error);
    case OPTION_LIMIT:
        return option_read_count(row->name, needed(value), &options->runs_max, error);
    case OPTION_FAIL_ON_VIOLATION:
        options->fail_on_violation = true;
        break;
    case OPTION_COVERAGE:
        options->cover_lines = true;
        break;
    case OPTION_FAIL_UNDER:
        return option_read_percent(row->name, needed(value), &options->fail_under, error);
    case OPTION_MINUTES:
        return option_read_minutes(needed(value), &options->minutes, error);
    case OPTION_SEED:
        return option_read_seed(needed(value), &options->simulated.seed, error);
    case OPTION_RATE:
        return option_read_rate(needed(value), &options->simulated, error);
    case OPTION_PROGRESS:
        return option_read_choice(row->name, needed(value), &options->progress, error);
    case OPTION_COLOR:
        return option_read_choice(row->name, needed(value), &options->color, error);
    case OPTION_QUIET:
        options->quiet = true;
        break;
    case OPTION_VERBOSE:
        options->verbose = true;
        break;
    case OPTION_HELP:
        options->help = true;
        break;
    case OPTION_VERSION:
        options->version = true;
        break;
    case OPTION_LATER:
        return error_set(error, STATUS_UNSUPPORTED, "--%s is not supported yet", row->name);
    }
    return STATUS_OK;
}

static const struct option_row *find_row(const char *name, size_t length, char letter)
{
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (letter != '\0'
                ? rows[i].letter == letter
                : strlen(rows[i].name) == length && strncmp(rows[i].name, name, length) == 0)
            return &rows[i];
    }
    return NULL;
}

/* The longest common beginning decides: good enough for a hint. */
static const char *similar_option(const char *name)
{
    const char *best = NULL;
    size_t best_length = 1;
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t length = 0;
        while (name[length] != '\0' && name[length] == rows[i].name[length])
            length++;
        if (length > best_length && rows[i].id != OPTION_LATER) {
            best = rows[i].name;
            best_length = length;
        }
    }
    return best;
}

struct reader {
    int argc;
    char **argv;
    int position;
    struct options *options;
    struct error *error;
    bool only_operands; /* after -- */
};

static enum status unknown_option(const struct reader *reader, const char *argument)
{
    const char *similar = argument[1] == '-' ? similar_option(argument + 2) : NULL;
    return error_set(reader->error, STATUS_BAD_INPUT, "unknown option '%s'%s%s%s", argument,
                     similar == NULL ? "" : ", did you mean --", similar == NULL ? "" : similar,
                     similar == NULL ? "" : "?");
}

static enum status read_option(struct reader *reader)
{
    char *argument = reader->argv[reader->position++];
    const struct option_row *row = NULL;
    char *value = NULL;
    if (argument[1] == '-') {
        char *name = argument + 2;
        value = strchr(name, '=');
        row = find_row(name, value == NULL ? strlen(name) : (size_t)(value - name), '\0');
        if (value != NULL)
            value++;
    } else {
        row = find_row("", 0, argument[1]);
        if (argument[2] != '\0')
            value = argument + 2;
    }
    if (row == NULL)
        return unknown_option(reader, argument);
    enum command command = reader->options->command;
    if (command != COMMAND_COUNT && (row->commands & command_bit(command)) == 0)
        return error_set(reader->error, STATUS_BAD_INPUT, "--%s is no option of %s", row->name,
                         commands[command].name);
    if (row->argument == ARGUMENT_NONE && value != NULL)
        return error_set(reader->error, STATUS_BAD_INPUT, "--%s takes no value, found '%s'",
                         row->name, value);
    if (row->argument == ARGUMENT_NEEDED && value == NULL) {
        if (reader->position == reader->argc)
            return error_set(reader->error, STATUS_BAD_INPUT, "--%s needs a value%s%s", row->name,
                             row->value == NULL ? "" : ": ", row->value == NULL ? "" : row->value);
        value = reader->argv[reader->position++];
    }
    return apply(row, value, reader->options, reader->error);
}

static enum status read_command(struct reader *reader, const char *name)
{
    for (int i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(commands[i].name, name) != 0)
            continue;
        if (!commands[i].there)
            return error_set(reader->error, STATUS_UNSUPPORTED, "the command %s is not there yet",
                             name);
        reader->options->command = (enum command)i;
        return STATUS_OK;
    }
    return error_set(reader->error, STATUS_BAD_INPUT,
                     "unknown command '%s'; `oncecheck --help` lists them", name);
}

static enum status read_operand(struct reader *reader)
{
    struct options *options = reader->options;
    const char *operand = reader->argv[reader->position++];
    if (options->command == COMMAND_COUNT)
        return read_command(reader, operand);
    if ((options->command == COMMAND_REPLAY || options->command == COMMAND_REPORT) &&
        options->solution != NULL && options->replay_solution == NULL) {
        options->replay_solution = operand;
        return STATUS_OK;
    }
    if ((options->command == COMMAND_RUNS || options->command == COMMAND_COVERAGE) &&
        options->operand_count < OPTIONS_OPERANDS_MAX) {
        options->operands[options->operand_count++] = operand;
        return STATUS_OK;
    }
    if (options->solution != NULL || options->command == COMMAND_SCENARIOS ||
        options->command == COMMAND_RUNS || options->command == COMMAND_AWS ||
        options->command == COMMAND_COVERAGE)
        return error_set(reader->error, STATUS_BAD_INPUT, "unexpected argument '%s'", operand);
    options->solution = operand;
    return STATUS_OK;
}

static enum status check_combination(const struct options *options, struct error *error)
{
    if (options->help || options->version)
        return STATUS_OK;
    if (options->command == COMMAND_REPLAY && options->solution == NULL)
        return error_set(error, STATUS_BAD_INPUT, "replay needs a TRACE");
    if (options->command == COMMAND_REPORT && options->solution == NULL)
        return error_set(error, STATUS_BAD_INPUT, "report needs a RUN or a TRACE");
    if (options->command == COMMAND_COVERAGE && options->operand_count == 0)
        return error_set(error, STATUS_BAD_INPUT, "coverage needs a RUN");
    if (options->interactive && options->json_file != NULL)
        return error_set(error, STATUS_BAD_INPUT,
                         "--interactive and --json: give one or the other");
    if (options->no_database && options->database_file != NULL)
        return error_set(error, STATUS_BAD_INPUT, "--db and --no-db: give one or the other");
    if (options->no_cache && options->cache_dir != NULL)
        return error_set(error, STATUS_BAD_INPUT, "--cache and --no-cache: give one or the other");
    if (options->command != COMMAND_VERIFY && options->command != COMMAND_SIMULATE)
        return STATUS_OK;
    if (options->solution != NULL && options->handlers != RUN_PYTHON)
        return error_set(error, STATUS_BAD_INPUT,
                         "a SOLUTION and --handlers: give one or the other");
    if (options->solution == NULL && options->handlers == RUN_PYTHON &&
        options->override_count == 0)
        return error_set(error, STATUS_BAD_INPUT,
                         "%s needs a SOLUTION (a folder), --handlers or --function",
                         commands[options->command].name);
    return STATUS_OK;
}

enum status options_read(int argc, char **argv, struct options *options, struct error *error)
{
    *options = (struct options){.command = COMMAND_COUNT,
                                .format = "text",
                                .output_file = "-",
                                .states_max = UINT64_MAX,
                                .minutes = SIMULATE_MINUTES_DEFAULT,
                                .simulated = simulation_options_default(),
                                .merge_local_steps = true,
                                .stage_order = true,
                                .drop_dead_data = true};
    struct reader reader = {
        .argc = argc, .argv = argv, .position = 1, .options = options, .error = error};
    enum status status = STATUS_OK;
    while (status == STATUS_OK && reader.position < argc) {
        const char *argument = argv[reader.position];
        if (!reader.only_operands && strcmp(argument, "--") == 0) {
            reader.only_operands = true;
            reader.position++;
        } else if (!reader.only_operands && argument[0] == '-' && argument[1] != '\0') {
            status = read_option(&reader);
        } else {
            status = read_operand(&reader);
        }
    }
    if (status != STATUS_OK)
        return status;
    if (options->command == COMMAND_COUNT && !options->version)
        options->help = true;
    if (options->scenario == NULL && options->command != COMMAND_RUNS)
        options->scenario = "lab2";
    return check_combination(options, error);
}

void options_append_help(struct text *text, enum command command)
{
    static const char *const usage[] = {
        [COMMAND_VERIFY] = "verify [OPTIONS] [SOLUTION]",
        [COMMAND_REPLAY] = "replay [OPTIONS] TRACE [SOLUTION]",
        [COMMAND_SCENARIOS] = "scenarios",
        [COMMAND_SIMULATE] = "simulate [OPTIONS] [SOLUTION]",
        [COMMAND_REPORT] = "report [OPTIONS] RUN|TRACE [SOLUTION]",
        [COMMAND_AWS] = "aws [OPTIONS]",
        [COMMAND_COVERAGE] = "coverage [OPTIONS] RUN...",
        [COMMAND_RUNS] = "runs [list | show RUN | compare RUN RUN | delete RUN...] [OPTIONS]"};
    if (command == COMMAND_COUNT) {
        text_append_string(text,
                           "Usage: oncecheck COMMAND [OPTIONS] ...\n\n"
                           "Model-checks event-driven AWS pipelines: real Lambda code, simulated "
                           "services, every order,\nretry and crash.\n\n");
        for (int i = 0; i < COMMAND_COUNT; i++) {
            if (commands[i].there)
                text_append_format(text, "  %-10s %s\n", commands[i].name, commands[i].help);
        }
        text_append_string(text, "\n`oncecheck COMMAND --help` lists a command's options.\n");
        return;
    }
    text_append_format(text, "Usage: oncecheck %s\n\n  %s\n\n", usage[command],
                       commands[command].help);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct option_row *row = &rows[i];
        if (row->id == OPTION_LATER || (row->commands & command_bit(command)) == 0)
            continue;
        char name[64] = "";
        const char *open = row->argument == ARGUMENT_OPTIONAL ? "[=" : " ";
        const char *close = row->argument == ARGUMENT_OPTIONAL ? "]" : "";
        (void)snprintf(name, sizeof name, "--%s%s%s%s", row->name, row->value == NULL ? "" : open,
                       row->value == NULL ? "" : row->value, row->value == NULL ? "" : close);
        char letter[5] = "   ";
        if (row->letter != '\0')
            (void)snprintf(letter, sizeof letter, "-%c,", row->letter);
        text_append_format(text, "  %s %-30s %s\n", letter, name, row->help);
    }
    text_append_string(text, "\nExit: 0 holds, 1 violated, 2 bad input, 3 inconclusive, 4 not "
                             "deterministic.\n");
}
