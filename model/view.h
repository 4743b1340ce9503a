/* Views: which slots of a state decide what one part of one actor can do next.
 *
 * A part is the generator, or one half of a poller: its next step, or its interruptions. The view
 * of a part depends on where the poller stands: one that polls looks at its log, one about to write
 * at the table and the logs of its stream. Views are made from the pipeline and from what has been
 * learnt of the functions' calls (world_facts), and are void when that changes. */
#ifndef ONCECHECK_MODEL_VIEW_H
#define ONCECHECK_MODEL_VIEW_H

#include "model/action.h"

struct view {
    uint16_t *slots; /* ascending */
    uint32_t count;
};

enum view_result {
    VIEW_NOTHING, /* the part has nothing to do in this state */
    VIEW_KNOWN,
    VIEW_UNKNOWN /* not made yet: views_learn */
};

struct views;

struct views *views_create(struct world *world); /* NULL: no memory; world is borrowed */
void views_destroy(struct views *views);         /* may be NULL */

/* Groups of parts: see expansion_memo.h. */
uint32_t views_group_count(const struct views *views);
uint32_t views_group_end(const struct views *views, uint32_t group);

/* What to give to world_expand_part. */
struct expansion_part views_part(const struct views *views, uint32_t part);

/* The number of the view of `part` in `state`. */
enum view_result views_find(const struct views *views, uint32_t part, const uint32_t *state,
                            uint32_t *number);

/* The same, making the view if it is not there. The part has something to do. */
enum status views_learn(struct views *views, uint32_t part, const uint32_t *state, uint32_t *number,
                        struct error *error);

const struct view *views_get(const struct views *views, uint32_t number);

#endif
