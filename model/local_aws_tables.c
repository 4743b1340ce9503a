/* Tables of the services alone: made, changed, dropped. */
#include "model/dynamodb/create_table.h"
#include "model/dynamodb/item.h"
#include "model/dynamodb/operation.h"
#include "model/event.h"
#include "model/local_aws_internal.h"
#include "model/time_to_live.h"

#include <string.h>

#define CONTROL "DynamoDB_20120810."

static bool describe(struct local_aws *aws, struct call *call, uint32_t table, const char *status,
                     struct value *body)
{
    struct value described;
    if (!table_description(call, table, status, &described))
        return false;
    struct value_entry entry = {value_text(aws->store, "TableDescription"), described};
    *body = value_map(aws->store, &entry, 1);
    return call_made(call, *body);
}

static bool create_table(struct local_aws *aws, struct call *call, struct value request,
                         struct value *body)
{
    struct table_config table;
    if (!create_table_read(call, request, &aws->arena, &table))
        return false;
    if (pipeline_find_table(&aws->pipeline, table.name) >= 0)
        return call_reject(call, AWS_RESOURCE_IN_USE, "Table already exists: %s", table.name);
    size_t index = aws->pipeline.table_count;
    if (index == PIPELINE_TABLES_MAX)
        return call_reject(
            call, AWS_LIMIT_EXCEEDED,
            "Subscriber limit exceeded: There is a limit of %d tables per subscriber",
            PIPELINE_TABLES_MAX);
    aws->pipeline.tables[index] = table;
    aws->contents[index] = value_map(aws->store, NULL, 0);
    aws->table_streams[index] = LOCAL_AWS_STREAMS_MAX;
    aws->pipeline.table_count++;
    if (table.stream_view != STREAM_VIEW_NONE &&
        !local_aws_open_stream(aws, call, (uint32_t)index)) {
        aws->pipeline.table_count--;
        return false;
    }
    return describe(aws, call, (uint32_t)index, "CREATING", body);
}

static bool find_table(struct local_aws *aws, struct call *call, struct value request,
                       uint32_t *table)
{
    struct value name;
    if (!request_require(call, request, "TableName", VALUE_STRING, &name))
        return false;
    *table = table_find(call->context, name);
    return *table != PIPELINE_TABLES_MAX ||
           call_reject(call, AWS_RESOURCE_NOT_FOUND,
                       "Requested resource not found: Table: %s not found",
                       value_bytes(aws->store, name, NULL));
}

static bool delete_table(struct local_aws *aws, struct call *call, struct value request,
                         struct value *body)
{
    uint32_t table;
    if (!find_table(aws, call, request, &table) || !describe(aws, call, table, "DELETING", body))
        return false;
    local_aws_close_stream(aws, table);
    size_t after = aws->pipeline.table_count - table - 1;
    memmove(&aws->pipeline.tables[table], &aws->pipeline.tables[table + 1],
            after * sizeof aws->pipeline.tables[0]);
    memmove(&aws->contents[table], &aws->contents[table + 1], after * sizeof aws->contents[0]);
    memmove(&aws->table_streams[table], &aws->table_streams[table + 1],
            after * sizeof aws->table_streams[0]);
    aws->pipeline.table_count--;
    return true;
}

static bool update_table(struct local_aws *aws, struct call *call, struct value request,
                         struct value *body)
{
    static const char *const parameters[] = {"TableName",
                                             "StreamSpecification",
                                             "BillingMode",
                                             "ProvisionedThroughput",
                                             "AttributeDefinitions",
                                             NULL};
    uint32_t index;
    bool given;
    enum stream_view_type view;
    if (!request_check_parameters(call, request, "UpdateTable", parameters) ||
        !find_table(aws, call, request, &index) ||
        !create_table_read_stream(call, request, &given, &view))
        return false;
    struct table_config *table = &aws->pipeline.tables[index];
    if (given && view != STREAM_VIEW_NONE && table->stream_view != STREAM_VIEW_NONE)
        return call_invalid(call, "Table already has an enabled stream: TableName: %s",
                            table->name);
    if (given && view == STREAM_VIEW_NONE && table->stream_view == STREAM_VIEW_NONE)
        return call_invalid(call, "Table is not stream enabled: TableName: %s", table->name);
    if (!create_table_read_billing(call, request, false, table))
        return false;
    if (given && view == STREAM_VIEW_NONE)
        local_aws_close_stream(aws, index);
    if (given)
        table->stream_view = view;
    if (given && view != STREAM_VIEW_NONE && !local_aws_open_stream(aws, call, index))
        return false;
    return describe(aws, call, index, "UPDATING", body);
}

static bool update_time_to_live(struct local_aws *aws, struct call *call, struct value request,
                                struct value *body)
{
    uint32_t index;
    struct value specification;
    struct value name;
    bool enabled;
    if (!request_require(call, request, "TimeToLiveSpecification", VALUE_MAP, &specification) ||
        !request_get_flag(call, specification, "Enabled", false, &enabled) ||
        !request_require(call, specification, "AttributeName", VALUE_STRING, &name) ||
        !find_table(aws, call, request, &index))
        return false;
    struct table_config *table = &aws->pipeline.tables[index];
    if (enabled == (table->time_to_live != NULL))
        return call_invalid(call, "TimeToLive is already %s", enabled ? "enabled" : "disabled");
    if (!enabled && !value_is_text(aws->store, name, table->time_to_live))
        return call_invalid(call,
                            "TimeToLive is active on a different AttributeName: current "
                            "AttributeName is %s",
                            table->time_to_live);
    table->time_to_live = enabled ? value_bytes(aws->store, name, NULL) : NULL;
    struct value_entry entry = {value_text(aws->store, "TimeToLiveSpecification"), specification};
    *body = value_map(aws->store, &entry, 1);
    return call_made(call, *body) && local_aws_expire(aws, call);
}

static bool describe_time_to_live(struct local_aws *aws, struct call *call, struct value request,
                                  struct value *body)
{
    uint32_t index;
    if (!find_table(aws, call, request, &index))
        return false;
    const char *name = aws->pipeline.tables[index].time_to_live;
    struct value_entry members[] = {
        {value_text(aws->store, "TimeToLiveStatus"),
         value_text(aws->store, name != NULL ? "ENABLED" : "DISABLED")},
        {value_text(aws->store, "AttributeName"), value_text(aws->store, name != NULL ? name : "")},
    };
    struct value_entry entry = {value_text(aws->store, "TimeToLiveDescription"),
                                value_map(aws->store, members, name != NULL ? 2 : 1)};
    *body = value_map(aws->store, &entry, 1);
    return call_made(call, *body);
}

const struct local_operation_row *local_aws_table_operations(void)
{
    static const struct local_operation_row rows[] = {
        {CONTROL "CreateTable", create_table},
        {CONTROL "DeleteTable", delete_table},
        {CONTROL "UpdateTable", update_table},
        {CONTROL "UpdateTimeToLive", update_time_to_live},
        {CONTROL "DescribeTimeToLive", describe_time_to_live},
        {NULL, NULL},
    };
    return rows;
}

/* The record of a change. A service that deletes an expired item says so in its record (developer
 * guide, "DynamoDB Streams and Time to Live"). */
static bool emit(struct local_aws *aws, struct call *call, const struct item_change *change,
                 bool expired)
{
    uint32_t index = aws->table_streams[change->table];
    if (index == LOCAL_AWS_STREAMS_MAX)
        return true;
    struct value_store *store = aws->store;
    struct table_stream *stream = &aws->streams[index];
    struct value item = value_is_none(change->after) ? change->before : change->after;
    struct value keys = item_key_attributes(store, &stream->config, item);
    if (!call_made(call, keys))
        return false;
    struct value record =
        event_dynamodb_record(store, &stream->config, 0, value_count(store, stream->records), keys,
                              change->before, change->after, aws->now_ms);
    record = value_remove(store, record, value_text(store, "eventSourceARN"));
    if (expired)
        record = time_to_live_record(store, record);
    struct value parts[] = {value_integer(store, aws->now_ms), record};
    struct value records = value_append(store, stream->records, value_list(store, parts, 2));
    if (!call_made(call, records))
        return false;
    stream->records = records;
    return true;
}

static bool change_item(struct local_aws *aws, struct call *call, const struct item_change *change,
                        bool expired)
{
    struct value after = dynamodb_table_after(aws->store, aws->contents[change->table], change);
    if (!call_made(call, after) || !emit(aws, call, change, expired))
        return false;
    aws->contents[change->table] = after;
    return true;
}

bool local_aws_change(struct local_aws *aws, struct call *call, const struct item_change *changes,
                      size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!change_item(aws, call, &changes[i], false))
            return false;
    return true;
}

bool local_aws_expire(struct local_aws *aws, struct call *call)
{
    for (uint32_t i = 0; i < aws->pipeline.table_count; i++) {
        const struct table_config *table = &aws->pipeline.tables[i];
        struct value contents = aws->contents[i];
        for (size_t j = 0; table->time_to_live != NULL && j < value_count(aws->store, contents);
             j++) {
            struct item_change change = {.table = i,
                                         .key = value_key_at(aws->store, contents, j),
                                         .before = value_value_at(aws->store, contents, j),
                                         .after = VALUE_NONE};
            if (time_to_live_has_passed(aws->store, table, change.before, aws->now_ms) &&
                !change_item(aws, call, &change, true))
                return false;
        }
    }
    return true;
}
