#include "checker/diagnosis.h"

#include "checker/distinct_counter.h"
#include "model/base/hash.h"

#include <stdio.h>
#include <string.h>

enum { NO_PART = UINT8_MAX, GENERATOR = PIPELINE_FUNCTIONS_MAX };

struct part {
    enum diagnosis_part_kind kind;
    uint32_t index;
    uint64_t hash; /* of the part's slots in the state being added */
    struct distinct_counter values;
    struct distinct_counter others; /* states without the part */
};

struct diagnosis {
    struct memory *memory;
    const struct world *world;
    uint16_t slot_count;
    uint32_t poller_count;
    uint32_t *function_of_poller;
    struct part *parts;
    size_t part_count;
    uint8_t *part_of_slot; /* NO_PART: always the same */
    uint64_t states_at[DIAGNOSIS_LEVEL_MAX + 1];
    struct diagnosis_steps by_actor[PIPELINE_FUNCTIONS_MAX + 1][DIAGNOSIS_ACTIONS];
    struct diagnosis_steps by_fault[FAULT_KIND_COUNT];
    struct diagnosis_steps by_batch[PIPELINE_FUNCTIONS_MAX][DIAGNOSIS_BATCH_MAX + 1];
};

/* --- which slots make up a part ------------------------------------------------------------ */

static uint8_t add_part(struct diagnosis *diagnosis, enum diagnosis_part_kind kind, uint32_t index)
{
    diagnosis->parts[diagnosis->part_count] = (struct part){.kind = kind, .index = index};
    return (uint8_t)diagnosis->part_count++;
}

static void add_slot(struct diagnosis *diagnosis, uint8_t part, uint16_t slot)
{
    if (slot != WORLD_NO_SLOT)
        diagnosis->part_of_slot[slot] = part;
}

static void add_function(struct diagnosis *diagnosis, const struct layout *layout,
                         uint32_t function)
{
    uint8_t part = NO_PART;
    for (uint32_t i = 0; i < layout->poller_count; i++) {
        const struct poller_layout *poller = &layout->pollers[i];
        if (poller->function != function)
            continue;
        if (part == NO_PART)
            part = add_part(diagnosis, DIAGNOSIS_FUNCTION, function);
        add_slot(diagnosis, part, poller->checkpoint_slot);
        add_slot(diagnosis, part, poller->batch_slot);
        add_slot(diagnosis, part, poller->node_slot);
        add_slot(diagnosis, part, poller->attempt_slot);
        add_slot(diagnosis, part, poller->failures_slot);
        add_slot(diagnosis, part, poller->container_slot);
        add_slot(diagnosis, part, poller->batches_slot);
        add_slot(diagnosis, part, poller->late_slot);
        add_slot(diagnosis, part, poller->retries_slot);
        add_slot(diagnosis, part, poller->pieces_slot);
        add_slot(diagnosis, part, poller->failed_slot);
    }
    if (part != NO_PART)
        add_slot(diagnosis, part, layout->clock_slots[function]);
}

/* The logs of one source, with the places that chance gave to its records. */
static void add_source(struct diagnosis *diagnosis, const struct layout *layout,
                       enum source_kind kind, uint32_t source)
{
    uint8_t part = NO_PART;
    for (uint32_t i = 0; i < layout->log_count; i++) {
        if (layout->logs[i].kind != kind || layout->logs[i].source != source)
            continue;
        if (part == NO_PART)
            part =
                add_part(diagnosis,
                         kind == SOURCE_STREAM ? DIAGNOSIS_STREAM : DIAGNOSIS_TABLE_STREAM, source);
        add_slot(diagnosis, part, layout->logs[i].slot);
    }
    if (part != NO_PART)
        add_slot(diagnosis, part,
                 kind == SOURCE_TABLE ? layout->place_slots[source]
                                      : layout->stream_place_slots[source]);
}

static void add_parts(struct diagnosis *diagnosis, const struct world *world)
{
    const struct layout *layout = &world->layout;
    memset(diagnosis->part_of_slot, NO_PART, layout->slot_count);
    add_slot(diagnosis, add_part(diagnosis, DIAGNOSIS_GENERATOR, 0), layout->generator_slot);
    for (uint32_t i = 0; i < world->pipeline->stream_count; i++)
        add_source(diagnosis, layout, SOURCE_STREAM, i);
    for (uint32_t i = 0; i < world->pipeline->function_count; i++)
        add_function(diagnosis, layout, i);
    for (uint32_t i = 0; i < world->pipeline->table_count; i++) {
        add_slot(diagnosis, add_part(diagnosis, DIAGNOSIS_TABLE, i), layout->table_slots[i]);
        add_source(diagnosis, layout, SOURCE_TABLE, i);
    }
    add_slot(diagnosis, add_part(diagnosis, DIAGNOSIS_TOKENS, 0), layout->tokens_slot);
    uint8_t caps = NO_PART;
    for (uint32_t i = 0; i < FAULT_KIND_COUNT; i++) {
        if (layout->cap_slots[i] == WORLD_NO_SLOT)
            continue;
        if (caps == NO_PART)
            caps = add_part(diagnosis, DIAGNOSIS_CAPPED_FAULTS, 0);
        add_slot(diagnosis, caps, layout->cap_slots[i]);
    }
}

/* --- life cycle ---------------------------------------------------------------------------- */

struct diagnosis *diagnosis_create(const struct world *world)
{
    const struct layout *layout = &world->layout;
    struct diagnosis *diagnosis = memory_allocate_zeroed(world->memory, 1, sizeof *diagnosis);
    if (diagnosis == NULL)
        return NULL;
    diagnosis->memory = world->memory;
    diagnosis->world = world;
    diagnosis->slot_count = layout->slot_count;
    diagnosis->poller_count = layout->poller_count;
    diagnosis->parts =
        memory_allocate_zeroed(world->memory, DIAGNOSIS_PARTS_MAX, sizeof *diagnosis->parts);
    diagnosis->part_of_slot = memory_allocate_zeroed(world->memory, layout->slot_count, 1);
    diagnosis->function_of_poller = memory_allocate_zeroed(world->memory, layout->poller_count + 1,
                                                           sizeof *diagnosis->function_of_poller);
    if (diagnosis->parts == NULL || diagnosis->part_of_slot == NULL ||
        diagnosis->function_of_poller == NULL) {
        diagnosis_destroy(diagnosis);
        return NULL;
    }
    for (uint32_t i = 0; i < layout->poller_count; i++)
        diagnosis->function_of_poller[i] = layout->pollers[i].function;
    add_parts(diagnosis, world);
    return diagnosis;
}

void diagnosis_destroy(struct diagnosis *diagnosis)
{
    if (diagnosis == NULL)
        return;
    struct memory *memory = diagnosis->memory;
    memory_free(memory, diagnosis->parts, DIAGNOSIS_PARTS_MAX * sizeof *diagnosis->parts);
    memory_free(memory, diagnosis->part_of_slot, diagnosis->slot_count);
    memory_free(memory, diagnosis->function_of_poller,
                (diagnosis->poller_count + 1) * sizeof *diagnosis->function_of_poller);
    memory_free(memory, diagnosis, sizeof *diagnosis);
}

void diagnosis_clear(struct diagnosis *diagnosis)
{
    for (size_t i = 0; i < diagnosis->part_count; i++) {
        struct part *part = &diagnosis->parts[i];
        memset(&part->values, 0, sizeof part->values);
        memset(&part->others, 0, sizeof part->others);
    }
    memset(diagnosis->states_at, 0, sizeof diagnosis->states_at);
    memset(diagnosis->by_actor, 0, sizeof diagnosis->by_actor);
    memset(diagnosis->by_fault, 0, sizeof diagnosis->by_fault);
    memset(diagnosis->by_batch, 0, sizeof diagnosis->by_batch);
}

/* --- counting ------------------------------------------------------------------------------ */

static void count(struct diagnosis_steps *steps, bool found)
{
    steps->transitions++;
    steps->found += found;
}

void diagnosis_add_step(struct diagnosis *diagnosis, const struct action *action, bool found)
{
    uint32_t actor = GENERATOR;
    if (action->poller != ACTION_NO_POLLER)
        actor = diagnosis->function_of_poller[action->poller];
    count(&diagnosis->by_actor[actor][action->kind], found);
    if (action->fault != FAULT_KIND_COUNT)
        count(&diagnosis->by_fault[action->fault], found);
    if (action->kind == ACTION_POLL) {
        uint32_t records =
            action->count < DIAGNOSIS_BATCH_MAX ? action->count : DIAGNOSIS_BATCH_MAX;
        count(&diagnosis->by_batch[actor][records], found);
    }
}

void diagnosis_add_state(struct diagnosis *diagnosis, const uint32_t *slots, uint32_t faults)
{
    uint64_t all = 0;
    for (size_t i = 0; i < diagnosis->part_count; i++)
        diagnosis->parts[i].hash = 0;
    for (uint32_t i = 0; i < diagnosis->slot_count; i++) {
        if (diagnosis->part_of_slot[i] == NO_PART)
            continue;
        /* summed up, so that a part can be taken out again */
        uint64_t hash = world_slot_fingerprint(diagnosis->world, i, slots[i]);
        diagnosis->parts[diagnosis->part_of_slot[i]].hash += hash;
        all += hash;
    }
    for (size_t i = 0; i < diagnosis->part_count; i++) {
        struct part *part = &diagnosis->parts[i];
        distinct_counter_add(&part->values, hash_mix64(part->hash));
        distinct_counter_add(&part->others, hash_mix64(all - part->hash));
    }
    diagnosis->states_at[faults < DIAGNOSIS_LEVEL_MAX ? faults : DIAGNOSIS_LEVEL_MAX]++;
}

static void add_steps(struct diagnosis_steps *into, const struct diagnosis_steps *from,
                      size_t steps)
{
    for (size_t i = 0; i < steps; i++) {
        into[i].transitions += from[i].transitions;
        into[i].found += from[i].found;
    }
}

void diagnosis_merge(struct diagnosis *into, const struct diagnosis *from)
{
    CHECK(into->part_count == from->part_count);
    for (size_t i = 0; i < into->part_count; i++) {
        distinct_counter_merge(&into->parts[i].values, &from->parts[i].values);
        distinct_counter_merge(&into->parts[i].others, &from->parts[i].others);
    }
    for (size_t i = 0; i <= DIAGNOSIS_LEVEL_MAX; i++)
        into->states_at[i] += from->states_at[i];
    add_steps(into->by_actor[0], from->by_actor[0],
              sizeof into->by_actor / sizeof into->by_actor[0][0]);
    add_steps(into->by_fault, from->by_fault, FAULT_KIND_COUNT);
    add_steps(into->by_batch[0], from->by_batch[0],
              sizeof into->by_batch / sizeof into->by_batch[0][0]);
}

/* --- answers ------------------------------------------------------------------------------- */

uint64_t diagnosis_states_at(const struct diagnosis *diagnosis, uint32_t faults)
{
    return faults <= DIAGNOSIS_LEVEL_MAX ? diagnosis->states_at[faults] : 0;
}

uint64_t diagnosis_states(const struct diagnosis *diagnosis)
{
    uint64_t states = 0;
    for (size_t i = 0; i <= DIAGNOSIS_LEVEL_MAX; i++)
        states += diagnosis->states_at[i];
    return states;
}

struct diagnosis_steps diagnosis_steps_of(const struct diagnosis *diagnosis, uint32_t function,
                                          enum action_kind kind)
{
    return diagnosis->by_actor[function == UINT32_MAX ? GENERATOR : function][kind];
}

struct diagnosis_steps diagnosis_steps_by_fault(const struct diagnosis *diagnosis,
                                                enum fault_kind fault)
{
    return diagnosis->by_fault[fault];
}

struct diagnosis_steps diagnosis_steps_by_batch(const struct diagnosis *diagnosis,
                                                uint32_t function, uint32_t records)
{
    CHECK(records <= DIAGNOSIS_BATCH_MAX);
    return diagnosis->by_batch[function][records];
}

/* Insertion keeps equal ones in order; there are few. */
static void insert_part(struct diagnosis_part *parts, size_t count, struct diagnosis_part part)
{
    size_t i = count;
    for (; i > 0 && parts[i - 1].factor < part.factor; i--)
        parts[i] = parts[i - 1];
    parts[i] = part;
}

size_t diagnosis_parts(const struct diagnosis *diagnosis,
                       struct diagnosis_part parts[DIAGNOSIS_PARTS_MAX])
{
    double states = (double)diagnosis_states(diagnosis);
    for (size_t i = 0; i < diagnosis->part_count; i++) {
        const struct part *part = &diagnosis->parts[i];
        uint64_t others = distinct_counter_estimate(&part->others);
        double factor = others > 0 ? states / (double)others : 1.0;
        struct diagnosis_part answer = {.kind = part->kind,
                                        .index = part->index,
                                        .values = distinct_counter_estimate(&part->values),
                                        .factor = factor > 1.0 ? factor : 1.0};
        insert_part(parts, i, answer);
    }
    return diagnosis->part_count;
}

const char *diagnosis_part_name(const struct pipeline *pipeline, const struct diagnosis_part *part,
                                char name[DIAGNOSIS_PART_NAME_SIZE])
{
    const char *what = "";
    const char *of = "";
    switch (part->kind) {
    case DIAGNOSIS_GENERATOR:
        of = "Generator";
        break;
    case DIAGNOSIS_FUNCTION:
        of = pipeline->functions[part->index].name;
        break;
    case DIAGNOSIS_TABLE:
        what = "items of ";
        of = pipeline->tables[part->index].name;
        break;
    case DIAGNOSIS_STREAM:
        what = "records of ";
        of = pipeline->streams[part->index].name;
        break;
    case DIAGNOSIS_TABLE_STREAM:
        what = "stream of ";
        of = pipeline->tables[part->index].name;
        break;
    case DIAGNOSIS_TOKENS:
        of = "idempotency tokens";
        break;
    case DIAGNOSIS_CAPPED_FAULTS:
        of = "capped faults so far";
        break;
    }
    (void)snprintf(name, DIAGNOSIS_PART_NAME_SIZE, "%s%s", what, of); /* a name may be cut */
    return name;
}

void diagnosis_archive(struct diagnosis *diagnosis, struct archive *archive)
{
    archive_bytes(archive, diagnosis->parts, diagnosis->part_count * sizeof *diagnosis->parts);
    ARCHIVE(archive, diagnosis->states_at);
    ARCHIVE(archive, diagnosis->by_actor);
    ARCHIVE(archive, diagnosis->by_fault);
    ARCHIVE(archive, diagnosis->by_batch);
}
