/* Items and their keys, checked against a table's schema with AWS's texts. */
#ifndef ONCECHECK_MODEL_DYNAMODB_ITEM_H
#define ONCECHECK_MODEL_DYNAMODB_ITEM_H

#include "model/dynamodb/call.h"

/* The primary key of a Put's item. False with a ValidationException if a key attribute is missing,
 * of the wrong type, empty or too long. */
bool item_check(struct call *call, const struct table_config *table, struct value item,
                struct value *primary_key);

/* The primary key of a request's Key: exactly the key attributes. */
bool key_check(struct call *call, const struct table_config *table, struct value key,
               struct value *primary_key);

/* True if `name` (a STRING) is a key attribute of the table. */
bool is_key_attribute(const struct value_store *store, const struct table_config *table,
                      struct value name);

/* Contents of the table that the call sees, and one item of it (VALUE_NONE: not there). */
struct value table_contents(const struct call *call, uint32_t table);
struct value table_item(const struct call *call, uint32_t table, struct value primary_key);

#endif
