#include "checker/process_memory.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 64, LINE_SIZE = 256, KB = 1024 };

/* A line of smaps_rollup of the process `pid`; 0: it is gone, or nothing can be read of it. */
static size_t read_rollup(long pid, const char *name)
{
    char path[PATH_SIZE];
    char line[LINE_SIZE];
    size_t bytes = 0;
    (void)snprintf(path, sizeof path, "/proc/%ld/smaps_rollup", pid);
    FILE *stream = fopen(path, "r");
    while (stream != NULL && fgets(line, sizeof line, stream) != NULL) {
        if (strncmp(line, name, strlen(name)) == 0)
            bytes = strtoull(line + strlen(name), NULL, 10) * KB;
    }
    if (stream != NULL)
        (void)fclose(stream); /* only read from */
    return bytes;
}

size_t process_memory_own(void) { return read_rollup((long)getpid(), "Rss:"); }

/* The processes started by one thread, behind those that are known. */
static size_t add_children_of(long pid, const char *thread, long *pids, size_t count)
{
    char path[PATH_SIZE];
    long child = 0;
    (void)snprintf(path, sizeof path, "/proc/%ld/task/%.20s/children", pid, thread);
    FILE *stream = fopen(path, "r");
    while (stream != NULL && count < PROCESS_MEMORY_PROCESSES_MAX &&
           fscanf(stream, "%ld", &child) == 1)
        pids[count++] = child;
    if (stream != NULL)
        (void)fclose(stream); /* only read from */
    return count;
}

static size_t add_children(long pid, long *pids, size_t count)
{
    char path[PATH_SIZE];
    (void)snprintf(path, sizeof path, "/proc/%ld/task", pid);
    DIR *threads = opendir(path);
    const struct dirent *thread = NULL;
    while (threads != NULL && (thread = readdir(threads)) != NULL) {
        if (thread->d_name[0] != '.')
            count = add_children_of(pid, thread->d_name, pids, count);
    }
    if (threads != NULL)
        (void)closedir(threads);
    return count;
}

size_t process_memory_below(void)
{
    long pids[PROCESS_MEMORY_PROCESSES_MAX];
    size_t bytes = 0;
    size_t count = add_children((long)getpid(), pids, 0);
    for (size_t i = 0; i < count; i++) {
        bytes += read_rollup(pids[i], "Pss:");
        count = add_children(pids[i], pids, count);
    }
    return bytes;
}
