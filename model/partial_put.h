/* A PutRecords of which only some records arrive: the answer is a success, and names the failed
 * ones (FailedRecordCount; ErrorCode and ErrorMessage in place of SequenceNumber and ShardId). The
 * SDK does not repeat them, that is the function's business.
 *
 * Any subset can fail on AWS. Offered are those that fail at the end (all of them, all but the
 * first, ...) and at the beginning (the first, the first two, ...): what is missing, and what comes
 * in another order when it is put again, shows in these.
 *
 * Source: Kinesis Data Streams API reference, "PutRecords". */
#ifndef ONCECHECK_MODEL_PARTIAL_PUT_H
#define ONCECHECK_MODEL_PARTIAL_PUT_H

#include "model/handler.h"
#include "model/world.h"

/* Which records of a request fail: `count` from index `first` on, of `of`. */
struct partial_put {
    uint32_t first;
    uint32_t count; /* 0: none does */
    uint32_t of;
};

/* The form `form`, from 0, of such a failure at the call; false: it is no PutRecords, or there is
 * no such form, nor any beyond. */
bool partial_put_find(const struct world *world, const struct handler_step *step, uint32_t form,
                      struct partial_put *failed);

/* The request with the records alone that do not fail; some must not. */
struct value partial_put_request(struct world *world, struct value request,
                                 const struct partial_put *failed);

/* The body of the answer: that to partial_put_request (VALUE_NONE where all fail) with the failed
 * records. VALUE_NONE: no memory. */
struct value partial_put_body(struct world *world, struct value body,
                              const struct partial_put *failed);

#endif
