#include "tests/checker/naive_explorer.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#define NO_NODE UINT32_MAX

/* A state with the faults it took. */
struct node {
    uint32_t faults;
    uint32_t depth;
    bool retries; /* some batch is tried again without a fault */
    bool first;   /* no other node has the same state */
    bool done;    /* its component has been looked at */
    bool forward; /* marks of one search through the graph */
    bool backward;
};

struct edge {
    uint32_t from;
    uint32_t to;
};

struct graph {
    struct world *world;
    const struct naive_options *options;
    size_t width;
    bool *ignored; /* slots that are no part of a state */
    struct node *nodes;
    uint32_t *slots; /* width per node */
    size_t count;
    uint32_t *index; /* open addressing: node + 1 */
    size_t index_size;
    struct edge *edges; /* without faults */
    size_t edge_count;
    size_t edges_max;
    size_t transitions;
};

static const uint32_t *state_of(const struct graph *graph, size_t node)
{
    return graph->slots + node * graph->width;
}

static bool same_state(const struct graph *graph, const uint32_t *a, const uint32_t *b)
{
    for (size_t i = 0; i < graph->width; i++) {
        if (a[i] != b[i] && !graph->ignored[i])
            return false;
    }
    return true;
}

static uint32_t find_or_add(struct graph *graph, const uint32_t *state, uint32_t faults,
                            uint32_t depth)
{
    uint64_t hash = UINT64_C(14695981039346656037); /* FNV-1a over the slots alone */
    for (size_t i = 0; i < graph->width; i++)
        hash = (hash ^ (graph->ignored[i] ? 0 : state[i])) * UINT64_C(1099511628211);
    size_t place = (size_t)(hash >> 20) % graph->index_size;
    bool first = true;
    for (; graph->index[place] != 0; place = (place + 1) % graph->index_size) {
        uint32_t known = graph->index[place] - 1;
        if (!same_state(graph, state_of(graph, known), state))
            continue;
        if (graph->nodes[known].faults == faults)
            return known;
        first = false;
    }
    if (graph->count == graph->options->states_max)
        return NO_NODE;
    uint32_t node = (uint32_t)graph->count++;
    graph->index[place] = node + 1;
    graph->nodes[node] = (struct node){.faults = faults, .depth = depth, .first = first};
    memcpy(graph->slots + node * graph->width, state, graph->width * sizeof *state);
    return node;
}

static void add_edge(struct graph *graph, uint32_t from, uint32_t to)
{
    if (graph->edge_count == graph->edges_max) {
        graph->edges_max = graph->edges_max == 0 ? 1024 : graph->edges_max * 2;
        graph->edges = realloc(graph->edges, graph->edges_max * sizeof *graph->edges);
        cr_assert_not_null(graph->edges);
    }
    graph->edges[graph->edge_count++] = (struct edge){from, to};
}

enum progress { COMPLETE, TOO_BIG, FACTS_CHANGED };

static enum progress explore_all(struct graph *graph, struct transition_list *list)
{
    const struct naive_options *options = graph->options;
    struct error error = ERROR_INIT;
    memset(graph->index, 0, graph->index_size * sizeof *graph->index);
    graph->count = 0;
    graph->edge_count = 0;
    graph->transitions = 0;
    uint32_t *initial = calloc(graph->width, sizeof *initial);
    cr_assert_not_null(initial);
    world_initial_state(graph->world, initial);
    find_or_add(graph, initial, 0, 0);
    free(initial);
    for (uint32_t node = 0; node < graph->count; node++) {
        enum status status = world_expand(graph->world, state_of(graph, node), list, &error);
        cr_assert_eq(status, STATUS_OK, "%s", error.message);
        if (world_take_facts_changed(graph->world) && !options->ignores_news)
            return FACTS_CHANGED;
        struct node from = graph->nodes[node];
        if (options->filter != NULL)
            options->filter(options->context, state_of(graph, node), from.faults, list);
        graph->transitions += from.first ? list->count : 0;
        for (size_t i = 0; i < list->count; i++) {
            const struct transition *transition = &list->items[i];
            if (from.faults + transition->cost > options->fault_limit)
                continue;
            uint32_t to = find_or_add(graph, list->slots + i * graph->width,
                                      from.faults + transition->cost, from.depth + 1);
            if (to == NO_NODE)
                return TOO_BIG;
            if (transition->cost > 0)
                continue;
            add_edge(graph, node, to);
            if (transition->action.kind == ACTION_RETRY)
                graph->nodes[node].retries = true;
        }
    }
    return COMPLETE;
}

/* Mark what is reached from `start`, over and over all edges: graphs are small. */
static void mark_forward(struct graph *graph, uint32_t start)
{
    for (size_t i = 0; i < graph->count; i++)
        graph->nodes[i].forward = i == start;
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = 0; i < graph->edge_count; i++) {
            const struct edge *edge = &graph->edges[i];
            if (!graph->nodes[edge->from].forward || graph->nodes[edge->to].forward)
                continue;
            graph->nodes[edge->to].forward = true;
            changed = true;
        }
    }
}

/* Mark what reaches a node that is marked already. */
static void mark_backward(struct graph *graph)
{
    for (bool changed = true; changed;) {
        changed = false;
        for (size_t i = graph->edge_count; i > 0; i--) {
            const struct edge *edge = &graph->edges[i - 1];
            if (!graph->nodes[edge->to].backward || graph->nodes[edge->from].backward)
                continue;
            graph->nodes[edge->from].backward = true;
            changed = true;
        }
    }
}

/* A node of a bottom component that `start` reaches, its component marked forward and all that
 * leads there backward. */
static void descend(struct graph *graph, uint32_t start)
{
    for (;;) {
        mark_forward(graph, start);
        for (size_t i = 0; i < graph->count; i++)
            graph->nodes[i].backward = i == start;
        mark_backward(graph);
        uint32_t beyond = NO_NODE;
        for (uint32_t i = 0; i < graph->count && beyond == NO_NODE; i++) {
            if (graph->nodes[i].forward && !graph->nodes[i].backward)
                beyond = i; /* reached, and no way back */
        }
        if (beyond == NO_NODE)
            return;
        start = beyond;
    }
}

static void note(const struct graph *graph, uint32_t node, bool stuck, struct ends *ends,
                 struct naive_result *result)
{
    const struct node *end = &graph->nodes[node];
    ends_note(ends, state_of(graph, node), end->faults, stuck);
    if (stuck && !end->retries)
        return;
    if (end->faults < result->best_faults ||
        (end->faults == result->best_faults && end->depth < result->best_depth)) {
        result->best_faults = end->faults;
        result->best_depth = end->depth;
    }
}

static void find_ends(struct graph *graph, struct ends *ends, struct naive_result *result)
{
    for (size_t i = 0; i < graph->count; i++)
        graph->nodes[i].backward = true;
    for (size_t i = 0; i < graph->edge_count; i++)
        graph->nodes[graph->edges[i].from].backward = false;
    for (uint32_t i = 0; i < graph->count; i++) {
        if (graph->nodes[i].backward)
            note(graph, i, false, ends, result);
    }
    /* what can come to rest is in no cycle that nothing leaves */
    mark_backward(graph);
    for (size_t i = 0; i < graph->count; i++)
        graph->nodes[i].done = graph->nodes[i].backward;
    for (uint32_t i = 0; i < graph->count; i++) {
        if (graph->nodes[i].done)
            continue;
        descend(graph, i);
        for (uint32_t j = 0; j < graph->count; j++) {
            if (graph->nodes[j].forward && !graph->nodes[j].done)
                note(graph, j, true, ends, result);
            graph->nodes[j].done = graph->nodes[j].done || graph->nodes[j].backward;
        }
        /* i may lead to other bottom components too: its other successors are still to come */
    }
}

static void release(struct graph *graph)
{
    free(graph->nodes);
    free(graph->slots);
    free(graph->index);
    free(graph->edges);
    free(graph->ignored);
}

void naive_keep(struct transition_list *list, const bool *kept)
{
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++) {
        if (!kept[i])
            continue;
        list->items[count] = list->items[i];
        memmove(list->slots + count * list->slot_count, list->slots + i * list->slot_count,
                list->slot_count * sizeof *list->slots);
        count++;
    }
    list->count = count;
}

bool naive_explore(struct world *world, const struct naive_options *options, struct ends *ends,
                   struct naive_result *result)
{
    size_t width = world->layout.slot_count;
    struct graph graph = {.world = world,
                          .options = options,
                          .width = width,
                          .index_size = options->states_max * 2 + 1};
    graph.ignored = calloc(width, sizeof *graph.ignored);
    graph.nodes = calloc(options->states_max, sizeof *graph.nodes);
    graph.slots = calloc(options->states_max, width * sizeof *graph.slots);
    graph.index = calloc(graph.index_size, sizeof *graph.index);
    cr_assert(graph.ignored != NULL && graph.nodes != NULL && graph.slots != NULL &&
              graph.index != NULL);
    for (size_t i = 0; options->ignores_caps && i < FAULT_KIND_COUNT; i++) {
        if (world->layout.cap_slots[i] != WORLD_NO_SLOT)
            graph.ignored[world->layout.cap_slots[i]] = true;
    }
    struct transition_list list;
    transition_list_init(&list, world);
    enum progress progress = FACTS_CHANGED;
    while (progress == FACTS_CHANGED)
        progress = explore_all(&graph, &list);
    *result = (struct naive_result){
        .transitions = graph.transitions, .best_faults = UINT32_MAX, .best_depth = UINT32_MAX};
    for (size_t i = 0; i < graph.count; i++)
        result->states += graph.nodes[i].first ? 1 : 0;
    if (progress == COMPLETE) {
        find_ends(&graph, ends, result);
        ends_sort(ends);
    }
    transition_list_release(&list);
    release(&graph);
    return progress == COMPLETE;
}
