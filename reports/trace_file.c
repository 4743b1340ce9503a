#include "reports/trace_file.h"

#include "model/base/json.h"

#include <string.h>

struct trace_reader {
    const char *file;
    struct arena *arena;
    struct value_store *store;
    struct trace_file *trace;
    struct error *error;
};

static enum status wrong(const struct trace_reader *reader, const char *what, const char *expected)
{
    return error_at(reader->error, STATUS_BAD_INPUT, reader->file, 0, 0,
                    "this is no trace of format " TRACE_FORMAT ": %s: expected %s", what, expected);
}

static enum status get(const struct trace_reader *reader, struct value map, const char *name,
                       enum value_kind kind, const char *expected, struct value *value)
{
    *value = value_get_text(reader->store, map, name);
    if (value_is_none(*value) || value_kind(reader->store, *value) != kind)
        return wrong(reader, name, expected);
    return STATUS_OK;
}

static enum status get_text(const struct trace_reader *reader, struct value map, const char *name,
                            const char **text)
{
    struct value value;
    enum status status = get(reader, map, name, VALUE_STRING, "a text", &value);
    if (status != STATUS_OK)
        return status;
    size_t length = 0;
    *text = value_bytes(reader->store, value, &length);
    return strlen(*text) == length ? STATUS_OK : wrong(reader, name, "a text without NUL");
}

/* A text, or null for NULL. */
static enum status get_text_or_null(const struct trace_reader *reader, struct value map,
                                    const char *name, const char **text)
{
    struct value value = value_get_text(reader->store, map, name);
    *text = NULL;
    if (!value_is_none(value) && value_kind(reader->store, value) == VALUE_NULL)
        return STATUS_OK;
    return get_text(reader, map, name, text);
}

static enum status get_bool(const struct trace_reader *reader, struct value map, const char *name,
                            bool *truth)
{
    struct value value;
    enum status status = get(reader, map, name, VALUE_BOOL, "true or false", &value);
    if (status == STATUS_OK)
        *truth = value_truth(reader->store, value);
    return status;
}

static enum status get_count(const struct trace_reader *reader, struct value map, const char *name,
                             uint32_t *count)
{
    struct value value;
    int64_t integer = 0;
    enum status status = get(reader, map, name, VALUE_NUMBER, "a number", &value);
    if (status != STATUS_OK)
        return status;
    if (!value_to_integer(reader->store, value, &integer) || integer < 0 || integer > UINT32_MAX)
        return wrong(reader, name, "a whole number from 0");
    *count = (uint32_t)integer;
    return STATUS_OK;
}

static enum status read_source(const struct trace_reader *reader, const char *name,
                               const char **file, const char **text)
{
    struct value source;
    enum status status = get(reader, reader->trace->trace, name, VALUE_MAP, "an object", &source);
    if (status == STATUS_OK)
        status = get_text(reader, source, "file", file);
    if (status == STATUS_OK)
        status = get_text(reader, source, "text", text);
    return status;
}

/* Written only where some were given. */
static enum status read_parameters(const struct trace_reader *reader)
{
    struct template_parameters *parameters = &reader->trace->parameters;
    struct value source = value_get_text(reader->store, reader->trace->trace, "template");
    struct value map = value_get_text(reader->store, source, "parameters");
    if (value_is_none(map))
        return STATUS_OK;
    if (value_kind(reader->store, map) != VALUE_MAP ||
        value_count(reader->store, map) > TEMPLATE_PARAMETERS_MAX)
        return wrong(reader, "template.parameters", "an object of at most 200 texts");
    for (size_t i = 0; i < value_count(reader->store, map); i++) {
        struct template_parameter *parameter = &parameters->items[parameters->count++];
        parameter->name = value_bytes(reader->store, value_key_at(reader->store, map, i), NULL);
        enum status status = get_text(reader, map, parameter->name, &parameter->value);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static enum status read_seed(const struct trace_reader *reader)
{
    struct value seed = value_get_text(reader->store, reader->trace->trace, "seed");
    int64_t number = 1;
    if (!value_is_none(seed) && value_kind(reader->store, seed) != VALUE_NULL &&
        (!value_to_integer(reader->store, seed, &number) || number < 0))
        return wrong(reader, "seed", "null or a whole number from 0 to 2^63 - 1");
    reader->trace->seed = (uint64_t)number;
    return STATUS_OK;
}

/* Written only where some were given. */
static enum status read_settings(const struct trace_reader *reader)
{
    struct trace_file *trace = reader->trace;
    struct value list = value_get_text(reader->store, trace->trace, "settings");
    if (value_is_none(list))
        return STATUS_OK;
    bool fits = value_kind(reader->store, list) == VALUE_LIST &&
                value_count(reader->store, list) <= MAPPING_OVERRIDES_MAX;
    for (size_t i = 0; fits && i < value_count(reader->store, list); i++) {
        struct value setting = value_at(reader->store, list, i);
        fits = value_kind(reader->store, setting) == VALUE_STRING;
        if (fits)
            trace->settings[trace->setting_count++] = value_bytes(reader->store, setting, NULL);
    }
    return fits ? STATUS_OK : wrong(reader, "settings", "a list of at most 64 texts");
}

static enum status read_format(const struct trace_reader *reader)
{
    const char *format = NULL;
    if (value_kind(reader->store, reader->trace->trace) != VALUE_MAP)
        return wrong(reader, "the file", "an object");
    enum status status = get_text(reader, reader->trace->trace, "format", &format);
    if (status != STATUS_OK || strcmp(format, TRACE_FORMAT) == 0)
        return status;
    return error_at(reader->error, STATUS_BAD_INPUT, reader->file, 0, 0,
                    "the format is '%s'; this version of oncecheck reads '" TRACE_FORMAT "'",
                    format);
}

static enum status read_valuation(const struct trace_reader *reader)
{
    const char *name = NULL;
    enum status status = get_text(reader, reader->trace->trace, "valuation", &name);
    for (int i = 0; status == STATUS_OK && i < VALUATION_COUNT; i++) {
        if (strcmp(name, valuation_name((enum valuation)i)) == 0) {
            reader->trace->valuation = (enum valuation)i;
            return STATUS_OK;
        }
    }
    return status == STATUS_OK ? wrong(reader, "valuation", "the name of a valuation") : status;
}

static enum status read_handlers(const struct trace_reader *reader)
{
    const char *name = NULL;
    enum status status = get_text_or_null(reader, reader->trace->trace, "handlers", &name);
    if (status != STATUS_OK)
        return status;
    if (name == NULL)
        reader->trace->handlers = RUN_PYTHON;
    else if (strcmp(name, "lab1") == 0)
        reader->trace->handlers = RUN_REFERENCE_LAB1;
    else if (strcmp(name, "lab2") == 0)
        reader->trace->handlers = RUN_REFERENCE_LAB2;
    else
        return wrong(reader, "handlers", "null, \"lab1\" or \"lab2\"");
    return STATUS_OK;
}

static enum status read_faults(const struct trace_reader *reader)
{
    struct value kinds;
    struct value_store *store = reader->store;
    enum status status =
        get(reader, reader->trace->trace, "faults", VALUE_MAP, "an object", &kinds);
    if (status != STATUS_OK)
        return status;
    size_t count = value_count(store, kinds);
    const char **texts = arena_allocate_array(reader->arena, count, sizeof *texts);
    if (texts == NULL)
        return error_set(reader->error, STATUS_NO_MEMORY, "out of memory");
    for (size_t i = 0; i < count; i++) {
        const char *name = value_bytes(store, value_key_at(store, kinds, i), NULL);
        struct value cap = value_value_at(store, kinds, i);
        int64_t number = 0;
        texts[i] = name;
        if (value_kind(store, cap) == VALUE_NULL)
            continue;
        if (!value_to_integer(store, cap, &number) || number < 0)
            return wrong(reader, "faults", "a number or null for each kind");
        texts[i] = arena_format(reader->arena, "%s=%lld", name, (long long)number);
        if (texts[i] == NULL)
            return error_set(reader->error, STATUS_NO_MEMORY, "out of memory");
    }
    reader->trace->fault_kinds = texts;
    reader->trace->fault_kind_count = count;
    return STATUS_OK;
}

static bool find_action(const char *name, enum action_kind *kind)
{
    static const enum action_kind kinds[] = {
#define ACTION_LIST(kind, name) kind,
        ACTION_KINDS(ACTION_LIST)
#undef ACTION_LIST
    };
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        if (strcmp(action_kind_name(kinds[i]), name) == 0) {
            *kind = kinds[i];
            return true;
        }
    }
    return false;
}

static enum status read_step(const struct trace_reader *reader, struct value value,
                             struct replay_step *step)
{
    const char *actor = NULL;
    const char *action = NULL;
    const char *fault = NULL;
    if (value_kind(reader->store, value) != VALUE_MAP)
        return wrong(reader, "steps", "a list of objects");
    enum status status = get_text(reader, value, "actor", &actor);
    if (status == STATUS_OK)
        status = get_text(reader, value, "action", &action);
    if (status == STATUS_OK)
        status = get_text_or_null(reader, value, "fault", &fault);
    if (status == STATUS_OK)
        status = get_count(reader, value, "count", &step->count);
    if (status == STATUS_OK)
        status = get_count(reader, value, "place", &step->place);
    if (status != STATUS_OK)
        return status;
    step->fault = fault == NULL ? FAULT_KIND_COUNT : fault_kind_find(fault);
    if (fault != NULL && step->fault == FAULT_KIND_COUNT)
        return wrong(reader, "fault", "null or a kind of fault");
    if (!find_action(action, &step->kind))
        return wrong(reader, "action", "the name of an action");
    const char *hash = strrchr(actor, '#');
    step->actor =
        arena_copy(reader->arena, actor, hash == NULL ? strlen(actor) : (size_t)(hash - actor));
    return step->actor == NULL ? error_set(reader->error, STATUS_NO_MEMORY, "out of memory")
                               : STATUS_OK;
}

static enum status read_steps(const struct trace_reader *reader)
{
    struct trace_file *trace = reader->trace;
    enum status status = get(reader, trace->trace, "steps", VALUE_LIST, "a list", &trace->steps);
    if (status != STATUS_OK)
        return status;
    trace->step_count = value_count(reader->store, trace->steps);
    if (trace->step_count > TRACE_STEPS_MAX)
        return error_at(reader->error, STATUS_LIMIT, reader->file, 0, 0,
                        "a trace of more than %d steps", TRACE_STEPS_MAX);
    trace->replay_steps =
        arena_allocate_array(reader->arena, trace->step_count, sizeof *trace->replay_steps);
    if (trace->replay_steps == NULL)
        return error_set(reader->error, STATUS_NO_MEMORY, "out of memory");
    for (size_t i = 0; status == STATUS_OK && i < trace->step_count; i++)
        status =
            read_step(reader, value_at(reader->store, trace->steps, i), &trace->replay_steps[i]);
    return status;
}

/* Null in a path taken by hand at whose end nothing is wrong. */
static enum status read_violation(const struct trace_reader *reader)
{
    struct value *violation = &reader->trace->violation;
    *violation = value_get_text(reader->store, reader->trace->trace, "violation");
    if (!value_is_none(*violation) && value_kind(reader->store, *violation) == VALUE_NULL) {
        *violation = VALUE_NONE;
        return STATUS_OK;
    }
    return get(reader, reader->trace->trace, "violation", VALUE_MAP, "an object", violation);
}

enum status trace_file_parse(const char *bytes, size_t length, const char *file,
                             struct arena *arena, struct value_store *store,
                             struct trace_file *trace, struct error *error)
{
    struct trace_reader reader = {
        .file = file, .arena = arena, .store = store, .trace = trace, .error = error};
    *trace = (struct trace_file){.handlers = RUN_PYTHON};
    enum status status = json_parse(store, bytes, length, file, &trace->trace, error);
    if (status == STATUS_OK)
        status = read_format(&reader);
    if (status == STATUS_OK)
        status = read_source(&reader, "scenario", &trace->scenario_file, &trace->scenario_text);
    if (status == STATUS_OK)
        status = read_source(&reader, "template", &trace->template_file, &trace->template_text);
    if (status == STATUS_OK)
        status = read_parameters(&reader);
    if (status == STATUS_OK)
        status = read_settings(&reader);
    if (status == STATUS_OK)
        status = get_text_or_null(&reader, trace->trace, "solution", &trace->solution);
    if (status == STATUS_OK)
        status = read_handlers(&reader);
    if (status == STATUS_OK)
        status = read_valuation(&reader);
    if (status == STATUS_OK)
        status = read_faults(&reader);
    if (status == STATUS_OK)
        status = get(&reader, trace->trace, "attempts_shown", VALUE_LIST, "a list",
                     &trace->attempts_shown);
    if (status == STATUS_OK)
        status = get_bool(&reader, trace->trace, "time_passes", &trace->time_passes);
    /* left out where it is empty; or false */
    if (status == STATUS_OK)
        trace->remembering = value_get_text(store, trace->trace, "remembering");
    if (status == STATUS_OK && !value_is_none(trace->remembering))
        status =
            get(&reader, trace->trace, "remembering", VALUE_LIST, "a list", &trace->remembering);
    if (status == STATUS_OK &&
        !value_is_none(value_get_text(store, trace->trace, "failures_counted")))
        status = get_bool(&reader, trace->trace, "failures_counted", &trace->failures_counted);
    if (status == STATUS_OK)
        status = read_seed(&reader);
    if (status == STATUS_OK)
        status = get(&reader, trace->trace, "copies", VALUE_LIST, "a list", &trace->copies);
    if (status == STATUS_OK)
        status = get(&reader, trace->trace, "functions", VALUE_MAP, "an object", &trace->functions);
    if (status == STATUS_OK)
        status = read_violation(&reader);
    return status == STATUS_OK ? read_steps(&reader) : status;
}
