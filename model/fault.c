#include "model/fault.h"

#include "model/base/error.h"

#include <string.h>

static const char *const names[] = {
#define FAULT_NAME(kind, name, simulated) [(kind)] = (name),
    FAULT_KINDS(FAULT_NAME)
#undef FAULT_NAME
};

static const bool is_simulated[] = {
#define FAULT_SIMULATED(kind, name, simulated) [(kind)] = (simulated),
    FAULT_KINDS(FAULT_SIMULATED)
#undef FAULT_SIMULATED
};

const char *fault_kind_name(enum fault_kind kind)
{
    CHECK(kind < FAULT_KIND_COUNT);
    return names[kind];
}

bool fault_kind_is_simulated(enum fault_kind kind)
{
    CHECK(kind < FAULT_KIND_COUNT);
    return is_simulated[kind];
}

enum fault_kind fault_kind_find(const char *name)
{
    for (int i = 0; i < FAULT_KIND_COUNT; i++) {
        if (strcmp(names[i], name) == 0)
            return (enum fault_kind)i;
    }
    return FAULT_KIND_COUNT;
}
