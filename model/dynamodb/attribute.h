/* Attribute values: reading the wire form with AWS's checks, names of types, sizes. */
#ifndef ONCECHECK_MODEL_DYNAMODB_ATTRIBUTE_H
#define ONCECHECK_MODEL_DYNAMODB_ATTRIBUTE_H

#include "model/dynamodb.h"

enum {
    ATTRIBUTE_DEPTH_MAX = 32,        /* levels of nesting (developer guide, "Limits") */
    ATTRIBUTE_NAME_SIZE_MAX = 65535, /* bytes */
    PARTITION_KEY_SIZE_MAX = 2048,
    SORT_KEY_SIZE_MAX = 1024
};

#define NUMBER_PRECISION_MESSAGE "Attempting to store more than 38 significant digits in a Number"
#define NUMBER_OVERFLOW_MESSAGE                                                                    \
    "Number overflow. Attempting to store a number with magnitude larger than supported range"
#define NUMBER_UNDERFLOW_MESSAGE                                                                   \
    "Number underflow. Attempting to store a number with magnitude smaller than supported range"

enum attribute_status {
    ATTRIBUTE_OK,
    ATTRIBUTE_INVALID,        /* ValidationException */
    ATTRIBUTE_UNSERIALIZABLE, /* SerializationException: JSON of the wrong shape */
    ATTRIBUTE_NO_MEMORY
};

/* Read one attribute value, or a MAP of them, from the wire form. On an error *message is AWS's
 * text, valid as long as the store. */
enum attribute_status attribute_parse(struct value_store *store, struct value wire,
                                      struct value *native, const char **message);
enum attribute_status item_parse(struct value_store *store, struct value wire, struct value *item,
                                 const char **message);

/* "S", "N", ... of a native value. */
const char *attribute_type_name(const struct value_store *store, struct value native);

/* DynamoDB's size of a value in bytes, without its name. */
size_t attribute_size(const struct value_store *store, struct value native);

#endif
