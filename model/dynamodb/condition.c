/* Conditions applied to items. Source: developer guide, "Condition and filter expressions,
 * operators, and functions". A missing attribute is equal to nothing, not even to another missing
 * one; values of different types are unequal and unordered (M: scylladb test/alternator). */
#include "model/dynamodb/attribute.h"
#include "model/dynamodb/path.h"

#include <string.h>

/* size() has no value in the store: it is compared as a number of its own. */
struct operand {
    struct value value; /* VALUE_NONE: missing, unless is_size */
    bool is_size;
    struct decimal size;
};

static bool size_of(const struct value_store *store, struct value value, size_t *size)
{
    switch (value_kind(store, value)) {
    case VALUE_STRING:
    case VALUE_BINARY:
        value_bytes(store, value, size);
        return true;
    case VALUE_LIST:
    case VALUE_MAP:
    case VALUE_STRING_SET:
    case VALUE_NUMBER_SET:
    case VALUE_BINARY_SET:
        *size = value_count(store, value);
        return true;
    case VALUE_NULL:
    case VALUE_BOOL:
    case VALUE_NUMBER:
        break;
    }
    return false;
}

/* NOLINTNEXTLINE(misc-no-recursion): at most EXPRESSION_DEPTH_MAX deep */
static struct operand evaluate(const struct value_store *store, const struct node *node,
                               struct value item)
{
    struct operand operand = {VALUE_NONE, false, {0, 0, false}};
    if (node->kind == NODE_VALUE) {
        operand.value = node->value;
    } else if (node->kind == NODE_PATH) {
        operand.value = path_get(store, item, &node->path);
    } else if (node->kind == NODE_FUNCTION && node->function == FUNCTION_SIZE) {
        struct operand argument = evaluate(store, node->first, item);
        size_t size;
        if (!value_is_none(argument.value) && size_of(store, argument.value, &size)) {
            operand.is_size = true;
            operand.size = decimal_from_integer((int64_t)size);
        }
    }
    return operand;
}

static bool is_missing(const struct operand *operand)
{
    return !operand->is_size && value_is_none(operand->value);
}

/* The number in an operand; NULL: it is none. */
static const struct decimal *number_of(const struct value_store *store,
                                       const struct operand *operand)
{
    if (operand->is_size)
        return &operand->size;
    if (value_is_none(operand->value) || value_kind(store, operand->value) != VALUE_NUMBER)
        return NULL;
    return value_decimal(store, operand->value);
}

static bool equal(const struct value_store *store, const struct operand *a, const struct operand *b)
{
    if (is_missing(a) || is_missing(b))
        return false;
    if (!a->is_size && !b->is_size)
        return value_equal(a->value, b->value);
    const struct decimal *x = number_of(store, a);
    const struct decimal *y = number_of(store, b);
    return x != NULL && y != NULL && decimal_compare(x, y) == 0;
}

/* True and *order set if both are numbers, strings or binaries. */
static bool compare(const struct value_store *store, const struct operand *a,
                    const struct operand *b, int *order)
{
    if (is_missing(a) || is_missing(b))
        return false;
    const struct decimal *x = number_of(store, a);
    const struct decimal *y = number_of(store, b);
    if (x != NULL && y != NULL) {
        *order = decimal_compare(x, y);
        return true;
    }
    if (x != NULL || y != NULL)
        return false;
    enum value_kind kind = value_kind(store, a->value);
    if (kind != value_kind(store, b->value) || (kind != VALUE_STRING && kind != VALUE_BINARY))
        return false;
    *order = value_compare(store, a->value, b->value);
    return true;
}

static bool holds_comparison(const struct value_store *store, const struct node *node,
                             struct value item)
{
    struct operand a = evaluate(store, node->first, item);
    struct operand b = evaluate(store, node->first->next, item);
    if (node->kind == NODE_EQ || node->kind == NODE_NE)
        return equal(store, &a, &b) == (node->kind == NODE_EQ);
    int order;
    if (!compare(store, &a, &b, &order))
        return false;
    return node->kind == NODE_LT   ? order < 0
           : node->kind == NODE_LE ? order <= 0
           : node->kind == NODE_GT ? order > 0
                                   : order >= 0;
}

static bool holds_between(const struct value_store *store, const struct node *node,
                          struct value item)
{
    struct operand value = evaluate(store, node->first, item);
    struct operand lower = evaluate(store, node->first->next, item);
    struct operand upper = evaluate(store, node->first->next->next, item);
    int above;
    int below;
    return compare(store, &value, &lower, &above) && above >= 0 &&
           compare(store, &value, &upper, &below) && below <= 0;
}

static bool holds_in(const struct value_store *store, const struct node *node, struct value item)
{
    struct operand value = evaluate(store, node->first, item);
    for (const struct node *entry = node->first->next; entry != NULL; entry = entry->next) {
        struct operand candidate = evaluate(store, entry, item);
        if (equal(store, &value, &candidate))
            return true;
    }
    return false;
}

static bool holds_begins_with(const struct value_store *store, struct value value,
                              struct value prefix)
{
    enum value_kind kind = value_kind(store, value);
    if (kind != value_kind(store, prefix) || (kind != VALUE_STRING && kind != VALUE_BINARY))
        return false;
    size_t length;
    size_t prefix_length;
    const char *bytes = value_bytes(store, value, &length);
    const char *prefix_bytes = value_bytes(store, prefix, &prefix_length);
    return prefix_length <= length && memcmp(bytes, prefix_bytes, prefix_length) == 0;
}

/* A part of a string or binary, or an element of a list or set. */
static bool holds_contains(const struct value_store *store, struct value value, struct value part)
{
    enum value_kind kind = value_kind(store, value);
    if (kind == VALUE_STRING || kind == VALUE_BINARY) {
        size_t length;
        size_t part_length;
        const char *bytes = value_bytes(store, value, &length);
        if (value_kind(store, part) != kind)
            return false;
        const char *part_bytes = value_bytes(store, part, &part_length);
        return part_length == 0 || memmem(bytes, length, part_bytes, part_length) != NULL;
    }
    if (kind != VALUE_LIST && kind != VALUE_STRING_SET && kind != VALUE_NUMBER_SET &&
        kind != VALUE_BINARY_SET)
        return false;
    for (size_t i = 0; i < value_count(store, value); i++)
        if (value_equal(value_at(store, value, i), part))
            return true;
    return false;
}

static bool holds_function(const struct value_store *store, const struct node *node,
                           struct value item)
{
    struct operand first = evaluate(store, node->first, item);
    if (node->function == FUNCTION_ATTRIBUTE_EXISTS)
        return !is_missing(&first);
    if (node->function == FUNCTION_ATTRIBUTE_NOT_EXISTS)
        return is_missing(&first);
    struct operand second = evaluate(store, node->first->next, item);
    if (is_missing(&first) || is_missing(&second))
        return false;
    if (node->function == FUNCTION_ATTRIBUTE_TYPE) {
        const char *type = first.is_size ? "N" : attribute_type_name(store, first.value);
        return value_is_text(store, second.value, type);
    }
    if (node->function == FUNCTION_CONTAINS && second.is_size && !first.is_size &&
        (value_kind(store, first.value) == VALUE_LIST ||
         value_kind(store, first.value) == VALUE_NUMBER_SET)) {
        for (size_t i = 0; i < value_count(store, first.value); i++) {
            struct operand element = {value_at(store, first.value, i), false, {0, 0, false}};
            if (equal(store, &element, &second))
                return true;
        }
        return false;
    }
    if (first.is_size || second.is_size)
        return false;
    return node->function == FUNCTION_CONTAINS
               ? holds_contains(store, first.value, second.value)
               : holds_begins_with(store, first.value, second.value);
}

/* NOLINTNEXTLINE(misc-no-recursion): at most EXPRESSION_DEPTH_MAX deep */
bool condition_holds(const struct value_store *store, const struct node *condition,
                     struct value item)
{
    switch (condition->kind) {
    case NODE_AND:
    case NODE_OR:
        for (const struct node *operand = condition->first; operand != NULL;
             operand = operand->next)
            if (condition_holds(store, operand, item) == (condition->kind == NODE_OR))
                return condition->kind == NODE_OR;
        return condition->kind == NODE_AND;
    case NODE_NOT:
        return !condition_holds(store, condition->first, item);
    case NODE_EQ:
    case NODE_NE:
    case NODE_LT:
    case NODE_LE:
    case NODE_GT:
    case NODE_GE:
        return holds_comparison(store, condition, item);
    case NODE_BETWEEN:
        return holds_between(store, condition, item);
    case NODE_IN:
        return holds_in(store, condition, item);
    case NODE_FUNCTION:
        return holds_function(store, condition, item);
    case NODE_PATH:
    case NODE_VALUE:
    case NODE_PLUS:
    case NODE_MINUS:
        break;
    }
    BUG("condition_parse makes no other condition");
}
