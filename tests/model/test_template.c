#include "model/template.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct memory memory;
static struct arena arena;
static struct error error;
static struct pipeline pipeline;
static char path[] = "/tmp/test-template-XXXXXX";

static void setup(void)
{
    memory_init(&memory, SIZE_MAX);
    arena_init(&arena, &memory);
    error = (struct error)ERROR_INIT;
    int descriptor = mkstemp(path);
    cr_assert_geq(descriptor, 0);
    close(descriptor);
}

static void teardown(void)
{
    unlink(path);
    arena_release(&arena);
    cr_assert_eq(memory.used, 0);
}

TestSuite(template, .init = setup, .fini = teardown);

static enum status read_text(const char *text)
{
    FILE *stream = fopen(path, "w");
    cr_assert_not_null(stream);
    cr_assert_geq(fputs(text, stream), 0);
    cr_assert_eq(fclose(stream), 0);
    return template_read(path, &arena, &pipeline, &error);
}

static void accept(const char *text)
{
    enum status status = read_text(text);
    cr_assert_eq(status, STATUS_OK, "%u:%u: %s", error.line, error.column, error.message);
}

static void refuse(const char *text, enum status status, uint32_t line, const char *message)
{
    cr_assert_eq(read_text(text), status, "%s\n%s", text, error.message);
    cr_assert_eq(error.status, status);
    cr_assert_not_null(strstr(error.message, message), "%s", error.message);
    cr_assert_eq(error.line, line, "line %u: %s", error.line, error.message);
    cr_assert_str_eq(error.file, path);
}

/* A stream S, a table T with a stream, a function F; what a test adds comes behind (resources are
 * indented by two blanks). */
#define BASE                                                                                       \
    "Resources:\n"                                                                                 \
    "  S: {Type: 'AWS::Kinesis::Stream', Properties: {ShardCount: 2}}\n"                           \
    "  T:\n"                                                                                       \
    "    Type: AWS::DynamoDB::Table\n"                                                             \
    "    Properties:\n"                                                                            \
    "      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]\n"                        \
    "      KeySchema: [{AttributeName: id, KeyType: HASH}]\n"                                      \
    "      StreamSpecification: {StreamViewType: NEW_AND_OLD_IMAGES}\n"                            \
    "  F: {Type: 'AWS::Lambda::Function', Properties: {Handler: a.b}}\n"
enum { BASE_LINES = 9 };

#define MAPPING "  M:\n    Type: AWS::Lambda::EventSourceMapping\n    Properties:\n"
#define CONNECTED MAPPING "      FunctionName: !Ref F\n      EventSourceArn: !GetAtt T.StreamArn\n"

Test(template, reads_the_workshop)
{
    cr_assert_eq(template_read("scenarios/workshop.yaml", &arena, &pipeline, &error), STATUS_OK,
                 "%u: %s", error.line, error.message);
    cr_assert_eq(pipeline.stream_count, 1);
    cr_assert_eq(pipeline.table_count, 4);
    cr_assert_eq(pipeline.function_count, 3);
    cr_assert_eq(pipeline.mapping_count, 3);
    cr_assert_eq(pipeline.streams[0].shard_count, 20);

    int reduce = pipeline_find_table(&pipeline, "ReduceTable");
    cr_assert_geq(reduce, 0);
    cr_assert_str_eq(pipeline.tables[reduce].hash_key.name, "MessageId");
    cr_assert_eq(pipeline.tables[reduce].hash_key.type, 'S');
    cr_assert_null(pipeline.tables[reduce].range_key.name);
    cr_assert_eq(pipeline.tables[reduce].stream_view, STREAM_VIEW_NEW_AND_OLD_IMAGES);
    cr_assert_eq(pipeline.tables[reduce].stream_shards, 1);
    int aggregate = pipeline_find_table(&pipeline, "AggregateTable");
    cr_assert_eq(pipeline.tables[aggregate].stream_view, STREAM_VIEW_NONE);

    int function = pipeline_find_function(&pipeline, "ReduceLambda");
    const struct function_config *reducer = &pipeline.functions[function];
    cr_assert_eq(reducer->timeout_s, 30);
    cr_assert_eq(reducer->reserved_concurrency, 1);
    cr_assert_str_eq(reducer->handler, "lambda_function.lambda_handler");
    cr_assert_str_eq(reducer->code_uri, "assets/ReduceLambdaPackage.zip");
    cr_assert_str_eq(reducer->role, "arn:aws:iam::123456789012:role/FunctionRole");
    cr_assert_eq(pipeline.functions[pipeline_find_function(&pipeline, "MapLambda")].timeout_s, 60);

    const struct mapping_config *mapping = &pipeline.mappings[2];
    cr_assert_eq(mapping->function, (uint32_t)function);
    cr_assert_eq(mapping->source_kind, SOURCE_TABLE);
    cr_assert_eq(mapping->source, (uint32_t)reduce);
    cr_assert_eq(mapping->batch_size, 1000);
    cr_assert_eq(pipeline.mappings[1].batching_window_s, 3);
    cr_assert_eq(pipeline.mappings[0].source_kind, SOURCE_STREAM);
    cr_assert_eq(pipeline_check_supported(&pipeline, &error), STATUS_OK);
}

Test(template, fills_in_the_defaults_of_aws)
{
    accept(BASE CONNECTED "      StartingPosition: TRIM_HORIZON\n");
    cr_assert_str_eq(pipeline.streams[0].name, "S");
    cr_assert_eq(pipeline.functions[0].timeout_s, 3);
    cr_assert_eq(pipeline.functions[0].memory_mb, 128);
    cr_assert_eq(pipeline.functions[0].reserved_concurrency, -1);
    const struct mapping_config *mapping = &pipeline.mappings[0];
    cr_assert_eq(mapping->batch_size, 100);
    cr_assert_eq(mapping->batching_window_s, 0);
    cr_assert_eq(mapping->maximum_retry_attempts, -1);
    cr_assert_eq(mapping->maximum_record_age_s, -1);
    cr_assert_eq(mapping->parallelization_factor, 1);
    cr_assert(mapping->enabled);
    cr_assert_not(mapping->bisect_batch_on_function_error);
    cr_assert_eq(mapping->starting_position, STARTING_TRIM_HORIZON);
}

Test(template, resolves_references_in_every_form)
{
    static const char *const sources[] = {
        "!GetAtt T.StreamArn",
        "!GetAtt [T, StreamArn]",
        "{'Fn::GetAtt': [T, StreamArn]}",
        "{'Fn::GetAtt': T.StreamArn}",
        "!Sub '${T.StreamArn}'",
        "!Sub ['${arn}', {arn: !GetAtt T.StreamArn}]",
        "!Sub 'arn:${AWS::Partition}:dynamodb:${AWS::Region}:${AWS::AccountId}:table/T/stream/x'",
        "!Join ['', ['arn:aws:dynamodb:us-east-1:123456789012:table/', !Ref T, '/stream/x']]",
        "!Select [1, [a, !GetAtt T.StreamArn]]",
        "!Select ['0', !Split ['|', !Join ['|', [!GetAtt T.StreamArn, b]]]]"};
    for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
        char text[2048];
        (void)snprintf(text, sizeof text,
                       "%s%s      EventSourceArn: %s\n      FunctionName: !GetAtt F.Arn\n"
                       "      StartingPosition: LATEST\n",
                       BASE, MAPPING, sources[i]);
        accept(text);
        cr_assert_eq(pipeline.mappings[0].source_kind, SOURCE_TABLE, "%s", sources[i]);
        cr_assert_eq(pipeline.mappings[0].source, 0);
    }
}

Test(template, finds_functions_by_name_arn_and_partial_arn)
{
    static const char *const functions[] = {"F",
                                            "F:live",
                                            "!Ref F",
                                            "!Sub '${F.Arn}:1'",
                                            "arn:aws:lambda:us-east-1:123456789012:function:F",
                                            "123456789012:function:F"};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        char text[2048];
        (void)snprintf(text, sizeof text,
                       "%s%s      EventSourceArn: !GetAtt S.Arn\n      FunctionName: %s\n"
                       "      StartingPosition: LATEST\n",
                       BASE, MAPPING, functions[i]);
        accept(text);
        cr_assert_eq(pipeline.mappings[0].function, 0, "%s", functions[i]);
    }
}

/* A mapping of a version or an alias invokes the function. */
Test(template, finds_functions_by_version_and_alias)
{
    static const char *const functions[] = {"!Ref Live",    "!GetAtt Live.AliasArn",
                                            "!Ref V",       "!GetAtt V.FunctionArn",
                                            "!Ref P.Alias", "!Ref P.Version"};
    static const char *const names[] = {"F", "F", "F", "F", "P", "P"};
    for (size_t i = 0; i < sizeof functions / sizeof *functions; i++) {
        char text[2048];
        (void)snprintf(
            text, sizeof text,
            "Transform: AWS::Serverless-2016-10-31\n%s"
            "  V: {Type: 'AWS::Lambda::Version', Properties: {FunctionName: !GetAtt F.Arn}}\n"
            "  Live: {Type: 'AWS::Lambda::Alias', Properties: {FunctionName: !Ref F, Name: live,\n"
            "         FunctionVersion: !GetAtt V.Version}}\n"
            "  P: {Type: 'AWS::Serverless::Function', Properties: {Handler: a.b, Runtime: "
            "python3.11, CodeUri: p, AutoPublishAlias: live}}\n"
            "%s      EventSourceArn: !GetAtt S.Arn\n      FunctionName: %s\n"
            "      StartingPosition: LATEST\n",
            BASE, MAPPING, functions[i]);
        accept(text);
        cr_assert_str_eq(pipeline.functions[pipeline.mappings[0].function].name, names[i], "%s",
                         functions[i]);
    }
    refuse(BASE MAPPING "      EventSourceArn: !GetAtt S.Arn\n      FunctionName: !Ref F.Alias\n"
                        "      StartingPosition: LATEST\n",
           STATUS_BAD_INPUT, BASE_LINES + 5, "no resource or parameter 'F.Alias'");
}

Test(template, uses_physical_names)
{
    accept("Parameters: {Stage: {Type: String, Default: test}}\n"
           "Resources:\n"
           "  S:\n    Type: AWS::Kinesis::Stream\n"
           "    Properties: {Name: !Sub 'in-${Stage}', ShardCount: '3'}\n"
           "  F:\n    Type: AWS::Lambda::Function\n"
           "    Properties:\n      FunctionName: !Join ['-', [f, !Ref Stage]]\n"
           "      Handler: a.b\n      Timeout: '7'\n"
           "      Environment: {Variables: {STREAM: !Ref S, N: 5, ARN: !GetAtt S.Arn}}\n" MAPPING
           "      FunctionName: !Ref F\n      EventSourceArn: !GetAtt S.Arn\n"
           "      StartingPosition: LATEST\n");
    cr_assert_str_eq(pipeline.streams[0].name, "in-test");
    cr_assert_eq(pipeline.streams[0].shard_count, 3);
    cr_assert_str_eq(pipeline.functions[0].name, "f-test");
    cr_assert_eq(pipeline.functions[0].timeout_s, 7);
    cr_assert_eq(pipeline.functions[0].environment_count, 3);
    cr_assert_str_eq(pipeline.functions[0].environment[0].value, "in-test");
    cr_assert_str_eq(pipeline.functions[0].environment[1].value, "5");
    cr_assert_str_eq(pipeline.functions[0].environment[2].value,
                     "arn:aws:kinesis:us-east-1:123456789012:stream/in-test");
    cr_assert_eq(pipeline_find_function(&pipeline, "f-test"), 0);
    cr_assert_eq(pipeline_find_function(&pipeline, "F"), 0);
}

Test(template, evaluates_conditions)
{
    accept("Parameters: {Stage: {Type: String, Default: prod}}\n"
           "Mappings: {Sizes: {prod: {shards: 4}, test: {shards: 1}}}\n"
           "Conditions:\n"
           "  Prod: !Equals [!Ref Stage, prod]\n"
           "  Test: !Not [!Condition Prod]\n"
           "  Both: !And [!Condition Prod, !Condition Test]\n"
           "  One: !Or [{Condition: Prod}, !Condition Test]\n"
           "Resources:\n"
           "  A: {Type: 'AWS::Kinesis::Stream', Condition: Test, Properties: {ShardCount: 1}}\n"
           "  B:\n    Type: AWS::Kinesis::Stream\n    Condition: One\n"
           "    Properties: {ShardCount: !FindInMap [Sizes, !Ref Stage, shards], "
           "Name: !If [Both, x, !Ref 'AWS::NoValue']}\n");
    cr_assert_eq(pipeline.stream_count, 1);
    cr_assert_str_eq(pipeline.streams[0].name, "B");
    cr_assert_eq(pipeline.streams[0].shard_count, 4);
}

Test(template, reads_json)
{
    accept("{\"Resources\": {\"S\": {\"Type\": \"AWS::Kinesis::Stream\",\n"
           "\t\"Properties\": {\"ShardCount\": \"2\"}}}}\n");
    cr_assert_eq(pipeline.streams[0].shard_count, 2);
}

Test(template, passes_over_what_cannot_matter)
{
    accept(BASE "  R: {Type: 'AWS::IAM::Role', Properties: {X: !ImportValue y}}\n"
                "  E: {Type: 'AWS::Events::Rule'}\n"
                "Outputs: {O: {Value: !GetAtt Nothing.Arn}}\n");
    cr_assert_eq(pipeline.function_count, 1);
}

Test(template, refuses_references_to_nothing)
{
    refuse(BASE MAPPING "      FunctionName: !Ref G\n      EventSourceArn: !GetAtt S.Arn\n"
                        "      StartingPosition: LATEST\n",
           STATUS_BAD_INPUT, BASE_LINES + 4, "no resource or parameter 'G'");
    refuse(BASE MAPPING "      FunctionName: F\n      EventSourceArn: !GetAtt T.Arn\n"
                        "      StartingPosition: LATEST\n",
           STATUS_BAD_INPUT, BASE_LINES + 5, "must be the table's StreamArn");
    refuse(BASE MAPPING "      FunctionName: F\n      EventSourceArn: !Sub '${U.StreamArn}'\n"
                        "      StartingPosition: LATEST\n",
           STATUS_BAD_INPUT, BASE_LINES + 5, "no resource or parameter 'U'");
    refuse(BASE MAPPING "      FunctionName: FF\n      EventSourceArn: !GetAtt S.Arn\n"
                        "      StartingPosition: LATEST\n",
           STATUS_BAD_INPUT, BASE_LINES + 4, "no function 'FF' in the template, did you mean 'F'?");
}

Test(template, refuses_a_table_stream_that_is_not_switched_on)
{
    refuse("Resources:\n"
           "  T:\n    Type: AWS::DynamoDB::Table\n    Properties:\n"
           "      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]\n"
           "      KeySchema: [{AttributeName: id, KeyType: HASH}]\n"
           "  F: {Type: 'AWS::Lambda::Function', Properties: {Handler: a.b}}\n" CONNECTED
           "      StartingPosition: LATEST\n",
           STATUS_BAD_INPUT, 12, "table 'T' has no stream");
}

#define FROM_STREAM MAPPING "      FunctionName: !Ref F\n      EventSourceArn: !GetAtt S.Arn\n"

Test(template, starts_at_a_timestamp)
{
    accept(BASE FROM_STREAM "      StartingPosition: AT_TIMESTAMP\n"
                            "      StartingPositionTimestamp: 1541139109\n");
    refuse(BASE FROM_STREAM "      StartingPosition: AT_TIMESTAMP\n", STATUS_BAD_INPUT,
           BASE_LINES + 1, "needs a StartingPositionTimestamp");
    refuse(BASE FROM_STREAM "      StartingPosition: LATEST\n"
                            "      StartingPositionTimestamp: 1541139109\n",
           STATUS_BAD_INPUT, BASE_LINES + 7, "needs the StartingPosition AT_TIMESTAMP");
    refuse(BASE CONNECTED "      StartingPosition: AT_TIMESTAMP\n", STATUS_BAD_INPUT,
           BASE_LINES + 6, "for Kinesis streams only");
}

Test(template, reads_streams_through_consumers)
{
    accept(BASE "  C: {Type: 'AWS::Kinesis::StreamConsumer', Properties: {ConsumerName: fan, "
                "StreamARN: !GetAtt S.Arn}}\n"
                "  M: {Type: 'AWS::Lambda::EventSourceMapping', Properties: {FunctionName: F, "
                "EventSourceArn: !GetAtt C.ConsumerARN, StartingPosition: LATEST}}\n"
                "  N: {Type: 'AWS::Lambda::EventSourceMapping', Properties: {FunctionName: F, "
                "EventSourceArn: !GetAtt S.Arn, StartingPosition: LATEST}}\n");
    cr_assert_eq(pipeline.mapping_count, 2);
    cr_expect_str_eq(pipeline.mappings[0].consumer_arn,
                     "arn:aws:kinesis:us-east-1:123456789012:stream/S/consumer/fan:1704067200");
    cr_expect_null(pipeline.mappings[1].consumer_arn);
    cr_expect_eq(pipeline.mappings[0].source, pipeline.mappings[1].source);
    refuse(BASE "  C: {Type: 'AWS::Kinesis::StreamConsumer', Properties: {ConsumerName: fan}}\n"
                "  M: {Type: 'AWS::Lambda::EventSourceMapping', Properties: {FunctionName: F, "
                "EventSourceArn: !Ref C, StartingPosition: LATEST}}\n",
           STATUS_BAD_INPUT, BASE_LINES + 1, "'C' needs a StreamARN");
}

Test(template, refuses_what_aws_refuses)
{
    refuse(BASE CONNECTED, STATUS_BAD_INPUT, BASE_LINES + 1, "needs a StartingPosition");
    refuse(BASE CONNECTED "      StartingPosition: LATEST\n      BatchSize: 10001\n",
           STATUS_BAD_INPUT, BASE_LINES + 7, "BatchSize must be a whole number from 1 to 10000");
    refuse(BASE CONNECTED "      StartingPosition: LATEST\n"
                          "      MaximumRecordAgeInSeconds: 30\n",
           STATUS_BAD_INPUT, BASE_LINES + 7, "must be -1 or a whole number from 60 to 604800");
    refuse(BASE CONNECTED "      StartingPosition: latest\n", STATUS_BAD_INPUT, BASE_LINES + 6,
           "did you mean 'LATEST'?");
    refuse(BASE CONNECTED "      StartingPosition: LATEST\n      Bathsize: 5\n", STATUS_BAD_INPUT,
           BASE_LINES + 7, "unknown property 'Bathsize'");
    refuse(BASE CONNECTED "      StartingPosition: LATEST\n"
                          "  N:\n    Type: AWS::Lambda::EventSourceMapping\n    Properties: "
                          "{FunctionName: F, EventSourceArn: !GetAtt T.StreamArn, "
                          "StartingPosition: LATEST}\n",
           STATUS_BAD_INPUT, BASE_LINES + 7, "ResourceConflictException");
    refuse("Resources: {S: {Type: 'AWS::Kinesis::Stream'}}\n", STATUS_BAD_INPUT, 1,
           "needs a ShardCount");
    refuse("Resources: {S: {Type: 'AWS::Kinesis::Steam'}}\n", STATUS_BAD_INPUT, 1,
           "did you mean 'AWS::Kinesis::Stream'?");
    refuse("Resources: {F: {Type: 'AWS::Lambda::Function', Properties: {Timeout: 901, "
           "Handler: a.b}}}\n",
           STATUS_BAD_INPUT, 1, "Timeout must be a whole number from 1 to 900, found the number");
    refuse("Resource: {}\n", STATUS_BAD_INPUT, 1, "did you mean 'Resources'?");
    refuse("Description: x\n", STATUS_BAD_INPUT, 1, "needs the key 'Resources'");
    refuse("Resources: {S: {}}\n", STATUS_BAD_INPUT, 1, "a resource needs the key 'Type'");
}

Test(template, refuses_tables_with_incomplete_keys)
{
    refuse("Resources:\n  T:\n    Type: AWS::DynamoDB::Table\n    Properties: {KeySchema: "
           "[{AttributeName: id, KeyType: HASH}]}\n",
           STATUS_BAD_INPUT, 2, "do not declare the key attribute 'id'");
    refuse("Resources:\n  T:\n    Type: AWS::DynamoDB::Table\n", STATUS_BAD_INPUT, 2,
           "needs a KeySchema");
}

#define INDEXED(type, indexes)                                                                     \
    "Resources:\n"                                                                                 \
    "  T:\n"                                                                                       \
    "    Type: " type "\n"                                                                         \
    "    Properties:\n"                                                                            \
    "      AttributeDefinitions: [{AttributeName: a, AttributeType: S},\n"                         \
    "                             {AttributeName: b, AttributeType: N}]\n"                         \
    "      KeySchema: [{AttributeName: a, KeyType: HASH}, {AttributeName: b, KeyType: RANGE}]\n"   \
    "      " indexes "\n"

Test(template, reads_indexes)
{
    accept(
        INDEXED("AWS::DynamoDB::GlobalTable",
                "GlobalSecondaryIndexes: [{IndexName: by_b, Projection: {ProjectionType: INCLUDE,"
                " NonKeyAttributes: [c]}, KeySchema: [{AttributeName: b, KeyType: HASH}]}]"));
    const struct table_config *table = &pipeline.tables[0];
    cr_assert_eq(table->index_count, 1);
    cr_assert_str_eq(table->indexes[0].name, "by_b");
    cr_assert(table->indexes[0].global);
    cr_assert_str_eq(table->indexes[0].hash_key.name, "b");
    cr_assert_eq(table->indexes[0].hash_key.type, 'N');
    cr_assert_null(table->indexes[0].range_key.name);
    cr_assert_eq(table->indexes[0].projection, PROJECT_INCLUDE);
    cr_assert_eq(table->indexes[0].included_count, 1);
    cr_assert_str_eq(table->indexes[0].included[0], "c");
    refuse(INDEXED("AWS::DynamoDB::Table",
                   "LocalSecondaryIndexes: [{IndexName: i, Projection: {ProjectionType: ALL},"
                   " KeySchema: [{AttributeName: b, KeyType: HASH}]}]"),
           STATUS_BAD_INPUT, 8, "needs the table's HASH key");
    refuse(INDEXED("AWS::DynamoDB::Table",
                   "GlobalSecondaryIndexes: [{IndexName: i, Projection: {ProjectionType: SOME},"
                   " KeySchema: [{AttributeName: b, KeyType: HASH}]}]"),
           STATUS_BAD_INPUT, 8, "ProjectionType");
    refuse(INDEXED("AWS::DynamoDB::Table",
                   "GlobalSecondaryIndexes: [{IndexName: i, Projection: {ProjectionType: ALL},"
                   " KeySchema: [{AttributeName: z, KeyType: HASH}]}]"),
           STATUS_BAD_INPUT, 8, "index 'i': AttributeDefinitions do not declare");
}

Test(template, says_what_is_not_simulated)
{
    refuse(BASE CONNECTED "      StartingPosition: !ImportValue x\n", STATUS_UNSUPPORTED,
           BASE_LINES + 6, "Fn::ImportValue is not simulated");
    refuse(BASE MAPPING "      FunctionName: F\n      EventSourceArn: somewhere\n"
                        "      StartingPosition: LATEST\n",
           STATUS_UNSUPPORTED, BASE_LINES + 5, "only Kinesis streams and DynamoDB streams");
    refuse("Resources: {G: {Type: 'AWS::CloudFormation::Stack'}}\n", STATUS_UNSUPPORTED, 1,
           "AWS::CloudFormation::Stack");
    accept("Conditions: {Never: !Equals [a, b]}\n"
           "Resources: {G: {Type: 'AWS::CloudFormation::Stack', Condition: Never}}\n");
    refuse(BASE "  U: {Type: 'AWS::Lambda::Function', Properties: {Handler: a.b, "
                "Code: {ImageUri: x}}}\n",
           STATUS_UNSUPPORTED, BASE_LINES + 1, "container images");
}

Test(template, refuses_circles)
{
    refuse("Resources:\n  S: {Type: 'AWS::Kinesis::Stream', Properties: {Name: !Ref S, "
           "ShardCount: 1}}\n",
           STATUS_LIMIT, 2, "in a circle?");
    refuse("Conditions: {A: !Not [!Condition A]}\n"
           "Resources: {S: {Type: 'AWS::Kinesis::Stream', Condition: A}}\n",
           STATUS_LIMIT, 1, "in a circle?");
}

/* Each condition asks the next ten times: 10^8 evaluations from eight lines. */
Test(template, limits_what_few_functions_stand_for)
{
    char text[4096] = "Resources: {S: {Type: 'AWS::Kinesis::Stream', Condition: C0}}\n"
                      "Conditions:\n";
    for (int i = 0; i < 8; i++) {
        char line[512];
        int length = snprintf(line, sizeof line, "  C%d: !And [", i);
        for (int j = 0; j < 10; j++)
            length += snprintf(line + length, sizeof line - (size_t)length, "%s!Condition C%d",
                               j == 0 ? "" : ", ", i + 1);
        (void)snprintf(line + length, sizeof line - (size_t)length, "]\n");
        strncat(text, line, sizeof text - strlen(text) - 1);
    }
    strncat(text, "  C8: !Equals [a, a]\n", sizeof text - strlen(text) - 1);
    cr_assert_eq(read_text(text), STATUS_LIMIT, "%s", error.message);
    cr_assert_not_null(strstr(error.message, "evaluations of intrinsic"), "%s", error.message);
}

Test(template, refuses_parameters_without_a_value)
{
    refuse("Parameters: {P: {Type: String}}\nResources:\n"
           "  S: {Type: 'AWS::Kinesis::Stream', Properties: {ShardCount: !Ref P}}\n",
           STATUS_BAD_INPUT, 3, "parameter 'P' has no Default");
}

Test(template, needs_no_parameters_to_find_code)
{
    accept("Parameters: {Bucket: {Type: String}, Prefix: {Type: String}, Account: {Type: String}}\n"
           "Resources:\n"
           "  F:\n    Type: AWS::Lambda::Function\n    Properties:\n"
           "      Handler: a.b\n      Role: !Sub 'arn:aws:iam::${Account}:role/r'\n"
           "      Code: {S3Bucket: !Ref Bucket, S3Key: !Sub '${Prefix}F.zip'}\n");
    cr_assert_str_eq(pipeline.functions[0].code_uri, "F.zip");
    cr_assert_str_eq(pipeline.functions[0].role, "arn:aws:iam:::role/r");
}

#define SAM "Transform: AWS::Serverless-2016-10-31\n"

Test(template, reads_serverless_resources)
{
    accept(SAM "Globals:\n  Function:\n    Timeout: 20\n    Runtime: python3.12\n"
               "    Handler: app.handler\n    Environment: {Variables: {A: global, B: global}}\n"
               "Resources:\n"
               "  In: {Type: 'AWS::Kinesis::Stream', Properties: {ShardCount: 1}}\n"
               "  T:\n    Type: AWS::DynamoDB::Table\n    Properties:\n"
               "      TableName: trades\n"
               "      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]\n"
               "      KeySchema: [{AttributeName: id, KeyType: HASH}]\n"
               "      StreamSpecification: {StreamViewType: NEW_IMAGE}\n"
               "  Out: {Type: 'AWS::Serverless::SimpleTable', Properties: {PrimaryKey: "
               "{Name: k, Type: Number}}}\n"
               "  Plain: {Type: 'AWS::Serverless::SimpleTable'}\n"
               "  F:\n    Type: AWS::Serverless::Function\n    Properties:\n"
               "      FunctionName: f\n      CodeUri: src/f/\n      Timeout: 9\n"
               "      Environment: {Variables: {B: own, C: !Ref Out}}\n"
               "      Events:\n"
               "        In: {Type: Kinesis, Properties: {Stream: !GetAtt In.Arn, "
               "StartingPosition: LATEST, BatchSize: 7}}\n"
               "        Table: {Type: DynamoDB, Properties: {Stream: !GetAtt T.StreamArn, "
               "StartingPosition: TRIM_HORIZON}}\n"
               "        Daily: {Type: Schedule, Properties: {Schedule: rate(1 day)}}\n"
               "  G: {Type: 'AWS::Serverless::Function', Properties: {CodeUri: {Bucket: b, "
               "Key: g.zip}, Role: r}}\n");
    cr_assert_eq(pipeline.table_count, 3);
    cr_assert_str_eq(pipeline.tables[1].hash_key.name, "k");
    cr_assert_eq(pipeline.tables[1].hash_key.type, 'N');
    cr_assert_str_eq(pipeline.tables[2].hash_key.name, "id");
    cr_assert_eq(pipeline.tables[2].hash_key.type, 'S');
    const struct function_config *function = &pipeline.functions[0];
    cr_assert_str_eq(function->name, "f");
    cr_assert_str_eq(function->code_uri, "src/f/");
    cr_assert_str_eq(function->handler, "app.handler");
    cr_assert_str_eq(function->runtime, "python3.12");
    cr_assert_eq(function->timeout_s, 9);
    cr_assert_str_eq(function->role, "arn:aws:iam::123456789012:role/FRole");
    cr_assert_eq(function->environment_count, 3);
    cr_assert_str_eq(function->environment[0].value, "own");
    cr_assert_str_eq(function->environment[1].value, "Out");
    cr_assert_str_eq(function->environment[2].name, "A");
    cr_assert_str_eq(pipeline.functions[1].code_uri, "g.zip");
    cr_assert_str_eq(pipeline.functions[1].role, "r");
    cr_assert_eq(pipeline.functions[1].timeout_s, 20);
    cr_assert_eq(pipeline.mapping_count, 2);
    cr_assert_str_eq(pipeline.mappings[0].logical_id, "FIn");
    cr_assert_eq(pipeline.mappings[0].batch_size, 7);
    cr_assert_eq(pipeline.mappings[0].source_kind, SOURCE_STREAM);
    cr_assert_eq(pipeline.mappings[1].source_kind, SOURCE_TABLE);
    cr_assert_eq(pipeline.mappings[1].source, 0);
}

Test(template, refuses_wrong_serverless_resources)
{
    refuse("Resources:\n  F: {Type: 'AWS::Serverless::Function'}\n", STATUS_BAD_INPUT, 2,
           "needs 'Transform: AWS::Serverless-2016-10-31'");
    refuse("Transform: [AWS::Include]\nResources: {}\n", STATUS_UNSUPPORTED, 1,
           "the Transform 'AWS::Include' is not simulated");
    refuse(SAM "Resources:\n  F:\n    Type: AWS::Serverless::Function\n    Properties:\n"
               "      Handler: a.b\n      Events:\n"
               "        K: {Type: Kinesis, Properties: {StartingPosition: LATEST}}\n",
           STATUS_BAD_INPUT, 8, "mapping 'FK' needs the key 'EventSourceArn'");
}

Test(template, reads_the_time_to_live)
{
    static const struct {
        const char *specification;
        const char *attribute;
    } cases[] = {
        {"{AttributeName: until, Enabled: true}", "until"},
        {"{AttributeName: until, Enabled: 'true'}", "until"},
        {"{AttributeName: until, Enabled: false}", NULL},
        {"!Ref AWS::NoValue", NULL},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[512];
        snprintf(text, sizeof text,
                 "Resources:\n  T:\n    Type: AWS::DynamoDB::Table\n    Properties:\n"
                 "      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]\n"
                 "      KeySchema: [{AttributeName: id, KeyType: HASH}]\n"
                 "      TimeToLiveSpecification: %s\n",
                 cases[i].specification);
        accept(text);
        const char *found = pipeline.tables[0].time_to_live;
        cr_assert((found == NULL) == (cases[i].attribute == NULL), "%s", text);
        if (found != NULL)
            cr_assert_str_eq(found, cases[i].attribute);
    }
}

/* Whichever allocation fails: a status, and nothing leaks. */
Test(template, survives_failing_allocations)
{
    accept(BASE CONNECTED "      StartingPosition: !Sub 'LATE${x}'\n"
                          "Parameters: {x: {Type: String, Default: ST}}\n");
    enum status status = STATUS_NO_MEMORY;
    for (unsigned long long n = 1; status != STATUS_OK; n++) {
        struct memory scarce;
        struct arena small;
        memory_init(&scarce, SIZE_MAX);
        scarce.fail_at = n;
        arena_init(&small, &scarce);
        status = template_read(path, &small, &pipeline, &error);
        cr_assert(status == STATUS_OK || status == STATUS_NO_MEMORY, "%s", error.message);
        arena_release(&small);
        cr_assert_eq(scarce.used, 0);
        cr_assert_lt(n, 10000);
    }
}
