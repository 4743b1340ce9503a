/* Time to live: DynamoDB deletes items whose time has come.
 *
 * An item has expired when the table's attribute is a number of seconds since 1970 that lies in the
 * past, by no more than five years. DynamoDB deletes it some time later, typically within two days;
 * until then reads and conditions see it. Its stream record is a REMOVE with the service as
 * userIdentity (DynamoDB developer guide, "Time to Live").
 *
 * In a search the deletion of an expired item is an action without a fault: it may come at any time
 * from then on, and comes before an end. A table's time is that of the latest clock of the
 * functions that use it, so items expire only as far as these bring time to pass: timeouts, sleeps,
 * delays. Of the pollers of these functions the first stands for the table: the action is its.
 * Reductions take every function that uses such a table for one that writes it; see
 * model/stages.h. */
#ifndef ONCECHECK_MODEL_TIME_TO_LIVE_H
#define ONCECHECK_MODEL_TIME_TO_LIVE_H

#include "model/expansion.h"

/* False for tables without a time to live. `now_ms` since 1970. */
bool time_to_live_has_passed(const struct value_store *store, const struct table_config *table,
                             struct value item, int64_t now_ms);

/* A stream record of a deletion, with the service as its author. VALUE_NONE: no memory. */
struct value time_to_live_record(struct value_store *store, struct value record);

/* Whether the deletions of the table's items are this poller's. */
bool time_to_live_is_of(const struct world *world, uint16_t poller, uint32_t table);
/* The same of any table. */
bool time_to_live_is_of_any(const struct world *world, uint16_t poller);

/* The table's time, in ms since the start. */
uint32_t time_to_live_clock_ms(const struct world *world, const uint32_t *slots, uint32_t table);

/* Some item of a table that functions of the stage use has expired. */
bool time_to_live_is_due(const struct world *world, const uint32_t *slots, uint32_t stage);

/* Delete each of the expired items of the tables that the poller stands for. */
enum status expand_time_to_live(struct expansion *expansion, uint16_t poller);

#endif
