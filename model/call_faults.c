#include "model/call_faults.h"

#include "model/base/text.h"

#include <string.h>

#define DYNAMODB_ERROR "com.amazonaws.dynamodb.v20120810#"
#define DYNAMODB_PREFIX "DynamoDB_20120810."

enum server_error_form { ERROR_NOT_APPLIED, ERROR_APPLIED, ERROR_APPLIED_ONCE, ERROR_FORMS };
enum lost_response_form { LOST_BY_TIMEOUT, LOST_BY_CLOSING, LOST_FORMS };

bool fault_kind_is_of_call(enum fault_kind kind)
{
    return kind == FAULT_THROTTLE || kind == FAULT_SERVER_ERROR || kind == FAULT_LOST_RESPONSE ||
           kind == FAULT_TRANSACTION_CONFLICT || kind == FAULT_STALE_READ;
}

bool call_faults_enabled(const struct world *world)
{
    for (int kind = 0; kind < FAULT_KIND_COUNT; kind++) {
        if (world->faults->enabled[kind] && fault_kind_is_of_call((enum fault_kind)kind))
            return true;
    }
    return false;
}

/* --- answers --- */

static struct value error_answer(struct world *world, int64_t status, const char *type,
                                 const char *message)
{
    struct value_store *store = world->store;
    struct value_entry entries[2] = {
        {.key = value_text(store, "__type"), .value = value_text(store, type)},
        {.key = value_text(store, "message"), .value = value_text(store, message)},
    };
    return service_answer(world, status, value_map(store, entries, 2));
}

static bool is_operation(const struct world *world, const struct handler_step *step,
                         const char *name)
{
    const char *target = value_bytes(world->store, step->target, NULL);
    size_t prefix = strlen(DYNAMODB_PREFIX);
    return strncmp(target, DYNAMODB_PREFIX, prefix) == 0 && strcmp(target + prefix, name) == 0;
}

static struct value throttled(struct world *world, const struct handler_step *step)
{
    if (service_call_is_kinesis(world, step))
        return error_answer(world, 400, "ProvisionedThroughputExceededException",
                            "Rate exceeded for shard in stream under account " PIPELINE_ACCOUNT
                            ".");
    return error_answer(
        world, 400, DYNAMODB_ERROR "ProvisionedThroughputExceededException",
        "The level of configured provisioned throughput for the table was exceeded. "
        "Consider increasing your provisioning level with the UpdateTable API.");
}

static struct value failed(struct world *world, const struct handler_step *step)
{
    if (service_call_is_kinesis(world, step))
        return error_answer(world, 500, "InternalFailure", "Internal failure");
    return error_answer(world, 500, DYNAMODB_ERROR "InternalServerError", "Internal server error");
}

static struct value lost(struct world *world, const char *how)
{
    struct value_store *store = world->store;
    struct value_entry entry = {.key = value_text(store, "error"), .value = value_text(store, how)};
    return value_map(store, &entry, 1);
}

static struct value reason(struct value_store *store, const char *code, const char *message)
{
    struct value value = value_map(store, NULL, 0);
    value = value_put_text(store, value, "Code", value_text(store, code));
    return message == NULL ? value
                           : value_put_text(store, value, "Message", value_text(store, message));
}

/* The first of the transaction's actions meets another transaction. */
static struct value cancelled(struct world *world, size_t actions)
{
    struct value_store *store = world->store;
    struct value reasons = value_list(store, NULL, 0);
    struct text codes;
    text_init(&codes, world->memory);
    for (size_t i = 0; i < actions; i++) {
        const char *code = i == 0 ? "TransactionConflict" : "None";
        reasons = value_append(
            store, reasons,
            reason(store, code, i == 0 ? "Transaction is ongoing for the item" : NULL));
        text_append_string(&codes, i == 0 ? "" : ", ");
        text_append_string(&codes, code);
    }
    struct value message =
        value_format(store,
                     "Transaction cancelled, please refer cancellation reasons for specific "
                     "reasons [%s]",
                     text_failed(&codes) ? "" : text_string(&codes));
    text_release(&codes);
    struct value body = value_map(store, NULL, 0);
    body = value_put_text(store, body, "__type",
                          value_text(store, DYNAMODB_ERROR "TransactionCanceledException"));
    body = value_put_text(store, body, "Message", message);
    body = value_put_text(store, body, "CancellationReasons", reasons);
    return service_answer(world, 400, body);
}

/* --- parts of batches --- */

struct batch_kind {
    const char *operation;
    const char *unprocessed;
    bool keys; /* RequestItems: table to {Keys: [...]}, else table to [...] */
};

static const struct batch_kind batch_kinds[] = {
    {"BatchWriteItem", "UnprocessedItems", false},
    {"BatchGetItem", "UnprocessedKeys", true},
};

static const struct batch_kind *batch_kind_of(const struct world *world,
                                              const struct handler_step *step)
{
    for (size_t i = 0; i < sizeof batch_kinds / sizeof *batch_kinds; i++) {
        if (is_operation(world, step, batch_kinds[i].operation))
            return &batch_kinds[i];
    }
    return NULL;
}

/* The list of one table's entry of RequestItems; VALUE_NONE: malformed. */
static struct value batch_list(const struct value_store *store, const struct batch_kind *kind,
                               struct value entry)
{
    struct value list = entry;
    if (kind->keys)
        list = value_kind(store, entry) == VALUE_MAP ? value_get_text(store, entry, "Keys")
                                                     : VALUE_NONE;
    return !value_is_none(list) && value_kind(store, list) == VALUE_LIST ? list : VALUE_NONE;
}

static struct value put_part(struct value_store *store, const struct batch_kind *kind,
                             struct value items, struct value table, struct value entry,
                             struct value list)
{
    if (value_count(store, list) == 0)
        return items;
    return value_put(store, items, table,
                     kind->keys ? value_put_text(store, entry, "Keys", list) : list);
}

/* Split RequestItems after the first `taken` items; false: there are no more than these. */
static bool split_batch(struct value_store *store, const struct batch_kind *kind,
                        struct value request, uint32_t taken, struct value *first,
                        struct value *rest)
{
    struct value items = value_get_text(store, request, "RequestItems");
    if (value_is_none(items) || value_kind(store, items) != VALUE_MAP)
        return false;
    *first = value_map(store, NULL, 0);
    *rest = value_map(store, NULL, 0);
    for (size_t i = 0; i < value_count(store, items); i++) {
        struct value table = value_key_at(store, items, i);
        struct value entry = value_value_at(store, items, i);
        struct value list = batch_list(store, kind, entry);
        if (value_is_none(list))
            return false;
        uint32_t count = (uint32_t)value_count(store, list);
        uint32_t here = count < taken ? count : taken;
        *first = put_part(store, kind, *first, table, entry, value_slice(store, list, 0, here));
        *rest = put_part(store, kind, *rest, table, entry,
                         value_slice(store, list, here, count - here));
        taken -= here;
    }
    return !value_is_none(*rest) && value_count(store, *rest) > 0;
}

static bool find_partial(struct world *world, const struct handler_step *step, uint32_t form,
                         struct call_fault *fault)
{
    const struct batch_kind *kind = batch_kind_of(world, step);
    struct value first = VALUE_NONE;
    if (partial_put_find(world, step, form - 1, &fault->failed)) {
        fault->applied = fault->failed.count < fault->failed.of;
        if (fault->applied)
            fault->sent.request = partial_put_request(world, step->request, &fault->failed);
        else
            fault->answer =
                service_answer(world, 200, partial_put_body(world, VALUE_NONE, &fault->failed));
        return true;
    }
    if (kind == NULL ||
        !split_batch(world->store, kind, step->request, form, &first, &fault->unprocessed))
        return false;
    fault->applied = true;
    fault->unprocessed_member = kind->unprocessed;
    fault->sent.request = value_put_text(world->store, step->request, "RequestItems", first);
    return true;
}

/* --- forms --- */

static bool find_throttle(struct world *world, const struct handler_step *step, uint32_t form,
                          struct call_fault *fault)
{
    if (form > 0)
        return find_partial(world, step, form, fault);
    fault->answer = throttled(world, step);
    fault->repeated = true;
    return true;
}

static bool find_server_error(struct world *world, const struct handler_step *step, uint32_t form,
                              struct call_fault *fault)
{
    if (form >= ERROR_FORMS || (form > ERROR_NOT_APPLIED && !service_call_writes(world, step)))
        return false;
    fault->answer = failed(world, step);
    fault->applied = form != ERROR_NOT_APPLIED;
    fault->changes = fault->applied;
    fault->repeated = form != ERROR_APPLIED_ONCE;
    return true;
}

static bool find_lost_response(struct world *world, const struct handler_step *step, uint32_t form,
                               struct call_fault *fault)
{
    if (form >= LOST_FORMS || (form > LOST_BY_TIMEOUT && !service_call_writes(world, step)))
        return false;
    fault->answer = lost(world, form == LOST_BY_TIMEOUT ? "timeout" : "closed");
    fault->applied = true;
    fault->changes = form == LOST_BY_CLOSING;
    return true;
}

static bool is_single_write(const struct world *world, const struct handler_step *step)
{
    return is_operation(world, step, "PutItem") || is_operation(world, step, "UpdateItem") ||
           is_operation(world, step, "DeleteItem");
}

static bool find_conflict(struct world *world, const struct handler_step *step, uint32_t form,
                          struct call_fault *fault)
{
    if (form > 0)
        return false;
    if (is_operation(world, step, "TransactWriteItems") ||
        is_operation(world, step, "TransactGetItems")) {
        struct value actions = value_get_text(world->store, step->request, "TransactItems");
        if (value_is_none(actions) || value_kind(world->store, actions) != VALUE_LIST)
            return false;
        fault->answer = cancelled(world, value_count(world->store, actions));
        return true;
    }
    uint64_t tables = service_call_tables(world, step);
    for (size_t i = 0; is_single_write(world, step) && i < world->pipeline->table_count; i++) {
        if ((tables >> i & 1) == 0 || !world->facts.table_transacted[i])
            continue;
        fault->answer = error_answer(world, 400, DYNAMODB_ERROR "TransactionConflictException",
                                     "Transaction is ongoing for the item");
        return true;
    }
    return false;
}

/* ConsistentRead, which BatchGetItem has once per table. */
static bool is_consistent(const struct world *world, const struct handler_step *step)
{
    const struct value_store *store = world->store;
    struct value flag = value_get_text(store, step->request, "ConsistentRead");
    if (!is_operation(world, step, "BatchGetItem"))
        return !value_is_none(flag) && value_kind(store, flag) == VALUE_BOOL &&
               value_truth(store, flag);
    struct value items = value_get_text(store, step->request, "RequestItems");
    if (value_is_none(items) || value_kind(store, items) != VALUE_MAP)
        return true;
    for (size_t i = 0; i < value_count(store, items); i++) {
        struct value entry = value_value_at(store, items, i);
        if (value_kind(store, entry) != VALUE_MAP)
            return true;
        flag = value_get_text(store, entry, "ConsistentRead");
        if (value_is_none(flag) || value_kind(store, flag) != VALUE_BOOL ||
            !value_truth(store, flag))
            return false;
    }
    return true;
}

static bool find_stale_read(struct world *world, const struct handler_step *step, uint32_t form,
                            struct call_fault *fault)
{
    bool reads = is_operation(world, step, "GetItem") || is_operation(world, step, "Query") ||
                 is_operation(world, step, "Scan") || is_operation(world, step, "BatchGetItem");
    if (form > 0 || !reads || is_consistent(world, step) ||
        service_call_is_constant_read(world, step))
        return false;
    fault->applied = true;
    fault->stale = true;
    return true;
}

bool call_fault_find(struct world *world, const struct handler_step *step, enum fault_kind kind,
                     uint32_t form, struct call_fault *fault)
{
    *fault = (struct call_fault){.sent = *step, .answer = VALUE_NONE, .unprocessed = VALUE_NONE};
    switch (kind) {
    case FAULT_THROTTLE:
        return find_throttle(world, step, form, fault);
    case FAULT_SERVER_ERROR:
        return find_server_error(world, step, form, fault);
    case FAULT_LOST_RESPONSE:
        return find_lost_response(world, step, form, fault);
    case FAULT_TRANSACTION_CONFLICT:
        return find_conflict(world, step, form, fault);
    case FAULT_STALE_READ:
        return find_stale_read(world, step, form, fault);
    case FAULT_CRASH:
    case FAULT_TIMEOUT:
    case FAULT_RANDOM_FAILURE:
    case FAULT_LATE_WRITE:
    case FAULT_REDELIVER:
    case FAULT_REBATCH:
    case FAULT_DELAY:
    case FAULT_PUT_FAILURE:
    case FAULT_KIND_COUNT:
        break;
    }
    return false;
}

struct value call_fault_answer(struct world *world, enum fault_kind kind,
                               const struct call_fault *fault, const struct call_result *result)
{
    struct value_store *store = world->store;
    struct value answer = fault->answer;
    if (value_is_none(answer)) {
        CHECK(result != NULL);
        answer = result->answer;
        struct value body = value_get_text(store, answer, "body");
        if (result->succeeded && !value_is_none(fault->unprocessed))
            answer = value_put_text(
                store, answer, "body",
                value_put_text(store, body, fault->unprocessed_member, fault->unprocessed));
        if (result->succeeded && fault->failed.count > 0)
            answer = value_put_text(store, answer, "body",
                                    partial_put_body(world, body, &fault->failed));
    }
    if (fault->applied && !fault->stale)
        answer = value_put_text(store, answer, "applied", value_bool(store, true));
    return value_put_text(store, answer, "fault", value_text(store, fault_kind_name(kind)));
}

bool call_was_applied(const struct world *world, uint32_t function, uint32_t node)
{
    const struct handler_tree *tree = world->trees[function];
    const struct handler_step *step = handler_tree_step(tree, node);
    if (step == NULL || !step->fresh_token)
        return false;
    uint32_t earlier = node;
    uint32_t attempt = step->sdk_attempt;
    struct value answer = VALUE_NONE;
    while (handler_tree_last_call(tree, earlier, &earlier, &answer)) {
        const struct handler_step *sent = handler_tree_step(tree, earlier);
        bool same_call = attempt > 1 && sent->sdk_attempt == attempt - 1;
        bool same_token = sent->fresh_token && !value_is_none(step->sent_token) &&
                          !value_is_none(sent->sent_token) &&
                          value_equal(step->sent_token, sent->sent_token);
        if ((same_call || same_token) && value_equal(sent->request, step->request) &&
            !value_is_none(value_get_text(world->store, answer, "applied")))
            return true;
        attempt = same_call ? sent->sdk_attempt : 0;
    }
    return false;
}
