#include "checker/audit_rows.h"

#include "model/base/error.h"

#include <string.h>

/* A delay alone breaks what looks at the clock, so that rows which need one tell how long it is.
 * The settings come with the fault that makes them matter. */
const struct audit_row audit_rows[] = {
    {.name = "no_fault", .title = "no fault: orders, batches, containers", .whole = true},
    {.name = "put_failure",
     .title = "the producer puts again",
     .kinds = {"put_failure"},
     .whole = true,
     .certified = true},
    {.name = "crash", .title = "crash", .kinds = {"crash"}, .certified = true},
    {.name = "random_failure",
     .title = "failure on purpose",
     .kinds = {"random_failure"},
     .certified = true},
    {.name = "timeout", .title = "timeout", .kinds = {"timeout"}, .certified = true},
    {.name = "throttle", .title = "throttled call", .kinds = {"throttle"}, .certified = true},
    {.name = "server_error",
     .title = "server error, applied or not",
     .kinds = {"server_error"},
     .certified = true},
    {.name = "lost_response",
     .title = "lost response",
     .kinds = {"lost_response"},
     .certified = true},
    {.name = "late_write",
     .title = "write that arrives late",
     .kinds = {"late_write"},
     .certified = true},
    {.name = "transaction_conflict",
     .title = "transaction conflict",
     .kinds = {"transaction_conflict"},
     .certified = true},
    {.name = "stale_read",
     .title = "eventually consistent read",
     .kinds = {"stale_read"},
     .certified = true},
    {.name = "redeliver",
     .title = "batch again, at once",
     .kinds = {"redeliver"},
     .certified = true},
    {.name = "redeliver_late",
     .title = "batch again, after 11 minutes",
     .kinds = {"redeliver", "delay=1"},
     .longest_delay = "11min"},
    {.name = "retry_late",
     .title = "retry after a crash and 11 minutes",
     .kinds = {"crash", "delay=1"},
     .longest_delay = "11min"},
    {.name = "rebatch", .title = "batches formed anew", .kinds = {"rebatch"}, .certified = true},
    {.name = "stale_minute",
     .title = "records a minute old",
     .kinds = {"delay=1"},
     .longest_delay = "61s"},
    {.name = "stale_minutes",
     .title = "records 11 minutes old",
     .kinds = {"delay=1"},
     .longest_delay = "11min"},
    {.name = "retention",
     .title = "records a day old",
     .kinds = {"delay=1"},
     .longest_delay = "25h"},
    {.name = "bisect",
     .title = "bisected batches",
     .kinds = {"crash", "random_failure"},
     .setting = "BisectBatchOnFunctionError=true"},
    {.name = "partial",
     .title = "partial batch failures",
     .kinds = {"crash", "random_failure"},
     .setting = "FunctionResponseTypes=[ReportBatchItemFailures]"},
    {.name = "parallelization",
     .title = "two batches of a shard at once",
     .kinds = {"crash"},
     .setting = "ParallelizationFactor=2"},
    {.name = "retries_exhausted",
     .title = "retries exhausted (1)",
     .kinds = {"crash", "random_failure"},
     .setting = "MaximumRetryAttempts=1"},
    {.name = "record_age",
     .title = "record age exceeded (60 s)",
     .kinds = {"delay=1"},
     .longest_delay = "61s",
     .setting = "MaximumRecordAgeInSeconds=60"},
};

const size_t audit_row_count = sizeof audit_rows / sizeof audit_rows[0];

size_t audit_row_find(const char *name)
{
    size_t row = 0;
    while (row < audit_row_count && strcmp(audit_rows[row].name, name) != 0)
        row++;
    CHECK(row < audit_row_count);
    return row;
}
