#include "reports/export.h"

#include "reports/field.h"

#include <string.h>

const char *export_verdict(const struct export_source *source)
{
    return value_is_none(source->result) ? "violated"
                                         : field_text(source->store, source->result, "verdict");
}

void export_append_scenario(struct text *text, const struct export_source *source)
{
    const struct value_store *store = source->store;
    const char *name = field_text(store, source->result, "scenario");
    if (name[0] != '\0' || source->trace_count == 0) {
        text_append_string(text, name);
        return;
    }
    struct value file = value_member(store, source->traces[0], "scenario", VALUE_MAP);
    const char *path = field_text(store, file, "file");
    const char *slash = strrchr(path, '/');
    const char *base = slash == NULL ? path : slash + 1;
    const char *dot = strrchr(base, '.');
    text_append(text, base, dot == NULL ? strlen(base) : (size_t)(dot - base));
}

const char *export_solution(const struct export_source *source)
{
    const struct value_store *store = source->store;
    const char *solution = field_text(store, source->result, "solution");
    if (solution[0] != '\0' || source->trace_count == 0)
        return solution;
    solution = field_text(store, source->traces[0], "solution");
    return solution[0] != '\0' ? solution : field_text(store, source->traces[0], "handlers");
}

const char *export_problem(const struct export_source *source)
{
    const struct value_store *store = source->store;
    const char *stopped_by = field_text(store, source->result, "stopped_by");
    if (stopped_by[0] != '\0')
        return stopped_by;
    return field_text(store, value_member(store, source->result, "error", VALUE_MAP), "message");
}

struct value export_find_trace(const struct export_source *source, const char *property)
{
    for (size_t i = 0; i < source->trace_count; i++) {
        struct value violation =
            value_member(source->store, source->traces[i], "violation", VALUE_MAP);
        if (strcmp(field_text(source->store, violation, "property"), property) == 0)
            return source->traces[i];
    }
    return VALUE_NONE;
}

void export_append_path(struct text *text, const struct value_store *store, struct value trace,
                        struct value code)
{
    const char *file = field_text(store, code, "file");
    struct value functions = value_member(store, trace, "functions", VALUE_MAP);
    const char *function = field_text(store, code, "function");
    const char *folder =
        field_text(store, value_member(store, functions, function, VALUE_MAP), "code");
    if (file[0] == '\0')
        return;
    if (folder[0] != '\0' && file[0] != '/')
        text_append_format(text, "%s/", folder);
    text_append_string(text, file);
}
