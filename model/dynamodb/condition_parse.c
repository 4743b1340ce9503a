/* Grammar of condition, filter and key condition expressions. NOT binds tighter than AND, AND
 * tighter than OR; keywords in any case. */
#include "model/dynamodb/expression.h"

static struct node *read_or(struct parser *parser);

static bool comparator(enum lexeme lexeme, enum node_kind *kind)
{
    static const struct {
        enum lexeme lexeme;
        enum node_kind kind;
    } comparators[] = {{LEXEME_EQ, NODE_EQ}, {LEXEME_NE, NODE_NE}, {LEXEME_LT, NODE_LT},
                       {LEXEME_LE, NODE_LE}, {LEXEME_GT, NODE_GT}, {LEXEME_GE, NODE_GE}};
    for (size_t i = 0; i < sizeof comparators / sizeof comparators[0]; i++) {
        if (comparators[i].lexeme == lexeme) {
            *kind = comparators[i].kind;
            return true;
        }
    }
    return false;
}

static bool continues_operand(const struct token *token)
{
    enum node_kind kind;
    return comparator(token->lexeme, &kind) || token_is_word(token, "BETWEEN") ||
           token_is_word(token, "IN");
}

/* At a '(': does it open an operand, "(a) = :v", rather than a condition, "(a = :v)"? */
static bool opens_operand(const struct parser *parser)
{
    size_t open = 0;
    for (const struct token *token = parser_peek(parser); token->lexeme != LEXEME_END; token++) {
        if (token->lexeme == LEXEME_LEFT_PARENTHESIS)
            open++;
        if (token->lexeme == LEXEME_RIGHT_PARENTHESIS && --open == 0)
            return continues_operand(token + 1);
    }
    return false;
}

static bool add_operand(struct parser *parser, struct node *parent)
{
    struct node *operand = parser_operand(parser);
    if (operand == NULL)
        return false;
    node_add(parent, operand);
    return true;
}

static struct node *start(struct parser *parser, enum node_kind kind, struct node *first)
{
    struct node *node = parser_node(parser, kind);
    if (node == NULL || !parser_count_operator(parser))
        return NULL;
    node_add(node, first);
    return node;
}

static struct node *read_between(struct parser *parser, struct node *operand)
{
    struct node *node = start(parser, NODE_BETWEEN, operand);
    if (node == NULL || !add_operand(parser, node))
        return NULL;
    if (!parser_accept_word(parser, "AND")) {
        parser_syntax_error(parser);
        return NULL;
    }
    return add_operand(parser, node) ? node : NULL;
}

static struct node *read_in(struct parser *parser, struct node *operand)
{
    struct node *node = start(parser, NODE_IN, operand);
    if (node == NULL || !parser_expect(parser, LEXEME_LEFT_PARENTHESIS))
        return NULL;
    do {
        if (!add_operand(parser, node))
            return NULL;
    } while (parser_accept(parser, LEXEME_COMMA));
    return parser_expect(parser, LEXEME_RIGHT_PARENTHESIS) ? node : NULL;
}

static struct node *read_comparison(struct parser *parser)
{
    struct node *operand = parser_operand(parser);
    if (operand == NULL)
        return NULL;
    enum node_kind kind;
    if (comparator(parser_peek(parser)->lexeme, &kind)) {
        parser->next++;
        struct node *node = start(parser, kind, operand);
        return node != NULL && add_operand(parser, node) ? node : NULL;
    }
    if (parser_accept_word(parser, "BETWEEN"))
        return read_between(parser, operand);
    if (parser_accept_word(parser, "IN"))
        return read_in(parser, operand);
    if (operand->kind == NODE_FUNCTION)
        return operand;
    parser_syntax_error(parser);
    return NULL;
}

static struct node *read_primary(struct parser *parser)
{
    if (parser_peek(parser)->lexeme != LEXEME_LEFT_PARENTHESIS || opens_operand(parser)) {
        parser->parenthesised = false;
        return read_comparison(parser);
    }
    parser->next++;
    struct node *node = read_or(parser);
    if (node == NULL || !parser_expect(parser, LEXEME_RIGHT_PARENTHESIS))
        return NULL;
    parser->redundant_parentheses |= parser->parenthesised;
    parser->parenthesised = true;
    return node;
}

/* NOLINTNEXTLINE(misc-no-recursion): at most EXPRESSION_DEPTH_MAX deep */
static struct node *read_not(struct parser *parser)
{
    if (!parser_accept_word(parser, "NOT"))
        return read_primary(parser);
    if (!parser_enter(parser))
        return NULL;
    struct node *operand = read_not(parser);
    parser_leave(parser);
    parser->parenthesised = false;
    return operand == NULL ? NULL : start(parser, NODE_NOT, operand);
}

/* operand (WORD operand)*, as one node however many operands: chains do not nest. */
static struct node *read_chain(struct parser *parser, enum node_kind kind, const char *word,
                               struct node *(*read)(struct parser *parser))
{
    struct node *first = read(parser);
    if (first == NULL || !token_is_word(parser_peek(parser), word))
        return first;
    struct node *node = parser_node(parser, kind);
    if (node == NULL)
        return NULL;
    node_add(node, first);
    while (parser_accept_word(parser, word)) {
        struct node *operand = parser_count_operator(parser) ? read(parser) : NULL;
        if (operand == NULL)
            return NULL;
        node_add(node, operand);
    }
    parser->parenthesised = false;
    return node;
}

static struct node *read_and(struct parser *parser)
{
    return read_chain(parser, NODE_AND, "AND", read_not);
}

static struct node *read_or(struct parser *parser)
{
    if (!parser_enter(parser))
        return NULL;
    struct node *node = read_chain(parser, NODE_OR, "OR", read_and);
    parser_leave(parser);
    return node;
}

struct node *condition_parse(struct parser *parser)
{
    struct node *node = read_or(parser);
    if (node == NULL || !parser_expect_end(parser))
        return NULL;
    if (parser->redundant_parentheses) {
        expression_invalid(parser->call, parser->kind, "The expression has redundant parentheses;");
        return NULL;
    }
    return node;
}
