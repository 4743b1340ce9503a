#include "checker/renew.h"

#include <string.h>

/* Values that are carried over, all of them STRING: where each is kept, and its text. */
struct carried {
    struct arena arena;
    struct value **places;
    const char **texts;
    size_t count;
};

static bool carry(struct carried *carried, const struct value_store *store, struct value *place)
{
    if (value_is_none(*place))
        return true;
    const char *text = arena_copy_text(&carried->arena, value_bytes(store, *place, NULL));
    carried->places[carried->count] = place;
    carried->texts[carried->count++] = text;
    return text != NULL;
}

static bool carry_all(struct carried *carried, const struct value_store *store,
                      struct world_facts *facts, struct coverage *coverage)
{
    size_t room = 2 * facts->refusal_count + 1;
    bool done = true;
    if (coverage != NULL)
        room += 3 * coverage->call_count + coverage->count_count;
    carried->places = arena_allocate_array(&carried->arena, room, sizeof(struct value *));
    carried->texts = arena_allocate_array(&carried->arena, room, sizeof *carried->texts);
    if (carried->places == NULL || carried->texts == NULL)
        return false;
    for (size_t i = 0; i < facts->refusal_count; i++)
        done = done && carry(carried, store, &facts->refusals[i].action) &&
               carry(carried, store, &facts->refusals[i].resource);
    for (size_t i = 0; done && coverage != NULL && i < coverage->call_count; i++) {
        struct coverage_call *call = &coverage->calls[i];
        done = carry(carried, store, &call->operation) && carry(carried, store, &call->tables) &&
               carry(carried, store, &call->file);
    }
    for (size_t i = 0; done && coverage != NULL && i < coverage->count_count; i++)
        done = carry(carried, store, &coverage->counts[i].name);
    return done;
}

static enum status check_unchanged(const struct run *run, char before[][RUN_DIGEST_SIZE],
                                   struct error *error)
{
    for (size_t i = 0; i < run->pipeline.function_count; i++) {
        if (strcmp(run->sources[i].digest, before[i]) != 0)
            return error_set(error, STATUS_BAD_INPUT,
                             "the code of %s has changed since this run "
                             "began",
                             run->pipeline.functions[i].name);
    }
    return STATUS_OK;
}

static enum status make_again(struct run *run, const struct carried *carried,
                              const struct world_facts *facts, struct error *error)
{
    char before[PIPELINE_FUNCTIONS_MAX][RUN_DIGEST_SIZE];
    for (size_t i = 0; i < PIPELINE_FUNCTIONS_MAX; i++)
        memcpy(before[i], run->sources[i].digest, RUN_DIGEST_SIZE);
    enum status status = run_create_again(run, error);
    if (status == STATUS_OK)
        status = check_unchanged(run, before, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < carried->count; i++)
        *carried->places[i] = value_text(run->store, carried->texts[i]);
    for (size_t i = 0; i < run->pipeline.function_count; i++) {
        if (run->trees[i] != NULL && facts->attempts_shown[i])
            handler_tree_show_attempts(run->trees[i]);
    }
    return value_store_failed(run->store) ? error_set(error, STATUS_NO_MEMORY, "out of memory")
                                          : STATUS_OK;
}

enum status renew_run(struct run *run, struct world_facts *facts, struct coverage *coverage,
                      struct error *error)
{
    struct carried carried = {.count = 0};
    arena_init(&carried.arena, run->memory);
    enum status status = STATUS_OK;
    if (!carry_all(&carried, run->store, facts, coverage))
        status = error_set(error, STATUS_NO_MEMORY, "out of memory");
    if (status == STATUS_OK)
        status = make_again(run, &carried, facts, error);
    if (status == STATUS_OK && coverage != NULL && !coverage_move(coverage, run->store))
        status = error_set(error, STATUS_NO_MEMORY, "out of memory for the coverage");
    arena_release(&carried.arena);
    return status;
}
