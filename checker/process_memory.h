/* The memory of this process and of those that it has started: what --max-memory has to count
 * beside the allocator (model/base/memory.h).
 *
 * Pages that processes share (a host's runs are forks of it) count once among them: Pss of
 * /proc/PID/smaps_rollup (proc(5)). */
#ifndef ONCECHECK_CHECKER_PROCESS_MEMORY_H
#define ONCECHECK_CHECKER_PROCESS_MEMORY_H

#include <stdbool.h>
#include <stddef.h>

enum { PROCESS_MEMORY_PROCESSES_MAX = 4096 }; /* further ones are not counted */

/* Looking at it again and again; starts as zeros. The kernel takes some milliseconds for each
 * process: so that is done for a small share of the time only, and not at all while all of them
 * would stay below the limit if they shared nothing, which costs little to know. */
struct process_memory_watch {
    double next_s;   /* not looked at before, unless `bytes` may be too much by now: */
    size_t bytes;    /* at the last look, at most */
    size_t expected; /* what may have come since */
};

/* Bytes of this process that are in memory, libraries that others use too included; 0: not known.
 */
size_t process_memory_own(void);

/* Bytes of all processes below this one; those that end meanwhile count nothing. */
size_t process_memory_below(void);

/* The processes below this one have more than `allowed` bytes, or will have with the `more` that
 * they may take until the next call; false where it is not time to look. `now_s` reads a clock, in
 * seconds. */
bool process_memory_watch_exceeds(struct process_memory_watch *watch, size_t allowed, size_t more,
                                  double (*now_s)(void));

#endif
