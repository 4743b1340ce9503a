/* The operations: each answers one request or ends the call. */
#ifndef ONCECHECK_MODEL_DYNAMODB_OPERATION_H
#define ONCECHECK_MODEL_DYNAMODB_OPERATION_H

#include "model/dynamodb/answer.h"
#include "model/dynamodb/request.h"

enum {
    BATCH_GET_KEYS_MAX = 100,
    PAGE_SIZE_MAX = 1024 * 1024,         /* bytes of items that a Scan or Query looks at */
    RESPONSE_SIZE_MAX = 16 * 1024 * 1024 /* bytes of items that BatchGetItem answers with */
};

bool operation_put_item(struct call *call, struct value request, struct answer *answer);
bool operation_update_item(struct call *call, struct value request, struct answer *answer);
bool operation_delete_item(struct call *call, struct value request, struct answer *answer);
bool operation_batch_write_item(struct call *call, struct value request, struct answer *answer);
bool operation_transact_write_items(struct call *call, struct value request, struct answer *answer);
bool operation_get_item(struct call *call, struct value request, struct answer *answer);
bool operation_batch_get_item(struct call *call, struct value request, struct answer *answer);
bool operation_transact_get_items(struct call *call, struct value request, struct answer *answer);
bool operation_scan(struct call *call, struct value request, struct answer *answer);
bool operation_query(struct call *call, struct value request, struct answer *answer);
bool operation_describe_table(struct call *call, struct value request, struct answer *answer);
bool operation_list_tables(struct call *call, struct value request, struct answer *answer);

/* What DescribeTable says of a table; `status` is "ACTIVE" or the like. */
bool table_description(struct call *call, uint32_t table, const char *status,
                       struct value *description);

/* The answer to a TransactWriteItems that was applied before: reads are what it uses. */
bool transaction_replay(struct call *call, struct value request, struct answer *answer);

/* Both transactions' list: 1 to TRANSACTION_ACTIONS_MAX actions. */
bool transaction_items(struct call *call, struct value request, struct value *items);
/* The one member of an action that is there, among `names` (ended by NULL): its index, its value.
 */
bool transaction_action(struct call *call, struct value action, const char *const *names,
                        const char *message, size_t *index, struct value *body);
/* End the call with TransactionCanceledException. `codes` one an action. */
bool transaction_cancel(struct call *call, const char *const *codes, const struct value *reasons,
                        size_t count);

#endif
