#include "model/simulation_ledger.h"

#include <stdlib.h>
#include <string.h>

void ledger_init(struct ledger *ledger, struct memory *memory)
{
    *ledger = (struct ledger){.memory = memory};
}

void ledger_release(struct ledger *ledger)
{
    memory_free(ledger->memory, ledger->changes, ledger->capacity * sizeof *ledger->changes);
    memory_free(ledger->memory, ledger->latencies_ms,
                ledger->latency_capacity * sizeof *ledger->latencies_ms);
    *ledger = (struct ledger){.memory = ledger->memory};
}

bool ledger_add(struct ledger *ledger, uint32_t trade, uint8_t version, uint32_t put_ms,
                uint64_t *number)
{
    void *changes = ledger->changes;
    const bool reserved = memory_reserve(ledger->memory, &changes, &ledger->capacity,
                                         ledger->count + 1, sizeof *ledger->changes);
    ledger->changes = changes;
    if (!reserved)
        return false;
    *number = ledger->first + ledger->count;
    ledger->changes[ledger->count++] =
        (struct ledger_change){.trade = trade, .version = version, .put_ms = put_ms};
    return true;
}

bool ledger_count(struct ledger *ledger, uint64_t number, uint32_t now_ms)
{
    if (number < ledger->first)
        return true; /* settled, and counted again: the sums will tell */
    struct ledger_change *change = &ledger->changes[number - ledger->first];
    if (change->counted < UINT16_MAX)
        change->counted++;
    if (change->counted > 1 || change->put_ms == UINT32_MAX)
        return true;
    void *latencies = ledger->latencies_ms;
    const bool reserved = memory_reserve(ledger->memory, &latencies, &ledger->latency_capacity,
                                         ledger->latency_count + 1, sizeof *ledger->latencies_ms);
    ledger->latencies_ms = latencies;
    if (reserved)
        ledger->latencies_ms[ledger->latency_count++] = now_ms - change->put_ms;
    return reserved;
}

void ledger_settle(struct ledger *ledger)
{
    size_t settled = 0;
    while (settled < ledger->count && ledger->changes[settled].counted > 0)
        settled++;
    ledger->count -= settled;
    ledger->first += settled;
    memmove(ledger->changes, ledger->changes + settled, ledger->count * sizeof *ledger->changes);
}

static int compare_numbers(const void *a, const void *b)
{
    const uint32_t *left = a;
    const uint32_t *right = b;
    return (*left > *right) - (*left < *right);
}

void ledger_sort_latencies(struct ledger *ledger)
{
    if (ledger->latency_count > 0)
        qsort(ledger->latencies_ms, ledger->latency_count, sizeof *ledger->latencies_ms,
              compare_numbers);
}

uint32_t ledger_latency(const struct ledger *ledger, unsigned percent)
{
    if (ledger->latency_count == 0)
        return UINT32_MAX;
    return ledger->latencies_ms[(ledger->latency_count - 1) * percent / 100];
}

void ledger_next_minute(struct ledger *ledger) { ledger->latency_count = 0; }

static size_t lineage_size(size_t count)
{
    return sizeof(struct lineage) + count * sizeof(uint64_t);
}

struct lineage *ledger_make_lineage(struct memory *memory, size_t count)
{
    struct lineage *lineage = memory_allocate(memory, lineage_size(count));
    if (lineage != NULL)
        lineage->count = count;
    return lineage;
}

void ledger_free_lineage(struct memory *memory, struct lineage *lineage)
{
    if (lineage != NULL)
        memory_free(memory, lineage, lineage_size(lineage->count));
}
