#include "model/fault.h"

#include "model/base/error.h"

#include <string.h>

static const char *const names[] = {
#define FAULT_NAME(kind, name, cap) [(kind)] = (name),
    FAULT_KINDS(FAULT_NAME)
#undef FAULT_NAME
};

static const uint32_t caps[] = {
#define FAULT_CAP(kind, name, cap) [(kind)] = (cap),
    FAULT_KINDS(FAULT_CAP)
#undef FAULT_CAP
};

const char *fault_kind_name(enum fault_kind kind)
{
    CHECK(kind < FAULT_KIND_COUNT);
    return names[kind];
}

uint32_t fault_kind_cap_default(enum fault_kind kind)
{
    CHECK(kind < FAULT_KIND_COUNT);
    return caps[kind];
}

enum fault_kind fault_kind_find(const char *name)
{
    for (int i = 0; i < FAULT_KIND_COUNT; i++) {
        if (strcmp(names[i], name) == 0)
            return (enum fault_kind)i;
    }
    return FAULT_KIND_COUNT;
}

void fault_config_append(struct text *text, const struct fault_config *faults, enum fault_kind kind,
                         const char *note)
{
    const struct fault_places *places = &faults->places[kind];
    text_append_string(text, fault_kind_name(kind));
    for (uint32_t i = 0; i < places->count; i++)
        text_append_format(text, "%s%s", i == 0 ? " in " : " and ", places->names[i]);
    if (kind == FAULT_DELAY && faults->longest_delay_s < FAULT_LONGEST_DELAY_S)
        text_append_format(text, " of up to %u s", (unsigned)faults->longest_delay_s);
    if (faults->cap[kind] != FAULT_UNLIMITED)
        text_append_format(text, " (at most %u%s)", (unsigned)faults->cap[kind], note);
}
