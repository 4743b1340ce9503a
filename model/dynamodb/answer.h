/* The answer of an operation in the making: members of the body, changes, capacity used. */
#ifndef ONCECHECK_MODEL_DYNAMODB_ANSWER_H
#define ONCECHECK_MODEL_DYNAMODB_ANSWER_H

#include "model/dynamodb/call.h"

enum { ANSWER_MEMBERS_MAX = 8 };

struct answer {
    struct value_entry members[ANSWER_MEMBERS_MAX];
    size_t member_count;
    struct item_change *changes;
    size_t change_count;
    bool token_recorded;
    uint64_t half_units[PIPELINE_TABLES_MAX]; /* capacity used, in halves of a unit */
    bool used[PIPELINE_TABLES_MAX];
};

/* Add a member to the body. */
void answer_add(struct call *call, struct answer *answer, const char *name, struct value value);

/* Make room for `count` changes. */
bool answer_reserve(struct call *call, struct answer *answer, size_t count);
/* Record a change, unless `before` and `after` are the same. */
void answer_change(struct answer *answer, uint32_t table, struct value key, struct value before,
                   struct value after);

/* Source of the sizes: developer guide, "DynamoDB capacity unit consumption". `item` VALUE_NONE: as
 * one of the smallest size. `factor`: 2 in transactions. */
void answer_count_read(struct answer *answer, uint32_t table, size_t size, bool consistent,
                       unsigned factor);
void answer_count_write(const struct call *call, struct answer *answer, uint32_t table,
                        struct value before, struct value after, unsigned factor);

/* ConsumedCapacity, if ReturnConsumedCapacity asks for it; `list`: one entry a table. */
bool answer_add_capacity(struct call *call, struct answer *answer, struct value request, bool list);

#endif
