/* What a function reports of its batch: ReportBatchItemFailures.
 *
 * Source: Lambda developer guide, "Using AWS Lambda with Amazon Kinesis", "Reporting batch item
 * failures"; what counts as a complete failure also as measured by localstack's tests that are
 * validated against AWS (tests/aws/services/lambda_/event_source_mapping). */
#ifndef ONCECHECK_MODEL_BATCH_RESPONSE_H
#define ONCECHECK_MODEL_BATCH_RESPONSE_H

#include "model/base/value.h"

#include <stdbool.h>
#include <stdint.h>

/* Read what a function returned for `event`. False: the whole batch has failed. Else *first is the
 * number, from 1, of the first record of the batch that the response names as failed; 0: the batch
 * has succeeded. */
bool batch_response_read(const struct value_store *store, struct value event, struct value response,
                         uint32_t *first);

/* The part of a response that matters to that, for comparison. */
struct value batch_response_part(struct value_store *store, struct value response);

#endif
