#include "reports/sweep.h"

#include "reports/field.h"

#include <stdio.h>
#include <string.h>

static struct value put(struct value_store *store, struct value map, const char *name,
                        struct value value)
{
    return value_put_text(store, map, name, value);
}

static struct value violation_value_of(struct value_store *store, struct value violation)
{
    if (value_is_none(violation))
        return value_null(store);
    struct value code = value_member(store, violation, "code", VALUE_MAP);
    struct value map = value_map(store, NULL, 0);
    map = put(store, map, "property", value_text(store, field_text(store, violation, "property")));
    map = put(store, map, "summary", value_text(store, field_text(store, violation, "summary")));
    map = put(store, map, "faults",
              value_integer(store, field_integer(store, violation, "faults", 0)));
    map =
        put(store, map, "steps", value_integer(store, field_integer(store, violation, "steps", 0)));
    return put(store, map, "function",
               field_filled_or_null(store, field_text(store, code, "function")));
}

static struct value set_value(const struct sweep_report *report, size_t row)
{
    struct value list = value_list(report->store, NULL, 0);
    for (size_t i = 0; i < report->sweep->count; i++) {
        const char *text =
            sweep_text(report->sweep, i, sweep_choice(report->sweep, row, i), report->arena);
        if (text == NULL)
            return VALUE_NONE;
        list = value_append(report->store, list, value_text(report->store, text));
    }
    return list;
}

static struct value row_value(const struct sweep_report *report, size_t index)
{
    struct value_store *store = report->store;
    const struct sweep_row *row = &report->rows[index];
    const bool begun = row->verdict[0] != '\0';
    struct value bound = value_member(store, row->result, "bound", VALUE_MAP);
    struct value map = value_map(store, NULL, 0);
    map = put(store, map, "set", set_value(report, index));
    map = put(store, map, "verdict", value_text(store, begun ? row->verdict : "inconclusive"));
    map =
        put(store, map, "reason", field_filled_or_null(store, begun ? row->reason : "interrupted"));
    map = put(store, map, "bound", value_is_none(bound) ? value_null(store) : bound);
    return put(store, map, "violation",
               violation_value_of(store, value_member(store, row->result, "violation", VALUE_MAP)));
}

/* The settings with a value under which every combination has the verdict. */
static struct value wherever_value(const struct sweep_report *report, const char *verdict)
{
    const struct sweep *sweep = report->sweep;
    struct value list = value_list(report->store, NULL, 0);
    for (size_t i = 0; i < sweep->count; i++) {
        for (size_t j = 0; j < sweep->settings[i].value_count; j++) {
            bool all = true;
            for (size_t row = 0; row < sweep->combinations; row++)
                all = all && (sweep_choice(sweep, row, i) != j ||
                              strcmp(report->rows[row].verdict, verdict) == 0);
            const char *text = all ? sweep_text(sweep, i, j, report->arena) : "";
            if (text == NULL)
                return VALUE_NONE;
            if (all)
                list = value_append(report->store, list, value_text(report->store, text));
        }
    }
    return list;
}

static struct value settings_value(const struct sweep_report *report)
{
    struct value_store *store = report->store;
    struct value list = value_list(store, NULL, 0);
    for (size_t i = 0; i < report->sweep->count; i++) {
        const struct sweep_setting *setting = &report->sweep->settings[i];
        struct value values = value_list(store, NULL, 0);
        struct value map = value_map(store, NULL, 0);
        for (size_t j = 0; j < setting->value_count; j++)
            values = value_append(store, values, value_text(store, setting->values[j]));
        map = put(store, map, "setting", value_text(store, setting->name));
        list = value_append(store, list, put(store, map, "values", values));
    }
    return list;
}

struct value sweep_value(const struct sweep_report *report)
{
    struct value_store *store = report->store;
    struct value rows = value_list(store, NULL, 0);
    struct value runtime = value_map(store, NULL, 0);
    struct value map = value_map(store, NULL, 0);
    int64_t milliseconds = (int64_t)(report->seconds * 1000.0);
    for (size_t i = 0; i < report->sweep->combinations; i++)
        rows = value_append(store, rows, row_value(report, i));
    runtime = put(store, runtime, "milliseconds", value_integer(store, milliseconds));
    runtime = put(store, runtime, "workers", value_integer(store, report->workers));
    map = put(store, map, "format", value_text(store, SWEEP_FORMAT));
    map = put(store, map, "exit_code", value_integer(store, report->exit_code));
    map = put(store, map, "scenario", value_text(store, report->scenario));
    map = put(store, map, "solution", field_filled_or_null(store, report->solution));
    map = put(store, map, "settings", settings_value(report));
    map = put(store, map, "rows", rows);
    map = put(store, map, "holds_wherever", wherever_value(report, "holds"));
    map = put(store, map, "violated_wherever", wherever_value(report, "violated"));
    map = put(store, map, "runtime", runtime);
    return value_store_failed(store) ? VALUE_NONE : map;
}

/* --- for people --- */

static const char *element_text(const struct value_store *store, struct value list, size_t index)
{
    return value_bytes(store, value_at(store, list, index), NULL);
}

/* What stands behind the sign of "SETTING=VALUE"; names hold none. */
static const char *value_of(const char *set)
{
    const char *equals = strchr(set, '=');
    return equals == NULL ? set : equals + 1;
}

/* A column is as wide as its name and its widest value. */
static size_t column_width(const struct value_store *store, struct value setting)
{
    struct value values = value_member(store, setting, "values", VALUE_LIST);
    size_t width = strlen(field_text(store, setting, "setting"));
    for (size_t i = 0; i < value_count(store, values); i++) {
        size_t length = strlen(element_text(store, values, i));
        width = length > width ? length : width;
    }
    return width;
}

static void append_head(struct text *text, const struct value_store *store, struct value document)
{
    struct value settings = value_member(store, document, "settings", VALUE_LIST);
    const char *solution = field_text(store, document, "solution");
    text_append_format(text, "Sweep of %s with scenario %s\n ",
                       solution[0] == '\0' ? "the reference handlers" : solution,
                       field_text(store, document, "scenario"));
    for (size_t i = 0; i < value_count(store, settings); i++) {
        struct value setting = value_at(store, settings, i);
        text_append_format(text, " %-*s", (int)column_width(store, setting),
                           field_text(store, setting, "setting"));
    }
    text_append_string(text, "  verdict\n");
}

/* What a verdict that nothing is wrong is for. */
static void append_bound(struct text *text, const struct value_store *store, struct value bound)
{
    struct value kinds = value_member(store, bound, "kinds", VALUE_MAP);
    int64_t faults = field_integer(store, bound, "faults", -1);
    const char *separator = " (";
    if (value_is_none(kinds) || value_count(store, kinds) == 0)
        return;
    if (faults >= 0)
        text_append_format(text, " for up to %lld fault%s", (long long)faults,
                           faults == 1 ? "" : "s");
    else if (field_truth(store, bound, "any_number_proved"))
        text_append_string(text, " for any number of faults");
    for (size_t i = 0; i < value_count(store, kinds); i++) {
        const char *kind = value_bytes(store, value_key_at(store, kinds, i), NULL);
        int64_t cap = field_integer(store, kinds, kind, -1);
        if (cap < 0)
            continue;
        text_append_format(text, "%s%s: up to %lld", separator, kind, (long long)cap);
        separator = ", ";
    }
    text_append_string(text, separator[0] == ',' ? ")" : "");
}

static void append_verdict(struct text *text, const struct value_store *store, struct value row)
{
    struct value violation = value_member(store, row, "violation", VALUE_MAP);
    struct value bound = value_member(store, row, "bound", VALUE_MAP);
    const char *verdict = field_text(store, row, "verdict");
    const char *reason = field_text(store, row, "reason");
    text_append_string(text, verdict);
    if (!value_is_none(violation)) {
        int64_t faults = field_integer(store, violation, "faults", 0);
        text_append_format(text, " with %lld fault%s, in %lld steps: %s", (long long)faults,
                           faults == 1 ? "" : "s",
                           (long long)field_integer(store, violation, "steps", 0),
                           field_text(store, violation, "summary"));
    } else if (strcmp(verdict, "holds") == 0) {
        append_bound(text, store, bound);
    } else if (reason[0] != '\0') {
        text_append_format(text, ": %s", reason);
    }
    text_append_char(text, '\n');
}

static void append_wherever(struct text *text, const struct value_store *store,
                            struct value document, const char *name, const char *words)
{
    struct value list = value_member(store, document, name, VALUE_LIST);
    for (size_t i = 0; i < value_count(store, list); i++)
        text_append_format(text, "%s%s", i == 0 ? words : ", ", element_text(store, list, i));
    if (value_count(store, list) > 0)
        text_append_char(text, '\n');
}

void sweep_append_text(struct text *text, const struct value_store *store, struct value document,
                       bool brief)
{
    struct value settings = value_member(store, document, "settings", VALUE_LIST);
    struct value rows = value_member(store, document, "rows", VALUE_LIST);
    size_t holding = 0;
    size_t violated = 0;
    if (!brief)
        append_head(text, store, document);
    for (size_t i = 0; i < value_count(store, rows); i++) {
        struct value row = value_at(store, rows, i);
        struct value set = value_member(store, row, "set", VALUE_LIST);
        holding += strcmp(field_text(store, row, "verdict"), "holds") == 0;
        violated += strcmp(field_text(store, row, "verdict"), "violated") == 0;
        if (brief)
            continue;
        text_append_char(text, ' ');
        for (size_t j = 0; j < value_count(store, set); j++)
            text_append_format(text, " %-*s",
                               (int)column_width(store, value_at(store, settings, j)),
                               value_of(element_text(store, set, j)));
        text_append_string(text, "  ");
        append_verdict(text, store, row);
    }
    text_append_format(text, "%zu of %zu combinations keep the properties\n", holding,
                       value_count(store, rows));
    /* where all are alike, no setting tells anything */
    if (holding < value_count(store, rows))
        append_wherever(text, store, document, "holds_wherever", "  holds wherever ");
    if (violated < value_count(store, rows))
        append_wherever(text, store, document, "violated_wherever", "  violated wherever ");
}
