/* A pipeline on one line: "In (2 shards) -> Work (batch 3, MaximumRetryAttempts 1), ...". */
#ifndef ONCECHECK_CHECKER_PIPELINE_TEXT_H
#define ONCECHECK_CHECKER_PIPELINE_TEXT_H

#include "model/base/text.h"
#include "model/pipeline.h"

/* Append its enabled mappings, in the template's order, each with the settings that are not AWS's
 * defaults. */
void pipeline_text_append(struct text *text, const struct pipeline *pipeline);

#endif
