#include "checker/option_table.h"

#include "checker/option_value.h"
#include "model/base/error.h"

#include <stdio.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* What an option sets, at `offset` in struct options. */
static void *target(const struct option_row *row, struct options *options)
{
    return (char *)options + row->offset;
}

static enum status set_text(const struct option_row *row, char *value, struct options *options,
                            struct error *error)
{
    (void)error;
    *(const char **)target(row, options) = value;
    return STATUS_OK;
}

static enum status set_flag(const struct option_row *row, char *value, struct options *options,
                            struct error *error)
{
    (void)value;
    (void)error;
    *(bool *)target(row, options) = true;
    return STATUS_OK;
}

static enum status set_count(const struct option_row *row, char *value, struct options *options,
                             struct error *error)
{
    return option_read_count(row->name, value, target(row, options), error);
}

static enum status set_percent(const struct option_row *row, char *value, struct options *options,
                               struct error *error)
{
    return option_read_percent(row->name, value, target(row, options), error);
}

static enum status set_memory(const struct option_row *row, char *value, struct options *options,
                              struct error *error)
{
    return option_read_memory(row->name, value, target(row, options), error);
}

static enum status set_duration(const struct option_row *row, char *value, struct options *options,
                                struct error *error)
{
    return option_read_duration(row->name, value, target(row, options), error);
}

static enum status set_choice(const struct option_row *row, char *value, struct options *options,
                              struct error *error)
{
    return option_read_choice(row->name, value, target(row, options), error);
}

static enum status set_jail(const struct option_row *row, char *value, struct options *options,
                            struct error *error)
{
    return option_read_jail(row->name, value, target(row, options), error);
}

static enum status set_seed(const struct option_row *row, char *value, struct options *options,
                            struct error *error)
{
    return option_read_seed(row->name, value, target(row, options), error);
}

static enum status set_handlers(const struct option_row *row, char *value, struct options *options,
                                struct error *error)
{
    (void)row;
    return option_read_handlers(value, options, error);
}

static enum status set_function(const struct option_row *row, char *value, struct options *options,
                                struct error *error)
{
    (void)row;
    return option_read_function(value, options, error);
}

static enum status set_parameter(const struct option_row *row, char *value, struct options *options,
                                 struct error *error)
{
    (void)row;
    return option_read_parameter(value, options, error);
}

static enum status set_search(const struct option_row *row, char *value, struct options *options,
                              struct error *error)
{
    (void)row;
    return option_read_search(value, options, error);
}

static enum status set_strategy(const struct option_row *row, char *value, struct options *options,
                                struct error *error)
{
    (void)row;
    return option_read_strategy(value, options, error);
}

static enum status set_setting(const struct option_row *row, char *value, struct options *options,
                               struct error *error)
{
    (void)row;
    return option_add_setting(value, options, error);
}

static enum status set_fault(const struct option_row *row, char *value, struct options *options,
                             struct error *error)
{
    (void)row;
    return option_add_fault(value, options, error);
}

static enum status set_sweep(const struct option_row *row, char *value, struct options *options,
                             struct error *error)
{
    (void)row;
    return option_add_sweep(value, options, error);
}

static enum status set_weakness(const struct option_row *row, char *value, struct options *options,
                                struct error *error)
{
    (void)row;
    return option_add_weakness(value, options, error);
}

static enum status set_workers(const struct option_row *row, char *value, struct options *options,
                               struct error *error)
{
    (void)row;
    return option_read_workers(value, options, error);
}

static enum status set_reduction(const struct option_row *row, char *value, struct options *options,
                                 struct error *error)
{
    (void)row;
    return option_read_reduction(value, options, error);
}

static enum status set_minutes(const struct option_row *row, char *value, struct options *options,
                               struct error *error)
{
    (void)row;
    return option_read_minutes(value, &options->minutes, error);
}

static enum status set_rate(const struct option_row *row, char *value, struct options *options,
                            struct error *error)
{
    (void)row;
    return option_read_rate(value, &options->simulated, error);
}

#define TEXT(member) set_text, offsetof(struct options, member)
#define FLAG(member) set_flag, offsetof(struct options, member)
#define NUMBER(member) set_count, offsetof(struct options, member)
#define PERCENT(member) set_percent, offsetof(struct options, member)
#define MEMORY(member) set_memory, offsetof(struct options, member)
#define DURATION(member) set_duration, offsetof(struct options, member)
#define CHOICE(member) set_choice, offsetof(struct options, member)
#define JAIL(member) set_jail, offsetof(struct options, member)
#define SEED(member) set_seed, offsetof(struct options, member)

static const struct option_row rows[] = {
    {"scenario", 's', ARGUMENT_NEEDED, FOR_VERIFY | FOR_AUDIT | FOR_RUNS | FOR_GRADE,
     TEXT(scenario), "NAME|FILE", "what happens and what must hold (default lab2)"},
    {"template", 't', ARGUMENT_NEEDED,
     FOR_VERIFY | FOR_AUDIT | FOR_REPLAY | FOR_AWS | FOR_SIMULATE | FOR_GRADE, TEXT(template_file),
     "FILE", "the pipeline (default: the workshop's)"},
    {"parameter", 0, ARGUMENT_NEEDED,
     FOR_VERIFY | FOR_AUDIT | FOR_REPLAY | FOR_AWS | FOR_SIMULATE | FOR_GRADE, set_parameter, 0,
     "NAME=VALUE", "a parameter of the template, instead of its Default (any number of times)"},
    {"handlers", 0, ARGUMENT_NEEDED, FOR_VERIFY | FOR_AUDIT | FOR_REPLAY | FOR_SIMULATE,
     set_handlers, 0, "lab1|lab2", "the C reference handlers instead of a SOLUTION"},
    {"function", 0, ARGUMENT_NEEDED,
     FOR_VERIFY | FOR_AUDIT | FOR_REPLAY | FOR_REPORT | FOR_SIMULATE, set_function, 0, "NAME=DIR",
     "the code of one function from elsewhere"},
    {"python", 0, ARGUMENT_NEEDED,
     FOR_VERIFY | FOR_AUDIT | FOR_REPLAY | FOR_REPORT | FOR_SIMULATE | FOR_GRADE, TEXT(python),
     "PATH", "an interpreter that can import boto3"},
    {"jail", 0, ARGUMENT_NEEDED,
     FOR_VERIFY | FOR_AUDIT | FOR_REPLAY | FOR_REPORT | FOR_SIMULATE | FOR_GRADE, JAIL(jail),
     "auto|require|off", "how Python functions are locked in (default auto: what the machine has)"},
    {"search", 0, ARGUMENT_NEEDED, FOR_VERIFY, set_search, 0, "exhaustive|random",
     "everything that can happen (the default), or a sample of it"},
    {"runs", 0, ARGUMENT_NEEDED, FOR_VERIFY, NUMBER(sampled_runs), "N",
     "random search: so many runs (default 10000; with --time-limit alone: as many as it allows)"},
    {"strategy", 0, ARGUMENT_NEEDED, FOR_VERIFY, set_strategy, 0, "walk|pct|swarm",
     "random search: how a run chooses what happens next (default walk)"},
    {"set", 0, ARGUMENT_NEEDED, FOR_VERIFY | FOR_AUDIT | FOR_REPLAY, set_setting, 0,
     "[FUNCTION.]SETTING=VALUE",
     "a setting of event source mappings, instead of the template's (such as BatchSize=1)"},
    {"faults", 0, ARGUMENT_NEEDED, FOR_VERIFY | FOR_GRADE, TEXT(fault_limit), "N|any",
     "at most N faults in an execution"},
    {"fault", 0, ARGUMENT_NEEDED, FOR_VERIFY | FOR_REPLAY | FOR_GRADE, set_fault, 0,
     "KIND[@FUNCTION][=N]",
     "switch a kind of fault on (in one function), with a cap; =0 switches it off"},
    {"longest-delay", 0, ARGUMENT_NEEDED, FOR_VERIFY | FOR_REPLAY | FOR_GRADE, TEXT(longest_delay),
     "TIME", "of the delays 31s, 61s, 11min and 25h, those up to TIME"},
    {"sweep", 0, ARGUMENT_NEEDED, FOR_VERIFY, set_sweep, 0, "[FUNCTION.]SETTING=VALUE,...",
     "verify with each of these values (several times: with every combination)"},
    {"max-states", 0, ARGUMENT_NEEDED, FOR_VERIFY | FOR_AUDIT | FOR_REPORT | FOR_GRADE,
     NUMBER(states_max), "N", "stop as inconclusive beyond N states (report: states of the graph)"},
    {"workers", 0, ARGUMENT_NEEDED, FOR_VERIFY | FOR_AUDIT | FOR_GRADE, set_workers, 0, "N",
     "threads that search (default: all cores); no result depends on it"},
    {"fingerprints", 0, ARGUMENT_NONE, FOR_VERIFY, FLAG(fingerprints), NULL,
     "know states by 64-bit fingerprints: quicker, but may miss some"},
    {"max-memory", 0, ARGUMENT_NEEDED, FOR_VERIFY | FOR_AUDIT | FOR_AWS | FOR_SIMULATE | FOR_GRADE,
     MEMORY(memory_max), "SIZE", "stop as inconclusive beyond SIZE (such as 500M or 2G)"},
    {"time-limit", 0, ARGUMENT_NEEDED, FOR_VERIFY | FOR_AUDIT | FOR_GRADE, DURATION(time_limit_s),
     "DURATION", "stop as inconclusive after DURATION (such as 90, 90s, 5m or 1h)"},
    {"checkpoint", 0, ARGUMENT_NEEDED, FOR_VERIFY, TEXT(checkpoint_file), "FILE",
     "write there how far the search has come: now and then, and when it is stopped"},
    {"checkpoint-every", 0, ARGUMENT_NEEDED, FOR_VERIFY, DURATION(checkpoint_every_s), "DURATION",
     "how often (default 1m)"},
    {"resume", 0, ARGUMENT_NEEDED, FOR_VERIFY, TEXT(resume_file), "FILE",
     "go on with the search that --checkpoint has written"},
    {"no-reduction", 0, ARGUMENT_OPTIONAL, FOR_VERIFY, set_reduction, 0, "NAME",
     "no reductions, or not NAME (stage_order, shards_in_turn, local_steps, dead_data)"},
    {"all-violations", 0, ARGUMENT_NONE, FOR_VERIFY, FLAG(all_violations), NULL,
     "one counterexample per distinct cause instead of the first alone"},
    {"check-expect", 0, ARGUMENT_NONE, FOR_VERIFY, FLAG(check_expect), NULL,
     "exit 0 where the verdict is the one the scenario expects, else 1"},
    {"require-same", 0, ARGUMENT_NONE, FOR_REPLAY, FLAG(require_same), NULL,
     "changed code is an error"},
    {"interactive", 'i', ARGUMENT_NONE, FOR_REPLAY, FLAG(interactive), NULL,
     "step by step, with commands from standard input (help lists them)"},
    {"explore", 0, ARGUMENT_NEEDED, FOR_REPLAY, TEXT(explored_scenario), "SCENARIO",
     "choose what happens next, one step after the other; the operand is a SOLUTION then"},
    {"json", 0, ARGUMENT_NEEDED,
     FOR_VERIFY | FOR_AUDIT | FOR_REPLAY | FOR_RUNS | FOR_SIMULATE | FOR_GRADE, TEXT(json_file),
     "FILE", "write the result as JSON (- is standard output)"},
    {"trace", 0, ARGUMENT_NEEDED, FOR_VERIFY | FOR_REPLAY | FOR_RUNS | FOR_SIMULATE,
     TEXT(trace_file), "FILE", "write the counterexample, to be replayed (- is standard output)"},
    {"html", 0, ARGUMENT_NEEDED, FOR_VERIFY | FOR_AUDIT | FOR_SIMULATE | FOR_GRADE, TEXT(html_file),
     "FILE", "write a page: the counterexample to step through, the game's charts, the audit, ..."},
    {"pairs", 0, ARGUMENT_NONE, FOR_AUDIT, FLAG(pairs), NULL,
     "also every two kinds of faults that break nothing, both at once"},
    {"weakness", 0, ARGUMENT_NEEDED, FOR_AUDIT, set_weakness, 0, "NAME",
     "this row, and what is wrong without a fault, instead of all (any number of times)"},
    {"trace-dir", 0, ARGUMENT_NEEDED, FOR_AUDIT, TEXT(trace_dir), "DIR",
     "write each row's counterexample there, to be replayed"},
    {"junit", 0, ARGUMENT_NEEDED, FOR_VERIFY | FOR_GRADE, TEXT(junit_file), "FILE",
     "write the result as JUnit XML, for CI servers"},
    {"sarif", 0, ARGUMENT_NEEDED, FOR_VERIFY | FOR_GRADE, TEXT(sarif_file), "FILE",
     "write the result as SARIF 2.1.0, for code hosts"},
    {"format", 0, ARGUMENT_NEEDED, FOR_REPORT | FOR_COVERAGE, TEXT(format), "NAME",
     "text (the default), html, json; junit, sarif, mermaid, itf, dot, pytest (coverage: lcov)"},
    {"output", 'o', ARGUMENT_NEEDED, FOR_REPORT | FOR_COVERAGE, TEXT(output_file), "FILE",
     "where the report goes (default: standard output)"},
    {"db", 0, ARGUMENT_NEEDED, FOR_VERIFY | FOR_RUNS | FOR_REPORT | FOR_COVERAGE | FOR_GRADE,
     TEXT(database_file), "FILE", "the run database (default $XDG_STATE_HOME/oncecheck/runs.db)"},
    {"no-db", 0, ARGUMENT_NONE, FOR_VERIFY | FOR_GRADE, FLAG(no_database), NULL,
     "do not record the run"},
    {"cache", 0, ARGUMENT_NEEDED, FOR_VERIFY | FOR_AUDIT | FOR_GRADE, TEXT(cache_dir), "DIR",
     "what functions did in earlier runs (default $XDG_CACHE_HOME/oncecheck)"},
    {"no-cache", 0, ARGUMENT_NONE, FOR_VERIFY | FOR_AUDIT | FOR_GRADE, FLAG(no_cache), NULL,
     "run every function again, and keep nothing of it"},
    {"share-code", 0, ARGUMENT_NONE, FOR_VERIFY, FLAG(share_code), NULL,
     "functions with the same code share what is known of them, wherever they lie"},
    {"solution", 0, ARGUMENT_NEEDED, FOR_RUNS, TEXT(solution_filter), "DIR",
     "only runs of this one"},
    {"verdict", 0, ARGUMENT_NEEDED, FOR_RUNS, TEXT(verdict_filter), "NAME",
     "only runs that ended so"},
    {"since", 0, ARGUMENT_NEEDED, FOR_RUNS, DURATION(since_s), "DURATION",
     "only runs that began no longer ago (such as 30m, 12h or 7d)"},
    {"limit", 0, ARGUMENT_NEEDED, FOR_RUNS, NUMBER(runs_max), "N", "only the newest N runs"},
    {"fail-on-violation", 0, ARGUMENT_NONE, FOR_RUNS | FOR_GRADE, FLAG(fail_on_violation), NULL,
     "compare: exit 1 where a violation is new; grade: where a solution is violated"},
    {"determinism", 0, ARGUMENT_NONE, FOR_VERIFY, FLAG(determinism), NULL,
     "find out, too, what functions do otherwise by chance, time or container, and where"},
    {"coverage", 0, ARGUMENT_NONE, FOR_VERIFY, FLAG(cover_lines), NULL,
     "find out, too, which lines of the functions ran (see oncecheck coverage)"},
    {"fail-under", 0, ARGUMENT_NEEDED, FOR_COVERAGE, PERCENT(fail_under), "PERCENT",
     "exit 1 where less is reached of what could be"},
    {"steps", 0, ARGUMENT_NONE, FOR_VERIFY | FOR_GRADE, FLAG(steps), NULL,
     "also each step of the lab: the solution's StateLambda on lab2-step1 and its ReduceLambda on "
     "lab2-step2"},
    {"csv", 0, ARGUMENT_NEEDED, FOR_GRADE, TEXT(csv_file), "FILE",
     "write a row per solution, for spreadsheets"},
    {"minutes", 0, ARGUMENT_NEEDED, FOR_SIMULATE, set_minutes, 0, "N",
     "how long the game lasts (default 10)"},
    {"seed", 0, ARGUMENT_NEEDED, FOR_VERIFY | FOR_SIMULATE, SEED(simulated.seed), "N",
     "of everything random (default 1): same seed, same bytes"},
    {"rate", 0, ARGUMENT_NEEDED, FOR_SIMULATE, set_rate, 0, "[NAME=]PERCENT",
     "of the workshop's 250 puts a minute; or of duplicates, modifications, state, map, reduce"},
    {"progress", 0, ARGUMENT_NEEDED, FOR_VERIFY | FOR_AUDIT | FOR_SIMULATE | FOR_GRADE,
     CHOICE(progress), "auto|always|never", "a line on standard error while it runs"},
    {"color", 0, ARGUMENT_NEEDED,
     FOR_VERIFY | FOR_AUDIT | FOR_REPLAY | FOR_REPORT | FOR_SIMULATE | FOR_GRADE, CHOICE(color),
     "auto|always|never", "colours on a terminal"},
    {"quiet", 'q', ARGUMENT_NONE, FOR_VERIFY | FOR_REPLAY | FOR_SIMULATE | FOR_GRADE, FLAG(quiet),
     NULL, "the verdict alone"},
    {"verbose", 'v', ARGUMENT_NONE, FOR_VERIFY | FOR_REPLAY | FOR_REPORT | FOR_COVERAGE,
     FLAG(verbose), NULL, "more: every change, what the functions printed"},
    {"help", 'h', ARGUMENT_NONE, FOR_ALL, FLAG(help), NULL, "this text"},
    {"version", 0, ARGUMENT_NONE, FOR_ALL, FLAG(version), NULL, "the version"}};

const struct command_row option_commands[] = {
#define COMMAND_ROW(command, name, operands, help) [command] = {name, operands, help},
    COMMANDS(COMMAND_ROW)
#undef COMMAND_ROW
};

const struct option_row *option_find(const char *name, size_t length, char letter)
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
const char *option_similar(const char *name)
{
    const char *best = NULL;
    size_t best_length = 1;
    for (size_t i = 0; i < COUNT(rows); i++) {
        size_t length = 0;
        while (name[length] != '\0' && name[length] == rows[i].name[length])
            length++;
        if (length > best_length) {
            best = rows[i].name;
            best_length = length;
        }
    }
    return best;
}

void options_append_help(struct text *text, enum command command)
{
    if (command == COMMAND_COUNT) {
        text_append_string(text,
                           "Usage: oncecheck COMMAND [OPTIONS] ...\n\n"
                           "Model-checks event-driven AWS pipelines: real Lambda code, simulated "
                           "services, every order,\nretry and crash.\n\n");
        for (int i = 0; i < COMMAND_COUNT; i++)
            text_append_format(text, "  %-10s %s\n", option_commands[i].name,
                               option_commands[i].help);
        text_append_string(text, "\n`oncecheck COMMAND --help` lists a command's options.\n");
        return;
    }
    const struct command_row *described = &option_commands[command];
    text_append_format(text, "Usage: oncecheck %s%s%s\n\n  %s\n\n", described->name,
                       described->operands[0] == '\0' ? "" : " ", described->operands,
                       described->help);
    for (size_t i = 0; i < COUNT(rows); i++) {
        const struct option_row *row = &rows[i];
        if ((row->commands & 1U << command) == 0)
            continue;
        char name[64] = "";
        const char *open = row->argument == ARGUMENT_OPTIONAL ? "[=" : " ";
        const char *close = row->argument == ARGUMENT_OPTIONAL ? "]" : "";
        (void)snprintf(name, sizeof name, "--%s%s%s%s", row->name,
                       row->placeholder == NULL ? "" : open,
                       row->placeholder == NULL ? "" : row->placeholder,
                       row->placeholder == NULL ? "" : close);
        char letter[5] = "   ";
        if (row->letter != '\0')
            (void)snprintf(letter, sizeof letter, "-%c,", row->letter);
        text_append_format(text, "  %s %-30s %s\n", letter, name, row->help);
    }
    text_append_string(text, "\nExit: 0 holds, 1 violated, 2 bad input, 3 inconclusive, 4 not "
                             "deterministic.\n");
}
