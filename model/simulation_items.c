#include "model/simulation_items.h"

#include "model/base/error.h"
#include "model/base/value_codec.h"

#include <string.h>

enum { SIZE_FIRST = 64 };

void simulation_items_init(struct simulation_items *items, struct memory *memory)
{
    *items = (struct simulation_items){.memory = memory};
    text_init(&items->scratch, memory);
}

void simulation_items_release(struct simulation_items *items)
{
    for (size_t i = 0; i < items->size; i++)
        memory_free(items->memory, items->slots[i].bytes, items->slots[i].length);
    memory_free(items->memory, items->slots, items->size * sizeof *items->slots);
    text_release(&items->scratch);
    *items = (struct simulation_items){.memory = items->memory};
}

/* The slot of a key, or the free one where it belongs. The table is not full. */
static size_t find(const struct simulation_item *slots, size_t size, struct hash128 key)
{
    size_t slot = (size_t)key.low & (size - 1);
    while (slots[slot].bytes != NULL && !hash128_equal(slots[slot].key, key))
        slot = (slot + 1) & (size - 1);
    return slot;
}

static bool grow(struct simulation_items *items)
{
    const size_t size = items->size == 0 ? SIZE_FIRST : items->size * 2;
    struct simulation_item *slots = memory_allocate_zeroed(items->memory, size, sizeof *slots);
    if (slots == NULL)
        return false;
    for (size_t i = 0; i < items->size; i++)
        if (items->slots[i].bytes != NULL)
            slots[find(slots, size, items->slots[i].key)] = items->slots[i];
    memory_free(items->memory, items->slots, items->size * sizeof *items->slots);
    items->slots = slots;
    items->size = size;
    return true;
}

/* The key and the item that a slot holds. */
static struct value decode(const struct simulation_item *slot, struct value_store *store,
                           struct value *key)
{
    struct byte_reader reader = {.next = slot->bytes, .left = slot->length};
    *key = value_decode(store, &reader);
    const struct value item = value_decode(store, &reader);
    CHECK(!reader.failed || value_store_failed(store));
    return item;
}

struct value simulation_items_get(const struct simulation_items *items, struct value_store *store,
                                  struct value key)
{
    if (items->size == 0)
        return VALUE_NONE;
    const size_t slot = find(items->slots, items->size, value_hash(store, key));
    struct value found = VALUE_NONE;
    return items->slots[slot].bytes == NULL ? VALUE_NONE
                                            : decode(&items->slots[slot], store, &found);
}

/* Empty a slot and move those behind it that belong before it (Knuth, TAOCP 6.4, Algorithm R). */
static void remove_slot(struct simulation_items *items, size_t hole)
{
    const size_t mask = items->size - 1;
    memory_free(items->memory, items->slots[hole].bytes, items->slots[hole].length);
    for (size_t slot = (hole + 1) & mask; items->slots[slot].bytes != NULL;
         slot = (slot + 1) & mask) {
        const size_t home = (size_t)items->slots[slot].key.low & mask;
        if (((slot - home) & mask) < ((slot - hole) & mask))
            continue;
        items->slots[hole] = items->slots[slot];
        hole = slot;
    }
    items->slots[hole] = (struct simulation_item){.bytes = NULL};
    items->count--;
}

bool simulation_items_put(struct simulation_items *items, const struct value_store *store,
                          struct value key, struct value item)
{
    const struct hash128 hash = value_hash(store, key);
    if (items->count * 4 >= items->size * 3 && !grow(items))
        return false;
    const size_t place = find(items->slots, items->size, hash);
    struct simulation_item *slot = &items->slots[place];
    if (value_is_none(item)) {
        if (slot->bytes != NULL)
            remove_slot(items, place);
        return true;
    }
    text_clear(&items->scratch);
    value_encode(&items->scratch, store, key);
    value_encode(&items->scratch, store, item);
    if (text_failed(&items->scratch))
        return false;
    const size_t length = items->scratch.length;
    char *bytes = memory_resize(items->memory, slot->bytes, slot->length, length);
    if (bytes == NULL)
        return false;
    memcpy(bytes, items->scratch.bytes, length);
    items->count += slot->bytes == NULL ? 1 : 0;
    *slot = (struct simulation_item){.key = hash, .bytes = bytes, .length = (uint32_t)length};
    return true;
}

struct value simulation_items_map(const struct simulation_items *items, struct value_store *store)
{
    struct value_entry *entries = NULL;
    const size_t size = items->count * sizeof *entries;
    size_t count = 0;
    if (items->count == 0)
        return value_map(store, NULL, 0);
    entries = memory_allocate(items->memory, size);
    if (entries == NULL)
        return VALUE_NONE;
    for (size_t i = 0; i < items->size; i++) {
        if (items->slots[i].bytes == NULL)
            continue;
        struct value key = VALUE_NONE;
        const struct value item = decode(&items->slots[i], store, &key);
        entries[count++] = (struct value_entry){.key = key, .value = item};
    }
    const struct value map = value_map(store, entries, count);
    memory_free(items->memory, entries, size);
    return map;
}
