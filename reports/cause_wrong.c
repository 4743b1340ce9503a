/* Why sums are wrong where nothing was written twice, refused or left out: a transaction that
 * DynamoDB took for another, or a write of what had been computed from too little. */
#include "reports/explanation_internal.h"
#include "reports/field.h"

#include <string.h>

/* --- a token that another transaction had --- */

static struct value token_at(const struct explanation *explanation, size_t step)
{
    return value_member(explanation->store, request_body_of(explanation, step),
                        "ClientRequestToken", VALUE_STRING);
}

static bool writes_something(const struct ledger *ledger, size_t step)
{
    for (size_t i = 0; i < ledger->write_count; i++) {
        if (ledger->writes[i].step == step)
            return true;
    }
    return false;
}

/* Both batches hold one of the records. */
static bool share_records(const struct ledger *ledger, size_t a, size_t b)
{
    const struct ledger_batch *first = &ledger->batches[a];
    const struct ledger_batch *second = &ledger->batches[b];
    for (size_t i = 0; i < first->count; i++) {
        for (size_t j = 0; j < second->count; j++) {
            if (ledger->batch_records[first->first + i] == ledger->batch_records[second->first + j])
                return true;
        }
    }
    return false;
}

/* The step before `step` that committed a transaction with its token for other records;
 * LEDGER_NONE. */
static size_t first_with_token(const struct explanation *explanation, size_t step)
{
    const struct ledger *ledger = &explanation->ledger;
    struct value token = token_at(explanation, step);
    if (value_is_none(token) || ledger->step_batches[step] == LEDGER_NONE)
        return LEDGER_NONE;
    for (size_t i = 0; i < step; i++) {
        struct value other = token_at(explanation, i);
        if (!value_is_none(other) && value_equal(other, token) &&
            ledger->step_batches[i] != LEDGER_NONE && writes_something(ledger, i))
            return share_records(ledger, ledger->step_batches[i], ledger->step_batches[step])
                       ? LEDGER_NONE
                       : i;
    }
    return LEDGER_NONE;
}

static bool succeeded(const struct explanation *explanation, size_t step)
{
    const struct value_store *store = explanation->store;
    struct value answer =
        value_member(store, explained_step(explanation, step), "answer", VALUE_MAP);
    return field_integer(store, answer, "status", 0) == 200;
}

void cause_token(struct explanation *explanation)
{
    struct text *text = &explanation->cause;
    const struct ledger *ledger = &explanation->ledger;
    for (size_t i = 0; i < value_count(explanation->store, explanation->steps); i++) {
        size_t first = first_with_token(explanation, i);
        if (first == LEDGER_NONE || writes_something(ledger, i) || !succeeded(explanation, i))
            continue;
        append_actor_of(text, explanation, i);
        text_append_format(text,
                           " sent a transaction (step %zu) with the token that the transaction of "
                           "step %zu had had for other records: DynamoDB took it for the same one "
                           "and wrote nothing, so what the batch of step %zu holds is lost",
                           i + 1, first + 1, ledger->batches[ledger->step_batches[i]].polled + 1);
        explain_step(explanation, first, "committed with this token");
        explain_step(explanation, i, "the same token for other records: nothing is written");
        explanation->culprit = i;
        text_append_string(&explanation->defence,
                           "A ClientRequestToken made of what tells the batch from all others "
                           "(its records' eventIDs or sequence numbers): batches may well hold "
                           "the same amounts and add up to the same sums.");
        return;
    }
}

/* --- the last write of a wrong sum --- */

static bool same_invocation(const struct explanation *explanation, size_t a, size_t b)
{
    const struct value_store *store = explanation->store;
    return strcmp(field_text(store, explained_step(explanation, a), "actor"),
                  field_text(store, explained_step(explanation, b), "actor")) == 0;
}

/* The step in which the write's invocation read a page with more behind it, and never asked for
 * that; LEDGER_NONE. */
static size_t unfinished_read(const struct explanation *explanation, size_t write)
{
    const struct value_store *store = explanation->store;
    for (size_t i = write; i > 0; i--) {
        if (!same_invocation(explanation, i - 1, write))
            continue;
        struct value body = request_body_of(explanation, i - 1);
        struct value answer =
            value_member(store, explained_step(explanation, i - 1), "answer", VALUE_MAP);
        struct value page = value_member(store, answer, "body", VALUE_MAP);
        if (value_is_none(value_member(store, page, "Items", VALUE_LIST)) &&
            value_is_none(value_member(store, page, "Count", VALUE_NUMBER)))
            continue;
        if (!value_is_none(value_member(store, page, "LastEvaluatedKey", VALUE_MAP)))
            return i - 1;
        if (!value_is_none(value_member(store, body, "ExclusiveStartKey", VALUE_MAP)))
            return LEDGER_NONE; /* it has read to the end */
    }
    return LEDGER_NONE;
}

static void say_unfinished(struct explanation *explanation, size_t read)
{
    const struct value_store *store = explanation->store;
    text_append_string(&explanation->cause, ", computed from the ");
    append_operation_of(&explanation->cause, explanation, read);
    text_append_format(&explanation->cause,
                       " of %s (step %zu), whose answer says that there is more "
                       "(LastEvaluatedKey), which was not read",
                       field_text(store, request_body_of(explanation, read), "TableName"),
                       read + 1);
    explain_step(explanation, read, "a first page only");
    text_append_string(&explanation->defence,
                       "A Scan or Query answers page by page: ask again with ExclusiveStartKey "
                       "until no LastEvaluatedKey comes, or use a paginator.");
}

void cause_wrong_sum(struct explanation *explanation, const struct aggregate_difference *wrong,
                     const char *component)
{
    struct text *text = &explanation->cause;
    const struct ledger *ledger = &explanation->ledger;
    char expected[DECIMAL_TEXT_SIZE];
    char actual[DECIMAL_TEXT_SIZE] = "no number";
    size_t last = LEDGER_NONE;
    for (size_t i = 0; i < ledger->write_count; i++) {
        if (strcmp(value_bytes(explanation->store, ledger->writes[i].component, NULL), component) ==
            0)
            last = ledger->writes[i].step;
    }
    (void)decimal_text(&wrong->expected, expected);
    if (wrong->is_number)
        (void)decimal_text(&wrong->actual, actual);
    if (last == LEDGER_NONE) {
        text_append_format(text, "Nothing was ever written to %s, where %s is expected", component,
                           expected);
        return;
    }
    append_actor_of(text, explanation, last);
    text_append_format(text, " wrote %s last (step %zu), and left %s where %s is expected",
                       component, last + 1, actual, expected);
    explain_step(explanation, last, "the last write of a sum that is wrong");
    explanation->culprit = last;
    size_t page = unfinished_read(explanation, last);
    if (page != LEDGER_NONE)
        say_unfinished(explanation, page);
}
