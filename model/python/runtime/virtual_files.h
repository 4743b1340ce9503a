/* A /tmp of its own for every run. Part of virtual.c, included by nothing else.
 *
 * In jail, paths below /tmp lead to a folder that is made, empty, when a process first uses one,
 * and that no other run is shown. What the jail leaves readable below /tmp (a package that lies
 * there) is left as it is. This is for the sake of functions that use /tmp as on Lambda; it keeps
 * nobody in: the real /tmp is closed by the jail. Only the C library's functions are interposed. */
#ifndef ONCECHECK_MODEL_PYTHON_RUNTIME_VIRTUAL_FILES_H
#define ONCECHECK_MODEL_PYTHON_RUNTIME_VIRTUAL_FILES_H

#include "model/python/runtime/virtual_machine.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>

enum { TMP_LENGTH = 4, TREE_FILES_OPEN = 16 };

static const char tmp_folder[] = "/tmp";

static void find_function(void *function, const char *name, const char *version)
{
    void *address = version != NULL ? dlvsym(RTLD_NEXT, name, version) : NULL;
    if (address == NULL)
        address = dlsym(RTLD_NEXT, name);
    memcpy(function, &address, sizeof address);
}

static void scratch_of(pid_t process, char folder[PATH_MAX])
{
    snprintf(folder, PATH_MAX, "%s/%ld", machine.scratch, (long)process);
}

/* Whether a path below /tmp leads to something that the jail leaves readable, or to it. */
static bool is_kept(const char *path)
{
    for (const char *kept = machine.kept; *kept != '\0'; kept += strlen(kept) + 1) {
        const size_t length = strlen(kept);
        if (strncmp(path, kept, length) == 0 && (path[length] == '\0' || path[length] == '/'))
            return true;
    }
    return false;
}

/* The path to use instead of `path`; `place` holds it where it is another one. */
static const char *virtual_path(const char *path, char place[PATH_MAX])
{
    if (machine.scratch[0] == '\0' || path == NULL || strncmp(path, tmp_folder, TMP_LENGTH) != 0 ||
        (path[TMP_LENGTH] != '\0' && path[TMP_LENGTH] != '/') || is_kept(path))
        return path;
    const int saved = errno;
    scratch_of(getpid(), place);
    if (machine.scratch_process != getpid()) {
        mkdirat(AT_FDCWD, place, S_IRWXU);
        machine.scratch_process = getpid();
    }
    errno = saved;
    const size_t length = strlen(place);
    if (length + strlen(path + TMP_LENGTH) >= PATH_MAX)
        return path;
    snprintf(place + length, PATH_MAX - length, "%s", path + TMP_LENGTH);
    return place;
}

static int remove_entry(const char *path, const struct stat *found, int kind, struct FTW *place)
{
    (void)found;
    (void)kind;
    (void)place;
    (void)remove(path);
    return 0;
}

/* What a process that has ended left. False: something is left, or was. */
static bool scratch_remove(pid_t process)
{
    char folder[PATH_MAX];
    if (machine.scratch[0] == '\0')
        return true;
    scratch_of(process, folder);
    if (unlinkat(AT_FDCWD, folder, AT_REMOVEDIR) == 0 || errno == ENOENT)
        return true;
    (void)nftw(folder, remove_entry, TREE_FILES_OPEN, FTW_DEPTH | FTW_PHYS);
    return false;
}

static bool has_scratch(void) { return machine.scratch_process == getpid(); }

/* --- interposed functions; `path` and `other` are rewritten --- */

#define PATH_FUNCTION(type, name, parameters, ...)                                                 \
    type name parameters;                                                                          \
    type name parameters                                                                           \
    {                                                                                              \
        static type(*real) parameters;                                                             \
        char place[PATH_MAX];                                                                      \
        if (real == NULL)                                                                          \
            find_function(&real, #name, NULL);                                                     \
        path = virtual_path(path, place);                                                          \
        return real(__VA_ARGS__);                                                                  \
    }

#define PATHS_FUNCTION(name, parameters, ...)                                                      \
    int name parameters;                                                                           \
    int name parameters                                                                            \
    {                                                                                              \
        static int(*real) parameters;                                                              \
        char place[PATH_MAX];                                                                      \
        char other_place[PATH_MAX];                                                                \
        if (real == NULL)                                                                          \
            find_function(&real, #name, NULL);                                                     \
        path = virtual_path(path, place);                                                          \
        other = virtual_path(other, other_place);                                                  \
        return real(__VA_ARGS__);                                                                  \
    }

/* open and its likes have a mode where they create a file; to read one that is not there is
 * harmless with this ABI's registers. */
#define OPEN_FUNCTION(name, parameters, ...)                                                       \
    int name parameters;                                                                           \
    int name parameters                                                                            \
    {                                                                                              \
        static int (*real)(int, const char *, int, mode_t);                                        \
        char place[PATH_MAX];                                                                      \
        va_list list;                                                                              \
        if (real == NULL)                                                                          \
            find_function(&real, "openat", NULL);                                                  \
        va_start(list, flags);                                                                     \
        const mode_t mode = (flags & (O_CREAT | __O_TMPFILE)) != 0 ? va_arg(list, mode_t) : 0;     \
        va_end(list);                                                                              \
        return real(__VA_ARGS__, virtual_path(path, place), flags | O_LARGEFILE, mode);            \
    }

OPEN_FUNCTION(open, (const char *path, int flags, ...), AT_FDCWD)
OPEN_FUNCTION(open64, (const char *path, int flags, ...), AT_FDCWD)
OPEN_FUNCTION(openat64, (int folder, const char *path, int flags, ...), folder)
PATH_FUNCTION(int, creat, (const char *path, mode_t mode), path, mode)
PATH_FUNCTION(FILE *, fopen, (const char *path, const char *mode), path, mode)
PATH_FUNCTION(FILE *, fopen64, (const char *path, const char *mode), path, mode)
PATH_FUNCTION(DIR *, opendir, (const char *path), path)
PATH_FUNCTION(int, stat, (const char *path, struct stat *found), path, found)
PATH_FUNCTION(int, lstat, (const char *path, struct stat *found), path, found)
PATH_FUNCTION(int, stat64, (const char *path, struct stat64 *found), path, found)
PATH_FUNCTION(int, lstat64, (const char *path, struct stat64 *found), path, found)
PATH_FUNCTION(int, fstatat, (int folder, const char *path, struct stat *found, int flags), folder,
              path, found, flags)
PATH_FUNCTION(int, fstatat64, (int folder, const char *path, struct stat64 *found, int flags),
              folder, path, found, flags)
PATH_FUNCTION(int, __xstat, (int version, const char *path, struct stat *found), version, path,
              found)
PATH_FUNCTION(int, __lxstat, (int version, const char *path, struct stat *found), version, path,
              found)
PATH_FUNCTION(int, __xstat64, (int version, const char *path, struct stat64 *found), version, path,
              found)
PATH_FUNCTION(int, __lxstat64, (int version, const char *path, struct stat64 *found), version, path,
              found)
PATH_FUNCTION(int, statx,
              (int folder, const char *path, int flags, unsigned int mask, struct statx *found),
              folder, path, flags, mask, found)
PATH_FUNCTION(int, statvfs, (const char *path, struct statvfs *found), path, found)
PATH_FUNCTION(int, statvfs64, (const char *path, struct statvfs64 *found), path, found)
PATH_FUNCTION(int, access, (const char *path, int mode), path, mode)
PATH_FUNCTION(int, faccessat, (int folder, const char *path, int mode, int flags), folder, path,
              mode, flags)
PATH_FUNCTION(int, mkdir, (const char *path, mode_t mode), path, mode)
PATH_FUNCTION(int, rmdir, (const char *path), path)
PATH_FUNCTION(int, unlink, (const char *path), path)
PATH_FUNCTION(int, unlinkat, (int folder, const char *path, int flags), folder, path, flags)
PATH_FUNCTION(int, chdir, (const char *path), path)
PATH_FUNCTION(int, chmod, (const char *path, mode_t mode), path, mode)
PATH_FUNCTION(int, fchmodat, (int folder, const char *path, mode_t mode, int flags), folder, path,
              mode, flags)
PATH_FUNCTION(int, truncate, (const char *path, off_t length), path, length)
PATH_FUNCTION(int, truncate64, (const char *path, off64_t length), path, length)
PATH_FUNCTION(int, mkfifo, (const char *path, mode_t mode), path, mode)
PATH_FUNCTION(int, utimes, (const char *path, const struct timeval times[2]), path, times)
PATH_FUNCTION(int, utimensat,
              (int folder, const char *path, const struct timespec times[2], int flags), folder,
              path, times, flags)
PATH_FUNCTION(ssize_t, readlink, (const char *path, char *bytes, size_t size), path, bytes, size)
PATH_FUNCTION(ssize_t, readlinkat, (int folder, const char *path, char *bytes, size_t size), folder,
              path, bytes, size)
PATHS_FUNCTION(rename, (const char *path, const char *other), path, other)
PATHS_FUNCTION(renameat, (int from, const char *path, int to, const char *other), from, path, to,
               other)
PATHS_FUNCTION(link, (const char *path, const char *other), path, other)
PATHS_FUNCTION(linkat, (int from, const char *path, int to, const char *other, int flags), from,
               path, to, other, flags)
PATHS_FUNCTION(symlink, (const char *path, const char *other), path, other)
PATHS_FUNCTION(symlinkat, (const char *path, int folder, const char *other), path, folder, other)

#endif
