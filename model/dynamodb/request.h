/* Parameters of requests, read with AWS's checks. Absent and null are the same. */
#ifndef ONCECHECK_MODEL_DYNAMODB_REQUEST_H
#define ONCECHECK_MODEL_DYNAMODB_REQUEST_H

#include "model/dynamodb/expression.h"

/* Every parameter that is there must be one of `names` (ended by NULL); another one is not
 * simulated (the legacy parameters, indexes, ...) and named so. `what`: "UpdateItem",
 * "TransactWriteItems' Put". */
bool request_check_parameters(struct call *call, struct value request, const char *what,
                              const char *const *names);

/* The parameter, or VALUE_NONE. A value of another kind is a SerializationException. */
bool request_get(struct call *call, struct value request, const char *name, enum value_kind kind,
                 struct value *value);
/* The same; absent is a ValidationException. */
bool request_require(struct call *call, struct value request, const char *name,
                     enum value_kind kind, struct value *value);
bool request_get_flag(struct call *call, struct value request, const char *name, bool fallback,
                      bool *flag);
/* At least 1 if there; absent: 0. */
bool request_get_limit(struct call *call, struct value request, const char *name, int64_t *limit);

/* Index into `options` (ended by NULL) of the parameter's text; absent: 0. `set` is how AWS lists
 * the options in its message. */
bool request_get_choice(struct call *call, struct value request, const char *name,
                        const char *const *options, const char *set, size_t *choice);

/* An item or a key in the wire form, as a native item. */
bool request_item(struct call *call, struct value wire, struct value *item);

/* The table that a name or an ARN means: PIPELINE_TABLES_MAX if there is none. `name` is a STRING.
 */
uint32_t table_find(const struct dynamodb_context *context, struct value name);
/* The same; ResourceNotFoundException if there is none. */
bool request_table(struct call *call, struct value name, uint32_t *table);
const struct table_config *table_config(const struct call *call, uint32_t table);

/* ExpressionAttributeNames and Values are allowed only with an expression. `with_values`: one of
 * the expressions that take values is there; `takes_values` names them for the message, "" if none
 * does. */
bool request_check_placeholders(struct call *call, struct value request, bool with_expression,
                                bool with_values, const char *takes_values);

/* "TableName" -> "tableName", as AWS writes members in messages; the arena's. */
const char *member_text(struct call *call, const char *name);

#endif
