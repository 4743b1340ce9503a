/* What a search is compared on: the ends it reaches, each with the fewest faults that lead there.
 *
 * Ends are told apart by contents, so that searches with different value stores can be compared. */
#ifndef ONCECHECK_TESTS_CHECKER_ENDS_H
#define ONCECHECK_TESTS_CHECKER_ENDS_H

#include "model/base/hash.h"
#include "model/world.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct end {
    struct hash128 aggregates; /* contents of AggregateTable */
    struct hash128 tables; /* of all tables; zero for a cycle, whose states may differ in them */
    bool stuck;
    uint32_t faults;
};

struct ends {
    const struct world *world; /* the states' */
    struct end *items;         /* once sorted: by contents */
    size_t count;
    size_t capacity;
};

void ends_init(struct ends *ends, const struct world *world);
void ends_release(struct ends *ends);

/* An on_end callback of explore: `context` is a struct ends. */
void ends_note(void *context, const uint32_t *state, uint32_t faults, bool stuck);

/* Not an end: what a table holds in some state, without regard to the others. */
void ends_note_table(struct ends *ends, const uint32_t *state, size_t table, uint32_t faults);

/* The same for all tables of a state together. */
void ends_note_tables(struct ends *ends, const uint32_t *state, uint32_t faults);

/* An end, unless it is there already; then with the fewer faults. */
void ends_add(struct ends *ends, const struct end *end);

void ends_sort(struct ends *ends);

/* Forget all tables but the aggregates, and sort again: what a search that drops dead data can be
 * compared on. */
void ends_forget_tables(struct ends *ends);

/* Of sorted ends: the same ones, with the same faults. */
bool ends_equal(const struct ends *a, const struct ends *b);

/* One line about the first difference, into `text`. */
const char *ends_difference(const struct ends *a, const struct ends *b, char *text, size_t size);

#endif
