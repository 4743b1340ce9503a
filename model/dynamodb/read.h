/* What the reading operations have in common: a table, a projection, keys. */
#ifndef ONCECHECK_MODEL_DYNAMODB_READ_H
#define ONCECHECK_MODEL_DYNAMODB_READ_H

#include "model/dynamodb/operation.h"
#include "model/dynamodb/projection.h"

/* The parts of an item that the projection (NULL: all of it) selects, in the wire form. */
bool read_wire(struct call *call, const struct projection *projection, struct value item,
               struct value *wire);

/* ProjectionExpression and its names. *projection is NULL where none is given. */
bool read_projection(struct call *call, struct value request, struct projection **projection);

#endif
