#include "model/template.h"

#include "tests/model/arena_fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct pipeline pipeline;

TestSuite(template_parameters, .init = setup, .fini = teardown);

/* A stream whose shards, and a function whose variables, are parameters. */
#define TEMPLATE                                                                                   \
    "Parameters:\n"                                                                                \
    "  Shards: {Type: Number, Default: 1, MinValue: 1, MaxValue: 8}\n"                             \
    "  Stage:\n"                                                                                   \
    "    Type: String\n"                                                                           \
    "    AllowedValues: [dev, prod]\n"                                                             \
    "  Word: {Type: String, Default: abc, MinLength: 2, MaxLength: 3}\n"                           \
    "  Sizes: {Type: List<Number>, Default: '1, 2', MaxValue: 9}\n"                                \
    "Resources:\n"                                                                                 \
    "  S: {Type: 'AWS::Kinesis::Stream', Properties: {ShardCount: !Ref Shards}}\n"                 \
    "  F:\n"                                                                                       \
    "    Type: AWS::Lambda::Function\n"                                                            \
    "    Properties:\n"                                                                            \
    "      Handler: a.b\n"                                                                         \
    "      Environment: {Variables: {N: !Sub '${Stage}-${Word}', L: !Select [1, !Ref Sizes]}}\n"

static enum status parse(const char *text, const struct template_parameters *given)
{
    error = (struct error)ERROR_INIT;
    return template_parse_with(text, strlen(text), "t.yaml", given, &arena, &pipeline, &error);
}

static enum status parse_one(const char *name, const char *value)
{
    struct template_parameters given = {.items = {{"Stage", "dev"}, {name, value}}, .count = 2};
    if (strcmp(name, "Stage") == 0)
        given = (struct template_parameters){.items = {{name, value}}, .count = 1};
    return parse(TEMPLATE, &given);
}

static void refused(const char *name, const char *value, uint32_t line, const char *message)
{
    cr_assert_eq(parse_one(name, value), STATUS_BAD_INPUT, "%s=%s", name, value);
    cr_assert_str_eq(error.message, message);
    cr_assert_eq(error.line, line, "%u", error.line);
}

Test(template_parameters, stand_for_what_is_given)
{
    const struct template_parameters given = {
        .items = {{"Stage", "prod"}, {"Shards", "4"}, {"Sizes", "7,8"}, {"Word", "x=y"}},
        .count = 4};
    cr_assert_eq(parse(TEMPLATE, &given), STATUS_OK, "%s", error.message);
    cr_assert_eq(pipeline.streams[0].shard_count, 4);
    cr_assert_str_eq(pipeline.functions[0].environment[0].value, "prod-x=y");
    cr_assert_str_eq(pipeline.functions[0].environment[1].value, "8");
}

Test(template_parameters, default_where_nothing_is_given)
{
    cr_assert_eq(parse_one("Stage", "dev"), STATUS_OK, "%s", error.message);
    cr_assert_eq(pipeline.streams[0].shard_count, 1);
    cr_assert_str_eq(pipeline.functions[0].environment[0].value, "dev-abc");
}

Test(template_parameters, without_default_needs_a_value)
{
    cr_assert_eq(parse(TEMPLATE, NULL), STATUS_BAD_INPUT);
    cr_assert_str_eq(error.message,
                     "parameter 'Stage' has no Default: say its value with --parameter "
                     "Stage=VALUE");
}

Test(template_parameters, refuses_what_the_template_does_not_allow)
{
    refused("Stage", "test", 3,
            "parameter 'Stage' is 'test', expected one of the AllowedValues: 'dev', 'prod'");
    refused("Stage", "de", 3,
            "parameter 'Stage' is 'de', expected one of the AllowedValues: 'dev', 'prod'");
    refused("Shards", "9", 2, "parameter 'Shards' is '9', expected at most 8 (MaxValue)");
    refused("Shards", "0.5", 2, "parameter 'Shards' is '0.5', expected at least 1 (MinValue)");
    refused("Shards", "two", 2, "parameter 'Shards' is 'two', expected a number");
    refused("Shards", "", 2, "parameter 'Shards' is '', expected a number");
    refused("Word", "a", 6, "parameter 'Word' is 'a', expected at least 2 characters (MinLength)");
    refused("Word", "abcd", 6,
            "parameter 'Word' is 'abcd', expected at most 3 characters (MaxLength)");
    refused("Sizes", "1, 10", 7, "parameter 'Sizes' is '10', expected at most 9 (MaxValue)");
    refused("Sizes", "1,,2", 7, "parameter 'Sizes' is '', expected a number");
    cr_assert_eq(parse_one("Word", "\xC3\xA4\xC3\xB6\xC3\xBC"), STATUS_OK, "three characters");
}

Test(template_parameters, refuses_names_that_the_template_does_not_have)
{
    refused("Shard", "2", 0,
            "--parameter Shard: t.yaml has no parameter of that name, did you mean 'Shards'?");
    refused("Elsewhere", "2", 0, "--parameter Elsewhere: t.yaml has no parameter of that name");
    const struct template_parameters twice = {.items = {{"Stage", "dev"}, {"Stage", "prod"}},
                                              .count = 2};
    cr_assert_eq(parse(TEMPLATE, &twice), STATUS_BAD_INPUT);
    cr_assert_str_eq(error.message, "--parameter Stage: given twice, as 'dev' and as 'prod'");
    const char *none = "Resources: {S: {Type: 'AWS::Kinesis::Stream', Properties: {ShardCount: "
                       "1}}}\n";
    cr_assert_eq(parse(none, &twice), STATUS_BAD_INPUT);
    cr_assert_str_eq(error.message, "--parameter Stage: t.yaml has no parameter of that name (it "
                                    "has none at all)");
}

Test(template_parameters, match_their_pattern)
{
    const char *text = "Parameters:\n"
                       "  Stage: {Type: String, Default: dev, AllowedPattern: '[a-z]+', "
                       "ConstraintDescription: small letters.}\n"
                       "  Names: {Type: CommaDelimitedList, Default: 'a, b', AllowedPattern: "
                       "'[a-z]'}\n"
                       "  Other: {Type: CommaDelimitedList, Default: 'a, b', AllowedPattern: "
                       "'(?!aws).*'}\n"
                       "Resources: {}\n";
    cr_assert_eq(parse(text, NULL), STATUS_OK, "%s", error.message);
    cr_assert_eq(pipeline.unchecked_count, 1);
    cr_assert_str_eq(pipeline.unchecked[0].logical_id, "Other");
    cr_assert_str_eq(pipeline.unchecked[0].type, "(?!aws).*");
    struct template_parameters given = {.items = {{"Stage", "Dev"}}, .count = 1};
    cr_assert_eq(parse(text, &given), STATUS_BAD_INPUT);
    cr_assert_str_eq(error.message, "parameter 'Stage' is 'Dev', expected a text like [a-z]+ "
                                    "(AllowedPattern): small letters.");
    cr_assert_eq(error.line, 2);
    given.items[0] = (struct template_parameter){"Names", "a,bb"};
    cr_assert_eq(parse(text, &given), STATUS_BAD_INPUT);
    cr_assert_str_eq(error.message,
                     "parameter 'Names' is 'bb', expected a text like [a-z] (AllowedPattern)");
}

Test(template_parameters, booleans_are_texts)
{
    static const char *const choices[] = {"[true, false]", "['true', 'false']", "[True, False]"};
    for (size_t i = 0; i < 3; i++) {
        char text[256];
        snprintf(text, sizeof text,
                 "Parameters:\n  A: {Type: String, Default: True, AllowedValues: %s}\n"
                 "Resources: {}\n",
                 choices[i]);
        cr_expect_eq(parse(text, NULL), STATUS_OK, "%s: %s", choices[i], error.message);
    }
}

/* CloudFormation refuses such a template, whatever is given. */
Test(template_parameters, a_default_must_be_allowed_too)
{
    const char *text = "Parameters:\n  A: {Type: Number, Default: 7, AllowedValues: [1, 2]}\n"
                       "Resources: {}\n";
    cr_assert_eq(parse(text, NULL), STATUS_BAD_INPUT);
    cr_assert_str_eq(error.message,
                     "parameter 'A' is '7', expected one of the AllowedValues: '1', '2'");
    cr_assert_eq(error.line, 2);
}
