/* oncecheck: the program. */
#include "checker/command.h"
#include "checker/command_audit.h"
#include "checker/command_aws.h"
#include "checker/command_coverage.h"
#include "checker/command_grade.h"
#include "checker/command_report.h"
#include "checker/command_runs.h"
#include "checker/command_simulate.h"
#include "checker/command_sweep.h"
#include "checker/package.h"
#include "checker/workers.h"
#include "reports/version.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The one global: a signal handler can reach nothing else. */
static volatile sig_atomic_t interrupted;

/* The first signal asks the search to stop and say what it covered; the second ends the program. */
static void on_signal(int number)
{
    if (interrupted)
        _exit(128 + number);
    interrupted = 1;
}

static void catch_signals(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    (void)signal(SIGPIPE, SIG_IGN); /* a reader that has gone is an error of the write */
}

/* Installed: PREFIX/bin/oncecheck and PREFIX/share/oncecheck. In the project: build/oncecheck (or
 * build/VARIANT/oncecheck) below the folder that holds scenarios/. */
static bool find_folders(struct environment *environment)
{
    enum { LEVELS_UP = 3 };
    char folder[PATH_TEXT_SIZE / 2];
    ssize_t length = readlink("/proc/self/exe", folder, sizeof folder - 1);
    if (length <= 0)
        return false;
    folder[length] = '\0';
    for (int i = 0; i <= LEVELS_UP; i++) {
        char *slash = strrchr(folder, '/');
        if (slash == NULL)
            return false;
        *slash = '\0';
        char found[PATH_TEXT_SIZE];
        snprintf(found, sizeof found, "%s/share/oncecheck/scenarios", folder);
        if (path_is_folder(found)) {
            snprintf(environment->data_dir, PATH_TEXT_SIZE, "%s/share/oncecheck", folder);
            snprintf(environment->runtime_dir, PATH_TEXT_SIZE, "%s/share/oncecheck/python", folder);
            return true;
        }
        snprintf(found, sizeof found, "%s/scenarios/workshop.yaml", folder);
        if (path_is_file(found)) {
            snprintf(environment->data_dir, PATH_TEXT_SIZE, "%s", folder);
            snprintf(environment->runtime_dir, PATH_TEXT_SIZE, "%s/build/python", folder);
            return true;
        }
    }
    return false;
}

/* A place below $VARIABLE or, where that is not set, below $HOME/FALLBACK; "" where there is none.
 * The XDG Base Directory Specification: a path that is not absolute is ignored. */
static void find_place(const char *variable, const char *fallback, const char *name,
                       char path[PATH_TEXT_SIZE])
{
    const char *base = getenv(variable);
    const char *home = getenv("HOME");
    int length = 0;
    path[0] = '\0';
    if (base != NULL && base[0] == '/')
        length = snprintf(path, PATH_TEXT_SIZE, "%s/oncecheck%s", base, name);
    else if (home != NULL && home[0] == '/')
        length = snprintf(path, PATH_TEXT_SIZE, "%s/%s/oncecheck%s", home, fallback, name);
    if (length < 0 || length >= PATH_TEXT_SIZE)
        path[0] = '\0';
}

static bool resolve(enum choice choice, int descriptor)
{
    if (choice == CHOICE_AUTO)
        return isatty(descriptor) == 1;
    return choice == CHOICE_ALWAYS;
}

/* Cores that this process may use. */
static unsigned available_cores(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    if (cores < 1)
        return 1;
    return cores > WORKERS_MAX ? WORKERS_MAX : (unsigned)cores;
}

static int run_command(const struct options *options, const struct environment *environment)
{
    switch (options->command) {
    case COMMAND_VERIFY:
        return options->sweep_count > 0 ? command_sweep(options, environment)
                                        : command_verify(options, environment);
    case COMMAND_REPLAY:
        return command_replay(options, environment);
    case COMMAND_SCENARIOS:
        return command_scenarios(options, environment);
    case COMMAND_REPORT:
        return command_report(options, environment);
    case COMMAND_RUNS:
        return command_runs(options, environment);
    case COMMAND_AWS:
        return command_aws(options, environment);
    case COMMAND_SIMULATE:
        return command_simulate(options, environment);
    case COMMAND_COVERAGE:
        return command_coverage(options, environment);
    case COMMAND_GRADE:
        return command_grade(options, environment);
    case COMMAND_AUDIT:
        return command_audit(options, environment);
    case COMMAND_COUNT:
        break;
    }
    BUG("a command that is not there was accepted");
}

static int print_help(enum command command)
{
    struct memory memory;
    struct text text;
    struct error error = ERROR_INIT;
    memory_init(&memory, SIZE_MAX);
    text_init(&text, &memory);
    options_append_help(&text, command);
    enum status status = command_write_text("-", &text, &error);
    text_release(&text);
    return status == STATUS_OK ? 0 : command_report_error(&error);
}

static int print_version(void)
{
    static const char line[] = "oncecheck " ONCECHECK_VERSION "\n";
    struct error error = ERROR_INIT;
    return command_write_file("-", line, sizeof line - 1, &error) == STATUS_OK
               ? 0
               : command_report_error(&error);
}

int main(int argc, char **argv)
{
    struct options options;
    struct error error = ERROR_INIT;
    struct environment environment = {.interrupted = &interrupted};
    catch_signals();
    if (options_read(argc, argv, &options, &error) != STATUS_OK) {
        int exit_code = command_report_error(&error);
        fputs("Try `oncecheck --help`.\n", stderr);
        return exit_code;
    }
    if (options.version)
        return print_version();
    if (options.help) {
        int exit_code = print_help(options.command);
        /* nothing at all was asked for */
        return argc == 1 ? 2 : exit_code;
    }
    if (!find_folders(&environment)) {
        fputs("oncecheck: cannot find its scenarios (share/oncecheck beside bin/)\n", stderr);
        return 2;
    }
    const char *no_color = getenv("NO_COLOR");
    bool colorless = options.color == CHOICE_AUTO && no_color != NULL && no_color[0] != '\0';
    find_place("XDG_STATE_HOME", ".local/state", "/runs.db", environment.run_database);
    find_place("XDG_CACHE_HOME", ".cache", "", environment.cache_dir);
    find_place("XDG_CACHE_HOME", ".cache", "/packages", environment.unpack_dir);
    if (environment.unpack_dir[0] == '\0')
        (void)snprintf(environment.unpack_dir, sizeof environment.unpack_dir,
                       "/tmp/oncecheck-%u/packages", (unsigned)geteuid());
    environment.python = getenv("ONCECHECK_PYTHON");
    environment.workers = options.workers != 0 ? options.workers : available_cores();
    environment.stdout_color = !colorless && resolve(options.color, STDOUT_FILENO);
    environment.stderr_progress = !options.quiet && resolve(options.progress, STDERR_FILENO);
    return run_command(&options, &environment);
}
