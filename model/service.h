/* Calls to the simulated services, applied to the tables of a state and memoised on ids. */
#ifndef ONCECHECK_MODEL_SERVICE_H
#define ONCECHECK_MODEL_SERVICE_H

#include "model/handler.h"
#include "model/kinesis_request.h"
#include "model/world.h"

/* What one call does to the tables and streams it names. Owned by the world; valid as long as it,
 * of a call to Kinesis until the next expansion. */
struct call_result {
    struct value answer; /* input for the handler: MAP {"status", "body"} */
    const struct item_change *changes;
    const struct value *tables_after; /* per change: contents of its table after it */
    size_t change_count;
    const struct kinesis_put *puts; /* records for streams, in order */
    size_t put_count;
    bool writes;    /* the operation may write */
    bool succeeded; /* status 200 */
};

/* The handler's input for an answer: MAP {"status", "body"}. */
struct value service_answer(struct world *world, int64_t status, struct value body);

/* Apply the CALL step of `function` in a state. *tokens_after gets the state's tokens as the call
 * leaves them. Services and operations that are not simulated are STATUS_UNSUPPORTED with the
 * function, file and line of the call. */
enum status service_call(struct world *world, const uint32_t *state, uint32_t function,
                         const struct handler_step *step, const struct call_result **result,
                         struct value *tokens_after, struct error *error);

/* Of a function's call to Kinesis: service_call does this for it. */
enum status service_put_records(struct world *world, const uint32_t *state, uint32_t function,
                                const struct handler_step *step, const struct call_result **result,
                                struct error *error);

bool service_call_is_kinesis(const struct world *world, const struct handler_step *step);

/* Append the records that a call puts to the streams in `slots`. */
enum status service_append_puts(struct world *world, uint32_t function,
                                const struct call_result *result, uint32_t *slots,
                                struct error *error);

/* The same for a transaction that has taken effect before, sent once more with its token, which was
 * fresh then: nothing changes. */
enum status service_repeat(struct world *world, const uint32_t *state, uint32_t function,
                           const struct handler_step *step, const struct call_result **result,
                           struct error *error);

/* True for a call that only reads tables that no function writes (so far as is known). */
bool service_call_is_constant_read(struct world *world, const struct handler_step *step);

/* True for a transaction with an idempotency token that is not a fresh one of each attempt. */
bool service_call_has_token(const struct world *world, const struct handler_step *step);

/* The tables that a call names, as a bit set; none for one that is not simulated. */
uint64_t service_call_tables(struct world *world, const struct handler_step *step);

/* True for an operation that may write. */
bool service_call_writes(const struct world *world, const struct handler_step *step);

struct call_memo *call_memo_create(struct memory *memory);
void call_memo_destroy(struct call_memo *memo);

/* The name of an error answer, "ConditionalCheckFailedException" of a body whose __type is
 * "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException"; NULL: it has none. */
const char *service_error_name(const struct value_store *store, struct value body);

#endif
