#include "model/dead_data.h"

#include "model/base/id_map.h"
#include "model/property.h"
#include "model/time_to_live.h"

#include <string.h>

/* Who sends a token, and the records (positions in the shard) that are in every batch for which it
 * was sent. */
struct token_use {
    uint16_t poller;
    uint32_t first;
    uint32_t end;
};

struct dead_data {
    struct memory *memory;
    struct id_map by_token; /* index into uses */
    struct token_use *uses;
    size_t count;
    size_t capacity;
};

/* In a remembered token: digest, time, owner. */
enum { TOKEN_OWNER = 2 };

bool dead_data_allowed(const struct fault_config *faults)
{
    return !faults->enabled[FAULT_REDELIVER] && !faults->enabled[FAULT_REBATCH] &&
           !faults->enabled[FAULT_LATE_WRITE];
}

struct dead_data *dead_data_create(struct memory *memory)
{
    struct dead_data *dead = memory_allocate_zeroed(memory, 1, sizeof *dead);
    if (dead == NULL)
        return NULL;
    dead->memory = memory;
    id_map_init(&dead->by_token, memory);
    return dead;
}

void dead_data_destroy(struct dead_data *dead)
{
    if (dead == NULL)
        return;
    id_map_release(&dead->by_token);
    memory_free(dead->memory, dead->uses, dead->capacity * sizeof *dead->uses);
    memory_free(dead->memory, dead, sizeof *dead);
}

void dead_data_archive(struct dead_data *dead, struct archive *archive)
{
    id_map_archive(&dead->by_token, archive);
    void *uses = dead->uses;
    archive_array(archive, dead->memory, &uses, &dead->count, &dead->capacity, sizeof *dead->uses);
    dead->uses = uses;
}

/* False: the token might be sent again after its batch is over. */
static bool note_use(struct dead_data *dead, struct value token, struct token_use use)
{
    uint32_t index = 0;
    if (id_map_find(&dead->by_token, token.id, &index)) {
        struct token_use *known = &dead->uses[index];
        if (use.first > known->first)
            known->first = use.first;
        if (use.end < known->end)
            known->end = use.end;
        return known->poller == use.poller && known->first < known->end;
    }
    /* without room to remember the token, nothing is known of its next use */
    if (!memory_reserve(dead->memory, (void **)&dead->uses, &dead->capacity, dead->count + 1,
                        sizeof *dead->uses) ||
        !id_map_put(&dead->by_token, token.id, (uint32_t)dead->count))
        return false;
    dead->uses[dead->count++] = use;
    return true;
}

struct value dead_data_token_sent(struct world *world, const uint32_t *state, uint16_t poller,
                                  struct value request, struct value tokens)
{
    struct value_store *store = world->store;
    if (!world->drop_dead_data || world->facts.tokens_come_back)
        return tokens;
    const struct poller_layout *layout = &world->layout.pollers[poller];
    struct token_use use = {.poller = poller,
                            .first = state[layout->checkpoint_slot],
                            .end = state[layout->checkpoint_slot] + state[layout->batch_slot]};
    struct value token = value_get_text(store, request, "ClientRequestToken");
    if (!note_use(world->dead, token, use)) {
        world->facts.tokens_come_back = true;
        world->facts_changed = true;
        return tokens;
    }
    struct value record = value_is_none(tokens) ? VALUE_NONE : value_get(store, tokens, token);
    if (value_is_none(record) || value_count(store, record) > TOKEN_OWNER)
        return tokens;
    record = value_append(store, record, value_integer(store, poller));
    return value_put(store, tokens, token, record);
}

static uint32_t log_base(const struct world *world, const uint32_t *slots, uint16_t log)
{
    uint32_t base = UINT32_MAX;
    for (uint32_t i = 0; i < world->layout.poller_count; i++) {
        const struct poller_layout *poller = &world->layout.pollers[i];
        if (poller->log == log && slots[poller->checkpoint_slot] < base)
            base = slots[poller->checkpoint_slot];
    }
    return base == UINT32_MAX ? 0 : base;
}

uint32_t world_log_base(const struct world *world, const uint32_t *slots, uint32_t log)
{
    return world->drop_dead_data ? log_base(world, slots, (uint16_t)log) : 0;
}

static void drop_tokens(struct world *world, uint32_t *slots, uint16_t poller)
{
    struct value_store *store = world->store;
    struct value tokens = {slots[world->layout.tokens_slot]};
    struct value kept = tokens;
    for (size_t i = 0; i < value_count(store, tokens); i++) {
        struct value record = value_value_at(store, tokens, i);
        int64_t owner = 0;
        if (value_count(store, record) > TOKEN_OWNER &&
            value_to_integer(store, value_at(store, record, TOKEN_OWNER), &owner) &&
            owner == poller)
            kept = value_remove(store, kept, value_key_at(store, tokens, i));
    }
    if (!value_is_none(kept)) /* else the expansion ends with the store's failure */
        slots[world->layout.tokens_slot] = kept.id;
}

void dead_data_acknowledged(struct world *world, const uint32_t *before, uint32_t *slots,
                            uint16_t poller)
{
    if (!world->drop_dead_data)
        return;
    const struct poller_layout *layout = &world->layout.pollers[poller];
    uint32_t dropped = log_base(world, slots, layout->log) - log_base(world, before, layout->log);
    struct value log = world_log(world, slots, layout->log);
    size_t count = value_count(world->store, log);
    struct value rest = value_slice(world->store, log, dropped, count - dropped);
    if (!value_is_none(rest))
        slots[world->layout.logs[layout->log].slot] = rest.id;
    /* other pieces of the same batch may send its tokens */
    if (!world->facts.tokens_come_back && slots[layout->batch_slot] == 0)
        drop_tokens(world, slots, poller);
}

/* Everything that the stage's pollers have been given is acknowledged, and what has expired of its
 * tables is deleted; no time passes there any more. */
static bool stage_is_idle(const struct world *world, const uint32_t *slots, uint32_t stage)
{
    const struct layout *layout = &world->layout;
    for (uint32_t i = 0; i < layout->poller_count; i++) {
        const struct poller_layout *poller = &layout->pollers[i];
        if (world->stages.of_function[poller->function] == stage &&
            (slots[poller->batch_slot] != 0 ||
             slots[layout->logs[poller->log].slot] != world->empty_list.id))
            return false;
    }
    return !time_to_live_is_due(world, slots, stage);
}

static bool only_finished_touch(const struct world *world, size_t table, uint32_t finished)
{
    for (size_t f = 0; f < world->pipeline->function_count; f++) {
        if (world->facts.footprints.touched[f][table] != 0 &&
            world->stages.of_function[f] >= finished)
            return false;
    }
    return true;
}

static bool only_finished_put(const struct world *world, size_t stream, uint32_t finished)
{
    for (size_t f = 0; f < world->pipeline->function_count; f++) {
        if (world->facts.footprints.puts[f][stream] && world->stages.of_function[f] >= finished)
            return false;
    }
    return true;
}

static bool only_finished_send_tokens(const struct world *world, uint32_t finished)
{
    for (size_t f = 0; f < world->pipeline->function_count; f++) {
        if (world->facts.footprints.sends_tokens[f] && world->stages.of_function[f] >= finished)
            return false;
    }
    return true;
}

/* The checkpoints of all that read a log go together: they say where it begins. */
static bool only_finished_read(const struct world *world, uint16_t log, uint32_t finished)
{
    for (uint32_t i = 0; i < world->layout.poller_count; i++) {
        const struct poller_layout *poller = &world->layout.pollers[i];
        if (poller->log == log && world->stages.of_function[poller->function] >= finished)
            return false;
    }
    return true;
}

/* Drop what belongs to the first `finished` stages. */
static void drop_stages(struct world *world, uint32_t *slots, uint32_t finished)
{
    const struct layout *layout = &world->layout;
    int aggregates = world_aggregate_table(world);
    for (size_t t = 0; t < world->pipeline->table_count; t++) {
        if (!world->facts.table_written[t] || !only_finished_touch(world, t, finished))
            continue;
        if ((int)t != aggregates)
            slots[layout->table_slots[t]] = world->empty_map.id;
        if (layout->before_slots[t] != WORLD_NO_SLOT)
            slots[layout->before_slots[t]] = world->empty_map.id;
        if (layout->place_slots[t] != WORLD_NO_SLOT)
            slots[layout->place_slots[t]] = world->empty_map.id;
    }
    for (size_t s = 0; s < world->pipeline->stream_count; s++) {
        if (layout->stream_place_slots[s] != WORLD_NO_SLOT && only_finished_put(world, s, finished))
            slots[layout->stream_place_slots[s]] = world->empty_map.id;
    }
    for (size_t f = 0; f < world->pipeline->function_count; f++) {
        if (world->stages.of_function[f] < finished)
            slots[layout->clock_slots[f]] = 0;
    }
    for (uint32_t i = 0; i < layout->poller_count; i++) {
        if (only_finished_read(world, layout->pollers[i].log, finished))
            slots[layout->pollers[i].checkpoint_slot] = 0;
    }
    if (only_finished_send_tokens(world, finished))
        slots[layout->tokens_slot] = world->empty_map.id;
}

bool dead_data_finish_stages(struct world *world, uint32_t *slots)
{
    /* a message may be put again */
    if (!world->drop_dead_data || world->faults->enabled[FAULT_PUT_FAILURE] ||
        slots[world->layout.generator_slot] != world->everything_put.id)
        return false;
    uint32_t finished = 0;
    while (finished < world->stages.count && stage_is_idle(world, slots, finished))
        finished++;
    if (finished == 0)
        return false;
    drop_stages(world, slots, finished);
    return true;
}
