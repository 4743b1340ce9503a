/* Settings of event source mappings that are given beside template and scenario, and come after
 * both: "ReduceLambda.BatchSize=1", or "BatchSize=1" for all mappings. Names and values as in
 * CloudFormation; a value is YAML. */
#ifndef ONCECHECK_MODEL_MAPPING_OVERRIDE_H
#define ONCECHECK_MODEL_MAPPING_OVERRIDE_H

#include "model/base/arena.h"
#include "model/base/error.h"
#include "model/pipeline.h"

#include <stddef.h>

enum { MAPPING_OVERRIDES_MAX = 64 };

/* Apply them in order. Errors name the override: BAD_INPUT for an unknown function or setting, a
 * value that is none, or one without a mapping to apply it to; UNSUPPORTED for what is not
 * simulated. */
enum status mapping_overrides_apply(const char *const *overrides, size_t count, struct arena *arena,
                                    struct pipeline *pipeline, struct error *error);

#endif
