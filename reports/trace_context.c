#include "reports/trace_context.h"

#include "checker/package.h"
#include "model/snapshot.h"
#include "reports/step.h"

#include <string.h>

/* The table of choices under construction; `indices` maps each to its place in `list`. */
struct choices {
    struct value list;
    struct value indices;
};

static struct value choice_index(struct value_store *store, struct choices *choices,
                                 struct value choice)
{
    struct value index = value_is_none(choice) || value_is_none(choices->indices)
                             ? VALUE_NONE
                             : value_get(store, choices->indices, choice);
    if (!value_is_none(index) || value_is_none(choices->list))
        return index;
    index = value_integer(store, (int64_t)value_count(store, choices->list));
    choices->list = value_append(store, choices->list, choice);
    choices->indices = value_put(store, choices->indices, choice, index);
    return index;
}

/* The choices that `action` was taken from, without it. */
static struct value other_choices(struct world *world, const uint32_t *state,
                                  const struct action *action, struct transition_list *list,
                                  struct choices *choices)
{
    struct value_store *store = world->store;
    struct error ignored = ERROR_INIT;
    struct value indices = value_list(store, NULL, 0);
    if (world_expand(world, state, list, &ignored) != STATUS_OK)
        return VALUE_NONE;
    for (size_t i = 0; i < list->count; i++) {
        struct step_place place = {.before = state,
                                   .after = list->slots + i * list->slot_count,
                                   .action = &list->items[i].action};
        if (!action_equal(place.action, action))
            indices = value_append(store, indices,
                                   choice_index(store, choices, step_choice(world, &place)));
    }
    return indices;
}

struct value trace_put_context(struct world *world, const struct counterexample *counterexample,
                               struct value trace)
{
    struct value_store *store = world->store;
    struct choices choices = {.list = value_list(store, NULL, 0),
                              .indices = value_map(store, NULL, 0)};
    struct value enabled = value_list(store, NULL, 0);
    struct transition_list list;
    transition_list_init(&list, world);
    for (size_t i = 0; i < counterexample->length; i++) {
        const uint32_t *state = counterexample_state(counterexample, i);
        enabled =
            value_append(store, enabled,
                         other_choices(world, state, &counterexample->actions[i], &list, &choices));
    }
    transition_list_release(&list);
    trace = value_put_text(store, trace, "initial",
                           world_snapshot(world, counterexample_state(counterexample, 0)));
    trace = value_put_text(store, trace, "choices", choices.list);
    return value_put_text(store, trace, "enabled", enabled);
}

/* The length of the UTF-8 character at `bytes`, which a NUL follows in the end; 0: none begins
 * there. RFC 3629: no overlong forms, no surrogates, nothing beyond U+10FFFF. */
static size_t character_length(const unsigned char *bytes)
{
    if (bytes[0] < 0x80)
        return 1;
    size_t length = bytes[0] < 0xC2 ? 0 : (bytes[0] < 0xE0 ? 2 : (bytes[0] < 0xF0 ? 3 : 4));
    if (length == 0 || bytes[0] > 0xF4 || (bytes[0] == 0xE0 && bytes[1] < 0xA0) ||
        (bytes[0] == 0xED && bytes[1] > 0x9F) || (bytes[0] == 0xF0 && bytes[1] < 0x90) ||
        (bytes[0] == 0xF4 && bytes[1] > 0x8F))
        return 0;
    for (size_t i = 1; i < length; i++) {
        if ((bytes[i] & 0xC0) != 0x80)
            return 0;
    }
    return length;
}

static bool is_text(const char *bytes, size_t length)
{
    for (size_t i = 0; i < length;) {
        size_t step = character_length((const unsigned char *)bytes + i);
        if (step == 0)
            return false;
        i += step;
    }
    return true;
}

static struct value read_source(const struct run *run, const char *function, const char *file)
{
    int index = pipeline_find_function(&run->pipeline, function);
    const char *folder = index < 0 ? NULL : run->sources[index].path;
    struct value source = VALUE_NONE;
    struct error ignored = ERROR_INIT;
    struct arena arena;
    const char *bytes = NULL;
    size_t length = 0;
    if (folder == NULL)
        return VALUE_NONE;
    arena_init(&arena, run->memory);
    const char *path = arena_format(&arena, "%s/%s", folder, file);
    if (path != NULL && path_is_file(path) &&
        read_file(path, TRACE_SOURCE_SIZE_MAX, &arena, &bytes, &length, &ignored) == STATUS_OK &&
        is_text(bytes, length))
        source = value_string(run->store, bytes, length);
    arena_release(&arena);
    return source;
}

/* Add the file of a code position unless it is there already. */
static struct value add_source(const struct run *run, struct value sources, struct value code)
{
    struct value_store *store = run->store;
    if (value_is_none(code) || value_is_none(sources))
        return sources;
    struct value function = value_get_text(store, code, "function");
    struct value file = value_get_text(store, code, "file");
    if (value_is_none(function) || value_is_none(file) || value_kind(store, file) != VALUE_STRING)
        return sources;
    struct value files = value_get(store, sources, function);
    if (value_is_none(files))
        files = value_map(store, NULL, 0);
    if (value_is_none(files) || !value_is_none(value_get(store, files, file)))
        return sources;
    struct value text =
        read_source(run, value_bytes(store, function, NULL), value_bytes(store, file, NULL));
    if (value_is_none(text))
        return sources;
    return value_put(store, sources, function, value_put(store, files, file, text));
}

struct value trace_put_sources(const struct run *run, struct value steps, struct value trace)
{
    struct value_store *store = run->store;
    struct value sources = value_map(store, NULL, 0);
    for (size_t i = 0; !value_is_none(steps) && i < value_count(store, steps); i++) {
        struct value step = value_at(store, steps, i);
        struct value end = value_get_text(store, step, "end");
        sources = add_source(run, sources, value_get_text(store, step, "code"));
        if (!value_is_none(end))
            sources = add_source(run, sources, value_get_text(store, end, "code"));
    }
    return value_put_text(store, trace, "sources", sources);
}
