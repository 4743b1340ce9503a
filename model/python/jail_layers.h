/* The layers of the jail that a Python host puts itself into before it imports a stranger's code.
 *
 * Every function changes the calling process for good and returns 0 or the errno of what failed;
 * after a failure the process is to be given up. They use system calls and no memory, so that a
 * process just forked may call them. Compiled into oncecheck, which tries them in a child
 * (model/python/jail.h), and into the host's libjail.so (model/python/runtime/jail.c), which adds
 * the filter of system calls.
 *
 * Sources: landlock(7), namespaces(7), pid_namespaces(7), user_namespaces(7), capabilities(7),
 * credentials(7), getrlimit(2). */
#ifndef ONCECHECK_MODEL_PYTHON_JAIL_LAYERS_H
#define ONCECHECK_MODEL_PYTHON_JAIL_LAYERS_H

#include <stdbool.h>
#include <stddef.h>

/* Bits of a set of layers. */
enum jail_layer {
    JAIL_NAMESPACES = 1, /* processes, mounts, network and IPC of its own; /tmp of limited size */
    JAIL_LANDLOCK = 2,   /* files: only those listed */
    JAIL_SECCOMP = 4,    /* system calls: only those listed */
    JAIL_USER = 8,       /* root becomes a user that there is not */
    JAIL_SIGNALS = 16,   /* Landlock's scope of signals, ABI 6 */
    JAIL_READER = 32     /* not a layer: who was root may read what is root's, as far as Landlock
                            allows; for packages that nobody else can read */
};

enum {
    JAIL_USER_FIRST = 0x70000000,   /* and those after it: nobody's, one for each host */
    JAIL_PATHS_MAX = 256,           /* that the jail can be told to leave readable */
    JAIL_SCRATCH_BYTES = 256 << 20, /* what all runs of a host may keep in /tmp */
    JAIL_SCRATCH_FILES = 1 << 16,
    JAIL_OPEN_FILES = 1024, /* of a process, as on Lambda */
    JAIL_PROCESSES = 1024   /* and threads, of all runs of a host */
};

/* Namespaces of its own: `scratch`, a folder, becomes an empty file system in memory, and /proc
 * shows the processes of the jail alone. Returns in a child that is the new namespaces' first
 * process; the caller lives on only to end as its child ends, and kills it when it dies itself. As
 * root the user stays the same; else the child has its own user's rights and all capabilities in
 * the namespaces. Files above standard error are closed in the caller but not in the child. */
int jail_enter_namespaces(const char *scratch);

/* 0: none. */
int jail_landlock_abi(void);

/* Files: `readable` can be read, with what is below; `scratch` also written to; /dev/null too.
 * Paths that do not exist are left out. With ABI 4 no TCP, with ABI 6 no signals and no abstract
 * sockets to anybody outside. */
int jail_restrict_files(const char *const *readable, size_t count, const char *scratch);

/* Root becomes `user`, who gets `scratch`, and keeps its capabilities for the next function. */
int jail_drop_user(const char *scratch, unsigned int user);

/* No capabilities, and none to be had by executing anything. `reader`: none but that to read
 * (CAP_DAC_READ_SEARCH). */
int jail_drop_capabilities(bool reader);

/* Open files, processes, core dumps, locked memory, message queues. `counts`: the host's processes
 * are counted alone, by its user or its namespace. `address_space` in bytes. */
int jail_limit(bool counts, size_t address_space);

/* The kernel kills the process when its parent dies. Changing the user ends that: call it after. */
int jail_die_with_parent(void);

#endif
