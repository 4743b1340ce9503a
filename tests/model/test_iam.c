#include "model/iam.h"

#include "model/base/json.h"
#include "model/template.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct memory memory;
static struct arena arena;
static struct value_store *store;
static struct pipeline pipeline;

static void setup(void)
{
    memory_init(&memory, SIZE_MAX);
    arena_init(&arena, &memory);
    store = value_store_create(&memory);
}

static void teardown(void)
{
    value_store_destroy(store);
    arena_release(&arena);
    cr_assert_eq(memory.used, 0);
}

TestSuite(iam, .init = setup, .fini = teardown);

#define TABLE "arn:aws:dynamodb:us-east-1:123456789012:table/T"
#define RESOURCES                                                                                  \
    "Transform: AWS::Serverless-2016-10-31\n"                                                      \
    "Resources:\n"                                                                                 \
    "  T:\n"                                                                                       \
    "    Type: AWS::DynamoDB::Table\n"                                                             \
    "    Properties:\n"                                                                            \
    "      AttributeDefinitions: [{AttributeName: id, AttributeType: S}]\n"                        \
    "      KeySchema: [{AttributeName: id, KeyType: HASH}]\n"                                      \
    "      StreamSpecification: {StreamViewType: NEW_IMAGE}\n"
#define FUNCTION "  F: {Type: 'AWS::Lambda::Function', Properties: {Handler: a.b, Role: "
#define MAPPING                                                                                    \
    "  M: {Type: 'AWS::Lambda::EventSourceMapping', Properties: {FunctionName: !Ref F, "           \
    "EventSourceArn: !GetAtt T.StreamArn, StartingPosition: LATEST}}\n"
#define ROLE "  R:\n    Type: AWS::IAM::Role\n    Properties:\n"
#define POLICY(statement) "      Policies: [{PolicyDocument: {Statement: [" statement "]}}]\n"

static const struct function_config *read(const char *text)
{
    struct error error = ERROR_INIT;
    enum status status = template_parse(text, strlen(text), "t.yaml", &arena, &pipeline, &error);
    cr_assert_eq(status, STATUS_OK, "%u: %s\n%s", error.line, error.message, text);
    cr_assert_eq(pipeline.function_count, 1);
    return &pipeline.functions[0];
}

static const struct function_config *with_role(const char *role)
{
    static char text[8192];
    snprintf(text, sizeof text, "%s%s!GetAtt R.Arn}}\n%s%s", RESOURCES, FUNCTION, ROLE, role);
    return read(text);
}

Test(iam, allows_what_a_statement_allows)
{
    const struct function_config *function =
        with_role(POLICY("{Effect: Allow, Action: ['dynamodb:PutItem', 'DYNAMODB:get*'], "
                         "Resource: !GetAtt T.Arn}"));
    cr_assert(function->role_known);
    cr_assert_eq(iam_decide(function, "dynamodb:PutItem", TABLE), IAM_ALLOWED);
    cr_assert_eq(iam_decide(function, "dynamodb:GetItem", TABLE), IAM_ALLOWED);
    cr_assert_eq(iam_decide(function, "dynamodb:DeleteItem", TABLE), IAM_NOT_ALLOWED);
    cr_assert_eq(iam_decide(function, "dynamodb:PutItem", TABLE "2"), IAM_NOT_ALLOWED);
    cr_assert_eq(iam_decide(function, "dynamodb:PutItem", TABLE "/index/i"), IAM_NOT_ALLOWED);
}

Test(iam, matches_wildcards_and_negations)
{
    const struct function_config *function =
        with_role(POLICY("{Effect: Allow, NotAction: 'dynamodb:Delete*', "
                         "Resource: 'arn:aws:dynamodb:*:*:table/?'}"));
    cr_assert_eq(iam_decide(function, "dynamodb:PutItem", TABLE), IAM_ALLOWED);
    cr_assert_eq(iam_decide(function, "dynamodb:DeleteItem", TABLE), IAM_NOT_ALLOWED);
    cr_assert_eq(iam_decide(function, "dynamodb:PutItem", TABLE "2"), IAM_NOT_ALLOWED);
    function = with_role(POLICY("{Effect: Allow, Action: '*', NotResource: '" TABLE "'}"));
    cr_assert_eq(iam_decide(function, "dynamodb:PutItem", TABLE), IAM_NOT_ALLOWED);
    cr_assert_eq(iam_decide(function, "dynamodb:PutItem", TABLE "2"), IAM_ALLOWED);
}

/* Whatever else allows it; but a denial with a condition may not hold. */
Test(iam, an_explicit_denial_wins)
{
    const struct function_config *function =
        with_role(POLICY("{Effect: Allow, Action: '*', Resource: '*'}, "
                         "{Effect: Deny, Action: 'dynamodb:PutItem', Resource: '*'}, "
                         "{Effect: Deny, Action: 'dynamodb:GetItem', Resource: '*', "
                         "Condition: {Bool: {'aws:SecureTransport': 'false'}}}"));
    cr_assert_eq(iam_decide(function, "dynamodb:PutItem", TABLE), IAM_DENIED);
    cr_assert_eq(iam_decide(function, "dynamodb:GetItem", TABLE), IAM_ALLOWED);
    cr_assert_eq(iam_decide(function, "dynamodb:Scan", TABLE), IAM_ALLOWED);
}

Test(iam, reads_policies_wherever_they_are)
{
    const struct function_config *function = with_role(
        "      ManagedPolicyArns: [arn:aws:iam::aws:policy/AmazonDynamoDBReadOnlyAccess, !Ref P]\n"
        "  P: {Type: 'AWS::IAM::ManagedPolicy', Properties: {PolicyDocument: {Statement: "
        "{Effect: Allow, Action: 'dynamodb:PutItem', Resource: '*'}}}}\n"
        "  Q:\n    Type: AWS::IAM::Policy\n    Properties:\n      Roles: [!Ref R]\n"
        "      PolicyDocument: !Sub |\n"
        "        {\"Statement\": [{\"Effect\": \"Allow\", \"Action\": \"dynamodb:UpdateItem\",\n"
        "          \"Resource\": "
        "\"arn:aws:dynamodb:${AWS::Region}:${AWS::AccountId}:table/T\"}]}\n");
    cr_assert(function->role_known);
    cr_assert_eq(iam_decide(function, "dynamodb:GetItem", TABLE), IAM_ALLOWED);
    cr_assert_eq(iam_decide(function, "dynamodb:PutItem", TABLE), IAM_ALLOWED);
    cr_assert_eq(iam_decide(function, "dynamodb:UpdateItem", TABLE), IAM_ALLOWED);
    cr_assert_eq(iam_decide(function, "dynamodb:DeleteItem", TABLE), IAM_NOT_ALLOWED);
}

/* What is not known may allow anything. */
Test(iam, does_not_check_roles_it_does_not_know)
{
    cr_assert_not(read(RESOURCES FUNCTION "'arn:aws:iam::1:role/elsewhere'}}\n")->role_known);
    cr_assert_not(
        with_role("      ManagedPolicyArns: ['arn:aws:iam::1:policy/ours']\n")->role_known);
    cr_assert_not(
        with_role(POLICY("{Effect: Allow, Action: '*', Resource: !ImportValue x}"))->role_known);
}

Test(iam, reads_the_policies_of_serverless_functions)
{
    const struct function_config *function =
        read(RESOURCES "  F:\n    Type: AWS::Serverless::Function\n    Properties:\n"
                       "      Handler: a.b\n      CodeUri: f/\n      Policies:\n"
                       "        - DynamoDBReadPolicy: {TableName: !Ref T}\n"
                       "        - AWSLambdaBasicExecutionRole\n"
                       "        - Statement: [{Effect: Allow, Action: 'dynamodb:PutItem', "
                       "Resource: !GetAtt T.Arn}]\n");
    cr_assert(function->role_known);
    cr_assert_eq(iam_decide(function, "dynamodb:GetItem", TABLE), IAM_ALLOWED);
    cr_assert_eq(iam_decide(function, "dynamodb:Query", TABLE "/index/i"), IAM_ALLOWED);
    cr_assert_eq(iam_decide(function, "dynamodb:PutItem", TABLE), IAM_ALLOWED);
    cr_assert_eq(iam_decide(function, "dynamodb:UpdateItem", TABLE), IAM_NOT_ALLOWED);
    /* what its events need comes with it */
    cr_assert_eq(iam_decide(function, "dynamodb:GetRecords", TABLE "/stream/s"), IAM_ALLOWED);
}

/* Elements of a list of policies may be functions, in either form. */
Test(iam, reads_policies_that_functions_give)
{
    const struct function_config *function =
        read(RESOURCES "  P: {Type: AWS::IAM::ManagedPolicy, Properties: {PolicyDocument: "
                       "{Statement: {Effect: Allow, Action: 'dynamodb:PutItem', Resource: "
                       "!GetAtt T.Arn}}}}\n"
                       "  F:\n    Type: AWS::Serverless::Function\n    Properties:\n"
                       "      Handler: a.b\n      CodeUri: f/\n      Policies:\n"
                       "        - {Ref: P}\n"
                       "        - !If [Yes, {DynamoDBReadPolicy: {TableName: !Ref T}}, "
                       "!Ref AWS::NoValue]\n"
                       "        - {Fn::If: [Yes, !Ref AWS::NoValue, AdministratorAccess]}\n"
                       "Conditions: {Yes: !Equals [a, a]}\n");
    cr_assert(function->role_known, "%s", function->role_unchecked);
    cr_expect_eq(iam_decide(function, "dynamodb:PutItem", TABLE), IAM_ALLOWED);
    cr_expect_eq(iam_decide(function, "dynamodb:GetItem", TABLE), IAM_ALLOWED);
    cr_expect_eq(iam_decide(function, "dynamodb:DeleteItem", TABLE), IAM_NOT_ALLOWED);
}

Test(iam, a_consumer_needs_a_subscription)
{
    static const char *const actions[] = {"kinesis:SubscribeToShard", "kinesis:GetRecords"};
    for (size_t i = 0; i < 2; i++) {
        char text[2048];
        snprintf(text, sizeof text,
                 "Resources:\n  S: {Type: AWS::Kinesis::Stream, Properties: {ShardCount: 1}}\n"
                 "  C: {Type: AWS::Kinesis::StreamConsumer, Properties: {ConsumerName: c, "
                 "StreamARN: !GetAtt S.Arn}}\n" FUNCTION "!GetAtt R.Arn}}\n"
                 "  M: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: !Ref F, "
                 "EventSourceArn: !Ref C, StartingPosition: LATEST}}\n" ROLE POLICY(
                     "{Effect: Allow, Action: '%s', Resource: !Ref C}"),
                 actions[i]);
        (void)read(text);
        cr_expect_eq(pipeline.mappings[0].refused, i == 1);
    }
}

static const char *refused(const char *target, const char *request)
{
    static struct iam_refusal refusal;
    struct error error = ERROR_INIT;
    struct value body = VALUE_NONE;
    cr_assert_eq(json_parse(store, request, strlen(request), NULL, &body, &error), STATUS_OK);
    iam_check_call(&pipeline, &pipeline.functions[0], store, target, body, &refusal);
    return refusal.decision == IAM_ALLOWED ? "" : refusal.action;
}

Test(iam, a_call_needs_the_permissions_of_what_it_does)
{
    (void)with_role(POLICY("{Effect: Allow, Action: ['dynamodb:PutItem', 'dynamodb:Query'], "
                           "Resource: '" TABLE "'}"));
    cr_assert_str_eq(refused("DynamoDB_20120810.PutItem", "{\"TableName\": \"T\"}"), "");
    cr_assert_str_eq(refused("DynamoDB_20120810.PutItem", "{\"TableName\": \"" TABLE "\"}"), "");
    cr_assert_str_eq(refused("DynamoDB_20120810.PutItem", "{\"TableName\": \"U\"}"),
                     "dynamodb:PutItem");
    cr_assert_str_eq(refused("DynamoDB_20120810.Query", "{\"TableName\": \"T\"}"), "");
    cr_assert_str_eq(
        refused("DynamoDB_20120810.Query", "{\"TableName\": \"T\", \"IndexName\": \"i\"}"),
        "dynamodb:Query");
    cr_assert_str_eq(refused("DynamoDB_20120810.TransactWriteItems",
                             "{\"TransactItems\": [{\"Put\": {\"TableName\": \"T\"}}]}"),
                     "");
    cr_assert_str_eq(refused("DynamoDB_20120810.TransactWriteItems",
                             "{\"TransactItems\": [{\"Put\": {\"TableName\": \"T\"}}, "
                             "{\"ConditionCheck\": {\"TableName\": \"T\"}}]}"),
                     "dynamodb:ConditionCheckItem");
    cr_assert_str_eq(refused("DynamoDB_20120810.BatchWriteItem", "{\"RequestItems\": {\"T\": []}}"),
                     "dynamodb:BatchWriteItem");
    cr_assert_str_eq(refused("Kinesis_20131202.PutRecord", "{\"StreamName\": \"S\"}"),
                     "kinesis:PutRecord");
    /* malformed: the service's to answer */
    cr_assert_str_eq(refused("DynamoDB_20120810.PutItem", "{\"TableName\": 1}"), "");
}

Test(iam, words_a_refusal_as_aws_does)
{
    struct iam_refusal refusal = {
        .decision = IAM_NOT_ALLOWED, .action = "dynamodb:PutItem", .resource = TABLE};
    const struct function_config function = {.name = "F", .role_name = "R"};
    struct value body = iam_refusal_body(store, &function, &refusal);
    cr_assert(
        value_is_text(store, value_get_text(store, body, "Message"),
                      "User: arn:aws:sts::123456789012:assumed-role/R/F is not authorized to "
                      "perform: dynamodb:PutItem on resource: " TABLE
                      " because no identity-based policy allows the dynamodb:PutItem action"));
    cr_assert(value_is_text(store, value_get_text(store, body, "__type"),
                            "com.amazon.coral.service#AccessDeniedException"));
    refusal.decision = IAM_DENIED;
    body = iam_refusal_body(store, &function, &refusal);
    cr_assert_not_null(strstr(value_bytes(store, value_get_text(store, body, "Message"), NULL),
                              "with an explicit deny in an identity-based policy"));
}

Test(iam, a_mapping_needs_permissions_on_its_stream)
{
    static char text[8192];
    snprintf(text, sizeof text, "%s%s!GetAtt R.Arn}}\n%s%s%s", RESOURCES, FUNCTION, MAPPING, ROLE,
             "      ManagedPolicyArns: [arn:aws:iam::aws:policy/service-role/"
             "AWSLambdaDynamoDBExecutionRole]\n");
    (void)read(text);
    cr_assert(pipeline.mappings[0].enabled);
    snprintf(text, sizeof text, "%s%s!GetAtt R.Arn}}\n%s%s%s", RESOURCES, FUNCTION, MAPPING, ROLE,
             "      ManagedPolicyArns: [arn:aws:iam::aws:policy/service-role/"
             "AWSLambdaBasicExecutionRole]\n");
    (void)read(text);
    cr_assert(pipeline.mappings[0].refused);
    cr_assert_not(pipeline.mappings[0].enabled);
}
