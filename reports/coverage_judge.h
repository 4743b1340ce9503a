/* What the cells of a coverage mean: reached, or why not.
 *
 * A cell is what can befall one call. Its status is one of
 *
 *   reached     explored in so many situations
 *   equal       a fault there leads to nothing that is not explored elsewhere
 *   missed      it could happen with the kinds of faults that were on, and was not reached
 *   off         its kind of faults was not switched on for the function
 *   impossible  it cannot happen to this call
 *
 * and `why` says in words what would reach it, or why nothing does. */
#ifndef ONCECHECK_REPORTS_COVERAGE_JUDGE_H
#define ONCECHECK_REPORTS_COVERAGE_JUDGE_H

#include "model/base/value.h"

/* The document (coverage_value.h) with `status` and `why` in every cell, its calls in the order of
 * function, file and line, and a `summary`: MAP with, for "cells", "lines" and "branches", MAP
 * {"reached", "of"}. Cells count where their kind was on. */
struct value coverage_judge(struct value_store *store, struct value document);

/* A cell that was missed, and where to look for the next one; starts as zeros. */
struct missed_cell {
    struct value call;
    struct value cell;
    size_t next_call;
    size_t next_cell;
};

/* Go on to the next one, in the order of the calls; false: there is none. */
bool coverage_next_missed(const struct value_store *store, struct value judged,
                          struct missed_cell *missed);

/* The lowest of the percentages that there are (of nothing there is none), in 0..100: rounded
 * down, so that 100 means all. */
int coverage_percent(const struct value_store *store, struct value judged);

#endif
