/* AWS reads the whole request into its shapes before it validates any of it: an attribute value
 * that is no value at all (bytes that are no base64, a number for a text) is a
 * SerializationException, whatever else is wrong. Measured by dynalite (validations/index.js reads
 * in the same order); tests/conformance compares. */
#ifndef ONCECHECK_MODEL_DYNAMODB_DESERIALIZE_H
#define ONCECHECK_MODEL_DYNAMODB_DESERIALIZE_H

#include "model/dynamodb/call.h"

/* The request ended with an AWS error. If some attribute value of it cannot be read, that is the
 * error instead: the first one in the order of the request. */
void deserialize_first(struct call *call, struct value request);

#endif
