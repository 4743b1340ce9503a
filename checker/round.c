/* One round of the search: a slice of the frontier, expanded by all workers.
 *
 * 1. Workers share out chunks of states. What is remembered (transitions, pairs of the state tree,
 *    outcomes) is only read, so a state either yields all its transitions, as records sorted into
 *    the visited set's partitions, or is put aside because something is not known yet.
 * 2. The states put aside are expanded one after the other, and what they teach is remembered. Only
 *    here functions run, services answer and values are made.
 * 3. Workers share out the partitions, and insert each one's records in the order of the chunks.
 *
 * Which states are put aside depends on what was known before the round, and the order in each step
 * on the frontier alone: so numbers, parents and counts are the same for any number of workers. */
#include "checker/round.h"

#include <string.h>

enum { BLOCK_VIEWS_MAX = 64 };

/* One state being expanded, by a worker or, if `learns`, by the thread that may add. */
struct expanding {
    struct search *search;
    struct chunk *chunk;
    struct worker_state *worker;
    const uint32_t *slots;
    struct state_key key;
    uint32_t position;
    bool learns;
    bool is_end;
    bool retries; /* has a fault-free retry */
};

/* Where a transition finishes a stage, what it changes is known only in the whole state: collect it
 * in the worker's changes. */
static size_t changes_with_finish(const struct expanding *expanding,
                                  const struct remembered_transition *transition, uint64_t *hash)
{
    const struct search *search = expanding->search;
    struct worker_state *worker = expanding->worker;
    size_t slot_count = search->result->slot_count;
    memcpy(worker->slots, expanding->slots, slot_count * sizeof *worker->slots);
    expansion_memo_apply(search->memo, transition, worker->slots);
    if (!expansion_memo_finish_stages(search->memo, worker->slots))
        return 0;
    size_t count = 0;
    *hash = expanding->key.hash;
    for (uint32_t i = 0; i < slot_count; i++) {
        if (worker->slots[i] == expanding->slots[i])
            continue;
        worker->changes[count++] = (struct slot_change){.slot = i, .value = worker->slots[i]};
        *hash += world_slot_fingerprint(search->world, i, worker->slots[i]) -
                 world_slot_fingerprint(search->world, i, expanding->slots[i]);
    }
    return count;
}

static enum tree_result successor_key(const struct expanding *expanding,
                                      const struct remembered_transition *transition,
                                      struct state_key *key)
{
    const struct search *search = expanding->search;
    struct worker_state *worker = expanding->worker;
    const struct slot_change *changes = expansion_memo_changes(search->memo, transition);
    size_t count = transition->change_count;
    key->hash = expanding->key.hash + transition->fingerprint_change;
    if (transition->may_finish_stage) {
        size_t more = changes_with_finish(expanding, transition, &key->hash);
        changes = more > 0 ? worker->changes : changes;
        count = more > 0 ? more : count;
    }
    key->key = key->hash;
    if (search->options->fingerprints)
        return TREE_FOUND;
    return expanding->learns ? state_tree_add_successor(search->tree, &worker->unfolded, changes,
                                                        count, &key->key)
                             : state_tree_find_successor(search->tree, &worker->unfolded, changes,
                                                         count, &key->key);
}

enum expanded {
    EXPANDED,
    EXPANDED_MISSING,
    EXPANDED_KEYS_FULL,
    EXPANDED_NO_MEMORY,
    EXPANDED_FAILED
};

static enum expanded add_transitions(struct expanding *expanding,
                                     struct remembered_expansion expansion, bool *moves_on)
{
    const struct search *search = expanding->search;
    struct worker_state *worker = expanding->worker;
    for (uint32_t i = expansion.first; i < expansion.first + expansion.count; i++) {
        const struct remembered_transition *transition = expansion_memo_transition(search->memo, i);
        struct record record = {.position = expanding->position,
                                .transition = i | (transition->cost > 0 ? ROUND_BY_FAULT : 0)};
        switch (successor_key(expanding, transition, &record.key)) {
        case TREE_FOUND:
            break;
        case TREE_MISSING:
            return EXPANDED_MISSING;
        case TREE_KEYS_FULL:
            return EXPANDED_KEYS_FULL;
        case TREE_NO_MEMORY:
            return EXPANDED_NO_MEMORY;
        }
        if (!record_list_add(search->memory, &worker->found, record))
            return EXPANDED_NO_MEMORY;
        *moves_on = *moves_on || transition->moves_on;
        expanding->is_end = expanding->is_end && transition->cost > 0;
        expanding->retries = expanding->retries || transition->clean_retry;
    }
    return EXPANDED;
}

static enum expanded learn_block(struct expanding *expanding, size_t index, bool *moves_on,
                                 struct error *error)
{
    struct expansion_memo *memo = expanding->search->memo;
    const struct step_block *block = &expanding->search->round->blocks[index];
    for (uint32_t part = block->first; part < block->end; part++) {
        struct remembered_expansion expansion;
        if (!expansion_memo_find(memo, part, expanding->slots, &expansion) &&
            expansion_memo_add(memo, part, expanding->slots, &expansion, error) != STATUS_OK)
            return EXPANDED_FAILED;
        enum expanded result = add_transitions(expanding, expansion, moves_on);
        if (result != EXPANDED)
            return result;
    }
    return EXPANDED;
}

/* A block's transitions by what is remembered. */
static enum expanded find_block(struct expanding *expanding, size_t index, bool *moves_on)
{
    const struct search *search = expanding->search;
    const struct step_block *block = &search->round->blocks[index];
    struct worker_state *worker = expanding->worker;
    uint32_t views[BLOCK_VIEWS_MAX];
    size_t view_count = 0;
    size_t first = worker->found.count;
    uint8_t flags = 0;
    switch (
        round_find_cached(search, worker, &expanding->key, index, expanding->position, &flags)) {
    case CACHED_FOUND:
        *moves_on = *moves_on || (flags & CACHED_MOVES_ON) != 0;
        expanding->is_end = expanding->is_end && (flags & CACHED_FREE) == 0;
        expanding->retries = expanding->retries || (flags & CACHED_CLEAN_RETRY) != 0;
        return EXPANDED;
    case CACHED_NO_MEMORY:
        return EXPANDED_NO_MEMORY;
    case CACHED_MISSING:
        break;
    }
    for (uint32_t part = block->first; part < block->end; part++) {
        uint32_t view = 0;
        struct remembered_expansion expansion;
        enum view_result seen = expansion_memo_view(search->memo, part, expanding->slots, &view);
        if (seen == VIEW_NOTHING)
            continue;
        if (seen == VIEW_UNKNOWN ||
            !expansion_memo_find_in_view(search->memo, view, expanding->slots, &expansion))
            return EXPANDED_MISSING;
        enum expanded result = add_transitions(expanding, expansion, moves_on);
        if (result != EXPANDED)
            return result;
        if (view_count < BLOCK_VIEWS_MAX)
            views[view_count] = view;
        view_count++;
    }
    if (view_count <= BLOCK_VIEWS_MAX)
        round_keep_cached(search, worker, &expanding->key, index, views, view_count, first);
    return EXPANDED;
}

/* All transitions of a state into worker->found. `error` may be NULL unless it learns. */
static enum expanded find_transitions(struct expanding *expanding, struct error *error)
{
    const struct expansion_memo *memo = expanding->search->memo;
    const struct round *round = expanding->search->round;
    expanding->worker->found.count = 0;
    expanding->is_end = true;
    bool moves_on = false;
    size_t block = 0;
    for (uint32_t group = 0; group < expansion_memo_group_count(memo) && !moves_on; group++) {
        uint32_t end = expansion_memo_group_end(memo, group);
        for (; block < round->block_count && round->blocks[block].end <= end; block++) {
            enum expanded result = expanding->learns
                                       ? learn_block(expanding, block, &moves_on, error)
                                       : find_block(expanding, block, &moves_on);
            if (result != EXPANDED)
                return result;
        }
    }
    return EXPANDED;
}

/* Hand the transitions found over to the chunk. */
static bool keep_found(struct expanding *expanding)
{
    struct memory *memory = expanding->search->memory;
    struct chunk *chunk = expanding->chunk;
    const struct record_list *found = &expanding->worker->found;
    for (size_t i = 0; i < found->count; i++) {
        struct record_list *list =
            &chunk->by_partition[visited_set_partition(found->items[i].key.hash)];
        if (!record_list_add(memory, list, found->items[i]))
            return false;
    }
    chunk->transitions += found->count;
    if (expanding->is_end && !state_list_add(memory, &chunk->ends, expanding->position, NULL))
        return false;
    return !expanding->retries ||
           state_list_add(memory, &chunk->retried, expanding->position, NULL);
}

/* Unfold the state into the worker. */
static void load(struct expanding *expanding)
{
    struct search *search = expanding->search;
    struct unfolded_state *unfolded = &expanding->worker->unfolded;
    uint64_t key = visited_set_key(search->visited, search->frontier.items[expanding->position]);
    expanding->key = (struct state_key){.key = key, .hash = key};
    expanding->slots = state_list_slots(&search->frontier, expanding->position);
    if (expanding->slots != NULL)
        return;
    state_tree_unfold(search->tree, key, unfolded);
    expanding->slots = unfolded->slots;
    expanding->key.hash = state_tree_fingerprint(search->tree, unfolded->numbers);
}

static void expand_known(struct expanding *expanding)
{
    struct chunk *chunk = expanding->chunk;
    struct memory *memory = expanding->search->memory;
    load(expanding);
    bool kept = true;
    if (search_must_judge(expanding->search, expanding->slots))
        kept = state_list_add(memory, &chunk->to_judge, expanding->position, NULL);
    if (search_cuts(expanding->search, expanding->slots)) {
        chunk->no_memory = chunk->no_memory || !kept;
        return;
    }
    switch (find_transitions(expanding, NULL)) {
    case EXPANDED:
        kept = kept && keep_found(expanding);
        break;
    case EXPANDED_MISSING:
        kept = kept && state_list_add(memory, &chunk->aside, expanding->position, NULL);
        break;
    case EXPANDED_KEYS_FULL:
    case EXPANDED_NO_MEMORY:
    case EXPANDED_FAILED:
        kept = false;
        break;
    }
    chunk->no_memory = chunk->no_memory || !kept;
}

static void clear_chunk(struct chunk *chunk)
{
    for (size_t i = 0; i < VISITED_PARTITIONS; i++)
        chunk->by_partition[i].count = 0;
    chunk->aside.count = 0;
    chunk->to_judge.count = 0;
    chunk->ends.count = 0;
    chunk->retried.count = 0;
    chunk->transitions = 0;
    chunk->no_memory = false;
}

static void expand_chunk(void *context, size_t piece, unsigned worker)
{
    struct search *search = context;
    struct round *round = search->round;
    struct chunk *chunk = &round->chunks[piece];
    clear_chunk(chunk);
    size_t end = (piece + 1) * ROUND_CHUNK_STATES;
    if (end > round->count)
        end = round->count;
    for (size_t i = piece * ROUND_CHUNK_STATES; i < end; i++) {
        struct expanding expanding = {.search = search,
                                      .chunk = chunk,
                                      .worker = &round->states[worker],
                                      .position = (uint32_t)(round->first + i)};
        if (!round_expand_cached(search, chunk, expanding.worker, expanding.position))
            expand_known(&expanding);
    }
}

struct rewriting {
    struct state_tree *tree;
    bool failed;
};

static uint64_t rewrite_key(void *context, uint64_t key)
{
    struct rewriting *rewriting = context;
    uint64_t rewritten = state_tree_rewrite(rewriting->tree, key);
    rewriting->failed = rewriting->failed || rewritten == 0;
    return rewritten;
}

/* Share the bits of keys out anew and rewrite all keys there are: the visited set's and those of
 * this round's records. */
static enum status rewrite_keys(struct search *search, struct error *error)
{
    struct round *round = search->round;
    const struct search_options *options = search->options;
    struct rewriting rewriting = {.tree = search->tree};
    if (options->checkpoint != NULL && state_tree_will_pair(search->tree)) {
        /* facts that have changed void the search: it will begin again */
        search->world->facts_changed = world_take_facts_changed(search->world);
        enum status status = STATUS_OK;
        if (!search->world->facts_changed)
            status = options->checkpoint(options->checkpoint_context, search, true, error);
        if (status != STATUS_OK)
            return status;
    }
    state_tree_share_bits(search->tree);
    visited_set_rewrite(search->visited, rewrite_key, &rewriting);
    for (size_t i = 0; i <= round->aside; i++) {
        for (size_t p = 0; p < VISITED_PARTITIONS; p++) {
            struct record_list *list = &round->chunks[i].by_partition[p];
            for (size_t k = 0; k < list->count; k++)
                list->items[k].key.key = rewrite_key(&rewriting, list->items[k].key.key);
        }
    }
    for (unsigned i = 0; i < round->workers; i++) {
        round->states[i].unfolded.valid = false;
        if (round->states[i].cache != NULL)
            step_cache_clear(round->states[i].cache);
    }
    search->unfolded.valid = false;
    if (!rewriting.failed)
        return STATUS_OK;
    search->result->violation.found = false; /* the way there is lost */
    return search_no_memory(error);
}

/* Step 2 for one state. */
static enum status expand_aside(struct search *search, uint32_t position, struct error *error)
{
    struct round *round = search->round;
    struct expanding expanding = {.search = search,
                                  .chunk = &round->chunks[round->aside],
                                  .worker = &round->states[0],
                                  .position = position,
                                  .learns = true};
    for (;;) {
        enum status status = STATUS_OK;
        load(&expanding);
        switch (find_transitions(&expanding, error)) {
        case EXPANDED:
            return keep_found(&expanding) ? STATUS_OK : search_no_memory(error);
        case EXPANDED_KEYS_FULL:
            status = rewrite_keys(search, error);
            if (status != STATUS_OK)
                return status;
            break;
        case EXPANDED_MISSING:
            BUG("what is missing was to be learnt");
        case EXPANDED_NO_MEMORY:
            return search_no_memory(error);
        case EXPANDED_FAILED:
            return error->status;
        }
    }
}

static enum status judge_chunk(struct search *search, const struct chunk *chunk,
                               struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < chunk->to_judge.count; i++) {
        uint32_t position = chunk->to_judge.items[i];
        status = search_judge_visited(search, search->frontier.items[position],
                                      search_slots(search, &search->frontier, position), error);
    }
    for (size_t i = 0; status == STATUS_OK && i < chunk->ends.count; i++) {
        uint32_t position = chunk->ends.items[i];
        search_judge_terminal(search, search->frontier.items[position],
                              search_slots(search, &search->frontier, position));
    }
    for (size_t i = 0; status == STATUS_OK && i < chunk->retried.count; i++) {
        uint32_t position = chunk->retried.items[i];
        if (!state_list_add(search->memory, &search->retried, search->frontier.items[position],
                            state_list_slots(&search->frontier, position)))
            return search_no_memory(error);
    }
    search->result->transitions += chunk->transitions;
    return status;
}

/* Step 2, and what the workers left to the thread that may change the world. */
static enum status learn(struct search *search, enum search_stop *stop, struct error *error)
{
    struct round *round = search->round;
    clear_chunk(&round->chunks[round->aside]);
    for (size_t i = 0; i < round->aside; i++) {
        if (round->chunks[i].no_memory)
            return search_no_memory(error);
    }
    enum status status = round_anticipate(search, stop, error);
    if (status != STATUS_OK || *stop != SEARCH_COMPLETE)
        return status;
    for (size_t i = 0; i < round->aside; i++) {
        const struct chunk *chunk = &round->chunks[i];
        for (size_t k = 0; k < chunk->aside.count; k++) {
            status = expand_aside(search, chunk->aside.items[k], error);
            if (status != STATUS_OK)
                return status;
            if (world_take_facts_changed(search->world)) {
                search->world->facts_changed = true; /* for explore() */
                return STATUS_OK;
            }
            *stop = search_should_stop(search);
            if (*stop != SEARCH_COMPLETE)
                return STATUS_OK;
        }
    }
    for (size_t i = 0; status == STATUS_OK && i <= round->aside; i++)
        status = judge_chunk(search, &round->chunks[i], error);
    if (status == STATUS_OK && world_take_facts_changed(search->world))
        search->world->facts_changed = true; /* following a double count taught something */
    return status;
}

enum status search_round(struct search *search, size_t first, size_t count, enum search_stop *stop,
                         struct error *error)
{
    struct round *round = search->round;
    CHECK(count <= SEARCH_ROUND_STATES);
    if (!round_prepare(search))
        return search_no_memory(error);
    round->first = first;
    round->count = count;
    round->aside = (count + ROUND_CHUNK_STATES - 1) / ROUND_CHUNK_STATES;
    workers_run(search->workers, round->aside, expand_chunk, search);
    enum status status = learn(search, stop, error);
    if (status != STATUS_OK || search->world->facts_changed || *stop != SEARCH_COMPLETE)
        return status;
    return round_insert(search, error);
}
