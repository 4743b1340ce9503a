#include "model/property.h"

#include "model/base/id_map.h"

#include <math.h>
#include <string.h>

/* The workshop's; see docs/interface.md, "Scenario". */
#define AGGREGATE_VALUE "Value"

/* The game's tolerance for sums that are not whole numbers. */
static const double tolerance = 1e-5;

enum outcome_bits { BIT_RIGHT = 1, BIT_TWICE = 2, BIT_LOST = 4, BIT_LEVELS_AGREE = 8 };

struct outcome_memo {
    struct memory *memory;
    struct id_map map; /* contents of the aggregates' table -> outcome_bits */
};

struct outcome_memo *outcome_memo_create(struct memory *memory)
{
    struct outcome_memo *memo = memory_allocate_zeroed(memory, 1, sizeof *memo);
    if (memo == NULL)
        return NULL;
    memo->memory = memory;
    id_map_init(&memo->map, memory);
    return memo;
}

void outcome_memo_destroy(struct outcome_memo *memo)
{
    if (memo == NULL)
        return;
    id_map_release(&memo->map);
    memory_free(memo->memory, memo, sizeof *memo);
}

void outcome_memo_archive(struct outcome_memo *memo, struct archive *archive)
{
    id_map_archive(&memo->map, archive);
}

int world_aggregate_table(const struct world *world)
{
    return pipeline_aggregate_table(world->pipeline);
}

static struct value aggregates_of(const struct world *world, const uint32_t *state)
{
    int table = world_aggregate_table(world);
    if (table < 0)
        return world->empty_map;
    return (struct value){state[world->layout.table_slots[table]]};
}

/* The number under a key; a missing one counts as 0, as in the workshop's own scoring. */
static bool aggregate_number(struct world *world, struct value contents, const char *key,
                             struct decimal *number)
{
    *number = decimal_from_integer(0);
    struct value item = value_get(world->store, contents, value_text(world->store, key));
    if (value_is_none(item))
        return true;
    const char *attribute = world->pipeline->aggregate_value;
    struct value field =
        value_get_text(world->store, item, attribute == NULL ? AGGREGATE_VALUE : attribute);
    if (value_is_none(field))
        return true;
    if (value_kind(world->store, field) != VALUE_NUMBER)
        return false;
    *number = *value_decimal(world->store, field);
    return true;
}

/* Whole numbers are compared exactly, others within the game's tolerance. */
static bool numbers_agree(const struct decimal *a, const struct decimal *b)
{
    if (decimal_is_integer(a) && decimal_is_integer(b))
        return decimal_compare(a, b) == 0;
    return fabs(decimal_to_double(a) - decimal_to_double(b)) <= tolerance;
}

bool message_digits(const struct workload *workload, int64_t number, int32_t *digits)
{
    for (size_t i = 0; i < workload->digit_count; i++) {
        int64_t digit = number % 8;
        number /= 8;
        if (digit > 4) {
            digit -= 8;
            number++;
        } else if (digit < -3) {
            digit += 8;
            number--;
        }
        digits[i] = (int32_t)digit;
    }
    return number == 0;
}

static void decode_counts(struct world *world, struct value contents,
                          struct message_count *messages)
{
    const struct workload *workload = world->workload;
    for (uint32_t i = 0; i < workload->message_count; i++) {
        messages[i] =
            (struct message_count){.message = i, .expected = workload->messages[i].newest ? 1 : 0};
        if (!workload->decodable)
            continue;
        char key[WORKLOAD_KEY_SIZE];
        workload_aggregate_key(&workload->messages[i].hierarchy, HIERARCHY_LEVELS - 1, key);
        struct decimal number;
        int64_t integer = 0;
        int32_t digits[SCENARIO_DISTINCT_MESSAGES_MAX];
        if (aggregate_number(world, contents, key, &number) &&
            decimal_to_integer(&number, &integer) && message_digits(workload, integer, digits)) {
            int32_t digit = workload->messages[i].digit;
            messages[i].known = true;
            messages[i].counted = digit < 0 ? 0 : digits[digit];
        }
    }
}

/* The sum of an aggregate's children; false if one is no number. */
static bool sum_of_children(struct world *world, struct value contents,
                            const struct workload_aggregate *parent, struct decimal *sum)
{
    const struct workload *workload = world->workload;
    size_t length = strlen(parent->key);
    *sum = decimal_from_integer(0);
    for (size_t i = 0; i < workload->aggregate_count; i++) {
        const struct workload_aggregate *child = &workload->aggregates[i];
        struct decimal part;
        if (child->level != parent->level + 1 || strncmp(child->key, parent->key, length) != 0 ||
            child->key[length] != ':')
            continue;
        if (!aggregate_number(world, contents, child->key, &part) ||
            decimal_add(sum, &part, sum) != DECIMAL_OK)
            return false;
    }
    return true;
}

static bool levels_agree(struct world *world, struct value contents)
{
    const struct workload *workload = world->workload;
    for (size_t i = 0; i < workload->aggregate_count; i++) {
        const struct workload_aggregate *parent = &workload->aggregates[i];
        struct decimal number;
        struct decimal sum;
        if (parent->level == HIERARCHY_LEVELS - 1)
            continue;
        if (!aggregate_number(world, contents, parent->key, &number) ||
            !sum_of_children(world, contents, parent, &sum) || !numbers_agree(&number, &sum))
            return false;
    }
    return true;
}

static size_t differences_of(struct world *world, struct value contents,
                             struct aggregate_difference *differences)
{
    const struct workload *workload = world->workload;
    size_t count = 0;
    for (size_t i = 0; i < workload->aggregate_count; i++) {
        const struct workload_aggregate *aggregate = &workload->aggregates[i];
        struct decimal actual;
        bool is_number = aggregate_number(world, contents, aggregate->key, &actual);
        if (is_number && numbers_agree(&actual, &aggregate->expected))
            continue;
        if (differences != NULL)
            differences[count] = (struct aggregate_difference){.key = aggregate->key,
                                                               .expected = aggregate->expected,
                                                               .is_number = is_number,
                                                               .actual = actual};
        count++;
    }
    return count;
}

static uint32_t compute_bits(struct world *world, struct value contents)
{
    struct message_count counts[SCENARIO_MESSAGES_MAX];
    uint32_t bits = 0;
    if (differences_of(world, contents, NULL) == 0)
        bits |= BIT_RIGHT;
    if (levels_agree(world, contents))
        bits |= BIT_LEVELS_AGREE;
    decode_counts(world, contents, counts);
    for (size_t i = 0; i < world->workload->message_count; i++) {
        if (counts[i].known && counts[i].counted > 1)
            bits |= BIT_TWICE;
        if (counts[i].known && counts[i].counted < counts[i].expected)
            bits |= BIT_LOST;
    }
    return bits;
}

static struct outcome outcome_of_bits(uint32_t bits)
{
    return (struct outcome){.right = (bits & BIT_RIGHT) != 0,
                            .twice = (bits & BIT_TWICE) != 0,
                            .lost = (bits & BIT_LOST) != 0,
                            .levels_agree = (bits & BIT_LEVELS_AGREE) != 0};
}

bool world_outcome_known(const struct world *world, const uint32_t *state, struct outcome *outcome)
{
    uint32_t bits = 0;
    if (!id_map_find(&world->outcomes->map, aggregates_of(world, state).id, &bits))
        return false;
    *outcome = outcome_of_bits(bits);
    return true;
}

struct outcome world_outcome(struct world *world, const uint32_t *state)
{
    struct value contents = aggregates_of(world, state);
    uint32_t bits = 0;
    if (!id_map_find(&world->outcomes->map, contents.id, &bits)) {
        bits = compute_bits(world, contents);
        /* a memo that cannot grow only costs time */
        (void)id_map_put(&world->outcomes->map, contents.id, bits);
    }
    return outcome_of_bits(bits);
}

/* More than four of one message look like some of the next. Where that one was never put, it is
 * clear what they are. */
static void carry_back(struct world *world, const uint32_t *state, struct message_count *messages)
{
    const struct value put = {state[world->layout.generator_slot]};
    const char *copies = value_bytes(world->store, put, NULL);
    bool any = false;
    for (uint32_t i = 0; i < world->workload->message_count; i++)
        any = any || copies[i] != 0;
    for (size_t i = world->workload->message_count; any && i > 1; i--) {
        struct message_count *count = &messages[i - 1];
        size_t below = i - 1;
        while (below > 0 && world->workload->messages[below - 1].digit < 0)
            below--;
        if (!count->known || copies[i - 1] != 0 || below == 0)
            continue;
        messages[below - 1].counted += 8 * count->counted;
        count->counted = 0;
    }
}

enum property outcome_violated(const struct outcome *outcome, const bool *asked, bool stuck)
{
    if (stuck && asked[PROPERTY_NO_STUCK_SHARD])
        return PROPERTY_NO_STUCK_SHARD;
    if (!outcome->right && asked[PROPERTY_EXACTLY_ONCE])
        return PROPERTY_EXACTLY_ONCE;
    if (outcome->twice && asked[PROPERTY_NEVER_TWICE])
        return PROPERTY_NEVER_TWICE;
    if (outcome->lost && asked[PROPERTY_NOTHING_LOST])
        return PROPERTY_NOTHING_LOST;
    return PROPERTY_COUNT;
}

void world_message_counts(struct world *world, const uint32_t *state,
                          struct message_count *messages)
{
    decode_counts(world, aggregates_of(world, state), messages);
    carry_back(world, state, messages);
}

size_t world_aggregate_differences(struct world *world, const uint32_t *state,
                                   struct aggregate_difference *differences)
{
    return differences_of(world, aggregates_of(world, state), differences);
}
