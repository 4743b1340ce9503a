#include "model/iam.h"
#include "model/template.h"

#include "tests/model/arena_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct pipeline pipeline;

TestSuite(template_connectors, .init = setup, .fini = teardown);

#define TABLE_ARN "arn:aws:dynamodb:us-east-1:123456789012:table/T"

/* A table T and a function F, with what is written behind the function's properties, and more. */
static const struct function_config *read(const char *attributes, const char *more)
{
    char text[4096];
    snprintf(text, sizeof text,
             "Transform: AWS::Serverless-2016-10-31\n"
             "Conditions: {Never: !Equals [a, b]}\n"
             "Resources:\n"
             "  T: {Type: AWS::Serverless::SimpleTable}\n"
             "  F:\n"
             "    Type: AWS::Serverless::Function\n"
             "    Properties: {Handler: a.b, CodeUri: f/}\n"
             "%s%s",
             attributes, more);
    cr_assert_eq(template_parse(text, strlen(text), "t.yaml", &arena, &pipeline, &error), STATUS_OK,
                 "%u: %s\n%s", error.line, error.message, text);
    return &pipeline.functions[0];
}

Test(template_connectors, give_the_permissions_of_both_directions)
{
    const struct function_config *function =
        read("    Connectors:\n"
             "      C: {Properties: {Destination: {Id: T}, Permissions: [Read]}}\n",
             "");
    cr_assert(function->role_known);
    cr_expect_eq(iam_decide(function, "dynamodb:GetItem", TABLE_ARN), IAM_ALLOWED);
    cr_expect_eq(iam_decide(function, "dynamodb:Query", TABLE_ARN "/index/i"), IAM_ALLOWED);
    cr_expect_eq(iam_decide(function, "dynamodb:PutItem", TABLE_ARN), IAM_NOT_ALLOWED);

    function = read("", "  C:\n    Type: AWS::Serverless::Connector\n    Properties: {Source: {Id: "
                        "F}, Destination: [{Id: Q}, {Id: T}], Permissions: [Write]}\n"
                        "  Q: {Type: AWS::SQS::Queue}\n");
    cr_assert(function->role_known);
    cr_expect_eq(iam_decide(function, "dynamodb:UpdateItem", TABLE_ARN), IAM_ALLOWED);
    cr_expect_eq(iam_decide(function, "dynamodb:GetItem", TABLE_ARN), IAM_NOT_ALLOWED);
    cr_expect_eq(pipeline.skipped_count, 1, "a connector matters");
}

Test(template_connectors, of_others_or_never_created_give_nothing)
{
    const struct function_config *function =
        read("", "  C:\n    Type: AWS::Serverless::Connector\n    Condition: Never\n"
                 "    Properties: {Source: {Id: F}, Destination: {Id: T}, Permissions: [Write]}\n"
                 "  G:\n    Type: AWS::Serverless::Function\n"
                 "    Properties: {Handler: a.b, CodeUri: g/}\n"
                 "    Connectors:\n"
                 "      D: {Properties: {Destination: {Id: T}, Permissions: [Write]}}\n");
    cr_expect_eq(iam_decide(function, "dynamodb:PutItem", TABLE_ARN), IAM_NOT_ALLOWED);
    cr_expect_eq(iam_decide(&pipeline.functions[1], "dynamodb:PutItem", TABLE_ARN), IAM_ALLOWED);
}

/* A role that may have more than can be told is not checked, instead of refusing what AWS allows.
 */
Test(template_connectors, that_cannot_be_read_leave_the_role_unknown)
{
    cr_expect_not(
        read("    Connectors:\n      C: {Properties: {Permissions: [Read]}}\n", "")->role_known);
    cr_expect_not(read("", "  C:\n    Type: AWS::Serverless::Connector\n    Properties: {Source: "
                           "{RoleName: r, Type: AWS::Lambda::Function}, Destination: {Id: T}, "
                           "Permissions: [Write]}\n")
                      ->role_known);
}
