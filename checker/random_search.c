#include "checker/random_search.h"

#include "checker/random_run.h"
#include "checker/workers.h"

#include <string.h>

enum { PIECE_RUNS = 16, FIRST_WAVE_RUNS = 4 };

/* Numbers of the walks that only teach: no run of the search has them. */
static const uint64_t learning_number = UINT64_MAX - RANDOM_LEARNING_RUNS;

struct sampling {
    struct world **worlds;
    size_t world_count;
    const struct random_options *options;
    struct random_result *result;
    struct memory *memory;
    struct workers *workers;
    struct schedule_settings settings;
    struct expansion_memo *memos[VALUATION_COUNT];
    uint8_t *followed[VALUATION_COUNT]; /* see random_run.h */
    size_t followed_size[VALUATION_COUNT];
    bool forgot;         /* what was covered is not known any more */
    struct steps *steps; /* per worker */
    struct random_run *runs;
    uint32_t *slots; /* of the runs */
    size_t wave;     /* runs in this one */
    uint16_t slot_count;
};

static enum status no_memory(struct error *error)
{
    return error_set(error, STATUS_NO_MEMORY, "out of memory for the search");
}

static void forget(struct sampling *sampling)
{
    for (size_t i = 0; i < sampling->world_count; i++) {
        expansion_memo_destroy(sampling->memos[i]);
        memory_free(sampling->memory, sampling->followed[i], sampling->followed_size[i]);
        sampling->memos[i] = NULL;
        sampling->followed[i] = NULL;
        sampling->followed_size[i] = 0;
    }
}

/* Room to note that any transition remembered is taken. */
static bool make_room(struct sampling *sampling)
{
    for (size_t i = 0; i < sampling->world_count; i++) {
        size_t needed = expansion_memo_transition_count(sampling->memos[i]);
        size_t size = sampling->followed_size[i];
        if (sampling->options->coverage == NULL || sampling->forgot || needed <= size)
            continue;
        uint8_t *larger = memory_resize(sampling->memory, sampling->followed[i], size, 2 * needed);
        if (larger == NULL)
            return false;
        memset(larger + size, 0, 2 * needed - size);
        sampling->followed[i] = larger;
        sampling->followed_size[i] = 2 * needed;
    }
    return true;
}

static enum status cover(struct sampling *sampling, struct error *error)
{
    struct coverage *coverage = sampling->options->coverage;
    enum status status = STATUS_OK;
    for (size_t i = 0;
         status == STATUS_OK && coverage != NULL && !sampling->forgot && i < sampling->world_count;
         i++) {
        if (sampling->memos[i] == NULL || !make_room(sampling))
            continue;
        coverage_begin_search(coverage);
        coverage->followed = sampling->followed[i];
        status = coverage_collect(coverage, sampling->worlds[i], sampling->memos[i], false,
                                  sampling->result->longest, error);
        coverage->followed = NULL;
        if (sampling->result->most_faults > coverage->levels)
            coverage->levels = sampling->result->most_faults;
    }
    return status;
}

static enum status remember(struct sampling *sampling, struct error *error)
{
    for (size_t i = 0; i < sampling->world_count; i++) {
        sampling->memos[i] = expansion_memo_create(sampling->worlds[i]);
        if (sampling->memos[i] == NULL)
            return no_memory(error);
    }
    return STATUS_OK;
}

/* Whether the world has taught something that voids all runs; then all worlds know it. */
static bool take_facts(struct sampling *sampling, struct world *world)
{
    if (!world_take_facts_changed(world))
        return false;
    for (size_t i = 0; i < sampling->world_count; i++) {
        if (sampling->worlds[i] != world)
            world_adopt_facts(sampling->worlds[i], &world->facts);
        sampling->worlds[i]->facts_changed = false;
    }
    return true;
}

static enum search_stop should_stop(const struct sampling *sampling)
{
    const struct search_progress progress = {.runs = sampling->result->runs,
                                             .transitions = sampling->result->steps};
    if (sampling->options->poll == NULL)
        return SEARCH_COMPLETE;
    return sampling->options->poll(sampling->options->context, &progress);
}

static void begin_run(struct sampling *sampling, struct random_run *run, uint64_t number,
                      const struct schedule_settings *settings)
{
    size_t world = (size_t)(number % sampling->world_count);
    run->number = number;
    run->world = sampling->worlds[world];
    run->memo = sampling->memos[world];
    run->followed = NULL;
    random_run_begin(run, settings);
}

static void advance(struct random_run *run, const struct schedule_settings *settings,
                    struct steps *steps)
{
    while (run->state == RUN_GOES_ON)
        random_run_step(run, settings, steps);
}

/* A run by itself, to its end; *taught: it taught something and is void. */
static enum status make_run(struct sampling *sampling, struct random_run *run,
                            const struct schedule_settings *settings, bool *taught,
                            struct error *error)
{
    *taught = false;
    while (run->state != RUN_OVER && run->state != RUN_CUT_OFF) {
        advance(run, settings, &sampling->steps[0]);
        enum status status = random_run_learn(run, &sampling->steps[0], error);
        if (status != STATUS_OK)
            return status;
        *taught = take_facts(sampling, run->world);
        if (*taught)
            return STATUS_OK;
        sampling->result->stop = should_stop(sampling);
        if (sampling->result->stop != SEARCH_COMPLETE)
            return STATUS_OK;
    }
    return STATUS_OK;
}

/* Walk until nothing is learnt any more, and note how long runs are. */
static enum status learn_facts(struct sampling *sampling, struct error *error)
{
    struct schedule_settings walking = sampling->settings;
    struct random_run *run = &sampling->runs[0];
    walking.strategy = STRATEGY_WALK;
    sampling->settings.length = 0;
    for (uint64_t i = 0; i < RANDOM_LEARNING_RUNS; i++) {
        bool taught = false;
        begin_run(sampling, run, learning_number + i, &walking);
        enum status status = make_run(sampling, run, &walking, &taught, error);
        if (status != STATUS_OK || sampling->result->stop != SEARCH_COMPLETE)
            return status;
        if (run->steps > sampling->settings.length)
            sampling->settings.length = run->steps;
        if (!taught)
            continue;
        forget(sampling);
        status = remember(sampling, error);
        if (status != STATUS_OK)
            return status;
        sampling->settings.length = 0;
        i = UINT64_MAX; /* all again, from the first */
    }
    return STATUS_OK;
}

static void advance_piece(void *context, size_t piece, unsigned worker)
{
    struct sampling *sampling = context;
    size_t end = (piece + 1) * PIECE_RUNS;
    for (size_t i = piece * PIECE_RUNS; i < end && i < sampling->wave; i++)
        advance(&sampling->runs[i], &sampling->settings, &sampling->steps[worker]);
}

/* What the runs of the wave lack, in their order. */
static enum status learn_wave(struct sampling *sampling, size_t *left, bool *taught,
                              struct error *error)
{
    *left = 0;
    for (size_t i = 0; i < sampling->wave; i++) {
        struct random_run *run = &sampling->runs[i];
        if (run->state == RUN_OVER || run->state == RUN_CUT_OFF) {
            if (run->property != PROPERTY_COUNT) {
                sampling->wave = i + 1; /* those behind it do not matter any more */
                return STATUS_OK;
            }
            continue;
        }
        enum status status = random_run_learn(run, &sampling->steps[0], error);
        if (status != STATUS_OK)
            return status;
        *taught = take_facts(sampling, run->world);
        sampling->result->stop = should_stop(sampling);
        if (*taught || sampling->result->stop != SEARCH_COMPLETE)
            return STATUS_OK;
        *left += run->state == RUN_GOES_ON ? 1 : 0;
    }
    return STATUS_OK;
}

/* Runs first .. first + wave - 1 to their ends, or until one teaches something. */
static enum status make_wave(struct sampling *sampling, uint64_t first, bool *taught,
                             struct error *error)
{
    size_t left = sampling->wave;
    for (size_t i = 0; i < sampling->wave; i++)
        begin_run(sampling, &sampling->runs[i], first + i, &sampling->settings);
    while (left > 0 && !*taught && sampling->result->stop == SEARCH_COMPLETE) {
        if (!make_room(sampling))
            return no_memory(error);
        for (size_t i = 0; i < sampling->wave; i++)
            sampling->runs[i].followed =
                sampling->followed[sampling->runs[i].number % sampling->world_count];
        workers_run(sampling->workers, (sampling->wave + PIECE_RUNS - 1) / PIECE_RUNS,
                    advance_piece, sampling);
        enum status status = learn_wave(sampling, &left, taught, error);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

/* Count the runs of a wave that are over, up to the first that is not, or that is violated. */
static void count_wave(struct sampling *sampling)
{
    struct random_result *result = sampling->result;
    for (size_t i = 0; i < sampling->wave && !result->violated; i++) {
        const struct random_run *run = &sampling->runs[i];
        size_t world = (size_t)(run->number % sampling->world_count);
        if (run->state != RUN_OVER && run->state != RUN_CUT_OFF)
            return;
        result->runs++;
        result->runs_by_world[world]++;
        result->steps += run->steps;
        result->steps_by_world[world] += run->steps;
        result->cut_off += run->state == RUN_CUT_OFF ? 1 : 0;
        result->longest = run->steps > result->longest ? run->steps : result->longest;
        result->most_faults = run->faults > result->most_faults ? run->faults : result->most_faults;
        if (run->property == PROPERTY_COUNT)
            continue;
        result->violated = true;
        result->run = run->number;
        result->world = world;
        result->faults = run->faults;
    }
}

static enum status renew(struct sampling *sampling, struct error *error)
{
    if (sampling->options->coverage != NULL && !sampling->forgot) {
        enum status status = cover(sampling, error);
        if (status != STATUS_OK)
            return status;
        sampling->options->coverage->incomplete = true;
        sampling->forgot = true;
    }
    forget(sampling);
    enum status status =
        sampling->options->renew(sampling->options->renew_context, sampling->worlds, error);
    return status == STATUS_OK ? remember(sampling, error) : status;
}

/* All runs, from the first; *taught: they are void. */
static enum status make_runs(struct sampling *sampling, bool *taught, struct error *error)
{
    const struct random_options *options = sampling->options;
    struct random_result *result = sampling->result;
    size_t wave = FIRST_WAVE_RUNS;
    *taught = false;
    while (result->runs < sampling->options->runs && !result->violated &&
           result->stop == SEARCH_COMPLETE) {
        size_t used = atomic_load(&sampling->memory->used);
        if (used > options->memory_max && options->renew != NULL) {
            enum status status = renew(sampling, error);
            if (status != STATUS_OK)
                return status;
            used = atomic_load(&sampling->memory->used);
        }
        sampling->wave = wave;
        if (sampling->options->runs - result->runs < wave)
            sampling->wave = (size_t)(sampling->options->runs - result->runs);
        enum status status = make_wave(sampling, result->runs, taught, error);
        if (status != STATUS_OK || *taught)
            return status;
        count_wave(sampling);
        if (result->stop == SEARCH_COMPLETE)
            result->stop = should_stop(sampling);
        if (atomic_load(&sampling->memory->used) > used + options->memory_max / 4)
            wave = (wave + 1) / 2;
        else
            wave = wave * 2 < RANDOM_WAVE_RUNS ? wave * 2 : RANDOM_WAVE_RUNS;
    }
    return STATUS_OK;
}

/* Make the violating run once more, and keep its way. */
static enum status keep_path(struct sampling *sampling, struct error *error)
{
    struct random_result *result = sampling->result;
    struct random_run *run = &sampling->runs[0];
    struct search_result *path = &result->path;
    size_t length = 0;
    for (size_t i = 0; i < sampling->wave; i++) {
        if (sampling->runs[i].number == result->run)
            length = sampling->runs[i].steps;
    }
    size_t size = sampling->slot_count * sizeof(uint32_t);
    path->memory = sampling->memory;
    path->slot_count = sampling->slot_count;
    path->path_length = length;
    path->path_slots = memory_allocate_zeroed(sampling->memory, length + 1, size);
    path->path_actions =
        memory_allocate_zeroed(sampling->memory, length + 1, sizeof *path->path_actions);
    if (path->path_slots == NULL || path->path_actions == NULL)
        return no_memory(error);
    begin_run(sampling, run, result->run, &sampling->settings);
    for (size_t i = 0;; i++) {
        memcpy(path->path_slots + i * sampling->slot_count, run->slots, size);
        uint32_t before = run->steps;
        while (run->steps == before && run->state != RUN_OVER) {
            enum status status = random_run_learn(run, &sampling->steps[0], error);
            if (status != STATUS_OK)
                return status;
            if (run->state == RUN_GOES_ON)
                random_run_step(run, &sampling->settings, &sampling->steps[0]);
        }
        if (run->steps == before)
            break;
        CHECK(i < length);
        path->path_actions[i] = expansion_memo_transition(run->memo, run->taken)->action;
    }
    CHECK(run->steps == length);
    path->violation = (struct search_violation){.found = true,
                                                .property = run->property,
                                                .stuck = run->stuck,
                                                .stuck_poller = run->stuck_poller,
                                                .faults = run->faults,
                                                .depth = run->steps};
    return STATUS_OK;
}

static enum status prepare(struct sampling *sampling, struct error *error)
{
    const struct world *world = sampling->worlds[0];
    unsigned workers = workers_count(sampling->workers);
    sampling->slot_count = world->layout.slot_count;
    sampling->settings.actors = world->layout.poller_count + 1;
    sampling->steps = memory_allocate_zeroed(sampling->memory, workers, sizeof *sampling->steps);
    sampling->runs =
        memory_allocate_zeroed(sampling->memory, RANDOM_WAVE_RUNS, sizeof *sampling->runs);
    sampling->slots = memory_allocate_zeroed(
        sampling->memory, (size_t)RANDOM_WAVE_RUNS * sampling->slot_count, sizeof *sampling->slots);
    if (sampling->steps == NULL || sampling->runs == NULL || sampling->slots == NULL)
        return no_memory(error);
    for (unsigned i = 0; i < workers; i++)
        steps_init(&sampling->steps[i], sampling->memory);
    for (size_t i = 0; i < RANDOM_WAVE_RUNS; i++)
        sampling->runs[i].slots = sampling->slots + i * sampling->slot_count;
    return remember(sampling, error);
}

static void release(struct sampling *sampling)
{
    struct memory *memory = sampling->memory;
    unsigned workers = workers_count(sampling->workers);
    forget(sampling);
    for (unsigned i = 0; sampling->steps != NULL && i < workers; i++)
        steps_release(&sampling->steps[i]);
    memory_free(memory, sampling->steps, workers * sizeof *sampling->steps);
    memory_free(memory, sampling->runs, RANDOM_WAVE_RUNS * sizeof *sampling->runs);
    memory_free(memory, sampling->slots,
                (size_t)RANDOM_WAVE_RUNS * sampling->slot_count * sizeof *sampling->slots);
    workers_destroy(sampling->workers);
}

static enum status search(struct sampling *sampling, struct error *error)
{
    struct random_result *result = sampling->result;
    enum status status = prepare(sampling, error);
    if (status == STATUS_OK)
        status = learn_facts(sampling, error);
    bool taught = true;
    while (status == STATUS_OK && taught && result->stop == SEARCH_COMPLETE) {
        *result = (struct random_result){.stop = SEARCH_COMPLETE};
        status = make_runs(sampling, &taught, error);
        if (status == STATUS_OK && taught) {
            forget(sampling);
            status = remember(sampling, error);
        }
    }
    result->settings = sampling->settings;
    if (status == STATUS_OK)
        status = cover(sampling, error);
    if (status == STATUS_OK && result->violated)
        status = keep_path(sampling, error);
    return status;
}

enum status random_search(struct world **worlds, size_t world_count,
                          const struct random_options *options, struct random_result *result,
                          struct error *error)
{
    CHECK(world_count >= 1 && world_count <= VALUATION_COUNT);
    struct sampling sampling = {.worlds = worlds,
                                .world_count = world_count,
                                .options = options,
                                .result = result,
                                .memory = worlds[0]->memory,
                                .settings = options->settings};
    *result = (struct random_result){.stop = SEARCH_COMPLETE};
    enum status status = workers_create(
        sampling.memory, options->workers == 0 ? 1 : options->workers, &sampling.workers, error);
    if (status != STATUS_OK)
        return status;
    status = search(&sampling, error);
    release(&sampling);
    if (status == STATUS_NO_MEMORY && !result->violated) {
        result->stop = SEARCH_MEMORY_LIMIT;
        status = STATUS_OK;
    }
    return status;
}
