/* The functions of a run: Python in host processes behind the handler cache, or the reference in C.
 *
 * A host is started at once where the cache does not know the function: a package that cannot be
 * loaded is an error before the search. Where it does, the host waits for a question that the cache
 * cannot answer. */
#ifndef ONCECHECK_CHECKER_RUN_HANDLERS_H
#define ONCECHECK_CHECKER_RUN_HANDLERS_H

#include "checker/run.h"

/* Open the cache that the request names; nothing where it names none or it cannot be used. */
void run_open_cache(struct run *run);

/* Make the handler tree of a function whose source is known, and the digest of its code. */
enum status run_create_tree(struct run *run, size_t index, struct error *error);

/* Destroy all trees, hosts and the cache. */
void run_destroy_handlers(struct run *run);

#endif
