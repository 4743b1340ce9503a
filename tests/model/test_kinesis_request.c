#include "model/kinesis_request.h"

#include "model/base/json.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LENGTH_SO_FAR = 7 };

struct fixture {
    struct memory memory;
    struct value_store *store;
    struct arena arena;
    struct stream_config streams[2];
    struct pipeline pipeline;
    struct dynamodb_context context;
    struct kinesis_result result;
    struct error error;
    char answer[1024];
};

static void set_up(struct fixture *fixture)
{
    memset(fixture, 0, sizeof *fixture);
    memory_init(&fixture->memory, SIZE_MAX);
    arena_init(&fixture->arena, &fixture->memory);
    fixture->store = value_store_create(&fixture->memory);
    fixture->streams[0] = (struct stream_config){.name = "Other", .shard_count = 1};
    fixture->streams[1] = (struct stream_config){.name = "In", .shard_count = 4};
    fixture->pipeline = (struct pipeline){.streams = fixture->streams, .stream_count = 2};
    fixture->context = (struct dynamodb_context){
        .pipeline = &fixture->pipeline, .store = fixture->store, .arena = &fixture->arena};
}

static void tear_down(struct fixture *fixture)
{
    arena_release(&fixture->arena);
    value_store_destroy(fixture->store);
    cr_expect_eq(fixture->memory.used, 0);
}

static uint64_t length_so_far(const void *state, uint32_t stream, uint32_t shard)
{
    (void)state;
    cr_expect_eq(stream, 1);
    cr_expect_lt(shard, 4);
    return LENGTH_SO_FAR;
}

/* `request` is JSON with ' for "; the answer is an error's type or "". */
static const char *ask(struct fixture *fixture, const char *operation, const char *request)
{
    char target[64];
    struct value body;
    char *text = strdup(request);
    for (char *c = text; *c != '\0'; c++)
        if (*c == '\'')
            *c = '"';
    cr_assert_eq(json_parse(fixture->store, text, strlen(text), NULL, &body, &fixture->error),
                 STATUS_OK, "%s", fixture->error.message);
    free(text);
    snprintf(target, sizeof target, "Kinesis_20131202.%s", operation);
    const struct kinesis_streams streams = {.length = length_so_far};
    enum status status =
        kinesis_apply(&fixture->context, target, body, &streams, &fixture->result, &fixture->error);
    if (status != STATUS_OK)
        return fixture->error.message;
    if (fixture->result.http_status == 200)
        return "";
    cr_expect_eq(fixture->result.put_count, 0);
    return value_bytes(fixture->store,
                       value_get_text(fixture->store, fixture->result.body, "__type"), NULL);
}

Test(kinesis_request, puts_records_in_their_shards)
{
    struct fixture fixture;
    set_up(&fixture);
    cr_assert_str_eq(ask(&fixture, "PutRecords",
                         "{'StreamARN': 'arn:aws:kinesis:us-east-1:123456789012:stream/In', "
                         "'Records': [{'Data': 'YQ==', 'PartitionKey': 'k', 'ExplicitHashKey': "
                         "'0'}, {'Data': '', 'PartitionKey': 'k', 'ExplicitHashKey': "
                         "'85070591730234615865843651857942052864'}, {'Data': 'Yg==', "
                         "'PartitionKey': 'k', 'ExplicitHashKey': "
                         "'85070591730234615865843651857942052863'}]}"),
                     "");
    cr_assert_eq(fixture.result.put_count, 3);
    static const uint32_t shards[] = {0, 1, 0};
    static const char *const data[] = {"a", "", "b"};
    for (size_t i = 0; i < 3; i++) {
        const struct kinesis_put *put = &fixture.result.puts[i];
        cr_expect_eq(put->stream, 1);
        cr_expect_eq(put->shard, shards[i], "record %zu", i);
        cr_expect_str_eq(value_bytes(fixture.store, put->data, NULL), data[i]);
    }
    /* the third is the second new record of its shard */
    struct value records = value_get_text(fixture.store, fixture.result.body, "Records");
    struct value third = value_at(fixture.store, records, 2);
    cr_expect_str_eq(
        value_bytes(fixture.store, value_get_text(fixture.store, third, "SequenceNumber"), NULL),
        "49590338271490256608550000000000000000000800000000000000");
    tear_down(&fixture);
}

Test(kinesis_request, checks_its_limits)
{
    struct fixture fixture;
    set_up(&fixture);
    static const struct {
        const char *request; /* of PutRecord */
        const char *type;
    } rows[] = {
        {"{'StreamName': 'In', 'Data': 'YQ==', 'PartitionKey': 'k'}", ""},
        {"{'Data': 'YQ==', 'PartitionKey': 'k'}", "InvalidArgumentException"},
        {"{'StreamName': 'No', 'Data': 'YQ==', 'PartitionKey': 'k'}", "ResourceNotFoundException"},
        {"{'StreamName': 'In', 'PartitionKey': 'k'}",
         "com.amazon.coral.validate#ValidationException"},
        {"{'StreamName': 'In', 'Data': 'YQ==', 'PartitionKey': ''}",
         "com.amazon.coral.validate#ValidationException"},
        {"{'StreamName': 'In', 'Data': '?', 'PartitionKey': 'k'}",
         "com.amazon.coral.service#SerializationException"},
        {"{'StreamName': 'In', 'Data': '', 'PartitionKey': 'k', 'ExplicitHashKey': '-1'}",
         "InvalidArgumentException"},
        {"{'StreamName': 'In', 'Data': '', 'PartitionKey': 'k', 'ExplicitHashKey': "
         "'340282366920938463463374607431768211456'}",
         "InvalidArgumentException"},
        {"{'StreamName': 'In', 'Data': '', 'PartitionKey': 'k', 'ExplicitHashKey': '01'}",
         "InvalidArgumentException"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        cr_expect_str_eq(ask(&fixture, "PutRecord", rows[i].request), rows[i].type, "%s",
                         rows[i].request);
    cr_expect_str_eq(ask(&fixture, "PutRecords", "{'StreamName': 'In', 'Records': []}"),
                     "com.amazon.coral.validate#ValidationException");
    char request[32 * (PUT_RECORDS_MAX + 1) + 64];
    for (size_t count = PUT_RECORDS_MAX; count <= PUT_RECORDS_MAX + 1; count++) {
        size_t used = (size_t)sprintf(request, "{'StreamName': 'In', 'Records': [");
        for (size_t i = 0; i < count; i++)
            used += (size_t)sprintf(request + used, "%s{'Data':'','PartitionKey':'k'}",
                                    i == 0 ? "" : ",");
        sprintf(request + used, "]}");
        cr_expect_str_eq(
            ask(&fixture, "PutRecords", request),
            count == PUT_RECORDS_MAX ? "" : "com.amazon.coral.validate#ValidationException");
    }
    cr_expect_str_eq(ask(&fixture, "MergeShards", "{}"),
                     "Kinesis_20131202.MergeShards is not simulated");
    tear_down(&fixture);
}
