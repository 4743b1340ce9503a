#include "model/cached_handler.h"

#include "model/container.h"
#include "model/event.h"

#include <string.h>

enum {
    TAG_EVENT = 0x455654,
    TAG_INPUT = 0x494e50,
    TAG_SERVED = 0x535256,
    CHUNK = 64,
    SAMPLES = 8,
    SAMPLE_INPUTS_MAX = 16,
    OWN_SIZE_FIRST = 256
};

/* An answer of the cache that is checked when the backend within is started. */
struct sample {
    struct handler_run run; /* with `inputs` */
    struct value inputs[SAMPLE_INPUTS_MAX];
    struct handler_step step;
};

struct cached_handler {
    struct memory *memory;
    struct value_store *store;
    struct cached_handler_options options;
    struct handler_backend backend; /* self NULL: not started */
    struct text scratch;            /* an event's text */
    uint64_t hits;
    struct sample samples[SAMPLES];
    size_t sample_count;
    struct hash128 *own; /* prefixes that this run has asked for: open addressing, {0, 0}: free */
    size_t own_size;     /* a power of two, or 0 */
    size_t own_count;
};

static struct hash128 prefix_start(struct cached_handler *cached, const struct handler_run *run)
{
    struct served_invocation served;
    struct value event = event_delivered(cached->store, run->event);
    text_clear(&cached->scratch);
    event_json_append(&cached->scratch, cached->store, event);
    struct hash128 prefix = hash128_tagged((uint64_t)TAG_EVENT << 32 | run->attempt,
                                           text_string(&cached->scratch), cached->scratch.length);
    if (!event_is_warm(cached->store, run->event, &served))
        return prefix;
    const struct hash128 parts[] = {prefix, value_hash(cached->store, served.event),
                                    value_hash(cached->store, served.inputs)};
    return hash128_combine((uint64_t)TAG_SERVED << 32 | served.attempt, parts, 3);
}

static struct hash128 prefix_add(const struct cached_handler *cached, struct hash128 prefix,
                                 struct value input)
{
    const struct hash128 parts[] = {prefix, value_hash(cached->store, input)};
    return hash128_combine(TAG_INPUT, parts, 2);
}

static struct hash128 prefix_of(struct cached_handler *cached, const struct handler_run *run)
{
    struct hash128 prefix = prefix_start(cached, run);
    for (size_t i = 0; i < run->input_count; i++)
        prefix = prefix_add(cached, prefix, run->inputs[i]);
    return prefix;
}

/* The place of a prefix in `own`, or the free place for it. */
static struct hash128 *own_place(const struct cached_handler *cached, struct hash128 prefix)
{
    static const struct hash128 none = {0};
    size_t place = (size_t)prefix.low & (cached->own_size - 1);
    while (!hash128_equal(cached->own[place], none) && !hash128_equal(cached->own[place], prefix))
        place = (place + 1) & (cached->own_size - 1);
    return &cached->own[place];
}

static bool is_own(const struct cached_handler *cached, struct hash128 prefix)
{
    return cached->own_size > 0 && hash128_equal(*own_place(cached, prefix), prefix);
}

static bool note_own(struct cached_handler *cached, struct hash128 prefix)
{
    static const struct hash128 none = {0};
    if (cached->own_count * 2 >= cached->own_size) {
        struct hash128 *old = cached->own;
        const size_t old_size = cached->own_size;
        const size_t size = old_size == 0 ? OWN_SIZE_FIRST : old_size * 2;
        struct hash128 *grown = memory_allocate_zeroed(cached->memory, size, sizeof *grown);
        if (grown == NULL)
            return false;
        cached->own = grown;
        cached->own_size = size;
        for (size_t i = 0; i < old_size; i++)
            if (!hash128_equal(old[i], none))
                *own_place(cached, old[i]) = old[i];
        memory_free(cached->memory, old, old_size * sizeof *old);
    }
    struct hash128 *place = own_place(cached, prefix);
    if (hash128_equal(*place, none))
        cached->own_count++;
    *place = prefix;
    return true;
}

/* What the cache has of the way to a question that it cannot answer. */
static enum status expect_way(struct cached_handler *cached, const struct handler_run *run,
                              struct error *error)
{
    struct handler_run part = *run;
    struct handler_step step;
    enum status status = STATUS_OK;
    struct hash128 prefix = prefix_start(cached, run);
    for (size_t i = 0; i < run->input_count && status == STATUS_OK; i++) {
        part.input_count = i;
        if (handler_cache_get(cached->options.cache, &cached->options.function, prefix, &step))
            status = cached->options.expect(cached->backend.self, &part, &step, error);
        prefix = prefix_add(cached, prefix, run->inputs[i]);
    }
    return status;
}

/* Ask again what the cache has answered. */
static enum status check_sample(struct cached_handler *cached, struct sample *sample,
                                struct error *error)
{
    struct handler_step step;
    sample->run.inputs = sample->inputs;
    enum status status = expect_way(cached, &sample->run, error);
    if (status == STATUS_OK)
        status = cached->options.expect(cached->backend.self, &sample->run, &sample->step, error);
    if (status == STATUS_OK)
        status = cached->backend.next(cached->backend.self, &sample->run, 1, &step, error);
    return status;
}

static enum status start(struct cached_handler *cached, struct error *error)
{
    if (cached->backend.self != NULL)
        return STATUS_OK;
    enum status status = cached->options.start(cached->options.context, &cached->backend, error);
    for (size_t i = 0; status == STATUS_OK && i < cached->sample_count; i++)
        status = check_sample(cached, &cached->samples[i], error);
    cached->sample_count = 0;
    return status;
}

/* Answers after an input say more than those before the first. */
static void take_sample(struct cached_handler *cached, const struct handler_run *run,
                        const struct handler_step *step)
{
    if (cached->backend.self != NULL || cached->options.expect == NULL ||
        cached->sample_count == SAMPLES || run->input_count == 0 ||
        run->input_count > SAMPLE_INPUTS_MAX)
        return;
    struct sample *sample = &cached->samples[cached->sample_count++];
    *sample = (struct sample){.run = *run, .step = *step};
    memcpy(sample->inputs, run->inputs, run->input_count * sizeof *run->inputs);
}

/* Answer `count` runs by the backend within. */
static enum status ask(struct cached_handler *cached, const struct handler_run *runs, size_t count,
                       struct handler_step *steps, struct error *error)
{
    enum status status = start(cached, error);
    /* without a hit there is nothing that it does not know itself */
    const bool knows_less = cached->options.expect != NULL && cached->hits > 0;
    for (size_t i = 0; knows_less && i < count && status == STATUS_OK; i++)
        status = expect_way(cached, &runs[i], error);
    if (status == STATUS_OK)
        status = cached->backend.next(cached->backend.self, runs, count, steps, error);
    if (status == STATUS_NONDETERMINISTIC)
        handler_cache_drop(cached->options.cache, &cached->options.function);
    for (size_t i = 0; i < count && status == STATUS_OK && !value_store_failed(cached->store);
         i++) {
        const struct hash128 prefix = prefix_of(cached, &runs[i]);
        if (!note_own(cached, prefix))
            return error_set(error, STATUS_NO_MEMORY, "out of memory");
        handler_cache_put(cached->options.cache, &cached->options.function, prefix, &steps[i]);
    }
    return status;
}

/* Which of `count` runs the cache does not know; the steps of the others. */
static size_t look_up(struct cached_handler *cached, const struct handler_run *runs, size_t count,
                      struct handler_step *steps, size_t places[CHUNK])
{
    size_t missing_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct hash128 prefix = prefix_of(cached, &runs[i]);
        if (!is_own(cached, prefix) &&
            handler_cache_get(cached->options.cache, &cached->options.function, prefix,
                              &steps[i])) {
            cached->hits++;
            take_sample(cached, &runs[i], &steps[i]);
        } else {
            places[missing_count++] = i;
        }
    }
    return missing_count;
}

/* At most CHUNK runs. */
static enum status next_chunk(struct cached_handler *cached, const struct handler_run *runs,
                              size_t count, struct handler_step *steps, struct error *error)
{
    struct handler_run missing[CHUNK];
    struct handler_step answers[CHUNK] = {0};
    size_t places[CHUNK];
    size_t again[CHUNK];
    size_t missing_count = look_up(cached, runs, count, steps, places);
    for (size_t i = 0; i < missing_count; i++)
        missing[i] = runs[places[i]];
    if (missing_count > 0) {
        /* another process may be finding out just this: then its answer is there after the claim */
        handler_cache_claim(cached->options.cache, &cached->options.function,
                            prefix_of(cached, &missing[0]));
        const size_t wanted = missing_count;
        missing_count = look_up(cached, missing, wanted, answers, again);
        for (size_t i = 0; i < wanted; i++)
            steps[places[i]] = answers[i];
        for (size_t i = 0; i < missing_count; i++) {
            places[i] = places[again[i]];
            missing[i] = missing[again[i]];
        }
    }
    enum status status = STATUS_OK;
    if (text_failed(&cached->scratch) || value_store_failed(cached->store))
        status = error_set(error, STATUS_NO_MEMORY, "out of memory");
    else if (missing_count > 0)
        status = ask(cached, missing, missing_count, answers, error);
    handler_cache_release_claim(cached->options.cache);
    for (size_t i = 0; i < missing_count && status == STATUS_OK; i++)
        steps[places[i]] = answers[i];
    return status;
}

static enum status next(void *self, const struct handler_run *runs, size_t count,
                        struct handler_step *steps, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i += CHUNK)
        status =
            next_chunk(self, runs + i, count - i < CHUNK ? count - i : CHUNK, steps + i, error);
    return status;
}

static void destroy(void *self)
{
    struct cached_handler *cached = self;
    struct memory *memory = cached->memory;
    handler_cache_flush(cached->options.cache);
    if (cached->backend.self != NULL)
        cached->backend.destroy(cached->backend.self);
    text_release(&cached->scratch);
    memory_free(memory, cached->own, cached->own_size * sizeof *cached->own);
    memory_free(memory, cached, sizeof *cached);
}

enum status cached_handler_create(struct memory *memory, struct value_store *store,
                                  const struct cached_handler_options *options,
                                  struct handler_backend *backend, struct error *error)
{
    struct cached_handler *cached = memory_allocate_zeroed(memory, 1, sizeof *cached);
    if (cached == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    *cached = (struct cached_handler){.memory = memory, .store = store, .options = *options};
    text_init(&cached->scratch, memory);
    *backend = (struct handler_backend){.self = cached,
                                        .next = next,
                                        .destroy = destroy,
                                        .works_on_many = options->works_on_many,
                                        .keeps_state = options->keeps_state};
    return STATUS_OK;
}

uint64_t cached_handler_hits(const struct handler_backend *backend)
{
    CHECK(backend->next == next);
    const struct cached_handler *cached = backend->self;
    return cached->hits;
}

void cached_handler_distrust(const struct handler_backend *backend)
{
    CHECK(backend->next == next);
    struct cached_handler *cached = backend->self;
    handler_cache_drop(cached->options.cache, &cached->options.function);
}
