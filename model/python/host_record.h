/* The steps seen so far, by the prefix of inputs that led to them: what a function that is
 * deterministic does again.
 *
 * A prefix is a hash of event, attempt and inputs. */
#ifndef ONCECHECK_MODEL_PYTHON_HOST_RECORD_H
#define ONCECHECK_MODEL_PYTHON_HOST_RECORD_H

#include "model/handler.h"

struct host_record_entry {
    struct hash128 prefix;
    struct handler_step step;
    bool used;
};

struct host_record {
    struct memory *memory;
    struct host_record_entry *entries; /* open addressing */
    size_t size;                       /* a power of two, or 0 */
    size_t count;
};

void host_record_init(struct host_record *record, struct memory *memory);
void host_record_release(struct host_record *record);

struct hash128 host_prefix_start(const struct value_store *store, struct value event,
                                 uint32_t attempt);
struct hash128 host_prefix_add(const struct value_store *store, struct hash128 prefix,
                               struct value input);

/* Note a step, or compare it with the one noted before: STATUS_NONDETERMINISTIC with both in the
 * message where they differ. `name` is the function's, `depth` the number of inputs before. */
enum status host_record_check(struct host_record *record, const struct value_store *store,
                              const char *name, struct hash128 prefix, uint32_t attempt,
                              size_t depth, const struct handler_step *step, struct error *error);

#endif
