#include "model/dynamodb/key_condition.h"

#include "model/dynamodb/attribute.h"
#include "model/dynamodb/item.h"

#include <string.h>

/* The conditions found, at most one for each key attribute. */
struct key_conditions {
    const struct node *hash;
    const struct node *range;
    size_t count;
};

static bool check_operator(struct call *call, const struct node *node)
{
    static const char invalid[] = "Invalid operator used in KeyConditionExpression: %s";
    switch (node->kind) {
    case NODE_OR:
        return call_invalid(call, invalid, "OR");
    case NODE_NOT:
        return call_invalid(call, invalid, "NOT");
    case NODE_IN:
        return call_invalid(call, invalid, "IN");
    case NODE_NE:
        return call_invalid(call, invalid, "<>");
    case NODE_FUNCTION:
        return node->function == FUNCTION_BEGINS_WITH ||
               call_invalid(call, invalid, function_name(node->function));
    case NODE_PATH:
    case NODE_VALUE:
    case NODE_EQ:
    case NODE_LT:
    case NODE_LE:
    case NODE_GT:
    case NODE_GE:
    case NODE_BETWEEN:
    case NODE_AND:
    case NODE_PLUS:
    case NODE_MINUS:
        break;
    }
    return true;
}

/* The only path among the operands of a condition; NULL: the call ended. */
static const struct path *find_path(struct call *call, const struct node *node)
{
    const struct path *path = NULL;
    for (const struct node *operand = node->first; operand != NULL; operand = operand->next) {
        if (operand->kind == NODE_FUNCTION) {
            call_invalid(call, "KeyConditionExpressions cannot contain nested operations");
            return NULL;
        }
        if (operand->kind != NODE_PATH)
            continue;
        if (path != NULL) {
            call_invalid(call, "Invalid condition in KeyConditionExpression: Multiple "
                               "attribute names used in one condition");
            return NULL;
        }
        path = &operand->path;
    }
    if (path == NULL) {
        call_invalid(call,
                     "Invalid condition in KeyConditionExpression: No key attribute specified");
        return NULL;
    }
    if (path->count > 1) {
        call_invalid(call, "KeyConditionExpressions cannot have conditions on nested attributes");
        return NULL;
    }
    if (node->first->kind != NODE_PATH &&
        (node->kind == NODE_BETWEEN || node->kind == NODE_FUNCTION)) {
        call_invalid(call,
                     "Invalid condition in KeyConditionExpression: %s operator must have "
                     "the key attribute as its first operand",
                     node->kind == NODE_BETWEEN ? "BETWEEN" : "begins_with");
        return NULL;
    }
    return path;
}

/* NOLINTNEXTLINE(misc-no-recursion): at most EXPRESSION_DEPTH_MAX deep */
static bool collect(struct call *call, const struct table_config *table, const struct node *node,
                    struct key_conditions *conditions)
{
    if (!check_operator(call, node))
        return false;
    if (node->kind == NODE_AND) {
        for (const struct node *operand = node->first; operand != NULL; operand = operand->next)
            if (!collect(call, table, operand, conditions))
                return false;
        return true;
    }
    const struct path *path = find_path(call, node);
    if (path == NULL)
        return false;
    conditions->count++;
    struct value name = path->elements[0].name;
    const struct node **place = NULL;
    if (value_is_text(call->store, name, table->hash_key.name))
        place = &conditions->hash;
    else if (is_key_attribute(call->store, table, name))
        place = &conditions->range;
    if (place == NULL)
        return true;
    if (*place != NULL)
        return call_invalid(call,
                            "KeyConditionExpressions must only contain one condition per key");
    *place = node;
    return true;
}

static bool check_values(struct call *call, const struct key_attribute *attribute,
                         const struct node *node)
{
    char type[] = {attribute->type, '\0'};
    for (const struct node *operand = node->first; operand != NULL; operand = operand->next) {
        if (operand->kind != NODE_VALUE)
            continue;
        if (strcmp(attribute_type_name(call->store, operand->value), type) != 0)
            return call_invalid(call, "One or more parameter values were invalid: Condition "
                                      "parameter type does not match schema type");
        if (node->kind == NODE_EQ && attribute->type != 'N' &&
            attribute_size(call->store, operand->value) == 0)
            return call_invalid(call,
                                "One or more parameter values are not valid. The AttributeValue "
                                "for a key attribute cannot contain an empty %s value. Key: %s",
                                attribute->type == 'S' ? "string" : "binary", attribute->name);
    }
    return true;
}

bool key_condition_check(struct call *call, const struct table_config *table,
                         const struct node *condition, struct value *hash)
{
    struct key_conditions found = {NULL, NULL, 0};
    if (!collect(call, table, condition, &found))
        return false;
    if (found.count > 2)
        return call_invalid(call, "Conditions can be of length 1 or 2 only");
    if (found.count == 2 && table->range_key.name == NULL)
        return call_invalid(call, "Query key condition not supported");
    if (found.hash == NULL)
        return call_invalid(call, "Query condition missed key schema element: %s",
                            table->hash_key.name);
    if (found.count == 2 && found.range == NULL)
        return call_invalid(call, "Query condition missed key schema element: %s",
                            table->range_key.name);
    if (!check_values(call, &table->hash_key, found.hash) ||
        (found.range != NULL && !check_values(call, &table->range_key, found.range)))
        return false;
    if (found.hash->kind != NODE_EQ)
        return call_invalid(call, "Query key condition not supported");
    const struct node *first = found.hash->first;
    *hash = first->kind == NODE_VALUE ? first->value : first->next->value;
    return true;
}

/* NOLINTNEXTLINE(misc-no-recursion): at most EXPRESSION_DEPTH_MAX deep */
bool filter_check_keys(struct call *call, const struct table_config *table,
                       const struct node *filter)
{
    if (filter->kind == NODE_PATH &&
        is_key_attribute(call->store, table, filter->path.elements[0].name))
        return call_invalid(call,
                            "Filter Expression can only contain non-primary key attributes: "
                            "Primary key attribute: %s",
                            value_bytes(call->store, filter->path.elements[0].name, NULL));
    for (const struct node *operand = filter->first; operand != NULL; operand = operand->next)
        if (!filter_check_keys(call, table, operand))
            return false;
    return true;
}
