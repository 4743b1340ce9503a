/* Idempotency tokens of TransactWriteItems. Source: DynamoDB API reference, "TransactWriteItems",
 * ClientRequestToken: ten minutes from the completion of the first request. */
#include "model/dynamodb/operation.h"

/* The token of a request, VALUE_NONE if there is none that could be recorded. */
static struct value token_of(const struct value_store *store, struct value request)
{
    struct value token = value_get_text(store, request, "ClientRequestToken");
    return value_is_none(token) || value_kind(store, token) != VALUE_STRING ? VALUE_NONE : token;
}

/* The parameters compared: everything but the token. */
static struct value digest_of(struct value_store *store, struct value request)
{
    struct value parameters = value_remove(store, request, value_text(store, "ClientRequestToken"));
    if (value_is_none(parameters))
        return VALUE_NONE;
    char text[HASH128_TEXT_SIZE];
    return value_text(store, hash128_text(value_hash(store, parameters), text));
}

static bool in_window(const struct value_store *store, struct value record, int64_t now_ms)
{
    int64_t completed_ms = 0;
    CHECK(value_to_integer(store, value_at(store, record, 1), &completed_ms));
    return now_ms - completed_ms < TOKEN_WINDOW_MS;
}

void dynamodb_token_answer(const struct dynamodb_context *context, struct value request,
                           enum token_outcome outcome, struct dynamodb_result *result)
{
    CHECK(outcome != TOKEN_NEW);
    struct call call;
    call_init(&call, context);
    struct answer *replayed = call_allocate(&call, 1, sizeof *replayed);
    bool answered = false;
    if (outcome == TOKEN_MISMATCH)
        call_reject(&call, AWS_TOKEN_MISMATCH,
                    "Provided idempotency token is already in use with different parameters");
    else if (replayed != NULL)
        answered = transaction_replay(&call, request, replayed);
    *result = (struct dynamodb_result){.http_status = answered ? 200 : 400, .writes = true};
    if (answered && !call.no_memory)
        result->body = value_map(context->store, replayed->members, replayed->member_count);
    else if (call.error != AWS_ERROR_COUNT && !call.no_memory)
        result->body = call_error_body(&call);
}

enum token_outcome dynamodb_token_check(const struct dynamodb_context *context, struct value tokens,
                                        struct value request, int64_t now_ms)
{
    struct value_store *store = context->store;
    struct value token = token_of(store, request);
    if (value_is_none(token) || value_is_none(tokens))
        return TOKEN_NEW;
    struct value record = value_get(store, tokens, token);
    if (value_is_none(record) || !in_window(store, record, now_ms))
        return TOKEN_NEW;
    bool same = value_equal(value_at(store, record, 0), digest_of(store, request));
    return same ? TOKEN_REPLAYED : TOKEN_MISMATCH;
}

struct value dynamodb_token_record(const struct dynamodb_context *context, struct value tokens,
                                   struct value request, int64_t now_ms)
{
    struct value_store *store = context->store;
    struct value kept = tokens;
    if (value_is_none(tokens))
        kept = value_map(store, NULL, 0);
    else
        for (size_t i = 0; i < value_count(store, tokens); i++)
            if (!in_window(store, value_value_at(store, tokens, i), now_ms))
                kept = value_remove(store, kept, value_key_at(store, tokens, i));
    struct value token = token_of(store, request);
    if (value_is_none(token) || value_is_none(kept))
        return kept;
    struct value parts[] = {digest_of(store, request), value_integer(store, now_ms)};
    return value_put(store, kept, token, value_list(store, parts, 2));
}
