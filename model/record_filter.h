/* Filter patterns of event source mappings: which records are delivered.
 *
 * Source: Lambda developer guide, "Lambda event filtering"; EventBridge user guide, "Amazon
 * EventBridge event patterns". A pattern is a JSON object whose leaves are lists of rules; a record
 * fits if for every leaf one of its rules fits the record's value there. What a rule may be: a
 * string, a number, true, false, null; prefix, suffix, equals-ignore-case, anything-but (of values
 * or of one of these), numeric, exists; $or over objects. Where the record has a list, one element
 * is enough. Numbers are compared as numbers. */
#ifndef ONCECHECK_MODEL_RECORD_FILTER_H
#define ONCECHECK_MODEL_RECORD_FILTER_H

#include "model/base/error.h"
#include "model/base/value.h"

#include <stdbool.h>

enum { RECORD_FILTER_SIZE_MAX = 4096, RECORD_FILTER_DEPTH_MAX = 64 };

/* Read a pattern; STATUS_BAD_INPUT for what AWS refuses, STATUS_UNSUPPORTED for a kind of rule that
 * is not simulated. */
enum status record_filter_parse(struct value_store *store, const char *text, struct value *pattern,
                                struct error *error);

/* One of the patterns fits the record of an event. Of a Kinesis record they see its fields, with
 * data as the JSON object that it holds (a record without one fits no pattern of its data); of a
 * DynamoDB record all of it. */
bool record_filter_accepts(struct memory *memory, struct value_store *store,
                           const struct value *patterns, size_t count, struct value record);

#endif
