/* libjail.so: the host locks itself in before it imports a stranger's code (host.py): the layers of
 * jail_layers.h, and the filter of system calls.
 *
 * The filter lists what is allowed: what Python, its libraries and common packages need to compute,
 * to use files (which Landlock guards) and threads, and to talk to oncecheck. The rest is as if the
 * kernel did not have it (ENOSYS), so that libraries fall back as on an old kernel; what a function
 * might be seen to try on purpose is forbidden (EPERM). Not allowed, and left to ENOSYS, are among
 * others bpf, io_uring, userfaultfd, keyctl, mount, kexec, modules, perf_event_open, System V IPC.
 */
#include "model/python/jail_layers.h"

#include <asm/ioctls.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* --- the filter --- */

#define FILTER_CALLS_ALLOWED                                                                       \
    "read", "write", "readv", "writev", "pread64", "pwrite64", "preadv", "pwritev", "preadv2",     \
        "pwritev2", "open", "openat", "openat2", "creat", "close", "close_range", "lseek",         \
        "_llseek", "stat", "fstat", "lstat", "newfstatat", "statx", "stat64", "fstat64",           \
        "lstat64", "fstatat64", "access", "faccessat", "faccessat2", "getdents", "getdents64",     \
        "readlink", "readlinkat", "mkdir", "mkdirat", "rmdir", "unlink", "unlinkat", "rename",     \
        "renameat", "renameat2", "link", "linkat", "symlink", "symlinkat", "chmod", "fchmod",      \
        "fchmodat", "chown", "lchown", "fchown", "fchownat", "umask", "utime", "utimes",           \
        "futimesat", "utimensat", "truncate", "ftruncate", "fallocate", "fsync", "fdatasync",      \
        "sync_file_range", "flock", "dup", "dup2", "dup3", "pipe", "pipe2", "statfs", "fstatfs",   \
        "statfs64", "fstatfs64", "getcwd", "chdir", "fchdir", "sendfile", "copy_file_range",       \
        "splice", "tee", "fadvise64", "memfd_create", "getxattr", "lgetxattr", "fgetxattr",        \
        "listxattr", "llistxattr", "flistxattr", "mmap", "mmap2", "munmap", "mremap", "mprotect",  \
        "madvise", "brk", "msync", "mincore", "membarrier", "pkey_alloc", "pkey_free",             \
        "pkey_mprotect", "get_mempolicy", "getpid", "gettid", "getppid", "getuid", "geteuid",      \
        "getgid", "getegid", "getresuid", "getresgid", "getgroups", "getpgid", "getpgrp",          \
        "getsid", "getrusage", "times", "sysinfo", "uname", "getcpu", "getrlimit", "ugetrlimit",   \
        "setrlimit", "getpriority", "sched_yield", "sched_getaffinity", "sched_getparam",          \
        "sched_getscheduler", "sched_getattr", "sched_get_priority_max", "sched_get_priority_min", \
        "sched_rr_get_interval", "capget", "arch_prctl", "set_tid_address", "set_robust_list",     \
        "get_robust_list", "rseq", "set_thread_area", "get_thread_area", "futex", "futex_waitv",   \
        "nanosleep", "clock_nanosleep", "clock_gettime", "clock_getres", "gettimeofday", "time",   \
        "alarm", "getitimer", "setitimer", "timer_create", "timer_settime", "timer_gettime",       \
        "timer_getoverrun", "timer_delete", "pause", "exit", "exit_group", "wait4", "waitid",      \
        "waitpid", "restart_syscall", "rt_sigaction", "rt_sigprocmask", "rt_sigpending",           \
        "rt_sigtimedwait", "rt_sigsuspend", "rt_sigreturn", "sigreturn", "sigaltstack",            \
        "signalfd", "signalfd4", "eventfd", "eventfd2", "timerfd_create", "timerfd_settime",       \
        "timerfd_gettime", "epoll_create", "epoll_create1", "epoll_ctl", "epoll_wait",             \
        "epoll_pwait", "epoll_pwait2", "poll", "ppoll", "select", "_newselect", "pselect6",        \
        "getrandom", "recv", "recvfrom", "recvmsg", "recvmmsg", "send", "shutdown", "getsockname", \
        "getpeername", "getsockopt", "setsockopt"

/* Of the host itself; they reach nothing but what is in the jail with it. */
#define FILTER_CALLS_OF_SIGNALS "kill", "tkill", "tgkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo"

#define FILTER_CALLS_FORBIDDEN                                                                     \
    "execve", "execveat", "ptrace", "process_vm_readv", "process_vm_writev", "connect", "bind",    \
        "listen", "accept", "accept4", "sendmmsg", "unshare", "setns", "mount", "umount2",         \
        "pivot_root", "chroot", "setuid", "setgid", "setreuid", "setregid", "setresuid",           \
        "setresgid", "setgroups", "setfsuid", "setfsgid", "setsid", "setpgid", "mknod", "mknodat", \
        "setpriority", "sched_setaffinity", "sched_setscheduler", "sched_setparam", "ioperm",      \
        "iopl", "reboot", "settimeofday", "clock_settime", "syslog", "pidfd_open", "pidfd_getfd",  \
        "pidfd_send_signal"

/* Flags of clone: the C library's fork, a branch (virtual_branch.h), namespaces (sched.h). */
#define CLONE_OF_FORK ((uint64_t)(CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | SIGCHLD))
#define CLONE_OF_BRANCH ((uint64_t)(CLONE_PARENT | SIGCHLD))
#define CLONE_NAMESPACES UINT64_C(0x7e020080)

enum { FILTER_TCP_FASTOPEN = MSG_FASTOPEN, FILTER_TYPE_MASK = 0xf, FILTER_TCP = 6 };

/* A rule for a call that this architecture may not have; ones with conditions only add up. */
static int filter_add(scmp_filter_ctx filter, uint32_t action, const char *name, unsigned int count,
                      const struct scmp_arg_cmp *conditions)
{
    const int number = seccomp_syscall_resolve_name(name);
    if (number == __NR_SCMP_ERROR)
        return 0;
    return seccomp_rule_add_array(filter, action, number, count, conditions);
}

static int filter_add_all(scmp_filter_ctx filter, uint32_t action, const char *const *names,
                          size_t count)
{
    int code = 0;
    for (size_t i = 0; i < count && code == 0; i++)
        code = filter_add(filter, action, names[i], 0, NULL);
    return code;
}

/* An alternative: the call is allowed where all of the conditions hold. */
struct filter_case {
    const char *name;
    unsigned int count;
    struct scmp_arg_cmp conditions[3];
};

static int filter_add_cases(scmp_filter_ctx filter)
{
    const struct filter_case cases[] = {
        /* threads, the zygote's forks, branches */
        {"clone",
         1,
         {SCMP_A0_64(SCMP_CMP_MASKED_EQ, CLONE_THREAD | CLONE_NAMESPACES, CLONE_THREAD)}},
        {"clone", 1, {SCMP_A0_64(SCMP_CMP_EQ, CLONE_OF_FORK)}},
        {"clone", 1, {SCMP_A0_64(SCMP_CMP_EQ, CLONE_OF_BRANCH)}},
        /* TCP sockets that lead nowhere: libraries look what kinds there are when they are loaded.
         * Pairs, such as asyncio's. Other protocols and datagrams could be sent without connect. */
        {"socket",
         3,
         {SCMP_A0_32(SCMP_CMP_EQ, AF_INET),
          SCMP_A1_32(SCMP_CMP_MASKED_EQ, FILTER_TYPE_MASK, SOCK_STREAM),
          SCMP_A2_32(SCMP_CMP_EQ, 0)}},
        {"socket",
         3,
         {SCMP_A0_32(SCMP_CMP_EQ, AF_INET),
          SCMP_A1_32(SCMP_CMP_MASKED_EQ, FILTER_TYPE_MASK, SOCK_STREAM),
          SCMP_A2_32(SCMP_CMP_EQ, FILTER_TCP)}},
        {"socket",
         3,
         {SCMP_A0_32(SCMP_CMP_EQ, AF_INET6),
          SCMP_A1_32(SCMP_CMP_MASKED_EQ, FILTER_TYPE_MASK, SOCK_STREAM),
          SCMP_A2_32(SCMP_CMP_EQ, 0)}},
        {"socket",
         3,
         {SCMP_A0_32(SCMP_CMP_EQ, AF_INET6),
          SCMP_A1_32(SCMP_CMP_MASKED_EQ, FILTER_TYPE_MASK, SOCK_STREAM),
          SCMP_A2_32(SCMP_CMP_EQ, FILTER_TCP)}},
        {"socketpair",
         2,
         {SCMP_A0_32(SCMP_CMP_EQ, AF_UNIX),
          SCMP_A1_32(SCMP_CMP_MASKED_EQ, FILTER_TYPE_MASK, SOCK_STREAM)}},
        {"sendto",
         2,
         {SCMP_A3_32(SCMP_CMP_MASKED_EQ, FILTER_TCP_FASTOPEN, 0), SCMP_A4_64(SCMP_CMP_EQ, 0)}},
        {"sendmsg", 1, {SCMP_A2_32(SCMP_CMP_MASKED_EQ, FILTER_TCP_FASTOPEN, 0)}},
        {"prlimit64", 1, {SCMP_A0_32(SCMP_CMP_EQ, 0)}},
        {"personality", 1, {SCMP_A0_32(SCMP_CMP_EQ, UINT32_MAX)}},
        {"prctl", 1, {SCMP_A0_32(SCMP_CMP_EQ, PR_SET_PDEATHSIG)}},
        {"prctl", 1, {SCMP_A0_32(SCMP_CMP_EQ, PR_SET_NAME)}},
        {"prctl", 1, {SCMP_A0_32(SCMP_CMP_EQ, PR_GET_NAME)}},
        {"prctl", 1, {SCMP_A0_32(SCMP_CMP_EQ, PR_GET_DUMPABLE)}},
        {"prctl", 1, {SCMP_A0_32(SCMP_CMP_EQ, PR_CAPBSET_READ)}},
        {"prctl", 1, {SCMP_A0_32(SCMP_CMP_EQ, PR_SET_VMA)}},
        {"prctl", 1, {SCMP_A0_32(SCMP_CMP_EQ, PR_SET_SECCOMP)}}, /* a further filter only */
        /* not F_SETOWN, F_SETSIG and F_SETOWN_EX: signals to others */
        {"fcntl", 1, {SCMP_A1_32(SCMP_CMP_LT, F_SETOWN)}},
        {"fcntl", 1, {SCMP_A1_32(SCMP_CMP_EQ, F_GETOWN)}},
        {"fcntl", 1, {SCMP_A1_32(SCMP_CMP_GE, F_OFD_GETLK)}},
        {"ioctl", 1, {SCMP_A1_32(SCMP_CMP_EQ, FIONREAD)}},
        {"ioctl", 1, {SCMP_A1_32(SCMP_CMP_EQ, FIONBIO)}},
        {"ioctl", 1, {SCMP_A1_32(SCMP_CMP_EQ, FIOCLEX)}},
        {"ioctl", 1, {SCMP_A1_32(SCMP_CMP_EQ, FIONCLEX)}},
        {"ioctl", 1, {SCMP_A1_32(SCMP_CMP_EQ, TCGETS)}},
        {"ioctl", 1, {SCMP_A1_32(SCMP_CMP_EQ, TIOCGWINSZ)}},
    };
    int code = 0;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0] && code == 0; i++)
        code =
            filter_add(filter, SCMP_ACT_ALLOW, cases[i].name, cases[i].count, cases[i].conditions);
    return code;
}

/* Install the host's filter. `signals`: they cannot leave the jail. Returns 0 or an errno. */
static int filter_install(bool signals)
{
    static const char *const allowed[] = {FILTER_CALLS_ALLOWED};
    static const char *const forbidden[] = {FILTER_CALLS_FORBIDDEN};
    static const char *const of_signals[] = {FILTER_CALLS_OF_SIGNALS};
    const uint32_t refusal = SCMP_ACT_ERRNO(EPERM);
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(ENOSYS));
    if (filter == NULL)
        return ENOMEM;
    /* Without the mitigation that old kernels tie to filters: it would slow all code down. */
    (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_SSB, 1);
    (void)seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); /* a tree, not a list */
    int code = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (code == 0)
        code = filter_add_all(filter, SCMP_ACT_ALLOW, allowed, sizeof allowed / sizeof *allowed);
    if (code == 0)
        code = filter_add_all(filter, refusal, forbidden, sizeof forbidden / sizeof *forbidden);
    if (code == 0)
        code = filter_add_all(filter, signals ? SCMP_ACT_ALLOW : refusal, of_signals,
                              sizeof of_signals / sizeof *of_signals);
    if (code == 0)
        code = filter_add_cases(filter);
    if (code == 0)
        code = seccomp_load(filter);
    seccomp_release(filter);
    return -code;
}

/* Write, as BPF, what a run may do less than its zygote: it forks nothing. */
static int filter_export_for_runs(int fd)
{
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
    if (filter == NULL)
        return ENOMEM;
    const struct scmp_arg_cmp is_fork[] = {SCMP_A0_64(SCMP_CMP_EQ, CLONE_OF_FORK)};
    int code = filter_add(filter, SCMP_ACT_ERRNO(EPERM), "clone", 1, is_fork);
    if (code == 0)
        code = seccomp_export_bpf(filter, fd);
    seccomp_release(filter);
    return -code;
}

/* --- what host.py calls --- */

enum { RUN_FILTER_MAX = 64 }; /* instructions */

struct jail_request {
    int layers; /* of enum jail_layer */
    const char *scratch;
    const char *const *readable;
    size_t readable_count;
    size_t address_space;
};

/* Enter the layers asked for. Returns NULL, or which one failed, with its errno in *code. With
 * namespaces it returns in another process. */
const char *jail_enter(const struct jail_request *request, int *code);
const char *jail_enter(const struct jail_request *request, int *code)
{
    const int layers = request->layers;
    const bool namespaces = (layers & JAIL_NAMESPACES) != 0;
    const unsigned int user = JAIL_USER_FIRST + (unsigned int)getpid();
    *code = namespaces ? jail_enter_namespaces(request->scratch) : 0;
    if (*code != 0)
        return "namespaces";
    if ((layers & JAIL_LANDLOCK) != 0)
        *code = jail_restrict_files(request->readable, request->readable_count, request->scratch);
    if (*code != 0)
        return "Landlock";
    if ((layers & JAIL_USER) != 0)
        *code = jail_drop_user(request->scratch, user);
    if (*code == 0)
        *code = jail_drop_capabilities((layers & JAIL_READER) != 0);
    if (*code == 0)
        *code = jail_die_with_parent();
    if (*code != 0)
        return "dropping privileges";
    *code = jail_limit(namespaces || (layers & JAIL_USER) != 0, request->address_space);
    if (*code != 0)
        return "resource limits";
    if ((layers & JAIL_SECCOMP) != 0)
        *code = filter_install(namespaces || (layers & JAIL_SIGNALS) != 0);
    return *code != 0 ? "seccomp" : NULL;
}

/* The filter that each run adds, for virtual_serve; its length in instructions, or 0. Call it
 * before jail_enter. */
int jail_run_filter(struct sock_filter *filter);
int jail_run_filter(struct sock_filter *filter)
{
    const size_t size = RUN_FILTER_MAX * sizeof *filter;
    const int fd = memfd_create("filter", MFD_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t length = 0;
    if (filter_export_for_runs(fd) == 0)
        length = pread(fd, filter, size, 0);
    close(fd);
    return length > 0 && (size_t)length < size ? (int)((size_t)length / sizeof *filter) : 0;
}
