#include "model/container.h"

#include "model/base/error.h"

enum { WARM_EVENT, WARM_SERVED, WARM_FIELDS };
enum { SERVED_EVENT, SERVED_ATTEMPT, SERVED_INPUTS, SERVED_FIELDS };

struct value served_value(struct value_store *store, struct value event, uint32_t attempt,
                          const struct value *inputs, size_t input_count)
{
    const struct value fields[SERVED_FIELDS] = {[SERVED_EVENT] = event,
                                                [SERVED_ATTEMPT] = value_integer(store, attempt),
                                                [SERVED_INPUTS] =
                                                    value_list(store, inputs, input_count)};
    for (int i = 0; i < SERVED_FIELDS; i++)
        if (value_is_none(fields[i]))
            return VALUE_NONE;
    return value_list(store, fields, SERVED_FIELDS);
}

struct value warm_event(struct value_store *store, struct value event, struct value served)
{
    const struct value fields[WARM_FIELDS] = {[WARM_EVENT] = event, [WARM_SERVED] = served};
    return value_is_none(event) || value_is_none(served) ? VALUE_NONE
                                                         : value_list(store, fields, WARM_FIELDS);
}

struct value warm_event_again(struct value_store *store, struct value event, struct value warm)
{
    return warm_event(store, event, value_at(store, warm, WARM_SERVED));
}

bool event_is_warm(const struct value_store *store, struct value event,
                   struct served_invocation *served)
{
    int64_t attempt = 0;
    if (value_kind(store, event) != VALUE_LIST)
        return false;
    struct value past = value_at(store, event, WARM_SERVED);
    CHECK(value_to_integer(store, value_at(store, past, SERVED_ATTEMPT), &attempt));
    *served = (struct served_invocation){.event = value_at(store, past, SERVED_EVENT),
                                         .attempt = (uint32_t)attempt,
                                         .inputs = value_at(store, past, SERVED_INPUTS)};
    return true;
}

struct value event_delivered(const struct value_store *store, struct value event)
{
    return value_kind(store, event) == VALUE_LIST ? value_at(store, event, WARM_EVENT) : event;
}
