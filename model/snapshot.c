#include "model/snapshot.h"

#include "model/base/digest.h"
#include "model/base/json.h"
#include "model/base/text.h"

#include <stdio.h>
#include <string.h>

enum { NAME_SIZE = 1024 };

/* Entries of the map under construction. */
struct snapshot {
    struct world *world;
    struct value_entry *entries;
    size_t count;
    size_t capacity;
    bool failed;
};

/* Names may hold NUL bytes: keys do. */
static void add_named(struct snapshot *snapshot, const char *name, size_t length,
                      struct value value)
{
    void *entries = snapshot->entries;
    if (value_is_none(value) ||
        !memory_reserve(snapshot->world->memory, &entries, &snapshot->capacity, snapshot->count + 1,
                        sizeof *snapshot->entries)) {
        snapshot->failed = true;
        return;
    }
    snapshot->entries = entries;
    snapshot->entries[snapshot->count++] = (struct value_entry){
        .key = value_string(snapshot->world->store, name, length), .value = value};
}

static void add(struct snapshot *snapshot, const char *name, struct value value)
{
    add_named(snapshot, name, strlen(name), value);
}

static struct value object(struct value_store *store, const char *const *names,
                           const struct value *values, size_t count)
{
    struct value_entry entries[8];
    size_t kept = 0;
    for (size_t i = 0; i < count; i++) {
        if (!value_is_none(values[i]))
            entries[kept++] =
                (struct value_entry){.key = value_text(store, names[i]), .value = values[i]};
    }
    return value_map(store, entries, kept);
}

/* A key as text: the string itself, a number, binary as base64, or the parts of a composite key. */
static void key_text(const struct value_store *store, struct value key, struct text *text)
{
    size_t parts = value_kind(store, key) == VALUE_LIST ? value_count(store, key) : 1;
    for (size_t i = 0; i < parts; i++) {
        struct value part = value_kind(store, key) == VALUE_LIST ? value_at(store, key, i) : key;
        size_t length = 0;
        char number[DECIMAL_TEXT_SIZE];
        if (i > 0)
            text_append_char(text, '|');
        if (value_kind(store, part) == VALUE_NUMBER) {
            length = decimal_text(value_decimal(store, part), number);
            text_append(text, number, length);
            continue;
        }
        const char *bytes = value_bytes(store, part, &length);
        if (value_kind(store, part) == VALUE_BINARY)
            base64_append(text, bytes, length);
        else
            text_append(text, bytes, length);
    }
}

static void add_generator(struct snapshot *snapshot, const uint32_t *slots)
{
    struct world *world = snapshot->world;
    struct value done = {slots[world->layout.generator_slot]};
    size_t length = 0;
    const char *counts = value_bytes(world->store, done, &length);
    struct value list = value_list(world->store, NULL, 0);
    for (size_t i = 0; i < length; i++)
        list = value_append(world->store, list, value_integer(world->store, (uint8_t)counts[i]));
    add(snapshot, "Generator", list);
}

/* Kinesis data is base64 in the event; it is shown as the JSON it holds, where it does. VALUE_NONE:
 * no memory. */
static struct value readable_data(struct world *world, struct value kinesis)
{
    struct value encoded = value_get_text(world->store, kinesis, "data");
    size_t length = 0;
    const char *base64 = value_bytes(world->store, encoded, &length);
    struct text text;
    text_init(&text, world->memory);
    struct value result = encoded;
    struct error ignored = ERROR_INIT;
    enum status status = STATUS_OK;
    if (base64_decode_append(&text, base64, length) && !text_failed(&text))
        status = json_parse(world->store, text_string(&text), text.length, NULL, &result, &ignored);
    if (status != STATUS_OK)
        result = encoded;
    if (text_failed(&text) || status == STATUS_NO_MEMORY)
        result = value_store_fail(world->store);
    text_release(&text);
    return result;
}

static struct value readable_record(struct world *world, struct value record)
{
    struct value_store *store = world->store;
    struct value kinesis = value_get_text(store, record, "kinesis");
    if (!value_is_none(kinesis)) {
        static const char *const names[] = {"sequenceNumber", "partitionKey", "data"};
        struct value values[] = {value_get_text(store, kinesis, "sequenceNumber"),
                                 value_get_text(store, kinesis, "partitionKey"),
                                 readable_data(world, kinesis)};
        return object(store, names, values, 3);
    }
    static const char *const names[] = {"eventName", "Keys", "NewImage", "OldImage",
                                        "SequenceNumber"};
    struct value change = value_get_text(store, record, "dynamodb");
    struct value values[] = {
        value_get_text(store, record, "eventName"), value_get_text(store, change, "Keys"),
        value_get_text(store, change, "NewImage"), value_get_text(store, change, "OldImage"),
        value_get_text(store, change, "SequenceNumber")};
    return object(store, names, values, 5);
}

static void add_logs(struct snapshot *snapshot, const uint32_t *slots)
{
    struct world *world = snapshot->world;
    for (uint32_t i = 0; i < world->layout.log_count; i++) {
        const struct log_layout *log = &world->layout.logs[i];
        bool stream = log->kind == SOURCE_STREAM;
        const char *source = stream ? world->pipeline->streams[log->source].name
                                    : world->pipeline->tables[log->source].name;
        size_t length = world_log_length(world, slots, i);
        for (size_t j = world_log_base(world, slots, i); j < length; j++) {
            char name[NAME_SIZE];
            snprintf(name, sizeof name, "%s/%s-%u/%zu", source, stream ? "shard" : "stream",
                     (unsigned)log->shard, j);
            struct value entry = world_log_entry(world, slots, i, (uint32_t)j);
            add(snapshot, name, readable_record(world, value_at(world->store, entry, 1)));
        }
    }
}

/* Where chance has placed keys of a table or a stream. */
static void add_places(struct snapshot *snapshot, const char *source, struct value places)
{
    const struct world *world = snapshot->world;
    struct text name;
    text_init(&name, world->memory);
    for (size_t j = 0; j < value_count(world->store, places); j++) {
        text_clear(&name);
        text_append_format(&name, "%s/placement/", source);
        key_text(world->store, value_key_at(world->store, places, j), &name);
        add_named(snapshot, text_string(&name), name.length,
                  value_value_at(world->store, places, j));
    }
    snapshot->failed = snapshot->failed || text_failed(&name);
    text_release(&name);
}

static void add_tables(struct snapshot *snapshot, const uint32_t *slots)
{
    struct world *world = snapshot->world;
    struct text name;
    text_init(&name, world->memory);
    for (uint32_t i = 0; i < world->pipeline->table_count; i++) {
        struct value table = {slots[world->layout.table_slots[i]]};
        for (size_t j = 0; j < value_count(world->store, table); j++) {
            text_clear(&name);
            text_append_format(&name, "%s/", world->pipeline->tables[i].name);
            key_text(world->store, value_key_at(world->store, table, j), &name);
            add_named(snapshot, text_string(&name), name.length,
                      item_to_wire(world->store, value_value_at(world->store, table, j)));
        }
        if (world->layout.place_slots[i] == WORLD_NO_SLOT)
            continue;
        add_places(snapshot, world->pipeline->tables[i].name,
                   (struct value){slots[world->layout.place_slots[i]]});
    }
    for (uint32_t i = 0; i < world->pipeline->stream_count; i++) {
        if (world->layout.stream_place_slots[i] != WORLD_NO_SLOT)
            add_places(snapshot, world->pipeline->streams[i].name,
                       (struct value){slots[world->layout.stream_place_slots[i]]});
    }
    snapshot->failed = snapshot->failed || text_failed(&name);
    text_release(&name);
}

static const char *invocation_text(const struct world *world, const struct poller_layout *poller,
                                   const uint32_t *slots)
{
    uint32_t node = slots[poller->node_slot];
    if (slots[poller->batch_slot] == 0)
        return "idle";
    if (node == HANDLER_NODE_NONE)
        return "waiting";
    if (node == HANDLER_NODE_RETURNED)
        return "returned";
    if (node == HANDLER_NODE_FAILED || node == HANDLER_NODE_FAILED_BY_FAULT)
        return "failed";
    if (node == HANDLER_NODE_HUNG)
        return "timed out";
    const struct handler_step *step = handler_tree_step(world->trees[poller->function], node);
    return step->kind == HANDLER_CALL ? value_bytes(world->store, step->target, NULL)
                                      : handler_step_kind_name(step->kind);
}

static struct value optional_number(struct value_store *store, const uint32_t *slots, uint16_t slot)
{
    return slot != WORLD_NO_SLOT ? value_integer(store, slots[slot]) : VALUE_NONE;
}

static void add_pollers(struct snapshot *snapshot, const uint32_t *slots)
{
    static const char *const names[] = {"stream checkpoint", "batch",   "invocation", "attempt",
                                        "pieces to come",    "retries", "failed from"};
    struct world *world = snapshot->world;
    struct value_store *store = world->store;
    for (uint32_t i = 0; i < world->layout.poller_count; i++) {
        const struct poller_layout *poller = &world->layout.pollers[i];
        bool splits = poller->pieces_slot != WORLD_NO_SLOT;
        struct value pieces = {splits ? slots[poller->pieces_slot] : VALUE_NONE.id};
        struct value values[] = {
            value_integer(store, slots[poller->checkpoint_slot]),
            value_integer(store, slots[poller->batch_slot]),
            value_text(store, invocation_text(world, poller, slots)),
            world->facts.attempts_shown[poller->function]
                ? value_integer(store, slots[poller->attempt_slot])
                : VALUE_NONE,
            pieces,
            optional_number(store, slots, poller->retries_slot),
            optional_number(store, slots, poller->failed_slot),
        };
        size_t count = sizeof values / sizeof *values;
        char name[NAME_SIZE];
        world_poller_name(world, i, name, sizeof name);
        add(snapshot, name, object(store, names, values, count));
        if (poller->late_slot == WORLD_NO_SLOT || slots[poller->late_slot] == HANDLER_NODE_NONE)
            continue;
        const struct handler_step *late =
            handler_tree_step(world->trees[poller->function], slots[poller->late_slot]);
        size_t length = strlen(name);
        snprintf(name + length, sizeof name - length, "/in flight");
        add(snapshot, name, late->target);
    }
}

static void add_rest(struct snapshot *snapshot, const uint32_t *slots)
{
    struct world *world = snapshot->world;
    char name[NAME_SIZE];
    for (size_t i = 0; i < world->pipeline->function_count; i++) {
        snprintf(name, sizeof name, "%s/clock", world->pipeline->functions[i].name);
        add(snapshot, name, value_integer(world->store, slots[world->layout.clock_slots[i]]));
    }
    for (size_t i = 0; i < FAULT_KIND_COUNT; i++) {
        if (world->layout.cap_slots[i] == WORLD_NO_SLOT)
            continue;
        snprintf(name, sizeof name, "faults/%s", fault_kind_name((enum fault_kind)i));
        add(snapshot, name, value_integer(world->store, slots[world->layout.cap_slots[i]]));
    }
    struct value tokens = {slots[world->layout.tokens_slot]};
    for (size_t i = 0; i < value_count(world->store, tokens); i++) {
        struct value token = value_key_at(world->store, tokens, i);
        struct value used = value_value_at(world->store, tokens, i);
        snprintf(name, sizeof name, "tokens/%s", value_bytes(world->store, token, NULL));
        add(snapshot, name, value_at(world->store, used, 1));
    }
}

struct value world_snapshot(struct world *world, const uint32_t *slots)
{
    struct snapshot snapshot = {.world = world};
    add_generator(&snapshot, slots);
    add_logs(&snapshot, slots);
    add_tables(&snapshot, slots);
    add_pollers(&snapshot, slots);
    add_rest(&snapshot, slots);
    /* the store must know: who lists what has changed would take no snapshot for no change */
    bool failed = snapshot.failed || value_store_failed(world->store);
    struct value result = failed ? value_store_fail(world->store)
                                 : value_map(world->store, snapshot.entries, snapshot.count);
    memory_free(world->memory, snapshot.entries, snapshot.capacity * sizeof *snapshot.entries);
    return result;
}

static struct value change_of(struct value_store *store, struct value component,
                              struct value before, struct value after)
{
    static const char *const names[] = {"component", "before", "after"};
    struct value values[] = {component, before, after};
    return object(store, names, values, 3);
}

struct value snapshot_difference(struct value_store *store, struct value before, struct value after)
{
    if (value_is_none(before) || value_is_none(after))
        return VALUE_NONE;
    struct value changes = value_list(store, NULL, 0);
    size_t i = 0;
    size_t j = 0;
    while (!value_is_none(changes) &&
           (i < value_count(store, before) || j < value_count(store, after))) {
        int order = 0;
        if (i == value_count(store, before))
            order = 1;
        else if (j == value_count(store, after))
            order = -1;
        else
            order =
                value_compare(store, value_key_at(store, before, i), value_key_at(store, after, j));
        struct value old = order <= 0 ? value_value_at(store, before, i) : value_null(store);
        struct value new = order >= 0 ? value_value_at(store, after, j) : value_null(store);
        struct value component =
            order <= 0 ? value_key_at(store, before, i) : value_key_at(store, after, j);
        if (!value_equal(old, new))
            changes = value_append(store, changes, change_of(store, component, old, new));
        i += order <= 0 ? 1 : 0;
        j += order >= 0 ? 1 : 0;
    }
    return changes;
}
