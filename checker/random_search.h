/* Random search: runs drawn from a seed, until one violates a property or enough have been made.
 *
 * Run i explores valuation i modulo their number. Runs are made in waves: within a wave they are
 * advanced by the workers at once as far as what is remembered goes, then one thread works out what
 * they lack, in the order of the runs, and so on; so nothing depends on the number of workers, and
 * the violating run shown is the one with the lowest number.
 *
 * A run depends on what is known of the functions (world_facts), since the reductions do. A few
 * walks are made first to learn that; where a later run teaches something new, all are made again
 * from the first.
 *
 * What is remembered grows with what is new in the runs; beyond a limit all of it is forgotten
 * between waves, and worked out again where it is needed. */
#ifndef ONCECHECK_CHECKER_RANDOM_SEARCH_H
#define ONCECHECK_CHECKER_RANDOM_SEARCH_H

#include "checker/explorer.h"
#include "checker/schedule.h"

enum { RANDOM_LEARNING_RUNS = 10, RANDOM_WAVE_RUNS = 2048 };

struct random_options {
    struct schedule_settings settings; /* length and actors are filled by the search */
    uint64_t runs;                     /* how many */
    unsigned workers;                  /* 0 counts as 1 */
    enum search_stop (*poll)(void *context, const struct search_progress *progress);
    void *context;
    struct coverage *coverage; /* gets what was reached; NULL: nothing */
    /* Called between waves where more than memory_max bytes have come to be used: replaces the
     * worlds by others that have forgotten all but the facts. Coverage ends there. */
    enum status (*renew)(void *context, struct world **worlds, struct error *error);
    void *renew_context;
    size_t memory_max;
};

struct random_result {
    enum search_stop stop;
    uint64_t runs; /* made, without those behind the violating one */
    uint64_t cut_off;
    uint64_t steps;
    uint32_t longest;
    uint32_t most_faults;
    uint64_t steps_by_world[VALUATION_COUNT];
    uint64_t runs_by_world[VALUATION_COUNT];
    struct schedule_settings settings; /* with length and actors */
    bool violated;
    uint64_t run;              /* the violating one */
    size_t world;              /* its world, of those given */
    uint32_t faults;           /* in it */
    struct search_result path; /* its path; to be released with search_result_release */
};

/* Sample `worlds`, one for each valuation, which share one run's trees and store and one set of
 * facts. Errors are those of the model; limits and interrupts are results. */
enum status random_search(struct world **worlds, size_t world_count,
                          const struct random_options *options, struct random_result *result,
                          struct error *error);

#endif
