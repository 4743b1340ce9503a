/* Findings: what is missing or wrong in a pipeline itself, whatever its functions do. A message
 * that is lost because nobody follows a table is no fault of the code's.
 *
 * They come from the template and from what the search has seen of the functions' calls. */
#ifndef ONCECHECK_CHECKER_FINDINGS_H
#define ONCECHECK_CHECKER_FINDINGS_H

#include "checker/run.h"
#include "model/world.h"

enum { FINDINGS_MAX = 256 };

struct finding {
    bool note;        /* worth knowing, but right as it may be */
    const char *file; /* the template */
    uint32_t line;    /* of the resource; 0: none */
    const char *message;
    const char *remedy;
};

struct findings {
    struct finding items[FINDINGS_MAX];
    size_t count;
};

/* In the template's order. `facts` is what the search has learnt. Everything is put into `arena`;
 * false: no memory. */
bool findings_collect(const struct run *run, const struct world_facts *facts, struct arena *arena,
                      struct findings *findings);

#endif
