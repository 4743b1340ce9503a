/* DynamoDB: tables as interned maps, requests and responses as values.
 *
 * A table's contents is a MAP from the item's primary key to the item. The primary key is the hash
 * key's value, or a LIST [hash, range]. An item is a MAP from attribute names (STRING) to native
 * values: S STRING, N NUMBER, B BINARY, BOOL, NULL, L LIST, M MAP, SS/NS/BS the sets. Requests and
 * responses keep the wire form, {"id": {"S": "T1"}}, as parsed from JSON.
 *
 * Nothing here depends on a clock, on randomness or on a state of its own: applying a request to
 * tables is a function, which model/world memoises on ids.
 *
 * Sources: DynamoDB API reference and developer guide; botocore's service model. */
#ifndef ONCECHECK_MODEL_DYNAMODB_H
#define ONCECHECK_MODEL_DYNAMODB_H

#include "model/base/arena.h"
#include "model/base/error.h"
#include "model/base/value.h"
#include "model/pipeline.h"

enum {
    TRANSACTION_ACTIONS_MAX = 100,
    ITEM_SIZE_MAX = 400 * 1024,             /* bytes, names and values */
    TRANSACTION_SIZE_MAX = 4 * 1024 * 1024, /* bytes over all items */
    BATCH_WRITE_ITEMS_MAX = 25,
    CLIENT_REQUEST_TOKEN_MAX = 36,
    TOKEN_WINDOW_MS = 10 * 60 * 1000 /* idempotency window, from the completion of the first */
};

/* Wire form {"S": "x"} to the native value and back. On a malformed attribute value VALUE_NONE is
 * returned and `message` (if not NULL) is set to AWS's text of the ValidationException. */
struct value attribute_from_wire(struct value_store *store, struct value wire,
                                 const char **message);
struct value attribute_to_wire(struct value_store *store, struct value native);
struct value item_from_wire(struct value_store *store, struct value wire, const char **message);
struct value item_to_wire(struct value_store *store, struct value item);

/* The primary key of an item (or of a wire Key converted by item_from_wire) as used in the table's
 * map; VALUE_NONE if a key attribute is missing, of the wrong type or empty. */
struct value item_primary_key(struct value_store *store, const struct table_config *table,
                              struct value item);
/* The key attributes alone, as an item: what a stream record's Keys holds. */
struct value item_key_attributes(struct value_store *store, const struct table_config *table,
                                 struct value item);
/* DynamoDB's size of an item in bytes (developer guide, "Item sizes and formats"). */
size_t item_size(const struct value_store *store, struct value item);

/* The operations there are. A name that DynamoDB knows and that is not simulated yet gives
 * STATUS_UNSUPPORTED with its name. */
enum dynamodb_operation {
    DYNAMODB_GET_ITEM,
    DYNAMODB_PUT_ITEM,
    DYNAMODB_UPDATE_ITEM,
    DYNAMODB_DELETE_ITEM,
    DYNAMODB_TRANSACT_WRITE_ITEMS,
    DYNAMODB_BATCH_WRITE_ITEM,
    DYNAMODB_BATCH_GET_ITEM,
    DYNAMODB_TRANSACT_GET_ITEMS,
    DYNAMODB_SCAN,
    DYNAMODB_QUERY,
    DYNAMODB_DESCRIBE_TABLE,
    DYNAMODB_LIST_TABLES
};

/* One item that a request changed, in the order of the request's actions. Only real changes: a
 * write that leaves the item as it was is not listed and emits no stream record. */
struct item_change {
    uint32_t table;
    struct value key;    /* as in the table's map */
    struct value before; /* item, or VALUE_NONE: it was not there */
    struct value after;  /* item, or VALUE_NONE: deleted */
};

/* The answer to a request and what it changed. Arrays are the arena's. */
struct dynamodb_result {
    uint16_t http_status;              /* 200, 400, 500 */
    struct value body;                 /* MAP: the response, or {"__type": ..., "message": ...} */
    const struct item_change *changes; /* empty unless http_status is 200 */
    size_t change_count;
    bool writes;         /* the operation is one that can write (even if it did not) */
    bool token_recorded; /* a transaction with a ClientRequestToken that committed */
};

/* Where requests find tables: table_values[i] is the contents of pipeline->tables[i]. */
struct dynamodb_context {
    const struct pipeline *pipeline;
    struct value_store *store;
    const struct value *table_values;
    struct arena *arena; /* scratch and results; reset by the caller */
};

/* Which operation a target such as "DynamoDB_20120810.PutItem" names. */
enum status dynamodb_operation_find(const char *target, enum dynamodb_operation *operation,
                                    struct error *error);
const char *dynamodb_operation_name(enum dynamodb_operation operation);

/* True for operations that may change a table. */
bool dynamodb_operation_writes(enum dynamodb_operation operation);

/* The tables a request names, as a bit set by table index (unknown tables are left out). */
uint64_t dynamodb_footprint(const struct dynamodb_context *context,
                            enum dynamodb_operation operation, struct value request);

/* Apply `request` (the body) to the tables. AWS's own errors (ConditionalCheckFailedException,
 * ValidationException, ResourceNotFoundException, TransactionCanceledException, ...) are results
 * with status 400; what is not simulated is STATUS_UNSUPPORTED with a message naming it.
 * Idempotency tokens are the caller's (dynamodb_token_check): this function ignores
 * ClientRequestToken but for its length. */
enum status dynamodb_apply(const struct dynamodb_context *context,
                           enum dynamodb_operation operation, struct value request,
                           struct dynamodb_result *result, struct error *error);

/* Idempotency of TransactWriteItems. `tokens` is a MAP from token to LIST [digest of the
 * parameters, completion time in ms]. */
enum token_outcome {
    TOKEN_NEW,      /* none, unknown or older than TOKEN_WINDOW_MS: apply the request */
    TOKEN_REPLAYED, /* applied before with equal parameters: success, no change */
    TOKEN_MISMATCH  /* other parameters: IdempotentParameterMismatchException */
};
enum token_outcome dynamodb_token_check(const struct dynamodb_context *context, struct value tokens,
                                        struct value request, int64_t now_ms);
/* The answer to a request whose token is not new; its body is VALUE_NONE if memory ran out. */
void dynamodb_token_answer(const struct dynamodb_context *context, struct value request,
                           enum token_outcome outcome, struct dynamodb_result *result);
/* `tokens` with the request's token recorded at now_ms, and those past their window dropped. */
struct value dynamodb_token_record(const struct dynamodb_context *context, struct value tokens,
                                   struct value request, int64_t now_ms);

/* The table's contents with the changes applied. */
struct value dynamodb_table_after(struct value_store *store, struct value table,
                                  const struct item_change *change);

#endif
