/* Expressions as trees: condition, filter, key condition, update and projection expressions.
 *
 * An expression is read in two steps, as DynamoDB does it: first the grammar (a syntax error wins
 * over everything else), then the checks, in which the placeholders are replaced by what they stand
 * for. All nodes are the arena's. Sources: developer guide, "Using expressions in DynamoDB"; order
 * and texts of the errors as measured on AWS by mhart/dynalite and scylladb's test/alternator. */
#ifndef ONCECHECK_MODEL_DYNAMODB_EXPRESSION_H
#define ONCECHECK_MODEL_DYNAMODB_EXPRESSION_H

#include "model/dynamodb/lexer.h"

enum {
    EXPRESSION_SIZE_MAX = 4096,     /* bytes (developer guide, "Limits") */
    EXPRESSION_OPERATORS_MAX = 300, /* operators and functions in one expression (the same) */
    EXPRESSION_DEPTH_MAX = 310,     /* of nested operators, functions and parentheses */
    PATH_DEPTH_MAX = 32,            /* elements of a document path (the same) */
    IN_OPERANDS_MAX = 100           /* of IN (the same) */
};

#define EXPRESSION_KINDS(X)                                                                        \
    X(EXPRESSION_UPDATE, "UpdateExpression")                                                       \
    X(EXPRESSION_CONDITION, "ConditionExpression")                                                 \
    X(EXPRESSION_KEY_CONDITION, "KeyConditionExpression")                                          \
    X(EXPRESSION_FILTER, "FilterExpression")                                                       \
    X(EXPRESSION_PROJECTION, "ProjectionExpression")

enum expression_kind {
#define EXPRESSION_ENUM(id, name) id,
    EXPRESSION_KINDS(EXPRESSION_ENUM)
#undef EXPRESSION_ENUM
        EXPRESSION_KIND_COUNT
};

/* id, name (case-sensitive), operands, whether it belongs to update expressions */
#define FUNCTIONS(X)                                                                               \
    X(FUNCTION_ATTRIBUTE_EXISTS, "attribute_exists", 1, false)                                     \
    X(FUNCTION_ATTRIBUTE_NOT_EXISTS, "attribute_not_exists", 1, false)                             \
    X(FUNCTION_ATTRIBUTE_TYPE, "attribute_type", 2, false)                                         \
    X(FUNCTION_BEGINS_WITH, "begins_with", 2, false)                                               \
    X(FUNCTION_CONTAINS, "contains", 2, false)                                                     \
    X(FUNCTION_SIZE, "size", 1, false)                                                             \
    X(FUNCTION_IF_NOT_EXISTS, "if_not_exists", 2, true)                                            \
    X(FUNCTION_LIST_APPEND, "list_append", 2, true)

enum function {
#define FUNCTION_ENUM(id, name, operands, update) id,
    FUNCTIONS(FUNCTION_ENUM)
#undef FUNCTION_ENUM
        FUNCTION_UNKNOWN
};

enum node_kind {
    NODE_PATH,
    NODE_VALUE, /* an expression attribute value */
    NODE_FUNCTION,
    NODE_EQ,
    NODE_NE,
    NODE_LT,
    NODE_LE,
    NODE_GT,
    NODE_GE,
    NODE_BETWEEN, /* operand, lower bound, upper bound */
    NODE_IN,      /* operand, then the list */
    NODE_AND,     /* two or more */
    NODE_OR,      /* two or more */
    NODE_NOT,
    NODE_PLUS,
    NODE_MINUS
};

/* a, #a or [0]. */
struct path_element {
    bool is_index;
    uint32_t index;
    struct token token; /* the name as written */
    struct value name;  /* STRING, once resolved */
};

/* A document path: a.b[0].#c. */
struct path {
    struct path_element *elements;
    size_t count;
};

struct node {
    enum node_kind kind;
    enum function function;
    struct token token; /* FUNCTION: its name; VALUE: ":v" */
    struct path path;   /* PATH */
    struct value value; /* VALUE: native, once resolved */
    struct node *first; /* operands in order */
    struct node *next;  /* the next operand of the same parent */
    size_t count;       /* of operands */
};

/* ExpressionAttributeNames and ExpressionAttributeValues of a request. */
struct placeholders {
    struct value names;  /* MAP "#n" -> STRING, or none */
    struct value values; /* MAP ":v" -> native value, or none */
    bool *name_used;     /* by index in the MAP */
    bool *value_used;
};

/* What reading an expression needs. */
struct parser {
    struct call *call;
    enum expression_kind kind;
    const struct token *tokens;
    size_t next;
    unsigned depth;
    unsigned operators;
    bool redundant_parentheses;
    bool parenthesised;          /* the condition read last was in parentheses as a whole */
    const char *repeated_clause; /* of an update: "SET" and the like; NULL: none */
};

const char *expression_name(enum expression_kind kind);
const char *function_name(enum function function);

/* ValidationException "Invalid <kind>: ...". Returns false. */
__attribute__((format(printf, 3, 4))) bool
expression_invalid(struct call *call, enum expression_kind kind, const char *format, ...);

/* Reading: grammar.c. `text` is a STRING. */
bool parser_init(struct parser *parser, struct call *call, enum expression_kind kind,
                 struct value text);
const struct token *parser_peek(const struct parser *parser);
bool parser_accept(struct parser *parser, enum lexeme lexeme);
bool parser_accept_word(struct parser *parser, const char *word); /* word in capitals */
bool parser_expect(struct parser *parser, enum lexeme lexeme);
bool parser_expect_end(struct parser *parser);
bool parser_syntax_error(struct parser *parser); /* at the next token; returns false */
bool parser_enter(struct parser *parser);        /* one level deeper, bounded */
void parser_leave(struct parser *parser);
bool parser_count_operator(struct parser *parser);
struct node *parser_node(struct parser *parser, enum node_kind kind); /* NULL: the call ended */
void node_add(struct node *parent, struct node *operand);
bool parser_path(struct parser *parser, struct path *path);
/* A path, a value, a function call, or one of these in parentheses. NULL: the call ended. */
struct node *parser_operand(struct parser *parser);

/* Placeholders: placeholders.c. */
bool placeholders_read(struct call *call, struct value request, struct placeholders *placeholders);
/* Each must have been used by an expression. */
bool placeholders_check_used(struct call *call, const struct placeholders *placeholders);
/* Replace the names in a path, or the values in a tree. */
bool resolve_path(struct call *call, enum expression_kind kind, struct placeholders *placeholders,
                  struct path *path);
bool resolve_value(struct call *call, enum expression_kind kind, struct placeholders *placeholders,
                   struct node *node);
bool check_reserved(struct call *call, enum expression_kind kind, const struct path *path);

/* Type of an operand as far as it is known without an item: "S", "N", ...; NULL: unknown. */
const char *operand_type(const struct value_store *store, const struct node *node);

/* Whole expressions, read and checked. */
bool condition_read(struct call *call, enum expression_kind kind, struct value text,
                    struct placeholders *placeholders, struct node **condition);
struct node *condition_parse(struct parser *parser);
bool condition_check(struct call *call, enum expression_kind kind,
                     struct placeholders *placeholders, struct node *condition);
/* Key attributes are scalars: no a.b where a is one. */
bool node_check_keys(struct call *call, const struct table_config *table, const struct node *node);

/* True if the item (VALUE_NONE: no item) meets the condition. */
bool condition_holds(const struct value_store *store, const struct node *condition,
                     struct value item);

#endif
