#include "model/python/host_process.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { READ_SIZE = 4096, STAT_SIZE = 1024, STAT_PROCESSOR_FIELD = 11 };

/* What the system says of a process after its name, which may hold anything: "S ppid ...". */
static const char *read_stat(pid_t pid, char text[STAT_SIZE])
{
    char path[64];
    (void)snprintf(path, sizeof path, "/proc/%ld/stat", (long)pid);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return NULL;
    const ssize_t length = read(fd, text, STAT_SIZE - 1);
    close(fd);
    if (length <= 0)
        return NULL;
    text[length] = '\0';
    const char *name_end = strrchr(text, ')');
    return name_end == NULL || name_end[1] != ' ' ? NULL : name_end + 2;
}

pid_t host_process_parent(pid_t pid)
{
    char text[STAT_SIZE];
    const char *field = read_stat(pid, text);
    return field == NULL || field[1] != ' ' ? 0 : (pid_t)strtol(field + 2, NULL, 10);
}

size_t host_zygote_runs(const struct host_zygote *zygote)
{
    char bytes[READ_SIZE];
    size_t count = 0;
    ssize_t length = 0;
    (void)snprintf(bytes, sizeof bytes, "/proc/%ld/task/%ld/children", (long)zygote->process,
                   (long)zygote->process);
    const int fd = zygote->process > 0 ? open(bytes, O_RDONLY | O_CLOEXEC) : -1;
    while (fd >= 0 && (length = read(fd, bytes, sizeof bytes)) > 0)
        for (ssize_t i = 0; i < length; i++)
            count += bytes[i] == ' ' ? 1 : 0; /* one after each */
    if (fd >= 0)
        close(fd);
    return count;
}

enum host_activity host_process_activity(pid_t pid, int64_t *processor_ms)
{
    char text[STAT_SIZE];
    const char *field = read_stat(pid, text);
    *processor_ms = 0;
    if (field == NULL)
        return HOST_ENDED;
    /* utime and stime are the 14th and 15th field (proc(5)), so the 12th and 13th after the name.
     */
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
