/* Whose values are in a content. */
#include "reports/ledger_internal.h"

#include <string.h>

static bool holds(const struct value *atoms, size_t count, struct value atom)
{
    for (size_t i = 0; i < count; i++) {
        if (value_equal(atoms[i], atom))
            return true;
    }
    return false;
}

/* Fields that differ between any two records, and come back in nothing that is written. */
static bool is_envelope(const struct value_store *store, struct value key)
{
    static const char *const names[] = {"sequenceNumber", "SequenceNumber", "partitionKey",
                                        "eventName"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (value_is_text(store, key, names[i]))
            return true;
    }
    return false;
}

static void add_atom(struct ledger_content *content, struct value atom)
{
    if (!value_is_none(atom) && content->count < LEDGER_ATOMS_MAX &&
        !holds(content->atoms, content->count, atom))
        content->atoms[content->count++] = atom;
}

/* NOLINTNEXTLINE(misc-no-recursion): at most LEDGER_DEPTH_MAX deep */
static void collect(struct value_store *store, struct value value, struct ledger_content *content,
                    unsigned depth)
{
    if (depth > LEDGER_DEPTH_MAX || content->count == LEDGER_ATOMS_MAX)
        return;
    switch (value_kind(store, value)) {
    case VALUE_STRING:
        add_atom(content, value);
        return;
    case VALUE_NUMBER: {
        char text[DECIMAL_TEXT_SIZE];
        size_t length = decimal_text(value_decimal(store, value), text);
        add_atom(content, value_string(store, text, length));
        return;
    }
    case VALUE_LIST:
        for (size_t i = 0; i < value_count(store, value); i++)
            collect(store, value_at(store, value, i), content, depth + 1);
        return;
    case VALUE_MAP:
        for (size_t i = 0; i < value_count(store, value); i++) {
            if (!is_envelope(store, value_key_at(store, value, i)))
                collect(store, value_value_at(store, value, i), content, depth + 1);
        }
        return;
    case VALUE_NULL:
    case VALUE_BOOL:
    case VALUE_BINARY:
    case VALUE_STRING_SET:
    case VALUE_NUMBER_SET:
    case VALUE_BINARY_SET:
        return;
    }
}

static void collect_content(struct value_store *store, struct value value,
                            struct ledger_content *content)
{
    content->count = 0;
    if (!value_is_none(value))
        collect(store, value, content, 0);
}

bool ledger_holds_text(struct value_store *store, struct value content, const char *text,
                       struct ledger_content *scratch)
{
    collect_content(store, content, scratch);
    struct value atom = value_text(store, text);
    return !value_is_none(atom) && holds(scratch->atoms, scratch->count, atom);
}

static const struct ledger_record *record_of(const struct ledger *ledger, size_t batch,
                                             size_t index)
{
    return &ledger->records[ledger->batch_records[ledger->batches[batch].first + index]];
}

void ledger_find_own(const struct ledger *ledger, size_t batch, struct ledger_own *own,
                     struct ledger_content *scratch)
{
    size_t count = ledger->batches[batch].count;
    own += ledger->batches[batch].first;
    for (size_t i = 0; i < count; i++)
        own[i].count = 0;
    if (count > LEDGER_NARROWED_MAX)
        return;
    for (size_t i = 0; i < count; i++)
        collect_content(ledger->store, record_of(ledger, batch, i)->content, &scratch[i]);
    for (size_t i = 0; i < count; i++) {
        for (size_t j = 0; j < scratch[i].count; j++) {
            bool shared = false;
            for (size_t k = 0; !shared && k < count; k++)
                shared = record_of(ledger, batch, k)->messages !=
                             record_of(ledger, batch, i)->messages &&
                         holds(scratch[k].atoms, scratch[k].count, scratch[i].atoms[j]);
            if (!shared)
                own[i].atoms[own[i].count++] = scratch[i].atoms[j];
        }
    }
}

uint64_t ledger_attribute(const struct ledger *ledger, size_t batch, struct value content,
                          const struct ledger_own *own, struct ledger_content *scratch,
                          uint64_t otherwise)
{
    struct ledger_content *found = &scratch[LEDGER_NARROWED_MAX];
    uint64_t messages = 0;
    size_t best = 1;
    own += ledger->batches[batch].first;
    collect_content(ledger->store, content, found);
    for (size_t i = 0; i < ledger->batches[batch].count; i++) {
        size_t matched = 0;
        for (size_t j = 0; j < own[i].count; j++)
            matched += holds(found->atoms, found->count, own[i].atoms[j]) ? 1 : 0;
        if (matched < best)
            continue;
        messages = (matched > best ? 0 : messages) | record_of(ledger, batch, i)->messages;
        best = matched;
    }
    if (messages != 0)
        return messages;
    return otherwise != 0 ? otherwise : ledger_batch_messages(ledger, batch);
}
