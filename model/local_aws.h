/* The simulated services alone: a DynamoDB, the streams of its tables and a Kinesis that keep what
 * they are told, for tests, for conformance checks, for curiosity (`oncecheck aws`).
 *
 * Unlike in a world there is one history only, and tables and streams are made and dropped by
 * requests. Time stands still but for the request `Oncecheck.AdvanceTime` ({"Seconds": n}), so that
 * the same requests have the same answers, byte for byte. Time is what makes tokens, iterators and
 * records expire, and items with a time to live. */
#ifndef ONCECHECK_MODEL_LOCAL_AWS_H
#define ONCECHECK_MODEL_LOCAL_AWS_H

#include "model/base/error.h"
#include "model/base/memory.h"
#include "model/base/text.h"
#include "model/pipeline.h"

enum {
    LOCAL_AWS_REQUEST_SIZE_MAX = 32 * 1024 * 1024, /* bytes of one line */
    LOCAL_AWS_STREAMS_MAX = 1024                   /* streams that tables have ever had */
};

struct local_aws;

enum status local_aws_create(struct memory *memory, struct local_aws **result, struct error *error);
void local_aws_destroy(struct local_aws *aws); /* aws may be NULL */

/* Add a template's tables and Kinesis streams. `pipeline` outlives `aws`. */
enum status local_aws_deploy(struct local_aws *aws, const struct pipeline *pipeline,
                             struct error *error);

/* Answer one request, {"target": "DynamoDB_20120810.PutItem", "body": {...}}: append {"status":
 * 200, "body": {...}} to `answer`. AWS's own errors are answers too. What is no request is
 * STATUS_BAD_INPUT, what is not simulated STATUS_UNSUPPORTED; both leave everything as it was. */
enum status local_aws_answer(struct local_aws *aws, const char *line, size_t length,
                             struct text *answer, struct error *error);

#endif
