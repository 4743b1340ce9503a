/* CreateTable's and UpdateTable's parameters, read into a table_config. Source: API reference,
 * "CreateTable"; texts of the errors as measured by mhart/dynalite. */
#ifndef ONCECHECK_MODEL_DYNAMODB_CREATE_TABLE_H
#define ONCECHECK_MODEL_DYNAMODB_CREATE_TABLE_H

#include "model/dynamodb/call.h"

enum { TABLE_NAME_MIN = 3, TABLE_NAME_MAX = 255, LOCAL_INDEXES_MAX = 5, GLOBAL_INDEXES_MAX = 20 };

/* `lasting` holds what the table points to, as long as the table; names are the value store's. */
bool create_table_read(struct call *call, struct value request, struct arena *lasting,
                       struct table_config *table);

/* StreamSpecification: *view is STREAM_VIEW_NONE where it says StreamEnabled false; *given is false
 * where there is none. */
bool create_table_read_stream(struct call *call, struct value request, bool *given,
                              enum stream_view_type *view);

/* BillingMode and ProvisionedThroughput; *table keeps what is not given. */
bool create_table_read_billing(struct call *call, struct value request, bool create,
                               struct table_config *table);

/* The text under `name`, 3 to 255 letters, digits, '_', '-' and '.'. */
bool create_table_read_name(struct call *call, struct value request, const char *name,
                            struct value *value);

#endif
