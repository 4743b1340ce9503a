/* A world to test: a template and a scenario as text, a scripted function per Lambda function.
 *
 * A rig stands at one state, at first the initial one. RIG_EXPECT compares what can happen there
 * with a text, a line per transition:
 *
 *     put Generator 0                       message 0
 *     poll Work/shard-0 2                   a batch of two records
 *     poll Work/shard-0 2 low 1 !random_failure
 *     call Work/shard-0 place 1             the second of several placements
 *     crash Work/shard-0 !crash             a fault
 *     crash Work/shard-0 1 !crash           one that splits the batch after its first record
 *
 * rig_take follows one of them. Facts that change void a state, so tests run rig_learn first, which
 * visits every state until no fact changes any more. */
#ifndef ONCECHECK_TESTS_SUPPORT_RIG_H
#define ONCECHECK_TESTS_SUPPORT_RIG_H

#include "model/action.h"
#include "tests/support/scripted_handler.h"

enum { RIG_FUNCTIONS_MAX = 4, RIG_STATES_MAX = 20000, RIG_TEXT_SIZE = 4096 };

struct rig_handler {
    const char *function;
    scripted_function run;
    bool keeps_state; /* see scripted_served */
    bool works_on_many;
};

struct rig_setup {
    const char *template; /* YAML */
    const char *scenario;
    struct rig_handler handlers[RIG_FUNCTIONS_MAX];
    bool merge_local_steps;
    bool stage_order;
    bool shards_in_turn;
    bool drop_dead_data;
};

struct rig {
    struct memory memory;
    struct arena arena;
    struct value_store *store;
    struct pipeline pipeline;
    struct scenario scenario;
    struct workload workload;
    struct handler_tree *trees[PIPELINE_FUNCTIONS_MAX];
    struct scripted_log logs[RIG_FUNCTIONS_MAX];
    struct world *world;
    struct transition_list list;
    uint32_t *state;
    struct error error;
};

/* Build everything; fails the test where that fails. */
void rig_init(struct rig *rig, const struct rig_setup *setup);
/* The same, but for a status where memory (rig->memory, prepared by the caller) runs out;
 * rig_release is due after either. */
enum status rig_try_init(struct rig *rig, const struct rig_setup *setup);
void rig_release(struct rig *rig);

/* A stream In of one shard, table Out with a stream and table Sum, functions Work (In -> Out) and
 * Next (Out's stream -> Sum), each with a timeout of 10 s; Rows has keys pk (S) and sk (N). */
extern const char *const rig_template;

/* Back to the initial state. */
void rig_reset(struct rig *rig);

/* Fill rig->list with the transitions of rig->state. */
void rig_expand(struct rig *rig);

/* The transitions of rig->state as text into `text` of RIG_TEXT_SIZE bytes. */
const char *rig_describe(struct rig *rig, char *text);

void rig_expect_at(struct rig *rig, const char *transitions, const char *file, int line);
#define RIG_EXPECT(rig, transitions) rig_expect_at(rig, transitions, __FILE__, __LINE__)

/* Follow the transitions with these lines, one after the other. */
void rig_take(struct rig *rig, const char *transitions);

/* What can be reached from the initial state, faults as often as the caps allow and at most
 * `faults` in all; begins again as long as facts change, and leaves the rig at the initial state.
 */
struct rig_reach {
    size_t states; /* distinct (state, faults) */
    size_t transitions;
    size_t ends; /* states without a transition that is free */
};
struct rig_reach rig_reach(struct rig *rig, uint32_t faults);
void rig_learn(struct rig *rig, uint32_t faults);

/* Parts of rig->state. */
uint32_t rig_slot(const struct rig *rig, uint16_t slot);
struct value rig_value(const struct rig *rig, uint16_t slot);
uint32_t rig_function(const struct rig *rig, const char *name);
uint32_t rig_table(const struct rig *rig, const char *name);
/* Records in the shard of a table's or a stream's log. */
size_t rig_log_length(const struct rig *rig, enum source_kind kind, const char *name,
                      uint32_t shard);
/* The clock of a function in ms. */
uint32_t rig_clock(const struct rig *rig, const char *function);
/* A table's contents as JSON text with ' for ", in a buffer of the caller's of RIG_TEXT_SIZE. */
const char *rig_items(struct rig *rig, const char *table, char *text);

#endif
