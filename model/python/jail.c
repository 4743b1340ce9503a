#include "model/python/jail.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <linux/filter.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    SCOPE_ABI = 6,
    TREE_FILES_OPEN = 16,
    FILTER_MODE = 2,          /* SECCOMP_MODE_FILTER, linux/seccomp.h */
    FILTER_ALLOW = 0x7fff0000 /* SECCOMP_RET_ALLOW */
};

/* --- probing --- */

/* In a child: 0, or the errno that namespaces fail with. */
static int try_namespaces(const char *scratch) { return jail_enter_namespaces(scratch); }

static int try_landlock(const char *scratch) { return jail_restrict_files(NULL, 0, scratch); }

static int try_seccomp(const char *scratch)
{
    struct sock_filter allow[] = {BPF_STMT(BPF_RET | BPF_K, FILTER_ALLOW)};
    const struct sock_fprog filter = {.len = 1, .filter = allow};
    (void)scratch;
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, FILTER_MODE, &filter, 0, 0) != 0)
        return errno;
    return 0;
}

static int try_user(const char *scratch) { return jail_drop_user(scratch, JAIL_USER_FIRST); }

/* Run `layer` in a child, which system calls alone are left to: this process has threads. Returns
 * its errno, 0 where it works, or -1 where there is no child. */
static int attempt(int (*layer)(const char *), const char *scratch)
{
    int status = 0;
    const pid_t pid = fork();
    if (pid < 0)
        return -1;
    if (pid == 0)
        (void)syscall(SYS_exit_group, layer(scratch));
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : EPERM;
}

int jail_layers_wanted(void)
{
    const int layers = JAIL_NAMESPACES | JAIL_LANDLOCK | JAIL_SECCOMP;
    return geteuid() == 0 ? layers | JAIL_USER : layers;
}

enum status jail_probe(struct jail_state *state, struct error *error)
{
    static const struct {
        int layer;
        int (*attempt)(const char *);
    } rows[] = {{JAIL_NAMESPACES, try_namespaces},
                {JAIL_LANDLOCK, try_landlock},
                {JAIL_SECCOMP, try_seccomp},
                {JAIL_USER, try_user}};
    char scratch[] = "/tmp/oncecheck-XXXXXX";
    *state = (struct jail_state){.layers = 0};
    if (mkdtemp(scratch) == NULL)
        return error_set(error, STATUS_SYSTEM, "cannot make a folder in /tmp: %s", strerror(errno));
    enum status status = STATUS_OK;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0] && status == STATUS_OK; i++) {
        if ((rows[i].layer & jail_layers_wanted()) == 0)
            continue;
        const int code = attempt(rows[i].attempt, scratch);
        if (code < 0)
            status = error_set(error, STATUS_SYSTEM, "no process to try the jail in: %s",
                               strerror(errno));
        else if (code == 0)
            state->layers |= rows[i].layer;
        else if (rows[i].layer == JAIL_NAMESPACES)
            state->namespace_error = code;
    }
    if ((state->layers & JAIL_LANDLOCK) != 0 && jail_landlock_abi() >= SCOPE_ABI)
        state->layers |= JAIL_SIGNALS;
    (void)rmdir(scratch);
    return status;
}

int jail_layers_for(const struct jail_state *state, bool readable)
{
    if (readable || (state->layers & JAIL_USER) == 0)
        return state->layers;
    return (state->layers & JAIL_LANDLOCK) != 0 ? state->layers | JAIL_READER
                                                : state->layers & ~(int)JAIL_USER;
}

/* --- who can read a package --- */

static int check_entry(const char *path, const struct stat *found, int kind, struct FTW *place)
{
    const mode_t needed = S_ISDIR(found->st_mode) ? S_IROTH | S_IXOTH : S_IROTH;
    (void)path;
    (void)place;
    if (kind == FTW_SL || kind == FTW_SLN)
        return 0;
    return kind == FTW_NS || kind == FTW_DNR || (found->st_mode & needed) != needed;
}

bool jail_user_can_read(const char *folder)
{
    struct stat found;
    char *path = realpath(folder, NULL);
    if (path == NULL || nftw(path, check_entry, TREE_FILES_OPEN, FTW_PHYS) != 0) {
        free(path);
        return false;
    }
    bool can = true;
    for (char *slash = strrchr(path, '/'); can && slash != NULL && slash != path;
         slash = strrchr(path, '/')) {
        *slash = '\0';
        can = stat(path, &found) == 0 && (found.st_mode & S_IXOTH) != 0;
    }
    free(path);
    return can;
}

/* --- words --- */

void jail_describe(struct text *text, const struct jail_state *state, int layers)
{
    static const struct {
        int layer;
        const char *name;
    } rows[] = {{JAIL_NAMESPACES, "namespaces"},
                {JAIL_LANDLOCK, "Landlock"},
                {JAIL_SECCOMP, "seccomp"},
                {JAIL_USER, "user"}};
    const char *separator = "";
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if ((layers & rows[i].layer) == 0)
            continue;
        text_append_format(text, "%s%s%s", separator, rows[i].name,
                           rows[i].layer == JAIL_USER && (layers & JAIL_READER) != 0
                               ? " (may read root's files that Landlock allows)"
                               : "");
        separator = ", ";
    }
    if (layers == 0)
        text_append_string(text, "none");
    separator = "; missing: ";
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if ((layers & rows[i].layer) != 0 || (jail_layers_wanted() & rows[i].layer) == 0)
            continue;
        text_append_format(text, "%s%s", separator, rows[i].name);
        if (rows[i].layer == JAIL_NAMESPACES && state->namespace_error != 0)
            text_append_format(text, " (%s)", strerror(state->namespace_error));
        else if (rows[i].layer == JAIL_USER && (state->layers & JAIL_USER) != 0)
            text_append_string(text, " (code or Python is not readable to all)");
        else
            text_append_string(text, " (the kernel has none, or forbids it)");
        separator = ", ";
    }
}
