#include "model/event.h"

#include "model/base/error.h"
#include "model/base/json.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { KIB = 1024, ARRIVAL_MS = 1000 };

static const struct stream_config input_stream = {.name = "IncomingDataStream", .shard_count = 2};

static struct memory memory;
static struct value_store *store;
static struct text json;

static void setup(void)
{
    memory_init(&memory, SIZE_MAX);
    store = value_store_create(&memory);
    cr_assert_not_null(store);
    text_init(&json, &memory);
}

static void teardown(void)
{
    text_release(&json);
    value_store_destroy(store);
    cr_assert_eq(memory.used, 0);
}

TestSuite(event, .init = setup, .fini = teardown);

static struct table_config table_with(enum stream_view_type view)
{
    return (struct table_config){
        .name = "Barkley", .hash_key = {.name = "Id", .type = 'N'}, .stream_view = view};
}

static struct value kinesis_record(uint32_t shard, uint64_t index, int64_t arrival_ms)
{
    return event_kinesis_record(store, &input_stream, shard, index, value_text(store, "key"),
                                value_binary(store, "{\"a\": 1}", strlen("{\"a\": 1}")),
                                arrival_ms);
}

/* The items of the developer guide's example events: Id 101 with and without a Message. */
static struct value item(const char *message)
{
    struct value map = value_map(store, NULL, 0);
    map = value_put_text(store, map, "Id", value_integer(store, 101));
    return message != NULL ? value_put_text(store, map, "Message", value_text(store, message))
                           : map;
}

static const char *json_of(struct value event)
{
    text_clear(&json);
    event_json_append(&json, store, event);
    cr_assert(!text_failed(&json));
    return text_string(&json);
}

static const char *text_at(struct value record, const char *part, const char *name)
{
    const struct value inner = part != NULL ? value_get_text(store, record, part) : record;
    return value_bytes(store, value_get_text(store, inner, name), NULL);
}

Test(event, names_the_consumer_it_came_through)
{
    struct value record = kinesis_record(0, 0, ARRIVAL_MS);
    cr_assert(value_equal(event_for_consumer(store, record, NULL), record));
    struct value seen = event_for_consumer(store, record, "arn:consumer");
    cr_assert_str_eq(value_bytes(store, value_get_text(store, seen, "eventSourceARN"), NULL),
                     "arn:consumer");
    cr_assert(value_equal(value_get_text(store, seen, "kinesis"),
                          value_get_text(store, record, "kinesis")));
}

Test(event, kinesis_record_has_the_fields_and_order_of_aws)
{
    const struct value record = kinesis_record(1, 7, 1545084650987);
    cr_assert_str_eq(
        json_of(event_batch(store, &record, 1)),
        "{\"Records\":[{\"kinesis\":{\"kinesisSchemaVersion\":\"1.0\",\"partitionKey\":\"key\","
        "\"sequenceNumber\":\"49590338271490256608550000000000000000000700000000000001\","
        "\"data\":\"eyJhIjogMX0=\",\"approximateArrivalTimestamp\":1545084650.987},"
        "\"eventSource\":\"aws:kinesis\",\"eventVersion\":\"1.0\",\"eventID\":"
        "\"shardId-000000000001:49590338271490256608550000000000000000000700000000000001\","
        "\"eventName\":\"aws:kinesis:record\","
        "\"invokeIdentityArn\":\"arn:aws:iam::123456789012:role/lambda-role\","
        "\"awsRegion\":\"us-east-1\",\"eventSourceARN\":"
        "\"arn:aws:kinesis:us-east-1:123456789012:stream/IncomingDataStream\"}]}");
    cr_assert_eq(strlen(text_at(record, "kinesis", "sequenceNumber")), 56);
}

Test(event, whole_seconds_keep_a_fraction_digit)
{
    const struct value record = kinesis_record(0, 0, 1545084650000);
    cr_assert_not_null(strstr(json_of(event_batch(store, &record, 1)),
                              "\"approximateArrivalTimestamp\":1545084650.0}"));
}

/* As after a failed allocation. */
Test(event, without_data_or_keys_there_is_no_record)
{
    const struct table_config table = table_with(STREAM_VIEW_NEW_AND_OLD_IMAGES);
    cr_assert(value_is_none(event_kinesis_record(
        store, &input_stream, 0, 0, value_text(store, "key"), VALUE_NONE, ARRIVAL_MS)));
    cr_assert(value_is_none(event_dynamodb_record(store, &table, 0, 0, VALUE_NONE, VALUE_NONE,
                                                  item(NULL), ARRIVAL_MS)));
}

Test(event, sequence_numbers_grow_with_the_index_and_differ_by_shard)
{
    const char *earlier = text_at(kinesis_record(0, 9, ARRIVAL_MS), "kinesis", "sequenceNumber");
    const char *other = text_at(kinesis_record(1, 9, ARRIVAL_MS), "kinesis", "sequenceNumber");
    const char *later = text_at(kinesis_record(0, 10, ARRIVAL_MS), "kinesis", "sequenceNumber");
    cr_assert_lt(strcmp(earlier, later), 0);
    cr_assert_str_neq(earlier, other);
    later = text_at(kinesis_record(0, UINT64_MAX, ARRIVAL_MS), "kinesis", "sequenceNumber");
    cr_assert_eq(strlen(later), 56);
}

Test(event, insert_has_the_fields_and_order_of_aws)
{
    const struct table_config table = table_with(STREAM_VIEW_NEW_AND_OLD_IMAGES);
    const struct value record = event_dynamodb_record(store, &table, 0, 0, item(NULL), VALUE_NONE,
                                                      item("New item!"), 1545084650987);
    char expected[KIB];
    (void)snprintf(
        expected, sizeof expected,
        "{\"Records\":[{\"eventID\":\"%s\",\"eventName\":\"INSERT\",\"eventVersion\":\"1.1\","
        "\"eventSource\":\"aws:dynamodb\",\"awsRegion\":\"us-east-1\",\"dynamodb\":{"
        "\"ApproximateCreationDateTime\":1545084650.0,\"Keys\":{\"Id\":{\"N\":\"101\"}},"
        "\"NewImage\":{\"Id\":{\"N\":\"101\"},\"Message\":{\"S\":\"New item!\"}},"
        "\"SequenceNumber\":\"333800000000000000000000000000\",\"SizeBytes\":26,"
        "\"StreamViewType\":\"NEW_AND_OLD_IMAGES\"},\"eventSourceARN\":"
        "\"arn:aws:dynamodb:us-east-1:123456789012:table/Barkley/stream/"
        "2024-01-01T00:00:00.000\"}]}",
        text_at(record, NULL, "eventID"));
    cr_assert_str_eq(json_of(event_batch(store, &record, 1)), expected);
    cr_assert_eq(strspn(text_at(record, NULL, "eventID"), "0123456789abcdef"), 32);
}

/* 26, 59 and 38 bytes are the SizeBytes of the developer guide's example events. */
Test(event, size_counts_keys_and_images)
{
    const struct table_config table = table_with(STREAM_VIEW_NEW_AND_OLD_IMAGES);
    const struct value first = item("New item!");
    const struct value second = item("This item has changed");
    const struct value records[] = {
        event_dynamodb_record(store, &table, 0, 0, item(NULL), VALUE_NONE, first, 0),
        event_dynamodb_record(store, &table, 0, 1, item(NULL), first, second, 0),
        event_dynamodb_record(store, &table, 0, 2, item(NULL), second, VALUE_NONE, 0),
    };
    static const char *const names[] = {"INSERT", "MODIFY", "REMOVE"};
    static const int64_t sizes[] = {26, 59, 38};
    for (size_t i = 0; i < 3; i++) {
        int64_t size = 0;
        const struct value payload = value_get_text(store, records[i], "dynamodb");
        cr_assert_str_eq(text_at(records[i], NULL, "eventName"), names[i]);
        cr_assert(value_to_integer(store, value_get_text(store, payload, "SizeBytes"), &size));
        cr_assert_eq(size, sizes[i]);
        cr_assert_eq(value_is_none(value_get_text(store, payload, "NewImage")), i == 2);
        cr_assert_eq(value_is_none(value_get_text(store, payload, "OldImage")), i == 0);
    }
}

Test(event, view_type_decides_which_images_are_shown)
{
    static const struct {
        enum stream_view_type view;
        bool shows_new;
        bool shows_old;
    } views[] = {{STREAM_VIEW_KEYS_ONLY, false, false},
                 {STREAM_VIEW_NEW_IMAGE, true, false},
                 {STREAM_VIEW_OLD_IMAGE, false, true},
                 {STREAM_VIEW_NEW_AND_OLD_IMAGES, true, true}};
    for (size_t i = 0; i < sizeof views / sizeof views[0]; i++) {
        const struct table_config table = table_with(views[i].view);
        const struct value record =
            event_dynamodb_record(store, &table, 0, 0, item(NULL), item("a"), item("b"), 0);
        const struct value payload = value_get_text(store, record, "dynamodb");
        cr_assert_eq(!value_is_none(value_get_text(store, payload, "NewImage")),
                     views[i].shows_new);
        cr_assert_eq(!value_is_none(value_get_text(store, payload, "OldImage")),
                     views[i].shows_old);
    }
}

Test(event, ids_differ_by_table_shard_and_index)
{
    const struct table_config table = table_with(STREAM_VIEW_KEYS_ONLY);
    struct table_config other = table;
    other.name = "Other";
    const struct value records[] = {
        event_dynamodb_record(store, &table, 0, 1, item(NULL), VALUE_NONE, item("a"), 0),
        event_dynamodb_record(store, &table, 1, 1, item(NULL), VALUE_NONE, item("a"), 0),
        event_dynamodb_record(store, &table, 0, 2, item(NULL), VALUE_NONE, item("a"), 0),
        event_dynamodb_record(store, &other, 0, 1, item(NULL), VALUE_NONE, item("a"), 0),
    };
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < i; j++)
            cr_assert_str_neq(text_at(records[i], NULL, "eventID"),
                              text_at(records[j], NULL, "eventID"));
}

Test(event, perturbed_changes_what_aws_chose_and_nothing_else)
{
    const struct value kinesis = kinesis_record(1, 3, 1545084650987);
    const struct table_config table = table_with(STREAM_VIEW_NEW_AND_OLD_IMAGES);
    const struct value change =
        event_dynamodb_record(store, &table, 0, 3, item(NULL), item("a"), item("b"), 5000);
    const struct value records[] = {kinesis, change};
    const struct value event = event_batch(store, records, 2);
    const struct value perturbed = value_get_text(store, event_perturbed(store, event), "Records");
    struct value first = value_at(store, perturbed, 0);
    struct value second = value_at(store, perturbed, 1);

    static const char *const chosen[][3] = {
        {"kinesis", "sequenceNumber", "approximateArrivalTimestamp"},
        {"dynamodb", "SequenceNumber", "ApproximateCreationDateTime"}};
    struct value changed[] = {first, second};
    for (size_t i = 0; i < 2; i++) {
        struct value before = value_get_text(store, records[i], chosen[i][0]);
        struct value after = value_get_text(store, changed[i], chosen[i][0]);
        for (size_t k = 1; k < 3; k++) {
            const struct value original = value_get_text(store, before, chosen[i][k]);
            cr_assert(!value_equal(original, value_get_text(store, after, chosen[i][k])));
            after = value_put_text(store, after, chosen[i][k], original);
        }
        const struct value id = value_get_text(store, records[i], "eventID");
        cr_assert(!value_equal(id, value_get_text(store, changed[i], "eventID")));
        changed[i] = value_put_text(store, changed[i], chosen[i][0], after);
        changed[i] = value_put_text(store, changed[i], "eventID", id);
        cr_assert(value_equal(changed[i], records[i]), "record %zu", i);
    }
    /* Kinesis's event id is made of the shard and the sequence number. */
    const char *id = text_at(first, NULL, "eventID");
    cr_assert_str_eq(id + strlen("shardId-000000000001:"),
                     text_at(first, "kinesis", "sequenceNumber"));
}

Test(event, perturbed_keeps_the_order_of_sequence_numbers)
{
    const struct value records[] = {kinesis_record(0, 9, 0), kinesis_record(0, 10, 0)};
    const struct value perturbed =
        value_get_text(store, event_perturbed(store, event_batch(store, records, 2)), "Records");
    const char *earlier = text_at(value_at(store, perturbed, 0), "kinesis", "sequenceNumber");
    const char *later = text_at(value_at(store, perturbed, 1), "kinesis", "sequenceNumber");
    cr_assert_lt(strcmp(earlier, later), 0);
}

Test(event, json_reads_back_as_the_event)
{
    const struct table_config table = table_with(STREAM_VIEW_NEW_AND_OLD_IMAGES);
    const struct value records[] = {kinesis_record(0, 0, 1545084650001),
                                    event_dynamodb_record(store, &table, 0, 0, item(NULL),
                                                          item("\xc3\xa9\n\""), VALUE_NONE, 9999)};
    const struct value event = event_batch(store, records, 2);
    struct error error = ERROR_INIT;
    struct value back = VALUE_NONE;
    const char *text = json_of(event);
    cr_assert_eq(json_parse(store, text, strlen(text), NULL, &back, &error), STATUS_OK);
    cr_assert(value_equal(back, event));
}

/* What a scenario or a user hands in need not be a stream's event. */
Test(event, other_events_are_written_by_content)
{
    static const char text[] = "{\"Records\":[1,{\"b\":1,\"dynamodb\":null}],\"a\":1545084650}";
    struct error error = ERROR_INIT;
    struct value event = VALUE_NONE;
    cr_assert_eq(json_parse(store, text, strlen(text), NULL, &event, &error), STATUS_OK);
    cr_assert_str_eq(json_of(event),
                     "{\"Records\":[1,{\"dynamodb\":null,\"b\":1}],\"a\":1545084650}");
    cr_assert_str_eq(json_of(value_null(store)), "null");
}

Test(event, failed_allocation_is_remembered_by_the_store)
{
    const struct table_config table = table_with(STREAM_VIEW_NEW_AND_OLD_IMAGES);
    unsigned long long failures = 0;
    for (unsigned long long n = 1;; n++) {
        struct memory small;
        memory_init(&small, SIZE_MAX);
        small.fail_at = n;
        struct value_store *failing = value_store_create(&small);
        if (failing == NULL) {
            failures++;
            continue;
        }
        const struct value keys = value_map(failing, NULL, 0);
        const struct value after = value_put_text(failing, keys, "Id", value_integer(failing, 1));
        struct value event = VALUE_NONE;
        if (!value_is_none(after)) {
            const struct value record =
                event_dynamodb_record(failing, &table, 0, 0, after, VALUE_NONE, after, 0);
            event = event_batch(failing, &record, 1);
        }
        const bool failed = value_store_failed(failing);
        cr_assert_eq(failed, value_is_none(event));
        value_store_destroy(failing);
        cr_assert_eq(small.used, 0);
        if (!failed)
            break;
        failures++;
    }
    cr_assert_gt(failures, 1);
}
