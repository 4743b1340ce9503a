#include "tests/model/dynamodb/fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Sources of the expectations: developer guide, "Using update expressions"; M marks what others
 * measured on AWS (scylladb test/alternator, mhart/dynalite). */

#define INVALID "ValidationException: Invalid UpdateExpression: "
#define KEY "'Key': {'id': {'S': 'a'}}, "
#define UPDATE(expression) KEY "'UpdateExpression': '" expression "'"
#define VALUES(values) ", 'ExpressionAttributeValues': {" values "}"
#define NAMES(names) ", 'ExpressionAttributeNames': {" names "}"
#define MISSING                                                                                    \
    "ValidationException: The provided expression refers to an attribute that does not exist in "  \
    "the item"
#define BAD_PATH                                                                                   \
    "ValidationException: The document path provided in the update expression is invalid for "     \
    "update"
#define BAD_OPERAND                                                                                \
    "ValidationException: An operand in the update expression has an incorrect data type"
#define PRECISION                                                                                  \
    "ValidationException: Attempting to store more than 38 significant digits in a Number"

Test(update, sets)
{
    static const struct fixture_case cases[] = {
        {"creates the item", NULL, "UpdateItem",
         UPDATE("SET b = :v, c = :w") VALUES("':v': {'N': '1'}, ':w': {'S': 'x'}"), "{}",
         "[{'b':{'N':'1'},'c':{'S':'x'},'id':{'S':'a'}}]"},
        {"merges", "[{'id': {'S': 'a'}, 'b': {'N': '1'}}]", "UpdateItem",
         UPDATE("set c = :v") VALUES("':v': {'BOOL': true}"), "{}",
         "[{'b':{'N':'1'},'c':{'BOOL':true},'id':{'S':'a'}}]"},
        {"copies", "[{'id': {'S': 'a'}, 'b': {'N': '1'}}]", "UpdateItem",
         UPDATE("SET #x = #y") NAMES("'#x': 'c.d', '#y': 'b'"), "{}",
         "[{'b':{'N':'1'},'c.d':{'N':'1'},'id':{'S':'a'}}]"},
        {"copies the key", "[{'id': {'S': 'a'}}]", "UpdateItem", UPDATE("SET b = id"), "{}",
         "[{'b':{'S':'a'},'id':{'S':'a'}}]"},
        {"reads the key of an item that is not there", NULL, "UpdateItem", UPDATE("SET b = id"),
         "{}", "[{'b':{'S':'a'},'id':{'S':'a'}}]"},
        {"right-hand sides read the old item",
         "[{'id': {'S': 'a'}, 'b': {'N': '1'}, 'c': {'N': '2'}}]", "UpdateItem",
         UPDATE("SET b = c, c = b"), "{}", "[{'b':{'N':'2'},'c':{'N':'1'},'id':{'S':'a'}}]"},
        {"does not read what it sets", "[{'id': {'S': 'a'}}]", "UpdateItem",
         UPDATE("SET x = :v, y = x") VALUES("':v': {'N': '1'}"), MISSING, NULL},
        {"copies nothing", NULL, "UpdateItem", UPDATE("SET c = z"), MISSING, NULL},
        {"no-op", "[{'id': {'S': 'a'}, 'b': {'N': '1'}}]", "UpdateItem",
         UPDATE("SET b = :v") VALUES("':v': {'N': '1.0'}"), "{}", NULL},
        {"no expression creates", NULL, "UpdateItem", "'Key': {'id': {'S': 'a'}}", "{}",
         "[{'id':{'S':'a'}}]"},
        {"no expression leaves", "[{'id': {'S': 'a'}, 'b': {'N': '1'}}]", "UpdateItem",
         "'Key': {'id': {'S': 'a'}}", "{}", NULL},
    };
    FIXTURE_CHECK(cases);
}

Test(update, calculates)
{
    static const struct fixture_case cases[] = {
        {"adds", "[{'id': {'S': 'a'}, 'b': {'N': '0.1'}}]", "UpdateItem",
         UPDATE("SET b = b + :v") VALUES("':v': {'N': '0.2'}"), "{}",
         "[{'b':{'N':'0.3'},'id':{'S':'a'}}]"},
        {"subtracts values", NULL, "UpdateItem",
         UPDATE("SET b = :v-:w") VALUES("':v': {'N': '1'}, ':w': {'N': '2.50'}"), "{}",
         "[{'b':{'N':'-1.5'},'id':{'S':'a'}}]"},
        {"in parentheses", "[{'id': {'S': 'a'}, 'b': {'N': '1'}}]", "UpdateItem",
         UPDATE("SET b = ((b) + :v)") VALUES("':v': {'N': '2'}"), "{}",
         "[{'b':{'N':'3'},'id':{'S':'a'}}]"},
        {"first operand in parentheses", "[{'id': {'S': 'a'}, 'b': {'N': '1'}}]", "UpdateItem",
         UPDATE("SET b = (b) - (:v)") VALUES("':v': {'N': '2'}"), "{}",
         "[{'b':{'N':'-1'},'id':{'S':'a'}}]"},
        {"missing attribute", "[{'id': {'S': 'a'}}]", "UpdateItem",
         UPDATE("SET b = b + :v") VALUES("':v': {'N': '2'}"), MISSING, NULL},
        {"attribute of another type", "[{'id': {'S': 'a'}, 'b': {'S': '1'}}]", "UpdateItem",
         UPDATE("SET b = b + :v") VALUES("':v': {'N': '2'}"), BAD_OPERAND, NULL},
        {"value of another type", NULL, "UpdateItem",
         UPDATE("SET b = :v + :w") VALUES("':v': {'N': '2'}, ':w': {'S': 'x'}"),
         INVALID
         "Incorrect operand type for operator or function; operator or function: +, operand "
         "type: S",
         NULL},
        {"three operands", NULL, "UpdateItem",
         UPDATE("SET b = :v + :v + :v") VALUES("':v': {'N': '2'}"),
         INVALID "Syntax error; token: '+', near: ':v + :v'", NULL},
        {"38 digits", NULL, "UpdateItem",
         UPDATE("SET b = :v + :w") VALUES("':v': {'N': '9999999999999999999999999999999999999'},"
                                          "':w': {'N': '0.9'}"),
         "{}", "[{'b':{'N':'9999999999999999999999999999999999999.9'},'id':{'S':'a'}}]"},
        {"39 digits", NULL, "UpdateItem",
         UPDATE("SET b = :v + :w") VALUES("':v': {'N': '9999999999999999999999999999999999999'},"
                                          "':w': {'N': '0.99'}"),
         PRECISION, NULL},
        {"overflow", NULL, "UpdateItem", UPDATE("SET b = :v + :v") VALUES("':v': {'N': '9E125'}"),
         "ValidationException: Number overflow. Attempting to store a number with magnitude larger "
         "than supported range",
         NULL},
    };
    FIXTURE_CHECK(cases);
}

Test(update, calls_functions)
{
    static const struct fixture_case cases[] = {
        {"if_not_exists takes the default", NULL, "UpdateItem",
         UPDATE("SET b = if_not_exists(b, :v) + :w") VALUES("':v': {'N': '0'}, ':w': {'N': '5'}"),
         "{}", "[{'b':{'N':'5'},'id':{'S':'a'}}]"},
        {"if_not_exists takes what is there", "[{'id': {'S': 'a'}, 'b': {'N': '1'}}]", "UpdateItem",
         UPDATE("SET b = if_not_exists(b, :v) + :w") VALUES("':v': {'N': '0'}, ':w': {'N': '5'}"),
         "{}", "[{'b':{'N':'6'},'id':{'S':'a'}}]"},
        {"if_not_exists nests", "[{'id': {'S': 'a'}, 'd': {'N': '1'}}]", "UpdateItem",
         UPDATE("SET b = if_not_exists(c, if_not_exists(d, :v))") VALUES("':v': {'N': '0'}"), "{}",
         "[{'b':{'N':'1'},'d':{'N':'1'},'id':{'S':'a'}}]"},
        {"list_append", "[{'id': {'S': 'a'}, 'b': {'L': [{'N': '1'}]}}]", "UpdateItem",
         UPDATE("SET b = list_append(:v, b)") VALUES("':v': {'L': [{'S': 'x'}]}"), "{}",
         "[{'b':{'L':[{'S':'x'},{'N':'1'}]},'id':{'S':'a'}}]"},
        {"list_append to a default", NULL, "UpdateItem",
         UPDATE("SET b = list_append(if_not_exists(b, :e), :v)")
             VALUES("':e': {'L': []}, ':v': {'L': [{'S': 'x'}]}"),
         "{}", "[{'b':{'L':[{'S':'x'}]},'id':{'S':'a'}}]"},
        {"list_append to nothing", NULL, "UpdateItem",
         UPDATE("SET b = list_append(b, :v)") VALUES("':v': {'L': []}"), MISSING, NULL},
        {"list_append to no list", "[{'id': {'S': 'a'}, 'b': {'N': '1'}}]", "UpdateItem",
         UPDATE("SET b = list_append(b, :v)") VALUES("':v': {'L': []}"), BAD_OPERAND, NULL},
        {"list_append of a string", NULL, "UpdateItem",
         UPDATE("SET b = list_append(:v, :v)") VALUES("':v': {'S': 'x'}"),
         INVALID "Incorrect operand type for operator or function; operator or function: "
                 "list_append, operand type: S",
         NULL},
        {"nested list_append (M)", NULL, "UpdateItem",
         UPDATE("SET b = list_append(list_append(:v, :v), :v)") VALUES("':v': {'L': []}"),
         INVALID "The function is not allowed to be used this way in an expression; function: "
                 "list_append",
         NULL},
        {"number of operands", NULL, "UpdateItem",
         UPDATE("SET b = list_append(:v)") VALUES("':v': {'L': []}"),
         INVALID "Incorrect number of operands for operator or function; operator or function: "
                 "list_append, number of operands: 1",
         NULL},
        {"if_not_exists wants a path", NULL, "UpdateItem",
         UPDATE("SET b = if_not_exists(:v, :v)") VALUES("':v': {'L': []}"),
         INVALID "Operator or function requires a document path; operator or function: "
                 "if_not_exists",
         NULL},
        {"unknown function", NULL, "UpdateItem", UPDATE("SET b = LIST_APPEND(c, d)"),
         INVALID "Invalid function name; function: LIST_APPEND", NULL},
        {"condition's function", NULL, "UpdateItem", UPDATE("SET b = size(c)"),
         INVALID "The function is not allowed in an update expression; function: size", NULL},
        {"sum in a function", NULL, "UpdateItem",
         UPDATE("SET b = if_not_exists(c, :v+:v)") VALUES("':v': {'N': '1'}"),
         INVALID "Syntax error; token: '+', near: ':v+:v'", NULL},
    };
    FIXTURE_CHECK(cases);
}

Test(update, adds)
{
    static const struct fixture_case cases[] = {
        {"starts at zero and creates the item", NULL, "UpdateItem",
         UPDATE("ADD b :v") VALUES("':v': {'N': '8.0'}"), "{}", "[{'b':{'N':'8'},'id':{'S':'a'}}]"},
        {"adds", "[{'id': {'S': 'a'}, 'b': {'N': '8'}}]", "UpdateItem",
         UPDATE("add b :v") VALUES("':v': {'N': '-0.5'}"), "{}",
         "[{'b':{'N':'7.5'},'id':{'S':'a'}}]"},
        {"zero is no change", "[{'id': {'S': 'a'}, 'b': {'N': '8'}}]", "UpdateItem",
         UPDATE("ADD b :v") VALUES("':v': {'N': '-0'}"), "{}", NULL},
        {"a residue of float sums needs more than 38 digits",
         "[{'id': {'S': 'a'}, 'b': {'N': '1234567'}}]", "UpdateItem",
         UPDATE("ADD b :v") VALUES("':v': {'N': '5.551115123125783e-17'}"), PRECISION, NULL},
        {"union of sets", "[{'id': {'S': 'a'}, 'b': {'SS': ['x', 'y']}}]", "UpdateItem",
         UPDATE("ADD b :v") VALUES("':v': {'SS': ['y', 'z']}"), "{}",
         "[{'b':{'SS':['x','y','z']},'id':{'S':'a'}}]"},
        {"new set", NULL, "UpdateItem", UPDATE("ADD b :v") VALUES("':v': {'NS': ['2', '10']}"),
         "{}", "[{'b':{'NS':['2','10']},'id':{'S':'a'}}]"},
        {"string", NULL, "UpdateItem", UPDATE("ADD b :v") VALUES("':v': {'S': 'x'}"),
         INVALID "Incorrect operand type for operator or function; operator: ADD, operand type: "
                 "STRING, typeSet: ALLOWED_FOR_ADD_OPERAND",
         NULL},
        {"list", NULL, "UpdateItem", UPDATE("ADD b :v") VALUES("':v': {'L': []}"),
         INVALID "Incorrect operand type for operator or function; operator: ADD, operand type: "
                 "LIST, typeSet: ALLOWED_FOR_ADD_OPERAND",
         NULL},
        {"to a string", "[{'id': {'S': 'a'}, 'b': {'S': 'x'}}]", "UpdateItem",
         UPDATE("ADD b :v") VALUES("':v': {'N': '1'}"), BAD_OPERAND, NULL},
        {"to a set of another type", "[{'id': {'S': 'a'}, 'b': {'SS': ['x']}}]", "UpdateItem",
         UPDATE("ADD b :v") VALUES("':v': {'NS': ['1']}"), BAD_OPERAND, NULL},
        {"a path is no operand", NULL, "UpdateItem", UPDATE("ADD b c"),
         INVALID "Syntax error; token: 'c', near: 'b c'", NULL},
    };
    FIXTURE_CHECK(cases);
}

Test(update, deletes_from_sets)
{
    static const struct fixture_case cases[] = {
        {"elements", "[{'id': {'S': 'a'}, 'b': {'SS': ['x', 'y']}}]", "UpdateItem",
         UPDATE("DELETE b :v") VALUES("':v': {'SS': ['y', 'z']}"), "{}",
         "[{'b':{'SS':['x']},'id':{'S':'a'}}]"},
        {"the last element", "[{'id': {'S': 'a'}, 'b': {'NS': ['1']}}]", "UpdateItem",
         UPDATE("DELETE b :v") VALUES("':v': {'NS': ['1.0', '2']}"), "{}", "[{'id':{'S':'a'}}]"},
        {"nothing there", "[{'id': {'S': 'a'}}]", "UpdateItem",
         UPDATE("DELETE b :v") VALUES("':v': {'SS': ['y']}"), "{}", NULL},
        {"no item", NULL, "UpdateItem", UPDATE("DELETE b :v") VALUES("':v': {'SS': ['y']}"), "{}",
         NULL},
        {"a number", NULL, "UpdateItem", UPDATE("DELETE b :v") VALUES("':v': {'N': '1'}"),
         INVALID "Incorrect operand type for operator or function; operator: DELETE, operand type: "
                 "NUMBER, typeSet: ALLOWED_FOR_DELETE_OPERAND",
         NULL},
        {"from a number", "[{'id': {'S': 'a'}, 'b': {'N': '1'}}]", "UpdateItem",
         UPDATE("DELETE b :v") VALUES("':v': {'NS': ['1']}"), BAD_OPERAND, NULL},
        {"an empty set", NULL, "UpdateItem", UPDATE("DELETE b :v") VALUES("':v': {'SS': []}"),
         "ValidationException: ExpressionAttributeValues contains invalid value: One or more "
         "parameter values were invalid: An string set  may not be empty for key :v",
         NULL},
    };
    FIXTURE_CHECK(cases);
}

Test(update, removes)
{
    static const struct fixture_case cases[] = {
        {"an attribute", "[{'id': {'S': 'a'}, 'b': {'N': '1'}, 'c': {'N': '2'}}]", "UpdateItem",
         UPDATE("REMOVE b, d"), "{}", "[{'c':{'N':'2'},'id':{'S':'a'}}]"},
        {"from no item", NULL, "UpdateItem", UPDATE("REMOVE b"), "{}", NULL},
        {"a part from no item (M)", NULL, "UpdateItem", UPDATE("REMOVE b.c, d[0]"), "{}", NULL},
        {"a part of what is not there", "[{'id': {'S': 'a'}}]", "UpdateItem", UPDATE("REMOVE b.c"),
         BAD_PATH, NULL},
        {"the only member", "[{'id': {'S': 'a'}, 'm': {'M': {'b': {'N': '1'}}}}]", "UpdateItem",
         UPDATE("REMOVE m.b"), "{}", "[{'id':{'S':'a'},'m':{'M':{}}}]"},
        {"list elements by their old numbers",
         "[{'id': {'S': 'a'}, 'l': {'L': [{'N': '0'}, {'N': '1'}, {'N': '2'}, {'N': '3'}]}}]",
         "UpdateItem", UPDATE("REMOVE l[0], l[2], l[17]"), "{}",
         "[{'id':{'S':'a'},'l':{'L':[{'N':'1'},{'N':'3'}]}}]"},
        {"and sets by the old numbers (M)",
         "[{'id': {'S': 'a'}, 'l': {'L': [{'N': '2'}, {'N': '3'}, {'N': '4'}, {'N': '5'}]}}]",
         "UpdateItem", UPDATE("REMOVE l[1] SET l[3] = :v") VALUES("':v': {'N': '17'}"), "{}",
         "[{'id':{'S':'a'},'l':{'L':[{'N':'2'},{'N':'4'},{'N':'17'}]}}]"},
        {"beyond the end while another is appended",
         "[{'id': {'S': 'a'}, 'l': {'L': [{'N': '0'}]}}]", "UpdateItem",
         UPDATE("REMOVE l[1] SET l[9] = :v") VALUES("':v': {'N': '9'}"), "{}",
         "[{'id':{'S':'a'},'l':{'L':[{'N':'0'},{'N':'9'}]}}]"},
        {"inside elements of a list that shifts",
         "[{'id': {'S': 'a'}, 'l': {'L': [{'N': '0'}, {'M': {'x': {'N': '1'}}}]}}]", "UpdateItem",
         UPDATE("REMOVE l[0], l[1].x"), "{}", "[{'id':{'S':'a'},'l':{'L':[{'M':{}}]}}]"},
    };
    FIXTURE_CHECK(cases);
}

Test(update, follows_paths)
{
    static const struct fixture_case cases[] = {
        {"deep",
         "[{'id': {'S': 'a'}, 'm': {'M': {'c': {'L': [{'S': 'hi'}, {'M': {'x': {'L': [{'N': '3'}, "
         "{'N': '5'}]}}}]}}}}]",
         "UpdateItem", UPDATE("SET m.c[1].#n.y = m.c[1].#n[1]") NAMES("'#n': 'x'"), BAD_PATH, NULL},
        {"deep element",
         "[{'id': {'S': 'a'}, 'm': {'M': {'c': {'L': [{'M': {'x': {'L': [{'N': '3'}]}}}]}}}}]",
         "UpdateItem",
         UPDATE("SET m.c[0].#n[0] = :v") NAMES("'#n': 'x'") VALUES("':v': {'N': '9'}"), "{}",
         "[{'id':{'S':'a'},'m':{'M':{'c':{'L':[{'M':{'x':{'L':[{'N':'9'}]}}}]}}}}]"},
        {"beyond a list's end, by number (M)", "[{'id': {'S': 'a'}, 'l': {'L': [{'N': '0'}]}}]",
         "UpdateItem",
         UPDATE("SET l[84] = :a, l[37] = :b, l[17] = :c")
             VALUES("':a': {'N': '84'}, ':b': {'N': '37'}, ':c': {'N': '17'}"),
         "{}", "[{'id':{'S':'a'},'l':{'L':[{'N':'0'},{'N':'17'},{'N':'37'},{'N':'84'}]}}]"},
        {"into a string", "[{'id': {'S': 'a'}, 'b': {'S': 'x'}}]", "UpdateItem",
         UPDATE("SET b.c = :v") VALUES("':v': {'N': '9'}"), BAD_PATH, NULL},
        {"into a list by name", "[{'id': {'S': 'a'}, 'b': {'L': []}}]", "UpdateItem",
         UPDATE("SET b.c = :v") VALUES("':v': {'N': '9'}"), BAD_PATH, NULL},
        {"into nothing", NULL, "UpdateItem", UPDATE("SET b[0] = :v") VALUES("':v': {'N': '9'}"),
         BAD_PATH, NULL},
        {"adds within", "[{'id': {'S': 'a'}, 'm': {'M': {}}}]", "UpdateItem",
         UPDATE("ADD m.x :v") VALUES("':v': {'N': '9'}"), "{}",
         "[{'id':{'S':'a'},'m':{'M':{'x':{'N':'9'}}}}]"},
    };
    FIXTURE_CHECK(cases);
}

Test(update, rejects_mistakes)
{
    static const struct fixture_case cases[] = {
        {"empty", NULL, "UpdateItem", UPDATE(""), INVALID "The expression can not be empty;", NULL},
        {"clause twice", NULL, "UpdateItem",
         UPDATE("SET b = :v SET c = :v") VALUES("':v': {'N': '9'}"),
         INVALID "The 'SET' section can only be used once in an update expression;", NULL},
        {"unknown clause", NULL, "UpdateItem", UPDATE("HELLO b = :v") VALUES("':v': {'N': '9'}"),
         INVALID "Syntax error; token: 'HELLO', near: 'HELLO b'", NULL},
        {"name with underscore (M)", NULL, "UpdateItem",
         UPDATE("SET _123 = :v") VALUES("':v': {'N': '9'}"),
         INVALID "Syntax error; token: '_', near: 'SET _123'", NULL},
        {"a lone # (M)", NULL, "UpdateItem",
         UPDATE("SET b = :v, #, c = :v") VALUES("':v': {'N': '9'}"),
         INVALID "Syntax error; token: '#', near: ', #,'", NULL},
        {"the end", NULL, "UpdateItem", UPDATE("SET b = "),
         INVALID "Syntax error; token: '<EOF>', near: '= '", NULL},
        {"value as target", NULL, "UpdateItem", UPDATE("SET :v = :v") VALUES("':v': {'N': '9'}"),
         INVALID "Syntax error; token: ':v', near: 'SET :v ='", NULL},
        {"index by reference", NULL, "UpdateItem",
         UPDATE("SET b[:v] = :v") VALUES("':v': {'N': '9'}"),
         INVALID "Syntax error; token: ':v', near: '[:v]'", NULL},
        {"beyond ASCII", NULL, "UpdateItem", UPDATE("SET größe = :v") VALUES("':v': {'N': '9'}"),
         INVALID "Syntax error; token: 'öß', near: 'größe'", NULL},
        {"overlap", NULL, "UpdateItem", UPDATE("SET b = :v REMOVE b") VALUES("':v': {'N': '9'}"),
         INVALID "Two document paths overlap with each other; must remove or rewrite one of these "
                 "paths; path one: [b], path two: [b]",
         NULL},
        {"overlap by name", NULL, "UpdateItem",
         UPDATE("SET #x.c[1].d = :v, b.c = :v") NAMES("'#x': 'b'") VALUES("':v': {'N': '9'}"),
         INVALID "Two document paths overlap with each other; must remove or rewrite one of these "
                 "paths; path one: [b, c, [1], d], path two: [b, c]",
         NULL},
        {"conflict", NULL, "UpdateItem",
         UPDATE("SET b.c = :v, b[1] = :v") VALUES("':v': {'N': '9'}"),
         INVALID "Two document paths conflict with each other; must remove or rewrite one of these "
                 "paths; path one: [b, c], path two: [b, [1]]",
         NULL},
        {"the key", NULL, "UpdateItem", UPDATE("SET id = :v") VALUES("':v': {'S': 'a'}"),
         "ValidationException: One or more parameter values were invalid: Cannot update attribute "
         "id. This attribute is part of the key",
         NULL},
        {"removes the key", "[{'id': {'S': 'a'}}]", "UpdateItem", UPDATE("REMOVE id"),
         "ValidationException: One or more parameter values were invalid: Cannot update attribute "
         "id. This attribute is part of the key",
         NULL},
        {"part of the key", NULL, "UpdateItem", UPDATE("SET b = id.x"),
         "ValidationException: Key attributes must be scalars; list random access '[]' and map "
         "lookup '.' are not allowed: Key: id",
         NULL},
        {"right-hand sides are looked at first (M)", "[{'id': {'S': 'a'}}]", "UpdateItem",
         UPDATE("REMOVE b.c SET d = e"), MISSING, NULL},
        {"reserved word", NULL, "UpdateItem", UPDATE("SET Value = :v") VALUES("':v': {'N': '9'}"),
         INVALID "Attribute name is a reserved keyword; reserved keyword: Value", NULL},
        {"reserved word within", NULL, "UpdateItem", UPDATE("SET b.c = a.timestamp"),
         INVALID "Attribute name is a reserved keyword; reserved keyword: timestamp", NULL},
        {"names that are not reserved", NULL, "UpdateItem",
         UPDATE("SET Version = :v, Hierarchy = :v, Identifier = :v, Message = :v")
             VALUES("':v': {'N': '9'}"),
         "{}",
         "[{'Hierarchy':{'N':'9'},'Identifier':{'N':'9'},'Message':{'N':'9'},'Version':{'N':'9'},"
         "'id':{'S':'a'}}]"},
        {"undefined value", NULL, "UpdateItem", UPDATE("SET b = :v") VALUES("':w': {'N': '9'}"),
         INVALID
         "An expression attribute value used in expression is not defined; attribute value: "
         ":v",
         NULL},
        {"undefined name", NULL, "UpdateItem", UPDATE("SET #b = :v") VALUES("':v': {'N': '9'}"),
         INVALID "An expression attribute name used in the document path is not defined; attribute "
                 "name: #b",
         NULL},
        {"unused value", NULL, "UpdateItem",
         UPDATE("SET b = :v") VALUES("':v': {'N': '9'}, ':x': {'N': '9'}, ':w': {'N': '9'}"),
         "ValidationException: Value provided in ExpressionAttributeValues unused in expressions: "
         "keys: {:w, :x}",
         NULL},
        {"unused name", NULL, "UpdateItem",
         UPDATE("SET b = :v") VALUES("':v': {'N': '9'}") NAMES("'#b': 'b'"),
         "ValidationException: Value provided in ExpressionAttributeNames unused in expressions: "
         "keys: {#b}",
         NULL},
        {"names without expression", NULL, "UpdateItem",
         "'Key': {'id': {'S': 'a'}}" NAMES("'#b': 'b'"),
         "ValidationException: ExpressionAttributeNames can only be specified when using "
         "expressions",
         NULL},
        {"values without expression", NULL, "UpdateItem",
         "'Key': {'id': {'S': 'a'}}" VALUES("':v': {'N': '9'}"),
         "ValidationException: ExpressionAttributeValues can only be specified when using "
         "expressions: UpdateExpression and ConditionExpression are null",
         NULL},
        {"bad placeholder", NULL, "UpdateItem", UPDATE("SET b = :v") VALUES("':': {'N': '9'}"),
         "ValidationException: ExpressionAttributeValues contains invalid key: Syntax error; key: "
         "':'",
         NULL},
        {"empty placeholders", NULL, "UpdateItem", UPDATE("SET b = :v") VALUES(""),
         "ValidationException: ExpressionAttributeValues must not be empty", NULL},
        {"large index", NULL, "UpdateItem",
         UPDATE("SET b[99999999999] = :v") VALUES("':v': {'N': '9'}"),
         INVALID "List index is not within the allowable range; index: [99999999999]", NULL},
    };
    FIXTURE_CHECK(cases);
}

Test(update, returns_values)
{
#define BEFORE                                                                                     \
    "[{'id': {'S': 'a'}, 'b': {'N': '1'}, 'm': {'M': {'x': {'N': '2'}, 'y': {'N': '3'}}}}]"
#define CHANGE(values)                                                                             \
    UPDATE("SET b = :v, c = :v, m.x = :v")                                                         \
    VALUES("':v': {'N': '9'}") ", 'ReturnValues': '" values "'"
#define AFTER                                                                                      \
    "[{'b':{'N':'9'},'c':{'N':'9'},'id':{'S':'a'},'m':{'M':{'x':{'N':'9'},'y':{'N':'3'}}}}]"
    static const struct fixture_case cases[] = {
        {"NONE", BEFORE, "UpdateItem", CHANGE("NONE"), "{}", AFTER},
        {"ALL_OLD", BEFORE, "UpdateItem", CHANGE("ALL_OLD"),
         "{'Attributes':{'b':{'N':'1'},'id':{'S':'a'},'m':{'M':{'x':{'N':'2'},'y':{'N':'3'}}}}}",
         AFTER},
        {"UPDATED_OLD", BEFORE, "UpdateItem", CHANGE("UPDATED_OLD"),
         "{'Attributes':{'b':{'N':'1'},'m':{'M':{'x':{'N':'2'}}}}}", AFTER},
        {"ALL_NEW", BEFORE, "UpdateItem", CHANGE("ALL_NEW"),
         "{'Attributes':{'b':{'N':'9'},'c':{'N':'9'},'id':{'S':'a'},'m':{'M':{'x':{'N':'9'},"
         "'y':{'N':'3'}}}}}",
         AFTER},
        {"UPDATED_NEW", BEFORE, "UpdateItem", CHANGE("UPDATED_NEW"),
         "{'Attributes':{'b':{'N':'9'},'c':{'N':'9'},'m':{'M':{'x':{'N':'9'}}}}}", AFTER},
        {"ALL_OLD of nothing", NULL, "UpdateItem",
         UPDATE("ADD b :v") VALUES("':v': {'N': '9'}") ", 'ReturnValues': 'ALL_OLD'", "{}",
         "[{'b':{'N':'9'},'id':{'S':'a'}}]"},
        {"UPDATED_NEW of what is gone", "[{'id': {'S': 'a'}, 'b': {'N': '1'}}]", "UpdateItem",
         UPDATE("REMOVE b") ", 'ReturnValues': 'UPDATED_NEW'", "{}", "[{'id':{'S':'a'}}]"},
        {"unknown", BEFORE, "UpdateItem", CHANGE("DOG"),
         "ValidationException: 1 validation error detected: Value 'DOG' at 'returnValues' failed "
         "to "
         "satisfy constraint: Member must satisfy enum value set: [ALL_NEW, UPDATED_OLD, ALL_OLD, "
         "NONE, UPDATED_NEW]",
         NULL},
    };
    FIXTURE_CHECK(cases);
#undef BEFORE
#undef CHANGE
#undef AFTER
}

Test(update, limits_the_item)
{
    struct fixture fixture;
    fixture_init(&fixture);
    size_t size = ITEM_SIZE_MAX - 3 - 1; /* but for id: "a", and the name b */
    char *request = malloc(size + 400);
    int start = sprintf(request, "{'TableName': 'Items', 'Key': {'id': {'S': 'a'}}, "
                                 "'UpdateExpression': 'SET b = :v', "
                                 "'ExpressionAttributeValues': {':v': {'S': '");
    memset(request + start, 'x', size);
    strcpy(request + start + size, "'}}}");
    cr_assert_str_eq(fixture_run(&fixture, "UpdateItem", request), "{}");
    cr_assert_eq(item_size(fixture.store, fixture.result.changes[0].after), ITEM_SIZE_MAX);
    strcpy(request + start + size, "y'}}}");
    cr_assert_str_eq(fixture_run(&fixture, "UpdateItem", request),
                     "ValidationException: Item size to update has exceeded the maximum allowed "
                     "size");
    free(request);
    fixture_release(&fixture);
}
