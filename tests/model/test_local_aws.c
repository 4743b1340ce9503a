#include "model/local_aws.h"

#include "model/template.h"

#include <criterion/criterion.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Requests are JSON with ' for ", answers the same. */

struct services {
    struct memory memory;
    struct local_aws *aws;
    struct text text;
    struct error error;
    enum status status; /* of the last request */
};

static void set_up(struct services *services)
{
    memset(services, 0, sizeof *services);
    memory_init(&services->memory, SIZE_MAX);
    text_init(&services->text, &services->memory);
    cr_assert_eq(local_aws_create(&services->memory, &services->aws, &services->error), STATUS_OK);
}

static void tear_down(struct services *services)
{
    local_aws_destroy(services->aws);
    text_release(&services->text);
    cr_expect_eq(services->memory.used, 0);
}

static void swap_quotes(char *text, char from, char to)
{
    for (; *text != '\0'; text++)
        if (*text == from)
            *text = to;
}

/* The answer, or the message of an error. */
static const char *ask(struct services *services, const char *target, const char *body)
{
    size_t size = strlen(target) + strlen(body) + 64;
    char *line = malloc(size);
    snprintf(line, size, "{'target': '%s', 'body': %s}", target, body);
    swap_quotes(line, '\'', '"');
    services->error = (struct error)ERROR_INIT;
    text_clear(&services->text);
    services->status =
        local_aws_answer(services->aws, line, strlen(line), &services->text, &services->error);
    free(line);
    if (services->status != STATUS_OK)
        return services->error.message;
    swap_quotes(services->text.bytes, '"', '\'');
    return services->text.bytes;
}

#define DYNAMODB "DynamoDB_20120810."
#define STREAMS "DynamoDBStreams_20120810."
#define KINESIS "Kinesis_20131202."
#define TABLE                                                                                      \
    "{'TableName': 'Items', 'AttributeDefinitions': [{'AttributeName': 'id', 'AttributeType': "    \
    "'S'}], 'KeySchema': [{'AttributeName': 'id', 'KeyType': 'HASH'}], 'BillingMode': "            \
    "'PAY_PER_REQUEST', 'StreamSpecification': {'StreamEnabled': true, 'StreamViewType': "         \
    "'NEW_AND_OLD_IMAGES'}}"
#define ARN "arn:aws:dynamodb:us-east-1:123456789012:table/Items/stream/2024-01-01T00:00:00.000"
#define SHARD "shardId-00000001704067200000-00000000"

static void expect_answer(struct services *services, const char *target, const char *body,
                          const char *wanted)
{
    const char *answer = ask(services, target, body);
    cr_expect_str_eq(answer, wanted, "%s %s\n  is:     %s\n  wanted: %s", target, body, answer,
                     wanted);
}

/* The answer holds `part`. */
static void expect_part(struct services *services, const char *target, const char *body,
                        const char *part)
{
    const char *answer = ask(services, target, body);
    cr_expect_not_null(strstr(answer, part), "%s %s\n  is:     %s\n  wanted: ...%s...", target,
                       body, answer, part);
}

static void expect_error(struct services *services, const char *target, const char *body,
                         const char *type)
{
    expect_part(services, target, body, "'status':400");
    const char *answer = ask(services, target, body);
    char wanted[128];
    snprintf(wanted, sizeof wanted, "%s'", type);
    cr_expect_not_null(strstr(answer, wanted), "%s %s\n  is: %s\n  wanted: %s", target, body,
                       answer, type);
}

static void put(struct services *services, const char *item)
{
    char body[512];
    snprintf(body, sizeof body, "{'TableName': 'Items', 'Item': %s}", item);
    expect_answer(services, DYNAMODB "PutItem", body, "{'status':200,'body':{}}");
}

Test(local_aws, makes_changes_and_drops_tables)
{
    struct services services;
    set_up(&services);
    expect_part(&services, DYNAMODB "CreateTable", TABLE, "'TableStatus':'CREATING'");
    expect_part(&services, DYNAMODB "DescribeTable", "{'TableName': 'Items'}",
                "'TableStatus':'ACTIVE'");
    expect_error(&services, DYNAMODB "CreateTable", TABLE, "ResourceInUseException");
    put(&services, "{'id': {'S': 'a'}, 'n': {'N': '1'}}");
    expect_answer(&services, DYNAMODB "GetItem",
                  "{'TableName': 'Items', 'Key': {'id': {'S': 'a'}}}",
                  "{'status':200,'body':{'Item':{'id':{'S':'a'},'n':{'N':'1'}}}}");
    expect_part(&services, DYNAMODB "UpdateTable",
                "{'TableName': 'Items', 'StreamSpecification': {'StreamEnabled': false}}",
                "'TableStatus':'UPDATING'");
    expect_error(&services, DYNAMODB "UpdateTable",
                 "{'TableName': 'Items', 'StreamSpecification': {'StreamEnabled': false}}",
                 "ValidationException");
    expect_part(&services, DYNAMODB "UpdateTable",
                "{'TableName': 'Items', 'StreamSpecification': {'StreamEnabled': true, "
                "'StreamViewType': 'KEYS_ONLY'}}",
                "stream/2024-01-01T00:00:00.001");
    expect_part(&services, DYNAMODB "DeleteTable", "{'TableName': 'Items'}", "DELETING");
    expect_error(&services, DYNAMODB "DeleteTable", "{'TableName': 'Items'}",
                 "ResourceNotFoundException");
    expect_answer(&services, DYNAMODB "ListTables", "{}",
                  "{'status':200,'body':{'TableNames':[]}}");
    tear_down(&services);
}

Test(local_aws, rejects_tables_as_aws_does)
{
    static const struct {
        const char *body;
        const char *part;
    } rows[] = {
        {"{}", "Value null at 'tableName'"},
        {"{'TableName': 'ab', 'AttributeDefinitions': [], 'KeySchema': []}",
         "length greater than or equal to 3"},
        {"{'TableName': 'a/b', 'AttributeDefinitions': [], 'KeySchema': []}", "[a-zA-Z0-9_.-]+"},
        {"{'TableName': 'abc', 'AttributeDefinitions': [{'AttributeName': 'a', 'AttributeType': "
         "'X'}]}",
         "enum value set: [B, N, S]"},
        {"{'TableName': 'abc', 'AttributeDefinitions': [], 'KeySchema': []}",
         "ReadCapacityUnits and WriteCapacityUnits must both be specified"},
        {"{'TableName': 'abc', 'BillingMode': 'PAY_PER_REQUEST', 'AttributeDefinitions': [], "
         "'KeySchema': [{'AttributeName': 'a', 'KeyType': 'HASH'}]}",
         "Some index key attributes are not defined in AttributeDefinitions. Keys: [a], "
         "AttributeDefinitions: []"},
        {"{'TableName': 'abc', 'BillingMode': 'PAY_PER_REQUEST', 'AttributeDefinitions': "
         "[{'AttributeName': 'a', 'AttributeType': 'S'}], 'KeySchema': [{'AttributeName': 'a', "
         "'KeyType': 'RANGE'}]}",
         "The first KeySchemaElement is not a HASH key type"},
        {"{'TableName': 'abc', 'BillingMode': 'PAY_PER_REQUEST', 'AttributeDefinitions': "
         "[{'AttributeName': 'a', 'AttributeType': 'S'}, {'AttributeName': 'b', 'AttributeType': "
         "'S'}], 'KeySchema': [{'AttributeName': 'a', 'KeyType': 'HASH'}]}",
         "does not exactly match"},
    };
    struct services services;
    set_up(&services);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        expect_error(&services, DYNAMODB "CreateTable", rows[i].body, "ValidationException");
        expect_part(&services, DYNAMODB "CreateTable", rows[i].body, rows[i].part);
    }
    expect_answer(&services, DYNAMODB "ListTables", "{}",
                  "{'status':200,'body':{'TableNames':[]}}");
    tear_down(&services);
}

Test(local_aws, shows_every_change_once_in_a_tables_stream)
{
    struct services services;
    set_up(&services);
    ask(&services, DYNAMODB "CreateTable", TABLE);
    put(&services, "{'id': {'S': 'a'}, 'n': {'N': '1'}}");
    put(&services, "{'id': {'S': 'a'}, 'n': {'N': '1.0'}}"); /* the same: no record */
    put(&services, "{'id': {'S': 'a'}, 'n': {'N': '2'}}");
    ask(&services, DYNAMODB "DeleteItem", "{'TableName': 'Items', 'Key': {'id': {'S': 'a'}}}");
    expect_part(&services, STREAMS "ListStreams", "{'TableName': 'Items'}",
                "[{'StreamArn':'" ARN "'");
    expect_part(&services, STREAMS "DescribeStream", "{'StreamArn': '" ARN "'}",
                "'StreamStatus':'ENABLED'");
    expect_answer(&services, STREAMS "GetShardIterator",
                  "{'StreamArn': '" ARN "', 'ShardId': '" SHARD
                  "', 'ShardIteratorType': 'TRIM_HORIZON'}",
                  "{'status':200,'body':{'ShardIterator':'table-stream:0:0:0:1704067200000'}}");
    const char *records = ask(&services, STREAMS "GetRecords",
                              "{'ShardIterator': 'table-stream:0:0:0:1704067200000'}");
    const char *insert = strstr(records, "'eventName':'INSERT'");
    const char *modify = strstr(records, "'eventName':'MODIFY'");
    const char *removal = strstr(records, "'eventName':'REMOVE'");
    cr_assert(insert != NULL && modify != NULL && removal != NULL, "%s", records);
    cr_expect(insert < modify && modify < removal);
    cr_expect_not_null(strstr(records, "'NextShardIterator':'table-stream:0:0:3:"));
    expect_part(&services, STREAMS "GetRecords",
                "{'ShardIterator': 'table-stream:0:0:0:1704067200000', 'Limit': 2}",
                "'NextShardIterator':'table-stream:0:0:2:");
    tear_down(&services);
}

Test(local_aws, closes_a_stream_that_is_switched_off)
{
    struct services services;
    set_up(&services);
    ask(&services, DYNAMODB "CreateTable", TABLE);
    put(&services, "{'id': {'S': 'a'}}");
    ask(&services, DYNAMODB "UpdateTable",
        "{'TableName': 'Items', 'StreamSpecification': {'StreamEnabled': false}}");
    put(&services, "{'id': {'S': 'b'}}");
    const char *records = ask(&services, STREAMS "GetRecords",
                              "{'ShardIterator': 'table-stream:0:0:0:1704067200000'}");
    cr_expect_null(strstr(records, "NextShardIterator"));
    cr_expect_null(strstr(records, "{'S':'b'}"));
    cr_expect_not_null(strstr(records, "{'S':'a'}"));
    expect_part(&services, STREAMS "DescribeStream", "{'StreamArn': '" ARN "'}",
                "EndingSequenceNumber");
    tear_down(&services);
}

Test(local_aws, forgets_records_and_iterators_with_time)
{
    struct services services;
    set_up(&services);
    ask(&services, DYNAMODB "CreateTable", TABLE);
    put(&services, "{'id': {'S': 'a'}}");
    const char *first = "{'ShardIterator': 'table-stream:0:0:0:1704067200000'}";
    ask(&services, "Oncecheck.AdvanceTime", "{'Seconds': 899}");
    expect_part(&services, STREAMS "GetRecords", first, "INSERT");
    ask(&services, "Oncecheck.AdvanceTime", "{'Seconds': 1}");
    expect_error(&services, STREAMS "GetRecords", first, "ExpiredIteratorException");
    ask(&services, "Oncecheck.AdvanceTime", "{'Seconds': 85500}"); /* 24 h in all */
    expect_answer(&services, STREAMS "GetShardIterator",
                  "{'StreamArn': '" ARN "', 'ShardId': '" SHARD
                  "', 'ShardIteratorType': 'TRIM_HORIZON'}",
                  "{'status':200,'body':{'ShardIterator':'table-stream:0:0:1:1704153600000'}}");
    expect_error(&services, STREAMS "GetShardIterator",
                 "{'StreamArn': '" ARN "', 'ShardId': '" SHARD
                 "', 'ShardIteratorType': 'AT_SEQUENCE_NUMBER', 'SequenceNumber': "
                 "'333800000000000000000000000000'}",
                 "TrimmedDataAccessException");
    tear_down(&services);
}

Test(local_aws, deletes_items_whose_time_has_come)
{
    struct services services;
    set_up(&services);
    ask(&services, DYNAMODB "CreateTable", TABLE);
    expect_answer(&services, DYNAMODB "DescribeTimeToLive", "{'TableName': 'Items'}",
                  "{'status':200,'body':{'TimeToLiveDescription':{'TimeToLiveStatus':"
                  "'DISABLED'}}}");
    expect_part(&services, DYNAMODB "UpdateTimeToLive",
                "{'TableName': 'Items', 'TimeToLiveSpecification': {'Enabled': true, "
                "'AttributeName': 'until'}}",
                "'Enabled':true");
    put(&services, "{'id': {'S': 'a'}, 'until': {'N': '1704067210'}}");
    put(&services, "{'id': {'S': 'b'}, 'until': {'S': '1704067210'}}"); /* no number: stays */
    ask(&services, "Oncecheck.AdvanceTime", "{'Seconds': 10}");
    expect_part(&services, DYNAMODB "Scan", "{'TableName': 'Items'}", "'Count':2");
    ask(&services, "Oncecheck.AdvanceTime", "{'Seconds': 1}");
    expect_part(&services, DYNAMODB "Scan", "{'TableName': 'Items'}", "'Count':1");
    expect_part(&services, STREAMS "GetRecords",
                "{'ShardIterator': 'table-stream:0:0:2:1704067200000'}",
                "'userIdentity':{'principalId':'dynamodb.amazonaws.com','type':'Service'}");
    tear_down(&services);
}

Test(local_aws, remembers_tokens_for_ten_minutes)
{
    static const char add[] =
        "{'ClientRequestToken': 'one', 'TransactItems': [{'Update': {'TableName': 'Items', 'Key': "
        "{'id': {'S': 'a'}}, 'UpdateExpression': 'ADD n :one', 'ExpressionAttributeValues': "
        "{':one': {'N': '1'}}}}]}";
    static const char other[] =
        "{'ClientRequestToken': 'one', 'TransactItems': [{'Delete': {'TableName': 'Items', 'Key': "
        "{'id': {'S': 'a'}}}}]}";
    struct services services;
    set_up(&services);
    ask(&services, DYNAMODB "CreateTable", TABLE);
    for (int i = 0; i < 2; i++) {
        expect_answer(&services, DYNAMODB "TransactWriteItems", add, "{'status':200,'body':{}}");
        expect_part(&services, DYNAMODB "Scan", "{'TableName': 'Items'}", "'n':{'N':'1'}");
    }
    expect_error(&services, DYNAMODB "TransactWriteItems", other,
                 "IdempotentParameterMismatchException");
    ask(&services, "Oncecheck.AdvanceTime", "{'Seconds': 599}");
    ask(&services, DYNAMODB "TransactWriteItems", add);
    expect_part(&services, DYNAMODB "Scan", "{'TableName': 'Items'}", "'n':{'N':'1'}");
    ask(&services, "Oncecheck.AdvanceTime", "{'Seconds': 1}");
    ask(&services, DYNAMODB "TransactWriteItems", add);
    expect_part(&services, DYNAMODB "Scan", "{'TableName': 'Items'}", "'n':{'N':'2'}");
    tear_down(&services);
}

Test(local_aws, a_cancelled_transaction_leaves_its_token_free)
{
    static const char add[] =
        "{'ClientRequestToken': 'one', 'TransactItems': [{'Update': {'TableName': 'Items', 'Key': "
        "{'id': {'S': 'a'}}, 'UpdateExpression': 'ADD n :one', 'ConditionExpression': "
        "'attribute_exists(id)', 'ExpressionAttributeValues': {':one': {'N': '1'}}}}]}";
    struct services services;
    set_up(&services);
    ask(&services, DYNAMODB "CreateTable", TABLE);
    expect_error(&services, DYNAMODB "TransactWriteItems", add, "TransactionCanceledException");
    put(&services, "{'id': {'S': 'a'}}");
    expect_answer(&services, DYNAMODB "TransactWriteItems", add, "{'status':200,'body':{}}");
    expect_part(&services, DYNAMODB "Scan", "{'TableName': 'Items'}", "'n':{'N':'1'}");
    tear_down(&services);
}

Test(local_aws, a_transactions_changes_are_all_in_the_stream_or_none)
{
    struct services services;
    set_up(&services);
    ask(&services, DYNAMODB "CreateTable", TABLE);
    expect_error(&services, DYNAMODB "TransactWriteItems",
                 "{'TransactItems': [{'Put': {'TableName': 'Items', 'Item': {'id': {'S': 'a'}}}}, "
                 "{'ConditionCheck': {'TableName': 'Items', 'Key': {'id': {'S': 'b'}}, "
                 "'ConditionExpression': 'attribute_exists(id)'}}]}",
                 "TransactionCanceledException");
    expect_part(&services, STREAMS "GetRecords",
                "{'ShardIterator': 'table-stream:0:0:0:1704067200000'}", "'Records':[]");
    ask(&services, DYNAMODB "TransactWriteItems",
        "{'TransactItems': [{'Put': {'TableName': 'Items', 'Item': {'id': {'S': 'b'}}}}, "
        "{'Put': {'TableName': 'Items', 'Item': {'id': {'S': 'a'}}}}]}");
    expect_part(&services, STREAMS "GetRecords",
                "{'ShardIterator': 'table-stream:0:0:0:1704067200000'}",
                "'NextShardIterator':'table-stream:0:0:2:");
    tear_down(&services);
}

Test(local_aws, keeps_kinesis_records_by_shard)
{
    struct services services;
    set_up(&services);
    expect_answer(&services, KINESIS "CreateStream", "{'StreamName': 'In', 'ShardCount': 2}",
                  "{'status':200,'body':{}}");
    expect_error(&services, KINESIS "CreateStream", "{'StreamName': 'In', 'ShardCount': 1}",
                 "ResourceInUseException");
    expect_part(&services, KINESIS "PutRecord",
                "{'StreamName': 'In', 'Data': 'YQ==', 'PartitionKey': 'k', 'ExplicitHashKey': '0'}",
                "'ShardId':'shardId-000000000000'");
    expect_part(&services, KINESIS "PutRecords",
                "{'StreamName': 'In', 'Records': [{'Data': 'Yg==', 'PartitionKey': 'k', "
                "'ExplicitHashKey': '1'}, {'Data': 'Yw==', 'PartitionKey': 'k', "
                "'ExplicitHashKey': '340282366920938463463374607431768211455'}]}",
                "'FailedRecordCount':0");
    expect_answer(&services, KINESIS "GetShardIterator",
                  "{'StreamName': 'In', 'ShardId': 'shardId-000000000000', 'ShardIteratorType': "
                  "'TRIM_HORIZON'}",
                  "{'status':200,'body':{'ShardIterator':'kinesis-stream:0:0:0:1704067200000'}}");
    const char *records = ask(&services, KINESIS "GetRecords",
                              "{'ShardIterator': 'kinesis-stream:0:0:0:1704067200000'}");
    cr_expect_not_null(strstr(records, "'Data':'YQ=='"));
    cr_expect_not_null(strstr(records, "'Data':'Yg=='"));
    cr_expect_null(strstr(records, "'Data':'Yw=='"));
    ask(&services, KINESIS "DeleteStream", "{'StreamName': 'In'}");
    ask(&services, KINESIS "CreateStream", "{'StreamName': 'In', 'ShardCount': 2}");
    expect_error(&services, KINESIS "GetRecords",
                 "{'ShardIterator': 'kinesis-stream:0:0:0:1704067200000'}",
                 "InvalidArgumentException");
    tear_down(&services);
}

Test(local_aws, reads_kinesis_from_any_place)
{
    struct services services;
    set_up(&services);
    ask(&services, KINESIS "CreateStream", "{'StreamName': 'In', 'ShardCount': 1}");
    ask(&services, KINESIS "PutRecord", "{'StreamName': 'In', 'Data': '', 'PartitionKey': 'a'}");
    ask(&services, "Oncecheck.AdvanceTime", "{'Seconds': 10}");
    ask(&services, KINESIS "PutRecord", "{'StreamName': 'In', 'Data': '', 'PartitionKey': 'b'}");
    static const struct {
        const char *type;
        const char *place;
    } rows[] = {
        {"'LATEST'", "0:0:2:"},
        {"'TRIM_HORIZON'", "0:0:0:"},
        {"'AT_TIMESTAMP', 'Timestamp': 1704067200.5", "0:0:1:"},
        {"'AT_SEQUENCE_NUMBER', 'StartingSequenceNumber': "
         "'49590338271490256608550000000000000000000100000000000000'",
         "0:0:1:"},
        {"'AFTER_SEQUENCE_NUMBER', 'StartingSequenceNumber': "
         "'49590338271490256608550000000000000000000100000000000000'",
         "0:0:2:"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        char body[512];
        snprintf(body, sizeof body,
                 "{'StreamName': 'In', 'ShardId': 'shardId-000000000000', 'ShardIteratorType': %s}",
                 rows[i].type);
        expect_part(&services, KINESIS "GetShardIterator", body, rows[i].place);
    }
    expect_error(&services, KINESIS "GetShardIterator",
                 "{'StreamName': 'In', 'ShardId': 'shardId-000000000001', 'ShardIteratorType': "
                 "'LATEST'}",
                 "ResourceNotFoundException");
    expect_part(&services, KINESIS "GetRecords",
                "{'ShardIterator': 'kinesis-stream:0:0:0:1704067210000', 'Limit': 1}",
                "'MillisBehindLatest':0");
    ask(&services, "Oncecheck.AdvanceTime", "{'Seconds': 300}");
    expect_error(&services, KINESIS "GetRecords",
                 "{'ShardIterator': 'kinesis-stream:0:0:0:1704067210000'}",
                 "ExpiredIteratorException");
    tear_down(&services);
}

Test(local_aws, deploys_a_template)
{
    static const char template[] =
        "Resources:\n"
        "  In: {Type: 'AWS::Kinesis::Stream', Properties: {ShardCount: 3}}\n"
        "  Rows:\n"
        "    Type: AWS::DynamoDB::Table\n"
        "    Properties:\n"
        "      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]\n"
        "      KeySchema: [{AttributeName: id, KeyType: HASH}]\n"
        "      StreamSpecification: {StreamViewType: NEW_IMAGE}\n";
    struct services services;
    struct arena arena;
    struct pipeline pipeline;
    set_up(&services);
    arena_init(&arena, &services.memory);
    cr_assert_eq(
        template_parse(template, strlen(template), "t.yaml", &arena, &pipeline, &services.error),
        STATUS_OK);
    cr_assert_eq(local_aws_deploy(services.aws, &pipeline, &services.error), STATUS_OK);
    expect_part(&services, DYNAMODB "ListTables", "{}", "['Rows']");
    expect_part(&services, STREAMS "ListStreams", "{}", "'TableName':'Rows'");
    expect_part(&services, KINESIS "DescribeStreamSummary", "{'StreamName': 'In'}",
                "'OpenShardCount':3");
    local_aws_destroy(services.aws);
    services.aws = NULL;
    arena_release(&arena);
    tear_down(&services);
}

Test(local_aws, says_what_is_no_request_and_what_is_not_simulated)
{
    struct services services;
    set_up(&services);
    ask(&services, "DynamoDB_20120810.ExecuteStatement", "{}");
    cr_expect_eq(services.status, STATUS_UNSUPPORTED);
    ask(&services, "SQS.SendMessage", "{}");
    cr_expect_eq(services.status, STATUS_UNSUPPORTED);
    ask(&services, KINESIS "SplitShard", "{}");
    cr_expect_eq(services.status, STATUS_UNSUPPORTED);
    static const char *const lines[] = {"", "[]", "{}", "{\"target\": 5}", "{\"target\": \"a\""};
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        cr_expect_eq(local_aws_answer(services.aws, lines[i], strlen(lines[i]), &services.text,
                                      &services.error),
                     STATUS_BAD_INPUT, "%s", lines[i]);
    expect_error(&services, DYNAMODB "CreateTable", "[]", "SerializationException");
    expect_error(&services, "Oncecheck.AdvanceTime", "{'Seconds': -1}", "ValidationException");
    tear_down(&services);
}

/* Everything a session asks for, with the n-th allocation failing. */
static enum status session(struct memory *memory)
{
    static const char *const lines[] = {
        "{\"target\": \"" DYNAMODB "CreateTable\", \"body\": {\"TableName\": \"Items\", "
        "\"AttributeDefinitions\": [{\"AttributeName\": \"id\", \"AttributeType\": \"S\"}], "
        "\"KeySchema\": [{\"AttributeName\": \"id\", \"KeyType\": \"HASH\"}], \"BillingMode\": "
        "\"PAY_PER_REQUEST\", \"StreamSpecification\": {\"StreamEnabled\": true, "
        "\"StreamViewType\": \"NEW_IMAGE\"}}}",
        "{\"target\": \"" DYNAMODB "PutItem\", \"body\": {\"TableName\": \"Items\", \"Item\": "
        "{\"id\": {\"S\": \"a\"}}}}",
        "{\"target\": \"" STREAMS "GetRecords\", \"body\": {\"ShardIterator\": "
        "\"table-stream:0:0:0:1704067200000\"}}",
        "{\"target\": \"" KINESIS "CreateStream\", \"body\": {\"StreamName\": \"In\", "
        "\"ShardCount\": 1}}",
        "{\"target\": \"" KINESIS "PutRecord\", \"body\": {\"StreamName\": \"In\", \"Data\": "
        "\"YQ==\", \"PartitionKey\": \"a\"}}",
        "{\"target\": \"" KINESIS "GetRecords\", \"body\": {\"ShardIterator\": "
        "\"kinesis-stream:0:0:0:1704067200000\"}}",
    };
    struct local_aws *aws = NULL;
    struct error error = ERROR_INIT;
    struct text text;
    text_init(&text, memory);
    enum status status = local_aws_create(memory, &aws, &error);
    for (size_t i = 0; status == STATUS_OK && i < sizeof lines / sizeof lines[0]; i++)
        status = local_aws_answer(aws, lines[i], strlen(lines[i]), &text, &error);
    local_aws_destroy(aws);
    text_release(&text);
    return status;
}

Test(local_aws, reports_memory_that_runs_out)
{
    struct memory memory;
    memory_init(&memory, SIZE_MAX);
    cr_assert_eq(session(&memory), STATUS_OK);
    unsigned long long requests = memory.requests;
    cr_expect_eq(memory.used, 0);
    for (unsigned long long n = 1; n <= requests; n++) {
        memory_init(&memory, SIZE_MAX);
        memory.fail_at = n;
        cr_expect_eq(session(&memory), STATUS_NO_MEMORY, "allocation %llu of %llu", n, requests);
        cr_expect_eq(memory.used, 0, "allocation %llu", n);
    }
}
