/* Projection expressions, and the parts of an item that ReturnValues asks for. */
#ifndef ONCECHECK_MODEL_DYNAMODB_PROJECTION_H
#define ONCECHECK_MODEL_DYNAMODB_PROJECTION_H

#include "model/dynamodb/expression.h"

/* Paths that neither overlap nor conflict. */
struct projection {
    const struct path **paths;
    size_t count;
};

bool projection_read(struct call *call, struct value text, struct placeholders *placeholders,
                     struct projection **projection);
bool projection_check_keys(struct call *call, const struct table_config *table,
                           const struct projection *projection);

/* The item's parts at the paths, in containers as in the item; list elements move together. Missing
 * ones are left out. `projection` NULL: the whole item. VALUE_NONE: out of memory. */
struct value projection_apply(struct call *call, const struct projection *projection,
                              struct value item);

#endif
