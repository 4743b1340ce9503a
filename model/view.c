#include "model/view.h"

#include "model/service.h"
#include "model/time_to_live.h"

#include <string.h>

enum {
    PARTS_MAX = 3 * WORLD_POLLERS_MAX + 1,
    /* the generator, each poller, and a stage with the generator that may have none */
    GROUPS_MAX = WORLD_POLLERS_MAX + 2,
    VIEW_NONE = 0
};

/* Views that do not depend on a node. */
enum fixed_view {
    FIXED_IDLE,
    FIXED_WAITING,
    FIXED_ENDED,
    FIXED_INTERRUPTED,
    FIXED_DELETIONS,
    FIXED_VIEW_COUNT
};

/* The views of a poller's invocation, by node; VIEW_NONE: not made yet. */
struct node_views {
    uint32_t *numbers;
    size_t size;
};

struct views {
    struct world *world;
    struct memory *memory;
    struct expansion_part parts[PARTS_MAX];
    uint32_t group_ends[GROUPS_MAX];
    uint32_t group_count;
    uint32_t fixed[WORLD_POLLERS_MAX][FIXED_VIEW_COUNT];
    uint32_t generator;
    struct node_views by_node[WORLD_POLLERS_MAX];
    struct view *views; /* views[0] is unused */
    size_t count;
    size_t capacity;
    bool interrupts_running; /* kinds of faults are on that befall running invocations */
    bool interrupts_waiting; /* or pollers that run none */
    bool *seen;              /* the slots of the view being made */
    bool failed;
};

static void look(struct views *views, uint16_t slot)
{
    if (slot != WORLD_NO_SLOT)
        views->seen[slot] = true;
}

/* The log's length is counted from its base, which is where its slowest poller stands. */
static void look_at_log(struct views *views, uint32_t log)
{
    const struct world *world = views->world;
    look(views, world->layout.logs[log].slot);
    for (uint32_t i = 0; world->drop_dead_data && i < world->layout.poller_count; i++) {
        if (world->layout.pollers[i].log == log)
            look(views, world->layout.pollers[i].checkpoint_slot);
    }
}

static void look_at_batch(struct views *views, const struct poller_layout *poller)
{
    look(views, poller->checkpoint_slot);
    look_at_log(views, poller->log);
}

/* An invocation may start in any that its function has left. */
static void look_at_containers(struct views *views, const struct poller_layout *poller)
{
    const struct world *world = views->world;
    look(views, poller->container_slot);
    if (!world->facts.remembers[poller->function])
        return;
    for (uint32_t i = 0; i < world->layout.poller_count; i++) {
        if (world->layout.pollers[i].function == poller->function)
            look(views, world->layout.pollers[i].container_slot);
    }
}

static void look_at_poller(struct views *views, const struct poller_layout *poller)
{
    const struct world *world = views->world;
    look(views, poller->batch_slot);
    look(views, poller->node_slot);
    look(views, poller->attempt_slot);
    look(views, poller->failures_slot);
    look_at_containers(views, poller);
    look(views, poller->batches_slot);
    look(views, poller->retries_slot);
    look(views, poller->pieces_slot);
    look(views, poller->failed_slot);
    look(views, world->layout.clock_slots[poller->function]);
    for (size_t i = 0; i < FAULT_KIND_COUNT; i++)
        look(views, world->layout.cap_slots[i]);
    /* a clock rests some time after the records and tokens it can be compared with */
    if (!world->facts.time_passes)
        return;
    look_at_batch(views, poller);
    if (world->facts.footprints.sends_tokens[poller->function])
        look(views, world->layout.tokens_slot);
}

static void look_at_stream(struct views *views, uint32_t table)
{
    const struct layout *layout = &views->world->layout;
    look(views, layout->place_slots[table]);
    if (layout->table_logs[table] < 0)
        return;
    for (uint32_t i = 0; i < views->world->pipeline->tables[table].stream_shards; i++)
        look_at_log(views, (uint32_t)layout->table_logs[table] + i);
}

/* The streams that the function puts records into, of all that are known: a call that finds another
 * one voids the search. */
static void look_at_puts(struct views *views, uint32_t function)
{
    const struct world *world = views->world;
    for (uint32_t i = 0; i < world->pipeline->stream_count; i++) {
        uint32_t first = (uint32_t)world->layout.stream_logs[i];
        if (world->facts.footprints.puts[function][i])
            look(views, world->layout.stream_place_slots[i]);
        for (uint32_t j = 0; world->facts.footprints.puts[function][i] &&
                             j < world->pipeline->streams[i].shard_count;
             j++)
            look_at_log(views, first + j);
    }
}

/* The tables that the function works on. */
static void look_at_tables(struct views *views, uint32_t function)
{
    const struct world *world = views->world;
    for (uint32_t i = 0; i < world->pipeline->table_count; i++) {
        if (world->facts.footprints.touched[function][i] != 0)
            look(views, world->layout.table_slots[i]);
    }
}

static void look_at_call(struct views *views, const struct poller_layout *poller,
                         const struct handler_step *step)
{
    struct world *world = views->world;
    const struct layout *layout = &world->layout;
    uint64_t tables = service_call_tables(world, step);
    bool writes = service_call_writes(world, step);
    bool places = false;
    for (uint32_t i = 0; i < world->pipeline->table_count; i++) {
        if ((tables >> i & 1) == 0)
            continue;
        look(views, layout->table_slots[i]);
        look(views, layout->before_slots[i]);
        if (!writes)
            continue;
        look_at_stream(views, i);
        places = places || layout->place_slots[i] != WORLD_NO_SLOT;
    }
    if (service_call_is_kinesis(world, step)) {
        look_at_puts(views, poller->function);
        return;
    }
    if (service_call_has_token(world, step)) {
        look(views, layout->tokens_slot);
        look(views, poller->checkpoint_slot);
    }
    /* whether chance chose a key shows in what the call for a perturbed event writes */
    if (places)
        look_at_tables(views, poller->function);
}

/* The arrival of a write: whichever of those that the function makes. */
static void look_at_late_write(struct views *views, const struct poller_layout *poller)
{
    const struct world *world = views->world;
    if (poller->late_slot == WORLD_NO_SLOT)
        return;
    look(views, poller->late_slot);
    look_at_puts(views, poller->function);
    look(views, world->layout.tokens_slot);
    for (uint32_t i = 0; i < world->pipeline->table_count; i++) {
        if (world->facts.footprints.touched[poller->function][i] == 0)
            continue;
        look(views, world->layout.table_slots[i]);
        look(views, world->layout.before_slots[i]);
        look_at_stream(views, i);
    }
}

/* Turn what has been seen into a view; VIEW_NONE: no memory. */
static uint32_t make_view(struct views *views)
{
    uint32_t slot_count = views->world->layout.slot_count;
    uint32_t count = 0;
    for (uint32_t i = 0; i < slot_count; i++)
        count += views->seen[i] ? 1 : 0;
    uint16_t *slots = memory_allocate(views->memory, (count + 1) * sizeof *slots);
    void *all = views->views;
    if (slots == NULL || !memory_reserve(views->memory, &all, &views->capacity, views->count + 1,
                                         sizeof *views->views)) {
        memory_free(views->memory, slots, (count + 1) * sizeof *slots);
        views->failed = true;
        return VIEW_NONE;
    }
    views->views = all;
    uint32_t added = 0;
    for (uint32_t i = 0; i < slot_count; i++) {
        if (views->seen[i])
            slots[added++] = (uint16_t)i;
    }
    memset(views->seen, 0, slot_count * sizeof *views->seen);
    views->views[views->count] = (struct view){.slots = slots, .count = count};
    return (uint32_t)views->count++;
}

/* The items that expire, and what tells that they have. */
static void make_view_of_deletions(struct views *views, uint32_t index)
{
    const struct world *world = views->world;
    for (uint32_t t = 0; t < world->pipeline->table_count; t++) {
        if (!time_to_live_is_of(world, (uint16_t)index, t))
            continue;
        look(views, world->layout.table_slots[t]);
        look(views, world->layout.before_slots[t]);
        look_at_stream(views, t);
        for (uint32_t f = 0; f < world->pipeline->function_count; f++) {
            if (world->facts.footprints.touched[f][t] != 0)
                look(views, world->layout.clock_slots[f]);
        }
    }
    views->fixed[index][FIXED_DELETIONS] = make_view(views);
}

static void make_fixed_views(struct views *views, uint32_t index)
{
    const struct world *world = views->world;
    const struct poller_layout *poller = &world->layout.pollers[index];
    make_view_of_deletions(views, index);
    for (int i = 0; i < FIXED_DELETIONS; i++) {
        look_at_poller(views, poller);
        look_at_batch(views, poller);
        /* reserved concurrency: who else runs */
        for (uint32_t k = 0; i == FIXED_WAITING && k < world->layout.poller_count; k++) {
            if (world->layout.pollers[k].function == poller->function)
                look(views, world->layout.pollers[k].node_slot);
        }
        /* tokens end with their batch */
        if (i == FIXED_ENDED && world->facts.footprints.sends_tokens[poller->function])
            look(views, world->layout.tokens_slot);
        /* whether a batch that fails has anything new to see: see model/lasting_failure.c */
        if (i == FIXED_ENDED && world->facts.failures_counted)
            look_at_tables(views, poller->function);
        if (i == FIXED_INTERRUPTED)
            look_at_late_write(views, poller);
        views->fixed[index][i] = make_view(views);
    }
}

static void make_generator_view(struct views *views)
{
    const struct layout *layout = &views->world->layout;
    uint32_t stream = views->world->workload->stream;
    look(views, layout->generator_slot);
    look(views, layout->cap_slots[FAULT_PUT_FAILURE]);
    for (uint32_t i = 0; i < views->world->pipeline->streams[stream].shard_count; i++)
        look_at_log(views, (uint32_t)layout->stream_logs[stream] + i);
    views->generator = make_view(views);
}

static void add_pollers(struct views *views, uint32_t group, uint32_t *parts)
{
    const struct world *world = views->world;
    bool interrupts = views->interrupts_running || views->interrupts_waiting;
    for (uint16_t i = 0; i < world->layout.poller_count; i++) {
        if (world->stage_order && world->order.of_poller[i] != group)
            continue;
        views->parts[(*parts)++] = (struct expansion_part){.poller = i};
        if (interrupts)
            views->parts[(*parts)++] = (struct expansion_part){.poller = i, .interruptions = true};
        if (time_to_live_is_of_any(world, i))
            views->parts[(*parts)++] = (struct expansion_part){.poller = i, .deletions = true};
    }
}

static void make_groups(struct views *views)
{
    const struct expansion_part generator = {.poller = ACTION_NO_POLLER};
    const struct turn_order *order = &views->world->order;
    bool generator_is_first = views->world->stages.generator_is_first;
    uint32_t parts = 0;
    if (!views->world->stage_order) {
        views->parts[parts++] = generator;
        add_pollers(views, 0, &parts);
        views->group_ends[views->group_count++] = parts;
        return;
    }
    if (generator_is_first)
        views->parts[parts++] = generator;
    views->group_ends[views->group_count++] = parts;
    for (uint32_t group = 0; group < order->count; group++) {
        if (!generator_is_first && order->of_generator == group)
            views->parts[parts++] = generator;
        add_pollers(views, group, &parts);
        views->group_ends[views->group_count++] = parts;
    }
}

struct views *views_create(struct world *world)
{
    struct views *views = memory_allocate_zeroed(world->memory, 1, sizeof *views);
    if (views == NULL)
        return NULL;
    views->world = world;
    views->memory = world->memory;
    const bool *enabled = world->faults->enabled;
    views->interrupts_running = enabled[FAULT_CRASH] || enabled[FAULT_TIMEOUT];
    views->interrupts_waiting = enabled[FAULT_LATE_WRITE] || enabled[FAULT_REBATCH] ||
                                enabled[FAULT_REDELIVER] || enabled[FAULT_DELAY];
    views->seen =
        memory_allocate_zeroed(world->memory, world->layout.slot_count, sizeof *views->seen);
    if (views->seen == NULL) {
        views_destroy(views);
        return NULL;
    }
    (void)make_view(views); /* VIEW_NONE */
    make_generator_view(views);
    for (uint32_t i = 0; i < world->layout.poller_count; i++)
        make_fixed_views(views, i);
    make_groups(views);
    if (views->failed) {
        views_destroy(views);
        return NULL;
    }
    return views;
}

void views_destroy(struct views *views)
{
    if (views == NULL)
        return;
    for (size_t i = 0; i < views->count; i++) {
        struct view *view = &views->views[i];
        size_t size = (view->count + 1) * sizeof *view->slots;
        memory_free(views->memory, view->slots, size);
    }
    for (size_t i = 0; i < WORLD_POLLERS_MAX; i++)
        memory_free(views->memory, views->by_node[i].numbers,
                    views->by_node[i].size * sizeof *views->by_node[i].numbers);
    memory_free(views->memory, views->views, views->capacity * sizeof *views->views);
    memory_free(views->memory, views->seen, views->world->layout.slot_count * sizeof *views->seen);
    memory_free(views->memory, views, sizeof *views);
}

uint32_t views_group_count(const struct views *views) { return views->group_count; }

uint32_t views_group_end(const struct views *views, uint32_t group)
{
    return views->group_ends[group];
}

struct expansion_part views_part(const struct views *views, uint32_t part)
{
    return views->parts[part];
}

enum view_result views_find(const struct views *views, uint32_t part, const uint32_t *state,
                            uint32_t *number)
{
    struct expansion_part which = views->parts[part];
    *number = views->generator;
    if (which.poller == ACTION_NO_POLLER)
        return VIEW_KNOWN;
    const struct poller_layout *poller = &views->world->layout.pollers[which.poller];
    const uint32_t *fixed = views->fixed[which.poller];
    uint32_t node = state[poller->node_slot];
    if (which.deletions) {
        *number = fixed[FIXED_DELETIONS];
        return VIEW_KNOWN;
    }
    if (which.interruptions) {
        *number = fixed[FIXED_INTERRUPTED];
        return node == HANDLER_NODE_NONE && !views->interrupts_waiting ? VIEW_NOTHING : VIEW_KNOWN;
    }
    if (node < HANDLER_NODE_FIRST) {
        bool idle = state[poller->batch_slot] == 0;
        *number = fixed[idle                        ? FIXED_IDLE
                        : node == HANDLER_NODE_NONE ? FIXED_WAITING
                                                    : FIXED_ENDED];
        return VIEW_KNOWN;
    }
    const struct node_views *by_node = &views->by_node[which.poller];
    *number = node < by_node->size ? by_node->numbers[node] : VIEW_NONE;
    return *number == VIEW_NONE ? VIEW_UNKNOWN : VIEW_KNOWN;
}

/* Room for `node` in a poller's table. */
static bool make_room(struct views *views, struct node_views *by_node, uint32_t node)
{
    if (node < by_node->size)
        return true;
    size_t size = by_node->size == 0 ? 64 : by_node->size;
    while (size <= node)
        size *= 2;
    uint32_t *numbers = memory_resize(views->memory, by_node->numbers,
                                      by_node->size * sizeof *numbers, size * sizeof *numbers);
    if (numbers == NULL)
        return false;
    memset(numbers + by_node->size, 0, (size - by_node->size) * sizeof *numbers);
    *by_node = (struct node_views){.numbers = numbers, .size = size};
    return true;
}

enum status views_learn(struct views *views, uint32_t part, const uint32_t *state, uint32_t *number,
                        struct error *error)
{
    enum view_result result = views_find(views, part, state, number);
    CHECK(result != VIEW_NOTHING);
    if (result == VIEW_KNOWN)
        return STATUS_OK;
    uint16_t index = views->parts[part].poller;
    struct world *world = views->world;
    const struct poller_layout *poller = &world->layout.pollers[index];
    uint32_t node = state[poller->node_slot];
    const struct handler_step *step = handler_tree_step(world->trees[poller->function], node);
    look_at_poller(views, poller);
    if (step->kind == HANDLER_CALL)
        look_at_call(views, poller, step);
    *number = make_view(views);
    if (*number == VIEW_NONE || !make_room(views, &views->by_node[index], node))
        return error_set(error, STATUS_NO_MEMORY, "out of memory for views");
    views->by_node[index].numbers[node] = *number;
    return STATUS_OK;
}

const struct view *views_get(const struct views *views, uint32_t number)
{
    return &views->views[number];
}
