/* Reading a CloudFormation template into a pipeline (YAML by libfyaml).
 *
 * Supported now: raw resources AWS::Kinesis::Stream, AWS::DynamoDB::Table, AWS::Lambda::Function,
 * AWS::Lambda::EventSourceMapping; literals, !Ref, !GetAtt X.Arn / X.StreamArn (short and long
 * form) and !Sub of a plain text. Resources that cannot matter here (IAM, Events, outputs) are
 * skipped; what could matter and is not supported is an error with file, line and column. */
#ifndef ONCECHECK_MODEL_TEMPLATE_H
#define ONCECHECK_MODEL_TEMPLATE_H

#include "model/base/arena.h"
#include "model/base/error.h"
#include "model/pipeline.h"

enum { TEMPLATE_FILE_SIZE_MAX = 1 << 20 };

enum status template_read(const char *file, struct arena *arena, struct pipeline *pipeline,
                          struct error *error);

/* The same from memory; `file` is for messages. */
enum status template_parse(const char *bytes, size_t length, const char *file,
                           struct arena *arena, struct pipeline *pipeline, struct error *error);

#endif
