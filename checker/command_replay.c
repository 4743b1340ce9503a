#include "checker/command_replay.h"

#include "checker/command.h"
#include "checker/command_explore.h"
#include "checker/command_interactive.h"
#include "checker/package.h"
#include "model/base/json.h"
#include "reports/field.h"
#include "reports/result.h"
#include "reports/trace_text.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define REPLAY_FORMAT "oncecheck-replay/1"

/* More than the fault-free rest of any trace that a search of this size could have found. */
enum { REPLAY_STATES_MAX = 5000000 };

/* Functions whose code was given with --function when the trace was recorded. */
static enum status add_overrides(const struct trace_file *trace, struct value_store *store,
                                 struct run_request *request, struct error *error)
{
    for (size_t i = 0; i < value_count(store, trace->functions); i++) {
        struct value entry = value_value_at(store, trace->functions, i);
        const char *name = value_bytes(store, value_key_at(store, trace->functions, i), NULL);
        if (value_kind(store, entry) != VALUE_MAP)
            return error_set(error, STATUS_BAD_INPUT, "functions: expected objects");
        struct value code = value_get_text(store, entry, "code");
        struct value fallback = value_get_text(store, entry, "fallback");
        bool own = !value_is_none(code) && value_kind(store, code) == VALUE_STRING &&
                   !value_is_none(fallback) && value_kind(store, fallback) == VALUE_BOOL &&
                   !value_truth(store, fallback);
        if (!own)
            continue;
        const char *path = value_bytes(store, code, NULL);
        size_t prefix = trace->solution == NULL ? 0 : strlen(trace->solution);
        bool within = trace->solution != NULL && strncmp(path, trace->solution, prefix) == 0 &&
                      path[prefix] == '/';
        bool given = false;
        for (size_t j = 0; j < request->override_count; j++)
            given = given || strcmp(request->overrides[j].name, name) == 0;
        if (!within && !given && request->override_count < RUN_OVERRIDES_MAX)
            request->overrides[request->override_count++] =
                (struct function_override){.name = name, .path = path};
    }
    return STATUS_OK;
}

static bool digests_agree(const struct run *run, const struct trace_file *trace,
                          const struct value_store *store)
{
    for (size_t i = 0; i < run->pipeline.function_count; i++) {
        if (run->trees[i] == NULL)
            continue;
        struct value entry =
            value_get_text(store, trace->functions, run->pipeline.functions[i].name);
        struct value digest = value_is_none(entry) || value_kind(store, entry) != VALUE_MAP
                                  ? VALUE_NONE
                                  : value_get_text(store, entry, "digest");
        if (value_is_none(digest) || !value_is_text(store, digest, run->sources[i].digest))
            return false;
    }
    return true;
}

/* Values of different stores are compared by their content hashes. */
static size_t first_difference(const struct value_store *store, struct value steps,
                               const struct value_store *recorded_store, struct value recorded)
{
    size_t count = value_count(store, steps);
    size_t recorded_count = value_count(recorded_store, recorded);
    size_t shared = count < recorded_count ? count : recorded_count;
    for (size_t i = 0; i < shared; i++) {
        if (!hash128_equal(value_hash(store, value_at(store, steps, i)),
                           value_hash(recorded_store, value_at(recorded_store, recorded, i))))
            return i;
    }
    return count == recorded_count ? SIZE_MAX : shared;
}

/* The function that a list of a trace names at `index`; -1: the pipeline has none of that name that
 * anything invokes. */
static int named_function(const struct run *run, const struct value_store *store,
                          struct value names, size_t index)
{
    struct value name = value_at(store, names, index);
    int function = value_kind(store, name) == VALUE_STRING
                       ? pipeline_find_function(&run->pipeline, value_bytes(store, name, NULL))
                       : -1;
    return function < 0 || run->trees[function] == NULL ? -1 : function;
}

static void show_recorded_facts(struct run *run, const struct trace_file *trace,
                                const struct value_store *store, struct world_facts *facts)
{
    memset(facts, 0, sizeof *facts);
    facts->time_passes = trace->time_passes;
    facts->failures_counted = trace->failures_counted;
    for (size_t i = 0; i < value_count(store, trace->attempts_shown); i++) {
        int function = named_function(run, store, trace->attempts_shown, i);
        if (function < 0)
            continue;
        handler_tree_show_attempts(run->trees[function]);
        facts->attempts_shown[function] = true;
    }
    for (size_t i = 0;
         !value_is_none(trace->remembering) && i < value_count(store, trace->remembering); i++) {
        int function = named_function(run, store, trace->remembering, i);
        if (function >= 0)
            facts->remembers[function] = true;
    }
}

/* Put each message as often as the counterexample does. */
static enum status apply_copies(struct run *run, const struct trace_file *trace,
                                const struct value_store *store, struct error *error)
{
    if (value_count(store, trace->copies) != run->scenario.message_count)
        return error_set(error, STATUS_BAD_INPUT,
                         "copies: expected a number for each of the %zu messages",
                         run->scenario.message_count);
    for (size_t i = 0; i < run->scenario.message_count; i++) {
        int64_t copies = 0;
        if (!value_to_integer(store, value_at(store, trace->copies, i), &copies) || copies < 0 ||
            copies > run->messages[i].copies)
            return error_set(error, STATUS_BAD_INPUT,
                             "copies: expected at most the scenario's %u for message %zu",
                             (unsigned)run->messages[i].copies, i + 1);
        run->messages[i].copies = (uint32_t)copies;
    }
    return STATUS_OK;
}

/* From the last state on, without faults: is some end wrong? *again: what was learnt on the way
 * voids the states followed so far. */
static enum status judge(struct replay_report *report, bool *again, struct error *error)
{
    const struct counterexample *taken = &report->counterexample;
    struct search_options options = {.initial = counterexample_state(taken, taken->length),
                                     .fault_limit = 0,
                                     .states_max = REPLAY_STATES_MAX,
                                     .known_faults = UINT32_MAX,
                                     .known_depth = UINT32_MAX};
    struct search_result result;
    enum status status = explore(report->world, &options, &result, error);
    if (status == STATUS_OK) {
        report->violated = result.violation.found;
        report->violation = result.violation;
        report->violation.faults = 0;
        for (size_t i = 0; i < taken->length; i++)
            report->violation.faults += taken->actions[i].fault != FAULT_KIND_COUNT ? 1 : 0;
        *again = result.stop == SEARCH_VOID;
        if (!*again && !report->violated && result.stop != SEARCH_COMPLETE &&
            result.stop != SEARCH_FAULT_LIMIT)
            status = error_set(error, STATUS_LIMIT, "%s after the trace's last step",
                               search_stop_text(result.stop));
    }
    search_result_release(&result);
    return status;
}

static enum status follow(struct replay_report *report, const struct trace_file *trace,
                          const struct value_store *store, struct error *error)
{
    struct run *run = report->run;
    struct world_facts facts;
    show_recorded_facts(run, trace, store, &facts);
    enum status status = apply_copies(run, trace, store, error);
    if (status == STATUS_OK)
        status = verify_create_world(run, trace->valuation, false, &report->workload,
                                     &report->world, error);
    if (status != STATUS_OK)
        return status;
    world_adopt_facts(report->world, &facts);
    counterexample_init(&report->counterexample, report->world);
    /* other code may depend on chance where the recorded one did not: then follow it again with
     * attempts */
    bool again = true;
    while (status == STATUS_OK && again) {
        status = replay_follow(report->world, trace->replay_steps, trace->step_count,
                               &report->counterexample, &report->outcome, error);
        again = status == STATUS_OK && world_take_facts_changed(report->world);
        if (status == STATUS_OK && !again)
            status = judge(report, &again, error);
    }
    if (status != STATUS_OK)
        return status;
    report->steps = trace_steps(report->world, &report->counterexample);
    report->step_count = trace->step_count;
    report->same_code = digests_agree(run, trace, store);
    report->described = VALUE_NONE;
    if (report->violated)
        report->described =
            violation_value(run, report->world, &report->counterexample, &report->violation);
    if (value_store_failed(run->store) || value_store_failed(store) ||
        value_is_none(report->steps) || (report->violated && value_is_none(report->described)))
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    report->first_different = first_difference(run->store, report->steps, store, trace->steps);
    return STATUS_OK;
}

enum status replay_trace(const char *bytes, size_t length, const char *file, const char *solution,
                         const struct run_request *base, struct replay_report *report,
                         struct error *error)
{
    struct trace_file trace;
    struct run_request request = *base;
    *report = (struct replay_report){.run = NULL};
    arena_init(&report->arena, base->memory);
    struct value_store *store = value_store_create(base->memory);
    if (store == NULL) {
        replay_report_release(report);
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    }
    report->recorded = store;
    enum status status =
        trace_file_parse(bytes, length, file, &report->arena, store, &trace, error);
    if (status == STATUS_OK)
        status = add_overrides(&trace, store, &request, error);
    if (status == STATUS_OK) {
        request.scenario = trace.scenario_file;
        request.scenario_text = trace.scenario_text;
        request.template_file = trace.template_file;
        request.template_text = trace.template_text;
        request.parameters = &trace.parameters;
        request.settings = trace.settings;
        request.setting_count = trace.setting_count;
        request.solution = solution != NULL ? solution : trace.solution;
        request.handlers = solution != NULL ? RUN_PYTHON : trace.handlers;
        request.fault_kinds = trace.fault_kinds;
        request.fault_kind_count = trace.fault_kind_count;
        request.fault_kinds_only = true;
        request.seed = trace.seed;
        request.fault_limit = NULL;
        status = run_create(&request, &report->run, error);
    }
    if (status == STATUS_OK)
        status = follow(report, &trace, store, error);
    if (report->run != NULL)
        report->run->request = base; /* the request made here ends with this function */
    if (status != STATUS_OK)
        replay_report_release(report);
    return status;
}

void replay_report_release(struct replay_report *report)
{
    if (report->world != NULL)
        counterexample_release(&report->counterexample);
    world_destroy(report->world);
    run_destroy(report->run);
    value_store_destroy(report->recorded);
    if (report->arena.memory != NULL)
        arena_release(&report->arena);
    *report = (struct replay_report){.run = NULL};
}

static void append_replay_text(struct text *text, const struct replay_report *report,
                               const struct options *options, bool color)
{
    struct trace_text_options style = {
        .color = color,
        .all_changes = options->verbose,
        .key_steps = value_member(report->run->store, report->described, "key_steps", VALUE_LIST)};
    const struct replay_outcome *outcome = &report->outcome;
    if (!report->same_code)
        text_append_string(text, "The code is not the one that the trace was recorded with.\n");
    if (outcome->followed == report->step_count && outcome->skipped + outcome->added == 0)
        text_append_format(text, "All %zu steps were taken%s.\n", report->step_count,
                           report->first_different == SIZE_MAX
                               ? ", each as recorded"
                               : ", but not all did what was recorded");
    else
        text_append_format(text,
                           "%zu of %zu steps were followed; %zu recorded calls were not made, %zu "
                           "calls were new.\n",
                           outcome->followed - outcome->skipped, report->step_count,
                           outcome->skipped, outcome->added);
    if (!options->quiet) {
        text_append_char(text, '\n');
        append_steps(text, report->run->store, report->steps, &style);
        text_append_char(text, '\n');
    }
    if (report->violated)
        append_violation(text, report->run->store, report->described, &style);
    else
        text_append_string(text,
                           "Nothing is wrong any more at the end of this schedule. That is no "
                           "proof: run `oncecheck verify`.\n");
}

static struct value replay_value(const struct replay_report *report, int exit_code)
{
    struct value_store *store = report->run->store;
    struct value value = value_map(store, NULL, 0);
    value = value_put_text(store, value, "format", value_text(store, REPLAY_FORMAT));
    value = value_put_text(store, value, "verdict",
                           value_text(store, report->violated ? "violated" : "holds"));
    value = value_put_text(store, value, "exit_code", value_integer(store, exit_code));
    value = value_put_text(store, value, "same_code", value_bool(store, report->same_code));
    value = value_put_text(store, value, "same_steps",
                           value_bool(store, report->first_different == SIZE_MAX));
    value = value_put_text(store, value, "steps_recorded",
                           value_integer(store, (int64_t)report->step_count));
    value = value_put_text(
        store, value, "steps_followed",
        value_integer(store, (int64_t)(report->outcome.followed - report->outcome.skipped)));
    return value_put_text(store, value, "violation",
                          report->violated ? report->described : value_null(store));
}

static enum status print_report(const struct replay_report *report, const struct options *options,
                                const struct environment *environment, int exit_code,
                                struct error *error)
{
    struct text text;
    CHECK(report->run != NULL); /* as replay_trace leaves it on success */
    text_init(&text, report->run->memory);
    enum status status = STATUS_OK;
    bool json_only = options->json_file != NULL && strcmp(options->json_file, "-") == 0;
    if (!json_only) {
        append_replay_text(&text, report, options, environment->stdout_color);
        status = command_write_text("-", &text, error);
    }
    if (status == STATUS_OK && options->json_file != NULL) {
        struct value value = replay_value(report, exit_code);
        status = command_write_json(options->json_file, report->run->store, value, error);
    }
    text_release(&text);
    return status;
}

int command_replay(const struct options *options, const struct environment *environment)
{
    if (options->explored_scenario != NULL)
        return command_explore(options, environment);
    struct memory memory;
    struct arena arena;
    struct error error = ERROR_INIT;
    struct run_request base;
    struct replay_report report = {.run = NULL};
    memory_init(&memory, command_memory_limit(options));
    arena_init(&arena, &memory);
    command_fill_request(options, environment, &memory, &base);
    const char *bytes = NULL;
    size_t length = 0;
    int exit_code = 0;
    enum status status =
        read_file(options->solution, TRACE_FILE_SIZE_MAX, &arena, &bytes, &length, &error);
    if (status == STATUS_OK)
        status = replay_trace(bytes, length, options->solution, options->replay_solution, &base,
                              &report, &error);
    if (status == STATUS_OK && options->require_same &&
        (!report.same_code || report.first_different != SIZE_MAX))
        status = error_set(&error, STATUS_BAD_INPUT,
                           "--require-same: the code or what it does is not as recorded (step %zu)",
                           report.first_different == SIZE_MAX ? 0 : report.first_different + 1);
    if (status == STATUS_OK) {
        exit_code = report.violated ? 1 : 0;
        status = options->interactive
                     ? replay_interactive(&report, stdin, isatty(STDIN_FILENO) == 1,
                                          environment->stdout_color, &error)
                     : print_report(&report, options, environment, exit_code, &error);
    }
    if (status != STATUS_OK)
        exit_code = command_report_error(&error);
    replay_report_release(&report);
    arena_release(&arena);
    return exit_code;
}
