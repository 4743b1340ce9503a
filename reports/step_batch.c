/* What becomes of a batch whose invocation has failed, in words. */
#include "reports/step_internal.h"

static const struct poller_layout *poller_of(const struct step_facts *facts)
{
    return &facts->world->layout.pollers[facts->place->action->poller];
}

/* The names of the records that the poller delivers of `count`, from a position on. */
static struct value record_names(const struct step_facts *facts, uint32_t first, uint32_t count)
{
    const struct world *world = facts->world;
    struct value_store *store = world->store;
    const struct log_layout *log = &world->layout.logs[poller_of(facts)->log];
    const char *source = log->kind == SOURCE_STREAM ? world->pipeline->streams[log->source].name
                                                    : world->pipeline->tables[log->source].name;
    struct value records = value_list(store, NULL, 0);
    for (uint32_t i = 0; i < count; i++) {
        if (!world_takes(facts->world, facts->place->before, facts->place->action->poller,
                         first + i))
            continue;
        records = value_append(store, records,
                               value_format(store, "%.500s/%s-%u/%u", source,
                                            log->kind == SOURCE_STREAM ? "shard" : "stream",
                                            (unsigned)log->shard, (unsigned)(first + i)));
    }
    return records;
}

struct value delivered_records(const struct step_facts *facts)
{
    if (facts->place->action->kind != ACTION_POLL)
        return VALUE_NONE;
    const struct poller_layout *poller = poller_of(facts);
    return record_names(facts, facts->place->before[poller->checkpoint_slot],
                        facts->place->after[poller->batch_slot]);
}

/* The mapping gives records up before the stream does. */
static bool has_limit(const struct step_facts *facts)
{
    return world_age_limit_ms(facts->world, poller_of(facts)) / 1000 < STREAM_RETENTION_S;
}

uint32_t batch_records(const struct step_facts *facts)
{
    const uint32_t *before = facts->place->before;
    const struct poller_layout *poller = poller_of(facts);
    return world_taken(facts->world, before, facts->place->action->poller,
                       before[poller->checkpoint_slot], before[poller->batch_slot]);
}

static bool fails(const struct step_facts *facts)
{
    enum action_kind kind = facts->place->action->kind;
    return kind == ACTION_BISECT || kind == ACTION_DROP || kind == ACTION_CRASH ||
           kind == ACTION_TIMEOUT;
}

/* Records that are passed over in this step. */
static uint32_t passed(const struct step_facts *facts)
{
    uint16_t slot = poller_of(facts)->checkpoint_slot;
    return facts->place->after[slot] - facts->place->before[slot];
}

struct value batch_split(const struct step_facts *facts)
{
    struct value_store *store = facts->world->store;
    if (!fails(facts) || passed(facts) > 0 || facts->place->action->count == 0)
        return VALUE_NONE;
    uint32_t whole = batch_records(facts);
    struct value split = value_map(store, NULL, 0);
    split =
        value_put_text(store, split, "first", value_integer(store, facts->place->action->count));
    return value_put_text(store, split, "of", value_integer(store, whole));
}

struct value batch_dropped(const struct step_facts *facts)
{
    struct value_store *store = facts->world->store;
    bool expires = facts->place->action->kind == ACTION_EXPIRE;
    if (!expires && (!fails(facts) || passed(facts) == 0))
        return VALUE_NONE;
    const struct poller_layout *poller = poller_of(facts);
    const struct mapping_config *mapping = &facts->world->pipeline->mappings[poller->mapping];
    const char *reason = !expires           ? "MaximumRetryAttempts"
                         : has_limit(facts) ? "MaximumRecordAgeInSeconds"
                                            : "retention";
    struct value dropped = value_map(store, NULL, 0);
    /* records before these have succeeded */
    uint32_t count = facts->place->action->count;
    uint32_t first = facts->place->before[poller->checkpoint_slot] + passed(facts) - count;
    dropped = value_put_text(store, dropped, "records", record_names(facts, first, count));
    dropped = value_put_text(store, dropped, "reason", value_text(store, reason));
    if (!expires)
        dropped = value_put_text(store, dropped, "retries",
                                 value_integer(store, facts->place->before[poller->retries_slot]));
    return value_put_text(store, dropped, "destination",
                          mapping->on_failure == NULL ? value_null(store)
                                                      : value_text(store, mapping->on_failure));
}

bool batch_goes_on(const struct step_facts *facts)
{
    return facts->place->action->poller != ACTION_NO_POLLER && passed(facts) > 0 &&
           facts->place->after[poller_of(facts)->batch_slot] > 0;
}

/* Records among the last `count` that the step passes over. */
static uint32_t last_records(const struct step_facts *facts, uint32_t count)
{
    uint32_t first =
        facts->place->before[poller_of(facts)->checkpoint_slot] + passed(facts) - count;
    return world_taken(facts->world, facts->place->before, facts->place->action->poller, first,
                       count);
}

static void append_drop(struct text *text, const struct step_facts *facts)
{
    const struct poller_layout *poller = poller_of(facts);
    const struct mapping_config *mapping = &facts->world->pipeline->mappings[poller->mapping];
    uint32_t retries = facts->place->before[poller->retries_slot];
    text_append_format(text, "its batch of %u is dropped after %u %s (MaximumRetryAttempts: %lld)",
                       (unsigned)last_records(facts, facts->place->action->count),
                       (unsigned)retries, retries == 1 ? "retry" : "retries",
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
    uint32_t count = facts->place->action->count;
    bool whole = before[poller->batch_slot] == after[poller->batch_slot];
    if (whole && count > 0) {
        text_append_format(text,
                           "the same batch comes again and again, until its first record is %u s "
                           "old",
                           (unsigned)count);
        return;
    }
    if (whole) {
        text_append_string(text, "the same batch comes again");
        return;
    }
    text_append_format(text, "the batch of %u is bisected: ", (unsigned)batch_records(facts));
    if (count == 1)
        text_append_string(text, "its first record comes next, alone");
    else
        text_append_format(text, "its first %u records come next", (unsigned)count);
}

void append_partial(struct text *text, const struct step_facts *facts)
{
    uint32_t succeeded = facts->place->action->count;
    uint32_t left = batch_records(facts) - succeeded;
    text_append_format(text,
                       "reports a failure: the first %u of its batch %s acknowledged, the "
                       "last %u come%s again",
                       (unsigned)succeeded, succeeded == 1 ? "is" : "are", (unsigned)left,
                       left == 1 ? "s" : "");
}

void append_expiry(struct text *text, const struct step_facts *facts)
{
    const struct mapping_config *mapping =
        &facts->world->pipeline->mappings[poller_of(facts)->mapping];
    uint32_t count = last_records(facts, facts->place->action->count);
    text_append_format(text, "loses %u record%s ", (unsigned)count, count == 1 ? "" : "s");
    if (!has_limit(facts)) {
        text_append_string(text, "older than 24 h");
        return;
    }
    text_append_format(text, "older than %lld s (MaximumRecordAgeInSeconds)",
                       (long long)mapping->maximum_record_age_s);
    if (mapping->on_failure != NULL)
        text_append_format(text, "; their whereabouts are sent to %s", mapping->on_failure);
}
