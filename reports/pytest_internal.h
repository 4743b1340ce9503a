/* Shared by pytest.c and pytest_schedule.c: a test under construction. */
#ifndef ONCECHECK_REPORTS_PYTEST_INTERNAL_H
#define ONCECHECK_REPORTS_PYTEST_INTERNAL_H

#include "model/pipeline.h"
#include "model/scenario.h"
#include "model/workload.h"
#include "reports/pytest.h"

/* What the trace's texts say, for the data of the test. */
struct pytest {
    struct value_store *store;
    struct arena *arena;
    const struct trace_file *trace;
    struct scenario scenario;
    struct pipeline pipeline;
    struct workload workload;
};

/* The name that world_poller_name gives the mapping's pollers, less the shard. */
struct value pytest_mapping_name(const struct pytest *test, const struct mapping_config *mapping);

/* STATUS_UNSUPPORTED, and by name, for what the test's stub cannot do, or what no change of the
 * code could repair. */
enum status pytest_check(const struct pytest *test, struct error *error);

/* LIST of what the test follows, each {"action", "actor"} and, where they apply, "partition_key"
 * (of a put), "count" (of a poll, delay or redelivery), "writes" (before an interruption), "split"
 * (the first half of a bisected batch), "fault", and with a fault of a call "form", "operation" and
 * "tables". */
struct value pytest_schedule(const struct pytest *test);

/* MAP: which of an invocation's draws came out lowest, by the invocation's name. */
struct value pytest_low_draws(const struct pytest *test);

/* MAP: the poller whose container an invocation gets, by the invocation's name; others get a new
 * one. */
struct value pytest_warm(const struct pytest *test);

#endif
