#include "checker/process_memory.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PATH_SIZE = 64, LINE_SIZE = 256, KB = 1024 };

/* Between looks, at least; and so many times what a look has taken. */
static const double interval_s = 0.25;
static const double interval_by_cost = 25;

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

/* Pages in memory, shared or not; 0: it is gone. */
static size_t read_resident(long pid)
{
    char path[PATH_SIZE];
    size_t size = 0;
    size_t resident = 0;
    (void)snprintf(path, sizeof path, "/proc/%ld/statm", pid);
    FILE *stream = fopen(path, "r");
    if (stream == NULL)
        return 0;
    if (fscanf(stream, "%zu %zu", &size, &resident) != 2)
        resident = 0;
    (void)fclose(stream); /* only read from */
    return resident * (size_t)sysconf(_SC_PAGESIZE);
}

static size_t read_proportional(long pid) { return read_rollup(pid, "Pss:"); }

static size_t sum_below(size_t (*read)(long pid))
{
    long pids[PROCESS_MEMORY_PROCESSES_MAX];
    size_t bytes = 0;
    size_t count = add_children((long)getpid(), pids, 0);
    for (size_t i = 0; i < count; i++) {
        bytes += read(pids[i]);
        count = add_children(pids[i], pids, count);
    }
    return bytes;
}

size_t process_memory_below(void) { return sum_below(read_proportional); }

bool process_memory_watch_exceeds(struct process_memory_watch *watch, size_t allowed, size_t more,
                                  double (*now_s)(void))
{
    double began_s = now_s();
    watch->expected += more;
    if (began_s < watch->next_s && watch->bytes + watch->expected <= allowed)
        return false;
    watch->bytes = sum_below(read_resident);
    if (watch->bytes + more > allowed)
        watch->bytes = process_memory_below();
    watch->expected = more;
    double ended_s = now_s();
    double pause_s = (ended_s - began_s) * interval_by_cost;
    watch->next_s = ended_s + (pause_s > interval_s ? pause_s : interval_s);
    return watch->bytes + more > allowed;
}
