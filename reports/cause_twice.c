/* Why a message is counted twice: its two ways are followed back to where they part. */
#include "reports/explanation_internal.h"
#include "reports/field.h"

#include <string.h>

enum { STAGES_MAX = 64, TOKEN_SHOWN = 8 };

enum parting {
    PARTING_UNKNOWN,
    PARTING_ATTEMPTS, /* two attempts on one batch, or two batches with one record */
    PARTING_PUTS,     /* two puts, each written by the same stage */
    PARTING_CALL      /* one call that made two records */
};

struct fork {
    enum parting parting;
    size_t steps[2]; /* of the writes where the two ways are one for the last time */
    size_t puts[2];
};

static bool carries(const struct ledger_record *record, uint32_t message)
{
    return (record->messages >> message & 1) != 0;
}

/* The steps that counted the message for the first and for the second time: one and the same where
 * one step counted it twice. */
static bool find_counts(const struct explanation *explanation, uint32_t message, size_t steps[2])
{
    size_t first = LEDGER_NONE;
    for (size_t i = 0; i < explanation->change_count; i++) {
        const struct count_change *change = &explanation->changes[i];
        if (change->message != message || change->to <= change->from)
            continue;
        if (first == LEDGER_NONE || change->from <= 0)
            first = change->step;
        if (change->to >= 2) {
            steps[0] = first;
            steps[1] = change->step;
            return true;
        }
    }
    return false;
}

/* Two records of one batch that carry the message. */
static bool find_two_records(const struct ledger *ledger, size_t batch, uint32_t message,
                             size_t records[2])
{
    size_t found = 0;
    for (size_t i = 0; i < ledger->batches[batch].count && found < 2; i++) {
        size_t record = ledger->batch_records[ledger->batches[batch].first + i];
        if (carries(&ledger->records[record], message))
            records[found++] = record;
    }
    return found == 2;
}

static void order(size_t pair[2])
{
    if (pair[0] <= pair[1])
        return;
    size_t larger = pair[0];
    pair[0] = pair[1];
    pair[1] = larger;
}

static void find_fork(const struct explanation *explanation, uint32_t message,
                      const size_t counted[2], struct fork *fork)
{
    const struct ledger *ledger = &explanation->ledger;
    *fork = (struct fork){.steps = {counted[0], counted[1]}};
    for (int stage = 0; stage < STAGES_MAX; stage++) {
        size_t records[2] = {LEDGER_NONE, LEDGER_NONE};
        size_t batches[2] = {ledger->step_batches[fork->steps[0]],
                             ledger->step_batches[fork->steps[1]]};
        if (batches[0] == LEDGER_NONE || batches[1] == LEDGER_NONE)
            return;
        if (fork->steps[0] == fork->steps[1]) {
            if (!find_two_records(ledger, batches[0], message, records)) {
                fork->parting = PARTING_CALL;
                return;
            }
        } else if (batches[0] != batches[1]) {
            records[0] = ledger_batch_record(ledger, batches[0], message);
            records[1] = ledger_batch_record(ledger, batches[1], message);
        }
        if (records[0] == records[1]) {
            fork->parting = records[0] != LEDGER_NONE || batches[0] == batches[1] ? PARTING_ATTEMPTS
                                                                                  : PARTING_UNKNOWN;
            return;
        }
        if (records[0] == LEDGER_NONE || records[1] == LEDGER_NONE)
            return;
        const struct ledger_record *made[2] = {&ledger->records[records[0]],
                                               &ledger->records[records[1]]};
        if (made[0]->batch == LEDGER_NONE || made[1]->batch == LEDGER_NONE) {
            fork->parting = made[0]->batch == made[1]->batch ? PARTING_PUTS : PARTING_UNKNOWN;
            fork->puts[0] = made[0]->step;
            fork->puts[1] = made[1]->step;
            order(fork->puts);
            return;
        }
        fork->steps[0] = made[0]->step;
        fork->steps[1] = made[1]->step;
        order(fork->steps);
    }
}

static struct value token_at(const struct explanation *explanation, size_t step)
{
    return value_member(explanation->store, request_body_of(explanation, step),
                        "ClientRequestToken", VALUE_STRING);
}

static bool has_fresh_token(const struct explanation *explanation, size_t step)
{
    return field_truth(
        explanation->store,
        value_member(explanation->store, explained_step(explanation, step), "request", VALUE_MAP),
        "fresh_token");
}

/* The batch was bisected between the two steps. */
static bool is_split_between(const struct explanation *explanation, const struct fork *fork)
{
    const struct value_store *store = explanation->store;
    const struct ledger *ledger = &explanation->ledger;
    for (size_t i = fork->steps[0]; i < fork->steps[1]; i++) {
        if (ledger->step_batches[i] == ledger->step_batches[fork->steps[1]] &&
            !value_is_none(value_member(store, explained_step(explanation, i), "split", VALUE_MAP)))
            return true;
    }
    return false;
}

/* An item expired between the two steps, and was deleted. */
static bool expires_between(const struct explanation *explanation, const struct fork *fork)
{
    for (size_t i = fork->steps[0]; i < fork->steps[1]; i++) {
        const char *action =
            field_text(explanation->store, explained_step(explanation, i), "action");
        if (strcmp(action, "time_to_live") == 0)
            return true;
    }
    return false;
}

static void defend_attempts(struct explanation *explanation, uint32_t message,
                            const struct fork *fork)
{
    struct text *text = &explanation->defence;
    const struct value_store *store = explanation->store;
    size_t writes[2] = {ledger_write_at(&explanation->ledger, fork->steps[0], message, ""),
                        ledger_write_at(&explanation->ledger, fork->steps[1], message, "")};
    struct value tokens[2] = {token_at(explanation, fork->steps[0]),
                              token_at(explanation, fork->steps[1])};
    if (writes[0] == LEDGER_NONE || writes[1] == LEDGER_NONE)
        return;
    if (is_split_between(explanation, fork)) {
        text_append_string(text, "With BisectBatchOnFunctionError the records come again in other "
                                 "batches, so nothing made from a batch tells that they are the "
                                 "same: mark each record by itself, in the transaction that counts "
                                 "it.");
    } else if (expires_between(explanation, fork)) {
        text_append_string(text, "What tells that the records have been counted has to live as "
                                 "long as they may come again: streams keep them for 24 hours.");
    } else if (has_fresh_token(explanation, fork->steps[1])) {
        text_append_string(text,
                           "A ClientRequestToken made from the batch's records, the same in "
                           "every attempt. One that is drawn anew, as the SDK does where none "
                           "is given, lets DynamoDB take the retry for a new transaction.");
    } else if (!value_is_none(tokens[0]) && !value_is_none(tokens[1])) {
        if (value_equal(tokens[0], tokens[1]))
            text_append_string(text,
                               "DynamoDB forgets a ClientRequestToken after 10 minutes: a marker "
                               "for the batch in the same transaction, on condition that it is not "
                               "there yet, holds for ever.");
        else
            text_append_format(text,
                               "A ClientRequestToken made from the batch's records alone: these "
                               "(%.*s..., %.*s...) differ between the attempts.",
                               TOKEN_SHOWN, value_bytes(store, tokens[0], NULL), TOKEN_SHOWN,
                               value_bytes(store, tokens[1], NULL));
    } else if (!value_equal(explanation->ledger.writes[writes[0]].component,
                            explanation->ledger.writes[writes[1]].component)) {
        text_append_string(text,
                           "A key made from the batch's records, the same in every attempt (");
        append_component_of(text, explanation, writes[0]);
        text_append_string(text, " and ");
        append_component_of(text, explanation, writes[1]);
        text_append_string(text, " are not), and a condition that the item is not there yet.");
    } else {
        text_append_format(text, "Nothing in the ");
        append_operation_of(text, explanation, fork->steps[1]);
        text_append_format(text,
                           " of step %zu tells a retry from a new batch: a condition on a marker "
                           "for the batch, written in the same transaction, would; so would a "
                           "TransactWriteItems with a ClientRequestToken made from its records.",
                           fork->steps[1] + 1);
    }
}

/* "; ReduceLambda/shard-0 counted both (step 18)", where the ways part before the aggregates. */
static void append_counted(struct explanation *explanation, const struct fork *fork,
                           const size_t counted[2])
{
    struct text *text = &explanation->cause;
    if (fork->steps[1] == counted[1])
        return;
    text_append_string(text, "; ");
    append_actor_of(text, explanation, counted[1]);
    if (counted[0] == counted[1])
        text_append_format(text, " counted both (step %zu)", counted[1] + 1);
    else
        text_append_format(text, " counted it again (steps %zu and %zu)", counted[0] + 1,
                           counted[1] + 1);
    if (counted[0] != counted[1])
        explain_step(explanation, counted[0], "counted for the first time");
    explain_step(explanation, counted[1],
                 counted[0] == counted[1] ? "counted twice" : "counted again");
}

static void say_attempts(struct explanation *explanation, uint32_t message, const struct fork *fork)
{
    struct text *text = &explanation->cause;
    const struct ledger *ledger = &explanation->ledger;
    const char *how = NULL;
    size_t write = ledger_write_at(ledger, fork->steps[0], message, "");
    size_t broken = interruption_between(explanation, ledger->step_batches[fork->steps[0]],
                                         fork->steps[0], fork->steps[1], &how);
    append_actor_of(text, explanation, fork->steps[0]);
    text_append_string(text, " wrote ");
    append_message(text, explanation, message);
    if (write != LEDGER_NONE) {
        text_append_string(text, " to ");
        append_table_of(text, explanation, write);
    }
    text_append_format(text, " (step %zu)", fork->steps[0] + 1);
    if (broken == LEDGER_NONE) {
        text_append_format(text, " and again (step %zu)", fork->steps[1] + 1);
    } else {
        text_append_format(text,
                           ", %s before its batch was acknowledged (step %zu), and its retry wrote "
                           "it again (step %zu)",
                           how, broken + 1, fork->steps[1] + 1);
        explain_step(explanation, broken, "the attempt %s, so its batch comes again", how);
    }
    explain_step(explanation, fork->steps[0], "written");
    explain_step(explanation, fork->steps[1], "written again");
}

static void say_puts(struct explanation *explanation, uint32_t message, const struct fork *fork)
{
    struct text *text = &explanation->cause;
    size_t write = ledger_write_at(&explanation->ledger, fork->steps[1], message, "");
    append_message(text, explanation, message);
    text_append_format(text, " is put twice (steps %zu and %zu), and ", fork->puts[0] + 1,
                       fork->puts[1] + 1);
    append_actor_of(text, explanation, fork->steps[1]);
    text_append_string(text, " wrote both");
    if (write != LEDGER_NONE) {
        text_append_string(text, " to ");
        append_table_of(text, explanation, write);
    }
    if (fork->steps[0] == fork->steps[1])
        text_append_format(text, " (step %zu)", fork->steps[1] + 1);
    else
        text_append_format(text, " (steps %zu and %zu)", fork->steps[0] + 1, fork->steps[1] + 1);
    explain_step(explanation, fork->puts[1], "the same message again");
    explain_step(explanation, fork->steps[1], "the copy is written, too");
    text = &explanation->defence;
    text_append_string(text, has_condition(explanation, fork->steps[1]) ? "The condition of the "
                                                                        : "A condition on the ");
    append_operation_of(text, explanation, fork->steps[1]);
    text_append_format(text, " of step %zu", fork->steps[1] + 1);
    text_append_string(text, has_condition(explanation, fork->steps[1])
                                 ? " lets the same version in again: it must ask for a newer one."
                                 : ", so that it refuses what is there already: the key does not "
                                   "exist yet, or holds an older version.");
}

void cause_written_twice(struct explanation *explanation, uint32_t message, const char *component)
{
    const struct ledger *ledger = &explanation->ledger;
    size_t steps[2] = {LEDGER_NONE, LEDGER_NONE};
    struct fork fork;
    const char *how = NULL;
    for (size_t i = 0; i < ledger->write_count; i++) {
        const struct ledger_write *write = &ledger->writes[i];
        if ((write->messages >> message & 1) == 0 ||
            strcmp(value_bytes(explanation->store, write->component, NULL), component) != 0)
            continue;
        steps[0] = steps[1];
        steps[1] = write->step;
    }
    if (steps[0] == LEDGER_NONE)
        return;
    find_fork(explanation, message, steps, &fork);
    if (fork.parting != PARTING_ATTEMPTS ||
        interruption_between(explanation, ledger->step_batches[fork.steps[0]], fork.steps[0],
                             fork.steps[1], &how) == LEDGER_NONE)
        return;
    explanation->culprit = fork.steps[1];
    say_attempts(explanation, message, &fork);
    defend_attempts(explanation, message, &fork);
    append_counted(explanation, &fork, steps);
}

void cause_twice(struct explanation *explanation, uint32_t message)
{
    struct text *text = &explanation->cause;
    struct fork fork;
    size_t counted[2];
    if (!find_counts(explanation, message, counted) || cause_rebatched(explanation, message))
        return;
    find_fork(explanation, message, counted, &fork);
    explanation->culprit = fork.steps[1];
    switch (fork.parting) {
    case PARTING_ATTEMPTS:
        say_attempts(explanation, message, &fork);
        defend_attempts(explanation, message, &fork);
        append_counted(explanation, &fork, counted);
        return;
    case PARTING_PUTS:
        say_puts(explanation, message, &fork);
        append_counted(explanation, &fork, counted);
        return;
    case PARTING_CALL:
        append_actor_of(text, explanation, fork.steps[1]);
        text_append_string(text, " wrote ");
        append_message(text, explanation, message);
        text_append_format(text, " more than once in one call (step %zu)", fork.steps[1] + 1);
        explain_step(explanation, fork.steps[1], "written more than once");
        append_counted(explanation, &fork, counted);
        return;
    case PARTING_UNKNOWN:
        append_message(text, explanation, message);
        text_append_string(text, " was added to the aggregates by ");
        append_actor_of(text, explanation, counted[0]);
        text_append_format(text, " (step %zu) and again by ", counted[0] + 1);
        append_actor_of(text, explanation, counted[1]);
        text_append_format(text, " (step %zu)", counted[1] + 1);
        explain_step(explanation, counted[0], "counted");
        explain_step(explanation, counted[1], "counted again");
        return;
    }
}
