/* Why a batch fails for ever. */
#include "reports/explanation_internal.h"
#include "reports/field.h"

#include <string.h>

/* The last call of this attempt that was refused, before the step that it ends in. */
static size_t refusal_before(const struct explanation *explanation, size_t step)
{
    const struct ledger *ledger = &explanation->ledger;
    size_t found = LEDGER_NONE;
    for (size_t i = 0; i < ledger->refusal_count; i++) {
        if (ledger->refusals[i].batch == ledger->step_batches[step] &&
            ledger->refusals[i].step <= step)
            found = ledger->refusals[i].step;
    }
    return found;
}

static void defend(struct explanation *explanation, size_t refused, const char *class)
{
    struct text *text = &explanation->defence;
    if (refused == LEDGER_NONE) {
        text_append_string(text, "An error that comes back with every attempt has to be handled "
                                 "where it arises, or the batch never ends.");
        return;
    }
    append_operation_of(text, explanation, refused);
    text_append_format(text, " of step %zu is refused in every attempt", refused + 1);
    if (strstr(class, "Condition") != NULL)
        text_append_string(text,
                           ", since what it asks for is there already: catch this refusal and "
                           "go on.");
    else if (strstr(class, "IdempotentParameterMismatch") != NULL)
        text_append_string(text,
                           ", since another transaction had its ClientRequestToken: one token for "
                           "one transaction, made of all that decides what is in it.");
    else
        text_append_string(text, ": the request has to be one that can succeed.");
}

void cause_stuck(struct explanation *explanation, const char *poller)
{
    const struct value_store *store = explanation->store;
    struct text *text = &explanation->cause;
    for (size_t i = value_count(store, explanation->steps); i > 0; i--) {
        struct value end =
            value_member(store, explained_step(explanation, i - 1), "end", VALUE_MAP);
        size_t length = 0;
        const char *actor = ledger_actor(&explanation->ledger, i - 1, &length);
        if (value_is_none(end) || length != strlen(poller) || strncmp(actor, poller, length) != 0 ||
            strcmp(field_text(store, end, "kind"), "return") == 0)
            continue;
        struct value detail = value_member(store, end, "detail", VALUE_MAP);
        const char *class = field_text(store, detail, "class");
        const char *message = field_text(store, detail, "message");
        text_append_format(
            text,
            "Every invocation of %s with this batch ends in %s%s%s (step %zu), so the "
            "batch is tried again for ever and nothing behind it is read",
            poller, class[0] == '\0' && message[0] == '\0' ? "an error" : class,
            class[0] == '\0' || message[0] == '\0' ? "" : ": ", message, i);
        size_t refused = refusal_before(explanation, i - 1);
        if (refused != LEDGER_NONE && refused != i - 1)
            explain_step(explanation, refused, "refused");
        explain_step(explanation, i - 1,
                     refused == i - 1 ? "refused, and so the attempt fails"
                                      : "the attempt fails, as every one will");
        defend(explanation, refused, class);
        explanation->culprit = refused == LEDGER_NONE ? i - 1 : refused;
        return;
    }
}
