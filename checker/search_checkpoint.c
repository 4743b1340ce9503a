#include "checker/search_checkpoint.h"

#include "checker/violation_classes.h"
#include "model/dead_data.h"
#include "model/turns.h"

void search_checkpoint_mark(struct search *search)
{
    search->marked_expansions = expansion_memo_count(search->memo);
    state_tree_mark(search->tree);
}

static void archive_ends(struct search *search, size_t **ends, size_t *depths, size_t *capacity,
                         struct archive *archive)
{
    void *items = *ends;
    archive_array(archive, search->memory, &items, depths, capacity, sizeof **ends);
    *ends = items;
}

static void archive_lists(struct search *search, struct archive *archive)
{
    struct state_list *lists[] = {&search->frontier, &search->next, &search->waiting,
                                  &search->delayed, &search->retried};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
        state_list_archive(search->memory, lists[i], archive);
    archive_ends(search, &search->waiting_ends, &search->waiting_depths, &search->waiting_capacity,
                 archive);
    archive_ends(search, &search->delayed_ends, &search->delayed_depths, &search->delayed_capacity,
                 archive);
    ARCHIVE(archive, search->waiting_position);
    ARCHIVE(archive, search->position);
}

static void archive_counts(struct search *search, struct archive *archive)
{
    struct search_result *result = search->result;
    ARCHIVE(archive, search->level_counts);
    ARCHIVE(archive, search->level);
    ARCHIVE(archive, search->depth);
    ARCHIVE(archive, search->limit_left_states);
    ARCHIVE(archive, search->cut_attempts);
    ARCHIVE(archive, search->corrects);
    ARCHIVE(archive, result->levels);
    ARCHIVE(archive, result->transitions);
    ARCHIVE(archive, result->ends);
    ARCHIVE(archive, result->depth);
    ARCHIVE(archive, result->violation);
}

bool search_checkpoint_possible(const struct search *search)
{
    return state_tree_keeps_mark(search->tree);
}

void search_checkpoint_archive(struct search *search, struct archive *archive)
{
    struct world *world = search->world;
    state_tree_archive(search->tree, archive);
    visited_set_archive(search->visited, archive);
    archive_lists(search, archive);
    archive_counts(search, archive);
    expansion_memo_archive(search->memo, search->marked_expansions, archive);
    turns_archive(world->turns, archive);
    dead_data_archive(world->dead, archive);
    outcome_memo_archive(world->outcomes, archive);
    if (search->classes != NULL)
        violation_classes_archive(search->classes, archive);
    if (search->options->coverage != NULL)
        coverage_archive(search->options->coverage, archive);
    if (search->options->diagnosis != NULL)
        diagnosis_archive(search->options->diagnosis, archive);
}
