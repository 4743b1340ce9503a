/* The zygote's loop: forks runs when oncecheck tells it to. Part of virtual.c, included by nothing
 * else; model/python/host_process.h has the messages.
 *
 * It is written in C, and so is what a run does first, because of what a fork costs: every page
 * that parent or child writes to is copied, and Python writes to a page (a reference count, a cache
 * in byte code) with nearly everything that it does. os.fork and its hooks in Python's library,
 * which only matter to processes with threads, touch more pages than a small function does; hooks
 * of the function's own (os.register_at_fork) do not run on Lambda either. */
#ifndef ONCECHECK_MODEL_PYTHON_RUNTIME_VIRTUAL_SERVER_H
#define ONCECHECK_MODEL_PYTHON_RUNTIME_VIRTUAL_SERVER_H

#include "model/python/runtime/virtual_jail.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>

enum {
    FRAME_HEAD_SIZE = 4,
    SERVER_MESSAGE_SIZE = 64,
    SERVER_DYING_MAX = 256,      /* runs that were killed and are not reaped yet */
    SERVER_CHANNEL_FD_MIN = 300, /* out of the way of the function's own files */
    SERVER_PROCESSOR_S = 600,    /* of a run, or of a container, in all */
    SERVER_LIMITS = 4
};

/* What a run may use; `bytes` is for RLIMIT_AS. */
struct server_limits {
    uint64_t bytes;
    uint64_t file_bytes;
};

/* Die with the process `parent`. */
static void die_with(pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
    if (getppid() != parent)
        syscall(SYS_exit_group, 0);
}

static void server_reply(int control, const char *word, long number)
{
    char message[SERVER_MESSAGE_SIZE];
    const int length = snprintf(message, sizeof message, "%s %ld", word, number);
    while (send(control, message, (size_t)length, MSG_NOSIGNAL) < 0 && errno == EINTR)
        ;
}

/* The next message of at most `size` bytes, and the file that came with it or -1. Ends the process
 * when oncecheck is gone.
 */
static void server_receive(int control, char message[SERVER_MESSAGE_SIZE], size_t size, int *fd)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } ancillary;
    for (;;) {
        struct iovec part = {.iov_base = message, .iov_len = size};
        struct msghdr header = {.msg_iov = &part,
                                .msg_iovlen = 1,
                                .msg_control = ancillary.bytes,
                                .msg_controllen = sizeof ancillary.bytes};
        const ssize_t length = recvmsg(control, &header, MSG_CMSG_CLOEXEC);
        if (length < 0 && errno == EINTR)
            continue;
        if (length <= 0)
            syscall(SYS_exit_group, 0);
        message[length] = '\0';
        *fd = -1;
        const struct cmsghdr *found = CMSG_FIRSTHDR(&header);
        if (found != NULL && found->cmsg_type == SCM_RIGHTS)
            memcpy(fd, CMSG_DATA(found), sizeof *fd);
        return;
    }
}

/* Outside a jail a run may start processes, and is a process group of its own; it may not have
 * become one yet. In jail there is nothing but runs. */
static void server_kill(pid_t pid)
{
    if (!machine.jailed)
        kill(-pid, SIGKILL);
    kill(pid, SIGKILL);
}

/* Wait for the end of a run, which is its own business, and end what it started. */
static int server_reap(pid_t pid)
{
    siginfo_t ignored;
    int status = -1;
    while (waitid(P_PID, (id_t)pid, &ignored, WEXITED | WNOWAIT) < 0 && errno == EINTR)
        ;
    server_kill(pid);
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    (void)scratch_remove(pid);
    return status;
}

static void server_limit(const struct server_limits *limits)
{
    const struct {
        __rlimit_resource_t kind;
        rlim_t limit;
    } rows[SERVER_LIMITS] = {{RLIMIT_AS, (rlim_t)limits->bytes},
                             {RLIMIT_CORE, 0},
                             {RLIMIT_CPU, SERVER_PROCESSOR_S},
                             {RLIMIT_FSIZE, (rlim_t)limits->file_bytes}};
    for (size_t i = 0; i < SERVER_LIMITS; i++) {
        struct rlimit old;
        if (getrlimit(rows[i].kind, &old) != 0)
            continue;
        const rlim_t limit = old.rlim_max < rows[i].limit ? old.rlim_max : rows[i].limit;
        const struct rlimit limited = {.rlim_cur = limit, .rlim_max = limit};
        (void)setrlimit(rows[i].kind, &limited);
    }
}

/* What a run does as soon as it is there; returns its channel. Its first frame is its pid, which
 * the kernel adds its own word on who sends it to. */
static int server_begin(int fd)
{
    char pid[SERVER_MESSAGE_SIZE];
    die_with(machine.parent);
    if (!machine.jailed)
        setsid();
    const int high = fcntl(fd, F_DUPFD_CLOEXEC, SERVER_CHANNEL_FD_MIN);
    if (high >= 0)
        close(fd);
    const int own = high >= 0 ? high : fd;
    const int length =
        snprintf(pid + FRAME_HEAD_SIZE, sizeof pid - FRAME_HEAD_SIZE, "%ld", (long)getpid());
    memcpy(pid, (const char[FRAME_HEAD_SIZE]){0, 0, 0, (char)length}, FRAME_HEAD_SIZE);
    if (send(own, pid, FRAME_HEAD_SIZE + (size_t)length, MSG_NOSIGNAL) < 0)
        syscall(SYS_exit_group, 0);
    return own;
}

static int server_child(int control, int fd, const struct server_limits *limits)
{
    close(control);
    server_limit(limits);
    const int own = server_begin(fd);
    jail_run();
    return own;
}

/* A hash of the numbers of the open files, but for two of them. */
static uint64_t open_files(int channel, int other)
{
    DIR *folder = opendir("/proc/self/fd");
    uint64_t sum = 1;
    if (folder == NULL)
        return 0;
    for (const struct dirent *entry = readdir(folder); entry != NULL; entry = readdir(folder)) {
        const int fd = atoi(entry->d_name);
        if (entry->d_name[0] != '.' && fd != channel && fd != other && fd != dirfd(folder))
            sum += ((uint64_t)fd + 1) * UINT64_C(0x9e3779b97f4a7c15);
    }
    closedir(folder);
    return sum;
}

/* Serve until oncecheck is gone; returns, with its channel, in every run. */
int virtual_serve(int control, uint64_t bytes, uint64_t file_bytes);
int virtual_serve(int control, uint64_t bytes, uint64_t file_bytes)
{
    const struct server_limits limits = {.bytes = bytes, .file_bytes = file_bytes};
    pid_t dying[SERVER_DYING_MAX];
    size_t dying_count = 0;
    machine.parent = getpid();
    machine.open_files = open_files(control, -1);
    for (;;) {
        char message[SERVER_MESSAGE_SIZE];
        int fd = -1;
        server_receive(control, message, sizeof message - 1, &fd);
        if (strcmp(message, "fork") == 0) {
            const pid_t pid = machine.fork();
            if (pid == 0)
                return server_child(control, fd, &limits);
            if (fd >= 0)
                close(fd);
            server_reply(control, pid < 0 ? "failed" : "pid", pid < 0 ? errno : pid);
        } else if (strncmp(message, "reap ", 5) == 0) {
            server_reply(control, "status", server_reap((pid_t)atol(message + 5)));
        } else if (strncmp(message, "forget ", 7) == 0) {
            const pid_t pid = (pid_t)atol(message + 7);
            server_kill(pid);
            if (dying_count == SERVER_DYING_MAX)
                server_reap(dying[--dying_count]);
            dying[dying_count++] = pid;
        }
        size_t left = 0;
        for (size_t i = 0; i < dying_count; i++)
            if (waitpid(dying[i], NULL, WNOHANG) == 0)
                dying[left++] = dying[i];
            else
                (void)scratch_remove(dying[i]);
        dying_count = left;
    }
}

#endif
