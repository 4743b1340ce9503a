/* The layers of a run's functions, where the template brings them. */
#ifndef ONCECHECK_CHECKER_RUN_LAYERS_H
#define ONCECHECK_CHECKER_RUN_LAYERS_H

#include "checker/run.h"

/* Find the folders that the function's layers put on the import path, the first one first: in a
 * layer python/lib/python3.x/site-packages and python/, or the layer itself where it has none (as
 * before `sam build`); of two layers the later one wins. A layer of the template that the solution
 * does not bring is an error with the template's line. One that is not in the template is left out:
 * what it brings has to be there where the interpreter finds its modules. */
enum status run_find_layers(struct run *run, size_t index, struct error *error);

/* The digest of a function's code: of its package alone, or of it and its layers. */
enum status run_code_digest(const struct run *run, size_t index, struct hash128 *digest,
                            struct error *error);

#endif
