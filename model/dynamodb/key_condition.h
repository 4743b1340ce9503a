/* Key condition expressions: equality on the hash key, and one condition on the range key. */
#ifndef ONCECHECK_MODEL_DYNAMODB_KEY_CONDITION_H
#define ONCECHECK_MODEL_DYNAMODB_KEY_CONDITION_H

#include "model/dynamodb/expression.h"

/* Check a condition, read as EXPRESSION_KEY_CONDITION, against the table's schema. *hash is the
 * hash key's value that it asks for. The condition itself is applied with condition_holds. */
bool key_condition_check(struct call *call, const struct table_config *table,
                         const struct node *condition, struct value *hash);

/* A Query's filter may not look at key attributes. */
bool filter_check_keys(struct call *call, const struct table_config *table,
                       const struct node *filter);

#endif
