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
