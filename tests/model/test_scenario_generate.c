#include "model/scenario.h"
#include "model/workload.h"

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

struct drawn {
    struct memory memory;
    struct arena arena;
    struct scenario scenario;
    struct error error;
    enum status status;
};

/* A scenario whose workload has these lines. */
static void draw(struct drawn *drawn, const char *workload, uint64_t seed)
{
    char text[2048];
    memory_init(&drawn->memory, SIZE_MAX);
    arena_init(&drawn->arena, &drawn->memory);
    drawn->error = (struct error)ERROR_INIT;
    int length = snprintf(text, sizeof text, "scenario: drawn\nworkload:\n%s", workload);
    drawn->status = scenario_parse(text, (size_t)length, "drawn.yaml", &drawn->arena,
                                   &drawn->scenario, &drawn->error);
    if (drawn->status == STATUS_OK)
        drawn->status = scenario_generate(&drawn->scenario, seed, &drawn->arena, &drawn->error);
}

static void forget(struct drawn *drawn) { arena_release(&drawn->arena); }

static uint32_t puts_of(const struct scenario *scenario)
{
    uint32_t count = 0;
    for (size_t i = 0; i < scenario->message_count; i++)
        count += scenario->messages[i].copies;
    return count;
}

Test(scenario_generate, draws_what_it_says)
{
    static const char *const forty =
        "  generate: {messages: 40, trades: 20, update_percent: 10, duplicate_percent: 12.5}\n";
    uint32_t copies = 0;
    uint32_t updates = 0;
    for (uint64_t seed = 0; seed < 500; seed++) {
        struct drawn drawn;
        draw(&drawn, forty, seed);
        const struct scenario *scenario = &drawn.scenario;
        cr_assert_eq(drawn.status, STATUS_OK, "%s", drawn.error.message);
        cr_assert_eq(puts_of(scenario), 40);
        cr_assert_eq(scenario->sequence_length, 40);
        copies += 40 - (uint32_t)scenario->message_count;
        bool seen[64] = {false};
        for (size_t i = 0; i < scenario->sequence_length; i++) {
            const struct scenario_message *message = &scenario->messages[scenario->sequence[i]];
            int trade = 0;
            cr_assert_eq(sscanf(message->trade, "T%d", &trade), 1);
            cr_assert(trade >= 1 && trade <= 20);
            /* the version before it came before it */
            cr_assert(message->version == 0 || seen[trade]);
            updates += i < 10 && message->version > 0 ? 1 : 0;
            seen[trade] = true;
        }
        forget(&drawn);
    }
    /* binomial, from the second message on: 39 * 500 draws of 12.5 % */
    double expected = 39 * 500 * 0.125;
    cr_expect_lt(fabs(copies - expected) / sqrt(expected * 0.875), 3.3, "%u copies", copies);
    cr_expect(updates > 250 && updates < 750, "%u updates", updates);
}

Test(scenario_generate, is_the_same_for_the_same_seed)
{
    static const char *const ten = "  generate: {messages: 10, trades: 4, update_percent: 50}\n";
    struct drawn a;
    struct drawn b;
    draw(&a, ten, 7);
    draw(&b, ten, 7);
    cr_assert_eq(a.scenario.message_count, b.scenario.message_count);
    for (size_t i = 0; i < a.scenario.message_count; i++) {
        cr_expect_str_eq(a.scenario.messages[i].trade, b.scenario.messages[i].trade);
        cr_expect_eq(a.scenario.messages[i].version, b.scenario.messages[i].version);
    }
    cr_expect_eq(a.scenario.message_count, 10, "no percentage: no copies");
    forget(&a);
    forget(&b);
}

Test(scenario_generate, adds_copies_behind_the_first)
{
    static const char *const two = "  messages:\n"
                                   "    - {trade: A, version: 0}\n"
                                   "    - {trade: B, version: 0, copies: 2}\n"
                                   "  duplicates: 3\n";
    uint32_t last[2] = {0};
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct drawn drawn;
        draw(&drawn, two, seed);
        cr_assert_eq(drawn.status, STATUS_OK, "%s", drawn.error.message);
        cr_expect_eq(puts_of(&drawn.scenario), 6);
        cr_expect_eq(drawn.scenario.message_count, 2);
        cr_expect_eq(drawn.scenario.sequence[0], 0, "the first put of all stays the first");
        last[drawn.scenario.sequence[5]]++;
        forget(&drawn);
    }
    cr_expect(last[0] > 20 && last[1] > 20, "%u and %u", last[0], last[1]);
}

static void refuse(const char *workload, uint32_t line, uint32_t column, const char *message)
{
    struct drawn drawn;
    draw(&drawn, workload, 1);
    cr_expect_eq(drawn.status, STATUS_BAD_INPUT, "%s", workload);
    cr_expect_eq(drawn.error.line, line, "line %u of %s", drawn.error.line, workload);
    cr_expect_eq(drawn.error.column, column, "column %u of %s", drawn.error.column, workload);
    cr_expect(strstr(drawn.error.message, message) != NULL, "%s", drawn.error.message);
    forget(&drawn);
}

Test(scenario_generate, says_where_it_makes_no_sense)
{
    refuse("  generate: {messages: 4}\n", 3, 13, "needs the key 'trades'");
    refuse("  generate: {messages: 4, trades: 0}\n", 3, 35, "'trades' must be");
    refuse("  generate: {messages: 0, trades: 1}\n", 3, 24, "'messages' must be");
    refuse("  generate: {messages: 65, trades: 1}\n", 3, 24, "'messages' must be");
    refuse("  generate: {messages: 4, trades: 2, update_percent: 101}\n", 3, 54,
           "'update_percent' must be");
    refuse("  generate: {messages: 4, trades: 2, duplicate_percent: -1}\n", 3, 57,
           "'duplicate_percent' must be");
    refuse("  generate: {messages: 4, trades: 2, update_percent: 60, duplicate_percent: 60}\n", 3,
           54, "together more than 100");
    refuse("  generate: {messages: 4, trades: 2, rate: 1}\n", 3, 38, "rate");
    refuse("  messages: [{trade: A, version: 0}]\n  generate: {messages: 4, trades: 2}\n", 4, 3,
           "either 'messages' or 'generate'");
    refuse("  messages: [{trade: A, version: 0}]\n  duplicates: 255\n", 4, 15,
           "'duplicates' must be at most 254");
    refuse("  messages: [{trade: A, version: 0}]\n  duplicates: many\n", 4, 15, "'duplicates'");
}
