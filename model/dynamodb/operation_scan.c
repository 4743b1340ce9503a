/* Scan and Query: one page each.
 *
 * Items come in the order of their keys' contents. AWS promises that order for the range keys of
 * one hash key only; a Scan's is unspecified. */
#include "model/dynamodb/index.h"
#include "model/dynamodb/item.h"
#include "model/dynamodb/key_condition.h"
#include "model/dynamodb/read.h"

enum select { SELECT_UNSET, SELECT_ALL, SELECT_PROJECTED, SELECT_SPECIFIC, SELECT_COUNT };

struct page {
    bool is_query;
    uint32_t table;
    struct value index_name;          /* VALUE_NONE: none */
    const struct index_config *index; /* NULL: the table itself */
    struct table_config schema;       /* the table, with the index's key */
    struct projection *projection;
    struct node *filter;        /* NULL: none */
    struct node *key_condition; /* Query */
    struct value hash;          /* Query: the hash key's value */
    struct value start_key;     /* after this key; VALUE_NONE: from the end */
    int64_t limit;              /* 0: none */
    bool forward;
    bool consistent;
    bool count_only;
    bool all_attributes; /* asked for: a local index looks the others up in the table */
    int64_t segment;
    int64_t segment_count; /* 0: the scan is not parallel */
};

static bool read_select(struct call *call, struct value request, struct page *page)
{
    static const char *const options[] = {
        "", "ALL_ATTRIBUTES", "ALL_PROJECTED_ATTRIBUTES", "SPECIFIC_ATTRIBUTES", "COUNT", NULL};
    size_t choice;
    if (!request_get_choice(call, request, "Select", options,
                            "SPECIFIC_ATTRIBUTES, COUNT, ALL_ATTRIBUTES, ALL_PROJECTED_ATTRIBUTES",
                            &choice))
        return false;
    enum select select = (enum select)choice;
    page->count_only = select == SELECT_COUNT;
    page->all_attributes = select == SELECT_ALL;
    if (select == SELECT_PROJECTED && value_is_none(page->index_name))
        return call_invalid(call, "One or more parameter values were invalid: "
                                  "ALL_PROJECTED_ATTRIBUTES can be used only when Querying using "
                                  "an IndexName");
    if (select == SELECT_SPECIFIC && page->projection == NULL)
        return call_invalid(call, "One or more parameter values were invalid: Must specify the "
                                  "AttributesToGet or ProjectionExpression when choosing to get "
                                  "SPECIFIC_ATTRIBUTES");
    if (page->projection != NULL && (select == SELECT_ALL || select == SELECT_COUNT))
        return call_invalid(call,
                            "One or more parameter values were invalid: Cannot specify the "
                            "ProjectionExpression when choosing to get %s",
                            select == SELECT_ALL ? "ALL_ATTRIBUTES" : "only the Count");
    return true;
}

static bool read_expressions(struct call *call, struct value request, struct page *page)
{
    struct value key_condition = VALUE_NONE;
    struct value filter;
    struct value projection;
    struct placeholders placeholders;
    if ((page->is_query &&
         !request_get(call, request, "KeyConditionExpression", VALUE_STRING, &key_condition)) ||
        !request_get(call, request, "FilterExpression", VALUE_STRING, &filter) ||
        !request_get(call, request, "ProjectionExpression", VALUE_STRING, &projection))
        return false;
    if (page->is_query && value_is_none(key_condition))
        return call_invalid(call, "Either the KeyConditions or KeyConditionExpression parameter "
                                  "must be specified in the request.");
    bool values = !value_is_none(key_condition) || !value_is_none(filter);
    if (!request_check_placeholders(call, request, values || !value_is_none(projection), values,
                                    page->is_query
                                        ? "FilterExpression and KeyConditionExpression are"
                                        : "FilterExpression is") ||
        !placeholders_read(call, request, &placeholders))
        return false;
    if (page->is_query && !condition_read(call, EXPRESSION_KEY_CONDITION, key_condition,
                                          &placeholders, &page->key_condition))
        return false;
    if (!value_is_none(filter) &&
        !condition_read(call, EXPRESSION_FILTER, filter, &placeholders, &page->filter))
        return false;
    if (!value_is_none(projection) &&
        !projection_read(call, projection, &placeholders, &page->projection))
        return false;
    return placeholders_check_used(call, &placeholders);
}

static bool read_segment(struct call *call, struct value request, struct page *page)
{
    struct value segment;
    if (!request_get_limit(call, request, "TotalSegments", &page->segment_count) ||
        !request_get(call, request, "Segment", VALUE_NUMBER, &segment))
        return false;
    if (value_is_none(segment))
        return page->segment_count == 0 ||
               call_invalid(call, "The Segment parameter is required but was not present in the "
                                  "request when parameter TotalSegments is present");
    if (page->segment_count == 0)
        return call_invalid(call, "The TotalSegments parameter is required but was not present in "
                                  "the request when Segment parameter is present");
    if (value_to_integer(call->store, segment, &page->segment) && page->segment >= 0 &&
        page->segment < page->segment_count)
        return true;
    return call_invalid(call,
                        "The Segment parameter is zero-based and must be less than parameter "
                        "TotalSegments: Segment: %lld is not less than TotalSegments: %lld",
                        (long long)page->segment, (long long)page->segment_count);
}

static bool invalid_start_key(struct call *call)
{
    if (call->error != AWS_VALIDATION)
        return false;
    const char *message = call->message;
    call_clear_error(call);
    return call_invalid(call, "The provided starting key is invalid: %s", message);
}

/* In an index, a place is the index's key and the table's. */
static bool read_index_start_key(struct call *call, const struct table_config *table,
                                 struct value key, struct page *page)
{
    struct value primary = item_key_attributes(call->store, table, key);
    if (call->no_memory || value_store_failed(call->store))
        return call_no_memory(call);
    page->start_key = index_key(call->store, table, page->index, key);
    if (value_is_none(primary) || value_is_none(page->start_key))
        return call_invalid(call, "The provided starting key is invalid");
    struct value whole = index_key_attributes(call->store, table, page->index, key);
    if (!call_made(call, whole))
        return false;
    return value_equal(whole, key) || call_invalid(call, "The provided starting key is invalid");
}

static bool read_start_key(struct call *call, struct value request,
                           const struct table_config *table, struct page *page)
{
    struct value wire;
    struct value key;
    page->start_key = VALUE_NONE;
    if (!request_get(call, request, "ExclusiveStartKey", VALUE_MAP, &wire))
        return false;
    if (value_is_none(wire))
        return true;
    if (!request_item(call, wire, &key))
        return invalid_start_key(call);
    if (page->index != NULL) {
        if (!read_index_start_key(call, table, key, page))
            return false;
    } else if (!key_check(call, table, key, &page->start_key)) {
        return invalid_start_key(call);
    }
    if (!page->is_query)
        return true;
    struct value hash = value_get_text(call->store, key, page->schema.hash_key.name);
    if (!value_equal(hash, page->hash))
        return call_invalid(call, "The provided starting key is outside query boundaries based on "
                                  "provided conditions");
    return condition_holds(call->store, page->key_condition, key) ||
           call_invalid(call, "The provided starting key does not match the range key predicate");
}

static bool find_index(struct call *call, const struct table_config *table, struct page *page)
{
    page->schema = *table;
    if (value_is_none(page->index_name))
        return true;
    page->index = index_find(call->store, table, page->index_name);
    if (page->index == NULL)
        return call_invalid(call, "The table does not have the specified index: %s",
                            value_bytes(call->store, page->index_name, NULL));
    if (page->index->global && page->consistent)
        return call_invalid(call, "Consistent reads are not supported on global secondary indexes");
    page->schema = index_schema(table, page->index);
    return true;
}

static bool bind(struct call *call, struct value request, struct page *page)
{
    struct value name;
    if (!request_require(call, request, "TableName", VALUE_STRING, &name) ||
        !request_table(call, name, &page->table))
        return false;
    const struct table_config *table = table_config(call, page->table);
    if (!find_index(call, table, page))
        return false;
    if (page->is_query &&
        (!key_condition_check(call, &page->schema, page->key_condition, &page->hash) ||
         (page->filter != NULL && !filter_check_keys(call, &page->schema, page->filter))))
        return false;
    if (page->index != NULL && page->index->global && page->all_attributes &&
        page->index->projection != PROJECT_ALL)
        return call_invalid(call,
                            "One or more parameter values were invalid: Select type ALL_ATTRIBUTES "
                            "is not supported for global secondary index %s because its projection "
                            "type is not ALL",
                            page->index->name);
    return (page->filter == NULL || node_check_keys(call, table, page->filter)) &&
           (page->projection == NULL || projection_check_keys(call, table, page->projection)) &&
           read_start_key(call, request, table, page);
}

/* Whether the page looks at the item at all. */
static bool covers(const struct call *call, const struct page *page, struct value key,
                   struct value item)
{
    if (!value_is_none(page->start_key)) {
        int order = value_compare(call->store, key, page->start_key);
        if (page->forward ? order <= 0 : order >= 0)
            return false;
    }
    if (page->segment_count > 0) {
        struct value hash = value_get_text(call->store, item, page->schema.hash_key.name);
        uint64_t place = value_hash(call->store, hash).low % (uint64_t)page->segment_count;
        if (place != (uint64_t)page->segment)
            return false;
    }
    return page->key_condition == NULL || condition_holds(call->store, page->key_condition, item);
}

struct page_result {
    struct value *items; /* wire */
    size_t count;
    size_t scanned;
    size_t size;
    struct value last; /* the last item looked at, if the page ended before the table did */
};

/* What the page sees of an item: a global index has copies of the projected attributes only, a
 * local one looks up what is asked for beyond them. */
static struct value seen(struct call *call, const struct page *page, struct value item)
{
    bool whole = page->index == NULL ||
                 (!page->index->global && (page->all_attributes || page->projection != NULL));
    return whole ? item : index_projected(call, table_config(call, page->table), page->index, item);
}

static bool add_item(struct call *call, const struct page *page, struct value whole,
                     struct page_result *result)
{
    struct value item = seen(call, page, whole);
    if (call->no_memory)
        return false;
    result->scanned++;
    result->size += item_size(call->store, item);
    result->last = whole;
    if (page->filter != NULL && !condition_holds(call->store, page->filter, item))
        return true;
    if (!page->count_only &&
        !read_wire(call, page->projection, item, &result->items[result->count]))
        return false;
    result->count++;
    return true;
}

static bool run(struct call *call, const struct page *page, struct page_result *result)
{
    struct value table = table_contents(call, page->table);
    if (page->index != NULL && !index_contents(call, page->table, page->index, &table))
        return false;
    size_t count = value_count(call->store, table);
    result->items = call_allocate(call, count, sizeof result->items[0]);
    if (result->items == NULL)
        return false;
    for (size_t i = 0; i < count; i++) {
        size_t index = page->forward ? i : count - 1 - i;
        struct value item = value_value_at(call->store, table, index);
        if (!covers(call, page, value_key_at(call->store, table, index), item))
            continue;
        if (result->scanned > 0 && result->size + item_size(call->store, item) > PAGE_SIZE_MAX)
            return true;
        if (!add_item(call, page, item, result))
            return false;
        /* AWS gives a LastEvaluatedKey when the limit is reached, even at the end of the table. */
        if (page->limit > 0 && result->scanned == (size_t)page->limit)
            return true;
    }
    result->last = VALUE_NONE;
    return true;
}

static bool answer_page(struct call *call, struct value request, struct page *page,
                        struct answer *answer)
{
    struct page_result result = {NULL, 0, 0, 0, VALUE_NONE};
    if (!request_get_limit(call, request, "Limit", &page->limit) ||
        !request_get_flag(call, request, "ConsistentRead", false, &page->consistent) ||
        !request_get(call, request, "IndexName", VALUE_STRING, &page->index_name) ||
        !read_expressions(call, request, page) || !read_select(call, request, page) ||
        !bind(call, request, page) || !run(call, page, &result))
        return false;
    struct value_store *store = call->store;
    if (!page->count_only)
        answer_add(call, answer, "Items", value_list(store, result.items, result.count));
    answer_add(call, answer, "Count", value_integer(store, (int64_t)result.count));
    answer_add(call, answer, "ScannedCount", value_integer(store, (int64_t)result.scanned));
    if (!value_is_none(result.last)) {
        const struct table_config *table = table_config(call, page->table);
        struct value key = page->index == NULL
                               ? item_key_attributes(store, table, result.last)
                               : index_key_attributes(store, table, page->index, result.last);
        if (!call_made(call, key))
            return false;
        answer_add(call, answer, "LastEvaluatedKey", item_to_wire(store, key));
    }
    answer_count_read(answer, page->table, result.size, page->consistent, 1);
    return answer_add_capacity(call, answer, request, false);
}

bool operation_scan(struct call *call, struct value request, struct answer *answer)
{
    static const char *const parameters[] = {"TableName",
                                             "IndexName",
                                             "Limit",
                                             "Select",
                                             "ExclusiveStartKey",
                                             "ReturnConsumedCapacity",
                                             "TotalSegments",
                                             "Segment",
                                             "ProjectionExpression",
                                             "FilterExpression",
                                             "ExpressionAttributeNames",
                                             "ExpressionAttributeValues",
                                             "ConsistentRead",
                                             NULL};
    struct page page = {.is_query = false, .forward = true};
    return request_check_parameters(call, request, "Scan", parameters) &&
           read_segment(call, request, &page) && answer_page(call, request, &page, answer);
}

bool operation_query(struct call *call, struct value request, struct answer *answer)
{
    static const char *const parameters[] = {"TableName",
                                             "IndexName",
                                             "Limit",
                                             "Select",
                                             "ExclusiveStartKey",
                                             "ReturnConsumedCapacity",
                                             "ProjectionExpression",
                                             "FilterExpression",
                                             "KeyConditionExpression",
                                             "ExpressionAttributeNames",
                                             "ExpressionAttributeValues",
                                             "ConsistentRead",
                                             "ScanIndexForward",
                                             NULL};
    struct page page = {.is_query = true, .forward = true};
    return request_check_parameters(call, request, "Query", parameters) &&
           request_get_flag(call, request, "ScanIndexForward", true, &page.forward) &&
           answer_page(call, request, &page, answer);
}
