#include "tests/model/dynamodb/fixture.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* GetItem, BatchGetItem, projections; sources: developer guide, "Using projection expressions". */

#define INVALID "ValidationException: Invalid ProjectionExpression: "
#define ITEM                                                                                       \
    "[{'id': {'S': 'a'}, 'n': {'N': '5'}, 'l': {'L': [{'N': '0'}, {'M': {'x': {'N': '1'}, 'y': "   \
    "{'N': '2'}}}, {'N': '3'}]}, 'm': {'M': {'k': {'M': {'d': {'S': 'deep'}}}, 'o': {'N': "        \
    "'7'}}}}]"
#define GET(projection) "'Key': {'id': {'S': 'a'}}, 'ProjectionExpression': '" projection "'"

Test(read, gets_items)
{
    static const struct fixture_case cases[] = {
        {"all", "[{'id': {'S': 'a'}, 'n': {'N': '5.10'}}]", "GetItem", "'Key': {'id': {'S': 'a'}}",
         "{'Item':{'id':{'S':'a'},'n':{'N':'5.1'}}}", NULL},
        {"consistently", "[{'id': {'S': 'a'}}]", "GetItem",
         "'Key': {'id': {'S': 'a'}}, 'ConsistentRead': true, 'ReturnConsumedCapacity': 'TOTAL'",
         "{'ConsumedCapacity':{'CapacityUnits':1,'TableName':'Items'},'Item':{'id':{'S':'a'}}}",
         NULL},
        {"half a unit", "[{'id': {'S': 'a'}}]", "GetItem",
         "'Key': {'id': {'S': 'a'}}, 'ReturnConsumedCapacity': 'INDEXES'",
         "{'ConsumedCapacity':{'CapacityUnits':0.5,'Table':{'CapacityUnits':0.5},'TableName':"
         "'Items'},'Item':{'id':{'S':'a'}}}",
         NULL},
        {"nothing there", NULL, "GetItem", "'Key': {'id': {'S': 'a'}}", "{}", NULL},
        {"not the key", NULL, "GetItem", "'Key': {'x': {'S': 'a'}}",
         "ValidationException: The provided key element does not match the schema", NULL},
        {"legacy", NULL, "GetItem", "'Key': {'id': {'S': 'a'}}, 'AttributesToGet': ['x']",
         "2: parameter AttributesToGet of DynamoDB's GetItem is not simulated", NULL},
        {"names without expression", NULL, "GetItem",
         "'Key': {'id': {'S': 'a'}}, 'ExpressionAttributeNames': {'#a': 'b'}",
         "ValidationException: ExpressionAttributeNames can only be specified when using "
         "expressions",
         NULL},
    };
    FIXTURE_CHECK(cases);
}

Test(read, projects)
{
    static const struct fixture_case cases[] = {
        {"attributes", ITEM, "GetItem", GET("n, id, q"), "{'Item':{'id':{'S':'a'},'n':{'N':'5'}}}",
         NULL},
        {"nothing", ITEM, "GetItem", GET("q"), "{'Item':{}}", NULL},
        {"list elements move together", ITEM, "GetItem", GET("l[2], l[0]"),
         "{'Item':{'l':{'L':[{'N':'0'},{'N':'3'}]}}}", NULL},
        {"within elements", ITEM, "GetItem", GET("l[1].y,l[9]"),
         "{'Item':{'l':{'L':[{'M':{'y':{'N':'2'}}}]}}}", NULL},
        {"maps", ITEM, "GetItem", GET("m.k.d, m.o"),
         "{'Item':{'m':{'M':{'k':{'M':{'d':{'S':'deep'}}},'o':{'N':'7'}}}}}", NULL},
        {"missing within", ITEM, "GetItem", GET("m.q, n.x, l.x, m[0]"),
         INVALID
         "Two document paths conflict with each other; must remove or rewrite one of these paths; "
         "path one: [m, q], path two: [m, [0]]",
         NULL},
        {"missing within a list", ITEM, "GetItem", GET("m.q, n.x, l.x"), "{'Item':{}}", NULL},
        {"names", ITEM, "GetItem",
         GET("#m.#k") ", 'ExpressionAttributeNames': {'#m': 'm', '#k': "
                      "'k'}",
         "{'Item':{'m':{'M':{'k':{'M':{'d':{'S':'deep'}}}}}}}", NULL},
        {"overlap", ITEM, "GetItem", GET("m, m.k"),
         INVALID
         "Two document paths overlap with each other; must remove or rewrite one of these paths; "
         "path one: [m], path two: [m, k]",
         NULL},
        {"empty", ITEM, "GetItem", GET(""), INVALID "The expression can not be empty;", NULL},
        {"syntax", ITEM, "GetItem", GET("ACL-Read"),
         INVALID "Syntax error; token: '-', near: 'ACL-Read'", NULL},
        {"reserved", ITEM, "GetItem", GET("n, Status"),
         INVALID "Attribute name is a reserved keyword; reserved keyword: Status", NULL},
        {"undefined", ITEM, "GetItem", GET("#n"),
         INVALID "An expression attribute name used in the document path is not defined; attribute "
                 "name: #n",
         NULL},
        {"part of a key", ITEM, "GetItem", GET("id.x"),
         "ValidationException: Key attributes must be scalars; list random access '[]' and map "
         "lookup '.' are not allowed: Key: id",
         NULL},
    };
    FIXTURE_CHECK(cases);
}

Test(read, batches)
{
    static const struct {
        const char *items;
        const char *answer;
    } cases[] = {
        {"{'Items': {'Keys': [{'id': {'S': 'b'}}, {'id': {'S': 'q'}}, {'id': {'S': 'a'}}], "
         "'ProjectionExpression': 'id'}, 'Ranges': {'Keys': [{'pk': {'S': 'x'}, 'sk': {'N': "
         "'1'}}], "
         "'ConsistentRead': true}}",
         "{'Responses':{'Items':[{'id':{'S':'b'}},{'id':{'S':'a'}}],'Ranges':[]},"
         "'UnprocessedKeys':{}}"},
        {"{}", "ValidationException: 1 validation error detected: Value '{}' at 'requestItems' "
               "failed to satisfy constraint: Member must have length greater than or equal to 1"},
        {"{'Items': {'Keys': [{'id': {'S': 'b'}}, {'id': {'S': 'b'}}]}}",
         "ValidationException: Provided list of item keys contains duplicates"},
        {"{'Items': {'Keys': [{'x': {'S': 'b'}}]}}",
         "ValidationException: The provided key element does not match the schema"},
        {"{'Nope': {'Keys': [{'id': {'S': 'b'}}]}}",
         "ResourceNotFoundException: Requested resource not found"},
        {"{'Nope': {'Keys': [{'id': {'S': 'b'}}]}, 'Items': {'Keys': [{'id': {'NS': ['1', "
         "'1.0']}}]}}",
         "ValidationException: Input collection contains duplicates"},
        {"{'Nope': {'Keys': [{'id': {'S': 'b'}}, {'id': {'S': 'b'}}]}}",
         "ValidationException: Provided list of item keys contains duplicates"},
        {"{'Nope': {'Keys': [{'id': {'N': 'x'}}, {'id': {'BS': ['no base64']}}]}}",
         "SerializationException: Invalid last non-pad Base64 character dectected"},
        {"{'Items': {'Keys': [{'id': {'S': 'b'}}], 'AttributesToGet': ['id']}}",
         "2: parameter AttributesToGet of DynamoDB's BatchGetItem is not simulated"},
    };
    struct fixture fixture;
    char request[1024];
    fixture_init(&fixture);
    fixture_fill(&fixture, FIXTURE_ITEMS,
                 "[{'id': {'S': 'a'}, 'n': {'N': '1'}}, {'id': {'S': 'b'}}]");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(request, sizeof request, "{'RequestItems': %s}", cases[i].items);
        const char *answer = fixture_run(&fixture, "BatchGetItem", request);
        cr_expect_str_eq(answer, cases[i].answer, "%s", answer);
    }
    fixture_release(&fixture);
}

Test(read, limits_batches)
{
    struct fixture fixture;
    char *request = calloc(1, 8192);
    fixture_init(&fixture);
    strcpy(request, "{'RequestItems': {'Items': {'Keys': [");
    for (unsigned i = 0; i < 101; i++)
        sprintf(request + strlen(request), "%s{'id': {'S': '%u'}}", i == 0 ? "" : ",", i);
    strcat(request, "]}}}");
    cr_expect_str_eq(fixture_run(&fixture, "BatchGetItem", request),
                     "ValidationException: Too many items requested for the BatchGetItem call");
    free(request);
    fixture_release(&fixture);
}
