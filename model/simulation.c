#include "model/simulation.h"

#include "model/base/digest.h"
#include "model/base/value_codec.h"
#include "model/event.h"
#include "model/kinesis.h"
#include "model/simulation_internal.h"

#include <string.h>

enum {
    COLLECT_VALUES = 150000,   /* from which on those that nothing holds are dropped */
    KINESIS_RECORD_SIZE = 700, /* bytes of a record beside its data, about */
    PARTITION_KEY_SIZE = MD5_HEX_SIZE
};

static const int64_t us_per_minute = INT64_C(60000000);
static const int64_t us_per_s = 1000000;

enum status simulation_no_memory(struct error *error)
{
    return error_set(error, STATUS_NO_MEMORY, "out of memory in the simulation");
}

int64_t simulation_latency(struct simulation *simulation, enum latency latency)
{
    return latency_sample(latency, &simulation->latency[latency]);
}

struct simulation_options simulation_options_default(void)
{
    struct simulation_options options = {.seed = 1,
                                         .rates = {.load = GAME_PERCENT,
                                                   .duplicates = GAME_PERCENT / 8,
                                                   .modifications = GAME_PERCENT / 100 * 3}};
#define GAME_FAILURE_DEFAULT(id, name, parameter, percent)                                         \
    options.failures[id] = GAME_PERCENT / 100 * (percent);
    GAME_FAILURES(GAME_FAILURE_DEFAULT)
#undef GAME_FAILURE_DEFAULT
    return options;
}

const char *wrong_kind_name(enum wrong_kind kind)
{
    static const char *const names[] = {
#define WRONG_KIND_NAME(id, name, text) [id] = (name),
        WRONG_KINDS(WRONG_KIND_NAME)
#undef WRONG_KIND_NAME
    };
    CHECK(kind < WRONG_KIND_COUNT);
    return names[kind];
}

const char *wrong_kind_text(enum wrong_kind kind)
{
    static const char *const texts[] = {
#define WRONG_KIND_TEXT(id, name, text) [id] = (text),
        WRONG_KINDS(WRONG_KIND_TEXT)
#undef WRONG_KIND_TEXT
    };
    CHECK(kind < WRONG_KIND_COUNT);
    return texts[kind];
}

/* --- logs --- */

enum status simulation_append(struct simulation *simulation, struct shard_log *log,
                              const struct log_entry *entry, struct error *error)
{
    void *entries = log->entries;
    if (log->start > 0 && log->start + log->count == log->capacity) {
        memmove(log->entries, log->entries + log->start, log->count * sizeof *log->entries);
        log->start = 0;
    }
    const bool reserved = memory_reserve(simulation->in.memory, &entries, &log->capacity,
                                         log->start + log->count + 1, sizeof *log->entries);
    log->entries = entries;
    if (!reserved || value_is_none(entry->record)) {
        ledger_free_lineage(simulation->in.memory, entry->lineage);
        return simulation_no_memory(error);
    }
    log->entries[log->start + log->count++] = *entry;
    log->ever++;
    return STATUS_OK;
}

void simulation_drop_records(struct simulation *simulation, struct shard_log *log, size_t count)
{
    CHECK(count <= log->count);
    for (size_t i = 0; i < count; i++)
        ledger_free_lineage(simulation->in.memory, simulation_record(log, i)->lineage);
    log->start += count;
    log->count -= count;
    if (log->count == 0)
        log->start = 0;
}

static void release_log(struct simulation *simulation, struct shard_log *log)
{
    simulation_drop_records(simulation, log, log->count);
    memory_free(simulation->in.memory, log->entries, log->capacity * sizeof *log->entries);
}

/* --- values that live on --- */

/* Everything that holds values, in an order that does not change. */
static void each_value(struct simulation *simulation, value_visitor *visit, void *context)
{
    const struct pipeline *pipeline = simulation->in.pipeline;
    visit(context, &simulation->tokens);
    for (size_t i = 0; i < simulation->poller_count; i++) {
        struct invocation *invocation = &simulation->pollers[i].invocation;
        const struct shard_log *log = simulation->pollers[i].log;
        for (size_t j = 0; j < log->count; j++)
            visit(context, &simulation_record(log, j)->record);
        if (!invocation->running || !invocation->has_step)
            continue;
        visit(context, &invocation->step.target);
        visit(context, &invocation->step.request);
        visit(context, &invocation->step.file);
        invocation->step.detail = VALUE_NONE;
        invocation->step.output = VALUE_NONE;
    }
    for (size_t i = 0; i < pipeline->function_count; i++) {
        const struct handler_session *session = &simulation->in.sessions[i];
        if (session->self != NULL)
            session->each_value(session->self, visit, context);
    }
}

struct carriage {
    struct value_store *store;
    struct text bytes;
    struct byte_reader reader;
};

static void pack(void *context, struct value *value)
{
    struct carriage *carriage = context;
    value_encode(&carriage->bytes, carriage->store, *value);
}

static void unpack(void *context, struct value *value)
{
    struct carriage *carriage = context;
    *value = value_decode(carriage->store, &carriage->reader);
}

enum status simulation_collect(struct simulation *simulation, struct error *error)
{
    struct value_store *store = simulation->in.store;
    if (value_store_count(store) < simulation->collect_values)
        return STATUS_OK;
    struct carriage carriage = {.store = store};
    text_init(&carriage.bytes, simulation->in.memory);
    each_value(simulation, pack, &carriage);
    enum status status = STATUS_OK;
    if (text_failed(&carriage.bytes)) {
        status = simulation_no_memory(error);
    } else {
        value_store_clear(store);
        carriage.reader =
            (struct byte_reader){.next = carriage.bytes.bytes, .left = carriage.bytes.length};
        each_value(simulation, unpack, &carriage);
        if (value_store_failed(store))
            status = simulation_no_memory(error);
        /* what lives is not to be carried again and again */
        const size_t kept = value_store_count(store);
        simulation->collect_values = kept + (kept > COLLECT_VALUES ? kept : COLLECT_VALUES);
    }
    text_release(&carriage.bytes);
    return status;
}

/* --- the generator --- */

static enum status put_message(struct simulation *simulation, const struct game_message *message,
                               int64_t time_us, struct error *error)
{
    struct value_store *store = simulation->in.store;
    const struct stream_config *stream = &simulation->in.pipeline->streams[simulation->stream];
    char key[PARTITION_KEY_SIZE];
    text_clear(&simulation->text);
    game_append_message(&simulation->game, &simulation->text, message->trade, message->version,
                        WORKLOAD_START_MS);
    if (text_failed(&simulation->text))
        return simulation_no_memory(error);
    digest_md5_hex(simulation->text.bytes, simulation->text.length, key);
    const uint32_t shard = kinesis_shard_of(key, strlen(key), stream->shard_count);
    struct shard_log *log = &simulation->stream_logs[simulation->stream][shard];
    const struct value data = value_binary(store, simulation->text.bytes, simulation->text.length);
    const struct log_entry entry = {
        .time_us = time_us,
        .size = KINESIS_RECORD_SIZE + (uint32_t)(simulation->text.length * 4 / 3),
        .record = event_kinesis_record(store, stream, shard, log->ever, value_text(store, key),
                                       data, WORKLOAD_START_MS + time_us / 1000)};
    return simulation_append(simulation, log, &entry, error);
}

static bool touch(struct simulation *simulation, uint32_t trade)
{
    void *touched = simulation->touched;
    if (simulation->wrong.kind != WRONG_NOTHING)
        return true; /* it is known already what went wrong first */
    const bool reserved =
        memory_reserve(simulation->in.memory, &touched, &simulation->touched_capacity,
                       simulation->touched_count + 1, sizeof *simulation->touched);
    simulation->touched = touched;
    if (reserved)
        simulation->touched[simulation->touched_count++] = trade;
    return reserved;
}

static uint32_t puts_of_minute(const struct simulation *simulation)
{
    const uint64_t puts =
        ((uint64_t)GAME_PUTS_A_MINUTE * simulation->options.rates.load + GAME_PERCENT / 2) /
        GAME_PERCENT;
    return puts == 0 ? 1 : (uint32_t)puts;
}

static enum status put(struct simulation *simulation, struct error *error)
{
    struct game_message messages[GAME_PUT_SIZE];
    struct minute_figures *figures = &simulation->figures;
    const int64_t time_us =
        simulation->now_us + simulation_latency(simulation, LATENCY_PUT_RECORDS);
    enum status status = STATUS_OK;
    if (!game_next_put(&simulation->game, simulation->lab2, (uint32_t)simulation_ms(simulation),
                       messages))
        return simulation_no_memory(error);
    for (size_t i = 0; i < GAME_PUT_SIZE && status == STATUS_OK; i++) {
        const bool is_new = messages[i].trade >= simulation->game.count - GAME_PUT_SIZE;
        figures->messages++;
        figures->duplicates += messages[i].duplicate ? 1 : 0;
        figures->modifications += messages[i].duplicate || is_new ? 0 : 1;
        if (!touch(simulation, messages[i].trade))
            return simulation_no_memory(error);
        status = put_message(simulation, &messages[i], time_us, error);
    }
    if (status != STATUS_OK)
        return status;
    simulation->puts++;
    const bool more = simulation->puts < puts_of_minute(simulation);
    const int64_t wait_us =
        (more ? SIMULATION_PUT_EVERY_MS : SIMULATION_SCORE_AFTER_MS) * INT64_C(1000);
    return simulation_queue_add(&simulation->queue, simulation->now_us + wait_us,
                                more ? EVENT_PUT : EVENT_SCORE, SIMULATION_NONE)
               ? STATUS_OK
               : simulation_no_memory(error);
}

/* ParameterTable as the lab wants it. */
static enum status set_failures(struct simulation *simulation, struct error *error)
{
    static const char *const parameters[] = {
#define GAME_FAILURE_PARAMETER(id, name, parameter, percent) [id] = (parameter),
        GAME_FAILURES(GAME_FAILURE_PARAMETER)
#undef GAME_FAILURE_PARAMETER
    };
    struct value_store *store = simulation->in.store;
    for (size_t i = 0; i < GAME_FAILURE_COUNT; i++) {
        struct decimal percent =
            decimal_from_integer(simulation->lab2 ? simulation->options.failures[i] : 0);
        char digits[DECIMAL_TEXT_SIZE];
        (void)decimal_text(&percent, digits);
        text_clear(&simulation->text);
        text_append_format(&simulation->text, "%se-4", digits);
        if (text_failed(&simulation->text) ||
            decimal_parse(simulation->text.bytes, simulation->text.length, &percent) != DECIMAL_OK)
            return simulation_no_memory(error);
        const struct value key = value_text(store, parameters[i]);
        const struct value_entry item[] = {
            {value_text(store, "parameter"), key},
            {value_text(store, "value"), value_number(store, &percent)}};
        const struct value whole = value_map(store, item, 2);
        if (value_is_none(whole) ||
            !simulation_items_put(&simulation->tables[simulation->parameter_table], store, key,
                                  whole))
            return simulation_no_memory(error);
    }
    return STATUS_OK;
}

/* --- set-up --- */

static enum status find_parts(struct simulation *simulation, struct error *error)
{
    const struct pipeline *pipeline = simulation->in.pipeline;
    uint32_t *const tables[] = {&simulation->state_table, &simulation->aggregate_table,
                                &simulation->parameter_table};
    static const char *const names[] = {"StateTable", "AggregateTable", "ParameterTable"};
    const int stream = pipeline_find_stream(pipeline, "IncomingDataStream");
    if (stream < 0)
        return error_at(error, STATUS_UNSUPPORTED, pipeline->file, 0, 0,
                        "simulate plays the workshop's game: the pipeline needs a stream "
                        "IncomingDataStream");
    simulation->stream = (uint32_t)stream;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        const int table = pipeline_find_table(pipeline, names[i]);
        if (table < 0)
            return error_at(error, STATUS_UNSUPPORTED, pipeline->file, 0, 0,
                            "simulate plays the workshop's game: the pipeline needs a table %s",
                            names[i]);
        *tables[i] = (uint32_t)table;
    }
    for (size_t i = 0; i < pipeline->mapping_count; i++) {
        const struct mapping_config *mapping = &pipeline->mappings[i];
        if (mapping->enabled &&
            (mapping->bisect_batch_on_function_error || mapping->parallelization_factor > 1 ||
             mapping->report_batch_item_failures || mapping->tumbling_window_s > 0 ||
             mapping->filter_count > 0))
            return error_at(error, STATUS_UNSUPPORTED, pipeline->file, mapping->line, 0,
                            "simulate knows of a mapping's settings BatchSize, "
                            "MaximumBatchingWindowInSeconds, MaximumRetryAttempts and "
                            "MaximumRecordAgeInSeconds alone; the mapping of %s has others",
                            pipeline->functions[mapping->function].name);
    }
    return STATUS_OK;
}

/* What the template's tables hold at the start. */
static enum status fill_tables(struct simulation *simulation, struct error *error)
{
    const struct pipeline *pipeline = simulation->in.pipeline;
    struct value_store *store = simulation->in.store;
    for (size_t i = 0; i < pipeline->table_count; i++) {
        const struct table_config *table = &pipeline->tables[i];
        for (size_t j = 0; j < table->item_count; j++) {
            const struct value key = item_primary_key(store, table, table->items[j]);
            if (value_is_none(key) ||
                !simulation_items_put(&simulation->tables[i], store, key, table->items[j]))
                return simulation_no_memory(error);
        }
    }
    return STATUS_OK;
}

static void init(struct simulation *simulation)
{
    struct memory *memory = simulation->in.memory;
    const uint64_t seed = simulation->options.seed;
    game_init(&simulation->game, memory, seed, &simulation->options.rates);
    ledger_init(&simulation->ledger, memory);
    simulation_queue_init(&simulation->queue, memory);
    arena_init(&simulation->scratch, memory);
    text_init(&simulation->text, memory);
    for (size_t i = 0; i < LATENCY_COUNT; i++)
        random_init(&simulation->latency[i], seed, RANDOM_LATENCY + i);
    for (size_t i = 0; i < PIPELINE_FUNCTIONS_MAX; i++)
        random_init(&simulation->functions[i], seed, RANDOM_FUNCTIONS + i);
    for (size_t i = 0; i < PIPELINE_TABLES_MAX; i++)
        simulation_items_init(&simulation->tables[i], memory);
    simulation->collect_values = COLLECT_VALUES;
}

enum status simulation_create(const struct simulation_inputs *inputs, struct simulation **result,
                              struct error *error)
{
    struct simulation *simulation = memory_allocate_zeroed(inputs->memory, 1, sizeof *simulation);
    *result = NULL;
    if (simulation == NULL)
        return simulation_no_memory(error);
    simulation->in = *inputs;
    simulation->options = *inputs->options;
    init(simulation);
    simulation->states =
        memory_allocate_zeroed(inputs->memory, PIPELINE_FUNCTIONS_MAX, sizeof *simulation->states);
    enum status status =
        simulation->states == NULL ? simulation_no_memory(error) : find_parts(simulation, error);
    if (status == STATUS_OK)
        status = simulation_create_pollers(simulation, error);
    if (status == STATUS_OK)
        status = fill_tables(simulation, error);
    simulation->tokens = value_map(inputs->store, NULL, 0);
    if (status == STATUS_OK && value_store_failed(inputs->store))
        status = simulation_no_memory(error);
    if (status != STATUS_OK) {
        simulation_destroy(simulation);
        return status;
    }
    *result = simulation;
    return STATUS_OK;
}

void simulation_destroy(struct simulation *simulation)
{
    if (simulation == NULL)
        return;
    struct memory *memory = simulation->in.memory;
    for (size_t i = 0; i < PIPELINE_SHARDS_MAX; i++) {
        for (size_t j = 0; j < PIPELINE_STREAMS_MAX; j++)
            release_log(simulation, &simulation->stream_logs[j][i]);
        for (size_t j = 0; j < PIPELINE_TABLES_MAX; j++)
            release_log(simulation, &simulation->table_logs[j][i]);
    }
    for (size_t i = 0; i < PIPELINE_TABLES_MAX; i++)
        simulation_items_release(&simulation->tables[i]);
    game_release(&simulation->game);
    ledger_release(&simulation->ledger);
    simulation_queue_release(&simulation->queue);
    arena_release(&simulation->scratch);
    text_release(&simulation->text);
    memory_free(memory, simulation->touched,
                simulation->touched_capacity * sizeof *simulation->touched);
    memory_free(memory, simulation->states, PIPELINE_FUNCTIONS_MAX * sizeof *simulation->states);
    memory_free(memory, simulation->pollers, simulation->pollers_size);
    memory_free(memory, simulation, sizeof *simulation);
}

/* --- a minute --- */

static enum status handle(struct simulation *simulation, const struct simulation_event *event,
                          struct error *error)
{
    switch ((enum event_kind)event->kind) {
    case EVENT_PUT:
        return put(simulation, error);
    case EVENT_POLL:
        return simulation_poll(simulation, event->subject, error);
    case EVENT_STEP:
        return simulation_step(simulation, event->subject, error);
    case EVENT_SCORE:
        return simulation_score(simulation, error);
    case EVENT_MINUTE:
        break;
    }
    return STATUS_OK;
}

static enum status begin_minute(struct simulation *simulation, struct error *error)
{
    simulation->now_us = simulation->minute * us_per_minute;
    simulation->minute++;
    simulation->puts = 0;
    simulation->lab2 = simulation->points >= GAME_LAB2_POINTS;
    simulation->figures =
        (struct minute_figures){.minute = simulation->minute, .lab = simulation->lab2 ? 2 : 1};
    const int64_t end_us = simulation->minute * us_per_minute;
    if (!simulation_queue_add(&simulation->queue, simulation->now_us, EVENT_PUT, SIMULATION_NONE) ||
        !simulation_queue_add(&simulation->queue, end_us, EVENT_MINUTE, SIMULATION_NONE))
        return simulation_no_memory(error);
    return set_failures(simulation, error);
}

static void end_minute(struct simulation *simulation)
{
    static const unsigned percents[] = {50, 90, 99, 100};
    ledger_sort_latencies(&simulation->ledger);
    for (size_t i = 0; i < sizeof percents / sizeof percents[0]; i++)
        simulation->figures.latency_ms[i] = ledger_latency(&simulation->ledger, percents[i]);
    ledger_next_minute(&simulation->ledger);
}

enum status simulation_play(struct simulation *simulation, struct minute_figures *figures,
                            struct error *error)
{
    struct simulation_event event = {.kind = EVENT_PUT};
    enum status status = begin_minute(simulation, error);
    while (status == STATUS_OK && simulation_queue_take(&simulation->queue, &event) &&
           event.kind != EVENT_MINUTE) {
        simulation->now_us = event.time_us;
        status = handle(simulation, &event, error);
        if (status == STATUS_OK)
            status = simulation_collect(simulation, error);
        if (status == STATUS_OK && simulation->now_us >= simulation->tick_us) {
            simulation->tick_us = simulation->now_us + us_per_s;
            if (simulation->in.tick != NULL && simulation->in.tick(simulation->in.context))
                status = error_set(error, STATUS_INTERRUPTED, "interrupted");
        }
    }
    if (status != STATUS_OK)
        return status;
    end_minute(simulation);
    *figures = simulation->figures;
    return STATUS_OK;
}

const struct wrong_message *simulation_wrong(const struct simulation *simulation)
{
    return &simulation->wrong;
}

const struct game *simulation_game(const struct simulation *simulation)
{
    return &simulation->game;
}

int64_t simulation_now_ms(const struct simulation *simulation) { return simulation_ms(simulation); }
