/* The memory of this process and of those that it has started: what --max-memory has to count
 * beside the allocator (model/base/memory.h).
 *
 * Pages that processes share (a host's runs are forks of it) count once among them: Pss of
 * /proc/PID/smaps_rollup (proc(5)). */
#ifndef ONCECHECK_CHECKER_PROCESS_MEMORY_H
#define ONCECHECK_CHECKER_PROCESS_MEMORY_H

#include <stddef.h>

enum { PROCESS_MEMORY_PROCESSES_MAX = 4096 }; /* further ones are not counted */

/* Bytes of this process that are in memory, libraries that others use too included; 0: not known.
 */
size_t process_memory_own(void);

/* Bytes of all processes below this one; those that end meanwhile count nothing. */
size_t process_memory_below(void);

#endif
