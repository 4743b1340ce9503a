/* What the test follows, and what it cannot. */
#include "model/call_faults.h"
#include "reports/field.h"
#include "reports/pytest_internal.h"

#include <stdlib.h>
#include <string.h>

static const char *operation_of(const struct value_store *store, struct value step)
{
    struct value request = value_member(store, step, "request", VALUE_MAP);
    const char *dot = strrchr(field_text(store, request, "target"), '.');
    return dot == NULL ? "" : dot + 1;
}

/* A write that took effect. */
static bool is_write(const struct value_store *store, struct value step)
{
    static const char *const writes[] = {"PutItem", "UpdateItem", "DeleteItem", "BatchWriteItem",
                                         "TransactWriteItems"};
    struct value answer = value_member(store, step, "answer", VALUE_MAP);
    const char *operation = operation_of(store, step);
    for (size_t i = 0; i < sizeof writes / sizeof writes[0]; i++) {
        if (strcmp(operation, writes[i]) == 0)
            return field_integer(store, answer, "status", 0) == 200 ||
                   field_truth(store, answer, "applied");
    }
    return false;
}

/* The steps of this invocation before `end` that are writes, or (draws) that draw. */
static int64_t count_before(const struct pytest *test, const char *actor, size_t end, bool draws)
{
    const struct value_store *store = test->store;
    int64_t count = 0;
    for (size_t i = 0; i < end; i++) {
        struct value step = value_at(store, test->trace->steps, i);
        if (strcmp(field_text(store, step, "actor"), actor) != 0)
            continue;
        bool counts =
            draws ? strcmp(field_text(store, step, "action"), "draw") == 0 : is_write(store, step);
        count += counts ? 1 : 0;
    }
    return count;
}

/* The partition key of the record that a put added to a stream. */
static struct value put_key(const struct value_store *store, struct value step)
{
    for (size_t i = 0; i < field_count(store, step, "changes"); i++) {
        struct value after =
            value_member(store, field_at(store, step, "changes", i), "after", VALUE_MAP);
        struct value key = value_member(store, after, "partitionKey", VALUE_STRING);
        if (!value_is_none(key))
            return key;
    }
    return VALUE_NONE;
}

/* The tables that a request names for itself, not those in a transaction's actions. */
static struct value tables_of(struct value_store *store, struct value step)
{
    struct value request = value_member(store, step, "request", VALUE_MAP);
    struct value body = value_member(store, request, "body", VALUE_MAP);
    struct value table = value_member(store, body, "TableName", VALUE_STRING);
    struct value items = value_member(store, body, "RequestItems", VALUE_MAP);
    struct value tables = value_list(store, NULL, 0);
    if (!value_is_none(table))
        tables = value_append(store, tables, table);
    for (size_t i = 0; !value_is_none(items) && i < value_count(store, items); i++)
        tables = value_append(store, tables, value_key_at(store, items, i));
    return tables;
}

/* How the batch was split, where the failure bisected it. */
static struct value put_split(struct value_store *store, struct value entry, struct value step)
{
    struct value split = value_member(store, step, "split", VALUE_MAP);
    return value_is_none(split)
               ? entry
               : value_put_text(store, entry, "split",
                                value_integer(store, field_integer(store, split, "first", 0)));
}

static struct value call_entry(const struct pytest *test, size_t index, struct value entry)
{
    struct value_store *store = test->store;
    const struct replay_step *action = &test->trace->replay_steps[index];
    struct value step = value_at(store, test->trace->steps, index);
    if (!fault_kind_is_of_call(action->fault))
        return entry;
    entry =
        value_put_text(store, entry, "fault", value_text(store, fault_kind_name(action->fault)));
    entry = value_put_text(store, entry, "form", value_integer(store, action->count));
    entry = value_put_text(store, entry, "operation", value_text(store, operation_of(store, step)));
    return value_put_text(store, entry, "tables", tables_of(store, step));
}

/* Steps that are left out (starts, draws, clocks) happen by themselves: VALUE_NONE. */
static struct value schedule_step(const struct pytest *test, size_t index)
{
    struct value_store *store = test->store;
    const struct replay_step *action = &test->trace->replay_steps[index];
    struct value step = value_at(store, test->trace->steps, index);
    const char *actor = field_text(store, step, "actor");
    struct value entry = value_map(store, NULL, 0);
    entry = value_put_text(store, entry, "action",
                           value_text(store, field_text(store, step, "action")));
    entry = value_put_text(store, entry, "actor", value_string(store, actor, strcspn(actor, "#")));
    switch (action->kind) {
    case ACTION_PUT:
        if (action->fault == FAULT_PUT_FAILURE)
            entry = value_put_text(store, entry, "fault",
                                   value_text(store, fault_kind_name(action->fault)));
        return value_put_text(store, entry, "partition_key", put_key(store, step));
    case ACTION_POLL:
    case ACTION_REDELIVER:
    case ACTION_DELAY:
        return value_put_text(store, entry, "count", value_integer(store, action->count));
    case ACTION_CRASH:
    case ACTION_TIMEOUT:
        entry = value_put_text(store, entry, "fault",
                               value_text(store, fault_kind_name(action->fault)));
        entry = value_put_text(store, entry, "writes",
                               value_integer(store, count_before(test, actor, index, false)));
        return put_split(store, entry, step);
    case ACTION_CALL:
        return call_entry(test, index, entry);
    case ACTION_BISECT:
        return put_split(store, entry, step);
    case ACTION_ACKNOWLEDGE:
    case ACTION_RETRY:
    case ACTION_DROP:
    case ACTION_PARTIAL:
    case ACTION_ARRIVE:
    case ACTION_REBATCH:
        return entry;
    case ACTION_INVOKE:
    case ACTION_PASS:
    case ACTION_DRAW:
    case ACTION_CLOCK:
    case ACTION_EXPIRE: /* refused: see pytest_check */
    case ACTION_TIME_TO_LIVE:
        break;
    }
    return VALUE_NONE;
}

struct value pytest_schedule(const struct pytest *test)
{
    struct value steps = value_list(test->store, NULL, 0);
    for (size_t i = 0; i < test->trace->step_count; i++) {
        struct value step = schedule_step(test, i);
        if (!value_is_none(step))
            steps = value_append(test->store, steps, step);
    }
    return steps;
}

struct value pytest_low_draws(const struct pytest *test)
{
    struct value_store *store = test->store;
    struct value low_draws = value_map(store, NULL, 0);
    for (size_t i = 0; i < test->trace->step_count; i++) {
        struct value step = value_at(store, test->trace->steps, i);
        const char *actor = field_text(store, step, "actor");
        if (test->trace->replay_steps[i].kind != ACTION_DRAW ||
            test->trace->replay_steps[i].fault == FAULT_KIND_COUNT)
            continue;
        struct value known = value_member(store, low_draws, actor, VALUE_LIST);
        if (value_is_none(known))
            known = value_list(store, NULL, 0);
        known = value_append(store, known,
                             value_integer(store, count_before(test, actor, i, true) + 1));
        low_draws = value_put_text(store, low_draws, actor, known);
    }
    return low_draws;
}

/* The name of the poller's mapping, as pytest_schedule has it, with its shard; VALUE_NONE: there is
 * no such poller. Without ParallelizationFactor, which is refused, they are counted like this. */
static struct value poller_name(const struct pytest *test, uint32_t poller)
{
    const struct pipeline *pipeline = &test->pipeline;
    for (size_t i = 0; i < pipeline->mapping_count; i++) {
        const struct mapping_config *mapping = &pipeline->mappings[i];
        bool reads = mapping->source_kind == SOURCE_STREAM ||
                     pipeline->tables[mapping->source].stream_view != STREAM_VIEW_NONE;
        if (!mapping->enabled || !reads)
            continue;
        uint32_t shards = pipeline_mapping_shards(pipeline, mapping);
        if (poller < shards)
            return value_format(test->store, "%s/shard-%u",
                                value_bytes(test->store, pytest_mapping_name(test, mapping), NULL),
                                (unsigned)poller);
        poller -= shards;
    }
    return VALUE_NONE;
}

/* A retry has the name of the invocation that failed. */
struct value pytest_warm(const struct pytest *test)
{
    struct value_store *store = test->store;
    struct value warm = value_map(store, NULL, 0);
    for (size_t i = 0; i < test->trace->step_count; i++) {
        const struct replay_step *step = &test->trace->replay_steps[i];
        const char *actor = field_text(store, value_at(store, test->trace->steps, i), "actor");
        const char *number = strrchr(actor, '#');
        if (!action_starts_warm(step->kind, step->place) || number == NULL)
            continue;
        bool next = step->kind != ACTION_POLL && step->kind != ACTION_INVOKE;
        struct value name = value_format(store, "%.*s#%lu", (int)(number - actor), actor,
                                         strtoul(number + 1, NULL, 10) + (next ? 1 : 0));
        struct value served = step->place == ACTION_WARM
                                  ? value_string(store, actor, (size_t)(number - actor))
                                  : poller_name(test, step->place - ACTION_WARM - 1);
        warm = value_put(store, warm, name, served);
    }
    return warm;
}

/* --- what is refused --- */

static enum status refuse(struct error *error, size_t step, const char *what)
{
    return error_set(error, STATUS_UNSUPPORTED, "in step %zu %s", step + 1, what);
}

static enum status check_step(const struct pytest *test, size_t index, struct error *error)
{
    const struct value_store *store = test->store;
    const struct replay_step *action = &test->trace->replay_steps[index];
    struct value request =
        value_member(store, value_at(store, test->trace->steps, index), "request", VALUE_MAP);
    if (strncmp(field_text(store, request, "target"), "Kinesis", strlen("Kinesis")) == 0)
        return refuse(error, index,
                      "a function puts records on a stream: a pytest file has a stub of DynamoDB "
                      "alone");
    if (action->kind == ACTION_TIME_TO_LIVE)
        return refuse(error, index,
                      "DynamoDB deletes an expired item: the stub of a pytest file keeps items, "
                      "since a corrected function may have none that expires");
    if (action->kind == ACTION_EXPIRE || (action->kind == ACTION_RETRY && action->count > 0))
        return refuse(error, index,
                      "records are dropped because of their age: a test could not pass, whatever "
                      "the functions do");
    return STATUS_OK;
}

enum status pytest_check(const struct pytest *test, struct error *error)
{
    const struct pipeline *pipeline = &test->pipeline;
    for (size_t i = 0; i < pipeline->mapping_count; i++) {
        const struct mapping_config *mapping = &pipeline->mappings[i];
        if (mapping->enabled && (mapping->filter_count > 0 || mapping->parallelization_factor > 1))
            return error_set(error, STATUS_UNSUPPORTED,
                             "the mapping of %s has %s: in a pytest file every batch is what "
                             "follows on its shard",
                             pipeline->functions[mapping->function].name,
                             mapping->filter_count > 0 ? "FilterCriteria"
                                                       : "a ParallelizationFactor");
    }
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < test->trace->step_count; i++)
        status = check_step(test, i, error);
    return status;
}
