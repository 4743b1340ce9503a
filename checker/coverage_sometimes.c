/* A scenario's "sometimes", looked up in what was reached. */
#include "checker/coverage.h"

#include <string.h>

static bool has(const struct coverage *coverage, enum coverage_sort sort, const char *name)
{
    for (size_t i = 0; i < coverage->count_count; i++) {
        if (coverage->counts[i].sort == sort &&
            value_is_text(coverage->store, coverage->counts[i].name, name))
            return true;
    }
    return false;
}

/* An event of that type, of whatever table: "StateTable INSERT". */
static bool has_event(const struct coverage *coverage, const char *type)
{
    for (size_t i = 0; i < coverage->count_count; i++) {
        if (coverage->counts[i].sort != COVERAGE_EVENT)
            continue;
        const char *space =
            strrchr(value_bytes(coverage->store, coverage->counts[i].name, NULL), ' ');
        if (space != NULL && strcmp(space + 1, type) == 0)
            return true;
    }
    return false;
}

bool coverage_has(const struct coverage *coverage, const char *name)
{
    static const struct {
        const char *name;
        enum coverage_sort sort;
        const char *counted;
    } rows[] = {
        {"retry", COVERAGE_ACTION, "retry"},
        {"retry", COVERAGE_ACTION, "crash"},
        {"retry", COVERAGE_ACTION, "timeout"},
        {"retry_after_commit", COVERAGE_FACT, "retry_after_commit"},
        {"conditional_check_held", COVERAGE_CONDITION, "held"},
        {"conditional_check_failed", COVERAGE_CONDITION, "failed"},
        {"transaction_canceled", COVERAGE_ANSWER, "TransactionCanceledException"},
    };
    static const char batch[] = "batch_of_";
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (strcmp(rows[i].name, name) == 0 && has(coverage, rows[i].sort, rows[i].counted))
            return true;
    }
    if (strncmp(name, batch, strlen(batch)) == 0)
        return has(coverage, COVERAGE_BATCH, name + strlen(batch));
    return (strcmp(name, "insert") == 0 && has_event(coverage, "INSERT")) ||
           (strcmp(name, "modify") == 0 && has_event(coverage, "MODIFY")) ||
           (strcmp(name, "remove") == 0 && has_event(coverage, "REMOVE")) ||
           has(coverage, COVERAGE_FAULT, name);
}
