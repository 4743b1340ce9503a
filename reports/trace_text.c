#include "reports/trace_text.h"

#include "model/base/json.h"
#include "reports/step.h"

#include <stdio.h>
#include <string.h>

enum { VALUE_SHOWN_MAX = 160, COMPONENT_SHOWN_MAX = 48, COMPONENT_CUT = 24 };

#define RED "\033[31m"
#define BOLD "\033[1m"
#define DIM "\033[2m"
#define PLAIN "\033[0m"

static void style(struct text *text, const struct trace_text_options *options, const char *code)
{
    if (options->color)
        text_append_string(text, code);
}

static const char *field(const struct value_store *store, struct value map, const char *name)
{
    struct value value = value_get_text(store, map, name);
    if (value_is_none(value) || value_kind(store, value) != VALUE_STRING)
        return "";
    return value_bytes(store, value, NULL);
}

static int64_t number(const struct value_store *store, struct value map, const char *name)
{
    int64_t integer = 0;
    struct value value = value_get_text(store, map, name);
    if (!value_is_none(value))
        (void)value_to_integer(store, value, &integer);
    return integer;
}

static size_t length_of(const struct value_store *store, struct value list)
{
    if (value_is_none(list) || value_kind(store, list) != VALUE_LIST)
        return 0;
    return value_count(store, list);
}

static void append_messages(struct text *text, const struct value_store *store,
                            struct value messages)
{
    bool known = false;
    for (size_t i = 0; i < length_of(store, messages); i++) {
        struct value counted = value_get_text(store, value_at(store, messages, i), "counted");
        known = known || (!value_is_none(counted) && value_kind(store, counted) == VALUE_NUMBER);
    }
    if (!known)
        return;
    text_append_string(text, "\n  message          expected  counted\n");
    for (size_t i = 0; i < length_of(store, messages); i++) {
        struct value message = value_at(store, messages, i);
        char name[128];
        snprintf(name, sizeof name, "%.80s v%lld", field(store, message, "trade"),
                 (long long)number(store, message, "version"));
        struct value counted = value_get_text(store, message, "counted");
        bool has = !value_is_none(counted) && value_kind(store, counted) == VALUE_NUMBER;
        long long expected = (long long)number(store, message, "expected");
        long long actual = (long long)number(store, message, "counted");
        text_append_format(text, "  %-16s %8lld ", name, expected);
        if (has)
            text_append_format(text, "%8lld%s\n", actual, actual == expected ? "" : "   <-");
        else
            text_append_string(text, "       ?\n");
    }
}

static void append_aggregates(struct text *text, const struct value_store *store,
                              struct value aggregates)
{
    if (length_of(store, aggregates) == 0)
        return;
    text_append_string(text,
                       "\n  aggregate                            expected           actual\n");
    for (size_t i = 0; i < length_of(store, aggregates); i++) {
        struct value aggregate = value_at(store, aggregates, i);
        const char *actual = field(store, aggregate, "actual");
        text_append_format(text, "  %-28s %16s %16s\n", field(store, aggregate, "key"),
                           field(store, aggregate, "expected"),
                           actual[0] == '\0' ? "not a number" : actual);
    }
}

void append_violation(struct text *text, const struct value_store *store, struct value violation,
                      const struct trace_text_options *options)
{
    int64_t faults = number(store, violation, "faults");
    int64_t steps = number(store, violation, "steps");
    style(text, options, BOLD RED);
    text_append_format(text, "violated: %s", field(store, violation, "property"));
    style(text, options, PLAIN);
    text_append_format(text, ": %s\n", field(store, violation, "summary"));
    if (faults == 0)
        text_append_string(text, "  without any fault");
    else
        text_append_format(text, "  with %lld fault%s", (long long)faults, faults == 1 ? "" : "s");
    text_append_format(text, ", in %lld step%s", (long long)steps, steps == 1 ? "" : "s");
    struct value code = value_get_text(store, violation, "code");
    if (!value_is_none(code) && value_kind(store, code) == VALUE_MAP)
        text_append_format(text, "; see %s/%s:%lld", field(store, code, "function"),
                           field(store, code, "file"), (long long)number(store, code, "line"));
    text_append_char(text, '\n');
    if (field(store, violation, "cause")[0] != '\0')
        text_append_format(text, "  why: %s\n", field(store, violation, "cause"));
    if (field(store, violation, "defence")[0] != '\0')
        text_append_format(text, "  missing: %s\n", field(store, violation, "defence"));
    append_messages(text, store, value_get_text(store, violation, "messages"));
    append_aggregates(text, store, value_get_text(store, violation, "aggregates"));
}

/* Tables and tokens matter to everybody; what pollers and streams do is said by the steps
 * themselves. */
static bool is_minor(const char *component)
{
    return strstr(component, "/shard-") != NULL || strstr(component, "/stream-") != NULL ||
           strstr(component, "/clock") != NULL || strncmp(component, "faults/", 7) == 0 ||
           strcmp(component, "Generator") == 0;
}

static void append_short(struct text *text, const struct value_store *store, struct value value,
                         bool absent_is_nothing)
{
    struct text whole;
    text_init(&whole, text->memory);
    if (value_is_none(value) || value_kind(store, value) == VALUE_NULL)
        text_append_string(&whole, absent_is_nothing ? "(nothing)" : "null");
    else
        append_item_text(&whole, store, value);
    if (whole.length <= VALUE_SHOWN_MAX) {
        text_append(text, text_string(&whole), whole.length);
    } else {
        size_t cut = VALUE_SHOWN_MAX;
        while (cut > 0 && ((unsigned char)whole.bytes[cut] & 0xC0) == 0x80)
            cut--; /* not within a UTF-8 character */
        text_append(text, whole.bytes, cut);
        text_append_string(text, "...");
    }
    text_release(&whole);
}

static void append_changes(struct text *text, const struct value_store *store, struct value changes,
                           const struct trace_text_options *options)
{
    for (size_t i = 0; i < length_of(store, changes); i++) {
        struct value change = value_at(store, changes, i);
        const char *component = field(store, change, "component");
        if (is_minor(component) && !options->all_changes)
            continue;
        style(text, options, DIM);
        size_t length = strlen(component);
        bool cut = length > COMPONENT_SHOWN_MAX;
        text_append_format(text, "        %.*s%s: ", cut ? COMPONENT_CUT : (int)length, component,
                           cut ? "..." : "");
        append_short(text, store, value_get_text(store, change, "before"), true);
        text_append_string(text, " -> ");
        append_short(text, store, value_get_text(store, change, "after"), true);
        style(text, options, PLAIN);
        text_append_char(text, '\n');
    }
}

static void append_output(struct text *text, const char *output,
                          const struct trace_text_options *options)
{
    while (options->all_changes && *output != '\0') {
        size_t length = strcspn(output, "\n");
        text_append_format(text, "        | %.*s\n", (int)length, output);
        output += length + (output[length] == '\n' ? 1 : 0);
    }
}

static bool is_left_out(const struct value_store *store, struct value step,
                        const struct trace_text_options *options)
{
    struct value minor = value_get_text(store, step, "minor");
    return !options->all_changes && !options->every_step && !value_is_none(minor) &&
           value_kind(store, minor) == VALUE_BOOL && value_truth(store, minor);
}

/* Why a step matters, where it does. */
static void append_marks(struct text *text, const struct value_store *store, int64_t n,
                         const struct trace_text_options *options)
{
    size_t marks = 0;
    for (size_t i = 0; i < length_of(store, options->key_steps); i++) {
        struct value key = value_at(store, options->key_steps, i);
        if (value_kind(store, key) != VALUE_MAP || number(store, key, "n") != n)
            continue;
        style(text, options, BOLD);
        text_append_format(text, "%s%s", marks++ == 0 ? "  <- " : "; ", field(store, key, "why"));
        style(text, options, PLAIN);
    }
}

void append_steps(struct text *text, const struct value_store *store, struct value steps,
                  const struct trace_text_options *options)
{
    size_t left_out = 0;
    for (size_t i = 0; i < length_of(store, steps); i++) {
        struct value step = value_at(store, steps, i);
        if (is_left_out(store, step, options)) {
            left_out++;
            continue;
        }
        bool fault = field(store, step, "fault")[0] != '\0';
        style(text, options, fault ? BOLD RED : "");
        text_append_format(text, "%5lld %c %-24s %s", (long long)number(store, step, "n"),
                           fault ? '!' : ' ', field(store, step, "actor"),
                           field(store, step, "summary"));
        style(text, options, fault ? PLAIN : "");
        if (fault)
            text_append_format(text, "  [fault: %s]", field(store, step, "fault"));
        struct value code = value_get_text(store, step, "code");
        if (!value_is_none(code) && value_kind(store, code) == VALUE_MAP)
            text_append_format(text, "  (%s:%lld)", field(store, code, "file"),
                               (long long)number(store, code, "line"));
        append_marks(text, store, number(store, step, "n"), options);
        text_append_char(text, '\n');
        append_output(text, field(store, step, "output"), options);
        append_changes(text, store, value_get_text(store, step, "changes"), options);
    }
    if (left_out > 0)
        text_append_format(text,
                           "        (%zu steps without effect - clock, draws, reads of fixed "
                           "tables - are left out; -v shows them)\n",
                           left_out);
}
