/* Violations of one search that may have different causes.
 *
 * What caused a violation is known only when its whole way has been explained, which is too much
 * work for each of the many wrong ends of a search. So ends are put into classes by what is wrong
 * (property, shard, which messages or aggregates are wrong in which way) and by what happened on
 * the way that functions have to bear: which faults met which function, and which of them was
 * handed more than one record at once. Of each class the violation with the fewest faults and then
 * the fewest transitions is kept; whoever explains these drops those whose cause is the same.
 *
 * Two mistakes that make the same messages wrong after the same events are one class: the shorter
 * way hides the longer one until it is repaired. */
#ifndef ONCECHECK_CHECKER_VIOLATION_CLASSES_H
#define ONCECHECK_CHECKER_VIOLATION_CLASSES_H

#include "checker/explorer.h"

/* Of one search; violations of further classes are left out, and it is said. */
enum { VIOLATION_CLASSES_MAX = 4096 };

struct violation_classes;

/* NULL: no memory. `world` is borrowed. */
struct violation_classes *violation_classes_create(struct world *world);
void violation_classes_destroy(struct violation_classes *classes); /* may be NULL */

/* A search begins, or begins again. */
void violation_classes_clear(struct violation_classes *classes);

/* The best way to the state `number` leads by `action` from the state `parent`, whose own way is
 * settled. Several threads may do this at once, for states of different partitions of the visited
 * set. False: no memory. */
bool violation_classes_reach(struct violation_classes *classes, uint32_t parent,
                             const struct action *action, uint32_t number);

/* The class of a violation in the state with these slots. */
uint64_t violation_classes_key(struct violation_classes *classes,
                               const struct search_violation *violation, const uint32_t *slots);

bool violation_classes_has(const struct violation_classes *classes, uint64_t key);

/* What happened on the way to a state, as a bit set: the same in every search of a pipeline. */
uint64_t violation_classes_story(const struct violation_classes *classes, uint32_t number);

/* Keep the violation if it is the first or the best of its class; among equals the one noted
 * first. Where memory runs out or there are too many classes, violation_classes_complete says so.
 */
void violation_classes_note(struct violation_classes *classes, uint64_t key,
                            const struct search_violation *violation);

bool violation_classes_complete(const struct violation_classes *classes);

/* The stories of all states, and what was kept. */
void violation_classes_archive(struct violation_classes *classes, struct archive *archive);

/* What was kept: by faults, then transitions, then in the order of noting. Valid until the next
 * violation is noted. */
const struct search_violation *violation_classes_sort(struct violation_classes *classes,
                                                      size_t *count);

#endif
