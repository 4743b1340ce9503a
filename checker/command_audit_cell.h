/* One cell of an audit: a verification with the kinds of faults and the setting of a row. Cells do
 * not depend on one another, and several may run at a time. */
#ifndef ONCECHECK_CHECKER_COMMAND_AUDIT_CELL_H
#define ONCECHECK_CHECKER_COMMAND_AUDIT_CELL_H

#include "checker/audit_rows.h"
#include "checker/command.h"
#include "reports/audit.h"

#include <pthread.h>

/* What the cells of an audit share. */
struct audit_cells {
    const struct options *options;
    const struct environment *environment;
    struct memory *memory; /* of texts that are put together */
    struct arena *arena;   /* of what a cell keeps */
    struct audit *audit;
    pthread_mutex_t mutex;    /* over `arena`, and files below --trace-dir */
    const char *replay_cache; /* folder of what fresh processes did, for replays; NULL: none */
    const char *python;       /* the interpreter that the first cell has found; NULL: none yet */
    unsigned at_a_time;       /* so many cells share what memory there is */
    unsigned workers;         /* of each search */
};

/* One row in one function, or in all of them where that is NULL; or two rows at once. */
struct audit_job {
    const struct audit_row *row;
    const struct audit_row *other; /* NULL: none */
    const char *function;
    struct audit_cell *cell; /* what came of it */
};

/* Verify the job's cell. The audit's first, which runs alone, names its scenario and functions.
 * What is not simulated, and a function that is not deterministic, is a cell without a verdict, but
 * in the first; any other error is one of the audit. */
enum status audit_cell_run(struct audit_cells *cells, const struct audit_job *job,
                           struct error *error);

#endif
