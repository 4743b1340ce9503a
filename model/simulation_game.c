#include "model/simulation_game.h"

#include "model/base/error.h"
#include "model/base/hash.h"

#include <stdio.h>
#include <string.h>

/* Streams of the seed. */
enum { STREAM_TRADES = 1, STREAM_MODIFICATIONS, STREAM_DUPLICATES };

enum { FRACTION_SIZE = 20, CENTS_MAX = 10000000, RISK_TYPES = 2, TRADE_DESKS = 2, REGIONS = 3 };

/* Odd, and its inverse modulo 2^32: the front of an id hides its trade's number. */
static const uint32_t id_factor = 0x9E3779B1U;
static const uint32_t id_inverse = 0x0E8B2F51U;

static const char *const risk_types[RISK_TYPES] = {"Delta", "PV"};
static const char *const trade_desks[TRADE_DESKS] = {"FXOptions", "FXSpot"};
static const char *const regions[REGIONS] = {"AMER", "APAC", "EMEA"};

void game_init(struct game *game, struct memory *memory, uint64_t seed,
               const struct game_rates *rates)
{
    *game = (struct game){.memory = memory, .rates = *rates, .seed = seed};
    random_init(&game->trades, seed, STREAM_TRADES);
    random_init(&game->modifications, seed, STREAM_MODIFICATIONS);
    random_init(&game->duplicates, seed, STREAM_DUPLICATES);
}

void game_release(struct game *game)
{
    memory_free(game->memory, game->list, game->capacity * sizeof *game->list);
    *game = (struct game){.memory = game->memory};
}

struct hierarchy game_hierarchy(uint8_t leaf)
{
    CHECK(leaf < GAME_LEAVES);
    return (struct hierarchy){{risk_types[leaf / (TRADE_DESKS * REGIONS)],
                               trade_desks[leaf / REGIONS % TRADE_DESKS], regions[leaf % REGIONS]}};
}

/* --- what is expected --- */

static void expect(struct game *game, const struct game_trade *trade, uint8_t version, int sign)
{
    const uint8_t leaf = trade->leaf[version];
    game->expected_cents[leaf] += sign * (int64_t)trade->cents[version];
    if (sign > 0)
        game->expected_trades[leaf]++;
    else
        game->expected_trades[leaf]--;
}

void game_key(const struct game *game, size_t index, char key[GAME_KEY_SIZE], int64_t *cents,
              uint64_t *trades)
{
    enum { DESK_KEYS = 1 + REGIONS, RISK_KEYS = 1 + TRADE_DESKS * DESK_KEYS };
    CHECK(index < GAME_KEYS);
    const size_t within = index % RISK_KEYS;
    const size_t risk = index / RISK_KEYS;
    size_t first = risk * TRADE_DESKS * REGIONS;
    size_t count = (size_t)TRADE_DESKS * REGIONS;
    int length = snprintf(key, GAME_KEY_SIZE, "%s", risk_types[risk]);
    if (within > 0) {
        const size_t desk = (within - 1) / DESK_KEYS;
        const size_t region = (within - 1) % DESK_KEYS;
        first += desk * REGIONS + (region > 0 ? region - 1 : 0);
        count = region > 0 ? 1 : REGIONS;
        (void)snprintf(key + length, GAME_KEY_SIZE - (size_t)length, ":%s%s%s", trade_desks[desk],
                       region > 0 ? ":" : "", region > 0 ? regions[region - 1] : "");
    }
    *cents = 0;
    *trades = 0;
    for (size_t leaf = first; leaf < first + count; leaf++) {
        *cents += game->expected_cents[leaf];
        *trades += game->expected_trades[leaf];
    }
}

/* --- trades --- */

/* `count` hexadecimal digits. */
static char *write_hex(char *text, uint64_t number, int count)
{
    for (int i = count - 1; i >= 0; i--, number >>= 4)
        text[i] = "0123456789abcdef"[number & 0xF];
    return text + count;
}

/* A version 4 UUID: 8-4-4-4-12 digits. */
void game_trade_id(const struct game *game, uint32_t trade, char text[GAME_TRADE_ID_SIZE])
{
    const uint32_t front = trade * id_factor + (uint32_t)hash_mix64(game->seed);
    const uint64_t a = hash_mix64(game->seed ^ ((uint64_t)trade << 32 | 0x7261));
    text = write_hex(text, front, 8);
    *text++ = '-';
    text = write_hex(text, a, 4);
    *text++ = '-';
    text = write_hex(text, 0x4000 | (a >> 16 & 0xFFF), 4);
    *text++ = '-';
    text = write_hex(text, 0x8000 | (a >> 32 & 0x3FFF), 4);
    *text++ = '-';
    *write_hex(text, hash_mix64(a + trade), 12) = '\0';
}

bool game_find_trade(const struct game *game, const char *id, size_t length, uint32_t *trade)
{
    enum { FRONT_DIGITS = 8 };
    uint32_t front = 0;
    char whole[GAME_TRADE_ID_SIZE];
    if (length != GAME_TRADE_ID_SIZE - 1)
        return false;
    for (size_t i = 0; i < FRONT_DIGITS; i++) {
        const char *digits = "0123456789abcdef";
        const char *digit = strchr(digits, id[i]);
        if (id[i] == '\0' || digit == NULL)
            return false;
        front = front << 4 | (uint32_t)(digit - digits);
    }
    *trade = (front - (uint32_t)hash_mix64(game->seed)) * id_inverse;
    if (*trade >= game->count)
        return false;
    game_trade_id(game, *trade, whole);
    return memcmp(whole, id, length) == 0;
}

static void draw_version(struct random *random, struct game_trade *trade, uint8_t version,
                         uint32_t now_ms)
{
    trade->cents[version] = 1 + (int32_t)random_below(random, CENTS_MAX);
    trade->leaf[version] = (uint8_t)random_below(random, GAME_LEAVES);
    trade->put_ms[version] = now_ms;
    trade->copies[version] = 0;
}

static bool add_trade(struct game *game, uint32_t now_ms, struct game_message *message)
{
    void *list = game->list;
    const bool reserved =
        game->count < UINT32_MAX &&
        memory_reserve(game->memory, &list, &game->capacity, game->count + 1, sizeof *game->list);
    game->list = list;
    if (!reserved)
        return false;
    struct game_trade *trade = &game->list[game->count];
    *trade = (struct game_trade){.put_ms = {UINT32_MAX, UINT32_MAX}};
    draw_version(&game->trades, trade, 0, now_ms);
    expect(game, trade, 0, 1);
    *message = (struct game_message){.trade = (uint32_t)game->count++};
    return true;
}

/* Version 1 replaces version 0; a version 0 after it has amounts of its own, and must not count. */
static void modify_trade(struct game *game, uint32_t now_ms, struct game_message *message)
{
    const uint32_t number = random_below(&game->modifications, (uint32_t)game->count);
    struct game_trade *trade = &game->list[number];
    const uint8_t version = trade->version == 0 ? 1 : 0;
    draw_version(&game->modifications, trade, version, now_ms);
    if (version == 1) {
        expect(game, trade, 0, -1);
        expect(game, trade, 1, 1);
        trade->version = 1;
    }
    *message = (struct game_message){.trade = number, .version = version};
}

/* `share` of GAME_PERCENT applied to a put, rounded. */
static size_t share_of_put(uint32_t share)
{
    return ((size_t)share * GAME_PUT_SIZE + GAME_PERCENT / 2) / GAME_PERCENT;
}

bool game_next_put(struct game *game, bool lab2, uint32_t now_ms,
                   struct game_message messages[GAME_PUT_SIZE])
{
    size_t copies = lab2 ? share_of_put(game->rates.duplicates) : 0;
    if (copies >= GAME_PUT_SIZE)
        copies = GAME_PUT_SIZE - 1;
    const size_t originals = GAME_PUT_SIZE - copies;
    const size_t trades_before = game->count;
    for (size_t i = 0; i < originals; i++) {
        const bool modifies =
            lab2 && trades_before > 0 &&
            random_below(&game->modifications, GAME_PERCENT) < game->rates.modifications;
        if (modifies)
            modify_trade(game, now_ms, &messages[i]);
        else if (!add_trade(game, now_ms, &messages[i]))
            return false;
    }
    for (size_t i = originals; i < GAME_PUT_SIZE; i++) {
        messages[i] = messages[random_below(&game->duplicates, (uint32_t)originals)];
        messages[i].duplicate = true;
        uint8_t *count = &game->list[messages[i].trade].copies[messages[i].version];
        *count = (uint8_t)(*count + (*count < UINT8_MAX ? 1 : 0));
    }
    return true;
}

/* number / unit as Python prints it: 1.50 is 1.5, 1.00 is 1.0. */
static void append_fraction(struct text *text, int64_t number, int64_t unit)
{
    char digits[FRACTION_SIZE];
    size_t start = sizeof digits;
    int64_t whole = number / unit;
    int64_t rest = number % unit;
    do {
        digits[--start] = (char)('0' + whole % 10);
        whole /= 10;
    } while (whole > 0);
    text_append(text, digits + start, sizeof digits - start);
    text_append_char(text, '.');
    do {
        unit /= 10;
        text_append_char(text, (char)('0' + rest / unit));
        rest %= unit;
    } while (rest > 0);
}

void game_append_message(const struct game *game, struct text *text, uint32_t number,
                         uint8_t version, int64_t start_ms)
{
    const struct game_trade *trade = &game->list[number];
    const struct hierarchy hierarchy = game_hierarchy(trade->leaf[version]);
    char id[GAME_TRADE_ID_SIZE];
    CHECK(version < GAME_VERSIONS);
    game_trade_id(game, number, id);
    text_append_string(text, "{\"TradeID\": \"");
    text_append_string(text, id);
    text_append_string(text, "\", \"Version\": ");
    text_append_char(text, (char)('0' + version));
    text_append_string(text, ", \"Value\": ");
    append_fraction(text, trade->cents[version], 100);
    text_append_string(text, ", \"Timestamp\": ");
    append_fraction(text, start_ms + trade->put_ms[version], 1000);
    text_append_string(text, ", \"Hierarchy\": {\"RiskType\": \"");
    text_append_string(text, hierarchy.level[0]);
    text_append_string(text, "\", \"Region\": \"");
    text_append_string(text, hierarchy.level[2]);
    text_append_string(text, "\", \"TradeDesk\": \"");
    text_append_string(text, hierarchy.level[1]);
    text_append_string(text, "\"}}");
}
