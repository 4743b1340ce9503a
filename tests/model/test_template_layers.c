#include "model/template.h"

#include "tests/model/arena_fixture.h"

#include <criterion/criterion.h>
#include <string.h>

static struct pipeline pipeline;

TestSuite(template_layers, .init = setup, .fini = teardown);

static enum status parse(const char *text)
{
    return template_parse(text, strlen(text), "t.yaml", &arena, &pipeline, &error);
}

static void has_layer(size_t index, const char *name, const char *code_uri, uint32_t line)
{
    const struct function_layer *layer = &pipeline.functions[0].layers[index];
    cr_assert_str_eq(layer->name, name);
    cr_assert_eq(layer->line, line, "%s: line %u", name, layer->line);
    cr_assert((layer->code_uri == NULL) == (code_uri == NULL));
    if (code_uri != NULL)
        cr_assert_str_eq(layer->code_uri, code_uri);
}

Test(template_layers, are_those_of_globals_and_the_functions_own)
{
    cr_assert_eq(
        parse(
            "Transform: AWS::Serverless-2016-10-31\n"
            "Globals: {Function: {Layers: [!Ref A]}}\n"
            "Resources:\n"
            "  F:\n"
            "    Type: AWS::Serverless::Function\n"
            "    Properties:\n"
            "      Handler: a.b\n"
            "      Layers:\n"
            "        - !Ref B\n"
            "        - !Sub 'arn:aws:lambda:${AWS::Region}:1:layer:Powertools:${Version}'\n"
            "  A: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: layers/a}}\n"
            "  B:\n"
            "    Type: AWS::Lambda::LayerVersion\n"
            "    Properties: {Content: {S3Bucket: !Ref Bucket, S3Key: !Sub '${Prefix}b.zip'}}\n"
            "  C: {Type: AWS::Serverless::LayerVersion, Properties: {ContentUri: {Bucket: x, Key: "
            "c.zip}}}\n"
            "Parameters: {Bucket: {Type: String}, Prefix: {Type: String}, Version: {Type: "
            "String}}\n"),
        STATUS_OK, "%s", error.message);
    cr_assert_eq(pipeline.functions[0].layer_count, 3);
    has_layer(0, "A", "layers/a", 11);
    has_layer(1, "B", "b.zip", 12);
    has_layer(2, "arn:aws:lambda:us-east-1:1:layer:Powertools:", NULL, 10);
    cr_assert_eq(pipeline.skipped_count, 0);
}

Test(template_layers, are_at_most_five)
{
    cr_assert_eq(parse("Resources:\n  F:\n    Type: AWS::Lambda::Function\n    Properties:\n"
                       "      Handler: a.b\n      Layers: [a, b, c, d, e, f]\n"),
                 STATUS_LIMIT);
    cr_assert_str_eq(error.message, "function 'F' has 6 layers, at most 5 are allowed");
    cr_assert_eq(error.line, 6);
}

/* What the CDK writes: S3Key names the archive in its bucket, the metadata the folder here. */
Test(template_layers, code_of_the_cdk_is_where_its_metadata_says)
{
    cr_assert_eq(
        parse("{'Resources': {\n"
              "'F': {'Type': 'AWS::Lambda::Function', 'Metadata': {'aws:asset:path': 'asset.1a', "
              "'aws:asset:is-bundled': false}, 'Properties': {'Handler': 'a.b', 'Layers': [{'Ref': "
              "'L'}], 'Code': {'S3Bucket': {'Fn::Sub': 'b-${AWS::Region}'}, 'S3Key': '1a.zip'}}},\n"
              "'G': {'Type': 'AWS::Lambda::Function', 'Metadata': {'aws:cdk:path': 'x'}, "
              "'Properties': {'Handler': 'a.b', 'Code': {'S3Bucket': 'b', 'S3Key': '2b.zip'}}},\n"
              "'L': {'Type': 'AWS::Lambda::LayerVersion', 'Metadata': {'aws:asset:path': "
              "'asset.3c.zip'}, 'Properties': {'Content': {'S3Bucket': 'b', 'S3Key': "
              "'3c.zip'}}}}}\n"),
        STATUS_OK, "%s", error.message);
    cr_assert_str_eq(pipeline.functions[0].code_uri, "asset.1a");
    cr_assert_str_eq(pipeline.functions[1].code_uri, "2b.zip");
    has_layer(0, "L", "asset.3c.zip", 4);
}
