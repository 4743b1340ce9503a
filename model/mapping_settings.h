/* Reading the settings of an event source mapping, which templates and scenarios write alike.
 *
 * Ranges and defaults: Lambda API reference, CreateEventSourceMapping, for Kinesis and DynamoDB
 * streams. What is valid there and not simulated is recorded, not refused:
 * pipeline_check_supported looks at the result. */
#ifndef ONCECHECK_MODEL_MAPPING_SETTINGS_H
#define ONCECHECK_MODEL_MAPPING_SETTINGS_H

#include "model/base/error.h"
#include "model/pipeline.h"
#include "model/yaml.h"

/* The names of all settings, in the order of the enum. */
const char *const *mapping_setting_names(void);

/* A mapping with the defaults of AWS; function, source and starting position are the caller's. */
struct mapping_config mapping_config_default(void);

/* Set `setting` from a value without intrinsic functions. */
enum status mapping_setting_read(enum mapping_setting setting, const struct yaml_node *value,
                                 struct mapping_config *mapping, struct error *error);

#endif
