#include "model/dynamodb/create_table.h"

#include "tests/model/dynamodb/fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct fixture fixture;
static struct call call;
static struct table_config table;

static void set_up(void) { fixture_init(&fixture); }

static void tear_down(void) { fixture_release(&fixture); }

TestSuite(create_table, .init = set_up, .fini = tear_down);

#define BILLING "'BillingMode': 'PAY_PER_REQUEST'"
#define NAME(name) "{'AttributeName': '" name "', 'AttributeType': 'S'}"
#define HASH(name) "{'AttributeName': '" name "', 'KeyType': 'HASH'}"
#define RANGE(name) "{'AttributeName': '" name "', 'KeyType': 'RANGE'}"
#define ALL "'Projection': {'ProjectionType': 'ALL'}"

static bool read(const char *request)
{
    call_init(&call, &fixture.context);
    return create_table_read(&call, fixture_json(&fixture, request), &fixture.arena, &table);
}

/* A table with keys a and b, attributes a, b and c, and one more member. */
static const char *with(const char *member)
{
    static char request[4096];
    int length = snprintf(request, sizeof request,
                          "{'TableName': 'Items', " BILLING
                          ", 'AttributeDefinitions': [" NAME("a") ", " NAME("b") ", " NAME(
                              "c") "], 'KeySchema': [" HASH("a") ", " RANGE("b") "], %s}",
                          member);
    cr_assert_lt((size_t)length, sizeof request);
    return request;
}

static void refuse(const char *request, enum aws_error error, const char *message)
{
    cr_expect_not(read(request), "%s", request);
    cr_expect_eq(call.error, error, "%s", request);
    cr_assert_not_null(call.message, "%s", request);
    cr_expect_not_null(strstr(call.message, message), "%s\n  is:     %s\n  wanted: %s", request,
                       call.message, message);
}

Test(create_table, reads_keys_and_units)
{
    cr_assert(read("{'TableName': 'abc', 'ProvisionedThroughput': {'ReadCapacityUnits': 5, "
                   "'WriteCapacityUnits': 7}, 'AttributeDefinitions': [" NAME(
                       "a") ", {'AttributeName': 'n', "
                            "'AttributeType': 'N'}], "
                            "'KeySchema': [" HASH("a") ", " RANGE("n") "]"
                                                                       "}"));
    cr_expect_str_eq(table.name, "abc");
    cr_expect_str_eq(table.logical_id, "abc");
    cr_expect_str_eq(table.hash_key.name, "a");
    cr_expect_eq(table.hash_key.type, 'S');
    cr_expect_str_eq(table.range_key.name, "n");
    cr_expect_eq(table.range_key.type, 'N');
    cr_expect_eq(table.read_units, 5);
    cr_expect_eq(table.write_units, 7);
    cr_expect_eq(table.stream_view, STREAM_VIEW_NONE);
    cr_expect_eq(table.index_count, 0);
}

Test(create_table, names_have_3_to_255_characters)
{
    char name[TABLE_NAME_MAX + 2];
    char request[512];
    struct value value;
    static const struct {
        size_t length;
        const char *message; /* NULL: accepted */
    } rows[] = {{TABLE_NAME_MIN - 1, "greater than or equal to 3"},
                {TABLE_NAME_MIN, NULL},
                {TABLE_NAME_MAX, NULL},
                {TABLE_NAME_MAX + 1, "less than or equal to 255"}};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        memset(name, 'x', sizeof name);
        name[rows[i].length] = '\0';
        (void)snprintf(request, sizeof request, "{'TableName': '%s'}", name);
        call_init(&call, &fixture.context);
        cr_expect_eq(
            create_table_read_name(&call, fixture_json(&fixture, request), "TableName", &value),
            rows[i].message == NULL);
        if (rows[i].message != NULL)
            cr_expect_not_null(strstr(call.message, rows[i].message), "%s", call.message);
    }
    call_init(&call, &fixture.context);
    cr_expect(create_table_read_name(&call, fixture_json(&fixture, "{'TableName': 'aZ09_-.'}"),
                                     "TableName", &value));
}

Test(create_table, wants_units_where_they_are_provisioned)
{
#define UNITS_OF(mode, units)                                                                      \
    "{'TableName': 'abc', " mode "'AttributeDefinitions': [" NAME("a") "], 'KeySchema': [" HASH(   \
        "a") "], 'ProvisionedThroughput': " units "}"
    static const char *const both = "ReadCapacityUnits and WriteCapacityUnits must both be";
    refuse(UNITS_OF("'BillingMode': 'PROVISIONED', ", "{'ReadCapacityUnits': 5}"), AWS_VALIDATION,
           both);
    refuse(UNITS_OF("", "{'WriteCapacityUnits': 5}"), AWS_VALIDATION, both);
    refuse(UNITS_OF(BILLING ", ", "{'ReadCapacityUnits': 5, 'WriteCapacityUnits': 5}"),
           AWS_VALIDATION, "can be specified when BillingMode is PAY_PER_REQUEST");
    refuse(UNITS_OF("'BillingMode': 'FREE', ", "{}"), AWS_VALIDATION,
           "[PROVISIONED, PAY_PER_REQUEST]");
    refuse(UNITS_OF("", "5"), AWS_SERIALIZATION, "");
#undef UNITS_OF
}

Test(create_table, an_update_keeps_what_it_does_not_name)
{
    table = (struct table_config){.read_units = 3, .write_units = 4};
    call_init(&call, &fixture.context);
    cr_assert(create_table_read_billing(&call, fixture_json(&fixture, "{}"), false, &table));
    cr_expect_eq(table.read_units, 3);
    cr_expect_eq(table.write_units, 4);
    cr_assert(
        create_table_read_billing(&call, fixture_json(&fixture, "{" BILLING "}"), false, &table));
    cr_expect_eq(table.read_units, 0);
    cr_expect_eq(table.write_units, 0);
}

Test(create_table, refuses_keys_that_dynamodb_refuses)
{
#define KEYS(schema)                                                                               \
    "{'TableName': 'abc', " BILLING                                                                \
    ", 'AttributeDefinitions': [" NAME("a") ", " NAME("b") "], 'KeySchema': " schema "}"
    refuse(KEYS("[]"), AWS_VALIDATION, "length greater than or equal to 1");
    refuse(KEYS("[" HASH("a") ", " RANGE("b") ", " RANGE("b") "]"), AWS_VALIDATION,
           "length less than or equal to 2");
    refuse(KEYS("[" HASH("a") ", " RANGE("a") "]"), AWS_VALIDATION, "have the same name");
    refuse(KEYS("[" HASH("a") ", " HASH("b") "]"), AWS_VALIDATION,
           "The second KeySchemaElement is not a RANGE key type");
    refuse(KEYS("[" HASH("a") ", " RANGE("z") "]"), AWS_VALIDATION,
           "Keys: [a, z], AttributeDefinitions: [a, b]");
    refuse(KEYS("[5]"), AWS_SERIALIZATION, "Unexpected value type in payload");
    refuse(KEYS("[{'AttributeName': 'a'}]"), AWS_VALIDATION, "keyType");
    refuse(KEYS("[{'AttributeName': 'a', 'KeyType': 'MAIN'}]"), AWS_VALIDATION, "[HASH, RANGE]");
#undef KEYS
}

#define LOCAL "'LocalSecondaryIndexes': "
#define GLOBAL "'GlobalSecondaryIndexes': "
#define INDEX(keys, projection)                                                                    \
    "{'IndexName': 'one', 'KeySchema': [" keys "], 'Projection': {" projection "}}"

Test(create_table, reads_indexes)
{
    cr_assert(
        read(with(LOCAL "[" INDEX(
            HASH("a") ", " RANGE("c"),
            "'ProjectionType': 'ALL'") "], " GLOBAL
                                       "[{'IndexName': 'two', 'KeySchema': [" HASH(
                                           "c") "], 'Projection': {'ProjectionType': 'INCLUDE', "
                                                "'NonKeyAttributes': ['x', "
                                                "'y']}}, {'IndexName': 'three', 'KeySchema': "
                                                "[" HASH("b") ", " RANGE(
                                                    "a") "], 'Projection': {'ProjectionType': "
                                                         "'KEYS_ONLY'}}]")),
        "%s", call.message);
    cr_assert_eq(table.index_count, 3);
    const struct index_config *index = table.indexes;
    cr_expect_str_eq(index[0].name, "one");
    cr_expect_not(index[0].global);
    cr_expect_str_eq(index[0].range_key.name, "c");
    cr_expect_eq(index[0].projection, PROJECT_ALL);
    cr_expect(index[1].global);
    cr_expect_str_eq(index[1].hash_key.name, "c");
    cr_expect_null(index[1].range_key.name);
    cr_expect_eq(index[1].projection, PROJECT_INCLUDE);
    cr_assert_eq(index[1].included_count, 2);
    cr_expect_str_eq(index[1].included[0], "x");
    cr_expect_str_eq(index[1].included[1], "y");
    cr_expect_str_eq(index[2].name, "three");
    cr_expect_eq(index[2].projection, PROJECT_KEYS_ONLY);
}

Test(create_table, refuses_indexes_that_dynamodb_refuses)
{
    static const struct {
        const char *member;
        enum aws_error error;
        const char *message;
    } rows[] = {
        {LOCAL "[]", AWS_VALIDATION, "List of LocalSecondaryIndexes is empty"},
        {GLOBAL "[]", AWS_VALIDATION, "List of GlobalSecondaryIndexes is empty"},
        {GLOBAL "[5]", AWS_SERIALIZATION, "Unexpected value type in payload"},
        {GLOBAL "5", AWS_SERIALIZATION, ""},
        {GLOBAL "[{'IndexName': 'i'}]", AWS_VALIDATION, "greater than or equal to 3"},
        {GLOBAL "[{'IndexName': 'one'}]", AWS_VALIDATION, "keySchema"},
        {GLOBAL "[{'IndexName': 'one', 'KeySchema': [" HASH("c") "]}]", AWS_VALIDATION,
         "projection"},
        {GLOBAL "[" INDEX(HASH("c"), "") "]", AWS_VALIDATION, "Unknown ProjectionType: null"},
        {GLOBAL "[" INDEX(HASH("c"), "'ProjectionType': 'SOME'") "]", AWS_VALIDATION,
         "[ALL, INCLUDE, KEYS_ONLY]"},
        {GLOBAL "[" INDEX(HASH("c"), "'ProjectionType': 'INCLUDE'") "]", AWS_VALIDATION,
         "ProjectionType is INCLUDE, but NonKeyAttributes is not specified"},
        {GLOBAL "[" INDEX(HASH("c"), "'ProjectionType': 'ALL', 'NonKeyAttributes': ['x']") "]",
         AWS_VALIDATION, "ProjectionType is ALL, but NonKeyAttributes is specified"},
        {GLOBAL "[" INDEX(HASH("c"), "'ProjectionType': 'INCLUDE', 'NonKeyAttributes': [5]") "]",
         AWS_SERIALIZATION, "Unexpected field type"},
        {GLOBAL "[" INDEX(HASH("c"), "'ProjectionType': 'ALL'") ", " INDEX(
             HASH("b"), "'ProjectionType': 'ALL'") "]",
         AWS_VALIDATION, "Duplicate index name: one"},
        {LOCAL "[" INDEX(HASH("a"), "'ProjectionType': 'ALL'") "]", AWS_VALIDATION,
         "does not have a range key for index: one"},
        {LOCAL "[" INDEX(HASH("b") ", " RANGE("c"), "'ProjectionType': 'ALL'") "]", AWS_VALIDATION,
         "index hash key: b, table hash key: a"},
        {GLOBAL "[" INDEX(HASH("b"), "'ProjectionType': 'ALL'") "]", AWS_VALIDATION,
         "Some AttributeDefinitions are not used"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        refuse(with(rows[i].member), rows[i].error, rows[i].message);
    refuse("{'TableName': 'abc', " BILLING
           ", 'AttributeDefinitions': [" NAME("a") ", " NAME("c") "], 'KeySchema': [" HASH(
               "a") "], " LOCAL
                    "[" INDEX(HASH("a") ", " RANGE("c"), "'ProjectionType': 'ALL'") "]}",
           AWS_VALIDATION, "required when specifying a LocalSecondaryIndex");
}

/* A list of so many indexes, with names of their own. */
static const char *indexes(const char *kind, const char *keys, int count)
{
    static char member[4096];
    int length = snprintf(member, sizeof member, "%s[", kind);
    for (int i = 0; i < count; i++)
        length += snprintf(member + length, sizeof member - (size_t)length,
                           "%s{'IndexName': 'index%d', 'KeySchema': [%s], " ALL "}",
                           i == 0 ? "" : ", ", i, keys);
    (void)snprintf(member + length, sizeof member - (size_t)length, "]");
    return member;
}

Test(create_table, counts_indexes)
{
    static const char *const local = HASH("a") ", " RANGE("c");
    cr_expect(read(with(indexes(LOCAL, local, LOCAL_INDEXES_MAX))));
    cr_expect_eq(table.index_count, LOCAL_INDEXES_MAX);
    refuse(with(indexes(LOCAL, local, LOCAL_INDEXES_MAX + 1)), AWS_VALIDATION,
           "Number of LocalSecondaryIndexes exceeds per-table limit of 5");
    cr_expect(read(with(indexes(GLOBAL, HASH("c"), GLOBAL_INDEXES_MAX))));
    cr_expect_eq(table.index_count, GLOBAL_INDEXES_MAX);
    refuse(with(indexes(GLOBAL, HASH("c"), GLOBAL_INDEXES_MAX + 1)), AWS_VALIDATION,
           "GlobalSecondaryIndex count exceeds the per-table limit of 20");
}

Test(create_table, reads_streams)
{
    static const struct {
        const char *request;
        bool given;
        enum stream_view_type view;
        const char *message; /* NULL: accepted */
    } rows[] = {
        {"{}", false, STREAM_VIEW_NONE, NULL},
        {"{'StreamSpecification': {'StreamEnabled': false}}", true, STREAM_VIEW_NONE, NULL},
        {"{'StreamSpecification': {'StreamEnabled': true, 'StreamViewType': 'KEYS_ONLY'}}", true,
         STREAM_VIEW_KEYS_ONLY, NULL},
        {"{'StreamSpecification': {'StreamEnabled': true}}", true, STREAM_VIEW_NONE,
         "StreamViewType is required"},
        {"{'StreamSpecification': {'StreamEnabled': false, 'StreamViewType': 'KEYS_ONLY'}}", true,
         STREAM_VIEW_NONE, "StreamViewType cannot be specified"},
        {"{'StreamSpecification': {'StreamEnabled': true, 'StreamViewType': 'MORE'}}", true,
         STREAM_VIEW_NONE, "NEW_AND_OLD_IMAGES"},
        {"{'StreamSpecification': 5}", false, STREAM_VIEW_NONE, ""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        bool given;
        enum stream_view_type view;
        call_init(&call, &fixture.context);
        cr_expect_eq(
            create_table_read_stream(&call, fixture_json(&fixture, rows[i].request), &given, &view),
            rows[i].message == NULL, "%s", rows[i].request);
        cr_expect_eq(given, rows[i].given, "%s", rows[i].request);
        cr_expect_eq(view, rows[i].view, "%s", rows[i].request);
        if (rows[i].message != NULL)
            cr_expect_not_null(strstr(call.message, rows[i].message), "%s", call.message);
    }
}
