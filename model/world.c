#include "model/world.h"

#include "model/base/hash.h"
#include "model/dead_data.h"
#include "model/event.h"
#include "model/property.h"
#include "model/record_filter.h"
#include "model/service.h"
#include "model/turns.h"

#include <stdio.h>
#include <string.h>

static bool add_logs(struct layout *layout, enum source_kind kind, uint32_t source, uint32_t shards)
{
    for (uint32_t shard = 0; shard < shards; shard++) {
        if (layout->log_count == WORLD_LOGS_MAX)
            return false;
        layout->logs[layout->log_count++] =
            (struct log_layout){.kind = kind, .source = source, .shard = shard};
    }
    return true;
}

static bool stream_is_read(const struct pipeline *pipeline, uint32_t table)
{
    for (size_t i = 0; i < pipeline->mapping_count; i++) {
        const struct mapping_config *mapping = &pipeline->mappings[i];
        if (mapping->enabled && mapping->source_kind == SOURCE_TABLE && mapping->source == table)
            return true;
    }
    return false;
}

static bool layout_logs(struct layout *layout, const struct pipeline *pipeline)
{
    for (uint32_t i = 0; i < pipeline->stream_count; i++) {
        layout->stream_logs[i] = (int32_t)layout->log_count;
        if (!add_logs(layout, SOURCE_STREAM, i, pipeline->streams[i].shard_count))
            return false;
    }
    for (uint32_t i = 0; i < pipeline->table_count; i++) {
        const struct table_config *table = &pipeline->tables[i];
        layout->table_logs[i] = -1;
        if (table->stream_view == STREAM_VIEW_NONE || !stream_is_read(pipeline, i))
            continue;
        layout->table_logs[i] = (int32_t)layout->log_count;
        if (!add_logs(layout, SOURCE_TABLE, i, table->stream_shards))
            return false;
    }
    return true;
}

static uint32_t function_pollers(const struct pipeline *pipeline, uint32_t function)
{
    uint32_t count = 0;
    for (size_t i = 0; i < pipeline->mapping_count; i++) {
        if (pipeline->mappings[i].enabled && pipeline->mappings[i].function == function)
            count += pipeline_mapping_shards(pipeline, &pipeline->mappings[i]) *
                     pipeline->mappings[i].parallelization_factor;
    }
    return count;
}

static bool layout_pollers(struct layout *layout, const struct pipeline *pipeline)
{
    for (uint32_t i = 0; i < pipeline->mapping_count; i++) {
        const struct mapping_config *mapping = &pipeline->mappings[i];
        if (!mapping->enabled)
            continue;
        const struct function_config *function = &pipeline->functions[mapping->function];
        bool stream = mapping->source_kind == SOURCE_STREAM;
        int32_t first =
            stream ? layout->stream_logs[mapping->source] : layout->table_logs[mapping->source];
        if (first < 0) /* the table has no stream: the mapping delivers nothing */
            continue;
        uint32_t shards = pipeline_mapping_shards(pipeline, mapping);
        for (uint32_t k = 0; k < shards * mapping->parallelization_factor; k++) {
            if (layout->poller_count == WORLD_POLLERS_MAX)
                return false;
            struct poller_layout *poller = &layout->pollers[layout->poller_count++];
            poller->mapping = i;
            poller->function = mapping->function;
            poller->shard = k / mapping->parallelization_factor;
            poller->part = k % mapping->parallelization_factor;
            poller->log = (uint16_t)((uint32_t)first + poller->shard);
            poller->throttled = function->reserved_concurrency >= 0 &&
                                function->reserved_concurrency <
                                    (int64_t)function_pollers(pipeline, mapping->function);
        }
    }
    return true;
}

static uint16_t add_slot(struct layout *layout) { return layout->slot_count++; }

static void end_group(struct layout *layout)
{
    layout->group_ends[layout->group_count++] = layout->slot_count;
}

/* A slot that only a kind of faults needs. */
static uint16_t add_slot_for(struct layout *layout, const struct fault_config *faults,
                             enum fault_kind kind)
{
    return faults->enabled[kind] ? add_slot(layout) : (uint16_t)WORLD_NO_SLOT;
}

/* A slot that only a setting of the mapping needs. */
static uint16_t add_slot_if(struct layout *layout, bool set)
{
    return set ? add_slot(layout) : (uint16_t)WORLD_NO_SLOT;
}

static void add_poller_slots(struct layout *layout, const struct world *world,
                             struct poller_layout *poller)
{
    const struct mapping_config *mapping = &world->pipeline->mappings[poller->mapping];
    poller->checkpoint_slot = add_slot(layout);
    poller->batch_slot = add_slot(layout);
    poller->node_slot = add_slot(layout);
    poller->attempt_slot = add_slot(layout);
    poller->failures_slot = add_slot(layout);
    poller->container_slot = add_slot(layout);
    poller->batches_slot = add_slot_for(layout, world->faults, FAULT_REDELIVER);
    poller->late_slot = add_slot_for(layout, world->faults, FAULT_LATE_WRITE);
    poller->retries_slot = add_slot_if(layout, mapping->maximum_retry_attempts >= 0);
    poller->pieces_slot = add_slot_if(layout, mapping->bisect_batch_on_function_error);
    poller->failed_slot = add_slot_if(layout, mapping->report_batch_item_failures);
    if (layout->clock_slots[poller->function] == WORLD_NO_SLOT)
        layout->clock_slots[poller->function] = add_slot(layout);
}

/* The logs of a source, each with its pollers, and the clocks of the functions they invoke. */
static void add_source_slots(struct layout *layout, const struct world *world, int32_t first_log,
                             uint32_t shards)
{
    for (uint32_t log = (uint32_t)first_log; log < (uint32_t)first_log + shards; log++) {
        layout->logs[log].slot = add_slot(layout);
        for (uint32_t i = 0; i < layout->poller_count; i++) {
            if (layout->pollers[i].log == log)
                add_poller_slots(layout, world, &layout->pollers[i]);
        }
    }
}

static void add_slots(struct layout *layout, const struct world *world)
{
    const struct pipeline *pipeline = world->pipeline;
    for (size_t i = 0; i < pipeline->function_count; i++)
        layout->clock_slots[i] = WORLD_NO_SLOT;
    layout->generator_slot = add_slot(layout);
    for (uint32_t i = 0; i < pipeline->stream_count; i++) {
        layout->stream_place_slots[i] = add_slot_if(layout, pipeline->streams[i].shard_count > 1);
        add_source_slots(layout, world, layout->stream_logs[i], pipeline->streams[i].shard_count);
        end_group(layout);
    }
    for (uint32_t i = 0; i < pipeline->table_count; i++) {
        const struct table_config *table = &pipeline->tables[i];
        layout->place_slots[i] = WORLD_NO_SLOT;
        if (layout->table_logs[i] < 0)
            continue;
        layout->table_slots[i] = add_slot(layout);
        if (table->stream_shards > 1 && !table->places_by_key)
            layout->place_slots[i] = add_slot(layout);
        add_source_slots(layout, world, layout->table_logs[i], table->stream_shards);
        end_group(layout);
    }
    for (uint32_t i = 0; i < pipeline->table_count; i++) {
        if (layout->table_logs[i] < 0)
            layout->table_slots[i] = add_slot(layout);
        layout->before_slots[i] = add_slot_for(layout, world->faults, FAULT_STALE_READ);
    }
    layout->tokens_slot = add_slot(layout);
    for (size_t i = 0; i < pipeline->function_count; i++) {
        if (layout->clock_slots[i] == WORLD_NO_SLOT)
            layout->clock_slots[i] = add_slot(layout);
    }
    for (size_t i = 0; i < FAULT_KIND_COUNT; i++) {
        bool capped = world->faults->enabled[i] && world->faults->cap[i] != FAULT_UNLIMITED;
        layout->cap_slots[i] = capped ? add_slot(layout) : WORLD_NO_SLOT;
    }
    end_group(layout);
}

static void note_slot_kinds(struct layout *layout, const struct pipeline *pipeline)
{
    memset(layout->slot_kinds, SLOT_NUMBER, layout->slot_count * sizeof *layout->slot_kinds);
    layout->slot_kinds[layout->generator_slot] = SLOT_VALUE;
    layout->slot_kinds[layout->tokens_slot] = SLOT_VALUE;
    for (size_t i = 0; i < pipeline->table_count; i++) {
        layout->slot_kinds[layout->table_slots[i]] = SLOT_VALUE;
        if (layout->before_slots[i] != WORLD_NO_SLOT)
            layout->slot_kinds[layout->before_slots[i]] = SLOT_VALUE;
        if (layout->place_slots[i] != WORLD_NO_SLOT)
            layout->slot_kinds[layout->place_slots[i]] = SLOT_VALUE;
    }
    for (size_t i = 0; i < pipeline->stream_count; i++) {
        if (layout->stream_place_slots[i] != WORLD_NO_SLOT)
            layout->slot_kinds[layout->stream_place_slots[i]] = SLOT_VALUE;
    }
    for (size_t i = 0; i < layout->log_count; i++)
        layout->slot_kinds[layout->logs[i].slot] = SLOT_VALUE;
    for (size_t i = 0; i < layout->poller_count; i++) {
        const struct poller_layout *poller = &layout->pollers[i];
        layout->slot_kinds[poller->node_slot] = (uint8_t)(SLOT_NODE + poller->function);
        layout->slot_kinds[poller->failures_slot] = SLOT_VALUE;
        layout->slot_kinds[poller->container_slot] = SLOT_VALUE;
        if (poller->late_slot != WORLD_NO_SLOT)
            layout->slot_kinds[poller->late_slot] = (uint8_t)(SLOT_NODE + poller->function);
        if (poller->batches_slot != WORLD_NO_SLOT)
            layout->slot_kinds[poller->batches_slot] = SLOT_VALUE;
        if (poller->pieces_slot != WORLD_NO_SLOT)
            layout->slot_kinds[poller->pieces_slot] = SLOT_VALUE;
    }
}

static enum status layout_create(struct world *world, struct error *error)
{
    struct layout *layout = &world->layout;
    const struct pipeline *pipeline = world->pipeline;
    memset(layout, 0, sizeof *layout);
    if (!layout_logs(layout, pipeline))
        return error_set(error, STATUS_LIMIT, "the pipeline has more than %d shards in all",
                         WORLD_LOGS_MAX);
    if (!layout_pollers(layout, pipeline))
        return error_set(error, STATUS_LIMIT,
                         "the event source mappings have more than %d shards in all",
                         WORLD_POLLERS_MAX);
    add_slots(layout, world);
    layout->slot_kinds =
        arena_allocate_array(&world->arena, layout->slot_count, sizeof *layout->slot_kinds);
    if (layout->slot_kinds == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    note_slot_kinds(layout, pipeline);
    return STATUS_OK;
}

static struct value everything_put(struct world *world)
{
    uint8_t copies[SCENARIO_MESSAGES_MAX] = {0};
    const struct scenario *scenario = world->scenario;
    for (size_t i = 0; i < scenario->message_count; i++)
        copies[i] = (uint8_t)scenario->messages[i].copies;
    return value_binary(world->store, copies, world->workload->message_count);
}

static enum status read_filters(struct world *world, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < world->pipeline->mapping_count; i++) {
        const struct mapping_config *mapping = &world->pipeline->mappings[i];
        for (size_t j = 0; status == STATUS_OK && j < mapping->filter_count; j++)
            status = record_filter_parse(world->store, mapping->filters[j], &world->filters[i][j],
                                         error);
    }
    return status;
}

/* Which stages there are, and in which groups their pollers are explored. */
static void arrange(struct world *world)
{
    stages_from_footprints(world->pipeline, &world->facts.footprints, world->workload->stream,
                           &world->stages);
    turns_arrange(world, &world->order);
}

enum status world_create(const struct world_inputs *inputs, struct world **result,
                         struct error *error)
{
    struct world *world = memory_allocate_zeroed(inputs->memory, 1, sizeof *world);
    if (world == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    world->memory = inputs->memory;
    world->store = inputs->store;
    world->pipeline = inputs->pipeline;
    world->scenario = inputs->scenario;
    world->faults = inputs->faults;
    world->workload = inputs->workload;
    world->trees = inputs->trees;
    world->merge_local_steps = inputs->merge_local_steps;
    world->stage_order = inputs->stage_order;
    world->shards_in_turn = inputs->shards_in_turn;
    world->drop_dead_data = inputs->drop_dead_data && dead_data_allowed(inputs->faults);
    id_map_init(&world->taken, inputs->memory);
    arena_init(&world->arena, inputs->memory);
    arena_init(&world->scratch, inputs->memory);
    world->draw_low = value_text(world->store, "low");
    world->draw_high = value_text(world->store, "high");
    world->status_name = value_text(world->store, "status");
    world->empty_map = value_map(world->store, NULL, 0);
    world->empty_list = value_list(world->store, NULL, 0);
    world->no_container = value_null(world->store);
    world->everything_put = everything_put(world);
    world->facts.time_passes = inputs->faults->enabled[FAULT_TIMEOUT] ||
                               inputs->faults->enabled[FAULT_LATE_WRITE] ||
                               inputs->faults->enabled[FAULT_DELAY];
    for (size_t i = 0; i < inputs->pipeline->function_count; i++) {
        world->facts.attempts_shown[i] =
            world->trees[i] != NULL && handler_tree_shows_attempts(world->trees[i]);
    }
    world->calls = call_memo_create(inputs->memory);
    world->outcomes = outcome_memo_create(inputs->memory);
    world->dead = dead_data_create(inputs->memory);
    world->turns = turns_create(inputs->memory);
    enum status status = STATUS_OK;
    if (world->calls == NULL || world->outcomes == NULL || world->dead == NULL ||
        world->turns == NULL || value_store_failed(world->store))
        status = error_set(error, STATUS_NO_MEMORY, "out of memory");
    for (int i = 0; status == STATUS_OK && i < FAULT_KIND_COUNT; i++)
        status = fault_config_functions(inputs->faults, (enum fault_kind)i, inputs->pipeline,
                                        &world->fault_functions[i], error);
    if (status == STATUS_OK)
        status = layout_create(world, error);
    if (status == STATUS_OK)
        status = read_filters(world, error);
    if (status == STATUS_OK)
        arrange(world);
    if (status != STATUS_OK) {
        world_destroy(world);
        return status;
    }
    *result = world;
    return STATUS_OK;
}

void world_destroy(struct world *world)
{
    if (world == NULL)
        return;
    call_memo_destroy(world->calls);
    dead_data_destroy(world->dead);
    turns_destroy(world->turns);
    outcome_memo_destroy(world->outcomes);
    id_map_release(&world->taken);
    arena_release(&world->arena);
    arena_release(&world->scratch);
    memory_free(world->memory, world, sizeof *world);
}

static struct value initial_table(struct world *world, uint32_t index)
{
    const struct table_config *table = &world->pipeline->tables[index];
    struct value contents = world->empty_map;
    for (size_t i = 0; i < table->item_count; i++) {
        struct value key = item_primary_key(world->store, table, table->items[i]);
        contents = value_put(world->store, contents, key, table->items[i]);
    }
    return contents;
}

void world_initial_state(struct world *world, uint32_t *slots)
{
    const struct layout *layout = &world->layout;
    memset(slots, 0, layout->slot_count * sizeof *slots);
    uint8_t put[SCENARIO_MESSAGES_MAX] = {0};
    slots[layout->generator_slot] =
        value_binary(world->store, put, world->workload->message_count).id;
    slots[layout->tokens_slot] = world->empty_map.id;
    for (uint32_t i = 0; i < world->pipeline->table_count; i++) {
        slots[layout->table_slots[i]] = initial_table(world, i).id;
        if (layout->before_slots[i] != WORLD_NO_SLOT)
            slots[layout->before_slots[i]] = slots[layout->table_slots[i]];
        if (layout->place_slots[i] != WORLD_NO_SLOT)
            slots[layout->place_slots[i]] = world->empty_map.id;
    }
    for (uint32_t i = 0; i < world->pipeline->stream_count; i++) {
        if (layout->stream_place_slots[i] != WORLD_NO_SLOT)
            slots[layout->stream_place_slots[i]] = world->empty_map.id;
    }
    for (uint32_t i = 0; i < layout->log_count; i++)
        slots[layout->logs[i].slot] = world->empty_list.id;
    for (uint32_t i = 0; i < layout->poller_count; i++) {
        slots[layout->pollers[i].failures_slot] = world->empty_list.id;
        slots[layout->pollers[i].container_slot] = world->no_container.id;
        if (layout->pollers[i].batches_slot != WORLD_NO_SLOT)
            slots[layout->pollers[i].batches_slot] = world->empty_list.id;
        if (layout->pollers[i].pieces_slot != WORLD_NO_SLOT)
            slots[layout->pollers[i].pieces_slot] = world->empty_list.id;
    }
}

bool world_take_facts_changed(struct world *world)
{
    for (size_t i = 0; i < world->pipeline->function_count; i++) {
        struct handler_tree *tree = world->trees[i];
        if (tree != NULL && handler_tree_remembers(tree) && !world->facts.remembers[i]) {
            world->facts.remembers[i] = true;
            world->facts_changed = true;
        }
        if (tree == NULL || world->facts.attempts_shown[i])
            continue;
        if (handler_tree_depends_on_attempt(tree) || handler_tree_shows_attempts(tree)) {
            if (!handler_tree_shows_attempts(tree))
                handler_tree_show_attempts(tree);
            world->facts.attempts_shown[i] = true;
            world->facts_changed = true;
        }
    }
    bool changed = world->facts_changed;
    world->facts_changed = false;
    world->time_is_news = false;
    if (changed)
        arrange(world);
    return changed;
}

void world_adopt_facts(struct world *world, const struct world_facts *facts)
{
    world->facts = *facts;
    arrange(world);
}

struct value world_log(const struct world *world, const uint32_t *slots, uint32_t log)
{
    return (struct value){slots[world->layout.logs[log].slot]};
}

size_t world_log_length(const struct world *world, const uint32_t *slots, uint32_t log)
{
    return world_log_base(world, slots, log) +
           value_count(world->store, world_log(world, slots, log));
}

struct value world_log_entry(const struct world *world, const uint32_t *slots, uint32_t log,
                             uint32_t position)
{
    uint32_t base = world_log_base(world, slots, log);
    CHECK(position >= base);
    return value_at(world->store, world_log(world, slots, log), position - base);
}

int64_t world_log_time_ms(const struct world *world, const uint32_t *slots, uint32_t log,
                          uint32_t position)
{
    int64_t time_ms = 0;
    struct value entry = world_log_entry(world, slots, log, position);
    CHECK(value_to_integer(world->store, value_at(world->store, entry, 0), &time_ms));
    return time_ms;
}

bool world_log_append(struct world *world, uint32_t *slots, uint32_t log, int64_t time_ms,
                      struct value record)
{
    struct value entry[2] = {value_integer(world->store, time_ms), record};
    struct value longer = value_append(world->store, world_log(world, slots, log),
                                       value_list(world->store, entry, 2));
    if (value_is_none(longer))
        return false;
    slots[world->layout.logs[log].slot] = longer.id;
    return true;
}

static bool has_several_mappings(const struct world *world, uint32_t function)
{
    uint32_t mappings = 0;
    for (size_t i = 0; i < world->pipeline->mapping_count; i++) {
        if (world->pipeline->mappings[i].enabled &&
            world->pipeline->mappings[i].function == function)
            mappings++;
    }
    return mappings > 1;
}

void world_poller_name(const struct world *world, uint32_t poller, char *text, size_t size)
{
    const struct poller_layout *layout = &world->layout.pollers[poller];
    const struct mapping_config *mapping = &world->pipeline->mappings[layout->mapping];
    const char *function = world->pipeline->functions[layout->function].name;
    const char *source = mapping->source_kind == SOURCE_STREAM
                             ? world->pipeline->streams[mapping->source].name
                             : world->pipeline->tables[mapping->source].name;
    int length =
        has_several_mappings(world, layout->function)
            ? snprintf(text, size, "%s/%s/shard-%u", function, source, (unsigned)layout->shard)
            : snprintf(text, size, "%s/shard-%u", function, (unsigned)layout->shard);
    if (mapping->parallelization_factor > 1 && length > 0 && (size_t)length < size)
        snprintf(text + length, size - (size_t)length, "/part-%u", (unsigned)layout->part);
}

int64_t world_age_limit_ms(const struct world *world, const struct poller_layout *poller)
{
    int64_t age_s = world->pipeline->mappings[poller->mapping].maximum_record_age_s;
    return age_s < 0 || age_s > STREAM_RETENTION_S ? (int64_t)STREAM_RETENTION_S * 1000
                                                   : age_s * 1000;
}

uint32_t world_running(const struct world *world, const uint32_t *slots, uint32_t function)
{
    uint32_t running = 0;
    for (uint32_t i = 0; i < world->layout.poller_count; i++) {
        const struct poller_layout *poller = &world->layout.pollers[i];
        uint32_t node = slots[poller->node_slot];
        if (poller->function == function &&
            (node >= HANDLER_NODE_FIRST || node == HANDLER_NODE_RETURNED))
            running++;
    }
    return running;
}

uint64_t world_slot_fingerprint(const struct world *world, uint32_t slot, uint32_t content)
{
    uint8_t kind = world->layout.slot_kinds[slot];
    uint64_t hash = content;
    if (kind == SLOT_VALUE && content != VALUE_NONE.id)
        hash = value_hash(world->store, (struct value){content}).low;
    else if (kind >= SLOT_NODE)
        hash = handler_tree_node_hash(world->trees[kind - SLOT_NODE], content);
    return hash_mix64(hash_mix64(slot) + hash);
}

uint64_t world_run_fingerprint(const struct world *world, const uint32_t *slots, uint32_t first,
                               uint32_t count)
{
    uint64_t sum = 0;
    for (uint32_t i = 0; i < count; i++)
        sum += world_slot_fingerprint(world, first + i, slots[i]);
    return sum;
}
