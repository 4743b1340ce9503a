#include "tests/model/dynamodb/fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sources of the expectations: developer guide, "Condition and filter expressions, operators, and
 * functions"; M marks what others measured on AWS (scylladb test/alternator, mhart/dynalite). */

#define INVALID "ValidationException: Invalid ConditionExpression: "

#define ITEM                                                                                       \
    "{'id': {'S': 'a'}, 'n': {'N': '5'}, 's': {'S': 'hello'}, 'b': {'B': 'AQID'}, "                \
    "'t': {'BOOL': true}, 'z': {'NULL': true}, 'l': {'L': [{'N': '1'}, {'S': 'x'}, "               \
    "{'NS': ['1', '2']}]}, 'm': {'M': {'k': {'N': '7'}, 'l': {'L': [{'N': '3'}]}}}, "              \
    "'ss': {'SS': ['x', 'y']}, 'ns': {'NS': ['1', '5']}, 'bs': {'BS': ['AQ==']}, "                 \
    "'two': {'N': '2'}, 'twin': {'S': 'hello'}}"

/* Does a DeleteItem with the condition delete the item? `values` NULL: none. */
static const char *delete_if(struct fixture *fixture, const char *condition, const char *values)
{
    char request[16384];
    snprintf(request, sizeof request,
             "{'TableName': 'Items', 'Key': {'id': {'S': 'a'}}, 'ConditionExpression': '%s'%s%s%s}",
             condition, values == NULL ? "" : ", 'ExpressionAttributeValues': {",
             values == NULL ? "" : values, values == NULL ? "" : "}");
    return fixture_run(fixture, "DeleteItem", request);
}

struct condition_case {
    const char *condition;
    const char *values;
    bool holds;
};

static void check(const char *items, const struct condition_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct fixture fixture;
        fixture_init(&fixture);
        fixture_fill(&fixture, FIXTURE_ITEMS, items);
        const char *answer = delete_if(&fixture, cases[i].condition, cases[i].values);
        const char *wanted = cases[i].holds ? "{}"
                                            : "ConditionalCheckFailedException: The conditional "
                                              "request failed";
        cr_expect_str_eq(answer, wanted, "%s: %s", cases[i].condition, answer);
        fixture_release(&fixture);
    }
}

#define CHECK_CONDITIONS(items, cases) check(items, cases, sizeof(cases) / sizeof(cases)[0])

Test(condition, compares)
{
    static const struct condition_case cases[] = {
        {"n = :v", "':v': {'N': '5.0'}", true},
        {"n = :v", "':v': {'N': '6'}", false},
        {"n = :v", "':v': {'S': '5'}", false},
        {"n <> :v", "':v': {'S': '5'}", true},
        {"n <> :v", "':v': {'N': '5'}", false},
        {":v = n", "':v': {'N': '5'}", true},
        {"s = twin", NULL, true},
        {"s <> twin", NULL, false},
        {"n < :v", "':v': {'N': '10'}", true},
        {"n < :v", "':v': {'N': '5'}", false},
        {"n <= :v", "':v': {'N': '5'}", true},
        {"n > :v", "':v': {'N': '4.99'}", true},
        {"n > :v", "':v': {'N': '5'}", false},
        {"n >= :v", "':v': {'N': '5'}", true},
        {"n>=:v", "':v': {'N': '5.1'}", false},
        {"n < :v", "':v': {'S': '9'}", false},
        {"s > :v", "':v': {'S': 'hell'}", true},
        {"s < :v", "':v': {'S': 'hello!'}", true},
        {"b < :v", "':v': {'B': 'AQIE'}", true},
        {"b < :v", "':v': {'B': 'AQI='}", false},
        {"l > :v", "':v': {'N': '1'}", false},
        {"t = :v", "':v': {'BOOL': true}", true},
        {"t = :v", "':v': {'BOOL': false}", false},
        {"z = :v", "':v': {'NULL': true}", true},
        {"ss = :v", "':v': {'SS': ['y', 'x']}", true},
        {"ns = :v", "':v': {'NS': ['5', '1.0']}", true},
        {"m = :v", "':v': {'M': {'l': {'L': [{'N': '3'}]}, 'k': {'N': '7'}}}", true},
        {"(n) = (:v)", "':v': {'N': '5'}", true},
        {"m.k = :v", "':v': {'N': '7'}", true},
        {"m.l[0] = :v", "':v': {'N': '3'}", true},
        {"l[2] = :v", "':v': {'NS': ['2', '1']}", true},
        {"m.l[1] = :v", "':v': {'N': '3'}", false},
    };
    CHECK_CONDITIONS("[" ITEM "]", cases);
}

Test(condition, treats_missing_attributes)
{
    static const struct condition_case cases[] = {
        {"q = :v", "':v': {'N': '5'}", false},
        {"q <> :v", "':v': {'N': '5'}", true},
        {"q = r", NULL, false},
        {"q <> r", NULL, true},
        {"q < :v", "':v': {'N': '5'}", false},
        {":v >= q", "':v': {'N': '5'}", false},
        {"NOT q < :v", "':v': {'N': '5'}", true},
        {"q BETWEEN :v AND :v", "':v': {'N': '5'}", false},
        {"q IN (:v)", "':v': {'N': '5'}", false},
        {"size(q) < :v", "':v': {'N': '5'}", false},
        {"attribute_exists(q)", NULL, false},
        {"attribute_not_exists(q)", NULL, true},
        {"attribute_exists(m.q)", NULL, false},
        {"attribute_exists(m.k)", NULL, true},
        {"attribute_exists(l[3])", NULL, false},
        {"attribute_exists(s.k)", NULL, false},
        {"contains(q, :v)", "':v': {'S': 'x'}", false},
        {"begins_with(q, :v)", "':v': {'S': 'x'}", false},
        {"attribute_type(q, :v)", "':v': {'S': 'N'}", false},
    };
    CHECK_CONDITIONS("[" ITEM "]", cases);
    static const struct condition_case no_item[] = {
        {"attribute_not_exists(id)", NULL, true},
        {"attribute_exists(id)", NULL, false},
        {"id <> :v", "':v': {'S': 'a'}", true},
        {"id = :v", "':v': {'S': 'a'}", false},
        {"attribute_not_exists(id) OR Version < :v", "':v': {'N': '1'}", true},
    };
    CHECK_CONDITIONS("[]", no_item);
}

Test(condition, takes_ranges_and_lists)
{
    static const struct condition_case cases[] = {
        {"n BETWEEN :a AND :b", "':a': {'N': '5'}, ':b': {'N': '5'}", true},
        {"n between :a and :b", "':a': {'N': '6'}, ':b': {'N': '7'}", false},
        {"n BETWEEN two AND :b", "':b': {'N': '7'}", true},
        {"n BETWEEN :b AND two", "':b': {'N': '7'}", false},
        {"n BETWEEN :a AND :b", "':a': {'S': '1'}, ':b': {'S': '7'}", false},
        {"n BETWEEN two AND :b AND s = twin", "':b': {'N': '7'}", true},
        {"s BETWEEN :a AND :b", "':a': {'S': 'a'}, ':b': {'S': 'z'}", true},
        {"size(s) BETWEEN :a AND :b", "':a': {'N': '5'}, ':b': {'N': '6'}", true},
        {"n IN (:a, :b)", "':a': {'S': '5'}, ':b': {'N': '5'}", true},
        {"n in(two)", NULL, false},
        {"l IN (l2, l)", NULL, true},
        {"size(ss) IN (two)", NULL, true},
    };
    CHECK_CONDITIONS("[" ITEM "]", cases);
}

Test(condition, calls_functions)
{
    static const struct condition_case cases[] = {
        {"begins_with(s, :v)", "':v': {'S': 'hell'}", true},
        {"begins_with(s, :v)", "':v': {'S': ''}", true},
        {"begins_with(s, :v)", "':v': {'S': 'ello'}", false},
        {"begins_with(b, :v)", "':v': {'B': 'AQI='}", true},
        {"begins_with(n, :v)", "':v': {'S': '5'}", false},
        {"begins_with(:v, s)", "':v': {'S': 'hello world'}", true},
        {"contains(s, :v)", "':v': {'S': 'ell'}", true},
        {"contains(s, :v)", "':v': {'B': 'AQI='}", false},
        {"contains(b, :v)", "':v': {'B': 'AgM='}", true},
        {"contains(ss, :v)", "':v': {'S': 'x'}", true},
        {"contains(ns, :v)", "':v': {'N': '5.0'}", true},
        {"contains(ns, :v)", "':v': {'S': '5'}", false},
        {"contains(bs, :v)", "':v': {'B': 'AQ=='}", true},
        {"contains(l, :v)", "':v': {'NS': ['2', '1']}", true},
        {"contains(l, :v)", "':v': {'N': '2'}", false},
        {"contains(m, :v)", "':v': {'S': 'k'}", false},
        {"contains(ns, n)", NULL, true},
        {"contains(ns, size(s))", NULL, true},
        {"contains(l, size(ss))", NULL, false},
        {"size(s) = :v", "':v': {'N': '5'}", true},
        {"size(s) = n", NULL, true},
        {"size(b) = :v", "':v': {'N': '3'}", true},
        {"size(l) > :v", "':v': {'N': '2'}", true},
        {"size(m) <= :v", "':v': {'N': '2'}", true},
        {"size(ss) < size(l)", NULL, true},
        {"size(ss) = size(ns)", NULL, true},
        {"size(s) = :v", "':v': {'S': '5'}", false},
        {"size(n) = :v", "':v': {'N': '1'}", false},
        {"size(t) = :v", "':v': {'N': '1'}", false},
        {"attribute_type(s, :v)", "':v': {'S': 'S'}", true},
        {"attribute_type(n, :v)", "':v': {'S': 'N'}", true},
        {"attribute_type(b, :v)", "':v': {'S': 'B'}", true},
        {"attribute_type(t, :v)", "':v': {'S': 'BOOL'}", true},
        {"attribute_type(z, :v)", "':v': {'S': 'NULL'}", true},
        {"attribute_type(l, :v)", "':v': {'S': 'L'}", true},
        {"attribute_type(m, :v)", "':v': {'S': 'M'}", true},
        {"attribute_type(ss, :v)", "':v': {'S': 'SS'}", true},
        {"attribute_type(ns, :v)", "':v': {'S': 'NS'}", true},
        {"attribute_type(bs, :v)", "':v': {'S': 'BS'}", true},
        {"attribute_type(s, :v)", "':v': {'S': 'N'}", false},
        {"attribute_type(:v, :v)", "':v': {'S': 'S'}", true},
    };
    CHECK_CONDITIONS("[" ITEM "]", cases);
}

Test(condition, combines)
{
    static const struct condition_case cases[] = {
        {"n = :v AND s = twin", "':v': {'N': '5'}", true},
        {"n = :v AND s = twin", "':v': {'N': '6'}", false},
        {"n = :v OR s = twin", "':v': {'N': '6'}", true},
        {"NOT n = :v", "':v': {'N': '6'}", true},
        {"not not n = :v", "':v': {'N': '6'}", false},
        /* AND before OR; NOT before both. */
        {"s = twin OR n = :v AND n = :v", "':v': {'N': '6'}", true},
        {"(s = twin OR n = :v) AND n = :v", "':v': {'N': '6'}", false},
        {"NOT n = :v AND n = :v", "':v': {'N': '6'}", false},
        {"NOT (n = :v AND s = twin)", "':v': {'N': '6'}", true},
        {"NOT(n = :v)Or(n = :v)", "':v': {'N': '5'}", true},
        {"attribute_exists(s) and (n = :v or n = two) and t = t2", "':v': {'N': '5'}", false},
        {"(n = :v)", "':v': {'N': '5'}", true},
        {"((n = :v) AND s = twin)", "':v': {'N': '5'}", true},
    };
    CHECK_CONDITIONS("[" ITEM "]", cases);
}

struct error_case {
    const char *condition;
    const char *values;
    const char *answer;
};

static void check_errors(const struct error_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        struct fixture fixture;
        fixture_init(&fixture);
        fixture_fill(&fixture, FIXTURE_ITEMS, "[" ITEM "]");
        const char *answer = delete_if(&fixture, cases[i].condition, cases[i].values);
        cr_expect_str_eq(answer, cases[i].answer, "%s: %s", cases[i].condition, answer);
        fixture_release(&fixture);
    }
}

#define CHECK_ERRORS(cases) check_errors(cases, sizeof(cases) / sizeof(cases)[0])

Test(condition, rejects_mistakes_of_grammar)
{
    static const struct error_case cases[] = {
        {"", NULL, INVALID "The expression can not be empty;"},
        {"n", NULL, INVALID "Syntax error; token: '<EOF>', near: 'n'"},
        {"n = ", NULL, INVALID "Syntax error; token: '<EOF>', near: '= '"},
        {"n == :v", NULL, INVALID "Syntax error; token: '=', near: '== :v'"},
        {"n = 5", NULL, INVALID "Syntax error; token: '5', near: '= 5'"},
        {"n IN ()", NULL, INVALID "Syntax error; token: ')', near: '()'"},
        {"n = :v AND", NULL, INVALID "Syntax error; token: '<EOF>', near: 'AND'"},
        {"AND n = :v", NULL, INVALID "Syntax error; token: 'AND', near: 'AND n'"},
        {"n = :v :w", NULL, INVALID "Syntax error; token: ':w', near: ':v :w'"},
        {"n BETWEEN :v", NULL, INVALID "Syntax error; token: '<EOF>', near: ':v'"},
        {"(n = :v", NULL, INVALID "Syntax error; token: '<EOF>', near: ':v'"},
        {"n = :v)", NULL, INVALID "Syntax error; token: ')', near: ':v)'"},
        {"hello!", NULL, INVALID "Syntax error; token: '!', near: 'hello!'"},
        {"((n = :v))", NULL, INVALID "The expression has redundant parentheses;"},
        {"((n)) = :v", NULL, INVALID "The expression has redundant parentheses;"},
    };
    CHECK_ERRORS(cases);
}

Test(condition, rejects_mistakes_of_meaning)
{
    static const struct error_case cases[] = {
        {"dog(n) = :v", NULL, INVALID "Invalid function name; function: dog"},
        {"ATTRIBUTE_EXISTS(n)", NULL, INVALID "Invalid function name; function: ATTRIBUTE_EXISTS"},
        {"if_not_exists(n, n) = :v", NULL,
         INVALID "The function is not allowed in a condition expression; function: if_not_exists"},
        {"size(n)", NULL,
         INVALID
         "The function is not allowed to be used this way in an expression; function: size"},
        {"attribute_exists(n) < :v", NULL,
         INVALID "The function is not allowed to be used this way in an expression; function: "
                 "attribute_exists"},
        {"contains(l, contains(l, l))", NULL,
         INVALID "The function is not allowed to be used this way in an expression; function: "
                 "contains"},
        {"Timestamp < :v", NULL,
         INVALID "Attribute name is a reserved keyword; reserved keyword: Timestamp"},
        {"n = :v", NULL,
         INVALID
         "An expression attribute value used in expression is not defined; attribute value: "
         ":v"},
        {"#n = :v", "':v': {'N': '1'}",
         INVALID "An expression attribute name used in the document path is not defined; attribute "
                 "name: #n"},
        {"size(n, n) = :v", "':v': {'N': '1'}",
         INVALID "Incorrect number of operands for operator or function; operator or function: "
                 "size, number of operands: 2"},
        {"contains(s, s)", NULL,
         INVALID "The first operand must be distinct from the remaining operands for this operator "
                 "or function; operator: contains, first operand: [s]"},
        {"m.l[0] = m.l[0]", NULL,
         INVALID "The first operand must be distinct from the remaining operands for this operator "
                 "or function; operator: =, first operand: [m, l, [0]]"},
        {"attribute_exists(:v)", "':v': {'N': '1'}",
         INVALID "Operator or function requires a document path; operator or function: "
                 "attribute_exists"},
        {"begins_with(s, :v)", "':v': {'N': '1'}",
         INVALID "Incorrect operand type for operator or function; operator or function: "
                 "begins_with, operand type: N"},
        {"size(:v) = :v", "':v': {'N': '1'}",
         INVALID "Incorrect operand type for operator or function; operator or function: size, "
                 "operand type: N"},
        {"attribute_type(s, :v)", "':v': {'S': 'DOG'}",
         INVALID "Invalid attribute type name found; type: DOG, valid types: "
                 "{B,NULL,SS,BOOL,L,BS,N,NS,S,M}"},
        {"attribute_type(s, n)", NULL,
         INVALID "Incorrect operand type for operator or function; operator or function: "
                 "attribute_type, operand type: {NS,SS,L,BS,N,M,B,BOOL,NULL,S}"},
        {"n < :v", "':v': {'L': []}",
         INVALID
         "Incorrect operand type for operator or function; operator or function: <, operand "
         "type: L"},
        {"n BETWEEN :v AND :w", "':v': {'N': '2'}, ':w': {'N': '1'}",
         INVALID "The BETWEEN operator requires upper bound to be greater than or equal to lower "
                 "bound; lower bound operand: AttributeValue: {N:2}, upper bound operand: "
                 "AttributeValue: {N:1}"},
        {"n BETWEEN :v AND :w", "':v': {'N': '2'}, ':w': {'S': 'dog'}",
         INVALID "The BETWEEN operator requires same data type for lower and upper bounds; lower "
                 "bound operand: AttributeValue: {N:2}, upper bound operand: AttributeValue: "
                 "{S:dog}"},
        {"n BETWEEN :v AND :v", "':v': {'BOOL': true}",
         INVALID "Incorrect operand type for operator or function; operator or function: BETWEEN, "
                 "operand type: BOOL"},
        {"id.x = :v", "':v': {'N': '1'}",
         "ValidationException: Key attributes must be scalars; list random access '[]' and map "
         "lookup '.' are not allowed: Key: id"},
    };
    CHECK_ERRORS(cases);
}

/* `count` times `part`, with `separator` between. */
static char *repeat(const char *start, const char *part, const char *separator, unsigned count,
                    const char *end)
{
    char *text = calloc(1, 32768);
    strcat(text, start);
    for (unsigned i = 0; i < count; i++) {
        strcat(text, i == 0 ? "" : separator);
        strcat(text, part);
    }
    return strcat(text, end);
}

Test(condition, has_limits)
{
    static const struct {
        const char *start;
        const char *part;
        const char *separator;
        const char *end;
        unsigned count;
        bool fits;
    } cases[] = {
        {"n IN (", ":v", ",", ")", 100, true}, {"n IN (", ":v", ",", ")", 101, false},
        {"", "n=:v", " OR ", "", 150, true}, /* 150 comparisons and 149 ORs */
        {"", "n=:v", " OR ", "", 151, false},  {"", "NOT ", "", "n=:v", 298, true},
        {"", "NOT ", "", "n=:v", 700, false},  {"", "(", "", "n=:v", 4000, false},
        {"a", ".a", "", " <> :v", 31, true},   {"a", ".a", "", " <> :v", 32, false},
        {"n=:v", " ", "", "", 4092, true},     {"n=:v", " ", "", "", 4093, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct fixture fixture;
        fixture_init(&fixture);
        fixture_fill(&fixture, FIXTURE_ITEMS, "[" ITEM "]");
        char *condition =
            repeat(cases[i].start, cases[i].part, cases[i].separator, cases[i].count, cases[i].end);
        const char *answer = delete_if(&fixture, condition, "':v': {'N': '5'}");
        cr_expect_eq(strcmp(answer, "{}") == 0, cases[i].fits, "%zu: %s", i, answer);
        if (!cases[i].fits)
            cr_expect_eq(strncmp(answer, "ValidationException: Invalid", 28), 0, "%s", answer);
        free(condition);
        fixture_release(&fixture);
    }
}

Test(condition, returns_the_item_that_failed)
{
    static const struct fixture_case cases[] = {
        {"ALL_OLD", "[{'id': {'S': 'a'}, 'n': {'N': '5'}}]", "PutItem",
         "'Item': {'id': {'S': 'a'}}, 'ConditionExpression': 'attribute_not_exists(id)', "
         "'ReturnValuesOnConditionCheckFailure': 'ALL_OLD'",
         "ConditionalCheckFailedException: The conditional request failed "
         "Item={'id':{'S':'a'},'n':{'N':'5'}}",
         NULL},
        {"NONE", "[{'id': {'S': 'a'}, 'n': {'N': '5'}}]", "PutItem",
         "'Item': {'id': {'S': 'a'}}, 'ConditionExpression': 'attribute_not_exists(id)', "
         "'ReturnValuesOnConditionCheckFailure': 'NONE'",
         "ConditionalCheckFailedException: The conditional request failed", NULL},
        {"no item", NULL, "PutItem",
         "'Item': {'id': {'S': 'a'}}, 'ConditionExpression': 'attribute_exists(id)', "
         "'ReturnValuesOnConditionCheckFailure': 'ALL_OLD'",
         "ConditionalCheckFailedException: The conditional request failed", NULL},
    };
    FIXTURE_CHECK(cases);
}

/* Lab 2's guard: an insert, a newer version, a duplicate, an older one. */
Test(condition, guards_versions)
{
#define PUT(version)                                                                               \
    "'Item': {'id': {'S': 'T1'}, 'Version': {'N': '" version "'}}, "                               \
    "'ConditionExpression': 'attribute_not_exists(id) OR Version < :new_version', "                \
    "'ExpressionAttributeValues': {':new_version': {'N': '" version "'}}"
    static const struct fixture_case cases[] = {
        {"first", NULL, "PutItem", PUT("0"), "{}", "[{'Version':{'N':'0'},'id':{'S':'T1'}}]"},
        {"newer", "[{'id': {'S': 'T1'}, 'Version': {'N': '0'}}]", "PutItem", PUT("1"), "{}",
         "[{'Version':{'N':'1'},'id':{'S':'T1'}}]"},
        {"the same", "[{'id': {'S': 'T1'}, 'Version': {'N': '1'}}]", "PutItem", PUT("1"),
         "ConditionalCheckFailedException: The conditional request failed", NULL},
        {"older", "[{'id': {'S': 'T1'}, 'Version': {'N': '1'}}]", "PutItem", PUT("0"),
         "ConditionalCheckFailedException: The conditional request failed", NULL},
    };
    FIXTURE_CHECK(cases);
#undef PUT
}
