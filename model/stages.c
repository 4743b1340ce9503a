#include "model/stages.h"

#include "model/base/error.h"

#include <string.h>

/* reach[f][g]: what f does may matter to g. */
struct influence {
    bool reach[PIPELINE_FUNCTIONS_MAX][PIPELINE_FUNCTIONS_MAX];
};

static void add_stream_edges(const struct pipeline *pipeline, const struct footprints *footprints,
                             struct influence *influence)
{
    for (size_t i = 0; i < pipeline->mapping_count; i++) {
        const struct mapping_config *mapping = &pipeline->mappings[i];
        if (!mapping->enabled)
            continue;
        for (size_t f = 0; f < pipeline->function_count; f++) {
            bool feeds = mapping->source_kind == SOURCE_TABLE
                             ? (footprints->touched[f][mapping->source] & TOUCH_WRITE) != 0
                             : footprints->puts[f][mapping->source];
            if (feeds)
                influence->reach[f][mapping->function] = true;
        }
    }
}

static void tie(struct influence *influence, size_t f, size_t g)
{
    influence->reach[f][g] = true;
    influence->reach[g][f] = true;
}

static void add_ties(const struct pipeline *pipeline, const struct footprints *footprints,
                     struct influence *influence)
{
    for (size_t f = 0; f < pipeline->function_count; f++) {
        for (size_t g = 0; g < f; g++) {
            if (footprints->sends_tokens[f] && footprints->sends_tokens[g])
                tie(influence, f, g);
            for (size_t t = 0; t < pipeline->table_count; t++) {
                uint8_t a = footprints->touched[f][t];
                uint8_t b = footprints->touched[g][t];
                if (a != 0 && b != 0 && ((a | b) & TOUCH_WRITE) != 0)
                    tie(influence, f, g);
            }
            for (size_t s = 0; s < pipeline->stream_count; s++) {
                if (footprints->puts[f][s] && footprints->puts[g][s])
                    tie(influence, f, g);
            }
        }
    }
}

static void close_transitively(size_t count, struct influence *influence)
{
    for (size_t via = 0; via < count; via++) {
        for (size_t f = 0; f < count; f++) {
            for (size_t g = 0; g < count; g++) {
                if (influence->reach[f][via] && influence->reach[via][g])
                    influence->reach[f][g] = true;
            }
        }
    }
}

/* Nothing that is not placed yet influences f, but for what f influences too. */
static bool is_ready(const struct influence *influence, const bool *placed, size_t count, size_t f)
{
    for (size_t g = 0; g < count; g++) {
        if (!placed[g] && influence->reach[g][f] && !influence->reach[f][g])
            return false;
    }
    return true;
}

void stages_from_footprints(const struct pipeline *pipeline, const struct footprints *footprints,
                            uint32_t stream, struct stages *stages)
{
    struct influence influence;
    bool placed[PIPELINE_FUNCTIONS_MAX] = {false};
    size_t count = pipeline->function_count;
    memset(&influence, 0, sizeof influence);
    memset(stages, 0, sizeof *stages);
    add_stream_edges(pipeline, footprints, &influence);
    add_ties(pipeline, footprints, &influence);
    close_transitively(count, &influence);
    for (size_t left = count; left > 0;) {
        size_t first = 0;
        while (first < count && (placed[first] || !is_ready(&influence, placed, count, first)))
            first++;
        CHECK(first < count);
        for (size_t g = first; g < count; g++) {
            bool together = g == first || (influence.reach[first][g] && influence.reach[g][first]);
            if (placed[g] || !together)
                continue;
            stages->of_function[g] = (uint8_t)stages->count;
            placed[g] = true;
            left--;
        }
        stages->count++;
    }
    stages->generator_is_first = true;
    for (size_t f = 0; f < count; f++) {
        if (!footprints->puts[f][stream])
            continue;
        stages->generator_is_first = false;
        stages->of_generator = stages->of_function[f];
    }
}
