/* The deletion of an expired item, in words. */
#include "model/time_to_live.h"
#include "reports/step_internal.h"

/* The table that the step changes, and the item that is not in it any more. */
static bool find_deleted(const struct step_facts *facts, const struct table_config **table,
                         struct value *item)
{
    const struct world *world = facts->world;
    for (uint32_t t = 0; t < world->pipeline->table_count; t++) {
        uint16_t slot = world->layout.table_slots[t];
        struct value before = {facts->place->before[slot]};
        struct value after = {facts->place->after[slot]};
        for (size_t i = 0; i < value_count(world->store, before); i++) {
            if (!value_is_none(
                    value_get(world->store, after, value_key_at(world->store, before, i))))
                continue;
            *table = &world->pipeline->tables[t];
            *item = value_value_at(world->store, before, i);
            return true;
        }
    }
    return false;
}

static void append_scalar(struct text *text, const struct value_store *store, struct value scalar)
{
    char number[DECIMAL_TEXT_SIZE];
    size_t length = 0;
    if (value_kind(store, scalar) == VALUE_NUMBER) {
        length = decimal_text(value_decimal(store, scalar), number);
        text_append(text, number, length);
        return;
    }
    const char *bytes = value_bytes(store, scalar, &length);
    text_append(text, bytes, length);
}

void append_time_to_live(struct text *text, const struct step_facts *facts)
{
    struct value_store *store = facts->world->store;
    const struct table_config *table = NULL;
    struct value item = VALUE_NONE;
    if (!find_deleted(facts, &table, &item))
        return;
    struct value keys = item_key_attributes(store, table, item);
    text_append_format(text, "deletes from %s", table->name);
    for (size_t i = 0; i < value_count(store, keys); i++) {
        text_append_char(text, i == 0 ? ' ' : '/');
        append_scalar(text, store, value_value_at(store, keys, i));
    }
    text_append_format(text, ": its %s, ", table->time_to_live);
    append_scalar(text, store, value_get_text(store, item, table->time_to_live));
    text_append_string(text, ", has passed");
}
