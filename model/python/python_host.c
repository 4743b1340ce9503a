#include "model/python/python_host.h"

#include "model/python/host_batch.h"

#include <stdio.h>
#include <string.h>

static bool has_zygote(const struct python_host *host, size_t variant)
{
    return host->zygotes[variant].control >= 0;
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
        status = host_zygote_start(&host->zygotes[i], host->memory, &host->options, i, host->late,
                                   error);
        started[i] = status == STATUS_OK;
    }
    *changed_mode = false;
    for (size_t i = 0; i < HOST_VARIANTS && status == STATUS_OK; i++) {
        enum host_load load = HOST_LOADED;
        if (!started[i])
            continue;
        status =
            host_zygote_await(&host->zygotes[i], host->store, &host->options, deadline_ms, &load,
                              host->statistics.versions, sizeof host->statistics.versions, error);
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

static enum status next(void *self, const struct handler_run *runs, size_t count,
                        struct handler_step *steps, struct error *error)
{
    struct python_host *host = self;
    const int64_t start_ms = host_now_ms();
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i += HOST_ACTIVE_MAX) {
        const size_t size = count - i < HOST_ACTIVE_MAX ? count - i : HOST_ACTIVE_MAX;
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
    host_record_release(&host->record);
    text_release(&host->scratch);
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
        status = host_start_zygotes(host, error);
    if (status != STATUS_OK) {
        destroy(host);
        return status;
    }
    *backend = (struct handler_backend){.self = host, .next = next, .destroy = destroy};
    return STATUS_OK;
}

void python_host_statistics(const struct handler_backend *backend,
                            struct python_host_statistics *statistics)
{
    CHECK(backend->next == next);
    const struct python_host *host = backend->self;
    *statistics = host->statistics;
}
