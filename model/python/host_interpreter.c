#include "model/python/host_channel.h"
#include "model/python/python_host.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PROBE_MS_MAX = 30000, ANSWER_SIZE = 4096, REASON_SIZE = 400, CANDIDATES_MAX = 3 };

/* What every candidate is asked. One line: the path, or why not after an exclamation mark. */
static const char probe[] = "import sys\n"
                            "try:\n"
                            "    if sys.version_info < (3, 8):\n"
                            "        raise ImportError('Python 3.8 or newer is needed')\n"
                            "    import boto3, botocore\n"
                            "    print(sys.executable)\n"
                            "except Exception as error:\n"
                            "    print('!' + type(error).__name__ + ': ' + str(error))\n";

/* The path alone. */
static const char guess[] = "import sys\nprint(sys.executable)\n";

/* Start `python` with its standard output in `*output`. The environment is ours: a shim needs it.
 */
static int start_probe(const char *python, const char *code, pid_t *pid, int *output)
{
    int pipe_fds[2];
    posix_spawn_file_actions_t actions;
    if (pipe2(pipe_fds, O_CLOEXEC) != 0)
        return errno;
    int result = posix_spawn_file_actions_init(&actions);
    if (result == 0) {
        char name[PATH_MAX]; /* by which Python finds out where it is */
        char user_site[] = "-s";
        char option[] = "-c";
        char program[sizeof probe];
        (void)snprintf(program, sizeof program, "%s", code);
        (void)snprintf(name, sizeof name, "%s", python);
        char *arguments[] = {name, user_site, option, program, NULL};
        result = posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
        if (result == 0)
            result = posix_spawn_file_actions_adddup2(&actions, pipe_fds[1], 1);
        if (result == 0)
            result = posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0);
        if (result == 0)
            result = posix_spawnp(pid, python, &actions, NULL, arguments, environ);
        posix_spawn_file_actions_destroy(&actions);
    }
    close(pipe_fds[1]);
    if (result != 0)
        close(pipe_fds[0]);
    else
        *output = pipe_fds[0];
    return result;
}

/* Read until the end, or until the deadline passes (then false). */
static bool read_answer(int output, char *answer, size_t size)
{
    const int64_t deadline_ms = host_now_ms() + PROBE_MS_MAX;
    size_t length = 0;
    for (;;) {
        if (!host_poll(output, POLLIN, deadline_ms))
            return false;
        const ssize_t count = read(output, answer + length, size - 1 - length);
        if (count < 0 && errno == EINTR)
            continue;
        if (count <= 0 || (length += (size_t)count) == size - 1)
            break;
    }
    answer[length] = '\0';
    answer[strcspn(answer, "\n")] = '\0';
    return true;
}

/* The path of the interpreter behind `python`, or why it will not do. */
static bool probe_interpreter(const char *python, const char *code, char *path, size_t path_size,
                              char *reason, size_t reason_size)
{
    char answer[ANSWER_SIZE] = "";
    pid_t pid = 0;
    int output = -1;
    const int result = start_probe(python, code, &pid, &output);
    if (result != 0) {
        (void)snprintf(reason, reason_size, "%s",
                       result == ENOENT ? "not found" : "does not start");
        return false;
    }
    const bool in_time = read_answer(output, answer, sizeof answer);
    close(output);
    kill(pid, SIGKILL); /* has ended, or should have */
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        ;
    if (answer[0] == '/' && strlen(answer) < path_size) {
        memcpy(path, answer, strlen(answer) + 1);
        return true;
    }
    if (!in_time)
        (void)snprintf(reason, reason_size, "does not answer");
    else
        (void)snprintf(reason, reason_size, "%.*s", REASON_SIZE - 1,
                       answer[0] == '!' ? answer + 1 : "is no Python interpreter");
    return false;
}

/* What is tried, in order; returns how many. */
static size_t list_candidates(const char *requested, const char *environment,
                              const char *candidates[CANDIDATES_MAX])
{
    size_t count = 0;
    if (requested != NULL) {
        candidates[count++] = requested;
        return count;
    }
    if (environment != NULL && environment[0] != '\0')
        candidates[count++] = environment;
    candidates[count++] = "python3";
    candidates[count++] = "/usr/bin/python3";
    return count;
}

void python_host_guess_interpreter(const char *requested, const char *environment, char *path,
                                   size_t path_size)
{
    const char *candidates[CANDIDATES_MAX];
    const size_t count = list_candidates(requested, environment, candidates);
    char reason[REASON_SIZE] = "";
    for (size_t i = 0; i < count; i++)
        if (probe_interpreter(candidates[i], guess, path, path_size, reason, sizeof reason))
            return;
    path[0] = '\0';
}

enum status python_host_find_interpreter(const char *requested, const char *environment, char *path,
                                         size_t path_size, struct error *error)
{
    const char *candidates[CANDIDATES_MAX];
    const size_t count = list_candidates(requested, environment, candidates);
    char reasons[ERROR_MESSAGE_SIZE] = "";
    size_t length = 0;
    for (size_t i = 0; i < count; i++) {
        char reason[REASON_SIZE] = "";
        if (probe_interpreter(candidates[i], probe, path, path_size, reason, sizeof reason))
            return STATUS_OK;
        const int added = snprintf(reasons + length, sizeof reasons - length, "%s%s: %s",
                                   length > 0 ? "; " : "", candidates[i], reason);
        length +=
            (size_t)added < sizeof reasons - length ? (size_t)added : sizeof reasons - length - 1;
    }
    return error_set(error, STATUS_BAD_INPUT, "no Python interpreter that can import boto3: %s",
                     reasons);
}
