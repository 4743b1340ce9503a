/* One write or check of one item: what PutItem, UpdateItem, DeleteItem, the actions of a
 * transaction and the requests of a batch have in common. Three steps, which a transaction takes
 * for all its actions before the next: read (ValidationException for the request), bind to the
 * table's schema, apply to the item. */
#ifndef ONCECHECK_MODEL_DYNAMODB_WRITE_H
#define ONCECHECK_MODEL_DYNAMODB_WRITE_H

#include "model/dynamodb/request.h"
#include "model/dynamodb/update.h"

enum write_kind { WRITE_PUT, WRITE_UPDATE, WRITE_DELETE, WRITE_CHECK };

struct write {
    enum write_kind kind;
    struct value table_name; /* STRING */
    struct value input;      /* Put: the item; else the Key; native */
    struct node *condition;  /* NULL: none */
    struct update *update;   /* NULL: none */
    bool return_old_on_failure;
    size_t payload_size; /* bytes, as they count for the size of a transaction */
    uint32_t table;      /* from here on: once bound */
    struct value key;    /* as in the table's map */
    struct value before; /* once applied; VALUE_NONE: no item */
    struct value after;
};

bool write_read(struct call *call, enum write_kind kind, struct value request, struct write *write);
bool write_bind(struct call *call, struct write *write);

/* Fills before and after. A failed condition is ConditionalCheckFailedException. */
bool write_apply(struct call *call, struct write *write);

#endif
