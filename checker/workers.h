/* Worker threads that share out numbered pieces of work.
 *
 * The caller is one of them. Which worker does which piece depends on timing; so a piece must
 * depend on its number only, and not on the worker. */
#ifndef ONCECHECK_CHECKER_WORKERS_H
#define ONCECHECK_CHECKER_WORKERS_H

#include "model/base/error.h"
#include "model/base/memory.h"

#include <stddef.h>

enum { WORKERS_MAX = 256 };

struct workers;

typedef void (*worker_function)(void *context, size_t piece, unsigned worker);

/* `count` workers, from 1; the threads wait until there is work. */
enum status workers_create(struct memory *memory, unsigned count, struct workers **workers,
                           struct error *error);
void workers_destroy(struct workers *workers); /* may be NULL */
unsigned workers_count(const struct workers *workers);

/* Call `function` once for every piece from 0 to pieces - 1, `worker` below workers_count. Returns
 * when all are done. */
void workers_run(struct workers *workers, size_t pieces, worker_function function, void *context);

#endif
