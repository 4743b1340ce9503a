/* Step 3 of a round: records into the visited set, partition by partition. */
#include "checker/round.h"
#include "checker/violation_classes.h"

#include <string.h>

enum { PREFETCH = 16, PREFETCH_STATE = 8 /* records ahead */ };

/* The slots of a new state, for lists that keep them. */
static const uint32_t *new_slots(const struct search *search, struct partition_result *partition,
                                 const struct record *record)
{
    const uint32_t *parent = state_list_slots(&search->frontier, record->position);
    if (parent == NULL)
        return NULL;
    memcpy(partition->slots, parent, search->result->slot_count * sizeof *parent);
    const struct remembered_transition *transition = expansion_memo_transition(
        search->memo, record->transition & ~(ROUND_BY_FAULT | ROUND_FOUND));
    expansion_memo_apply(search->memo, transition, partition->slots);
    if (transition->may_finish_stage)
        (void)expansion_memo_finish_stages(search->memo, partition->slots);
    return partition->slots;
}

/* The record's way is the best one to the state it leads to. False: no memory. */
static bool note_way(struct search *search, const struct record *record, uint32_t number)
{
    if (search->classes == NULL)
        return true;
    const struct remembered_transition *transition = expansion_memo_transition(
        search->memo, record->transition & ~(ROUND_BY_FAULT | ROUND_FOUND));
    return violation_classes_reach(search->classes, search->frontier.items[record->position],
                                   &transition->action, number);
}

/* A state reached without a fault is visited now, even if it was waiting for the next level. */
static bool reach_free(struct search *search, struct partition_result *partition,
                       struct record *record)
{
    struct visited_state state = {.parent = search->frontier.items[record->position]};
    uint32_t number = 0;
    switch (
        visited_set_insert(search->visited, record->key.key, record->key.hash, state, &number)) {
    case VISITED_FULL:
        return false;
    case VISITED_KNOWN:
        if (!visited_set_state(search->visited, number).waiting)
            return true;
        visited_set_update(search->visited, number, state);
        break;
    case VISITED_NEW:
        record->transition |= ROUND_FOUND;
        break;
    }
    return note_way(search, record, number) &&
           state_list_add(search->memory, &partition->next, number,
                          new_slots(search, partition, record));
}

/* A state reached by a fault waits for the next level, unless something reaches it before. */
static bool reach_by_fault(struct search *search, struct partition_result *partition,
                           struct record *record)
{
    struct visited_state state = {.parent = search->frontier.items[record->position],
                                  .waiting = true};
    uint32_t number = 0;
    if (search->level >= search->options->fault_limit || search->level == SEARCH_FAULTS_MAX) {
        if (visited_set_find(search->visited, record->key.key, record->key.hash, &number) ==
            VISITED_NEW)
            partition->limit_left_states = true;
        return true;
    }
    switch (
        visited_set_insert(search->visited, record->key.key, record->key.hash, state, &number)) {
    case VISITED_FULL:
        return false;
    case VISITED_KNOWN:
        return true;
    case VISITED_NEW:
        record->transition |= ROUND_FOUND;
        break;
    }
    return note_way(search, record, number) &&
           state_list_add(search->memory, &partition->delayed, number,
                          new_slots(search, partition, record));
}

static void insert_partition(void *context, size_t piece, unsigned worker)
{
    (void)worker;
    struct search *search = context;
    struct round *round = search->round;
    struct partition_result *partition = &round->partitions[piece];
    partition->next.count = 0;
    partition->delayed.count = 0;
    partition->full = false;
    for (size_t i = 0; i <= round->aside; i++) {
        struct record_list *list = &round->chunks[i].by_partition[piece];
        for (size_t k = 0; k < list->count && !partition->full; k++) {
            struct record *record = &list->items[k];
            if (k + PREFETCH < list->count)
                visited_set_prefetch(search->visited, list->items[k + PREFETCH].key.hash);
            if (k + PREFETCH_STATE < list->count)
                visited_set_prefetch_state(search->visited,
                                           list->items[k + PREFETCH_STATE].key.hash);
            bool done = (record->transition & ROUND_BY_FAULT) != 0
                            ? reach_by_fault(search, partition, record)
                            : reach_free(search, partition, record);
            partition->full = !done;
        }
    }
}

/* Few records: not worth waking anyone. */
static void insert_all(void *context, size_t piece, unsigned worker)
{
    (void)piece;
    for (size_t i = 0; i < VISITED_PARTITIONS; i++)
        insert_partition(context, i, worker);
}

/* What the partitions found, in their order. */
static enum status collect(struct search *search, struct error *error)
{
    struct round *round = search->round;
    for (size_t i = 0; i < VISITED_PARTITIONS; i++) {
        struct partition_result *partition = &round->partitions[i];
        if (partition->full && visited_set_count(search->visited) >= VISITED_STATES_MAX)
            return error_set(error, STATUS_LIMIT, "more than %u states",
                             (unsigned)VISITED_STATES_MAX);
        if (partition->full ||
            !state_list_add_all(search->memory, &search->next, &partition->next) ||
            !state_list_add_all(search->memory, &search->delayed, &partition->delayed))
            return search_no_memory(error);
        if (partition->limit_left_states)
            search->limit_left_states = true;
    }
    return STATUS_OK;
}

/* Count the round's states and transitions for -v. */
static void diagnose(struct search *search)
{
    const uint32_t marks = ROUND_BY_FAULT | ROUND_FOUND;
    struct round *round = search->round;
    struct diagnosis *diagnosis = search->options->diagnosis;
    for (size_t i = 0; i < round->count; i++)
        diagnosis_add_state(diagnosis, search_slots(search, &search->frontier, round->first + i),
                            search->level);
    for (size_t i = 0; i <= round->aside; i++) {
        for (size_t p = 0; p < VISITED_PARTITIONS; p++) {
            const struct record_list *list = &round->chunks[i].by_partition[p];
            for (size_t k = 0; k < list->count; k++) {
                uint32_t transition = list->items[k].transition;
                const struct remembered_transition *taken =
                    expansion_memo_transition(search->memo, transition & ~marks);
                diagnosis_add_step(diagnosis, &taken->action, (transition & ROUND_FOUND) != 0);
            }
        }
    }
}

enum status round_insert(struct search *search, struct error *error)
{
    bool few = search->round->aside == 1;
    workers_run(search->workers, few ? 1 : VISITED_PARTITIONS, few ? insert_all : insert_partition,
                search);
    enum status status = collect(search, error);
    if (status == STATUS_OK && search->options->diagnosis != NULL)
        diagnose(search);
    return status;
}
