/* Where an invocation has found what another has left in its container. */
#include "reports/explanation_internal.h"
#include "reports/field.h"

#include <string.h>

/* The first call that wrote something in the invocation that starts at `step`, or else that step.
 */
static size_t first_write(const struct explanation *explanation, size_t step)
{
    const struct value_store *store = explanation->store;
    const struct ledger *ledger = &explanation->ledger;
    const char *actor = field_text(store, explained_step(explanation, step), "actor");
    for (size_t i = 0; i < ledger->write_count; i++) {
        size_t written = ledger->writes[i].step;
        if (written >= step &&
            strcmp(field_text(store, explained_step(explanation, written), "actor"), actor) == 0)
            return written;
    }
    return step;
}

void cause_container(struct explanation *explanation, size_t step)
{
    struct text *text = &explanation->cause;
    text_clear(text);
    append_actor_of(text, explanation, step);
    text_append_format(
        text,
        " was given a container that had served an invocation before (step %zu), and "
        "what that one had left there, in globals or in /tmp, made it do something "
        "else than in a new container",
        step + 1);
    explain_step(explanation, step, "it finds what the invocation before has left");
    explanation->culprit = first_write(explanation, step);
    text_clear(&explanation->defence);
    text_append_string(&explanation->defence,
                       "What an invocation writes must depend on its event and on tables alone: "
                       "make in the handler what it collects, and keep outside only what is the "
                       "same for every event.");
}
