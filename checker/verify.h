/* Verification of a run: every valuation explored, the best counterexample kept. */
#ifndef ONCECHECK_CHECKER_VERIFY_H
#define ONCECHECK_CHECKER_VERIFY_H

#include "checker/counterexample.h"
#include "checker/explorer.h"
#include "checker/findings.h"
#include "checker/run.h"
#include "checker/schedule.h"

enum { RANDOM_RUNS_DEFAULT = 10000 };

/* A random search instead of the exhaustive one. */
struct random_request {
    enum strategy strategy;
    uint64_t seed;
    uint64_t runs; /* UINT64_MAX: as many as `poll` lets it make */
};

struct verification;
struct verify_checkpoint;

struct verify_options {
    const struct random_request *random; /* NULL: search exhaustively */
    uint64_t states_max;
    bool diagnose;    /* find out what multiplies the states */
    unsigned workers; /* see struct search_options */
    bool fingerprints;
    bool all_violations; /* go on after the first, and list them, up to so many faults */
    uint32_t fault_limit_violated;
    /* For verify_reduce: whether the counterexample as it is now still has the cause that is
     * wanted. NULL: that its property is the same is enough. */
    bool (*same_cause)(void *context, const struct verification *verification);
    struct verify_checkpoint *checkpoint; /* checker/verify_checkpoint.h; NULL: none */
    struct coverage *coverage;            /* gets what all searches reach together; NULL: nothing */
    enum search_stop (*poll)(void *context, const struct search_progress *progress);
    void *context;
};

struct valuation_statistics {
    bool explored;
    uint64_t states;
    uint64_t transitions;
    uint64_t ends;
    uint32_t depth;
};

struct sampled_size {
    uint32_t faults;
    size_t puts;
    size_t actions; /* local steps are part of the action before */
};

/* What a random search has done. */
struct sampling {
    bool used;
    uint64_t runs_asked;
    uint64_t runs; /* made, without those behind the violating one */
    uint64_t cut_off;
    uint64_t steps; /* of all of them */
    uint32_t longest;
    struct schedule_settings settings;
    uint64_t run;               /* the violating one, from 0 */
    struct sampled_size before; /* the violating run, and what it was shrunk to */
    struct sampled_size after;
    uint32_t candidates; /* replayed for that */
    bool minimal;        /* nothing more can be left out */
};

/* A violation in the list of all, by the actions of its way in single steps. */
struct listed_violation {
    enum valuation valuation;
    bool decodable; /* so are the sums of that valuation */
    struct search_violation violation;
    struct action *actions;
    size_t length;
};

struct verification {
    struct run *run;
    struct sampling sampling;
    enum search_stop stop; /* the first of a valuation that was not explored completely */
    bool saturated;        /* in every valuation one more fault adds no state */
    uint32_t levels; /* faults explored completely in every valuation; UINT32_MAX: not even 0 */
    struct valuation_statistics valuations[VALUATION_COUNT];
    bool fingerprints;       /* states were known by fingerprints, and */
    double miss_probability; /* so likely, at most, was some state missed */
    size_t visited_bytes;    /* of the largest visited set */
    uint64_t visited_states; /* of the same */
    bool attempts_shown[PIPELINE_FUNCTIONS_MAX];
    /* Of the scenario's `sometimes`, what no search reached; whoever counts the coverage says so.
     */
    const char *unreached[SCENARIO_SOMETIMES_MAX];
    size_t unreached_count;
    struct world_facts facts;
    struct findings *findings; /* of the pipeline; the run's arena's */
    /* Of the valuation with the most states, if it was asked for; else NULL. */
    struct diagnosis *diagnosis;
    enum valuation diagnosed;
    /* The best counterexample: the fewest faults, then the first valuation, then the fewest
     * transitions. */
    bool violated;
    enum valuation valuation;
    struct search_violation violation;
    struct workload *workload; /* the run's arena's */
    struct world *world;       /* of that valuation, merging nothing */
    struct counterexample counterexample;
    /* With all_violations: the best of each class of every valuation (checker/violation_classes.h),
     * the best counterexample first; then in the same order. Several may have one cause. The run's
     * arena's. */
    struct listed_violation *listed;
    size_t listed_count;
    size_t listed_capacity;
    bool listed_all; /* nothing kept the searches from finding all classes there are */
};

/* Explore. On failure nothing is left to release. */
enum status verify(struct run *run, const struct verify_options *options,
                   struct verification *verification, struct error *error);
void verification_release(struct verification *verification);

/* Take a search's path again in single steps, and keep it as the best counterexample. */
enum status verify_keep_counterexample(struct verification *verification,
                                       const struct world *searched, enum valuation valuation,
                                       const struct search_result *result, struct error *error);

/* Make the listed violation `index` the counterexample, as verify_refresh_counterexample does. */
enum status verify_select(struct verification *verification, size_t index, struct error *error);

/* Begin a path by hand: the counterexample is the initial state, in single steps, of the first
 * valuation that the scenario asks for. verification_release afterwards, in any case. */
enum status verify_begin_path(struct run *run, struct verification *verification,
                              struct error *error);

/* Take the counterexample's actions again in a world with all that is known by now. Searches after
 * the one that found it may have voided its states (world_take_facts_changed). To be called before
 * its states are read. */
enum status verify_refresh_counterexample(struct verification *verification, struct error *error);

/* A world for the counterexample, with a workload of its own: the one before may be in use. */
enum status verify_create_single_steps(struct verification *verification, enum valuation valuation,
                                       struct error *error);

/* A world of `run` for one valuation; *workload is filled first and must outlive it. */
enum status verify_create_reduced_world(struct run *run, enum valuation valuation,
                                        const struct world_reductions *reductions,
                                        struct workload *workload, struct world **world,
                                        struct error *error);

/* A world of `run` for one valuation; *workload is filled first and must outlive it. `reduced`:
 * with the run's reductions; else every single step of every actor. */
enum status verify_create_world(struct run *run, enum valuation valuation, bool reduced,
                                struct workload *workload, struct world **world,
                                struct error *error);

#endif
