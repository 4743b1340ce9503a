#include "checker/run.h"

#include "checker/package.h"
#include "checker/run_handlers.h"
#include "checker/run_layers.h"
#include "checker/unpack.h"
#include "model/mapping_override.h"
#include "model/template.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

enum { PATH_SIZE = 4096 };

#define FALLBACK_SOLUTION "scenarios/solutions/lab2"
#define BUILT_IN_TEMPLATE "scenarios/workshop.yaml"

static enum status no_memory(struct error *error)
{
    return error_set(error, STATUS_NO_MEMORY, "out of memory");
}

static bool looks_like_path(const char *name)
{
    size_t length = strlen(name);
    return strchr(name, '/') != NULL || (length > 5 && strcmp(name + length - 5, ".yaml") == 0) ||
           (length > 4 && strcmp(name + length - 4, ".yml") == 0);
}

enum status run_find_scenario(const char *data_dir, const char *name, struct arena *arena,
                              const char **file, struct error *error)
{
    if (looks_like_path(name)) {
        *file = name;
        if (!path_is_file(name))
            return error_set(error, STATUS_BAD_INPUT, "%s: no such scenario file", name);
        return STATUS_OK;
    }
    *file = arena_format(arena, "%s/scenarios/%s.yaml", data_dir, name);
    if (*file == NULL)
        return no_memory(error);
    if (!path_is_file(*file))
        return error_set(error, STATUS_BAD_INPUT,
                         "there is no scenario '%s' (looked for %s); `oncecheck scenarios` lists "
                         "them",
                         name, *file);
    return STATUS_OK;
}

static enum status read_scenario(struct run *run, struct error *error)
{
    const struct run_request *request = run->request;
    if (request->scenario_text != NULL) {
        run->scenario_file = request->scenario;
        run->scenario_text = request->scenario_text;
    } else {
        size_t length = 0;
        enum status status = run_find_scenario(request->data_dir, request->scenario, &run->arena,
                                               &run->scenario_file, error);
        if (status == STATUS_OK)
            status = read_file(run->scenario_file, SCENARIO_FILE_SIZE_MAX, &run->arena,
                               &run->scenario_text, &length, error);
        if (status != STATUS_OK)
            return status;
        if (strlen(run->scenario_text) != length)
            return error_set(error, STATUS_BAD_INPUT, "%s holds a NUL byte", run->scenario_file);
    }
    enum status status = scenario_parse(run->scenario_text, strlen(run->scenario_text),
                                        run->scenario_file, &run->arena, &run->scenario, error);
    if (status == STATUS_OK)
        status = scenario_generate(&run->scenario, request->seed, &run->arena, error);
    if (status != STATUS_OK)
        return status;
    run->messages =
        arena_allocate_array(&run->arena, run->scenario.message_count, sizeof *run->messages);
    if (run->messages == NULL)
        return no_memory(error);
    memcpy(run->messages, run->scenario.messages,
           run->scenario.message_count * sizeof *run->messages);
    run->scenario.messages = run->messages;
    return STATUS_OK;
}

/* The solution's own template; *file is NULL if it has none. Two are a mistake. */
static enum status find_own_template(struct run *run, const char **file, struct error *error)
{
    static const char *const names[] = {"template.yaml", "template.yml", "template.json"};
    const char *solution = run->request->solution;
    *file = NULL;
    for (size_t i = 0; solution != NULL && i < 3; i++) {
        char *path = arena_format(&run->arena, "%s/%s", solution, names[i]);
        if (path == NULL)
            return no_memory(error);
        if (!path_is_file(path))
            continue;
        if (*file != NULL)
            return error_at(error, STATUS_BAD_INPUT, path, 0, 0,
                            "a second template beside %s: name the one that is meant with -t",
                            *file);
        *file = path;
    }
    return STATUS_OK;
}

static enum status choose_template(struct run *run, struct error *error)
{
    const struct run_request *request = run->request;
    const char *named = run->scenario.template_file;
    if (request->template_file != NULL) {
        run->template_file = request->template_file;
    } else {
        const char *own = NULL;
        enum status status = find_own_template(run, &own, error);
        if (status != STATUS_OK)
            return status;
        if (own != NULL) {
            run->template_file = own;
        } else if (named == NULL) {
            run->template_file =
                arena_format(&run->arena, "%s/" BUILT_IN_TEMPLATE, request->data_dir);
        } else {
            run->template_file = named;
        }
    }
    return run->template_file == NULL ? no_memory(error) : STATUS_OK;
}

static enum status read_template(struct run *run, struct error *error)
{
    const struct run_request *request = run->request;
    enum status status = STATUS_OK;
    if (request->template_text != NULL) {
        run->template_file = request->template_file;
        run->template_text = request->template_text;
    } else {
        size_t length = 0;
        status = choose_template(run, error);
        if (status == STATUS_OK)
            status = read_file(run->template_file, TEMPLATE_FILE_SIZE_MAX, &run->arena,
                               &run->template_text, &length, error);
        if (status != STATUS_OK)
            return status;
    }
    status = template_parse_with(run->template_text, strlen(run->template_text), run->template_file,
                                 request->parameters, &run->arena, &run->pipeline, error);
    if (status != STATUS_OK)
        return status;
    status = scenario_apply(&run->scenario, &run->arena, run->store, &run->pipeline, error);
    if (status == STATUS_OK)
        status = mapping_overrides_apply(request->settings, request->setting_count, &run->arena,
                                         &run->pipeline, error);
    return status == STATUS_OK ? pipeline_choose_aggregates(&run->pipeline, error) : status;
}

static enum status choose_faults(struct run *run, struct error *error)
{
    const struct run_request *request = run->request;
    run->faults = run->scenario.faults;
    if (request->fault_kinds_only) {
        memset(run->faults.enabled, 0, sizeof run->faults.enabled);
    }
    enum status status = STATUS_OK;
    if (request->fault_limit != NULL)
        status = fault_config_set_limit(&run->faults, request->fault_limit, error);
    if (status == STATUS_OK && request->longest_delay != NULL)
        status = fault_config_set_longest_delay(&run->faults, request->longest_delay, error);
    for (size_t i = 0; status == STATUS_OK && i < request->fault_kind_count; i++)
        status = fault_config_set_kind(&run->faults, request->fault_kinds[i], error);
    uint64_t functions = 0;
    for (int i = 0; status == STATUS_OK && i < FAULT_KIND_COUNT; i++)
        status = fault_config_functions(&run->faults, (enum fault_kind)i, &run->pipeline,
                                        &functions, error);
    for (int i = 0; i < FAULT_KIND_COUNT; i++) {
        uint32_t cap = fault_kind_cap_default((enum fault_kind)i);
        if (!run->faults.enabled[i] || run->faults.cap[i] != FAULT_UNLIMITED ||
            cap == FAULT_UNLIMITED)
            continue;
        run->faults.cap[i] = cap;
        run->cap_is_default[i] = true;
    }
    return status;
}

bool run_invokes(const struct run *run, size_t function)
{
    const struct pipeline *pipeline = &run->pipeline;
    for (size_t i = 0; i < pipeline->mapping_count; i++) {
        if (pipeline->mappings[i].enabled && pipeline->mappings[i].function == function)
            return true;
    }
    return false;
}

static const char *find_override(const struct run_request *request,
                                 const struct function_config *function)
{
    for (size_t i = 0; i < request->override_count; i++) {
        if (strcmp(request->overrides[i].name, function->name) == 0 ||
            strcmp(request->overrides[i].name, function->logical_id) == 0)
            return request->overrides[i].path;
    }
    return NULL;
}

static enum status check_overrides(const struct run *run, struct error *error)
{
    for (size_t i = 0; i < run->request->override_count; i++) {
        const char *name = run->request->overrides[i].name;
        int function = pipeline_find_function(&run->pipeline, name);
        if (function < 0)
            return error_set(error, STATUS_BAD_INPUT,
                             "--function %s: the pipeline has no such function", name);
        if (!run_invokes(run, (size_t)function))
            return error_set(error, STATUS_BAD_INPUT, "--function %s: nothing invokes it", name);
    }
    return STATUS_OK;
}

/* Code that is written into the template: Lambda puts it into one file. */
static enum status unpack_inline(struct run *run, const struct function_config *function,
                                 const char **path, struct error *error)
{
    char name[PATH_SIZE];
    enum status status = package_handler_file(function, name, sizeof name, error);
    if (status != STATUS_OK)
        return status;
    if (strchr(name, '/') != NULL)
        return error_at(error, STATUS_BAD_INPUT, run->template_file, function->line, 0,
                        "the code of %s is written into the template: its Handler must be "
                        "index.FUNCTION, found '%s'",
                        function->name, function->handler);
    return unpack_text(function->inline_code, name, run->request->unpack_dir, &run->arena, path,
                       error);
}

/* Find the code of one function; path NULL: the reference handler in C. */
static enum status find_code(struct run *run, size_t index, struct error *error)
{
    const struct run_request *request = run->request;
    const struct function_config *function = &run->pipeline.functions[index];
    struct function_source *source = &run->sources[index];
    enum status status = STATUS_OK;
    source->path = find_override(request, function);
    if (source->path != NULL)
        return package_check(source->path, function, error);
    if (request->handlers != RUN_PYTHON)
        return STATUS_OK;
    if (request->solution != NULL)
        status = package_find(request->solution, function, request->unpack_dir, &run->arena,
                              &source->path, error);
    if (status != STATUS_OK || source->path != NULL)
        return status;
    if (function->inline_code != NULL)
        return unpack_inline(run, function, &source->path, error);
    char *fallback = arena_format(&run->arena, "%s/" FALLBACK_SOLUTION, request->data_dir);
    if (fallback == NULL)
        return no_memory(error);
    source->fallback = true;
    status =
        package_find(fallback, function, request->unpack_dir, &run->arena, &source->path, error);
    if (status == STATUS_OK && source->path == NULL)
        return error_set(error, STATUS_BAD_INPUT,
                         "%s holds no folder %s or %sPackage, and there is no reference for it",
                         request->solution == NULL ? "the solution" : request->solution,
                         function->name, function->name);
    return status;
}

/* A folder that brings nothing at all is a mistake in the path, not a solution. */
static enum status check_solution(const struct run *run, struct error *error)
{
    const struct run_request *request = run->request;
    bool brings = request->override_count > 0;
    bool invokes = false; /* where nothing is invoked, the findings say so */
    if (request->handlers != RUN_PYTHON)
        return STATUS_OK;
    for (size_t i = 0; i < run->pipeline.function_count; i++) {
        brings = brings || (run->sources[i].path != NULL && !run->sources[i].fallback);
        invokes = invokes || run_invokes(run, i);
    }
    if (brings || (!invokes && run->pipeline.function_count > 0))
        return STATUS_OK;
    if (run->pipeline.function_count == 0)
        return error_at(error, STATUS_BAD_INPUT, run->template_file, 0, 0,
                        "the template has no function");
    const struct function_config *first = &run->pipeline.functions[0];
    return error_set(
        error, STATUS_BAD_INPUT,
        "%s holds no folder of a function of the pipeline (such as %s/%s or %sPackage)",
        request->solution, request->solution, first->name, first->name);
}

static enum status create_trees(struct run *run, struct error *error)
{
    const char *solution = run->request->solution;
    if (run->request->handlers == RUN_PYTHON && solution != NULL && !path_is_folder(solution))
        return error_set(error, STATUS_BAD_INPUT, "%s: no such folder", solution);
    enum status status = check_overrides(run, error);
    for (size_t i = 0; status == STATUS_OK && i < run->pipeline.function_count; i++) {
        if (run_invokes(run, i))
            status = find_code(run, i, error);
        if (status == STATUS_OK)
            status = run_find_layers(run, i, error);
    }
    if (status == STATUS_OK)
        status = check_solution(run, error);
    if (status != STATUS_OK || run->request->code_only)
        return status;
    status = run_probe_jail(run, error);
    if (status == STATUS_OK)
        run_open_cache(run);
    for (size_t i = 0; status == STATUS_OK && i < run->pipeline.function_count; i++) {
        if (run_invokes(run, i))
            status = run_create_tree(run, i, error);
    }
    return status;
}

/* Fill a run that is zero. */
static enum status fill(struct run *run, const struct run_request *request, struct error *error)
{
    run->memory = request->memory;
    run->request = request;
    run->merge_local_steps = request->merge_local_steps;
    run->stage_order = request->stage_order;
    run->shards_in_turn = request->stage_order && request->shards_in_turn;
    run->drop_dead_data = request->drop_dead_data;
    arena_init(&run->arena, request->memory);
    run->store = value_store_create(request->memory);
    enum status status = run->store == NULL ? no_memory(error) : STATUS_OK;
    if (status == STATUS_OK && request->begin_store != NULL)
        status = request->begin_store(request->begin_store_context, run->store, error);
    if (status == STATUS_OK)
        status = read_scenario(run, error);
    if (status == STATUS_OK)
        status = read_template(run, error);
    if (status == STATUS_OK)
        status = choose_faults(run, error);
    if (status == STATUS_OK)
        status = create_trees(run, error);
    return status;
}

enum status run_create(const struct run_request *request, struct run **result, struct error *error)
{
    *result = NULL;
    struct run *run = memory_allocate_zeroed(request->memory, 1, sizeof *run);
    if (run == NULL)
        return no_memory(error);
    enum status status = fill(run, request, error);
    if (status != STATUS_OK) {
        run_destroy(run);
        return status;
    }
    *result = run;
    return STATUS_OK;
}

static void empty(struct run *run)
{
    run_destroy_handlers(run);
    value_store_destroy(run->store);
    arena_release(&run->arena);
}

enum status run_create_again(struct run *run, struct error *error)
{
    const struct run_request *request = run->request;
    struct run_statistics past;
    run_statistics(run, &past);
    empty(run);
    memset(run, 0, sizeof *run);
    run->past = past;
    return fill(run, request, error);
}

void run_destroy(struct run *run)
{
    if (run == NULL)
        return;
    empty(run);
    memory_free(run->memory, run, sizeof *run);
}
