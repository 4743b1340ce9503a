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

/* See which layers of a jail there are, where a function is Python's. */
enum status run_probe_jail(struct run *run, struct error *error);

/* What a function's host is to be started with, once an interpreter is chosen and the jail probed.
 * STATUS_SYSTEM where a complete jail is asked for and it would not be. */
enum status run_python_options(struct run *run, size_t index, struct python_host_options *options,
                               struct error *error);

/* Make the handler tree of a function whose source is known, and the digest of its code. */
enum status run_create_tree(struct run *run, size_t index, struct error *error);

/* A host of its own for a function, whose steps say which lines ran and, with `sources`, what
 * differs between invocations. The caller destroys it. */
enum status run_create_line_host(struct run *run, size_t index, bool sources,
                                 struct handler_backend *backend, struct error *error);

/* Destroy all trees, hosts and the cache. */
void run_destroy_handlers(struct run *run);

#endif
