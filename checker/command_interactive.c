#include "checker/command_interactive.h"

#include "checker/command.h"
#include "model/snapshot.h"
#include "reports/field.h"
#include "reports/step.h"
#include "reports/trace_text.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { LINE_SIZE = 4096 };

struct session {
    const struct replay_report *report;
    struct value_store *store;
    struct trace_text_options style;
    size_t position; /* steps taken */
    struct text text;
    bool over;
};

struct session_command {
    const char *name;
    const char *help;
    enum status (*run)(struct session *session, const char *argument, struct error *error);
};

static void show_step(struct session *session)
{
    if (session->position == 0) {
        text_append_string(&session->text, "at the start: nothing has happened yet\n");
        return;
    }
    struct value step = value_at(session->store, session->report->steps, session->position - 1);
    append_steps(&session->text, session->store, value_list(session->store, &step, 1),
                 &session->style);
}

static size_t step_count(const struct session *session)
{
    return session->report->counterexample.length;
}

static enum status run_next(struct session *session, const char *argument, struct error *error)
{
    (void)argument;
    (void)error;
    if (session->position == step_count(session)) {
        text_append_string(&session->text, "this is the end; `why` says what is wrong\n");
        return STATUS_OK;
    }
    session->position++;
    show_step(session);
    return STATUS_OK;
}

static enum status run_back(struct session *session, const char *argument, struct error *error)
{
    (void)argument;
    (void)error;
    session->position -= session->position > 0 ? 1 : 0;
    show_step(session);
    return STATUS_OK;
}

static enum status run_go(struct session *session, const char *argument, struct error *error)
{
    char *end = NULL;
    (void)error;
    errno = 0;
    unsigned long long number = strtoull(argument, &end, 10);
    if (argument[0] < '0' || argument[0] > '9' || *end != '\0' || errno != 0 ||
        number > step_count(session)) {
        text_append_format(&session->text, "found '%s', expected a step from 0 to %zu\n", argument,
                           step_count(session));
        return STATUS_OK;
    }
    session->position = (size_t)number;
    show_step(session);
    return STATUS_OK;
}

static enum status run_diff(struct session *session, const char *argument, struct error *error)
{
    struct trace_text_options usual = session->style;
    (void)argument;
    (void)error;
    session->style.all_changes = true;
    show_step(session);
    session->style = usual;
    return STATUS_OK;
}

bool append_state(struct text *text, struct world *world, const uint32_t *state, const char *name)
{
    const struct value_store *store = world->store;
    struct value snapshot = world_snapshot(world, state);
    size_t shown = 0;
    if (value_is_none(snapshot))
        return false;
    for (size_t i = 0; i < value_count(store, snapshot); i++) {
        const char *component = value_bytes(store, value_key_at(store, snapshot, i), NULL);
        if (strstr(component, name) == NULL)
            continue;
        text_append_format(text, "  %s: ", component);
        append_item_text(text, store, value_value_at(store, snapshot, i));
        text_append_char(text, '\n');
        shown++;
    }
    if (shown == 0)
        text_append_format(text, "nothing here is named '%s'\n", name);
    return true;
}

static enum status run_state(struct session *session, const char *argument, struct error *error)
{
    const struct counterexample *taken = &session->report->counterexample;
    return append_state(&session->text, session->report->world,
                        counterexample_state(taken, session->position), argument)
               ? STATUS_OK
               : error_set(error, STATUS_NO_MEMORY, "out of memory");
}

void append_choice(struct text *text, const struct value_store *store, struct value choice)
{
    const char *fault = field_text(store, choice, "fault");
    text_append_format(text, "%-24s %s%s%s%s\n", field_text(store, choice, "actor"),
                       field_text(store, choice, "summary"),
                       fault[0] == '\0' ? "" : "  [fault: ", fault, fault[0] == '\0' ? "" : "]");
}

static enum status run_possible(struct session *session, const char *argument, struct error *error)
{
    struct world *world = session->report->world;
    const struct counterexample *taken = &session->report->counterexample;
    const uint32_t *state = counterexample_state(taken, session->position);
    struct transition_list list;
    (void)argument;
    transition_list_init(&list, world);
    enum status status = world_expand(world, state, &list, error);
    for (size_t i = 0; status == STATUS_OK && i < list.count; i++) {
        const struct action *action = &list.items[i].action;
        struct step_place place = {
            .before = state, .after = list.slots + i * list.slot_count, .action = action};
        struct value choice = step_choice(world, &place);
        bool followed = session->position < taken->length &&
                        action_equal(action, &taken->actions[session->position]);
        if (value_is_none(choice)) {
            status = error_set(error, STATUS_NO_MEMORY, "out of memory");
            break;
        }
        text_append_format(&session->text, "  %c ", followed ? '>' : ' ');
        append_choice(&session->text, session->store, choice);
    }
    if (status == STATUS_OK && list.count == 0)
        text_append_string(&session->text, "  nothing can happen any more\n");
    transition_list_release(&list);
    return status;
}

static enum status run_why(struct session *session, const char *argument, struct error *error)
{
    (void)argument;
    (void)error;
    if (session->report->violated)
        append_violation(&session->text, session->store, session->report->described,
                         &session->style);
    else
        text_append_string(&session->text, "nothing is wrong at the end of this schedule\n");
    return STATUS_OK;
}

static enum status run_quit(struct session *session, const char *argument, struct error *error)
{
    (void)argument;
    (void)error;
    session->over = true;
    return STATUS_OK;
}

static enum status run_help(struct session *session, const char *argument, struct error *error);

static const struct session_command commands[] = {
    {"next", "one step on (so does an empty line)", run_next},
    {"back", "one step back", run_back},
    {"go", "N: to the state after step N", run_go},
    {"diff", "all that the step changed", run_diff},
    {"state", "[TEXT]: the state, or what is named so", run_state},
    {"possible", "what can happen here; > is what did", run_possible},
    {"why", "what is wrong at the end", run_why},
    {"help", "this text", run_help},
    {"quit", "", run_quit},
};

enum { COMMAND_COUNT_HERE = sizeof commands / sizeof commands[0] };

static enum status run_help(struct session *session, const char *argument, struct error *error)
{
    (void)argument;
    (void)error;
    for (size_t i = 0; i < COMMAND_COUNT_HERE; i++)
        text_append_format(&session->text, "  %-9s %s\n", commands[i].name, commands[i].help);
    return STATUS_OK;
}

static enum status run_line(struct session *session, char *line, struct error *error)
{
    line += strspn(line, " \t");
    size_t end = strlen(line);
    while (end > 0 && strchr(" \t\r\n", line[end - 1]) != NULL)
        line[--end] = '\0';
    if (line[0] == '\0')
        return run_next(session, "", error);
    if (line[0] >= '0' && line[0] <= '9')
        return run_go(session, line, error);
    size_t length = strcspn(line, " \t");
    const char *argument = line + length + strspn(line + length, " \t");
    for (size_t i = 0; i < COMMAND_COUNT_HERE; i++) {
        if (strncmp(commands[i].name, line, length) == 0)
            return commands[i].run(session, argument, error);
    }
    text_append_format(&session->text, "found '%.*s'; `help` lists what there is\n", (int)length,
                       line);
    return STATUS_OK;
}

/* Write what a command said. */
static enum status flush(struct session *session, struct error *error)
{
    if (text_failed(&session->text) || value_store_failed(session->store))
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    enum status status = command_write_text("-", &session->text, error);
    text_clear(&session->text);
    return status;
}

enum status replay_interactive(const struct replay_report *report, FILE *input, bool prompts,
                               bool color, struct error *error)
{
    struct session session = {
        .report = report,
        .store = report->run->store,
        .style = {.color = color,
                  .every_step = true,
                  .key_steps = value_member(report->run->store, report->described, "key_steps",
                                            VALUE_LIST)}};
    char line[LINE_SIZE];
    enum status status = STATUS_OK;
    text_init(&session.text, report->run->memory);
    show_step(&session);
    while (status == STATUS_OK && !session.over) {
        if (prompts)
            text_append_format(&session.text, "step %zu of %zu> ", session.position,
                               step_count(&session));
        status = flush(&session, error);
        if (status != STATUS_OK || fgets(line, sizeof line, input) == NULL)
            break;
        status = run_line(&session, line, error);
    }
    if (status == STATUS_OK && !session.over && prompts)
        text_append_char(&session.text, '\n');
    if (status == STATUS_OK)
        status = flush(&session, error);
    text_release(&session.text);
    return status;
}
