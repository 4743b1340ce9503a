/* What becomes of a batch whose invocation has failed, in words. */
#include "reports/step_internal.h"

static const struct poller_layout *poller_of(const struct step_facts *facts)
{
    return &facts->world->layout.pollers[facts->place->action->poller];
}

static void append_drop(struct text *text, const struct step_facts *facts)
{
    const struct poller_layout *poller = poller_of(facts);
    const struct mapping_config *mapping = &facts->world->pipeline->mappings[poller->mapping];
    uint32_t retries = facts->place->before[poller->retries_slot];
    text_append_format(text, "its batch of %u is dropped after %u %s (MaximumRetryAttempts: %lld)",
                       (unsigned)facts->place->before[poller->batch_slot], (unsigned)retries,
                       retries == 1 ? "retry" : "retries",
                       (long long)mapping->maximum_retry_attempts);
    if (mapping->on_failure != NULL)
        text_append_format(text, ", its whereabouts are sent to %s", mapping->on_failure);
}

void append_batch_after_failure(struct text *text, const struct step_facts *facts)
{
    const struct poller_layout *poller = poller_of(facts);
    const uint32_t *before = facts->place->before;
    const uint32_t *after = facts->place->after;
    if (before[poller->checkpoint_slot] != after[poller->checkpoint_slot]) {
        append_drop(text, facts);
        return;
    }
    uint32_t whole = before[poller->batch_slot];
    uint32_t piece = after[poller->batch_slot];
    if (whole == piece) {
        text_append_string(text, "the same batch comes again");
        return;
    }
    text_append_format(text,
                       "the batch is bisected: its first %u of %u come now, the other%s later",
                       (unsigned)piece, (unsigned)whole, whole - piece == 1 ? "" : "s");
}

void append_expiry(struct text *text, const struct step_facts *facts)
{
    const struct mapping_config *mapping =
        &facts->world->pipeline->mappings[poller_of(facts)->mapping];
    uint32_t count = facts->place->action->count;
    text_append_format(text, "loses %u record%s ", (unsigned)count, count == 1 ? "" : "s");
    if (mapping->maximum_record_age_s < 0) {
        text_append_string(text, "older than 24 h");
        return;
    }
    text_append_format(text, "older than %lld s (MaximumRecordAgeInSeconds)",
                       (long long)mapping->maximum_record_age_s);
    if (mapping->on_failure != NULL)
        text_append_format(text, "; their whereabouts are sent to %s", mapping->on_failure);
}
