#include "checker/verify_archive.h"

/* The world is made anew; states and actions are those there were. */
static enum status archive_counterexample(struct verification *verification,
                                          struct archive *archive, struct error *error)
{
    if (archive_reads(archive)) {
        enum status status =
            verify_create_single_steps(verification, verification->valuation, error);
        if (status != STATUS_OK)
            return status;
        counterexample_init(&verification->counterexample, verification->world);
    }
    CHECK(verification->world != NULL);
    struct world_facts *facts = &verification->world->facts;
    archive_bytes(archive, facts, sizeof *facts);
    if (archive_reads(archive)) {
        const struct world_facts known = *facts;
        world_adopt_facts(verification->world, &known);
    }
    counterexample_archive(&verification->counterexample, archive);
    return STATUS_OK;
}

static void archive_listed(struct verification *verification, struct archive *archive)
{
    struct arena *arena = &verification->run->arena;
    size_t count = verification->listed_count;
    archive_count(archive, &count, UINT32_MAX);
    if (archive_reads(archive) && count > 0) {
        verification->listed = arena_allocate_array(arena, count, sizeof *verification->listed);
        if (verification->listed == NULL) {
            archive_no_memory(archive);
            return;
        }
        verification->listed_capacity = count;
    }
    for (size_t i = 0; i < count && !archive_failed(archive); i++) {
        struct listed_violation *listed = &verification->listed[i];
        ARCHIVE(archive, listed->valuation);
        ARCHIVE(archive, listed->decodable);
        ARCHIVE(archive, listed->violation);
        archive_count(archive, &listed->length, UINT32_MAX);
        if (archive_reads(archive))
            listed->actions =
                arena_allocate_array(arena, listed->length + 1, sizeof *listed->actions);
        if (listed->actions == NULL)
            archive_no_memory(archive);
        else
            archive_bytes(archive, listed->actions, listed->length * sizeof *listed->actions);
    }
    verification->listed_count = archive_failed(archive) ? 0 : count;
}

/* That of the valuation diagnosed; its world is needed for the layout alone. */
static enum status archive_diagnosis(struct verification *verification, struct archive *archive,
                                     struct error *error)
{
    bool there = verification->diagnosis != NULL;
    ARCHIVE(archive, there);
    if (!there)
        return STATUS_OK;
    if (!archive_reads(archive)) {
        diagnosis_archive(verification->diagnosis, archive);
        return STATUS_OK;
    }
    struct workload workload;
    struct world *world = NULL;
    enum status status = verify_create_world(verification->run, verification->diagnosed, true,
                                             &workload, &world, error);
    if (status != STATUS_OK)
        return status;
    verification->diagnosis = diagnosis_create(world);
    if (verification->diagnosis == NULL)
        archive_no_memory(archive);
    else
        diagnosis_archive(verification->diagnosis, archive);
    world_destroy(world);
    return STATUS_OK;
}

enum status verify_archive(struct verification *verification, struct archive *archive,
                           struct error *error)
{
    ARCHIVE(archive, verification->stop);
    ARCHIVE(archive, verification->saturated);
    ARCHIVE(archive, verification->levels);
    ARCHIVE(archive, verification->valuations);
    ARCHIVE(archive, verification->miss_probability);
    ARCHIVE(archive, verification->visited_bytes);
    ARCHIVE(archive, verification->visited_states);
    ARCHIVE(archive, verification->diagnosed);
    ARCHIVE(archive, verification->violated);
    ARCHIVE(archive, verification->valuation);
    ARCHIVE(archive, verification->violation);
    ARCHIVE(archive, verification->listed_all);
    bool shown = verification->world != NULL;
    ARCHIVE(archive, shown);
    archive_listed(verification, archive);
    enum status status = archive_status(archive, error);
    if (status == STATUS_OK && shown)
        status = archive_counterexample(verification, archive, error);
    return status == STATUS_OK ? archive_diagnosis(verification, archive, error) : status;
}
