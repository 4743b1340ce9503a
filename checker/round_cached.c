/* Step 1 of a round (checker/round.c) for most states: everything that their pollers do next is in
 * the worker's step cache, so no slot is looked at. */
#include "checker/round.h"
#include "model/property.h"

#include <string.h>

/* Cached steps of a state's blocks, more of which take the slow way. */
enum { BLOCKS_MAX = 64 };

struct cached_state {
    struct cached_steps blocks[BLOCKS_MAX];
    size_t count;
    uint8_t flags; /* of all of them */
};

static bool caches(const struct search *search, const struct worker_state *worker)
{
    return worker->cache != NULL && search->classes == NULL && state_tree_is_packed(search->tree);
}

/* --- aggregates ---------------------------------------------------------------------------- */

/* In all states with this number of the run that holds the aggregates, nothing is wrong with them.
 * Where it is not known, slots tell; it is noted for the next time. */
static bool is_fine(const struct search *search, struct worker_state *worker, uint64_t key)
{
    if (search->round->aggregates_run == STEP_BLOCK_NO_RUN)
        return false;
    uint32_t number = worker->numbers[search->round->aggregates_run];
    if (number < worker->fine_capacity && worker->fine[number] != 0)
        return true;
    struct outcome outcome;
    state_tree_unfold(search->tree, key, &worker->unfolded);
    if (!world_outcome_known(search->world, worker->unfolded.slots, &outcome) || outcome.twice ||
        !outcome.levels_agree)
        return false;
    void *fine = worker->fine;
    size_t before = worker->fine_capacity;
    if (number >= before) {
        if (!memory_reserve(search->memory, &fine, &worker->fine_capacity, (size_t)number + 1,
                            sizeof *worker->fine))
            return true;
        worker->fine = fine;
        memset(worker->fine + before, 0, worker->fine_capacity - before);
    }
    worker->fine[number] = 1;
    return true;
}

/* --- finding ------------------------------------------------------------------------------- */

static bool find_blocks(const struct search *search, struct worker_state *worker,
                        struct cached_state *state)
{
    const struct round *round = search->round;
    uint32_t groups = expansion_memo_group_count(search->memo);
    size_t block = 0;
    state->count = 0;
    state->flags = 0;
    for (uint32_t group = 0; group < groups && (state->flags & CACHED_MOVES_ON) == 0; group++) {
        uint32_t end = expansion_memo_group_end(search->memo, group);
        for (; block < round->block_count && round->blocks[block].end <= end; block++) {
            struct cached_steps *steps = &state->blocks[state->count];
            if (state->count == BLOCKS_MAX ||
                !step_cache_find(worker->cache, block, worker->numbers, steps))
                return false;
            state->flags |= steps->flags;
            state->count += steps->count > 0 ? 1 : 0;
        }
    }
    return true;
}

static struct record record_of(const struct state_key *key, const struct cached_step *step,
                               uint32_t position)
{
    return (struct record){
        .key = {.key = key->key + step->key_change, .hash = key->hash + step->hash_change},
        .position = position,
        .transition = step->transition};
}

static bool hand_over(struct search *search, struct chunk *chunk, const struct cached_state *state,
                      const struct state_key *key, uint32_t position)
{
    for (size_t b = 0; b < state->count; b++) {
        const struct cached_steps *steps = &state->blocks[b];
        for (size_t i = 0; i < steps->count; i++) {
            struct record record = record_of(key, &steps->items[i], position);
            if (!record_list_add(search->memory,
                                 &chunk->by_partition[visited_set_partition(record.key.hash)],
                                 record))
                return false;
        }
        chunk->transitions += steps->count;
    }
    if ((state->flags & CACHED_FREE) == 0 &&
        !state_list_add(search->memory, &chunk->ends, position, NULL))
        return false;
    return (state->flags & CACHED_CLEAN_RETRY) == 0 ||
           state_list_add(search->memory, &chunk->retried, position, NULL);
}

bool round_expand_cached(struct search *search, struct chunk *chunk, struct worker_state *worker,
                         uint32_t position)
{
    struct cached_state state;
    if (!caches(search, worker))
        return false;
    uint64_t known_by = visited_set_key(search->visited, search->frontier.items[position]);
    state_tree_unpack(search->tree, known_by, worker->numbers);
    if (!find_blocks(search, worker, &state) || !is_fine(search, worker, known_by))
        return false;
    struct state_key key = {.key = known_by,
                            .hash = state_tree_fingerprint(search->tree, worker->numbers)};
    if (!hand_over(search, chunk, &state, &key, position))
        chunk->no_memory = true;
    return true;
}

/* --- one block ----------------------------------------------------------------------------- */

enum cached_result round_find_cached(const struct search *search, struct worker_state *worker,
                                     const struct state_key *key, size_t block, uint32_t position,
                                     uint8_t *flags)
{
    struct cached_steps steps;
    if (!caches(search, worker) ||
        !step_cache_find(worker->cache, block, worker->unfolded.numbers, &steps))
        return CACHED_MISSING;
    for (size_t i = 0; i < steps.count; i++) {
        if (!record_list_add(search->memory, &worker->found,
                             record_of(key, &steps.items[i], position)))
            return CACHED_NO_MEMORY;
    }
    *flags = steps.flags;
    return CACHED_FOUND;
}

/* --- keeping ------------------------------------------------------------------------------- */

void round_keep_cached(const struct search *search, struct worker_state *worker,
                       const struct state_key *key, size_t block, const uint32_t *views,
                       size_t view_count, size_t first)
{
    struct cached_step steps[STEP_CACHE_STEPS_MAX];
    const struct record_list *found = &worker->found;
    struct cached_steps kept = {.items = steps, .count = found->count - first};
    if (!caches(search, worker) || kept.count > STEP_CACHE_STEPS_MAX)
        return;
    for (size_t i = 0; i < kept.count; i++) {
        const struct record *record = &found->items[first + i];
        const struct remembered_transition *transition =
            expansion_memo_transition(search->memo, record->transition & CACHED_TRANSITION);
        steps[i] = (struct cached_step){.key_change = record->key.key - key->key,
                                        .hash_change = record->key.hash - key->hash,
                                        .transition = record->transition};
        kept.flags |= transition->cost == 0 ? CACHED_FREE : 0;
        kept.flags |= transition->moves_on ? CACHED_MOVES_ON : 0;
        kept.flags |= transition->clean_retry ? CACHED_CLEAN_RETRY : 0;
    }
    step_cache_keep(worker->cache, block, worker->unfolded.numbers, views, view_count, &kept);
}
