/* The memory of rounds. */
#include "checker/round.h"

#include "model/property.h"

struct round *round_create(struct memory *memory, unsigned workers)
{
    struct round *round = memory_allocate_zeroed(memory, 1, sizeof *round);
    struct worker_state *states = memory_allocate_zeroed(memory, workers, sizeof *states);
    if (round == NULL || states == NULL) {
        memory_free(memory, round, sizeof *round);
        memory_free(memory, states, workers * sizeof *states);
        return NULL;
    }
    round->memory = memory;
    round->workers = workers;
    round->states = states;
    return round;
}

bool record_list_grow(struct memory *memory, struct record_list *list)
{
    void *items = list->items;
    if (!memory_reserve(memory, &items, &list->capacity, list->count + 1, sizeof *list->items))
        return false;
    list->items = items;
    return true;
}

static void release_records(struct memory *memory, struct record_list *list)
{
    memory_free(memory, list->items, list->capacity * sizeof *list->items);
}

static void release_chunk(struct memory *memory, struct chunk *chunk)
{
    for (size_t i = 0; i < VISITED_PARTITIONS; i++)
        release_records(memory, &chunk->by_partition[i]);
    state_list_release(memory, &chunk->aside);
    state_list_release(memory, &chunk->to_judge);
    state_list_release(memory, &chunk->ends);
    state_list_release(memory, &chunk->retried);
}

void round_destroy(struct search *search)
{
    struct round *round = search->round;
    if (round == NULL)
        return;
    struct memory *memory = round->memory;
    for (size_t i = 0; i <= ROUND_CHUNKS; i++)
        release_chunk(memory, &round->chunks[i]);
    for (unsigned i = 0; i < round->workers; i++) {
        struct worker_state *state = &round->states[i];
        if (state->unfolded.slots != NULL)
            unfolded_state_release(&state->unfolded, search->tree, memory);
        memory_free(memory, state->slots, round->slot_count * sizeof *state->slots);
        memory_free(memory, state->changes, round->slot_count * sizeof *state->changes);
        release_records(memory, &state->found);
        step_cache_destroy(state->cache);
        memory_free(memory, state->numbers, round->run_count * sizeof *state->numbers);
        memory_free(memory, state->fine, state->fine_capacity * sizeof *state->fine);
    }
    for (size_t i = 0; i < VISITED_PARTITIONS; i++) {
        struct partition_result *partition = &round->partitions[i];
        state_list_release(memory, &partition->next);
        state_list_release(memory, &partition->delayed);
        memory_free(memory, partition->slots, round->slot_count * sizeof *partition->slots);
    }
    memory_free(memory, round->blocks, round->block_capacity * sizeof *round->blocks);
    memory_free(memory, round->states, round->workers * sizeof *round->states);
    memory_free(memory, round, sizeof *round);
    search->round = NULL;
}

static bool make_blocks(struct search *search)
{
    struct round *round = search->round;
    uint32_t groups = expansion_memo_group_count(search->memo);
    uint32_t parts = groups == 0 ? 0 : expansion_memo_group_end(search->memo, groups - 1);
    round->block_capacity = parts;
    round->blocks = memory_allocate_zeroed(round->memory, parts, sizeof *round->blocks);
    if (round->blocks == NULL)
        return false;
    round->block_count = step_blocks(search->tree, search->memo, round->blocks);
    return true;
}

static uint32_t find_aggregates(const struct search *search)
{
    int table = world_aggregate_table(search->world);
    return table < 0 ? STEP_BLOCK_NO_RUN
                     : state_tree_run_of(search->tree, search->world->layout.table_slots[table]);
}

bool round_prepare(struct search *search)
{
    struct round *round = search->round;
    if (round->ready)
        return true;
    round->slot_count = search->result->slot_count;
    round->run_count = state_tree_run_count(search->tree);
    round->aggregates_run = find_aggregates(search);
    bool made = make_blocks(search);
    for (unsigned i = 0; i < round->workers; i++) {
        struct worker_state *state = &round->states[i];
        state->slots = memory_allocate_zeroed(round->memory, round->slot_count, sizeof(uint32_t));
        state->changes =
            memory_allocate_zeroed(round->memory, round->slot_count, sizeof *state->changes);
        state->numbers =
            memory_allocate_zeroed(round->memory, round->run_count, sizeof *state->numbers);
        made = made && state->numbers != NULL &&
               unfolded_state_init(&state->unfolded, search->tree, round->memory) &&
               state->slots != NULL && state->changes != NULL;
        if (made && !search->options->fingerprints)
            state->cache = step_cache_create(round->memory, search->tree, search->memo,
                                             round->blocks, round->block_count);
    }
    for (size_t i = 0; i < VISITED_PARTITIONS; i++) {
        struct partition_result *partition = &round->partitions[i];
        partition->next.width = search->next.width;
        partition->delayed.width = search->next.width;
        partition->slots =
            memory_allocate_zeroed(round->memory, round->slot_count, sizeof(uint32_t));
        made = made && partition->slots != NULL;
    }
    round->ready = made;
    return made;
}
