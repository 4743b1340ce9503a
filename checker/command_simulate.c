#include "checker/command_simulate.h"

#include "checker/command_simulate_trace.h"
#include "checker/simulate.h"
#include "reports/simulation_report.h"

#include <stdio.h>
#include <string.h>

enum { TRACE_STATES_MAX = 2000000 };

static const double board_interval_s = 0.1;

struct simulate_command {
    const struct options *options;
    const struct environment *environment;
    struct memory memory;
    struct arena arena;
    struct run_request request;
    struct simulate simulate;
    struct minute_figures *minutes;
    size_t minute_count;
    struct text text;
    double shown_s;
    unsigned board_lines; /* on the terminal */
    struct process_memory_watch hosts_memory;
    bool memory_reached; /* by the processes of functions */
    bool prints;
};

/* --- the terminal --- */

static void clear_board(struct simulate_command *command)
{
    if (command->board_lines > 0)
        fprintf(stderr, "\033[%uA\033[J", command->board_lines);
    command->board_lines = 0;
}

static void show_board(struct simulate_command *command)
{
    struct text text;
    text_init(&text, &command->memory);
    const unsigned before = command->board_lines;
    if (before > 0)
        text_append_format(&text, "\033[%uA", before);
    command->board_lines = append_simulation_board(&text, command->simulate.simulation);
    fputs(text_string(&text), stderr);
    (void)fflush(stderr); /* a board may be lost */
    text_release(&text);
}

/* Called every virtual second. */
static bool tick(void *context)
{
    struct simulate_command *command = context;
    if (*command->environment->interrupted)
        return true;
    if (command->request.handlers == RUN_PYTHON)
        command->memory_reached =
            command_hosts_exceed(&command->hosts_memory, &command->memory, 1, 0);
    if (command->memory_reached)
        return true;
    if (!command->environment->stderr_progress || command->simulate.simulation == NULL)
        return false;
    const double now_s = command_seconds();
    if (now_s - command->shown_s < board_interval_s)
        return false;
    command->shown_s = now_s;
    show_board(command);
    return false;
}

static enum status print(struct simulate_command *command, struct error *error)
{
    enum status status = STATUS_OK;
    clear_board(command);
    if (command->prints)
        status = command_write_text("-", &command->text, error);
    text_clear(&command->text);
    return status;
}

/* --- the game --- */

static const char *handlers_name(const struct options *options)
{
    if (options->handlers == RUN_PYTHON)
        return options->solution != NULL ? options->solution : "--function";
    return options->handlers == RUN_REFERENCE_LAB1 ? "lab1" : "lab2";
}

static enum status print_start(struct simulate_command *command, struct error *error)
{
    const struct run *run = command->simulate.run;
    if (command->options->quiet)
        return STATUS_OK;
    text_append_format(&command->text, "The workshop's game, %llu minute%s, seed %llu\n",
                       (unsigned long long)command->options->minutes,
                       command->options->minutes == 1 ? "" : "s",
                       (unsigned long long)command->options->simulated.seed);
    for (size_t i = 0; i < run->pipeline.function_count; i++) {
        const struct function_source *source = &run->sources[i];
        if (command->simulate.sessions[i].self != NULL)
            text_append_format(
                &command->text, "  %-12s %s%s\n", run->pipeline.functions[i].name,
                source->path == NULL ? "C reference handler, " : source->path,
                source->path == NULL
                    ? handlers_name(command->options)
                    : (source->fallback ? "  (not in the solution: the Lab 2 reference)" : ""));
    }
    if (run->versions[0] != '\0')
        text_append_format(&command->text, "  Python       %s\n", run->versions);
    run_append_jail(&command->text, run);
    text_append_char(&command->text, '\n');
    append_simulation_head(&command->text);
    return print(command, error);
}

static enum status play(struct simulate_command *command, struct error *error)
{
    const struct pipeline *pipeline = &command->simulate.run->pipeline;
    enum status status = print_start(command, error);
    while (status == STATUS_OK && command->minute_count < command->options->minutes) {
        struct minute_figures *minute = &command->minutes[command->minute_count];
        status = simulation_play(command->simulate.simulation, minute, error);
        if (status != STATUS_OK)
            break;
        command->minute_count++;
        if (command->options->quiet)
            continue;
        append_simulation_minute(&command->text, minute, pipeline);
        status = print(command, error);
    }
    clear_board(command);
    return status;
}

/* --- the end --- */

static int exit_code_of(const struct simulate_command *command, bool interrupted)
{
    for (size_t i = 0; i < command->minute_count; i++)
        if (!command->minutes[i].scored)
            return 1;
    return interrupted ? 3 : 0;
}

static enum status write_report(struct simulate_command *command, const char *file,
                                void (*append)(struct text *text,
                                               const struct simulation_report *report),
                                const struct simulation_report *report, struct error *error)
{
    if (file == NULL)
        return STATUS_OK;
    text_clear(&command->text);
    append(&command->text, report);
    const enum status status = command_write_text(file, &command->text, error);
    text_clear(&command->text);
    return status;
}

static enum search_stop poll_search(void *context, const struct search_progress *progress)
{
    const struct simulate_command *command = context;
    (void)progress;
    return *command->environment->interrupted ? SEARCH_INTERRUPTED : SEARCH_COMPLETE;
}

/* Look for a trace of what went wrong first, if one is asked for. */
static enum status find_trace(struct simulate_command *command, struct simulation_report *report,
                              struct error *error)
{
    const struct options *options = command->options;
    if (report->wrong->kind == WRONG_NOTHING)
        return STATUS_OK;
    if (options->trace_file == NULL) {
        report->trace = "With --trace FILE a search looks for the shortest execution in which this "
                        "trade goes wrong.";
        return STATUS_OK;
    }
    struct run_request request;
    struct text trace;
    const struct verify_options search = {.states_max = TRACE_STATES_MAX,
                                          .workers = command->environment->workers,
                                          .poll = poll_search,
                                          .context = command};
    text_init(&trace, &command->memory);
    command_fill_request(options, command->environment, &command->memory, &request);
    enum status status = simulate_find_trace(report->wrong, &request, &search, &command->arena,
                                             &trace, &report->trace, error);
    if (status == STATUS_OK && trace.length > 0) {
        report->trace_file = options->trace_file;
        status = command_write_file(options->trace_file, trace.bytes, trace.length, error);
    }
    text_release(&trace);
    return status;
}

static enum status report(struct simulate_command *command, bool interrupted, int exit_code,
                          struct error *error)
{
    struct simulation_report report = {.pipeline = &command->simulate.run->pipeline,
                                       .options = &command->options->simulated,
                                       .handlers = handlers_name(command->options),
                                       .minutes = command->minutes,
                                       .minute_count = command->minute_count,
                                       .wrong = simulation_wrong(command->simulate.simulation),
                                       .interrupted = interrupted,
                                       .exit_code = exit_code};
    enum status status = find_trace(command, &report, error);
    append_simulation_end(&command->text, &report, command->options->quiet);
    if (status == STATUS_OK)
        status = print(command, error);
    if (status == STATUS_OK)
        status = write_report(command, command->options->json_file, append_simulation_json, &report,
                              error);
    if (status == STATUS_OK)
        status = write_report(command, command->options->html_file, append_simulation_page, &report,
                              error);
    return status;
}

/* Standard output belongs to the file that is asked for there. */
static bool prints_text(const struct options *options)
{
    const char *const files[] = {options->json_file, options->trace_file, options->html_file};
    bool prints = true;
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        prints = prints && (files[i] == NULL || strcmp(files[i], "-") != 0);
    return prints;
}

static enum status run_simulate(struct simulate_command *command, int *exit_code,
                                struct error *error)
{
    command->minutes =
        arena_allocate_array(&command->arena, command->options->minutes, sizeof *command->minutes);
    if (command->minutes == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    enum status status = simulate_create(&command->simulate, &command->request,
                                         &command->options->simulated, tick, command, error);
    if (status != STATUS_OK)
        return status;
    status = play(command, error);
    if (command->memory_reached)
        return error_set(error, STATUS_NO_MEMORY,
                         "memory limit reached: the processes of functions take what --max-memory "
                         "leaves to them");
    const bool interrupted = status == STATUS_INTERRUPTED;
    if (status == STATUS_OK || interrupted) {
        *exit_code = exit_code_of(command, interrupted);
        status = report(command, interrupted, *exit_code, error);
    }
    return status;
}

int command_simulate(const struct options *options, const struct environment *environment)
{
    struct simulate_command command = {
        .options = options, .environment = environment, .prints = prints_text(options)};
    struct error error = ERROR_INIT;
    int exit_code = 0;
    memory_init(&command.memory, command_search_memory_limit(options));
    arena_init(&command.arena, &command.memory);
    text_init(&command.text, &command.memory);
    command_fill_request(options, environment, &command.memory, &command.request);
    const enum status status = run_simulate(&command, &exit_code, &error);
    if (status != STATUS_OK)
        exit_code = command_report_error(&error);
    simulate_release(&command.simulate);
    text_release(&command.text);
    arena_release(&command.arena);
    return exit_code;
}
