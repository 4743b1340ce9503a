/* What can happen to one call besides being answered as it is.
 *
 * A fault of a call is an episode: it costs one fault, lasts for as many of the SDK's attempts as
 * its form says, and the time that the SDK waits passes. Each kind comes in forms:
 *
 *   throttle              0: every attempt is refused (ProvisionedThroughputExceededException);
 *                         n: of a BatchWriteItem or BatchGetItem the first n items are processed,
 *                         the others come back as UnprocessedItems or UnprocessedKeys; of a
 *                         PutRecords some records fail (model/partial_put.h)
 *   server_error          0: every attempt is answered by a 500, none took effect; 1: the first one
 *                         took effect; 2: the same, and the second attempt is answered as it is
 *   lost_response         the request took effect; 0: no answer comes for botocore's read timeout
 * of 60 s; 1: the connection is closed at once transaction_conflict  0: another transaction holds
 * the item (TransactionCanceledException, which the SDK does not repeat;
 * TransactionConflictException for a single item) stale_read            0: an eventually consistent
 * read sees its tables as they were before their latest change
 *
 * Sources: DynamoDB developer guide, "Error handling with DynamoDB" (a 500 may have been applied;
 * what is repeated) and "Read consistency"; API reference, BatchWriteItem, BatchGetItem,
 * TransactWriteItems; botocore's data/_retry.json. */
#ifndef ONCECHECK_MODEL_CALL_FAULTS_H
#define ONCECHECK_MODEL_CALL_FAULTS_H

#include "model/action.h"
#include "model/handler.h"
#include "model/partial_put.h"
#include "model/service.h"
#include "model/world.h"

struct call_fault {
    bool applied;             /* the request reached the service and took effect */
    bool changes;             /* of interest only where it changed something */
    bool stale;               /* it is made on the tables as they were before */
    bool repeated;            /* all of the SDK's further attempts get the same answer */
    struct handler_step sent; /* what was applied: the call, or a part of a batch */
    struct value answer;      /* the handler's input; VALUE_NONE: what the service answers */
    struct value unprocessed; /* what the answer says that is left of a batch; or VALUE_NONE */
    const char *unprocessed_member;
    struct partial_put failed; /* records of a PutRecords; count 0: none */
};

/* What the handler gets to hear of its call. */
struct call_reply {
    struct value answer;
    bool repeated; /* all further attempts of the SDK's get it too */
};

/* How the CALL action `action` of an invocation that stands at a call in `state` is answered, by
 * the service or by the action's fault. */
enum status call_reply_find(struct world *world, const uint32_t *state, const struct action *action,
                            struct call_reply *reply, struct error *error);

/* True for the kinds above. */
bool fault_kind_is_of_call(enum fault_kind kind);

/* Some kind of them is switched on. */
bool call_faults_enabled(const struct world *world);

/* The form `form` of a fault of `kind` at the call `step`; false: there is none, nor any beyond. */
bool call_fault_find(struct world *world, const struct handler_step *step, enum fault_kind kind,
                     uint32_t form, struct call_fault *fault);

/* The handler's input, given what the service did with fault->sent (NULL: it was not applied). */
struct value call_fault_answer(struct world *world, enum fault_kind kind,
                               const struct call_fault *fault, const struct call_result *result);

/* The call at `node` repeats a transaction that has taken effect although its answer was lost, with
 * the token that was fresh then: DynamoDB answers as it did, and nothing changes. */
bool call_was_applied(const struct world *world, uint32_t function, uint32_t node);

#endif
