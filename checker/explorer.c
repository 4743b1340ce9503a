#include "checker/explorer.h"

#include "checker/search.h"
#include "checker/search_checkpoint.h"
#include "checker/violation_classes.h"

#include <math.h>
#include <string.h>

static const char *const stop_texts[] = {
#define SEARCH_STOP_TEXT(stop, text) [stop] = (text),
    SEARCH_STOPS(SEARCH_STOP_TEXT)
#undef SEARCH_STOP_TEXT
};

const char *search_stop_text(enum search_stop stop) { return stop_texts[stop]; }

double search_miss_probability(uint64_t states)
{
    /* the birthday bound: a pair of states shares a fingerprint with probability 2^-64 */
    double n = (double)states;
    double bound = ldexp(n * (n - 1) / 2, -64);
    return bound < 1 ? bound : 1;
}

enum status search_no_memory(struct error *error)
{
    return error_set(error, STATUS_NO_MEMORY, "out of memory for the search");
}

const uint32_t *search_slots(struct search *search, const struct state_list *list, size_t index)
{
    const uint32_t *kept = state_list_slots(list, index);
    if (kept != NULL)
        return kept;
    state_tree_unfold(search->tree, visited_set_key(search->visited, list->items[index]),
                      &search->unfolded);
    return search->unfolded.slots;
}

bool search_key(struct search *search, const uint32_t *slots, struct state_key *key)
{
    key->hash = world_run_fingerprint(search->world, slots, 0, search->result->slot_count);
    key->key = key->hash;
    return search->options->fingerprints ||
           state_tree_find(search->tree, slots, &search->unfolded, &key->key) == TREE_FOUND;
}

uint32_t search_depth_of(const struct search *search, uint32_t state)
{
    uint32_t depth = 0;
    for (uint32_t parent = visited_set_state(search->visited, state).parent;
         parent != VISITED_NO_STATE; parent = visited_set_state(search->visited, parent).parent)
        depth++;
    return depth;
}

/* Merge in the states that reached this level by a fault and have the depth now explored. */
static enum status take_waiting(struct search *search, struct error *error)
{
    size_t end = search->depth < search->waiting_depths ? search->waiting_ends[search->depth]
                                                        : search->waiting.count;
    for (; search->waiting_position < end; search->waiting_position++) {
        uint32_t number = search->waiting.items[search->waiting_position];
        struct visited_state state = visited_set_state(search->visited, number);
        if (!state.waiting) /* something reached it without the fault */
            continue;
        state.waiting = false;
        visited_set_update(search->visited, number, state);
        if (!state_list_add(search->memory, &search->frontier, number,
                            state_list_slots(&search->waiting, search->waiting_position)))
            return search_no_memory(error);
    }
    return STATUS_OK;
}

enum search_stop search_should_stop(struct search *search)
{
    struct search_progress progress = {.states = visited_set_count(search->visited),
                                       .transitions = search->result->transitions,
                                       .frontier = search->frontier.count,
                                       .depth = search->depth,
                                       .faults = search->level};
    if (progress.states > search->options->states_max)
        return SEARCH_STATE_LIMIT;
    if (search->options->poll == NULL)
        return SEARCH_COMPLETE;
    return search->options->poll(search->options->context, &progress);
}

bool search_goes_on(const struct search *search)
{
    return search->options->go_on || search->classes != NULL;
}

/* A violation found can be believed to be the first once no cycle can come before it. */
static bool violation_is_first(const struct search *search)
{
    return search->result->violation.found && search->retried.count == 0 && !search_goes_on(search);
}

static bool outbid(const struct search *search)
{
    const struct search_options *options = search->options;
    return search->level > options->known_faults ||
           (search->level == options->known_faults && search->depth >= options->known_depth &&
            search->retried.count == 0);
}

/* One round, and a search checkpoint where it is time for one. */
static enum status explore_round(struct search *search, struct error *error)
{
    enum search_stop *stop = &search->result->stop;
    bool checkpoints = search->options->checkpoint != NULL;
    size_t count = search->frontier.count - search->position;
    if (count > SEARCH_ROUND_STATES)
        count = SEARCH_ROUND_STATES;
    if (checkpoints)
        search_checkpoint_mark(search);
    enum status status = search_round(search, search->position, count, stop, error);
    if (status != STATUS_OK || search->world->facts_changed)
        return status;
    if (*stop == SEARCH_COMPLETE) {
        search->position += count;
        *stop = search_should_stop(search);
        if (checkpoints)
            search_checkpoint_mark(search);
    }
    return checkpoints ? search->options->checkpoint(search->options->checkpoint_context, search,
                                                     *stop != SEARCH_COMPLETE, error)
                       : STATUS_OK;
}

/* All states of the frontier from the position on. Facts that changed are left for explore(). */
static enum status explore_frontier(struct search *search, struct error *error)
{
    while (search->position < search->frontier.count && search->result->stop == SEARCH_COMPLETE) {
        enum status status = explore_round(search, error);
        if (status != STATUS_OK || search->world->facts_changed)
            return status;
    }
    return STATUS_OK;
}

static enum status end_depth(struct search *search, struct error *error)
{
    void *ends = search->delayed_ends;
    /* no state of the next level is at depth 0 */
    while (search->delayed_depths <= search->depth + 1) {
        if (!memory_reserve(search->memory, &ends, &search->delayed_capacity,
                            search->delayed_depths + 1, sizeof *search->delayed_ends))
            return search_no_memory(error);
        search->delayed_ends = ends;
        search->delayed_ends[search->delayed_depths] =
            search->delayed_depths == search->depth + 1 || search->delayed_depths == 0
                ? search->delayed.count
                : search->delayed_ends[search->delayed_depths - 1];
        search->delayed_depths++;
    }
    return STATUS_OK;
}

/* Failures without a fault may have no end where there are that many retries. */
static void count_failures(struct search *search)
{
    struct world_facts *facts = &search->world->facts;
    if (facts->failures_counted || search->retried.count < SEARCH_RETRIES_MAX)
        return;
    facts->failures_counted = true;
    search->world->facts_changed = true;
}

/* All states of one level of faults, depth by depth. */
static enum status explore_level(struct search *search, struct error *error)
{
    for (;;) {
        enum status status = take_waiting(search, error);
        if (status != STATUS_OK)
            return status;
        if (search->frontier.count == 0 && search->waiting_position >= search->waiting.count)
            return STATUS_OK;
        if (outbid(search)) {
            search->result->stop = SEARCH_OUTBID;
            return STATUS_OK;
        }
        status = explore_frontier(search, error);
        if (status == STATUS_OK)
            count_failures(search);
        if (status == STATUS_OK && !search->world->facts_changed)
            status = end_depth(search, error);
        if (status != STATUS_OK || search->world->facts_changed ||
            search->result->stop != SEARCH_COMPLETE)
            return status;
        if (search->frontier.count > 0 && search->depth > search->result->depth)
            search->result->depth = search->depth;
        if (violation_is_first(search))
            return STATUS_OK;
        struct state_list done = search->frontier;
        search->frontier = search->next;
        search->next = done;
        search->next.count = 0;
        search->position = 0;
        search->depth++;
    }
}

/* Drop the states that something reached without the fault; the others begin the next level. */
static void begin_level(struct search *search)
{
    struct state_list *delayed = &search->delayed;
    size_t kept = 0;
    size_t depth = 0;
    for (size_t i = 0; i < delayed->count; i++) {
        while (depth < search->delayed_depths && search->delayed_ends[depth] <= i)
            search->delayed_ends[depth++] = kept;
        if (!visited_set_state(search->visited, delayed->items[i]).waiting)
            continue;
        delayed->items[kept] = delayed->items[i];
        if (delayed->width > 0)
            memmove(delayed->slots + kept * delayed->width, delayed->slots + i * delayed->width,
                    delayed->width * sizeof *delayed->slots);
        kept++;
    }
    while (depth < search->delayed_depths)
        search->delayed_ends[depth++] = kept;
    delayed->count = kept;

    struct state_list done = search->waiting;
    size_t *done_ends = search->waiting_ends;
    size_t done_capacity = search->waiting_capacity;
    search->waiting = search->delayed;
    search->waiting_ends = search->delayed_ends;
    search->waiting_depths = search->delayed_depths;
    search->waiting_capacity = search->delayed_capacity;
    search->delayed = done;
    search->delayed.count = 0;
    search->delayed_ends = done_ends;
    search->delayed_capacity = done_capacity;
    search->delayed_depths = 0;
    search->waiting_position = 0;
    search->retried.count = 0;
    search->frontier.count = 0;
    search->next.count = 0;
    search->position = 0;
    for (uint32_t i = 0; i < VISITED_PARTITIONS; i++)
        search->level_counts[i] = visited_set_partition_count(search->visited, i);
    if (search->options->coverage != NULL)
        coverage_end_level(search->options->coverage, expansion_memo_count(search->memo));
    search->level++;
    search->depth = 0;
}

static void release(struct search *search)
{
    struct memory *memory = search->memory;
    round_destroy(search);
    if (search->tree != NULL)
        unfolded_state_release(&search->unfolded, search->tree, memory);
    visited_set_destroy(search->visited);
    state_tree_destroy(search->tree);
    expansion_memo_destroy(search->memo);
    search->visited = NULL;
    search->tree = NULL;
    search->memo = NULL;
    memory_free(memory, search->waiting_ends,
                search->waiting_capacity * sizeof *search->waiting_ends);
    memory_free(memory, search->delayed_ends,
                search->delayed_capacity * sizeof *search->delayed_ends);
    search->waiting_ends = NULL;
    search->delayed_ends = NULL;
    search->waiting_capacity = 0;
    search->delayed_capacity = 0;
    search->waiting_depths = 0;
    search->delayed_depths = 0;
    state_list_release(memory, &search->frontier);
    state_list_release(memory, &search->next);
    state_list_release(memory, &search->waiting);
    state_list_release(memory, &search->delayed);
    state_list_release(memory, &search->retried);
}

static enum status add_initial_state(struct search *search, struct error *error)
{
    uint16_t slot_count = search->world->layout.slot_count;
    uint32_t *slots = memory_allocate_zeroed(search->memory, slot_count, sizeof *slots);
    if (slots == NULL)
        return search_no_memory(error);
    if (search->options->initial != NULL)
        memcpy(slots, search->options->initial, slot_count * sizeof *slots);
    else
        world_initial_state(search->world, slots);
    uint64_t hash = world_run_fingerprint(search->world, slots, 0, slot_count);
    uint64_t key = hash;
    uint32_t number = 0;
    bool added = (search->options->fingerprints ||
                  state_tree_add(search->tree, slots, &search->unfolded, &key) == TREE_FOUND) &&
                 visited_set_insert(search->visited, key, hash,
                                    (struct visited_state){.parent = VISITED_NO_STATE},
                                    &number) == VISITED_NEW &&
                 state_list_add(search->memory, &search->frontier, number, slots);
    memory_free(search->memory, slots, slot_count * sizeof *slots);
    return added ? STATUS_OK : search_no_memory(error);
}

static uint64_t fingerprint(const void *context, const uint32_t *slots, uint32_t first,
                            uint32_t count)
{
    return world_run_fingerprint(context, slots, first, count);
}

/* Go on from where a search checkpoint was written; it is read once. */
static enum status resume(struct search *search, struct error *error)
{
    struct archive *archive = search->resumed;
    search->resumed = NULL;
    search_checkpoint_archive(search, archive);
    return archive_finish(archive, error);
}

static enum status begin(struct search *search, struct error *error)
{
    struct world *world = search->world;
    release(search);
    search->visited = visited_set_create(search->memory);
    search->tree = state_tree_create(search->memory, world->layout.group_ends,
                                     world->layout.group_count, fingerprint, world);
    search->memo = expansion_memo_create(world);
    search->round = round_create(search->memory, workers_count(search->workers));
    if (search->visited == NULL || search->tree == NULL || search->memo == NULL ||
        search->round == NULL ||
        !unfolded_state_init(&search->unfolded, search->tree, search->memory))
        return search_no_memory(error);
    uint32_t width = search->options->fingerprints ? world->layout.slot_count : 0;
    search->frontier.width = width;
    search->next.width = width;
    search->waiting.width = width;
    search->delayed.width = width;
    search->retried.width = width;
    search->waiting_position = 0;
    search->position = 0;
    memset(search->level_counts, 0, sizeof search->level_counts);
    search->level = 0;
    search->depth = 0;
    search->limit_left_states = false;
    search->cut_attempts = 0;
    if (search->options->diagnosis != NULL)
        diagnosis_clear(search->options->diagnosis);
    if (search->options->coverage != NULL)
        coverage_begin_search(search->options->coverage);
    if (search->classes != NULL)
        violation_classes_clear(search->classes);
    *search->result = (struct search_result){
        .memory = search->memory, .levels = UINT32_MAX, .slot_count = world->layout.slot_count};
    return search->resumed != NULL ? resume(search, error) : add_initial_state(search, error);
}

/* Level after level until one adds no state, a violation is found or a limit is reached. */
static enum status explore_levels(struct search *search, struct error *error)
{
    struct search_result *result = search->result;
    for (;;) {
        enum status status = explore_level(search, error);
        if (status != STATUS_OK || search->world->facts_changed ||
            result->stop != SEARCH_COMPLETE || violation_is_first(search))
            return status;
        status = search_judge_cycles(search, error);
        if (status != STATUS_OK || (result->violation.found && !search_goes_on(search)))
            return status;
        result->levels = search->level;
        if (search->delayed.count == 0) {
            result->saturated = !search->limit_left_states;
            result->stop = result->saturated ? SEARCH_COMPLETE : SEARCH_FAULT_LIMIT;
            return STATUS_OK;
        }
        if (search->classes != NULL && result->violation.found &&
            search->level >= search->options->fault_limit_violated) {
            result->stop = SEARCH_FAULT_LIMIT;
            return STATUS_OK;
        }
        begin_level(search);
    }
}

/* The best violation of each class, with its path, to whoever asked for them. */
static enum status report_classes(struct search *search, struct error *error)
{
    struct search_result *result = search->result;
    const struct search_violation best = result->violation;
    size_t count = 0;
    const struct search_violation *violations = violation_classes_sort(search->classes, &count);
    enum status status = STATUS_OK;
    result->classes_left_out = !violation_classes_complete(search->classes);
    for (size_t i = 0; status == STATUS_OK && best.found && i < count; i++) {
        result->violation = violations[i];
        result->violation.found = true;
        status = search_trace_path(search, error);
        if (status == STATUS_OK)
            status = search->options->on_violation(search->options->violation_context,
                                                   search->world, result, error);
        search_result_release(result);
    }
    result->violation = best;
    if (status != STATUS_NO_MEMORY)
        return status;
    result->classes_left_out = true;
    return STATUS_OK;
}

enum status explore(struct world *world, const struct search_options *options,
                    struct search_result *result, struct error *error)
{
    struct search search = {
        .world = world, .options = options, .result = result, .memory = world->memory};
    search.resumed = options->resumed;
    *result = (struct search_result){.memory = world->memory};
    enum status status = workers_create(world->memory, options->workers == 0 ? 1 : options->workers,
                                        &search.workers, error);
    if (status != STATUS_OK)
        return status;
    transition_list_init(&search.transitions, world);
    if (options->on_violation != NULL) {
        search.classes = violation_classes_create(world);
        if (search.classes == NULL)
            status = search_no_memory(error);
    }
    while (status == STATUS_OK) {
        world->facts_changed = false;
        status = begin(&search, error);
        if (status == STATUS_OK)
            status = explore_levels(&search, error);
        if (!world->facts_changed || options->initial != NULL)
            break;
    }
    if (status == STATUS_OK && world->facts_changed) {
        result->stop = SEARCH_VOID;
        result->violation.found = false;
    }
    world->facts_changed = false;
    if (status == STATUS_NO_MEMORY && search.visited != NULL) {
        result->stop = SEARCH_MEMORY_LIMIT;
        status = STATUS_OK;
    }
    if (search.visited != NULL) {
        result->states = visited_set_count(search.visited);
        result->bytes = visited_set_bytes(search.visited);
    }
    if (search.tree != NULL)
        result->bytes += state_tree_bytes(search.tree);
    if (status == STATUS_OK && options->coverage != NULL && search.memo != NULL)
        status = coverage_collect(options->coverage, world, search.memo, result->saturated,
                                  result->depth, error);
    if (status == STATUS_OK && search.classes != NULL)
        status = report_classes(&search, error);
    if (status == STATUS_OK && result->violation.found)
        status = search_trace_path(&search, error);
    release(&search);
    transition_list_release(&search.transitions);
    violation_classes_destroy(search.classes);
    workers_destroy(search.workers);
    return status;
}

void search_result_release(struct search_result *result)
{
    size_t states = (result->path_length + 1) * result->slot_count;
    memory_free(result->memory, result->path_slots, states * sizeof *result->path_slots);
    memory_free(result->memory, result->path_actions,
                (result->path_length + 1) * sizeof *result->path_actions);
    result->path_slots = NULL;
    result->path_actions = NULL;
}
