/* Which records of its shard a poller delivers, and the event that it makes of them. */
#include "model/event.h"
#include "model/record_filter.h"
#include "model/world.h"

/* The part of a record's partition key (Kinesis) or item (DynamoDB), for which order is kept: AWS
 * says that it stays the same, not which it is. */
static uint32_t part_of(const struct value_store *store, struct value record, uint32_t parts)
{
    struct value kinesis = value_get_text(store, record, "kinesis");
    struct value key =
        value_is_none(kinesis)
            ? value_get_text(store, value_get_text(store, record, "dynamodb"), "Keys")
            : value_get_text(store, kinesis, "partitionKey");
    return (uint32_t)(value_hash(store, key).low % parts);
}

bool world_takes(struct world *world, const uint32_t *slots, uint32_t poller, uint32_t position)
{
    const struct poller_layout *layout = &world->layout.pollers[poller];
    const struct mapping_config *mapping = &world->pipeline->mappings[layout->mapping];
    if (mapping->filter_count == 0 && mapping->parallelization_factor == 1)
        return true;
    struct value record =
        value_at(world->store, world_log_entry(world, slots, layout->log, position), 1);
    uint64_t key = (uint64_t)poller << 32 | record.id;
    uint32_t taken = 0;
    if (id_map_find(&world->taken, key, &taken))
        return taken != 0;
    bool takes = mapping->parallelization_factor == 1 ||
                 part_of(world->store, record, mapping->parallelization_factor) == layout->part;
    if (takes && mapping->filter_count > 0)
        takes = record_filter_accepts(world->memory, world->store, world->filters[layout->mapping],
                                      mapping->filter_count, record);
    /* a memo that cannot grow only costs time */
    (void)id_map_put(&world->taken, key, takes ? 1 : 0);
    return takes;
}

uint32_t world_taken(struct world *world, const uint32_t *slots, uint32_t poller, uint32_t position,
                     uint32_t count)
{
    uint32_t taken = 0;
    for (uint32_t i = 0; i < count; i++)
        taken += world_takes(world, slots, poller, position + i) ? 1 : 0;
    return taken;
}

struct value world_event(struct world *world, const uint32_t *slots, uint32_t poller)
{
    const struct poller_layout *layout = &world->layout.pollers[poller];
    const char *consumer = world->pipeline->mappings[layout->mapping].consumer_arn;
    uint32_t start = slots[layout->checkpoint_slot];
    uint32_t span = slots[layout->batch_slot];
    struct value *records = arena_allocate_array(&world->scratch, span, sizeof *records);
    uint32_t count = 0;
    if (records == NULL)
        return VALUE_NONE;
    for (uint32_t i = 0; i < span; i++) {
        if (!world_takes(world, slots, poller, start + i))
            continue;
        struct value entry = world_log_entry(world, slots, layout->log, start + i);
        records[count++] =
            event_for_consumer(world->store, value_at(world->store, entry, 1), consumer);
    }
    return event_batch(world->store, records, count);
}
