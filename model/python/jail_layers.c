#include "model/python/jail_layers.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <linux/landlock.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

/* Of later kernels than Debian 12's headers: include/uapi/linux/landlock.h of Linux 6.12. */
enum {
    ACCESS_TRUNCATE = 1 << 14,  /* ABI 3 */
    ACCESS_IOCTL_DEV = 1 << 15, /* ABI 5 */
    ACCESS_TCP = 3,             /* ABI 4: bind, connect */
    SCOPE_ALL = 3,              /* ABI 6: abstract sockets, signals */
    ABI_REFER = 2,
    ABI_TRUNCATE = 3,
    ABI_TCP = 4,
    ABI_IOCTL_DEV = 5,
    ABI_SCOPE = 6,
    PIDS_SKIPPED_MAX = 64,
    MESSAGE_SIZE = 64
};

struct ruleset_attributes {
    uint64_t fs;
    uint64_t net;
    uint64_t scoped;
};

/* --- namespaces --- */

static int write_file(const char *path, const char *text)
{
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    const size_t length = strlen(text);
    const int code = write(fd, text, length) == (ssize_t)length ? 0 : errno;
    close(fd);
    return code;
}

/* In the namespace the user is who it was outside. */
static int map_user(uid_t user, gid_t group)
{
    char map[MESSAGE_SIZE];
    int code = write_file("/proc/self/setgroups", "deny");
    if (code != 0)
        return code;
    (void)snprintf(map, sizeof map, "%u %u 1\n", (unsigned)user, (unsigned)user);
    code = write_file("/proc/self/uid_map", map);
    if (code != 0)
        return code;
    (void)snprintf(map, sizeof map, "%u %u 1\n", (unsigned)group, (unsigned)group);
    return write_file("/proc/self/gid_map", map);
}

/* End as `child` ends. */
static void supervise(pid_t child)
{
    int status = 0;
    (void)syscall(SYS_close_range, 3U, ~0U, 0U);
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            _exit(1);
    if (WIFSIGNALED(status)) {
        const struct rlimit none = {0, 0};
        (void)setrlimit(RLIMIT_CORE, &none);
        (void)signal(WTERMSIG(status), SIG_DFL);
        (void)kill(getpid(), WTERMSIG(status));
    }
    (void)syscall(SYS_exit_group, WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

/* Let the numbers of processes begin somewhere else in every host, as they do outside: a function
 * that makes something of its own would seem deterministic otherwise. Where the kernel cannot be
 * told (CONFIG_CHECKPOINT_RESTORE), some are used up. */
static void scatter_pids(pid_t seed)
{
    char text[MESSAGE_SIZE];
    (void)snprintf(text, sizeof text, "%ld", (long)seed);
    if (write_file("/proc/sys/kernel/ns_last_pid", text) == 0)
        return;
    for (pid_t i = 0; i < seed % PIDS_SKIPPED_MAX; i++) {
        const pid_t child = fork();
        if (child == 0)
            (void)syscall(SYS_exit_group, 0);
        while (child > 0 && waitpid(child, NULL, 0) < 0 && errno == EINTR)
            ;
    }
}

int jail_enter_namespaces(const char *scratch)
{
    const pid_t seed = getpid();
    const uid_t user = geteuid();
    const gid_t group = getegid();
    const int kinds = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWNET;
    char options[MESSAGE_SIZE];
    if (unshare(user == 0 ? kinds : kinds | CLONE_NEWUSER) != 0)
        return errno;
    const int code = user == 0 ? 0 : map_user(user, group);
    if (code != 0)
        return code;
    (void)snprintf(options, sizeof options, "size=%d,nr_inodes=%d,mode=0755", JAIL_SCRATCH_BYTES,
                   JAIL_SCRATCH_FILES);
    const unsigned long flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
    if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) != 0 ||
        mount("tmpfs", scratch, "tmpfs", flags, options) != 0)
        return errno;
    const pid_t child = fork();
    if (child < 0)
        return errno;
    if (child > 0)
        supervise(child);
    if (mount("proc", "/proc", "proc", flags, NULL) != 0)
        return errno;
    scatter_pids(seed);
    return jail_die_with_parent();
}

/* --- files --- */

int jail_landlock_abi(void)
{
    const long abi = syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
    return abi > 0 ? (int)abi : 0;
}

static int allow(int ruleset, const char *path, uint64_t access)
{
    struct stat found;
    struct landlock_path_beneath_attr rule = {.parent_fd = open(path, O_PATH | O_CLOEXEC)};
    if (rule.parent_fd < 0)
        return errno == ENOENT || errno == ENOTDIR || errno == EACCES ? 0 : errno;
    const uint64_t of_files = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE |
                              LANDLOCK_ACCESS_FS_EXECUTE | ACCESS_TRUNCATE | ACCESS_IOCTL_DEV;
    const bool is_folder = fstat(rule.parent_fd, &found) == 0 && S_ISDIR(found.st_mode);
    rule.allowed_access = is_folder ? access : access & of_files;
    const long result =
        syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0);
    const int code = result == 0 ? 0 : errno;
    close(rule.parent_fd);
    return code;
}

int jail_restrict_files(const char *const *readable, size_t count, const char *scratch)
{
    const int abi = jail_landlock_abi();
    const uint64_t reading = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR;
    struct ruleset_attributes handled = {.fs = (LANDLOCK_ACCESS_FS_MAKE_SYM << 1) - 1};
    handled.fs |= abi >= ABI_REFER ? LANDLOCK_ACCESS_FS_REFER : 0;
    handled.fs |= abi >= ABI_TRUNCATE ? ACCESS_TRUNCATE : 0;
    handled.fs |= abi >= ABI_IOCTL_DEV ? ACCESS_IOCTL_DEV : 0;
    handled.net = abi >= ABI_TCP ? ACCESS_TCP : 0;
    handled.scoped = abi >= ABI_SCOPE ? SCOPE_ALL : 0;
    const uint64_t writing =
        handled.fs & ~(uint64_t)(LANDLOCK_ACCESS_FS_EXECUTE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
                                 LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SOCK |
                                 ACCESS_IOCTL_DEV);
    size_t size = sizeof handled.fs;
    if (abi >= ABI_TCP)
        size += sizeof handled.net;
    if (abi >= ABI_SCOPE)
        size += sizeof handled.scoped;
    const int ruleset = (int)syscall(SYS_landlock_create_ruleset, &handled, size, 0);
    if (ruleset < 0)
        return errno;
    int code = allow(ruleset, scratch, writing);
    if (code == 0)
        code = allow(ruleset, "/dev/null",
                     reading | (writing & ACCESS_TRUNCATE) | LANDLOCK_ACCESS_FS_WRITE_FILE);
    for (size_t i = 0; i < count && code == 0; i++)
        code = allow(ruleset, readable[i], reading);
    if (code == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        code = errno;
    if (code == 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) != 0)
        code = errno;
    close(ruleset);
    return code;
}

/* --- rights --- */

int jail_drop_user(const char *scratch, unsigned int user)
{
    if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0 || chown(scratch, user, user) != 0 ||
        setgroups(0, NULL) != 0 || setresgid(user, user, user) != 0 ||
        setresuid(user, user, user) != 0)
        return errno;
    /* Else its own /proc/self belongs to root. */
    return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) == 0 ? 0 : errno;
}

int jail_drop_capabilities(bool reader)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    const uint32_t kept = reader ? UINT32_C(1) << CAP_DAC_READ_SEARCH : 0;
    const struct __user_cap_data_struct sets[2] = {{kept, kept, 0}, {0, 0, 0}};
    for (unsigned long i = 0; prctl(PR_CAPBSET_READ, i, 0, 0, 0) >= 0; i++)
        (void)prctl(PR_CAPBSET_DROP, i, 0, 0, 0); /* of whoever has none to drop */
    (void)prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
    if (syscall(SYS_capset, &header, sets) != 0)
        return errno;
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 ? 0 : errno;
}

int jail_limit(bool counts, size_t address_space)
{
    const struct {
        rlim_t limit;
        __rlimit_resource_t kind;
        bool applies;
    } rows[] = {{JAIL_OPEN_FILES, RLIMIT_NOFILE, true},
                {JAIL_PROCESSES, RLIMIT_NPROC, counts},
                {address_space, RLIMIT_AS, true},
                {0, RLIMIT_CORE, true},
                {0, RLIMIT_MEMLOCK, true},
                {0, RLIMIT_MSGQUEUE, true}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct rlimit old;
        if (!rows[i].applies)
            continue;
        if (getrlimit(rows[i].kind, &old) != 0)
            return errno;
        const rlim_t limit = old.rlim_max < rows[i].limit ? old.rlim_max : rows[i].limit;
        const struct rlimit limited = {.rlim_cur = limit, .rlim_max = limit};
        if (setrlimit(rows[i].kind, &limited) != 0)
            return errno;
    }
    return 0;
}

int jail_die_with_parent(void)
{
    return prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) == 0 ? 0 : errno;
}
