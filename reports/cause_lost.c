/* Why a message is not counted, or an old one still is: how far it came, and what took its place.
 */
#include "model/service.h"
#include "reports/explanation_internal.h"
#include "reports/field.h"

#include <string.h>

static bool carries(uint64_t messages, uint32_t message) { return (messages >> message & 1) != 0; }

static uint32_t first_message(uint64_t messages)
{
    uint32_t number = 0;
    while (!carries(messages, number))
        number++;
    return number;
}

/* The last step that changed how often the message is counted, in this direction, before a step. */
static size_t last_change(const struct explanation *explanation, uint32_t message, bool up,
                          size_t before)
{
    size_t found = LEDGER_NONE;
    for (size_t i = 0; i < explanation->change_count; i++) {
        const struct count_change *change = &explanation->changes[i];
        if (change->message == message && change->step < before &&
            (change->to > change->from) == up)
            found = change->step;
    }
    return found;
}

/* It was counted, and a later write of the aggregates undid that. */
static bool say_undone(struct explanation *explanation, uint32_t message)
{
    struct text *text = &explanation->cause;
    size_t undone = last_change(explanation, message, false, LEDGER_NONE);
    size_t counted =
        undone == LEDGER_NONE ? LEDGER_NONE : last_change(explanation, message, true, undone);
    if (counted == LEDGER_NONE)
        return false;
    size_t read = read_before(explanation, undone, explanation->aggregates);
    append_actor_of(text, explanation, undone);
    if (read == LEDGER_NONE || read > counted) {
        text_append_string(text, " took ");
        append_message(text, explanation, message);
        text_append_format(text,
                           " out of the aggregates (step %zu), where it was counted since "
                           "step %zu",
                           undone + 1, counted + 1);
    } else {
        text_append_format(text, " read the aggregates (step %zu) before ", read + 1);
        append_actor_of(text, explanation, counted);
        text_append_string(text, " added ");
        append_message(text, explanation, message);
        text_append_format(text,
                           " to them (step %zu), and then wrote what it had computed over it (step "
                           "%zu): the old value won",
                           counted + 1, undone + 1);
        explain_step(explanation, read, "reads the aggregates");
        text_append_string(&explanation->defence,
                           "Let the database add (UpdateItem with ADD or SET x = x + :y), or write "
                           "on condition that the value is still the one that was read, or let one "
                           "invocation at a time do it (ReservedConcurrentExecutions: 1).");
    }
    explain_step(explanation, counted, "counted");
    explain_step(explanation, undone, "written over: counted no more");
    explanation->culprit = undone;
    return true;
}

static size_t find_replaced(const struct explanation *explanation, uint32_t message)
{
    const struct ledger *ledger = &explanation->ledger;
    size_t found = LEDGER_NONE;
    for (size_t i = 0; i < ledger->write_count; i++) {
        if (ledger->writes[i].replaced == (int32_t)message)
            found = i;
    }
    return found;
}

/* The write of another message was the last to its item but for more of its kind. */
static bool stays_replaced(const struct ledger *ledger, size_t write, uint32_t message)
{
    for (size_t i = write + 1; i < ledger->write_count; i++) {
        if (value_equal(ledger->writes[i].component, ledger->writes[write].component) &&
            carries(ledger->writes[i].messages, message))
            return false;
    }
    return true;
}

/* The last write of the message to the same item, before another one. */
static size_t write_of_item(const struct ledger *ledger, uint32_t message, size_t before)
{
    size_t found = LEDGER_NONE;
    for (size_t i = 0; i < before; i++) {
        if (value_equal(ledger->writes[i].component, ledger->writes[before].component) &&
            carries(ledger->writes[i].messages, message))
            found = i;
    }
    return found;
}

/* An older version was written over it. */
static bool say_overwritten(struct explanation *explanation, uint32_t message)
{
    struct text *text = &explanation->cause;
    const struct ledger *ledger = &explanation->ledger;
    size_t write = find_replaced(explanation, message);
    if (write == LEDGER_NONE || !stays_replaced(ledger, write, message))
        return false;
    uint32_t by = first_message(ledger->writes[write].messages);
    size_t earlier = write_of_item(ledger, message, write);
    if (explanation->names[by].version >= explanation->names[message].version ||
        earlier == LEDGER_NONE)
        return false;
    size_t step = ledger->writes[write].step;
    size_t before = ledger->writes[earlier].step;
    const char *component = value_bytes(explanation->store, ledger->writes[write].component, NULL);
    const char *slash = strchr(component, '/');
    char table[256] = "";
    if (slash != NULL && (size_t)(slash - component) + 2 < sizeof table)
        memcpy(table, component, (size_t)(slash - component) + 1);
    size_t read = table[0] == '\0' ? LEDGER_NONE : read_before(explanation, step, table);
    append_actor_of(text, explanation, step);
    if (read != LEDGER_NONE && read < before)
        text_append_format(text, " looked at the item (step %zu) before ", read + 1);
    else
        text_append_string(text, " wrote ");
    append_message(text, explanation, read != LEDGER_NONE && read < before ? message : by);
    if (read != LEDGER_NONE && read < before) {
        text_append_format(text, " was there (step %zu), and wrote ", before + 1);
        append_message(text, explanation, by);
    }
    text_append_string(text, " over ");
    append_message(text, explanation, message);
    if (read == LEDGER_NONE || read >= before)
        text_append_format(text, " (of step %zu)", before + 1);
    text_append_string(text, " in ");
    append_component_of(text, explanation, write);
    text_append_format(text, " (step %zu): the old value won", step + 1);
    if (read != LEDGER_NONE && read < before)
        explain_step(explanation, read, "looks at the item");
    explain_step(explanation, before, "the newer version is written");
    explain_step(explanation, step, "the older version is written over it");
    explanation->culprit = step;
    text = &explanation->defence;
    text_append_string(text, has_condition(explanation, step) ? "The condition of the "
                                                              : "A condition on the ");
    append_operation_of(text, explanation, step);
    text_append_format(text, " of step %zu", step + 1);
    text_append_string(text, has_condition(explanation, step)
                                 ? " lets an older version in: it must ask that the version there "
                                   "is lower."
                                 : " itself, checked by the database as it writes: the item does "
                                   "not exist yet, or its version is lower.");
    return true;
}

/* The last record that carries the message; LEDGER_NONE. */
static size_t last_record(const struct ledger *ledger, uint32_t message)
{
    size_t found = LEDGER_NONE;
    for (size_t i = 0; i < ledger->record_count; i++) {
        if (carries(ledger->records[i].messages, message))
            found = i;
    }
    return found;
}

/* The last batch that holds a record. */
static size_t batch_with(const struct ledger *ledger, size_t record)
{
    size_t found = LEDGER_NONE;
    for (size_t i = 0; i < ledger->batch_count; i++) {
        for (size_t j = 0; j < ledger->batches[i].count; j++) {
            if (ledger->batch_records[ledger->batches[i].first + j] == record)
                found = i;
        }
    }
    return found;
}

static size_t last_write_in(const struct ledger *ledger, size_t batch, uint32_t message)
{
    size_t found = LEDGER_NONE;
    for (size_t i = 0; i < ledger->write_count; i++) {
        if (ledger->writes[i].batch == batch && carries(ledger->writes[i].messages, message))
            found = i;
    }
    return found;
}

/* A refused read is no reason to write nothing. */
static bool is_write(const struct explanation *explanation, size_t step)
{
    struct value request =
        value_member(explanation->store, explained_step(explanation, step), "request", VALUE_MAP);
    const char *target = field_text(explanation->store, request, "target");
    const char *dot = strrchr(target, '.');
    return dot != NULL && strncmp(dot + 1, "Get", 3) != 0 && strcmp(dot + 1, "Query") != 0 &&
           strcmp(dot + 1, "Scan") != 0 && strcmp(dot + 1, "BatchGetItem") != 0 &&
           strcmp(dot + 1, "TransactGetItems") != 0;
}

static size_t last_refusal_in(const struct explanation *explanation, size_t batch, uint32_t message)
{
    const struct ledger *ledger = &explanation->ledger;
    size_t found = LEDGER_NONE;
    for (size_t i = 0; i < ledger->refusal_count; i++) {
        if (ledger->refusals[i].batch == batch && carries(ledger->refusals[i].messages, message) &&
            is_write(explanation, ledger->refusals[i].step))
            found = i;
    }
    return found;
}

/* "ConditionalCheckFailedException" of an answer. */
static const char *refusal_name(const struct explanation *explanation, size_t step)
{
    const struct value_store *store = explanation->store;
    struct value answer =
        value_member(store, explained_step(explanation, step), "answer", VALUE_MAP);
    const char *name = service_error_name(store, value_member(store, answer, "body", VALUE_MAP));
    return name == NULL ? "" : name;
}

static void say_refused(struct explanation *explanation, size_t refusal)
{
    struct text *text = &explanation->cause;
    size_t step = explanation->ledger.refusals[refusal].step;
    const char *name = refusal_name(explanation, step);
    text_append_string(text, ", whose ");
    append_operation_of(text, explanation, step);
    text_append_format(text, " for it was refused (step %zu, %s)", step + 1, name);
    explain_step(explanation, step, "refused");
    explanation->culprit = step;
    bool condition =
        strstr(name, "Condition") != NULL || strstr(name, "TransactionCanceled") != NULL;
    text_append_string(&explanation->defence,
                       condition
                           ? "The condition refuses what must be written, or the function "
                             "takes every refusal for a repetition: only the refusal that "
                             "says the write is there already may be passed over."
                           : "An error that is not expected has to fail the batch, so that it "
                             "comes again: do not return as if it had been written.");
}

/* An attempt wrote something for it and broke off; the next took it for done. */
static bool say_half_done(struct explanation *explanation, size_t batch, size_t write)
{
    struct text *text = &explanation->cause;
    const struct ledger *ledger = &explanation->ledger;
    const struct ledger_batch *taken = &ledger->batches[batch];
    size_t step = ledger->writes[write].step;
    size_t end = taken->acknowledged == LEDGER_NONE
                     ? value_count(explanation->store, explanation->steps)
                     : taken->acknowledged;
    const char *how = NULL;
    size_t broken = interruption_between(explanation, batch, step, end, &how);
    if (broken == LEDGER_NONE)
        return false;
    append_actor_of(text, explanation, step);
    text_append_string(text, " wrote ");
    append_component_of(text, explanation, write);
    text_append_format(text,
                       " for it (step %zu), %s before the rest (step %zu), and its retry wrote "
                       "nothing more",
                       step + 1, how, broken + 1);
    explain_step(explanation, step, "the first half is written");
    explanation->culprit = step;
    explain_step(explanation, broken, "the attempt %s before the rest", how);
    text_append_string(&explanation->defence,
                       "What marks a batch as done and what it does belong in one transaction "
                       "(TransactWriteItems), so that there is no time between them.");
    return true;
}

/* The step in which a mapping gave the record up; LEDGER_NONE. */
static size_t dropped_in(const struct explanation *explanation, size_t record)
{
    const struct value_store *store = explanation->store;
    struct value component = explanation->ledger.records[record].component;
    for (size_t i = 0; i < value_count(store, explanation->steps); i++) {
        struct value dropped =
            value_member(store, explained_step(explanation, i), "dropped", VALUE_MAP);
        for (size_t j = 0; !value_is_none(dropped) && j < field_count(store, dropped, "records");
             j++) {
            if (value_equal(field_at(store, dropped, "records", j), component))
                return i;
        }
    }
    return LEDGER_NONE;
}

/* A batch was tried as often, or for as long, as its mapping allows. */
static void say_dropped(struct explanation *explanation, size_t step)
{
    struct text *text = &explanation->cause;
    const struct value_store *store = explanation->store;
    struct value dropped =
        value_member(store, explained_step(explanation, step), "dropped", VALUE_MAP);
    const char *reason = field_text(store, dropped, "reason");
    int64_t retries = field_integer(store, dropped, "retries", -1);
    bool told = !value_is_none(value_member(store, dropped, "destination", VALUE_STRING));
    if (retries >= 0)
        text_append_format(text, ": its batch was dropped after %lld %s (step %zu)",
                           (long long)retries, retries == 1 ? "retry" : "retries", step + 1);
    else
        text_append_format(text, ": it was too old there and was dropped (step %zu)", step + 1);
    explain_step(explanation, step, retries >= 0 ? "the attempts are used up" : "too old");
    text = &explanation->defence;
    if (strcmp(reason, "retention") == 0)
        text_append_string(text, "A stream keeps its records for 24 hours only.");
    else
        text_append_format(
            text, "With %s set, %s often enough always lose: %s", reason,
            retries >= 0 ? "failures" : "delays",
            told ? "what OnFailure is told of has to be read from the stream again and delivered."
                 : "without a limit a batch is tried until it succeeds; with one, an OnFailure "
                   "destination at least tells what has to be delivered again.");
}

static bool filters_records(const struct pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->mapping_count; i++) {
        if (pipeline->mappings[i].enabled && pipeline->mappings[i].filter_count > 0)
            return true;
    }
    return false;
}

/* The last step of the batch that has a place in the code; LEDGER_NONE. */
static size_t last_call_in(const struct explanation *explanation, size_t batch)
{
    const struct ledger *ledger = &explanation->ledger;
    for (size_t i = value_count(explanation->store, explanation->steps); i > 0; i--) {
        struct value step = explained_step(explanation, i - 1);
        if (ledger->step_batches[i - 1] == batch &&
            !value_is_none(value_member(explanation->store, step, "code", VALUE_MAP)))
            return i - 1;
    }
    return LEDGER_NONE;
}

static void say_nothing_written(struct explanation *explanation, size_t batch)
{
    const struct ledger *ledger = &explanation->ledger;
    size_t last = last_call_in(explanation, batch);
    text_append_string(&explanation->cause, ", which wrote nothing for it");
    explanation->culprit = last == LEDGER_NONE ? ledger->batches[batch].polled : last;
    if (last != LEDGER_NONE && ledger->batches[batch].count > 1) {
        text_append_format(&explanation->cause, " (its last call for the batch of %zu is step %zu)",
                           ledger->batches[batch].count, last + 1);
        explain_step(explanation, last, "the last call for this batch");
    }
    text_append_string(&explanation->defence,
                       "Every record of a batch has to be dealt with by itself: when the function "
                       "returns, Lambda takes the whole batch for done. Only a version that a "
                       "newer one has replaced may be left out.");
}

/* The record that was made without the message's value, from one that had it or was put;
 * LEDGER_NONE: `last`, the message's last, has it, or nothing can tell. */
static size_t first_without(const struct explanation *explanation, size_t last, uint32_t message)
{
    const struct ledger *ledger = &explanation->ledger;
    size_t found = LEDGER_NONE;
    for (size_t record = last; record != LEDGER_NONE;) {
        const struct ledger_record *made = &ledger->records[record];
        if (made->batch == LEDGER_NONE || shows_value(explanation, made->content, message))
            return found;
        found = record;
        record = ledger_batch_record(ledger, made->batch, message);
    }
    return found;
}

/* Whoever made the record made one with the value of some message: not the mere key of an item to
 * be read. */
static bool sends_values(const struct explanation *explanation, size_t record)
{
    const struct ledger *ledger = &explanation->ledger;
    size_t length = 0;
    const char *actor = ledger_actor(ledger, ledger->records[record].step, &length);
    size_t function = strcspn(actor, "/");
    for (size_t i = 0; i < ledger->record_count; i++) {
        const struct ledger_record *other = &ledger->records[i];
        if (other->batch == LEDGER_NONE ||
            strncmp(ledger_actor(ledger, other->step, &length), actor, function + 1) != 0)
            continue;
        for (uint32_t j = 0; j < explanation->world->workload->message_count; j++) {
            if (carries(other->messages, j) && shows_value(explanation, other->content, j))
                return true;
        }
    }
    return false;
}

static void say_without(struct explanation *explanation, size_t record, uint32_t message)
{
    struct text *text = &explanation->cause;
    const struct ledger_record *made = &explanation->ledger.records[record];
    size_t write = ledger_write_at(&explanation->ledger, made->step, message, "");
    append_actor_of(text, explanation, made->step);
    text_append_string(text, " got ");
    append_message(text, explanation, message);
    text_append_format(text, " (step %zu) and wrote ",
                       explanation->ledger.batches[made->batch].polled + 1);
    if (write == LEDGER_NONE)
        text_append_string(text, "a record");
    else
        append_component_of(text, explanation, write);
    text_append_format(text, " without its value (step %zu)", made->step + 1);
    explain_step(explanation, made->step, "its value is not in what is written");
    explanation->culprit = made->step;
    text_append_string(&explanation->defence,
                       "What is sent on for a batch has to hold each of its records: inserts, and "
                       "changes as the new value less the old one.");
}

static void say_where_it_ended(struct explanation *explanation, uint32_t message)
{
    struct text *text = &explanation->cause;
    const struct ledger *ledger = &explanation->ledger;
    size_t record = last_record(ledger, message);
    size_t batch = record == LEDGER_NONE ? LEDGER_NONE : batch_with(ledger, record);
    if (record == LEDGER_NONE)
        return;
    if (batch == LEDGER_NONE) {
        append_message(text, explanation, message);
        text_append_format(text, " is in %s (step %zu), which %s",
                           value_bytes(explanation->store, ledger->records[record].component, NULL),
                           ledger->records[record].step + 1,
                           filters_records(explanation->world->pipeline)
                               ? "no function gets: the mappings' filters leave it out"
                               : "nobody reads to the end");
        explain_step(explanation, ledger->records[record].step, "its last record");
        return;
    }
    const struct ledger_batch *taken = &ledger->batches[batch];
    size_t write = last_write_in(ledger, batch, message);
    size_t refusal = last_refusal_in(explanation, batch, message);
    size_t without = first_without(explanation, record, message);
    const char *how = NULL;
    if (write != LEDGER_NONE && without != LEDGER_NONE && sends_values(explanation, without) &&
        interruption_between(explanation, batch, ledger->writes[write].step,
                             value_count(explanation->store, explanation->steps),
                             &how) == LEDGER_NONE) {
        say_without(explanation, without, message);
        return;
    }
    append_message(text, explanation, message);
    text_append_string(text, " came as far as ");
    append_actor_of(text, explanation, taken->polled);
    text_append_format(text, " (step %zu)", taken->polled + 1);
    explain_step(explanation, taken->polled, "the last that got it");
    size_t dropped = dropped_in(explanation, record);
    if (dropped != LEDGER_NONE) {
        say_dropped(explanation, dropped);
        return;
    }
    if (write != LEDGER_NONE) {
        text_append_string(text, ": ");
        if (say_half_done(explanation, batch, write))
            return;
        append_actor_of(text, explanation, ledger->writes[write].step);
        text_append_string(text, " wrote ");
        append_table_of(text, explanation, write);
        text_append_format(text, " (step %zu), but without its value",
                           ledger->writes[write].step + 1);
        explain_step(explanation, ledger->writes[write].step,
                     "its value is not in what is written");
        return;
    }
    if (refusal != LEDGER_NONE)
        say_refused(explanation, refusal);
    else if (!cause_too_late(explanation, batch))
        say_nothing_written(explanation, batch);
    if (taken->acknowledged != LEDGER_NONE) {
        text_append_format(text, ", and the batch was acknowledged (step %zu)",
                           taken->acknowledged + 1);
        explain_step(explanation, taken->acknowledged, "done, without it");
    }
}

void cause_lost(struct explanation *explanation, uint32_t message)
{
    /* an old version that won is why the new one was taken out again */
    if (!say_overwritten(explanation, message) && !say_undone(explanation, message))
        say_where_it_ended(explanation, message);
}

/* The write of whoever got the stream record of a change: it had the old and the new image.
 * LEDGER_NONE: nobody wrote anything. */
static size_t sent_on(const struct explanation *explanation, size_t change, uint32_t newer)
{
    const struct ledger *ledger = &explanation->ledger;
    for (size_t i = 0; i < ledger->record_count; i++) {
        if (ledger->records[i].step != change || !carries(ledger->records[i].messages, newer))
            continue;
        size_t batch = batch_with(ledger, i);
        size_t write = batch == LEDGER_NONE ? LEDGER_NONE : last_write_in(ledger, batch, newer);
        return write == LEDGER_NONE ? LEDGER_NONE : ledger->writes[write].step;
    }
    return LEDGER_NONE;
}

void cause_superseded(struct explanation *explanation, uint32_t message, uint32_t newer)
{
    struct text *text = &explanation->cause;
    const struct ledger *ledger = &explanation->ledger;
    size_t counted = last_change(explanation, message, true, LEDGER_NONE);
    size_t write = find_replaced(explanation, message);
    size_t newer_counted = last_change(explanation, newer, true, LEDGER_NONE);
    if (counted == LEDGER_NONE || newer == message || cause_rebatched(explanation, message) ||
        say_overwritten(explanation, newer))
        return;
    bool replaced = write != LEDGER_NONE && carries(ledger->writes[write].messages, newer);
    append_message(text, explanation, newer);
    if (replaced) {
        text_append_string(text, " took the place of ");
        append_message(text, explanation, message);
        text_append_string(text, " in ");
        append_component_of(text, explanation, write);
        text_append_format(text, " (step %zu)", ledger->writes[write].step + 1);
        explain_step(explanation, ledger->writes[write].step, "the newer version takes its place");
    } else {
        text_append_string(text, " replaces ");
        append_message(text, explanation, message);
    }
    if (newer_counted != LEDGER_NONE) {
        text_append_format(text, " and was counted (step %zu)", newer_counted + 1);
        explain_step(explanation, newer_counted, "the newer version is counted");
    }
    text_append_string(text, ", but nothing took ");
    append_message(text, explanation, message);
    text_append_format(text, ", counted in step %zu, out of the aggregates again", counted + 1);
    if (counted != newer_counted)
        explain_step(explanation, counted, "the older version is counted");
    size_t sent = replaced ? sent_on(explanation, ledger->writes[write].step, newer) : LEDGER_NONE;
    if (sent != LEDGER_NONE) {
        text_append_string(text, "; ");
        append_actor_of(text, explanation, sent);
        text_append_format(text, " sent the change on (step %zu)", sent + 1);
        explain_step(explanation, sent, "the change is sent on, and the old value stays counted");
        explanation->culprit = sent;
    }
    if (replaced)
        text_append_string(&explanation->defence,
                           "The stream record of a change has the old image, too: what is sent on "
                           "for it must subtract the old value where it was counted, in the old "
                           "hierarchy if that has changed.");
}
