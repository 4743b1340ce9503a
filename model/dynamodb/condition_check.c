/* Checks of condition expressions, in the order in which DynamoDB reports them: functions, their
 * places, reserved words, then condition by condition: placeholders, numbers of operands, operands
 * that must differ, types. */
#include "model/dynamodb/attribute.h"
#include "model/dynamodb/path.h"

#include <string.h>

struct checker {
    struct call *call;
    enum expression_kind kind;
    struct placeholders *placeholders;
};

/* NOLINTNEXTLINE(misc-no-recursion): at most EXPRESSION_DEPTH_MAX deep */
static bool check_functions(const struct checker *checker, const struct node *node)
{
    static const bool in_updates[] = {
#define FUNCTION_UPDATE(id, name, operands, update) update,
        FUNCTIONS(FUNCTION_UPDATE)
#undef FUNCTION_UPDATE
    };
    if (node->kind == NODE_FUNCTION && node->function == FUNCTION_UNKNOWN)
        return expression_invalid(checker->call, checker->kind,
                                  "Invalid function name; function: %.*s", (int)node->token.length,
                                  node->token.bytes);
    if (node->kind == NODE_FUNCTION && in_updates[node->function])
        return expression_invalid(
            checker->call, checker->kind,
            "The function is not allowed in a condition expression; function: %s",
            function_name(node->function));
    for (const struct node *operand = node->first; operand != NULL; operand = operand->next)
        if (!check_functions(checker, operand))
            return false;
    return true;
}

static bool is_logical(const struct node *node)
{
    return node->kind == NODE_AND || node->kind == NODE_OR || node->kind == NODE_NOT;
}

/* size() stands for a number, the other functions for a condition. */
/* NOLINTNEXTLINE(misc-no-recursion): at most EXPRESSION_DEPTH_MAX deep */
static bool check_places(const struct checker *checker, const struct node *node, bool condition)
{
    if (node->kind == NODE_FUNCTION && (node->function == FUNCTION_SIZE) == condition)
        return expression_invalid(
            checker->call, checker->kind,
            "The function is not allowed to be used this way in an expression; function: %s",
            function_name(node->function));
    for (const struct node *operand = node->first; operand != NULL; operand = operand->next)
        if (!check_places(checker, operand, is_logical(node)))
            return false;
    return true;
}

/* NOLINTNEXTLINE(misc-no-recursion): at most EXPRESSION_DEPTH_MAX deep */
static bool check_names(const struct checker *checker, const struct node *node)
{
    if (node->kind == NODE_PATH && !check_reserved(checker->call, checker->kind, &node->path))
        return false;
    for (const struct node *operand = node->first; operand != NULL; operand = operand->next)
        if (!check_names(checker, operand))
            return false;
    return true;
}

/* NOLINTNEXTLINE(misc-no-recursion): at most EXPRESSION_DEPTH_MAX deep */
static bool resolve(const struct checker *checker, struct node *node)
{
    if (node->kind == NODE_PATH)
        return resolve_path(checker->call, checker->kind, checker->placeholders, &node->path);
    if (node->kind == NODE_VALUE)
        return resolve_value(checker->call, checker->kind, checker->placeholders, node);
    for (struct node *operand = node->first; operand != NULL; operand = operand->next)
        if (!resolve(checker, operand))
            return false;
    return true;
}

const char *operand_type(const struct value_store *store, const struct node *node)
{
    if (node->kind == NODE_VALUE)
        return attribute_type_name(store, node->value);
    if (node->kind == NODE_FUNCTION && node->function == FUNCTION_SIZE)
        return "N";
    if (node->kind == NODE_FUNCTION && node->function == FUNCTION_LIST_APPEND)
        return "L";
    return NULL;
}

static const char *operator_text(const struct node *node)
{
    switch (node->kind) {
    case NODE_FUNCTION:
        return function_name(node->function);
    case NODE_EQ:
        return "=";
    case NODE_NE:
        return "<>";
    case NODE_LT:
        return "<";
    case NODE_LE:
        return "<=";
    case NODE_GT:
        return ">";
    case NODE_GE:
        return ">=";
    case NODE_BETWEEN:
        return "BETWEEN";
    case NODE_IN:
        return "IN";
    case NODE_AND:
        return "AND";
    case NODE_OR:
        return "OR";
    case NODE_NOT:
        return "NOT";
    case NODE_PLUS:
        return "+";
    case NODE_MINUS:
        return "-";
    case NODE_PATH:
    case NODE_VALUE:
        break;
    }
    return "";
}

static bool wrong_type(const struct checker *checker, const struct node *node, const char *type)
{
    return expression_invalid(checker->call, checker->kind,
                              "Incorrect operand type for operator or function; operator or "
                              "function: %s, operand type: %s",
                              operator_text(node), type);
}

/* NOLINTNEXTLINE(misc-no-recursion): at most EXPRESSION_DEPTH_MAX deep */
static bool check_counts(const struct checker *checker, const struct node *node)
{
    static const size_t counts[] = {
#define FUNCTION_OPERANDS(id, name, operands, update) operands,
        FUNCTIONS(FUNCTION_OPERANDS)
#undef FUNCTION_OPERANDS
    };
    for (const struct node *operand = node->first; operand != NULL; operand = operand->next)
        if (!check_counts(checker, operand))
            return false;
    if (node->kind == NODE_FUNCTION && node->count != counts[node->function])
        return expression_invalid(checker->call, checker->kind,
                                  "Incorrect number of operands for operator or function; operator "
                                  "or function: %s, number of operands: %zu",
                                  function_name(node->function), node->count);
    if (node->kind == NODE_IN && node->count - 1 > IN_OPERANDS_MAX)
        return expression_invalid(
            checker->call, checker->kind,
            "The IN operator is provided with too many operands; number of operands: %zu",
            node->count - 1);
    return true;
}

/* contains(a, a) and a = a are refused. */
/* NOLINTNEXTLINE(misc-no-recursion): at most EXPRESSION_DEPTH_MAX deep */
static bool check_distinct(const struct checker *checker, const struct node *node)
{
    for (const struct node *operand = node->first; operand != NULL; operand = operand->next)
        if (!check_distinct(checker, operand))
            return false;
    const struct node *first = node->first;
    const struct node *second = first == NULL ? NULL : first->next;
    if (node->kind == NODE_IN || second == NULL || second->next != NULL ||
        first->kind != NODE_PATH || second->kind != NODE_PATH)
        return true;
    const struct path *a = &first->path;
    const struct path *b = &second->path;
    if (a->count != b->count || path_relation(a, b) != PATHS_OVERLAP)
        return true;
    const char *text = path_text(checker->call, a);
    if (text == NULL)
        return false;
    return expression_invalid(checker->call, checker->kind,
                              "The first operand must be distinct from the remaining operands for "
                              "this operator or function; operator: %s, first operand: %s",
                              operator_text(node), text);
}

static bool is_ordered_type(const char *type)
{
    return strcmp(type, "S") == 0 || strcmp(type, "N") == 0 || strcmp(type, "B") == 0;
}

static bool check_ordered(const struct checker *checker, const struct node *node)
{
    for (const struct node *operand = node->first; operand != NULL; operand = operand->next) {
        const char *type = operand_type(checker->call->store, operand);
        if (type != NULL && !is_ordered_type(type))
            return wrong_type(checker, node, type);
    }
    return true;
}

/* The text of an S, N or B as it is on the wire. */
static const char *scalar_text(struct call *call, struct value value)
{
    struct value wire = attribute_to_wire(call->store, value);
    if (!call_made(call, wire))
        return NULL;
    return value_bytes(call->store, value_value_at(call->store, wire, 0), NULL);
}

static bool check_between(const struct checker *checker, const struct node *node)
{
    if (!check_ordered(checker, node))
        return false;
    struct call *call = checker->call;
    const struct node *lower = node->first->next;
    const struct node *upper = lower->next;
    if (lower->kind != NODE_VALUE || upper->kind != NODE_VALUE)
        return true;
    bool same = value_kind(call->store, lower->value) == value_kind(call->store, upper->value);
    if (same && value_compare(call->store, lower->value, upper->value) <= 0)
        return true;
    const char *lower_text = scalar_text(call, lower->value);
    const char *upper_text = scalar_text(call, upper->value);
    if (lower_text == NULL || upper_text == NULL)
        return false;
    return expression_invalid(call, checker->kind,
                              "The BETWEEN operator requires %s; lower bound operand: "
                              "AttributeValue: {%s:%s}, upper bound operand: AttributeValue: "
                              "{%s:%s}",
                              same ? "upper bound to be greater than or equal to lower bound"
                                   : "same data type for lower and upper bounds",
                              attribute_type_name(call->store, lower->value), lower_text,
                              attribute_type_name(call->store, upper->value), upper_text);
}

static bool check_attribute_type(const struct checker *checker, const struct node *node)
{
    static const char *const types[] = {"B", "NULL", "SS", "BOOL", "L", "BS", "N", "NS", "S", "M"};
    const struct value_store *store = checker->call->store;
    const struct node *type = node->first->next;
    const char *found = operand_type(store, type);
    if (found == NULL || strcmp(found, "S") != 0)
        return wrong_type(checker, node, found == NULL ? "{NS,SS,L,BS,N,M,B,BOOL,NULL,S}" : found);
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
        if (value_is_text(store, type->value, types[i]))
            return true;
    return expression_invalid(
        checker->call, checker->kind,
        "Invalid attribute type name found; type: %s, valid types: {B,NULL,SS,BOOL,L,BS,N,NS,S,M}",
        value_bytes(store, type->value, NULL));
}

static bool check_function_types(const struct checker *checker, const struct node *node)
{
    const struct value_store *store = checker->call->store;
    const char *type = operand_type(store, node->first);
    switch (node->function) {
    case FUNCTION_ATTRIBUTE_EXISTS:
    case FUNCTION_ATTRIBUTE_NOT_EXISTS:
        return node->first->kind == NODE_PATH ||
               expression_invalid(
                   checker->call, checker->kind,
                   "Operator or function requires a document path; operator or function: %s",
                   function_name(node->function));
    case FUNCTION_ATTRIBUTE_TYPE:
        return check_attribute_type(checker, node);
    case FUNCTION_BEGINS_WITH:
        for (const struct node *operand = node->first; operand != NULL; operand = operand->next) {
            type = operand_type(store, operand);
            if (type != NULL && strcmp(type, "S") != 0 && strcmp(type, "B") != 0)
                return wrong_type(checker, node, type);
        }
        return true;
    case FUNCTION_SIZE:
        return type == NULL ||
               (strcmp(type, "N") != 0 && strcmp(type, "BOOL") != 0 && strcmp(type, "NULL") != 0) ||
               wrong_type(checker, node, type);
    case FUNCTION_CONTAINS:
    case FUNCTION_IF_NOT_EXISTS:
    case FUNCTION_LIST_APPEND:
    case FUNCTION_UNKNOWN:
        break;
    }
    return true;
}

/* NOLINTNEXTLINE(misc-no-recursion): at most EXPRESSION_DEPTH_MAX deep */
static bool check_types(const struct checker *checker, const struct node *node)
{
    for (const struct node *operand = node->first; operand != NULL; operand = operand->next)
        if (!check_types(checker, operand))
            return false;
    switch (node->kind) {
    case NODE_LT:
    case NODE_LE:
    case NODE_GT:
    case NODE_GE:
        return check_ordered(checker, node);
    case NODE_BETWEEN:
        return check_between(checker, node);
    case NODE_FUNCTION:
        return check_function_types(checker, node);
    case NODE_PATH:
    case NODE_VALUE:
    case NODE_EQ:
    case NODE_NE:
    case NODE_IN:
    case NODE_AND:
    case NODE_OR:
    case NODE_NOT:
    case NODE_PLUS:
    case NODE_MINUS:
        break;
    }
    return true;
}

/* NOLINTNEXTLINE(misc-no-recursion): at most EXPRESSION_DEPTH_MAX deep */
static bool check_conditions(const struct checker *checker, struct node *node)
{
    if (!is_logical(node))
        return resolve(checker, node) && check_counts(checker, node) &&
               check_distinct(checker, node) && check_types(checker, node);
    for (struct node *operand = node->first; operand != NULL; operand = operand->next)
        if (!check_conditions(checker, operand))
            return false;
    return true;
}

bool condition_check(struct call *call, enum expression_kind kind,
                     struct placeholders *placeholders, struct node *condition)
{
    const struct checker checker = {call, kind, placeholders};
    return check_functions(&checker, condition) && check_places(&checker, condition, true) &&
           check_names(&checker, condition) && check_conditions(&checker, condition);
}

bool condition_read(struct call *call, enum expression_kind kind, struct value text,
                    struct placeholders *placeholders, struct node **condition)
{
    struct parser parser;
    if (!parser_init(&parser, call, kind, text))
        return false;
    *condition = condition_parse(&parser);
    return *condition != NULL && condition_check(call, kind, placeholders, *condition);
}

/* NOLINTNEXTLINE(misc-no-recursion): at most EXPRESSION_DEPTH_MAX deep */
bool node_check_keys(struct call *call, const struct table_config *table, const struct node *node)
{
    if (node->kind == NODE_PATH && !path_check_key(call, table, &node->path))
        return false;
    for (const struct node *operand = node->first; operand != NULL; operand = operand->next)
        if (!node_check_keys(call, table, operand))
            return false;
    return true;
}
