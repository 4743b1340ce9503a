#include "checker/command_verify_steps.h"

#include "model/base/json.h"
#include "reports/field.h"
#include "reports/trace_text.h"

#include <stdio.h>
#include <string.h>

static enum status no_memory(struct error *error)
{
    return error_set(error, STATUS_NO_MEMORY, "out of memory for a step of the lab");
}

/* The whole's request, with the reference around the step's function: --function goes on to say
 * where that one is, and those that the workshop does not have. */
static enum status fill_request(const struct verify_command *command, const struct lab_step *step,
                                struct run_request *request, struct error *error)
{
    struct function_override references[LAB_FUNCTION_COUNT];
    const struct run_request *whole = &command->request;
    enum status status = lab_step_references(step->function, whole->data_dir, &command->run->arena,
                                             references, error);
    if (status != STATUS_OK)
        return status;
    *request = *whole;
    request->scenario = step->scenario;
    request->override_count = 0;
    for (size_t i = 0; i < whole->override_count; i++) {
        const char *name = whole->overrides[i].name;
        if (!lab_has_function(name) || strcmp(name, step->function) == 0)
            request->overrides[request->override_count++] = whole->overrides[i];
    }
    if (request->override_count + LAB_FUNCTION_COUNT - 1 > RUN_OVERRIDES_MAX)
        return error_set(error, STATUS_LIMIT, "--function: more than %d", RUN_OVERRIDES_MAX);
    for (size_t i = 0; i < LAB_FUNCTION_COUNT - 1; i++)
        request->overrides[request->override_count++] = references[i];
    return STATUS_OK;
}

/* Why there is nothing to verify in a step; NULL: there is. */
static const char *missing(const struct verify_command *command, const struct lab_step *step)
{
    const struct run *run = command->run;
    for (size_t i = 0; i < run->pipeline.function_count; i++) {
        if (strcmp(run->pipeline.functions[i].name, step->function) != 0)
            continue;
        if (!run_invokes(run, i))
            return "nothing invokes it";
        return run->sources[i].fallback ? "the solution does not bring it" : NULL;
    }
    return "the pipeline does not have it";
}

static const char *keep_bound(const struct verify_command *command,
                              const struct verification *verification)
{
    struct text text;
    text_init(&text, command->run->memory);
    append_bound(&text, verification);
    const char *kept =
        text_failed(&text) ? NULL : arena_copy_text(&command->run->arena, text_string(&text));
    text_release(&text);
    return kept;
}

static enum status take_violation(const struct verify_command *command, size_t index,
                                  const struct verify_command *verified, struct verified_step *step,
                                  struct error *error)
{
    struct value_store *store = command->run->store;
    const char *text = verified->found[0].trace;
    struct value trace;
    CHECK(verified->found_count > 0);
    enum status status = json_parse(store, text, strlen(text), NULL, &trace, error);
    if (status != STATUS_OK)
        return status;
    step->violation = value_get_text(store, trace, "violation");
    step->trace_steps = value_get_text(store, trace, "steps");
    if (command->options->trace_file == NULL || strcmp(command->options->trace_file, "-") == 0)
        return STATUS_OK;
    char tag[24];
    (void)snprintf(tag, sizeof tag, "step-%zu", index + 1);
    step->trace_file = command_tagged_file(&command->run->arena, command->options->trace_file, tag);
    return step->trace_file == NULL
               ? no_memory(error)
               : command_write_file(step->trace_file, text, strlen(text), error);
}

static enum status search_step(struct verify_command *verified, struct error *error)
{
    const struct options *options = verified->options;
    const struct verify_options search = {.states_max = options->states_max,
                                          .workers = verified->environment->workers,
                                          .fingerprints = options->fingerprints,
                                          .poll = verify_poll,
                                          .context = verified};
    enum status status = run_create(&verified->request, &verified->run, error);
    if (status == STATUS_OK)
        status = verify(verified->run, &search, &verified->verification, error);
    if (status == STATUS_OK && verified->verification.violated)
        status = verify_collect(verified, &search, error);
    if (verified->progress_shown)
        command_clear_progress();
    return status;
}

/* What is wrong with a step, and not with the machine, is no error of the command. */
static enum status excuse(const struct verify_command *command, struct verified_step *step,
                          enum status status, const struct error *error)
{
    if (status == STATUS_NO_MEMORY)
        return status;
    enum verdict verdict =
        status == STATUS_NONDETERMINISTIC ? VERDICT_NONDETERMINISTIC : VERDICT_ERROR;
    step->verdict = verdict_name(verdict);
    step->reason = arena_copy_text(&command->run->arena, error->message);
    return step->reason == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

static enum status verify_step(const struct verify_command *command, size_t index,
                               struct verified_step *step, struct error *error)
{
    struct verify_command verified = {.options = command->options,
                                      .environment = command->environment,
                                      .started_s = command_seconds(),
                                      .replay_once = true,
                                      .reached = VALUE_NONE};
    memory_init(&verified.memory, command_search_memory_limit(command->options));
    enum status status = fill_request(command, &lab_steps[index], &verified.request, error);
    verified.request.memory = &verified.memory;
    verify_limit_hosts(&verified);
    bool written = true;
    if (status == STATUS_OK)
        status = search_step(&verified, error);
    if (status == STATUS_OK) {
        const enum verdict verdict = verification_verdict(&verified.verification);
        step->verdict = verdict_name(verdict);
        if (verdict == VERDICT_VIOLATED) {
            status = take_violation(command, index, &verified, step, error);
            written = status == STATUS_OK;
        } else if (verdict == VERDICT_HOLDS) {
            step->bound = keep_bound(command, &verified.verification);
            status = step->bound == NULL ? no_memory(error) : STATUS_OK;
        } else {
            step->reason = search_stop_text(verified.verification.stop);
        }
    }
    if (status != STATUS_OK && written)
        status = excuse(command, step, status, error);
    verification_release(&verified.verification);
    run_destroy(verified.run);
    return status;
}

enum status verify_steps(const struct verify_command *command,
                         struct verified_step steps[LAB_STEP_COUNT], struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < LAB_STEP_COUNT; i++) {
        steps[i] = (struct verified_step){.violation = VALUE_NONE, .trace_steps = VALUE_NONE};
        steps[i].reason = missing(command, &lab_steps[i]);
        if (steps[i].reason != NULL)
            continue;
        if (*command->environment->interrupted) {
            steps[i].verdict = verdict_name(VERDICT_INCONCLUSIVE);
            steps[i].reason = search_stop_text(SEARCH_INTERRUPTED);
            continue;
        }
        status = verify_step(command, i, &steps[i], error);
    }
    return status;
}

struct value verify_steps_value(struct value_store *store,
                                const struct verified_step steps[LAB_STEP_COUNT])
{
    struct value list = value_list(store, NULL, 0);
    for (size_t i = 0; i < LAB_STEP_COUNT; i++) {
        const struct verified_step *step = &steps[i];
        const struct {
            const char *name;
            const char *text;
        } texts[] = {{"name", lab_steps[i].name},
                     {"what", lab_steps[i].what},
                     {"function", lab_steps[i].function},
                     {"scenario", lab_steps[i].scenario},
                     {"verdict", step->verdict},
                     {"reason", step->reason},
                     {"bound", step->bound},
                     {"trace", step->trace_file}};
        struct value value = value_map(store, NULL, 0);
        for (size_t j = 0; j < sizeof texts / sizeof texts[0]; j++)
            value = value_put_text(store, value, texts[j].name,
                                   value_text_or_null(store, texts[j].text));
        value =
            value_put_text(store, value, "violation",
                           value_is_none(step->violation) ? value_null(store) : step->violation);
        list = value_append(store, list, value);
    }
    return list;
}

static void append_heading(struct text *text, size_t index, const struct verified_step *step,
                           bool color)
{
    const bool held = step->verdict != NULL && strcmp(step->verdict, "holds") == 0;
    text_append_format(text, "  %s, %s: %s%s%s", lab_steps[index].name, lab_steps[index].what,
                       !color                  ? ""
                       : held                  ? "\033[1;32m"
                       : step->verdict == NULL ? ""
                                               : "\033[1;31m",
                       step->verdict == NULL ? "not verified" : step->verdict,
                       color && step->verdict != NULL ? "\033[0m" : "");
    if (step->reason != NULL)
        text_append_format(text, ": %s", step->reason);
    text_append_char(text, '\n');
    if (step->bound != NULL)
        text_append_format(text, "    %s\n", step->bound);
}

/* What is missing and where, which is all of the evidence that has room in a few lines. */
static void append_place(struct text *text, const struct value_store *store, struct value violation)
{
    struct value code = value_member(store, violation, "code", VALUE_MAP);
    const char *file = field_text(store, code, "file");
    text_append_format(text, "    %s\n", field_text(store, violation, "summary"));
    if (field_text(store, violation, "defence")[0] != '\0')
        text_append_format(text, "    missing: %s\n", field_text(store, violation, "defence"));
    if (file[0] != '\0')
        text_append_format(text, "    at %s/%s:%lld\n", field_text(store, code, "function"), file,
                           (long long)field_integer(store, code, "line", 0));
}

void verify_steps_append(struct text *text, const struct verify_command *command,
                         const struct verified_step steps[LAB_STEP_COUNT], bool brief)
{
    const struct value_store *store = command->run->store;
    const bool color = command->environment->stdout_color;
    text_append_string(text, "\nThe steps of the lab, each function with the Lab 2 reference "
                             "around it\n");
    for (size_t i = 0; i < LAB_STEP_COUNT; i++) {
        append_heading(text, i, &steps[i], color);
        if (!value_is_none(steps[i].violation))
            append_place(text, store, steps[i].violation);
    }
    for (size_t i = 0; !brief && i < LAB_STEP_COUNT; i++) {
        const struct verified_step *step = &steps[i];
        if (value_is_none(step->violation))
            continue;
        const struct trace_text_options style = {
            .color = color,
            .all_changes = command->options->verbose,
            .key_steps = value_member(store, step->violation, "key_steps", VALUE_LIST)};
        text_append_format(text, "\n%s, ", lab_steps[i].name);
        append_violation(text, store, step->violation, &style);
        text_append_char(text, '\n');
        append_steps(text, store, step->trace_steps, &style);
        if (step->trace_file != NULL)
            text_append_format(text, "\n  replay it: oncecheck replay %s\n", step->trace_file);
    }
}
