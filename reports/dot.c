#include "reports/dot.h"

#include <string.h>

enum { ACTOR_SIZE = 1024, LABEL_SHOWN_MAX = 60 };

/* States in the order in which they were found, without duplicates. There are few: each is compared
 * with all. */
struct dot_graph {
    struct text *text;
    struct world *world;
    const struct counterexample *counterexample;
    struct transition_list list;
    uint32_t *slots;
    size_t count;
    size_t capacity; /* in slots */
    size_t states_max;
    size_t path_count; /* the first are the counterexample's */
};

static size_t state_size(const struct dot_graph *graph)
{
    return graph->world->layout.slot_count * sizeof(uint32_t);
}

static const uint32_t *state_at(const struct dot_graph *graph, size_t index)
{
    return graph->slots + index * graph->world->layout.slot_count;
}

static size_t find_state(const struct dot_graph *graph, const uint32_t *state)
{
    size_t i = 0;
    while (i < graph->count && memcmp(state_at(graph, i), state, state_size(graph)) != 0)
        i++;
    return i;
}

static enum status add_state(struct dot_graph *graph, const uint32_t *state, struct error *error)
{
    size_t slot_count = graph->world->layout.slot_count;
    void *array = graph->slots;
    if (find_state(graph, state) < graph->count)
        return STATUS_OK;
    if (!memory_reserve(graph->world->memory, &array, &graph->capacity,
                        (graph->count + 1) * slot_count, sizeof *graph->slots))
        return error_set(error, STATUS_NO_MEMORY, "out of memory for the graph");
    graph->slots = array;
    memcpy(graph->slots + graph->count * slot_count, state, state_size(graph));
    graph->count++;
    return STATUS_OK;
}

/* The counterexample's states, then what can be reached, as far as there is room. */
static enum status collect_states(struct dot_graph *graph, struct error *error)
{
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i <= graph->counterexample->length; i++)
        status = add_state(graph, counterexample_state(graph->counterexample, i), error);
    graph->path_count = graph->count;
    for (size_t i = 0; status == STATUS_OK && i < graph->count && graph->count < graph->states_max;
         i++) {
        status = world_expand(graph->world, state_at(graph, i), &graph->list, error);
        for (size_t j = 0;
             status == STATUS_OK && j < graph->list.count && graph->count < graph->states_max; j++)
            status = add_state(graph, graph->list.slots + j * graph->list.slot_count, error);
    }
    return status;
}

static void append_escaped(struct text *text, const char *label)
{
    for (size_t i = 0; i < LABEL_SHOWN_MAX && label[i] != '\0'; i++) {
        if (label[i] == '"' || label[i] == '\\')
            text_append_char(text, '\\');
        text_append_char(text, label[i]);
    }
}

/* Whether this is a step of the counterexample. */
static bool is_on_path(const struct dot_graph *graph, size_t from, const struct action *action,
                       const uint32_t *to)
{
    const struct counterexample *path = graph->counterexample;
    for (size_t i = 0; i < path->length; i++) {
        if (action_equal(&path->actions[i], action) &&
            memcmp(counterexample_state(path, i), state_at(graph, from), state_size(graph)) == 0 &&
            memcmp(counterexample_state(path, i + 1), to, state_size(graph)) == 0)
            return true;
    }
    return false;
}

static void append_edge(struct dot_graph *graph, size_t from, size_t to,
                        const struct transition *transition, bool on_path)
{
    char actor[ACTOR_SIZE];
    struct text *text = graph->text;
    action_actor(graph->world, &transition->action, actor, sizeof actor);
    text_append_format(text, "  s%zu -> s%zu [label=\"", from, to);
    append_escaped(text, actor);
    text_append_format(text, "\\n%s", action_kind_name(transition->action.kind));
    if (transition->action.count > 0 && transition->action.kind == ACTION_POLL)
        text_append_format(text, " %u", (unsigned)transition->action.count);
    text_append_char(text, '"');
    if (transition->cost > 0)
        text_append_string(text, ", style=dashed, color=red");
    else if (!on_path)
        text_append_string(text, ", color=gray60");
    text_append_string(text, on_path ? ", penwidth=2.5];\n" : "];\n");
}

static enum status append_state(struct dot_graph *graph, size_t index, struct error *error)
{
    size_t hidden = 0;
    bool last = memcmp(counterexample_state(graph->counterexample, graph->counterexample->length),
                       state_at(graph, index), state_size(graph)) == 0;
    enum status status = world_expand(graph->world, state_at(graph, index), &graph->list, error);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < graph->list.count; i++) {
        const uint32_t *to = graph->list.slots + i * graph->list.slot_count;
        size_t target = find_state(graph, to);
        if (target == graph->count)
            hidden++;
        else
            append_edge(graph, index, target, &graph->list.items[i],
                        is_on_path(graph, index, &graph->list.items[i].action, to));
    }
    text_append_format(graph->text, "  s%zu [label=\"%zu", index, index);
    if (hidden > 0)
        text_append_format(graph->text, "\\n%zu more", hidden);
    text_append_char(graph->text, '"');
    if (index == 0)
        text_append_string(graph->text, ", shape=doublecircle");
    if (last)
        text_append_string(graph->text, ", style=filled, fillcolor=tomato");
    else if (index < graph->path_count)
        text_append_string(graph->text, ", style=filled, fillcolor=lightgoldenrod");
    text_append_string(graph->text, "];\n");
    return STATUS_OK;
}

enum status dot_append(struct text *text, struct world *world,
                       const struct counterexample *counterexample, size_t states_max,
                       struct error *error)
{
    struct dot_graph graph = {.text = text,
                              .world = world,
                              .counterexample = counterexample,
                              .states_max =
                                  states_max > DOT_STATES_MAX ? DOT_STATES_MAX : states_max};
    transition_list_init(&graph.list, world);
    enum status status = collect_states(&graph, error);
    if (status == STATUS_OK)
        text_append_string(text, "digraph oncecheck {\n  rankdir=LR;\n  node [shape=circle, "
                                 "fontsize=10];\n  edge [fontsize=9];\n");
    for (size_t i = 0; status == STATUS_OK && i < graph.count; i++)
        status = append_state(&graph, i, error);
    if (status == STATUS_OK)
        text_append_string(text, "}\n");
    transition_list_release(&graph.list);
    memory_free(world->memory, graph.slots, graph.capacity * sizeof *graph.slots);
    return status;
}
