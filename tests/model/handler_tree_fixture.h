/* One handler tree over a scripted function, made anew for every test of it. */
#ifndef ONCECHECK_TESTS_MODEL_HANDLER_TREE_FIXTURE_H
#define ONCECHECK_TESTS_MODEL_HANDLER_TREE_FIXTURE_H

#include "model/handler_tree.h"
#include "tests/support/scripted_handler.h"

extern struct memory memory;
extern struct value_store *store;
extern struct handler_tree *tree;
extern struct scripted_log backend_log;
extern struct error error;

void tree_setup(void);
void tree_teardown(void);
void tree_create(scripted_function function);

/* An event with the records of shard 0 from `first` to before `last`. */
struct value event_of(uint64_t first, uint64_t last);
uint32_t root_of(struct value event, uint32_t attempt);
uint32_t child_of(uint32_t node, struct value input);
struct value answer_of(int64_t status);
const char *table_of(uint32_t node);

/* A handler that reads P, then writes to a table named by the first record's sequence number. */
void row_of_sequence(struct scripted *run);

#endif
