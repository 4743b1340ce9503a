#include "checker/simulate.h"

#include "checker/run_handlers.h"

#include "model/handlers/session.h"
#include "model/python/host_session.h"

#include <string.h>

/* Puts are the game's; the scenario is there for the template alone. */
#define SCENARIO_TEXT "scenario: simulate\nworkload: {messages: [{trade: T1, version: 0}]}\n"

static enum status create_python(struct simulate *simulate, size_t index, struct error *error)
{
    struct run *run = simulate->run;
    const struct run_request *request = run->request;
    enum status status = STATUS_OK;
    if (run->python[0] == '\0')
        status = python_host_find_interpreter(request->python, request->python_environment,
                                              run->python, sizeof run->python, error);
    if (status != STATUS_OK)
        return status;
    struct python_host_options options;
    status = run_python_options(run, index, &options, error);
    if (status != STATUS_OK)
        return status;
    return python_session_create(simulate->memory, run->store, &options, &simulate->sessions[index],
                                 run->versions, sizeof run->versions, error);
}

static enum status create_sessions(struct simulate *simulate, struct error *error)
{
    struct run *run = simulate->run;
    const enum lab lab = run->request->handlers == RUN_REFERENCE_LAB1 ? LAB_1 : LAB_2;
    enum status status = run_probe_jail(run, error);
    for (size_t i = 0; i < run->pipeline.function_count && status == STATUS_OK; i++) {
        const struct function_config *function = &run->pipeline.functions[i];
        if (!run_invokes(run, i))
            continue;
        if (run->sources[i].path != NULL)
            status = create_python(simulate, i, error);
        else
            status = reference_session_create(simulate->memory, run->store, function, lab,
                                              &simulate->sessions[i], error);
    }
    return status;
}

enum status simulate_create(struct simulate *simulate, struct run_request *request,
                            const struct simulation_options *options, bool (*tick)(void *context),
                            void *context, struct error *error)
{
    *simulate = (struct simulate){.memory = request->memory};
    request->code_only = true;
    request->scenario = "simulate";
    request->scenario_text = SCENARIO_TEXT;
    enum status status = run_create(request, &simulate->run, error);
    if (status == STATUS_OK) {
        struct pipeline *pipeline = &simulate->run->pipeline;
        for (size_t i = 0; i < pipeline->table_count; i++)
            pipeline->tables[i].stream_shards = SIMULATION_STREAM_SHARDS;
        status = create_sessions(simulate, error);
    }
    if (status == STATUS_OK) {
        const struct simulation_inputs inputs = {.memory = request->memory,
                                                 .store = simulate->run->store,
                                                 .pipeline = &simulate->run->pipeline,
                                                 .sessions = simulate->sessions,
                                                 .options = options,
                                                 .tick = tick,
                                                 .context = context};
        status = simulation_create(&inputs, &simulate->simulation, error);
    }
    if (status != STATUS_OK)
        simulate_release(simulate);
    return status;
}

void simulate_release(struct simulate *simulate)
{
    simulation_destroy(simulate->simulation);
    for (size_t i = 0; i < PIPELINE_FUNCTIONS_MAX; i++)
        if (simulate->sessions[i].self != NULL)
            simulate->sessions[i].destroy(simulate->sessions[i].self);
    run_destroy(simulate->run);
    *simulate = (struct simulate){.memory = simulate->memory};
}
