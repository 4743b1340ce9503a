#include "model/turns.h"

#include "model/dynamodb/access.h"
#include "model/service.h"

#include <string.h>

enum { NOBODY = UINT16_MAX };

/* Who has touched one thing in one way. */
struct touching {
    uint16_t first;     /* poller, or NOBODY */
    bool others;        /* so have other pollers */
    uint32_t functions; /* bit set */
};

struct use {
    struct touching by[ACCESS_KIND_COUNT];
};

struct turns {
    struct memory *memory;
    struct id_map sent;   /* of a poller, a target and a request */
    struct id_map items;  /* (table, key): index into uses */
    struct id_map tokens; /* index into uses */
    struct use *uses;
    size_t count;
    size_t capacity;
    struct use any_item[PIPELINE_TABLES_MAX];  /* requests that touch some item of the table */
    struct use all_items[PIPELINE_TABLES_MAX]; /* those that may touch any */
    struct use table_streams[PIPELINE_TABLES_MAX];
    struct use streams[PIPELINE_STREAMS_MAX];
};

_Static_assert(PIPELINE_FUNCTIONS_MAX <= 32, "functions are a bit set");

static void clear(struct use *uses, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (int kind = 0; kind < ACCESS_KIND_COUNT; kind++)
            uses[i].by[kind] = (struct touching){.first = NOBODY};
    }
}

struct turns *turns_create(struct memory *memory)
{
    struct turns *turns = memory_allocate_zeroed(memory, 1, sizeof *turns);
    if (turns == NULL)
        return NULL;
    turns->memory = memory;
    id_map_init(&turns->sent, memory);
    id_map_init(&turns->items, memory);
    id_map_init(&turns->tokens, memory);
    clear(turns->any_item, PIPELINE_TABLES_MAX);
    clear(turns->all_items, PIPELINE_TABLES_MAX);
    clear(turns->table_streams, PIPELINE_TABLES_MAX);
    clear(turns->streams, PIPELINE_STREAMS_MAX);
    return turns;
}

void turns_destroy(struct turns *turns)
{
    if (turns == NULL)
        return;
    id_map_release(&turns->sent);
    id_map_release(&turns->items);
    id_map_release(&turns->tokens);
    memory_free(turns->memory, turns->uses, turns->capacity * sizeof *turns->uses);
    memory_free(turns->memory, turns, sizeof *turns);
}

/* --- what ties ----------------------------------------------------------------------------- */

static void tie(struct world *world, uint32_t f, uint32_t g)
{
    bool *tied = &world->facts.tied[f][g];
    world->facts_changed = world->facts_changed || !*tied;
    *tied = world->facts.tied[g][f] = true;
}

static void tie_all(struct world *world, uint16_t poller, const struct touching *touching)
{
    if (touching->first == NOBODY || (touching->first == poller && !touching->others))
        return;
    for (uint32_t f = 0; f < world->pipeline->function_count; f++) {
        if ((touching->functions >> f & 1) != 0)
            tie(world, world->layout.pollers[poller].function, f);
    }
}

/* Tie the poller's function to those that have touched the same in a way that does not commute. */
static void meet(struct world *world, uint16_t poller, enum access_kind kind, const struct use *use)
{
    for (int other = 0; other < ACCESS_KIND_COUNT; other++) {
        bool commutes = other == (int)kind && kind != ACCESS_WRITE;
        if (!commutes)
            tie_all(world, poller, &use->by[other]);
    }
}

static void note(const struct world *world, uint16_t poller, enum access_kind kind, struct use *use)
{
    struct touching *touching = &use->by[kind];
    if (touching->first == NOBODY)
        touching->first = poller;
    touching->others = touching->others || touching->first != poller;
    touching->functions |= UINT32_C(1) << world->layout.pollers[poller].function;
}

static void touch(struct world *world, uint16_t poller, enum access_kind kind, struct use *use)
{
    meet(world, poller, kind, use);
    note(world, poller, kind, use);
}

static struct use *use_of(struct turns *turns, struct id_map *map, uint64_t key)
{
    uint32_t index = 0;
    if (id_map_find(map, key, &index))
        return &turns->uses[index];
    void *uses = turns->uses;
    if (!memory_reserve(turns->memory, &uses, &turns->capacity, turns->count + 1,
                        sizeof *turns->uses))
        return NULL;
    turns->uses = uses;
    if (!id_map_put(map, key, (uint32_t)turns->count))
        return NULL;
    clear(&turns->uses[turns->count], 1);
    return &turns->uses[turns->count++];
}

/* --- calls --------------------------------------------------------------------------------- */

static bool touch_item(struct world *world, uint16_t poller, const struct item_access *access)
{
    struct turns *turns = world->turns;
    uint32_t table = access->table;
    if (access->kind != ACCESS_READ && world->layout.table_logs[table] >= 0)
        touch(world, poller, ACCESS_WRITE, &turns->table_streams[table]);
    if (value_is_none(access->key)) {
        meet(world, poller, access->kind, &turns->any_item[table]);
        touch(world, poller, access->kind, &turns->all_items[table]);
        return true;
    }
    struct use *use = use_of(turns, &turns->items, (uint64_t)table << 32 | access->key.id);
    if (use == NULL)
        return false;
    meet(world, poller, access->kind, &turns->all_items[table]);
    note(world, poller, access->kind, &turns->any_item[table]);
    touch(world, poller, access->kind, use);
    return true;
}

static bool touch_token(struct world *world, uint16_t poller, struct value request)
{
    struct turns *turns = world->turns;
    struct value token = value_get_text(world->store, request, "ClientRequestToken");
    struct use *use = use_of(turns, &turns->tokens, token.id);
    if (use != NULL)
        touch(world, poller, ACCESS_WRITE, use);
    return use != NULL;
}

/* A call to Kinesis is taken to put records into every stream that the function is known to put
 * any into; the call that finds another one voids the search. */
static void touch_streams(struct world *world, uint16_t poller)
{
    uint32_t function = world->layout.pollers[poller].function;
    for (uint32_t i = 0; i < world->pipeline->stream_count; i++) {
        if (world->facts.footprints.puts[function][i])
            touch(world, poller, ACCESS_WRITE, &world->turns->streams[i]);
    }
}

static bool touch_items(struct world *world, uint16_t poller, const struct handler_step *step)
{
    struct error ignored = ERROR_INIT;
    enum dynamodb_operation operation = DYNAMODB_GET_ITEM;
    const char *target = value_bytes(world->store, step->target, NULL);
    if (dynamodb_operation_find(target, &operation, &ignored) != STATUS_OK)
        return true; /* the call fails */
    const struct value tables[PIPELINE_TABLES_MAX] = {VALUE_NONE};
    const struct dynamodb_context context = {.pipeline = world->pipeline,
                                             .store = world->store,
                                             .table_values = tables,
                                             .arena = &world->scratch};
    struct item_accesses accesses;
    if (!dynamodb_accesses(&context, operation, step->request, &accesses))
        return false;
    for (size_t i = 0; i < accesses.count; i++) {
        if (!touch_item(world, poller, &accesses.items[i]))
            return false;
    }
    return !service_call_has_token(world, step) || touch_token(world, poller, step->request);
}

/* Conditions 3 and 5. */
static bool are_possible(const struct world *world)
{
    for (size_t i = 0; i < world->pipeline->table_count; i++) {
        if (world->pipeline->tables[i].time_to_live != NULL)
            return false;
    }
    return world->shards_in_turn && world->stage_order && !world->facts.time_passes &&
           !world->facts.failures_counted && !world->faults->enabled[FAULT_LATE_WRITE] &&
           !world->faults->enabled[FAULT_STALE_READ];
}

bool turns_note_call(struct world *world, uint16_t poller, const struct handler_step *step)
{
    if (!are_possible(world))
        return true;
    if (service_call_is_kinesis(world, step)) {
        touch_streams(world, poller);
        return true;
    }
    /* whoever sends one request to two targets in turn has it noted again and again */
    uint64_t key = (uint64_t)poller << 32 | step->request.id;
    uint32_t target = 0;
    if (id_map_find(&world->turns->sent, key, &target) && target == step->target.id)
        return true;
    return touch_items(world, poller, step) &&
           id_map_put(&world->turns->sent, key, step->target.id);
}

void turns_archive(struct turns *turns, struct archive *archive)
{
    id_map_archive(&turns->sent, archive);
    id_map_archive(&turns->items, archive);
    id_map_archive(&turns->tokens, archive);
    void *uses = turns->uses;
    archive_array(archive, turns->memory, &uses, &turns->count, &turns->capacity,
                  sizeof *turns->uses);
    turns->uses = uses;
    ARCHIVE(archive, turns->any_item);
    ARCHIVE(archive, turns->all_items);
    ARCHIVE(archive, turns->table_streams);
    ARCHIVE(archive, turns->streams);
}

/* --- groups -------------------------------------------------------------------------------- */

/* Some function of the stage appends to what some function of it reads. */
static bool feeds_itself(const struct world *world, uint32_t stage)
{
    const struct pipeline *pipeline = world->pipeline;
    const struct footprints *footprints = &world->facts.footprints;
    if (!world->stages.generator_is_first && world->stages.of_generator == stage)
        return true;
    for (uint32_t i = 0; i < world->layout.poller_count; i++) {
        const struct poller_layout *poller = &world->layout.pollers[i];
        const struct log_layout *log = &world->layout.logs[poller->log];
        if (world->stages.of_function[poller->function] != stage)
            continue;
        for (uint32_t f = 0; f < pipeline->function_count; f++) {
            bool feeds = log->kind == SOURCE_TABLE
                             ? (footprints->touched[f][log->source] & TOUCH_WRITE) != 0
                             : footprints->puts[f][log->source];
            if (feeds && world->stages.of_function[f] == stage)
                return true;
        }
    }
    return false;
}

/* The functions of the stage that are tied to `first`, itself only if it is. */
static uint32_t tied_to(const struct world *world, uint32_t first)
{
    uint32_t found = UINT32_C(1) << first;
    uint32_t before = 0;
    while (found != before) {
        before = found;
        for (uint32_t f = 0; f < world->pipeline->function_count; f++) {
            for (uint32_t g = 0; (before >> f & 1) != 0 && g < world->pipeline->function_count; g++)
                found |= world->facts.tied[f][g] &&
                                 world->stages.of_function[g] == world->stages.of_function[first]
                             ? UINT32_C(1) << g
                             : 0;
        }
    }
    bool alone = found == UINT32_C(1) << first && !world->facts.tied[first][first] &&
                 !world->facts.remembers[first];
    return alone ? 0 : found;
}

/* Pollers of the stage in groups from order->count on. */
static void arrange_stage(const struct world *world, uint32_t stage, struct turn_order *order)
{
    bool placed[WORLD_POLLERS_MAX] = {false};
    bool one_group = !are_possible(world) || feeds_itself(world, stage);
    uint32_t begun = order->count;
    for (uint32_t i = 0; i < world->layout.poller_count; i++) {
        uint32_t function = world->layout.pollers[i].function;
        if (world->stages.of_function[function] != stage || placed[i])
            continue;
        uint32_t tied = one_group ? UINT32_MAX : tied_to(world, function);
        for (uint32_t k = i; k < world->layout.poller_count; k++) {
            uint32_t other = world->layout.pollers[k].function;
            if (world->stages.of_function[other] != stage || (k != i && (tied >> other & 1) == 0))
                continue;
            order->of_poller[k] = (uint16_t)order->count;
            placed[k] = true;
        }
        order->count++;
    }
    if (!world->stages.generator_is_first && world->stages.of_generator == stage) {
        order->of_generator = (uint16_t)begun;
        order->count = begun + 1; /* a stage whose functions nobody invokes may be empty */
    }
}

void turns_arrange(const struct world *world, struct turn_order *order)
{
    memset(order, 0, sizeof *order);
    for (uint32_t stage = 0; stage < world->stages.count; stage++)
        arrange_stage(world, stage, order);
}
