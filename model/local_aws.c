#include "model/local_aws.h"

#include "model/base/json.h"
#include "model/dynamodb/request.h"
#include "model/event.h"
#include "model/kinesis_request.h"
#include "model/local_aws_internal.h"

#include <stdio.h>
#include <string.h>

enum { SECONDS_MAX = 1000000000, MS_A_SECOND = 1000 };

/* When it begins: tables are as old as those of a pipeline (PIPELINE_STREAM_LABEL). */
static const int64_t start_ms = INT64_C(1704067200000);

static enum status no_memory(struct error *error)
{
    return error_set(error, STATUS_NO_MEMORY, "out of memory while a request is answered");
}

enum status local_aws_create(struct memory *memory, struct local_aws **result, struct error *error)
{
    struct local_aws *aws = memory_allocate_zeroed(memory, 1, sizeof *aws);
    *result = NULL;
    if (aws == NULL)
        return no_memory(error);
    aws->memory = memory;
    aws->now_ms = start_ms;
    arena_init(&aws->arena, memory);
    arena_init(&aws->scratch, memory);
    aws->store = value_store_create(memory);
    aws->pipeline.tables =
        arena_allocate_array(&aws->arena, PIPELINE_TABLES_MAX, sizeof *aws->pipeline.tables);
    aws->pipeline.streams =
        arena_allocate_array(&aws->arena, PIPELINE_STREAMS_MAX, sizeof *aws->pipeline.streams);
    if (aws->store == NULL || aws->pipeline.tables == NULL || aws->pipeline.streams == NULL) {
        local_aws_destroy(aws);
        return no_memory(error);
    }
    *result = aws;
    return STATUS_OK;
}

void local_aws_destroy(struct local_aws *aws)
{
    if (aws == NULL)
        return;
    value_store_destroy(aws->store);
    memory_free(aws->memory, aws->streams, aws->stream_capacity * sizeof *aws->streams);
    arena_release(&aws->scratch);
    arena_release(&aws->arena);
    memory_free(aws->memory, aws, sizeof *aws);
}

static struct dynamodb_context context_of(struct local_aws *aws)
{
    return (struct dynamodb_context){.pipeline = &aws->pipeline,
                                     .store = aws->store,
                                     .table_values = aws->contents,
                                     .arena = &aws->scratch};
}

enum status local_aws_deploy(struct local_aws *aws, const struct pipeline *pipeline,
                             struct error *error)
{
    struct dynamodb_context context = context_of(aws);
    struct call call;
    call_init(&call, &context);
    CHECK(aws->pipeline.table_count == 0 && aws->pipeline.stream_count == 0);
    for (size_t i = 0; i < pipeline->table_count; i++) {
        aws->pipeline.tables[i] = pipeline->tables[i];
        aws->contents[i] = value_map(aws->store, NULL, 0);
        aws->table_streams[i] = LOCAL_AWS_STREAMS_MAX;
        aws->pipeline.table_count++;
        if (pipeline->tables[i].stream_view != STREAM_VIEW_NONE &&
            !local_aws_open_stream(aws, &call, (uint32_t)i))
            return no_memory(error);
    }
    for (size_t i = 0; i < pipeline->stream_count; i++) {
        aws->pipeline.streams[i] = pipeline->streams[i];
        aws->stream_ids[i] = aws->next_stream_id++;
        aws->pipeline.stream_count++;
        for (size_t shard = 0; shard < PIPELINE_SHARDS_MAX; shard++)
            aws->logs[i][shard] = value_list(aws->store, NULL, 0);
    }
    return value_store_failed(aws->store) ? no_memory(error) : STATUS_OK;
}

/* --- logs and iterators, of both kinds of streams ----------------------------------------------
 */

int64_t local_aws_entry_time(const struct value_store *store, struct value entry)
{
    int64_t time_ms = 0;
    CHECK(value_to_integer(store, value_at(store, entry, 0), &time_ms));
    return time_ms;
}

uint64_t local_aws_horizon(const struct local_aws *aws, struct value log)
{
    size_t count = value_count(aws->store, log);
    size_t first = 0;
    while (first < count && local_aws_entry_time(aws->store, value_at(aws->store, log, first)) <=
                                aws->now_ms - LOCAL_AWS_RETENTION_MS)
        first++;
    return first;
}

bool local_aws_records_limit(struct call *call, struct value request, int64_t most, int64_t *limit)
{
    if (!request_get_limit(call, request, "Limit", limit))
        return false;
    if (*limit > most)
        return call_invalid(call,
                            "1 validation error detected: Value '%lld' at 'limit' failed to "
                            "satisfy constraint: Member must have value less than or equal to %lld",
                            (long long)*limit, (long long)most);
    if (*limit == 0)
        *limit = most;
    return true;
}

struct value local_aws_take_records(const struct local_aws *aws, struct value log, int64_t limit,
                                    struct shard_iterator *iterator)
{
    struct value_store *store = aws->store;
    size_t count = value_count(store, log);
    struct value list = value_list(store, NULL, 0);
    for (; !value_is_none(list) && iterator->position < count && limit > 0; limit--)
        list = value_append(store, list,
                            value_at(store, value_at(store, log, iterator->position++), 1));
    iterator->issued_ms = aws->now_ms;
    return list;
}

uint64_t local_aws_iterator_place(const struct local_aws *aws, struct value log,
                                  enum iterator_type type, struct value sequence,
                                  int64_t timestamp_ms, sequence_reader *sequence_of, bool *found)
{
    size_t count = value_count(aws->store, log);
    uint64_t place = local_aws_horizon(aws, log);
    *found = true;
    switch (type) {
    case ITERATOR_TRIM_HORIZON:
        return place;
    case ITERATOR_LATEST:
        return count;
    case ITERATOR_AT_TIMESTAMP:
        while (place < count &&
               local_aws_entry_time(aws->store, value_at(aws->store, log, place)) < timestamp_ms)
            place++;
        return place;
    case ITERATOR_AT_SEQUENCE_NUMBER:
    case ITERATOR_AFTER_SEQUENCE_NUMBER:
        break;
    }
    for (size_t i = 0; i < count; i++) {
        struct value record = value_at(aws->store, value_at(aws->store, log, i), 1);
        if (value_equal(sequence_of(aws->store, record), sequence))
            return type == ITERATOR_AT_SEQUENCE_NUMBER ? i : i + 1;
    }
    *found = false;
    return count;
}

struct value local_aws_write_iterator(struct value_store *store, const char *service,
                                      const struct shard_iterator *iterator)
{
    return value_format(store, "%s:%u:%u:%llu:%lld", service, iterator->stream, iterator->shard,
                        (unsigned long long)iterator->position, (long long)iterator->issued_ms);
}

bool local_aws_read_iterator(const char *text, const char *service, struct shard_iterator *iterator)
{
    size_t length = strlen(service);
    unsigned long long position = 0;
    long long issued_ms = 0;
    int end = 0;
    if (strncmp(text, service, length) != 0)
        return false;
    if (sscanf(text + length, ":%10u:%10u:%19llu:%19lld%n", &iterator->stream, &iterator->shard,
               &position, &issued_ms, &end) != 4 ||
        text[length + (size_t)end] != '\0')
        return false;
    iterator->position = position;
    iterator->issued_ms = issued_ms;
    return true;
}

/* --- requests -----------------------------------------------------------------------------------
 */

static bool advance_time(struct local_aws *aws, struct call *call, struct value request,
                         struct value *body)
{
    struct value wanted;
    int64_t seconds = 0;
    if (!request_require(call, request, "Seconds", VALUE_NUMBER, &wanted))
        return false;
    if (!value_to_integer(aws->store, wanted, &seconds) || seconds < 0 || seconds > SECONDS_MAX)
        return call_invalid(call, "Seconds must be a whole number from 0 to %d", SECONDS_MAX);
    aws->now_ms += seconds * MS_A_SECOND;
    *body = value_map(aws->store, NULL, 0);
    return local_aws_expire(aws, call);
}

static const struct local_operation_row *find_operation(const char *target)
{
    static const struct local_operation_row own[] = {{"Oncecheck.AdvanceTime", advance_time},
                                                     {NULL, NULL}};
    const struct local_operation_row *const tables[] = {own, local_aws_table_operations(),
                                                        local_aws_stream_operations(),
                                                        local_aws_kinesis_operations()};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        for (const struct local_operation_row *row = tables[i]; row->target != NULL; row++)
            if (strcmp(row->target, target) == 0)
                return row;
    return NULL;
}

static enum status run_local(struct local_aws *aws, const struct local_operation_row *row,
                             struct value request, uint16_t *http_status, struct value *body,
                             struct error *error)
{
    struct dynamodb_context context = context_of(aws);
    struct call call;
    call_init(&call, &context);
    bool answered = value_kind(aws->store, request) == VALUE_MAP
                        ? row->run(aws, &call, request, body)
                        : call_reject(&call, AWS_SERIALIZATION, "Unexpected value type in payload");
    if (call.unsupported != NULL && !call.no_memory)
        return error_set(error, STATUS_UNSUPPORTED, "%s is not simulated", call.unsupported);
    if (call.no_memory)
        return no_memory(error);
    *http_status = answered ? 200 : 400;
    if (!answered)
        *body = call_error_body(&call);
    return STATUS_OK;
}

static bool uses_token(const struct local_aws *aws, enum dynamodb_operation operation,
                       struct value request)
{
    return operation == DYNAMODB_TRANSACT_WRITE_ITEMS &&
           value_kind(aws->store, request) == VALUE_MAP &&
           !value_is_none(value_get_text(aws->store, request, "ClientRequestToken"));
}

static enum status run_dynamodb(struct local_aws *aws, const char *target, struct value request,
                                uint16_t *http_status, struct value *body, struct error *error)
{
    enum dynamodb_operation operation;
    enum status status = dynamodb_operation_find(target, &operation, error);
    if (status != STATUS_OK)
        return status;
    struct dynamodb_context context = context_of(aws);
    struct dynamodb_result result;
    struct call call;
    enum token_outcome outcome = TOKEN_NEW;
    memset(&result, 0, sizeof result);
    call_init(&call, &context);
    bool token = uses_token(aws, operation, request);
    if (token)
        outcome = dynamodb_token_check(&context, aws->tokens, request, aws->now_ms);
    if (outcome == TOKEN_NEW)
        status = dynamodb_apply(&context, operation, request, &result, error);
    else
        dynamodb_token_answer(&context, request, outcome, &result);
    if (status != STATUS_OK)
        return status;
    if (value_is_none(result.body) ||
        !local_aws_change(aws, &call, result.changes, result.change_count))
        return no_memory(error);
    if (token && outcome == TOKEN_NEW && result.http_status == 200)
        aws->tokens = dynamodb_token_record(&context, aws->tokens, request, aws->now_ms);
    *http_status = result.http_status;
    *body = result.body;
    return STATUS_OK;
}

/* The members of a line. */
static enum status read_request(struct local_aws *aws, const char *line, size_t length,
                                const char **target, struct value *request, struct error *error)
{
    struct value whole;
    enum status status = json_parse(aws->store, line, length, NULL, &whole, error);
    if (status != STATUS_OK)
        return status;
    struct value named = VALUE_NONE;
    *request = VALUE_NONE;
    if (value_kind(aws->store, whole) == VALUE_MAP) {
        named = value_get_text(aws->store, whole, "target");
        *request = value_get_text(aws->store, whole, "body");
    }
    if (value_is_none(named) || value_kind(aws->store, named) != VALUE_STRING)
        return error_set(error, STATUS_BAD_INPUT,
                         "expected {\"target\": \"DynamoDB_20120810.PutItem\", \"body\": {...}}");
    if (value_is_none(*request))
        *request = value_map(aws->store, NULL, 0);
    *target = value_bytes(aws->store, named, NULL);
    return STATUS_OK;
}

enum status local_aws_answer(struct local_aws *aws, const char *line, size_t length,
                             struct text *answer, struct error *error)
{
    const char *target = "";
    struct value request;
    struct value body = VALUE_NONE;
    uint16_t http_status = 0;
    arena_reset(&aws->scratch);
    enum status status = read_request(aws, line, length, &target, &request, error);
    if (status != STATUS_OK)
        return status;
    const struct local_operation_row *row = find_operation(target);
    if (row != NULL)
        status = run_local(aws, row, request, &http_status, &body, error);
    else if (strncmp(target, "DynamoDB_", strlen("DynamoDB_")) == 0)
        status = run_dynamodb(aws, target, request, &http_status, &body, error);
    else
        status = error_set(error, STATUS_UNSUPPORTED, "%s is not simulated", target);
    if (status != STATUS_OK)
        return status;
    if (value_is_none(body) || value_store_failed(aws->store))
        return no_memory(error);
    text_append_format(answer, "{\"status\":%u,\"body\":", http_status);
    json_append(answer, aws->store, body);
    text_append_char(answer, '}');
    return text_failed(answer) ? no_memory(error) : STATUS_OK;
}
