/* Results as JSON, `oncecheck-result/1` of docs/interface.md, and in words. */
#ifndef ONCECHECK_REPORTS_RESULT_H
#define ONCECHECK_REPORTS_RESULT_H

#include "checker/verify.h"
#include "model/base/text.h"

#define RESULT_FORMAT "oncecheck-result/1"

/* name in JSON, exit code */
#define VERDICTS(X)                                                                                \
    X(VERDICT_HOLDS, "holds", 0)                                                                   \
    X(VERDICT_SAMPLED, "sampled", 0)                                                               \
    X(VERDICT_VIOLATED, "violated", 1)                                                             \
    X(VERDICT_ERROR, "error", 2)                                                                   \
    X(VERDICT_INCONCLUSIVE, "inconclusive", 3)                                                     \
    X(VERDICT_NONDETERMINISTIC, "nondeterministic", 4)                                             \
    X(VERDICT_VACUOUS, "vacuous", 5)

enum verdict {
#define VERDICT_ENUM(verdict, name, exit_code) verdict,
    VERDICTS(VERDICT_ENUM)
#undef VERDICT_ENUM
};

const char *verdict_name(enum verdict verdict);
int verdict_exit_code(enum verdict verdict);

enum verdict verification_verdict(const struct verification *verification);

/* Figures that may differ from run to run: the "runtime" of a result. */
struct result_runtime {
    double seconds;
    unsigned workers;
    uint64_t peak_memory_bytes;
    int64_t run; /* its number in the run database; 0: not recorded */
    struct run_statistics handlers;
};

/* A counterexample of a run. Texts are the owner's. */
struct found_violation {
    struct value value;     /* the violation */
    struct value steps;     /* of its trace */
    const char *key;        /* of its cause (reports/run_database.h) */
    const char *trace;      /* oncecheck-trace/1, as JSON text */
    const char *trace_file; /* where else it is written; NULL: nowhere */
    size_t puts;            /* that it needs */
};

/* Add "violations" to a result: every distinct cause, and "all_violations": whether these are
 * all. */
struct value result_put_violations(struct value_store *store, struct value result,
                                   const struct found_violation *found, size_t count, bool all);

/* The whole result. `puts`: of the scenario, even where the counterexample needs fewer. `violation`
 * is VALUE_NONE where there is none; trace_file may be NULL. */
struct value result_value(const struct verification *verification, size_t puts,
                          struct value violation, const char *trace_file,
                          const struct result_runtime *runtime);

/* The result of a verification that failed, as JSON text. */
void append_error_result(struct text *text, const struct error *error, int exit_code);

/* The puts that the generator makes, copies included. */
size_t result_put_count(const struct run *run);

/* The bound that a verdict holds for, in words: "for any number of crashes and random failures". */
void append_bound(struct text *text, const struct verification *verification);

#endif
