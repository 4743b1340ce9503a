#include "checker/coverage.h"

#include "model/call_faults.h"
#include "model/service.h"

#include <string.h>

static const struct {
    enum fault_kind fault;
    const char *text;
} outcomes[] = {
#define COVERAGE_ROW(outcome, kind, name) [outcome] = {.fault = (kind), .text = (name)},
    COVERAGE_OUTCOMES(COVERAGE_ROW)
#undef COVERAGE_ROW
};

static const char *const sort_names[] = {
#define COVERAGE_NAME(sort, name) [sort] = (name),
    COVERAGE_SORTS(COVERAGE_NAME)
#undef COVERAGE_NAME
};

enum fault_kind coverage_outcome_fault(enum coverage_outcome outcome)
{
    return outcomes[outcome].fault;
}

const char *coverage_outcome_text(enum coverage_outcome outcome) { return outcomes[outcome].text; }

const char *coverage_sort_name(enum coverage_sort sort) { return sort_names[sort]; }

void coverage_init(struct coverage *coverage, struct memory *memory, struct value_store *store)
{
    *coverage = (struct coverage){.memory = memory, .store = store};
    id_map_init(&coverage->count_index, memory);
    id_map_init(&coverage->node_index, memory);
}

void coverage_release(struct coverage *coverage)
{
    struct memory *memory = coverage->memory;
    if (memory == NULL)
        return;
    memory_free(memory, coverage->calls, coverage->call_capacity * sizeof *coverage->calls);
    memory_free(memory, coverage->counts, coverage->count_capacity * sizeof *coverage->counts);
    memory_free(memory, coverage->nodes, coverage->node_capacity * sizeof *coverage->nodes);
    memory_free(memory, coverage->level_ends,
                coverage->level_capacity * sizeof *coverage->level_ends);
    id_map_release(&coverage->count_index);
    id_map_release(&coverage->node_index);
    *coverage = (struct coverage){.memory = NULL};
}

void coverage_begin_search(struct coverage *coverage) { coverage->level_count = 0; }

void coverage_end_level(struct coverage *coverage, size_t situations)
{
    void *ends = coverage->level_ends;
    if (!memory_reserve(coverage->memory, &ends, &coverage->level_capacity,
                        coverage->level_count + 1, sizeof *coverage->level_ends)) {
        coverage->incomplete = true;
        return;
    }
    coverage->level_ends = ends;
    coverage->level_ends[coverage->level_count++] = situations;
}

static uint64_t count_key(enum coverage_sort sort, uint32_t function, uint32_t call,
                          struct value name)
{
    return (uint64_t)sort << 56 | (uint64_t)function << 48 | (uint64_t)call << 32 | name.id;
}

bool coverage_move(struct coverage *coverage, struct value_store *store)
{
    bool moved = true;
    coverage->store = store;
    coverage->node_count = 0;
    id_map_clear(&coverage->node_index);
    id_map_clear(&coverage->count_index);
    for (uint32_t i = 0; moved && i < coverage->count_count; i++) {
        const struct coverage_count *count = &coverage->counts[i];
        moved = id_map_put(&coverage->count_index,
                           count_key(count->sort, count->function, count->call, count->name), i);
    }
    return moved;
}

bool coverage_add(struct coverage *coverage, enum coverage_sort sort, uint32_t function,
                  uint32_t call, struct value name)
{
    uint32_t index = 0;
    uint64_t key = count_key(sort, function, call, name);
    if (value_is_none(name))
        return false;
    if (id_map_find(&coverage->count_index, key, &index)) {
        coverage->counts[index].count++;
        return true;
    }
    void *counts = coverage->counts;
    if (!memory_reserve(coverage->memory, &counts, &coverage->count_capacity,
                        coverage->count_count + 1, sizeof *coverage->counts))
        return false;
    coverage->counts = counts;
    if (!id_map_put(&coverage->count_index, key, (uint32_t)coverage->count_count))
        return false;
    coverage->counts[coverage->count_count++] = (struct coverage_count){
        .sort = sort, .function = function, .call = call, .name = name, .count = 1};
    return true;
}

/* --- calls --- */

static uint32_t forms_possible(struct world *world, const struct handler_step *step)
{
    static const struct {
        enum fault_kind fault;
        uint32_t form;
        enum coverage_outcome outcome;
    } forms[] = {
        {FAULT_THROTTLE, 0, COVERAGE_THROTTLED},
        {FAULT_THROTTLE, 1, COVERAGE_THROTTLED_PARTLY},
        {FAULT_SERVER_ERROR, 0, COVERAGE_ERROR_NOT_APPLIED},
        {FAULT_SERVER_ERROR, 1, COVERAGE_ERROR_APPLIED},
        {FAULT_SERVER_ERROR, 2, COVERAGE_ERROR_ONCE},
        {FAULT_LOST_RESPONSE, 0, COVERAGE_LOST_BY_TIMEOUT},
        {FAULT_LOST_RESPONSE, 1, COVERAGE_LOST_BY_CLOSING},
        {FAULT_TRANSACTION_CONFLICT, 0, COVERAGE_CONFLICT},
        {FAULT_STALE_READ, 0, COVERAGE_STALE_READ},
    };
    uint32_t possible = 0;
    struct call_fault ignored;
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (call_fault_find(world, step, forms[i].fault, forms[i].form, &ignored))
            possible |= UINT32_C(1) << forms[i].outcome;
    }
    if (service_call_writes(world, step))
        possible |= UINT32_C(1) << COVERAGE_CRASH_BEFORE | UINT32_C(1) << COVERAGE_CRASH_AFTER |
                    UINT32_C(1) << COVERAGE_TIMEOUT_BEFORE | UINT32_C(1) << COVERAGE_TIMEOUT_AFTER |
                    UINT32_C(1) << COVERAGE_LATE_WRITE | UINT32_C(1) << COVERAGE_REBATCH_AFTER;
    return possible;
}

/* "PutItem" of "DynamoDB_20120810.PutItem". */
static struct value operation_of(struct world *world, const struct handler_step *step)
{
    const char *target = value_bytes(world->store, step->target, NULL);
    const char *point = strchr(target, '.');
    return value_text(world->store, point == NULL ? target : point + 1);
}

static struct value tables_of(struct world *world, const struct handler_step *step)
{
    uint64_t tables = service_call_tables(world, step);
    struct text names;
    text_init(&names, world->memory);
    for (size_t i = 0; i < world->pipeline->table_count; i++) {
        if ((tables >> i & 1) == 0)
            continue;
        text_append_string(&names, names.length > 0 ? ", " : "");
        text_append_string(&names, world->pipeline->tables[i].name);
    }
    struct value value =
        text_failed(&names) ? VALUE_NONE : value_text(world->store, text_string(&names));
    text_release(&names);
    return value;
}

uint32_t coverage_call_of(struct coverage *coverage, struct world *world, uint32_t function,
                          uint32_t node)
{
    const struct handler_step *step = handler_tree_step(world->trees[function], node);
    struct coverage_call call = {.function = function,
                                 .operation = operation_of(world, step),
                                 .tables = tables_of(world, step),
                                 .file = step->file,
                                 .line = step->line,
                                 .writes = service_call_writes(world, step),
                                 .possible = forms_possible(world, step)};
    if (value_is_none(call.file))
        call.file = value_text(world->store, "");
    if (value_is_none(call.operation) || value_is_none(call.tables) || value_is_none(call.file))
        return COVERAGE_NO_CALL;
    for (uint32_t i = 0; i < coverage->call_count; i++) {
        struct coverage_call *known = &coverage->calls[i];
        if (known->function != function || known->line != call.line ||
            !value_equal(known->operation, call.operation) ||
            !value_equal(known->tables, call.tables) || !value_equal(known->file, call.file))
            continue;
        known->possible |= call.possible;
        return i;
    }
    if (coverage->call_count == COVERAGE_CALLS_MAX)
        return COVERAGE_CALLS_MAX - 1;
    void *calls = coverage->calls;
    if (!memory_reserve(coverage->memory, &calls, &coverage->call_capacity,
                        coverage->call_count + 1, sizeof *coverage->calls))
        return COVERAGE_NO_CALL;
    coverage->calls = calls;
    coverage->calls[coverage->call_count] = call;
    return (uint32_t)coverage->call_count++;
}

bool coverage_note_not_followed(struct coverage *coverage, const struct world *world,
                                const uint32_t *slots, const struct action *action, uint32_t level)
{
    if (action->poller == ACTION_NO_POLLER ||
        (action->fault != FAULT_CRASH && action->fault != FAULT_TIMEOUT))
        return true;
    const struct poller_layout *layout = &world->layout.pollers[action->poller];
    uint32_t node = slots[layout->node_slot];
    struct coverage_node *known = coverage_note_node(coverage, layout->function, node, level);
    if (known == NULL)
        return false;
    if (action->fault == FAULT_CRASH)
        known->crashed++;
    else
        known->timed_out++;
    return true;
}

bool coverage_followed_level(const struct coverage *coverage, struct remembered_expansion expansion,
                             uint32_t *level)
{
    *level = UINT32_MAX;
    for (uint32_t i = expansion.first; i < expansion.first + expansion.count; i++) {
        uint32_t mark = coverage->followed[i];
        if (mark > 0 && mark - 1 < *level)
            *level = mark - 1;
    }
    return *level != UINT32_MAX;
}

struct coverage_node *coverage_note_node(struct coverage *coverage, uint32_t function,
                                         uint32_t node, uint32_t level)
{
    uint32_t index = 0;
    uint64_t key = (uint64_t)function << 32 | node;
    if (id_map_find(&coverage->node_index, key, &index)) {
        struct coverage_node *known = &coverage->nodes[index];
        known->level = level < known->level ? level : known->level;
        return known;
    }
    void *nodes = coverage->nodes;
    if (!memory_reserve(coverage->memory, &nodes, &coverage->node_capacity,
                        coverage->node_count + 1, sizeof *coverage->nodes))
        return NULL;
    coverage->nodes = nodes;
    if (!id_map_put(&coverage->node_index, key, (uint32_t)coverage->node_count))
        return NULL;
    struct coverage_node *added = &coverage->nodes[coverage->node_count++];
    *added = (struct coverage_node){
        .function = function, .node = node, .level = level, .call = COVERAGE_NO_CALL};
    return added;
}

void coverage_archive(struct coverage *coverage, struct archive *archive)
{
    struct memory *memory = coverage->memory;
    void *calls = coverage->calls;
    void *counts = coverage->counts;
    void *nodes = coverage->nodes;
    void *ends = coverage->level_ends;
    archive_array(archive, memory, &calls, &coverage->call_count, &coverage->call_capacity,
                  sizeof *coverage->calls);
    coverage->calls = calls;
    archive_array(archive, memory, &counts, &coverage->count_count, &coverage->count_capacity,
                  sizeof *coverage->counts);
    coverage->counts = counts;
    id_map_archive(&coverage->count_index, archive);
    archive_array(archive, memory, &nodes, &coverage->node_count, &coverage->node_capacity,
                  sizeof *coverage->nodes);
    coverage->nodes = nodes;
    id_map_archive(&coverage->node_index, archive);
    ARCHIVE(archive, coverage->attempts_shown);
    archive_array(archive, memory, &ends, &coverage->level_count, &coverage->level_capacity,
                  sizeof *coverage->level_ends);
    coverage->level_ends = ends;
    ARCHIVE(archive, coverage->depth);
    ARCHIVE(archive, coverage->levels);
    ARCHIVE(archive, coverage->situations);
    ARCHIVE(archive, coverage->incomplete);
}
