/* Verdicts of earlier class reports, so that the next one verifies only what has changed.
 *
 * An SQLite file `grades.db` beside the handler cache. An entry has a key that stands for
 * everything that decides a verdict: the program, the interpreter and its libraries, the options,
 * the scenario, the template, the functions' code, and the folder (a trace names it). What is wrong
 * with the file costs a warning, and nothing is looked up or kept. Beyond GRADE_CACHE_ENTRIES_MAX
 * the entries written longest ago are dropped. */
#ifndef ONCECHECK_CHECKER_GRADE_CACHE_H
#define ONCECHECK_CHECKER_GRADE_CACHE_H

#include "model/base/arena.h"
#include "model/base/hash.h"

#include <stdbool.h>

enum { GRADE_CACHE_ENTRIES_MAX = 5000, GRADE_CACHE_BUSY_MS = 5000 };

struct grade_cache;

/* NULL, after a warning, where the folder cannot be used. */
struct grade_cache *grade_cache_open(struct memory *memory, const char *folder,
                                     void (*warn)(void *context, const char *message),
                                     void *context);
void grade_cache_close(struct grade_cache *cache); /* NULL: nothing, here and below */

/* The result (oncecheck-result/1) and the trace, "" where there is none, put into `arena`. */
bool grade_cache_get(struct grade_cache *cache, struct hash128 key, struct arena *arena,
                     const char **result, const char **trace);
void grade_cache_put(struct grade_cache *cache, struct hash128 key, const char *result,
                     const char *trace);

#endif
