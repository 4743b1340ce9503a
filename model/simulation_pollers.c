/* Event source mappings and invocations of a simulation. */
#include "model/event.h"
#include "model/simulation_internal.h"

#include <string.h>

enum {
    POLL_STREAM_US =
        1000000, /* base rates: Lambda developer guide, "Polling and batching streams" */
    POLL_TABLE_US = 250000,
    EVENT_SIZE_MAX = 6000000, /* bytes of an invocation's payload (Lambda quotas: 6 MB) */
    /* How long a poller waits before the batch comes again: doubled with every failure. Assumed. */
    RETRY_FIRST_US = 100000,
    RETRY_MAX_US = 60000000,
    THROTTLE_US = 200000 /* before a throttled invocation is tried again. Assumed. */
};

static const int64_t us_per_s = 1000000;

static const struct mapping_config *mapping_of(const struct simulation *simulation,
                                               const struct poller *poller)
{
    return &simulation->in.pipeline->mappings[poller->mapping];
}

static enum status schedule(struct simulation *simulation, int64_t time_us, enum event_kind kind,
                            uint32_t subject, struct error *error)
{
    return simulation_queue_add(&simulation->queue, time_us, kind, subject)
               ? STATUS_OK
               : simulation_no_memory(error);
}

static uint32_t number_of(const struct simulation *simulation, const struct poller *poller)
{
    return (uint32_t)(poller - simulation->pollers);
}

static int64_t poll_period_us(const struct simulation *simulation, const struct poller *poller)
{
    return mapping_of(simulation, poller)->source_kind == SOURCE_STREAM ? POLL_STREAM_US
                                                                        : POLL_TABLE_US;
}

/* --- set-up --- */

static void add_poller(struct simulation *simulation, uint32_t mapping, uint32_t shard)
{
    const struct mapping_config *config = &simulation->in.pipeline->mappings[mapping];
    struct poller *poller = &simulation->pollers[simulation->poller_count++];
    *poller = (struct poller){
        .mapping = mapping, .function = config->function, .shard = shard, .window_us = -1};
    poller->log = config->source_kind == SOURCE_STREAM
                      ? &simulation->stream_logs[config->source][shard]
                      : &simulation->table_logs[config->source][shard];
}

enum status simulation_create_pollers(struct simulation *simulation, struct error *error)
{
    const struct pipeline *pipeline = simulation->in.pipeline;
    struct random phase;
    size_t count = 0;
    random_init(&phase, simulation->options.seed, RANDOM_PHASE);
    for (size_t i = 0; i < pipeline->mapping_count; i++)
        count += pipeline->mappings[i].enabled
                     ? pipeline_mapping_shards(pipeline, &pipeline->mappings[i])
                     : 0;
    /* each may need a container of the same function */
    if (count > HANDLER_CONTAINERS_MAX)
        return error_at(error, STATUS_LIMIT, pipeline->file, 0, 0,
                        "simulate: the mappings read %zu shards, more than %d", count,
                        HANDLER_CONTAINERS_MAX);
    simulation->pollers =
        memory_allocate_zeroed(simulation->in.memory, count + 1, sizeof *simulation->pollers);
    simulation->pollers_size = (count + 1) * sizeof *simulation->pollers;
    if (simulation->pollers == NULL)
        return simulation_no_memory(error);
    for (uint32_t i = 0; i < pipeline->mapping_count; i++) {
        const struct mapping_config *mapping = &pipeline->mappings[i];
        if (!mapping->enabled)
            continue;
        if (mapping->source_kind == SOURCE_TABLE)
            simulation->table_is_read[mapping->source] = true;
        for (uint32_t j = 0; j < pipeline_mapping_shards(pipeline, mapping); j++)
            add_poller(simulation, i, j);
    }
    enum status status = STATUS_OK;
    for (size_t i = 0; i < simulation->poller_count && status == STATUS_OK; i++) {
        const int64_t period_us = poll_period_us(simulation, &simulation->pollers[i]);
        status = schedule(simulation, random_below(&phase, (uint32_t)period_us), EVENT_POLL,
                          (uint32_t)i, error);
    }
    return status;
}

/* --- invocations --- */

/* A container that is warm and free or, else, a new one. Its number is the lowest there is. */
static uint32_t choose_container(const struct simulation_function *function, bool *is_cold)
{
    for (uint32_t i = 0; i < HANDLER_CONTAINERS_MAX; i++) {
        if (function->used[i] && !function->busy[i]) {
            *is_cold = false;
            return i;
        }
    }
    *is_cold = true;
    for (uint32_t i = 0; i < HANDLER_CONTAINERS_MAX; i++)
        if (!function->used[i])
            return i;
    BUG("no more containers than pollers are ever needed");
}

static struct value make_event(struct simulation *simulation, const struct poller *poller)
{
    const size_t size = poller->batch * sizeof(struct value);
    struct value *records = memory_allocate(simulation->in.memory, size);
    if (records == NULL)
        return VALUE_NONE;
    const char *consumer = mapping_of(simulation, poller)->consumer_arn;
    for (size_t i = 0; i < poller->batch; i++)
        records[i] = event_for_consumer(simulation->in.store,
                                        simulation_record(poller->log, i)->record, consumer);
    const struct value event = event_batch(simulation->in.store, records, poller->batch);
    memory_free(simulation->in.memory, records, size);
    return event;
}

/* When the invocation's next step takes place, at its deadline at the latest. */
static enum status schedule_step(struct simulation *simulation, struct poller *poller,
                                 int64_t time_us, struct error *error)
{
    if (time_us > poller->invocation.deadline_us)
        time_us = poller->invocation.deadline_us;
    return schedule(simulation, time_us, EVENT_STEP, number_of(simulation, poller), error);
}

static enum status start(struct simulation *simulation, struct poller *poller, struct error *error)
{
    const struct function_config *function = &simulation->in.pipeline->functions[poller->function];
    struct simulation_function *state = &simulation->states[poller->function];
    struct function_figures *figures = &simulation->figures.functions[poller->function];
    const struct handler_session *session = &simulation->in.sessions[poller->function];
    const uint32_t number = number_of(simulation, poller);
    if (function->reserved_concurrency >= 0 &&
        state->running >= (uint64_t)function->reserved_concurrency) {
        figures->throttles++;
        return schedule(simulation, simulation->now_us + THROTTLE_US, EVENT_POLL, number, error);
    }
    bool is_cold = false;
    struct invocation *invocation = &poller->invocation;
    *invocation =
        (struct invocation){.running = true, .container = choose_container(state, &is_cold)};
    int64_t start_us = simulation->now_us + simulation_latency(simulation, LATENCY_INVOKE);
    if (is_cold)
        start_us += simulation_latency(simulation, LATENCY_COLD_START);
    invocation->deadline_us = start_us + function->timeout_s * us_per_s;
    state->used[invocation->container] = state->busy[invocation->container] = true;
    state->running++;
    figures->invocations++;
    figures->records += poller->batch;
    figures->cold_starts += is_cold ? 1 : 0;
    const struct value event = make_event(simulation, poller);
    if (value_is_none(event))
        return simulation_no_memory(error);
    struct random *seeds = &simulation->functions[poller->function];
    const uint64_t seed = (uint64_t)random_next(seeds) << 32 | random_next(seeds);
    const enum status status = session->begin(session->self, invocation->container, event, seed,
                                              WORKLOAD_START_MS + start_us / 1000, error);
    if (status != STATUS_OK)
        return status;
    return schedule_step(simulation, poller,
                         start_us + simulation_latency(simulation, LATENCY_ITEM), error);
}

static void release_container(struct simulation *simulation, struct poller *poller, bool lives)
{
    struct simulation_function *state = &simulation->states[poller->function];
    state->busy[poller->invocation.container] = false;
    state->used[poller->invocation.container] = lives;
    state->running--;
    poller->invocation.running = false;
}

/* The batch is done with: acknowledged, or given up. */
static enum status next_batch(struct simulation *simulation, struct poller *poller,
                              struct error *error)
{
    simulation_drop_records(simulation, poller->log, poller->batch);
    poller->batch = 0;
    poller->failures = 0;
    poller->window_us = -1;
    return schedule(simulation, simulation->now_us, EVENT_POLL, number_of(simulation, poller),
                    error);
}

/* Whether the mapping gives the batch up: too many attempts, or its records are too old. */
static bool is_given_up(const struct simulation *simulation, const struct poller *poller)
{
    const struct mapping_config *mapping = mapping_of(simulation, poller);
    const int64_t age_us = simulation->now_us - simulation_record(poller->log, 0)->time_us;
    return (mapping->maximum_retry_attempts >= 0 &&
            poller->failures > mapping->maximum_retry_attempts) ||
           (mapping->maximum_record_age_s >= 0 &&
            age_us > mapping->maximum_record_age_s * us_per_s);
}

static enum status fail(struct simulation *simulation, struct poller *poller, struct error *error)
{
    simulation->figures.functions[poller->function].errors++;
    poller->failures++;
    if (is_given_up(simulation, poller)) {
        simulation->figures.functions[poller->function].dropped += poller->batch;
        return next_batch(simulation, poller, error);
    }
    int64_t wait_us = RETRY_FIRST_US;
    for (uint32_t i = 1; i < poller->failures && wait_us < RETRY_MAX_US; i++)
        wait_us *= 2;
    if (wait_us > RETRY_MAX_US)
        wait_us = RETRY_MAX_US;
    return schedule(simulation, simulation->now_us + wait_us, EVENT_POLL,
                    number_of(simulation, poller), error);
}

/* The function's time is up, whatever it is doing: a call that has not been applied never is. */
static enum status time_out(struct simulation *simulation, struct poller *poller,
                            struct error *error)
{
    const struct handler_session *session = &simulation->in.sessions[poller->function];
    if (!poller->invocation.has_step || !handler_step_is_end(poller->invocation.step.kind))
        session->discard(session->self, poller->invocation.container);
    simulation->figures.functions[poller->function].timeouts++;
    release_container(simulation, poller, false);
    return fail(simulation, poller, error);
}

static enum status answer_call(struct simulation *simulation, struct poller *poller,
                               struct error *error)
{
    struct invocation *invocation = &poller->invocation;
    const struct handler_session *session = &simulation->in.sessions[poller->function];
    struct value answer = VALUE_NONE;
    enum status status = simulation_call(simulation, poller, &invocation->step, &answer, error);
    if (status == STATUS_OK)
        status = session->answer(session->self, invocation->container, answer,
                                 WORKLOAD_START_MS + simulation_ms(simulation), error);
    if (status != STATUS_OK)
        return status;
    invocation->has_step = false;
    return schedule_step(simulation, poller,
                         simulation->now_us + simulation_latency(simulation, LATENCY_ITEM), error);
}

static enum status end(struct simulation *simulation, struct poller *poller, struct error *error)
{
    const enum handler_step_kind kind = poller->invocation.step.kind;
    release_container(simulation, poller, poller->invocation.reusable);
    if (kind != HANDLER_RETURN)
        return fail(simulation, poller, error);
    return next_batch(simulation, poller, error);
}

/* How much later than thought the step takes place: a sleep before it, a call that takes longer. */
static int64_t delay_us(struct simulation *simulation, const struct poller *poller)
{
    const struct handler_step *step = &poller->invocation.step;
    int64_t delay = step->slept_ms * 1000;
    if (step->kind == HANDLER_HANG)
        return poller->invocation.deadline_us - simulation->now_us;
    if (step->kind == HANDLER_CALL && simulation_call_is_long(simulation->in.store, step))
        delay += simulation_latency(simulation, LATENCY_TRANSACTION);
    return delay;
}

enum status simulation_step(struct simulation *simulation, uint32_t number, struct error *error)
{
    struct poller *poller = &simulation->pollers[number];
    struct invocation *invocation = &poller->invocation;
    const struct handler_session *session = &simulation->in.sessions[poller->function];
    CHECK(invocation->running);
    if (!invocation->has_step && simulation->now_us < invocation->deadline_us) {
        const enum status status = session->next(session->self, invocation->container,
                                                 &invocation->step, &invocation->reusable, error);
        if (status != STATUS_OK)
            return error_wrap(error, "running %s",
                              simulation->in.pipeline->functions[poller->function].name);
        invocation->has_step = true;
        const int64_t delay = delay_us(simulation, poller);
        if (delay > 0)
            return schedule_step(simulation, poller, simulation->now_us + delay, error);
    }
    if (simulation->now_us >= invocation->deadline_us)
        return time_out(simulation, poller, error);
    return handler_step_is_end(invocation->step.kind) ? end(simulation, poller, error)
                                                      : answer_call(simulation, poller, error);
}

/* --- polls --- */

/* Records that can be read now and fit into one event. *full: a batch cannot be larger. */
static size_t readable(const struct simulation *simulation, const struct poller *poller, bool *full)
{
    const size_t most = mapping_of(simulation, poller)->batch_size;
    uint64_t size = 0;
    size_t count = 0;
    *full = false;
    for (; count < poller->log->count; count++) {
        const struct log_entry *entry = simulation_record(poller->log, count);
        if (entry->time_us > simulation->now_us)
            return count;
        size += entry->size;
        *full = count == most || (count > 0 && size > EVENT_SIZE_MAX);
        if (*full)
            return count;
    }
    *full = count == most;
    return count;
}

enum status simulation_poll(struct simulation *simulation, uint32_t number, struct error *error)
{
    struct poller *poller = &simulation->pollers[number];
    const int64_t now_us = simulation->now_us;
    const int64_t next_us = now_us + poll_period_us(simulation, poller);
    if (poller->batch > 0) /* one that failed, or was throttled */
        return start(simulation, poller, error);
    bool full = false;
    const size_t count = readable(simulation, poller, &full);
    if (count == 0)
        return schedule(simulation, next_us, EVENT_POLL, number, error);
    const int64_t window_us = mapping_of(simulation, poller)->batching_window_s * us_per_s;
    if (poller->window_us < 0)
        poller->window_us = now_us;
    const int64_t end_us = poller->window_us + window_us;
    if (!full && now_us < end_us)
        return schedule(simulation, end_us < next_us ? end_us : next_us, EVENT_POLL, number, error);
    poller->batch = count;
    return start(simulation, poller, error);
}
