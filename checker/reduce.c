#include "checker/reduce.h"

/* Keep what a search found if it has the cause that is wanted. */
static enum status keep_if_same(struct verification *verification, const struct world *searched,
                                const struct search_result *result,
                                const struct verify_options *options, bool *same,
                                struct error *error)
{
    struct verification old = *verification;
    verification->world = NULL;
    enum status status =
        verify_keep_counterexample(verification, searched, old.valuation, result, error);
    *same = status == STATUS_OK &&
            (options->same_cause == NULL || options->same_cause(options->context, verification));
    struct verification *dropped = *same ? &old : verification;
    if (dropped->world != NULL) {
        counterexample_release(&dropped->counterexample);
        world_destroy(dropped->world);
    }
    if (!*same)
        *verification = old;
    return status;
}

/* True if the run's messages as they are now still lead to the violation; then it is the one
 * kept. */
static enum status still_violated(struct verification *verification,
                                  const struct verify_options *options, bool *violated,
                                  enum search_stop *stop, struct error *error)
{
    struct run *run = verification->run;
    struct workload workload;
    struct world *world = NULL;
    enum property property = verification->violation.property;
    bool stuck = verification->violation.stuck;
    *violated = false;
    enum status status =
        verify_create_world(run, verification->valuation, true, &workload, &world, error);
    if (status != STATUS_OK)
        return status;
    world_adopt_facts(world, &verification->facts);
    (void)world_take_facts_changed(world);
    struct search_options search = {.fault_limit = verification->violation.faults,
                                    .states_max = options->states_max,
                                    .workers = options->workers,
                                    .fingerprints = options->fingerprints,
                                    .poll = options->poll,
                                    .context = options->context,
                                    .known_faults = UINT32_MAX,
                                    .known_depth = UINT32_MAX};
    struct search_result result;
    status = explore(world, &search, &result, error);
    *stop = result.stop;
    if (status == STATUS_OK && result.violation.found && result.violation.property == property &&
        result.violation.stuck == stuck) {
        status = keep_if_same(verification, world, &result, options, violated, error);
        if (*violated)
            verification->facts = world->facts;
    }
    search_result_release(&result);
    world_destroy(world);
    return status;
}

enum status verify_reduce(struct verification *verification, const struct verify_options *options,
                          struct error *error)
{
    struct run *run = verification->run;
    bool changed = true;
    while (changed) {
        changed = false;
        for (size_t i = run->scenario.message_count; i > 0; i--) {
            struct scenario_message *message = &run->messages[i - 1];
            while (message->copies > 0) {
                bool violated = false;
                enum search_stop stop = SEARCH_COMPLETE;
                message->copies--;
                enum status status = still_violated(verification, options, &violated, &stop, error);
                if (violated) {
                    changed = true;
                    continue;
                }
                message->copies++;
                if (status != STATUS_OK || stop == SEARCH_INTERRUPTED || stop == SEARCH_TIME_LIMIT)
                    return status;
                break;
            }
        }
    }
    return STATUS_OK;
}
