#include "reports/determinism_text.h"

#include "reports/field.h"

#include <string.h>

static const char *describe_change(const char *changed)
{
    static const struct {
        const char *name;
        const char *text;
    } changes[] = {{"seed", "with other random numbers, uuids and request ids"},
                   {"hash_seed", "with another hash seed: the order of a set, or hash()"},
                   {"clock", "at another time"},
                   {"container", "in a container that has served the event before"}};
    for (size_t i = 0; i < sizeof changes / sizeof changes[0]; i++) {
        if (strcmp(changes[i].name, changed) == 0)
            return changes[i].text;
    }
    return changed;
}

static void append_place(struct text *text, const struct value_store *store, struct value entry)
{
    if (field_text(store, entry, "file")[0] != '\0')
        text_append_format(text, "  (%s:%lld)", field_text(store, entry, "file"),
                           (long long)field_integer(store, entry, "line", 0));
    text_append_char(text, '\n');
}

static void append_source(struct text *text, const struct value_store *store, struct value source)
{
    const char *kind = field_text(store, source, "kind");
    const char *verb = strcmp(kind, "global") == 0      ? "may keep"
                       : strcmp(kind, "set_order") == 0 ? "may depend on"
                       : strcmp(kind, "tmp") == 0       ? "opens"
                                                        : "asks for";
    text_append_format(text, "    %s %s", verb, field_text(store, source, "what"));
    append_place(text, store, source);
}

static void append_function(struct text *text, const struct value_store *store, struct value entry)
{
    const size_t differences = field_count(store, entry, "differences");
    const long long events = (long long)field_integer(store, entry, "events", 0);
    text_append_format(text, "  %s, %lld event%s, %lld steps: %s%s\n",
                       field_text(store, entry, "function"), events, events == 1 ? "" : "s",
                       (long long)field_integer(store, entry, "steps", 0),
                       differences == 0 ? "nothing differs" : "differs",
                       field_truth(store, entry, "partial") ? " (not all could be compared)" : "");
    for (size_t i = 0; i < differences; i++) {
        struct value difference = field_at(store, entry, "differences", i);
        text_append_format(text, "    %s differs %s", field_text(store, difference, "what"),
                           describe_change(field_text(store, difference, "changed")));
        append_place(text, store, difference);
    }
    for (size_t i = 0; i < field_count(store, entry, "sources"); i++)
        append_source(text, store, field_at(store, entry, "sources", i));
}

void append_determinism(struct text *text, const struct value_store *store, struct value report)
{
    text_append_string(text, "\nThe same events and answers under other seeds, hash seeds and "
                             "clocks, and in used containers\n");
    if (value_count(store, report) == 0)
        text_append_string(text, "  no function is Python's\n");
    for (size_t i = 0; i < value_count(store, report); i++)
        append_function(text, store, value_at(store, report, i));
}
