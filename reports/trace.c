#include "reports/trace.h"

#include "model/base/json.h"
#include "model/base/text.h"
#include "reports/explanation.h"
#include "reports/sampling.h"
#include "reports/step.h"
#include "reports/trace_context.h"
#include "reports/version.h"

#include <stdio.h>
#include <string.h>

static struct value decimal_value(struct value_store *store, const struct decimal *decimal)
{
    char text[DECIMAL_TEXT_SIZE];
    size_t length = decimal_text(decimal, text);
    return value_string(store, text, length);
}

struct value trace_steps(struct world *world, const struct counterexample *counterexample)
{
    struct value_store *store = world->store;
    struct value steps = value_list(store, NULL, 0);
    uint32_t invocations[WORLD_POLLERS_MAX] = {0};
    for (size_t i = 0; i < counterexample->length; i++) {
        const struct action *action = &counterexample->actions[i];
        struct step_place place = {.before = counterexample_state(counterexample, i),
                                   .after = counterexample_state(counterexample, i + 1),
                                   .action = action,
                                   .number = i + 1};
        if (action->poller != ACTION_NO_POLLER && action->kind != ACTION_TIME_TO_LIVE) {
            uint16_t node_slot = world->layout.pollers[action->poller].node_slot;
            bool was_running = place.before[node_slot] != HANDLER_NODE_NONE;
            bool runs = place.after[node_slot] != HANDLER_NODE_NONE;
            if (!was_running && runs)
                invocations[action->poller]++;
            place.invocation = invocations[action->poller];
            steps = value_append(store, steps, step_value(world, &place));
            bool again = action->kind == ACTION_RETRY || action->kind == ACTION_BISECT ||
                         action->kind == ACTION_PARTIAL || action->kind == ACTION_CRASH ||
                         action->kind == ACTION_TIMEOUT;
            if (was_running && runs && again)
                invocations[action->poller]++;
            continue;
        }
        steps = value_append(store, steps, step_value(world, &place));
    }
    return steps;
}

static struct value messages_value(const struct run *run, struct world *world,
                                   const uint32_t *state)
{
    struct value_store *store = world->store;
    struct message_count counts[SCENARIO_MESSAGES_MAX];
    world_message_counts(world, state, counts);
    struct value list = value_list(store, NULL, 0);
    for (size_t i = 0; i < world->workload->message_count; i++) {
        const struct scenario_message *message = &run->scenario.messages[i];
        if (message->copies == 0)
            continue;
        struct value entry = value_map(store, NULL, 0);
        entry = value_put_text(store, entry, "trade", value_text(store, message->trade));
        entry = value_put_text(store, entry, "version", value_integer(store, message->version));
        entry = value_put_text(store, entry, "expected", value_integer(store, counts[i].expected));
        entry = value_put_text(store, entry, "counted",
                               counts[i].known ? value_integer(store, counts[i].counted)
                                               : value_null(store));
        list = value_append(store, list, entry);
    }
    return list;
}

static struct value aggregates_value(struct world *world, const uint32_t *state)
{
    struct value_store *store = world->store;
    struct value list = value_list(store, NULL, 0);
    size_t size = world->workload->aggregate_count * sizeof(struct aggregate_difference);
    struct aggregate_difference *differences =
        size == 0 ? NULL : memory_allocate(world->memory, size);
    if (differences == NULL)
        return size == 0 ? list : value_store_fail(store);
    size_t count = world_aggregate_differences(world, state, differences);
    for (size_t i = 0; i < count; i++) {
        struct value entry = value_map(store, NULL, 0);
        entry = value_put_text(store, entry, "key", value_text(store, differences[i].key));
        entry = value_put_text(store, entry, "expected",
                               decimal_value(store, &differences[i].expected));
        entry =
            value_put_text(store, entry, "actual",
                           differences[i].is_number ? decimal_value(store, &differences[i].actual)
                                                    : value_null(store));
        list = value_append(store, list, entry);
    }
    memory_free(world->memory, differences, size);
    return list;
}

/* Where the path is cut at a double count, messages still on their way are not lost. */
static void describe_messages(struct text *text, const struct run *run, struct world *world,
                              const uint32_t *state, bool cut)
{
    struct message_count counts[SCENARIO_MESSAGES_MAX];
    world_message_counts(world, state, counts);
    bool any = false;
    for (size_t i = 0; i < world->workload->message_count; i++) {
        const struct message_count *count = &counts[i];
        const struct scenario_message *message = &run->scenario.messages[i];
        if (!count->known || count->counted == count->expected || (cut && count->counted <= 1))
            continue;
        text_append_string(text, any ? "; " : "");
        text_append_format(text, "%s v%lld ", message->trade, (long long)message->version);
        any = true;
        if (count->counted > 1)
            text_append_format(text, "is counted %s",
                               count->counted == 2 ? "twice" : "more than twice");
        else if (count->expected == 1 && count->counted == 0)
            text_append_string(text, "is lost");
        else if (count->counted == 1)
            text_append_string(text, "is still counted though a newer version replaces it");
        else
            text_append_format(text, "is counted %d times, expected %d", (int)count->counted,
                               (int)count->expected);
    }
    if (!any)
        text_append_string(text, "the aggregates are wrong");
}

static struct value summary_value(const struct run *run, struct world *world, const uint32_t *state,
                                  const struct search_violation *violation)
{
    struct text text;
    text_init(&text, world->memory);
    if (violation->stuck) {
        char poller[1024];
        world_poller_name(world, violation->stuck_poller, poller, sizeof poller);
        text_append_format(&text, "a batch of %s fails for ever and blocks its shard", poller);
        if (!world_outcome(world, state).right)
            text_append_string(&text, ": ");
    }
    if (violation->property == PROPERTY_LEVELS_AGREE)
        text_append_string(&text, "an aggregate differs from the sum of the level below it");
    else if (!violation->stuck || !world_outcome(world, state).right)
        describe_messages(&text, run, world, state, violation->cut);
    struct value summary = text_failed(&text)
                               ? value_store_fail(world->store)
                               : value_string(world->store, text_string(&text), text.length);
    text_release(&text);
    return summary;
}

/* Where the code made the last call that changed the aggregates' table; for a stuck shard, where
 * the function fails. */
static struct value code_of(struct world *world, struct value steps, bool stuck)
{
    struct value_store *store = world->store;
    int table = world_aggregate_table(world);
    char prefix[512] = "";
    if (table >= 0)
        snprintf(prefix, sizeof prefix, "%.500s/", world->pipeline->tables[table].name);
    struct value code = value_null(store);
    for (size_t i = 0; i < value_count(store, steps); i++) {
        struct value step = value_at(store, steps, i);
        struct value end = value_get_text(store, step, "end");
        struct value found = value_get_text(store, step, "code");
        if (stuck && !value_is_none(end) && !value_is_none(value_get_text(store, end, "code")) &&
            !value_is_text(store, value_get_text(store, end, "kind"), "return")) {
            code = value_get_text(store, end, "code");
            continue;
        }
        struct value changes = value_get_text(store, step, "changes");
        if (stuck || value_is_none(found) || value_is_none(changes))
            continue;
        for (size_t j = 0; j < value_count(store, changes); j++) {
            struct value component =
                value_get_text(store, value_at(store, changes, j), "component");
            if (strncmp(value_bytes(store, component, NULL), prefix, strlen(prefix)) == 0)
                code = found;
        }
    }
    return code;
}

struct value violation_value(const struct run *run, struct world *world,
                             const struct counterexample *counterexample,
                             const struct search_violation *violation)
{
    struct value_store *store = world->store;
    const uint32_t *state = counterexample_state(counterexample, counterexample->length);
    struct value value = value_map(store, NULL, 0);
    value = value_put_text(store, value, "property",
                           value_text(store, property_name(violation->property)));
    value = value_put_text(store, value, "summary", summary_value(run, world, state, violation));
    value = value_put_text(store, value, "faults", value_integer(store, violation->faults));
    value = value_put_text(store, value, "steps",
                           value_integer(store, (int64_t)counterexample->length));
    value = value_put_text(store, value, "messages", messages_value(run, world, state));
    value = value_put_text(store, value, "aggregates", aggregates_value(world, state));
    struct value steps = trace_steps(world, counterexample);
    if (value_store_failed(store) || value_is_none(steps))
        return VALUE_NONE;
    value = value_put_text(store, value, "code", code_of(world, steps, violation->stuck));
    return explanation_put(world, counterexample, steps, violation, value);
}

static struct value faults_value(const struct run *run)
{
    struct value_store *store = run->store;
    struct value kinds = value_map(store, NULL, 0);
    for (size_t i = 0; i < FAULT_KIND_COUNT; i++) {
        if (!run->faults.enabled[i])
            continue;
        struct value cap = run->faults.cap[i] == FAULT_UNLIMITED
                               ? value_null(store)
                               : value_integer(store, run->faults.cap[i]);
        kinds = value_put_text(store, kinds, fault_kind_name((enum fault_kind)i), cap);
    }
    return kinds;
}

static struct value functions_value(const struct run *run)
{
    struct value_store *store = run->store;
    struct value functions = value_map(store, NULL, 0);
    for (size_t i = 0; i < run->pipeline.function_count; i++) {
        const struct function_source *source = &run->sources[i];
        if (run->trees[i] == NULL)
            continue;
        struct value entry = value_map(store, NULL, 0);
        entry = value_put_text(store, entry, "code", value_text_or_null(store, source->path));
        entry = value_put_text(store, entry, "fallback", value_bool(store, source->fallback));
        entry = value_put_text(store, entry, "digest", value_text(store, source->digest));
        struct value layers = value_list(store, NULL, 0);
        for (size_t k = 0; k < source->layer_count; k++)
            layers = value_append(store, layers, value_text(store, source->layers[k]));
        if (source->layer_count > 0)
            entry = value_put_text(store, entry, "layers", layers);
        functions = value_put_text(store, functions, run->pipeline.functions[i].name, entry);
    }
    return functions;
}

static struct value file_value(struct value_store *store, const char *file, const char *text)
{
    struct value value = value_map(store, NULL, 0);
    value = value_put_text(store, value, "file", value_text(store, file));
    return value_put_text(store, value, "text", value_text(store, text));
}

/* The template, with what was given for its parameters where something was. */
static struct value template_value(const struct run *run)
{
    struct value_store *store = run->store;
    const struct template_parameters *given = run->request->parameters;
    struct value value = file_value(store, run->template_file, run->template_text);
    if (given == NULL || given->count == 0)
        return value;
    struct value parameters = value_map(store, NULL, 0);
    for (size_t i = 0; i < given->count; i++)
        parameters = value_put_text(store, parameters, given->items[i].name,
                                    value_text(store, given->items[i].value));
    return value_put_text(store, value, "parameters", parameters);
}

/* What was set of mappings beside template and scenario. */
static struct value settings_value(const struct run *run)
{
    struct value settings = value_list(run->store, NULL, 0);
    for (size_t i = 0; i < run->request->setting_count; i++)
        settings =
            value_append(run->store, settings, value_text(run->store, run->request->settings[i]));
    return settings;
}

static struct value workload_value(const struct run *run, const struct world *world)
{
    struct value_store *store = run->store;
    struct value list = value_list(store, NULL, 0);
    for (size_t i = 0; i < world->workload->put_count; i++) {
        const struct workload_put *put = &world->workload->puts[i];
        const struct scenario_message *message = &run->scenario.messages[put->message];
        size_t length = 0;
        const char *data = value_bytes(store, put->data, &length);
        struct value entry = value_map(store, NULL, 0);
        entry = value_put_text(store, entry, "trade", value_text(store, message->trade));
        entry = value_put_text(store, entry, "version", value_integer(store, message->version));
        entry = value_put_text(store, entry, "shard", value_integer(store, put->shard));
        entry = value_put_text(store, entry, "partition_key", put->partition_key);
        entry = value_put_text(store, entry, "data", value_string(store, data, length));
        list = value_append(store, list, entry);
    }
    return list;
}

/* How often each of the scenario's messages is put here: a counterexample may need fewer. */
static struct value copies_value(const struct run *run)
{
    struct value list = value_list(run->store, NULL, 0);
    for (size_t i = 0; i < run->scenario.message_count; i++)
        list = value_append(run->store, list,
                            value_integer(run->store, run->scenario.messages[i].copies));
    return list;
}

struct value trace_value(const struct run *run, struct world *world,
                         const struct counterexample *counterexample, enum valuation valuation,
                         struct value violation, const struct search_violation *found)
{
    struct value_store *store = run->store;
    static const char *const handlers[] = {
        [RUN_PYTHON] = NULL, [RUN_REFERENCE_LAB1] = "lab1", [RUN_REFERENCE_LAB2] = "lab2"};
    struct value trace = value_map(store, NULL, 0);
    trace = value_put_text(store, trace, "format", value_text(store, TRACE_FORMAT));
    trace = value_put_text(store, trace, "oncecheck", value_text(store, ONCECHECK_VERSION));
    trace = value_put_text(store, trace, "scenario",
                           file_value(store, run->scenario_file, run->scenario_text));
    trace = value_put_text(store, trace, "template", template_value(run));
    if (run->request->setting_count > 0)
        trace = value_put_text(store, trace, "settings", settings_value(run));
    trace = value_put_text(store, trace, "faults", faults_value(run));
    trace = value_put_text(store, trace, "valuation", value_text(store, valuation_name(valuation)));
    trace = value_put_text(store, trace, "copies", copies_value(run));
    trace = value_put_text(store, trace, "workload", workload_value(run, world));
    trace =
        value_put_text(store, trace, "solution", value_text_or_null(store, run->request->solution));
    trace = value_put_text(store, trace, "handlers",
                           value_text_or_null(store, handlers[run->request->handlers]));
    trace = value_put_text(store, trace, "functions", functions_value(run));
    trace =
        value_put_text(store, trace, "versions",
                       value_text_or_null(store, run->versions[0] == '\0' ? NULL : run->versions));
    trace = value_put_text(store, trace, "seed", sampling_seed_value(run, false));
    struct value attempts = value_list(store, NULL, 0);
    for (size_t i = 0; i < run->pipeline.function_count; i++) {
        if (world->facts.attempts_shown[i])
            attempts =
                value_append(store, attempts, value_text(store, run->pipeline.functions[i].name));
    }
    trace = value_put_text(store, trace, "attempts_shown", attempts);
    trace =
        value_put_text(store, trace, "time_passes", value_bool(store, world->facts.time_passes));
    struct value remembering = value_list(store, NULL, 0);
    for (size_t i = 0; i < run->pipeline.function_count; i++) {
        if (world->facts.remembers[i])
            remembering = value_append(store, remembering,
                                       value_text(store, run->pipeline.functions[i].name));
    }
    if (value_count(store, remembering) > 0)
        trace = value_put_text(store, trace, "remembering", remembering);
    if (world->facts.failures_counted)
        trace = value_put_text(store, trace, "failures_counted", value_bool(store, true));
    trace = value_put_text(store, trace, "cut", value_bool(store, found->cut));
    trace = value_put_text(store, trace, "violation", violation);
    struct value steps = trace_steps(world, counterexample);
    trace = value_put_text(store, trace, "steps", steps);
    return trace_put_sources(run, steps, trace_put_context(world, counterexample, trace));
}
