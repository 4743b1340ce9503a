#include "checker/run_handlers.h"

#include "checker/package.h"
#include "checker/run_layers.h"
#include "checker/unpack.h"
#include "model/cached_handler.h"

#include <stdio.h>
#include <string.h>

static enum status no_memory(struct error *error)
{
    return error_set(error, STATUS_NO_MEMORY, "out of memory");
}

void run_open_cache(struct run *run)
{
    const struct run_request *request = run->request;
    bool needed = false;
    for (size_t i = 0; i < PIPELINE_FUNCTIONS_MAX; i++)
        needed = needed || run->sources[i].path != NULL;
    if (!needed || request->cache_dir == NULL)
        return;
    const struct handler_cache_options options = {
        .folder = request->cache_dir, .warn = request->warn, .context = request->warn_context};
    run->cache = handler_cache_open(run->memory, run->store, &options);
}

/* --- Python --- */

enum status run_probe_jail(struct run *run, struct error *error)
{
    bool needed = false;
    for (size_t i = 0; i < PIPELINE_FUNCTIONS_MAX; i++)
        needed = needed || run->sources[i].path != NULL;
    run->jail = (struct jail_state){.layers = 0};
    return !needed || run->request->jail == JAIL_OFF ? STATUS_OK : jail_probe(&run->jail, error);
}

enum status run_python_options(struct run *run, size_t index, struct python_host_options *options,
                               struct error *error)
{
    struct function_source *source = &run->sources[index];
    const char *code = source->copy != NULL ? source->copy : source->path;
    bool readable = jail_user_can_read(code) && jail_user_can_read(run->request->runtime_dir) &&
                    jail_user_can_read(run->python);
    for (size_t i = 0; i < source->layer_count; i++)
        readable = readable && jail_user_can_read(source->layers[i]);
    source->jail = jail_layers_for(&run->jail, readable);
    *options = (struct python_host_options){.python = run->python,
                                            .runtime_dir = run->request->runtime_dir,
                                            .package_dir = code,
                                            .layers = source->layers,
                                            .layer_count = source->layer_count,
                                            .function = &run->pipeline.functions[index],
                                            .clock_ms = WORKLOAD_START_MS,
                                            .jail = source->jail,
                                            .memory_exceeded = run->request->memory_exceeded,
                                            .memory_context = run->request->memory_context};
    if (run->request->jail != JAIL_REQUIRE || (jail_layers_wanted() & ~source->jail) == 0)
        return STATUS_OK;
    struct text text;
    text_init(&text, run->memory);
    jail_describe(&text, &run->jail, source->jail);
    const enum status status =
        error_set(error, STATUS_SYSTEM, "--jail require: the jail of %s is not complete: %s",
                  run->pipeline.functions[index].name, text_string(&text));
    text_release(&text);
    return status;
}

void run_append_jail(struct text *text, const struct run *run)
{
    int layers = run->jail.layers;
    int reader = 0;
    if (run->python[0] == '\0')
        return;
    for (size_t i = 0; i < run->pipeline.function_count; i++) {
        if (run->sources[i].path == NULL || !run_invokes(run, i))
            continue;
        layers &= run->sources[i].jail;
        reader |= run->sources[i].jail & JAIL_READER;
    }
    text_append_string(text, "  jail         ");
    if (run->request->jail == JAIL_OFF)
        text_append_string(text, "off: the functions may do whatever you may");
    else
        jail_describe(text, &run->jail, layers | reader);
    text_append_char(text, '\n');
}

static void leave_host(void *self) { (void)self; /* the run's */ }

/* What was loaded must be what the cache's key was made of. */
static enum status check_unchanged(struct run *run, size_t index, struct error *error)
{
    const struct function_source *source = &run->sources[index];
    struct hash128 digest;
    char text[HASH128_TEXT_SIZE];
    enum status status = run_code_digest(run, index, &digest, error);
    if (status == STATUS_OK && strcmp(hash128_text(digest, text), source->digest) != 0)
        status =
            error_set(error, STATUS_BAD_INPUT, "%s has changed since this run began", source->path);
    return status;
}

/* Start the host of a function unless it runs. For cached_handler_options. */
static enum status start_host(void *context, struct handler_backend *backend, struct error *error)
{
    struct run_host *host = context;
    struct run *run = host->run;
    if (host->backend.self == NULL) {
        struct python_host_options options;
        enum status status = run_python_options(run, host->index, &options, error);
        if (status == STATUS_OK)
            status = python_host_create(run->memory, run->store, &options, &host->backend, error);
        if (status == STATUS_OK)
            status = check_unchanged(run, host->index, error);
        if (status != STATUS_OK)
            return status;
    }
    struct python_host_statistics statistics;
    python_host_statistics(&host->backend, &statistics);
    if (run->versions[0] != '\0' && strcmp(run->versions, statistics.versions) != 0) {
        run_distrust_cache(run);
        return error_set(error, STATUS_SYSTEM,
                         "%s is not what the handler cache took it for (%s, it said %s): the cache "
                         "has forgotten it, please run this again",
                         run->python, statistics.versions, run->versions);
    }
    snprintf(run->versions, sizeof run->versions, "%s", statistics.versions);
    *backend = host->backend;
    backend->destroy = leave_host;
    return STATUS_OK;
}

/* Whether the cache knows the function as it is now, run by run->python. */
static enum status find_cached(struct run *run, size_t index, struct hash128 digest,
                               struct hash128 *key, struct handler_cache_function *function,
                               struct error *error)
{
    struct python_host_options options;
    struct handler_cache_facts facts;
    enum status status = run_python_options(run, index, &options, error);
    if (status == STATUS_OK)
        status = python_host_key(run->store, &options, digest, key, error);
    if (status != STATUS_OK || !handler_cache_find(run->cache, *key, function, &facts))
        return status;
    if (!hash128_equal(python_host_files_state(facts.files), facts.state))
        handler_cache_drop(run->cache, function);
    else if (run->versions[0] == '\0')
        snprintf(run->versions, sizeof run->versions, "%s", facts.versions);
    return STATUS_OK;
}

/* Find an interpreter that can import boto3. One that has run the function before can. */
static enum status choose_interpreter(struct run *run, size_t index, struct hash128 digest,
                                      struct hash128 *key, struct handler_cache_function *function,
                                      struct error *error)
{
    const struct run_request *request = run->request;
    enum status status = STATUS_OK;
    if (request->known_to_load) {
        snprintf(run->python, sizeof run->python, "%s", request->python);
        return STATUS_OK;
    }
    if (run->python[0] == '\0' && run->cache != NULL) {
        python_host_guess_interpreter(request->python, request->python_environment, run->python,
                                      sizeof run->python);
        if (run->python[0] != '\0')
            status = find_cached(run, index, digest, key, function, error);
        if (status != STATUS_OK || function->id != 0)
            return status;
        run->python[0] = '\0';
    }
    if (run->python[0] == '\0')
        status = python_host_find_interpreter(request->python, request->python_environment,
                                              run->python, sizeof run->python, error);
    if (status == STATUS_OK && run->cache != NULL)
        status = find_cached(run, index, digest, key, function, error);
    return status;
}

static enum status create_python(struct run *run, size_t index, struct hash128 digest,
                                 struct handler_backend *backend, struct error *error)
{
    struct run_host *host = &run->hosts[index];
    struct cached_handler_options options = {.cache = run->cache,
                                             .context = host,
                                             .start = start_host,
                                             .expect = python_host_expect,
                                             .works_on_many = true,
                                             .keeps_state = true};
    struct hash128 key = {0};
    *host = (struct run_host){.run = run, .index = index};
    enum status status = choose_interpreter(run, index, digest, &key, &options.function, error);
    if (status == STATUS_OK && options.function.id == 0 && !run->request->known_to_load) {
        struct handler_backend started;
        status = start_host(host, &started, error);
        if (status != STATUS_OK)
            return status;
        const char *files = python_host_files(&host->backend);
        const struct handler_cache_facts facts = {
            .versions = run->versions, .files = files, .state = python_host_files_state(files)};
        if (run->cache != NULL)
            handler_cache_add(run->cache, key, &facts, &options.function);
    }
    if (status != STATUS_OK)
        return status;
    return cached_handler_create(run->memory, run->store, &options, backend, error);
}

enum status run_create_tree(struct run *run, size_t index, struct error *error)
{
    const struct function_config *function = &run->pipeline.functions[index];
    struct function_source *source = &run->sources[index];
    struct handler_backend backend = {0};
    enum status status = STATUS_OK;
    if (source->path == NULL) {
        enum lab lab = run->request->handlers == RUN_REFERENCE_LAB1 ? LAB_1 : LAB_2;
        snprintf(source->digest, sizeof source->digest, "%s", lab == LAB_1 ? "lab1" : "lab2");
        status = reference_handler_create(run->memory, run->store, function, lab, &backend, error);
    } else {
        struct hash128 digest;
        status = run_code_digest(run, index, &digest, error);
        if (status == STATUS_OK) {
            hash128_text(digest, source->digest);
            if (run->request->share_code)
                status = unpack_copy(source->path, digest, run->request->unpack_dir, &run->arena,
                                     &source->copy, error);
        }
        if (status == STATUS_OK)
            status = create_python(run, index, digest, &backend, error);
    }
    if (status != STATUS_OK)
        return status;
    run->trees[index] = handler_tree_create(run->memory, run->store, function->name, &backend);
    return run->trees[index] == NULL ? no_memory(error) : STATUS_OK;
}

enum status run_create_line_host(struct run *run, size_t index, bool sources,
                                 struct handler_backend *backend, struct error *error)
{
    struct python_host_options options;
    enum status status = run_python_options(run, index, &options, error);
    if (status != STATUS_OK)
        return status;
    options.note_lines = true;
    options.note_sources = sources;
    return python_host_create(run->memory, run->store, &options, backend, error);
}

/* --- all of them --- */

void run_distrust_cache(struct run *run)
{
    for (size_t i = 0; i < PIPELINE_FUNCTIONS_MAX; i++)
        if (run->trees[i] != NULL && run->sources[i].path != NULL)
            cached_handler_distrust(handler_tree_backend(run->trees[i]));
}

void run_destroy_handlers(struct run *run)
{
    for (size_t i = 0; i < PIPELINE_FUNCTIONS_MAX; i++) {
        handler_tree_destroy(run->trees[i]);
        if (run->hosts[i].backend.self != NULL)
            run->hosts[i].backend.destroy(run->hosts[i].backend.self);
    }
    handler_cache_close(run->cache);
}

void run_statistics(const struct run *run, struct run_statistics *statistics)
{
    *statistics = run->past;
    for (size_t i = 0; i < PIPELINE_FUNCTIONS_MAX; i++) {
        if (run->trees[i] == NULL)
            continue;
        struct handler_tree_statistics tree;
        handler_tree_statistics(run->trees[i], &tree);
        statistics->handler_events += tree.events;
        if (run->sources[i].path == NULL)
            continue;
        statistics->handler_cache_hits += cached_handler_hits(handler_tree_backend(run->trees[i]));
        if (run->hosts[i].backend.self == NULL)
            continue;
        struct python_host_statistics host;
        python_host_statistics(&run->hosts[i].backend, &host);
        statistics->handler_runs += host.runs;
        statistics->handler_seconds += host.seconds;
    }
}
