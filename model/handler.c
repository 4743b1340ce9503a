#include "model/handler.h"

static const char *const names[] = {
#define HANDLER_STEP_NAME(kind, name) [kind] = (name),
    HANDLER_STEP_KINDS(HANDLER_STEP_NAME)
#undef HANDLER_STEP_NAME
};

const char *handler_step_kind_name(enum handler_step_kind kind)
{
    CHECK((size_t)kind < sizeof names / sizeof names[0]);
    return names[kind];
}
