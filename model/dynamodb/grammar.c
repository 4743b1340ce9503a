/* What all expressions share: tokens, paths, operands, function calls. */
#include "model/dynamodb/expression.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

const char *expression_name(enum expression_kind kind)
{
    static const char *const names[] = {
#define EXPRESSION_TEXT(id, name) name,
        EXPRESSION_KINDS(EXPRESSION_TEXT)
#undef EXPRESSION_TEXT
    };
    CHECK(kind < EXPRESSION_KIND_COUNT);
    return names[kind];
}

static const char *const function_names[] = {
#define FUNCTION_TEXT(id, name, operands, update) name,
    FUNCTIONS(FUNCTION_TEXT)
#undef FUNCTION_TEXT
};

const char *function_name(enum function function)
{
    CHECK(function < FUNCTION_UNKNOWN);
    return function_names[function];
}

bool expression_invalid(struct call *call, enum expression_kind kind, const char *format, ...)
{
    enum { MESSAGE_SIZE = 2 * EXPRESSION_SIZE_MAX + 1024 };
    char *message = call_allocate(call, MESSAGE_SIZE, 1);
    if (message == NULL)
        return false;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, MESSAGE_SIZE, format, arguments);
    va_end(arguments);
    return call_invalid(call, "Invalid %s: %s", expression_name(kind), message);
}

bool parser_init(struct parser *parser, struct call *call, enum expression_kind kind,
                 struct value text)
{
    size_t length;
    const char *bytes = value_bytes(call->store, text, &length);
    memset(parser, 0, sizeof *parser);
    parser->call = call;
    parser->kind = kind;
    if (length == 0)
        return expression_invalid(call, kind, "The expression can not be empty;");
    if (length > EXPRESSION_SIZE_MAX)
        return expression_invalid(
            call, kind,
            "Expression size has exceeded the maximum allowed size; expression size: %zu", length);
    struct token *tokens;
    size_t count;
    if (!lexer_run(call, bytes, length, &tokens, &count))
        return false;
    parser->tokens = tokens;
    return true;
}

const struct token *parser_peek(const struct parser *parser)
{
    return &parser->tokens[parser->next];
}

bool parser_accept(struct parser *parser, enum lexeme lexeme)
{
    if (lexeme == LEXEME_END || parser_peek(parser)->lexeme != lexeme)
        return false;
    parser->next++;
    return true;
}

bool parser_accept_word(struct parser *parser, const char *word)
{
    if (!token_is_word(parser_peek(parser), word))
        return false;
    parser->next++;
    return true;
}

bool parser_expect(struct parser *parser, enum lexeme lexeme)
{
    return parser_accept(parser, lexeme) || parser_syntax_error(parser);
}

bool parser_expect_end(struct parser *parser)
{
    return parser_peek(parser)->lexeme == LEXEME_END || parser_syntax_error(parser);
}

/* AWS shows the token and the text from the one before it to the one after it. */
bool parser_syntax_error(struct parser *parser)
{
    const struct token *token = parser_peek(parser);
    const struct token *before = parser->next == 0 ? token : token - 1;
    const struct token *after = token->lexeme == LEXEME_END ? token : token + 1;
    int near_length = (int)(after->bytes + after->length - before->bytes);
    if (token->lexeme == LEXEME_END)
        return expression_invalid(parser->call, parser->kind,
                                  "Syntax error; token: \"<EOF>\", near: \"%.*s\"", near_length,
                                  before->bytes);
    return expression_invalid(parser->call, parser->kind,
                              "Syntax error; token: \"%.*s\", near: \"%.*s\"", (int)token->length,
                              token->bytes, near_length, before->bytes);
}

bool parser_enter(struct parser *parser)
{
    if (parser->depth < EXPRESSION_DEPTH_MAX) {
        parser->depth++;
        return true;
    }
    return expression_invalid(parser->call, parser->kind,
                              "The expression has too many levels of nesting; levels: %u",
                              parser->depth + 1);
}

void parser_leave(struct parser *parser) { parser->depth--; }

bool parser_count_operator(struct parser *parser)
{
    parser->operators++;
    if (parser->operators <= EXPRESSION_OPERATORS_MAX)
        return true;
    return expression_invalid(parser->call, parser->kind,
                              "The expression contains too many operators; operator count: %u",
                              parser->operators);
}

struct node *parser_node(struct parser *parser, enum node_kind kind)
{
    struct node *node = call_allocate(parser->call, 1, sizeof *node);
    if (node != NULL)
        node->kind = kind;
    return node;
}

void node_add(struct node *parent, struct node *operand)
{
    struct node **end = &parent->first;
    while (*end != NULL)
        end = &(*end)->next;
    *end = operand;
    parent->count++;
}

/* Words that the grammar of this kind of expression takes, so that no attribute is meant. */
static bool is_keyword(const struct parser *parser, const struct token *token)
{
    static const char *const of_updates[] = {"SET", "REMOVE", "ADD", "DELETE", NULL};
    static const char *const of_conditions[] = {"AND", "OR", "NOT", "BETWEEN", "IN", NULL};
    const char *const *words = parser->kind == EXPRESSION_UPDATE ? of_updates : of_conditions;
    if (parser->kind == EXPRESSION_PROJECTION)
        return false;
    for (size_t i = 0; words[i] != NULL; i++)
        if (token_is_word(token, words[i]))
            return true;
    return false;
}

static bool read_index(struct parser *parser, struct path_element *element)
{
    const struct token *token = parser_peek(parser);
    if (token->lexeme != LEXEME_INTEGER)
        return parser_syntax_error(parser);
    uint64_t index = 0;
    for (size_t i = 0; i < token->length && index <= INT32_MAX; i++)
        index = index * 10 + (uint64_t)(token->bytes[i] - '0');
    if (index > INT32_MAX)
        return expression_invalid(parser->call, parser->kind,
                                  "List index is not within the allowable range; index: [%.*s]",
                                  (int)token->length, token->bytes);
    element->is_index = true;
    element->index = (uint32_t)index;
    parser->next++;
    return parser_expect(parser, LEXEME_RIGHT_BRACKET);
}

static bool read_name(struct parser *parser, struct path_element *element)
{
    const struct token *token = parser_peek(parser);
    bool name = token->lexeme == LEXEME_NAME && !is_keyword(parser, token);
    if (!name && token->lexeme != LEXEME_NAME_REF)
        return parser_syntax_error(parser);
    element->token = *token;
    parser->next++;
    return true;
}

bool parser_path(struct parser *parser, struct path *path)
{
    struct path_element elements[PATH_DEPTH_MAX];
    memset(elements, 0, sizeof elements);
    size_t count = 1;
    if (!read_name(parser, &elements[0]))
        return false;
    for (;;) {
        bool index = parser_accept(parser, LEXEME_LEFT_BRACKET);
        if (!index && !parser_accept(parser, LEXEME_DOT))
            break;
        if (count == PATH_DEPTH_MAX)
            return expression_invalid(parser->call, parser->kind,
                                      "The document path has too many nesting elements; nesting "
                                      "levels: %zu",
                                      count + 1);
        if (index ? !read_index(parser, &elements[count]) : !read_name(parser, &elements[count]))
            return false;
        count++;
    }
    path->elements = call_allocate(parser->call, count, sizeof elements[0]);
    if (path->elements == NULL)
        return false;
    memcpy(path->elements, elements, count * sizeof elements[0]);
    path->count = count;
    return true;
}

static enum function find_function(const struct token *name)
{
    for (unsigned i = 0; i < FUNCTION_UNKNOWN; i++)
        if (strlen(function_names[i]) == name->length &&
            memcmp(function_names[i], name->bytes, name->length) == 0)
            return (enum function)i;
    return FUNCTION_UNKNOWN;
}

/* name ( operand, ... ): at the name. */
/* NOLINTNEXTLINE(misc-no-recursion): at most EXPRESSION_DEPTH_MAX deep */
static struct node *read_call(struct parser *parser)
{
    struct node *node = parser_node(parser, NODE_FUNCTION);
    if (node == NULL || !parser_count_operator(parser))
        return NULL;
    node->token = *parser_peek(parser);
    node->function = find_function(&node->token);
    parser->next += 2;
    do {
        struct node *operand = parser_operand(parser);
        if (operand == NULL)
            return NULL;
        node_add(node, operand);
    } while (parser_accept(parser, LEXEME_COMMA));
    return parser_expect(parser, LEXEME_RIGHT_PARENTHESIS) ? node : NULL;
}

/* NOLINTNEXTLINE(misc-no-recursion): at most EXPRESSION_DEPTH_MAX deep */
static struct node *read_parenthesised(struct parser *parser)
{
    bool twice = parser_peek(parser)->lexeme == LEXEME_LEFT_PARENTHESIS;
    struct node *node = parser_operand(parser);
    if (node == NULL || !parser_expect(parser, LEXEME_RIGHT_PARENTHESIS))
        return NULL;
    parser->redundant_parentheses |= twice;
    return node;
}

/* NOLINTNEXTLINE(misc-no-recursion): at most EXPRESSION_DEPTH_MAX deep */
static struct node *read_operand(struct parser *parser)
{
    const struct token *token = parser_peek(parser);
    if (parser_accept(parser, LEXEME_LEFT_PARENTHESIS))
        return read_parenthesised(parser);
    if (token->lexeme == LEXEME_NAME && token[1].lexeme == LEXEME_LEFT_PARENTHESIS &&
        !is_keyword(parser, token))
        return read_call(parser);
    struct node *node =
        parser_node(parser, token->lexeme == LEXEME_VALUE_REF ? NODE_VALUE : NODE_PATH);
    if (node == NULL)
        return NULL;
    if (node->kind == NODE_PATH)
        return parser_path(parser, &node->path) ? node : NULL;
    node->token = *token;
    parser->next++;
    return node;
}

/* NOLINTNEXTLINE(misc-no-recursion): at most EXPRESSION_DEPTH_MAX deep */
struct node *parser_operand(struct parser *parser)
{
    if (!parser_enter(parser))
        return NULL;
    struct node *node = read_operand(parser);
    parser_leave(parser);
    return node;
}
