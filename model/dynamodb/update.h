/* Update expressions. Source: developer guide, "Using update expressions in DynamoDB". */
#ifndef ONCECHECK_MODEL_DYNAMODB_UPDATE_H
#define ONCECHECK_MODEL_DYNAMODB_UPDATE_H

#include "model/dynamodb/expression.h"

#define UPDATE_CLAUSES(X)                                                                          \
    X(CLAUSE_SET, "SET")                                                                           \
    X(CLAUSE_REMOVE, "REMOVE")                                                                     \
    X(CLAUSE_ADD, "ADD")                                                                           \
    X(CLAUSE_DELETE, "DELETE")

enum update_clause {
#define CLAUSE_ENUM(id, name) id,
    UPDATE_CLAUSES(CLAUSE_ENUM)
#undef CLAUSE_ENUM
        CLAUSE_COUNT
};

struct update_action {
    enum update_clause clause;
    struct path path;
    struct node *operand; /* SET: the right-hand side; ADD, DELETE: a value; REMOVE: NULL */
};

struct update {
    struct update_action *actions;
    size_t count;
};

const char *update_clause_name(enum update_clause clause);

/* Read and check. */
bool update_read(struct call *call, struct value text, struct placeholders *placeholders,
                 struct update **update);
bool update_parse(struct parser *parser, struct update *update);

/* No action may touch a key attribute, and no operand lead into one. */
bool update_check_keys(struct call *call, const struct table_config *table,
                       const struct update *update);

/* Apply to `before` (VALUE_NONE: no item, which then starts as its `key_attributes`). Right-hand
 * sides and the places of list elements are those of the item before. *after is VALUE_NONE where no
 * item was there and the update only takes away. `update` may be NULL: nothing but the item's
 * existence. */
bool update_apply(struct call *call, const struct update *update, struct value before,
                  struct value key_attributes, struct value *after);

#endif
