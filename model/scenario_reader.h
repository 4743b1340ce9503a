/* The parts of the scenario reader (model/scenario.c). */
#ifndef ONCECHECK_MODEL_SCENARIO_READER_H
#define ONCECHECK_MODEL_SCENARIO_READER_H

#include "model/scenario.h"
#include "model/yaml.h"

/* Sections that change a pipeline, kept until there is one. NULL: not in the file. */
struct scenario_sections {
    const struct yaml_node *stream; /* workload.stream */
    const struct yaml_node *shards; /* workload.shards */
    const struct yaml_node *tables;
    const struct yaml_node *mappings;
    const struct yaml_node *aggregates;
};

/* workload.messages into scenario->messages (scenario_messages.c). */
enum status scenario_read_messages(const struct yaml_node *node, struct arena *arena,
                                   struct scenario *scenario, struct error *error);

/* workload.generate (scenario_generate.c). */
enum status scenario_read_generation(const struct yaml_node *node,
                                     struct scenario_generation *generation, struct error *error);

/* The faults section into scenario->faults (scenario_faults.c). `node` NULL: no faults. */
enum status scenario_read_faults(const struct yaml_node *node, struct scenario *scenario,
                                 struct error *error);

/* sometimes into scenario->sometimes (scenario_sometimes.c). `node` NULL: nothing. */
enum status scenario_read_sometimes(const struct yaml_node *node, struct scenario *scenario,
                                    struct error *error);

#endif
