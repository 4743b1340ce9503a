#include "model/python/python_host.h"

#include "model/python/host_batch.h"

#include <stdio.h>
#include <string.h>

/* What is about to be taken, as measured for the workshop's functions (boto3 is most of it): two
 * zygotes 112 MB, a run up to 7 MB. */
enum { START_BYTES = 112 << 20, RUNS_BYTES = HOST_ACTIVE_MAX * (8 << 20) };

static bool has_zygote(const struct python_host *host, size_t variant)
{
    return host->zygotes[variant].control >= 0;
}

/* Wait until a zygote has loaded the package. The two may have loaded other files. */
static enum status await_zygote(struct python_host *host, struct host_zygote *zygote,
                                int64_t deadline_ms, enum host_load *load, struct error *error)
{
    struct text files;
    struct host_loaded loaded = {.files = &files};
    text_init(&files, host->memory);
    enum status status =
        host_zygote_await(zygote, host->store, &host->options, deadline_ms, &loaded, error);
    if (status == STATUS_OK && loaded.load == HOST_LOADED) {
        memcpy(host->statistics.versions, loaded.versions, sizeof loaded.versions);
        if (strcmp(text_string(&files), text_string(&host->files)) != 0)
            text_append(&host->files, text_string(&files), files.length);
        if (text_failed(&files) || text_failed(&host->files))
            status = error_set(error, STATUS_NO_MEMORY, "out of memory");
    }
    text_release(&files);
    *load = loaded.load;
    return status;
}

struct zygote_start {
    struct python_host *host;
    uint32_t variant;
    enum status status;
    struct error *error;
};

static void start_zygote(void *context)
{
    struct zygote_start *start = context;
    struct python_host *host = start->host;
    start->status = host_zygote_start(&host->zygotes[start->variant], host->memory, &host->options,
                                      start->variant, host->late, start->error);
}

/* One round: start what is not running, all at once, then wait for each. */
static enum status start_round(struct python_host *host, bool *changed_mode, struct error *error)
{
    const int64_t deadline_ms = host_now_ms() + PYTHON_HOST_START_SECONDS * INT64_C(1000);
    bool started[HOST_VARIANTS] = {false};
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < HOST_VARIANTS && status == STATUS_OK; i++) {
        if (has_zygote(host, i))
            continue;
        struct zygote_start start = {.host = host, .variant = i, .error = error};
        host_launcher_call(&host->launcher, start_zygote, &start);
        status = start.status;
        started[i] = status == STATUS_OK;
    }
    *changed_mode = false;
    for (size_t i = 0; i < HOST_VARIANTS && status == STATUS_OK; i++) {
        enum host_load load = HOST_LOADED;
        if (!started[i])
            continue;
        status = await_zygote(host, &host->zygotes[i], deadline_ms, &load, error);
        if (status == STATUS_OK && load == HOST_LOAD_LATE) {
            *changed_mode = true;
            host_zygote_stop(&host->zygotes[i]);
        }
    }
    for (size_t i = 0; i < HOST_VARIANTS && status != STATUS_OK; i++)
        if (started[i])
            host_zygote_stop(&host->zygotes[i]);
    return status;
}

enum status host_start_zygotes(struct python_host *host, struct error *error)
{
    const int64_t start_ms = host_now_ms();
    bool changed_mode = false;
    enum status status = start_round(host, &changed_mode, error);
    if (status == STATUS_OK && changed_mode) {
        if (host->late)
            return error_set(error, STATUS_SYSTEM, "the Python host of %s does not start",
                             host->options.function->name);
        for (size_t i = 0; i < HOST_VARIANTS; i++)
            host_zygote_stop(&host->zygotes[i]);
        host->late = true;
        status = start_round(host, &changed_mode, error);
    }
    host->statistics.seconds += (double)(host_now_ms() - start_ms) / 1000;
    return status;
}

/* Children that wait for an answer can be run again. */
static bool drop_parked(struct python_host *host)
{
    bool dropped = false;
    for (size_t i = 0; i < HOST_CHILDREN_MAX; i++) {
        if (!host->children[i].used || host->children[i].active)
            continue;
        host_drop_child(host, &host->children[i]);
        dropped = true;
    }
    return dropped;
}

static enum status keep_within_memory(struct python_host *host, size_t more, struct error *error)
{
    const struct python_host_options *options = &host->options;
    if (options->memory_exceeded == NULL ||
        !options->memory_exceeded(options->memory_context, more) || drop_parked(host))
        return STATUS_OK;
    return error_set(
        error, STATUS_NO_MEMORY,
        "memory limit reached: the Python processes of %s and the other functions take "
        "more than --max-memory leaves them",
        options->function->name);
}

static enum status next(void *self, const struct handler_run *runs, size_t count,
                        struct handler_step *steps, struct error *error)
{
    struct python_host *host = self;
    const int64_t start_ms = host_now_ms();
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i += HOST_ACTIVE_MAX) {
        const size_t size = count - i < HOST_ACTIVE_MAX ? count - i : HOST_ACTIVE_MAX;
        status = keep_within_memory(host, RUNS_BYTES, error);
        if (status == STATUS_OK)
            status = host_run_batch(host, runs + i, size, steps + i, error);
    }
    host->statistics.seconds += (double)(host_now_ms() - start_ms) / 1000;
    return status;
}

static void destroy(void *self)
{
    struct python_host *host = self;
    struct memory *memory = host->memory;
    for (size_t i = 0; i < HOST_CHILDREN_MAX; i++)
        if (host->children[i].used)
            host_drop_child(host, &host->children[i]);
    for (size_t i = 0; i < HOST_VARIANTS; i++)
        host_zygote_stop(&host->zygotes[i]);
    host_launcher_stop(&host->launcher);
    host_record_release(&host->record);
    text_release(&host->scratch);
    text_release(&host->files);
    arena_release(&host->arena);
    memory_free(memory, host, sizeof *host);
}

enum status python_host_create(struct memory *memory, struct value_store *store,
                               const struct python_host_options *options,
                               struct handler_backend *backend, struct error *error)
{
    struct python_host *host = memory_allocate_zeroed(memory, 1, sizeof *host);
    if (host == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    host->memory = memory;
    host->store = store;
    arena_init(&host->arena, memory);
    host_record_init(&host->record, memory);
    text_init(&host->scratch, memory);
    text_init(&host->files, memory);
    for (size_t i = 0; i < HOST_VARIANTS; i++)
        host->zygotes[i].control = -1;
    host->options = *options;
    host->options.python = arena_copy_text(&host->arena, options->python);
    host->options.runtime_dir = arena_copy_text(&host->arena, options->runtime_dir);
    host->options.package_dir = arena_copy_text(&host->arena, options->package_dir);
    if (options->step_ms == 0)
        host->options.step_ms = PYTHON_HOST_STEP_SECONDS * INT64_C(1000);
    enum status status = STATUS_OK;
    if (host->options.python == NULL || host->options.runtime_dir == NULL ||
        host->options.package_dir == NULL)
        status = error_set(error, STATUS_NO_MEMORY, "out of memory");
    else
        status = host_launcher_start(&host->launcher, error);
    if (status == STATUS_OK)
        status = keep_within_memory(host, START_BYTES, error);
    if (status == STATUS_OK)
        status = host_start_zygotes(host, error);
    if (status != STATUS_OK) {
        destroy(host);
        return status;
    }
    *backend = (struct handler_backend){
        .self = host, .next = next, .destroy = destroy, .works_on_many = true, .keeps_state = true};
    return STATUS_OK;
}

void python_host_statistics(const struct handler_backend *backend,
                            struct python_host_statistics *statistics)
{
    CHECK(backend->next == next);
    const struct python_host *host = backend->self;
    *statistics = host->statistics;
}

const char *python_host_files(const struct handler_backend *backend)
{
    CHECK(backend->next == next);
    const struct python_host *host = backend->self;
    return text_string(&host->files);
}

enum status python_host_expect(void *self, const struct handler_run *run,
                               const struct handler_step *step, struct error *error)
{
    struct python_host *host = self;
    struct hash128 prefix = host_prefix_start(host->store, run->event, run->attempt);
    for (size_t i = 0; i < run->input_count; i++)
        prefix = host_prefix_add(host->store, prefix, run->inputs[i]);
    return host_record_check(&host->record, host->store, host->options.function->name, prefix,
                             run->attempt, run->input_count, step, error);
}
