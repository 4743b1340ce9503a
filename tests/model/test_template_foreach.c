#include "model/template.h"

#include "tests/model/arena_fixture.h"

#include <criterion/criterion.h>
#include <string.h>

static struct pipeline pipeline;

TestSuite(template_foreach, .init = setup, .fini = teardown);

static enum status read(const char *text)
{
    return template_parse(text, strlen(text), "t.yaml", &arena, &pipeline, &error);
}

static void accept(const char *text)
{
    cr_assert_eq(read(text), STATUS_OK, "%u: %s", error.line, error.message);
}

static void refuse(const char *text, enum status status, uint32_t line, const char *message)
{
    cr_assert_eq(read(text), status, "%s\n%s", text, error.message);
    cr_assert_not_null(strstr(error.message, message), "%s", error.message);
    cr_assert_eq(error.line, line, "line %u: %s", error.line, error.message);
}

#define EXTENDED "Transform: AWS::LanguageExtensions\n"
#define STREAM "Type: AWS::Kinesis::Stream"

Test(template_foreach, repeats_resources_with_its_elements)
{
    accept(EXTENDED "Parameters: {Names: {Type: CommaDelimitedList, Default: 'in,out'}}\n"
                    "Mappings: {Sizes: {in: {Shards: 3}}}\n"
                    "Resources:\n"
                    "  First: {Type: AWS::S3::Bucket}\n"
                    "  Fn::ForEach::Streams:\n"
                    "    - Name\n"
                    "    - !Ref Names\n"
                    "    - Stream${Name}:\n"
                    "        " STREAM "\n"
                    "        Properties:\n"
                    "          Name: {Ref: Name}\n"
                    "          ShardCount: !FindInMap [Sizes, !Ref Name, Shards, {DefaultValue: "
                    "!Length [a, b]}]\n");
    cr_assert_eq(pipeline.stream_count, 2);
    cr_expect_str_eq(pipeline.streams[0].logical_id, "Streamin");
    cr_expect_str_eq(pipeline.streams[0].name, "in");
    cr_expect_eq(pipeline.streams[0].shard_count, 3);
    cr_expect_str_eq(pipeline.streams[1].logical_id, "Streamout");
    cr_expect_eq(pipeline.streams[1].shard_count, 2);
    cr_expect_eq(pipeline.streams[1].line, 9);
}

Test(template_foreach, nests)
{
    accept(EXTENDED "Resources:\n"
                    "  Fn::ForEach::A:\n"
                    "    - X\n"
                    "    - [a-1, b-2]\n"
                    "    - Fn::ForEach::B:\n"
                    "        - Y\n"
                    "        - [c, d]\n"
                    "        - S&{X}${Y}: {" STREAM ", Properties: {ShardCount: 1, Name: !Sub "
                    "'${X}.${Y}'}}\n");
    static const char *const names[4] = {"a-1.c", "a-1.d", "b-2.c", "b-2.d"};
    cr_assert_eq(pipeline.stream_count, 4);
    for (size_t i = 0; i < 4; i++)
        cr_expect_str_eq(pipeline.streams[i].name, names[i]);
    cr_expect_str_eq(pipeline.streams[3].logical_id, "Sb2d");
}

Test(template_foreach, refuses_mistakes)
{
    refuse(EXTENDED "Resources:\n  Fn::ForEach::A: [X, [a]]\n", STATUS_BAD_INPUT, 3,
           "needs a list of an identifier, a collection and a mapping");
    refuse(EXTENDED "Resources:\n  Fn::ForEach::A: [X, a, {'S${X}': {" STREAM "}}]\n",
           STATUS_BAD_INPUT, 3, "must be a list of texts");
    refuse(EXTENDED "Resources:\n  Fn::ForEach::A: [X, [a, b], {S: {Type: AWS::S3::Bucket}}]\n",
           STATUS_BAD_INPUT, 3, "makes the key 'S' a second time");
    refuse("Resources:\n  Fn::ForEach::A: [X, [a], {'S${X}': {" STREAM "}}]\n", STATUS_BAD_INPUT, 2,
           "needs 'Transform: AWS::LanguageExtensions'");
}

/* 8^4 resources from four loops, then a loop of loops. */
Test(template_foreach, limits_what_few_lines_stand_for)
{
#define LOOP(name, body) "{'Fn::ForEach::" name "': [" name ", [a, b, c, d, e, f, g, h], " body "]}"
#define RESOURCE "{'R${W}${X}${Y}${Z}': {Type: AWS::S3::Bucket}}"
    refuse(EXTENDED "Resources: " LOOP("W", LOOP("X", LOOP("Y", LOOP("Z", RESOURCE)))) "\n",
           STATUS_LIMIT, 2, "more than 2048 entries");
    refuse(EXTENDED "Resources: " LOOP(
               "W", LOOP("W", LOOP("W", LOOP("W", LOOP("W", LOOP("W", RESOURCE)))))) "\n",
           STATUS_LIMIT, 2, "more than 5 Fn::ForEach within each other");
}
