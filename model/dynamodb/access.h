/* Which items a request reads and changes, whatever the tables hold: what decides whether two
 * requests commute (model/turns.h).
 *
 * Adding a number to an attribute commutes with adding another one to it: either order leaves the
 * same item and gets the same answer. So such updates are told apart from other writes. They are
 * `ADD a :n` and `SET a = if_not_exists(a, :zero) + :n` (or -), of attributes that are not nested,
 * without a condition and without an answer that tells anything of the item. Sums must not depend
 * on their order either: a number that is added has at most ACCESS_INTEGER_DIGITS_MAX digits
 * before and ACCESS_FRACTION_DIGITS_MAX after the point, so that no sum of a billion of them comes
 * to more than the 38 digits that DynamoDB keeps. */
#ifndef ONCECHECK_MODEL_DYNAMODB_ACCESS_H
#define ONCECHECK_MODEL_DYNAMODB_ACCESS_H

#include "model/dynamodb.h"

enum { ACCESS_INTEGER_DIGITS_MAX = 18, ACCESS_FRACTION_DIGITS_MAX = 9 };

enum access_kind { ACCESS_READ, ACCESS_ADD, ACCESS_WRITE, ACCESS_KIND_COUNT };

struct item_access {
    enum access_kind kind;
    uint32_t table;
    struct value key; /* as in the table's map; VALUE_NONE: any item */
};

struct item_accesses {
    const struct item_access *items; /* the context's arena's */
    size_t count;
};

/* A request that is refused for what it says alone may be taken to touch more than it does. False:
 * no memory. */
bool dynamodb_accesses(const struct dynamodb_context *context, enum dynamodb_operation operation,
                       struct value request, struct item_accesses *accesses);

#endif
