#include "reports/itf.h"

#include "model/base/json.h"
#include "reports/field.h"
#include "reports/version.h"

#include <string.h>

#define ITF_DESCRIPTION "https://apalache-mc.org/docs/adr/015adr-trace.html"

enum variable { VARIABLE_TABLES, VARIABLE_LOGS, VARIABLE_POLLERS, VARIABLE_OTHERS, VARIABLE_COUNT };

static const char *const variable_names[] = {[VARIABLE_TABLES] = "tables",
                                             [VARIABLE_LOGS] = "logs",
                                             [VARIABLE_POLLERS] = "pollers",
                                             [VARIABLE_OTHERS] = "others"};

/* Where a component belongs: the variable, the name within it and, for tables and logs, the part
 * within that. */
struct home {
    enum variable variable;
    size_t name_length;
    const char *part; /* "" for pollers and others */
};

static bool begins_with(const char *text, const char *name)
{
    size_t length = strlen(name);
    return strncmp(text, name, length) == 0 && text[length] == '/';
}

static struct home log_home(const char *component)
{
    const char *slash = strrchr(component, '/');
    return (struct home){
        .variable = VARIABLE_LOGS, .name_length = (size_t)(slash - component), .part = slash + 1};
}

static struct home home_of(const struct pipeline *pipeline, const char *component)
{
    for (size_t i = 0; i < pipeline->stream_count; i++) {
        if (begins_with(component, pipeline->streams[i].name))
            return log_home(component);
    }
    for (size_t i = 0; i < pipeline->table_count; i++) {
        const char *name = pipeline->tables[i].name;
        if (!begins_with(component, name))
            continue;
        const char *rest = component + strlen(name) + 1;
        if (strncmp(rest, "placement/", 10) == 0)
            break;
        if (strncmp(rest, "stream-", 7) == 0 && strchr(rest, '/') != NULL)
            return log_home(component);
        return (struct home){
            .variable = VARIABLE_TABLES, .name_length = strlen(name), .part = rest};
    }
    struct home home = {.variable = VARIABLE_OTHERS, .name_length = strlen(component), .part = ""};
    for (size_t i = 0; i < pipeline->function_count; i++) {
        if (begins_with(component, pipeline->functions[i].name) &&
            strstr(component, "/shard-") != NULL)
            home.variable = VARIABLE_POLLERS;
    }
    return home;
}

static void append_value(struct text *text, const struct value_store *store, struct value value);

static bool is_record(const struct value_store *store, struct value map)
{
    for (size_t i = 0; i < value_count(store, map); i++) {
        struct value key = value_key_at(store, map, i);
        if (value_kind(store, key) != VALUE_STRING || value_bytes(store, key, NULL)[0] == '#')
            return false;
    }
    return true;
}

/* NOLINTBEGIN(misc-no-recursion): at most JSON_DEPTH_MAX deep, as the trace was read */
static void append_map(struct text *text, const struct value_store *store, struct value map)
{
    bool record = is_record(store, map);
    text_append_string(text, record ? "{" : "{\"#map\": [");
    for (size_t i = 0; i < value_count(store, map); i++) {
        text_append_string(text, i == 0 ? "" : ", ");
        text_append_string(text, record ? "" : "[");
        json_append(text, store, value_key_at(store, map, i));
        text_append_string(text, record ? ": " : ", ");
        append_value(text, store, value_value_at(store, map, i));
        text_append_string(text, record ? "" : "]");
    }
    text_append_string(text, record ? "}" : "]}");
}

static void append_value(struct text *text, const struct value_store *store, struct value value)
{
    int64_t integer = 0;
    switch (value_kind(store, value)) {
    case VALUE_MAP:
        append_map(text, store, value);
        return;
    case VALUE_LIST:
        text_append_char(text, '[');
        for (size_t i = 0; i < value_count(store, value); i++) {
            text_append_string(text, i == 0 ? "" : ", ");
            append_value(text, store, value_at(store, value, i));
        }
        text_append_char(text, ']');
        return;
    case VALUE_STRING:
    case VALUE_BOOL:
        json_append(text, store, value);
        return;
    case VALUE_NUMBER:
        if (value_to_integer(store, value, &integer)) {
            text_append_format(text, "{\"#bigint\": \"%lld\"}", (long long)integer);
            return;
        }
        break;
    case VALUE_NULL:
    case VALUE_BINARY:
    case VALUE_STRING_SET:
    case VALUE_NUMBER_SET:
    case VALUE_BINARY_SET:
        break;
    }
    text_append_string(text, "{\"#unserializable\": \"");
    json_append(text, store, value); /* a fraction or null: nothing to escape */
    text_append_string(text, "\"}");
}
/* NOLINTEND(misc-no-recursion) */

/* The components before the first step: what each is before its first change. */
static struct value initial_components(struct value_store *store, struct value trace)
{
    struct value components = value_map(store, NULL, 0);
    struct value known = value_map(store, NULL, 0);
    for (size_t i = 0; i < field_count(store, trace, "steps"); i++) {
        struct value step = field_at(store, trace, "steps", i);
        for (size_t j = 0; j < field_count(store, step, "changes"); j++) {
            struct value change = field_at(store, step, "changes", j);
            struct value name = value_member(store, change, "component", VALUE_STRING);
            struct value before = value_get_text(store, change, "before");
            if (value_is_none(name) || value_is_none(known) ||
                !value_is_none(value_get(store, known, name)))
                continue;
            known = value_put(store, known, name, value_null(store));
            if (!value_is_none(before) && value_kind(store, before) != VALUE_NULL)
                components = value_put(store, components, name, before);
        }
    }
    return components;
}

static struct value apply_changes(struct value_store *store, struct value components,
                                  struct value step)
{
    for (size_t i = 0; i < field_count(store, step, "changes"); i++) {
        struct value change = field_at(store, step, "changes", i);
        struct value name = value_member(store, change, "component", VALUE_STRING);
        struct value after =
            value_is_none(name) ? VALUE_NONE : value_get_text(store, change, "after");
        if (value_is_none(after))
            continue;
        components = value_kind(store, after) == VALUE_NULL
                         ? value_remove(store, components, name)
                         : value_put(store, components, name, after);
    }
    return components;
}

/* VARIABLE -> MAP of names -> what is there; of tables and logs -> MAP of parts. */
static void sort_components(struct value_store *store, const struct pipeline *pipeline,
                            struct value components, struct value variables[VARIABLE_COUNT])
{
    for (int i = 0; i < VARIABLE_COUNT; i++)
        variables[i] = value_map(store, NULL, 0);
    for (size_t i = 0; i < value_count(store, components); i++) {
        const char *component = value_bytes(store, value_key_at(store, components, i), NULL);
        struct value value = value_value_at(store, components, i);
        struct home home = home_of(pipeline, component);
        struct value name = value_string(store, component, home.name_length);
        struct value *variable = &variables[home.variable];
        if (value_is_none(*variable) || value_is_none(name))
            return;
        if (home.variable == VARIABLE_TABLES || home.variable == VARIABLE_LOGS) {
            struct value parts = value_get(store, *variable, name);
            if (value_is_none(parts))
                parts = value_map(store, NULL, 0);
            value = value_put_text(store, parts, home.part, value);
        }
        *variable = value_put(store, *variable, name, value);
    }
}

/* Records in the order of their numbers: that of their texts' lengths, then of the texts. */
static void append_log(struct text *text, const struct value_store *store, struct value records)
{
    size_t count = value_count(store, records);
    size_t done = 0;
    text_append_char(text, '[');
    for (size_t length = 1; done < count; length++) {
        for (size_t i = 0; i < count; i++) {
            if (strlen(value_bytes(store, value_key_at(store, records, i), NULL)) != length)
                continue;
            text_append_string(text, done++ == 0 ? "" : ", ");
            append_value(text, store, value_value_at(store, records, i));
        }
    }
    text_append_char(text, ']');
}

/* A map of any keys, with the values as they are or (logs) as lists. */
/* NOLINTNEXTLINE(misc-no-recursion): twice, for the items of tables */
static void append_pairs(struct text *text, const struct value_store *store, struct value map,
                         enum variable variable)
{
    text_append_string(text, "{\"#map\": [");
    for (size_t i = 0; i < value_count(store, map); i++) {
        struct value value = value_value_at(store, map, i);
        text_append_string(text, i == 0 ? "[" : ", [");
        json_append(text, store, value_key_at(store, map, i));
        text_append_string(text, ", ");
        if (variable == VARIABLE_LOGS)
            append_log(text, store, value);
        else if (variable == VARIABLE_TABLES)
            append_pairs(text, store, value, VARIABLE_OTHERS);
        else
            append_value(text, store, value);
        text_append_char(text, ']');
    }
    text_append_string(text, "]}");
}

static void append_text_field(struct text *text, const char *name, const char *string)
{
    text_append_format(text, ",\n     \"%s\": ", name);
    text_append_json_string(text, string, strlen(string));
}

static void append_state(struct text *text, struct value_store *store,
                         const struct pipeline *pipeline, struct value components,
                         struct value step, size_t index)
{
    bool first = value_is_none(step);
    struct value variables[VARIABLE_COUNT];
    sort_components(store, pipeline, components, variables);
    text_append_format(text,
                       "%s    {\"#meta\": {\"index\": %zu},\n     \"step\": {\"#bigint\": \"%zu\"}",
                       index == 0 ? "" : ",\n", index, index);
    append_text_field(text, "actor", field_text(store, step, "actor"));
    append_text_field(text, "action", first ? "init" : field_text(store, step, "action"));
    append_text_field(text, "fault", field_text(store, step, "fault"));
    append_text_field(text, "summary", field_text(store, step, "summary"));
    for (int i = 0; i < VARIABLE_COUNT; i++) {
        text_append_format(text, ",\n     \"%s\": ", variable_names[i]);
        if (value_is_none(variables[i]))
            text->failed = true;
        else
            append_pairs(text, store, variables[i], (enum variable)i);
    }
    text_append_char(text, '}');
}

void itf_append(struct text *text, struct value_store *store, struct value trace,
                const struct pipeline *pipeline)
{
    struct value violation = value_member(store, trace, "violation", VALUE_MAP);
    const char *summary = field_text(store, violation, "summary");
    struct value components = initial_components(store, trace);
    text_append_string(text, "{\n  \"#meta\": {\"format\": \"ITF\", \"format-description\": "
                             "\"" ITF_DESCRIPTION
                             "\",\n            \"source\": \"oncecheck " ONCECHECK_VERSION
                             "\", \"description\": ");
    text_append_json_string(text, summary, strlen(summary));
    text_append_string(text, "},\n  \"params\": [],\n  \"vars\": [\"step\", \"actor\", \"action\", "
                             "\"fault\", \"summary\", \"tables\", \"logs\", \"pollers\", "
                             "\"others\"],\n  \"states\": [\n");
    for (size_t i = 0; i <= field_count(store, trace, "steps") && !value_is_none(components); i++) {
        struct value step = i == 0 ? VALUE_NONE : field_at(store, trace, "steps", i - 1);
        if (i > 0)
            components = apply_changes(store, components, step);
        if (!value_is_none(components))
            append_state(text, store, pipeline, components, step, i);
    }
    text_append_string(text, "\n  ]\n}\n");
    if (value_is_none(components))
        text->failed = true;
}
