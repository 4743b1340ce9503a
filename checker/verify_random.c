#include "checker/verify_random.h"

#include "checker/random_search.h"
#include "checker/renew.h"
#include "checker/shrink.h"

/* What is used before a run is made anew, where --max-memory allows it. */
#define MEMORY_MAX ((size_t)384 << 20)

struct sampled_worlds {
    struct verification *verification;
    struct coverage *coverage;
    struct workload workloads[VALUATION_COUNT];
    struct world *worlds[VALUATION_COUNT];
    enum valuation valuations[VALUATION_COUNT];
    size_t count;
};

static enum status create_worlds(struct verification *verification, struct sampled_worlds *sampled,
                                 struct error *error)
{
    struct run *run = verification->run;
    const struct world_reductions reductions = {.merge_local_steps = run->merge_local_steps,
                                                .stage_order = run->stage_order,
                                                .drop_dead_data = run->drop_dead_data};
    enum status status = STATUS_OK;
    for (int i = 0; status == STATUS_OK && i < VALUATION_COUNT; i++) {
        size_t at = sampled->count;
        if (!run->scenario.valuations[i])
            continue;
        status = verify_create_reduced_world(run, (enum valuation)i, &reductions,
                                             &sampled->workloads[at], &sampled->worlds[at], error);
        if (status != STATUS_OK)
            break;
        world_adopt_facts(sampled->worlds[at], &verification->facts);
        (void)world_take_facts_changed(sampled->worlds[at]);
        sampled->valuations[at] = (enum valuation)i;
        sampled->count++;
    }
    return status;
}

static void destroy_worlds(struct sampled_worlds *sampled)
{
    for (size_t i = 0; i < sampled->count; i++)
        world_destroy(sampled->worlds[i]);
    sampled->count = 0;
}

/* For random_options. */
static enum status renew(void *context, struct world **worlds, struct error *error)
{
    struct sampled_worlds *sampled = context;
    struct verification *verification = sampled->verification;
    CHECK(worlds == sampled->worlds);
    verification->facts = sampled->worlds[0]->facts;
    destroy_worlds(sampled);
    enum status status =
        renew_run(verification->run, &verification->facts, sampled->coverage, error);
    return status == STATUS_OK ? create_worlds(verification, sampled, error) : status;
}

static void note_result(struct verification *verification, const struct sampled_worlds *sampled,
                        const struct random_result *result)
{
    struct sampling *sampling = &verification->sampling;
    sampling->runs = result->runs;
    sampling->cut_off = result->cut_off;
    sampling->steps = result->steps;
    sampling->longest = result->longest;
    sampling->run = result->run;
    sampling->settings = result->settings;
    verification->stop = result->stop;
    if (result->stop == SEARCH_TIME_LIMIT && sampling->runs_asked == UINT64_MAX)
        verification->stop = SEARCH_COMPLETE; /* as many as time allows were asked for */
    verification->saturated = false;
    for (size_t i = 0; i < sampled->count; i++)
        verification->valuations[sampled->valuations[i]] =
            (struct valuation_statistics){.explored = true,
                                          .transitions = result->steps_by_world[i],
                                          .ends = result->runs_by_world[i],
                                          .depth = result->longest};
    verification->facts = sampled->worlds[0]->facts;
}

/* The path as it is, where the shrinker could not take it again. */
static enum status keep_shrunk(struct verification *verification,
                               const struct verify_options *options,
                               const struct sampled_worlds *sampled,
                               const struct random_result *result, struct error *error)
{
    enum valuation valuation = sampled->valuations[result->world];
    enum status status = verify_shrink(verification, options, valuation, &result->path, error);
    if (status != STATUS_OK || verification->violated)
        return status;
    return verify_keep_counterexample(verification, sampled->worlds[result->world], valuation,
                                      &result->path, error);
}

enum status verify_random(struct verification *verification, const struct verify_options *options,
                          struct error *error)
{
    const struct random_request *request = options->random;
    const struct run *run = verification->run;
    struct sampled_worlds sampled = {.verification = verification, .coverage = options->coverage};
    struct random_result result = {0};
    struct random_options search = {
        .settings = {.strategy = request->strategy,
                     .seed = request->seed,
                     .fault_limit = run->faults.limit},
        .runs = request->runs,
        .workers = options->workers,
        .coverage = options->coverage,
        .renew = renew,
        .renew_context = &sampled,
        .memory_max = run->memory->limit / 4 < MEMORY_MAX ? run->memory->limit / 4 : MEMORY_MAX,
        .poll = options->poll,
        .context = options->context};
    for (int i = 0; i < FAULT_KIND_COUNT; i++)
        search.settings.rates[i] = SCHEDULE_RATE;
    verification->sampling.used = true;
    verification->sampling.runs_asked = request->runs;
    enum status status = create_worlds(verification, &sampled, error);
    if (status == STATUS_OK)
        status = random_search(sampled.worlds, sampled.count, &search, &result, error);
    if (status == STATUS_OK)
        note_result(verification, &sampled, &result);
    if (status == STATUS_OK && result.violated)
        status = keep_shrunk(verification, options, &sampled, &result, error);
    if (result.path.memory != NULL)
        search_result_release(&result.path);
    destroy_worlds(&sampled);
    return status;
}
