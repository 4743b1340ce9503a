#include "checker/command_verify.h"

#include "checker/command_verify_steps.h"
#include "checker/pipeline_text.h"
#include "reports/determinism_text.h"
#include "reports/diagnosis_text.h"
#include "reports/field.h"
#include "reports/sampling.h"
#include "reports/trace.h"
#include "reports/trace_text.h"

#include <stdio.h>
#include <string.h>

static void append_sources(struct text *text, const struct run *run)
{
    for (size_t i = 0; i < run->pipeline.function_count; i++) {
        const struct function_source *source = &run->sources[i];
        if (run->trees[i] == NULL)
            continue;
        text_append_format(
            text, "  %-12s %s%s\n", run->pipeline.functions[i].name,
            source->path == NULL ? "C reference handler, " : source->path,
            source->path == NULL
                ? source->digest
                : (source->fallback ? "  (not in the solution: the Lab 2 reference)" : ""));
    }
}

static void append_faults(struct text *text, const struct run *run)
{
    size_t count = 0;
    for (size_t i = 0; i < FAULT_KIND_COUNT; i++) {
        if (!run->faults.enabled[i])
            continue;
        text_append_string(text, count++ == 0 ? "" : ", ");
        fault_config_append(text, &run->faults, (enum fault_kind)i,
                            run->cap_is_default[i] ? "; --fault KIND=N for more" : "");
    }
    if (count == 0)
        text_append_string(text, "none");
    else if (run->faults.limit == FAULT_UNLIMITED)
        text_append_string(text, "; any number of them");
    else
        text_append_format(text, "; at most %u", (unsigned)run->faults.limit);
}

enum status verify_print_start(struct verify_command *command, struct error *error)
{
    const struct run *run = command->run;
    struct text text;
    text_init(&text, &command->memory);
    text_append_format(&text, "Scenario %s", run->scenario.name);
    if (run->scenario.description != NULL)
        text_append_format(&text, ": %s", run->scenario.description);
    text_append_char(&text, '\n');
    append_sources(&text, run);
    text_append_string(&text, "  pipeline     ");
    pipeline_text_append(&text, &run->pipeline);
    for (size_t i = 0; i < command->options->parameters.count; i++)
        text_append_format(&text, "%s%s=%s", i == 0 ? "\n  parameters   " : ", ",
                           command->options->parameters.items[i].name,
                           command->options->parameters.items[i].value);
    for (size_t i = 0; i < command->options->setting_count; i++)
        text_append_format(&text, "%s%s", i == 0 ? "\n  settings     " : ", ",
                           command->options->settings[i]);
    text_append_string(&text, "\n  faults       ");
    append_faults(&text, run);
    text_append_format(
        &text, "\n  reductions   fewest faults first%s%s%s%s; %u worker%s, at most %.0f MB\n",
        run->stage_order ? ", stage order" : "", run->shards_in_turn ? ", shards in turn" : "",
        run->merge_local_steps ? ", local steps" : "", run->drop_dead_data ? ", dead data" : "",
        command->environment->workers, command->environment->workers == 1 ? "" : "s",
        (double)command->memory.limit / 1048576.0);
    if (run->versions[0] != '\0')
        text_append_format(&text, "  Python       %s\n", run->versions);
    run_append_jail(&text, run);
    enum status status = command_write_text("-", &text, error);
    text_release(&text);
    return status;
}

void verify_show_progress(struct verify_command *command, const struct search_progress *progress,
                          double now_s)
{
    double elapsed_s = now_s - command->started_s;
    struct run_statistics handlers;
    run_statistics(command->run, &handlers);
    if (command->options->random_search) {
        fprintf(stderr, "\r\033[K%llu runs, %.0f/s, %.0f of %.0f MB, %.0f s in Python",
                (unsigned long long)progress->runs,
                elapsed_s > 0 ? (double)progress->runs / elapsed_s : 0.0,
                (double)atomic_load(&command->memory.used) / 1048576.0,
                (double)command->memory.limit / 1048576.0, handlers.handler_seconds);
        (void)fflush(stderr);
        command->progress_shown = true;
        return;
    }
    fprintf(stderr,
            "\r\033[K%llu states, %.0f/s, depth %u, faults %u, frontier %llu, %.0f of %.0f MB, "
            "%.0f s in Python",
            (unsigned long long)progress->states,
            elapsed_s > 0 ? (double)progress->states / elapsed_s : 0.0, (unsigned)progress->depth,
            (unsigned)progress->faults, (unsigned long long)progress->frontier,
            (double)atomic_load(&command->memory.used) / 1048576.0,
            (double)command->memory.limit / 1048576.0, handlers.handler_seconds);
    (void)fflush(stderr); /* progress may be lost */
    command->progress_shown = true;
}

/* What is wrong with the pipeline itself, where something is lost; notes only where asked for. */
static void append_findings(struct text *text, const struct verify_command *command)
{
    const struct findings *findings = command->verification.findings;
    bool verbose = command->options->verbose;
    size_t shown = 0;
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];
        if (!verbose && (finding->note || !command->verification.violated))
            continue;
        text_append_string(text, shown++ == 0 ? "\n  the pipeline:\n" : "");
        text_append_format(text, "    %s:%u: %s%s\n", finding->file, (unsigned)finding->line,
                           finding->note ? "note: " : "", finding->message);
        if (finding->remedy[0] != '\0')
            text_append_format(text, "        %s\n", finding->remedy);
    }
}

/* What is wrong in one of the counterexamples. */
static void append_found(struct text *text, const struct verify_command *command, size_t index)
{
    const struct found_violation *found = &command->found[index];
    struct trace_text_options style = {.color = command->environment->stdout_color,
                                       .all_changes = command->options->verbose};
    if (command->found_count > 1)
        text_append_format(text, "%s%zu of %zu ", index == 0 ? "" : "\n", index + 1,
                           command->found_count);
    append_violation(text, command->run->store, found->value, &style);
    if (found->puts < command->puts_found)
        text_append_format(text, "\n  %zu of the scenario's %zu puts are enough for it.\n",
                           found->puts, command->puts_found);
}

static void append_found_steps(struct text *text, const struct verify_command *command,
                               size_t index)
{
    const struct value_store *store = command->run->store;
    const struct found_violation *found = &command->found[index];
    struct trace_text_options style = {
        .color = command->environment->stdout_color,
        .all_changes = command->options->verbose,
        .key_steps = value_member(store, found->value, "key_steps", VALUE_LIST)};
    text_append_char(text, '\n');
    append_steps(text, store, found->steps, &style);
    if (found->trace_file != NULL && strcmp(found->trace_file, "-") != 0)
        text_append_format(text, "\n  replay it: oncecheck replay %s\n", found->trace_file);
    else if (index == 0)
        text_append_string(text, "\n  to replay it, write it with --trace FILE; then: "
                                 "oncecheck replay FILE\n");
}

/* --all-violations: how many there are, and whether these are all. */
static void append_overview(struct text *text, const struct verify_command *command)
{
    const struct verification *verification = &command->verification;
    const struct value_store *store = command->run->store;
    text_append_format(text, "%zu distinct cause%s", command->found_count,
                       command->found_count == 1 ? "" : "s");
    if (!verification->listed_all)
        text_append_string(text, " so far");
    else if (!verification->saturated)
        text_append_format(text, " with at most %u fault%s (--faults N for more)",
                           (unsigned)verification->levels, verification->levels == 1 ? "" : "s");
    text_append_string(text, ":\n");
    for (size_t i = 0; i < command->found_count; i++) {
        struct value violation = command->found[i].value;
        struct value code = value_member(store, violation, "code", VALUE_MAP);
        long long faults = (long long)field_integer(store, violation, "faults", 0);
        text_append_format(text, "  %zu. %s (%lld fault%s", i + 1, command->found[i].key, faults,
                           faults == 1 ? "" : "s");
        if (field_text(store, code, "file")[0] != '\0')
            text_append_format(text, ", %s:%lld", field_text(store, code, "file"),
                               (long long)field_integer(store, code, "line", 0));
        text_append_string(text, ")\n");
    }
    if (!verification->listed_all)
        text_append_format(text, "  %s: there may be more.\n",
                           verification->stop == SEARCH_COMPLETE ||
                                   verification->stop == SEARCH_FAULT_LIMIT
                               ? "Not all wrong ends could be looked at"
                               : search_stop_text(verification->stop));
    text_append_char(text, '\n');
}

static void append_verdict(struct text *text, struct verify_command *command)
{
    const struct verification *found = &command->verification;
    enum verdict verdict = verification_verdict(found);
    bool color = command->environment->stdout_color;
    if (verdict == VERDICT_VIOLATED) {
        if (command->options->all_violations)
            append_overview(text, command);
        append_found(text, command, 0);
        if (found->sampling.used) {
            text_append_char(text, '\n');
            append_sampled_violation(text, found);
        }
        return;
    }
    if (color)
        text_append_string(text, verdict == VERDICT_HOLDS ? "\033[1;32m" : "\033[1;33m");
    text_append_string(text, verdict_name(verdict));
    if (color)
        text_append_string(text, "\033[0m");
    if (verdict == VERDICT_HOLDS) {
        text_append_string(text, ": every message is counted exactly once\n  ");
        append_bound(text, found);
        text_append_char(text, '\n');
        if (command->options->fingerprints)
            text_append_format(text,
                               "  states were known by 64-bit fingerprints: the probability that "
                               "some were missed is at most %.1e\n",
                               found->miss_probability);
        return;
    }
    if (verdict == VERDICT_SAMPLED) {
        text_append_string(text, ": nothing wrong was found ");
        append_sampled_bound(text, found);
        text_append_string(text, ".\n  This proves nothing: --search exhaustive does.\n");
        return;
    }
    if (verdict == VERDICT_VACUOUS) {
        text_append_string(text, ": nothing wrong was found, but the scenario did not lead to");
        for (size_t i = 0; i < found->unreached_count; i++)
            text_append_format(text, "%s %s", i == 0 ? "" : ",", found->unreached[i]);
        text_append_string(text, ", which it says must be reached\n  ");
        append_bound(text, found);
        text_append_char(text, '\n');
        return;
    }
    text_append_format(text, ": %s. Nothing wrong was found so far, which proves nothing.\n",
                       search_stop_text(found->stop));
    if (found->levels < UINT32_MAX - 1)
        text_append_format(text,
                           "  Explored completely: every execution with at most %u fault%s.\n",
                           (unsigned)found->levels, found->levels == 1 ? "" : "s");
}

/* "; first seen at" and a line of the function's, where it is known. */
static void end_with_place(struct text *text, const struct value_store *store, struct value file,
                           uint32_t line)
{
    if (!value_is_none(file) && line > 0)
        text_append_format(text, "; first seen at %s:%u", value_bytes(store, file, NULL),
                           (unsigned)line);
    text_append_char(text, '\n');
}

static void append_dependences(struct text *text, const struct run *run)
{
    for (size_t i = 0; i < run->pipeline.function_count; i++) {
        if (run->trees[i] == NULL || !handler_tree_depends_on_attempt(run->trees[i]))
            continue;
        uint32_t line = 0;
        struct value file = handler_tree_dependence_file(run->trees[i], &line);
        text_append_format(text,
                           "  %s depends on chance (random numbers, hash order): attempts are part "
                           "of the states, up to %d of a batch",
                           run->pipeline.functions[i].name, WORLD_ATTEMPTS_MAX);
        end_with_place(text, run->store, file, line);
    }
}

/* Where functions keep something from one invocation to the next. */
static void append_memories(struct text *text, const struct verify_command *command)
{
    const struct run *run = command->run;
    for (size_t i = 0; i < run->pipeline.function_count; i++) {
        if (!command->verification.facts.remembers[i])
            continue;
        uint32_t line = 0;
        struct value file = handler_tree_memory_file(run->trees[i], &line);
        text_append_format(text,
                           "  %s keeps something from one invocation to the next (globals, /tmp): "
                           "containers are new, or have served one invocation before",
                           run->pipeline.functions[i].name);
        end_with_place(text, run->store, file, line);
    }
}

static void append_figures(struct text *text, const struct verify_command *command,
                           const struct result_runtime *runtime)
{
    const struct verification *found = &command->verification;
    uint64_t states = 0;
    uint64_t transitions = 0;
    uint32_t depth = 0;
    for (int i = 0; i < VALUATION_COUNT; i++) {
        states += found->valuations[i].states;
        transitions += found->valuations[i].transitions;
        depth = found->valuations[i].depth > depth ? found->valuations[i].depth : depth;
    }
    if (found->sampling.used)
        append_sampling_figures(text, found, runtime->seconds);
    else
        text_append_format(text,
                           "  %llu states, %llu transitions, depth %u; %llu events of functions\n",
                           (unsigned long long)states, (unsigned long long)transitions,
                           (unsigned)depth, (unsigned long long)runtime->handlers.handler_events);
    text_append_format(text, "  %.2f s", runtime->seconds);
    if (command->request.handlers == RUN_PYTHON)
        text_append_format(
            text, ", of which %.2f s in Python (%llu runs, %llu steps from the cache)",
            runtime->handlers.handler_seconds, (unsigned long long)runtime->handlers.handler_runs,
            (unsigned long long)runtime->handlers.handler_cache_hits);
    if (found->visited_states > 0)
        text_append_format(text, "; %.0f bytes a state, %.0f MB in all",
                           (double)found->visited_bytes / (double)found->visited_states,
                           (double)runtime->peak_memory_bytes / 1048576.0);
    text_append_char(text, '\n');
}

enum status verify_print_result(struct verify_command *command,
                                const struct result_runtime *runtime, struct error *error)
{
    const struct options *options = command->options;
    struct text text;
    text_init(&text, &command->memory);
    append_verdict(&text, command);
    append_findings(&text, command);
    if (!options->quiet) {
        for (size_t i = 0; i < command->found_count; i++) {
            if (i > 0)
                append_found(&text, command, i);
            append_found_steps(&text, command, i);
        }
    }
    if (command->steps != NULL)
        verify_steps_append(&text, command, command->steps, options->quiet);
    if (!value_is_none(command->determinism))
        append_determinism(&text, command->run->store, command->determinism);
    if (!options->quiet) {
        if (runtime->run != 0)
            text_append_format(&text, "  recorded as run %lld\n", (long long)runtime->run);
        append_dependences(&text, command->run);
        append_memories(&text, command);
        append_figures(&text, command, runtime);
        if (command->verification.diagnosis != NULL && !command->verification.violated) {
            enum valuation diagnosed = command->verification.diagnosed;
            append_diagnosis(&text, &command->run->pipeline, command->verification.diagnosis);
            append_lowerings(&text, command->run,
                             command->verification.valuations[diagnosed].states, command->lowerings,
                             command->lowering_count);
        }
    }
    enum status status = command_write_text("-", &text, error);
    text_release(&text);
    return status;
}
