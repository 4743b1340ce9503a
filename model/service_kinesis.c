/* PutRecord and PutRecords of functions, applied to the streams of a state. Nothing is memoised:
 * answers hold sequence numbers, which grow with every record. */
#include "model/event.h"
#include "model/service.h"

#include <string.h>

static const char prefix[] = "Kinesis_20131202.";

bool service_call_is_kinesis(const struct world *world, const struct handler_step *step)
{
    return strncmp(value_bytes(world->store, step->target, NULL), prefix, strlen(prefix)) == 0;
}

struct streams {
    const struct world *world;
    const uint32_t *state;
};

static uint64_t length_of(const void *state, uint32_t stream, uint32_t shard)
{
    const struct streams *streams = state;
    uint32_t first = (uint32_t)streams->world->layout.stream_logs[stream];
    return world_log_length(streams->world, streams->state, first + shard);
}

/* A key that chance chose was placed when it was first used: see model/put_placement.h. */
static bool place_of(const void *state, uint32_t stream, struct value key, uint32_t *shard)
{
    const struct streams *streams = state;
    const struct world *world = streams->world;
    uint16_t slot = world->layout.stream_place_slots[stream];
    int64_t place = 0;
    if (slot == WORLD_NO_SLOT)
        return false;
    struct value known = value_get(world->store, (struct value){streams->state[slot]}, key);
    if (value_is_none(known) || !value_to_integer(world->store, known, &place))
        return false;
    *shard = (uint32_t)place;
    return true;
}

/* The first call to a stream voids what was concluded from the function not putting to it. */
static void note_puts(struct world *world, uint32_t function, const struct kinesis_result *result)
{
    for (size_t i = 0; i < result->put_count; i++) {
        bool *known = &world->facts.footprints.puts[function][result->puts[i].stream];
        if (!*known)
            world->facts_changed = true;
        *known = true;
    }
}

enum status service_put_records(struct world *world, const uint32_t *state, uint32_t function,
                                const struct handler_step *step, const struct call_result **result,
                                struct error *error)
{
    struct value tables[PIPELINE_TABLES_MAX] = {VALUE_NONE};
    const struct dynamodb_context context = {.pipeline = world->pipeline,
                                             .store = world->store,
                                             .table_values = tables,
                                             .arena = &world->scratch};
    const struct streams found = {world, state};
    const struct kinesis_streams streams = {
        .length = length_of, .place = place_of, .state = &found};
    struct kinesis_result answered;
    memset(&answered, 0, sizeof answered);
    enum status status = kinesis_apply(&context, value_bytes(world->store, step->target, NULL),
                                       step->request, &streams, &answered, error);
    if (status != STATUS_OK)
        return status;
    struct call_result *kept = arena_allocate(&world->scratch, sizeof *kept);
    if (kept == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    note_puts(world, function, &answered);
    *kept =
        (struct call_result){.answer = service_answer(world, answered.http_status, answered.body),
                             .puts = answered.puts,
                             .put_count = answered.put_count,
                             .writes = true,
                             .succeeded = answered.http_status == 200};
    *result = kept;
    return STATUS_OK;
}

enum status service_append_puts(struct world *world, uint32_t function,
                                const struct call_result *result, uint32_t *slots,
                                struct error *error)
{
    struct value_store *store = world->store;
    uint32_t clock = slots[world->layout.clock_slots[function]];
    for (size_t i = 0; i < result->put_count; i++) {
        const struct kinesis_put *put = &result->puts[i];
        uint32_t log = (uint32_t)world->layout.stream_logs[put->stream] + put->shard;
        struct value record =
            event_kinesis_record(store, &world->pipeline->streams[put->stream], put->shard,
                                 world_log_length(world, slots, log), put->partition_key, put->data,
                                 world->workload->start_ms + clock);
        if (!world_log_append(world, slots, log, clock, record))
            return error_set(error, STATUS_NO_MEMORY, "out of memory for values");
    }
    return STATUS_OK;
}
