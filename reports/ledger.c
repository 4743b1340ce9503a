#include "reports/ledger.h"

#include "reports/field.h"
#include "reports/ledger_internal.h"

#include <string.h>

enum { BUILDER_ACTORS_MAX = 1024 };

struct builder {
    struct ledger *ledger;
    struct arena *arena;
    const struct ledger_name *names;
    size_t name_count;
    struct ledger_own *own;      /* per entry of batch_records: what only that record holds */
    struct value record_numbers; /* MAP component -> index into records */
    struct value item_holders;   /* MAP component -> number of the one message that it holds */
    size_t *current;             /* per actor: its batch */
    struct value *actors;
    size_t actor_count;
    struct ledger_content *scratch;
};

static struct value step_of(const struct ledger *ledger, size_t step)
{
    return value_at(ledger->store, ledger->steps, step);
}

static struct value change_of(const struct ledger *ledger, size_t step, size_t change)
{
    return field_at(ledger->store, step_of(ledger, step), "changes", change);
}

const char *ledger_actor(const struct ledger *ledger, size_t step, size_t *length)
{
    const char *actor = field_text(ledger->store, step_of(ledger, step), "actor");
    const char *hash = strrchr(actor, '#');
    *length = hash == NULL ? strlen(actor) : (size_t)(hash - actor);
    return actor;
}

static bool is_action(const struct ledger *ledger, size_t step, const char *action)
{
    return strcmp(field_text(ledger->store, step_of(ledger, step), "action"), action) == 0;
}

/* Where, at its end, a component's name says "/shard-0/3" or "/stream-0/3". */
static const char *record_suffix(const char *component)
{
    const char *slash = strrchr(component, '/');
    if (slash == NULL || slash[1] == '\0' || slash[1 + strspn(slash + 1, "0123456789")] != '\0')
        return NULL;
    const char *start = slash;
    while (start > component && start[-1] != '/')
        start--;
    size_t word =
        strncmp(start, "shard-", 6) == 0 ? 6 : (strncmp(start, "stream-", 7) == 0 ? 7 : 0);
    if (word == 0 || start == component)
        return NULL;
    size_t digits = strspn(start + word, "0123456789");
    return digits > 0 && start + word + digits == slash ? start - 1 : NULL;
}

/* A change of an item: not of a record, a poller, a clock, a token, a placement or the generator.
 */
static bool is_item(const struct builder *builder, struct value change)
{
    const char *component = field_text(builder->ledger->store, change, "component");
    const char *slash = strchr(component, '/');
    if (slash == NULL || record_suffix(component) != NULL ||
        strncmp(component, "tokens/", 7) == 0 || strncmp(component, "faults/", 7) == 0 ||
        strncmp(slash, "/placement/", 11) == 0)
        return false;
    const char *last = strrchr(component, '/');
    if (strcmp(last, "/clock") == 0)
        return false;
    for (size_t i = 0; i < builder->actor_count; i++) {
        if (value_is_text(builder->ledger->store, builder->actors[i], component))
            return false;
    }
    return true;
}

static size_t actor_number(struct builder *builder, size_t step)
{
    struct ledger *ledger = builder->ledger;
    size_t length = 0;
    const char *actor = ledger_actor(ledger, step, &length);
    struct value name = value_string(ledger->store, actor, length);
    size_t i = 0;
    while (i < builder->actor_count && !value_equal(builder->actors[i], name))
        i++;
    if (i == builder->actor_count && i < BUILDER_ACTORS_MAX) {
        builder->actors[i] = name;
        builder->current[i] = LEDGER_NONE;
        builder->actor_count++;
    }
    return i;
}

static void add_record(struct builder *builder, size_t step, struct value change, uint64_t messages,
                       size_t batch)
{
    struct ledger *ledger = builder->ledger;
    struct value component = value_get_text(ledger->store, change, "component");
    struct value content = value_get_text(ledger->store, change, "after");
    builder->record_numbers =
        value_put(ledger->store, builder->record_numbers, component,
                  value_integer(ledger->store, (int64_t)ledger->record_count));
    ledger->records[ledger->record_count++] = (struct ledger_record){.component = component,
                                                                     .content = content,
                                                                     .messages = messages,
                                                                     .step = step,
                                                                     .batch = batch};
}

static void read_put(struct builder *builder, size_t step)
{
    struct ledger *ledger = builder->ledger;
    int64_t message = field_integer(ledger->store, step_of(ledger, step), "count", -1);
    if (message < 0 || (size_t)message >= builder->name_count)
        return;
    size_t count = field_count(ledger->store, step_of(ledger, step), "changes");
    for (size_t i = 0; i < count; i++) {
        struct value change = change_of(ledger, step, i);
        if (record_suffix(field_text(ledger->store, change, "component")) != NULL)
            add_record(builder, step, change, UINT64_C(1) << message, LEDGER_NONE);
    }
}

static void read_poll(struct builder *builder, size_t step, size_t actor)
{
    struct ledger *ledger = builder->ledger;
    const struct value_store *store = ledger->store;
    struct ledger_batch *batch = &ledger->batches[ledger->batch_count];
    *batch = (struct ledger_batch){.actor = builder->actors[actor],
                                   .polled = step,
                                   .acknowledged = LEDGER_NONE,
                                   .first = ledger->batch_record_count};
    size_t count = field_count(store, step_of(ledger, step), "records");
    for (size_t i = 0; i < count; i++) {
        struct value name = field_at(store, step_of(ledger, step), "records", i);
        struct value number =
            value_is_none(builder->record_numbers) || value_kind(store, name) != VALUE_STRING
                ? VALUE_NONE
                : value_get(store, builder->record_numbers, name);
        int64_t index = 0;
        if (value_is_none(number) || !value_to_integer(store, number, &index))
            continue;
        ledger->batch_records[ledger->batch_record_count++] = (size_t)index;
        batch->count++;
    }
    ledger_find_own(ledger, ledger->batch_count, builder->own, builder->scratch);
    builder->current[actor] = ledger->batch_count++;
}

uint64_t ledger_batch_messages(const struct ledger *ledger, size_t batch)
{
    uint64_t messages = 0;
    for (size_t i = 0; i < ledger->batches[batch].count; i++)
        messages |=
            ledger->records[ledger->batch_records[ledger->batches[batch].first + i]].messages;
    return messages;
}

size_t ledger_batch_record(const struct ledger *ledger, size_t batch, uint32_t message)
{
    for (size_t i = ledger->batches[batch].count; i > 0; i--) {
        size_t record = ledger->batch_records[ledger->batches[batch].first + i - 1];
        if ((ledger->records[record].messages >> message & 1) != 0)
            return record;
    }
    return LEDGER_NONE;
}

/* The number of the only message in a set; -1: there are none or several. */
static int32_t only_message(uint64_t messages)
{
    if (messages == 0 || (messages & (messages - 1)) != 0)
        return -1;
    int32_t number = 0;
    while ((messages >> number & 1) == 0)
        number++;
    return number;
}

/* An item that names the message's trade holds this one message from now on; returns the one of
 * another version that it held before. */
static int32_t take_place(struct builder *builder, struct value change, uint64_t messages)
{
    struct value_store *store = builder->ledger->store;
    struct value component = value_get_text(store, change, "component");
    struct value after = value_get_text(store, change, "after");
    int32_t message = only_message(messages);
    int64_t held = -1;
    if (value_is_none(builder->item_holders))
        return -1;
    struct value holder = value_get(store, builder->item_holders, component);
    if (!value_is_none(holder))
        (void)value_to_integer(store, holder, &held);
    bool names = message >= 0 && !value_is_none(after) &&
                 ledger_holds_text(store, after, builder->names[message].trade, builder->scratch);
    builder->item_holders = value_put(store, builder->item_holders, component,
                                      value_integer(store, names ? message : -1));
    if (!names || held < 0 || held == message ||
        strcmp(builder->names[held].trade, builder->names[message].trade) != 0)
        return -1;
    return (int32_t)held;
}

static void read_call(struct builder *builder, size_t step, size_t batch)
{
    struct ledger *ledger = builder->ledger;
    struct value_store *store = ledger->store;
    struct value request = value_member(store, step_of(ledger, step), "request", VALUE_MAP);
    struct value body =
        value_is_none(request) ? VALUE_NONE : value_get_text(store, request, "body");
    struct value answer = value_member(store, step_of(ledger, step), "answer", VALUE_MAP);
    uint64_t asked = ledger_attribute(ledger, batch, body, builder->own, builder->scratch, 0);
    if (field_integer(store, answer, "status", 200) != 200)
        ledger->refusals[ledger->refusal_count++] =
            (struct ledger_refusal){.step = step, .batch = batch, .messages = asked};
    size_t count = field_count(store, step_of(ledger, step), "changes");
    for (size_t i = 0; i < count; i++) {
        struct value change = change_of(ledger, step, i);
        struct value content = value_member(store, change, "after", VALUE_MAP);
        if (value_is_none(content))
            content = value_member(store, change, "before", VALUE_MAP);
        bool record = record_suffix(field_text(store, change, "component")) != NULL;
        if (!record && !is_item(builder, change))
            continue;
        uint64_t messages =
            ledger_attribute(ledger, batch, content, builder->own, builder->scratch, asked);
        if (record)
            add_record(builder, step, change, messages, batch);
        else
            ledger->writes[ledger->write_count++] =
                (struct ledger_write){.step = step,
                                      .batch = batch,
                                      .component = value_get_text(store, change, "component"),
                                      .messages = messages,
                                      .replaced = take_place(builder, change, messages)};
    }
}

static void read_step(struct builder *builder, size_t step)
{
    struct ledger *ledger = builder->ledger;
    ledger->step_batches[step] = LEDGER_NONE;
    if (is_action(ledger, step, "put")) {
        read_put(builder, step);
        return;
    }
    size_t actor = actor_number(builder, step);
    if (actor == BUILDER_ACTORS_MAX)
        return;
    if (is_action(ledger, step, "poll"))
        read_poll(builder, step, actor);
    size_t batch = builder->current[actor];
    ledger->step_batches[step] = batch;
    if (batch == LEDGER_NONE)
        return;
    if (is_action(ledger, step, "call"))
        read_call(builder, step, batch);
    if (is_action(ledger, step, "crash") || is_action(ledger, step, "timeout") ||
        is_action(ledger, step, "retry") || is_action(ledger, step, "bisect"))
        ledger->batches[batch].failures++;
    bool acknowledges = is_action(ledger, step, "acknowledge");
    bool drops =
        !value_is_none(value_member(ledger->store, step_of(ledger, step), "dropped", VALUE_MAP));
    if (acknowledges)
        ledger->batches[batch].acknowledged = step;
    if ((acknowledges || drops) && !field_truth(ledger->store, step_of(ledger, step), "more"))
        builder->current[actor] = LEDGER_NONE;
}

/* Room for all that the steps could hold. */
static bool reserve(struct builder *builder, size_t step_count)
{
    struct ledger *ledger = builder->ledger;
    size_t changes = 0;
    size_t polls = 0;
    size_t delivered = 0;
    for (size_t i = 0; i < step_count; i++) {
        changes += field_count(ledger->store, step_of(ledger, i), "changes");
        delivered += field_count(ledger->store, step_of(ledger, i), "records");
        polls += is_action(ledger, i, "poll") ? 1 : 0;
    }
    struct arena *arena = builder->arena;
    ledger->records = arena_allocate_array(arena, changes, sizeof *ledger->records);
    ledger->batches = arena_allocate_array(arena, polls, sizeof *ledger->batches);
    ledger->batch_records = arena_allocate_array(arena, delivered, sizeof *ledger->batch_records);
    ledger->writes = arena_allocate_array(arena, changes, sizeof *ledger->writes);
    ledger->refusals = arena_allocate_array(arena, step_count, sizeof *ledger->refusals);
    ledger->step_batches = arena_allocate_array(arena, step_count, sizeof *ledger->step_batches);
    builder->own = arena_allocate_array(arena, delivered, sizeof *builder->own);
    builder->actors = arena_allocate_array(arena, BUILDER_ACTORS_MAX, sizeof *builder->actors);
    builder->current = arena_allocate_array(arena, BUILDER_ACTORS_MAX, sizeof *builder->current);
    builder->scratch =
        arena_allocate_array(arena, LEDGER_NARROWED_MAX + 1, sizeof *builder->scratch);
    return ledger->records != NULL && ledger->batches != NULL && ledger->batch_records != NULL &&
           ledger->writes != NULL && ledger->refusals != NULL && ledger->step_batches != NULL &&
           builder->own != NULL && builder->actors != NULL && builder->current != NULL &&
           builder->scratch != NULL;
}

bool ledger_read(struct ledger *ledger, struct value_store *store, struct value steps,
                 const struct ledger_name *names, size_t name_count, struct arena *arena)
{
    struct builder builder = {.ledger = ledger,
                              .arena = arena,
                              .names = names,
                              .name_count = name_count,
                              .record_numbers = value_map(store, NULL, 0),
                              .item_holders = value_map(store, NULL, 0)};
    *ledger = (struct ledger){.store = store, .steps = steps};
    size_t step_count = value_count(store, steps);
    if (!reserve(&builder, step_count))
        return false;
    for (size_t i = 0; i < step_count; i++)
        read_step(&builder, i);
    return !value_store_failed(store);
}

size_t ledger_write_at(const struct ledger *ledger, size_t step, uint32_t message,
                       const char *prefix)
{
    for (size_t i = 0; i < ledger->write_count; i++) {
        const struct ledger_write *write = &ledger->writes[i];
        if (write->step == step && (write->messages >> message & 1) != 0 &&
            strncmp(value_bytes(ledger->store, write->component, NULL), prefix, strlen(prefix)) ==
                0)
            return i;
    }
    return LEDGER_NONE;
}
