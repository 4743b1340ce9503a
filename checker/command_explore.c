#include "checker/command_explore.h"

#include "checker/command_interactive.h"
#include "checker/run.h"
#include "checker/verify.h"
#include "model/base/json.h"
#include "reports/field.h"
#include "reports/step.h"
#include "reports/trace.h"
#include "reports/trace_text.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LINE_SIZE = 4096, PATH_STEPS_MAX = 100000, STATES_AFTER_MAX = 5000000 };

struct exploration {
    const struct options *options;
    struct run *run;
    struct verification path; /* its counterexample is the steps taken so far */
    struct transition_list possible;
    struct trace_text_options style;
    struct text text;
    bool over;
};

struct explore_command {
    const char *name;
    const char *help;
    enum status (*run)(struct exploration *exploration, const char *argument, struct error *error);
};

static const uint32_t *here(const struct exploration *exploration)
{
    const struct counterexample *taken = &exploration->path.counterexample;
    return counterexample_state(taken, taken->length);
}

/* What was learnt about the world voids the states so far: take the path again with that. */
static enum status take_again(struct exploration *exploration, struct error *error)
{
    exploration->path.facts = exploration->path.world->facts;
    transition_list_release(&exploration->possible);
    enum status status = verify_refresh_counterexample(&exploration->path, error);
    if (status == STATUS_OK)
        transition_list_init(&exploration->possible, exploration->path.world);
    return status;
}

/* Find what can happen here. */
static enum status expand(struct exploration *exploration, struct error *error)
{
    for (;;) {
        enum status status =
            world_expand(exploration->path.world, here(exploration), &exploration->possible, error);
        if (status != STATUS_OK || !world_take_facts_changed(exploration->path.world))
            return status;
        status = take_again(exploration, error);
        if (status != STATUS_OK)
            return status;
    }
}

static enum status show_possible(struct exploration *exploration, const char *argument,
                                 struct error *error)
{
    struct value_store *store = exploration->run->store;
    (void)argument;
    for (size_t i = 0; i < exploration->possible.count; i++) {
        const struct action *action = &exploration->possible.items[i].action;
        struct step_place place = {.before = here(exploration),
                                   .after = exploration->possible.slots +
                                            i * exploration->possible.slot_count,
                                   .action = action};
        struct value choice = step_choice(exploration->path.world, &place);
        if (value_is_none(choice))
            return error_set(error, STATUS_NO_MEMORY, "out of memory");
        text_append_format(&exploration->text, "  %3zu  ", i + 1);
        append_choice(&exploration->text, store, choice);
    }
    if (exploration->possible.count == 0)
        text_append_string(&exploration->text,
                           "  nothing can happen any more; `why` says whether that is right\n");
    return STATUS_OK;
}

static struct value steps_of(const struct exploration *exploration)
{
    return trace_steps(exploration->path.world, &exploration->path.counterexample);
}

static void show_last(struct exploration *exploration, bool all_changes)
{
    struct value_store *store = exploration->run->store;
    struct trace_text_options style = exploration->style;
    struct value steps = steps_of(exploration);
    size_t count = exploration->path.counterexample.length;
    style.all_changes = all_changes;
    if (count == 0 || value_is_none(steps)) {
        text_append_string(&exploration->text, "at the start: nothing has happened yet\n");
        return;
    }
    struct value last = value_at(store, steps, count - 1);
    append_steps(&exploration->text, store, value_list(store, &last, 1), &style);
}

static enum status take(struct exploration *exploration, size_t index, struct error *error)
{
    const struct transition_list *list = &exploration->possible;
    if (exploration->path.counterexample.length >= PATH_STEPS_MAX)
        return error_set(error, STATUS_LIMIT, "more than %d steps", PATH_STEPS_MAX);
    enum status status =
        counterexample_add(&exploration->path.counterexample, &list->items[index].action,
                           list->slots + index * list->slot_count, error);
    return status == STATUS_OK ? expand(exploration, error) : status;
}

static enum status run_take(struct exploration *exploration, const char *argument,
                            struct error *error)
{
    char *end = NULL;
    errno = 0;
    unsigned long long number = strtoull(argument, &end, 10);
    if (*end != '\0' || errno != 0 || number == 0 || number > exploration->possible.count) {
        text_append_format(&exploration->text, "found '%s', expected a number from 1 to %zu\n",
                           argument, exploration->possible.count);
        return STATUS_OK;
    }
    enum status status = take(exploration, (size_t)number - 1, error);
    if (status != STATUS_OK)
        return status;
    show_last(exploration, false);
    return show_possible(exploration, "", error);
}

static enum status run_undo(struct exploration *exploration, const char *argument,
                            struct error *error)
{
    (void)argument;
    if (exploration->path.counterexample.length > 0)
        exploration->path.counterexample.length--;
    enum status status = expand(exploration, error);
    if (status != STATUS_OK)
        return status;
    show_last(exploration, false);
    return show_possible(exploration, "", error);
}

static enum status run_finish(struct exploration *exploration, const char *argument,
                              struct error *error)
{
    enum status status = STATUS_OK;
    size_t first = exploration->path.counterexample.length;
    (void)argument;
    for (;;) {
        size_t i = 0;
        while (i < exploration->possible.count && exploration->possible.items[i].cost > 0)
            i++;
        if (i == exploration->possible.count)
            break;
        bool again = exploration->possible.items[i].action.kind == ACTION_RETRY;
        status = take(exploration, i, error);
        if (status != STATUS_OK)
            return status;
        if (again) {
            text_append_string(&exploration->text,
                               "a batch fails without a fault: it may do so for ever\n");
            break;
        }
    }
    text_append_format(&exploration->text, "  %zu steps taken\n",
                       exploration->path.counterexample.length - first);
    return show_possible(exploration, "", error);
}

static enum status run_path(struct exploration *exploration, const char *argument,
                            struct error *error)
{
    (void)argument;
    (void)error;
    append_steps(&exploration->text, exploration->run->store, steps_of(exploration),
                 &exploration->style);
    return STATUS_OK;
}

static enum status run_diff(struct exploration *exploration, const char *argument,
                            struct error *error)
{
    (void)argument;
    (void)error;
    show_last(exploration, true);
    return STATUS_OK;
}

static enum status run_state(struct exploration *exploration, const char *argument,
                             struct error *error)
{
    return append_state(&exploration->text, exploration->path.world, here(exploration), argument)
               ? STATUS_OK
               : error_set(error, STATUS_NO_MEMORY, "out of memory");
}

/* Where the rest, without faults, can end wrongly, go there: a trace says what is wrong at its last
 * state. path.violated: whether it is. */
static enum status judge_once(struct exploration *exploration, bool *again, struct error *error)
{
    struct verification *path = &exploration->path;
    const struct search_options options = {.initial = here(exploration),
                                           .states_max = STATES_AFTER_MAX,
                                           .known_faults = UINT32_MAX,
                                           .known_depth = UINT32_MAX};
    struct search_result result;
    enum status status = explore(path->world, &options, &result, error);
    if (status != STATUS_OK)
        return status;
    *again = result.stop == SEARCH_VOID;
    path->violated = result.violation.found;
    path->violation = result.violation;
    for (size_t i = 0; status == STATUS_OK && path->violated && i < result.path_length; i++)
        status = counterexample_add(&path->counterexample, &result.path_actions[i],
                                    result.path_slots + (i + 1) * result.slot_count, error);
    bool limited = result.stop != SEARCH_COMPLETE && result.stop != SEARCH_FAULT_LIMIT;
    if (status == STATUS_OK && !path->violated && !*again && limited)
        status =
            error_set(error, STATUS_LIMIT, "%s after the last step", search_stop_text(result.stop));
    path->violation.faults = 0;
    for (size_t i = 0; i < path->counterexample.length; i++)
        path->violation.faults += path->counterexample.actions[i].fault != FAULT_KIND_COUNT ? 1 : 0;
    search_result_release(&result);
    return status;
}

static enum status judge(struct exploration *exploration, struct error *error)
{
    bool again = true;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && again) {
        status = judge_once(exploration, &again, error);
        if (status == STATUS_OK && again)
            status = take_again(exploration, error);
    }
    return status;
}

/* The path to judge, and to save, ends where it is wrong; afterwards it is what it was. */
static enum status run_why(struct exploration *exploration, const char *argument,
                           struct error *error)
{
    struct verification *path = &exploration->path;
    size_t length = path->counterexample.length;
    (void)argument;
    enum status status = judge(exploration, error);
    if (status == STATUS_OK && path->violated) {
        struct value violation =
            violation_value(exploration->run, path->world, &path->counterexample, &path->violation);
        append_violation(&exploration->text, exploration->run->store, violation,
                         &exploration->style);
    } else if (status == STATUS_OK) {
        text_append_string(&exploration->text,
                           "nothing is wrong at any end that this leads to without more faults\n");
    }
    path->counterexample.length = length;
    return status == STATUS_OK ? expand(exploration, error) : status;
}

static enum status save(struct exploration *exploration, const char *file, struct error *error)
{
    struct verification *path = &exploration->path;
    struct run *run = exploration->run;
    size_t length = path->counterexample.length;
    enum status status = judge(exploration, error);
    if (status != STATUS_OK)
        return status;
    struct value violation =
        path->violated ? violation_value(run, path->world, &path->counterexample, &path->violation)
                       : value_null(run->store);
    struct value trace = trace_value(run, path->world, &path->counterexample, path->valuation,
                                     violation, &path->violation);
    status = command_write_json(file, run->store, trace, error);
    if (status == STATUS_OK && strcmp(file, "-") != 0)
        text_append_format(
            &exploration->text, "%zu steps saved%s; replay it: oncecheck replay %s\n",
            path->counterexample.length,
            path->violated ? ", to where it is wrong" : ", and nothing is wrong", file);
    path->counterexample.length = length;
    return status == STATUS_OK ? expand(exploration, error) : status;
}

static enum status run_save(struct exploration *exploration, const char *argument,
                            struct error *error)
{
    if (argument[0] != '\0')
        return save(exploration, argument, error);
    text_append_string(&exploration->text, "save needs the name of a file\n");
    return STATUS_OK;
}

static enum status run_quit(struct exploration *exploration, const char *argument,
                            struct error *error)
{
    (void)argument;
    (void)error;
    exploration->over = true;
    return STATUS_OK;
}

static enum status run_help(struct exploration *exploration, const char *argument,
                            struct error *error);

static const struct explore_command commands[] = {
    {"possible", "what can happen here (so does an empty line); a number takes it", show_possible},
    {"undo", "take the last step back", run_undo},
    {"finish", "go on without faults to an end", run_finish},
    {"path", "the steps so far", run_path},
    {"diff", "all that the last step changed", run_diff},
    {"state", "[TEXT]: the state, or what is named so", run_state},
    {"why", "what is wrong at the ends that this leads to", run_why},
    {"save", "FILE: the path as a trace", run_save},
    {"help", "this text", run_help},
    {"quit", "", run_quit},
};

enum { COMMANDS_HERE = sizeof commands / sizeof commands[0] };

static enum status run_help(struct exploration *exploration, const char *argument,
                            struct error *error)
{
    (void)argument;
    (void)error;
    for (size_t i = 0; i < COMMANDS_HERE; i++)
        text_append_format(&exploration->text, "  %-9s %s\n", commands[i].name, commands[i].help);
    return STATUS_OK;
}

static enum status run_line(struct exploration *exploration, char *line, struct error *error)
{
    line += strspn(line, " \t");
    size_t end = strlen(line);
    while (end > 0 && strchr(" \t\r\n", line[end - 1]) != NULL)
        line[--end] = '\0';
    if (line[0] == '\0')
        return show_possible(exploration, "", error);
    if (line[0] >= '0' && line[0] <= '9')
        return run_take(exploration, line, error);
    size_t length = strcspn(line, " \t");
    const char *argument = line + length + strspn(line + length, " \t");
    for (size_t i = 0; i < COMMANDS_HERE; i++) {
        if (strncmp(commands[i].name, line, length) == 0)
            return commands[i].run(exploration, argument, error);
    }
    text_append_format(&exploration->text, "found '%.*s'; `help` lists what there is\n",
                       (int)length, line);
    return STATUS_OK;
}

static enum status flush(struct exploration *exploration, struct error *error)
{
    if (text_failed(&exploration->text) || value_store_failed(exploration->run->store))
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    enum status status = command_write_text("-", &exploration->text, error);
    text_clear(&exploration->text);
    return status;
}

static enum status converse(struct exploration *exploration, struct error *error)
{
    char line[LINE_SIZE];
    bool prompts = isatty(STDIN_FILENO) == 1;
    enum status status = show_possible(exploration, "", error);
    while (status == STATUS_OK && !exploration->over) {
        if (prompts)
            text_append_format(&exploration->text, "step %zu> ",
                               exploration->path.counterexample.length);
        status = flush(exploration, error);
        if (status != STATUS_OK || fgets(line, sizeof line, stdin) == NULL)
            break;
        status = run_line(exploration, line, error);
    }
    if (status == STATUS_OK && exploration->options->trace_file != NULL)
        status = save(exploration, exploration->options->trace_file, error);
    else if (status == STATUS_OK)
        status = run_why(exploration, "", error);
    return status == STATUS_OK ? flush(exploration, error) : status;
}

int command_explore(const struct options *options, const struct environment *environment)
{
    struct memory memory;
    struct error error = ERROR_INIT;
    struct run_request request;
    struct exploration exploration = {
        .options = options,
        .style = {.color = environment->stdout_color, .every_step = true, .key_steps = VALUE_NONE}};
    memory_init(&memory, command_memory_limit(options));
    command_fill_request(options, environment, &memory, &request);
    request.scenario = options->explored_scenario;
    text_init(&exploration.text, &memory);
    enum status status = run_create(&request, &exploration.run, &error);
    if (status == STATUS_OK)
        status = verify_begin_path(exploration.run, &exploration.path, &error);
    bool begun = status == STATUS_OK;
    if (begun) {
        transition_list_init(&exploration.possible, exploration.path.world);
        status = expand(&exploration, &error);
        if (status == STATUS_OK)
            status = converse(&exploration, &error);
        transition_list_release(&exploration.possible);
    }
    int exit_code =
        status != STATUS_OK ? command_report_error(&error) : (exploration.path.violated ? 1 : 0);
    verification_release(&exploration.path);
    text_release(&exploration.text);
    run_destroy(exploration.run);
    return exit_code;
}
