/* A family of handlers, right and wrong ones, of which generated pipelines are made.
 *
 * Any of them may stand anywhere: it finds out from its event where it is. The source of a stage
 * ends in a digit, the number of tables between it and AggregateTable ("In2" is followed by T1, T0
 * and AggregateTable), so the stage that reads "T1" writes T0. Every table's key is `id`.
 *
 * A record stands for two sums, one per trade: of a put "0-3" (partition key: trade-version) that
 * of trade 0 is 8^3; of a change of a trade's item {id: 0, v: 3} the new version's minus the old
 * one's; of a row {id, a, b} what is written there. */
#ifndef ONCECHECK_TESTS_CHECKER_GENERATED_HANDLERS_H
#define ONCECHECK_TESTS_CHECKER_GENERATED_HANDLERS_H

#include "tests/support/scripted_handler.h"

/* keeps versions, makes rows of sums, adds sums up */
enum generated_role { ROLE_STATE, ROLE_MAP, ROLE_REDUCE };

struct generated_handler {
    const char *name;
    enum generated_role role;
    scripted_function run;
};

/* Sums up in a global that it never empties; takes what comes to a container that is not new for
 * something that it has seen (generated_containers.c). */
void map_never_empties(struct scripted *run);
void reduce_only_when_new(struct scripted *run);

/* Those that mind their own stage, and read at most the table that they follow. */
extern const struct generated_handler generated_handlers[];
extern const size_t generated_handler_count;

/* Those that look at, or change, what belongs to stages further away. */
extern const struct generated_handler tying_handlers[];
extern const size_t tying_handler_count;

/* Those that report the records that failed. */
extern const struct generated_handler reporting_handlers[];
extern const size_t reporting_handler_count;

/* Those that write items that expire, or look at what has. */
extern const struct generated_handler expiring_handlers[];
extern const size_t expiring_handler_count;

/* Puts what it gets for the first time back into its stream, as the next version. */
extern const struct generated_handler looping_handler;

/* The one of that name, of all. */
const struct generated_handler *generated_handler_find(const char *name);

#endif
