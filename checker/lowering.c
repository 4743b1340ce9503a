#include "checker/lowering.h"

#include "checker/verify.h"

struct trials {
    struct run *run;
    const struct lowering_options *options;
    uint64_t budget; /* states that trials may still have */
    struct lowering *lowerings;
    size_t count;
    bool stopped;
};

/* The last message that is put at all; message_count: none. */
static size_t last_message(const struct run *run)
{
    for (size_t i = run->scenario.message_count; i > 0; i--)
        if (run->messages[i - 1].copies > 0)
            return i - 1;
    return run->scenario.message_count;
}

static uint64_t puts_of(const struct run *run)
{
    uint64_t puts = 0;
    for (size_t i = 0; i < run->scenario.message_count; i++)
        puts += run->messages[i].copies;
    return puts;
}

/* The most records that a poll of the mapping's function took. */
static uint32_t largest_batch(const struct diagnosis *diagnosis, uint32_t function)
{
    uint32_t records = DIAGNOSIS_BATCH_MAX;
    while (records > 0 && diagnosis_steps_by_batch(diagnosis, function, records).transitions == 0)
        records--;
    return records;
}

/* Fold what names a shard beyond the stream's last into those that are left. */
static void fold_message_shards(struct run *run, uint32_t shards)
{
    for (size_t i = 0; i < run->scenario.message_count; i++)
        if (run->messages[i].shard >= (int32_t)shards)
            run->messages[i].shard %= (int32_t)shards;
}

static void fold_places(struct table_config *table, struct stream_place *places, uint32_t shards)
{
    for (size_t i = 0; i < table->place_count; i++)
        places[i] = (struct stream_place){.key = table->places[i].key,
                                          .shard = table->places[i].shard % shards};
    table->places = places;
}

static enum status no_memory(struct error *error)
{
    return error_set(error, STATUS_NO_MEMORY, "out of memory for the diagnosis");
}

/* The search again, with the run as it is now. */
static enum status try_now(struct trials *trials, struct lowering lowering, struct error *error)
{
    const struct lowering_options *options = trials->options;
    struct workload workload;
    struct world *world = NULL;
    if (trials->stopped || trials->budget == 0)
        return STATUS_OK;
    enum status status =
        verify_create_world(trials->run, options->valuation, true, &workload, &world, error);
    if (status != STATUS_OK)
        return status;
    struct world_facts facts = *options->facts;
    if (lowering.kind == LOWER_FAULT_KIND && lowering.index == FAULT_TIMEOUT)
        facts.time_passes = false; /* unless a function sleeps, which is found out again */
    world_adopt_facts(world, &facts);
    (void)world_take_facts_changed(world);
    uint64_t states_max = options->complete ? options->states : options->states / 2;
    if (states_max > trials->budget)
        states_max = trials->budget;
    struct search_options search = {.fault_limit = trials->run->faults.limit,
                                    .states_max = states_max,
                                    .workers = options->workers,
                                    .poll = options->poll,
                                    .context = options->context,
                                    .go_on = true,
                                    .known_faults = UINT32_MAX,
                                    .known_depth = UINT32_MAX};
    struct search_result result;
    status = explore(world, &search, &result, error);
    if (status == STATUS_OK) {
        trials->budget -= result.states < trials->budget ? result.states : trials->budget;
        bool complete = result.stop == SEARCH_COMPLETE || result.stop == SEARCH_FAULT_LIMIT;
        trials->stopped = !complete && result.stop != SEARCH_STATE_LIMIT;
        lowering.states = result.states;
        if (complete && result.states < options->states)
            trials->lowerings[trials->count++] = lowering;
    }
    search_result_release(&result);
    world_destroy(world);
    return status;
}

/* --- one thing lowered --------------------------------------------------------------------- */

static enum status try_fewer_puts(struct trials *trials, struct error *error)
{
    struct run *run = trials->run;
    size_t last = last_message(run);
    if (puts_of(run) < 2)
        return STATUS_OK;
    run->messages[last].copies--;
    enum status status = try_now(trials,
                                 (struct lowering){.kind = LOWER_PUTS,
                                                   .index = (uint32_t)last,
                                                   .value = run->messages[last].copies},
                                 error);
    run->messages[last].copies++;
    return status;
}

static enum status try_smaller_batches(struct trials *trials, uint32_t mapping, struct error *error)
{
    struct mapping_config *config = &trials->run->pipeline.mappings[mapping];
    uint32_t before = config->batch_size;
    uint32_t largest = largest_batch(trials->options->diagnosis, config->function);
    if (largest < 2 || largest > before)
        return STATUS_OK;
    config->batch_size = largest - 1;
    enum status status = try_now(
        trials,
        (struct lowering){.kind = LOWER_BATCH, .index = mapping, .value = config->batch_size},
        error);
    config->batch_size = before;
    return status;
}

static enum status try_fewer_stream_shards(struct trials *trials, uint32_t stream,
                                           struct error *error)
{
    struct run *run = trials->run;
    struct stream_config *config = &run->pipeline.streams[stream];
    size_t count = run->scenario.message_count;
    if (config->shard_count < 2)
        return STATUS_OK;
    int32_t *before = memory_allocate_zeroed(run->memory, count, sizeof *before);
    if (before == NULL)
        return no_memory(error);
    for (size_t i = 0; i < count; i++)
        before[i] = run->messages[i].shard;
    config->shard_count--;
    fold_message_shards(run, config->shard_count);
    enum status status =
        try_now(trials,
                (struct lowering){
                    .kind = LOWER_STREAM_SHARDS, .index = stream, .value = config->shard_count},
                error);
    config->shard_count++;
    for (size_t i = 0; i < count; i++)
        run->messages[i].shard = before[i];
    memory_free(run->memory, before, count * sizeof *before);
    return status;
}

static enum status try_fewer_table_shards(struct trials *trials, uint32_t table,
                                          struct error *error)
{
    struct memory *memory = trials->run->memory;
    struct table_config *config = &trials->run->pipeline.tables[table];
    struct table_config before = *config;
    if (config->stream_shards < 2 || config->stream_view == STREAM_VIEW_NONE)
        return STATUS_OK;
    size_t size = (config->place_count + 1) * sizeof(struct stream_place);
    struct stream_place *places = memory_allocate(memory, size);
    if (places == NULL)
        return no_memory(error);
    config->stream_shards--;
    fold_places(config, places, config->stream_shards);
    enum status status =
        try_now(trials,
                (struct lowering){
                    .kind = LOWER_TABLE_SHARDS, .index = table, .value = config->stream_shards},
                error);
    *config = before;
    memory_free(memory, places, size);
    return status;
}

static enum status try_without_fault(struct trials *trials, enum fault_kind kind,
                                     struct error *error)
{
    struct fault_config *faults = &trials->run->faults;
    if (!faults->enabled[kind] ||
        diagnosis_steps_by_fault(trials->options->diagnosis, kind).transitions == 0)
        return STATUS_OK;
    faults->enabled[kind] = false;
    enum status status =
        try_now(trials, (struct lowering){.kind = LOWER_FAULT_KIND, .index = kind}, error);
    faults->enabled[kind] = true;
    return status;
}

static enum status try_one_fault(struct trials *trials, struct error *error)
{
    struct fault_config *faults = &trials->run->faults;
    uint32_t before = faults->limit;
    if (diagnosis_states_at(trials->options->diagnosis, 2) == 0)
        return STATUS_OK;
    faults->limit = 1;
    enum status status =
        try_now(trials, (struct lowering){.kind = LOWER_FAULT_LIMIT, .value = 1}, error);
    faults->limit = before;
    return status;
}

/* --- all of them --------------------------------------------------------------------------- */

static enum status try_shards(struct trials *trials, struct error *error)
{
    const struct pipeline *pipeline = &trials->run->pipeline;
    enum status status = STATUS_OK;
    for (uint32_t i = 0; status == STATUS_OK && i < pipeline->stream_count; i++)
        status = try_fewer_stream_shards(trials, i, error);
    for (uint32_t i = 0; status == STATUS_OK && i < pipeline->table_count; i++)
        status = try_fewer_table_shards(trials, i, error);
    return status;
}

/* Insertion keeps equal ones in order; there are few. */
static void sort_by_states(struct lowering *lowerings, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct lowering lowering = lowerings[i];
        size_t j = i;
        for (; j > 0 && lowerings[j - 1].states > lowering.states; j--)
            lowerings[j] = lowerings[j - 1];
        lowerings[j] = lowering;
    }
}

enum status lowering_try(struct run *run, const struct lowering_options *options,
                         struct lowering lowerings[LOWERINGS_MAX], size_t *count,
                         struct error *error)
{
    struct trials trials = {.run = run,
                            .options = options,
                            .budget =
                                LOWERING_BUDGET * options->states / (options->complete ? 1 : 2),
                            .lowerings = lowerings};
    enum status status = try_fewer_puts(&trials, error);
    for (uint32_t i = 0; status == STATUS_OK && i < run->pipeline.mapping_count; i++)
        status = try_smaller_batches(&trials, i, error);
    if (status == STATUS_OK && !options->known_events_only)
        status = try_shards(&trials, error);
    for (uint32_t i = 0; status == STATUS_OK && i < FAULT_KIND_COUNT; i++)
        status = try_without_fault(&trials, (enum fault_kind)i, error);
    if (status == STATUS_OK)
        status = try_one_fault(&trials, error);
    sort_by_states(lowerings, trials.count);
    *count = trials.count;
    return status;
}
