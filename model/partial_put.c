#include "model/partial_put.h"

#include <string.h>

bool partial_put_find(const struct world *world, const struct handler_step *step, uint32_t form,
                      struct partial_put *failed)
{
    const struct value_store *store = world->store;
    *failed = (struct partial_put){0, 0, 0};
    if (strcmp(value_bytes(store, step->target, NULL), "Kinesis_20131202.PutRecords") != 0 ||
        value_kind(store, step->request) != VALUE_MAP)
        return false;
    struct value records = value_get_text(store, step->request, "Records");
    if (value_is_none(records) || value_kind(store, records) != VALUE_LIST)
        return false;
    uint32_t of = (uint32_t)value_count(store, records);
    if (of == 0 || form >= 2 * of - 1)
        return false;
    *failed = form < of ? (struct partial_put){.first = form, .count = of - form, .of = of}
                        : (struct partial_put){.first = 0, .count = form - of + 1, .of = of};
    return true;
}

struct value partial_put_request(struct world *world, struct value request,
                                 const struct partial_put *failed)
{
    struct value_store *store = world->store;
    struct value records = value_get_text(store, request, "Records");
    struct value sent =
        failed->first > 0 ? value_slice(store, records, 0, failed->first)
                          : value_slice(store, records, failed->count, failed->of - failed->count);
    return value_put_text(store, request, "Records", sent);
}

struct value partial_put_body(struct world *world, struct value body,
                              const struct partial_put *failed)
{
    struct value_store *store = world->store;
    struct value done = value_is_none(body) ? VALUE_NONE : value_get_text(store, body, "Records");
    struct value records = value_list(store, NULL, 0);
    struct value_entry entries[] = {
        {value_text(store, "ErrorCode"),
         value_text(store, "ProvisionedThroughputExceededException")},
        {value_text(store, "ErrorMessage"),
         value_text(store,
                    "Rate exceeded for shard in stream under account " PIPELINE_ACCOUNT ".")},
    };
    struct value error = value_map(store, entries, 2);
    size_t next = 0;
    for (uint32_t i = 0; i < failed->of; i++) {
        bool fails = i >= failed->first && i < failed->first + failed->count;
        records = value_append(store, records, fails ? error : value_at(store, done, next++));
    }
    struct value whole = value_is_none(body) ? value_map(store, NULL, 0) : body;
    whole = value_put_text(store, whole, "FailedRecordCount", value_integer(store, failed->count));
    return value_put_text(store, whole, "Records", records);
}
