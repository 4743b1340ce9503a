/* Document paths applied to items. */
#ifndef ONCECHECK_MODEL_DYNAMODB_PATH_H
#define ONCECHECK_MODEL_DYNAMODB_PATH_H

#include "model/dynamodb/expression.h"

/* What stands at the path; VALUE_NONE: nothing. `item` may be VALUE_NONE. */
struct value path_get(const struct value_store *store, struct value item, const struct path *path);

/* True if the container that the last element names a part of is there and of the right kind. */
bool path_has_parent(const struct value_store *store, struct value item, const struct path *path);

/* The item with `value` at the path, whose parent is there. An index beyond a list's end appends.
 */
struct value path_set(struct value_store *store, struct value item, const struct path *path,
                      struct value value);
/* The item without what stands at the path, which is there. */
struct value path_remove(struct value_store *store, struct value item, const struct path *path);

/* A total order: element by element, indices before names, a prefix first. */
int path_compare(const struct value_store *store, const struct path *a, const struct path *b);

enum path_relation {
    PATHS_APART,
    PATHS_OVERLAP, /* equal, or one within the other */
    PATHS_CONFLICT /* a.b and a[1] */
};
enum path_relation path_relation(const struct path *a, const struct path *b);

/* "[a, b, [1]]", as AWS writes it in messages; the arena's, NULL on failure. */
const char *path_text(struct call *call, const struct path *path);

/* ValidationException if the two paths overlap or conflict. `one` came first. */
bool path_check_relation(struct call *call, enum expression_kind kind, const struct path *one,
                         const struct path *two, enum path_relation relation);

/* Key attributes, of the table and of its indexes, are scalars: ValidationException if the path
 * leads into one. */
bool path_check_key(struct call *call, const struct table_config *table, const struct path *path);

#endif
