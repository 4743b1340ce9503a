#include "model/simulation_game.h"

#include "model/base/json.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

enum { PUTS = 250, START_S = 1704067200 };

static const struct game_rates workshop = {
    .load = GAME_PERCENT, .duplicates = GAME_PERCENT / 8, .modifications = GAME_PERCENT / 100 * 3};

static struct memory memory;
static struct game game;

static void set_up(void)
{
    memory_init(&memory, SIZE_MAX);
    game_init(&game, &memory, 1, &workshop);
}

static void tear_down(void) { game_release(&game); }

TestSuite(simulation_game, .init = set_up, .fini = tear_down);

Test(simulation_game, lab1_has_new_trades_alone)
{
    struct game_message messages[GAME_PUT_SIZE];
    cr_assert(game_next_put(&game, false, 0, messages));
    cr_assert_eq(game.count, GAME_PUT_SIZE);
    for (uint32_t i = 0; i < GAME_PUT_SIZE; i++)
        cr_assert(messages[i].trade == i && messages[i].version == 0 && !messages[i].duplicate);
}

/* 3 % of 35 messages in each of 250 puts: 262, with a standard deviation of 16. */
Test(simulation_game, lab2_has_copies_and_modifications)
{
    struct game_message messages[GAME_PUT_SIZE];
    size_t modifications = 0;
    size_t old_versions = 0;
    cr_assert(game_next_put(&game, false, 0, messages));
    for (uint32_t i = 0; i < PUTS; i++) {
        const size_t before = game.count;
        size_t copies = 0;
        cr_assert(game_next_put(&game, true, i, messages));
        for (size_t j = 0; j < GAME_PUT_SIZE; j++) {
            copies += messages[j].duplicate ? 1 : 0;
            const bool is_old = messages[j].trade < before && !messages[j].duplicate;
            modifications += is_old ? 1 : 0;
            old_versions += is_old && messages[j].version == 0 ? 1 : 0;
        }
        cr_assert_eq(copies, GAME_PUT_SIZE / 8);
    }
    cr_assert(modifications > 200 && modifications < 330, "%zu", modifications);
    cr_assert_gt(old_versions, 0);
}

/* The sums of the newest versions, by another way. */
Test(simulation_game, expects_the_newest_versions)
{
    struct game_message messages[GAME_PUT_SIZE];
    int64_t total = 0;
    for (uint32_t i = 0; i < PUTS; i++)
        cr_assert(game_next_put(&game, true, i, messages));
    for (size_t i = 0; i < game.count; i++)
        total += game.list[i].cents[game.list[i].version];
    int64_t levels[HIERARCHY_LEVELS] = {0};
    uint64_t trades[HIERARCHY_LEVELS] = {0};
    char last[GAME_KEY_SIZE] = "";
    for (size_t i = 0; i < GAME_KEYS; i++) {
        char key[GAME_KEY_SIZE];
        int64_t cents = 0;
        uint64_t count = 0;
        size_t level = 0;
        game_key(&game, i, key, &cents, &count);
        for (const char *at = key; *at != '\0'; at++)
            level += *at == ':' ? 1 : 0;
        levels[level] += cents;
        trades[level] += count;
        cr_assert_lt(strcmp(last, key), 0);
        strcpy(last, key);
    }
    for (size_t i = 0; i < HIERARCHY_LEVELS; i++)
        cr_assert(levels[i] == total && trades[i] == game.count);
}

Test(simulation_game, ids_name_trades)
{
    struct game_message messages[GAME_PUT_SIZE];
    cr_assert(game_next_put(&game, false, 0, messages));
    for (uint32_t i = 0; i < GAME_PUT_SIZE; i++) {
        char id[GAME_TRADE_ID_SIZE];
        uint32_t trade = 0;
        game_trade_id(&game, i, id);
        cr_assert_eq(strlen(id), GAME_TRADE_ID_SIZE - 1);
        cr_assert(game_find_trade(&game, id, strlen(id), &trade) && trade == i);
        id[GAME_TRADE_ID_SIZE - 2] ^= 1;
        cr_assert(!game_find_trade(&game, id, strlen(id), &trade));
    }
    uint32_t trade = 0;
    cr_assert(!game_find_trade(&game, "T1", 2, &trade));
}

/* A message is JSON whose Value has a fraction, as the workshop's generator writes it. */
Test(simulation_game, messages_are_the_workshops)
{
    struct game_message messages[GAME_PUT_SIZE];
    struct text text;
    struct error error = ERROR_INIT;
    struct value_store *store = value_store_create(&memory);
    text_init(&text, &memory);
    cr_assert(game_next_put(&game, false, 1500, messages));
    game.list[0].cents[0] = 3462450;
    game.list[1].cents[0] = 7;
    game.list[2].cents[0] = 100;
    const char *const values[] = {"34624.5", "0.07", "1.0"};
    for (uint32_t i = 0; i < 3; i++) {
        struct value message = VALUE_NONE;
        char expected[64];
        text_clear(&text);
        game_append_message(&game, &text, i, 0, (int64_t)START_S * 1000);
        cr_assert_eq(json_parse(store, text.bytes, text.length, NULL, &message, &error), STATUS_OK);
        (void)snprintf(expected, sizeof expected, "\"Value\": %s, \"Timestamp\": 1704067201.5, ",
                       values[i]);
        cr_assert(strstr(text.bytes, expected) != NULL, "%s", text.bytes);
    }
    text_release(&text);
    value_store_destroy(store);
}

Test(simulation_game, same_seed_same_messages)
{
    struct game other;
    struct game_message a[GAME_PUT_SIZE];
    struct game_message b[GAME_PUT_SIZE];
    game_init(&other, &memory, 1, &workshop);
    for (uint32_t i = 0; i < PUTS; i++) {
        cr_assert(game_next_put(&game, i > 5, i, a));
        cr_assert(game_next_put(&other, i > 5, i, b));
        for (size_t j = 0; j < GAME_PUT_SIZE; j++)
            cr_assert(a[j].trade == b[j].trade && a[j].version == b[j].version);
    }
    cr_assert_eq(memcmp(game.expected_cents, other.expected_cents, sizeof game.expected_cents), 0);
    game_release(&other);
}
