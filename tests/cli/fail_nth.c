/* Preloaded (LD_PRELOAD) into oncecheck by tests/cli/failures.sh: the FAIL_AT-th call of FAIL_CALL
 * fails, as it does on a machine that has no more memory or room. With FAIL_AT=0 nothing fails; at
 * its end the program writes how many calls there were to the file FAIL_COUNT, if that is set.
 *
 * The call `clock` does not fail: from then on the clock of the day is a day behind. Allocations of
 * libfyaml's are left alone, which does not look whether its own succeed, and jansson's, whose
 * scanner asserts what a failed one has made untrue. */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>
#include <unistd.h>

static struct {
    const char *call; /* NULL: not started yet */
    long at;
    atomic_long count;
    atomic_bool set_back; /* the clock */
    void *(*malloc)(size_t);
    void *(*calloc)(size_t, size_t);
    void *(*realloc)(void *, size_t);
} shim;

static void find(void *function, const char *name)
{
    void *address = dlsym(RTLD_NEXT, name);
    memcpy(function, &address, sizeof address);
}

__attribute__((constructor)) static void start(void)
{
    const char *at = getenv("FAIL_AT");
    find(&shim.malloc, "malloc");
    find(&shim.calloc, "calloc");
    find(&shim.realloc, "realloc");
    shim.at = at != NULL ? strtol(at, NULL, 10) : 0;
    shim.call = getenv("FAIL_CALL");
}

__attribute__((destructor)) static void stop(void)
{
    char text[32];
    const char *file = getenv("FAIL_COUNT");
    const int fd = file != NULL ? open(file, O_WRONLY | O_CREAT | O_TRUNC, 0600) : -1;
    const int length = snprintf(text, sizeof text, "%ld\n", atomic_load(&shim.count));
    if (fd >= 0 && syscall(SYS_write, fd, text, (size_t)length) == length)
        close(fd);
}

static bool fails(const char *call)
{
    return shim.call != NULL && strcmp(shim.call, call) == 0 &&
           atomic_fetch_add(&shim.count, 1) + 1 == shim.at;
}

static bool allocation_fails(const void *caller)
{
    Dl_info info;
    if (shim.call == NULL || strcmp(shim.call, "malloc") != 0 || dladdr(caller, &info) == 0 ||
        strstr(info.dli_fname, "libfyaml") != NULL ||
        strstr(info.dli_fname, "libjansson") != NULL || strstr(info.dli_fname, "libc.so") != NULL)
        return false;
    return fails("malloc");
}

void *malloc(size_t size)
{
    if (allocation_fails(__builtin_return_address(0)))
        return NULL;
    if (shim.malloc == NULL)
        find(&shim.malloc, "malloc");
    return shim.malloc(size);
}

void *calloc(size_t count, size_t size)
{
    if (allocation_fails(__builtin_return_address(0)))
        return NULL;
    if (shim.calloc == NULL)
        find(&shim.calloc, "calloc");
    return shim.calloc(count, size);
}

void *realloc(void *block, size_t size)
{
    if (allocation_fails(__builtin_return_address(0)))
        return NULL;
    if (shim.realloc == NULL)
        find(&shim.realloc, "realloc");
    return shim.realloc(block, size);
}

/* No room on the disk: the program writes its own files by streams. */
size_t fwrite(const void *bytes, size_t size, size_t count, FILE *stream)
{
    static size_t (*real)(const void *, size_t, size_t, FILE *);
    if (real == NULL)
        find(&real, "fwrite");
    if (fails("write")) {
        errno = ENOSPC;
        return 0;
    }
    return real(bytes, size, count, stream);
}

ssize_t write(int fd, const void *bytes, size_t size)
{
    if (fails("write")) {
        errno = ENOSPC;
        return -1;
    }
    return syscall(SYS_write, fd, bytes, size);
}

ssize_t pwrite64(int fd, const void *bytes, size_t size, off64_t offset)
{
    if (fails("pwrite")) {
        errno = ENOSPC;
        return -1;
    }
    return syscall(SYS_pwrite64, fd, bytes, size, offset);
}

int fsync(int fd)
{
    errno = EIO;
    return fails("fsync") ? -1 : (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
    errno = EIO;
    return fails("fsync") ? -1 : (int)syscall(SYS_fdatasync, fd);
}

ssize_t read(int fd, void *bytes, size_t size)
{
    if (fails("read")) {
        errno = EIO;
        return -1;
    }
    return syscall(SYS_read, fd, bytes, size);
}

ssize_t pread64(int fd, void *bytes, size_t size, off64_t offset)
{
    if (fails("read")) {
        errno = EIO;
        return -1;
    }
    return syscall(SYS_pread64, fd, bytes, size, offset);
}

pid_t fork(void)
{
    static pid_t (*real)(void);
    if (real == NULL)
        find(&real, "fork");
    errno = EAGAIN;
    return fails("fork") ? -1 : real();
}

/* Of a process: as fork fails. */
int posix_spawn(pid_t *pid, const char *path, const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *attributes, char *const arguments[],
                char *const environment[])
{
    static int (*real)(pid_t *, const char *, const posix_spawn_file_actions_t *,
                       const posix_spawnattr_t *, char *const[], char *const[]);
    if (real == NULL)
        find(&real, "posix_spawn");
    return fails("fork") ? EAGAIN : real(pid, path, actions, attributes, arguments, environment);
}

int clock_gettime(clockid_t clock, struct timespec *time)
{
    enum { DAY_S = 24 * 60 * 60 };
    const int result = (int)syscall(SYS_clock_gettime, clock, time);
    if (clock == CLOCK_REALTIME && fails("clock"))
        atomic_store(&shim.set_back, true);
    if (result == 0 && clock == CLOCK_REALTIME && atomic_load(&shim.set_back))
        time->tv_sec -= DAY_S;
    return result;
}
