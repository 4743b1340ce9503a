/* Two recorded runs beside each other: what is new in the second, what is resolved, what is still
 * there, and which code and inputs changed between them.
 *
 * A search that stops at its first counterexample says nothing of the others. So a violation of the
 * first run that the second does not name is resolved only where the second run holds or has looked
 * for all violations, with the same scenario and faults; else it was not looked for to the end. */
#ifndef ONCECHECK_CHECKER_COMMAND_RUNS_COMPARE_H
#define ONCECHECK_CHECKER_COMMAND_RUNS_COMPARE_H

#include "reports/run_database.h"

enum violation_fate { FATE_NEW, FATE_RESOLVED, FATE_STILL_THERE, FATE_UNKNOWN };

struct compared_violation {
    enum violation_fate fate;
    const struct run_violation
        *violation; /* of the second run where it is there, else of the first */
};

struct run_comparison {
    struct run_record runs[2];
    struct run_code *codes[2];
    size_t code_counts[2];
    struct run_violation *found[2];
    size_t found_counts[2];
    struct compared_violation *violations; /* the second run's, then those only in the first */
    size_t violation_count;
    size_t new_count;
};

/* Everything is put into `arena`. */
enum status run_comparison_read(struct run_database *database, const int64_t ids[2],
                                struct arena *arena, struct run_comparison *comparison,
                                struct error *error);

void run_comparison_append(struct text *text, const struct run_comparison *comparison);

/* `oncecheck-runs-comparison/1` of docs/interface.md. */
struct value run_comparison_value(struct value_store *store,
                                  const struct run_comparison *comparison);

/* {"key", "property", "summary", "code"} */
struct value command_violation_value(struct value_store *store,
                                     const struct run_violation *violation);

#endif
