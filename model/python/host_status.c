#include "model/python/host_process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STAT_SIZE = 1024, STAT_PROCESSOR_FIELD = 11 };

enum host_activity host_process_activity(pid_t pid, int64_t *processor_ms)
{
    char path[64];
    char text[STAT_SIZE];
    *processor_ms = 0;
    (void)snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return HOST_ENDED;
    const ssize_t length = read(fd, text, sizeof text - 1);
    close(fd);
    if (length <= 0)
        return HOST_ENDED;
    text[length] = '\0';
    /* "pid (name) S ppid ...": the name may hold anything. utime and stime are the 14th and 15th
     * field (proc(5)), so the 12th and 13th after the name. */
    const char *field = strrchr(text, ')');
    if (field == NULL || field[1] != ' ')
        return HOST_ENDED;
    field += 2;
    const char state = *field;
    for (int i = 0; i < STAT_PROCESSOR_FIELD && field != NULL; i++) {
        field = strchr(field, ' ');
        field = field != NULL ? field + 1 : NULL;
    }
    if (field != NULL) {
        char *end = NULL;
        const long user = strtol(field, &end, 10);
        const long system = strtol(end, NULL, 10);
        const long ticks_per_s = sysconf(_SC_CLK_TCK);
        *processor_ms = (int64_t)(user + system) * 1000 / (ticks_per_s > 0 ? ticks_per_s : 100);
    }
    if (state == 'Z' || state == 'X' || state == 'x')
        return HOST_ENDED;
    return state == 'R' || state == 'D' ? HOST_RUNNING : HOST_BLOCKED;
}

/* The names that Lambda shows, which are those of the Go runtime. */
static const char *signal_name(int number)
{
    static const struct {
        int number;
        const char *name;
    } names[] = {{SIGHUP, "hangup"},
                 {SIGINT, "interrupt"},
                 {SIGQUIT, "quit"},
                 {SIGILL, "illegal instruction"},
                 {SIGTRAP, "trace/breakpoint trap"},
                 {SIGABRT, "aborted"},
                 {SIGBUS, "bus error"},
                 {SIGFPE, "floating point exception"},
                 {SIGKILL, "killed"},
                 {SIGUSR1, "user defined signal 1"},
                 {SIGSEGV, "segmentation fault"},
                 {SIGUSR2, "user defined signal 2"},
                 {SIGPIPE, "broken pipe"},
                 {SIGALRM, "alarm clock"},
                 {SIGTERM, "terminated"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (names[i].number == number)
            return names[i].name;
    return NULL;
}

void host_describe_status(int status, char *text, size_t size)
{
    if (WIFEXITED(status)) {
        (void)snprintf(text, size, "exit status %d", WEXITSTATUS(status));
        return;
    }
    const int number = WTERMSIG(status);
    const char *name = signal_name(number);
    if (name != NULL)
        (void)snprintf(text, size, "signal: %s", name);
    else
        (void)snprintf(text, size, "signal: signal %d", number);
}
