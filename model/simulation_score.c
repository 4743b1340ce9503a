/* The score of a simulation: are the aggregates right, and if not, what went wrong first? */
#include "model/simulation_internal.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const double tolerance = 1e-5;

bool simulation_aggregate(struct simulation *simulation, const char *key, double *value)
{
    struct value_store *store = simulation->in.store;
    const struct value name = value_text(store, key);
    if (value_is_none(name))
        return false;
    const struct value item =
        simulation_items_get(&simulation->tables[simulation->aggregate_table], store, name);
    if (value_is_none(item))
        return false;
    const struct value number = value_get_text(store, item, "Value");
    if (value_is_none(number) || value_kind(store, number) != VALUE_NUMBER)
        return false;
    *value = decimal_to_double(value_decimal(store, number));
    return true;
}

/* --- what went wrong --- */

/* Keep the finding if it is the first by the time of its put. */
static void find(struct simulation *simulation, enum wrong_kind kind, uint32_t number,
                 uint8_t version, uint32_t put_ms, uint32_t counted)
{
    struct wrong_message *wrong = &simulation->wrong;
    if (wrong->kind != WRONG_NOTHING && wrong->put_ms <= put_ms)
        return;
    *wrong = (struct wrong_message){.kind = kind,
                                    .minute = simulation->minute,
                                    .lab = simulation->figures.lab,
                                    .trade = number,
                                    .version = version,
                                    .put_ms = put_ms,
                                    .counted = counted,
                                    .state = simulation->game.list[number]};
    game_trade_id(&simulation->game, number, wrong->id);
}

/* Whether a shard of IncomingDataStream still holds something: then what StateTable lacks may be on
 * its way. */
static bool is_behind(const struct simulation *simulation)
{
    for (size_t i = 0; i < PIPELINE_SHARDS_MAX; i++)
        if (simulation->stream_logs[simulation->stream][i].count > 0)
            return true;
    return false;
}

/* Whether StateTable has had that version: so it has where everything was right after its put. */
static bool was_there(const struct simulation *simulation, uint32_t trade, uint8_t version)
{
    if (simulation->game.list[trade].put_ms[version] < simulation->right_ms)
        return true;
    const struct ledger *ledger = &simulation->ledger;
    for (size_t i = 0; i < ledger->count; i++)
        if (ledger->changes[i].trade == trade && ledger->changes[i].version == version)
            return true;
    return false;
}

static void check_state(struct simulation *simulation, uint32_t number)
{
    struct value_store *store = simulation->in.store;
    const struct game_trade *trade = &simulation->game.list[number];
    const uint8_t version = trade->version;
    const uint32_t put_ms = trade->put_ms[version];
    const enum wrong_kind missing = is_behind(simulation) ? WRONG_LATE : WRONG_LOST_BEFORE_STATE;
    char id[GAME_TRADE_ID_SIZE];
    game_trade_id(&simulation->game, number, id);
    const struct value item = simulation_items_get(&simulation->tables[simulation->state_table],
                                                   store, value_text(store, id));
    if (value_is_none(item)) {
        find(simulation, missing, number, version, put_ms, 0);
        return;
    }
    int64_t found = 0;
    const struct value field = value_get_text(store, item, "Version");
    const struct value number_field = value_get_text(store, item, "Value");
    if (!value_is_none(field) && value_to_integer(store, field, &found) && found < version) {
        find(simulation, was_there(simulation, number, version) ? WRONG_OLD_VERSION : missing,
             number, version, put_ms, 0);
        return;
    }
    const double expected = (double)trade->cents[version] / 100;
    if (!value_is_none(number_field) && value_kind(store, number_field) == VALUE_NUMBER &&
        fabs(decimal_to_double(value_decimal(store, number_field)) - expected) > tolerance)
        find(simulation, WRONG_OTHER_STATE, number, version, put_ms, 0);
}

/* Whether some record behind StateTable is not acknowledged. */
static bool is_under_way(const struct simulation *simulation)
{
    for (size_t i = 0; i < simulation->poller_count; i++)
        if (simulation->in.pipeline->mappings[simulation->pollers[i].mapping].source_kind ==
                SOURCE_TABLE &&
            simulation->pollers[i].log->count > 0)
            return true;
    return false;
}

static void check_changes(struct simulation *simulation)
{
    const struct ledger *ledger = &simulation->ledger;
    const bool under_way = is_under_way(simulation);
    for (size_t i = 0; i < ledger->count; i++) {
        const struct ledger_change *change = &ledger->changes[i];
        if (change->counted != 1)
            find(simulation,
                 change->counted > 1 ? WRONG_TWICE
                 : under_way         ? WRONG_LATE
                                     : WRONG_LOST,
                 change->trade, change->version, change->put_ms, change->counted);
    }
}

/* All that is known is right, and the sums are not: look at the updates first. */
static void blame_sums(struct simulation *simulation)
{
    const struct ledger *ledger = &simulation->ledger;
    for (size_t i = 0; i < ledger->count; i++)
        if (ledger->changes[i].version > 0)
            find(simulation, WRONG_UPDATE, ledger->changes[i].trade, ledger->changes[i].version,
                 ledger->changes[i].put_ms, 1);
    if (simulation->wrong.kind == WRONG_NOTHING && ledger->count > 0)
        find(simulation, WRONG_SUM, ledger->changes[0].trade, ledger->changes[0].version,
             ledger->changes[0].put_ms, 1);
}

static void find_wrong(struct simulation *simulation)
{
    if (simulation->wrong.kind != WRONG_NOTHING)
        return;
    for (size_t i = 0; i < simulation->touched_count; i++)
        check_state(simulation, simulation->touched[i]);
    check_changes(simulation);
    if (simulation->wrong.kind == WRONG_NOTHING)
        blame_sums(simulation);
}

/* --- the score --- */

static void compare(struct simulation *simulation)
{
    struct minute_figures *figures = &simulation->figures;
    for (size_t i = 0; i < GAME_KEYS; i++) {
        char key[GAME_KEY_SIZE];
        int64_t cents = 0;
        uint64_t trades = 0;
        double value = 0.0;
        game_key(&simulation->game, i, key, &cents, &trades);
        const bool there = simulation_aggregate(simulation, key, &value);
        const double difference = fabs(value - (double)cents / 100);
        if (difference <= tolerance && (there || trades == 0))
            continue;
        figures->wrong_keys++;
        if (figures->worst_key[0] == '\0' || difference > figures->worst_difference) {
            figures->worst_difference = difference;
            memcpy(figures->worst_key, key, sizeof key);
        }
    }
}

enum status simulation_score(struct simulation *simulation, struct error *error)
{
    struct minute_figures *figures = &simulation->figures;
    for (size_t i = 0; i < simulation->poller_count; i++)
        figures->backlog[simulation->pollers[i].mapping] += simulation->pollers[i].log->count;
    compare(simulation);
    figures->scored = figures->wrong_keys == 0;
    if (figures->scored) {
        simulation->points += GAME_MINUTE_POINTS;
        simulation->touched_count = 0;
        simulation->right_ms = simulation_ms(simulation);
    } else {
        find_wrong(simulation);
    }
    if (figures->scored || simulation->wrong.kind != WRONG_NOTHING)
        ledger_settle(&simulation->ledger);
    figures->points = simulation->points;
    return value_store_failed(simulation->in.store) ? simulation_no_memory(error) : STATUS_OK;
}
