/* Workloads drawn from a seed: workload.generate and workload.duplicates. */
#include "model/scenario_reader.h"

#include "model/base/hash.h"
#include "model/base/random.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Per cent are kept in hundredths. */
enum { PERCENT = 10000, WORKLOAD_STREAM = 0x574F524B /* "WORK": what else is drawn has others */ };

static enum status no_memory(struct error *error)
{
    return error_set(error, STATUS_NO_MEMORY, "out of memory while generating a workload");
}

static enum status read_percent(const struct yaml_node *node, const char *key, const char *what,
                                uint32_t *hundredths, struct error *error)
{
    const struct yaml_node *percent = yaml_find(node, key);
    double number = 0;
    enum status status = STATUS_OK;
    if (percent != NULL)
        status = yaml_get_number(percent, what, 0, 100, &number, error);
    *hundredths = (uint32_t)lround(number * PERCENT / 100);
    return status;
}

static enum status read_count(const struct yaml_node *node, const char *key, const char *what,
                              int64_t max, uint32_t *count, struct error *error)
{
    const struct yaml_node *part = NULL;
    int64_t number = 0;
    enum status status = yaml_require(node, key, "'generate'", &part, error);
    if (status == STATUS_OK)
        status = yaml_get_integer(part, what, 1, max, &number, error);
    *count = (uint32_t)number;
    return status;
}

enum status scenario_read_generation(const struct yaml_node *node,
                                     struct scenario_generation *generation, struct error *error)
{
    static const char *const keys[] = {"messages", "trades", "update_percent", "duplicate_percent"};
    *generation = (struct scenario_generation){.line = node->line, .column = node->column};
    enum status status =
        yaml_check_keys(node, "'generate'", keys, sizeof keys / sizeof *keys, error);
    if (status == STATUS_OK)
        status = read_count(node, "messages", "'messages'", SCENARIO_MESSAGES_MAX,
                            &generation->messages, error);
    if (status == STATUS_OK)
        status = read_count(node, "trades", "'trades'", SCENARIO_MESSAGES_MAX, &generation->trades,
                            error);
    if (status == STATUS_OK)
        status =
            read_percent(node, "update_percent", "'update_percent'", &generation->updates, error);
    if (status == STATUS_OK)
        status = read_percent(node, "duplicate_percent", "'duplicate_percent'",
                              &generation->duplicates, error);
    if (status == STATUS_OK && generation->updates + generation->duplicates > PERCENT)
        return yaml_error(error, yaml_find(node, "update_percent"),
                          "'update_percent' and 'duplicate_percent' are together more than 100");
    return status;
}

/* A workload being drawn. */
struct drawing {
    struct random random;
    struct scenario_message *messages;
    size_t message_count;
    uint32_t *sequence;
    size_t put_count;
};

static void put_again(struct drawing *drawing, uint32_t message, size_t place)
{
    uint32_t *at = drawing->sequence + place;
    memmove(at + 1, at, (drawing->put_count - place) * sizeof *at);
    *at = message;
    drawing->messages[message].copies++;
    drawing->put_count++;
}

/* One more message: the first version of the next trade or, where `update`, of a trade there is
 * the next version. */
static bool draw_message(struct drawing *drawing, const struct scenario_generation *generation,
                         int64_t *newest, uint32_t *trades, bool update, struct arena *arena)
{
    uint32_t trade = *trades;
    if (update || trade == generation->trades)
        trade = random_below(&drawing->random, *trades);
    else
        newest[(*trades)++] = -1;
    struct scenario_message *message = &drawing->messages[drawing->message_count];
    *message = (struct scenario_message){.trade = arena_format(arena, "T%u", (unsigned)trade + 1),
                                         .version = ++newest[trade],
                                         .shard = -1,
                                         .line = generation->line,
                                         .column = generation->column};
    put_again(drawing, (uint32_t)drawing->message_count++, drawing->put_count);
    return message->trade != NULL;
}

/* Every message is a copy of one before it, a new version of a trade before it, or a new trade. */
static bool draw_messages(struct drawing *drawing, const struct scenario_generation *generation,
                          struct arena *arena)
{
    int64_t newest[SCENARIO_MESSAGES_MAX];
    uint32_t trades = 0;
    for (uint32_t i = 0; i < generation->messages; i++) {
        uint32_t draw = random_below(&drawing->random, PERCENT);
        if (i > 0 && draw < generation->duplicates) {
            put_again(drawing, random_below(&drawing->random, (uint32_t)drawing->message_count),
                      drawing->put_count);
            continue;
        }
        bool update = i > 0 && draw < generation->duplicates + generation->updates;
        if (!draw_message(drawing, generation, newest, &trades, update, arena))
            return false;
    }
    return true;
}

/* Copies of messages drawn, each at a place drawn behind the message's first put. */
static void draw_duplicates(struct drawing *drawing, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        uint32_t message = random_below(&drawing->random, (uint32_t)drawing->message_count);
        while (drawing->messages[message].copies == SCENARIO_COPIES_MAX)
            message = (message + 1) % (uint32_t)drawing->message_count;
        size_t first = 0;
        while (drawing->sequence[first] != message)
            first++;
        size_t places = drawing->put_count - first;
        put_again(drawing, message, first + 1 + random_below(&drawing->random, (uint32_t)places));
    }
}

enum status scenario_generate(struct scenario *scenario, uint64_t seed, struct arena *arena,
                              struct error *error)
{
    const struct scenario_generation *generation = &scenario->generation;
    struct drawing drawing = {.message_count = scenario->written_count};
    if (!scenario->seeded)
        return STATUS_OK;
    random_init(&drawing.random, hash_mix64(seed), WORKLOAD_STREAM);
    size_t puts = (size_t)generation->messages + scenario->duplicates;
    for (size_t i = 0; i < scenario->written_count; i++)
        puts += scenario->written[i].copies;
    drawing.messages = arena_allocate_array(arena, scenario->written_count + generation->messages,
                                            sizeof *drawing.messages);
    drawing.sequence = arena_allocate_array(arena, puts, sizeof *drawing.sequence);
    if (drawing.messages == NULL || drawing.sequence == NULL)
        return no_memory(error);
    for (uint32_t i = 0; i < scenario->written_count; i++) {
        drawing.messages[i] = scenario->written[i];
        for (uint32_t copy = 0; copy < scenario->written[i].copies; copy++)
            drawing.sequence[drawing.put_count++] = i;
    }
    if (generation->messages > 0 && !draw_messages(&drawing, generation, arena))
        return no_memory(error);
    draw_duplicates(&drawing, scenario->duplicates);
    scenario->messages = drawing.messages;
    scenario->message_count = drawing.message_count;
    scenario->sequence = drawing.sequence;
    scenario->sequence_length = drawing.put_count;
    return STATUS_OK;
}
