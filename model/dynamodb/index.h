/* Secondary indexes: a table's items in the order of other keys. Source: developer guide,
 * "Improving data access with secondary indexes". An index is worked out from the table when it is
 * read; that a global one lags behind its table is not simulated. */
#ifndef ONCECHECK_MODEL_DYNAMODB_INDEX_H
#define ONCECHECK_MODEL_DYNAMODB_INDEX_H

#include "model/dynamodb/call.h"

/* NULL: the table has no such index. */
const struct index_config *index_find(const struct value_store *store,
                                      const struct table_config *table, struct value name);

/* The table as Query sees it through an index: with the index's key. */
struct table_config index_schema(const struct table_config *table,
                                 const struct index_config *index);

/* The key that an item has in the index, as a value in the index's order: LIST [hash, range,
 * primary key] or LIST [hash, primary key]. VALUE_NONE: the item is not in it (or no memory). */
struct value index_key(struct value_store *store, const struct table_config *table,
                       const struct index_config *index, struct value item);

/* What the index holds: MAP from index_key to the whole item. */
bool index_contents(struct call *call, uint32_t table, const struct index_config *index,
                    struct value *contents);

/* The attributes that the index has a copy of. */
struct value index_projected(struct call *call, const struct table_config *table,
                             const struct index_config *index, struct value item);

/* The index's and the table's key attributes of an item: a LastEvaluatedKey. */
struct value index_key_attributes(struct value_store *store, const struct table_config *table,
                                  const struct index_config *index, struct value item);

/* An item that is written may lack an index's key attributes, but those it has must be of the
 * schema's types and not empty. */
bool index_check_item(struct call *call, const struct table_config *table, struct value item,
                      bool update);

#endif
