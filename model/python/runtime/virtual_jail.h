/* What a jailed function tries that the jail forbids, named rather than answered with an error that
 * it would not get on Lambda. Part of virtual.c, included by nothing else.
 *
 * The filter of system calls holds without this; it only cannot say what was tried and where. */
#ifndef ONCECHECK_MODEL_PYTHON_RUNTIME_VIRTUAL_JAIL_H
#define ONCECHECK_MODEL_PYTHON_RUNTIME_VIRTUAL_JAIL_H

#include "model/python/runtime/virtual_files.h"

#include <netinet/in.h>
#include <spawn.h>
#include <sys/prctl.h>

enum { SOCKET_TYPE_MASK = 0xf, FILTER_MODE = 2 /* SECCOMP_MODE_FILTER */ };

/* Tell the host what the function does, which ends the run. Returns where there is nobody to tell.
 */
static void refuse(const char *what)
{
    if (machine.callbacks.on_refusal == NULL || !is_reported())
        return;
    in_callback = true;
    machine.callbacks.on_refusal(what);
    in_callback = false;
}

/* The process is in jail from now on. `scratch` holds the folders that are shown as /tmp; `kept`
 * are paths below the real /tmp that stay, each with a NUL, and one more at the end. Both must stay
 * valid. `filter`, `length` instructions, is what runs add to the jail's own. */
void virtual_jail(const char *scratch, const char *kept, const struct sock_filter *filter,
                  size_t length);
void virtual_jail(const char *scratch, const char *kept, const struct sock_filter *filter,
                  size_t length)
{
    snprintf(machine.scratch, sizeof machine.scratch, "%s", scratch);
    machine.kept = kept;
    machine.filter_length = length < RUN_FILTER_MAX ? length : 0;
    memcpy(machine.filter, filter, machine.filter_length * sizeof *filter);
    machine.jailed = true;
}

/* The part of the jail that is a run's own. */
static void jail_run(void)
{
    struct sock_fprog program = {.len = (unsigned short)machine.filter_length,
                                 .filter = machine.filter};
    if (machine.filter_length > 0 && prctl(PR_SET_SECCOMP, FILTER_MODE, &program, 0, 0) != 0)
        syscall(SYS_exit_group, 1);
}

/* 1: the package used /tmp while it was imported, and left something there. */
int virtual_left_files(void);
int virtual_left_files(void)
{
    if (!machine.jailed || !has_scratch())
        return 0;
    const bool left = !scratch_remove(getpid());
    machine.scratch_process = 0;
    return left ? 1 : 0;
}

/* --- processes --- */

static int refuse_process(void)
{
    refuse("starts a process, which the jail forbids (--jail off does not)");
    errno = EPERM;
    return -1;
}

pid_t fork(void) { return machine.jailed ? refuse_process() : machine.fork(); }

/* A child of vfork may do less than one of fork. */
pid_t vfork(void) { return fork(); }

int system(const char *command);
int system(const char *command)
{
    static int (*real)(const char *);
    if (real == NULL)
        find_function(&real, "system", NULL);
    return machine.jailed && command != NULL ? refuse_process() : real(command);
}

FILE *popen(const char *command, const char *type)
{
    static FILE *(*real)(const char *, const char *);
    if (real == NULL)
        find_function(&real, "popen", NULL);
    return machine.jailed && refuse_process() != 0 ? NULL : real(command, type);
}

#define SPAWN_FUNCTION(name)                                                                       \
    int name(pid_t *restrict pid, const char *restrict path,                                       \
             const posix_spawn_file_actions_t *restrict actions,                                   \
             const posix_spawnattr_t *restrict attributes, char *const arguments[restrict],        \
             char *const environment[restrict])                                                    \
    {                                                                                              \
        static __typeof__(&(name)) real;                                                           \
        if (real == NULL)                                                                          \
            find_function(&real, #name, NULL);                                                     \
        return machine.jailed && refuse_process() != 0                                             \
                   ? EPERM                                                                         \
                   : real(pid, path, actions, attributes, arguments, environment);                 \
    }

SPAWN_FUNCTION(posix_spawn)
SPAWN_FUNCTION(posix_spawnp)

int execve(const char *path, char *const arguments[], char *const environment[])
{
    if (machine.jailed) {
        refuse("executes a program, which the jail forbids (--jail off does not)");
        errno = EPERM;
        return -1;
    }
    return (int)syscall(SYS_execve, path, arguments, environment);
}

int execv(const char *path, char *const arguments[]) { return execve(path, arguments, environ); }

/* --- sockets and files --- */

/* Python's own sockets are opened without the global lock; libraries that look what there is
 * (libuuid for an address) make do without. */
int socket(int domain, int type, int protocol)
{
    const bool is_tcp = (domain == AF_INET || domain == AF_INET6) &&
                        (type & SOCKET_TYPE_MASK) == SOCK_STREAM &&
                        (protocol == 0 || protocol == IPPROTO_TCP);
    if (machine.jailed && !is_tcp && !holds_lock())
        refuse("opens a socket, which the jail forbids");
    return (int)syscall(SYS_socket, domain, type, protocol);
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    const ssize_t written = syscall(SYS_write, fd, bytes, size);
    if (written < 0 && errno == ENOSPC && machine.jailed) {
        refuse("fills /tmp beyond what the jail allows (256 MB for all runs in progress)");
        errno = ENOSPC;
    }
    return written;
}

#endif
