/* Update expressions applied to items. */
#include "model/dynamodb/update.h"
#include "model/dynamodb/attribute.h"
#include "model/dynamodb/item.h"
#include "model/dynamodb/path.h"

#include <stdlib.h>

/* What an action comes to, all computed from the item before. */
struct effect {
    const struct path *path;
    struct value value; /* to put; VALUE_NONE: take away what is there */
    bool happens;       /* false: there is nothing to take away */
};

static bool number_result(struct call *call, enum decimal_status status,
                          const struct decimal *number, struct value *result)
{
    switch (status) {
    case DECIMAL_OK:
        *result = value_number(call->store, number);
        return call_made(call, *result);
    case DECIMAL_PRECISION:
    case DECIMAL_SYNTAX:
        return call_invalid(call, "%s", NUMBER_PRECISION_MESSAGE);
    case DECIMAL_OVERFLOW:
        return call_invalid(call, "%s", NUMBER_OVERFLOW_MESSAGE);
    case DECIMAL_UNDERFLOW:
        return call_invalid(call, "%s", NUMBER_UNDERFLOW_MESSAGE);
    }
    BUG("a calculation has no other outcome");
}

static bool wrong_type(struct call *call)
{
    return call_invalid(call, "An operand in the update expression has an incorrect data type");
}

static bool evaluate(struct call *call, const struct node *node, struct value item,
                     struct value *result);

/* NOLINTNEXTLINE(misc-no-recursion): at most EXPRESSION_DEPTH_MAX deep */
static bool evaluate_both(struct call *call, const struct node *node, struct value item,
                          enum value_kind kind, struct value operands[2])
{
    return evaluate(call, node->first, item, &operands[0]) &&
           (value_kind(call->store, operands[0]) == kind || wrong_type(call)) &&
           evaluate(call, node->first->next, item, &operands[1]) &&
           (value_kind(call->store, operands[1]) == kind || wrong_type(call));
}

/* NOLINTNEXTLINE(misc-no-recursion): at most EXPRESSION_DEPTH_MAX deep */
static bool evaluate_sum(struct call *call, const struct node *node, struct value item,
                         struct value *result)
{
    struct value operands[2];
    if (!evaluate_both(call, node, item, VALUE_NUMBER, operands))
        return false;
    struct decimal number = {0, 0, false};
    const struct decimal *a = value_decimal(call->store, operands[0]);
    const struct decimal *b = value_decimal(call->store, operands[1]);
    enum decimal_status status =
        node->kind == NODE_PLUS ? decimal_add(a, b, &number) : decimal_subtract(a, b, &number);
    return number_result(call, status, &number, result);
}

/* NOLINTNEXTLINE(misc-no-recursion): at most EXPRESSION_DEPTH_MAX deep */
static bool evaluate_list_append(struct call *call, const struct node *node, struct value item,
                                 struct value *result)
{
    struct value operands[2];
    if (!evaluate_both(call, node, item, VALUE_LIST, operands))
        return false;
    *result = operands[0];
    size_t count = value_count(call->store, operands[1]);
    for (size_t i = 0; i < count; i++)
        *result = value_append(call->store, *result, value_at(call->store, operands[1], i));
    return call_made(call, *result);
}

/* NOLINTNEXTLINE(misc-no-recursion): at most EXPRESSION_DEPTH_MAX deep */
static bool evaluate(struct call *call, const struct node *node, struct value item,
                     struct value *result)
{
    if (node->kind == NODE_PLUS || node->kind == NODE_MINUS)
        return evaluate_sum(call, node, item, result);
    if (node->kind == NODE_FUNCTION && node->function == FUNCTION_LIST_APPEND)
        return evaluate_list_append(call, node, item, result);
    if (node->kind == NODE_VALUE) {
        *result = node->value;
        return true;
    }
    bool default_value = node->kind == NODE_FUNCTION;
    *result = path_get(call->store, item, default_value ? &node->first->path : &node->path);
    if (!value_is_none(*result))
        return true;
    if (default_value)
        return evaluate(call, node->first->next, item, result);
    return call_invalid(call, "The provided expression refers to an attribute that does not exist "
                              "in the item");
}

/* The union of two sets of the same kind, or `set` without the elements of `operand`. */
static bool combine_sets(struct call *call, struct value set, struct value operand, bool add,
                         struct value *result)
{
    struct value_store *store = call->store;
    size_t set_count = value_count(store, set);
    size_t operand_count = value_count(store, operand);
    struct value *elements = call_allocate(call, set_count + operand_count, sizeof elements[0]);
    if (elements == NULL)
        return false;
    size_t count = 0;
    for (size_t i = 0; i < set_count; i++) {
        struct value element = value_at(store, set, i);
        bool removed = false;
        for (size_t j = 0; !add && !removed && j < operand_count; j++)
            removed = value_equal(element, value_at(store, operand, j));
        if (!removed)
            elements[count++] = element;
    }
    for (size_t j = 0; add && j < operand_count; j++)
        elements[count++] = value_at(store, operand, j);
    *result = VALUE_NONE; /* no empty sets: DynamoDB removes the attribute */
    if (count == 0)
        return true;
    *result = value_set(store, value_kind(store, set), elements, count);
    return call_made(call, *result);
}

static bool invalid_path(struct call *call)
{
    return call_invalid(call, "The document path provided in the update expression is invalid for "
                              "update");
}

static bool add_effect(struct call *call, const struct update_action *action, struct value old,
                       struct value *result)
{
    struct value operand = action->operand->value;
    enum value_kind kind = value_kind(call->store, operand);
    *result = operand; /* ADD to a missing attribute starts at zero or at the empty set */
    if (value_is_none(old))
        return true;
    if (value_kind(call->store, old) != kind)
        return wrong_type(call);
    if (kind != VALUE_NUMBER)
        return combine_sets(call, old, operand, true, result);
    struct decimal sum = {0, 0, false};
    enum decimal_status status =
        decimal_add(value_decimal(call->store, old), value_decimal(call->store, operand), &sum);
    return number_result(call, status, &sum, result);
}

/* `effect` holds the value of a SET already. */
static bool compute_effect(struct call *call, const struct update_action *action,
                           struct value before, struct value base, struct effect *effect)
{
    struct value old = path_get(call->store, base, &action->path);
    bool takes = action->clause == CLAUSE_REMOVE || action->clause == CLAUSE_DELETE;
    effect->path = &action->path;
    effect->happens = !takes || !value_is_none(old);
    if (!path_has_parent(call->store, base, &action->path)) {
        /* Where there is no item at all, taking away from anywhere is fine (M). */
        return (takes && value_is_none(before)) || invalid_path(call);
    }
    if (action->clause == CLAUSE_ADD)
        return add_effect(call, action, old, &effect->value);
    if (action->clause != CLAUSE_DELETE || value_is_none(old))
        return true;
    if (value_kind(call->store, old) != value_kind(call->store, action->operand->value))
        return wrong_type(call);
    return combine_sets(call, old, action->operand->value, false, &effect->value);
}

static int compare_effects(const void *a, const void *b, void *store)
{
    return path_compare(store, ((const struct effect *)a)->path, ((const struct effect *)b)->path);
}

/* Puts in ascending order, so that elements beyond a list's end are appended by their numbers; then
 * removals in descending order, so that none moves what another one means. */
static struct value apply_effects(struct call *call, struct value item, struct effect *effects,
                                  size_t count)
{
    qsort_r(effects, count, sizeof effects[0], compare_effects, call->store);
    for (size_t i = 0; i < count && !value_is_none(item); i++)
        if (effects[i].happens && !value_is_none(effects[i].value))
            item = path_set(call->store, item, effects[i].path, effects[i].value);
    for (size_t i = count; i-- > 0 && !value_is_none(item);)
        if (effects[i].happens && value_is_none(effects[i].value))
            item = path_remove(call->store, item, effects[i].path);
    return item;
}

bool update_apply(struct call *call, const struct update *update, struct value before,
                  struct value key_attributes, struct value *after)
{
    struct value base = value_is_none(before) ? key_attributes : before;
    *after = base;
    if (update == NULL)
        return true;
    struct effect *effects = call_allocate(call, update->count, sizeof effects[0]);
    if (effects == NULL)
        return false;
    /* Right-hand sides first, whatever else is wrong (M). */
    for (size_t i = 0; i < update->count; i++)
        if (update->actions[i].clause == CLAUSE_SET &&
            !evaluate(call, update->actions[i].operand, base, &effects[i].value))
            return false;
    bool only_takes = true;
    for (size_t i = 0; i < update->count; i++) {
        const struct update_action *action = &update->actions[i];
        only_takes &= action->clause == CLAUSE_REMOVE || action->clause == CLAUSE_DELETE;
        if (!compute_effect(call, action, before, base, &effects[i]))
            return false;
    }
    if (only_takes && value_is_none(before)) {
        *after = VALUE_NONE;
        return true;
    }
    *after = apply_effects(call, base, effects, update->count);
    return call_made(call, *after);
}

bool update_check_keys(struct call *call, const struct table_config *table,
                       const struct update *update)
{
    for (size_t i = 0; i < update->count; i++) {
        struct value head = update->actions[i].path.elements[0].name;
        if (is_key_attribute(call->store, table, head))
            return call_invalid(call,
                                "One or more parameter values were invalid: Cannot update "
                                "attribute %s. This attribute is part of the key",
                                value_bytes(call->store, head, NULL));
    }
    for (size_t i = 0; i < update->count; i++)
        if (!path_check_key(call, table, &update->actions[i].path))
            return false;
    for (size_t i = 0; i < update->count; i++)
        if (update->actions[i].operand != NULL &&
            !node_check_keys(call, table, update->actions[i].operand))
            return false;
    return true;
}
