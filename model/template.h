/* Reading a CloudFormation template into a pipeline (YAML by libfyaml).
 *
 * Read are AWS::Kinesis::Stream, AWS::DynamoDB::Table, AWS::Lambda::Function,
 * AWS::Lambda::EventSourceMapping; of the Serverless Application Model AWS::Serverless::Function
 * with its Kinesis and DynamoDB events, AWS::Serverless::SimpleTable and Globals; parameters (their
 * defaults), conditions, mappings and the intrinsic functions that need no account, in short and
 * long form. IAM roles and policies say what functions may do (model/iam.h).
 * Resources that cannot matter here (rules, buckets, outputs) are skipped; what could
 * matter and is not supported is an error with file, line and column. */
#ifndef ONCECHECK_MODEL_TEMPLATE_H
#define ONCECHECK_MODEL_TEMPLATE_H

#include "model/base/arena.h"
#include "model/base/error.h"
#include "model/pipeline.h"

enum { TEMPLATE_FILE_SIZE_MAX = 1 << 20 };

enum status template_read(const char *file, struct arena *arena, struct pipeline *pipeline,
                          struct error *error);

/* The same from memory; `file` is for messages. */
enum status template_parse(const char *bytes, size_t length, const char *file, struct arena *arena,
                           struct pipeline *pipeline, struct error *error);

#endif
