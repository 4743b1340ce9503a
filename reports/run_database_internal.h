/* Shared by run_database*.c. */
#ifndef ONCECHECK_REPORTS_RUN_DATABASE_INTERNAL_H
#define ONCECHECK_REPORTS_RUN_DATABASE_INTERNAL_H

#include "model/base/database.h"
#include "model/base/hash.h"
#include "reports/run_database.h"

struct run_database {
    struct memory *memory;
    struct database *file;
};

/* What a list of runs shows of each: its facts. */
#define RUN_COLUMNS                                                                                \
    "id, started_ms, seconds, command, oncecheck, scenario, scenario_digest, template_digest,"     \
    " solution, handlers, faults, verdict, exit_code, summary, all_violations, states, "           \
    "transitions,"                                                                                 \
    " depth, handler_events, handler_runs, peak_memory_bytes"
enum { RUN_COLUMN_COUNT = 21 };

/* --- run_database_digest.c ---
 *
 * SQLite notices damage to its own structure, not to what rows hold. So a run has two digests, of
 * its facts and of its details (result, coverage, code, violations): what was not recorded so is
 * never shown. Runs of databases older than the digests have none. */

struct hash128 run_database_row_digest(struct statement *statement, int columns);

/* Note the digests of a run that is complete. */
enum status run_database_seal(struct run_database *database, int64_t id, struct error *error);

/* STATUS_BAD_INPUT: the digests differ. `recorded` NULL: there is none. */
enum status run_database_compare_digest(const char *recorded, struct hash128 found, int64_t id,
                                        struct error *error);
enum status run_database_check_details(struct run_database *database, int64_t id,
                                       struct error *error);

#endif
