/* Reading a CloudFormation template into a pipeline (YAML by libfyaml).
 *
 * Read are AWS::Kinesis::Stream, AWS::DynamoDB::Table, AWS::Lambda::Function,
 * AWS::Lambda::EventSourceMapping; of the Serverless Application Model AWS::Serverless::Function
 * with its Kinesis and DynamoDB events, AWS::Serverless::SimpleTable and Globals; parameters (what
 * is given for them, or their defaults), conditions, mappings and the intrinsic functions that need
 * no account, in short and long form; of AWS::LanguageExtensions Fn::ForEach and Fn::Length. IAM
 * roles and policies say what functions may do (model/iam.h). Resources that cannot matter here
 * (rules, buckets, outputs) are skipped; what could matter and is not supported is an error with
 * file, line and column. */
#ifndef ONCECHECK_MODEL_TEMPLATE_H
#define ONCECHECK_MODEL_TEMPLATE_H

#include "model/base/arena.h"
#include "model/base/error.h"
#include "model/pipeline.h"

enum { TEMPLATE_FILE_SIZE_MAX = 1 << 20, TEMPLATE_PARAMETERS_MAX = 200 /* CloudFormation's */ };

/* A value for a parameter of the template, instead of its Default. */
struct template_parameter {
    const char *name;
    const char *value;
};

struct template_parameters {
    struct template_parameter items[TEMPLATE_PARAMETERS_MAX];
    size_t count;
};

enum status template_read(const char *file, struct arena *arena, struct pipeline *pipeline,
                          struct error *error);

/* The same from memory; `file` is for messages. */
enum status template_parse(const char *bytes, size_t length, const char *file, struct arena *arena,
                           struct pipeline *pipeline, struct error *error);

/* Both with values for parameters, by name; NULL: none. Names that the template does not have, and
 * values that it does not allow, are STATUS_BAD_INPUT. The pipeline may point into them. */
enum status template_read_with(const char *file, const struct template_parameters *parameters,
                               struct arena *arena, struct pipeline *pipeline, struct error *error);
enum status template_parse_with(const char *bytes, size_t length, const char *file,
                                const struct template_parameters *parameters, struct arena *arena,
                                struct pipeline *pipeline, struct error *error);

#endif
