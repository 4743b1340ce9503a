/* Expansions remembered, in a file: by part, and by the slots that differ from the initial state.
 */
#include "model/expansion_memo.h"

#include "model/base/error.h"

#include <string.h>

static void write_situation(const struct world *world, const struct remembered_situation *situation,
                            const uint32_t *initial, struct archive *archive)
{
    uint32_t part = situation->number;
    uint32_t different = 0;
    ARCHIVE(archive, part);
    for (uint32_t i = 0; i < world->layout.slot_count; i++)
        different += situation->slots[i] != initial[i];
    ARCHIVE(archive, different);
    for (uint32_t i = 0; i < world->layout.slot_count; i++) {
        struct slot_change change = {.slot = i, .value = situation->slots[i]};
        if (change.value != initial[i])
            ARCHIVE(archive, change);
    }
}

/* `slots` is the initial state. */
static void read_situation(struct expansion_memo *memo, const struct world *world, uint32_t *slots,
                           struct archive *archive)
{
    uint32_t part = 0;
    uint32_t different = 0;
    struct remembered_expansion expansion;
    struct error error = ERROR_INIT;
    ARCHIVE(archive, part);
    ARCHIVE(archive, different);
    for (uint32_t i = 0; i < different && !archive_failed(archive); i++) {
        struct slot_change change;
        ARCHIVE(archive, change);
        if (change.slot >= world->layout.slot_count)
            archive_reject(archive, "names a slot that there is not");
        else
            slots[change.slot] = change.value;
    }
    if (archive_failed(archive))
        return;
    if (part >= expansion_memo_group_end(memo, expansion_memo_group_count(memo) - 1)) {
        archive_reject(archive, "names an actor that there is not");
        return;
    }
    switch (expansion_memo_add(memo, part, slots, &expansion, &error)) {
    case STATUS_OK:
        break;
    case STATUS_NO_MEMORY:
        archive_no_memory(archive);
        break;
    case STATUS_BAD_INPUT:
    case STATUS_UNSUPPORTED:
    case STATUS_SYSTEM:
    case STATUS_LIMIT:
    case STATUS_INTERRUPTED:
    case STATUS_NONDETERMINISTIC:
        archive_reject(archive, error.message);
        break;
    }
    if (world->facts_changed)
        archive_reject(archive, "was written by a search that knew less");
}

void expansion_memo_archive(struct expansion_memo *memo, size_t count, struct archive *archive)
{
    struct world *world = expansion_memo_world(memo);
    size_t slot_count = world->layout.slot_count;
    uint32_t *slots = memory_allocate_zeroed(world->memory, 2 * slot_count, sizeof *slots);
    if (slots == NULL) {
        archive_no_memory(archive);
        return;
    }
    uint32_t *initial = slots + slot_count;
    world_initial_state(world, initial);
    archive_count(archive, &count, EXPANSION_MEMO_TRANSITIONS_MAX);
    for (size_t i = 0; i < count && !archive_failed(archive); i++) {
        struct remembered_situation situation;
        if (!archive_reads(archive)) {
            expansion_memo_situation(memo, i, &situation);
            write_situation(world, &situation, initial, archive);
            continue;
        }
        memcpy(slots, initial, slot_count * sizeof *slots);
        read_situation(memo, world, slots, archive);
    }
    memory_free(world->memory, slots, 2 * slot_count * sizeof *slots);
}
