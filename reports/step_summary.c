/* Steps in words. */
#include "reports/step_internal.h"

#include "model/base/digest.h"
#include "model/base/json.h"
#include "model/partial_put.h"
#include "model/service.h"
#include "model/snapshot.h"

#include <stdio.h>
#include <string.h>

enum {
    ITEM_DEPTH_MAX = 4,
    TOKEN_SHOWN = 8,
    OPAQUE_LENGTH = 30,
    OPAQUE_SHOWN = 8,
    POLLER_NAME_SIZE = 1024
};

/* A wire value {"S": "x"} without its type. */
/* NOLINTNEXTLINE(misc-no-recursion): at most ITEM_DEPTH_MAX deep */
static void append_wire(struct text *text, const struct value_store *store, struct value wire,
                        unsigned depth)
{
    if (value_kind(store, wire) != VALUE_MAP || value_count(store, wire) != 1) {
        json_append(text, store, wire);
        return;
    }
    struct value type = value_key_at(store, wire, 0);
    struct value inner = value_value_at(store, wire, 0);
    bool plain = value_kind(store, inner) == VALUE_STRING;
    if (plain && (value_is_text(store, type, "S") || value_is_text(store, type, "N"))) {
        size_t length = 0;
        const char *bytes = value_bytes(store, inner, &length);
        /* hashes and uuids are told apart by how they begin */
        bool opaque = length > OPAQUE_LENGTH && strcspn(bytes, " {[,") == length;
        text_append(text, bytes, opaque ? OPAQUE_SHOWN : length);
        text_append_string(text, opaque ? "..." : "");
        return;
    }
    if (value_is_text(store, type, "M") && depth < ITEM_DEPTH_MAX &&
        value_kind(store, inner) == VALUE_MAP) {
        text_append_char(text, '{');
        for (size_t i = 0; i < value_count(store, inner); i++) {
            text_append_string(text, i == 0 ? "" : ", ");
            text_append_string(text, value_bytes(store, value_key_at(store, inner, i), NULL));
            text_append_char(text, ' ');
            append_wire(text, store, value_value_at(store, inner, i), depth + 1);
        }
        text_append_char(text, '}');
        return;
    }
    json_append(text, store, inner);
}

void append_item_text(struct text *text, const struct value_store *store, struct value wire)
{
    if (value_kind(store, wire) != VALUE_MAP) {
        json_append(text, store, wire);
        return;
    }
    for (size_t i = 0; i < value_count(store, wire); i++) {
        text_append_string(text, i == 0 ? "" : ", ");
        text_append_string(text, value_bytes(store, value_key_at(store, wire, i), NULL));
        text_append_char(text, ' ');
        append_wire(text, store, value_value_at(store, wire, i), 0);
    }
}

static const struct poller_layout *poller_of(const struct step_facts *facts)
{
    return &facts->world->layout.pollers[facts->place->action->poller];
}

static void summarise_put(struct text *text, const struct step_facts *facts)
{
    const struct world *world = facts->world;
    uint32_t index = facts->place->action->count;
    const struct scenario_message *message = &world->scenario->messages[index];
    uint32_t shard = 0;
    for (size_t i = 0; i < world->workload->put_count; i++) {
        if (world->workload->puts[i].message == index)
            shard = world->workload->puts[i].shard;
    }
    text_append_format(text, "puts %s v%lld (value %g) on %s, shard %u", message->trade,
                       (long long)message->version,
                       decimal_to_double(&world->workload->messages[index].value),
                       world->pipeline->streams[world->workload->stream].name, (unsigned)shard);
}

/* A record's message as "T1 v0", or its event name and key. */
static void append_record(struct text *text, const struct world *world, struct value record)
{
    struct value_store *store = world->store;
    struct value change = value_get_text(store, record, "dynamodb");
    if (!value_is_none(change)) {
        text_append_string(text,
                           value_bytes(store, value_get_text(store, record, "eventName"), NULL));
        text_append_char(text, ' ');
        struct value keys = value_get_text(store, change, "Keys");
        for (size_t i = 0; i < value_count(store, keys); i++)
            append_wire(text, store, value_value_at(store, keys, i), 0);
        return;
    }
    struct value kinesis = value_get_text(store, record, "kinesis");
    struct value data = value_get_text(store, kinesis, "data");
    for (size_t i = 0; i < world->workload->put_count; i++) {
        const struct workload_put *put = &world->workload->puts[i];
        struct text encoded;
        text_init(&encoded, world->memory);
        size_t length = 0;
        const char *bytes = value_bytes(store, put->data, &length);
        base64_append(&encoded, bytes, length);
        bool same = value_is_text(store, data, text_string(&encoded));
        if (text_failed(&encoded))
            (void)value_store_fail(store);
        text_release(&encoded);
        if (same) {
            const struct scenario_message *message = &world->scenario->messages[put->message];
            text_append_format(text, "%s v%lld", message->trade, (long long)message->version);
            return;
        }
    }
    text_append_string(text,
                       value_bytes(store, value_get_text(store, kinesis, "partitionKey"), NULL));
}

static void summarise_poll(struct text *text, const struct step_facts *facts)
{
    struct world *world = facts->world;
    const struct poller_layout *poller = poller_of(facts);
    const uint32_t *before = facts->place->before;
    uint32_t start = before[poller->checkpoint_slot];
    const char *separator = "";
    text_append_format(text, "gets a batch of %u: ", (unsigned)facts->place->action->count);
    for (uint32_t i = 0; i < facts->place->after[poller->batch_slot]; i++) {
        if (!world_takes(world, before, facts->place->action->poller, start + i))
            continue;
        text_append_string(text, separator);
        struct value entry = world_log_entry(world, before, poller->log, start + i);
        append_record(text, world, value_at(world->store, entry, 1));
        separator = ", ";
    }
    if (poller->throttled && facts->place->after[poller->node_slot] == HANDLER_NODE_NONE)
        text_append_string(text, "; waits for its turn (reserved concurrency)");
}

/* "PutItem" of "DynamoDB_20120810.PutItem". */
static const char *operation_name(const struct step_facts *facts, const struct handler_step *call)
{
    const char *target = value_bytes(facts->world->store, call->target, NULL);
    const char *dot = strrchr(target, '.');
    return dot == NULL ? target : dot + 1;
}

/* What a single-item call is about: table and key. */
static void append_subject(struct text *text, const struct step_facts *facts,
                           const struct handler_step *call)
{
    struct value_store *store = facts->world->store;
    struct value request = call->request;
    struct value table = value_get_text(store, request, "TableName");
    struct value stream = value_get_text(store, request, "StreamName");
    if (!value_is_none(stream) && value_kind(store, stream) == VALUE_STRING)
        text_append_format(text, " %s", value_bytes(store, stream, NULL));
    if (value_is_none(table) || value_kind(store, table) != VALUE_STRING)
        return;
    text_append_format(text, " %s", value_bytes(store, table, NULL));
    int index = pipeline_find_table(facts->world->pipeline, value_bytes(store, table, NULL));
    struct value key = value_get_text(store, request, "Key");
    if (value_is_none(key))
        key = value_get_text(store, request, "Item");
    if (index < 0 || value_is_none(key) || value_kind(store, key) != VALUE_MAP)
        return;
    struct value part =
        value_get_text(store, key, facts->world->pipeline->tables[index].hash_key.name);
    if (value_is_none(part))
        return;
    text_append_char(text, ' ');
    append_wire(text, store, part, 0);
}

/* True if a call wrote something: a table differs, or a token is new. */
static bool changed_anything(const struct step_facts *facts)
{
    const struct layout *layout = &facts->world->layout;
    for (size_t i = 0; i < facts->world->pipeline->table_count; i++) {
        uint16_t slot = layout->table_slots[i];
        if (facts->place->before[slot] != facts->place->after[slot])
            return true;
    }
    for (size_t i = 0; facts->step != NULL && service_call_is_kinesis(facts->world, facts->step) &&
                       i < layout->log_count;
         i++) {
        uint16_t slot = layout->logs[i].slot;
        if (facts->place->before[slot] != facts->place->after[slot])
            return true;
    }
    return facts->place->before[layout->tokens_slot] != facts->place->after[layout->tokens_slot];
}

/* The HTTP status of the answer; 0: there is none. */
static int64_t answer_status(const struct step_facts *facts)
{
    struct value_store *store = facts->world->store;
    int64_t status = 0;
    if (value_is_none(facts->answer))
        return 0;
    struct value field = value_get_text(store, facts->answer, "status");
    return !value_is_none(field) && value_to_integer(store, field, &status) ? status : 0;
}

static void append_outcome(struct text *text, const struct step_facts *facts)
{
    struct value_store *store = facts->world->store;
    int64_t status = answer_status(facts);
    if (status == 0)
        return;
    if (status == 200) {
        text_append_string(text, ": done");
        return;
    }
    struct value body = value_get_text(store, facts->answer, "body");
    struct value message = value_get_text(store, body, "message");
    if (value_is_none(message))
        message = value_get_text(store, body, "Message");
    const char *name = service_error_name(store, body);
    text_append_format(text, ": refused, %s", name == NULL ? "error" : name);
    if (!value_is_none(message) && value_kind(store, message) == VALUE_STRING)
        text_append_format(text, " (%s)", value_bytes(store, message, NULL));
}

static bool writes(const struct step_facts *facts)
{
    return service_call_writes(facts->world, facts->step);
}

/* What a fault made of a call: see model/call_faults.h for the forms. */
static void append_call_fault(struct text *text, const struct step_facts *facts)
{
    const struct action *action = facts->place->action;
    const char *done = changed_anything(facts) ? "done" : "no change";
    struct partial_put failed;
    switch (action->fault) {
    case FAULT_THROTTLE:
        if (action->count == 0)
            text_append_string(text, ": throttled in all of the SDK's attempts");
        else if (partial_put_find(facts->world, facts->step, action->count - 1, &failed))
            text_append_format(text, ": %s%u of %u records %s (FailedRecordCount %u)",
                               failed.count == failed.of ? ""
                               : failed.first == 0       ? "the first "
                                                         : "the last ",
                               (unsigned)failed.count, (unsigned)failed.of,
                               failed.count == 1 ? "fails" : "fail", (unsigned)failed.count);
        else
            text_append_format(text, ": throttled after %u items, the others come back unprocessed",
                               (unsigned)action->count);
        return;
    case FAULT_SERVER_ERROR:
        if (action->count == 0)
            text_append_string(text, ": a server error in all of the SDK's attempts, not done");
        else
            text_append_format(text, ": %s, but %s answered by a server error", done,
                               action->count == 1 ? "all of the SDK's attempts are" : "it is");
        return;
    case FAULT_LOST_RESPONSE:
        text_append_format(text, ": %s%s%s", writes(facts) ? done : "",
                           writes(facts) ? ", but " : "",
                           action->count == 0 ? "no answer comes for 60 s"
                                              : "the connection closes before the answer");
        return;
    case FAULT_STALE_READ:
        text_append_string(text, ": done, but shows what was there before the latest change");
        return;
    case FAULT_CRASH:
    case FAULT_TIMEOUT:
    case FAULT_RANDOM_FAILURE:
    case FAULT_LATE_WRITE:
    case FAULT_TRANSACTION_CONFLICT:
    case FAULT_REDELIVER:
    case FAULT_REBATCH:
    case FAULT_DELAY:
    case FAULT_PUT_FAILURE:
    case FAULT_KIND_COUNT:
        append_outcome(text, facts);
        return;
    }
}

/* The time that a call took: what the SDK waited. */
static void append_time_passed(struct text *text, const struct step_facts *facts)
{
    uint16_t slot = facts->world->layout.clock_slots[poller_of(facts)->function];
    uint32_t passed = facts->place->after[slot] - facts->place->before[slot];
    if (facts->place->action->fault != FAULT_KIND_COUNT && passed > 0)
        text_append_format(text, "; %u.%02u s pass", (unsigned)(passed / 1000),
                           (unsigned)(passed % 1000 / 10));
}

static void summarise_call(struct text *text, const struct step_facts *facts)
{
    struct value_store *store = facts->world->store;
    text_append_string(text, operation_name(facts, facts->step));
    append_subject(text, facts, facts->step);
    struct value actions = value_get_text(store, facts->step->request, "TransactItems");
    if (!value_is_none(actions) && value_kind(store, actions) == VALUE_LIST)
        text_append_format(text, " of %zu actions", value_count(store, actions));
    struct value token = value_get_text(store, facts->step->request, "ClientRequestToken");
    if (!value_is_none(token) && value_kind(store, token) == VALUE_STRING)
        text_append_format(text, ", token %.*s...", TOKEN_SHOWN, value_bytes(store, token, NULL));
    else if (facts->step->fresh_token)
        text_append_string(text, ", a new token in every attempt");
    append_call_fault(text, facts);
    append_time_passed(text, facts);
    bool done = answer_status(facts) == 200;
    if (done && writes(facts) && !changed_anything(facts))
        text_append_string(text, ", nothing changes");
}

/* "raises KeyError: 'x'" */
static void append_end(struct text *text, const struct step_facts *facts,
                       const struct handler_step *end)
{
    struct value_store *store = facts->world->store;
    struct value detail = end->detail;
    bool map = !value_is_none(detail) && value_kind(store, detail) == VALUE_MAP;
    struct value class = map ? value_get_text(store, detail, "class") : VALUE_NONE;
    struct value message = map ? value_get_text(store, detail, "message") : VALUE_NONE;
    switch (end->kind) {
    case HANDLER_RETURN:
        text_append_string(text, "; it returns");
        return;
    case HANDLER_RAISE:
        text_append_string(text, "; it raises ");
        text_append_string(text, value_is_none(class) ? "" : value_bytes(store, class, NULL));
        text_append_string(text, value_is_none(message) ? "" : ": ");
        break;
    case HANDLER_EXIT:
        text_append_string(text, "; the process ends: ");
        break;
    case HANDLER_HANG:
        text_append_string(text, "; it never ends: ");
        break;
    case HANDLER_CALL:
    case HANDLER_DRAW:
    case HANDLER_TIME:
        return;
    }
    if (!value_is_none(message) && value_kind(store, message) == VALUE_STRING)
        text_append_string(text, value_bytes(store, message, NULL));
}

static void summarise_clock(struct text *text, const struct step_facts *facts)
{
    const struct poller_layout *poller = poller_of(facts);
    uint32_t clock = facts->place->before[facts->world->layout.clock_slots[poller->function]];
    text_append_format(text, "reads the clock: %u.%03u s after the start", clock / 1000,
                       clock % 1000);
}

static void summarise_draw(struct text *text, const struct step_facts *facts)
{
    struct value_store *store = facts->world->store;
    struct value drawn = facts->step->detail;
    bool named = !value_is_none(drawn) && value_kind(store, drawn) == VALUE_STRING;
    text_append_format(text, "draws %s: %s", named ? value_bytes(store, drawn, NULL) : "a number",
                       facts->place->action->low_draw > 0 ? "lowest value" : "highest value");
}

/* The clock rests where nobody can tell any more: less may pass than the delay says. */
static void append_delay(struct text *text, const struct step_facts *facts)
{
    uint32_t seconds = facts->place->action->count;
    if (seconds < 120)
        text_append_format(text, "is delayed: %u s pass", (unsigned)seconds);
    else if (seconds < 7200)
        text_append_format(text, "is delayed: %u minutes pass", (unsigned)(seconds / 60));
    else
        text_append_format(text, "is delayed: %u hours pass", (unsigned)(seconds / 3600));
}

/* What becomes of a batch whose invocation did not succeed as a whole. */
static void summarise_failure(struct text *text, const struct step_facts *facts)
{
    const struct action *action = facts->place->action;
    if (action->kind == ACTION_PARTIAL) {
        append_partial(text, facts);
        return;
    }
    if (action->kind == ACTION_TIMEOUT)
        text_append_format(
            text, "times out here%s, %u s pass: ",
            action->fault == FAULT_LATE_WRITE ? " with its write in flight" : "",
            (unsigned)facts->world->pipeline->functions[poller_of(facts)->function].timeout_s);
    else
        text_append_string(text, action->kind == ACTION_CRASH ? "crashes here: " : "failed: ");
    append_batch_after_failure(text, facts);
}

static void append_container(struct text *text, const struct step_facts *facts)
{
    const struct action *action = facts->place->action;
    char name[POLLER_NAME_SIZE];
    text_append_string(text, ", in the container of ");
    if (action_container_of(action) == action->poller) {
        text_append_string(text, "the invocation before");
        return;
    }
    world_poller_name(facts->world, action_container_of(action), name, sizeof name);
    text_append_format(text, "an invocation of %s", name);
}

static void summarise(struct text *text, const struct step_facts *facts)
{
    switch (facts->place->action->kind) {
    case ACTION_PUT:
        summarise_put(text, facts);
        return;
    case ACTION_POLL:
        summarise_poll(text, facts);
        break;
    case ACTION_PASS:
        text_append_format(text, "passes over %u record%s: not for it",
                           (unsigned)facts->place->action->count,
                           facts->place->action->count == 1 ? "" : "s");
        return;
    case ACTION_INVOKE:
        text_append_string(text, "starts");
        break;
    case ACTION_CALL:
        summarise_call(text, facts);
        break;
    case ACTION_DRAW:
        summarise_draw(text, facts);
        break;
    case ACTION_CLOCK:
        summarise_clock(text, facts);
        break;
    case ACTION_ACKNOWLEDGE:
        text_append_format(text, "succeeded: the batch of %u is acknowledged%s",
                           (unsigned)batch_records(facts),
                           batch_goes_on(facts) ? ", the next piece is to come" : "");
        return;
    case ACTION_PARTIAL:
    case ACTION_RETRY:
    case ACTION_BISECT:
    case ACTION_DROP:
    case ACTION_CRASH:
    case ACTION_TIMEOUT:
        summarise_failure(text, facts);
        break;
    case ACTION_ARRIVE:
        text_append_format(text, "%s", operation_name(facts, facts->late));
        append_subject(text, facts, facts->late);
        text_append_format(text, ", in flight when the invocation timed out, arrives: %s",
                           changed_anything(facts) ? "done" : "no change");
        return;
    case ACTION_REDELIVER:
        text_append_format(text, "goes back %u record%s: what was acknowledged comes again",
                           (unsigned)facts->place->action->count,
                           facts->place->action->count == 1 ? "" : "s");
        return;
    case ACTION_REBATCH:
        text_append_string(text,
                           "is replaced: what is not acknowledged comes again in other batches");
        return;
    case ACTION_DELAY:
        append_delay(text, facts);
        return;
    case ACTION_EXPIRE:
        append_expiry(text, facts);
        return;
    case ACTION_TIME_TO_LIVE:
        append_time_to_live(text, facts);
        return;
    }
    if (action_starts_warm(facts->place->action->kind, facts->place->action->place))
        append_container(text, facts);
    if (facts->end != NULL)
        append_end(text, facts, facts->end);
}

struct value step_summary(const struct step_facts *facts)
{
    struct text text;
    text_init(&text, facts->world->memory);
    summarise(&text, facts);
    struct value value = VALUE_NONE;
    if (!text_failed(&text))
        value = value_string(facts->world->store, text_string(&text), text.length);
    text_release(&text);
    return value;
}
