#include "checker/violation_classes.h"

#include "checker/visited_set.h"
#include "model/base/hash.h"
#include "model/base/id_map.h"

#include <string.h>

enum { STORY_BITS = 64, OUTCOME_TAG = 0x76696f6c };

/* What a message or an aggregate is; how far off it is makes no class of its own. */
enum wrongness { WRONG_RIGHT, WRONG_MISSING, WRONG_MORE, WRONG_TWICE, WRONG_UNKNOWN };

/* Bit sets of what happened on the way to the states of one partition, by their index in it. */
struct stories {
    uint64_t *items;
    size_t capacity;
};

struct violation_classes {
    struct memory *memory;
    struct world *world;
    struct stories partitions[VISITED_PARTITIONS];
    struct search_violation *violations;
    size_t count;
    size_t capacity;
    struct id_map index; /* key -> index into violations */
    bool incomplete;
};

struct violation_classes *violation_classes_create(struct world *world)
{
    struct violation_classes *classes = memory_allocate_zeroed(world->memory, 1, sizeof *classes);
    if (classes == NULL)
        return NULL;
    classes->memory = world->memory;
    classes->world = world;
    id_map_init(&classes->index, world->memory);
    return classes;
}

void violation_classes_clear(struct violation_classes *classes)
{
    for (size_t i = 0; i < VISITED_PARTITIONS; i++) {
        struct stories *stories = &classes->partitions[i];
        memory_free(classes->memory, stories->items, stories->capacity * sizeof *stories->items);
        *stories = (struct stories){.items = NULL};
    }
    id_map_clear(&classes->index);
    classes->count = 0;
    classes->incomplete = false;
}

void violation_classes_destroy(struct violation_classes *classes)
{
    if (classes == NULL)
        return;
    violation_classes_clear(classes);
    id_map_release(&classes->index);
    memory_free(classes->memory, classes->violations,
                classes->capacity * sizeof *classes->violations);
    memory_free(classes->memory, classes, sizeof *classes);
}

uint64_t violation_classes_story(const struct violation_classes *classes, uint32_t number)
{
    const struct stories *stories = &classes->partitions[number % VISITED_PARTITIONS];
    size_t index = number / VISITED_PARTITIONS;
    return index < stories->capacity ? stories->items[index] : 0;
}

/* What an action adds to a story: a bit per kind of faults and function, and one per function for
 * batches of several records. Where there are more than bits, some share one. */
static uint64_t story_bit(const struct world *world, const struct action *action)
{
    bool several = action->kind == ACTION_POLL && action->count > 1;
    if (action->fault == FAULT_KIND_COUNT && !several)
        return 0;
    size_t kind = action->fault == FAULT_KIND_COUNT ? FAULT_KIND_COUNT : action->fault;
    size_t functions = world->pipeline->function_count + 1; /* the generator has faults, too */
    size_t function = action->poller == ACTION_NO_POLLER
                          ? functions - 1
                          : world->layout.pollers[action->poller].function;
    return UINT64_C(1) << (kind * functions + function) % STORY_BITS;
}

bool violation_classes_reach(struct violation_classes *classes, uint32_t parent,
                             const struct action *action, uint32_t number)
{
    struct stories *stories = &classes->partitions[number % VISITED_PARTITIONS];
    size_t index = number / VISITED_PARTITIONS;
    size_t old_capacity = stories->capacity;
    void *items = stories->items;
    uint64_t story = violation_classes_story(classes, parent) | story_bit(classes->world, action);
    if (!memory_reserve(classes->memory, &items, &stories->capacity, index + 1,
                        sizeof *stories->items))
        return false;
    stories->items = items;
    if (stories->capacity > old_capacity)
        memset(stories->items + old_capacity, 0,
               (stories->capacity - old_capacity) * sizeof *stories->items);
    stories->items[index] = story;
    return true;
}

/* Per message what became of it; where a path is cut at a double count, the others are still on
 * their way. */
static size_t message_outcomes(struct world *world, const uint32_t *slots, bool cut,
                               uint8_t *outcomes)
{
    struct message_count counts[SCENARIO_MESSAGES_MAX];
    world_message_counts(world, slots, counts);
    for (size_t i = 0; i < world->workload->message_count; i++) {
        const struct message_count *count = &counts[i];
        outcomes[i] = WRONG_RIGHT;
        if (!count->known)
            outcomes[i] = WRONG_UNKNOWN;
        else if (count->counted > 1)
            outcomes[i] = WRONG_TWICE;
        else if (!cut && count->counted != count->expected)
            outcomes[i] = count->counted < count->expected ? WRONG_MISSING : WRONG_MORE;
    }
    return world->workload->message_count;
}

/* The same per aggregate, where sums cannot be taken apart. */
static size_t aggregate_outcomes(struct world *world, const uint32_t *slots, uint8_t *outcomes,
                                 struct aggregate_difference *differences)
{
    const struct workload *workload = world->workload;
    size_t count = world_aggregate_differences(world, slots, differences);
    memset(outcomes, WRONG_RIGHT, workload->aggregate_count);
    for (size_t i = 0, k = 0; i < workload->aggregate_count && k < count; i++) {
        const struct aggregate_difference *difference = &differences[k];
        if (strcmp(difference->key, workload->aggregates[i].key) != 0)
            continue;
        k++;
        if (!difference->is_number)
            outcomes[i] = WRONG_UNKNOWN;
        else
            outcomes[i] = decimal_compare(&difference->actual, &difference->expected) < 0
                              ? WRONG_MISSING
                              : WRONG_MORE;
    }
    return workload->aggregate_count;
}

/* The outcome as a hash; 0 where memory runs out, which makes coarser classes. */
static uint64_t outcome_hash(struct violation_classes *classes, const uint32_t *slots, bool cut)
{
    struct world *world = classes->world;
    const struct workload *workload = world->workload;
    uint8_t messages[SCENARIO_MESSAGES_MAX];
    if (workload->decodable) {
        size_t count = message_outcomes(world, slots, cut, messages);
        return hash128_tagged(OUTCOME_TAG, messages, count).low;
    }
    size_t aggregates = workload->aggregate_count;
    size_t size = aggregates * (sizeof(struct aggregate_difference) + 1);
    struct aggregate_difference *differences = NULL;
    if (aggregates == 0 || (differences = memory_allocate(classes->memory, size)) == NULL)
        return 0;
    uint8_t *outcomes = (uint8_t *)(differences + aggregates);
    size_t count = aggregate_outcomes(world, slots, outcomes, differences);
    uint64_t hash = hash128_tagged(OUTCOME_TAG, outcomes, count).low;
    memory_free(classes->memory, differences, size);
    return hash;
}

uint64_t violation_classes_key(struct violation_classes *classes,
                               const struct search_violation *violation, const uint32_t *slots)
{
    uint64_t outcome = violation->property == PROPERTY_LEVELS_AGREE
                           ? 0
                           : outcome_hash(classes, slots, violation->cut);
    const uint64_t parts[] = {
        (uint64_t)violation->property, violation->stuck ? UINT64_C(1) + violation->stuck_poller : 0,
        violation->cut, outcome, violation_classes_story(classes, violation->state)};
    return hash128_tagged(OUTCOME_TAG, parts, sizeof parts).low;
}

bool violation_classes_has(const struct violation_classes *classes, uint64_t key)
{
    uint32_t index = 0;
    return id_map_find(&classes->index, key, &index);
}

static bool is_better(const struct search_violation *a, const struct search_violation *b)
{
    return a->faults < b->faults || (a->faults == b->faults && a->depth < b->depth);
}

static void keep(struct violation_classes *classes, size_t index,
                 const struct search_violation *violation)
{
    classes->violations[index] = *violation;
    classes->violations[index].story = violation_classes_story(classes, violation->state);
}

void violation_classes_note(struct violation_classes *classes, uint64_t key,
                            const struct search_violation *violation)
{
    uint32_t index = 0;
    if (id_map_find(&classes->index, key, &index)) {
        if (is_better(violation, &classes->violations[index]))
            keep(classes, index, violation);
        return;
    }
    void *violations = classes->violations;
    if (classes->count == VIOLATION_CLASSES_MAX ||
        !memory_reserve(classes->memory, &violations, &classes->capacity, classes->count + 1,
                        sizeof *classes->violations)) {
        classes->incomplete = true;
        return;
    }
    classes->violations = violations;
    if (!id_map_put(&classes->index, key, (uint32_t)classes->count)) {
        classes->incomplete = true;
        return;
    }
    keep(classes, classes->count++, violation);
}

bool violation_classes_complete(const struct violation_classes *classes)
{
    return !classes->incomplete;
}

const struct search_violation *violation_classes_sort(struct violation_classes *classes,
                                                      size_t *count)
{
    struct search_violation *violations = classes->violations;
    for (size_t i = 1; i < classes->count; i++) {
        struct search_violation moved = violations[i];
        size_t k = i;
        for (; k > 0 && is_better(&moved, &violations[k - 1]); k--)
            violations[k] = violations[k - 1];
        violations[k] = moved;
    }
    id_map_clear(&classes->index); /* positions are no longer what they were */
    *count = classes->count;
    return violations;
}

void violation_classes_archive(struct violation_classes *classes, struct archive *archive)
{
    for (size_t i = 0; i < VISITED_PARTITIONS; i++) {
        struct stories *stories = &classes->partitions[i];
        void *items = stories->items;
        size_t count = stories->capacity; /* all of it counts: see violation_classes_story */
        archive_array(archive, classes->memory, &items, &count, &stories->capacity,
                      sizeof *stories->items);
        stories->items = items;
    }
    void *violations = classes->violations;
    archive_array(archive, classes->memory, &violations, &classes->count, &classes->capacity,
                  sizeof *classes->violations);
    classes->violations = violations;
    id_map_archive(&classes->index, archive);
    ARCHIVE(archive, classes->incomplete);
}
