#include "model/python/host_record.h"

#include "model/python/host_step.h"

#include <string.h>

enum { SIZE_FIRST = 256, TAG_START = 0x52554e, TAG_INPUT = 0x494e50 };

void host_record_init(struct host_record *record, struct memory *memory)
{
    *record = (struct host_record){.memory = memory};
}

void host_record_release(struct host_record *record)
{
    memory_free(record->memory, record->entries, record->size * sizeof *record->entries);
    host_record_init(record, record->memory);
}

struct hash128 host_prefix_start(const struct value_store *store, struct value event,
                                 uint32_t attempt)
{
    const struct hash128 part = value_hash(store, event);
    return hash128_combine((uint64_t)TAG_START << 32 | attempt, &part, 1);
}

struct hash128 host_prefix_add(const struct value_store *store, struct hash128 prefix,
                               struct value input)
{
    const struct hash128 parts[] = {prefix, value_hash(store, input)};
    return hash128_combine(TAG_INPUT, parts, 2);
}

static struct host_record_entry *find(const struct host_record *record, struct hash128 prefix)
{
    size_t slot = (size_t)prefix.low & (record->size - 1);
    while (record->entries[slot].used && !hash128_equal(record->entries[slot].prefix, prefix))
        slot = (slot + 1) & (record->size - 1);
    return &record->entries[slot];
}

static bool grow(struct host_record *record)
{
    struct host_record old = *record;
    const size_t size = old.size == 0 ? SIZE_FIRST : old.size * 2;
    struct host_record_entry *entries =
        memory_allocate_zeroed(record->memory, size, sizeof *entries);
    if (entries == NULL)
        return false;
    record->entries = entries;
    record->size = size;
    for (size_t i = 0; i < old.size; i++)
        if (old.entries[i].used)
            *find(record, old.entries[i].prefix) = old.entries[i];
    memory_free(old.memory, old.entries, old.size * sizeof *old.entries);
    return true;
}

static enum status complain(const struct host_record *record, const struct value_store *store,
                            const char *name, uint32_t attempt, size_t depth,
                            const struct handler_step *first, const struct handler_step *now,
                            struct error *error)
{
    struct text texts[2];
    text_init(&texts[0], record->memory);
    text_init(&texts[1], record->memory);
    host_step_describe(&texts[0], store, first);
    host_step_describe(&texts[1], store, now);
    const enum status status = error_set(
        error, STATUS_NONDETERMINISTIC,
        "%s is not deterministic: after the same event and %zu same inputs (attempt %u) it did at "
        "first: %s; and now: %s",
        name, depth, attempt, text_string(&texts[0]), text_string(&texts[1]));
    text_release(&texts[0]);
    text_release(&texts[1]);
    return status;
}

enum status host_record_check(struct host_record *record, const struct value_store *store,
                              const char *name, struct hash128 prefix, uint32_t attempt,
                              size_t depth, const struct handler_step *step, struct error *error)
{
    if (record->count * 2 >= record->size && !grow(record))
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    struct host_record_entry *entry = find(record, prefix);
    if (!entry->used) {
        *entry = (struct host_record_entry){.prefix = prefix, .step = *step, .used = true};
        record->count++;
        return STATUS_OK;
    }
    if (host_step_equal(store, &entry->step, step))
        return STATUS_OK;
    return complain(record, store, name, attempt, depth, &entry->step, step, error);
}
