/* A growing list of states by their numbers in the visited set; with their slots, where the set
 * cannot give these back (fingerprints). */
#ifndef ONCECHECK_CHECKER_STATE_LIST_H
#define ONCECHECK_CHECKER_STATE_LIST_H

#include "model/base/archive.h"
#include "model/base/memory.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct state_list {
    uint32_t *items;
    size_t count;
    size_t capacity;
    uint32_t *slots; /* width of each; NULL if width is 0 */
    size_t slot_capacity;
    uint32_t width; /* slots kept of a state; 0: none */
};

/* `slots` is not looked at if the list keeps none. False: no memory. */
bool state_list_add(struct memory *memory, struct state_list *list, uint32_t state,
                    const uint32_t *slots);
bool state_list_add_all(struct memory *memory, struct state_list *list,
                        const struct state_list *more);
/* The slots kept of an element; NULL if the list keeps none. */
const uint32_t *state_list_slots(const struct state_list *list, size_t index);
/* All elements; reading replaces those there are. */
void state_list_archive(struct memory *memory, struct state_list *list, struct archive *archive);
void state_list_release(struct memory *memory, struct state_list *list);

#endif
