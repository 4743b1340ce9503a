#include "tests/checker/ends.h"

#include "model/property.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TABLES_TAG = 77, TABLE_TAG };

void ends_init(struct ends *ends, const struct world *world)
{
    *ends = (struct ends){.world = world};
}

void ends_release(struct ends *ends)
{
    free(ends->items);
    *ends = (struct ends){.world = ends->world};
}

static int compare_keys(const struct end *a, const struct end *b)
{
    int order = hash128_compare(a->aggregates, b->aggregates);
    if (order == 0)
        order = hash128_compare(a->tables, b->tables);
    return order != 0 ? order : (int)a->stuck - (int)b->stuck;
}

static int compare(const void *a, const void *b) { return compare_keys(a, b); }

static struct hash128 table_hash(const struct world *world, const uint32_t *state, size_t table)
{
    struct value contents = {state[world->layout.table_slots[table]]};
    return value_hash(world->store, contents);
}

void ends_add(struct ends *ends, const struct end *end)
{
    for (size_t i = 0; i < ends->count; i++) {
        struct end *known = &ends->items[i];
        if (compare_keys(known, end) == 0) {
            known->faults = end->faults < known->faults ? end->faults : known->faults;
            return;
        }
    }
    if (ends->count == ends->capacity) {
        ends->capacity = ends->capacity == 0 ? 64 : ends->capacity * 2;
        ends->items = realloc(ends->items, ends->capacity * sizeof *ends->items);
        cr_assert_not_null(ends->items);
    }
    ends->items[ends->count++] = *end;
}

static struct hash128 tables_hash(const struct world *world, const uint32_t *state)
{
    struct hash128 parts[PIPELINE_TABLES_MAX];
    for (size_t i = 0; i < world->pipeline->table_count; i++)
        parts[i] = table_hash(world, state, i);
    return hash128_combine(TABLES_TAG, parts, world->pipeline->table_count);
}

void ends_note_table(struct ends *ends, const uint32_t *state, size_t table, uint32_t faults)
{
    struct hash128 contents = table_hash(ends->world, state, table);
    struct end end = {.tables = hash128_combine(TABLE_TAG + table, &contents, 1), .faults = faults};
    ends_add(ends, &end);
}

void ends_note_tables(struct ends *ends, const uint32_t *state, uint32_t faults)
{
    struct end end = {.tables = tables_hash(ends->world, state), .faults = faults};
    ends_add(ends, &end);
}

void ends_note(void *context, const uint32_t *state, uint32_t faults, bool stuck)
{
    struct ends *ends = context;
    const struct world *world = ends->world;
    int table = world_aggregate_table(world);
    cr_assert_geq(table, 0);
    struct end end = {.stuck = stuck, .faults = faults};
    end.aggregates = table_hash(world, state, (size_t)table);
    if (!stuck)
        end.tables = tables_hash(world, state);
    ends_add(ends, &end);
}

void ends_sort(struct ends *ends)
{
    if (ends->count > 0)
        qsort(ends->items, ends->count, sizeof *ends->items, compare);
}

void ends_forget_tables(struct ends *ends)
{
    for (size_t i = 0; i < ends->count; i++)
        ends->items[i].tables = (struct hash128){0};
    ends_sort(ends);
    size_t kept = 0;
    for (size_t i = 0; i < ends->count; i++) {
        struct end *last = &ends->items[kept > 0 ? kept - 1 : 0];
        if (kept == 0 || compare_keys(last, &ends->items[i]) != 0)
            ends->items[kept++] = ends->items[i];
        else if (ends->items[i].faults < last->faults)
            last->faults = ends->items[i].faults;
    }
    ends->count = kept;
}

bool ends_equal(const struct ends *a, const struct ends *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        if (compare_keys(&a->items[i], &b->items[i]) != 0 ||
            a->items[i].faults != b->items[i].faults)
            return false;
    }
    return true;
}

static void describe(const struct end *end, char *text, size_t size)
{
    char aggregates[HASH128_TEXT_SIZE];
    char tables[HASH128_TEXT_SIZE];
    snprintf(text, size, "aggregates %.8s tables %.8s%s, %u faults",
             hash128_text(end->aggregates, aggregates), hash128_text(end->tables, tables),
             end->stuck ? " stuck" : "", (unsigned)end->faults);
}

const char *ends_difference(const struct ends *a, const struct ends *b, char *text, size_t size)
{
    char left[128] = "none";
    char right[128] = "none";
    size_t i = 0;
    while (i < a->count && i < b->count && compare_keys(&a->items[i], &b->items[i]) == 0 &&
           a->items[i].faults == b->items[i].faults)
        i++;
    if (i < a->count)
        describe(&a->items[i], left, sizeof left);
    if (i < b->count)
        describe(&b->items[i], right, sizeof right);
    snprintf(text, size, "%zu ends and %zu; the first to differ: %s; and %s", a->count, b->count,
             left, right);
    return text;
}
