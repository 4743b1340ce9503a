/* The items of one table, kept outside of the value store.
 *
 * A value store interns for ever, so a simulation empties it now and then; tables live on. An item
 * is kept as its bytes (model/base/value_codec.h) under the content hash of its primary key. */
#ifndef ONCECHECK_MODEL_SIMULATION_ITEMS_H
#define ONCECHECK_MODEL_SIMULATION_ITEMS_H

#include "model/base/text.h"
#include "model/base/value.h"

struct simulation_item {
    struct hash128 key; /* of the primary key */
    char *bytes;        /* key, then item; NULL: free */
    uint32_t length;
};

struct simulation_items {
    struct memory *memory;
    struct simulation_item *slots; /* open addressing */
    size_t size;                   /* a power of two, or 0 */
    size_t count;
    struct text scratch;
};

void simulation_items_init(struct simulation_items *items, struct memory *memory);
void simulation_items_release(struct simulation_items *items);

/* VALUE_NONE: there is no such item, or the store has failed. */
struct value simulation_items_get(const struct simulation_items *items, struct value_store *store,
                                  struct value key);

/* Add or replace; `item` VALUE_NONE: remove. False: no memory. */
bool simulation_items_put(struct simulation_items *items, const struct value_store *store,
                          struct value key, struct value item);

/* The whole table as model/dynamodb.h has it: a MAP. VALUE_NONE: no memory. */
struct value simulation_items_map(const struct simulation_items *items, struct value_store *store);

#endif
