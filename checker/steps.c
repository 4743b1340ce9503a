#include "checker/steps.h"

#include <string.h>

void steps_init(struct steps *steps, struct memory *memory)
{
    *steps = (struct steps){.memory = memory};
}

void steps_release(struct steps *steps)
{
    memory_free(steps->memory, steps->free, steps->free_capacity * sizeof *steps->free);
    memory_free(steps->memory, steps->faults, steps->fault_capacity * sizeof *steps->faults);
    steps_init(steps, steps->memory);
}

static bool add(struct steps *steps, const struct expansion_memo *memo,
                struct remembered_expansion expansion, bool *moves_on)
{
    struct enabled *enabled = &steps->enabled;
    if (!memory_reserve(steps->memory, (void **)&steps->free, &steps->free_capacity,
                        enabled->free_count + expansion.count + 1, sizeof *steps->free) ||
        !memory_reserve(steps->memory, (void **)&steps->faults, &steps->fault_capacity,
                        enabled->fault_count + expansion.count + 1, sizeof *steps->faults))
        return false;
    for (uint32_t i = expansion.first; i < expansion.first + expansion.count; i++) {
        const struct remembered_transition *transition = expansion_memo_transition(memo, i);
        if (transition->cost > 0)
            steps->faults[enabled->fault_count++] = i;
        else
            steps->free[enabled->free_count++] = i;
        *moves_on = *moves_on || transition->moves_on;
        steps->retries = steps->retries || transition->clean_retry;
    }
    return true;
}

static enum steps_result find(struct steps *steps, const struct expansion_memo *memo,
                              const uint32_t *slots, uint32_t *missing)
{
    bool moves_on = false;
    uint32_t part = 0;
    steps->enabled = (struct enabled){0};
    steps->retries = false;
    for (uint32_t group = 0; group < expansion_memo_group_count(memo) && !moves_on; group++) {
        for (; part < expansion_memo_group_end(memo, group); part++) {
            struct remembered_expansion expansion;
            if (!expansion_memo_find(memo, part, slots, &expansion)) {
                *missing = part;
                return STEPS_MISSING;
            }
            if (expansion.count > 0 && !add(steps, memo, expansion, &moves_on))
                return STEPS_NO_MEMORY;
        }
    }
    steps->enabled.free = steps->free;
    steps->enabled.faults = steps->faults;
    return STEPS_FOUND;
}

enum steps_result steps_find(struct steps *steps, const struct expansion_memo *memo,
                             const uint32_t *slots)
{
    uint32_t missing = 0;
    return find(steps, memo, slots, &missing);
}

enum status steps_learn(struct steps *steps, struct expansion_memo *memo, const uint32_t *slots,
                        struct error *error)
{
    for (;;) {
        uint32_t missing = 0;
        struct remembered_expansion expansion;
        switch (find(steps, memo, slots, &missing)) {
        case STEPS_FOUND:
            return STATUS_OK;
        case STEPS_NO_MEMORY:
            return error_set(error, STATUS_NO_MEMORY, "out of memory for transitions");
        case STEPS_MISSING:
            break;
        }
        enum status status = expansion_memo_add(memo, missing, slots, &expansion, error);
        if (status != STATUS_OK)
            return status;
    }
}

bool steps_first_moving(const struct steps *steps, const struct expansion_memo *memo,
                        uint32_t *transition)
{
    for (size_t i = 0; i < steps->enabled.free_count; i++) {
        *transition = steps->enabled.free[i];
        if (expansion_memo_transition(memo, *transition)->moves_on)
            return true;
    }
    return false;
}

void steps_take(const struct expansion_memo *memo, uint32_t transition, uint32_t *slots)
{
    const struct remembered_transition *taken = expansion_memo_transition(memo, transition);
    expansion_memo_apply(memo, taken, slots);
    if (taken->may_finish_stage)
        (void)expansion_memo_finish_stages(memo, slots);
}
