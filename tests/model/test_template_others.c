#include "model/template.h"

#include "tests/model/arena_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct pipeline pipeline;

TestSuite(template_others, .init = setup, .fini = teardown);

#define TEMPLATE(more)                                                                             \
    "Transform: AWS::Serverless-2016-10-31\nResources:\n"                                          \
    "  Load: {Type: AWS::Lambda::Function, Properties: {Handler: a.b}}\n" more

static void parse(const char *text)
{
    cr_assert_eq(template_parse(text, strlen(text), "t.yaml", &arena, &pipeline, &error), STATUS_OK,
                 "%s", error.message);
}

Test(template_others, what_names_a_function_may_invoke_it)
{
    static const struct {
        const char *text;
        bool invoked;
    } cases[] = {
        {TEMPLATE(""), false},
        {TEMPLATE("  R: {Type: AWS::Events::Rule, Properties: {Targets: [{Arn: !GetAtt "
                  "Load.Arn}]}}\n"),
         true},
        {TEMPLATE("  R: {Type: AWS::Events::Rule, Properties: {Description: Loading}}\n"), false},
        {TEMPLATE("  C: {Type: 'Custom::Seed', Properties: {ServiceToken: !GetAtt Load.Arn}}\n"),
         true},
        {TEMPLATE("  B: {Type: AWS::S3::Bucket, Properties: {X: !Sub '${Load.Arn}'}}\n"), true},
        {TEMPLATE("  V: {Type: AWS::Lambda::Version, Properties: {FunctionName: !Ref Load}}\n"),
         false},
        {TEMPLATE("  A: {Type: AWS::CloudWatch::Alarm, Properties: {X: !Ref Load}}\n"), false},
        {TEMPLATE("  P: {Type: AWS::IAM::Policy, Properties: {X: !Ref Load}}\n"), false},
        {TEMPLATE("  G: {Type: AWS::Lambda::Function, Properties: {Handler: a.b, Environment: "
                  "{Variables: {NEXT: !Ref Load}}}}\n"),
         true},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        parse(cases[i].text);
        cr_expect_eq(pipeline.functions[0].invoked_elsewhere, cases[i].invoked, "%s",
                     cases[i].text);
    }
}

Test(template_others, what_is_not_read_is_listed)
{
    parse(TEMPLATE("  B: {Type: AWS::S3::Bucket}\n"
                   "  R: {Type: AWS::IAM::Role}\n"
                   "  F:\n"
                   "    Type: AWS::Serverless::Function\n"
                   "    Properties:\n"
                   "      Handler: a.b\n"
                   "      Events:\n"
                   "        Nightly: {Type: Schedule}\n"));
    cr_assert_eq(pipeline.skipped_count, 2);
    cr_assert_str_eq(pipeline.skipped[0].logical_id, "B");
    cr_assert_str_eq(pipeline.skipped[0].type, "AWS::S3::Bucket");
    cr_assert_eq(pipeline.skipped[0].line, 4);
    cr_assert_str_eq(pipeline.skipped[1].logical_id, "Nightly");
    cr_assert_str_eq(pipeline.skipped[1].type, "an event of type Schedule");
    cr_assert_eq(pipeline.skipped[1].line, 11);
}

Test(template_others, settings_of_other_sources_are_refused)
{
    const char *text = TEMPLATE("  S: {Type: AWS::Kinesis::Stream, Properties: {ShardCount: 1}}\n"
                                "  M:\n"
                                "    Type: AWS::Lambda::EventSourceMapping\n"
                                "    Properties:\n"
                                "      FunctionName: !Ref Load\n"
                                "      EventSourceArn: !GetAtt S.Arn\n"
                                "      StartingPosition: LATEST\n"
                                "      Topics: [a]\n");
    cr_assert_eq(template_parse(text, strlen(text), "t.yaml", &arena, &pipeline, &error),
                 STATUS_BAD_INPUT);
    cr_assert_str_eq(error.message, "Topics is for Apache Kafka; the event source of 'M' is a "
                                    "stream (AWS: InvalidParameterValueException)");
    cr_assert_eq(error.line, 11);
}

#define QUEUED                                                                                     \
    "  S: {Type: AWS::Kinesis::Stream, Properties: {ShardCount: 1}}\n"                             \
    "  Q: {Type: AWS::SQS::Queue, Properties: {QueueName: gone}}\n"                                \
    "  M: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: !Ref Load, "          \
    "EventSourceArn: !GetAtt S.Arn, StartingPosition: LATEST, DestinationConfig: {OnFailure: "     \
    "{Destination: !GetAtt Q.Arn}}"

/* A queue's function is invoked from outside, unless what a stream's mapping gives up arrives
 * there. */
Test(template_others, queues_are_passed_over_where_nothing_given_up_arrives)
{
    static const char *const followers[] = {
        "  N: {Type: AWS::Lambda::EventSourceMapping, Properties: {FunctionName: !Ref Load, "
        "EventSourceArn: !GetAtt Q.Arn, BatchSize: 10}}\n",
        "  G: {Type: AWS::Serverless::Function, Properties: {Handler: a.b, Events: {N: {Type: SQS, "
        "Properties: {Queue: !GetAtt Q.Arn}}}}}\n",
    };
    for (size_t i = 0; i < sizeof followers / sizeof followers[0]; i++) {
        char text[2048];
        snprintf(text, sizeof text, "%s}}\n%s", TEMPLATE(QUEUED), followers[i]);
        parse(text);
        cr_expect_eq(pipeline.mapping_count, 1);
        cr_expect(pipeline.functions[pipeline.function_count - 1].invoked_elsewhere, "%s", text);
        cr_expect_str_eq(pipeline.skipped[1].logical_id, "N");
        snprintf(text, sizeof text, "%s, MaximumRetryAttempts: 2}}\n%s", TEMPLATE(QUEUED),
                 followers[i]);
        cr_expect_eq(template_parse(text, strlen(text), "t.yaml", &arena, &pipeline, &error),
                     STATUS_UNSUPPORTED);
        cr_expect_str_eq(error.message,
                         "'N' has a function invoked with what mapping 'M' (line 6) gives up and "
                         "sends to 'Q': that is not simulated");
        cr_expect_eq(error.line, 7);
    }
}
