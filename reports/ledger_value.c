#include "reports/ledger_value.h"

#include "model/scenario.h"
#include "reports/field.h"
#include "reports/ledger.h"

#include <stdio.h>
#include <string.h>

enum { SHOWN_MAX = 48, SHOWN_CUT = 24, LISTED_MAX = 4 };

struct way {
    const struct ledger *ledger;
    struct value entries;
    uint32_t message;
    size_t step;
    size_t write; /* the first of this step or later; so the others */
    size_t record;
};

static const char *event_name(size_t event)
{
    static const char *const names[] = {
#define EVENT_NAME(event, name) name,
        LEDGER_EVENTS(EVENT_NAME)
#undef EVENT_NAME
    };
    return names[event];
}

enum ledger_event {
#define EVENT_ENUM(event, name) event,
    LEDGER_EVENTS(EVENT_ENUM)
#undef EVENT_ENUM
};

static struct value step_of(const struct way *way)
{
    return value_at(way->ledger->store, way->ledger->steps, way->step);
}

static bool carries(uint64_t messages, uint32_t message) { return (messages >> message & 1) != 0; }

static void add_entry(struct way *way, enum ledger_event event, const struct text *text)
{
    struct value_store *store = way->ledger->store;
    struct value entry = value_map(store, NULL, 0);
    entry = value_put_text(store, entry, "n", value_integer(store, (int64_t)way->step + 1));
    entry = value_put_text(store, entry, "event", value_text(store, event_name(event)));
    entry = value_put_text(
        store, entry, "text",
        text_failed(text) ? VALUE_NONE : value_string(store, text_string(text), text->length));
    way->entries = value_append(store, way->entries, entry);
}

/* Keys made of hashes are told apart by how they begin. */
static void append_component(struct text *text, const struct value_store *store,
                             struct value component)
{
    size_t length = 0;
    const char *bytes = value_bytes(store, component, &length);
    text_append(text, bytes, length > SHOWN_MAX ? SHOWN_CUT : length);
    text_append_string(text, length > SHOWN_MAX ? "..." : "");
}

static void append_actor(struct text *text, const struct way *way)
{
    text_append_string(text, field_text(way->ledger->store, step_of(way), "actor"));
}

static void add_put(struct way *way, struct text *text)
{
    const struct ledger *ledger = way->ledger;
    const struct ledger_record *record = &ledger->records[way->record];
    if (way->record == ledger->record_count || record->step != way->step ||
        !carries(record->messages, way->message))
        return;
    text_append_string(text, "put as ");
    append_component(text, ledger->store, record->component);
    add_entry(way, LEDGER_PUT, text);
}

static void add_batch(struct way *way, struct text *text, size_t batch)
{
    const struct ledger *ledger = way->ledger;
    const struct ledger_batch *taken = &ledger->batches[batch];
    size_t listed = 0;
    append_actor(text, way);
    text_append_format(text, " gets it in a batch of %zu, as ", taken->count);
    for (size_t i = 0; i < taken->count && listed < LISTED_MAX; i++) {
        const struct ledger_record *record =
            &ledger->records[ledger->batch_records[taken->first + i]];
        if (!carries(record->messages, way->message))
            continue;
        text_append_string(text, listed++ == 0 ? "" : ", ");
        append_component(text, ledger->store, record->component);
    }
    add_entry(way, LEDGER_BATCH, text);
}

/* What one call wrote for the message, and the stream records that it made. */
static void add_writes(struct way *way, struct text *text)
{
    const struct ledger *ledger = way->ledger;
    size_t written = 0;
    for (size_t i = way->write; i < ledger->write_count && ledger->writes[i].step == way->step;
         i++) {
        if (!carries(ledger->writes[i].messages, way->message))
            continue;
        if (written == 0) {
            append_actor(text, way);
            text_append_string(text, " writes ");
        }
        if (written < LISTED_MAX) {
            text_append_string(text, written == 0 ? "" : ", ");
            append_component(text, ledger->store, ledger->writes[i].component);
        }
        written++;
    }
    if (written == 0)
        return;
    if (written > LISTED_MAX)
        text_append_format(text, " and %zu more", written - LISTED_MAX);
    size_t made = 0;
    for (size_t i = way->record; i < ledger->record_count && ledger->records[i].step == way->step;
         i++) {
        if (!carries(ledger->records[i].messages, way->message) || made == LISTED_MAX)
            continue;
        text_append_string(text, made++ == 0 ? "; stream record " : ", ");
        append_component(text, ledger->store, ledger->records[i].component);
    }
    add_entry(way, LEDGER_WRITE, text);
}

static void add_replaced(struct way *way, const struct ledger_name *names, struct text *text)
{
    const struct ledger *ledger = way->ledger;
    for (size_t i = way->write; i < ledger->write_count && ledger->writes[i].step == way->step;
         i++) {
        const struct ledger_write *write = &ledger->writes[i];
        if (write->replaced != (int32_t)way->message)
            continue;
        uint32_t by = 0;
        while (!carries(write->messages, by))
            by++;
        text_clear(text);
        text_append_format(text, "%s v%lld takes its place in ", names[by].trade,
                           (long long)names[by].version);
        append_component(text, ledger->store, write->component);
        add_entry(way, LEDGER_REPLACED, text);
    }
}

static void add_refusals(struct way *way, struct text *text)
{
    const struct ledger *ledger = way->ledger;
    for (size_t i = 0; i < ledger->refusal_count; i++) {
        if (ledger->refusals[i].step != way->step ||
            !carries(ledger->refusals[i].messages, way->message))
            continue;
        append_actor(text, way);
        text_append_format(text, ": %s", field_text(ledger->store, step_of(way), "summary"));
        add_entry(way, LEDGER_REFUSED, text);
    }
}

static void add_counted(struct way *way, struct value counted_at, const struct ledger_name *name)
{
    const struct value_store *store = way->ledger->store;
    for (size_t i = 0; !value_is_none(counted_at) && i < value_count(store, counted_at); i++) {
        struct value change = value_at(store, counted_at, i);
        struct text text;
        if (field_integer(store, change, "n", 0) != (int64_t)way->step + 1 ||
            strcmp(field_text(store, change, "trade"), name->trade) != 0 ||
            field_integer(store, change, "version", -1) != name->version)
            continue;
        long long from = field_integer(store, change, "from", 0);
        long long to = field_integer(store, change, "to", 0);
        text_init(&text, value_store_memory(store));
        text_append_format(&text, "the aggregates now count it %lld time%s, before %lld", to,
                           to == 1 ? "" : "s", from);
        add_entry(way, to > from ? LEDGER_COUNTED : LEDGER_UNCOUNTED, &text);
        text_release(&text);
    }
}

static void add_step(struct way *way, const struct ledger_name *names, struct value counted_at,
                     struct text *text)
{
    const struct ledger *ledger = way->ledger;
    const char *action = field_text(ledger->store, step_of(way), "action");
    size_t batch = ledger->step_batches[way->step];
    text_clear(text);
    if (strcmp(action, "put") == 0)
        add_put(way, text);
    if (batch != LEDGER_NONE && carries(ledger_batch_messages(ledger, batch), way->message)) {
        if (strcmp(action, "poll") == 0) {
            add_batch(way, text, batch);
        } else if (strcmp(action, "call") == 0) {
            add_writes(way, text);
            add_refusals(way, text);
        } else if (strcmp(action, "acknowledge") == 0) {
            append_actor(text, way);
            text_append_string(text, " is done with the batch");
            add_entry(way, LEDGER_DONE, text);
        } else if (strcmp(action, "crash") == 0 || strcmp(action, "timeout") == 0 ||
                   strcmp(action, "retry") == 0) {
            append_actor(text, way);
            text_append_format(text, " %s: the batch comes again",
                               action[0] == 'c' ? "crashes"
                                                : (action[0] == 't' ? "times out" : "failed"));
            add_entry(way, LEDGER_FAILED, text);
        }
    }
    add_replaced(way, names, text);
    add_counted(way, counted_at, &names[way->message]);
}

static struct value entries_of(const struct ledger *ledger, const struct ledger_name *names,
                               uint32_t message, struct value counted_at, struct text *text)
{
    struct way way = {
        .ledger = ledger, .entries = value_list(ledger->store, NULL, 0), .message = message};
    for (; way.step < value_count(ledger->store, ledger->steps); way.step++) {
        while (way.write < ledger->write_count && ledger->writes[way.write].step < way.step)
            way.write++;
        while (way.record < ledger->record_count && ledger->records[way.record].step < way.step)
            way.record++;
        add_step(&way, names, counted_at, text);
    }
    return way.entries;
}

/* Names by the scenario's numbers, and each message's entry in the violation. */
struct names {
    struct ledger_name names[SCENARIO_MESSAGES_MAX];
    struct value entries[SCENARIO_MESSAGES_MAX];
    size_t count;
};

/* The violation lists the messages that are put, in order; `copies` says which these are. */
static void read_names(const struct value_store *store, struct value trace, struct names *names)
{
    struct value violation = value_member(store, trace, "violation", VALUE_MAP);
    size_t listed = 0;
    names->count = field_count(store, trace, "copies");
    if (names->count > SCENARIO_MESSAGES_MAX)
        names->count = SCENARIO_MESSAGES_MAX;
    for (size_t i = 0; i < names->count; i++) {
        int64_t copies = 0;
        names->names[i] = (struct ledger_name){.trade = ""};
        names->entries[i] = VALUE_NONE;
        struct value number = field_at(store, trace, "copies", i);
        if (!value_to_integer(store, number, &copies) || copies <= 0 ||
            listed >= field_count(store, violation, "messages"))
            continue;
        struct value entry = field_at(store, violation, "messages", listed++);
        names->entries[i] = entry;
        names->names[i] =
            (struct ledger_name){.trade = field_text(store, entry, "trade"),
                                 .version = field_integer(store, entry, "version", 0)};
    }
}

struct value ledger_value(struct value_store *store, struct value trace)
{
    struct arena arena;
    struct ledger ledger;
    struct names names = {.count = 0};
    struct text text;
    struct value list = value_list(store, NULL, 0);
    struct value steps = value_member(store, trace, "steps", VALUE_LIST);
    struct value violation = value_member(store, trace, "violation", VALUE_MAP);
    if (value_is_none(steps))
        return list;
    arena_init(&arena, value_store_memory(store));
    text_init(&text, value_store_memory(store));
    read_names(store, trace, &names);
    if (!ledger_read(&ledger, store, steps, names.names, names.count, &arena))
        list = VALUE_NONE;
    for (uint32_t i = 0; !value_is_none(list) && i < names.count; i++) {
        struct value entry = names.entries[i];
        if (value_is_none(entry) || value_kind(store, entry) != VALUE_MAP)
            continue;
        struct value counted_at = value_member(store, violation, "counted_at", VALUE_LIST);
        entry = value_put_text(store, entry, "entries",
                               entries_of(&ledger, names.names, i, counted_at, &text));
        list = value_append(store, list, entry);
    }
    text_release(&text);
    arena_release(&arena);
    return list;
}

void ledger_append(struct text *text, const struct value_store *store, struct value ledger,
                   bool all)
{
    for (size_t i = 0; !value_is_none(ledger) && i < value_count(store, ledger); i++) {
        struct value message = value_at(store, ledger, i);
        int64_t counted = field_integer(store, message, "counted", INT64_MIN);
        if (!all && (counted == INT64_MIN ||
                     counted == field_integer(store, message, "expected", INT64_MIN)))
            continue;
        text_append_format(text, "\n  the way of %s v%lld\n", field_text(store, message, "trade"),
                           (long long)field_integer(store, message, "version", 0));
        for (size_t j = 0; j < field_count(store, message, "entries"); j++) {
            struct value entry = field_at(store, message, "entries", j);
            text_append_format(text, "  %5lld   %s\n",
                               (long long)field_integer(store, entry, "n", 0),
                               field_text(store, entry, "text"));
        }
    }
}
