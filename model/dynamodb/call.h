/* One request being answered: where its memory comes from and how it ends early.
 *
 * Functions that take a `struct call` return false when the request has ended: an AWS error was
 * raised, something is not simulated, or memory ran out. The first cause wins and is kept here;
 * callers only pass the false on. */
#ifndef ONCECHECK_MODEL_DYNAMODB_CALL_H
#define ONCECHECK_MODEL_DYNAMODB_CALL_H

#include "model/dynamodb.h"

/* id, __type, name of the message member (AWS is not consistent). Kinesis's errors are here too:
 * its requests are answered in the same way (model/kinesis_request.h). */
#define AWS_ERRORS(X)                                                                              \
    X(AWS_VALIDATION, "com.amazon.coral.validate#ValidationException", "message")                  \
    X(AWS_SERIALIZATION, "com.amazon.coral.service#SerializationException", "Message")             \
    X(AWS_CONDITION_FAILED, "com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException",    \
      "message")                                                                                   \
    X(AWS_RESOURCE_NOT_FOUND, "com.amazonaws.dynamodb.v20120810#ResourceNotFoundException",        \
      "message")                                                                                   \
    X(AWS_RESOURCE_IN_USE, "com.amazonaws.dynamodb.v20120810#ResourceInUseException", "message")   \
    X(AWS_LIMIT_EXCEEDED, "com.amazonaws.dynamodb.v20120810#LimitExceededException", "message")    \
    X(AWS_TRIMMED_DATA, "com.amazonaws.dynamodb.v20120810#TrimmedDataAccessException", "message")  \
    X(AWS_EXPIRED_ITERATOR, "com.amazonaws.dynamodb.v20120810#ExpiredIteratorException",           \
      "message")                                                                                   \
    X(AWS_KINESIS_NOT_FOUND, "ResourceNotFoundException", "message")                               \
    X(AWS_KINESIS_INVALID, "InvalidArgumentException", "message")                                  \
    X(AWS_KINESIS_IN_USE, "ResourceInUseException", "message")                                     \
    X(AWS_KINESIS_LIMIT, "LimitExceededException", "message")                                      \
    X(AWS_KINESIS_EXPIRED, "ExpiredIteratorException", "message")                                  \
    X(AWS_TRANSACTION_CANCELED, "com.amazonaws.dynamodb.v20120810#TransactionCanceledException",   \
      "Message")                                                                                   \
    X(AWS_TOKEN_MISMATCH, "com.amazonaws.dynamodb.v20120810#IdempotentParameterMismatchException", \
      "Message")

enum aws_error {
#define AWS_ERROR_ENUM(id, type, member) id,
    AWS_ERRORS(AWS_ERROR_ENUM)
#undef AWS_ERROR_ENUM
        AWS_ERROR_COUNT /* no error */
};

struct call {
    const struct dynamodb_context *context;
    struct value_store *store;
    struct arena *arena;
    bool no_memory;
    const char *unsupported; /* what is not simulated; NULL: nothing */
    enum aws_error error;    /* AWS_ERROR_COUNT: none */
    const char *message;
    struct value detail; /* ConditionalCheckFailed's Item or CancellationReasons; may be none */
};

void call_init(struct call *call, const struct dynamodb_context *context);

/* All return false. */
__attribute__((format(printf, 3, 4))) bool call_reject(struct call *call, enum aws_error error,
                                                       const char *format, ...);
__attribute__((format(printf, 2, 3))) bool call_invalid(struct call *call, const char *format,
                                                        ...); /* ValidationException */
__attribute__((format(printf, 2, 3))) bool call_unsupported(struct call *call, const char *format,
                                                            ...);
bool call_no_memory(struct call *call);

/* Forget an AWS error (a transaction turns it into a cancellation reason). */
void call_clear_error(struct call *call);

/* Zeroed arena memory; NULL with no_memory set on failure. */
void *call_allocate(struct call *call, size_t count, size_t size);

/* `value`, with no_memory set if it is VALUE_NONE: for constructors, never for look-ups. */
bool call_made(struct call *call, struct value value);

/* The body of the 400 answer: {"__type", "message", and Item or CancellationReasons}. */
struct value call_error_body(const struct call *call);

#endif
