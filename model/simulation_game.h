/* The workshop's game: what the generator puts, and what must come out.
 *
 * A minute has 250 PutRecords of 40 messages. In Lab 1 every message is a new trade. In Lab 2, 5 of
 * every 40 are copies of one before, and 3 % of the others are modifications: of a trade there is,
 * version 1 or, if it is at 1 already, version 0 once more, which comes too late and must not
 * count. Amounts are whole cents, so what must come out is known exactly. Everything is drawn from
 * streams of the seed, one for each purpose. Source: the workshop's Generator, as the project's
 * notes on AWS sum it up. */
#ifndef ONCECHECK_MODEL_SIMULATION_GAME_H
#define ONCECHECK_MODEL_SIMULATION_GAME_H

#include "model/base/random.h"
#include "model/base/text.h"
#include "model/scenario.h"

enum {
    GAME_PUT_SIZE = 40,       /* messages of a PutRecords */
    GAME_PUTS_A_MINUTE = 250, /* at a rate of 100 % */
    GAME_LEAVES = 12,         /* RiskType x TradeDesk x Region */
    GAME_KEYS = 18,           /* of all levels */
    GAME_LAB2_POINTS = 300,   /* at which Lab 2 begins */
    GAME_MINUTE_POINTS = 100, /* for a minute in which everything is right */
    GAME_TRADE_ID_SIZE = 37,  /* 36 characters and a NUL */
    GAME_KEY_SIZE = 64,
    GAME_VERSIONS = 2,
    GAME_PERCENT = 1000000, /* 100 % */
};

/* Shares in parts of GAME_PERCENT. */
struct game_rates {
    uint32_t load; /* of GAME_PUTS_A_MINUTE */
    uint32_t duplicates;
    uint32_t modifications;
};

struct game_trade {
    int32_t cents[GAME_VERSIONS];
    uint32_t put_ms[GAME_VERSIONS]; /* when it was put last; UINT32_MAX: never */
    uint8_t leaf[GAME_VERSIONS];
    uint8_t copies[GAME_VERSIONS]; /* put beside the original, of the version put last */
    uint8_t version;               /* the newest */
};

struct game_message {
    uint32_t trade;
    uint8_t version;
    bool duplicate; /* of one in the same put */
};

struct game {
    struct memory *memory;
    struct game_rates rates;
    uint64_t seed;
    struct random trades; /* what new trades are */
    struct random modifications;
    struct random duplicates;
    struct game_trade *list;
    size_t count;
    size_t capacity;
    int64_t expected_cents[GAME_LEAVES]; /* of each leaf: the newest versions' sum */
    uint64_t expected_trades[GAME_LEAVES];
};

void game_init(struct game *game, struct memory *memory, uint64_t seed,
               const struct game_rates *rates);
void game_release(struct game *game);

/* The messages of the next put at `now_ms` since the start; false: no memory. */
bool game_next_put(struct game *game, bool lab2, uint32_t now_ms,
                   struct game_message messages[GAME_PUT_SIZE]);

/* Append a message as the generator writes it; its Timestamp is when it was put. */
void game_append_message(const struct game *game, struct text *text, uint32_t trade,
                         uint8_t version, int64_t start_ms);

void game_trade_id(const struct game *game, uint32_t trade, char text[GAME_TRADE_ID_SIZE]);
/* The trade that an id names; false: none. */
bool game_find_trade(const struct game *game, const char *id, size_t length, uint32_t *trade);

struct hierarchy game_hierarchy(uint8_t leaf);

/* Key `index` of all levels, in order of its text, and what must be there in cents; `trades` is how
 * many make it up (0: it need not be there). */
void game_key(const struct game *game, size_t index, char key[GAME_KEY_SIZE], int64_t *cents,
              uint64_t *trades);

#endif
