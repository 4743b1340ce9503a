#include "checker/options.h"

#include "checker/option_table.h"

#include <string.h>

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
    const char *similar = argument[1] == '-' ? option_similar(argument + 2) : NULL;
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
        row = option_find(name, value == NULL ? strlen(name) : (size_t)(value - name), '\0');
        if (value != NULL)
            value++;
    } else {
        row = option_find("", 0, argument[1]);
        if (argument[2] != '\0')
            value = argument + 2;
    }
    if (row == NULL)
        return unknown_option(reader, argument);
    enum command command = reader->options->command;
    if (command != COMMAND_COUNT && (row->commands & 1U << command) == 0)
        return error_set(reader->error, STATUS_BAD_INPUT, "--%s is no option of %s", row->name,
                         option_commands[command].name);
    if (row->argument == ARGUMENT_NONE && value != NULL)
        return error_set(reader->error, STATUS_BAD_INPUT, "--%s takes no value, found '%s'",
                         row->name, value);
    if (row->argument == ARGUMENT_NEEDED && value == NULL) {
        if (reader->position == reader->argc)
            return error_set(reader->error, STATUS_BAD_INPUT, "--%s needs a value%s%s", row->name,
                             row->placeholder == NULL ? "" : ": ",
                             row->placeholder == NULL ? "" : row->placeholder);
        value = reader->argv[reader->position++];
    }
    return row->read(row, value, reader->options, reader->error);
}

static enum status read_command(struct reader *reader, const char *name)
{
    for (int i = 0; i < COMMAND_COUNT; i++) {
        if (strcmp(option_commands[i].name, name) != 0)
            continue;
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

static enum status check_explore(const struct options *options, struct error *error)
{
    bool code = options->handlers != RUN_PYTHON;
    if (options->solution != NULL && code)
        return error_set(error, STATUS_BAD_INPUT,
                         "a SOLUTION and --handlers: give one or the other");
    if (options->solution == NULL && !code && options->override_count == 0)
        return error_set(error, STATUS_BAD_INPUT,
                         "--explore needs a SOLUTION (a folder), --handlers or --function");
    if (options->replay_solution != NULL || options->interactive || options->require_same ||
        options->json_file != NULL)
        return error_set(error, STATUS_BAD_INPUT,
                         "--explore takes a SOLUTION, and neither a TRACE nor --interactive, "
                         "--require-same or --json");
    return STATUS_OK;
}

/* A sweep writes no counterexamples: --set makes the one that is wanted. */
static enum status check_sweep(const struct options *options, struct error *error)
{
    const struct {
        const char *name;
        bool given;
    } others[] = {{"trace", options->trace_file != NULL},
                  {"html", options->html_file != NULL},
                  {"junit", options->junit_file != NULL},
                  {"sarif", options->sarif_file != NULL},
                  {"db", options->database_file != NULL},
                  {"coverage", options->cover_lines},
                  {"check-expect", options->check_expect},
                  {"all-violations", options->all_violations},
                  {"steps", options->steps},
                  {"determinism", options->determinism}};
    for (size_t i = 0; options->sweep_count > 0 && i < sizeof others / sizeof others[0]; i++) {
        if (others[i].given)
            return error_set(error, STATUS_BAD_INPUT,
                             "--sweep and --%s: give one or the other (--set verifies one "
                             "combination alone)",
                             others[i].name);
    }
    return STATUS_OK;
}

static enum status check_checkpoint(const struct options *options, struct error *error)
{
    const char *given = options->checkpoint_file != NULL ? "checkpoint"
                        : options->resume_file != NULL   ? "resume"
                                                         : NULL;
    const char *other = options->random_search     ? "--search random"
                        : options->sweep_count > 0 ? "--sweep"
                                                   : NULL;
    if (options->checkpoint_every_s > 0 && options->checkpoint_file == NULL)
        return error_set(error, STATUS_BAD_INPUT, "--checkpoint-every is for --checkpoint FILE");
    if (given == NULL || other == NULL)
        return STATUS_OK;
    return error_set(error, STATUS_BAD_INPUT, "--%s and %s: give one or the other", given, other);
}

static enum status check_combination(const struct options *options, struct error *error)
{
    if (options->help || options->version)
        return STATUS_OK;
    if (options->explored_scenario != NULL)
        return check_explore(options, error);
    if (options->command == COMMAND_REPLAY &&
        (options->trace_file != NULL || options->handlers != RUN_PYTHON ||
         options->template_file != NULL || options->fault_kind_count > 0 ||
         options->fault_limit != NULL || options->longest_delay != NULL ||
         options->setting_count > 0 || options->parameters.count > 0))
        return error_set(error, STATUS_BAD_INPUT,
                         "a TRACE says what it was recorded with: --trace, --handlers, --template, "
                         "--parameter, --set, --fault and --longest-delay are for replay "
                         "--explore");
    if (options->command == COMMAND_REPLAY && options->solution == NULL)
        return error_set(error, STATUS_BAD_INPUT, "replay needs a TRACE");
    if (options->command == COMMAND_REPORT && options->solution == NULL)
        return error_set(error, STATUS_BAD_INPUT, "report needs a RUN or a TRACE");
    if (options->command == COMMAND_COVERAGE && options->operand_count == 0)
        return error_set(error, STATUS_BAD_INPUT, "coverage needs a RUN");
    if (options->command == COMMAND_GRADE && options->solution == NULL)
        return error_set(error, STATUS_BAD_INPUT, "grade needs a DIR");
    if (options->interactive && options->json_file != NULL)
        return error_set(error, STATUS_BAD_INPUT,
                         "--interactive and --json: give one or the other");
    if (options->no_database && options->database_file != NULL)
        return error_set(error, STATUS_BAD_INPUT, "--db and --no-db: give one or the other");
    if (options->no_cache && options->cache_dir != NULL)
        return error_set(error, STATUS_BAD_INPUT, "--cache and --no-cache: give one or the other");
    if (options->command != COMMAND_VERIFY && options->command != COMMAND_SIMULATE &&
        options->command != COMMAND_AUDIT)
        return STATUS_OK;
    if ((options->sampled_runs > 0 || options->strategy_given) && !options->random_search)
        return error_set(error, STATUS_BAD_INPUT, "--%s is for --search random",
                         options->strategy_given ? "strategy" : "runs");
    if (options->random_search && (options->fingerprints || options->states_max != UINT64_MAX ||
                                   options->all_violations || options->steps))
        return error_set(error, STATUS_BAD_INPUT, "--%s is for --search exhaustive",
                         options->fingerprints     ? "fingerprints"
                         : options->steps          ? "steps"
                         : options->all_violations ? "all-violations"
                                                   : "max-states");
    if (options->solution != NULL && options->handlers != RUN_PYTHON)
        return error_set(error, STATUS_BAD_INPUT,
                         "a SOLUTION and --handlers: give one or the other");
    if (options->solution == NULL && options->handlers == RUN_PYTHON &&
        options->override_count == 0)
        return error_set(error, STATUS_BAD_INPUT,
                         "%s needs a SOLUTION (a folder), --handlers or --function",
                         option_commands[options->command].name);
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
                                .shards_in_turn = true,
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
        options->scenario = options->command == COMMAND_AUDIT ? "audit" : "lab2";
    status = check_sweep(options, error);
    if (status == STATUS_OK)
        status = check_checkpoint(options, error);
    return status == STATUS_OK ? check_combination(options, error) : status;
}
