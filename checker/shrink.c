#include "checker/shrink.h"

#include "checker/shrink_play.h"

#include <string.h>

struct shrinker {
    struct verification *verification;
    const struct verify_options *options;
    struct run *run;
    struct memory *memory;
    struct shrink_stage stage;
    struct search_violation wanted;
    struct played best;
    struct action_list
        own; /* the actions of `best` that are the run's own, which can be left out */
    struct played tried;
    bool *skip; /* of `own` */
    size_t skip_size;
    uint32_t candidates;
    bool stopped;
};

static enum status no_memory(struct error *error)
{
    return error_set(error, STATUS_NO_MEMORY, "out of memory while shrinking a counterexample");
}

static size_t put_count(const struct run *run)
{
    size_t count = 0;
    for (size_t i = 0; i < run->scenario.message_count; i++)
        count += run->scenario.messages[i].copies;
    return count;
}

/* How many of the actions are the run's own. */
static size_t own_count(const struct played *played)
{
    size_t count = 0;
    for (size_t i = 0; i < played->actions.count; i++)
        count += played->actions.items[i].followed ? 1 : 0;
    return count;
}

/* `fewer_puts`: the candidate has fewer of them than the best. */
static bool is_smaller(const struct shrinker *shrinker, bool fewer_puts)
{
    const struct played *best = &shrinker->best;
    const struct played *tried = &shrinker->tried;
    if (tried->violation.faults != best->violation.faults)
        return tried->violation.faults < best->violation.faults;
    if (fewer_puts)
        return true;
    if (tried->actions.count != best->actions.count)
        return tried->actions.count < best->actions.count;
    return own_count(tried) < own_count(best);
}

/* The candidate just tried is the best. */
static enum status keep(struct shrinker *shrinker, struct error *error)
{
    struct played best = shrinker->tried;
    shrinker->tried = shrinker->best;
    shrinker->best = best;
    shrinker->own.count = 0;
    for (size_t i = 0; i < best.actions.count; i++) {
        if (best.actions.items[i].followed &&
            !action_list_add(&shrinker->own, shrinker->memory, &best.actions.items[i]))
            return no_memory(error);
    }
    return STATUS_OK;
}

/* Replay the run's own actions but those marked in `skip`; *kept: they are the best now. */
static enum status try_skipping(struct shrinker *shrinker, bool fewer_puts, bool *kept,
                                struct error *error)
{
    const struct search_progress progress = {.runs = shrinker->verification->sampling.runs,
                                             .transitions = shrinker->verification->sampling.steps};
    *kept = false;
    shrinker->candidates++;
    shrinker->stopped =
        shrinker->candidates > SHRINK_CANDIDATES_MAX ||
        (shrinker->options->poll != NULL &&
         shrinker->options->poll(shrinker->options->context, &progress) != SEARCH_COMPLETE);
    if (shrinker->stopped)
        return STATUS_OK;
    enum status status = shrink_play(&shrinker->stage, &shrinker->own, shrinker->skip,
                                     &shrinker->wanted, &shrinker->tried, error);
    if (status == STATUS_OK && shrinker->tried.violated && is_smaller(shrinker, fewer_puts)) {
        *kept = true;
        status = keep(shrinker, error);
    }
    return status;
}

/* The same without the actions first .. first + count - 1. */
static enum status try_without(struct shrinker *shrinker, size_t first, size_t count, bool *kept,
                               struct error *error)
{
    for (size_t i = 0; i < count; i++)
        shrinker->skip[first + i] = true;
    enum status status = try_skipping(shrinker, false, kept, error);
    for (size_t i = 0; i < count; i++)
        shrinker->skip[first + i] = false;
    return status;
}

static enum status leave_out_faults(struct shrinker *shrinker, bool *changed, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = shrinker->own.count; status == STATUS_OK && i > 0 && !shrinker->stopped;) {
        bool kept = false;
        i = i > shrinker->own.count ? shrinker->own.count : i;
        if (i == 0)
            break;
        i--;
        if (shrinker->own.items[i].cost > 0)
            status = try_without(shrinker, i, 1, &kept, error);
        *changed = *changed || kept;
    }
    return status;
}

/* Put a message `copies` times only. Where that is not enough the world is as it was. */
static enum status try_copies(struct shrinker *shrinker, size_t message, uint32_t copies,
                              bool *kept, struct error *error)
{
    struct scenario_message *changed = &shrinker->run->messages[message];
    uint32_t before = changed->copies;
    changed->copies = copies;
    enum status status = shrink_stage_set(&shrinker->stage, error);
    if (status == STATUS_OK)
        status = try_skipping(shrinker, true, kept, error);
    if (status != STATUS_OK || *kept)
        return status;
    changed->copies = before;
    return shrink_stage_set(&shrinker->stage, error);
}

static enum status leave_out_puts(struct shrinker *shrinker, bool *changed, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = shrinker->run->scenario.message_count; status == STATUS_OK && i > 0; i--) {
        const struct scenario_message *message = &shrinker->run->messages[i - 1];
        bool kept = message->copies > 0;
        if (message->copies > 1) {
            status = try_copies(shrinker, i - 1, 0, &kept, error);
            *changed = *changed || kept;
            kept = !kept;
        }
        while (status == STATUS_OK && kept && message->copies > 0 && !shrinker->stopped) {
            status = try_copies(shrinker, i - 1, message->copies - 1, &kept, error);
            *changed = *changed || kept;
        }
        if (shrinker->stopped)
            break;
    }
    return status;
}

/* Pieces of half of the actions, then of a quarter and so on, down to single ones. */
static enum status leave_out_actions(struct shrinker *shrinker, bool *changed, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t size = (shrinker->own.count + 1) / 2; size > 0 && status == STATUS_OK;
         size = size > 1 ? (size + 1) / 2 : 0) {
        for (size_t first = 0; status == STATUS_OK && first < shrinker->own.count;) {
            size_t count = shrinker->own.count - first < size ? shrinker->own.count - first : size;
            bool kept = false;
            status = try_without(shrinker, first, count, &kept, error);
            if (shrinker->stopped)
                return status;
            *changed = *changed || kept;
            first += kept ? 0 : count;
        }
    }
    return status;
}

/* What follows a double count is needed only if the end depends on it. */
static enum status leave_out_rest(struct shrinker *shrinker, struct error *error)
{
    size_t twice = shrinker->best.twice;
    size_t first = 0;
    bool kept = false;
    if (twice >= shrinker->best.actions.count)
        return STATUS_OK;
    for (size_t i = 0; i < twice; i++)
        first += shrinker->best.actions.items[i].followed ? 1 : 0;
    return try_without(shrinker, first, shrinker->own.count - first, &kept, error);
}

/* Replay the whole path with the messages' values chosen so. */
static enum status try_valuation(struct shrinker *shrinker, enum valuation valuation, bool *same,
                                 struct error *error)
{
    shrinker->stage.valuation = valuation;
    enum status status = shrink_stage_set(&shrinker->stage, error);
    if (status == STATUS_OK)
        status = shrink_play(&shrinker->stage, &shrinker->own, NULL, &shrinker->wanted,
                             &shrinker->tried, error);
    *same = status == STATUS_OK && shrinker->tried.violated;
    return status;
}

/* The whole path, in the world in which candidates are replayed; *same: it is violated there too.
 * Of the valuations that of the path comes last: with those before it, sums say which message was
 * lost or doubled. */
static enum status begin(struct shrinker *shrinker, const struct search_result *path, bool *same,
                         struct error *error)
{
    shrinker->skip_size = path->path_length + 1;
    shrinker->skip =
        memory_allocate_zeroed(shrinker->memory, shrinker->skip_size, sizeof *shrinker->skip);
    if (shrinker->skip == NULL)
        return no_memory(error);
    for (size_t i = 0; i < path->path_length; i++) {
        const struct played_action action = {.action = path->path_actions[i]};
        if (!action_list_add(&shrinker->own, shrinker->memory, &action))
            return no_memory(error);
    }
    const enum valuation telling[] = {VALUATION_DISTINCT, VALUATION_MOVING,
                                      shrinker->stage.valuation};
    enum status status = STATUS_OK;
    *same = false;
    for (size_t i = 0; status == STATUS_OK && !*same && i < sizeof telling / sizeof *telling; i++) {
        if (shrinker->run->scenario.valuations[telling[i]])
            status = try_valuation(shrinker, telling[i], same, error);
    }
    return *same ? keep(shrinker, error) : status;
}

static enum status shrink(struct shrinker *shrinker, struct error *error)
{
    enum status status = leave_out_rest(shrinker, error);
    for (bool changed = true; changed && status == STATUS_OK && !shrinker->stopped;) {
        changed = false;
        status = leave_out_faults(shrinker, &changed, error);
        if (status == STATUS_OK && !shrinker->stopped)
            status = leave_out_puts(shrinker, &changed, error);
        if (status == STATUS_OK && !shrinker->stopped)
            status = leave_out_actions(shrinker, &changed, error);
    }
    return status;
}

/* The best candidate as a path, to become the counterexample. */
static enum status keep_counterexample(struct shrinker *shrinker, struct error *error)
{
    const struct played *best = &shrinker->best;
    const struct world *world = shrinker->stage.world;
    size_t length = best->actions.count;
    struct search_result path = {.memory = shrinker->memory,
                                 .violation = best->violation,
                                 .path_length = length,
                                 .slot_count = world->layout.slot_count};
    size_t states = (length + 1) * path.slot_count;
    path.path_slots = memory_allocate_zeroed(path.memory, states, sizeof *path.path_slots);
    path.path_actions = memory_allocate_zeroed(path.memory, length + 1, sizeof *path.path_actions);
    enum status status = STATUS_OK;
    if (path.path_slots == NULL || path.path_actions == NULL) {
        status = no_memory(error);
    } else {
        world_initial_state(shrinker->stage.world, path.path_slots);
        for (size_t i = 0; i < length; i++)
            path.path_actions[i] = best->actions.items[i].action;
        status = verify_keep_counterexample(shrinker->verification, world,
                                            shrinker->stage.valuation, &path, error);
    }
    search_result_release(&path);
    return status;
}

enum status verify_shrink(struct verification *verification, const struct verify_options *options,
                          enum valuation valuation, const struct search_result *path,
                          struct error *error)
{
    struct run *run = verification->run;
    struct shrinker shrinker = {
        .verification = verification,
        .options = options,
        .run = run,
        .memory = run->memory,
        .wanted = path->violation,
        .stage = {.run = run, .valuation = valuation, .facts = &verification->facts}};
    struct sampling *sampling = &verification->sampling;
    bool same = false;
    sampling->before = (struct sampled_size){
        .faults = path->violation.faults, .puts = put_count(run), .actions = path->path_length};
    enum status status = begin(&shrinker, path, &same, error);
    if (status == STATUS_OK && same)
        status = shrink(&shrinker, error);
    if (status == STATUS_OK && same)
        status = keep_counterexample(&shrinker, error);
    sampling->minimal = same && !shrinker.stopped;
    sampling->candidates = shrinker.candidates;
    sampling->after = (struct sampled_size){.faults = shrinker.best.violation.faults,
                                            .puts = put_count(run),
                                            .actions = shrinker.best.actions.count};
    memory_free(shrinker.memory, shrinker.skip, shrinker.skip_size * sizeof *shrinker.skip);
    action_list_release(&shrinker.own, shrinker.memory);
    action_list_release(&shrinker.best.actions, shrinker.memory);
    action_list_release(&shrinker.tried.actions, shrinker.memory);
    shrink_stage_release(&shrinker.stage);
    return status;
}
