#include "checker/state_list.h"

#include <string.h>

static bool reserve(struct memory *memory, struct state_list *list, size_t more)
{
    void *items = list->items;
    if (!memory_reserve(memory, &items, &list->capacity, list->count + more, sizeof *list->items))
        return false;
    list->items = items;
    void *slots = list->slots;
    if (list->width > 0 && !memory_reserve(memory, &slots, &list->slot_capacity,
                                           (list->count + more) * list->width, sizeof(uint32_t)))
        return false;
    list->slots = slots;
    return true;
}

bool state_list_add(struct memory *memory, struct state_list *list, uint32_t state,
                    const uint32_t *slots)
{
    if (!reserve(memory, list, 1))
        return false;
    if (list->width > 0)
        memcpy(list->slots + list->count * list->width, slots, list->width * sizeof *slots);
    list->items[list->count++] = state;
    return true;
}

bool state_list_add_all(struct memory *memory, struct state_list *list,
                        const struct state_list *more)
{
    if (more->count == 0)
        return true;
    if (!reserve(memory, list, more->count))
        return false;
    memcpy(list->items + list->count, more->items, more->count * sizeof *list->items);
    if (list->width > 0)
        memcpy(list->slots + list->count * list->width, more->slots,
               more->count * list->width * sizeof *list->slots);
    list->count += more->count;
    return true;
}

const uint32_t *state_list_slots(const struct state_list *list, size_t index)
{
    return list->width == 0 ? NULL : list->slots + index * list->width;
}

void state_list_release(struct memory *memory, struct state_list *list)
{
    memory_free(memory, list->items, list->capacity * sizeof *list->items);
    memory_free(memory, list->slots, list->slot_capacity * sizeof *list->slots);
    *list = (struct state_list){.width = list->width};
}

void state_list_archive(struct memory *memory, struct state_list *list, struct archive *archive)
{
    size_t count = list->count;
    archive_count(archive, &count, SIZE_MAX / sizeof(uint64_t));
    if (archive_reads(archive)) {
        list->count = 0;
        if (count > 0 && !reserve(memory, list, count)) {
            archive_no_memory(archive);
            return;
        }
    }
    if (count == 0)
        return;
    archive_bytes(archive, list->items, count * sizeof *list->items);
    if (list->width > 0)
        archive_bytes(archive, list->slots, count * list->width * sizeof *list->slots);
    list->count = archive_failed(archive) ? 0 : count;
}
