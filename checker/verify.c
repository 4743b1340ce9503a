#include "checker/verify.h"

#include "checker/verify_checkpoint.h"
#include "checker/verify_random.h"

#include <string.h>

enum { LISTED_FIRST = 64 };

enum status verify_create_reduced_world(struct run *run, enum valuation valuation,
                                        const struct world_reductions *reductions,
                                        struct workload *workload, struct world **world,
                                        struct error *error)
{
    enum status status = workload_create(&run->scenario, &run->pipeline, valuation, &run->arena,
                                         run->store, workload, error);
    if (status != STATUS_OK)
        return status;
    struct world_inputs inputs = {.memory = run->memory,
                                  .store = run->store,
                                  .pipeline = &run->pipeline,
                                  .scenario = &run->scenario,
                                  .faults = &run->faults,
                                  .workload = workload,
                                  .trees = run->trees,
                                  .merge_local_steps = reductions->merge_local_steps,
                                  .stage_order = reductions->stage_order,
                                  .shards_in_turn = reductions->shards_in_turn,
                                  .drop_dead_data = reductions->drop_dead_data};
    return world_create(&inputs, world, error);
}

enum status verify_create_world(struct run *run, enum valuation valuation, bool reduced,
                                struct workload *workload, struct world **world,
                                struct error *error)
{
    const struct world_reductions reductions = {.merge_local_steps =
                                                    reduced && run->merge_local_steps,
                                                .stage_order = reduced && run->stage_order,
                                                .shards_in_turn = reduced && run->shards_in_turn,
                                                .drop_dead_data = reduced && run->drop_dead_data};
    return verify_create_reduced_world(run, valuation, &reductions, workload, world, error);
}

enum status verify_create_single_steps(struct verification *verification, enum valuation valuation,
                                       struct error *error)
{
    struct run *run = verification->run;
    verification->workload = arena_allocate(&run->arena, sizeof *verification->workload);
    if (verification->workload == NULL)
        return error_set(error, STATUS_NO_MEMORY, "out of memory");
    return verify_create_world(run, valuation, false, verification->workload, &verification->world,
                               error);
}

enum status verify_keep_counterexample(struct verification *verification,
                                       const struct world *searched, enum valuation valuation,
                                       const struct search_result *result, struct error *error)
{
    if (verification->world != NULL) {
        counterexample_release(&verification->counterexample);
        world_destroy(verification->world);
        verification->world = NULL;
    }
    enum status status = verify_create_single_steps(verification, valuation, error);
    if (status != STATUS_OK)
        return status;
    world_adopt_facts(verification->world, &searched->facts);
    counterexample_init(&verification->counterexample, verification->world);
    verification->violated = true;
    verification->valuation = valuation;
    verification->violation = result->violation;
    return counterexample_from_path(&verification->counterexample, verification->world, result,
                                    searched->merge_local_steps, error);
}

/* The transition with this action; list->count: none. */
static size_t find_action(const struct transition_list *list, const struct action *action)
{
    size_t i = 0;
    while (i < list->count && !action_equal(&list->items[i].action, action))
        i++;
    return i;
}

/* Follow `actions` from the initial state into the verification's counterexample. */
static enum status follow_actions(struct verification *verification, const struct action *actions,
                                  size_t length, struct error *error)
{
    struct world *world = verification->world;
    struct transition_list list;
    transition_list_init(&list, world);
    uint32_t *slots =
        memory_allocate_zeroed(world->memory, world->layout.slot_count, sizeof *slots);
    enum status status = STATUS_OK;
    if (slots == NULL) {
        status = error_set(error, STATUS_NO_MEMORY, "out of memory");
    } else {
        world_initial_state(world, slots);
        status = counterexample_begin(&verification->counterexample, slots, error);
    }
    for (size_t i = 0; status == STATUS_OK && i < length; i++) {
        status = world_expand(world, counterexample_state(&verification->counterexample, i), &list,
                              error);
        size_t found = find_action(&list, &actions[i]);
        if (status == STATUS_OK && found == list.count)
            status = error_set(error, STATUS_NONDETERMINISTIC,
                               "step %zu of a counterexample cannot be taken again: a function "
                               "depends on something that oncecheck does not control",
                               i + 1);
        if (status == STATUS_OK)
            status = counterexample_add(&verification->counterexample, &actions[i],
                                        list.slots + found * list.slot_count, error);
    }
    memory_free(world->memory, slots, world->layout.slot_count * sizeof *slots);
    transition_list_release(&list);
    return status;
}

/* The actions become the counterexample, in a world that knows all there is to know; they are not
 * those of the counterexample itself. */
static enum status take_again(struct verification *verification, const struct action *actions,
                              size_t length, struct error *error)
{
    verification->world = NULL;
    enum status status = verify_create_single_steps(verification, verification->valuation, error);
    if (status != STATUS_OK)
        return status;
    counterexample_init(&verification->counterexample, verification->world);
    world_adopt_facts(verification->world, &verification->facts);
    do {
        (void)world_take_facts_changed(verification->world);
        status = follow_actions(verification, actions, length, error);
    } while (status == STATUS_OK && world_take_facts_changed(verification->world));
    verification->facts = verification->world->facts;
    return status;
}

enum status verify_refresh_counterexample(struct verification *verification, struct error *error)
{
    struct counterexample old = verification->counterexample;
    struct world *old_world = verification->world;
    enum status status = take_again(verification, old.actions, old.length, error);
    counterexample_release(&old);
    world_destroy(old_world);
    return status;
}

enum status verify_select(struct verification *verification, size_t index, struct error *error)
{
    const struct listed_violation *listed = &verification->listed[index];
    counterexample_release(&verification->counterexample);
    world_destroy(verification->world);
    verification->valuation = listed->valuation;
    verification->violation = listed->violation;
    return take_again(verification, listed->actions, listed->length, error);
}

struct listing {
    struct verification *verification;
    enum valuation valuation;
    bool decodable;
};

/* The same events have led to a violation of the same property in a valuation whose sums can be
 * taken apart: that tells more about the same cause. */
static bool is_listed(const struct verification *verification,
                      const struct search_violation *violation)
{
    for (size_t i = 0; i < verification->listed_count; i++) {
        const struct listed_violation *listed = &verification->listed[i];
        if (listed->decodable && listed->violation.property == violation->property &&
            listed->violation.story == violation->story)
            return true;
    }
    return false;
}

static bool make_room(struct verification *verification)
{
    struct arena *arena = &verification->run->arena;
    if (verification->listed_count < verification->listed_capacity)
        return true;
    size_t capacity =
        verification->listed_capacity == 0 ? LISTED_FIRST : 2 * verification->listed_capacity;
    struct listed_violation *listed = arena_allocate_array(arena, capacity, sizeof *listed);
    if (listed == NULL)
        return false;
    if (verification->listed_count > 0)
        memcpy(listed, verification->listed, verification->listed_count * sizeof *listed);
    verification->listed = listed;
    verification->listed_capacity = capacity;
    return true;
}

/* Put a violation into its place in the list: by faults, then valuation, then transitions; those of
 * one valuation come in order. */
static enum status list_violation(void *context, const struct world *searched,
                                  const struct search_result *result, struct error *error)
{
    const struct listing *listing = context;
    struct verification *verification = listing->verification;
    if (!listing->decodable && is_listed(verification, &result->violation))
        return STATUS_OK;
    enum status status =
        verify_keep_counterexample(verification, searched, listing->valuation, result, error);
    if (status != STATUS_OK)
        return status;
    size_t length = verification->counterexample.length;
    struct action *actions =
        arena_allocate_array(&verification->run->arena, length + 1, sizeof *actions);
    if (actions == NULL || !make_room(verification))
        return error_set(error, STATUS_NO_MEMORY, "out of memory for the counterexamples");
    if (length > 0)
        memcpy(actions, verification->counterexample.actions, length * sizeof *actions);
    struct listed_violation *listed = verification->listed;
    size_t place = verification->listed_count++;
    for (; place > 0 && listed[place - 1].violation.faults > result->violation.faults; place--)
        listed[place] = listed[place - 1];
    listed[place] = (struct listed_violation){.valuation = listing->valuation,
                                              .decodable = listing->decodable,
                                              .violation = result->violation,
                                              .actions = actions,
                                              .length = length};
    return STATUS_OK;
}

static void add_statistics(struct verification *verification, enum valuation valuation,
                           const struct search_result *result, bool goes_on, bool decodable)
{
    verification->valuations[valuation] =
        (struct valuation_statistics){.explored = true,
                                      .states = result->states,
                                      .transitions = result->transitions,
                                      .ends = result->ends,
                                      .depth = result->depth};
    if (result->bytes > verification->visited_bytes) {
        verification->visited_bytes = result->bytes;
        verification->visited_states = result->states;
    }
    if (verification->fingerprints)
        verification->miss_probability += search_miss_probability(result->states);
    if ((result->violation.found && !goes_on) || result->stop == SEARCH_OUTBID)
        return;
    if (verification->stop == SEARCH_COMPLETE || verification->stop == SEARCH_FAULT_LIMIT) {
        if (result->stop != SEARCH_COMPLETE)
            verification->stop = result->stop;
    }
    if (!result->saturated)
        verification->saturated = false;
    if (result->violation.found && !decodable)
        return; /* see explore_valuation */
    /* "not even level 0" is the least of all */
    if (result->levels + 1 < verification->levels + 1)
        verification->levels = result->levels;
}

/* Keep the diagnosis of the valuation with the most states. Takes `diagnosis` over. */
static void keep_diagnosis(struct verification *verification, enum valuation valuation,
                           struct diagnosis *diagnosis)
{
    struct diagnosis *other = diagnosis;
    if (diagnosis != NULL &&
        (verification->diagnosis == NULL ||
         diagnosis_states(diagnosis) > diagnosis_states(verification->diagnosis))) {
        other = verification->diagnosis;
        verification->diagnosis = diagnosis;
        verification->diagnosed = valuation;
    }
    diagnosis_destroy(other);
}

static enum status explore_valuation(struct verification *verification, enum valuation valuation,
                                     const struct verify_options *options, struct error *error)
{
    struct run *run = verification->run;
    struct workload workload;
    struct world *world = NULL;
    enum status status = verify_create_world(run, valuation, true, &workload, &world, error);
    if (status != STATUS_OK)
        return status;
    world_adopt_facts(world, &verification->facts);
    (void)world_take_facts_changed(
        world); /* trees shared with the valuations before may show more */
    struct search_options search = {
        .fault_limit = run->faults.limit,
        .states_max = options->states_max,
        .workers = options->workers,
        .fingerprints = options->fingerprints,
        .coverage = options->coverage,
        .poll = options->poll,
        .context = options->context,
        .known_faults = verification->violated ? verification->violation.faults : UINT32_MAX,
        .known_depth =
            verification->violated ? 0 : UINT32_MAX}; /* only fewer faults are of interest */
    struct listing listing = {
        .verification = verification, .valuation = valuation, .decodable = workload.decodable};
    if (options->all_violations) {
        /* what cannot be taken apart shows no more with more faults */
        search.fault_limit_violated = workload.decodable ? options->fault_limit_violated : 0;
        search.known_faults = search.known_depth = UINT32_MAX;
        search.on_violation = list_violation;
        search.violation_context = &listing;
    }
    struct checkpoint_round round = {
        .options = options, .verification = verification, .valuation = valuation};
    if (options->checkpoint != NULL) {
        search.checkpoint = options->checkpoint->file == NULL ? NULL : verify_checkpoint_round;
        search.checkpoint_context = &round;
        search.resumed = options->checkpoint->resumed;
    }
    struct search_result result;
    if (options->diagnose) {
        search.diagnosis = diagnosis_create(world);
        if (search.diagnosis == NULL) {
            world_destroy(world);
            return error_set(error, STATUS_NO_MEMORY, "out of memory for the diagnosis");
        }
    }
    status = explore(world, &search, &result, error);
    if (search.resumed != NULL) {
        archive_close(search.resumed);
        options->checkpoint->resumed = NULL;
    }
    keep_diagnosis(verification, valuation, search.diagnosis);
    if (status == STATUS_OK) {
        add_statistics(verification, valuation, &result, options->all_violations,
                       workload.decodable);
        verification->facts = world->facts;
        if (result.classes_left_out)
            verification->listed_all = false;
        if (result.violation.found && !options->all_violations)
            status = verify_keep_counterexample(verification, world, valuation, &result, error);
    }
    search_result_release(&result);
    world_destroy(world);
    return status;
}

/* What is known before anything has run. */
static void begin_facts(const struct run *run, struct verification *verification)
{
    verification->facts.time_passes = run->faults.enabled[FAULT_TIMEOUT];
    for (size_t i = 0; i < run->pipeline.function_count; i++)
        verification->facts.attempts_shown[i] =
            run->trees[i] != NULL && handler_tree_shows_attempts(run->trees[i]);
}

enum status verify_begin_path(struct run *run, struct verification *verification,
                              struct error *error)
{
    *verification = (struct verification){.run = run};
    begin_facts(run, verification);
    while (!run->scenario.valuations[verification->valuation])
        verification->valuation++;
    return take_again(verification, NULL, 0, error);
}

/* The valuations that are left are not begun. With search checkpoints that is so for each limit:
 * the one that was written last is of the search that did not come to its end. */
static bool must_end(enum search_stop stop, const struct verify_options *options)
{
    if (options->checkpoint != NULL && options->checkpoint->file != NULL)
        return stop != SEARCH_COMPLETE && stop != SEARCH_FAULT_LIMIT;
    return stop == SEARCH_INTERRUPTED || stop == SEARCH_TIME_LIMIT;
}

enum status verify(struct run *run, const struct verify_options *options,
                   struct verification *verification, struct error *error)
{
    *verification = (struct verification){.run = run,
                                          .stop = SEARCH_COMPLETE,
                                          .saturated = true,
                                          .levels = UINT32_MAX - 1,
                                          .listed_all = options->all_violations,
                                          .fingerprints = options->fingerprints};
    begin_facts(run, verification);
    enum status status = STATUS_OK;
    if (options->random != NULL)
        status = verify_random(verification, options, error);
    enum valuation first = (enum valuation)0;
    if (status == STATUS_OK && options->checkpoint != NULL && options->checkpoint->resumed != NULL)
        status = verify_checkpoint_resume(options->checkpoint, verification, &first, error);
    for (int i = (int)first; options->random == NULL && status == STATUS_OK && i < VALUATION_COUNT;
         i++) {
        if (!run->scenario.valuations[i])
            continue;
        if (verification->violated && verification->violation.faults == 0 &&
            !options->all_violations)
            break; /* no valuation can need fewer */
        status = explore_valuation(verification, (enum valuation)i, options, error);
        if (must_end(verification->stop, options))
            break;
    }
    if (verification->stop != SEARCH_COMPLETE && verification->stop != SEARCH_FAULT_LIMIT)
        verification->listed_all = false;
    if (status == STATUS_OK && verification->listed_count > 0)
        status = verify_select(verification, 0, error);
    if (status == STATUS_OK) {
        verification->findings = arena_allocate(&run->arena, sizeof *verification->findings);
        if (verification->findings == NULL ||
            !findings_collect(run, &verification->facts, &run->arena, verification->findings))
            status = error_set(error, STATUS_NO_MEMORY, "out of memory");
    }
    if (status != STATUS_OK)
        verification_release(verification);
    return status;
}

void verification_release(struct verification *verification)
{
    diagnosis_destroy(verification->diagnosis);
    verification->diagnosis = NULL;
    if (verification->world == NULL)
        return;
    counterexample_release(&verification->counterexample);
    world_destroy(verification->world);
    verification->world = NULL;
}
