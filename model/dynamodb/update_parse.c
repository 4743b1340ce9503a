/* Grammar and checks of update expressions. The checks come in the order in which DynamoDB reports
 * them, each over the whole expression. */
#include "model/dynamodb/path.h"
#include "model/dynamodb/update.h"

#include <string.h>

const char *update_clause_name(enum update_clause clause)
{
    static const char *const names[] = {
#define CLAUSE_TEXT(id, name) name,
        UPDATE_CLAUSES(CLAUSE_TEXT)
#undef CLAUSE_TEXT
    };
    CHECK(clause < CLAUSE_COUNT);
    return names[clause];
}

static struct node *read_sum(struct parser *parser);

/* At a '(': is the whole right-hand side in parentheses, "(a + b)"? */
static bool opens_sum(const struct parser *parser)
{
    size_t open = 0;
    for (const struct token *token = parser_peek(parser); token->lexeme != LEXEME_END; token++) {
        if (token->lexeme == LEXEME_LEFT_PARENTHESIS)
            open++;
        if (token->lexeme == LEXEME_RIGHT_PARENTHESIS && --open == 0)
            return token[1].lexeme != LEXEME_PLUS && token[1].lexeme != LEXEME_MINUS;
    }
    return false;
}

/* operand, or operand + operand, or operand - operand. */
/* NOLINTNEXTLINE(misc-no-recursion): at most EXPRESSION_DEPTH_MAX deep */
static struct node *read_sum(struct parser *parser)
{
    if (parser_peek(parser)->lexeme == LEXEME_LEFT_PARENTHESIS && opens_sum(parser)) {
        if (!parser_enter(parser))
            return NULL;
        parser->next++;
        struct node *inner = read_sum(parser);
        parser_leave(parser);
        return inner != NULL && parser_expect(parser, LEXEME_RIGHT_PARENTHESIS) ? inner : NULL;
    }
    struct node *left = parser_operand(parser);
    if (left == NULL)
        return NULL;
    enum lexeme lexeme = parser_peek(parser)->lexeme;
    if (lexeme != LEXEME_PLUS && lexeme != LEXEME_MINUS)
        return left;
    parser->next++;
    struct node *sum = parser_node(parser, lexeme == LEXEME_PLUS ? NODE_PLUS : NODE_MINUS);
    if (sum == NULL || !parser_count_operator(parser))
        return NULL;
    struct node *right = parser_operand(parser);
    if (right == NULL)
        return NULL;
    node_add(sum, left);
    node_add(sum, right);
    return sum;
}

static bool read_action(struct parser *parser, enum update_clause clause,
                        struct update_action *action)
{
    action->clause = clause;
    if (!parser_path(parser, &action->path))
        return false;
    if (clause == CLAUSE_REMOVE)
        return true;
    if (clause == CLAUSE_SET) {
        if (!parser_expect(parser, LEXEME_EQ))
            return false;
        action->operand = read_sum(parser);
        return action->operand != NULL;
    }
    if (parser_peek(parser)->lexeme != LEXEME_VALUE_REF)
        return parser_syntax_error(parser);
    action->operand = parser_operand(parser);
    return action->operand != NULL;
}

static bool read_clause_name(struct parser *parser, enum update_clause *clause)
{
    for (unsigned i = 0; i < CLAUSE_COUNT; i++) {
        *clause = (enum update_clause)i;
        if (parser_accept_word(parser, update_clause_name(*clause)))
            return true;
    }
    return parser_syntax_error(parser);
}

/* An action follows the word of a clause or a comma, so there are no more than these. */
static size_t count_actions(const struct parser *parser)
{
    size_t count = CLAUSE_COUNT;
    for (const struct token *token = parser->tokens; token->lexeme != LEXEME_END; token++)
        count += token->lexeme == LEXEME_COMMA || token_is_word(token, "SET") ||
                 token_is_word(token, "REMOVE") || token_is_word(token, "ADD") ||
                 token_is_word(token, "DELETE");
    return count;
}

bool update_parse(struct parser *parser, struct update *update)
{
    bool seen[CLAUSE_COUNT] = {false};
    enum update_clause twice = CLAUSE_COUNT;
    update->actions = call_allocate(parser->call, count_actions(parser), sizeof *update->actions);
    if (update->actions == NULL)
        return false;
    do {
        enum update_clause clause;
        if (!read_clause_name(parser, &clause))
            return false;
        if (seen[clause] && twice == CLAUSE_COUNT)
            twice = clause;
        seen[clause] = true;
        do {
            if (!read_action(parser, clause, &update->actions[update->count++]))
                return false;
        } while (parser_accept(parser, LEXEME_COMMA));
    } while (parser_peek(parser)->lexeme != LEXEME_END);
    parser->repeated_clause = twice == CLAUSE_COUNT ? NULL : update_clause_name(twice);
    return true;
}

struct checker {
    struct call *call;
    struct placeholders *placeholders;
    struct update *update;
};

typedef bool node_check(const struct checker *checker, struct node *node);

/* Apply a check to a tree, parents after their operands. The parser bounded the depth
 * (EXPRESSION_DEPTH_MAX). */
/* NOLINTNEXTLINE(misc-no-recursion): at most EXPRESSION_DEPTH_MAX deep */
static bool check_tree(const struct checker *checker, struct node *node, node_check *check)
{
    for (struct node *operand = node->first; operand != NULL; operand = operand->next)
        if (!check_tree(checker, operand, check))
            return false;
    return check(checker, node);
}

static bool check_operands(const struct checker *checker, node_check *check)
{
    for (size_t i = 0; i < checker->update->count; i++)
        if (checker->update->actions[i].operand != NULL &&
            !check_tree(checker, checker->update->actions[i].operand, check))
            return false;
    return true;
}

static bool check_reserved_name(const struct checker *checker, struct node *node)
{
    return node->kind != NODE_PATH || check_reserved(checker->call, EXPRESSION_UPDATE, &node->path);
}

static bool check_function_name(const struct checker *checker, struct node *node)
{
    if (node->kind != NODE_FUNCTION)
        return true;
    if (node->function == FUNCTION_UNKNOWN)
        return expression_invalid(checker->call, EXPRESSION_UPDATE,
                                  "Invalid function name; function: %.*s", (int)node->token.length,
                                  node->token.bytes);
    if (node->function != FUNCTION_IF_NOT_EXISTS && node->function != FUNCTION_LIST_APPEND)
        return expression_invalid(
            checker->call, EXPRESSION_UPDATE,
            "The function is not allowed in an update expression; function: %s",
            function_name(node->function));
    return true;
}

/* list_append is not allowed within another function (M: scylladb test/alternator). */
static bool check_function_place(const struct checker *checker, struct node *node)
{
    if (node->kind != NODE_FUNCTION)
        return true;
    for (const struct node *operand = node->first; operand != NULL; operand = operand->next)
        if (operand->kind == NODE_FUNCTION && operand->function == FUNCTION_LIST_APPEND)
            return expression_invalid(
                checker->call, EXPRESSION_UPDATE,
                "The function is not allowed to be used this way in an expression; function: %s",
                function_name(operand->function));
    return true;
}

static bool resolve_name(const struct checker *checker, struct node *node)
{
    return node->kind != NODE_PATH ||
           resolve_path(checker->call, EXPRESSION_UPDATE, checker->placeholders, &node->path);
}

static bool resolve_operand_value(const struct checker *checker, struct node *node)
{
    return node->kind != NODE_VALUE ||
           resolve_value(checker->call, EXPRESSION_UPDATE, checker->placeholders, node);
}

static bool check_paths(const struct checker *checker, enum path_relation relation)
{
    const struct update *update = checker->update;
    for (size_t i = 1; i < update->count; i++)
        for (size_t j = 0; j < i; j++)
            if (!path_check_relation(checker->call, EXPRESSION_UPDATE, &update->actions[j].path,
                                     &update->actions[i].path, relation))
                return false;
    return true;
}

static const char *long_type_name(enum value_kind kind)
{
    switch (kind) {
    case VALUE_NULL:
        return "NULL";
    case VALUE_BOOL:
        return "BOOLEAN";
    case VALUE_NUMBER:
        return "NUMBER";
    case VALUE_STRING:
        return "STRING";
    case VALUE_BINARY:
        return "BINARY";
    case VALUE_LIST:
        return "LIST";
    case VALUE_MAP:
        return "MAP";
    case VALUE_STRING_SET:
    case VALUE_NUMBER_SET:
    case VALUE_BINARY_SET:
        break;
    }
    return NULL; /* sets: always allowed */
}

static bool check_clause_type(const struct checker *checker, const struct update_action *action)
{
    if (action->clause != CLAUSE_ADD && action->clause != CLAUSE_DELETE)
        return true;
    enum value_kind kind = value_kind(checker->call->store, action->operand->value);
    const char *type = long_type_name(kind);
    if (type == NULL || (action->clause == CLAUSE_ADD && kind == VALUE_NUMBER))
        return true;
    const char *clause = update_clause_name(action->clause);
    return expression_invalid(checker->call, EXPRESSION_UPDATE,
                              "Incorrect operand type for operator or function; operator: %s, "
                              "operand type: %s, typeSet: ALLOWED_FOR_%s_OPERAND",
                              clause, type, clause);
}

static bool check_type(const struct checker *checker, struct node *node)
{
    bool sum = node->kind == NODE_PLUS || node->kind == NODE_MINUS;
    if (!sum && node->kind != NODE_FUNCTION)
        return true;
    const char *name = sum ? (node->kind == NODE_PLUS ? "+" : "-") : function_name(node->function);
    if (node->count != 2)
        return expression_invalid(checker->call, EXPRESSION_UPDATE,
                                  "Incorrect number of operands for operator or function; operator "
                                  "or function: %s, number of operands: %zu",
                                  name, node->count);
    if (!sum && node->function == FUNCTION_IF_NOT_EXISTS)
        return node->first->kind == NODE_PATH ||
               expression_invalid(
                   checker->call, EXPRESSION_UPDATE,
                   "Operator or function requires a document path; operator or function: %s", name);
    for (const struct node *operand = node->first; operand != NULL; operand = operand->next) {
        const char *type = operand_type(checker->call->store, operand);
        if (type != NULL && strcmp(type, sum ? "N" : "L") != 0)
            return expression_invalid(
                checker->call, EXPRESSION_UPDATE,
                "Incorrect operand type for operator or function; operator or "
                "function: %s, operand type: %s",
                name, type);
    }
    return true;
}

static bool check_targets_reserved(const struct checker *checker)
{
    for (size_t i = 0; i < checker->update->count; i++)
        if (!check_reserved(checker->call, EXPRESSION_UPDATE, &checker->update->actions[i].path))
            return false;
    return true;
}

static bool resolve_targets(const struct checker *checker)
{
    for (size_t i = 0; i < checker->update->count; i++)
        if (!resolve_path(checker->call, EXPRESSION_UPDATE, checker->placeholders,
                          &checker->update->actions[i].path))
            return false;
    return true;
}

static bool check_clause_types(const struct checker *checker)
{
    for (size_t i = 0; i < checker->update->count; i++)
        if (!check_clause_type(checker, &checker->update->actions[i]))
            return false;
    return true;
}

bool update_read(struct call *call, struct value text, struct placeholders *placeholders,
                 struct update **update)
{
    struct parser parser;
    *update = call_allocate(call, 1, sizeof **update);
    if (*update == NULL || !parser_init(&parser, call, EXPRESSION_UPDATE, text) ||
        !update_parse(&parser, *update))
        return false;
    const struct checker checker = {call, placeholders, *update};
    if (!check_targets_reserved(&checker) || !check_operands(&checker, check_reserved_name) ||
        !check_operands(&checker, check_function_name) ||
        !check_operands(&checker, check_function_place))
        return false;
    if (parser.repeated_clause != NULL)
        return expression_invalid(call, EXPRESSION_UPDATE,
                                  "The \"%s\" section can only be used once in an update "
                                  "expression;",
                                  parser.repeated_clause);
    return resolve_targets(&checker) && check_operands(&checker, resolve_name) &&
           check_operands(&checker, resolve_operand_value) &&
           check_paths(&checker, PATHS_OVERLAP) && check_paths(&checker, PATHS_CONFLICT) &&
           check_clause_types(&checker) && check_operands(&checker, check_type);
}
