/* Records that came again: in other batches than before, or after too long a time. */
#include "reports/explanation_internal.h"
#include "reports/field.h"

#include <string.h>

/* Two batches of one poller that share the record of a message, and what was written for it. */
struct again {
    size_t batches[2];
    size_t writes[2];
};

static bool holds(const struct ledger *ledger, size_t batch, size_t record)
{
    const struct ledger_batch *taken = &ledger->batches[batch];
    for (size_t i = 0; i < taken->count; i++) {
        if (ledger->batch_records[taken->first + i] == record)
            return true;
    }
    return false;
}

static bool same_records(const struct ledger *ledger, size_t a, size_t b)
{
    const struct ledger_batch *first = &ledger->batches[a];
    if (first->count != ledger->batches[b].count)
        return false;
    for (size_t i = 0; i < first->count; i++) {
        if (!holds(ledger, b, ledger->batch_records[first->first + i]))
            return false;
    }
    return true;
}

static size_t write_in(const struct ledger *ledger, size_t batch, uint32_t message)
{
    for (size_t i = 0; i < ledger->write_count; i++) {
        if (ledger->writes[i].batch == batch && (ledger->writes[i].messages >> message & 1) != 0)
            return i;
    }
    return LEDGER_NONE;
}

static bool find_again(const struct explanation *explanation, uint32_t message, struct again *again)
{
    const struct ledger *ledger = &explanation->ledger;
    for (size_t later = 1; later < ledger->batch_count; later++) {
        size_t record = ledger_batch_record(ledger, later, message);
        again->writes[1] = write_in(ledger, later, message);
        for (size_t earlier = 0; earlier < later; earlier++) {
            again->writes[0] = write_in(ledger, earlier, message);
            again->batches[0] = earlier;
            again->batches[1] = later;
            if (record != LEDGER_NONE && again->writes[0] != LEDGER_NONE &&
                again->writes[1] != LEDGER_NONE && holds(ledger, earlier, record) &&
                value_equal(ledger->batches[earlier].actor, ledger->batches[later].actor) &&
                !same_records(ledger, earlier, later))
                return true;
        }
    }
    return false;
}

static void append_messages(struct text *text, const struct explanation *explanation,
                            uint64_t messages)
{
    bool first = true;
    for (uint32_t i = 0; i < SCENARIO_MESSAGES_MAX && i < 64; i++) {
        if ((messages >> i & 1) == 0)
            continue;
        text_append_string(text, first ? "" : ", ");
        append_message(text, explanation, i);
        first = false;
    }
}

bool cause_rebatched(struct explanation *explanation, uint32_t message)
{
    const struct ledger *ledger = &explanation->ledger;
    struct text *text = &explanation->cause;
    struct again again;
    if (!find_again(explanation, message, &again))
        return false;
    const struct ledger_write *first = &ledger->writes[again.writes[0]];
    const struct ledger_write *second = &ledger->writes[again.writes[1]];
    size_t polled = ledger->batches[again.batches[1]].polled;
    append_actor_of(text, explanation, first->step);
    text_append_string(text, " wrote ");
    append_component_of(text, explanation, again.writes[0]);
    text_append_string(text, " for ");
    append_messages(text, explanation, ledger_batch_messages(ledger, again.batches[0]));
    text_append_format(
        text, " (step %zu); the record came again in another batch (step %zu), and it wrote ",
        first->step + 1, polled + 1);
    append_component_of(text, explanation, again.writes[1]);
    text_append_string(text, " for ");
    append_messages(text, explanation, ledger_batch_messages(ledger, again.batches[1]));
    text_append_format(text, " (step %zu): ", second->step + 1);
    append_message(text, explanation, message);
    text_append_string(text, " is in both");
    explain_step(explanation, first->step, "written for one batch");
    explain_step(explanation, polled, "the record comes again, in another batch");
    explain_step(explanation, second->step, "written again, for the other batch");
    explanation->culprit = second->step;
    text_append_string(&explanation->defence,
                       "A key or token made of the whole batch protects the whole batch only: "
                       "batches may be formed anew. Mark every record on its own (its sequence "
                       "number or eventID), in the same transaction as what is written for it.");
    return true;
}

/* --- time --- */

static int64_t clock_after(const struct explanation *explanation, size_t step, const char *function)
{
    const struct value_store *store = explanation->store;
    struct value changes =
        value_member(store, explained_step(explanation, step), "changes", VALUE_LIST);
    size_t length = strlen(function);
    for (size_t i = 0; !value_is_none(changes) && i < value_count(store, changes); i++) {
        struct value change = value_at(store, changes, i);
        const char *component = field_text(store, change, "component");
        if (strncmp(component, function, length) == 0 && strcmp(component + length, "/clock") == 0)
            return field_integer(store, change, "after", 0);
    }
    return -1;
}

bool cause_too_late(struct explanation *explanation, size_t batch)
{
    const struct value_store *store = explanation->store;
    const struct ledger *ledger = &explanation->ledger;
    const struct ledger_batch *taken = &ledger->batches[batch];
    size_t end = taken->acknowledged == LEDGER_NONE ? value_count(store, explanation->steps)
                                                    : taken->acknowledged + 1;
    char function[256] = "";
    const char *actor = value_bytes(store, taken->actor, NULL);
    size_t length = strcspn(actor, "/");
    if (length >= sizeof function)
        return false;
    memcpy(function, actor, length);
    size_t waited = LEDGER_NONE;
    size_t read = LEDGER_NONE;
    int64_t now_ms = 0;
    for (size_t i = 0; i < end; i++) {
        struct value step = explained_step(explanation, i);
        const char *action = field_text(store, step, "action");
        int64_t clock = clock_after(explanation, i, function);
        if (clock > now_ms && field_text(store, step, "fault")[0] != '\0') {
            now_ms = clock;
            waited = i;
        }
        if (strcmp(action, "expire") == 0 && i > taken->polled && waited != LEDGER_NONE) {
            text_append_format(&explanation->cause,
                               ", but waited too long (step %zu): the stream keeps records for 24 "
                               "hours and dropped it (step %zu)",
                               waited + 1, i + 1);
            explain_step(explanation, waited, "the batch waits");
            explain_step(explanation, i, "the record is dropped");
            return true;
        }
        if (strcmp(action, "clock") == 0 && i > taken->polled && ledger->step_batches[i] == batch)
            read = i;
    }
    if (read == LEDGER_NONE || waited == LEDGER_NONE)
        return false;
    text_append_format(
        &explanation->cause,
        ", which read the clock (step %zu), %lld.%03lld s after the start, and wrote "
        "nothing for it",
        read + 1, (long long)(now_ms / 1000), (long long)(now_ms % 1000));
    explain_step(explanation, waited, "time passes");
    explain_step(explanation, read, "sees how late it is");
    explanation->culprit = read;
    text_append_string(&explanation->defence,
                       "A record that comes late because an attempt failed is still to be "
                       "counted: do not leave out what is older than some time, or leave it out "
                       "only where a newer version is there.");
    return true;
}
