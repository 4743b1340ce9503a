/* The run database: what every verification found, kept in one SQLite file.
 *
 * A run is recorded at its end, in one transaction: it is there as a whole or not at all. Scenario
 * and template are kept in full, once for all runs with the same text; of the functions' code there
 * is the digest. Each counterexample is kept as its whole trace, so that it can be replayed and
 * reported long after.
 *
 * A violation has a key, made of what does not change with the code's lines and the values of a
 * run: its property, what became of the messages, and the function. Two violations with the same
 * key are taken for the same when runs are compared. */
#ifndef ONCECHECK_REPORTS_RUN_DATABASE_H
#define ONCECHECK_REPORTS_RUN_DATABASE_H

#include "model/base/arena.h"
#include "model/base/database.h"
#include "model/base/error.h"
#include "model/base/text.h"
#include "model/base/value.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { RUN_DATABASE_ROWS_MAX = 100000, RUN_DATABASE_BUSY_MS = 10000 };

struct run_database;

struct run_code {
    const char *function;
    const char *path; /* NULL: a reference handler in C */
    const char *digest;
    bool fallback; /* the solution did not bring it */
};

struct run_violation {
    const char *key;
    const char *property;
    const char *summary;
    const char *function; /* NULL: no position in the code is known; then line is 0 */
    const char *file;
    int64_t line;
    const char *trace; /* oncecheck-trace/1; NULL where it was not asked for */
};

struct run_record {
    int64_t id;         /* given by the database */
    int64_t started_ms; /* since 1970, UTC */
    double seconds;
    const char *command;
    const char *oncecheck; /* version */
    const char *scenario;  /* its name */
    const char *scenario_text;
    const char *template_text;
    const char *scenario_digest; /* the texts' digests; of rows read only */
    const char *template_digest;
    const char *solution; /* NULL: none */
    const char *handlers; /* "lab1", "lab2" or NULL */
    const char *faults;   /* what was asked for: "any: crash, timeout=1; --set NAME=VALUE" */
    const char *verdict;
    int64_t exit_code;
    const char *summary; /* the violation's or the error's; NULL: none */
    bool all_violations; /* the search went on after its first counterexample */
    int64_t states;
    int64_t transitions;
    int64_t depth;
    int64_t handler_events;
    int64_t handler_runs;
    int64_t peak_memory_bytes;
};

/* Rows that fit every part given; NULL, 0 and INT64_MIN fit all. */
struct run_filter {
    const char *scenario;
    const char *solution;
    const char *verdict;
    int64_t since_ms;
    int64_t rows_max; /* the newest; 0: RUN_DATABASE_ROWS_MAX */
};

enum status run_database_open(struct memory *memory, const char *file,
                              struct run_database **database, struct error *error);
void run_database_close(struct run_database *database); /* NULL: nothing */

/* Record a run with its functions and violations, whose traces must be given; *id is its number.
 * The transaction stays open until run_database_finish gives the result (oncecheck-result/1, which
 * holds the number) and commits it. Without that, nothing is recorded. */
enum status run_database_add(struct run_database *database, const struct run_record *record,
                             const struct run_code *codes, size_t code_count,
                             const struct run_violation *violations, size_t violation_count,
                             int64_t *id, struct error *error);
/* In between, if there is any: what was reached (oncecheck-coverage/1). */
enum status run_database_add_coverage(struct run_database *database, int64_t id,
                                      const char *coverage, struct error *error);
enum status run_database_finish(struct run_database *database, int64_t id, const char *result,
                                struct error *error);

/* Runs, the newest first. Here and below, texts and arrays are put into `arena`. */
enum status run_database_list(struct run_database *database, const struct run_filter *filter,
                              struct arena *arena, struct run_record **rows, size_t *count,
                              struct error *error);

/* One run; BAD_INPUT if there is none with this number. */
enum status run_database_find(struct run_database *database, int64_t id, struct arena *arena,
                              struct run_record *record, struct error *error);

/* The number of the newest run but `back`; BAD_INPUT if there are not as many. */
enum status run_database_newest(struct run_database *database, int64_t back, int64_t *id,
                                struct error *error);

enum status run_database_codes(struct run_database *database, int64_t id, struct arena *arena,
                               struct run_code **codes, size_t *count, struct error *error);

/* In the order in which they were found. Without their traces unless asked for. */
enum status run_database_violations(struct run_database *database, int64_t id, bool traces,
                                    struct arena *arena, struct run_violation **violations,
                                    size_t *count, struct error *error);

enum status run_database_result(struct run_database *database, int64_t id, struct arena *arena,
                                const char **result, size_t *length, struct error *error);

/* What the run reached; *coverage is NULL where that was not recorded. */
enum status run_database_coverage(struct run_database *database, int64_t id, struct arena *arena,
                                  const char **coverage, size_t *length, struct error *error);

/* Delete runs, all of them or (a number that is not there is BAD_INPUT) none; and what only they
 * used. */
enum status run_database_delete(struct run_database *database, const int64_t *ids, size_t count,
                                struct error *error);

/* Append the key of a violation ("violation" of a result or trace). */
void run_database_append_key(struct text *key, const struct value_store *store,
                             struct value violation);

#endif
